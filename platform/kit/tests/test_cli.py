"""The ``component`` command as an image runs it: a process of its own, exit codes, one clear last line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component import cli

RUN = [sys.executable, "-m", "machiya_component", "toy"]


def environment(toy: Path, data: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(toy), "MACHIYA_DATA": str(data)}


def component(toy: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *words], env=environment(toy, data), capture_output=True, text=True, check=False, timeout=60
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a good input."""
    folder = tmp_path / "data"
    (folder / "in" / "rows").mkdir(parents=True)
    pq.write_table(pa.table({"id": ["a"], "weight": [1.0]}), folder / "in" / "rows" / "x.parquet")
    return folder


def test_bare_is_the_self_test(toy: Path, data: Path) -> None:
    done = component(toy, data)

    assert done.returncode == 0, done.stderr
    assert "ok   double small" in done.stdout
    assert "doubled 2 rows" in done.stdout


def test_the_self_test_fails_when_a_sample_does(toy: Path, data: Path) -> None:
    path = toy / "component.yaml"
    path.write_text(path.read_text().replace("maximum: 100", "maximum: 3"))

    done = component(toy, data)

    assert done.returncode == 70
    assert "FAIL double small" in done.stdout
    assert "above the maximum 3" in last_line(done)


@pytest.mark.parametrize("file_is_there", [True, False])
def test_kubernetes_is_told_the_last_line_where_it_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file_is_there: bool
) -> None:
    place = tmp_path / "termination-log"
    if file_is_there:
        place.touch()
    monkeypatch.setattr(cli, "TERMINATION_MESSAGE", place)

    with pytest.raises(SystemExit) as ended:
        cli.main_of_many(["no-such-component", "run"])

    assert ended.value.code == 64
    assert place.exists() is file_is_there
    if file_is_there:
        assert place.read_text() == capsys.readouterr().err.splitlines()[-1] + "\n"


def test_contract_is_component_yaml_as_json(toy: Path, data: Path) -> None:
    from machiya_component.contract import contract_from_json, load_contract

    done = component(toy, data, "contract")

    assert json.loads(done.stdout)["name"] == "toy"
    assert contract_from_json(done.stdout) == load_contract(toy)


def test_a_reader_that_has_seen_enough_is_no_error(toy: Path, data: Path) -> None:
    command = [*RUN, "contract"]
    with subprocess.Popen(
        command, env=environment(toy, data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0


def test_run_puts_outputs_in_place(toy: Path, data: Path) -> None:
    done = component(toy, data, "run", "double", "--factor", "3")

    assert done.returncode == 0, done.stderr
    assert json.loads((data / "out" / "metrics" / "metrics.json").read_text()) == {"rows": 1, "extra": 0}
    assert (
        json.loads((data / "out" / "doubled" / "_artifact.json").read_text())["producer"]["parameters"]["factor"] == 3.0
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "triple"], 64, "Operations: double."),
        (["run"], 64, "Operations: double."),
        (["dance"], 64, "Commands: self-test, contract, run OPERATION."),
        (["run", "double", "--factr", "1"], 64, "Did you mean --factor?"),
        (["run", "double", "--factor", "-1"], 64, "less than the minimum of 0"),
    ],
)
def test_bad_calls(toy: Path, data: Path, words: list[str], code: int, said: str) -> None:
    done = component(toy, data, *words)

    assert done.returncode == code
    assert said in last_line(done)
    assert "Traceback" not in done.stderr
    assert not (data / "out").exists() or list((data / "out").iterdir()) == []


def test_bad_data_names_column_rows_and_values(toy: Path, data: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "weight": [-1.0]}), data / "in" / "rows" / "x.parquet")

    done = component(toy, data, "run", "double")

    assert done.returncode == 65
    assert "rows.weight: 1 row below the minimum 0 (first: -1.0)" in last_line(done)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        ("ValueError('oops')", 70, "ValueError: oops. Show the lines above"),
        ("OSError(28, 'No space left on device')", 75, "Free space"),
        ("__import__('machiya_component').TemporaryError('the store is away.', 'Try later.')", 75, "Try later."),
    ],
)
def test_errors_of_the_operation(toy: Path, data: Path, raised: str, code: int, said: str) -> None:
    path = toy / "toy_component" / "component.py"
    path.write_text(path.read_text().replace("    metrics.write", f"    raise {raised}\n    metrics.write"))

    done = component(toy, data, "run", "double")

    assert done.returncode == code
    assert said in last_line(done)
    assert list((data / "out").iterdir()) == []


