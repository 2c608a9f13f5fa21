"""Containers, scripts, volumes, and what else belongs to a pod."""

from machiya.engines.local.argo.model import Container, Environment, Mount, Resources, Security, Volume
from machiya.engines.local.argo.parse.data import read_key_reference
from machiya.engines.local.argo.parse.fields import UNSUPPORTED, Fields
from machiya.engines.local.argo.pod_patch import patch_resources
from machiya.engines.local.argo.values import ArgoValueError

_CLUSTER = "It needs a cluster; leave it out for local runs."


def read_container(fields: Fields, *, script: bool = False) -> Container:
    """A container, or a script: a container with a source."""
    for name in ("envFrom", "lifecycle", "volumeDevices"):
        fields.refuse(name, _CLUSTER)
    fields.ignore(
        "name", "imagePullPolicy", "ports", "readinessProbe", "livenessProbe", "startupProbe", "stdin",
        "stdinOnce", "tty",     "terminationMessagePath", "terminationMessagePolicy", "resizePolicy", "restartPolicy",
    )  # fmt: skip
    container = Container(
        image=fields.text("image"),
        command=fields.strings("command"),
        args=fields.strings("args"),
        source=fields.text("source") if script else None,
        environment=tuple(_variable(child) for child in fields.children("env")),
        resources=read_resources(fields.child("resources")),
        mounts=tuple(_mount(child) for child in fields.children("volumeMounts")),
        working_dir=fields.text("workingDir"),
        security=read_security(fields.child("securityContext")),
    )
    fields.finish()
    return container


def _variable(fields: Fields) -> Environment:
    source = fields.child("valueFrom")
    config_map = read_key_reference(source.child("configMapKeyRef"))
    secret = read_key_reference(source.child("secretKeyRef"))
    source.finish()
    variable = Environment(fields.text("name"), fields.text("value"), config_map, secret)
    fields.finish()
    return variable


def _mount(fields: Fields) -> Mount:
    mount = Mount(
        fields.path("name", relative=True),
        fields.path("mountPath"),
        fields.path("subPath", relative=True),
        read_only=fields.boolean("readOnly"),
    )
    fields.ignore("recursiveReadOnly", "mountPropagation")
    fields.finish()
    return mount


def read_resources(fields: Fields) -> Resources:
    """Requests and limits. Extended resources (GPUs) are not known to the machine."""
    fields.ignore("claims")
    resources = Resources(fields.mapping("requests"), fields.mapping("limits"))
    for group in ("requests", "limits"):
        for name, node in fields.node.get(group).entries.items():
            if name not in ("cpu", "memory", "ephemeral-storage"):
                message = f"the local engine cannot provide the resource `{name}`."
                fields.findings.append(node.finding(UNSUPPORTED, message, "It schedules by cpu and memory alone."))
    fields.finish()
    return resources


def read_security(fields: Fields) -> Security:
    """The security context of a pod or a container."""
    fields.refuse("privileged", "Run the program without it.")
    fields.ignore(
        "allowPrivilegeEscalation", "capabilities", "seccompProfile", "seLinuxOptions", "fsGroup",
        "fsGroupChangePolicy",     "supplementalGroups", "supplementalGroupsPolicy", "sysctls", "windowsOptions",
        "procMount", "appArmorProfile",
    )  # fmt: skip
    security = Security(
        run_as_user=fields.integer("runAsUser"),
        run_as_group=fields.integer("runAsGroup"),
        run_as_non_root=fields.boolean("runAsNonRoot"),
        read_only_root=fields.boolean("readOnlyRootFilesystem"),
    )
    fields.finish()
    return security


def read_patch(fields: Fields) -> str:
    """A podSpecPatch; looked at as far as it can be before its tags are replaced."""
    text = fields.text("podSpecPatch")
    try:
        if text and not text.lstrip().startswith("{{"):
            patch_resources(text)
    except ArgoValueError as error:
        fields.invalid("podSpecPatch", f"{error}.", "Patch `containers`, name `main`, `resources` alone.")
    return text


def read_volumes(fields: Fields) -> tuple[Volume, ...]:
    """The volumes of a template or a workflow: emptyDirs."""
    return tuple(_volume(child) for child in fields.children("volumes"))


def _volume(fields: Fields) -> Volume:
    empty = fields.child("emptyDir")
    volume = Volume(fields.text("name"), empty.text("medium") == "Memory", empty.text("sizeLimit"))
    empty.finish()
    fields.finish()
    return volume
