"""`machiya deploy`, as people type it."""

import json
from pathlib import Path
from typing import Any

from tests.argo.cluster import NAMESPACE
from tests.argo.conftest import Machiya
from tests.argo.fake import FakeArgo, Fault
from tests.argo.project import STAGE, digest_of, pin


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
