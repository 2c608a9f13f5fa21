"""What may be said of files that outlive runs: who reads one, and the one step that keeps it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from machiya.dsl.handles import Draft, KeptHandle, Nothing, OutputHandle, draft_of, workflow_of
from machiya.dsl.model import KEPT_KINDS, KeptReference, Place
from machiya_component.contract.model import Port

if TYPE_CHECKING:
    from machiya.dsl.builder import Workflow

EXAMPLE = 'workflow.kept("published/recommendations.json", file="pointer.json")'

_NAME = re.compile(r"[a-z0-9][a-zA-Z0-9_-]{0,126}\.[a-z0-9]{1,16}")
_UNCACHED = "Use an operation that says `cache: false`."

Problem = tuple[str, str]
"""Message and remedy."""


def kept_reference(workflow: str, stage: str, name: str, file: str) -> tuple[KeptReference, Problem | None]:
    """The kept file of a name at a stage, and what is wrong with the name."""
    kind, _, own = name.partition("/")
    reference = KeptReference(f"{kind}/{workflow}/{stage}/{own}", file)
    if kind not in KEPT_KINDS or not _NAME.fullmatch(own):
        return reference, (
            f"{name!r} is no name of a kept file.",
            f"Kinds: {', '.join(KEPT_KINDS)}. Example: {EXAMPLE}",
        )
    if not _NAME.fullmatch(file):
        return reference, (f"{file!r} is no name of a file in a port.", f"Example: {EXAMPLE}")
    return reference, None


def reading_problem(draft: Draft, port: Port) -> Problem | None:
    """What is wrong if `draft` reads a kept file from `port`."""
    if not port.optional:
        return f"nothing is kept before the first run, but {port.name} needs it.", "Wire an optional input."
    if port.type.kind != "files":
        return f"a kept file goes into a port of the type files, and {port.name} is a {port.type}.", "Wire another."
    if draft.may_be_cached:
        return f"what is kept changes, and {draft.operation.name} may be taken from the cache.", _UNCACHED
    return None


def note_keepers(workflow: "Workflow") -> None:
    """Tell the steps what they keep."""
    seen: dict[KeptReference, tuple[str, Place]] = {}
    for output, kept, place in workflow.keepers:
        if isinstance(output, Nothing) or isinstance(kept, Nothing):
            continue
        for message, remedy in _problems(workflow, output, kept, seen):
            workflow.findings.add(place, "keep", "keep", message, remedy)
        if isinstance(output, OutputHandle) and isinstance(kept, KeptHandle):
            draft = draft_of(output.step)
            draft.keeps[output.port.name] = kept.reference
            seen.setdefault(kept.reference, (draft.name, place))


def _problems(
    workflow: "Workflow", output: Any, kept: Any, seen: dict[KeptReference, tuple[str, Place]]
) -> Sequence[Problem]:
    if not isinstance(output, OutputHandle):
        return [(f"an output of a step is expected, not {type(output).__name__}.", "Example: publish.pointer")]
    if not isinstance(kept, KeptHandle):
        return [(f"a kept file is expected, not {type(kept).__name__}.", f"Example: {EXAMPLE}")]
    if workflow_of(output.step) is not workflow or kept.workflow is not workflow:
        return [("what is kept belongs to another workflow.", "Keep outputs of this workflow's own steps.")]
    draft, port = draft_of(output.step), output.port
    problems: list[Problem] = []
    if port.type.kind != "files":
        problems.append((f"{draft.name}.{port.name} is a {port.type}.", "Keep an output of the type files."))
    if draft.may_be_cached:
        message = f"{draft.operation.name} may be taken from the cache, and would keep nothing then."
        problems.append((message, _UNCACHED))
    if draft.fan_out is not None:
        problems.append((f"{draft.name} fans out: its shards would overwrite each other's.", "Keep another output."))
    if kept.reference in seen:
        other, place = seen[kept.reference]
        problems.append((f"{other} keeps {kept.reference.key} in line {place.line}.", "One step keeps a file."))
    if port.name in draft.keeps:
        problems.append((f"{draft.name}.{port.name} is kept twice.", "An output holds one file that is kept."))
    return problems
