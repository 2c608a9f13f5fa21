"""The language of workflow files, and the value that reading one gives."""

from machiya.dsl.builder import Workflow
from machiya.dsl.findings import WorkflowError
from machiya.dsl.load import find_workflow, load_workflow, workflow_folders
from machiya.dsl.model import (
    ArtifactReference,
    Constant,
    ExternalArtifact,
    FanOut,
    OutputReference,
    ParameterReference,
    Place,
    Step,
    WorkflowDefinition,
    WorkflowParameter,
)

__all__ = [
    "ArtifactReference",
    "Constant",
    "ExternalArtifact",
    "FanOut",
    "OutputReference",
    "ParameterReference",
    "Place",
    "Step",
    "Workflow",
    "WorkflowDefinition",
    "WorkflowError",
    "WorkflowParameter",
    "find_workflow",
    "load_workflow",
    "workflow_folders",
]
