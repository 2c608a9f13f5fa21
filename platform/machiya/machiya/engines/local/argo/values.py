"""Durations, quantities and other scalars as Argo and Kubernetes write them."""

import re
from decimal import Decimal, InvalidOperation

from machiya.manifest.grammar.durations import argo_duration

_QUANTITY = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_SUFFIX: dict[str | None, Decimal] = {
    None: Decimal(1),
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{suffix + "i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


class ArgoValueError(ValueError):
    """A text is not the kind of value that its place asks for."""


def parse_duration(text: str) -> float:
    """Seconds of a duration: a bare number of seconds, or Go's form such as ``1h30m``."""
    seconds = argo_duration(text.strip())
    if seconds is None or seconds < 0:
        raise ArgoValueError(f"{text!r} is not a duration; write for example 30s, 5m or 1h30m, and 48h for two days")
    return seconds


def parse_quantity(text: str) -> float:
    """A Kubernetes quantity (``500m``, ``2``, ``1Gi``) as a number of cores or bytes."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ArgoValueError(f"{text!r} is not a quantity; write for example 500m, 2 or 1Gi")
    try:
        return float(Decimal(match[1]) * _SUFFIX[match[2]])
    except InvalidOperation as error:
        raise ArgoValueError(f"{text!r} is not a quantity; write for example 500m, 2 or 1Gi") from error


def parse_integer(text: str, what: str) -> int:
    """A whole number that a manifest may also write as a string."""
    try:
        return int(text.strip())
    except ValueError as error:
        raise ArgoValueError(f"{what} is {text!r}, which is not a whole number") from error


def go_number(number: float) -> str:
    """A number as Go prints it with %v: without a fraction that is nought, and with an exponent for large ones."""
    if isinstance(number, bool):
        return "true" if number else "false"
    if isinstance(number, int):
        return str(number)
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    return repr(number)
