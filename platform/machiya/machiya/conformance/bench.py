"""The bench: one image, and every run of it that the checks ask for, each made once."""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from machiya.conformance.calls import Call, CallResult, Inputs, parameter_words
from machiya.conformance.check import Check, Skip
from machiya.conformance.runs import (
    SERVICE_START_SECONDS,
    ServiceResult,
    StopResult,
    call_request,
    run_and_signal,
    run_call,
    run_service,
)
from machiya.conformance.workspace import COMPONENT_FOLDER, Workspace
from machiya.containers import ContainerEngine, ImageInfo, RunRequest, RunResult, docker_command
from machiya.containers.model import Signal
from machiya.images import CONTRACT_LABEL
from machiya_component.contract import Contract, ContractError, contract_from_json
from machiya_component.contract.model import Operation, Sample

T = TypeVar("T")

PARALLEL = 2
_ONLY_COMPILED = {"MACHIYA_COMPILED": "only"}
SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "DATABASE_PASSWORD", "API_TOKEN", "PRIVATE_KEY")


class Bench:
    """Runs an image for the checks: at most two containers at a time, and equal runs only once.

    ``folder`` is the component's source, where it is known. Every call's environment holds ``canaries``: variables that
    look secret, with random values that must never be seen again.
    """

    def __init__(
        self,
        engine: ContainerEngine,
        image: ImageInfo,
        reference: str,
        workspace: Workspace,
        *,
        folder: Path | None = None,
        timeout: float = 120,
    ) -> None:
        self.engine = engine
        self.image = image
        self.reference = reference
        self.workspace = workspace
        self.folder = folder
        self.timeout = timeout
        self.canaries: Mapping[str, str] = {name: f"canary-{secrets.token_hex(12)}" for name in SECRET_VARIABLES}
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="container")
        self._futures: dict[object, Future[Any]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Start nothing more, and end what runs."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.engine.close()
        self._pool.shutdown(wait=True)

    # What the image says

    @cached_property
    def contract(self) -> Contract | None:
        """The contract of the label, else the one that is printed; None when neither is valid."""
        for text in (self.image.labels.get(CONTRACT_LABEL), self.printed_contract.stdout):
            try:
                if text:
                    return contract_from_json(text)
            except ContractError:
                continue
        return None

    @property
    def runnable(self) -> bool:
        """Whether `docker run IMAGE` knows what to run."""
        return bool(self.image.entrypoint or self.image.command)

    @property
    def promised(self) -> Contract:
        """The contract, for checks that need one."""
        if self.contract is None:
            raise ValueError("the check must declare that it needs the contract")
        return self.contract

    @property
    def printed_contract(self) -> RunResult:
        """What `docker run IMAGE contract` does."""
        return self.bare(("contract",))

    @cached_property
    def component_folder(self) -> Path:
        """A copy of what the image has at `/component`; an empty folder where it has nothing there."""
        self.workspace.component.mkdir(parents=True, exist_ok=True)
        self.engine.copy_from_image(self.image.id, COMPONENT_FOLDER, self.workspace.component)
        return self.workspace.component

    @cached_property
    def missing_samples(self) -> list[str]:
        """Sample folders that the contract names and that the image does not have."""
        paths = {
            path
            for operation in self.promised.operations.values()
            for sample in operation.samples.values()
            for path in sample.inputs.values()
        }
        return sorted(path for path in paths if not (self.component_folder / path).is_dir())

    def unmet(self, check: Check) -> Skip | None:
        """Why a check makes no sense for this image; None when it does."""
        if check.needs == "folder" and self.folder is None:
            return Skip("an image was given, not the folder of a component")
        if check.needs != "image" and self.contract is None:
            return Skip("the image has no valid contract: see contract.label")
        if check.needs == "samples" and self.missing_samples:
            return Skip("the samples are not in the image: see samples.baked")
        return None

    # Operations

    def operations(self, service: bool | None = None) -> list[Operation]:
        """The operations of the contract: all, or the services only, or all but them."""
        every = self.promised.operations.values()
        return [one for one in every if service is None or service == (one.service is not None)]

    def samples(self, service: bool | None = None) -> list[tuple[Operation, Sample]]:
        """Every sample of these operations."""
        return [(one, sample) for one in self.operations(service) for sample in one.samples.values()]

    def good_sample(self, operation: Operation) -> Sample:
        """The first sample that must succeed; every operation has one."""
        return next(sample for sample in operation.samples.values() if sample.expect == 0)

    # Runs

    def bare(
        self, words: tuple[str, ...] = (), *, read_only: bool = False, canaries: bool = False, compiled: bool = False
    ) -> RunResult:
        """`docker run --rm --network none IMAGE ...`: no volume, and no variable unless it is asked for.

        With `compiled` one says that nothing may be compiled that the image does not hold; who compiles nothing need
        not know it.
        """
        if not words and not self.runnable:
            return RunResult(125, "", "no command specified: the image has neither ENTRYPOINT nor CMD", 0.0)
        request = self.bare_request(words, read_only=read_only, canaries=canaries, compiled=compiled)
        key = ("bare", words, read_only, canaries, compiled)
        return self.once(key, lambda: self.engine.run(request, self.timeout))

    def bare_request(
        self, words: tuple[str, ...] = (), *, read_only: bool = False, canaries: bool = False, compiled: bool = False
    ) -> RunRequest:
        """The request of a bare run."""
        tmpfs = ("/tmp",) if read_only else ()
        environment = {**(self.canaries if canaries else {}), **(_ONLY_COMPILED if compiled else {})}
        return RunRequest(self.image.id, words, read_only=read_only, tmpfs=tmpfs, environment=environment)

    def bare_command(self, words: tuple[str, ...] = (), *, read_only: bool = False, compiled: bool = False) -> str:
        """The line that shows a bare run."""
        return self.shown(self.bare_request(words, read_only=read_only, compiled=compiled))

    def shown(self, request: RunRequest, *, canaries: bool = False) -> str:
        """The line that shows a run: by the name the image is known by, without the canaries if they do not matter."""
        variables = ("MACHIYA_DATA", *_ONLY_COMPILED, *(self.canaries if canaries else ()))
        return docker_command(replace(request, image=self.reference), variables)

    def sample_call(self, operation: Operation, sample: Sample, **changes: Any) -> Call:
        """The call of a sample; ``changes`` replace fields of it."""
        words = ("run", operation.name, *parameter_words(sample.parameters))
        return replace(Call(Inputs(operation.name, sample.name), words), **changes)

    def run(self, calls: Iterable[Call]) -> list[CallResult]:
        """Results in the order of the calls."""
        futures = [self._once(call, partial(self._run, call)) for call in calls]
        return [future.result() for future in futures]

    def _run(self, call: Call) -> CallResult:
        out = self.workspace.output(call.words[1])
        request = self.request(call, out)
        return run_call(
            self.engine, request, call, out, min(call.limit or self.timeout, self.timeout), self.shown(request)
        )

    def stop(self, call: Call, signal: Signal, moment: float, usual_seconds: float) -> "Future[StopResult]":
        """A call that gets a signal at a moment (a fraction of its usual duration)."""

        def stopped() -> StopResult:
            out = self.workspace.output(f"{call.words[1]}-{signal.lower()}")
            request = self.request(call, out)
            return run_and_signal(self.engine, request, out, signal, moment, usual_seconds, self.shown(request))

        return self._once(("stop", call, signal, moment), stopped)

    def serve(self, operation: Operation) -> ServiceResult:
        """A service with the inputs of its first good sample, from start to SIGTERM."""
        call = self.sample_call(operation, self.good_sample(operation))
        service = operation.service
        assert service is not None, operation.name

        def served() -> ServiceResult:
            out = self.workspace.output(f"{operation.name}-service")
            request = self.request(call, out, publish=service.port)
            seconds = min(SERVICE_START_SECONDS, self.timeout)
            return run_service(self.engine, request, service, seconds, self.shown(request))

        return self.once(("serve", call), served)

    def once(self, key: object, make: "Callable[[], T]") -> T:
        """Anything else that needs a place among the running containers, made once for a key."""
        return self._once(key, make).result()

    def request(self, call: Call, out: Path, publish: int | None = None) -> RunRequest:
        """The request of a call whose outputs go to a folder."""
        inputs = self.workspace.inputs(self.promised, call.inputs)
        return call_request(self.image.id, call, inputs, out, self.canaries, publish)

    def _once(self, key: object, make: "Callable[[], T]") -> "Future[T]":
        with self._lock:
            if key not in self._futures:
                self._futures[key] = self._pool.submit(make)
            return cast("Future[T]", self._futures[key])
