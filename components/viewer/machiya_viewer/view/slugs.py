"""Names in addresses. A slug is looked up, never turned into a path."""

import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 60


def slug_of(name: str, without: str) -> str:
    """The letters, digits, dots and dashes of a name in lower case; ``without`` where it has none.

    There are never two dots in a row (``..`` divides a base from a candidate), and none at the ends.
    """
    plain = unicodedata.normalize("NFKC", name).lower()
    found = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9.]+", "-", plain))
    return found[:MAX_LENGTH].strip("-.") or without


def unique_slugs(names: Iterable[str], without: str) -> list[str]:
    """One slug a name, in their order: -2, -3, ... where it is taken; ``without-1`` where a name has no letters."""
    taken: set[str] = set()
    found = []
    for number, name in enumerate(names, 1):
        slug = first = slug_of(name, f"{without}-{number}")
        again = 1
        while slug in taken:
            again += 1
            slug = f"{first}-{again}"
        taken.add(slug)
        found.append(slug)
    return found
