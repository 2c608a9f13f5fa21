"""Files that outlive the run: which step kept which, under which key."""

from dataclasses import dataclass
from typing import Any

from machiya.manifest.names import is_kept
from machiya.records.record import RunRecord
from machiya.records.steps import Step


@dataclass(frozen=True)
class KeptFile:
    """A file that a step put under a key that all runs of the workflow at this stage share."""

    step: str
    key: str

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya run`."""
        return {"step": self.step, "key": self.key}


def kept_files(record: RunRecord) -> list[KeptFile]:
    """What the run kept for later ones; what a step left as it was is not among it."""
    return [
        KeptFile(step.name, value.key)
        for step in record.steps
        for name, value in step.node.outputs.artifacts.items()
        if is_kept(name, step.node.outputs.artifacts) and value.key
    ]


def may_keep(record: RunRecord, step: Step) -> bool:
    """Whether a step is there to keep a file, if it did or not."""
    template = record.template(step)
    names = [artifact.name for artifact in template.outputs.artifacts] if template is not None else []
    return any(is_kept(name, names) for name in names)
