"""The sample is what its generator makes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    path = Path(__file__).parent.parent / "sample" / "generate.py"
    specification = importlib.util.spec_from_file_location("viewer_sample_generate", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_running_the_generator_again_gives_the_same_bytes(generate: ModuleType, tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate.write(tmp_path / name)
    first = {
        path.relative_to(tmp_path / "first"): path.read_bytes() for path in (tmp_path / "first").rglob("*.parquet")
    }
    assert len(first) == 8
    assert all((tmp_path / "second" / path).read_bytes() == content for path, content in first.items())


def test_the_committed_sample_is_what_the_generator_makes(generate: ModuleType, sample_inputs: dict[str, Path]) -> None:
    for name, table in generate.make_tables().items():
        assert pq.read_table(sample_inputs[name]).equals(table), name


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
