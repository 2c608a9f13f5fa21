"""The orders that users can be listed in, computed once: places in ``users.parquet``, one column an order."""

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

KEYS = ("overlap", "rbo", "kendall_tau", "entered", "shuffle")
"""Columns of users that orders are made of."""


def orders_of(users: pl.DataFrame) -> pl.DataFrame:
    """For each order the places of users, first to last; ``users`` has the KEYS, and rows (of all versions together).

    Users without a value come last, those without any list behind them; ties are in the order of ids. Overlap is
    followed by rank-biased overlap where it ties.
    """
    listed = (users["rows"] == 0).to_numpy()
    values = {name: users[name].cast(pl.Float64).to_numpy() for name in KEYS}
    return pl.DataFrame(
        {
            "overlap": _order(listed, values["overlap"], values["rbo"]),
            "rbo": _order(listed, values["rbo"]),
            "kendall_tau": _order(listed, values["kendall_tau"]),
            "entered": _order(listed, -values["entered"]),
            "random": _order(listed, values["shuffle"]),
        }
    )


def _order(last: npt.NDArray[np.bool_], *keys: Floats) -> npt.NDArray[np.uint32]:
    """Places by the first key, then the others; NaN is the largest."""
    first, *rest = keys
    return np.lexsort((*reversed(rest), first, last)).astype(np.uint32)
