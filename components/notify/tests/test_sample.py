"""The sample is what its generator makes, and the README tells what the contract promises."""

import importlib.util
from pathlib import Path

from machiya_notify.component import component

HOME = Path(__file__).parent.parent


def test_functions_agree_with_the_contract() -> None:
    component.check()
    assert component.functions.keys() == {"send"}


def test_running_the_generator_again_gives_the_committed_sample(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("notify_sample_generate", HOME / "sample" / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.write(tmp_path)

    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.json")}
    assert {str(path) for path in made} == {"earlier/receipt.json", "warnings/findings.json"}
    assert made == {path: (HOME / "sample" / path).read_bytes() for path in made}


def test_the_readme_tells_every_parameter_port_secret_and_outcome() -> None:
    from machiya_notify.outcome import Outcome

    readme = (HOME / "README.md").read_text(encoding="utf-8")
    send = component.contract.operations["send"]
    names = {*send.parameters, *send.inputs, *send.outputs, *send.secrets, *Outcome}
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
