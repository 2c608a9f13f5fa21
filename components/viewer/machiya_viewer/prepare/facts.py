"""The small files of a view: ``view.json`` and ``facts.json``."""

import numpy as np
import polars as pl

from machiya_viewer.prepare import small
from machiya_viewer.prepare.quality import ItemFaults, item_faults
from machiya_viewer.prepare.sources import Options, Sources
from machiya_viewer.prepare.spans import groups_of, in_small_sorted_groups
from machiya_viewer.prepare.totals import Totals
from machiya_viewer.records import SideSummary, Summary
from machiya_viewer.view.model import Facts, View

OVERLAP_BINS = 11
MAX_SEGMENTS = 1000
SORTED_GROUP_ROWS = 1 << 17
"""Row groups of a source up to this size are small: what the platform writes."""


def head_of(sources: Sources, options: Options, totals: Totals) -> View:
    """``view.json``."""
    return View(
        title=options.title,
        k=options.k,
        versions=options.versions,
        users=totals.users,
        rows=tuple(faults.rows for faults in totals.faults),
        run=options.run,
        workflow=options.workflow,
        stage=options.stage,
        started=options.started,
        outcome=small.outcome_of(small.rules_of(sources.verdict)),
        last_time=totals.times()[1],
        pseudonyms=bool(options.pseudonym_key),
        made_by=options.made_by,
    )


def facts_of(sources: Sources, totals: Totals, ids: pl.Series, catalogue: pl.DataFrame) -> Facts:
    """``facts.json``; ``ids`` are all items, those of the catalogue (by id) first."""
    titled = titles_of(catalogue, len(ids))
    known = np.arange(len(ids)) < len(catalogue)
    lacking = [item_faults(ids, exposure.rows(), known, titled) for exposure in totals.exposures]
    in_order = [in_small_sorted_groups(groups_of(table), SORTED_GROUP_ROWS) for table in sources.lists]
    overlap = totals.keys()["overlap"].drop_nulls().to_numpy()
    counts = overlap_counts(overlap) if len(sources.lists) > 1 else ()
    return Facts(
        summary=_summary(sources, totals, lacking, catalogue.height, int(titled.sum())),
        quality=tuple(
            faults.quality(items, totals.with_history, told)
            for faults, items, told in zip(totals.faults, lacking, in_order, strict=True)
        ),
        scores=tuple(map(small.scores_of, sources.scores)),
        metric_changes=small.metric_changes_of(sources.metric_changes),
        rules=small.rules_of(sources.verdict),
        segments=tuple(sorted(totals.segments)[:MAX_SEGMENTS]),
        inputs=sources.origins,
        overlaps=counts,
        compared=len(overlap),
        unchanged=counts[-1] if counts else 0,
        mean_overlap=float(overlap.mean()) if len(overlap) else None,
        given=sources.user_changes is not None,
        sorts=_sorts(sources),
    )


def overlap_counts(overlap: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[int, ...]:
    """Users by overlap: ten bins of one width from 0 to under 1, and one for exactly 1."""
    places = np.clip(np.floor(overlap * (OVERLAP_BINS - 1) + 1e-9), 0, OVERLAP_BINS - 1).astype(np.int64)
    return tuple(np.bincount(places, minlength=OVERLAP_BINS).tolist())


def titles_of(catalogue: pl.DataFrame, items: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of all items have a title that is not blank."""
    found = np.zeros(items, np.bool_)
    found[: catalogue.height] = (catalogue["title"].str.strip_chars() != "").fill_null(value=False).to_numpy()
    return found


def _summary(sources: Sources, totals: Totals, lacking: list[ItemFaults], items: int, titled: int) -> Summary:
    first, last = totals.times()
    return Summary(
        sides=tuple(
            SideSummary(
                users=faults.users,
                rows=faults.rows,
                items=one.items,
                fallback=faults.fallback if table.has("source") else None,
                items_untitled=one.untitled.count or 0,
                items_unknown=one.unknown,
                users_without_history=faults.without_history.count,
            )
            for table, faults, one in zip(sources.lists, totals.faults, lacking, strict=True)
        ),
        users_with_history=totals.with_history,
        users_without_rows=tuple(faults.without_rows.count for faults in totals.faults),
        users_in_all=totals.in_all,
        items=items,
        items_untitled=items - titled,
        first_time=first,
        last_time=last,
    )


def _sorts(sources: Sources) -> tuple[str, ...]:
    """The orders that mean something for these tables, the usual one first."""
    if len(sources.lists) < 2:
        return ("user_id", "random")
    found = ["overlap", "rbo", "kendall_tau", "entered", "random", "user_id"]
    table = sources.user_changes
    lacking = {name for name in ("rbo", "kendall_tau", "entered") if table is not None and not table.has(name)}
    return tuple(name for name in found if name not in (lacking or set() if table else {"rbo", "kendall_tau"}))
