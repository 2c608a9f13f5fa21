"""What the tests share: tables of interactions, and planted structure drawn by an explicit generator."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.interactions import Interactions, build_interactions
from machiya_recommender.machine import single_threaded_blas

Pairs = Sequence[tuple[str, str, float]]

# The first example may compile a kernel.
settings.register_profile("recommender", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("recommender")


def as_table(pairs: Pairs) -> pa.Table:
    """A table of interactions, as a step before would give it."""
    users, items, weights = zip(*pairs, strict=True) if pairs else ((), (), ())
    return pa.table(
        {
            "user_id": pa.array(users, pa.string()),
            "item_id": pa.array(items, pa.string()),
            "weight": pa.array(weights, pa.float64()),
        }
    )


@pytest.fixture
def table() -> Callable[[Pairs], pa.Table]:
    """(user, item, weight) triples -> an Arrow table."""
    return as_table


@pytest.fixture
def interactions() -> Callable[[Pairs], Interactions]:
    """(user, item, weight) triples -> the matrix."""

    def build(pairs: Pairs) -> Interactions:
        return build_interactions([as_table(pairs)])

    return build


@pytest.fixture
def one_blas_thread() -> Iterator[None]:
    """The surroundings that the numerics are promised."""
    with single_threaded_blas():
        yield


@pytest.fixture
def checkerboard() -> csr_matrix:
    """20 x 20: even users have all even items but their own number, odd users the odd ones. float32."""
    users, items = np.indices((20, 20))
    return csr_matrix(((users % 2 == items % 2) & (users != items)).astype(np.float32))


@pytest.fixture
def random_weights() -> csr_matrix:
    """60 x 35 with about 20 % of the pairs, weights 1 to 5; float32."""
    rng = np.random.default_rng(7)
    present = rng.random((60, 35)) < 0.2
    weights: NDArray[np.float32] = np.where(present, rng.integers(1, 6, size=present.shape), 0).astype(np.float32)
    return csr_matrix(weights)
