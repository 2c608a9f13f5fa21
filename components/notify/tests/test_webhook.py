"""Webhooks: against a real server, what is tried again, what is not, and that it always comes to an end."""

from typing import Any

import pytest

from machiya_notify.outcome import Outcome, Patience
from machiya_notify.webhook import post

QUICK = Patience(connect=2.0, attempt=0.3, pauses=(0.0, 0.0), longest_pause=0.0)
BODY = {"text": "done 済"}


def test_a_message_arrives_once_with_its_key(webhook: Any) -> None:
    delivery = post(webhook.address, BODY, "the-key")

    assert (delivery.outcome, delivery.detail) == (Outcome.SENT, "it answered 200")
    assert webhook.bodies == [BODY]
    assert webhook.keys == ["the-key"]


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_what_was_refused_for_now_is_tried_again(webhook: Any, code: int) -> None:
    webhook.answers = [code, code, 204]

    assert post(webhook.address, BODY, "k", QUICK).outcome is Outcome.SENT
    assert len(webhook.bodies) == 3


def test_after_a_few_attempts_it_gives_up(webhook: Any) -> None:
    webhook.answers = [503]

    delivery = post(webhook.address, BODY, "k", QUICK)

    assert (delivery.outcome, delivery.detail) == (Outcome.REFUSED, "it answered 503")
    assert len(webhook.bodies) == 3


@pytest.mark.parametrize("code", [302, 400, 403, 404, 410])
def test_what_was_refused_for_good_is_not_tried_again(webhook: Any, code: int) -> None:
    webhook.answers = [code]
    webhook.headers = {"Location": f"{webhook.address}/elsewhere"}

    delivery = post(webhook.address, BODY, "k", QUICK)

    assert delivery.outcome is Outcome.REFUSED
    assert f"it answered {code}" in delivery.detail
    assert len(webhook.bodies) == 1


@pytest.mark.parametrize("mood", ["silent", "dripping"])
def test_a_slow_answer_is_waited_for_once_and_not_for_ever(webhook: Any, mood: str) -> None:
    setattr(webhook, mood, True)

    delivery = post(webhook.address, BODY, "k", QUICK)

    assert (delivery.outcome, len(webhook.bodies)) == (Outcome.UNANSWERED, 1)
    assert "it may have arrived" in delivery.detail


def test_a_connection_that_breaks_off_may_have_delivered(webhook: Any) -> None:
    webhook.answers = [0]

    assert post(webhook.address, BODY, "k", QUICK).outcome is Outcome.UNANSWERED
    assert len(webhook.bodies) == 1


def test_where_nobody_listens(nobody: str) -> None:
    delivery = post(nobody, BODY, "k", QUICK)

    assert delivery.outcome is Outcome.UNREACHABLE
    assert "nothing listens there" in delivery.detail


@pytest.mark.parametrize(
    "address",
    ["", "hooks.example.com/x", "ftp://example.com/x", "http:///x", "http://[::1", "http://a b/", "//x", "\x00"],
)
def test_what_is_no_address_is_said(address: str) -> None:
    delivery = post(address, BODY, "k", QUICK)

    assert delivery.outcome in (Outcome.REFUSED, Outcome.UNREACHABLE)
    assert not address or address not in delivery.detail


def test_a_body_that_cannot_be_sent_is_an_answer_too(webhook: Any) -> None:
    delivery = post(webhook.address, {"text": object()}, "k", QUICK)

    assert (delivery.outcome, delivery.detail) == (
        Outcome.UNREACHABLE,
        "the request could not be made (TypeError)",
    )


def test_a_server_cannot_make_it_wait_for_a_day(webhook: Any) -> None:
    webhook.answers = [429, 200]
    webhook.headers = {"Retry-After": "86400"}

    assert post(webhook.address, BODY, "k", QUICK).outcome is Outcome.SENT
    assert len(webhook.bodies) == 2
