"""The restricted profile of the Pod Security Standards, as a check of a pod's spec.

After https://kubernetes.io/docs/concepts/security/pod-security-standards: what baseline and restricted demand together
and, as a rule of our own, a root file system that cannot be written to.
"""

from collections.abc import Iterator
from typing import Any

Spec = dict[str, Any]

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SECCOMP = {"RuntimeDefault", "Localhost"}


def violations(pod: Spec) -> list[str]:
    """What in a pod's spec breaks the profile; empty if nothing."""
    found = list(_of_the_pod(pod))
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod.get(part, []):
            found += [f"{container['name']}: {problem}" for problem in _of_a_container(container, pod)]
    return found


def _of_the_pod(pod: Spec) -> Iterator[str]:
    security = pod.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"{name} is set"
    for volume in pod.get("volumes", []):
        if kinds := set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {', '.join(sorted(kinds))}"
    if security.get("sysctls"):
        yield "sysctls are set"
    if security.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess is set"


def _of_a_container(container: Spec, pod: Spec) -> Iterator[str]:
    own, shared = container.get("securityContext", {}), pod.get("securityContext", {})

    def setting(name: str) -> Any:
        return own.get(name, shared.get(name))

    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may escalate privileges"
    if own.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "does not drop all capabilities"
    if set(own.get("capabilities", {}).get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if setting("runAsNonRoot") is not True:
        yield "may run as root"
    if setting("runAsUser") == 0:
        yield "runs as root"
    if (setting("seccompProfile") or {}).get("type") not in SECCOMP:
        yield "has no seccomp profile"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "takes a port of the host"
    if own.get("procMount", "Default") != "Default":
        yield "sees more of /proc"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "can write to its root file system"
