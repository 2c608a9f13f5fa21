"""Search folds texts: width and case do not matter."""

import unicodedata


def fold(text: str) -> str:
    """NFKC (full-width letters and half-width kana become the usual ones), then the case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def sound(text: str) -> str:
    """A text of an address that can be compared with texts of files: halves of characters are replaced."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
