"""The failed steps of a run, as Argo lists them in ``workflow.failures``: read, and reduced to what went wrong.

Argo gives a JSON list, quoted once more as Go quotes text. A long list is cut off before it reaches a command line, so
it is read element by element, as far as it goes.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

TEXT_LIMIT = 300
"""Characters of a step's message that are passed on."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_CONTROL = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ATTEMPT = re.compile(r"\((\d+)\)$")
_CHILD = re.compile(r"child '.*' failed")
_EXIT_CODE = re.compile(r"exit code (\d+)")
_ARGOS_OWN = ("wait: ", "init: ")


@dataclass(frozen=True)
class Failure:
    """A node that ended badly: a step, one attempt of a step, or what a step is part of."""

    name: str
    template: str = ""
    message: str = ""


@dataclass(frozen=True)
class Failures:
    """What could be read; ``cut`` says that there is more."""

    listed: tuple[Failure, ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Cause:
    """A step that failed by itself (or several with the same message), with the number of its attempts."""

    names: tuple[str, ...]
    template: str
    message: str
    attempts: int = 1

    @property
    def beside(self) -> bool:
        """Whether one of Argo's own containers beside the component failed: the exit code is Argo's then."""
        return self.message.startswith(_ARGOS_OWN)

    @property
    def exit_code(self) -> int | None:
        """The component's exit code, as the message names it."""
        found = None if self.beside else _EXIT_CODE.search(self.message)
        return int(found[1]) if found else None

    @property
    def out_of_memory(self) -> bool:
        """Whether it was ended for want of memory."""
        return "OOMKilled" in self.message and not self.beside


def read_failures(text: str) -> Failures:
    """All failures in `text`, a JSON list or one that is quoted; what cannot be read is cut off."""
    text = _unquoted(text.strip())
    if text in ("", "null"):
        return Failures()
    if not text.startswith("["):
        return Failures((Failure("a step", message=_short(text)),), cut=True)
    values, whole = _elements(text)
    listed = tuple(_failure(value) for value in values if isinstance(value, dict))
    return Failures(listed, cut=not whole)


def _unquoted(text: str) -> str:
    """What Go's strconv.Quote was given, also where the end of its result is missing."""
    quoted = _QUOTED.match(text)
    return _ESCAPE.sub(_escaped, quoted[0][1:]) if quoted else text


def _escaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code is None:
        return _CONTROL.get(found[4], found[4])
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"


def _elements(text: str) -> tuple[list[Any], bool]:
    """The elements of a JSON list, and whether its end was reached."""
    decoder, position, values = json.JSONDecoder(), 1, list[Any]()
    while True:
        while position < len(text) and text[position] in ", \t\r\n":
            position += 1
        if text.startswith("]", position):
            return values, True
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values, False
        values.append(value)


def _failure(value: dict[str, Any]) -> Failure:
    name, template, message = (_short(value.get(key)) for key in ("displayName", "templateName", "message"))
    return Failure(name or template or "a step", template, message)


def _short(value: object) -> str:
    """A value as one line that can be encoded, of bounded length."""
    text = " ".join(str(value or "").encode("utf-8", "replace").decode("utf-8").split())
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 3] + "..."


def causes(failures: Sequence[Failure]) -> list[Cause]:
    """What went wrong, each once: attempts with their step, steps of one template with one message together.

    What only says that something below it failed is left out, unless nothing else is there.
    """
    steps = list(_steps(failures))
    speaking = [step for step in steps if step.message and not _CHILD.search(step.message)]
    together: dict[tuple[str, str, int], list[str]] = {}
    for step in speaking or steps:
        together.setdefault((step.template, step.message, step.attempts), []).extend(step.names)
    return sorted(
        (Cause(tuple(sorted(names)), *key) for key, names in together.items()),
        key=lambda cause: cause.names,
    )


def _steps(failures: Sequence[Failure]) -> Iterator[Cause]:
    """One for each step that has no attempts of its own in the list, with the message of the last attempt."""
    groups: dict[str, list[tuple[int, Failure]]] = {}
    for failure in failures:
        attempt = _ATTEMPT.search(failure.name)
        number = int(attempt[1]) if attempt else -1
        groups.setdefault(_ATTEMPT.sub("", failure.name), []).append((number, failure))
    for name, group in groups.items():
        last = max(group, key=lambda one: one[0])[1]
        attempts = sum(number >= 0 for number, _ in group)
        message = last.message or next((one.message for _, one in group if one.message), "")
        yield Cause((name,), last.template, message, max(attempts, 1))
