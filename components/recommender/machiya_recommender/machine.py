"""How many threads BLAS may use; ``machiya_component.machine`` tells how many CPUs there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np  # noqa: F401  (the limit below holds only for BLAS libraries that are loaded by then: NumPy's ...
import scipy.linalg  # noqa: F401  ... and SciPy's own, which implicit's compiled code calls)
from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """One BLAS thread inside the block, whatever the environment says.

    Sums then have one order, so the same input gives the same bytes on any number of CPUs. The threads are ours (or
    implicit's), one level up, where every row of a result belongs to one thread.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
