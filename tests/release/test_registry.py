"""The client against registries: what is there, what lies beside an image, and what goes wrong."""

import base64
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.errors import AccessError, ArgumentsError, NotFoundError, RegistryError
from machiya.release.registry import Attachment, Image, Repository, open_registry, parse_registry
from tests.release.registries import PASSWORD, SmallRegistry, put_image

TYPE = "application/vnd.example+json"


def opened(name: str, seconds: float = 20) -> Repository:
    return open_registry(name, answer_seconds=seconds).repository("tally")


@pytest.fixture(params=["docker-registry", "with referrers"])
def repository(request: pytest.FixtureRequest) -> Repository:
    """The same behaviour is asked of a registry without the referrers API and of one with it."""
    if request.param == "docker-registry":
        return opened(request.getfixturevalue("registry"))
    return opened(f"{request.getfixturevalue('small').host}/acme")


def image(repository: Repository, tag: str = "1.0.0") -> Image:
    put_image(repository, tag)
    return repository.image(tag)


def test_a_repository_that_does_not_exist_yet_has_no_tags_and_no_digests(repository: Repository) -> None:
    assert repository.tags() == []
    assert repository.digest("1.0.0") is None


def test_a_tag_leads_to_a_digest_and_the_digest_to_the_same_image(repository: Repository) -> None:
    digest = put_image(repository, "1.0.0", commit="abc")
    found = repository.image("1.0.0")
    assert (repository.digest("1.0.0"), repository.digest(digest), found.digest) == (digest, digest, digest)
    assert repository.image(digest) == found
    assert found.labels["org.opencontainers.image.revision"] == "abc"
    assert repository.tags() == ["1.0.0"]


def test_what_is_attached_is_found_by_its_type_oldest_first_and_only_there(repository: Repository) -> None:
    one = image(repository)
    other = image(repository, "2.0.0") if put_image(repository, "2.0.0", salt="other") else one
    for text in (b"first", b"second"):
        repository.attach(one.descriptor, Attachment(TYPE, text, {"kind": text.decode()}))
    repository.attach(one.descriptor, Attachment("application/other", b"third"))
    found = repository.attached(one.digest, TYPE)
    assert [repository.content(entry) for entry in found] == [b"first", b"second"]
    assert [entry.annotations["kind"] for entry in found] == ["first", "second"]
    assert [repository.content(entry) for entry in repository.attached(one.digest, "application/other")] == [b"third"]
    assert other is not one or repository.attached("sha256:" + "0" * 64, TYPE) == []


def test_attaching_the_same_again_changes_nothing(repository: Repository) -> None:
    one = image(repository)
    attachment = Attachment(TYPE, b"text")
    assert repository.attach(one.descriptor, attachment) == repository.attach(one.descriptor, attachment)
    assert len(repository.attached(one.digest, TYPE)) == 1


def without_referrers(handler: Any) -> bool:
    """What a registry without the referrers API does: it knows no such address, and says nothing of subjects."""
    if "/referrers/" in handler.path:
        handler.answer(404)
        return True
    handler.knows_subjects = False
    return False


def test_an_index_that_another_writer_replaced_meanwhile_is_written_again(small: SmallRegistry) -> None:
    """The specification knows no way to lock the index; who writes it looks whether what was written is still there."""
    small.before = without_referrers
    repository = opened(f"{small.host}/acme")
    one = image(repository)
    theirs = repository.attach(one.descriptor, Attachment(TYPE, b"theirs"))
    tag = one.digest.replace(":", "-")
    index_with_theirs = small.tags[tag]
    replaced: list[str] = []

    def replace_once(handler: Any) -> bool:
        written = small.tags[tag] != index_with_theirs
        if handler.command == "GET" and handler.path.endswith(tag) and written and not replaced:
            replaced.append(small.tags[tag])
            small.tags[tag] = index_with_theirs
        return without_referrers(handler)

    small.before = replace_once
    ours = repository.attach(one.descriptor, Attachment(TYPE, b"ours"))
    assert replaced
    assert [entry.digest for entry in repository.attached(one.digest, TYPE)] == [theirs.digest, ours.digest]


def test_without_the_referrers_api_the_index_is_under_a_tag_of_the_digest(registry: str) -> None:
    repository = opened(registry)
    one = image(repository)
    repository.attach(one.descriptor, Attachment(TYPE, b"text"))
    assert one.digest.replace(":", "-") in repository.tags()


def test_with_the_referrers_api_no_tag_is_made(small: SmallRegistry) -> None:
    repository = opened(f"{small.host}/acme")
    one = image(repository)
    repository.attach(one.descriptor, Attachment(TYPE, b"text"))
    assert repository.tags() == ["1.0.0"]


