"""Artifacts: where they stand in the container, and where they are stored."""

import posixpath
import re
from collections.abc import Iterator

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.arguments import LOCATIONS
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_UP = re.compile(r"/\.\.(/|$)")


def check_path(artifact: Node, label: str, *, leaf: bool) -> Iterator[Finding]:
    """The path of an input or output artifact: absolute, and only where there is a container to hold it."""
    path = artifact.get("path")
    if not leaf:
        if path.text:
            message = f"{label}.path only valid in container/script templates"
            yield path.finding(Rule.FIELD_MISPLACED, message, "Remove it: templates that run others hold no files.")
    elif not path.text:
        message = f"error in {label}: artifact did not specify a path"
        yield artifact.finding(Rule.ARTIFACT_PATH, message, "Add `path: /tmp/...`.")
    elif _escapes(path.text):
        message = f"error in {label}: attempted to use a path containing '..'. Directory traversal is not permitted"
        yield path.finding(Rule.ARTIFACT_PATH, message, f"Write {posixpath.normpath(path.text)}, if that is meant.")
    elif not has_tags(path.text) and not path.text.startswith("/") and not _DRIVE.match(path.text):
        message = f"error in {label}: the path {path.text} is not absolute"
        yield path.finding(Rule.ARTIFACT_PATH, message, f"Write /{path.text.removeprefix('./')}.")


def _escapes(path: str) -> bool:
    """Whether `path` leaves the folder that stands before its first ``..``."""
    match = _UP.search(path)
    return match is not None and not posixpath.normpath(path).startswith(path[: match.start()] + "/")


def check_location(location: Node, label: str) -> Iterator[Finding]:
    """The store of an artifact: one at most, and complete."""
    stores = [store for store in LOCATIONS if location.has(store)]
    if len(stores) > 1:
        message = f"{label} has several locations: {', '.join(stores)}"
        yield location.finding(Rule.ARTIFACT_LOCATION, message, "Keep one.")
    if location.has("git") and not location.get("git", "repo").text:
        remedy = "Add `repo: https://...`."
        yield location.get("git").finding(Rule.ARTIFACT_LOCATION, f"{label}.git.repo is required", remedy)
    if location.has("hdfs"):
        yield from _check_hdfs(location.get("hdfs"), f"{label}.hdfs")


def _check_hdfs(hdfs: Node, label: str) -> Iterator[Finding]:
    keytab, cache = hdfs.has("krbKeytabSecret"), hdfs.has("krbCCacheSecret")
    kerberos = ["krbServicePrincipalName", "krbConfigConfigMap", *(["krbUsername", "krbRealm"] if keytab else [])]
    problem = ""
    if not hdfs.get("addresses").elements:
        problem = f"{label}.addresses is required"
    elif not hdfs.get("path").text:
        problem = f"{label}.path is required"
    elif not hdfs.get("path").text.startswith("/") and not has_tags(hdfs.get("path").text):
        problem = f"{label}.path must be a absolute file path"
    elif not hdfs.get("hdfsUser").text and not keytab and not cache:
        problem = f"either {label}.hdfsUser, {label}.krbCCacheSecret or {label}.krbKeytabSecret is required"
    elif (keytab or cache) and (missing := [name for name in kerberos if not hdfs.has(name)]):
        problem = f"{label}.{missing[0]} is required with Kerberos"
    if problem:
        yield hdfs.finding(Rule.ARTIFACT_LOCATION, problem, "See Argo's example hdfs-artifact.yaml.")


def check_archive_location(view: TemplateView) -> Iterator[Finding]:
    """Where the template archives its logs and outputs."""
    yield from check_location(view.template.get("archiveLocation"), f"{view.label}.archiveLocation")
