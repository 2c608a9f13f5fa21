"""What the stages predict and scaling read: a model of the reference log, as arrays and as a model folder.

The factors are trained by implicit, so that no change of our training changes what prediction is measured on.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, load_npz, save_npz

from tests.benchmarks.harness import Scale
from tests.benchmarks.sealed import seal

if TYPE_CHECKING:
    import pyarrow as pa

N = 100
ITERATIONS = 5


@dataclass(frozen=True)
class Known:
    """users: (users, factors), items: (items, factors), float32. seen: CSR (users, items), how often."""

    users: NDArray[np.float32]
    items: NDArray[np.float32]
    seen: csr_matrix

    @classmethod
    def load(cls, folder: Path) -> "Known":
        """What ``made`` wrote."""
        users, items = (np.load(folder / "model" / f"{side}_factors.npy") for side in ("user", "item"))
        return cls(users, items, csr_matrix(load_npz(folder / "seen.npz")))

    def part(self, users: int) -> "Known":
        """The first users."""
        return Known(self.users[:users], self.items, self.seen[:users])


def made(scale: Scale, factors: int) -> Path:
    """A folder with seen.npz, interactions/ (a table as preprocess leaves it, with its sidecar) and model/ (as train
    writes it).
    """
    return scale.made(f"sealed-als-{factors}", lambda folder: _make(scale, factors, folder))


def _make(scale: Scale, factors: int, folder: Path) -> None:
    import pyarrow.parquet as pq
    from implicit.cpu.als import AlternatingLeastSquares

    from machiya_component.machine import available_cpus
    from machiya_recommender.factors import Factors
    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.model import Model, save_model

    log = pq.read_table(scale.events(), columns=["user_id", "item_id"])
    rows, columns = (np.unique(log[name].to_numpy(), return_inverse=True)[1] for name in ("user_id", "item_id"))
    seen = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)))
    with single_threaded_blas():
        als = AlternatingLeastSquares(
            factors=factors, iterations=ITERATIONS, random_state=0, num_threads=available_cpus()
        )
        als.fit(seen, show_progress=False)
    seen.sort_indices()
    users, items = (_ids(letter, count) for letter, count in zip("ui", seen.shape, strict=True))
    save_npz(folder / "seen.npz", seen, compressed=False)
    for name in ("model", "interactions"):
        (folder / name).mkdir()
    popularity = np.bincount(seen.indices, minlength=len(items))
    found = Factors(als.user_factors, als.item_factors)
    save_model(Model("als", {"factors": factors}, users, items, popularity, found), folder / "model")
    _write_interactions(seen, users, items, folder / "interactions")


def _write_interactions(seen: csr_matrix, users: "pa.Array", items: "pa.Array", folder: Path) -> None:
    """The table of pairs, sorted by user and item: strings, which the writer encodes for each row group."""
    import pyarrow as pa

    from machiya_component.ports import TableOutput
    from machiya_recommender.component import component

    port = component.contract.operations["predict"].inputs["interactions"]
    output = TableOutput(folder, port.table_schema)
    user = np.repeat(np.arange(len(users)), np.diff(seen.indptr))
    columns = [users.take(pa.array(user)), items.take(pa.array(seen.indices)), pa.array(seen.data.astype(np.float64))]
    output.write(pa.table(columns, ["user_id", "item_id", "weight"]))
    seal(output, port, "preprocess", "split")


def _ids(letter: str, count: int) -> "pa.Array":
    """Ids whose order is that of the numbers."""
    import pyarrow as pa

    return pa.array([f"{letter}{number:07d}" for number in range(count)])
