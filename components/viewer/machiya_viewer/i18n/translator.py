"""From messages to the words of one language."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from markupsafe import Markup, escape

from machiya_viewer.i18n.ja import JAPANESE
from machiya_viewer.i18n.messages import Message, Value, Words
from machiya_viewer.text import ID_LIMIT, count, plain, visible

DEFAULT = "en"
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "ja": "日本語"})
"""Code -> what its speakers call it."""

VALUE_LIMIT = 256
"""Characters of a text of the data inside a sentence."""

_CATALOGUES: Mapping[str, Mapping[str, str]] = {"en": {}, "ja": JAPANESE}


class Translator:
    """The words of one language. What its catalogue lacks stays English: a page is never without words."""

    def __init__(self, language: str) -> None:
        """``language`` is one of ``LANGUAGES``."""
        self.language = language
        self._catalogue = _CATALOGUES[language]

    def gettext(self, text: str) -> str:
        """The translation of a text."""
        return self._catalogue.get(text, text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The form for a number. The catalogues hold one form under the singular: Japanese has no other."""
        return self._catalogue.get(one) or (one if number == 1 else many)

    def say(self, words: Words, limit: int = VALUE_LIMIT) -> Markup:
        """Words as HTML: what is ours translated, what is the data's made visible."""
        if isinstance(words, str):
            return visible(words, limit)
        shown = {name: self._shown(value, limit) for name, value in words.values.items()}
        return Markup(escape(self._form(words))) % shown

    def plain(self, words: Words, limit: int = ID_LIMIT) -> str:
        """The same for places without markup: an SVG text, a page's title, an attribute."""
        if isinstance(words, str):
            return plain(words, limit)
        return self._form(words) % {name: self._plain(value, limit) for name, value in words.values.items()}

    def _form(self, said: Message) -> str:
        return self.ngettext(said.text, said.many, said.count) if said.many else self.gettext(said.text)

    def _shown(self, value: Value, limit: int) -> Markup:
        return Markup(escape(count(value))) if isinstance(value, int) else self.say(value, limit)

    def _plain(self, value: Value, limit: int) -> str:
        return count(value) if isinstance(value, int) else self.plain(value, limit)


@cache
def translator(language: str) -> Translator:
    """The translator of one of ``LANGUAGES``."""
    return Translator(language)
