"""What the stage evaluation reads: lists of 100 with the skew of real ones, held-out items, and a second set."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import Scale
from tests.benchmarks.sealed import seal

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int32]
USERS, COMPARED_USERS, ITEMS, LENGTH, HELD_OUT = 138_000, 500_000, 27_000, 100, 14
"""At the reference size; HELD_OUT is the mean of a user."""
SKEW = 0.8
"""Exponent of the power law by which items are shown."""
FROM_LIST, CHANGED = 0.3, 0.25
"""Share of held-out items that are taken from the list, and of items for which the candidate shows others."""
LEAST_SHARE = 0.1
"""Of the users of the metrics: with fewer, what a call costs by itself would count for more than what a user costs."""
DRAWS, AT_ONCE = 220, 10_000


def lists_made(scale: Scale) -> Path:
    """A folder with lists.npy (users, LENGTH) and user.npy, item.npy (held-out rows, by user), int32; the lists as a
    table are in lists/, the held-out rows in test/."""
    return scale.made("evaluation-lists", lambda folder: _make_lists(scale, folder))


def sides_made(scale: Scale) -> Path:
    """A folder with the tables base/ and candidate/, as predict writes them, with their sidecars. One user in a hundred
    is in base alone, and one in candidate alone."""
    return scale.made("evaluation-sealed-sides", lambda folder: _make_sides(scale, folder))


def _make_lists(scale: Scale, folder: Path) -> None:
    import pyarrow as pa

    from machiya_component.ports import TableOutput

    rng, users = np.random.default_rng(0), int(USERS * max(scale.share, LEAST_SHARE))
    lists = np.concatenate([_distinct(rng, size)[:, :LENGTH] for _, size in _pieces(users)])
    user = np.repeat(np.arange(users), 1 + rng.poisson(HELD_OUT - 1, users))
    item = rng.choice(ITEMS, user.size, p=_popularity())
    hits = rng.random(user.size) < FROM_LIST
    item[hits] = lists[user[hits], rng.integers(0, LENGTH, np.count_nonzero(hits))]
    user, item = np.divmod(np.unique(user * ITEMS + item), ITEMS)
    for name, values in {"lists": lists, "user": user, "item": item}.items():
        np.save(folder / f"{name}.npy", values.astype(np.int32))
    for name in ("lists", "test"):
        (folder / name).mkdir()
    TableOutput(folder / "lists").write(_table(lists, 0))
    TableOutput(folder / "test").write(pa.table({"user_id": _ids("u", users, user), "item_id": _ids("i", ITEMS, item)}))


def _make_sides(scale: Scale, folder: Path) -> None:
    from machiya_component.ports import TableOutput
    from machiya_evaluation.component import component

    port = component.contract.operations["compare"].inputs["base"]
    rng, users = np.random.default_rng(1), int(COMPARED_USERS * scale.share)
    apart = max(1, users // 100)
    outputs = {side: TableOutput(folder / side, port.table_schema) for side in ("base", "candidate")}
    with ExitStack() as stack:
        writers = {}
        for side, output in outputs.items():
            output.path.mkdir()
            writers[side] = stack.enter_context(output.writer(_table(np.zeros((0, LENGTH), np.int32), 0).schema))
        for start, size in _pieces(users + apart):
            items = _distinct(rng, size)
            user = np.arange(start, start + size)
            kept = user < users, user >= apart
            for side, lists, chosen in zip(writers, (items[:, :LENGTH], _changed(rng, items)), kept, strict=True):
                writers[side].write(_table(lists[chosen], int(user[chosen][0]) if chosen.any() else 0))
    for output in outputs.values():
        seal(output, port, "recommender", "predict")


def _pieces(users: int) -> Iterator[tuple[int, int]]:
    """First user and number of users."""
    return ((start, min(AT_ONCE, users - start)) for start in range(0, users, AT_ONCE))


def _popularity() -> NDArray[np.float64]:
    weights = np.arange(1, ITEMS + 1) ** -SKEW
    return np.asarray(weights / weights.sum())


def _distinct(rng: np.random.Generator, users: int) -> Codes:
    """Items drawn by popularity: int32, shape (users, DRAWS); what repeats comes last."""
    drawn = rng.choice(ITEMS, (users, DRAWS), p=_popularity()).astype(np.int32)
    order = np.argsort(drawn, axis=1, kind="stable")
    ascending = np.take_along_axis(drawn, order, axis=1)
    again = np.zeros(drawn.shape, np.bool_)
    np.put_along_axis(again, order[:, 1:], ascending[:, 1:] == ascending[:, :-1], axis=1)
    return np.take_along_axis(drawn, np.argsort(again, axis=1, kind="stable"), axis=1)


def _changed(rng: np.random.Generator, items: Codes) -> Codes:
    """The lists with some items out and the next ones in, and all a few places from where they were."""
    first = items[:, : LENGTH + 30]
    place = np.arange(first.shape[1]) + 10 * rng.random(first.shape) + 1000 * (rng.random(first.shape) < CHANGED)
    return np.take_along_axis(first, np.argsort(place, axis=1)[:, :LENGTH], axis=1)


def _ids(letter: str, size: int, codes: NDArray[np.int64]) -> "pa.Array":
    import pyarrow as pa

    return pa.array([f"{letter}{code:06d}" for code in range(size)]).take(pa.array(codes))


def _table(lists: Codes, first: int) -> "pa.Table":
    """Long, by user and rank, as predict writes it."""
    import pyarrow as pa

    users = len(lists)
    rank = np.tile(np.arange(1, LENGTH + 1), users)
    names = pa.array([f"u{code:06d}" for code in range(first, first + users)], pa.string())
    return pa.table(
        {
            "user_id": names.take(pa.array(np.repeat(np.arange(users), LENGTH))),
            "item_id": _ids("i", ITEMS, lists.ravel().astype(np.int64)),
            "rank": rank,
            "score": (1 / rank).astype(np.float32),
        }
    )
