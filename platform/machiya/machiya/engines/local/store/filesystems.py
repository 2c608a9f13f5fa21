"""fsspec's file systems: opened with limits, and what goes wrong in them told as one kind of error.

This is the one module that knows what the libraries behind fsspec are called, which settings they need so that nothing
waits for ever or fills the memory, and how their errors look.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from machiya.engines.local.store.protocol import StoreError
from machiya.errors import MachiyaError

PART_BYTES = 8 << 20
"""What one transfer holds in memory at a time, twice at most."""

_TRIES = 2  # of s3fs and gcsfs, around those of the libraries below them

OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "abfs", "az", "memory")
"""Protocols that know no folders, and so need none to be made."""

_EXTRAS = {"s3": "machiya[s3]", "s3a": "machiya[s3]", "gs": "machiya[gcs]", "gcs": "machiya[gcs]"}
_AWS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for another endpoint also AWS_ENDPOINT_URL."
_GOOGLE = "Set GOOGLE_APPLICATION_CREDENTIALS, or log in: gcloud auth application-default login"
_CREDENTIALS = {"s3": _AWS, "s3a": _AWS, "gs": _GOOGLE, "gcs": _GOOGLE}
_ABSENT = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "DefaultCredentialsError")
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "401", "403")
_NOTHING = ("", "NoSuchKey", "404", "410")
_UNREACHABLE = ("Connect", "Timeout", "ServerDisconnected", "ConnectionClosed", "SSL", "gaierror")


def protocol_of(url: str) -> str:
    """The part before ``://``, empty for a path."""
    return url.partition("://")[0].lower() if "://" in url else ""


def shown(url: str) -> str:
    """A URL without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") or "@" in parts.netloc:
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return urlunsplit(parts) if parts.netloc else url


def open_filesystem(url: str) -> tuple[Any, str]:
    """fsspec's file system for a URL, and the path in it.

    Raises:
        StoreError: the protocol is unknown, or its package is not installed.
    """
    import fsspec

    protocol = protocol_of(url)
    try:
        kind = fsspec.get_filesystem_class(protocol)
    except ValueError as error:
        raise StoreError(
            f"{shown(url)}: there is no protocol {protocol}://.", "There are s3://, gs://, https:// and local paths."
        ) from error
    except ImportError as error:
        package = _EXTRAS.get(protocol)
        remedy = f"Install it: pip install '{package}'" if package else f"{error}."
        raise StoreError(f"{shown(url)}: the package for {protocol}:// is not installed.", remedy) from error
    with failing(url):
        filesystem = kind(**_options(protocol), **_from_url(kind, url))
        if hasattr(filesystem, "retries"):
            filesystem.retries = _TRIES
        return filesystem, kind._strip_protocol(url)


def _from_url(kind: Any, url: str) -> Mapping[str, Any]:
    """What a URL itself says: host and user of protocols that have them."""
    options: Mapping[str, Any] = kind._get_kwargs_from_urls(url)
    return options


def _options(protocol: str) -> dict[str, Any]:
    """What is set in the environment and in fsspec's own files wins over ours."""
    from fsspec.config import conf

    ours: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False, **_limits(protocol)}
    for name, value in conf.get(protocol, {}).items():
        ours[name] = {**ours[name], **value} if isinstance(ours.get(name), dict) else value
    return ours


def _limits(protocol: str) -> dict[str, Any]:
    if protocol in ("s3", "s3a"):
        retries = {"total_max_attempts": 3, "mode": "standard"}
        waits = {"connect_timeout": 5, "read_timeout": 20, "retries": retries}
        return {"config_kwargs": waits, "default_block_size": PART_BYTES, "max_concurrency": 2}
    if protocol in ("http", "https"):
        from aiohttp import ClientTimeout

        return {"client_kwargs": {"timeout": ClientTimeout(None, sock_connect=10, sock_read=60), "trust_env": True}}
    return {"auto_mkdir": True} if protocol in ("file", "local") else {}


def upload_options(protocol: str, size: int) -> dict[str, int]:
    """So that an upload takes little memory; S3 knows at most 10,000 parts."""
    if protocol in ("s3", "s3a"):
        return {"chunksize": max(PART_BYTES, -(-size // 9_000))}
    return {"chunksize": PART_BYTES} if protocol in ("gs", "gcs") else {}


@contextmanager
def failing(url: str) -> Iterator[None]:
    """What goes wrong in here is a `StoreError`; but that there is no such file remains a ``FileNotFoundError``."""
    try:
        yield
    except MachiyaError:
        raise
    except FileNotFoundError as error:
        if not means_absent(error):
            raise explained(error, url) from error
        raise
    except Exception as error:  # every library has its own
        raise explained(error, url) from error


def explained(error: BaseException, url: str) -> StoreError:
    """What is wrong with a store, and what to do."""
    code, names, place = _code(error), _names(error), shown(url)
    credentials = _CREDENTIALS.get(protocol_of(url), "Look at the rights and the credentials for it.")
    cause = error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
    text = " ".join(str(cause).split())[:300].rstrip(".") or type(cause).__name__
    if _lacks_bucket(error):
        bucket = urlsplit(url).netloc
        return StoreError(
            f"{place}: there is no bucket {bucket!r}.", "Create it, or look at its name and at the endpoint."
        )
    if names.intersection(_ABSENT):
        return StoreError(f"{place}: there are no credentials for it.", credentials)
    if code in _REFUSED or "PermissionError" in names:
        return StoreError(f"{place} refuses this: {code or 'PermissionError'}: {text}.", credentials)
    if _is_unreachable(names):
        return StoreError(
            f"{place} cannot be reached: {text}.", "Look at the network and the endpoint, then try again."
        )
    return StoreError(f"{place} failed: {type(error).__name__}: {text}.", "Try again; if it stays, ask its operator.")


def means_absent(error: FileNotFoundError) -> bool:
    """Whether it is only the file that is not there. A web server that does not answer looks the same."""
    return _code(error) in _NOTHING and not _lacks_bucket(error) and not _is_unreachable(_names(error))


def _lacks_bucket(error: BaseException) -> bool:
    return _code(error) == "NoSuchBucket" or "bucket does not exist" in str(error)


def _is_unreachable(names: set[str]) -> bool:
    return any(mark in name for name in names for mark in _UNREACHABLE)


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__


def _code(error: BaseException) -> str:
    """The code that a server answered with."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        status = getattr(one, "status", None) or getattr(one, "code", None)
        if isinstance(status, int):
            return str(status)
    return ""


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for one in _chain(error) for kind in type(one).__mro__}
