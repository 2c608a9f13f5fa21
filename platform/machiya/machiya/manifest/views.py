"""Views: the one file of a report or of metrics, put out once more by itself, so that Argo's UI shows it at once.

The UI tells by the end of an artifact's key how to show it (``.html`` in a frame without scripts, ``.json`` in
colours), and asks before it shows anything else, as it does for the folder that is the artifact itself.
"""

from hera.workflows import models

from machiya.dsl import Step
from machiya.manifest import policy
from machiya.manifest.names import run_key, view_name

_FILES = {"report": "index.html", "metrics": "metrics.json"}
FOLDER = "_view"
"""Beside the ports' folders. (On GCS, ``report.html`` would be taken for one of the files of the folder ``report``.)"""


def view_artifacts(step: Step) -> list[models.Artifact]:
    """The views of a step's outputs; none of a fan-out's, for there may be thousands."""
    if step.fan_out is not None:
        return []
    return [
        models.Artifact(
            name=view_name(name),
            path=f"{policy.OUT}/{name}/{_FILES[port.type.kind]}",
            archive=models.ArchiveStrategy(none=models.NoneStrategy()),
            s3=models.S3Artifact(key=_key(step, name, _FILES[port.type.kind])),
        )
        for name, port in step.operation.outputs.items()
        if port.type.kind in _FILES
    ]


def _key(step: Step, port: str, file: str) -> str:
    extension = file.rpartition(".")[2]
    return run_key("{{workflow.name}}", step.name, f"{FOLDER}/{port}.{extension}")
