"""The ``component`` command: ``self-test``, ``contract``, ``run OPERATION --name value ...``.

The one place where errors become lines on stderr and an exit code.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from machiya_component import stop
from machiya_component.errors import EXIT_MEANINGS, ArgumentsError, ComponentError, ExitCode, Stopped

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from machiya_component.component import Component

GROUP = "machiya.components"
TERMINATION_MESSAGE = Path("/dev/termination-log")
"""Where Kubernetes takes a container's last words from; there is no such file elsewhere."""
MESSAGE_LIMIT = 1000
"""Characters of it: enough to say what is wrong, and little enough for a thousand nodes that failed."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of an image: the one component that is installed."""
    stop.install()
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_guarded(None, words))


def main_of_many(arguments: Sequence[str] | None = None) -> None:
    """``python -m machiya_component NAME ...``: for an environment in which several components are installed."""
    stop.install()
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_guarded(words[0] if words else "", words[1:]))


def _guarded(name: str | None, words: list[str]) -> int:
    """Run a command; whatever happens, the last line on stderr says what is wrong and what to do."""
    place = " ".join(part for part in (name or "component", *words[:2]) if not part.startswith("-"))
    try:
        return _dispatch(installed_component(name), words)
    except Stopped:
        return _stopped(place)
    except Exception as error:
        if not stop.requested():
            return _failed(place, error)
        traceback.print_exc()
        return _stopped(place)


def _stopped(place: str) -> int:
    stop.ignore()
    return _last_line(place, ExitCode.STOPPED, "It left no partial output; it can be run again.")


def _failed(place: str, error: Exception) -> int:
    if isinstance(error, ComponentError):
        for detail in error.details:
            print(detail, file=sys.stderr)
        return _last_line(place, error.exit_code, str(error))
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough (`component contract | head`); keep Python from flushing it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    traceback.print_exception(error)
    if isinstance(error, OSError):
        return _operating_system(place, error)
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0].rstrip(" .:")
    return _last_line(place, ExitCode.BUG, f"{text}. Show the lines above to the component's owner.")


def _operating_system(place: str, error: OSError) -> int:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return _last_line(place, ExitCode.TEMPORARY, f"{error}. Free space on the disk, then run it again.")
    return _last_line(place, ExitCode.BUG, f"{error}. Show the lines above to the component's owner.")


def _last_line(place: str, code: ExitCode, text: str) -> int:
    line = f"{place}: {EXIT_MEANINGS[code]} ({int(code)}): {' '.join(text.split())}"
    print(line, file=sys.stderr, flush=True)
    _tell_kubernetes(line)
    return int(code)


def _tell_kubernetes(line: str) -> None:
    """What went wrong, where Kubernetes takes a container's last words from: Argo shows them as the node's message."""
    if TERMINATION_MESSAGE.exists():
        with suppress(OSError):
            TERMINATION_MESSAGE.write_text(f"{line[:MESSAGE_LIMIT]}\n", encoding="utf-8")


def installed_component(name: str | None) -> "Component":
    """The component of this name in this environment; without a name, the only one."""
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)  # as for modules, what is first on Python's path counts
    if name is None and len(found) == 1:
        name = next(iter(found))
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        what = f"no component {name!r} is installed here" if name else "not exactly one component is installed here"
        remedy = f"Installed: {known}. Say which: python -m machiya_component NAME run OPERATION ..."
        raise ArgumentsError(f"{what}.", remedy)
    component: Component = found[name].load()
    return component


def _dispatch(component: "Component", words: list[str]) -> int:
    command, rest = (words[0], words[1:]) if words else ("self-test", [])
    if command in ("--help", "-h", "help"):
        from machiya_component.usage import component_usage

        print(component_usage(component.contract), end="")
        return ExitCode.DONE
    if command == "contract":
        from machiya_component.contract import CONTRACT_FILE
        from machiya_component.contract.kept import kept_data

        component.check()
        print(json.dumps(kept_data(component.home / CONTRACT_FILE), ensure_ascii=False), flush=True)
        return ExitCode.DONE
    if command == "self-test":
        return _self_test(component)
    if command == "run":
        return _run(component, rest)
    raise ArgumentsError(f"there is no command {command!r}.", "Commands: self-test, contract, run OPERATION.")


def _run(component: "Component", words: list[str]) -> int:
    from machiya_component.checkpoint import CHECKPOINT_FOLDER
    from machiya_component.parameters import parse_arguments
    from machiya_component.run import (
        Call,
        arguments_error,
        configured_secrets,
        data_root,
        find_operation,
        input_folders,
        run,
    )
    from machiya_component.usage import operation_usage

    if not words or words[0].startswith("-"):
        known = ", ".join(component.contract.operations)
        raise ArgumentsError("run needs the name of an operation.", f"Operations: {known}.")
    operation = find_operation(component.contract, words[0])
    if any(word in ("--help", "-h") for word in words[1:]):
        print(operation_usage(component.contract, operation), end="")
        return ExitCode.DONE
    parameters, findings = parse_arguments(operation, words[1:])
    if findings:
        raise arguments_error(findings)
    _log_to_stderr()
    root = data_root()
    secrets = configured_secrets(operation, os.environ)
    inputs, out = root / "in", root / "out"
    checkpoints = inputs / CHECKPOINT_FOLDER
    run(component, Call(operation, parameters, input_folders(operation, inputs), out, secrets, checkpoints))
    return ExitCode.DONE


def _self_test(component: "Component") -> int:
    from machiya_component.selftest import self_test

    contract = component.contract
    logging.disable(logging.WARNING)
    print(f"{contract.name} {contract.version} self-test")
    failed = []
    for result in self_test(component):
        if result.problem:
            failed.append(result)
        told = result.problem or result.told
        verdict = "FAIL" if result.problem else "ok"
        print(f"  {verdict:<4} {result.operation} {result.sample} ({result.seconds:.1f} s): {told}", flush=True)
    if failed:
        first = failed[0]
        text = f"sample {first.operation} {first.sample} {first.problem}"
        return _last_line(f"{contract.name} self-test", ExitCode.BUG, text)
    print("Every sample ended as the contract promises.")
    return ExitCode.DONE


def _log_to_stderr() -> None:
    level = os.environ.get("MACHIYA_LOG_LEVEL", "INFO").upper()
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
