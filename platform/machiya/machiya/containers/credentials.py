"""Credentials of registries, as `docker login` keeps them: ~/.docker/config.json (or DOCKER_CONFIG) and its helpers."""

from dataclasses import dataclass, field

from machiya.errors import AccessError


@dataclass(frozen=True)
class Credentials:
    """A user and a password, or, where there is no user, a token that stands for both. Never shown: see ``repr``."""

    username: str
    password: str = field(repr=False)
    is_token: bool = False


def credentials_for(host: str) -> Credentials | None:
    """What `docker login HOST` left here; None where it left nothing. AccessError when a helper fails."""
    from docker.auth import load_config
    from docker.errors import DockerException

    try:
        found = load_config().resolve_authconfig(host) or {}
    except (DockerException, ValueError) as error:
        raise AccessError(
            f"the credentials for {host} cannot be read from docker's configuration ({type(error).__name__}).",
            f"docker login {host}    (DOCKER_CONFIG names the folder of the configuration, ~/.docker else)",
        ) from None
    entry = {key.lower(): value for key, value in found.items()}
    if token := entry.get("identitytoken"):
        return Credentials("", token, is_token=True)
    if entry.get("username"):
        return Credentials(entry["username"], entry.get("password") or "")
    return None
