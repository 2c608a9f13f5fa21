"""Where two JSON documents differ, in words."""

import json
from typing import Any

_ABSENT = object()


def first_difference(left: Any, right: Any, place: str = "") -> str:
    """The first place at which they differ and both values; empty when they are equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys((*left, *right)):
            inner = f"{place}.{key}" if place else str(key)
            if found := first_difference(left.get(key, _ABSENT), right.get(key, _ABSENT), inner):
                return found
        return ""
    if left == right:
        return ""
    return f"{place or 'the whole'} is {_text(left)} there and {_text(right)} on the label."


def _text(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
