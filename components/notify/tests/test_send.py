"""``send`` as a whole: one message for a run, never a failure because of the webhook, never a word of the address."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from machiya_component.testing import Result, run_operation

from machiya_notify.component import component

PATH = "/services/T0KEN/very-secret-path"
FAILED = {
    "workflow": "recommend",
    "run": "r-1",
    "status": "Failed",
    "failures": '[{"displayName":"train(0)","templateName":"train","message":"Error (exit code 75)"}]',
}


def send(
    folder: Path,
    address: str | None,
    earlier: Result | Path | None = None,
    secrets: dict[str, str] | None = None,
    **parameters: Any,
) -> Result:
    inputs = {} if earlier is None else {"earlier": earlier.path("receipt") if isinstance(earlier, Result) else earlier}
    secrets = secrets if secrets is not None else {} if address is None else {"webhook": address}
    return run_operation(
        component, "send", folder=folder, inputs=inputs, parameters={**FAILED, **parameters}, secrets=secrets
    )


def receipt(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((result.path("receipt") / "receipt.json").read_text(encoding="utf-8"))
    return found


def outcomes(*results: Result, channel: str = "webhook") -> list[str]:
    return [receipt(one)["channels"][channel]["outcome"] for one in results]


def test_a_run_that_ended_is_told(webhook: Any, tmp_path: Path) -> None:
    result = send(tmp_path, webhook.address + "\n")

    (text,) = webhook.texts
    assert "recommend failed" in text
    assert "train: Error (exit code 75) - temporary, try again." in text
    found = receipt(result)
    assert found["channels"] == {"webhook": {"sent": True, "outcome": "sent", "detail": "it answered 200"}}
    assert (found["run"], found["status"]) == ("r-1", "Failed")
    assert found["text"][0] == "recommend failed after 0.0 s"


def test_the_same_end_is_not_told_again_however_often(webhook: Any, tmp_path: Path) -> None:
    first = send(tmp_path / "1", webhook.address, duration=1.0)
    second = send(tmp_path / "2", webhook.address, first, duration=2.0)
    third = send(tmp_path / "3", webhook.address, second, duration=3.0)

    assert len(webhook.bodies) == 1
    assert outcomes(first, second, third) == ["sent", "already-sent", "already-sent"]


@pytest.mark.parametrize(
    "other", [{"status": "Succeeded", "failures": "[]"}, {"failures": FAILED["failures"].replace("train", "split")}]
)
def test_another_end_of_the_same_run_is_told(webhook: Any, tmp_path: Path, other: dict[str, Any]) -> None:
    first = send(tmp_path / "1", webhook.address)
    second = send(tmp_path / "2", webhook.address, first, **other)

    assert outcomes(second) == ["sent"]
    assert len(webhook.bodies) == 2


def test_what_did_not_arrive_is_sent_by_the_next_execution(webhook: Any, tmp_path: Path) -> None:
    webhook.answers = [404, 200]
    first = send(tmp_path / "1", webhook.address)
    second = send(tmp_path / "2", webhook.address, first)

    assert outcomes(first, second) == ["refused", "sent"]


def test_without_a_webhook_nothing_is_sent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert receipt(send(tmp_path, None))["channels"] == {}
    assert "not-configured, so nobody was told" in caplog.records[-1].getMessage()
    assert "MACHIYA_SECRET_WEBHOOK" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"channels": {}}', '{"channels": {"webhook": 3}, "message": 3}', '{"channels": []}', None]
)
def test_a_receipt_that_cannot_be_read_counts_as_none(webhook: Any, tmp_path: Path, content: str | None) -> None:
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / ("receipt.json" if content is not None else "other")).write_text(content or "")

    assert outcomes(send(tmp_path / "run", webhook.address, tmp_path / "earlier")) == ["sent"]
    assert len(webhook.bodies) == 1


def test_the_generic_webhook_gets_the_facts(webhook: Any, tmp_path: Path) -> None:
    result = send(tmp_path, None, secrets={"generic_webhook": webhook.address}, stage="production")

    (body,) = webhook.bodies
    assert (body["run"], body["status"], body["stage"]) == ("r-1", "Failed", "production")
    assert webhook.keys == [body["id"]] == [receipt(result)["message"]]


def test_every_channel_is_told_once_and_one_that_is_broken_keeps_no_other_from_it(
    webhook: Any, serving: Any, tmp_path: Path
) -> None:
    webhook.answers = [404]
    with serving(None) as box:
        secrets = {
            "webhook": webhook.address,
            "smtp_server": f"smtp+plain://127.0.0.1:{box.port}",
            "email_to": "ops@example.com",
        }
        first = send(tmp_path / "1", None, secrets=secrets)
        webhook.answers = [200]
        second = send(tmp_path / "2", None, first, secrets=secrets)

    assert (outcomes(first, second), len(webhook.bodies)) == (["refused", "sent"], 2)
    assert outcomes(first, second, channel="email") == ["sent", "already-sent"]
    assert len(box.letters) == 1
    assert "train: Error (exit code 75)" in box.letters[0].get_content()


def test_a_link_to_the_run_may_be_among_the_others_and_one_of_its_own_wins(webhook: Any, tmp_path: Path) -> None:
    links = {"viewer": "https://view/{stage}", "run": "https://argo/{run}"}
    send(tmp_path / "1", webhook.address, links=links, stage="s")
    send(tmp_path / "2", webhook.address, links=links, stage="s", link="https://mine/{run}")

    assert [text.splitlines()[-1] for text in webhook.texts] == [
        "<https://argo/r-1|Open the run> · <https://view/s|Viewer>",
        "<https://mine/r-1|Open the run> · <https://view/s|Viewer>",
    ]


def test_what_did_not_arrive_is_the_last_line(webhook: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secrets = {"smtp_server": "T0KEN example", "email_to": "ops@example.com", "webhook": webhook.address}
    send(tmp_path, None, secrets=secrets)

    said = [record.getMessage() for record in caplog.records if record.name == "notify"]
    assert said[-2] == "webhook: sent: it answered 200"
    assert said[-1].startswith("email: refused, so nobody was told there: ")
    assert "T0KEN" not in caplog.text


def process(folder: Path, address: str, level: str = "INFO") -> "subprocess.CompletedProcess[str]":
    """As an image runs it."""
    words = [word for name, value in FAILED.items() for word in (f"--{name}", value)]
    return subprocess.run(
        [sys.executable, "-m", "machiya_component", "notify", "run", "send", *words],
        env={
            **os.environ,
            "MACHIYA_DATA": str(folder),
            "MACHIYA_SECRET_WEBHOOK": address,
            "MACHIYA_LOG_LEVEL": level,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (200, "sent", "webhook: sent: it answered 200"),
        (302, "refused", "it answered 302: it is at another address now"),
        (404, "refused", "refused, so nobody was told there: it answered 404"),
        (500, "refused", "refused, so nobody was told there: it answered 500"),
        (0, "unanswered", "unanswered, so nobody was told there"),
        (None, "unreachable", "unreachable, so nobody was told there: no connection"),
    ],
)
def test_a_broken_webhook_never_fails_and_is_never_named(
    webhook: Any, nobody: str, tmp_path: Path, answer: int | None, outcome: str, said: str
) -> None:
    webhook.answers = [answer or 0]
    address = nobody if answer is None else webhook.address
    done = process(tmp_path, address, "DEBUG")

    assert done.returncode == 0, done.stderr
    assert said in done.stderr.splitlines()[-1]
    written = {file.name: file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file()}
    assert json.loads(written["receipt.json"])["channels"]["webhook"]["outcome"] == outcome
    for text in (done.stdout, done.stderr, *written.values()):
        assert PATH not in text
        assert "T0KEN" not in text
        assert f":{address.split(':')[2].split('/')[0]}" not in text


@pytest.mark.parametrize("address", ["T0KEN", "https://", "http://[T0KEN", "mailto:T0KEN@example.com"])
def test_a_webhook_that_is_no_address_is_said_without_it(tmp_path: Path, address: str) -> None:
    done = process(tmp_path, address)

    assert done.returncode == 0, done.stderr
    assert "nobody was told" in done.stderr.splitlines()[-1]
    assert "T0KEN" not in done.stderr + (tmp_path / "out" / "receipt" / "receipt.json").read_text()


def test_libraries_do_not_log_addresses(webhook: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    send(tmp_path, webhook.address)

    assert "T0KEN" not in caplog.text
    assert {record.name for record in caplog.records} <= {"notify", "asyncio"}
