"""Remembered outputs as text, and the names of the files that hold them."""

import json
import re

from machiya.engines.local.argo.interpreter.nodes import Outputs
from machiya.engines.local.cache.protocol import MemoEntry

_UNSAFE = re.compile(r"[^-A-Za-z0-9_.]")


def entry_text(entry: MemoEntry) -> str:
    """As it is written down."""
    data = {"outputs": entry.outputs.to_json(), "created": entry.created, "run": entry.run, "node": entry.node}
    return json.dumps(data, ensure_ascii=False)


def read_entry(text: str | bytes) -> MemoEntry | None:
    """What cannot be understood counts as none."""
    try:
        data = json.loads(text)
        return MemoEntry(Outputs.from_json(data["outputs"]), float(data["created"]), data["run"], data["node"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def entry_path(cache: str, key: str) -> tuple[str, str]:
    """The folder and the name of an entry's file, without its ending."""
    return _UNSAFE.sub("_", cache) or "default", _UNSAFE.sub("_", key)
