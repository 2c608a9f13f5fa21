"""What commands have in common that speak to a cluster: the connection, the record of a run, what to type next."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from machiya.cli.options import Target

if TYPE_CHECKING:
    from machiya.engines.argo.protocol import ArgoServer
    from machiya.engines.argo.status import WorkflowStatus
    from machiya.records import RunRecord
    from machiya.records.failures import Command


@contextmanager
def connected(target: Target) -> "Iterator[ArgoServer]":
    """Argo Server, as options and environment name it."""
    from machiya.engines.argo.client import ArgoServerClient
    from machiya.engines.argo.settings import read_settings

    with ArgoServerClient(read_settings(target.server, target.namespace, os.environ)) as server:
        yield server


def record_of(server: "ArgoServer", status: "WorkflowStatus", home: Path) -> "RunRecord":
    """The record of a run, with where Argo's UI shows it."""
    from machiya.records.cluster import cluster_record

    return cluster_record(status, home, server.settings.link(status.name))


def command_on(target: Target) -> "Command":
    """How commands are written that mean runs of this cluster."""

    def write(*words: str) -> str:
        return shlex.join(["machiya", *words, "--engine", "argo", *target.words])

    return write
