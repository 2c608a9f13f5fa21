"""What would change if a workflow used another version of a component: one report, and a verdict, before any pin moves.

::

    versions     what is pinned, and what would take its place: a release, a working copy, an image
    inputs       what both runs read: the data and parameters of the stage's last run, else the workflow's defaults
    running      the workflow with each of the two; what is the same comes from the cache
    results      the declared results, compared by the stage's own evaluation component
    cost         what each step took, before and after
    supply       commits, changelog, packages and conformance between the two
    gate         thresholds, from gate.yaml beside the pins
    verdict      all of it against the thresholds: go, look or no-go
    viewing      a view of the two sides, with the verdict, where the workflow has something that shows such
    produce      puts these together
    page         the report as blocks, which `markdown`, `html` and the command line show
"""

from machiya.release.diff.gate import GATE_FILE, Gate, GateError, load_gate
from machiya.release.diff.model import DiffReport
from machiya.release.diff.produce import Request, produce

__all__ = ["GATE_FILE", "DiffReport", "Gate", "GateError", "Request", "load_gate", "produce"]
