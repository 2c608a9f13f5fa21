"""What is said about a run: the facts in words, and what identifies the message."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

from machiya_component.errors import EXIT_MEANINGS, ExitCode

from machiya_notify.components import Component, behind
from machiya_notify.failures import Cause, Failures, causes

SHOWN = 5
"""Causes that are told one by one."""

RUNBOOK_LIMIT = 300
"""Characters of a runbook that are told."""

_ENDED = {"Succeeded": "succeeded", "Failed": "failed", "Error": "ended with an error"}
_ADVICE = {
    ExitCode.ARGUMENTS: "The last line of its log names the parameter: correct it in the workflow, or for the run.",
    ExitCode.DATA: "The last line of its log names the data and what to do.",
    ExitCode.BUG: "Show its log to the component's owner.",
    ExitCode.TEMPORARY: "Retry the run later; if it happens again, the last line of its log names what is away.",
    ExitCode.STOPPED: "Retry the run.",
}  # fmt: skip
_IN_VAIN = {ExitCode.ARGUMENTS, ExitCode.DATA, ExitCode.BUG}
"""What fails again as long as nothing is mended."""
_KILLED = 137


@dataclass(frozen=True)
class Run:
    """The facts about a run that ended; ``duration`` in seconds, links by name, with nothing in them to fill in."""

    workflow: str
    stage: str
    name: str
    status: str
    duration: float
    failures: Failures
    links: Mapping[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def causes(self) -> list[Cause]:
        """What went wrong."""
        return causes(self.failures.listed)

    @cached_property
    def identity(self) -> str:
        """Equal for the same run that ended in the same way by the same failures.

        Of a list that was cut off, another part may be left the next time: then the names of steps do not count.
        """
        failed = {(cause.template, cause.message, "" if self.failures.cut else cause.names) for cause in self.causes}
        # Neither time nor versions count: a run that is retried has the same of both, or has more to tell.
        facts = [self.workflow, self.stage, self.name, self.status, sorted(failed, key=repr)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def filled_links(templates: Mapping[str, str], *, run: str, workflow: str, stage: str) -> dict[str, str]:
    """Addresses by name, with the names of the run filled in; those that are empty are left out."""
    names = {"run": run, "workflow": workflow, "stage": stage}
    return {name: _filled(template, names) for name, template in templates.items() if template}


def _filled(template: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def headline(run: Run) -> str:
    """What ended, how, after how long."""
    stage = f" ({run.stage})" if run.stage else ""
    return f"{run.workflow}{stage} {_ENDED[run.status]} after {spoken_duration(run.duration)}"


def details(run: Run) -> Iterator[str]:
    """The lines below the headline, without the links."""
    yield f"Run: {run.name}"
    for cause in run.causes[:SHOWN]:
        yield from _told(cause, behind(cause.template, run.components))
    if len(run.causes) > SHOWN:
        yield f"And {len(run.causes) - SHOWN} more."
    if run.failures.cut:
        yield "The list of failures was too long to be told whole."
    yield from (f"Warning: {warning}" for warning in run.warnings[:SHOWN])
    if len(run.warnings) > SHOWN:
        yield f"And {len(run.warnings) - SHOWN} more warnings."
    if run.components:
        yield f"Versions: {', '.join(map(str, run.components))}"
    if run.status != "Succeeded":
        yield _way_on(run)


def _way_on(run: Run) -> str:
    """What to press: as `machiya explain` has it."""
    if any(cause.out_of_memory or cause.exit_code in _IN_VAIN for cause in run.causes):
        return (
            f"A retry would fail again. When that is mended: machiya resubmit {run.name}, or Resubmit in the Argo UI."
        )
    return f"Retrying repeats only what did not succeed: machiya retry {run.name}, or Retry in the Argo UI."


def _told(cause: Cause, component: Component | None) -> Iterator[str]:
    """A failure: what it means, what to do, and whom to ask."""
    yield f"Failed: {_who(cause, component)}: {_what(cause)}. {advice(cause, component)}"
    if component is not None and (component.owner or component.runbook):
        asked = f"Ask: {component.owner or 'its owner'}"
        yield f"{asked}. Runbook: {_shortened(component.runbook)}" if component.runbook else asked


def _shortened(runbook: str) -> str:
    """A runbook in one line: an address as it is, of a text the beginning."""
    text = " ".join(runbook.split())
    return text if len(text) <= RUNBOOK_LIMIT else f"{text[: RUNBOOK_LIMIT - 3]}..."


def spoken_duration(seconds: float) -> str:
    """In the two largest units: ``41.7 s``, ``12 min 34 s``, ``3 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def meaning(cause: Cause) -> str:
    """What its exit code means; empty where nothing is known."""
    if cause.out_of_memory:
        return "out of memory"
    if cause.exit_code == _KILLED:
        return "killed from outside"
    return EXIT_MEANINGS[ExitCode(cause.exit_code)] if cause.exit_code in set(ExitCode) else ""


def advice(cause: Cause, component: Component | None = None) -> str:
    """What to do about it; what the component itself says of an exit code comes first."""
    if cause.beside:
        return _BESIDE
    own = component.exit_codes.get(cause.exit_code or 0) if component is not None else None
    if own and not cause.out_of_memory:
        return own if own.endswith((".", "!")) else f"{own}."
    if cause.out_of_memory:
        return "Give the operation more memory in its component.yaml, or less data."
    if cause.exit_code == _KILLED:
        return _ADVICE[ExitCode.STOPPED]
    return _ADVICE.get(ExitCode(cause.exit_code), _LOOK) if cause.exit_code in set(ExitCode) else _LOOK


_LOOK = "Look at its log."
_BESIDE = "It is Argo's own container: the artifact store, or the cluster. Ask whoever runs them."


def _who(cause: Cause, component: Component | None) -> str:
    attempts = f" ({cause.attempts} attempts)" if cause.attempts > 1 else ""
    others = len(cause.names) - 1
    of = f" ({component})" if component is not None else ""
    return f"{cause.names[0]}{f' and {others} others' if others else ''}{of}{attempts}"


def _what(cause: Cause) -> str:
    known = meaning(cause)
    return f"{cause.message or 'no message'}{f' - {known}' if known else ''}".rstrip(".")
