"""What became of a message, written down for the next execution of the same exit handler. It never holds an address."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "receipt.json"


@dataclass(frozen=True)
class Receipt:
    """One message; ``target`` is the kind of webhook, empty where none is configured."""

    message: str
    run: str
    status: str
    sent: bool
    outcome: str
    detail: str
    target: str
    text: Sequence[str]

    def write(self, folder: Path) -> None:
        """As ``receipt.json`` in `folder`."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        (folder / FILE).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def was_sent(folder: Path, message: str) -> bool:
    """Whether the receipt in `folder` says that this very message was sent.

    Raises:
        ValueError: there is no receipt in it, or one that cannot be read.
    """
    try:
        receipt = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return bool(receipt["sent"]) and bool(receipt["message"] == message)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{FILE} cannot be read ({type(error).__name__})") from error
