"""The languages of the interface. English is what stands in templates and view models; the others are catalogues.

Templates use Jinja's ``{% trans %}`` and ``_()``; view models, which know no language, make a ``Message`` that is
translated where it is shown.
"""

from machiya_viewer.i18n.messages import Message, Words, message, messages
from machiya_viewer.i18n.translator import DEFAULT, LANGUAGES, Translator, translator

__all__ = ["DEFAULT", "LANGUAGES", "Message", "Translator", "Words", "message", "messages", "translator"]
