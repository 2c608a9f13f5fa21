"""Every check there is, in the order in which they are shown. The ids are stable: documents and pipelines name them."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from machiya.conformance.check import Check
from machiya.conformance.checks import (
    arguments,
    bare,
    contract,
    data,
    folder,
    output,
    report,
    samples,
    secrets,
    service,
    stopping,
)
from machiya.errors import ArgumentsError

_MODULES = (bare, contract, samples, arguments, data, output, stopping, service, secrets, folder, report)

CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in module.CHECKS)


def select(patterns: Sequence[str]) -> tuple[Check, ...]:
    """The checks that one of the patterns names: an id, a group (`data`), or a pattern (`*.user`). No pattern: all.

    Raises ArgumentsError for a pattern that names none.
    """
    for pattern in patterns:
        if not any(_names(pattern, check) for check in CHECKS):
            groups = ", ".join(dict.fromkeys(check.id.split(".")[0] for check in CHECKS))
            raise ArgumentsError(
                f"there is no check {pattern!r}.", f"`machiya test --list` shows all of them. Groups: {groups}."
            )
    return tuple(check for check in CHECKS if not patterns or any(_names(pattern, check) for pattern in patterns))


def _names(pattern: str, check: Check) -> bool:
    return fnmatchcase(check.id, pattern) or check.id.split(".")[0] == pattern
