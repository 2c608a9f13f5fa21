"""Service levels: what a workflow promises at a stage (``slo.yaml``), and whether it keeps that, by its records."""

from machiya.records.slo.evaluate import Report, State, Verdict, evaluate
from machiya.records.slo.history import History, LocalHistory, PastRun, Published
from machiya.records.slo.load import load_slo
from machiya.records.slo.model import SLO_FILE, Objectives, ServiceLevels, SloError
from machiya.records.slo.rules import prometheus_rule, without_rule
from machiya.records.slo.schedule import Schedule

__all__ = [
    "SLO_FILE",
    "History",
    "LocalHistory",
    "Objectives",
    "PastRun",
    "Published",
    "Report",
    "Schedule",
    "ServiceLevels",
    "SloError",
    "State",
    "Verdict",
    "evaluate",
    "load_slo",
    "prometheus_rule",
    "without_rule",
]
