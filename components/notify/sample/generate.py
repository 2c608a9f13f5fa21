"""Makes the sample data beside this file: the receipt of the message that the sample `failed` is about, as sent, and a
warning for `warned`.

python sample/generate.py [FOLDER]
"""

import json
import sys
from pathlib import Path

from machiya_notify.component import component
from machiya_notify.components import read_components
from machiya_notify.failures import read_failures
from machiya_notify.message import Run, filled_links
from machiya_notify.outcome import Delivery, Outcome
from machiya_notify.receipt import Receipt
from machiya_notify.styles import RUN, lines


def write(folder: Path) -> None:
    """Write ``earlier/receipt.json`` and ``warnings/findings.json``."""
    given = component.contract.operations["send"].samples["failed"].parameters
    workflow, stage, name, status = (given[key] for key in ("workflow", "stage", "run", "status"))
    links = filled_links({RUN: given["link"], **given["links"]}, run=name, workflow=workflow, stage=stage)
    failures, components = read_failures(given["failures"]), read_components(given["components"])
    run = Run(workflow, stage, name, status, given["duration"], failures, links, components)
    for name in ("earlier", "warnings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    warnings = {"warnings": ["items.category.newValues: 'space', not in the last good runs"]}
    (folder / "warnings" / "findings.json").write_text(json.dumps(warnings) + "\n", encoding="utf-8")
    Receipt(run, lines(run), {"webhook": Delivery(Outcome.SENT, "it answered 200")}).write(folder / "earlier")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
