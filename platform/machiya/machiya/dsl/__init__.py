"""The language of workflow files, and the value that reading one gives."""

from machiya.dsl.builder import Workflow
from machiya.dsl.findings import WorkflowError
from machiya.dsl.handles import run
from machiya.dsl.load import find_workflow, load_workflow, workflow_folders
from machiya.dsl.model import (
    ArtifactReference,
    BoundaryReference,
    Canary,
    Constant,
    EarlierReference,
    ExternalArtifact,
    FanOut,
    KeptReference,
    KeyReference,
    LeftReference,
    OutputReference,
    ParameterReference,
    Place,
    RunReference,
    Source,
    Step,
    Value,
    WorkflowDefinition,
    WorkflowParameter,
)

__all__ = [
    "ArtifactReference",
    "BoundaryReference",
    "Canary",
    "Constant",
    "EarlierReference",
    "ExternalArtifact",
    "FanOut",
    "KeptReference",
    "KeyReference",
    "LeftReference",
    "OutputReference",
    "ParameterReference",
    "Place",
    "RunReference",
    "Source",
    "Step",
    "Value",
    "Workflow",
    "WorkflowDefinition",
    "WorkflowError",
    "WorkflowParameter",
    "find_workflow",
    "load_workflow",
    "run",
    "workflow_folders",
]
