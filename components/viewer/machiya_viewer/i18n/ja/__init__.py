"""Japanese: English text -> translation. Where English has two forms, the singular is the key."""

from collections.abc import Mapping
from types import MappingProxyType

from machiya_viewer.i18n.ja.pages import PAGES
from machiya_viewer.i18n.ja.views import VIEWS

JAPANESE: Mapping[str, str] = MappingProxyType({**PAGES, **VIEWS})
