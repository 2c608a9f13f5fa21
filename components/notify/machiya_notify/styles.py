"""A message as a webhook takes it."""

from typing import Any

from machiya_notify.message import Run, advice, details, headline, meaning


def lines(run: Run) -> list[str]:
    """The message as plain text."""
    return [headline(run), *details(run), *([run.link] if run.link else [])]


def payload(run: Run, style: str) -> dict[str, Any]:
    """The JSON object to post."""
    return _slack(run) if style == "slack" else _generic(run)


def _slack(run: Run) -> dict[str, Any]:
    """Slack's mrkdwn. Everything is escaped, so that no message of a step can mention people or make links."""
    mark = ":white_check_mark:" if run.status == "Succeeded" else ":x:"
    text = [f"{mark} *{_escaped(headline(run))}*", *(_escaped(line) for line in details(run))]
    link = [f"<{_escaped(run.link)}|Open the run>"] if run.link else []
    return {"text": "\n".join([*text, *link])}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _generic(run: Run) -> dict[str, Any]:
    failures = [
        {
            "steps": list(cause.names),
            "template": cause.template,
            "message": cause.message,
            "attempts": cause.attempts,
            "exit_code": cause.exit_code,
            "meaning": meaning(cause),
            "advice": advice(cause),
        }
        for cause in run.causes
    ]
    return {
        "id": run.identity,
        "workflow": run.workflow,
        "stage": run.stage,
        "run": run.name,
        "status": run.status,
        "duration_seconds": run.duration,
        "failures": failures,
        "failures_cut": run.failures.cut,
        "link": run.link,
        "text": "\n".join(lines(run)),
    }
