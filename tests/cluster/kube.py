"""The API of Kubernetes by plain HTTP, as a kubeconfig describes it; only what the tests of this folder need."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml

Object = dict[str, Any]

_TIMEOUT = 30
_PATIENCE, _PAUSE = 600.0, 1.0


class KubeError(Exception):
    """What the API answered instead; ``reason`` is Kubernetes' word for it."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class Kube:
    """One cluster, as the current context of a kubeconfig reaches it; `scratch` is a folder for its certificates."""

    def __init__(self, kubeconfig: Path, scratch: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text("utf-8"))
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        if cluster.get("insecure-skip-tls-verify"):
            raise KubeError(
                0, "Insecure", f"{kubeconfig} does not verify TLS: put the authority's certificate into it."
            )
        self._url = cluster["server"].rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        authority = _material(cluster, "certificate-authority", kubeconfig, scratch / "ca.pem")
        self._session.verify = authority or True
        self._authenticate({**user, **_executed(user.get("exec"))}, kubeconfig, scratch)
        self._kinds: dict[str, dict[str, Object]] = {}

    def _authenticate(self, user: Object, kubeconfig: Path, scratch: Path) -> None:
        certificate = _material(user, "client-certificate", kubeconfig, scratch / "user.pem")
        key = _material(user, "client-key", kubeconfig, scratch / "user.key")
        if certificate and key:
            self._session.cert = (certificate, key)
        token = user.get("token") or (Path(user["tokenFile"]).read_text() if user.get("tokenFile") else "")
        if token:
            self._session.headers["Authorization"] = f"Bearer {token.strip()}"

    def request(self, method: str, path: str, body: Object | None = None, **query: str) -> Object:
        """Ask; KubeError where the answer is none of success."""
        answer = self._session.request(method, self._url + path, json=body, params=query, timeout=_TIMEOUT)
        if not answer.ok:
            try:
                status = answer.json()
            except ValueError:
                status = {}
            raise KubeError(answer.status_code, status.get("reason", ""), status.get("message", answer.text[:500]))
        found: Object = answer.json()
        return found

    def create(self, value: Object, namespace: str = "", *, dry: bool = False) -> Object:
        """Create an object. Fields that the API does not know are refused; `dry`: do all but store it."""
        path = self._path(value["apiVersion"], value["kind"], namespace)
        if dry:
            return self.request("POST", path, value, fieldValidation="Strict", dryRun="All")
        return self.request("POST", path, value, fieldValidation="Strict")

    def get(self, api: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """An object; None if it is not there."""
        try:
            return self.request("GET", f"{self._path(api, kind, namespace)}/{name}")
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api: str, kind: str, namespace: str = "", selector: str = "") -> list[Object]:
        """All of a kind, with labels."""
        path = self._path(api, kind, namespace)
        found = self.request("GET", path, labelSelector=selector) if selector else self.request("GET", path)
        items: list[Object] = found["items"]
        return items

    def delete(self, api: str, kind: str, name: str, namespace: str = "") -> None:
        """Delete an object; nothing happens if it is not there."""
        try:
            self.request("DELETE", f"{self._path(api, kind, namespace)}/{name}")
        except KubeError as error:
            if error.status != 404:
                raise

    def knows(self, api: str, kind: str) -> bool:
        """Whether there are objects of this kind."""
        try:
            return kind in self._resources(api)
        except KubeError as error:
            if error.status == 404:
                return False
            raise

    def may(self, user: str, verb: str, resource: str, namespace: str, *, group: str = "") -> bool:
        """Whether a user may do something."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": user,
                "groups": ["system:serviceaccounts", "system:authenticated"],
                "resourceAttributes": {"namespace": namespace, "verb": verb, "group": group, "resource": resource},
            },
        }
        return bool(self.create(review)["status"]["allowed"])

    def token(self, account: str, namespace: str, seconds: int = 7200) -> str:
        """A token of a service account."""
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        return str(self.request("POST", path, asked)["status"]["token"])

    def _path(self, api: str, kind: str, namespace: str) -> str:
        resource = self._resources(api)[kind]
        root = "/api/v1" if api == "v1" else f"/apis/{api}"
        return (
            f"{root}/namespaces/{namespace}/{resource['name']}"
            if resource["namespaced"]
            else f"{root}/{resource['name']}"
        )

    def _resources(self, api: str) -> dict[str, Object]:
        if api not in self._kinds:
            listed = self.request("GET", "/api/v1" if api == "v1" else f"/apis/{api}")["resources"]
            self._kinds[api] = {one["kind"]: one for one in listed if "/" not in one["name"]}
        return self._kinds[api]


def wait_for(what: Callable[[], Any], why: Callable[[], str], patience: float = _PATIENCE) -> Any:
    """What `what` gives as soon as it is true. A cluster tells nobody here; it is asked again and again."""
    end = time.monotonic() + patience
    while not (found := what()):
        if time.monotonic() > end:
            raise TimeoutError(why())
        time.sleep(_PAUSE)
    return found


def _named(entries: list[Object], name: str) -> Object:
    return next(one for one in entries if one["name"] == name)


def _material(holder: Object, name: str, kubeconfig: Path, target: Path) -> str:
    """A file with what a kubeconfig holds itself (``-data``), or names beside itself; empty if it has none."""
    if data := holder.get(f"{name}-data"):
        target.touch(mode=0o600)
        target.write_bytes(base64.b64decode(data))
        return str(target)
    return str(kubeconfig.parent / holder[name]) if holder.get(name) else ""


def _executed(command: Object | None) -> Object:
    """What a credential plugin says, in the form of a kubeconfig's user."""
    if not command:
        return {}
    environment = {**os.environ, **{one["name"]: one["value"] for one in command.get("env") or ()}}
    asked = {"apiVersion": command["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(asked)
    words = [command["command"], *(command.get("args") or ())]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=True)
    status = json.loads(done.stdout)["status"]
    pairs = (("clientCertificateData", "client-certificate-data"), ("clientKeyData", "client-key-data"))
    encoded = {ours: base64.b64encode(status[name].encode()).decode() for name, ours in pairs if status.get(name)}
    return {"token": status.get("token", ""), **encoded}
