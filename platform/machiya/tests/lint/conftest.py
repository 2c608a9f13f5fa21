"""What the tests of the linter share."""

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from machiya.manifest.lint import lint
from machiya_component.findings import Finding

HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: x-}\nspec:\n  entrypoint: main\n"


@pytest.fixture
def templates() -> Callable[..., list[Finding]]:
    """Lint a workflow that has the given templates, the first of which is called main.

    Beside them stand `echo`, with an input `message` and an output `said`, and `pause`, which suspends.
    """

    def check(text: str, spec: str = "") -> list[Finding]:
        others = """\
        - name: echo
          inputs: {parameters: [{name: message}]}
          container: {image: alpine, args: ["{{inputs.parameters.message}}"]}
          outputs: {parameters: [{name: said, valueFrom: {path: /tmp/said}}]}
        - name: pause
          suspend: {}
        """
        body = f"{dedent(spec).strip()}\ntemplates:\n{dedent(text).strip()}\n{dedent(others)}".lstrip()
        return lint([("x.yaml", HEAD + indent(body, "  "))])

    return check
