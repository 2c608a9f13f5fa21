"""What became of a message, written down for the next execution of the same exit handler. It never holds an address."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machiya_notify.message import Run
from machiya_notify.outcome import Delivery

FILE = "receipt.json"


@dataclass(frozen=True)
class Receipt:
    """One message with what became of it, by channel; no channel where none is configured."""

    run: Run
    text: Sequence[str]
    deliveries: Mapping[str, Delivery]

    def write(self, folder: Path) -> None:
        """As ``receipt.json`` in `folder`."""
        channels = {
            name: {"sent": one.told, "outcome": one.outcome, "detail": one.detail}
            for name, one in self.deliveries.items()
        }
        facts = {
            "message": self.run.identity,
            "run": self.run.name,
            "status": self.run.status,
            "channels": channels,
            "text": list(self.text),
        }
        text = json.dumps(facts, ensure_ascii=False, indent=2)
        (folder / FILE).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def told_channels(folder: Path, message: str) -> frozenset[str]:
    """The channels to which this very message was sent, as the receipt in `folder` says.

    Raises:
        ValueError: there is no receipt in it, or one that cannot be read.
    """
    try:
        receipt = json.loads((folder / FILE).read_text(encoding="utf-8"))
        told = frozenset(str(name) for name, one in receipt["channels"].items() if one["sent"] is True)
        return told if receipt["message"] == message else frozenset()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{FILE} cannot be read ({type(error).__name__})") from error
