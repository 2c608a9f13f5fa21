"""An offline checker of any manifest of Argo Workflows: findings with lines, all at once, nothing printed."""

from machiya.manifest.lint.linter import lint
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import Mode

__all__ = ["Mode", "Rule", "lint"]
