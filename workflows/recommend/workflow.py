"""Clean the log, split it, train, predict shard by shard, evaluate, and report; in the end, tell how it went."""

from machiya.dsl import Workflow, run

workflow = Workflow(
    "recommend",
    summary="Recommendations for every user of the job board",
    owner="ml-platform",
    schedule="0 3 * * *",
    timezone="Asia/Tokyo",
)
preprocess, recommender, evaluation, viewer, notify = workflow.components(
    "preprocess", "recommender", "evaluation", "viewer", "notify"
)

SAMPLE = "components/preprocess/sample"
events = workflow.artifact("events", "The raw log, CSV or Parquet", default=f"{SAMPLE}/events")
catalogue = workflow.artifact("catalogue", "The item table of this log; may be absent", default=f"{SAMPLE}/catalogue")

# How a log that others wrote is to be read, and which of its rows count.
log_format = workflow.expose(
    preprocess.clean,
    "user_column", "item_column", "event_column", "time_column", "time_format", "time_zone",
    "encoding", "delimiter", "column_names", "max_unreadable_share",
)  # fmt: skip
rules = workflow.expose(
    preprocess.clean,
    "event_weights", "allow_events", "window_from", "window_to", "window_days", "dedup_seconds", "keep_unknown_items",
    "max_events_per_hour", "max_events_per_day", "burst_events", "min_user_items", "min_item_users",
)  # fmt: skip
catalogue_format = workflow.expose(
    preprocess.clean, "item_id_column", "title_column", "category_column", "known_categories", "allow_categories"
)
algorithm = workflow.parameter("algorithm", "als", "How to recommend", enum=["als", "bpr", "item-knn", "popularity"])
factors = workflow.parameter("factors", 16, "Latent dimensions", minimum=1, maximum=1024)
items_per_user = workflow.parameter("items_per_user", 10, "How many items to recommend to a user", minimum=1)
shards = workflow.parameter("shards", 2, "Parts of the users that are predicted side by side", minimum=1)
split_method = workflow.parameter(
    "split_method",
    "time",
    "What is held out for evaluation: the time after a cut, or each user's last item",
    enum=["time", "last-n"],
)
test_share = workflow.parameter("test_share", 0.2, "time: share of the interactions that is held out")
cutoffs = workflow.parameter(
    "cutoffs", [5, 10, 20], "Lengths at which lists are evaluated", items={"type": "integer", "minimum": 1}, minItems=1
)
title = workflow.parameter("title", "Recommendations", "Heading of the report")
run_link = workflow.parameter(
    "run_link",
    "",
    "Where runs can be looked at, with {run} for the name; told with the end",
    pattern=r"^(https?://\S+)?$",
)

clean = preprocess.clean(events=events, catalogue=catalogue, **log_format, **rules, **catalogue_format)
split = preprocess.split(interactions=clean.interactions, method=split_method, test_share=test_share)
train = recommender.train(interactions=split.train, algorithm=algorithm, factors=factors)
predict = recommender.predict(model=train.model, interactions=split.train, n=items_per_user).fan_out(
    "shard", over="shards", count=shards
)
evaluate = evaluation.evaluate(
    recommendations=predict.recommendations, test=split.test, train=split.train, items=clean.items, ks=cutoffs
)
viewer.report(
    recommendations=predict.recommendations,
    interactions=split.train,
    items=clean.items,
    scores=evaluate.scores,
    title=title,
)

tell = notify.send(
    workflow=run.workflow,
    stage=run.stage,
    run=run.name,
    status=run.status,
    duration=run.duration,
    failures=run.failures,
    components=run.components,
    link=run_link,
    earlier=run.earlier.receipt,
)
workflow.on_exit(tell.named("notify"))

workflow.result(predict.recommendations)
