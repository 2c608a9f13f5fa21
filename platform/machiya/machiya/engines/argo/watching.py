"""A run, followed to its end over connections that may break off."""

from collections.abc import Callable, Iterator

from machiya.engines.argo.protocol import Object
from machiya.errors import AccessError, ClusterError, MachiyaError, NotFoundError

ENDED = ("Succeeded", "Failed", "Error")
"""Phases of a run in which nothing more happens."""

POLL_SECONDS = 5.0
"""Between two looks, where the token may read runs and not watch them."""
PATIENCE = 10
"""Looks in a row that fail before it is given up; with the pauses between them about four minutes."""
_LONGEST_PAUSE = 30.0


def watch(
    look: Callable[[], Object], changes: Callable[[], Iterator[tuple[str, Object]]], pause: Callable[[float], None]
) -> Iterator[Object]:
    """The run at once, and whenever it changes, until it has ended.

    `look` reads it, `changes` streams (how, run) and may end at any time: servers close streams, proxies forget them.

    Raises:
        NotFoundError: it was deleted.
        ClusterError: the server stays away.
    """
    failures, streams = 0, True
    while True:
        try:
            run = look()
            yield run
            if ended(run):
                return
            failures = 0
            if not streams:
                pause(POLL_SECONDS)
                continue
            for how, run in changes():
                if how == "DELETED":
                    raise NotFoundError(
                        "the run was deleted while it was watched.", "What it put out may still be there."
                    )
                yield run
                if ended(run):
                    return
            pause(1)  # a server that closes each stream at once is not asked without end
        except AccessError:
            if not streams:
                raise
            streams = False
        except ClusterError as error:
            failures += 1
            if failures > PATIENCE:
                raise _given_up(error) from error
            pause(min(2.0 ** (failures - 1), _LONGEST_PAUSE))


def ended(run: Object) -> bool:
    """Whether nothing more happens: Argo says so by the phase, once the exit handler is through, too."""
    return (run.get("status") or {}).get("phase") in ENDED


def _given_up(error: MachiyaError) -> ClusterError:
    return ClusterError(error.message, f"The run goes on without being watched.\n{error.remedy}")
