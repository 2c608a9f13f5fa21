"""One call: what is checked before and after, and that outputs appear whole or not at all."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from machiya_component import ArgumentsError, Component, DataError, OutputError
from machiya_component.artifacts import content_digest
from machiya_component.errors import BindingError
from machiya_component.testing import Result, run_operation

Load = Callable[[], object]
GOOD = pa.table({"id": ["a", "b"], "weight": [1.0, 2.0]})


def double(load: Load, folder: Path, rows: pa.Table | Path = GOOD, **more: Any) -> Result:
    inputs = {"rows": rows, **more.pop("inputs", {})}
    return run_operation(cast(Component, load()), "double", folder=folder, inputs=inputs, parameters=more)


def rewrite(toy: Path, old: str, new: str) -> None:
    path = toy / "toy_component" / "component.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def visible(folder: Path) -> list[str]:
    """The outputs; names that begin with an underscore are never data."""
    return sorted(path.name for path in (folder / "out").iterdir() if not path.name.startswith("_"))


def test_outputs_and_their_sidecars(load_toy: Load, tmp_path: Path) -> None:
    result = double(load_toy, tmp_path, factor=3.0, seed=7)

    assert result.table("doubled").column("weight").to_pylist() == [3.0, 6.0]
    assert result.metrics() == {"rows": 2, "extra": 0}
    sidecar = result.sidecar("doubled")
    assert sidecar.rows == 2
    assert sidecar.seed == 7
    assert sidecar.digest == content_digest(result.path("doubled"))
    assert (result.path("doubled") / "_digest").read_text() == sidecar.digest
    assert sidecar.inputs == {"rows": content_digest(tmp_path / "in" / "rows")}
    assert sidecar.producer.parameters == {"factor": 3.0, "seed": 7}
    assert sidecar.statistics is not None
    assert sidecar.statistics["weight"]["max"] == 6.0
    assert visible(tmp_path) == ["doubled", "metrics"]


def test_the_same_call_gives_the_same_content(load_toy: Load, tmp_path: Path) -> None:
    first, second = (double(load_toy, tmp_path / name) for name in ("one", "two"))

    assert first.sidecar("doubled") == second.sidecar("doubled")


def test_an_output_can_be_the_next_input(load_toy: Load, tmp_path: Path) -> None:
    first = double(load_toy, tmp_path / "one")
    second = double(load_toy, tmp_path / "two", rows=first.path("doubled"))

    assert second.table("doubled").column("weight").to_pylist() == [4.0, 8.0]
    assert second.sidecar("doubled").inputs["rows"] == first.sidecar("doubled").digest


def numbers(out: Path) -> dict[str, float]:
    """The numbers of a call, by their paths below its folder of numbers."""
    folder = out / "_numbers"
    return {str(path.relative_to(folder)): float(path.read_text()) for path in folder.rglob("*") if path.is_file()}


def test_rows_and_exposed_metrics_are_told_beside_the_outputs(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    contract = toy / "component.yaml"
    contract.write_text(contract.read_text().replace("{type: metrics}", "{type: metrics, expose: [rows, ndcg@10]}"))

    result = double(load_toy, tmp_path)

    assert numbers(result.out) == {"rows/rows": 2, "rows/doubled": 2, "values/metrics-rows": 2}


def test_a_failed_call_tells_no_numbers_of_an_earlier_one(load_toy: Load, tmp_path: Path) -> None:
    out = double(load_toy, tmp_path).out
    with pytest.raises(DataError):
        double(load_toy, tmp_path, rows=pa.table({"id": ["a", "a"], "weight": [1.0, 2.0]}))

    assert numbers(out) == {}


def test_an_optional_input(load_toy: Load, tmp_path: Path) -> None:
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "file").write_text("x")

    assert double(load_toy, tmp_path, inputs={"extra": tmp_path / "extra"}).metrics()["extra"] == 1


def test_bad_data_is_refused_before_the_work(load_toy: Load, tmp_path: Path) -> None:
    bad = pa.table({"id": ["a", "a", None], "weight": [1.0, -2.0, 3.0]})

    with pytest.raises(DataError) as caught:
        double(load_toy, tmp_path, rows=bad)

    assert len(caught.value.details) == 3
    assert "rows.id" in caught.value.message
    assert visible(tmp_path) == []


def test_a_missing_input_is_named(load_toy: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="rows"):
        run_operation(cast(Component, load_toy()), "double", folder=tmp_path)


def test_bad_parameters_are_refused(load_toy: Load, tmp_path: Path) -> None:
    with pytest.raises(ArgumentsError, match="less than the minimum of 0"):
        double(load_toy, tmp_path, factor=-1.0)
    with pytest.raises(ArgumentsError, match="has no operation 'triple'"):
        run_operation(cast(Component, load_toy()), "triple", folder=tmp_path)


def test_an_output_that_breaks_the_contract_is_a_bug_and_stays_invisible(load_toy: Load, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"doubled\.weight: 1 row above the maximum 100"):
        double(load_toy, tmp_path, factor=90.0)

    assert visible(tmp_path) == []


def test_an_output_that_is_not_written_is_a_bug(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    rewrite(toy, 'metrics.write({"rows"', '({"rows"')

    with pytest.raises(OutputError, match="metrics: nothing was written"):
        double(load_toy, tmp_path)


def test_a_failure_in_the_middle_leaves_the_earlier_result(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    before = double(load_toy, tmp_path).sidecar("doubled")
    rewrite(toy, "    metrics.write", "    raise ValueError('half way')\n    metrics.write")

    with pytest.raises(ValueError, match="half way"):
        double(load_toy, tmp_path, factor=3.0)

    assert visible(tmp_path) == ["doubled", "metrics"]
    assert content_digest(tmp_path / "out" / "doubled") == before.digest


def test_a_later_result_replaces_the_earlier_one_whole(load_toy: Load, tmp_path: Path) -> None:
    double(load_toy, tmp_path)
    (tmp_path / "out" / "doubled" / "left-over").write_text("x")

    result = double(load_toy, tmp_path, factor=3.0)

    assert not (tmp_path / "out" / "doubled" / "left-over").exists()
    assert result.table("doubled").column("weight").to_pylist() == [3.0, 6.0]


def test_what_a_killed_run_left_is_removed(load_toy: Load, tmp_path: Path) -> None:
    (tmp_path / "out" / ".partial" / "doubled").mkdir(parents=True)
    (tmp_path / "out" / ".partial" / "doubled" / "part-00000.parquet").write_text("half")

    assert double(load_toy, tmp_path).table("doubled").num_rows == 2
    assert visible(tmp_path) == ["doubled", "metrics"]


def test_an_output_folder_that_cannot_be_written_to(load_toy: Load, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")

    with pytest.raises(ArgumentsError, match="cannot write to"):
        double(load_toy, tmp_path)


def test_randomness_comes_from_the_seed(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    rewrite(toy, '{"rows": table.num_rows,', '{"random": context.rng.random(),')

    drawn = [double(load_toy, tmp_path / str(i), seed=seed).metrics()["random"] for i, seed in enumerate((1, 1, 2))]

    assert drawn[0] == drawn[1] != drawn[2]


CHECKPOINTING = """\
    found = context.checkpoint.load("state.txt")
    if found is None:
        context.checkpoint.save("state.txt", lambda path: path.write_text("half"))
        raise RuntimeError("stopped half way")
    metrics.write"""


def test_a_checkpoint_is_found_by_the_same_call_only_and_then_forgotten(
    toy: Path, load_toy: Load, tmp_path: Path
) -> None:
    rewrite(toy, "    metrics.write", CHECKPOINTING)

    for factor in (2.0, 3.0):
        with pytest.raises(RuntimeError, match="half way"):
            double(load_toy, tmp_path, factor=factor)
    double(load_toy, tmp_path, factor=3.0)

    assert visible(tmp_path) == ["doubled", "metrics"]
    with pytest.raises(RuntimeError, match="half way"):
        double(load_toy, tmp_path, factor=3.0)


def test_a_checkpoint_of_an_attempt_elsewhere_is_gone_on_from_by_the_same_call_only(
    toy: Path, load_toy: Load, tmp_path: Path
) -> None:
    rewrite(toy, "    metrics.write", CHECKPOINTING)
    first, second = tmp_path / "first", tmp_path / "second"
    with pytest.raises(RuntimeError, match="half way"):
        double(load_toy, first, factor=3.0)
    shutil.copytree(first / "out" / "_checkpoint", second / "in" / "_checkpoint")
    for path in (second / "in").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)

    with pytest.raises(RuntimeError, match="half way"):
        double(load_toy, second, factor=2.0)
    result = double(load_toy, second, factor=3.0)

    assert result.table("doubled").column("weight").to_pylist() == [3.0, 6.0]
    assert visible(second) == ["doubled", "metrics"]


DISAGREEMENTS = [
    ("    factor: float,", "    factor: int,", "'factor' is float in component.yaml, int in the function"),
    ("    factor: float,\n", "", "the function does not take 'factor'"),
    ("    factor: float,", "    factor: float,\n    other: int,", "component.yaml does not have 'other'"),
    ("    factor: float,", "    factor: float = 5.0,", "'factor' has a default of its own, 5.0"),
    ("    *,\n", "", "must be keyword-only"),
    ("rows: TableInput", "rows: FilesInput", "'rows' is TableInput in component.yaml, FilesInput in the function"),
    ("FilesInput | None", "FilesInput", "'extra' is"),
    ("doubled: TableOutput", "doubled: MetricsOutput", "'doubled' is TableOutput"),
    ("def double(", "def triple(", "no function is registered"),
]


@pytest.mark.parametrize(("old", "new", "words"), DISAGREEMENTS)
def test_a_signature_that_disagrees_with_the_contract(
    toy: Path, load_toy: Load, tmp_path: Path, old: str, new: str, words: str
) -> None:
    rewrite(toy, old, new)

    with pytest.raises(BindingError) as caught:
        double(load_toy, tmp_path)

    text = "\n".join(caught.value.details)
    assert words in text
    if "registered" not in words:
        assert "component.yaml: (rows: TableInput" in text
        assert "component.py:" in text


def test_defaults_equal_to_the_contracts_are_fine(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    rewrite(toy, "    factor: float,", "    factor: float = 2,")

    assert double(load_toy, tmp_path).metrics()["rows"] == 2


SERVICE = """\
  serve:
    summary: Answer until SIGTERM.
    service: {port: 8000, health: /healthz}
    inputs: {extra: {type: files}}
    samples: {small: {inputs: {extra: sample/rows}}}
"""


def test_a_service_needs_no_folder_for_outputs(toy: Path, load_toy: Load, tmp_path: Path) -> None:
    contract = toy / "component.yaml"
    contract.write_text(contract.read_text() + SERVICE)
    rewrite(
        toy,
        "@component.operation",
        "@component.operation\ndef serve(extra: FilesInput) -> None: ...\n\n\n@component.operation",
    )
    (tmp_path / "out").write_text("nobody can make a folder here")

    result = run_operation(
        cast(Component, load_toy()), "serve", folder=tmp_path, inputs={"extra": toy / "sample" / "rows"}
    )

    assert result.sidecars == {}


def test_without_a_place_for_temporary_files_it_says_what_to_mount(
    load_toy: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = load_toy()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    with pytest.raises(ArgumentsError, match=r"no place for temporary files: No such file.*") as error:
        double(lambda: component, tmp_path)
    assert "--tmpfs /tmp" in (error.value.remedy or "")
