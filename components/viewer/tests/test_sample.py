"""The sample is what its generator makes."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from machiya_viewer.view.reader import ViewReader, open_view


@pytest.fixture(scope="module")
def generate() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent.parent)
        yield importlib.import_module("sample.generate")
        for name in ("sample.generate", "sample.evaluated", "sample"):
            del sys.modules[name]


def test_running_the_generator_again_gives_the_same_bytes(generate: ModuleType, tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate.write(tmp_path / name)
    files = (path for path in (tmp_path / "first").rglob("*") if path.is_file())
    first = {path.relative_to(tmp_path / "first"): path.read_bytes() for path in files}
    assert len(first) == 9 + 8
    assert all((tmp_path / "second" / path).read_bytes() == content for path, content in first.items())


def test_the_committed_sample_is_what_the_generator_makes(generate: ModuleType, sample_inputs: dict[str, Path]) -> None:
    for name, table in generate.make_tables().items():
        assert pq.read_table(sample_inputs[name]).equals(table), name


def test_the_committed_view_is_what_the_generator_makes(
    generate: ModuleType, sample_view: ViewReader, tmp_path: Path
) -> None:
    generate.write(tmp_path)
    made = open_view(str(tmp_path / "view"))
    assert (made.head, made.facts()) == (sample_view.head, sample_view.facts())
    for file in sorted((tmp_path / "view").glob("*.parquet")):
        assert pq.read_table(Path(sample_view.files.root) / file.name).equals(pq.read_table(file)), file.name


def test_the_sample_is_small(sample_inputs: dict[str, Path]) -> None:
    sizes = [file.stat().st_size for folder in sample_inputs.values() for file in folder.iterdir()]
    assert sum(sizes) < 400_000


def test_the_candidate_of_the_sample_is_better(sample_inputs: dict[str, Path]) -> None:
    values = [
        next(
            row["value"]
            for row in pq.read_table(sample_inputs[port]).to_pylist()
            if (row["metric"], row["k"], row["segment"]) == ("ndcg", 10, "all")
        )
        for port in ("scores", "candidate_scores")
    ]
    assert values[1] > values[0] + 0.03
