"""Where artifacts come from, across runs, back to what came from outside."""

import re
import shutil

import pytest

from machiya.errors import NotFoundError
from machiya.records.origins import computed_by
from machiya.records.provenance import Origin, trace
from machiya.records.results import link_results

from .conftest import Home


def chain(origin: Origin) -> list[Origin]:
    """From the artifact to what came from outside, along the first input."""
    found = [origin]
    while found[-1].inputs:
        found.append(next(iter(found[-1].inputs.values())))
    return found


def test_an_artifact_is_traced_to_the_log_through_the_runs_that_computed_its_inputs(home: Home) -> None:
    first = home.run()
    second = home.run(code="0")
    origins = chain(trace(home.path, f"{second.name}/check/data"))
    assert [(one.kind, one.run, one.step, one.parts) for one in origins] == [
        ("made", second.name, "check", 1),
        ("made", first.name, "join", 1),
        ("made", first.name, "shard", 2),
        ("made", first.name, "clean", 1),
        ("source", "", "", 1),
    ]
    clean, log = origins[-2:]
    assert (clean.component, clean.version, clean.operation, clean.commit) == ("toy", "1.0.0", "clean", "abcdef")
    assert (clean.image, clean.code, clean.seed, clean.parameters) == (
        "machiya/toy:1.0.0",
        "sha256:c0de",
        7,
        {"text": "one"},
    )
    assert (log.location, log.port) == ("raw.csv", "log")


def test_a_digest_and_a_folder_mean_the_same_artifact_as_its_name(home: Home) -> None:
    record = home.run()
    (join,) = record.find_steps("join")
    digest = join.node.outputs.parameters["data-digest"]
    named = trace(home.path, "latest/join/data")
    assert trace(home.path, digest).id == named.id
    assert trace(home.path, digest.removeprefix("sha256:")[:12]).id == named.id
    check = link_results(record, home.store)[-1]
    assert trace(home.path, str(check)).id == f"{record.name}/check/data"
    assert trace(home.path, str(check / "part.txt")).id == f"{record.name}/check/data"


def test_the_digest_of_what_came_from_outside_is_known_too(home: Home) -> None:
    record = home.run()
    origin = trace(home.path, record.options["sources"]["log"]["digest"])
    assert (origin.kind, origin.location) == ("source", "raw.csv")


def test_a_run_that_is_gone_leaves_what_the_others_know(home: Home) -> None:
    first, second = home.run(), home.run()
    shutil.rmtree(first.folder.path)
    origins = chain(trace(home.path, f"{second.name}/check/data"))
    assert [one.step for one in origins] == ["check", "join", "shard", "clean", ""]
    assert "not recorded any more" in origins[1].note
    assert origins[-1].location == "raw.csv"


def test_a_folder_that_no_run_made_is_what_its_sidecar_says(
    home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = home.run()
    copy = tmp_path_factory.mktemp("elsewhere") / "data"
    shutil.copytree(link_results(record, home.store)[-1], copy)
    shutil.rmtree(home.path / "runs")
    origin = trace(home.path, str(copy))
    assert (origin.component, origin.operation, origin.run) == ("toy", "check", "")
    assert "no recorded run made it" in origin.note
    assert [one.kind for one in origin.inputs.values()] == ["unknown"]


def test_what_came_from_outside_with_no_digest_is_of_unknown_origin(home: Home) -> None:
    record = home.run(known=False)
    (log,) = trace(home.path, f"{record.name}/clean/data").inputs.values()
    assert (log.kind, log.note) == ("unknown", "its digest was not known")


def test_the_origins_as_a_graph_hold_each_artifact_once(home: Home) -> None:
    origins = trace(home.path, f"{home.run().name}/check/data").all()
    known = {one.id for one in origins}
    assert len(known) == len(origins) == 5
    assert {other for one in origins for other in one.to_json()["inputs"].values()} <= known


@pytest.mark.parametrize(
    "artifact", ["nope", "latest/check", "latest/check/nope", "sha256:" + "0" * 64, "latest/nope/data"]
)
def test_what_is_no_artifact_is_an_error_that_says_what_to_do(home: Home, artifact: str) -> None:
    home.run()
    with pytest.raises(NotFoundError) as error:
        trace(home.path, artifact)
    assert error.value.remedy


def test_a_later_entry_of_the_cache_is_not_taken_for_the_one_that_was_used(home: Home) -> None:
    first, second = home.run(), home.run()
    step = second.find_steps("shard(0:00000)")[0]
    assert computed_by(second, step) == first.name
    for path in (home.path / "cache").rglob("*.json"):
        path.write_text(re.sub(r'"created": [0-9.]+', '"created": 9e9', path.read_text()))
    assert computed_by(second, step) == ""
    assert computed_by(second, second.find_steps("clean")[0]) == first.name
