"""What an address may ask for. Everything in a URL is untrusted; what is out of bounds is refused, with the bound.

Where a parameter is repeated, its last value counts, except for ``choices``.
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import QueryParams

from machiya_viewer.i18n import Message, message
from machiya_viewer.links import MAX_ID_LENGTH

MAX_K = 100
MAX_PAGE = 100_000
MAX_HISTORY = 1_000_000
MAX_QUERY_LENGTH = 100
MAX_NAME_LENGTH = 300


class BadAddressError(Exception):
    """An address asks for something that cannot be; the message is for the person who wrote it."""

    def __init__(self, said: Message) -> None:
        super().__init__(str(said))
        self.said = said


def whole_number(query: Mapping[str, str], name: str, default: int, maximum: int, minimum: int = 1) -> int:
    """A number from minimum to maximum; the default if the address does not give one."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and minimum <= int(text) <= maximum):
        raise BadAddressError(
            message(
                "%(name)s must be a whole number from %(minimum)s to %(maximum)s.",
                name=name,
                minimum=minimum,
                maximum=maximum,
            )
        )
    return int(text)


def identifier(text: str) -> str:
    """The id of a user or an item."""
    if len(text) > MAX_ID_LENGTH:
        raise BadAddressError(
            message(
                "An id has at most %(most)s characters; this one has %(length)s.", most=MAX_ID_LENGTH, length=len(text)
            )
        )
    return text


def choice(query: Mapping[str, str], name: str, among: Sequence[str]) -> str:
    """One of these; the first if the address does not say."""
    text = query.get(name, "")
    if not text:
        return among[0]
    if text not in among:
        raise _none_of(name, among)
    return text


def choices(query: QueryParams, name: str, among: Sequence[str]) -> frozenset[str]:
    """Any of these, with commas between or by repeating the parameter; empty if the address does not say."""
    found = frozenset(word for text in query.getlist(name) for word in text.split(",") if word)
    if not found <= set(among):
        raise _none_of(name, among)
    return found


def words(query: Mapping[str, str], name: str, longest: int = MAX_QUERY_LENGTH) -> str:
    """What somebody searches for; empty if nothing."""
    text = query.get(name, "")
    if len(text) > longest:
        raise BadAddressError(message("%(name)s has at most %(most)s characters.", name=name, most=longest))
    return text


def _none_of(name: str, among: Sequence[str]) -> BadAddressError:
    return BadAddressError(message("%(name)s must be one of: %(choices)s.", name=name, choices=", ".join(among)))
