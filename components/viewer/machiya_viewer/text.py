"""Text for people: untrusted text made visible, and numbers that are never invented.

Everything here returns text for HTML. What comes from the data goes through ``visible``: characters that would act
instead of being read (controls, bidirectional overrides, invisible formatting) are shown by their code point.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape

MISSING = "n/a"
MINUS = "\u2212"
TITLE_LIMIT = 160
ID_LIMIT = 64

# Needed inside emoji and by several scripts; harmless on their own.
_JOINERS = {"\u200c", "\u200d"}
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_ACTING_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str, limit: int = TITLE_LIMIT) -> Markup:
    """Untrusted text as HTML: escaped, acting characters shown as ``U+202E``, cut after ``limit`` characters.

    A cut is never silent: the number of characters left out is written behind it.
    """
    if len(text) <= limit:
        return _visible(text)
    return _visible(text[:limit]) + Markup('<span class="cut">… +{}</span>').format(count(len(text) - limit))


@lru_cache(maxsize=4096)
def _visible(text: str) -> Markup:
    """Of texts that are cut already, so that what is kept is small however long a text is."""
    shown = Markup('<span class="control">{}</span>')
    return Markup("").join(shown.format(run) if acts else escape(run) for run, acts in _runs(text))


def breakable(shown: Markup) -> Markup:
    """The same, where a line may be broken after a dot or an underscore (names such as ``cost.max_memory_ratio``)."""
    for mark in (".", "_"):
        shown = Markup(f"{mark}<wbr>").join(shown.split(mark))
    return shown


def plain(text: str, limit: int = ID_LIMIT) -> str:
    """The same for places without markup (an SVG text, a page title): acting characters as ``⟨U+202E⟩``."""
    shown = "".join(f"⟨{run}⟩" if acts else run for run, acts in _runs(text[:limit]))
    return shown + "…" if len(text) > limit else shown


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Stretches of harmless text, and acting characters one by one as their code point."""
    harmless = ""
    for character in text:
        if unicodedata.category(character) not in _ACTING_CATEGORIES or character in _JOINERS:
            harmless += character
            continue
        if harmless:
            yield harmless, False
        harmless = ""
        yield f"U+{ord(character):04X}", True
    if harmless:
        yield harmless, False


def is_number(value: float | None) -> bool:
    """Whether there is a finite value to show."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 3) -> str:
    """A measured value: ``0.213``; ``n/a`` where there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:,.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """A difference: ``+0.012``, a true minus sign, ``0.000`` without a sign; ``n/a`` where there is none."""
    if value is None or not math.isfinite(value):
        return MISSING
    shown = f"{value:+,.{digits}f}"
    return shown[1:] if float(shown.replace(",", "")) == 0 else shown.replace("-", MINUS)


def count(value: int | None) -> str:
    """A whole number with separators: ``12,345``; ``n/a`` where there is none."""
    return MISSING if value is None else f"{value:,}".replace("-", MINUS)


def percent(part: int | None, whole: int | None) -> str:
    """A share: ``12.5%``; ``n/a`` when there is no whole to take it of."""
    if part is None or not whole:
        return MISSING
    return f"{100 * part / whole:.1f}%"


def language_of(text: str | None, told: str | None = None) -> str:
    """The language for an attribute ``lang``: as told, else Japanese where there are kana; empty where nobody knows."""
    if told and _LANGUAGE_TAG.fullmatch(told):
        return told
    return "ja" if text and _KANA.search(text) else ""
