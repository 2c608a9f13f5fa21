"""component.yaml: every finding at once, with its line and an example; and the completed contract."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_component.contract import (
    ContractError,
    check_contract,
    contract_from_json,
    contract_to_json,
    load_contract,
    raw_contract_json,
    schema_path,
)
from machiya_component.contract.complete import table_schema
from machiya_component.contract.kept import kept_data, load_kept_contract
from machiya_component.contract.model import ArtifactType, Shown
from machiya_component.contract.parse import parse_text
from machiya_component.contract.validate import validate


def edit(toy: Path, *changes: tuple[str, str]) -> bool:
    """Replace the first place of each old text in the toy's contract; False where one is not there."""
    path = toy / "component.yaml"
    found = True
    for old, new in changes:
        found = found and old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))
    return found


def test_a_right_contract_has_no_findings(toy: Path) -> None:
    assert check_contract(toy) == []


def test_what_is_left_out_is_filled_in(toy: Path) -> None:
    operation = load_contract(toy).operations["double"]

    assert operation.cache is True
    assert operation.resources.cpu == 1.0
    assert operation.parameters["factor"].default == 2
    assert operation.inputs["rows"].optional is False
    assert operation.inputs["rows"].type == ArtifactType(kind="table", major=1)
    assert operation.outputs["doubled"].table_schema is not None
    assert operation.outputs["doubled"].table_schema.primary_key == ("id",)


def test_the_completed_contract_survives_json(toy: Path) -> None:
    contract = load_contract(toy)

    assert contract_from_json(contract_to_json(contract)) == contract
    assert contract_from_json(raw_contract_json(toy / "component.yaml")) == contract


def test_more_memory_and_checkpoints_survive_json(toy: Path) -> None:
    assert edit(
        toy, ("    outputs:", "    resources: {memory: 1Gi, maxMemory: 2Gi}\n    checkpoint: true\n    outputs:")
    )
    contract = load_contract(toy)

    assert contract.operations["double"].resources.max_memory == "2Gi"
    assert contract.operations["double"].checkpoint is True
    assert contract_from_json(contract_to_json(contract)) == contract


def test_exposed_metrics_survive_json(toy: Path) -> None:
    assert edit(toy, ("metrics: {type: metrics}", "metrics: {type: metrics, expose: [rows, ndcg@10]}"))
    contract = load_contract(toy)

    assert contract.operations["double"].outputs["metrics"].expose == ("rows", "ndcg@10")
    assert contract_from_json(contract_to_json(contract)) == contract


def test_what_is_watched_survives_json_and_stands_in_the_schema_of_sidecars(toy: Path) -> None:
    assert edit(toy, ("constraints: {minimum: 0}}", "watch: {mean: {error: 0.3}, psi: false}}"))
    contract = load_contract(toy)
    schema = contract.operations["double"].inputs["rows"].table_schema

    assert schema is not None
    assert schema.to_json()["fields"][1]["watch"] == {"mean": {"error": 0.3}, "psi": False}
    assert table_schema(schema.to_json()).thresholds() == schema.thresholds()
    assert schema.thresholds().of_column("weight").psi is False
    assert contract_from_json(contract_to_json(contract)) == contract


def test_findings_of_json_have_their_lines(toy: Path) -> None:
    written = json.dumps(json.loads(raw_contract_json(toy / "component.yaml")), indent=1).splitlines()
    line = next(number for number, text in enumerate(written, 1) if text.startswith(' "version"'))

    wrong = "\n".join([*written[: line - 1], ' "version": "one",', *written[line:]])
    with pytest.raises(ContractError) as caught:
        contract_from_json(wrong)
    assert [(finding.rule, finding.line) for finding in caught.value.findings] == [("contract.pattern", line)]

    twice = "\n".join([*written[:line], written[line - 1], *written[line:]])
    with pytest.raises(ContractError) as caught:
        contract_from_json(twice)
    assert [(finding.rule, finding.line) for finding in caught.value.findings] == [("contract.yaml", line + 1)]


SERVICE = """\
    samples:
      small: {inputs: {rows: sample/rows}}
  serve:
    summary: Shows what was doubled.
    service: {port: 8000, health: /healthz, shows: {tables: double.doubled}}
    inputs:
      tables: {type: table}
      page: {type: report, optional: true}
    samples:
      small: {inputs: {tables: sample/rows}}
"""