@pytest.mark.skipif(
    os.getuid() == 0 and not Path("/proc/self").exists(), reason="needs /proc to have a folder root cannot write"
)
def test_an_output_that_cannot_be_written(toy: Path, data: Path) -> None:
    # In /proc not even root can make a folder.
    (data / "out").symlink_to("/proc/self")

    done = component(toy, data, "run", "double")

    assert done.returncode == 64
    assert f"cannot write to {data / 'out'}" in last_line(done)


WAITING = """\
    import sys, signal
    def work():
        print("working", file=sys.stderr, flush=True)
        signal.pause()
    {wait}
    metrics.write"""


def start_and_stop(toy: Path, data: Path, wait: str, number: int) -> tuple[int, str]:
    """Start a run that waits, signal it once it says that it works, and return exit code and stderr."""
    path = toy / "toy_component" / "component.py"
    path.write_text(path.read_text().replace("    metrics.write", WAITING.format(wait=wait)))
    process = subprocess.Popen(
        [*RUN, "run", "double"],
        env=environment(toy, data),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.strip() == "working":
            break
    process.send_signal(number)
    _, rest = process.communicate(timeout=30)
    return process.returncode, rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_143_and_publishes_nothing(toy: Path, data: Path, number: int) -> None:
    code, errors = start_and_stop(toy, data, "work()", number)

    assert code == 143
    assert "stopped by SIGTERM (143)" in errors.strip().splitlines()[-1]
    assert list((data / "out").iterdir()) == []


def test_an_exception_that_gets_lost_is_raised_again(toy: Path, data: Path) -> None:
    # What Python does with exceptions in the callbacks of weak references.
    lost = "\n    ".join(["try: work()", "except BaseException: pass", "signal.pause()"])

    code, errors = start_and_stop(toy, data, lost, signal.SIGTERM)

    assert code == 143
    assert "stopped by SIGTERM (143): It left no partial output" in errors.strip().splitlines()[-1]


def test_what_a_stop_is_turned_into_is_still_a_stop(toy: Path, data: Path) -> None:
    # What extension modules do while they are imported.
    turned = "\n    ".join(
        ["try: work()", "except BaseException: raise ImportError('initialization failed') from None"]
    )

    code, errors = start_and_stop(toy, data, turned, signal.SIGTERM)

    assert code == 143
    assert "ImportError: initialization failed" in errors
    assert "stopped by SIGTERM (143): It left no partial output" in errors.strip().splitlines()[-1]


def test_what_cleans_up_is_not_cut_short(toy: Path, data: Path) -> None:
    tidy = [
        "try: work()",
        "finally:",
        "    import threading",
        "    threading.Event().wait(2)",
        "    print('tidy', file=sys.stderr)",
    ]

    code, errors = start_and_stop(toy, data, "\n    ".join(tidy), signal.SIGTERM)

    assert code == 143
    assert "tidy" in errors.splitlines()


def test_a_run_that_is_deaf_to_exceptions_ends_too(toy: Path, data: Path) -> None:
    # What compiled code does: the exception of the handler never gets through.
    deaf = "\n    ".join(["while True:", "    try: work()", "    except BaseException: pass"])

    code, errors = start_and_stop(toy, data, deaf, signal.SIGTERM)

    assert code == 143
    assert "did not come to an end in time" in errors


def test_help_is_made_from_the_contract(toy: Path, data: Path) -> None:
    assert "double" in component(toy, data, "--help").stdout
    text = component(toy, data, "run", "double", "--help").stdout
    assert "--factor <number>" in text
    assert "rows (table)" in text


def test_a_component_that_is_not_installed(toy: Path, data: Path) -> None:
    done = subprocess.run(
        [*RUN[:-1], "tou"], env=environment(toy, data), capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 64
    assert "toy" in last_line(done)


def test_contract_needs_neither_arrow_nor_numpy(toy: Path, data: Path) -> None:
    code = "import sys, machiya_component.cli as c\nsys.argv = ['component', 'contract']\n" \
        "try: c.main_of_many(['toy', 'contract'])\nexcept SystemExit: pass\n" \
        "print([m for m in ('pyarrow', 'numpy', 'pandas') if m in sys.modules])"  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(toy, data), capture_output=True, text=True, check=True
    )

    assert done.stdout.strip().splitlines()[-1] == "[]"
