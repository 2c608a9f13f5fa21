"""Clean the log, split it, train, predict shard by shard, evaluate, and report."""

from machiya.dsl import Workflow

workflow = Workflow(
    "recommend",
    summary="Recommendations for every user of the job board",
    owner="ml-platform",
    schedule="0 3 * * *",
    timezone="Asia/Tokyo",
)
preprocess, recommender, evaluation, viewer = workflow.components("preprocess", "recommender", "evaluation", "viewer")

SAMPLE = "components/preprocess/sample"
events = workflow.artifact("events", "The raw log, CSV or Parquet", default=f"{SAMPLE}/events")
catalogue = workflow.artifact("catalogue", "The item table; none if empty", default=f"{SAMPLE}/catalogue")

algorithm = workflow.parameter("algorithm", "als", "How to recommend", enum=["als", "bpr", "item-knn", "popularity"])
factors = workflow.parameter("factors", 16, "Latent dimensions", minimum=1, maximum=1024)
items_per_user = workflow.parameter("items_per_user", 10, "How many items to recommend to a user", minimum=1)
shards = workflow.parameter("shards", 2, "Parts of the users that are predicted side by side", minimum=1)
test_share = workflow.parameter("test_share", 0.2, "Share of the interactions that is held out for evaluation")
title = workflow.parameter("title", "Recommendations", "Heading of the report")

clean = preprocess.clean(events=events, catalogue=catalogue)
split = preprocess.split(interactions=clean.interactions, method="time", test_share=test_share)
train = recommender.train(interactions=split.train, algorithm=algorithm, factors=factors)
predict = recommender.predict(model=train.model, interactions=split.train, n=items_per_user).fan_out(
    "shard", over="shards", count=shards
)
evaluate = evaluation.evaluate(
    recommendations=predict.recommendations, test=split.test, train=split.train, items=clean.items
)
viewer.report(
    recommendations=predict.recommendations,
    interactions=split.train,
    items=clean.items,
    scores=evaluate.scores,
    title=title,
)

workflow.result(predict.recommendations)
