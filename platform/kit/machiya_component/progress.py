"""How far an operation is: a bar on a terminal, JSON lines otherwise (for engines and log viewers)."""

import json
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

SECONDS_BETWEEN_LINES = 1.0


class Progress:
    """Counts from 0 to ``total``. Use as a context manager; ``advance(loss=0.3)`` shows values beside the count."""

    def __init__(
        self, total: int, label: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = total
        self.label = label
        self.done = 0
        self._stream = stream or sys.stderr
        self._clock = clock
        self._last = float("-inf")
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self.total, desc=self.label, file=self._stream)
        return self

    def advance(self, steps: int = 1, **values: float) -> None:
        """Count on, and say so: at most one line a second, and always the last one."""
        self.done += steps
        if self._bar is not None:
            self._bar.set_postfix(values, refresh=False)
            self._bar.update(steps)
        elif self.done >= self.total or self._clock() - self._last >= SECONDS_BETWEEN_LINES:
            self._last = self._clock()
            line = {"progress": self.label, "done": self.done, "total": self.total, **values}
            print(json.dumps(line), file=self._stream, flush=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
