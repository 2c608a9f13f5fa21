"""What a service that shows many runs is fed with: outputs of the runs of this machine, below its ports as RUN/STEP."""

import heapq
import shutil
from contextlib import suppress
from pathlib import Path

from machiya.engines.local.runs import RunFolder
from machiya.errors import MachiyaError, NotFoundError
from machiya.records.artifacts import OutputArtifact, safe_name
from machiya.records.find import created
from machiya.records.record import RunRecord, load_record
from machiya.records.services import ServiceCall, shown_outputs
from machiya.records.stores import store_of

MAX_RUNS = 200
"""The newest runs are shown; who names an older one sees that, too."""

_Stamp = tuple[int, int]


class RunFeed:
    """Implements `machiya.engines.local.service.Feed`: first the run that is asked for, then the newest ones.

    Each folder RUN/STEP appears whole, and is a link to what the store has. A run is looked at again when its event
    log grew.
    """

    def __init__(self, record: RunRecord, call: ServiceCall, max_runs: int = MAX_RUNS) -> None:
        self._record = record
        self._call = call
        self._max_runs = max_runs
        self._created: dict[str, float] = {}
        self._looked_at: dict[str, _Stamp] = {}
        self._laid: dict[Path, str] = {}

    def first(self, inputs: Path) -> None:
        """The run that is asked for.

        Raises:
            NotFoundError: the store does not have it any more.
            StoreError: the store does not answer.
        """
        name = self._record.name
        if not self._lay(self._record, inputs):
            raise NotFoundError(
                f"what {self._call.step} of the run {name} put out is not in the store any more.",
                f"`machiya resubmit {name}` makes it again.",
            )

    def more(self, inputs: Path) -> None:
        """The newest runs, as far as they have something to show; what cannot be read is left out."""
        for folder in self._newest():
            stamp = _stamp(folder.events)
            if stamp is not None and self._looked_at.get(folder.name) != stamp:
                with suppress(MachiyaError, OSError):
                    self._lay(load_record(folder), inputs)
                self._looked_at[folder.name] = stamp

    def _newest(self) -> list[RunFolder]:
        home = self._record.folder.home
        runs = home / "runs"
        with suppress(OSError):
            names = [path.name for path in runs.iterdir() if not path.name.startswith(".")]
            self._created |= {one: created(RunFolder(home, one)) for one in names if one not in self._created}
            newest = heapq.nlargest(self._max_runs, names, key=lambda one: (self._created[one], one))
            return [RunFolder(home, name) for name in newest]
        return []

    def _lay(self, record: RunRecord, inputs: Path) -> bool:
        """Whether there is anything of the run to be shown."""
        found = [self._lay_one(record, port, output, inputs) for port, output in self._outputs(record)]
        return any(found)

    def _outputs(self, record: RunRecord) -> list[tuple[str, OutputArtifact]]:
        return [] if record.remote else list(shown_outputs(record, self._call.component, self._call.service))

    def _lay_one(self, record: RunRecord, port: str, output: OutputArtifact, inputs: Path) -> bool:
        """Link one output; one that a retry made anew takes the place of the earlier."""
        target = inputs / port / record.name / safe_name(output.step)
        store = store_of(record)
        reference = store.find(output.key)
        if reference is None:
            return False
        if self._laid.get(target) != reference.digest:
            new, old = inputs.with_name("new"), inputs.with_name("old")
            shutil.rmtree(new, ignore_errors=True)
            store.link(output.key, new)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.rename(old)
            new.rename(target)
            shutil.rmtree(old, ignore_errors=True)
            self._laid[target] = reference.digest
        return True


def _stamp(events: Path) -> _Stamp | None:
    """What changes when a run goes on."""
    try:
        found = events.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
