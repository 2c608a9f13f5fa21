"""What became of a run, for whoever has to act: what failed first, what it means, what to press, what is not lost."""

from machiya.records.diagnosis.diagnose import diagnose
from machiya.records.diagnosis.facts import Contracts, Facts
from machiya.records.diagnosis.model import Cause, Diagnosis, Failure, Press, Verdict

__all__ = ["Cause", "Contracts", "Diagnosis", "Facts", "Failure", "Press", "Verdict", "diagnose"]
