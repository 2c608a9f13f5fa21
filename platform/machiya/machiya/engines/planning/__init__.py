"""From what people name (workflow, stage, values, working copies) to what engines run: a manifest with values."""

from machiya.engines.planning.code import folder_digest, process_digest
from machiya.engines.planning.overrides import Override, parse_override
from machiya.engines.planning.plan import Plan, Version, plan_file, plan_workflow

__all__ = [
    "Override",
    "Plan",
    "Version",
    "folder_digest",
    "parse_override",
    "plan_file",
    "plan_workflow",
    "process_digest",
]
