"""Why a step was computed, or not: which part of its key in the cache is another than at the nearest earlier time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from machiya.engines.local.argo.interpreter.nodes import Phase
from machiya.engines.local.argo.values import ArgoValueError, parse_duration
from machiya.errors import NotFoundError
from machiya.records.keys import CODE, INPUT, UNKNOWN, key_parts, listed, operation, sources_of, upstream
from machiya.records.origins import Execution, History, computed_by
from machiya.records.record import RunRecord
from machiya.records.steps import COMPONENT, VERSION, Step
from machiya.records.stores import memo_of, store_of

Verdict = Literal["hit", "not cacheable", "unknown", "first", "expired", "gone", "differs"]

_RUNS = 200
"""How many earlier runs are looked through for the nearest."""


@dataclass(frozen=True)
class Difference:
    """A part of the key that was another: ``code``, ``operation``, ``parameter NAME`` or ``input PORT``; and why."""

    part: str
    before: str
    now: str
    why: str = ""

    def to_json(self) -> dict[str, str]:
        """The fields by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Explanation:
    """What the cache did for one step. ``run`` is the earlier run that is spoken of."""

    step: str
    verdict: Verdict
    run: str = ""
    reason: str = ""
    differences: Sequence[Difference] = field(default_factory=tuple)
    parts: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya cache`."""
        return {
            "step": self.step,
            "verdict": self.verdict,
            "earlierRun": self.run or None,
            "reason": self.reason,
            "differences": [one.to_json() for one in self.differences],
            "parts": self.parts,
        }


def _identity(step: Step) -> tuple[str, str]:
    return step.node.labels.get(COMPONENT, ""), operation(step)


def explain(record: RunRecord, name: str) -> Explanation:
    """What the cache did for the step called `name`; of a loop, for the first turn that was computed.

    Raises:
        NotFoundError: there is no such step, or it has not begun.
    """
    found = record.find_steps(name)
    turns = [leaf for step in found for leaf in ([step] if step.node.memo_key else step.leaves())]
    step = next((turn for turn in turns if not turn.cached), turns[0])
    if step.node.phase in (Phase.SKIPPED, Phase.OMITTED):
        raise NotFoundError(f"the step {step.name} did not run: {step.node.message}.", "There is nothing to explain.")
    template = record.template(step)
    parts = key_parts(record, step)
    if template is None or template.memoize is None or not step.node.memo_key:
        reason = "its template has no `memoize`: the operation says `cache: false`, or the manifest leaves it out"
        return Explanation(step.name, "not cacheable", reason=reason, parts=parts)
    if step.cached:
        run = computed_by(record, step)
        return Explanation(step.name, "hit", run, "" if run else "that run is not recorded any more", parts=parts)
    unknown = _unknown(parts)
    if unknown:
        return Explanation(step.name, "unknown", reason="; ".join(unknown), parts=parts)
    return _missed(History(record.folder.home), record, step, parts)


def _unknown(parts: dict[str, str]) -> list[str]:
    """Why digests are not known; such a step is never remembered for another run."""
    return [
        f"the digest of {part} is not known: {_unknown_because(part)}"
        for part, value in parts.items()
        if value.startswith(UNKNOWN)
    ]


def _unknown_because(part: str) -> str:
    if part == CODE:
        return "the component is not released, and the run was not told the digest of its code"
    return "the run was not told the digest of what came from outside"


def _missed(history: History, record: RunRecord, step: Step, parts: dict[str, str]) -> Explanation:
    same = next((one for one in history.executions_of(step.node.memo_key) if _is_before(one, record, step)), None)
    if same is not None:
        return _forgotten(record, step, same, parts)
    nearest = _nearest(history, record, step, parts)
    if nearest is None:
        component, operation = _identity(step)
        what = f"{component} {operation}".strip()
        return Explanation(step.name, "first", reason=f"no earlier run that is recorded computed {what}", parts=parts)
    before = key_parts(nearest.record, nearest.step)
    differences = [
        Difference(part, before.get(part, ""), parts.get(part, ""), _why(record, step, nearest, part))
        for part in different(before, parts)
    ]
    if not differences:
        reason = "no part differs, but the key does: the manifests make it differently"
        return Explanation(step.name, "differs", nearest.record.name, reason, parts=parts)
    return Explanation(step.name, "differs", nearest.record.name, differences=differences, parts=parts)


def _is_before(other: Execution, record: RunRecord, step: Step) -> bool:
    ended = other.step.node.finished
    return (other.record.name, other.step.node.id) != (record.name, step.node.id) and (
        ended is not None and ended <= step.node.started
    )


def _forgotten(record: RunRecord, step: Step, same: Execution, parts: dict[str, str]) -> Explanation:
    """It had been computed under the very same key: too long ago, or what it put out is not there any more."""
    template = record.template(step)
    memo = template.memoize if template is not None else None
    age = step.node.started - (same.step.node.finished or 0.0)
    limit = _seconds(memo.max_age) if memo is not None else None
    if limit is not None and memo is not None and age > limit:
        reason = f"results are forgotten after {memo.max_age}"
        return Explanation(step.name, "expired", same.record.name, reason, parts=parts)
    return Explanation(step.name, "gone", same.record.name, _gone_because(record, step, same), parts=parts)


def _gone_because(record: RunRecord, step: Step, same: Execution) -> str:
    template = record.template(same.step)
    store = store_of(record)
    lost = [port for port, value in same.step.node.outputs.artifacts.items() if value.key and not store.find(value.key)]
    if lost:
        return f"what it put out is not in the store any more: {', '.join(lost)}"
    cache = template.memoize.cache if template is not None and template.memoize is not None else ""
    if memo_of(record).lookup(cache, step.node.memo_key) is None:
        return "the cache has no entry of it any more"
    return "the entry, or a file of what it put out, was gone or altered when it was looked for"


def _seconds(text: str) -> float | None:
    try:
        return parse_duration(text) if text else None
    except ArgoValueError:
        return None


def different(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """The names of the parts that differ, in the order of the key."""
    return [part for part in {**now, **before} if before.get(part) != now.get(part)]


def _nearest(history: History, record: RunRecord, step: Step, parts: dict[str, str]) -> Execution | None:
    """The earlier execution of the same operation with the fewest differences; of equals the latest."""
    best, fewest = None, len(parts) + 1
    for other in _earlier(history, record, step):
        count = len(different(key_parts(other.record, other.step), parts))
        if count < fewest:
            best, fewest = other, count
        if fewest <= 1:
            break
    return best


def _earlier(history: History, record: RunRecord, step: Step) -> Iterator[Execution]:
    names = [_identity(step)[1]]
    for other in islice(history.mentioning(names[0]), _RUNS):
        for one in other.steps:
            execution = Execution(other, one)
            done = one.node.phase is Phase.SUCCEEDED and one.node.memo_key
            if done and _identity(one) == _identity(step) and _is_before(execution, record, step):
                yield execution


def _why(record: RunRecord, step: Step, before: Execution, part: str) -> str:
    """For an input: what gave it another content. For code: what else is known of it."""
    if part == CODE:
        old, new = _version(before.step), _version(step)
        return f"version {old} before, {new} now" if old != new else f"version {new}, with other code"
    if not part.startswith(INPUT):
        return ""
    return _input_why(record, step, listed(key_parts(record, step).get(part, ""))[0])


def _version(step: Step) -> str:
    return step.node.labels.get(VERSION, "unknown")


def _input_why(record: RunRecord, step: Step, digest: str) -> str:
    for name, source in sources_of(record).items():
        if source.get("digest") == digest:
            return f"{name} comes from outside: {source.get('location', '')} holds something else than before"
    maker = upstream(record, step, digest)
    if maker is None:
        return ""
    other, port = maker
    name = other.name.split("(")[0]
    how = "was taken from the cache" if other.cached else "was computed"
    return f"{name} put out another {port}; it {how}: machiya cache explain {record.name} {name}"
