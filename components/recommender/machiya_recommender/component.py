"""The operations as component.yaml declares them.

Thin: what they compute lives in modules that know nothing of the kit. Those are imported inside the functions, so that
``component contract`` need not load SciPy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from machiya_component import (
    ArgumentsError,
    Component,
    Context,
    DataError,
    FilesInput,
    FilesOutput,
    MetricsOutput,
    TableInput,
    TableOutput,
)

if TYPE_CHECKING:
    from machiya_recommender.als_side import Solver
    from machiya_recommender.item_knn import Similarity
    from machiya_recommender.model import Algorithm

component = Component(__package__)


@component.operation
def train(
    context: Context,
    interactions: TableInput,
    model: FilesOutput,
    metrics: MetricsOutput,
    *,
    algorithm: str,
    factors: int,
    iterations: int,
    regularization: float,
    regularization_exponent: float,
    alpha: float,
    solver: str,
    learning_rate: float,
    neighbours: int,
    similarity: str,
    checkpoint_every: int,
    seed: int,
) -> None:
    """Fit a model to interactions."""
    from machiya_component.machine import available_cpus

    from machiya_recommender.history import HistoryReader
    from machiya_recommender.interactions import build_interactions
    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.model import save_model
    from machiya_recommender.monitor import ContextMonitor
    from machiya_recommender.train import TrainParameters, train_model

    parameters = TrainParameters(
        algorithm=cast("Algorithm", algorithm),  # component.yaml has the enums
        factors=factors,
        iterations=iterations,
        regularization=regularization,
        alpha=alpha,
        learning_rate=learning_rate,
        neighbours=neighbours,
        similarity=cast("Similarity", similarity),
        seed=seed,
        solver=cast("Solver", solver),
        regularization_exponent=regularization_exponent,
    )
    with _refused_input(), single_threaded_blas():
        data = build_interactions(HistoryReader(interactions.files).everything())
        with ContextMonitor(context, iterations, checkpoint_every) as monitor:
            trained, values = train_model(data, parameters, monitor, available_cpus())
    save_model(trained, model.path)
    metrics.write(values)


@component.operation
def predict(
    context: Context,
    model: FilesInput,
    interactions: TableInput,
    users: TableInput | None,
    recommendations: TableOutput,
    metrics: MetricsOutput,
    *,
    n: int,
    shard: int,
    shards: int,
    filter_seen: bool,
    batch_size: int,
) -> None:
    """The best n items of every user of one shard."""
    from machiya_component.machine import available_cpus

    from machiya_recommender.history import HistoryReader
    from machiya_recommender.interactions import sorted_unique
    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.model import load_model
    from machiya_recommender.recommend import Recommendations, Recommender, Summary
    from machiya_recommender.sharding import batches, shard_range
    from machiya_recommender.tables import RECOMMENDATIONS, in_pieces, recommendations_table

    if shard >= shards:
        raise ArgumentsError(
            f"there is no shard {shard} of {shards}.", f"Shards are counted from 0: --shard 0 to {shards - 1}."
        )
    with _refused_input(), single_threaded_blas():
        known, seen = load_model(model.path), HistoryReader(interactions.files)
        if users:
            everybody = sorted_unique(users.read(["user_id"])["user_id"].cast("string"))
            part = shard_range(len(everybody), shard, shards)
            targets = everybody[part.start : part.stop]
        else:
            targets = seen.users(shard, shards)
        recommender, summary = Recommender(known, n, filter_seen), Summary(n)
        weights = known.neighbours is not None

        def lists() -> Iterator[Recommendations]:
            with context.progress(len(targets), "predict") as progress:
                for batch in batches(range(len(targets)), batch_size):
                    names = targets[batch.start : batch.stop]
                    history = seen.read(names, known.items, weights)
                    for found in recommender.in_batches(names, history, available_cpus(), batch.start):
                        summary.add(found)
                        progress.advance(len(found.users))
                        yield found

        with recommendations.writer(RECOMMENDATIONS) as writer:
            for piece in in_pieces(lists()):
                names = targets[piece.users.start : piece.users.stop]
                writer.write(recommendations_table(piece, names, known.items))
    metrics.write(summary.metrics())


@component.operation
def similar(model: FilesInput, similar: TableOutput, metrics: MetricsOutput, *, n: int) -> None:
    """The nearest items of every item."""
    import pyarrow.compute as pc

    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.model import load_model
    from machiya_recommender.products import rows_at_a_time
    from machiya_recommender.similar import similar_items
    from machiya_recommender.tables import SIMILAR, gathered, similar_table

    with _refused_input(), single_threaded_blas():
        known = load_model(model.path)
        rows = items = 0
        batch = rows_at_a_time(n)
        with similar.writer(SIMILAR) as writer:
            for table in gathered(similar_table(part, known.items) for part in similar_items(known, n, batch)):
                writer.write(table)
                rows += table.num_rows
                items += int(pc.sum(pc.equal(table["rank"], 1)).as_py())
    metrics.write({"items": len(known.items), "items_alone": len(known.items) - items, "rows": rows})


@contextmanager
def _refused_input() -> Iterator[None]:
    """Input that the numerics refuse is a ``DataError`` for whoever called the operation."""
    from machiya_recommender.errors import InvalidInputError

    try:
        yield
    except InvalidInputError as error:
        raise DataError(str(error), error.remedy) from error
