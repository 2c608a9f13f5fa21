"""The committed sample data is what its generator makes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

SAMPLE = Path(__file__).parents[1] / "sample"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = spec_from_file_location("experiment_sample", SAMPLE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.parquet"))}


def test_two_runs_give_the_same_bytes(generator: ModuleType, tmp_path: Path) -> None:
    generator.main(tmp_path / "first")
    generator.main(tmp_path / "second")
    first, second = files(tmp_path / "first"), files(tmp_path / "second")
    assert first.keys() == second.keys() == files(SAMPLE).keys()
    assert all(first[name].read_bytes() == second[name].read_bytes() for name in first)


def test_the_committed_data_is_what_the_generator_makes(generator: ModuleType, tmp_path: Path) -> None:
    """Rows and types rather than bytes: a Parquet file also names the version of Arrow that wrote it."""
    generator.main(tmp_path)
    for name, path in files(tmp_path).items():
        assert pq.read_table(path).equals(pq.read_table(SAMPLE / name), check_metadata=True), name
