"""How a training reports and saves itself through the kit."""

import zipfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from machiya_component import Context

from machiya_recommender.events import CurveWriter
from machiya_recommender.training import TrainingState, load_state, save_state

CHECKPOINT = "training.npz"


class ContextMonitor:
    """Progress, TensorBoard events and checkpoints of one training.

    Use it as a context manager. An algorithm without iterations never calls ``start``, and nothing is written.
    """

    def __init__(self, context: Context, iterations: int, checkpoint_every: int) -> None:
        self._context = context
        self._iterations = iterations
        self._every = checkpoint_every
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self) -> TrainingState | None:
        """The state of the last checkpoint of the same call; a damaged one is as good as none."""
        self._progress = self._stack.enter_context(self._context.progress(self._iterations, "train"))
        self._curves = self._stack.enter_context(CurveWriter(self._context.tensorboard))
        path = self._context.checkpoint.load(CHECKPOINT)
        state = self._read(path) if path else None
        if state:
            self._context.log.info("going on after iteration %d, from a checkpoint", state.iterations)
            for step in range(1, state.iterations + 1):
                self._curves.write({name: curve[step - 1] for name, curve in state.curves.items()}, step)
            self._progress.advance(state.iterations)
        return state

    def iteration_done(self, state: TrainingState) -> None:
        """Show the newest values and, when it is time, save a checkpoint."""
        values = {name: curve[-1] for name, curve in state.curves.items()}
        self._curves.write(values, state.iterations)
        self._progress.advance(1, **values)
        if state.iterations % self._every == 0:
            self._context.checkpoint.save(CHECKPOINT, partial(save_state, state))
            self._context.log.info("checkpoint after iteration %d, loss %.6g", state.iterations, values["loss"])

    def _read(self, path: Path) -> TrainingState | None:
        try:
            return load_state(path)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            self._context.log.warning("the checkpoint cannot be read, so the training starts anew: %s", error)
            return None
