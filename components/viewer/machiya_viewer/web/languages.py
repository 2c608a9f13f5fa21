"""Which language a page is in: as the address says, else as the browser asks, else English."""

from machiya_viewer.i18n import DEFAULT, LANGUAGES

MAX_HEADER_LENGTH = 1000


def chosen(parameter: str) -> str:
    """A language that the address names, to be carried on by links; empty if it names none that there is."""
    return parameter if parameter in LANGUAGES else ""


def accepted(header: str) -> str:
    """The language that an Accept-Language header likes best among ours (RFC 9110, 12.5.4)."""
    liked: dict[str, float] = {}
    for part in header[:MAX_HEADER_LENGTH].split(","):
        tag, _, rest = part.strip().partition(";")
        primary = DEFAULT if tag.strip() == "*" else tag.strip().lower().partition("-")[0]
        if primary in LANGUAGES:
            liked.setdefault(primary, _quality(rest))
    best = max(liked, key=lambda language: liked[language], default=DEFAULT)
    return best if liked.get(best, 1.0) > 0 else DEFAULT


def _quality(text: str) -> float:
    """``q=0.8``; 1 where nothing is said, 0 where it is no number from 0 to 1."""
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if name.strip() == "q" and 0 <= quality <= 1 else 0.0
