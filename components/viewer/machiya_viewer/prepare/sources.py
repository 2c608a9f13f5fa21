"""What a view is made of."""

from dataclasses import dataclass

from machiya_viewer.prepare.tables import Table
from machiya_viewer.view.model import Source, Version


@dataclass(frozen=True)
class Sources:
    """The input tables: the lists of one version, or of a base and a candidate, and what explains them.

    ``scores`` has one entry per version. ``origins`` tell where the inputs come from.
    """

    lists: tuple[Table, ...]
    interactions: Table
    items: Table
    scores: tuple[Table | None, ...]
    user_changes: Table | None = None
    metric_changes: Table | None = None
    verdict: Table | None = None
    origins: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Options:
    """How a view is named, and made.

    ``versions`` has one entry per list of the sources. ``k`` is the cut-off of overlaps that are computed here.
    ``started`` is RFC 3339 or empty. With a ``pseudonym_key``, users get other ids.
    """

    title: str
    k: int
    versions: tuple[Version, ...]
    run: str = ""
    workflow: str = ""
    stage: str = ""
    started: str = ""
    pseudonym_key: str = ""
    made_by: str = ""
