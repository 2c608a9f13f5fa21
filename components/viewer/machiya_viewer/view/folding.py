"""Search folds texts: width and case do not matter."""

import unicodedata


def fold(text: str) -> str:
    """NFKC (full-width letters and half-width kana become the usual ones), then the case folded."""
    return unicodedata.normalize("NFKC", text).casefold()
