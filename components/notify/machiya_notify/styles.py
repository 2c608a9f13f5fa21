"""A message as plain text, and as a webhook takes it."""

from typing import Any

from machiya_notify.components import behind
from machiya_notify.failures import Cause
from machiya_notify.message import Run, advice, details, headline, meaning

RUN = "run"
"""The name of the link to the run."""


def lines(run: Run) -> list[str]:
    """The message as plain text."""
    return [headline(run), *details(run), *(f"{_title(name)}: {link}" for name, link in run.links.items())]


def _title(name: str) -> str:
    """What a link is called: the run itself, else by its name."""
    return "Open the run" if name == RUN else name.replace("_", " ").capitalize()


def payload(run: Run, style: str) -> dict[str, Any]:
    """The JSON object to post."""
    return _slack(run) if style == "slack" else _generic(run)


def _slack(run: Run) -> dict[str, Any]:
    """Slack's mrkdwn. Everything is escaped, so that no message of a step can mention people or make links."""
    mark = ":white_check_mark:" if run.status == "Succeeded" else ":x:"
    text = [f"{mark} *{_escaped(headline(run))}*", *(_escaped(line) for line in details(run))]
    links = " · ".join(f"<{_link(link)}|{_escaped(_title(name))}>" for name, link in run.links.items())
    return {"text": "\n".join([*text, *([links] if links else [])])}


def _link(address: str) -> str:
    """An address between < and |, which would end it."""
    return _escaped(address).replace("|", "%7C")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _generic(run: Run) -> dict[str, Any]:
    return {
        "id": run.identity,
        "workflow": run.workflow,
        "stage": run.stage,
        "run": run.name,
        "status": run.status,
        "duration_seconds": run.duration,
        "failures": [_failure(run, cause) for cause in run.causes],
        "failures_cut": run.failures.cut,
        "warnings": list(run.warnings),
        "components": [
            {"name": one.name, "version": one.version, "digest": one.digest, "owner": one.owner}
            for one in run.components
        ],
        "links": dict(run.links),
        "text": "\n".join(lines(run)),
    }


def _failure(run: Run, cause: Cause) -> dict[str, Any]:
    component = behind(cause.template, run.components)
    return {
        "steps": list(cause.names),
        "template": cause.template,
        "component": component.name if component else "",
        "version": component.version if component else "",
        "owner": component.owner if component else "",
        "runbook": component.runbook if component else "",
        "message": cause.message,
        "attempts": cause.attempts,
        "exit_code": cause.exit_code,
        "meaning": meaning(cause),
        "advice": advice(cause, component),
    }
