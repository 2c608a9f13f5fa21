"""The functions agree with component.yaml."""

import pytest

from machiya_experiment.allocation import Settings
from machiya_experiment.component import component
from machiya_experiment.tables import VARIANTS


def test_functions_agree_with_the_contract() -> None:
    component.check()
    assert component.functions.keys() == {"split", "analyze", "allocate"}


@pytest.mark.parametrize("operation", ["split", "analyze", "allocate"])
def test_samples_use_every_optional_port_and_leave_it_out(operation: str) -> None:
    found = component.contract.operations[operation]
    optional = {name for name, port in found.inputs.items() if port.optional}
    given = [optional & sample.inputs.keys() for sample in found.samples.values()]
    assert set().union(*given) == optional
    assert set() in given


def test_the_settings_of_the_code_are_those_of_the_contract() -> None:
    parameters = component.contract.operations["allocate"].parameters
    defaults = {name: parameters[name].default for name in vars(Settings())}
    assert defaults == vars(Settings())


def test_what_analyze_writes_is_what_allocate_reads() -> None:
    analyze, allocate = (component.contract.operations[name] for name in ("analyze", "allocate"))
    written, read = analyze.outputs["variants"].table_schema, allocate.inputs["variants"].table_schema
    assert written is not None
    assert read is not None
    assert set(read.field_names()) <= set(written.field_names()) == set(VARIANTS.names)
