"""What Argo Server's documented API has: calls, their parameters, and the fields of messages.

``swagger.json`` is reduced from the specification that Argo publishes with each version, to what all versions have that
are named in it. Both sides are held against it: what the client asks, and what the fake answers.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

STREAM = "stream:"


@dataclass(frozen=True)
class Call:
    """One call of the API. ``answer`` is a definition's name, `STREAM` before it where many are sent."""

    method: str
    template: str
    query: frozenset[str]
    body: str | None
    answer: str | None

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream."""
        return (self.answer or "").startswith(STREAM)


@lru_cache
def _specification() -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("swagger.json").read_text())
    return data


@lru_cache
def _calls() -> list[tuple[re.Pattern[str], Call]]:
    found = []
    for name, data in _specification()["operations"].items():
        method, template = name.split(" ")
        pattern = re.sub(r"\\{\w+\\}", r"([^/]+)", re.escape(template))
        call = Call(method, template, frozenset(data["query"]), data["body"], data["answer"])
        found.append((re.compile(pattern), call))
    return found


def find_call(method: str, path: str) -> tuple[Call, tuple[str, ...]] | None:
    """The call that a request is, and the words of its path; None if the API has none like it."""
    for pattern, call in _calls():
        match = pattern.fullmatch(path)
        if match and call.method == method:
            return call, match.groups()
    return None


def problems(call: Call, query: Iterable[str], body: Any) -> list[str]:
    """What of a request the API does not know."""
    found = [f"{call.template} has no parameter {name}" for name in query if name not in call.query]
    return found + (list(_unknown(body, call.body, "body")) if call.body else [])


def answer_problems(call: Call, answer: Any) -> list[str]:
    """What of an answer, or of one result of a stream, the API does not know."""
    name = (call.answer or "").removeprefix(STREAM)
    return list(_unknown(answer, name, "answer")) if name else []


def _unknown(value: Any, kind: str, place: str) -> Iterator[str]:
    """Fields that a definition does not have; what is below a definition that was left out is not looked at."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unknown(one, kind.strip("[]"), f"{place}[{number}]")
        return
    if kind.startswith("{"):
        for name, one in value.items():
            yield from _unknown(one, kind[1:-1], f"{place}.{name}")
        return
    fields = _specification()["definitions"].get(kind)
    if not fields or not isinstance(value, dict):
        return
    for name, one in value.items():
        if name not in fields:
            yield f"{place}.{name} is no field of {kind}"
        else:
            yield from _unknown(one, fields[name], f"{place}.{name}")
