"""All rules, in order: the first that applies speaks.

Messages are those of Argo Workflows 3.6 to 4.x (its controller's `operator.go` and `exec_control.go`, its executor), of
the kubelet and the scheduler, and of the local engine. What was done to a step comes before what its exit code says: a
program that is told to end may end with any code.
"""

from machiya.records.diagnosis.cluster_rules import CLUSTER_RULES
from machiya.records.diagnosis.model import Failure, Verdict
from machiya.records.diagnosis.program_rules import PROGRAM_RULES

RULES = (*CLUSTER_RULES, *PROGRAM_RULES)


def judge(failure: Failure) -> Verdict:
    """The verdict of the first rule that applies; the last applies to everything."""
    return next(rule.verdict(failure) for rule in RULES if rule.applies(failure))
