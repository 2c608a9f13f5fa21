"""Files that outlive runs: each has one key for all runs of a workflow at a stage, which the last one overwrites."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from machiya.dsl.model import KEPT_KINDS, PUBLISHED
from machiya.engines.local.store import ArtifactStore


def is_kept_file(key: str) -> bool:
    """Whether it is the key of such a file."""
    return key.partition("/")[0] in KEPT_KINDS


def published_keys(store: ArtifactStore, folder: Path) -> set[str]:
    """The keys of all results that are published, with their serving copies, and of those before them.

    `folder` is not there yet.

    Raises:
        StoreError: the store cannot be reached, or does not give what it has.
    """
    if store.find(PUBLISHED) is None:
        return set()
    store.link(PUBLISHED, folder)
    return {key for file in folder.rglob("*") if file.is_file() for key in _named(file)}


def _named(file: Path) -> Iterator[str]:
    """What a pointer names. Other files point at nothing."""
    with suppress(ValueError):
        pointer: Any = json.loads(file.read_text(encoding="utf-8"))
        for one in (pointer, pointer.get("earlier")) if isinstance(pointer, dict) else ():
            named = (one.get("key"), one.get("serving")) if isinstance(one, dict) else ()
            yield from (key for key in named if isinstance(key, str))