def test_a_version_that_is_not_there_is_told_from_a_digest_that_is_gone(repository: Repository) -> None:
    image(repository)
    with pytest.raises(NotFoundError, match=r"tally has no version 9\.9\.9"):
        repository.image("9.9.9")
    with pytest.raises(NotFoundError, match="it was removed, or never was there"):
        repository.image("sha256:" + "0" * 64)


def test_of_an_image_for_several_platforms_the_labels_of_the_first_count(small: SmallRegistry) -> None:
    repository: Any = opened(f"{small.host}/acme")
    one = put_image(repository, "amd64", commit="first")
    entries = [
        {"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": 1, "platform": {"architecture": "unknown"}},
        {"mediaType": "x", "digest": one, "size": 1, "platform": {"architecture": "amd64"}},
    ]
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
    repository.put_manifest("1.0.0", json.dumps(index).encode(), index["mediaType"])
    found = repository.image("1.0.0")
    assert found.labels["org.opencontainers.image.revision"] == "first"
    assert found.digest == repository.digest("1.0.0") != one


def test_content_that_is_not_what_its_digest_says_is_refused(small: SmallRegistry) -> None:
    repository = opened(f"{small.host}/acme")
    digest = put_image(repository, "1.0.0")
    media_type, content = small.manifests[digest]
    small.manifests[digest] = (media_type, content + b" ")
    with pytest.raises(RegistryError, match="is something else"):
        repository.image(digest)


def test_tags_come_page_by_page(small: SmallRegistry) -> None:
    def pages(handler: Any) -> bool:
        if "last=" in handler.path:
            handler.answer(200, b'{"tags": ["2.0.0"]}')
        else:
            handler.answer(200, b'{"tags": ["1.0.0"]}', Link='</v2/acme/tally/tags/list?last=1.0.0>; rel="next"')
        return True

    small.before = pages
    assert opened(f"{small.host}/acme").tags() == ["1.0.0", "2.0.0"]


# credentials


def test_without_credentials_it_says_how_to_log_in(guarded_host: str) -> None:
    with pytest.raises(AccessError, match="there are no credentials for it") as error:
        opened(f"{guarded_host}/acme").tags()
    assert error.value.remedy == f"docker login {guarded_host}"
    assert error.value.exit_code == 77


def test_wrong_credentials_are_refused_and_never_shown(guarded_host: str, log_in: Callable[..., None]) -> None:
    log_in(guarded_host, password="battery staple")
    with pytest.raises(AccessError, match="refused the credentials of robot") as error:
        opened(f"{guarded_host}/acme").tags()
    assert "battery" not in f"{error.value.message}{error.value.remedy}{error.value!r}"


def test_credentials_of_docker_login_open_the_registry(guarded_host: str, log_in: Callable[..., None]) -> None:
    log_in(guarded_host)
    repository = opened(f"{guarded_host}/acme")
    one = image(repository)
    repository.attach(one.descriptor, Attachment(TYPE, b"text"))
    assert len(repository.attached(one.digest, TYPE)) == 1


