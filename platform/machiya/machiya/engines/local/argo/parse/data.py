"""Parameters and artifacts."""

from machiya.engines.local.argo.model import Artifact, KeyReference, Parameter, ValueFrom, Values
from machiya.engines.local.argo.parse.fields import INVALID, UNSUPPORTED, Fields, scalar_text

_STORES = ("s3", "gcs", "oss", "azure")
_ELSEWHERE = ("http", "git", "hdfs", "artifactory", "plugin")
_KEY_ONLY = "Give the key alone: the local engine keeps all artifacts in the run's own store."


def read_values(fields: Fields) -> Values:
    """Inputs, outputs or arguments."""
    values = Values(
        tuple(_parameter(child) for child in fields.children("parameters")),
        tuple(_artifact(child) for child in fields.children("artifacts")),
    )
    fields.ignore("result", "exitCode")
    fields.finish()
    return values


def _parameter(fields: Fields) -> Parameter:
    parameter = Parameter(
        name=fields.text("name"),
        value=fields.optional("value"),
        default=fields.optional("default"),
        enum=fields.strings("enum"),
        value_from=_value_from(fields.child("valueFrom")),
        global_name=fields.text("globalName"),
        description=fields.text("description"),
    )
    fields.finish()
    return parameter


def _value_from(fields: Fields) -> ValueFrom | None:
    if not fields.given:
        return None
    for name in ("event", "jqFilter", "jsonPath"):
        fields.refuse(name, "It belongs to resource templates and events, which need a cluster.")
    value = ValueFrom(
        path=fields.path("path") if fields.has("path") else None,
        expression=fields.optional("expression"),
        parameter=fields.optional("parameter"),
        config_map=read_key_reference(fields.child("configMapKeyRef")),
        default=fields.optional("default"),
        supplied=fields.has("supplied"),
    )
    fields.ignore("supplied")
    fields.finish()
    return value


def read_key_reference(fields: Fields) -> KeyReference | None:
    """A configMapKeyRef or a secretKeyRef."""
    if not fields.given:
        return None
    reference = KeyReference(fields.text("name"), fields.text("key"), fields.boolean("optional"))
    fields.finish()
    return reference


def _artifact(fields: Fields) -> Artifact:
    for name in _ELSEWHERE:
        fields.refuse(
            name, "Fetch it beforehand, and give it to the run as an artifact of the store (`s3: {key: ...}`)."
        )
    fields.ignore("archive", "archiveLogs", "artifactGC", "deleted", "recurseMode", "artifactGCStrategy")
    artifact = Artifact(
        name=fields.text("name"),
        path=fields.path("path"),
        key=_key(fields),
        raw=_raw(fields),
        source=fields.text("from"),
        expression=fields.text("fromExpression"),
        sub_path=fields.path("subPath"),
        optional=fields.boolean("optional"),
        global_name=fields.text("globalName"),
        mode=fields.integer("mode"),
    )
    fields.finish()
    return artifact


def _raw(fields: Fields) -> str | None:
    raw = fields.child("raw")
    data = raw.optional("data", "") if raw.given else None
    raw.finish()
    return data


def _key(fields: Fields) -> str:
    for name in _STORES:
        store = fields.child(name)
        if not store.given:
            continue
        for other, node in store.node.entries.items():
            if other not in ("key", "blob"):
                message = f"the local engine does not support `{name}.{other}`: it has one store."
                fields.findings.append(node.finding(UNSUPPORTED, message, _KEY_ONLY))
        node = store.node.get("blob" if name == "azure" else "key")
        key = scalar_text(node) if node.is_scalar else ""
        if ".." in key.split("/") or key.startswith("/"):
            message = f"the key {key!r} climbs out of the artifact store."
            fields.findings.append(node.finding(INVALID, message, "Give a relative key without `..`."))
        return key
    return ""
