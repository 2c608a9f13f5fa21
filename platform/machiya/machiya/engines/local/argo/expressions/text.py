"""Values as Go prints them."""

import json
import math
from decimal import Decimal
from typing import Any

_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def go_text(value: Any) -> str:
    """A value as Go's ``%v`` prints it: what an expression tag leaves in a text."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, dict):
        return f"map[{' '.join(f'{go_text(key)}:{go_text(value[key])}' for key in sorted(value, key=str))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(go_text, value))}]"
    return str(value)


def _float_text(number: float) -> str:
    """Go's ``%g``: the fewest digits that tell it from others, with an exponent from a million on."""
    if not math.isfinite(number):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(number, "NaN")
    decimal = Decimal(repr(number)).normalize()
    exponent = decimal.adjusted() if number else 0
    if -4 <= exponent < 6:
        return f"{decimal:f}"
    return f"{decimal.scaleb(-exponent):f}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def from_json(text: str) -> Any:
    """A value from its JSON text; all numbers are fractions, as in Go."""
    return json.loads(text, parse_int=float)


def to_json(value: Any, indent: int | None = None) -> str:
    """A value as Go's encoding/json writes it: keys sorted, whole floats without a fraction, safe within HTML.

    Without `indent` there are no spaces in it.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_whole(value), separators=separators, indent=indent, sort_keys=True, ensure_ascii=False)
    return text.translate(_ESCAPED)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {str(key): _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else value
