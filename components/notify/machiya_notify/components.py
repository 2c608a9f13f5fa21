"""Which component is behind a step, who answers for it, and what its own exit codes mean, as the workflow tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHORT_DIGEST = 12
"""Characters of a digest that are shown: as many as registries and `docker images` show."""


@dataclass(frozen=True)
class Component:
    """A component at the version that ran; ``steps`` are the steps, and so the templates, that it did."""

    name: str
    version: str
    digest: str = ""
    owner: str = ""
    runbook: str = ""
    exit_codes: Mapping[int, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


def read_components(given: Any) -> tuple[Component, ...]:
    """The components of a list of objects; what is not as it should be is left out, for the message matters more."""
    return tuple(_component(one) for one in given or () if isinstance(one, dict) and one.get("name"))


def _component(one: dict[str, Any]) -> Component:
    codes, steps = one.get("exitCodes"), one.get("steps")
    meanings = codes.items() if isinstance(codes, dict) else ()
    name, version, digest, owner, runbook = (
        str(one.get(key) or "") for key in ("name", "version", "digest", "owner", "runbook")
    )
    known = {int(code): str(meaning) for code, meaning in meanings if str(code).isdecimal()}
    done = tuple(map(str, steps)) if isinstance(steps, list) else ()
    return Component(name, version, digest, owner, runbook, known, done)


def behind(template: str, components: tuple[Component, ...]) -> Component | None:
    """The component whose step a template is: of that name, or one that the renderer made of it (``predict-shard``)."""
    found = [(len(step), one) for one in components for step in one.steps if _is_of(template, step)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _is_of(template: str, step: str) -> bool:
    return template == step or template.startswith(f"{step}-")
