"""`machiya submit`, `retry` and `resubmit` on a cluster, as people type them."""

import json
from pathlib import Path

import pytest

from machiya.engines.argo.client import ArgoServerClient
from machiya.release.registry.connect import open_registry
from tests.argo.cluster import NAMESPACE
from tests.argo.conftest import ARGO, KNOWN, Machiya, Submit, steps
from tests.argo.fake import FakeArgo
from tests.argo.project import LOG_DIGEST, STAGE, contract, digest_of, pin, write_component
from tests.release.registries import put_image, small_registry

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


def test_show_tells_what_was_given_and_what_runs_after_it_were_given(machiya: Machiya, submit: Submit) -> None:
    name = submit("-p", "factor=7", count=70)
    assert "parameters  factor=7\n              1 others; --all lists them\n" in machiya("show", name, *ARGO)
    machiya("resubmit", name, "-p", "log=raw/other", *ARGO)
    assert "parameters  factor=7\n              log=raw/other\n" in machiya("show", *ARGO)
    machiya("resubmit", name, "--stage", STAGE, *ARGO)
    assert "parameters  factor=7\n              1 others; --all lists them\n" in machiya("show", *ARGO)


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
        (["--with", "counter=./counter"], "a cluster cannot run a folder"),
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
