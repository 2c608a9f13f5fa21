"""Which variables can be named at a place, and why one cannot."""

import difflib
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from machiya.manifest.lint.rules import Rule

CHECKED_PREFIXES = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")
"""Simple tags that begin otherwise are other people's: Argo leaves them as they are."""


@dataclass(frozen=True)
class Problem:
    """Why a variable cannot be named here, by which rule, and what to do."""

    rule: Rule
    detail: str
    remedy: str


@dataclass(frozen=True)
class Outputs:
    """What a step or task can be asked for: ``status``, ``outputs.parameters.x``, ...

    ``unknown``: its template is known only at run time (or not found, which is reported elsewhere), so anything goes.
    """

    members: frozenset[str]
    unknown: bool = False

    def provides(self, member: str, *, partly: bool) -> bool:
        """Whether `member` is there; `partly`: or something below it, or something it is below (an expression)."""
        if self.unknown or not member or member in self.members:
            return True
        return partly and any(_nested(known, member) for known in self.members)


@dataclass(frozen=True)
class Siblings:
    """The steps or tasks beside the place, and those among them that have finished by then (None: all)."""

    prefix: str
    outputs: dict[str, Outputs]
    finished: Container[str] | None = None

    @property
    def word(self) -> str:
        """What one of them is called."""
        return self.prefix.removesuffix("s")

    def problem(self, name: str, *, partly: bool) -> Problem | None:
        """Why `name`, which follows ``steps.`` or ``tasks.``, cannot be named."""
        if name == "name":
            return None
        sibling = self._sibling(name)
        if sibling is None:
            return None if "{{" in name else self._no_such(name.split(".", maxsplit=1)[0])
        member = name[len(sibling) + 1 :]
        if not self.outputs[sibling].provides(member, partly=partly):
            return self._no_output(sibling, member)
        if self.finished is None or sibling in self.finished:
            return None
        return self._not_finished(sibling)

    def _sibling(self, name: str) -> str | None:
        first = name.split(".", maxsplit=1)[0]
        if first in self.outputs:
            return first
        return next((sibling for sibling in self.outputs if name == sibling or name.startswith(f"{sibling}.")), None)

    def _no_such(self, sibling: str) -> Problem:
        detail = f"this template has no {self.word} '{sibling}'"
        return Problem(Rule.VARIABLE_UNRESOLVED, detail, _closest(sibling, self.outputs))

    def _no_output(self, sibling: str, member: str) -> Problem:
        members = self.outputs[sibling].members
        declared = [
            known for known in sorted(members) if known.startswith(("outputs.parameters.", "outputs.artifacts."))
        ]
        close = difflib.get_close_matches(member, members, n=1)
        if close:
            remedy = f"Did you mean {{{{{self.prefix}.{sibling}.{close[0]}}}}}?"
        elif declared:
            remedy = f"It has: {', '.join(declared)}."
        else:
            remedy = "Its template declares no outputs: add `outputs:` to it."
        return Problem(Rule.VARIABLE_UNRESOLVED, f"{self.word} '{sibling}' has no {member}", remedy)

    def _not_finished(self, sibling: str) -> Problem:
        if self.prefix == "tasks":
            remedy = f"Add '{sibling}' to the task's `depends` (or `dependencies`), or pass the value on through one."
            return Problem(Rule.MISSING_DEPENDENCY, f"missing dependency '{sibling}'", remedy)
        detail = f"step '{sibling}' is not in an earlier group"
        return Problem(
            Rule.VARIABLE_UNRESOLVED, detail, "Move one of the two: groups (`- - name:`) run one after the other."
        )


