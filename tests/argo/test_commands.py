"""The commands that speak to a cluster, as people type them."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya as command
from machiya.cli.shell import run
from machiya.engines.argo.client import ArgoServerClient
from machiya.engines.local.runs import RunFolder
from machiya.records import load_record
from machiya.release.registry.connect import open_registry
from tests.argo.cluster import NAMESPACE
from tests.argo.project import LOG_DIGEST, STAGE, contract, digest_of, pin, write_component, write_project
from tests.argo.server import TOKEN, FakeArgo, Fault
from tests.release.registries import put_image, small_registry

KNOWN = ("-p", f"log-digest={LOG_DIGEST}")
ARGO = ("--engine", "argo")
OF_OTHERS = {
    "kind": "Workflow",
    "apiVersion": "argoproj.io/v1alpha1",
    "metadata": {"name": "of-others"},
    "spec": {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "i", "command": ["c"]}}]},
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow's folder as every test finds it."""
    return write_project(tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def folder(rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argo: FakeArgo) -> Path:
    """The workflow's folder, in the project that commands are typed in; variables name the server."""
    folder = tmp_path / "project" / "workflows" / rendered.name
    shutil.copytree(rendered, folder)
    monkeypatch.chdir(folder.parents[1])
    monkeypatch.delenv("MACHIYA_HOME", raising=False)
    for name, value in argo.environment.items():
        monkeypatch.setenv(name, value)
    return folder


Machiya = Callable[..., str]


@pytest.fixture
def machiya(folder: Path, capfd: pytest.CaptureFixture[str]) -> Machiya:
    """`machiya(*WORDS, code=0)`: what a command prints, standard output first; it must end with this code."""
    assert folder.is_dir()

    def call(*words: str, code: int = 0) -> str:
        ended = run(command, list(words))
        printed = capfd.readouterr()
        assert ended == code, printed.out + printed.err
        assert TOKEN not in printed.out + printed.err
        return printed.out + printed.err

    return call


Submit = Callable[..., str]


@pytest.fixture
def submit(machiya: Machiya, argo: FakeArgo) -> Submit:
    """Submit a run and let it come to its end; its name. Steps that are named end with these codes."""

    def call(*words: str, **failing: int) -> str:
        out = machiya("submit", "letters", "--stage", STAGE, *words)
        name = out.partition(":")[0]
        argo.cluster.finish(name, failing, lines=["counting", "done"])
        return name

    return call


def steps(text: str) -> dict[str, str]:
    """What was said of each step while a run was watched."""
    lines = [line.partition("  ")[2] for line in text.splitlines() if line[2:3] == ":"]
    return {name: what for line in lines for name, colon, what in [line.partition(": ")] if colon}


# -- submit -----------------------------------------------------------------------------------------------------------


def test_what_is_submitted_is_what_render_makes_with_the_values_that_were_given(
    machiya: Machiya, argo: FakeArgo
) -> None:
    out = machiya("submit", "letters", "--stage", STAGE, "-p", "factor=3", "-p", "log=raw/2026-11")
    (name,) = argo.cluster.workflows
    assert f"{name}: submitted\n  {argo.url}/workflows/{NAMESPACE}/{name}\n" in out
    assert "log: raw/2026-11 in the artifact repository; its digest is not known here, so no earlier result" in out
    workflow = argo.cluster.get(name)
    values = {one["name"]: one["value"] for one in workflow["spec"]["arguments"]["parameters"]}
    assert values == {"factor": "3", "log": "raw/2026-11", "log-digest": ""}
    assert workflow["metadata"]["labels"] == {"machiya/workflow": "letters", "machiya/stage": STAGE}
    assert {one["container"]["image"] for one in workflow["spec"]["templates"] if "container" in one} == {
        f"ghcr.io/acme/{component}:1.0.0@{digest_of('1.0.0')}" for component in ("reader", "counter")
    }


def test_a_run_is_watched_to_its_end(machiya: Machiya, argo: FakeArgo) -> None:
    argo.cluster.when_watched.append(argo.cluster.finish)
    out = machiya("submit", "letters", "--stage", STAGE, "--watch")
    assert steps(out)["total"] == "done in 1.0 s"
    assert ": Succeeded in 3.0 s, 3 steps\n" in out


def test_a_run_that_fails_ends_with_1_and_says_what_to_type(machiya: Machiya, argo: FakeArgo) -> None:
    argo.cluster.when_watched.append(lambda name: argo.cluster.finish(name, {"count": 65}))
    out = machiya("submit", "letters", "--stage", STAGE, "--watch", "--json", code=1)
    (name,) = argo.cluster.workflows
    told = json.loads(out[: out.index("\n}") + 2])
    assert (told["run"], told["phase"], told["steps"]["failed"]) == (name, "Failed", 1)
    assert f"the run {name} failed at count." in out
    anew = f"machiya resubmit {name} --stage {STAGE} --engine argo"
    assert f"A retry would fail again. When that is mended, run it anew: {anew}\n" in out


def test_a_run_that_a_retry_may_help_says_so(machiya: Machiya, argo: FakeArgo) -> None:
    argo.cluster.when_watched.append(lambda name: argo.cluster.finish(name, {"count": 75}))
    out = machiya("submit", "letters", "--stage", STAGE, "--watch", code=1)
    (name,) = argo.cluster.workflows
    assert f"  Continue: machiya retry {name} --engine argo\n" in out


def test_a_run_that_is_stopped_while_it_is_watched_ends_with_130(machiya: Machiya, argo: FakeArgo) -> None:
    def stop(name: str) -> None:
        argo.cluster.shut_down(name, "Stop")
        argo.cluster.end(name, "Failed", "Stopped with strategy 'Stop'")

    argo.cluster.when_watched.append(stop)
    assert "was stopped" in machiya("submit", "letters", "--stage", STAGE, "--watch", code=130)


def test_ctrl_c_ends_the_watching_and_not_the_run(
    machiya: Machiya, argo: FakeArgo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_client: ArgoServerClient, _name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ArgoServerClient, "watch", interrupt)
    out = machiya("submit", "letters", "--stage", STAGE, "--watch", code=130)
    (name,) = argo.cluster.workflows
    assert f"the run {name} goes on." in out
    assert f"machiya stop {name} --engine argo" in out
    assert argo.asked("PUT") == []


def test_with_another_image_it_is_named_by_digest_and_its_results_are_reused(argo: FakeArgo, submit: Submit) -> None:
    submit(*KNOWN)
    argo.cluster.programs.clear()
    with small_registry() as registry:
        repository = open_registry(f"{registry.host}/me").repository("counter")
        digest = put_image(repository, "1.1.0", contract=json.dumps(contract("counter", "1.1.0")))
        for _ in range(2):
            submit(*KNOWN, "--with", f"counter={registry.host}/me/counter:1.1.0")
    assert argo.cluster.programs == ["count(0)", "total(0)"]
    last = argo.cluster.newest_first()[0]
    assert {one["container"]["image"] for one in last["spec"]["templates"] if "container" in one} == {
        f"ghcr.io/acme/reader:1.0.0@{digest_of('1.0.0')}",
        f"{registry.host}/me/counter:1.1.0@{digest}",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-p", "log=/data/log"], "a cluster reads data by its key"),
        (["-p", "log=s3://bucket/log"], "a cluster reads data by its key"),
        (["-p", "log-digest=abc"], "that is no digest"),
        (["-p", "factor=0"], "-p factor"),
        (["-p", "nothing=1"], "letters has no such parameter"),
        (["--with", "counter=counter"], "a cluster cannot run a folder"),
    ],
)
def test_what_cannot_run_on_a_cluster_is_told_before_it_is_asked(
    machiya: Machiya, argo: FakeArgo, folder: Path, words: list[str], message: str
) -> None:
    write_component(folder.parents[1] / "counter")
    assert message in machiya("submit", "letters", "--stage", STAGE, *words, code=64)
    assert argo.requests == []


