"""The functions agree with component.yaml, and the lists of names in it with the code."""

import pytest

from machiya_evaluation.component import component
from machiya_evaluation.evaluation import METRICS
from machiya_evaluation.verdict import RULES


def test_functions_agree_with_the_contract() -> None:
    component.check()
    assert component.functions.keys() == {"evaluate", "compare"}


def test_the_contract_knows_every_metric_and_every_rule() -> None:
    evaluate, compare = (component.contract.operations[name] for name in ("evaluate", "compare"))
    fragment = evaluate.parameters["metric_names"].fragment
    assert tuple(fragment["items"]["enum"]) == tuple(fragment["default"]) == METRICS
    assert tuple(compare.parameters["thresholds"].fragment["properties"]) == tuple(RULES)


@pytest.mark.parametrize("operation", ["evaluate", "compare"])
def test_samples_use_every_optional_port_and_leave_it_out(operation: str) -> None:
    found = component.contract.operations[operation]
    optional = {name for name, port in found.inputs.items() if port.optional}
    given = [optional & sample.inputs.keys() for sample in found.samples.values()]
    assert set().union(*given) == optional
    assert set() in given
