"""E-mail: to a real server with TLS, what is tried again, what is not, that it ends, and that it tells no secret."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from machiya_notify.channels import configured
from machiya_notify.failures import read_failures
from machiya_notify.mail import Address, read_address
from machiya_notify.message import Run
from machiya_notify.outcome import Delivery, Outcome, Patience

QUICK = Patience(connect=5.0, attempt=5.0, pauses=(0.0, 0.0), longest_pause=0.0)
HASTY = Patience(connect=0.3, attempt=0.3, pauses=(), longest_pause=0.0)
Serving = Callable[..., Any]
RUN = Run("recommend", "production", "r-1", "Failed", 41.7, read_failures("clean broke 済"))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is one of those that this machine trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def send(server: str, patience: Patience = QUICK, run: Run = RUN, **more: Any) -> Delivery:
    secrets: dict[str, str] = {"smtp_server": server, "email_to": "ops@example.com, me@example.com", **more}
    (channel,) = configured(secrets.get, patience)
    assert channel.name == "email"
    return channel.send(run)


USERNAME, PASSWORD = "robot@example.com", "p@ss/T0KEN"
LOGIN: dict[str, Any] = {"smtp_username": USERNAME, "smtp_password": PASSWORD}


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_letter_goes_encrypted_to_everybody_after_a_login(
    serving: Serving, context: ssl.SSLContext, scheme: str
) -> None:
    with serving(context, starttls=scheme == "smtp", login=(USERNAME, PASSWORD)) as box:
        delivery = send(f"{scheme}://127.0.0.1:{box.port}", **LOGIN)

    assert (delivery.outcome, delivery.detail) == (Outcome.SENT, "the server took it")
    assert box.envelopes == [(USERNAME, ["ops@example.com", "me@example.com"])]
    (letter,) = box.letters
    assert letter["Subject"] == "[Failed] recommend (production) failed after 41.7 s"
    assert letter["From"] == USERNAME
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "clean broke 済" in letter.get_content()


def test_without_encryption_only_where_that_is_said(serving: Serving) -> None:
    with serving(None) as box:
        refused = send(f"smtp://127.0.0.1:{box.port}")
        sent = send(f"smtp+plain://127.0.0.1:{box.port}", email_from="robot@example.com")

    assert (refused.outcome, refused.may_retry) == (Outcome.REFUSED, False)
    assert "does not offer STARTTLS" in refused.detail
    assert sent.outcome is Outcome.SENT
    assert [sender for sender, _ in box.envelopes] == ["robot@example.com"]


def test_a_password_is_never_sent_in_the_clear(serving: Serving) -> None:
    with serving(None) as box:
        delivery = send(f"smtp+plain://127.0.0.1:{box.port}", **LOGIN)

    assert delivery.outcome is Outcome.REFUSED
    assert "no password is sent without encryption" in delivery.detail
    assert (box.logins, box.letters) == (0, [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_is_not_trusted_gets_no_login(serving: Serving, context: ssl.SSLContext, scheme: str) -> None:
    with serving(context, starttls=scheme == "smtp", login=(USERNAME, PASSWORD)) as box:
        delivery = send(f"{scheme}://127.0.0.1:{box.port}", **LOGIN)

    assert delivery.outcome is Outcome.UNREACHABLE
    assert "certificate is not trusted" in delivery.detail
    assert (box.logins, box.letters) == (0, [])


@pytest.mark.usefixtures("trusted")
def test_a_wrong_login_is_said_and_not_tried_again(serving: Serving, context: ssl.SSLContext) -> None:
    with serving(context, login=(USERNAME, PASSWORD)) as box:
        delivery = send(f"smtp://127.0.0.1:{box.port}", smtp_username="robot", smtp_password="T0KEN-wrong")

    assert delivery.outcome is Outcome.REFUSED
    assert "the server answered 535 to the login" in delivery.detail
    assert "T0KEN" not in repr(delivery)


@pytest.mark.parametrize(
    ("replies", "outcome", "detail"),
    [
        (["451 later", "451 later", "250 taken"], Outcome.SENT, "the server took it"),
        (["451 later T0KEN"], Outcome.REFUSED, "the server answered 451 to the message"),
        (["554 spam T0KEN", "250 taken"], Outcome.REFUSED, "the server answered 554 to the message"),
    ],
)
def test_what_was_refused_for_now_is_tried_again(
    serving: Serving, replies: list[str], outcome: Outcome, detail: str
) -> None:
    with serving(None) as box:
        box.replies = replies
        delivery = send(f"smtp+plain://127.0.0.1:{box.port}")

    assert (delivery.outcome, delivery.detail) == (outcome, detail)
    assert len(box.letters) == (1 if outcome is Outcome.SENT else 0)


def test_some_recipients_may_be_unknown_but_not_all(serving: Serving) -> None:
    with serving(None) as box:
        box.unknown = {"me@example.com"}
        some = send(f"smtp+plain://127.0.0.1:{box.port}")
        box.unknown |= {"ops@example.com"}
        none = send(f"smtp+plain://127.0.0.1:{box.port}")

    assert (some.outcome, some.detail) == (Outcome.SENT, "the server took it for 1 of 2 recipients")
    assert none.outcome is Outcome.REFUSED
    assert "550 to every recipient: look at the secret email_to" in none.detail


@pytest.mark.parametrize(("greeting", "drip"), [(b"", False), (b"220", True)])
def test_a_server_that_never_answers_is_not_waited_for_for_ever(mute: Serving, greeting: bytes, drip: bool) -> None:
    with mute(greeting, drip=drip) as port:
        delivery = send(f"smtp+plain://127.0.0.1:{port}", HASTY)

    assert delivery.outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize("break_off", ["silent", "closed"])
def test_what_may_have_arrived_is_not_sent_again(break_off: str, scripted: Callable[[bool], Any]) -> None:
    server = scripted(break_off == "silent")
    delivery = send(
        f"smtp+plain://127.0.0.1:{server.port}", Patience(connect=5.0, attempt=1.0, pauses=(0.0,), longest_pause=0.0)
    )

    assert delivery.outcome is Outcome.UNANSWERED
    assert "it may have arrived" in delivery.detail
    assert server.connections == 1


@pytest.fixture
def scripted() -> Iterator[Callable[[bool], Any]]:
    """Makes servers that take a message as a whole, and then say nothing or hang up."""
    import socketserver
    import threading

    servers: list[Any] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            server: Any = self.server
            server.connections += 1
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    while self.rfile.readline() != b".\r\n":
                        pass
                    if server.silent:
                        server.closing.wait()
                    return
                self.wfile.write(b"250 fine\r\n")

    class Server(socketserver.ThreadingTCPServer):
        def __init__(self, silent: bool) -> None:
            super().__init__(("127.0.0.1", 0), Handler)
            self.silent, self.connections, self.closing = silent, 0, threading.Event()
            self.port = self.server_address[1]
            self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
            self.thread.start()

    def make(silent: bool) -> Any:
        servers.append(Server(silent))
        return servers[-1]

    yield make
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()
        server.thread.join()


def test_where_nobody_listens(nobody: str) -> None:
    delivery = send(f"smtp+plain://127.0.0.1:{urlsplit(nobody).port}")

    assert delivery.outcome is Outcome.UNREACHABLE
    assert "nothing listens there" in delivery.detail


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mail.example.com", Address("smtp", "mail.example.com", 587)),
        ("mail.example.com:2525", Address("smtp", "mail.example.com", 2525)),
        ("mail.example.com:465", Address("smtps", "mail.example.com", 465)),
        ("smtps://mail.example.com", Address("smtps", "mail.example.com", 465)),
        ("smtp+plain://relay.mail.svc", Address("smtp+plain", "relay.mail.svc", 25)),
        ("smtp://[::1]:25/", Address("smtp", "::1", 25)),
        ("smtp://me:T0KEN@mail.example.com", None),
        ("https://mail.example.com", None),
        ("mail.example.com:T0KEN", None),
        ("smtp://mail.example.com/T0KEN", None),
        ("smtp://[T0KEN", None),
        ("", None),
    ],
)
def test_addresses_of_servers(text: str, address: Address | None) -> None:
    assert read_address(text) == address
    if address is None and text:
        delivery = send(text)
        assert (delivery.outcome, "T0KEN" in delivery.detail) == (Outcome.REFUSED, False)


@pytest.mark.parametrize(
    "more",
    [
        {"email_to": ""},
        {"email_to": "T0KEN"},
        {"email_to": "ops@example.com, T0KEN"},
        {"email_to": "ops@example.com\nBcc: T0KEN"},
        {"email_from": "T0KEN"},
        {"email_from": "a@b, c@d"},
        {"smtp_server": ""},
    ],
)
def test_what_is_missing_or_no_address_is_said_without_it(serving: Serving, more: dict[str, Any]) -> None:
    with serving(None) as box:
        server = f"smtp+plain://127.0.0.1:{box.port}"
        delivery = send(more.get("smtp_server", server), **more)

    assert delivery.outcome is Outcome.REFUSED
    assert "T0KEN" not in delivery.detail
    assert box.letters == []


def test_the_same_end_is_the_same_letter_and_another_end_another(serving: Serving) -> None:
    with serving(None) as box:
        for status in ("Failed", "Failed", "Error"):
            send(f"smtp+plain://127.0.0.1:{box.port}", run=Run("w", "", "r", status, 1.0, read_failures("x")))

    first, again, other = (letter["Message-ID"] for letter in box.letters)
    assert first == again
    assert first != other
