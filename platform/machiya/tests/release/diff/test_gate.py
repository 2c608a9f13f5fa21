"""gate.yaml: what may stand in it, and what is said of mistakes."""

from pathlib import Path

import pytest

from machiya.release.diff import GateError, load_gate
from machiya.release.diff.gate import DEFAULT, Gate

ROOT = Path(__file__).parents[5]


def write(folder: Path, text: str) -> Path:
    (folder / "gate.yaml").write_text(text)
    return folder


def findings(folder: Path) -> list[tuple[int | None, str, str]]:
    with pytest.raises(GateError) as error:
        load_gate(folder)
    assert error.value.exit_code == 65
    return [(one.line, one.where, one.message) for one in error.value.findings]


def test_every_threshold_is_read(tmp_path: Path) -> None:
    text = """\
compare: {k: 20, confidence: 0.9}
no-go:
  contract: {max_breaking: 0, max_notes: 3}
  results:
    min_overlap: 0.5
    metrics: {recall@20: {min_difference: -0.01}}
look:
  cost: {max_duration_ratio: 2, min_seconds: 0.5}
  supply: {conformance: required, max_new_packages: 2}
"""
    gate = load_gate(write(tmp_path, text))
    assert gate is not None
    assert (gate.compare.k, gate.compare.confidence) == (20, 0.9)
    assert (gate.no_go.contract.max_notes, gate.no_go.results.min_overlap) == (3, 0.5)
    assert gate.no_go.results.metrics["recall@20"].min_difference == -0.01
    assert (gate.look.cost.max_duration_ratio, gate.look.cost.max_cpu_ratio) == (2, None)
    assert (gate.look.supply.conformance, gate.no_go.supply.conformance) == ("required", None)


def test_a_workflow_may_have_none(tmp_path: Path) -> None:
    assert load_gate(tmp_path) is None


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
no-go:
  contract: {max_braking: 0}
  results:
    min_overlap: 1.5
    metrics: {ndcg@10: {}}
look:
  supply: {conformance: wanted}
"""
    found = findings(write(tmp_path, text))
    assert [(line, where) for line, where, _ in found] == [
        (2, "no-go.contract.max_braking"),
        (4, "no-go.results.min_overlap"),
        (5, "no-go.results.metrics.ndcg@10.min_difference"),
        (7, "look.supply.conformance"),
    ]
    assert found[0][2] == "there is no such threshold."


def test_a_metric_that_is_not_compared_is_a_mistake(tmp_path: Path) -> None:
    text = "look:\n  results: {metrics: {ndcg@5: {min_difference: 0}}}\n"
    ((_, _, message),) = findings(write(tmp_path, text))
    assert "'ndcg@5' is none of those that are compared: ndcg@10" in message


@pytest.mark.parametrize(("text", "line"), [("no-go: [\n", 2), ("- one\n", 1), ("look:\n  cost: 3\n", 2), ("", 1)])
def test_what_is_no_mapping_is_a_mistake(tmp_path: Path, text: str, line: int) -> None:
    assert findings(write(tmp_path, text))[0][0] in (line, line - 1)


def test_the_gates_of_the_project_are_valid() -> None:
    gates = [load_gate(file.parent) for file in (ROOT / "workflows").glob("*/gate.yaml")]
    assert gates
    assert None not in gates


def test_what_counts_without_a_file_is_a_gate_too() -> None:
    assert Gate.model_validate(DEFAULT.model_dump(by_alias=True)) == DEFAULT
