"""The client of Argo Server: what it asks, what it makes of answers, and what it does when they do not come."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from machiya.engines.argo.client import SUBMISSION, ArgoServerClient
from machiya.engines.argo.protocol import ArgoServer, LogLine, Object
from machiya.engines.argo.settings import ServerSettings, read_settings
from machiya.errors import (
    AccessError,
    ArgumentsError,
    ClusterError,
    ConflictError,
    MachiyaError,
    NotFoundError,
    RejectedError,
)
from tests.argo.cluster import NAMESPACE
from tests.argo.fake import TOKEN, FakeArgo, Fault
from tests.argo.server import running


def workflow(name: str = "one", submission: str = "1", **labels: str) -> Object:
    """Of a single step."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name, "labels": labels, "annotations": {SUBMISSION: submission}},
        "spec": {"entrypoint": "work", "templates": [{"name": "work", "container": {"image": "i", "command": ["c"]}}]},
    }


@contextmanager
def client_of(argo: FakeArgo, **variables: str) -> Iterator[ArgoServer]:
    settings = read_settings(None, None, argo.environment | variables)
    with ArgoServerClient(settings, pause=lambda _: None, backoff=0) as client:
        yield client


def _finish(argo: FakeArgo) -> None:
    argo.cluster.finish("one")


def error_of(client: ArgoServer) -> MachiyaError:
    with pytest.raises(MachiyaError) as caught:
        client.get("one")
    assert TOKEN not in caught.value.message + caught.value.remedy
    return caught.value


