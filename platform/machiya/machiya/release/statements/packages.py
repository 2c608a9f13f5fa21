"""The packages of an image, read from its files: nothing of it runs, and it may be written in any language."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Literal

from machiya.containers import ContainerEngine

Kind = Literal["deb", "apk", "pypi"]

_DPKG = re.compile(r"var/lib/dpkg/(?:status|status\.d/[^/]+(?<!\.md5sums))")
_APK = re.compile(r"(?:usr/)?lib/apk/db/installed")
_PYTHON = re.compile(r".*\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)")
_OS_RELEASE = re.compile(r"(?:etc|usr/lib)/os-release")
_UNREAD = {
    "var/lib/rpm/rpmdb.sqlite": "RPM packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite": "RPM packages",
    "var/lib/rpm/Packages": "RPM packages",
}
_UNREAD_PATTERNS = (
    (re.compile(r".*/node_modules/[^/]+/package\.json"), "Node.js packages"),
    (re.compile(r".*\.gemspec"), "Ruby gems"),
    (re.compile(r".*\.jar"), "Java archives"),
)
_ALWAYS_UNSEEN = "programs and libraries that no package manager of the image knows, and what is linked into programs"


@dataclass(frozen=True, order=True)
class Package:
    """One installed package; ``distribution`` is the system's (``debian``), empty for Python's."""

    kind: Kind
    name: str
    version: str
    distribution: str = ""
    architecture: str = ""


@dataclass(frozen=True)
class Packages:
    """All packages that were found, in order, and what could not be seen, in words."""

    found: tuple[Package, ...]
    unseen: tuple[str, ...]


def packages_of(engine: ContainerEngine, image: str) -> Packages:
    """The packages of an image on this machine."""
    noted: set[str] = set()

    def wanted(path: str) -> bool:
        if kind := _unread(path):
            noted.add(kind)
        return any(pattern.fullmatch(path) for pattern in (_DPKG, _APK, _PYTHON, _OS_RELEASE))

    files = dict(engine.files(image, wanted))
    unseen = (*sorted(f"{kind} are there and were not read" for kind in noted), _ALWAYS_UNSEEN)
    return Packages(tuple(sorted(set(_read(files)))), unseen)


def _unread(path: str) -> str | None:
    """The kind of packages that a file tells of and that is not read here."""
    return _UNREAD.get(path) or next((kind for pattern, kind in _UNREAD_PATTERNS if pattern.fullmatch(path)), None)


def _read(files: dict[str, bytes]) -> Iterator[Package]:
    system = _system(files)
    readers: tuple[tuple[re.Pattern[str], Callable[[str, str], Iterable[Package]]], ...] = (
        (_DPKG, _debian),
        (_APK, _alpine),
        (_PYTHON, _python),
    )
    for path, content in files.items():
        for pattern, read in readers:
            if pattern.fullmatch(path):
                yield from read(content.decode("utf-8", "replace"), system)


def _system(files: dict[str, bytes]) -> str:
    """ID of os-release: debian, ubuntu, alpine."""
    for path, content in files.items():
        if _OS_RELEASE.fullmatch(path):
            match = re.search(r"^ID=\"?([\w.-]+)", content.decode("utf-8", "replace"), re.MULTILINE)
            if match:
                return match[1]
    return ""


def _debian(text: str, system: str) -> Iterator[Package]:
    """Stanzas of dpkg; those that are not installed any more have left their configuration only."""
    for stanza in re.split(r"\n\s*\n", text):
        headers = HeaderParser().parsestr(stanza.strip("\n"))
        status = headers.get("Status", "install ok installed")
        if headers.get("Package") and headers.get("Version") and status.endswith(" installed"):
            architecture = headers.get("Architecture", "")
            yield Package("deb", headers["Package"], headers["Version"], system or "debian", architecture)


def _alpine(text: str, system: str) -> Iterator[Package]:
    """Stanzas of apk: P is the name, V the version, A the architecture."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(line.split(":", 1) for line in stanza.splitlines() if re.match(r"[PVA]:", line))
        if "P" in fields and "V" in fields:
            yield Package("apk", fields["P"], fields["V"], system or "alpine", fields.get("A", ""))


def _python(text: str, _system: str) -> Iterator[Package]:
    headers = HeaderParser().parsestr(text)
    if headers.get("Name") and headers.get("Version"):
        yield Package("pypi", re.sub(r"[-_.]+", "-", headers["Name"]).lower(), headers["Version"])
