"""evaluation: all accuracy metrics at four cutoffs against the libraries that have them, and compare at full size.

Every library gets what it takes, made before it counts: implicit and ours arrays and held-out items sorted by user,
RecTools data frames, ranx arrays of pairs. Equal metrics must agree. implicit knows one cutoff at a time, and
four metrics, of which only the number of hits means the same as here (it divides by less where items are few).
"""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.evaluation_data import COMPARED_USERS, LENGTH, lists_made, sides_made
from tests.benchmarks.harness import (
    APART,
    ROOT,
    SMALL,
    BenchmarkError,
    Case,
    Measurement,
    Row,
    Scale,
    at_least,
    at_most,
    measure,
    not_measured,
)

KS = (10, 20, 50, 100)
METRICS = ("ndcg", "recall", "precision", "map", "mrr", "hit_rate")
Values = dict[str, float]


def rows(scale: Scale) -> list[Row]:
    """The metrics, then compare."""
    return [*_metrics(scale), *_compare(scale)]


def _metrics(scale: Scale) -> Iterator[Row]:
    folder = lists_made(scale)
    quick = measure(
        {
            "ours": Case(ours, prepare=partial(for_ours, folder), warm=True),
            "from Parquet": Case(ours_from_parquet, (folder,), warm=True),
            "implicit": Case(by_implicit, prepare=partial(for_implicit, folder), warm=True),
        },
        scale.repeat,
    )
    mine = quick["ours"]
    _agree(mine, quick["from Parquet"], 1e-12)
    times, note = quick["implicit"].ratio(mine), f"{1000 * mine.cpu:.0f} ms"
    _agree(quick["implicit"], mine, 0.5, ("hits",))
    yield at_least("evaluate", "implicit.evaluation, CPU", times, 10, note=note)
    times, note = quick["implicit"].ratio(quick["from Parquet"]), f"{quick['from Parquet'].cpu:.2f} s"
    yield Row("evaluate, from Parquet", "implicit.evaluation on arrays, CPU", "-", f"{times:.3g} x ({note})", None)
    yield from _rectools(folder, mine)
    yield from _ranx()


def _rectools(folder: Path, mine: Measurement) -> Iterator[Row]:
    if not Path(APART).exists():
        yield not_measured("evaluate", "RecTools, CPU", ">= 100 x", "RecTools is not installed")
        return
    other = measure({"RecTools": Case(by_rectools, prepare=partial(for_rectools, folder), python=APART)}, 1)["RecTools"]
    _agree(mine, other, 1e-9)
    yield at_least("evaluate", "RecTools, CPU", other.cpu / mine.cpu, 100, note=f"{other.cpu:.1f} s")


def _ranx() -> Iterator[Row]:
    """On a tenth of the users: at the reference size it takes minutes, most of them to take in what it is given."""
    folder = lists_made(SMALL)
    cases = {
        "ours": Case(ours, prepare=partial(for_ours, folder), warm=True),
        "ranx": Case(by_ranx, prepare=partial(for_ranx, folder), warm=True),
    }
    measured = measure(cases, 1)
    mine, other = measured["ours"], measured["ranx"]
    difference = max(abs(mine.value[name] - value) for name, value in other.value.items())
    yield at_most("evaluate, a tenth of the users", "ranx, all means", difference, 1e-4, unit="difference")
    yield at_least("evaluate, a tenth of the users", "ranx, CPU", other.ratio(mine), 1, note=f"{other.cpu:.2f} s")


def _compare(scale: Scale) -> Iterator[Row]:
    folder = sides_made(scale)
    cases = {"alone": Case(compare_alone, prepare=partial(loaded_kernels, folder)), "run": Case(compare_run, (folder,))}
    for name, found in measure(cases, scale.repeat).items():
        what = f"compare, 2 x {COMPARED_USERS * scale.share * LENGTH / 1e6:g} million rows"
        stage = what if name == "alone" else f"{what}, as component run"
        yield at_most(stage, "-", found.wall, 5, unit="s", note=f"CPU {found.cpu:.2f} s")
        yield at_most(stage, "-", found.peak / 1e6, 800, unit="MB")


def _agree(mine: Measurement, other: Measurement, tolerance: float, metrics: tuple[str, ...] = METRICS) -> None:
    for name, value in other.value.items():
        if name.split("@")[0] in metrics and abs(mine.value[name] - value) > tolerance:
            raise BenchmarkError(f"{name} is {mine.value[name]} here and {value} there.")


def loaded(folder: Path) -> tuple[Any, Any, Any]:
    """Lists of shape (users, LENGTH), and user and item of the held-out rows."""
    import numpy as np

    lists, user, item = (np.load(folder / f"{name}.npy") for name in ("lists", "user", "item"))
    return lists, user, item


def for_ours(folder: Path) -> tuple[Any, Any]:
    """Lists and ground truth."""
    import numpy as np

    from machiya_evaluation.lists import RankedLists
    from machiya_evaluation.truth import ground_truth

    lists, user, item = loaded(folder)
    users, n_items = len(lists), int(max(lists.max(), item.max())) + 1
    ranked = RankedLists.of_lengths(np.full(users, lists.shape[1]), lists.ravel(), n_items)
    return ranked, ground_truth(user.astype(np.int64), item, np.ones(user.size), users, n_items)


def ours(given: tuple[Any, Any]) -> Values:
    """All metrics and cutoffs in one pass."""
    return _values(*given)