def test_a_run_is_created_followed_and_read(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.cluster.begin("one")
    argo.cluster.when_watched.append(lambda name: argo.cluster.finish(name, lines=["a", "b"]))
    phases = [run["status"].get("phase") for run in client.watch("one")]
    assert (phases[0], phases[-1]) == ("Running", "Succeeded")
    assert [line.text for line in client.logs("one")] == ["a", "b"]
    assert [line.text for line in client.logs("one", tail=1)] == ["b"]


# -- a run begins once ------------------------------------------------------------------------------------------------


def test_a_run_whose_answer_is_lost_has_begun_once(argo: FakeArgo, client: ArgoServer) -> None:
    argo.faults.append(Fault("POST", "/workflows/", lost=True))
    assert client.create(workflow())["metadata"]["name"] == "one"
    assert len(argo.asked("POST")) == 1


@pytest.mark.parametrize("answer", [None, (503, "text/plain", b"no healthy upstream"), (502, "text/html", b"<html>")])
def test_a_run_that_never_reached_the_server_is_sent_again(
    argo: FakeArgo, client: ArgoServer, answer: tuple[int, str, bytes] | None
) -> None:
    argo.faults.append(Fault("POST", "/workflows/", answer))
    client.create(workflow())
    assert len(argo.asked("POST")) == 2
    assert list(argo.cluster.workflows) == ["one"]


def test_the_run_of_somebody_else_under_the_same_name_is_not_taken_for_ones_own(client: ArgoServer) -> None:
    client.create(workflow(submission="1"))
    with pytest.raises(ConflictError, match="another run one"):
        client.create(workflow(submission="2"))


def test_where_it_stays_unknown_whether_a_run_began_the_message_says_so(argo: FakeArgo, client: ArgoServer) -> None:
    argo.faults.append(Fault("POST", "/workflows/", lost=True))
    argo.faults += [Fault("GET", "/workflows/", (503, "text/plain", b"down"))] * 3
    with pytest.raises(ClusterError, match="Whether the run one began is not known") as caught:
        client.create(workflow())
    assert "machiya show --engine argo one" in caught.value.remedy


@pytest.mark.parametrize("call", ["retry", "stop"])
def test_what_changes_something_is_sent_once(argo: FakeArgo, client: ArgoServer, call: str) -> None:
    client.create(workflow())
    argo.faults.append(Fault("PUT", f"/{call}", (503, "text/plain", b"down")))
    with pytest.raises(ClusterError, match="answered 503: down"):
        getattr(client, call)("one")
    assert len(argo.asked("PUT")) == 1


def test_what_is_read_is_asked_for_again(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.faults.append(Fault("GET", "/workflows/", (503, "text/plain", b"down")))
    argo.faults.append(Fault("GET", "/workflows/"))
    assert client.get("one")["metadata"]["name"] == "one"


# -- lists, watches, logs ---------------------------------------------------------------------------------------------


def test_lists_come_in_pages_the_newest_first(argo: FakeArgo, client: ArgoServer) -> None:
    argo.page = 2
    for number in range(5):
        client.create(workflow(f"run-{number}", team="a" if number else "b"))
    names = [run["metadata"]["name"] for run in client.runs("team=a")]
    assert names == ["run-4", "run-3", "run-2", "run-1"]
    assert [run["metadata"]["name"] for run in client.runs("team=a", limit=3)] == names[:3]
    assert "templates" not in next(client.runs())["spec"]


def test_an_empty_list_is_empty(client: ArgoServer) -> None:
    assert list(client.runs("team=none")) == []


def test_a_watch_survives_connections_that_break_off(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.faults += [
        Fault("GET", "/workflow-events/"),
        Fault("GET", "/workflow-events/", (504, "text/html", b"<html>gateway</html>")),
        Fault("GET", "/workflow-events/", (200, "text/event-stream", b'data: {"error": {"http_code": 429}}\n\n')),
        Fault("GET", "/workflow-events/", (200, "text/event-stream", b"")),
    ]
    argo.cluster.when_watched.append(argo.cluster.finish)
    *_, last = client.watch("one")
    assert last["status"]["phase"] == "Succeeded"


def test_a_token_that_may_read_but_not_watch_follows_a_run_all_the_same(argo: FakeArgo) -> None:
    argo.forbidden.add(("watch", "workflows"))
    settings = read_settings(None, None, argo.environment)
    with ArgoServerClient(settings, pause=lambda _: _finish(argo), backoff=0) as client:
        client.create(workflow())
        *_, last = client.watch("one")
    assert last["status"]["phase"] == "Succeeded"


def test_a_run_that_is_deleted_while_it_is_watched_is_an_error(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.cluster.when_watched.append(argo.cluster.delete)
    with pytest.raises(NotFoundError, match="was deleted while it was watched"):
        list(client.watch("one"))


def test_a_server_that_stays_away_ends_a_watch_but_not_the_run(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.faults += [Fault("GET", "/workflows/", (503, "text/plain", b"down"))] * 100
    with pytest.raises(ClusterError, match="answered 503") as caught:
        list(client.watch("one"))
    assert caught.value.remedy.startswith("The run goes on without being watched.")


def test_logs_are_followed_to_the_end_of_the_run(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.cluster.begin("one")
    argo.cluster.when_watched.append(lambda name: argo.cluster.finish(name, lines=["late"]))
    assert list(client.logs("one", follow=True)) == [LogLine("one", "late")]


def test_a_log_that_is_kept_in_the_artifact_repository_is_read(argo: FakeArgo, client: ArgoServer) -> None:
    client.create(workflow())
    argo.cluster.kept_logs["one", "one-1"] = b"kept\n"
    assert b"".join(client.kept_log("one", "one-1")) == b"kept\n"


# -- errors -----------------------------------------------------------------------------------------------------------


def test_nothing_listens() -> None:
    with socket.socket() as taken:  # so that nobody else begins to listen there meanwhile
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with client_of(FakeArgo(url=f"http://{place}")) as client:
            error = error_of(client)
    assert (error.exit_code, error.message) == (69, f"nothing listens at {place}.")


def test_no_token(argo: FakeArgo) -> None:
    with client_of(argo, ARGO_TOKEN="") as client:
        error = error_of(client)
    assert error.exit_code == 77
    assert "wants a token" in error.message


def test_a_token_that_is_not_known_is_not_printed(argo: FakeArgo) -> None:
    argo.faults.append(Fault("GET", "/", (401, "application/json", b'{"code": 16, "message": "bad token s3cret"}')))
    with client_of(argo, ARGO_TOKEN="Bearer s3cret") as client:
        error = error_of(client)
    assert error.message.endswith("does not accept the token: bad token (the token)")
    assert "s3cret" not in repr(client.settings)


def test_a_token_that_may_not_is_told_which_permission_lacks(argo: FakeArgo, client: ArgoServer) -> None:
    argo.forbidden.add(("get", "workflows"))
    error = error_of(client)
    assert isinstance(error, AccessError)
    assert error.message == f"the token may not get workflows in the namespace {NAMESPACE}."
    assert "let system:serviceaccount:ml:robot do that" in error.remedy


def test_what_is_not_there(client: ArgoServer) -> None:
    error = error_of(client)
    assert (error.exit_code, error.message) == (66, f"there is no run one in the namespace {NAMESPACE}.")


def test_what_argo_refuses_is_told_in_its_words(client: ArgoServer) -> None:
    with pytest.raises(RejectedError, match="Argo does not take the run one: spec: ") as caught:
        client.create({**workflow(), "spec": {"entrypoint": "nothing"}})
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<html>Sign in</html>"),
        (302, "text/html", b""),
        (404, "text/html; charset=utf-8", b"<html>default backend</html>"),
        (200, "application/json", b"[1]"),
        (200, "application/json", b"nonsense"),
    ],
)
def test_a_proxy_that_answers_in_its_place_is_told_apart(
    argo: FakeArgo, client: ArgoServer, answer: tuple[int, str, bytes]
) -> None:
    argo.faults.append(Fault("GET", "/", answer))
    error = error_of(client)
    assert error.exit_code == 69
    assert "is not Argo Server's API" in error.message


# -- TLS --------------------------------------------------------------------------------------------------------------


def test_a_certificate_is_verified_against_the_authority_that_is_named(secure_argo: FakeArgo) -> None:
    with client_of(secure_argo) as client:
        assert client.create(workflow())["metadata"]["name"] == "one"


@pytest.mark.parametrize("variables", [{}, {"ARGO_INSECURE_SKIP_VERIFY": "true"}])
def test_a_certificate_of_an_authority_that_nobody_named_is_refused(
    secure_argo: FakeArgo, variables: dict[str, str]
) -> None:
    with client_of(secure_argo, ARGO_CA_FILE="", **variables) as client:
        error = error_of(client)
    assert "cannot be trusted: certificate verify failed: unable to get local issuer certificate." in error.message
    assert "ARGO_CA_FILE=FILE" in error.remedy
    assert secure_argo.requests == []


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    with running(FakeArgo(), tls=tmp_path, host="argo.example") as argo, client_of(argo) as client:
        assert "cannot be trusted" in error_of(client).message


def test_a_server_without_tls_is_told_apart(argo: FakeArgo) -> None:
    with client_of(argo, ARGO_SERVER=argo.url.replace("http:", "https:")) as client:
        assert "does not speak TLS" in error_of(client).message


# -- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "variables", "url"),
    [
        ("argo.example.com", {}, "https://argo.example.com"),
        ("argo.example.com:2746", {"ARGO_BASE_HREF": "/argo/"}, "https://argo.example.com:2746/argo"),
        ("localhost:2746", {"ARGO_SECURE": "false"}, "http://localhost:2746"),
        ("https://example.com/argo/", {}, "https://example.com/argo"),
        (None, {"ARGO_SERVER": "argo.example.com"}, "https://argo.example.com"),
        ("option.example.com", {"ARGO_SERVER": "argo.example.com"}, "https://option.example.com"),
    ],
)
def test_the_address_is_that_of_argos_own_variables(server: str | None, variables: dict[str, str], url: str) -> None:
    assert read_settings(server, None, variables).url == url


@pytest.mark.parametrize("token", ["abc", "Bearer abc", "  bearer   abc\n"])
def test_a_token_may_be_given_with_or_without_its_kind(token: str) -> None:
    settings = read_settings("argo.example.com", None, {"ARGO_TOKEN": token})
    assert settings.authorization.lower() == "bearer abc"
    assert "abc" not in repr(settings)


def test_the_namespace_is_that_of_the_option_or_the_variable() -> None:
    variables = {"ARGO_NAMESPACE": "variable"}
    assert read_settings("a.b", "option", variables).namespace == "option"
    assert read_settings("a.b", None, variables).namespace == "variable"
    assert read_settings("a.b", None, {}).namespace == "default"


@pytest.mark.parametrize(
    ("server", "variables", "message"),
    [
        (None, {}, "no Argo Server is named"),
        ("ftp://argo.example.com", {}, "is no address"),
        ("https://argo.example.com:port", {}, "is no address"),
        ("https://me:secret@argo.example.com", {}, "holds a name or a password"),
        ("http://argo.example.com", {"ARGO_TOKEN": "abc"}, "without encryption"),
        ("argo.example.com", {"ARGO_TOKEN": "Bearer a b c"}, "holds no token"),
        ("argo.example.com", {"ARGO_NAMESPACE": "No/Name"}, "is no name of a namespace"),
        ("argo.example.com", {"ARGO_CA_FILE": "nowhere.pem"}, "there is no such file"),
    ],
)
def test_settings_that_make_no_sense_are_told_and_ask_nothing(
    server: str | None, variables: dict[str, str], message: str
) -> None:
    with pytest.raises(ArgumentsError, match=message) as caught:
        read_settings(server, None, variables)
    assert "secret" not in caught.value.message + caught.value.remedy


def test_names_of_runs_are_one_part_of_the_path(argo: FakeArgo, client: ArgoServer) -> None:
    with pytest.raises(NotFoundError):
        client.get("../../info")
    assert argo.asked("GET") == [f"/api/v1/workflows/{NAMESPACE}/..%2F..%2Finfo"]


def test_what_a_newer_argo_adds_is_not_lost(argo: FakeArgo, client: ArgoServer) -> None:
    argo.faults.append(Fault("GET", "/", (200, "application/json", b'{"metadata": {}, "future": {"field": 1}}')))
    assert client.get("one")["future"] == {"field": 1}


def test_settings_show_where_the_ui_has_a_run() -> None:
    settings = ServerSettings("https://argo.example.com/argo", "ml")
    assert settings.link("one") == "https://argo.example.com/argo/workflows/ml/one"