def test_a_credential_helper_is_asked(
    guarded_host: str, docker_config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    helper = tmp_path / "docker-credential-test"
    answer = json.dumps({"Username": "robot", "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ncat >/dev/null\nprintf '%s' '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (docker_config / "config.json").write_text(json.dumps({"credHelpers": {guarded_host: "test"}}))
    assert opened(f"{guarded_host}/of-the-helper").tags() == []


def with_tokens(small: SmallRegistry, scopes: list[str]) -> Callable[[Any], bool]:
    """What a registry with a token server does: it names the server, which gives a token for the right password."""
    right = "Basic " + base64.b64encode(f"robot:{PASSWORD}".encode()).decode()

    def answer(handler: Any) -> bool:
        given = handler.headers.get("Authorization", "")
        if handler.path.startswith("/token"):
            scopes.append(handler.path)
            handler.answer(200, b'{"token": "t0"}') if given == right else handler.answer(401)
            return True
        if given == "Bearer t0":
            return False
        realm = f'Bearer realm="http://{small.host}/token",service="small"'
        handler.answer(401, WWW_Authenticate=realm)
        return True

    return answer


def test_a_token_is_fetched_where_the_registry_asks_for_one(small: SmallRegistry, log_in: Callable[..., None]) -> None:
    scopes: list[str] = []
    small.before = with_tokens(small, scopes)
    log_in(small.host)
    put_image(opened(f"{small.host}/acme"), "1.0.0")
    assert any("scope=repository%3Aacme%2Ftally%3Apull%2Cpush" in path for path in scopes)
    assert len(scopes) == 1


def test_a_token_that_is_refused_is_a_refusal_of_the_credentials(
    small: SmallRegistry, log_in: Callable[..., None]
) -> None:
    small.before = with_tokens(small, [])
    log_in(small.host, password="wrong")
    with pytest.raises(AccessError, match="refused the credentials of robot"):
        opened(f"{small.host}/acme").tags()


def test_a_password_is_not_sent_to_a_token_server_without_tls(
    small: SmallRegistry, log_in: Callable[..., None]
) -> None:
    def elsewhere(handler: Any) -> bool:
        handler.answer(401, WWW_Authenticate='Bearer realm="http://tokens.example.org/",service="small"')
        return True

    small.before = elsewhere
    log_in(small.host)
    with pytest.raises(RegistryError, match="which is not encrypted"):
        opened(f"{small.host}/acme").tags()


def test_a_right_that_is_missing_is_told(small: SmallRegistry, log_in: Callable[..., None]) -> None:
    def denied(handler: Any) -> bool:
        handler.answer(403)
        return True

    small.before = denied
    log_in(small.host)
    with pytest.raises(AccessError, match="refused the credentials of robot for acme/tally"):
        opened(f"{small.host}/acme").tags()


# what goes wrong on the way


def test_a_registry_that_is_down() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, so that nobody else gets it, but nobody listens
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(RegistryError, match=f"{host} does not answer: connection refused") as error:
            opened(f"{host}/acme").tags()
    assert error.value.exit_code == 69


def test_a_registry_that_is_slow(small: SmallRegistry) -> None:
    let_go = threading.Event()

    def wait(_handler: Any) -> bool:
        let_go.wait()
        return True

    small.before = wait
    try:
        with pytest.raises(RegistryError, match=r"did not answer within 0\.05 seconds"):
            opened(f"{small.host}/acme", seconds=0.05).tags()
    finally:
        let_go.set()


def test_a_registry_that_is_busy_for_a_moment_is_asked_again(small: SmallRegistry) -> None:
    left = [503, 429]

    def busy(handler: Any) -> bool:
        if left:
            handler.answer(left.pop(), Retry_After="0")
            return True
        return False

    small.before = busy
    assert opened(f"{small.host}/acme").tags() == []
    assert len(small.seen) == 3


def test_a_registry_that_stays_broken_is_given_up_with_its_own_words(small: SmallRegistry) -> None:
    def broken(handler: Any) -> bool:
        handler.answer(503, b'{"errors": [{"message": "the disk is full"}]}', Retry_After="0")
        return True

    small.before = broken
    with pytest.raises(RegistryError, match=r"answered 503 \(the disk is full\) to GET /v2/acme/tally/tags/list"):
        opened(f"{small.host}/acme").tags()
    assert len(small.seen) == 3


def test_a_server_that_is_no_registry(small: SmallRegistry) -> None:
    def page(handler: Any) -> bool:
        handler.answer(200, b"<html>hello</html>")
        return True

    small.before = page
    with pytest.raises(RegistryError, match="is no JSON"):
        opened(f"{small.host}/acme").tags()


def test_a_registry_elsewhere_is_spoken_to_over_tls_only(small: SmallRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to this machine, but does not say so, is another machine's."""
    port = small.host.partition(":")[2]
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest, **more: found("127.0.0.1", *rest, **more))
    with pytest.raises(RegistryError, match="cannot be trusted: it does not speak TLS"):
        opened(f"registry.example.org:{port}/acme").tags()
    assert small.seen == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:5000", "http://localhost:5000/v2/"),
        ("127.0.0.1:5000/acme", "http://127.0.0.1:5000/v2/"),
        ("[::1]:5000/acme", "http://[::1]:5000/v2/"),
        ("ghcr.io/acme/ml", "https://ghcr.io/v2/"),
        ("docker.io/acme", "https://registry-1.docker.io/v2/"),
        ("127.0.0.1.example.org/acme", "https://127.0.0.1.example.org/v2/"),
    ],
)
def test_plain_http_is_for_this_machine_only(text: str, url: str) -> None:
    name = parse_registry(text)
    assert (str(name), name.url) == (text, url)


@pytest.mark.parametrize("text", ["acme", "https://ghcr.io/acme", "ghcr.io/Acme", "ghcr.io/acme:1.0", "ghcr.io/", ""])
def test_what_is_no_name_of_a_registry_is_refused(text: str) -> None:
    with pytest.raises(ArgumentsError, match="is no registry"):
        parse_registry(text)
