"""The package as a whole: its samples, its versions, what may import the kit, and what a start costs."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

from machiya_component.selftest import self_test

from machiya_recommender.component import component

HOME = Path(__file__).parents[1]
NUMERICS = sorted(
    path for path in (HOME / "machiya_recommender").rglob("*.py") if path.stem not in ("component", "monitor")
)


def test_every_sample_ends_as_the_contract_promises() -> None:
    results = list(self_test(component))
    assert {result.operation for result in results} == {"train", "predict", "similar"}
    assert [(result.sample, result.problem) for result in results if result.problem] == []


def test_the_sample_generator_gives_the_committed_bytes(tmp_path: Path) -> None:
    runpy.run_path(str(HOME / "sample" / "generate.py"))["main"](tmp_path)
    made = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    committed = {
        str(path.relative_to(HOME / "sample")): path.read_bytes()
        for path in (HOME / "sample").rglob("*")
        if path.is_file() and path.suffix in (".parquet", ".json", ".arrow", ".npy")
    }
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []


def test_the_versions_agree() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == component.contract.version
    assert f"## [{component.contract.version}] - " in (HOME / "CHANGELOG.md").read_text(encoding="utf-8")


def fresh(code: str) -> str:
    """What a new interpreter prints, warnings being errors."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_numerics_know_of_the_kit_only_the_machine_and_how_to_compile() -> None:
    for path in NUMERICS:
        named = re.findall(
            r"^ *(?:from|import) (machiya_component[.\w]*)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert set(named) <= {"machiya_component.compiled", "machiya_component.machine"}, path


def test_the_component_is_imported_without_the_heavy_libraries() -> None:
    code = "import sys, machiya_recommender.component as c; c.component.check(); print(*sys.modules)"
    assert {"scipy", "implicit", "numba", "pyarrow", "tensorboardX"}.isdisjoint(fresh(code).split())


def test_prediction_does_not_load_the_training_library() -> None:
    code = "import sys, machiya_recommender.recommend, machiya_recommender.similar; print('implicit' in sys.modules)"
    assert fresh(code) == "False"
