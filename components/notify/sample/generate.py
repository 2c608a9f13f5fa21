"""Makes the sample data beside this file: the receipt of the message that the sample `failed` is about, as sent.

python sample/generate.py [FOLDER]
"""

import sys
from pathlib import Path

from machiya_notify.component import component
from machiya_notify.delivery import Outcome
from machiya_notify.failures import read_failures
from machiya_notify.message import Run, filled_link
from machiya_notify.receipt import Receipt
from machiya_notify.styles import lines


def write(folder: Path) -> None:
    """Write ``earlier/receipt.json``."""
    given = component.contract.operations["send"].samples["failed"].parameters
    workflow, stage, name, status = (given[key] for key in ("workflow", "stage", "run", "status"))
    link = filled_link(given["link"], run=name, workflow=workflow, stage=stage)
    run = Run(workflow, stage, name, status, given["duration"], read_failures(given["failures"]), link)
    (folder / "earlier").mkdir(parents=True, exist_ok=True)
    receipt = Receipt(run.identity, name, status, True, Outcome.SENT, "it answered 200", "slack webhook", lines(run))
    receipt.write(folder / "earlier")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
