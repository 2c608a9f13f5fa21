"""The commands that look at runs of a cluster, stop them and let them go on, as people type them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from machiya.engines.local.runs import RunFolder
from machiya.records import load_record
from tests.argo.cluster import NAMESPACE
from tests.argo.conftest import ARGO, KNOWN, Machiya, Submit
from tests.argo.fake import FakeArgo
from tests.argo.project import STAGE

OF_OTHERS = {
    "kind": "Workflow",
    "apiVersion": "argoproj.io/v1alpha1",
    "metadata": {"name": "of-others"},
    "spec": {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "i", "command": ["c"]}}]},
}


def test_runs_lists_those_of_machiya_the_newest_first(
    machiya: Machiya, argo: FakeArgo, submit: Submit, tmp_path: Path
) -> None:
    names = [submit(count=70), submit(), submit(*KNOWN)]
    argo.cluster.create(OF_OTHERS)
    found = json.loads(machiya("runs", *ARGO, "--json"))
    assert [one["id"] for one in found] == names[::-1]
    assert [one["steps"]["failed"] for one in found] == [0, 0, 1]
    assert found[0].keys() == load_record(RunFolder(tmp_path, "none")).summary().keys()
    assert [one["id"] for one in json.loads(machiya("runs", "letters", *ARGO, "--phase", "Failed", "--json"))] == [
        names[0]
    ]
    assert machiya("runs", "other", *ARGO) == "no such runs\n"


@pytest.mark.parametrize("elsewhere", [{"offloadNodeStatusVersion": "fnv:1"}, {"compressedNodes": "KLUv/Q=="}])
def test_runs_whose_steps_are_kept_elsewhere_are_listed_all_the_same(
    machiya: Machiya, argo: FakeArgo, submit: Submit, elsewhere: dict[str, str]
) -> None:
    def keep_elsewhere(workflow: dict[str, Any]) -> None:
        workflow["status"] = {"phase": "Succeeded", **elsewhere}

    argo.cluster.update(submit(), keep_elsewhere)
    (found,) = json.loads(machiya("runs", *ARGO, "--json"))
    assert (found["phase"], found["steps"]["done"]) == ("Succeeded", 0)


def test_show_says_the_same_as_of_a_run_of_this_machine(machiya: Machiya, argo: FakeArgo, submit: Submit) -> None:
    name = submit(*KNOWN, "-p", "factor=7", count=70)
    out = machiya("show", name[:-2], *ARGO)
    assert out.startswith(f"{name}  Failed in 2.0 s\n")
    assert f"{argo.url}/workflows/{NAMESPACE}/{name}" in out
    assert "count  Failed  1.0 s  Error (exit code 70): a bug" in out
    assert f"machiya logs {name} count --engine argo" in out
    told: dict[str, Any] = json.loads(machiya("show", *ARGO, "--json"))
    assert told["parameters"]["factor"] == "7"


def test_logs_of_one_step_of_all_and_as_json(machiya: Machiya, submit: Submit) -> None:
    name = submit(count=70)
    assert machiya("logs", name, "count", *ARGO) == "counting\ndone\n"
    assert machiya("logs", name, "count", "--tail", "1", *ARGO) == "done\n"
    every = machiya("logs", *ARGO)
    assert every.startswith("==> read: Succeeded <==\ncounting\ndone\n==> count: Failed <==\ncounting\n")
    assert "==> total: Omitted, and it has no pod <==" in every
    (first, *_) = machiya("logs", name, "read", *ARGO, "--json").splitlines()
    assert json.loads(first) == {"step": "read", "attempt": 1, "line": "counting"}


def test_a_log_whose_pod_is_gone_is_the_one_that_the_controller_kept(
    machiya: Machiya, argo: FakeArgo, submit: Submit
) -> None:
    name = submit()
    argo.cluster.logs.clear()
    assert "nothing is left of the log of count" in machiya("logs", name, "count", *ARGO)
    nodes = argo.cluster.get(name)["status"]["nodes"].values()
    (node,) = [one["id"] for one in nodes if one["displayName"] == "count(0)"]
    argo.cluster.kept_logs[name, node] = b"kept\n"
    assert machiya("logs", name, "count", *ARGO) == "kept\n"


def test_logs_are_followed_with_the_names_of_steps_that_begin_meanwhile(machiya: Machiya, argo: FakeArgo) -> None:
    machiya("submit", "letters", "--stage", STAGE)
    (name,) = argo.cluster.workflows
    argo.cluster.begin(name)
    argo.cluster.when_watched.append(lambda one: argo.cluster.finish(one, lines=["late"]))
    assert machiya("logs", name, "-f", *ARGO) == "read: late\ncount: late\ntotal: late\n"


def test_a_run_is_stopped_or_killed(machiya: Machiya, argo: FakeArgo) -> None:
    machiya("submit", "letters", "--stage", STAGE)
    (name,) = argo.cluster.workflows
    argo.cluster.begin(name)
    assert f"{name}: told to stop" in machiya("stop", *ARGO)
    assert argo.cluster.get(name)["spec"]["shutdown"] == "Stop"
    machiya("stop", "--kill", *ARGO)
    assert argo.cluster.get(name)["spec"]["shutdown"] == "Terminate"
    argo.cluster.end(name, "Failed", "Stopped with strategy 'Terminate'")
    assert "nothing to stop, it has ended" in machiya("stop", *ARGO)


GATE = {"id": "gate", "name": "gate", "displayName": "gate", "type": "Suspend", "phase": "Running"}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"spec": {"suspend": True}}, {}),
        ({"status": {"nodes": {"gate": GATE}}}, {"gate": "Succeeded"}),
    ],
)
def test_a_run_that_waits_goes_on_once(
    machiya: Machiya, argo: FakeArgo, change: dict[str, dict[str, Any]], left: dict[str, str]
) -> None:
    def wait(workflow: dict[str, Any]) -> None:
        for part, values in change.items():
            workflow[part] |= copy.deepcopy(values)

    machiya("submit", "letters", "--stage", STAGE)
    (name,) = argo.cluster.workflows
    argo.cluster.begin(name)
    assert machiya("resume", *ARGO) == f"{name}: nothing waits in it\n"
    argo.cluster.update(name, wait)
    assert machiya("resume", name[:-2], *ARGO) == f"{name}: goes on\n"
    workflow = argo.cluster.get(name)
    nodes = {one: node["phase"] for one, node in workflow["status"].get("nodes", {}).items()}
    assert "suspend" not in workflow["spec"]
    assert nodes == left
    assert machiya("resume", name, *ARGO) == f"{name}: nothing waits in it\n"
    assert argo.asked("PUT") == [f"/api/v1/workflows/{NAMESPACE}/{name}/resume"]


def test_what_is_not_there_and_what_is_not_unique(machiya: Machiya, submit: Submit) -> None:
    assert "there are no runs of Machiya's workflows" in machiya("show", *ARGO, code=66)
    submit(), submit()
    assert "there is no run nothing" in machiya("show", "nothing", *ARGO, code=66)
    assert "letters may be 2 runs" in machiya("show", "letters", *ARGO, code=66)


def test_options_of_a_cluster_want_the_engine(machiya: Machiya) -> None:
    assert "Add --engine argo." in machiya("runs", "--server", "argo.example.com", code=64)
    assert "--engine argo" in machiya("resubmit", "--stage", STAGE, code=64)
