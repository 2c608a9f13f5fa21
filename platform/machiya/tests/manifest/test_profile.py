"""The profile of a stage: where it is, what is wrong with it, and what it makes of a manifest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.engines.local.argo.parse import load_manifest
from machiya.manifest.lint import lint
from machiya.manifest.profile import Profile, ProfileError, load_profile

Render = Callable[[str], Any]

POOLS = """\
namespace: recommendations
parallelism: 20
retention: {succeeded: 2d, failed: 14d, pods: 30m}
pools:
  - name: spot
    cpu: 2
    memory: 4Gi
    preemptible: true
    nodeSelector: {cloud.google.com/gke-spot: "true"}
    tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]
  - {name: standard, cpu: 4, memory: 16Gi}
  - {name: large, cpu: 16, memory: 64Gi, priorityClassName: training}
operations:
  evaluation.evaluate: large
"""


def profile(place: Path, text: str) -> Path:
    file = place / "profiles" / "production.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_the_workflows_own_profile_counts_before_the_one_of_all(folder: Path) -> None:
    assert load_profile(folder, "production") == Profile()
    profile(folder.parent, "parallelism: 5")
    assert load_profile(folder, "production").parallelism == 5
    assert load_profile(folder, "development") == Profile()
    profile(folder, "parallelism: 7")
    assert load_profile(folder, "production").parallelism == 7


def test_an_empty_profile_is_the_default(folder: Path) -> None:
    profile(folder, "# nothing yet\n")
    assert load_profile(folder, "production") == Profile()


def test_all_that_is_wrong_is_told_at_once_with_its_line(folder: Path) -> None:
    file = profile(
        folder,
        "paralelism: 3\n"
        "retention: {failed: a week}\n"
        "pools:\n"
        "  - {name: small, cpu: 0, memory: 4 GB}\n"
        "  - {name: large, memory: 8Gi}\n"
        "links: {run: argo.example}\n",
    )
    with pytest.raises(ProfileError) as caught:
        load_profile(folder, "production")
    told = [(finding.line, finding.rule, finding.where) for finding in caught.value.findings]
    assert told == [
        (1, "profile.unknown-key", "paralelism"),
        (2, "profile.value", "retention.failed"),
        (4, "profile.value", "pools.0.cpu"),
        (4, "profile.value", "pools.0.memory"),
        (5, "profile.value", "pools.1.cpu"),
        (6, "profile.value", "links.run"),
    ]
    assert all(finding.file == str(file) and finding.remedy for finding in caught.value.findings)
    assert caught.value.findings[0].remedy.startswith("Did you mean parallelism? Keys: namespace, ")
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("pools:\n  - {name: a, cpu: 1, memory: 1Gi}\n  - {name: a, cpu: 2, memory: 2Gi}\n", 3, "a pool a already"),
        ("operations:\n  recommender.train: large\n", 2, "no pool 'large'"),
        ("pools: [\n", None, "not valid YAML"),
        ("- pools\n", None, "dictionary"),
    ],
)
def test_a_mistake_is_found(folder: Path, text: str, line: int | None, words: str) -> None:
    profile(folder, text)
    with pytest.raises(ProfileError) as caught:
        load_profile(folder, "production")
    (finding,) = caught.value.findings
    assert words in finding.message
    assert line is None or finding.line == line


def test_a_step_runs_in_the_first_pool_in_which_it_fits(folder: Path, rendered: Render) -> None:
    profile(folder, POOLS)
    manifest = rendered("production")
    predict, train, evaluate, notify = map(manifest.template, ("predict-shard", "train", "evaluate", "notify"))

    assert predict["nodeSelector"] == {"cloud.google.com/gke-spot": "true"}
    assert predict["tolerations"] == [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}]
    assert predict["retryStrategy"]["limit"] == 8
    assert "nodeSelector" not in train, "it must fit with the memory of its second attempt"
    assert train["retryStrategy"]["limit"] == 3
    assert evaluate["priorityClassName"] == "training"
    assert "nodeSelector" not in notify, "what tells how a run ended must not be lost with its node"


def test_steps_that_fit_nowhere_are_told_at_once(folder: Path, rendered: Render) -> None:
    profile(folder, "pools:\n  - {name: tiny, cpu: 2, memory: 2Gi}\noperations: {viewer.report: tiny}\n")
    with pytest.raises(ProfileError) as caught:
        rendered("production")
    told = {finding.message.split()[0]: finding for finding in caught.value.findings}
    assert told["recommender.train"].message == (
        "recommender.train asks for 2 CPUs and 8Gi of memory: it fits into no pool."
    )
    assert told["recommender.train"].line == 1
    assert "tiny (2 CPUs, 2Gi)" in told["recommender.train"].remedy
    assert "notify.send" not in told


def test_what_a_run_leaves_stays_long_enough_to_be_retried(folder: Path, rendered: Render) -> None:
    specification = rendered("production").documents[0]["spec"]
    assert specification["ttlStrategy"] == {"secondsAfterSuccess": 86_400, "secondsAfterFailure": 604_800}
    assert specification["podGC"] == {"strategy": "OnPodSuccess", "deleteDelayDuration": "3600s"}
    assert specification["archiveLogs"] is True
    assert specification["podDisruptionBudget"] == {"minAvailable": 9999}
    profile(folder, "protectPods: false\narchiveLogs: false\nretention: {succeeded: 90m, pods: 5s}\n")
    specification = rendered("production").documents[0]["spec"]
    assert specification["ttlStrategy"] == {"secondsAfterSuccess": 5400, "secondsAfterFailure": 604_800}
    assert specification["podGC"]["deleteDelayDuration"] == "5s"
    assert {"podDisruptionBudget", "archiveLogs"}.isdisjoint(specification)


def test_only_argos_own_container_gets_a_token(rendered: Render) -> None:
    specification = rendered("production").documents[0]["spec"]
    assert specification["serviceAccountName"] == "machiya-workflow"
    assert specification["automountServiceAccountToken"] is False
    assert specification["executor"] == {"serviceAccountName": "machiya-workflow"}


def test_a_manifest_with_a_profile_is_right_and_runs_locally(folder: Path, rendered: Render) -> None:
    profile(folder, POOLS)
    manifest = rendered("production")
    assert lint([("manifest.yaml", manifest.text)], mode="submit") == []
    assert load_manifest(manifest.text).workflow.namespace == "recommendations"
    assert [document["metadata"]["namespace"] for document in manifest.documents] == ["recommendations"] * 2
    assert manifest.documents[0]["spec"]["parallelism"] == 20