@dataclass
class Scope:
    """The variables of a place: ``names``, all that begin with one of ``open``, those of ``parent``, and siblings."""

    names: set[str] = field(default_factory=set)
    open: tuple[str, ...] = ()
    parent: "Scope | None" = None
    siblings: Siblings | None = None

    def problem(self, name: str, *, partly: bool = False) -> Problem | None:
        """Why the variable `name` cannot be named here; None if it can. `partly` for a path within an expression."""
        scope: Scope | None = self
        while scope is not None:
            if scope.siblings is not None and name.startswith(f"{scope.siblings.prefix}."):
                return scope.siblings.problem(name[len(scope.siblings.prefix) + 1 :], partly=partly)
            if scope.holds(name, partly=partly):
                return None
            scope = scope.parent
        return Problem(Rule.VARIABLE_UNRESOLVED, "", _closest(name, self.all_names()))

    def holds(self, name: str, *, partly: bool) -> bool:
        """Whether `name` is among this scope's own names."""
        if name in self.names or name.startswith(self.open):
            return True
        if not partly:
            return False
        return name in self._prefixes or any(prefix.startswith(f"{name}.") for prefix in self.open)

    def all_names(self) -> set[str]:
        """All names that are known one by one."""
        return self.names | (self.parent.all_names() if self.parent else set())

    def names_any(self, name: str) -> bool:
        """Whether `name` is known to this scope or a parent, siblings left aside."""
        return self.holds(name, partly=False) or (self.parent is not None and self.parent.names_any(name))

    @cached_property
    def _prefixes(self) -> set[str]:
        """Every path that leads to one of the names: a, a.b for a.b.c."""
        prefixes: set[str] = set()
        for name in self.names:
            parts = name.split(".")
            prefixes.update(".".join(parts[:length]) for length in range(1, len(parts)))
        return prefixes


def _nested(first: str, second: str) -> bool:
    return first.startswith(f"{second}.")


_ALIKE = 0.7
_METADATA = (
    "Add it to metadata.{0} or spec.workflowMetadata.{0}; if the cluster adds it, name the file of the "
    "workflow-controller-configmap, too."
)
_ADVICE = (
    ("inputs.parameters.", "Declare it in the template: inputs: {{parameters: [{{name: {0}}}]}}."),
    ("inputs.artifacts.", "Declare it in the template: inputs: {{artifacts: [{{name: {0}, path: ...}}]}}."),
    ("outputs.", "Declare it in the template's outputs."),
    ("workflow.parameters.", "Declare it in the workflow: arguments: {{parameters: [{{name: {0}, value: ...}}]}}."),
    ("workflow.outputs.", "Give an output of a template this name by globalName."),
    ("workflow.labels.", _METADATA.format("labels")),
    ("workflow.annotations.", _METADATA.format("annotations")),
    ("steps.", "Only the template of the steps can name it: pass it on as an argument."),
    ("tasks.", "Only the template of the tasks can name it: pass it on as an argument."),
    ("item.", "Only a step or task with a loop can name it: pass it on as an argument."),
    ("pod.", "Only templates that run in a pod have one."),
)


def _closest(name: str, known: Iterable[str]) -> str:
    """What may have been meant, or where it would have to be declared."""
    root, _, rest = name.partition(".")
    same = [other for other in known if other.partition(".")[0] == root or not rest]
    if meant := _alike(name, sorted(same)):
        return f"Did you mean {meant}?"
    for prefix, advice in _ADVICE:
        if name.startswith(prefix):
            return advice.format(name.removeprefix(prefix).partition(".")[0])
    shortest = sorted(same, key=lambda other: (len(other), other))[:8]
    return f"Known here: {', '.join(shortest)}." if shortest else f"Nothing called {root} can be named here."


def _alike(name: str, known: Iterable[str]) -> str:
    """The name among `known` that differs from `name` by a slip in one part; nothing if there is none."""
    parts = name.split(".")
    for other in known:
        others = other.split(".")
        differing = [pair for pair in zip(parts, others, strict=False) if pair[0] != pair[1]]
        if len(parts) != len(others) or len(differing) != 1:
            continue
        if difflib.SequenceMatcher(None, *differing[0]).ratio() >= _ALIKE:
            return other
    return ""