def serve(toy: Path) -> None:
    """Give the toy a service that shows what it doubles; `shows` is in line 31."""
    path = toy / "component.yaml"
    text = path.read_text()
    path.write_text(text[: text.index("    samples:")] + SERVICE)


def test_what_a_service_shows_survives_json(toy: Path) -> None:
    serve(toy)
    contract = load_contract(toy)
    service = contract.operations["serve"].service

    assert service is not None
    assert service.shows == {"tables": Shown(operation="double", output="doubled")}
    assert contract_from_json(contract_to_json(contract)) == contract
    assert json.loads(contract_to_json(contract))["operations"]["serve"]["service"]["shows"] == {
        "tables": "double.doubled"
    }


def test_a_service_that_shows_nothing_does_not_say_so(toy: Path) -> None:
    serve(toy)
    assert edit(toy, (", shows: {tables: double.doubled}", ""))
    contract = load_contract(toy)

    assert json.loads(contract_to_json(contract))["operations"]["serve"]["service"] == {
        "port": 8000,
        "health": "/healthz",
    }


@pytest.mark.parametrize(
    ("shows", "words"),
    [
        ("table: double.doubled", ["no input 'table'. Known here: tables, page."]),
        ("tables: treble.doubled", ["no operation 'treble'. Known here: double, serve."]),
        ("tables: double.double", ["double has no output 'double'. Known here: doubled, metrics."]),
        ("tables: double.metrics", ["the input takes table, and the output is metrics."]),
        ("tables: serve.page", ["serve has no output 'page'. Known here: none."]),
        ("x: double.y", ["no input 'x'.", "no output 'y'"]),
    ],
)
def test_a_service_shows_outputs_that_are_there(toy: Path, shows: str, words: list[str]) -> None:
    serve(toy)
    assert edit(toy, ("tables: double.doubled", shows))

    findings = check_contract(toy)

    assert [(finding.rule, finding.line) for finding in findings] == [("contract.service-shows", 31)] * len(words)
    for finding, word in zip(findings, words, strict=True):
        assert word in f"{finding.message} {finding.remedy}"


def test_a_service_is_not_fed_many_of_what_is_one_file(toy: Path) -> None:
    serve(toy)
    assert edit(
        toy, ("tables: double.doubled", "page: double.metrics"), ("page: {type: report", "page: {type: metrics")
    )

    (finding,) = check_contract(toy)

    assert (finding.rule, finding.line) == ("contract.service-shows", 31)
    assert "metrics is one file" in finding.message


def test_what_a_service_shows_has_two_names(toy: Path) -> None:
    serve(toy)
    assert edit(toy, ("double.doubled", "doubled"), ("{type: table}", "{type: tables}"))

    findings = [(finding.rule, finding.line) for finding in check_contract(toy)]

    assert ("contract.pattern", 31) in findings
    assert ("contract.pattern", 33) in findings


