"""Values as Go prints them."""

import json
from typing import Any

from machiya.engines.local.argo.values import go_number


def go_text(value: Any) -> str:
    """A value as Go's ``%v`` prints it: what an expression tag leaves in a text."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return go_number(value)
    if isinstance(value, dict):
        return f"map[{' '.join(f'{go_text(key)}:{go_text(value[key])}' for key in sorted(value, key=str))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(go_text, value))}]"
    return str(value)


def to_json(value: Any) -> str:
    """A value as Go's encoding/json writes it: keys sorted, no spaces, whole floats without a fraction."""
    return json.dumps(_whole(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {str(key): _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else value
