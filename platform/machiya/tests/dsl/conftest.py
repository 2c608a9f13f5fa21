"""A folder in which a test writes a workflow on two small components, `shop` and `model`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.dsl import WorkflowDefinition, WorkflowError, load_workflow

USER = {"name": "user_id", "type": "string"}
WEIGHT = {"name": "weight", "type": "number"}


def table(*fields: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"type": "table", "schema": {"fields": list(fields)}, **more}


SHOP = {
    "apiVersion": "machiya/v1",
    "name": "shop",
    "version": "1.0.0",
    "summary": "Reads a shop",
    "owner": "shop",
    "operations": {
        "read": {
            "summary": "Read.",
            "parameters": {
                "limit": {"type": "integer", "default": 10, "minimum": 1},
                "note": {"type": "string", "default": ""},
            },
            "inputs": {"log": {"type": "files"}, "extra": {"type": "files", "optional": True}},
            "outputs": {
                "rows": table(USER, WEIGHT),
                "counted": table(USER, {"name": "weight", "type": "integer"}),
                "users": table(USER),
                "texts": table(USER, {"name": "weight", "type": "string"}),
                "old": {"type": "model"},
            },
            "samples": {"small": {"inputs": {"log": "sample/log"}}},
        },
        "tell": {
            "summary": "Tell.",
            "parameters": {
                "text": {"type": "string", "default": ""},
                "seconds": {"type": "number", "default": 0, "minimum": 0},
                "status": {"type": "string", "default": "Failed", "enum": ["Succeeded", "Failed", "Error"]},
                "grade": {"type": "string", "default": "Failed", "enum": ["Succeeded", "Failed"]},
            },
            "inputs": {
                "earlier": {"type": "files", "optional": True},
                "needed": {"type": "files"},
                "counts": {"type": "metrics", "optional": True},
                "rows": table(USER, optional=True),
            },
            "outputs": {"receipt": {"type": "files"}},
            "samples": {"small": {"inputs": {"needed": "sample/needed"}}},
        },
        "announce": {
            "summary": "Announce.",
            "cache": False,
            "parameters": {
                "text": {"type": "string", "default": ""},
                "key": {"type": "string", "default": ""},
                "shard": {"type": "integer", "default": 0, "minimum": 0},
            },
            "inputs": {
                "earlier": {"type": "files", "optional": True},
                "needed": {"type": "files", "optional": True},
                "rows": table(USER, optional=True),
            },
            "outputs": {"receipt": {"type": "files"}},
            "samples": {"small": {}},
        },
        "serve": {
            "summary": "Serve.",
            "inputs": {"rows": table(USER)},
            "service": {"port": 8000, "health": "/healthz"},
            "samples": {"small": {"inputs": {"rows": "sample/rows"}}},
        },
    },
}
MODEL = {
    "apiVersion": "machiya/v1",
    "name": "model",
    "version": "2.0.0",
    "summary": "Fits a model",
    "owner": "research",
    "operations": {
        "fit-all": {
            "summary": "Fit.",
            "parameters": {
                "rate": {"type": "number", "default": 0.1, "exclusiveMinimum": 0},
                "kind": {"type": "string", "enum": ["a", "b"]},
            },
            "inputs": {"rows": table(USER, WEIGHT)},
            "outputs": {"model": {"type": "model@2"}},
            "samples": {"small": {"inputs": {"rows": "sample/rows"}, "parameters": {"kind": "a"}}},
        },
        "apply": {
            "summary": "Apply.",
            "parameters": {
                "shard": {"type": "integer", "default": 0, "minimum": 0},
                "shards": {"type": "integer", "default": 1, "minimum": 1},
            },
            "inputs": {
                "model": {"type": "model@2"},
                "exact": {
                    "type": "table",
                    "optional": True,
                    "schema": {"fields": [USER], "fieldsMatch": "equal"},
                },
                "earlier": table(USER, optional=True),
                "older_notes": {"type": "metrics", "optional": True},
            },
            "outputs": {"scores": table(USER), "notes": {"type": "metrics"}},
            "samples": {"small": {"inputs": {"model": "sample/model"}}},
        },
    },
}
HEAD = """\
from machiya.dsl import Workflow, run
workflow = Workflow("test", summary="A test", owner="us")
shop, model = workflow.components("shop", "model")
log = workflow.artifact("log", "A log", default="log")
"""
FIRST_LINE = HEAD.count("\n") + 1
"""The line of the first statement that a test writes."""

Load = Callable[[str], WorkflowDefinition]
Refuse = Callable[[str], list[tuple[str, int, str]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workflow's folder, without its workflow.py."""
    (tmp_path / "pins.yaml").write_text("registry: ghcr.io/acme\ndevelopment:\n  shop: 1.0.0\n  model: 2.0.0\n")
    (tmp_path / "contracts").mkdir()
    for contract in (SHOP, MODEL):
        name = f"{contract['name']}-{contract['version']}.json"
        (tmp_path / "contracts" / name).write_text(json.dumps(contract))
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Load:
    """Load a workflow: the usual head, and these statements."""

    def call(statements: str) -> WorkflowDefinition:
        (folder / "workflow.py").write_text(HEAD + statements)
        return load_workflow(folder, "development")

    return call


@pytest.fixture
def refuse(load: Load, folder: Path) -> Refuse:
    """The findings about these statements: rule, line of the statements (from 1), message and remedy."""

    def call(statements: str) -> list[tuple[str, int, str]]:
        with pytest.raises(WorkflowError) as caught:
            load(statements)
        found = caught.value.findings
        assert all(finding.file == str(folder / "workflow.py") for finding in found)
        return [
            (finding.rule.removeprefix("workflow."), (finding.line or 0) - FIRST_LINE + 1, f"{finding}")
            for finding in found
        ]

    return call
