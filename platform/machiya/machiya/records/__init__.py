"""Records: what is remembered of runs, read from their folders; nothing here prints or changes a run."""

from machiya.records.find import find_run, recent_runs
from machiya.records.record import RunRecord, load_record
from machiya.records.steps import INTERRUPTED, Step

__all__ = ["INTERRUPTED", "RunRecord", "Step", "find_run", "load_record", "recent_runs"]
