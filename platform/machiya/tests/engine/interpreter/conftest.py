"""Manifests whose templates do nothing but work: the interpreter gives nodes, phases and values as Argo does."""

from collections.abc import Callable

import pytest

HEAD = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: test-}
spec:
  entrypoint: main
"""
WORK = """
  - name: work
    inputs: {parameters: [{name: x, default: none}]}
    container: {image: busybox, command: [work, "{{inputs.parameters.x}}"]}
"""


def make_workflow(templates: str, specification: str = "") -> str:
    """A manifest with the template `work` and these; one of them is called `main`."""
    return f"{HEAD}{specification}  templates:\n{WORK}{templates}"


def make_dag(tasks: str, more: str = "", specification: str = "") -> str:
    """A manifest whose `main` is a DAG of these tasks; `more` are further fields of it."""
    return make_workflow(f"  - name: main\n{more}    dag:\n      tasks:\n{tasks}", specification)


@pytest.fixture
def workflow() -> Callable[..., str]:
    """`make_workflow`."""
    return make_workflow


@pytest.fixture
def dag() -> Callable[..., str]:
    """`make_dag`."""
    return make_dag
