"""The sample data: made by its generator, with the planted structure and the nuisances it promises."""

import gzip
import importlib.util
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component import DataError
from machiya_component.testing import Result, run_operation
from machiya_preprocess.component import component
from machiya_preprocess.verdict import REASONS

from .conftest import HOME


def generate(folder: Path) -> dict[str, bytes]:
    """Every file the generator makes, by its path."""
    spec = importlib.util.spec_from_file_location("generate", HOME / "sample" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def content(name: str, data: bytes) -> object:
    """What a file says; its bytes also depend on the version of the library that packed it."""
    if name.endswith(".parquet"):
        return pq.read_table(pa.BufferReader(data)).to_pylist()
    return gzip.decompress(data) if name.endswith(".gz") else data


def test_the_generator_makes_the_same_bytes_twice(tmp_path: Path) -> None:
    assert generate(tmp_path / "1") == generate(tmp_path / "2")


def test_the_committed_data_is_what_the_generator_makes(tmp_path: Path) -> None:
    committed = {
        path.relative_to(HOME / "sample").as_posix(): path.read_bytes()
        for path in (HOME / "sample").rglob("*.*")
        if path.suffix not in (".py", ".pyc")
    }
    made = generate(tmp_path)
    assert committed.keys() == made.keys()
    for name in made:
        assert content(name, committed[name]) == content(name, made[name]), f"run sample/generate.py: {name} differs"
    assert sum(map(len, committed.values())) < 400_000


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The sample ``csv`` of ``clean``."""
    sample = component.contract.operations["clean"].samples["csv"]
    inputs = {port: HOME / path for port, path in sample.inputs.items()}
    folder = tmp_path_factory.mktemp("csv")
    return run_operation(component, "clean", inputs=inputs, parameters=sample.parameters, folder=folder)


def test_the_log_shows_what_cleaning_is_for(cleaned: Result) -> None:
    found = set(cleaned.table("rejected")["reason"].to_pylist())
    assert found == {reason.value for reason in REASONS} - {"ignored-event", "outside-window"}
    assert cleaned.metrics()["machine_users"] == 2


def test_the_readme_shows_the_metrics_of_the_sample(cleaned: Result) -> None:
    readme = (HOME / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```json\n")[1].split("```")[0]
    assert json.loads(shown) == cleaned.metrics()


def test_users_favour_two_categories(cleaned: Result) -> None:
    """What a recommender can learn: 95 % of a user's interest is in two of eight categories."""
    items = cleaned.table("items")
    category = dict(zip(items["item_id"].to_pylist(), items["category"].to_pylist(), strict=True))
    table = cleaned.table("interactions")
    seen: dict[str, Counter[str]] = {}
    for user, item in zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True):
        seen.setdefault(user, Counter())[category[item]] += 1
    in_two = sum(sum(count for _, count in counter.most_common(2)) for counter in seen.values())
    assert in_two / len(table) > 0.8


def test_ids_keep_their_leading_zeros(cleaned: Result) -> None:
    assert cleaned.table("interactions")["user_id"][0].as_py() == "000037"


def test_titles_are_in_two_languages_and_awkward(cleaned: Result) -> None:
    titles = " ".join(cleaned.table("items")["title"].to_pylist())
    for part in ("Backend Engineer", "看護師", "<b>", '"Kissa, Third Wave" & Co.', "調理師\n寮あり"):
        assert part in titles


def test_a_new_event_in_the_sample_is_refused_and_can_be_allowed(tmp_path: Path) -> None:
    sample = component.contract.operations["clean"].samples["new-event"]
    inputs = {port: HOME / path for port, path in sample.inputs.items()}
    assert sample.expect == 65
    with pytest.raises(DataError, match=r"'share' \(3 rows"):
        run_operation(component, "clean", inputs=inputs, folder=tmp_path / "refused")
    parameters = {"allow_events": ["share"], "min_user_items": 1, "min_item_users": 1}
    allowed = run_operation(component, "clean", inputs=inputs, parameters=parameters, folder=tmp_path / "allowed")
    assert allowed.metrics()["kept"] > 50
