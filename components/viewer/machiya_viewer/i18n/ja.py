"""Japanese: English text -> translation. Where English has two forms, the singular is the key."""

from collections.abc import Mapping
from types import MappingProxyType

JAPANESE: Mapping[str, str] = MappingProxyType({})