CASES = [
    # (old text, new text, rule, a line it must name, words the reader needs)
    ("version: 0.1.0", "version: 1.0", "contract.type", 3, 'version: "1.0.0"'),
    ("version: 0.1.0", "version: 1.0.0.0", "contract.pattern", 3, "1.0.0"),
    ("version: 0.1.0", "version: 01.0.0", "contract.pattern", 3, "1.0.0"),
    ("name: toy", "name: Toy", "contract.pattern", 2, "recommender"),
    ("apiVersion: machiya/v1", "apiVersion: machiya/v2", "contract.enum", 1, "machiya/v1"),
    ("owner: tests\n", "", "contract.missing", None, "ml-platform"),
    ("owner: tests", "owner: tests\nowner: others", "contract.yaml", 6, "duplicate"),
    ("summary: Doubles weights.", "summary: [", "contract.yaml", None, "indentation"),
    ("    summary: Multiply", "    sumary: Multiply", "contract.unknown-key", 8, "summary"),
    ("minimum: 0}\n      seed", "minimun: 0}\n      seed", "contract.unknown-key", 10, "minimum"),
    ("default: 2, minimum: 0", "default: -2, minimum: 0", "contract.default", 10, "-2 is less than the minimum of 0"),
    ("default: 2, minimum: 0", "default: two, minimum: 0", "contract.default", 10, "not of type 'number'"),
    ("seed: {type: integer", "rows: {type: integer", "contract.duplicate-name", 13, "parameters"),
    ("seed: {type: integer", "context: {type: integer", "contract.duplicate-name", 11, "kit"),
    ("seed: {type: integer", "Seed: {type: integer", "contract.name", 11, "^[a-z]"),
    ("type: number, default", "type: float, default", "contract.enum", 10, "number"),
    ("extra: {type: files,", "extra: {type: file,", "contract.pattern", 19, "table"),
    ("{type: files, optional: true}", "{type: files, allowEmpty: true}", "contract.not-a-table", 19, "table"),
    ("name: weight, type: number, constraints: {maximum", "name: id, type: number, constraints: {maximum",
     "contract.duplicate-field", 24, "twice"),
    ("primaryKey: id", "primaryKey: key", "contract.primary-key", 25, "Fields: id, weight"),
    ("constraints: {minimum: 0}}", "constraints: {pattern: x}}", "contract.constraint", 18, "string"),
    ("constraints: {minimum: 0}}", "constraints: {minimum: low}}", "contract.constraint", 18, "number"),
    ("constraints: {minimum: 0}}", "constraints: {minimal: 0}}", "contract.unknown-key", 18, "minimum"),
    ("constraints: {minimum: 0}}", "watch: {phi: {warn: 1}}}", "contract.unknown-key", 18, "Did you mean 'psi'?"),
    ("constraints: {minimum: 0}}", "watch: {psi: {warn: high}}}", "contract.type", 18, "warn: 0.1"),
    ("constraints: {minimum: 0}}", "watch: {newValues: warn}}", "contract.watch", 18, "type number"),
    ("constraints: {minimum: 0}}", "watch: {psi: {warn: 2, error: 1}}}", "contract.watch", 18, "Let warn be"),
    ("primaryKey: id", "primaryKey: id\n          watch: {rows: {warn: 2, error: 1}}", "contract.watch", 26, "warn"),
    ("      small: {inputs: {rows: sample/rows}}", "      small: {}", "contract.sample", 28, "rows"),
    ("{rows: sample/rows}", "{rows: sample/rows, row: sample/rows}", "contract.sample", 28, "rows, extra"),
    ("{rows: sample/rows}}", "{rows: sample/rows}, parameters: {factor: -1}}", "contract.sample", 28, "minimum"),
    ("{rows: sample/rows}}", "{rows: sample/rows}, expect: 65}", "contract.no-sample", 7, "samples"),
    ("{rows: sample/rows}", "{rows: ../rows}", "contract.pattern", 28, "sample/interactions"),
    ("{rows: sample/rows}", "{rows: sample/absent}", "contract.sample-data", 28, "generate.py"),
    ("    outputs:", "    service: {port: 8000, health: /x}\n    outputs:", "contract.service-outputs", 21, "SIGTERM"),
    ("doubled:\n        type: table", "doubled:\n        expose: [rows]\n        type: table",
     "contract.not-metrics", 22, "for metrics"),
    ("metrics: {type: metrics}", "metrics: {type: metrics, expose: [ndcg@5, ndcg-5]}",
     "contract.exposed-name", 26, "'ndcg-5'"),
    ("metrics: {type: metrics}", "metrics: {type: metrics, expose: ['@']}", "contract.exposed-name", 26, "letter"),
    ("    outputs:", "    resources: {memory: 4Gi, maxMemory: 4096Mi}\n    outputs:", "contract.max-memory", 20, "8Gi"),
    ("    outputs:", "    resources: {maxMemory: 1G}\n    outputs:", "contract.max-memory", 20, "which is 1Gi"),
    ("    outputs:\n", "    service: {port: 8000, health: /x}\n    checkpoint: true\n    outputs:\n",
     "contract.service-checkpoint", 21, "come to an end"),
    ("    outputs:", "    timeout: soon\n    outputs:", "contract.pattern", 20, "2h"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "line", "words"), CASES)
