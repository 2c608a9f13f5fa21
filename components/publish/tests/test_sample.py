"""The committed sample data is what its generator makes, and the README tells everything that the contract promises."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from machiya_publish.component import component

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = spec_from_file_location("publish_sample", SAMPLE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.*")) if path.parent != folder}


def test_the_committed_data_is_what_the_generator_makes(generator: ModuleType, tmp_path: Path) -> None:
    """Rows and types rather than bytes: a Parquet file also names the version of Arrow that wrote it."""
    generator.main(tmp_path)
    made = files(tmp_path)
    assert made.keys() == {name for name in files(SAMPLE) if "__pycache__" not in name}
    for name, path in made.items():
        if path.suffix == ".parquet":
            assert pq.read_table(path).equals(pq.read_table(SAMPLE / name), check_metadata=True), name
        else:
            assert path.read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_functions_agree_with_the_contract() -> None:
    component.check()


def test_the_readme_describes_every_port_parameter_default_and_exit_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for operation in component.contract.operations.values():
        names = [*operation.inputs, *operation.outputs, *operation.parameters]
        assert [name for name in names if f"`{name}`" not in text] == []
        for name, parameter in operation.parameters.items():
            if not parameter.required:
                assert f"| `{name}` | {parameter.default} |" in text
    for code in component.contract.exit_codes:
        assert f"| {code} |" in text
