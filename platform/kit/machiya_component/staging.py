"""Outputs appear whole or not at all: written in a hidden folder beside their place, then renamed."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from machiya_component.errors import ArgumentsError

STAGING_FOLDER = ".partial"


class Staging:
    """The hidden folder in which the outputs of one call are made."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / STAGING_FOLDER

    def open(self, ports: Iterable[str]) -> None:
        """Make an empty folder for every port, and nothing where there is none; what a killed run left is removed."""
        ports = list(ports)
        if not ports:
            return
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            for port in ports:
                (self.folder / port).mkdir(parents=True)
        except OSError as error:
            raise _not_writable(self.out, error) from error

    def path(self, port: str) -> Path:
        """Where the output of a port is being made."""
        return self.folder / port

    def publish(self, ports: Iterable[str]) -> None:
        """Put every output in its place; an earlier result is replaced whole."""
        for port in ports:
            place = self.out / port
            if place.exists():
                place.rename(self.folder / f".old-{port}")
            (self.folder / port).rename(place)
        self.discard()

    def discard(self) -> None:
        """Remove the hidden folder and all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _not_writable(out: Path, error: OSError) -> ArgumentsError:
    return ArgumentsError(
        f"cannot write to {out} as user {os.getuid()}: {error.strerror}.",
        "Mount a folder this user may write to (`chmod a+rwx` on it, or `docker run --user $(id -u):$(id -g)`).",
    )
