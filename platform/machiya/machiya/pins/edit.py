"""Changes of the text of a ``pins.yaml``: one line for one pin, and every other byte stays as it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from machiya.errors import ContractError
from machiya.pins.model import CANARY_STAGE, CanaryPin, Pin
from machiya.pins.validate import CANARY_KEY

_ENTRY = re.compile(
    r"(?P<head>(?P<indent>\s+)(?P<name>[a-z][a-z0-9-]*)\s*:\s+)"
    r"(?P<value>\{[^}]*\}|[^\s#]+)"
    r"(?P<rest>[ \t]*(?:#[^\r\n]*)?)"
)
_BLOCK = re.compile(r"(?P<name>[a-z][a-z0-9-]*):\s*(?:#.*)?")
_WAIVER = re.compile(r"waived (?P<rule>[a-z.-]+) by (?P<who>[^:;]+): (?P<why>[^;]+)")


@dataclass(frozen=True)
class Waiver:
    """A rule that a pin breaks and somebody let pass: kept in the comment of the pin's line."""

    rule: str
    who: str
    why: str

    def __str__(self) -> str:
        return f"waived {self.rule} by {self.who}: {self.why}"


def with_pin(text: str, stage: str, component: str, pin: Pin, waivers: Sequence[Waiver] = ()) -> str:
    """The text with another pin of a component in a stage; a stage or line that is not there is added.

    What else stands in the comment of the line stays; waivers of the pin before go.

    Raises:
        ContractError: the line has a form that cannot be changed by itself.
    """
    return _with_entry(text, stage, component, str(pin), waivers)


def with_canary(text: str, component: str, canary: CanaryPin, waivers: Sequence[Waiver] = ()) -> str:
    """The text with a canary of a component: its line below ``canary``, changed or added. Raises as `with_pin`."""
    stage = "" if canary.stage == CANARY_STAGE else f", stage: {canary.stage}"
    value = f"{{version: {canary.pin}, share: {canary.share:g}, salt: {_scalar(canary.salt)}{stage}}}"
    return _with_entry(text, CANARY_KEY, component, value, waivers)


def without_canary(text: str, component: str) -> str:
    """The text without the canary of a component, and without ``canary`` if nothing is left below it."""
    lines = text.splitlines(keepends=True)
    start, end = _block(lines, CANARY_KEY)
    found = _entry(lines, start, end, component)
    if found is None:
        return text
    del lines[found]
    if not any(_ENTRY.match(line) for line in lines[start : end - 1]):
        del lines[start - 1]
        while lines and not lines[-1].strip():
            lines.pop()
    return "".join(lines)


def waivers_of(text: str, stage: str, component: str) -> tuple[Waiver, ...]:
    """The waivers in the comment of a pin's line; of a canary's with ``canary`` as the stage."""
    lines = text.splitlines(keepends=True)
    start, end = _block(lines, stage)
    found = _entry(lines, start, end, component)
    match = _ENTRY.match(lines[found]) if found is not None else None
    rest = match["rest"] if match is not None else ""
    return tuple(Waiver(one["rule"], one["who"].strip(), one["why"].strip()) for one in _WAIVER.finditer(rest))


def _with_entry(text: str, block: str, component: str, value: str, waivers: Sequence[Waiver]) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    start, end = _block(lines, block)
    if start == 0:
        comment = _comment("", waivers)
        return "".join([*lines, f"{block}:\n", f"  {component}: {value}{comment}\n"])
    found = _entry(lines, start, end, component)
    if found is None:
        last = max((number for number in range(start, end) if lines[number].strip()), default=start - 1)
        entries = (match for line in lines[start:end] if (match := _ENTRY.match(line)))
        indent = next((match["indent"] for match in entries), "  ")
        lines.insert(last + 1, f"{indent}{component}: {value}{_comment('', waivers)}\n")
        return "".join(lines)
    match = _ENTRY.match(lines[found])
    if match is None or match.end() != len(lines[found].rstrip("\r\n")):
        raise ContractError(
            f"line {found + 1} of the pins cannot be changed by itself: {lines[found].strip()}",
            f"Write it as one line: {component}: {value}",
        )
    ending = lines[found][len(lines[found].rstrip("\r\n")) :]
    lines[found] = f"{match['head']}{value}{_comment(match['rest'], waivers)}{ending}"
    return "".join(lines)


def _comment(rest: str, waivers: Sequence[Waiver]) -> str:
    """What stands behind a value: the comment that was there without its waivers, and these."""
    kept = _WAIVER.sub("", rest.strip().removeprefix("#")).strip(" ;")
    parts = [part for part in (kept, *map(str, waivers)) if part]
    return f"  # {'; '.join(parts)}" if parts else ""


def _block(lines: Sequence[str], name: str) -> tuple[int, int]:
    """The lines below a key of the first level: from and to; (0, 0) where there is none."""
    for number, line in enumerate(lines):
        match = _BLOCK.fullmatch(line.rstrip())
        if match is not None and match["name"] == name:
            end = number + 1
            while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t#"):
                end += 1
            while end > number + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
                end -= 1
            return number + 1, end
    return 0, 0


def _entry(lines: Sequence[str], start: int, end: int, name: str) -> int | None:
    pattern = re.compile(rf"\s+{re.escape(name)}\s*:")
    return next((number for number in range(start, end) if pattern.match(lines[number])), None)


def _scalar(text: str) -> str:
    """A salt as YAML reads it as the text it is."""
    return text if re.fullmatch(r"[a-zA-Z][\w.-]*|\d{4}-\d{2}", text) and text.lower() not in _WORDS else f"'{text}'"


_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