def test_a_mistake_is_found(toy: Path, old: str, new: str, rule: str, line: int | None, words: str) -> None:
    assert edit(toy, (old, new)), "the case does not fit the contract any more"

    findings = [finding for finding in check_contract(toy) if finding.rule == rule]

    assert findings, [str(finding) for finding in check_contract(toy)]
    assert findings[0].file.endswith("component.yaml")
    if line is not None:
        assert findings[0].line == line
    assert words in f"{findings[0].message} {findings[0].remedy}"


def test_all_findings_come_at_once_in_the_order_of_their_lines(toy: Path) -> None:
    edit(toy, ("name: toy", "name: TOY"), ("default: 2,", "default: two,"), ("type: files", "type: flies"))
    edit(toy, ("primaryKey: id", "primaryKey: key"))

    findings = check_contract(toy)

    rules = ["contract.pattern", "contract.default", "contract.pattern", "contract.primary-key"]
    assert [finding.rule for finding in findings] == rules
    assert [finding.line for finding in findings] == [2, 10, 19, 25]


def test_an_absent_contract_is_a_finding(tmp_path: Path) -> None:
    assert [finding.rule for finding in check_contract(tmp_path)] == ["contract.file"]


def test_loading_a_wrong_contract_raises_with_every_finding(toy: Path) -> None:
    edit(toy, ("name: toy", "name: TOY"))

    with pytest.raises(ContractError) as caught:
        load_contract(toy)

    assert [finding.rule for finding in caught.value.findings] == ["contract.pattern"]
    assert caught.value.exit_code == 70


def test_what_a_merge_brings_has_the_line_of_what_it_is_merged_into() -> None:
    raw = parse_text("a: &a {type: integer, default: 1}\nb:\n  <<: *a\n  default: 2\n")
    assert raw.data["b"] == {"type": "integer", "default": 2}
    assert raw.line_of(("b", "default")) == 4
    assert raw.line_of(("b", "type")) == 2


def test_yaml_words_stay_words() -> None:
    raw = parse_text("on: yes\nday: 2026-01-02\n")

    assert raw.data == {"on": "yes", "day": "2026-01-02"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_document_makes_validation_fail(data: object) -> None:
    assert validate(parse_text(json.dumps(data)))


def test_the_published_schema_is_a_json_schema() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(schema_path().read_text()))


def test_types_of_the_same_major_fit() -> None:
    assert ArtifactType.parse("model").accepts(ArtifactType.parse("model@1"))
    assert not ArtifactType.parse("model").accepts(ArtifactType.parse("model@2"))
    assert not ArtifactType.parse("files").accepts(ArtifactType.parse("model"))


def test_a_valid_contract_is_parsed_once(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = toy / "component.yaml"
    first = load_kept_contract(file)
    monkeypatch.setattr("machiya_component.contract.parse_file", None)  # calling it would fail
    assert load_kept_contract(file) == first == contract_from_json(json.dumps(kept_data(file)))


def test_a_contract_that_changed_is_parsed_again(toy: Path) -> None:
    file = toy / "component.yaml"
    load_kept_contract(file)
    assert edit(toy, ("version: 0.1.0", "version: 0.1.1"))
    assert load_kept_contract(file).version == "0.1.1"
    file.write_text("nonsense: true")
    with pytest.raises(ContractError):
        load_kept_contract(file)


def test_a_contract_found_valid_by_other_rules_is_validated_again(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = toy / "component.yaml"
    load_kept_contract(file)
    kept = toy / "__pycache__" / "component.json"
    before = kept.read_text()
    monkeypatch.setattr("machiya_component.contract.kept._rules", lambda: b"other")
    load_kept_contract(file)
    assert kept.read_text() != before


@pytest.mark.parametrize("damage", ["", "[]", "{"])
def test_what_is_kept_may_be_damaged(toy: Path, damage: str) -> None:
    file = toy / "component.yaml"
    load_kept_contract(file)
    (toy / "__pycache__" / "component.json").write_text(damage)
    assert load_kept_contract(file).version == "0.1.0"


def test_a_contract_that_cannot_be_kept_is_parsed_each_time(toy: Path) -> None:
    file = toy / "component.yaml"
    (toy / "__pycache__").touch()  # no folder: nothing can be written into it
    assert load_kept_contract(file) == load_kept_contract(file)
    assert [path.name for path in toy.iterdir() if path.suffix == ".json"] == []
