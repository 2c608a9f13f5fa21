"""The pointer: one small JSON file that names what is published, and what was published before it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from machiya_component import DataError

FILE = "pointer.json"
API_VERSION, KIND = "machiya/v1", "Published"


@dataclass(frozen=True)
class Before:
    """What was published before, by which run."""

    run: str
    key: str
    digest: str
    started: str
    serving: str | None = None


@dataclass(frozen=True)
class Pointer:
    """What is published.

    ``started`` is when the run began, ``key`` where the result lies in the store, ``digest`` that of its content,
    ``coverage`` the share of the known users with a result (None: unknown), ``earlier`` what this one replaced,
    ``serving`` where its serving copy lies in the store (None: there is none).
    """

    workflow: str
    stage: str
    result: str
    run: str
    started: str
    key: str
    digest: str
    rows: int
    coverage: float | None = None
    earlier: Before | None = None
    serving: str | None = None

    @property
    def moment(self) -> datetime:
        """When the run began."""
        return datetime.fromisoformat(self.started)

    @property
    def as_before(self) -> Before:
        """The part of it that its successor tells."""
        return Before(self.run, self.key, self.digest, self.started, self.serving)

    def write(self, folder: Path) -> None:
        """As ``pointer.json`` in `folder`: the same bytes for the same pointer."""
        document = {"apiVersion": API_VERSION, "kind": KIND, **asdict(self, dict_factory=_known)}
        (folder / FILE).write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _known(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Without `serving` where there is no copy: not every result has one."""
    return {name: value for name, value in fields if name != "serving" or value is not None}


def read_pointer(folder: Path) -> Pointer:
    """The pointer in `folder`.

    Raises:
        DataError: there is none, or one that cannot be read: whoever reads what is published has the same trouble.
    """
    try:
        document: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        head = document.pop("apiVersion"), document.pop("kind")
        if head != (API_VERSION, KIND):
            raise ValueError(f"it says {' '.join(map(str, head))}, not {API_VERSION} {KIND}")
        before = document.pop("earlier")
        pointer = Pointer(**document, earlier=Before(**before) if before is not None else None)
        if pointer.moment.tzinfo is None:
            raise ValueError(f"started is {pointer.started}, without an offset from UTC")
        return pointer
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"earlier: what is published cannot be read ({error}), so nothing is put in its place.",
            "Look at the file below published/ in the store; if it is of no use, remove it and run this step again.",
        ) from error
