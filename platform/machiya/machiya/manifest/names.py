"""The names of what goes in and out in a rendered manifest, for those who write it and those who read a run of it.

Names of ports hold no dash, so that none of these is taken for a port.
"""

import math
from collections.abc import Collection, Mapping

CODE_PARAMETER = "component-code"
"""Input of the template of a component that is not released: the digest of its code. No port's digest is called so."""

FOLDER_PARAMETER = "gather-folder"
"""Input of the template of a fan-out: the folder of the store below which all its shards put their outputs."""

COUNT_PARAMETER = "shard-count"
"""Input of the template of a fan-out whose operation is not told how many shards there are."""

SHARD_FORMAT = "%05d"
"""How shards are counted: all of one length, so that the parts of a table come in their order."""

RUNS, SHOWN = "runs", "shown"
"""How keys of outputs begin: ``runs/RUN/STEP/PORT``, and of what a service shows ``shown/COMPONENT/PORT/RUN/STEP``."""

_VIEW, _KEPT = "-view", "-kept"
_NUMBERS = ("-rows", "-value")


def run_key(run: str, step: str, port: str) -> str:
    """Where in the store a step of a run puts an output."""
    return f"{RUNS}/{run}/{step}/{port}"


def shown_key(component: str, port: str, run: str, step: str) -> str:
    """The same for an output that a service of the component shows: below ``PORT`` it lies as the service reads it."""
    return f"{SHOWN}/{component}/{port}/{run}/{step}"


def is_shown(key: str) -> bool:
    """Whether it is the key of such an output."""
    return key.startswith(f"{SHOWN}/")


def run_of(key: str) -> str:
    """The run that an output was put out by; empty where its key does not tell."""
    kind, *parts = key.split("/")
    place = {RUNS: 0, SHOWN: 2}.get(kind, len(parts))
    return parts[place] if len(parts) > place + 1 else ""


def digest_name(name: str) -> str:
    """The parameter that holds the content digest of a port, or of an artifact from outside."""
    return f"{name}-digest"


def key_name(port: str) -> str:
    """The output parameter that holds the key of a port."""
    return f"{port}-key"


def kept_name(port: str) -> str:
    """The output artifact that is the kept file of a port."""
    return f"{port}{_KEPT}"


def is_kept(name: str, outputs: Collection[str]) -> bool:
    """Whether an output artifact is the kept file of another one of the same step."""
    return name.endswith(_KEPT) and name.removesuffix(_KEPT) in outputs


def view_name(port: str) -> str:
    """The output artifact that is the one file of a report or of metrics, by itself."""
    return f"{port}{_VIEW}"


def is_view(name: str, outputs: Collection[str]) -> bool:
    """Whether an output artifact is but a view of another one of the same step."""
    return name.endswith(_VIEW) and name.removesuffix(_VIEW) in outputs


def rows_name(port: str) -> str:
    """The output parameter that holds the rows of a table, an input or an output."""
    return f"{port}{_NUMBERS[0]}"


def value_name(metric: str) -> str:
    """The output parameter that holds an exposed metric."""
    return f"{metric}{_NUMBERS[1]}"


def numbers(parameters: Mapping[str, str]) -> dict[str, float]:
    """Rows and exposed metrics among output parameters, as far as they are known."""
    found = {name: text for name, text in parameters.items() if name.endswith(_NUMBERS)}
    return {name: number for name, text in found.items() if (number := _finite(text)) is not None}


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def shard_template_name(step: str) -> str:
    """The template of one shard of a fan-out, whose own has the name of the step."""
    return f"{step}-shard"


def code_argument(component: str) -> str:
    """The workflow parameter that holds the digest of the code of a component that is not released."""
    return f"{component}-code"
