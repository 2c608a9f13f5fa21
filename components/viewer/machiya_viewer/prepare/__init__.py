"""Makes a view out of raw tables: everything that pages need, computed once."""

from machiya_viewer.prepare.pseudonyms import pseudonym
from machiya_viewer.prepare.sources import Options, Sources
from machiya_viewer.prepare.tables import Table
from machiya_viewer.prepare.write import write_view

__all__ = ["Options", "Sources", "Table", "pseudonym", "write_view"]
