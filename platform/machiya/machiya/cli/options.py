"""Options that several commands share, as decorators."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from machiya.errors import ArgumentsError

Command = TypeVar("Command", bound=Callable[..., Any])

HOME_VARIABLE = "MACHIYA_HOME"
DEFAULT_HOME = ".machiya"

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=HOME_VARIABLE,
    default=DEFAULT_HOME,
    metavar="DIRECTORY",
    help=f"Where runs, artifacts and the cache are. [default: {DEFAULT_HOME}; variable: {HOME_VARIABLE}]",
)
"""``home: Path``: the folder that holds runs, store and cache."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""``as_json: bool``: JSON for programs instead of text for people."""

registry_option = click.option(
    "--registry",
    metavar="NAME",
    envvar="MACHIYA_REGISTRY",
    help="Where images are: ghcr.io/acme. [default: the one of the workflows' pins; variable: MACHIYA_REGISTRY]",
)
"""``registry: str | None``."""


def launcher_option(default: str) -> Callable[[Command], Command]:
    """``launcher: str | None``; `default` says what holds where it is not given."""
    return click.option(
        "--launcher",
        type=click.Choice(["process", "docker"]),
        help=f"How steps are run: components installed here, or containers. [default: {default}]",
    )


store_option = click.option(
    "--store",
    metavar="URL",
    envvar="MACHIYA_STORE",
    help="Where artifacts are kept: a folder, or s3://BUCKET/PATH, gs://... [default: below --home; variable: "
    "MACHIYA_STORE]",
)
"""``store: str | None``."""


@dataclass(frozen=True)
class Target:
    """Which cluster is meant, as far as options say; the rest is in the environment."""

    server: str | None = None
    namespace: str | None = None

    def within(self, namespace: str | None) -> "Target":
        """The same in a namespace that is usual for what is asked, unless another is named."""
        named = self.namespace or os.environ.get("ARGO_NAMESPACE")
        return self if named or not namespace else Target(self.server, namespace)

    @property
    def words(self) -> list[str]:
        """The options that name it again."""
        named = (("--server", self.server), ("--namespace", self.namespace))
        return [word for option, value in named if value for word in (option, value)]


_server_option = click.option(
    "--server", metavar="HOST:PORT|URL", help="Argo Server. [variable: ARGO_SERVER; the token is in ARGO_TOKEN]"
)


def _namespace_option(default: str) -> Callable[[Command], Command]:
    return click.option(
        "-n",
        "--namespace",
        metavar="NAME",
        help=f"Of the cluster. [default: {default}; variable: ARGO_NAMESPACE]",
    )


def cluster_options(command: Command) -> Callable[..., Any]:
    """``target: Target``: a command that always speaks to a cluster."""

    @wraps(command)
    def with_target(*given: Any, server: str | None, namespace: str | None, **more: Any) -> Any:
        return command(*given, target=Target(server, namespace), **more)

    return _server_option(_namespace_option("that of the stage's profile, else default")(with_target))


def engine_options(command: Command) -> Callable[..., Any]:
    """``target: Target | None``: a command for runs of this machine, or of a cluster with ``--engine argo``."""

    @wraps(command)
    def with_target(*given: Any, engine: str, server: str | None, namespace: str | None, **more: Any) -> Any:
        if engine != "argo" and (server or namespace):
            raise ArgumentsError("--server and --namespace name a cluster.", "Add --engine argo.")
        return command(*given, target=Target(server, namespace) if engine == "argo" else None, **more)

    option = click.option(
        "--engine",
        type=click.Choice(["local", "argo"]),
        default="local",
        show_default=True,
        help="Runs of this machine, or of a cluster through Argo Server.",
    )
    return option(_server_option(_namespace_option("default")(with_target)))
