"""Which cluster the tests of this folder use, from the environment; README.md says what each variable is."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KUBECONFIG = "MACHIYA_TEST_KUBECONFIG"
LOAD_IMAGE = "MACHIYA_TEST_LOAD_IMAGE"
ARGO_SERVER = "MACHIYA_TEST_ARGO_SERVER"
ARGO_CA_FILE = "MACHIYA_TEST_ARGO_CA_FILE"
CONTROLLER = "MACHIYA_TEST_CONTROLLER"
VALUES = "MACHIYA_TEST_VALUES"
BASE_IMAGE = "MACHIYA_TEST_BASE_IMAGE"

PLACE = "{image}"
"""Where the command that loads an image has the image's name."""


class SettingsError(Exception):
    """A variable makes no sense; the message says which."""


@dataclass(frozen=True)
class Settings:
    """A cluster. ``load_image`` is a command of the shell; without it, and ``argo_server``, no story can be played."""

    kubeconfig: Path
    load_image: str = ""
    argo_server: str = ""
    argo_ca_file: str = ""
    controller: tuple[str, str] = ("argo", "argo")
    values: Path | None = None
    base_image: str = "machiya/base:bookworm"

    @property
    def story_problem(self) -> str:
        """Why no workflow can be run there; empty if one can."""
        missing = [
            name for name, value in ((LOAD_IMAGE, self.load_image), (ARGO_SERVER, self.argo_server)) if not value
        ]
        return f"{' and '.join(missing)} not set: see tests/cluster/README.md" if missing else ""

    def load(self, image: str) -> None:
        """Bring an image of this machine to the nodes of the cluster."""
        command = self.load_image.replace(PLACE, shlex.quote(image))
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise SettingsError(
                f"{LOAD_IMAGE}: `{command}` ended with {done.returncode}: {done.stderr.strip()[-2000:]}"
            )


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings | str:
    """The settings; where no cluster is named, why the tests are skipped.

    Raises:
        SettingsError: a cluster is named, and something does not fit.
    """
    if not (kubeconfig := environment.get(KUBECONFIG, "")):
        return f"{KUBECONFIG} is not set: it names a cluster to test on, see tests/cluster/README.md"
    settings = Settings(
        kubeconfig=_file(KUBECONFIG, kubeconfig),
        load_image=environment.get(LOAD_IMAGE, ""),
        argo_server=environment.get(ARGO_SERVER, ""),
        argo_ca_file=str(_file(ARGO_CA_FILE, file)) if (file := environment.get(ARGO_CA_FILE, "")) else "",
        controller=_controller(environment.get(CONTROLLER, "argo/argo")),
        values=_file(VALUES, file) if (file := environment.get(VALUES, "")) else None,
        base_image=environment.get(BASE_IMAGE, "machiya/base:bookworm"),
    )
    if settings.load_image and PLACE not in settings.load_image:
        raise SettingsError(f"{LOAD_IMAGE} has no {PLACE} in it. Example: kind load docker-image {PLACE}")
    return settings


def _file(name: str, value: str) -> Path:
    path = Path(value).expanduser()
    if not path.is_file():
        raise SettingsError(f"{name}: {value} is no file.")
    return path


def _controller(value: str) -> tuple[str, str]:
    namespace, slash, account = value.partition("/")
    if not (namespace and slash and account):
        raise SettingsError(f"{CONTROLLER}={value}: it is NAMESPACE/SERVICEACCOUNT of Argo's controller.")
    return namespace, account
