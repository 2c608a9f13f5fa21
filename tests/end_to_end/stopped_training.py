"""Stands in for ``python -m machiya_component``: the first training is stopped by SIGTERM after its third iteration.

The file that MACHIYA_TEST_STOPPED names is there when that has happened.
"""

import os
import signal
from pathlib import Path
from typing import Any

from machiya_component.cli import main_of_many
from machiya_recommender.monitor import ContextMonitor

STOPPED = Path(os.environ["MACHIYA_TEST_STOPPED"])
done = ContextMonitor.iteration_done


def stop_once(self: ContextMonitor, state: Any) -> None:
    """As Kubernetes stops a pod whose machine goes away."""
    done(self, state)
    if state.iterations == 3 and not STOPPED.exists():
        STOPPED.touch()
        os.kill(os.getpid(), signal.SIGTERM)


ContextMonitor.iteration_done = stop_once  # type: ignore[method-assign]
main_of_many()