def test_the_namespace_of_the_stages_profile_is_meant_where_none_is_named(
    machiya: Machiya, argo: FakeArgo, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGO_NAMESPACE")
    assert "the namespace default" in machiya("submit", "letters", "--stage", STAGE, code=77)
    (folder / "profiles").mkdir()
    (folder / "profiles" / f"{STAGE}.yaml").write_text(f"namespace: {NAMESPACE}\n")
    out = machiya("submit", "letters", "--stage", STAGE)
    (name,) = argo.cluster.workflows
    assert f"machiya show {name} --engine argo --namespace {NAMESPACE}" in out


# -- retry and resubmit -----------------------------------------------------------------------------------------------


def test_retry_runs_what_failed_and_nothing_else(machiya: Machiya, argo: FakeArgo, submit: Submit) -> None:
    name = submit(count=70)
    argo.cluster.programs.clear()
    argo.cluster.when_watched.append(argo.cluster.finish)
    out = machiya("retry", *ARGO, "--watch")
    assert argo.cluster.programs == ["count(0)", "total(0)"]
    assert set(steps(out)) == {"count", "total"}
    assert f"{name}: Succeeded" in out


def test_a_step_that_succeeded_is_run_again_by_name(machiya: Machiya, argo: FakeArgo, submit: Submit) -> None:
    name = submit()
    machiya("retry", name, "--step", "total", *ARGO)
    assert argo.cluster.get(name)["status"]["phase"] == "Running"
    assert argo.asked("PUT") == [f"/api/v1/workflows/{NAMESPACE}/{name}/retry"]


def test_a_run_that_succeeded_is_not_retried_and_argo_says_why(machiya: Machiya, submit: Submit) -> None:
    submit()
    assert "To retry a succeeded workflow" in machiya("retry", *ARGO, code=65)


def test_after_a_bump_retry_says_that_it_runs_the_old_version(machiya: Machiya, folder: Path, submit: Submit) -> None:
    name = submit(count=70)
    pin(folder, reader="1.0.0", counter="1.1.0")
    out = machiya("retry", name, *ARGO)
    assert f"counter: ghcr.io/acme/counter:1.0.0@{digest_of('1.0.0')} -> ghcr.io/acme/counter:1.1.0@" in out
    assert f"machiya resubmit {name} --stage {STAGE} --engine argo" in out


def test_after_a_bump_resubmit_computes_only_what_the_new_version_affects(
    machiya: Machiya, argo: FakeArgo, folder: Path, submit: Submit
) -> None:
    name = submit(*KNOWN, "-p", "factor=7", count=70)
    pin(folder, reader="1.0.0", counter="1.1.0")
    argo.cluster.programs.clear()
    argo.cluster.when_watched.append(argo.cluster.finish)
    out = machiya("resubmit", name, "--stage", STAGE, "--watch", *ARGO)
    assert steps(out)["read"] == "from the cache"
    assert argo.cluster.programs == ["count(0)", "total(0)"]
    (new,) = set(argo.cluster.workflows) - {name}
    values = {one["name"]: one["value"] for one in argo.cluster.get(new)["spec"]["arguments"]["parameters"]}
    assert values == {"factor": "7", "log": "raw/log", "log-digest": LOG_DIGEST}


def test_other_data_is_not_taken_for_that_of_the_earlier_run(machiya: Machiya, argo: FakeArgo, submit: Submit) -> None:
    name = submit(*KNOWN)
    for words in ([], ["--stage", STAGE]):
        machiya("resubmit", name, *words, "-p", "log=raw/other", *ARGO)
    new = [one for one in argo.cluster.newest_first() if one["metadata"]["name"] != name]
    values = [{one["name"]: one["value"] for one in run["spec"]["arguments"]["parameters"]} for run in new]
    assert values == [{"factor": "1", "log": "raw/other", "log-digest": ""}] * 2


def test_resubmit_without_a_stage_runs_what_the_run_ran(
    machiya: Machiya, argo: FakeArgo, folder: Path, submit: Submit
) -> None:
    name = submit(*KNOWN)
    pin(folder, reader="1.0.0", counter="1.1.0")
    machiya("resubmit", name, *ARGO)
    (new,) = set(argo.cluster.workflows) - {name}
    assert argo.cluster.get(new)["spec"] == argo.cluster.get(name)["spec"]
    assert "has no such parameter" in machiya("resubmit", name, "-p", "nothing=1", *ARGO, code=64)


# -- runs, show, logs, stop -------------------------------------------------------------------------------------------


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


# -- deploy -----------------------------------------------------------------------------------------------------------


def deploy(machiya: Machiya, *words: str, code: int = 0) -> str:
    return machiya("deploy", "letters", "--stage", STAGE, *words, code=code)


def test_deploying_twice_changes_nothing_the_second_time(machiya: Machiya, argo: FakeArgo) -> None:
    assert deploy(machiya, "--dry-run").count("would be created") == 2
    assert argo.asked("POST") == []
    assert deploy(machiya).splitlines() == [
        f"WorkflowTemplate letters-{STAGE} ({NAMESPACE}): created",
        f"CronWorkflow letters-{STAGE} ({NAMESPACE}): created",
    ]
    assert deploy(machiya).count("up to date") == 2
    assert (len(argo.asked("POST")), len(argo.asked("PUT"))) == (2, 0)


def test_a_bump_is_deployed_as_what_it_changes(machiya: Machiya, argo: FakeArgo, folder: Path) -> None:
    deploy(machiya)
    pin(folder, reader="1.1.0", counter="1.0.0")
    told = json.loads(deploy(machiya, "--dry-run", "--json"))
    assert [(one["kind"], one["action"], one["applied"]) for one in told] == [
        ("WorkflowTemplate", "update", False),
        ("CronWorkflow", "leave", False),
    ]
    place = "spec.templates[read].container.image"
    assert f'+{place}: "ghcr.io/acme/reader:1.1.0@{digest_of("1.1.0")}"' in told[0]["differences"]
    assert "updated" in deploy(machiya)
    images = [one["container"]["image"] for one in _template(argo)["spec"]["templates"] if one["name"] == "read"]
    assert images == [f"ghcr.io/acme/reader:1.1.0@{digest_of('1.1.0')}"]


def test_a_manifest_that_is_not_rendered_is_not_deployed(machiya: Machiya, argo: FakeArgo, folder: Path) -> None:
    file = folder / "rendered" / f"{STAGE}.yaml"
    file.write_text(file.read_text() + "# by hand\n")
    assert "is not what would be rendered now" in deploy(machiya, code=1)
    assert argo.requests == []


def test_what_others_added_stays(machiya: Machiya, argo: FakeArgo, folder: Path) -> None:
    deploy(machiya)
    for plural in ("workflowtemplates", "cronworkflows"):
        argo.cluster.deployed[plural][f"letters-{STAGE}"]["metadata"]["labels"]["team"] = "search"
    cron = argo.cluster.deployed["cronworkflows"][f"letters-{STAGE}"]
    cron["spec"]["suspend"] = True
    cron["status"] = {"lastScheduledTime": "2026-11-25T03:00:00Z"}
    assert "its schedule is suspended on the cluster, and stays so" in deploy(machiya)
    workflow = folder / "workflow.py"
    workflow.write_text(workflow.read_text().replace("0 3 * * *", "0 4 * * *").replace("Counts letters", "Counts"))
    pin(folder, reader="1.0.0", counter="1.0.0")
    assert deploy(machiya).count("updated") == 2
    assert _template(argo)["metadata"]["labels"]["team"] == "search"
    cron = argo.cluster.deployed["cronworkflows"][f"letters-{STAGE}"]
    assert (cron["spec"]["schedules"], cron["spec"]["suspend"]) == (["0 4 * * *"], True)
    assert cron["status"] == {"lastScheduledTime": "2026-11-25T03:00:00Z"}


def test_a_schedule_that_is_no_more_is_suspended_and_keeps_its_runs(
    machiya: Machiya, argo: FakeArgo, folder: Path
) -> None:
    deploy(machiya)
    workflow = folder / "workflow.py"
    workflow.write_text(workflow.read_text().replace(', schedule="0 3 * * *", timezone="Asia/Tokyo"', ""))
    pin(folder, reader="1.0.0", counter="1.0.0")
    assert "CronWorkflow letters-production (ml): suspended" in deploy(machiya)
    assert argo.cluster.deployed["cronworkflows"][f"letters-{STAGE}"]["spec"]["suspend"] is True
    assert "CronWorkflow letters-production (ml): up to date" in deploy(machiya)


def test_what_belongs_to_another_workflow_is_not_overwritten(machiya: Machiya, argo: FakeArgo) -> None:
    argo.cluster.add("workflowtemplates", {"metadata": {"name": f"letters-{STAGE}"}, "spec": {}})
    assert "which is not ours" in deploy(machiya, code=75)
    assert argo.asked("PUT") == []


def test_what_somebody_changes_at_the_same_time_is_not_overwritten(
    machiya: Machiya, argo: FakeArgo, folder: Path
) -> None:
    deploy(machiya)
    pin(folder, reader="1.1.0", counter="1.0.0")
    body = b'{"code": 6, "message": "Operation cannot be fulfilled: the object has been modified"}'
    argo.faults.append(Fault("PUT", "/workflow-templates/", (409, "application/json", body)))
    assert "the object has been modified" in deploy(machiya, code=75)


def test_a_permission_that_lacks_is_named(machiya: Machiya, argo: FakeArgo) -> None:
    argo.forbidden.add(("create", "cronworkflows"))
    out = deploy(machiya, code=77)
    assert "WorkflowTemplate letters-production (ml): created" in out
    assert "the token may not create cronworkflows in the namespace ml." in out


def _template(argo: FakeArgo) -> dict[str, Any]:
    return argo.cluster.find("workflowtemplates", f"letters-{STAGE}")
