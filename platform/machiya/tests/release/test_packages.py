"""The packages of an image, as its files tell them."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from machiya.containers import ContainerEngine
from machiya.release.statements.packages import Package, Packages, packages_of
from machiya.release.statements.sbom import read_sbom, sbom_statement

DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u8
Description: GNU C Library
 with a second line

Package: left-over
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""
APK = "P:musl\nV:1.2.4-r2\nA:x86_64\n\nP:busybox\nV:1.36.1-r5\nA:x86_64\n"
PYTHON = "Metadata-Version: 2.1\nName: Typing_Extensions\nVersion: 4.9.0\n\nText: not a header\n"


class Files:
    """The one thing that is asked of an engine here: the files of an image that are wanted."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def files(self, _image: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        for path, text in self._files.items():
            if wanted(path):
                yield path, text.encode()


def packages(files: dict[str, str]) -> Packages:
    return packages_of(cast(ContainerEngine, Files(files)), "image")


def test_debian_packages_that_are_installed_are_found() -> None:
    found = packages({"var/lib/dpkg/status": DPKG, "etc/os-release": 'NAME="x"\nID=ubuntu\n'}).found
    assert found == (Package("deb", "libc6", "2.36-9+deb12u8", "ubuntu", "amd64"),)


def test_images_without_dpkg_have_a_file_for_each_package() -> None:
    stanza = DPKG.split("\n\n", maxsplit=1)[0].replace("Status: install ok installed\n", "")
    files = {"var/lib/dpkg/status.d/libc6": stanza, "var/lib/dpkg/status.d/libc6.md5sums": "0 usr/lib/libc.so"}
    assert packages(files).found == (Package("deb", "libc6", "2.36-9+deb12u8", "debian", "amd64"),)


def test_alpine_packages_are_found() -> None:
    names = [(one.kind, one.name, one.version) for one in packages({"lib/apk/db/installed": APK}).found]
    assert names == [("apk", "busybox", "1.36.1-r5"), ("apk", "musl", "1.2.4-r2")]


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3.11/site-packages/typing_extensions-4.9.0.dist-info/METADATA",
        "opt/app/x.egg-info/PKG-INFO",
        "usr/lib/python3/dist-packages/x.egg-info",
    ],
)
def test_python_distributions_are_found_wherever_they_are(path: str) -> None:
    assert packages({path: PYTHON}).found == (Package("pypi", "typing-extensions", "4.9.0"),)


def test_what_is_there_and_cannot_be_read_is_said() -> None:
    files = {"var/lib/rpm/rpmdb.sqlite": "", "app/node_modules/left-pad/package.json": "{}", "app/more.jar": ""}
    found = packages(files)
    assert found.found == ()
    assert found.unseen[:3] == (
        "Java archives are there and were not read",
        "Node.js packages are there and were not read",
        "RPM packages are there and were not read",
    )
    assert "no package manager" in found.unseen[3]


def test_the_document_can_be_read_back_and_is_the_same_each_time() -> None:
    files = {"var/lib/dpkg/status": DPKG, "a.dist-info/METADATA": PYTHON, "lib/apk/db/installed": APK}
    found = packages(files)
    digest = "sha256:" + "0" * 64
    statement = sbom_statement(found, "ghcr.io/acme/tally", "1.0.0", digest)
    assert read_sbom(statement) == found
    assert statement.is_about(digest)
    assert statement.to_bytes() == sbom_statement(found, "ghcr.io/acme/tally", "1.0.0", digest).to_bytes()


def test_documents_of_other_tools_are_read_as_far_as_they_are_known() -> None:
    statement = sbom_statement(Packages((), ()), "tally", "1.0.0", "sha256:00")
    components: list[Any] = [{"purl": "pkg:pypi/numpy@2.0"}, {"purl": "pkg:npm/left-pad@1.0"}, {"name": "no purl"}]
    other = statement.model_copy(update={"predicate": {"components": components}})
    assert read_sbom(other).found == (Package("pypi", "numpy", "2.0"),)
