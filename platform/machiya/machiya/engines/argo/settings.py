"""Where Argo Server is and who asks: from options and the environment, in the variables that Argo's own CLI reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from machiya.errors import ArgumentsError
from machiya.manifest.grammar.names import is_object_name

SERVER, TOKEN, NAMESPACE, SECURE, BASE_HREF, CA_FILE = (
    "ARGO_SERVER",
    "ARGO_TOKEN",
    "ARGO_NAMESPACE",
    "ARGO_SECURE",
    "ARGO_BASE_HREF",
    "ARGO_CA_FILE",
)
"""Variables: those of `argo`, and ARGO_CA_FILE. ARGO_INSECURE_SKIP_VERIFY is not read: TLS is always verified."""

DEFAULT_NAMESPACE = "default"

_FORM = "Example: --server argo.example.com, or --server localhost:2746; the variable is ARGO_SERVER."


@dataclass(frozen=True)
class ServerSettings:
    """``url`` ends without a slash; ``authorization`` is a header's value, which nothing prints; it may be empty."""

    url: str
    namespace: str = DEFAULT_NAMESPACE
    authorization: str = field(default="", repr=False)
    ca_file: str = ""

    @property
    def host(self) -> str:
        """Name and port, for messages."""
        return urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine: a forwarded port."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def redacted(self, text: str) -> str:
        """A text from elsewhere without the token, should it be in it."""
        secret = self.authorization.rpartition(" ")[2]
        return text.replace(secret, "(the token)") if secret else text

    def link(self, name: str, namespace: str = "") -> str:
        """Where the Argo UI shows a run."""
        return f"{self.url}/workflows/{namespace or self.namespace}/{name}"


def read_settings(server: str | None, namespace: str | None, environment: Mapping[str, str]) -> ServerSettings:
    """Options first, then variables.

    Raises:
        ArgumentsError: no server is named, or what is named makes no sense or would give the token away.
    """
    name = (server or environment.get(SERVER, "")).strip()
    if not name:
        raise ArgumentsError("no Argo Server is named.", _FORM)
    settings = ServerSettings(
        url=_url(name, environment),
        namespace=_namespace(namespace or environment.get(NAMESPACE, "") or DEFAULT_NAMESPACE),
        authorization=_authorization(environment.get(TOKEN, "")),
        ca_file=_ca_file(environment),
    )
    if settings.url.startswith("http://") and settings.authorization and not settings.is_loopback:
        raise ArgumentsError(
            f"the token would go to {settings.host} without encryption.",
            "Use its https:// address, or forward a port to this machine: kubectl port-forward svc/argo-server 2746",
        )
    return settings


def _url(name: str, environment: Mapping[str, str]) -> str:
    """``host:port`` as `argo` has it, or a whole URL; with the path below which an ingress has the server."""
    if "://" not in name:
        scheme = "http" if environment.get(SECURE, "").lower() == "false" else "https"
        name = f"{scheme}://{name.rstrip('/')}/{environment.get(BASE_HREF, '').strip('/')}"
    try:
        parts = urlsplit(name)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound or parts.query or parts.fragment:
        raise ArgumentsError(f"{name!r} is no address of an Argo Server.", _FORM)
    if parts.username or parts.password:
        raise ArgumentsError(
            "the address of Argo Server holds a name or a password.", f"Leave them out; the token is in {TOKEN}."
        )
    return name.rstrip("/")


def _namespace(name: str) -> str:
    if not is_object_name(name) or "." in name:
        raise ArgumentsError(f"{name!r} is no name of a namespace.", f"Example: --namespace ml, or {NAMESPACE}=ml")
    return name


def _authorization(token: str) -> str:
    """The header. Argo wants ``Bearer `` or ``Basic `` before the token; people leave it out."""
    words = token.split()
    if not words:
        return ""
    if len(words) == 1:
        words = ["Bearer", *words]
    if len(words) != 2 or words[0].lower() not in ("bearer", "basic") or not "".join(words).isascii():
        raise ArgumentsError(
            f"{TOKEN} holds no token.", f"It is one word, or `Bearer WORD`: export {TOKEN}=$(argo auth token)"
        )
    return " ".join(words)


def _ca_file(environment: Mapping[str, str]) -> str:
    """The file of certificates to trust, for a server whose certificate no public authority signed."""
    for variable in (CA_FILE, "SSL_CERT_FILE"):
        name = environment.get(variable, "")
        if name and not Path(name).is_file():
            raise ArgumentsError(f"{variable}={name}: there is no such file.", "Name a file of certificates in PEM.")
        if name:
            return name
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
