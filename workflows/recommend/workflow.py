"""Clean the log, look at what changed, split, train, predict by shards, evaluate, report, publish; tell how it went."""

from machiya.dsl import Workflow, run

workflow = Workflow(
    "recommend",
    summary="Recommendations for every user of the job board",
    owner="ml-platform",
    schedule="0 3 * * *",
    timezone="Asia/Tokyo",
)
preprocess, watch, recommender, evaluation, viewer, publish, notify = workflow.components(
    "preprocess", "watch", "recommender", "evaluation", "viewer", "publish", "notify"
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
gate_rules = workflow.expose(watch.gate, "accept", "lenient_stages")
limits = workflow.expose(publish.publish, "min_rows", "min_coverage", "max_drop")
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
report = viewer.report(
    recommendations=predict.recommendations,
    interactions=split.train,
    items=clean.items,
    scores=evaluate.scores,
    title=title,
    run=run.name,
    workflow=run.workflow,
    stage=run.stage,
    started=run.started,
)

# What others read: it changes in the end, when everything before has succeeded, or not at all.
published = workflow.kept("published/recommendations.json", file="pointer.json")
flip = publish.publish(
    result=predict.recommendations,
    key=predict.recommendations.key,
    users=clean.interactions,
    earlier=published,
    workflow=run.workflow,
    stage=run.stage,
    name="recommendations",
    run=run.name,
    started=run.started,
    **limits,
)
workflow.keep(flip.after(evaluate, report).pointer, published)

# What training reads is compared with the last good runs before, and is one of them when all is published.
findings = []
for name, table in {"interactions": clean.interactions, "items": clean.items}.items():
    good_runs = workflow.kept(f"history/clean-{name}.json", file="history.json")
    compare = watch.compare(data=table, history=good_runs, table=name, run=run.name, started=run.started)
    findings.append(compare.named(f"watch-{name}").findings)
    gate = watch.gate(findings=compare.findings, stage=run.stage, **gate_rules)
    train.after(gate.named(f"gate-{name}"))
    remember = watch.remember(snapshot=compare.snapshot, earlier=good_runs).named(f"remember-{name}")
    workflow.keep(remember.after(flip).history, good_runs)

tell = notify.send(
    workflow=run.workflow,
    stage=run.stage,
    run=run.name,
    status=run.status,
    duration=run.duration,
    failures=run.failures,
    components=run.components,
    link=run_link,
    links=run.links,
    warnings=findings,
    earlier=run.earlier.receipt,
)
workflow.on_exit(tell.named("notify"))

workflow.result(predict.recommendations)
