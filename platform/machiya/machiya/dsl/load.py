"""A workflow file, read: run in isolation as a module of its own, then checked."""

import runpy
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from machiya.dsl.builder import LOADING, Loading, Workflow
from machiya.dsl.canary import experiment_of, with_canary
from machiya.dsl.complete import complete
from machiya.dsl.findings import WorkflowError, nearest
from machiya.dsl.model import WorkflowDefinition
from machiya.dsl.told import with_components
from machiya.errors import MachiyaError, NotFoundError
from machiya.pins import Pins, load_pins
from machiya_component.contract import Contract
from machiya_component.findings import Finding

WORKFLOW_FILE = "workflow.py"
WORKFLOWS_FOLDER = "workflows"


def find_workflow(name: str, root: Path = Path()) -> Path:
    """The folder of a workflow: a folder with a workflow.py, or the name of one below ``workflows/`` of `root`.

    Raises:
        NotFoundError: there is none.
    """
    for folder in (Path(name), root / WORKFLOWS_FOLDER / name):
        if (folder / WORKFLOW_FILE).is_file():
            return folder
    known = [folder.name for folder in workflow_folders(root)]
    raise NotFoundError(f"There is no workflow {name!r}.", nearest(name, known, f"Below {WORKFLOWS_FOLDER}/"))


def workflow_folders(root: Path = Path()) -> list[Path]:
    """All folders below ``workflows/`` of `root` that hold a workflow, by name."""
    return sorted(file.parent for file in (root / WORKFLOWS_FOLDER).glob(f"*/{WORKFLOW_FILE}"))


def load_workflow(
    folder: Path,
    stage: str,
    pins: Pins | None = None,
    contracts: Mapping[str, Contract] | None = None,
    kept: Mapping[tuple[str, str], Contract] | None = None,
) -> WorkflowDefinition:
    """The workflow in `folder` at a stage; nothing of its module stays behind.

    Args:
        folder: holds workflow.py, pins.yaml and contracts/.
        stage: a stage of the pins.
        pins: the pins to use instead of those of the folder.
        contracts: by component, the contracts to use instead of those that are kept beside the pins.
        kept: by component and version, contracts to use as if they were kept there.

    Raises:
        NotFoundError: there is no such file or stage.
        PinsError: pins.yaml is not valid.
        WorkflowError: the file is not valid; it has every finding.
    """
    pins = pins or load_pins(folder)
    loading = Loading(folder, stage, pins, contracts or {}, kept or {})
    workflow = _read(loading)
    canary = pins.canary_of(stage)
    if canary is None:
        return with_components(workflow)
    component, pin = canary
    others = {name: contract for name, contract in loading.contracts.items() if name != component}
    with_other = pins.with_pin(stage, component, pin.pin)
    changed = _read(replace(loading, pins=with_other, contracts=others))
    experiment = experiment_of(pins.stage(stage), stage, component, str(pins.file), loading.contract)
    return with_components(with_canary(workflow, changed, component, pin, experiment, str(pins.file)))


def _read(loading: Loading) -> WorkflowDefinition:
    """The workflow with the pins of a stage, whatever canary there is."""
    folder = loading.folder
    file = folder / WORKFLOW_FILE
    if not file.is_file():
        raise NotFoundError(f"{file} is not there.", f"A workflow's folder holds a {WORKFLOW_FILE}.")
    loading.pins.stage(loading.stage)
    token = LOADING.set(loading)
    try:
        names = runpy.run_path(str(file), run_name=f"machiya_workflow_{folder.name}")
    except MachiyaError:
        raise
    except Exception as error:
        raise WorkflowError(str(file), [_raised(file, error)]) from error
    finally:
        LOADING.reset(token)
    found = [value for value in names.values() if isinstance(value, Workflow)]
    if len(set(map(id, found))) != 1:
        message = f"it makes {len(found)} workflows, not one."
        remedy = 'Example: workflow = Workflow("recommend", summary="...", owner="...")'
        raise WorkflowError(str(file), [Finding("workflow.file", message, remedy, file=str(file), line=1)])
    return complete(found[0])


def _raised(file: Path, error: Exception) -> Finding:
    """What a mistake in Python looks like as a finding, with the last line of the file that was reached."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    message = f"{type(error).__name__}: {error}."
    return Finding("workflow.python", message, "It is a mistake in Python.", file=str(file), line=line)
