"""What became of a message, and how long is waited for it; the same for every channel."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a message."""

    SENT = "sent"
    ALREADY_SENT = "already-sent"
    NOT_CONFIGURED = "not-configured"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Patience:
    """Bounds in seconds: for a connection, for one attempt as a whole, and between the attempts."""

    connect: float = 5.0
    attempt: float = 15.0
    pauses: tuple[float, ...] = (0.5, 2.0)
    longest_pause: float = 10.0


PATIENCE = Patience()
"""Three attempts within little more than a minute."""


@dataclass(frozen=True)
class Delivery:
    """The outcome, with what is known about it in words: never an address, a name of a server or a login."""

    outcome: Outcome
    detail: str
    may_retry: bool = False
    pause: float = 0.0

    @property
    def told(self) -> bool:
        """Whether somebody was told, now or before."""
        return self.outcome in (Outcome.SENT, Outcome.ALREADY_SENT)
