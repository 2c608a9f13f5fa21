"""What an operation is given besides its ports and parameters."""

import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from machiya_component.checkpoint import Checkpoint
from machiya_component.progress import Progress

if TYPE_CHECKING:
    import numpy as np

TENSORBOARD_FOLDER = "_tensorboard"


class Context:
    """The surroundings of one call. An operation asks for it with an argument named ``context``."""

    def __init__(
        self,
        component: str,
        version: str,
        operation: str,
        seed: int,
        checkpoint: Checkpoint,
        out: Path,
        scratch: Path,
        port: int | None = None,
        secrets: Mapping[str, str | None] | None = None,
    ) -> None:
        self.component = component
        self.version = version
        self.operation = operation
        self.seed = seed
        self.checkpoint = checkpoint
        self.scratch = scratch
        self.log = logging.getLogger(component)
        self._out = out
        self._port = port
        self._secrets = dict(secrets or {})

    @cached_property
    def rng(self) -> "np.random.Generator":
        """The only source of randomness, seeded by the parameter ``seed`` (0 where the operation has none)."""
        import numpy as np

        return np.random.default_rng(self.seed)

    @cached_property
    def tensorboard(self) -> Path:
        """The folder for TensorBoard events; beside the outputs, not one of them (events hold times)."""
        folder = self._out / TENSORBOARD_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def port(self) -> int:
        """The TCP port a service listens on (all interfaces)."""
        if self._port is None:
            raise AttributeError(f"{self.operation} is not a service: component.yaml gives it no port")
        return self._port

    def secret(self, name: str) -> str | None:
        """A secret that component.yaml declares for the operation; None where it is not configured.

        Never let it reach a log, an output or an error: a step's output is kept, and shown to many.
        """
        if name not in self._secrets:
            raise LookupError(f"component.yaml declares no secret {name!r} for {self.operation}")
        return self._secrets[name]

    def progress(self, total: int, label: str) -> Progress:
        """Report how far a long part is: ``with context.progress(20, "iterations") as p: ... p.advance(loss=0.3)``."""
        return Progress(total, label)
