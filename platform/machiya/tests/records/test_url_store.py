"""Runs that keep their artifacts at a URL."""

from pathlib import Path

import pytest

from machiya.engines.local.store import StoreError
from machiya.records.artifacts import copy_artifacts, list_artifacts
from machiya.records.details import described
from machiya.records.explain import explain
from machiya.records.provenance import trace
from machiya.records.results import link_results

from .conftest import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One whose artifacts are elsewhere."""
    return Home(tmp_path / "home", f"memory://{tmp_path.name}")


def test_artifacts_and_the_cache_are_looked_for_where_the_run_put_them(home: Home, tmp_path: Path) -> None:
    first, second = home.run(), home.run()
    assert explain(second, "shard").run == first.name
    artifacts = list_artifacts(second)
    assert [(one.step, one.type, one.parts) for one in artifacts] == [
        ("clean", "files", 1),
        ("shard", "files", 2),
        ("join", "files", 1),
        ("check", "files", 1),
    ]
    copies = copy_artifacts(second, artifacts, tmp_path / "copy")
    assert (copies[1] / "00001" / "part.txt").is_file()
    assert (link_results(second, home.store)[-1] / "part.txt").is_file()
    assert trace(home.path, f"{second.name}/join/data").run == first.name


def test_a_run_is_shown_while_its_store_cannot_be_reached(home: Home) -> None:
    first, second = home.run(), home.run()
    second.state.options = {**second.options, "store": "nowhere://store"}
    (root,) = described(second)["tree"]
    clean, shard = root["steps"][:2]
    assert clean["cachedFrom"] == first.name
    assert [turn["cachedFrom"] for turn in shard["steps"]] == [None, None]
    with pytest.raises(StoreError, match="nowhere://"):
        list_artifacts(second)
