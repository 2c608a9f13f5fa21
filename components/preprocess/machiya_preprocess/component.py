"""The operations of component.yaml as functions: they gather what a caller wants; other modules do the work."""

from collections.abc import Iterator
from typing import Any, Literal

from machiya_component import Component, Context, FilesInput, MetricsOutput, TableInput, TableOutput

component = Component(__package__)


@component.operation
def clean(
    context: Context,
    events: FilesInput,
    catalogue: FilesInput | None,
    interactions: TableOutput,
    items: TableOutput,
    rejected: TableOutput,
    metrics: MetricsOutput,
    *,
    user_column: str,
    item_column: str,
    event_column: str,
    time_column: str,
    time_format: Literal["iso", "s", "ms", "us"],
    time_zone: str,
    encoding: str,
    delimiter: Literal["auto", "comma", "tab", "semicolon", "pipe"],
    column_names: list[str],
    item_id_column: str,
    title_column: str,
    category_column: str,
    event_weights: dict[str, float],
    allow_events: list[str],
    known_categories: list[str],
    allow_categories: list[str],
    keep_unknown_items: bool,
    window_from: str,
    window_to: str,
    window_days: float,
    dedup_seconds: float,
    max_events_per_hour: int,
    max_events_per_day: int,
    burst_events: int,
    burst_seconds: float,
    min_user_items: int,
    min_item_users: int,
    half_life_days: float,
    max_unreadable_share: float,
    memory_limit: int,
) -> None:
    """Event log and item table -> interactions, items, rejected rows and metrics."""
    from machiya_preprocess import cleaning, settings
    from machiya_preprocess.catalogue import read_catalogue
    from machiya_preprocess.files import CsvFormat
    from machiya_preprocess.log import read_log
    from machiya_preprocess.storage import Room, Store

    log_layout = settings.LogLayout(
        user_column,
        item_column,
        event_column,
        time_column,
        time_format,
        time_zone,
        CsvFormat(encoding, delimiter, column_names),
    )
    catalogue_layout = settings.CatalogueLayout(
        item_id_column, title_column, category_column, CsvFormat(encoding, delimiter)
    )
    rules = settings.Rules(
        weights=settings.weights_of(event_weights, allow_events),
        window=settings.window_of(window_from, window_to, window_days, time_zone),
        traffic=settings.traffic_rules(max_events_per_hour, max_events_per_day, burst_events, burst_seconds),
        repeat_span=settings.micros_of(dedup_seconds),
        keep_unknown_items=keep_unknown_items,
        min_user_items=min_user_items,
        min_item_users=min_item_users,
        half_life=settings.micros_of(half_life_days * 86_400),
        max_unreadable_share=max_unreadable_share,
    )
    known = {*known_categories, *allow_categories} if known_categories else set()
    known_items = read_catalogue(catalogue.files, catalogue_layout, known) if catalogue else None
    log = read_log(events.files, log_layout, Store(Room.of(memory_limit, context.scratch)))
    context.log.info("read %d rows from %d files", log.rows, len(events.files))
    cleaned = cleaning.clean(log, known_items, rules)
    _write(interactions, cleaned.interaction_slices())
    items.write(cleaned.items)
    _write(rejected, cleaned.rejected_slices())
    metrics.write(cleaned.metrics)
    context.log.info("kept %s", cleaned.summary)


def _write(output: TableOutput, slices: Iterator[Any]) -> None:
    """Write a table slice by slice; there is one at least."""
    first = next(slices)
    with output.writer(first.schema) as writer:
        writer.write(first)
        del first
        for table in slices:
            writer.write(table)


@component.operation
def split(
    context: Context,
    interactions: TableInput,
    train: TableOutput,
    test: TableOutput,
    metrics: MetricsOutput,
    *,
    method: Literal["time", "last-n", "k-fold"],
    test_share: float,
    cut_time: str,
    test_items: int,
    min_train_items: int,
    folds: int,
    fold: int,
    keep_new_users: bool,
    keep_new_items: bool,
    seed: int,
) -> None:
    """Interactions -> training and test interactions."""
    from machiya_preprocess import splitting

    plan = splitting.Plan(
        method=method,
        test_share=test_share,
        cut_time=splitting.moment(cut_time),
        test_items=test_items,
        min_train_items=min_train_items,
        folds=folds,
        fold=fold,
        keep_new_users=keep_new_users,
        keep_new_items=keep_new_items,
    )
    divided = splitting.split(interactions.files, plan, context.rng)
    schema = divided.interactions.schema
    with train.writer(schema) as train_rows, test.writer(schema) as test_rows:
        writers = {"train": train_rows, "test": test_rows}
        for side, rows in divided.slices():
            writers[side].write(rows)
    metrics.write(divided.metrics)
    context.log.info("%(train_rows)d rows for training, %(test_rows)d for the test", divided.metrics)
