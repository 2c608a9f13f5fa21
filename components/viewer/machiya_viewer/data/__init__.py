"""Access to the artifacts: lazy scans over folders of Parquet, and small typed rows out of them."""

from machiya_viewer.data.dataset import Dataset, Side
from machiya_viewer.data.tables import Table, UnreadableError

__all__ = ["Dataset", "Side", "Table", "UnreadableError"]
