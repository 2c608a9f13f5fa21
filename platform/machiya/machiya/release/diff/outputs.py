"""What the comparison put out, read into the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machiya.engines.local.locations import Source
from machiya.records import RunRecord
from machiya.records.stores import scratch, store_of
from machiya.release.diff.model import Example, MetricChange, ResultChange, Segment

if TYPE_CHECKING:
    import pyarrow as pa

_EXAMPLES, _ITEMS, _SHOWN = 5, 3, 5
_STATISTICS = ("overlap", "rbo", "kendall_tau", "changed_share", "entered", "left")
_COUNTS = ("users", "users_only_in_base", "users_only_in_candidate", "lost_users_share", "left_items_share")


def read_comparison(record: RunRecord, step: str, name: str, k: int, sources: Mapping[str, Source]) -> ResultChange:
    """The change of a result, from the outputs of the step that compared it."""
    from machiya_component.ports import MetricsInput

    (done,) = record.find_steps(step)
    keys = {port: value.key for port, value in done.node.outputs.artifacts.items()}
    keys |= {port: source.key for port, source in sources.items() if port in ("base", "candidate")}
    with scratch(record.folder.home) as folder:
        for port, key in keys.items():
            store_of(record).link(key, folder / port)
        metrics = MetricsInput(folder / "metrics").read()
        changes = _table(folder / "user_changes")
        return ResultChange(
            name,
            k=k,
            counts={count: metrics[count] for count in _COUNTS if count in metrics},
            segments=_segments(metrics, k),
            metrics=_metrics(folder / "metric_changes"),
            examples=_examples(changes, folder),
            items=_items(folder / "item_changes"),
        )


def _table(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    from machiya_component.ports import TableInput

    return TableInput(path).read(columns)


def _segments(metrics: Mapping[str, float], k: int) -> tuple[Segment, ...]:
    """``overlap@10`` is that of everybody, ``overlap@10/heavy`` that of a segment."""
    found: dict[str, dict[str, float]] = {}
    for key, value in metrics.items():
        statistic, _, rest = key.partition("@")
        cutoff, _, segment = rest.partition("/")
        if statistic in _STATISTICS and cutoff == str(k):
            found.setdefault(segment or "all", {})[statistic] = value
    return tuple(Segment(name, values) for name, values in found.items())


def _metrics(path: Path) -> tuple[MetricChange, ...]:
    """None where the evaluation component is of a version that does not tell them."""
    if not path.exists():
        return ()
    return tuple(
        MetricChange(
            f"{row['metric']}@{row['k']}",
            row["segment"],
            row["base"],
            row["candidate"],
            row["difference"],
            row["low"],
            row["high"],
            row["users"],
        )
        for row in _table(path).to_pylist()
    )


def read_scores(record: RunRecord, key: str, k: int) -> dict[str, tuple[float | None, int]]:
    """By metric at k, for everybody, what a step that evaluates has found: the value, and users behind it."""
    with scratch(record.folder.home) as folder:
        store_of(record).link(key, folder / "scores")
        rows = _table(folder / "scores").to_pylist()
    wanted = [row for row in rows if row["segment"] == "all" and row["k"] == k]
    return {f"{row['metric']}@{k}": (row["value"], row["users"]) for row in wanted}


def side_by_side(
    base: Mapping[str, tuple[float | None, int]], candidate: Mapping[str, tuple[float | None, int]]
) -> tuple[MetricChange, ...]:
    """Metrics as both sides have them, each on its own: there is no interval of the difference."""
    found = []
    for name, (before, users) in base.items():
        after = candidate.get(name, (None, 0))[0]
        difference = None if before is None or after is None else after - before
        found.append(MetricChange(name, "all", before, after, difference, None, None, users))
    return tuple(found)


def _examples(changes: "pa.Table", folder: Path) -> tuple[Example, ...]:
    """The users whose lists change most; among equals those with the first ids."""
    rows = changes.sort_by([("rbo", "ascending"), ("user_id", "ascending")]).slice(0, _EXAMPLES).to_pylist()
    chosen = [row for row in rows if row["changed"]]
    users = [row["user_id"] for row in chosen]
    lists = [_lists(folder / side, users) for side in ("base", "candidate")]
    return tuple(
        Example(row["user_id"], row["segment"], row["overlap"], *(side.get(row["user_id"], ()) for side in lists))
        for row in chosen
    )


def _lists(path: Path, users: list[str]) -> dict[str, tuple[str, ...]]:
    """The first items of some users; the lists of all others, which may be many, are passed over in batches."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from machiya_component.ports import TableInput

    rows: list[dict[str, Any]] = []
    for batch in TableInput(path).batches(["user_id", "item_id", "rank"]):
        wanted = pc.is_in(batch["user_id"], pa.array(users, batch.schema.field("user_id").type))
        rows += batch.filter(pc.and_(wanted, pc.less_equal(batch["rank"], _SHOWN))).to_pylist()
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row["rank"]):
        found.setdefault(row["user_id"], []).append(row["item_id"])
    return {user: tuple(items) for user, items in found.items()}


def _items(path: Path) -> tuple[tuple[str, int], ...]:
    """The items whose exposure changes most, those that are shown more first."""
    rows = _table(path, ["item_id", "change"]).to_pylist()
    ordered = sorted(((row["item_id"], row["change"]) for row in rows), key=lambda pair: (-pair[1], pair[0]))
    more = [pair for pair in ordered[:_ITEMS] if pair[1] > 0]
    fewer = [pair for pair in ordered[-_ITEMS:] if pair[1] < 0]
    return (*more, *fewer)
