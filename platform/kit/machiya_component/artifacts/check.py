"""An artifact's folder against the port it goes through."""

import json
import math
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

from machiya_component.artifacts.digest import data_files
from machiya_component.artifacts.kept import changed_files, kept_schema, sidecars_of
from machiya_component.artifacts.shards import shard_findings
from machiya_component.artifacts.sidecar import DIGEST_FILE, SIDECAR, Artifact, read_sidecar
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.errors import DataError
from machiya_component.findings import Finding

Check = Callable[[Path, Port], list[Finding]]


def check_artifact(folder: Path, port: Port) -> list[Finding]:
    """Everything in which the data of a folder differs from what the port promises. The folder must exist."""
    if not folder.is_dir():
        remedy = f"Put the {port.type.kind} there, or mount the folder that holds it."
        return [Finding("artifact.absent", f"there is no folder {folder}.", remedy, where=port.name)]
    findings = _sidecar_findings(folder, port)
    if not findings:
        findings = _CHECKS[port.type.kind](folder, port)
    return named_findings(findings, port)


def named_findings(findings: Sequence[Finding], port: Port) -> list[Finding]:
    """Findings about what is in an artifact, with the name of its port."""
    return [_named(finding, port.name) for finding in findings]


def _named(finding: Finding, port: str) -> Finding:
    where = f"{port}.{finding.where}" if finding.where else port
    return Finding(finding.rule, finding.message, finding.remedy, where, finding.file, finding.line)


def _sidecar_findings(folder: Path, port: Port) -> list[Finding]:
    """A sidecar is optional (data by hand has none); one that is there must agree with the port and the files.

    Gathered shards have one each.
    """
    if not (folder / SIDECAR).exists():
        return shard_findings(folder, lambda part: _sidecar_findings(part, port))
    try:
        artifact = read_sidecar(folder)
    except DataError as error:
        return [Finding("artifact.sidecar", error.message, error.remedy)]
    return _type_findings(artifact, port) + _file_findings(folder, artifact) + _digest_findings(folder, artifact)


def _digest_findings(folder: Path, artifact: Artifact) -> list[Finding]:
    """``_digest`` is what an engine reads; it must be the sidecar's own."""
    path = folder / DIGEST_FILE
    if path.exists() and path.read_text(encoding="utf-8").strip() == artifact.digest:
        return []
    said = path.read_text(encoding="utf-8").strip()[:80] if path.exists() else "absent"
    message = f"{DIGEST_FILE} is {said}, but {SIDECAR} says {artifact.digest}."
    return [Finding("artifact.digest", message, f"{DIGEST_FILE} holds the digest alone, as text.")]


def _type_findings(artifact: Artifact, port: Port) -> list[Finding]:
    try:
        fits = port.type.accepts(ArtifactType.parse(artifact.type))
    except ValueError:
        fits = False
    if fits:
        return []
    message = f"this is {artifact.type}, made by {artifact.producer.component} {artifact.producer.version}."
    return [Finding("artifact.type", message, f"The port takes {port.type}; use versions that fit each other.")]


def _file_findings(folder: Path, artifact: Artifact) -> list[Finding]:
    """Files that the sidecar lists and that are gone or of another size, and files it does not know."""
    present = {path.relative_to(folder).as_posix(): path.stat().st_size for path in data_files(folder)}
    listed = {file.path: file.bytes for file in artifact.files}
    again = "Run the step that made it again."
    findings = []
    for path, size in listed.items():
        if path not in present:
            findings.append(Finding("artifact.files", f"{path} is listed in {SIDECAR} but not there.", again))
        elif present[path] != size:
            message = f"{path} has {present[path]:,} bytes, but {SIDECAR} says {size:,}."
            findings.append(Finding("artifact.files", message, again))
    extra = sorted(present.keys() - listed.keys())
    if extra:
        findings.append(Finding("artifact.files", f"{', '.join(extra[:3])} is not listed in {SIDECAR}.", again))
    return findings


def _check_table(folder: Path, port: Port) -> list[Finding]:
    """A table that was checked when it was made, and is the same since, is checked for what that did not cover."""
    from machiya_component.tables.check import check_table

    if port.table_schema is None:
        return check_table(folder, None, port.allow_empty)
    sidecars = sidecars_of(folder)
    changed = changed_files(folder, sidecars)
    if changed:
        message = f"{changed[0]} is not the file that {SIDECAR} tells of: its sha256 is another."
        return [Finding("artifact.files", message, "Run the step that made it again.")]
    return check_table(folder, port.table_schema, port.allow_empty, kept_schema(sidecars))


def _check_files(folder: Path, _port: Port) -> list[Finding]:
    if data_files(folder):
        return []
    return [Finding("artifact.no-files", f"there is no file in {folder}.", "Look at the step that makes it.")]


def read_metrics(folder: Path) -> dict[str, float]:
    """``metrics.json`` as a flat map; raises ``DataError`` naming what is not a finite number."""
    path = folder / "metrics.json"
    remedy = 'It is a flat JSON object of finite numbers, e.g. {"ndcg@10": 0.31}.'
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"there is no {path}.", remedy) from None
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}.", remedy) from error
    if not isinstance(data, dict):
        raise DataError(f"{path} is not a JSON object.", remedy)
    wrong = [name for name, value in data.items() if not _is_finite_number(value)]
    if wrong:
        raise DataError(f"{path}: {wrong[0]!r} is {json.dumps(data[wrong[0]])[:60]}, not a finite number.", remedy)
    return data


def _is_finite_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_metrics(folder: Path, _port: Port) -> list[Finding]:
    try:
        read_metrics(folder)
    except DataError as error:
        return [Finding("metrics.form", error.message, error.remedy)]
    return []


class _ReportScan(HTMLParser):
    """Collects what would not work in a page that stands alone under a policy of no scripts and no remote loads."""

    _LOADS = frozenset({"src", "srcset", "data", "poster", "background"})

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        place = f"line {self.getpos()[0]}: <{tag}>"
        if tag in ("script", "iframe", "object", "embed", "base"):
            self.problems.append(f"{place} is not allowed")
        for name, value in attrs:
            if name.startswith("on"):
                self.problems.append(f"{place} has the script attribute {name}")
            loads = name in self._LOADS or (tag in ("link", "use", "image") and name in ("href", "xlink:href"))
            if loads and not (value or "").startswith("#"):
                self.problems.append(f"{place} loads {(value or '')[:40]!r}")


def _check_report(folder: Path, _port: Port) -> list[Finding]:
    path = folder / "index.html"
    remedy = "A report is one index.html that needs nothing else: no scripts, images as inline SVG, style inside."
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return [Finding("report.form", f"there is no {path} in UTF-8.", remedy)]
    scan = _ReportScan()
    scan.feed(text)
    return [Finding("report.self-contained", f"{problem}.", remedy, file=str(path)) for problem in scan.problems[:5]]


_CHECKS: dict[str, Check] = {
    "table": _check_table,
    "model": _check_files,
    "files": _check_files,
    "metrics": _check_metrics,
    "report": _check_report,
}
