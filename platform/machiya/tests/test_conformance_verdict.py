"""A verdict and the forms in which it is given: JSON, JUnit XML, a table."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from machiya.cli import conformance_output as output
from machiya.cli.test import test as conformance_command
from machiya.conformance import CHECKS, CheckedImage, CheckResult, Failure, Verdict, failure_text, select, to_junit
from machiya.conformance.session import Subject
from machiya.errors import ArgumentsError, CheckError, OutputError

FAILURE = Failure(
    message="the [red] self-test fails.",
    remedy="Run the command.",
    command="docker run --rm --network none machiya/tally:1.0.0",
    expected="exit code 0",
    seen=("exit code 70 after 0.1 s", "stderr: \x1b[31mMODEL_URL\x1b[0m <is> not set"),
)
CHECKED = (
    CheckResult(id="bare.run", title="it runs", outcome="fail", failures=(FAILURE,), seconds=1.25),
    CheckResult(id="bare.user", title="it is not root", outcome="pass", seconds=0.5),
    CheckResult(id="service.stop", title="it stops", outcome="skip", reason="no operation is a service", seconds=0),
    CheckResult(id="report.size", title="the size of the image", outcome="info", reason="80 MB", seconds=0),
)


def verdict(checks: tuple[CheckResult, ...] = CHECKED) -> Verdict:
    return Verdict(
        image=CheckedImage(reference="machiya/tally:1.0.0", id="sha256:abc"),
        component="tally",
        version="1.0.0",
        started=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        seconds=2.5,
        passed=all(check.outcome != "fail" for check in checks),
        checks=checks,
    )


def test_json_says_it_all_and_can_be_read_back() -> None:
    text = verdict().model_dump_json()
    assert Verdict.model_validate_json(text) == verdict()
    assert '"apiVersion":"machiya/v1","kind":"Verdict"' in text


def test_junit_has_a_case_for_each_check() -> None:
    text = to_junit(verdict())
    suite = ET.fromstring(text.encode()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    assert suite.get("name") == "machiya conformance: tally 1.0.0"
    assert suite.find("properties/property[@name='image.id']").get("value") == "sha256:abc"  # type: ignore[union-attr]
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert list(cases) == [check.id for check in CHECKED]
    assert cases["bare.run"].get("time") == "1.250"
    failure = cases["bare.run"].find("failure")
    assert failure is not None
    assert failure.get("message") == FAILURE.message
    assert "MODEL_URL" in str(failure.text)
    assert "\x1b" not in text
    assert cases["service.stop"].find("skipped").get("message") == "no operation is a service"  # type: ignore[union-attr]
    assert cases["report.size"].find("system-out").text == "80 MB"  # type: ignore[union-attr]


def test_the_text_of_a_failure_has_a_line_for_each_thing() -> None:
    assert failure_text(FAILURE).splitlines() == [
        "the [red] self-test fails.",
        "  run:      docker run --rm --network none machiya/tally:1.0.0",
        "  expected: exit code 0",
        "  seen:     exit code 70 after 0.1 s",
        "            stderr: \x1b[31mMODEL_URL\x1b[0m <is> not set",
        "  do:       Run the command.",
    ]


def test_what_was_not_run_has_no_line() -> None:
    assert failure_text(Failure(message="there is no README.md.", remedy="Write one.")).splitlines() == [
        "there is no README.md.",
        "  do:       Write one.",
    ]


def test_people_see_a_table_and_then_each_failure(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_verdict(verdict(), as_json=False)
    text = capsys.readouterr().out
    table, _, rest = text.partition("\n\n")
    assert [line.split()[:2] for line in table.splitlines()[1:]] == [[one.id, one.outcome] for one in CHECKED]
    assert "no operation is a service" in table
    assert "80 MB" in table
    assert failure_text(FAILURE) in rest
    assert "machiya/tally:1.0.0: 1 passed, 1 failed, 1 skipped in 2 s\nsha256:abc" in rest


def test_of_many_failures_only_the_first_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    many = tuple(FAILURE.model_copy(update={"message": f"parameter {number}"}) for number in range(5))
    output.print_verdict(verdict((CHECKED[0].model_copy(update={"failures": many}),)), as_json=False)
    text = capsys.readouterr().out
    assert [f"parameter {number}" in text for number in range(5)] == [True] * 5
    assert text.count("expected:") == 3


def test_a_command_is_never_broken_into_lines(capsys: pytest.CaptureFixture[str]) -> None:
    long = FAILURE.model_copy(update={"command": "docker run " + "-v /a:/b " * 60})
    check = CHECKED[0].model_copy(update={"failures": (long,)})
    output.print_verdict(verdict((check,)), as_json=False)
    assert long.command in capsys.readouterr().out


def test_a_failed_verdict_names_its_checks_and_where_the_data_is() -> None:
    with pytest.raises(CheckError, match=r"1 of 4 checks failed: bare\.run") as error:
        output.raise_for(verdict(), Path("/tmp/kept"))
    assert "/tmp/kept" in error.value.remedy
    assert error.value.exit_code == 1


def test_a_verdict_without_failures_raises_nothing() -> None:
    output.raise_for(verdict(CHECKED[1:]), None)


def test_a_junit_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file"):
        output.write_junit(verdict(), tmp_path / "file" / "junit.xml")


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        ((), [check.id for check in CHECKS]),
        (("bare.user",), ["bare.user"]),
        (("report",), ["report.size", "report.start-up"]),
        (("report.size", "*.user"), ["bare.user", "report.size"]),
    ],
)
def test_checks_are_chosen_by_id_group_or_pattern(patterns: tuple[str, ...], ids: list[str]) -> None:
    assert [check.id for check in select(patterns)] == ids


def test_a_check_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ArgumentsError, match=r"no check 'bare\.rum'") as error:
        select(("bare.rum",))
    assert "--list" in error.value.remedy
    assert "bare" in error.value.remedy


def test_the_list_needs_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    result = CliRunner().invoke(conformance_command, ["--list"], catch_exceptions=False)
    assert [line.split()[0] for line in result.stdout.splitlines()] == [check.id for check in CHECKS]
    assert "the size of the image (reported only)" in result.stdout


def test_a_word_names_a_folder_if_there_is_one_else_an_image(tmp_path: Path) -> None:
    assert Subject.named(str(tmp_path), base="b") == Subject(tmp_path, None, "b")
    assert Subject.named("machiya/tally:1.0.0") == Subject(None, "machiya/tally:1.0.0", None)
    assert Subject.named(str(tmp_path), image="i") == Subject(tmp_path, "i", None)
    with pytest.raises(ArgumentsError, match="is no folder"):
        Subject.named("machiya/tally:1.0.0", image="i")
