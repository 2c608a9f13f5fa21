"""What an address may ask for. Everything in a URL is untrusted; what is out of bounds is refused, with the bound."""

from collections.abc import Mapping, Sequence

MAX_K = 100
MAX_PAGE = 100_000
MAX_ID_LENGTH = 256
MAX_QUERY_LENGTH = 100


class BadAddressError(Exception):
    """An address asks for something that cannot be; the message is for the person who wrote it."""


def whole_number(query: Mapping[str, str], name: str, default: int, maximum: int) -> int:
    """A number from 1 to maximum; the default if the address does not give one."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= maximum):
        raise BadAddressError(f"{name} must be a whole number from 1 to {maximum:,}.")
    return int(text)


def identifier(text: str) -> str:
    """The id of a user or an item."""
    if len(text) > MAX_ID_LENGTH:
        raise BadAddressError(f"An id has at most {MAX_ID_LENGTH} characters; this one has {len(text):,}.")
    return text


def choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """One of these; the first if the address does not say."""
    text = query.get(name, "")
    if not text:
        return choices[0]
    if text not in choices:
        raise BadAddressError(f"{name} must be one of: {', '.join(choices)}.")
    return text


def words(query: Mapping[str, str], name: str) -> str:
    """What somebody searches for; empty if nothing."""
    text = query.get(name, "")
    if len(text) > MAX_QUERY_LENGTH:
        raise BadAddressError(f"{name} has at most {MAX_QUERY_LENGTH} characters.")
    return text