def ours_from_parquet(folder: Path) -> Values:
    """From files with ids as strings, as the operation reads them."""
    import numpy as np

    from machiya_evaluation.coding import Vocabulary
    from machiya_evaluation.lists import read_lists
    from machiya_evaluation.sources import Parts
    from machiya_evaluation.truth import read_held_out

    lists, test = (Parts(sorted((folder / name).glob("*.parquet"))) for name in ("lists", "test"))
    users, items = Vocabulary(), Vocabulary()
    ranked = read_lists(lists, users, items, "lists")
    held_out = read_held_out(test, users, items)
    everybody = np.arange(len(users))
    return _values(ranked.of_users(everybody), held_out.truth(everybody, len(items)))


def _values(lists: Any, truth: Any) -> Values:
    import numpy as np

    from machiya_evaluation.ranking import RANKING_METRICS, tally

    found = tally(lists, truth, KS)
    values = {f"{name}@{one.k}": float(np.nanmean(RANKING_METRICS[name](one))) for one in found for name in METRICS}
    return values | {f"hits@{one.k}": float(one.hits.sum()) for one in found}


def for_implicit(folder: Path) -> tuple[Any, Any]:
    """Lists and a sparse matrix."""
    import numpy as np
    from scipy.sparse import csr_matrix

    lists, user, item = loaded(folder)
    shape = len(lists), int(max(lists.max(), item.max())) + 1
    return lists, csr_matrix((np.ones(user.size, np.float32), (user, item)), shape)


def by_implicit(given: tuple[Any, Any]) -> Values:
    """Each cutoff by itself; the model that it asks has the lists of all users, and hands them out without a copy."""
    import numpy as np
    from implicit.evaluation import ranking_metrics_at_k
    from scipy.sparse import csr_matrix

    lists, test = given
    nothing = csr_matrix(test.shape, dtype=np.float32)

    class Ready:
        def recommend(self, users: Any, _: object, N: int) -> tuple[Any, None]:  # noqa: N803 - implicit's name
            return lists[users[0] : users[-1] + 1, :N], None  # it asks for users in a row: all have held-out items

    found = {k: ranking_metrics_at_k(Ready(), nothing, test, K=k, show_progress=False, num_threads=0) for k in KS}
    relevant = np.diff(test.indptr)
    return {f"hits@{k}": found[k]["precision"] * float(np.minimum(relevant, k).sum()) for k in KS}


def for_rectools(folder: Path) -> tuple[Any, Any]:
    """Data frames of what is shown and what is held out."""
    import numpy as np
    import pandas as pd

    lists, user, item = loaded(folder)
    users, length = lists.shape
    columns = np.repeat(np.arange(users), length), lists.ravel(), np.tile(np.arange(1, length + 1), users)
    shown = pd.DataFrame(dict(zip(("user_id", "item_id", "rank"), columns, strict=True)))
    return shown, pd.DataFrame({"user_id": user, "item_id": item})


def by_rectools(given: tuple[Any, Any]) -> Values:
    """All metrics and cutoffs in one call."""
    from rectools import metrics
    from rectools.metrics import calc_metrics

    kinds = {
        "ndcg": partial(metrics.NDCG, divide_by_achievable=True),
        "recall": metrics.Recall,
        "precision": metrics.Precision,
        "map": metrics.MAP,
        "mrr": metrics.MRR,
        "hit_rate": metrics.HitRate,
    }
    asked = {f"{name}@{k}": kind(k=k) for name, kind in kinds.items() for k in KS}
    return {name: float(value) for name, value in calc_metrics(asked, *given).items()}


def for_ranx(folder: Path) -> tuple[Any, Any]:
    """Arrays of (item, gain) and of (item, score), one a user."""
    import numpy as np

    lists, user, item = loaded(folder)
    score = np.broadcast_to(1 / np.arange(1, lists.shape[1] + 1), lists.shape)
    truth = np.column_stack([item, np.ones(item.size)]).astype(np.float64)
    qrels = np.split(truth, np.searchsorted(user, np.arange(1, len(lists))))
    return qrels, list(np.stack([lists.astype(np.float64), score], axis=2))


def by_ranx(given: tuple[Any, Any]) -> Values:
    """All metrics and cutoffs in one call."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ranx's own source has invalid escape sequences
        import ranx
    names = [f"{name}@{k}" for name in METRICS for k in KS]
    return {name: float(value) for name, value in ranx.evaluate(*given, names).items()}


def loaded_kernels(folder: Path) -> Path:
    """The folder, once the code is loaded that compares it."""
    compare_alone(ROOT / "components" / "evaluation" / "sample")
    return folder


def compare_alone(folder: Path) -> Values:
    """From the files to the tables of results, without the kit's checks."""
    from machiya_evaluation import comparison, tables
    from machiya_evaluation.sources import Parts

    base, candidate = (Parts(sorted((folder / side).glob("*.parquet"))) for side in ("base", "candidate"))
    sides = comparison.read_sides(base, candidate)
    found = comparison.compare(sides, None, None, k=LENGTH, p=0.9, segment_edges=[])
    tables.user_changes_table(found.users, found.segments)
    tables.item_changes_table(found.items)
    return tables.comparison_metrics(found, [], LENGTH)


def compare_run(folder: Path) -> int:
    """The operation as `component run` does it in a workflow: inputs have sidecars, outputs are checked and get one."""
    from machiya_component.testing import run_operation
    from machiya_evaluation.component import component

    with tempfile.TemporaryDirectory() as out:
        inputs = {side: folder / side for side in ("base", "candidate")}
        result = run_operation(component, "compare", inputs=inputs, parameters={"k": LENGTH}, folder=Path(out))
        return len(result.sidecars)
