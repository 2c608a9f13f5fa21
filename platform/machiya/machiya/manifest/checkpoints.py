"""Checkpoints of a step that leave its machine with it, so that an attempt on another one goes on from them.

Argo saves what there is of a step's outputs when it failed, too, and within the grace period when its pod is stopped. A
machine that is gone without a word takes the checkpoints with it: the step begins anew.
"""

from hera.workflows import models

from machiya.dsl import Step
from machiya.manifest import policy
from machiya_component.checkpoint import CHECKPOINT_FOLDER

ARTIFACT = "step-checkpoint"
"""No port is called so: their names hold no dashes."""


def checkpoint_inputs(step: Step) -> list[models.Artifact]:
    """What an earlier attempt of the step left, if one did."""
    return [_artifact(step, f"/data/in/{CHECKPOINT_FOLDER}")] if step.operation.checkpoint else []


def checkpoint_outputs(step: Step) -> list[models.Artifact]:
    """What the step leaves: one file, so that it is replaced whole. A step that is done leaves nothing."""
    if not step.operation.checkpoint:
        return []
    artifact = _artifact(step, f"{policy.OUT}/{CHECKPOINT_FOLDER}")
    artifact.archive = models.ArchiveStrategy(tar=models.TarStrategy(compression_level=1))
    return [artifact]


def _artifact(step: Step, path: str) -> models.Artifact:
    shard = f"/{{{{inputs.parameters.{step.fan_out.parameter}}}}}" if step.fan_out else ""
    key = f"checkpoints/{{{{workflow.name}}}}/{step.name}{shard}.tgz"
    return models.Artifact(name=ARTIFACT, path=path, optional=True, s3=models.S3Artifact(key=key))
