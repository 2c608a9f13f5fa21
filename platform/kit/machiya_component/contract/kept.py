"""The contract of a component that starts: parsed and validated once, then kept beside it as JSON.

Parsing YAML with its lines and validating it by JSON Schema take a third of a second, at each start of each step, for a
file that does not change. So the raw form is kept in ``__pycache__``, as Python keeps what it compiled of a source: it
counts only for the same text and the same rules, and where it cannot be written, nothing is kept. An image has it from
the step of its Dockerfile that calls ``component contract``.
"""

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from machiya_component.contract.model import Contract

KEPT = Path("__pycache__") / "component.json"


def load_kept_contract(file: Path) -> Contract:
    """As ``load_contract``, without parsing and validating what was found valid before."""
    from machiya_component.contract.complete import complete

    return complete(kept_data(file))


def kept_data(file: Path) -> Any:
    """The raw form of a valid ``component.yaml``; raises ``ContractError`` for another."""
    from machiya_component.contract import valid_data

    key = _key(file)
    found = _read(file.parent / KEPT)
    if key and found.get("key") == key:
        return found["contract"]
    data = valid_data(file)
    if key:
        _write(file.parent / KEPT, {"key": key, "contract": data})
    return data


def _key(file: Path) -> str:
    """What a kept contract is valid for: the text, and the rules it was found valid by."""
    try:
        text = file.read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(_rules() + text).hexdigest()


@cache
def _rules() -> bytes:
    files = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".json"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).digest()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, kept: dict[str, Any]) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        new.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        new.replace(path)
    except OSError:  # a read-only image, or a full disk: it is parsed again the next time
        with suppress(OSError):
            new.unlink(missing_ok=True)
