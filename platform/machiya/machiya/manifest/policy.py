"""What is the same for every step: how it is retried, how long it may take, how it is confined, how long it is kept."""

import re
from datetime import timedelta

from hera.workflows import models

ARTIFACT_RETENTION = timedelta(days=30)
"""How long a store must keep artifacts at least. The cache forgets its entries earlier: a hit finds its files."""

CACHE_AGE = timedelta(days=20)

DEFAULT_TIMEOUT = timedelta(hours=24)
"""For operations whose contract names none."""

OUT, TEMPORARY = "/data/out", "/tmp"

RETRY_LIMIT, RETRY_FACTOR = 3, 3
PREEMPTIBLE_LIMIT, PREEMPTIBLE_FACTOR = 8, 2
"""Where machines come and go, losing one says little about the step. The last wait is of 21 minutes."""

FINAL_CODES = (64, 65, 70)
"""Wrong arguments, wrong data, a bug: the same would happen again, whatever the message says."""

TEMPORARY_CODE = 75
STOPPED_CODES = (137, 143)
"""Killed and stopped from outside."""

PREEMPTION = (
    "(?i)pod deleted|preempt|evicted|node shutdown|nodelost|low on resource|had condition|pod was rejected"
    "|enough resource|^(init|wait|supervisor): error .exit code (137|143)."
)
"""Messages of steps that lost their machine, or came to one that was just going; of Argo's own containers, too."""

OUT_OF_MEMORY = "^(main: )?OOMKilled"
TOO_LONG = "^(Pod was active on the node longer|Step exceeded its deadline)"
"""Kubernetes ends these with 137 and 143 as well, but they would end so again."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def retry_strategy(*, more_memory: bool = False, preemptible: bool = False) -> models.RetryStrategy:
    """Try again what was temporary, or was stopped from outside.

    What takes too long would do so again. So would what ran out of memory, unless later attempts have ``more_memory``.
    Without an exit code Argo gives ``-1``, so that ``asInt`` is safe.
    """
    limit = PREEMPTIBLE_LIMIT if preemptible else RETRY_LIMIT
    return models.RetryStrategy(
        limit=models.IntOrString(root=limit),
        retry_policy="Always",
        backoff=models.Backoff(
            duration="10s", factor=models.IntOrString(root=PREEMPTIBLE_FACTOR if preemptible else RETRY_FACTOR)
        ),
        expression=_retried(more_memory=more_memory, preemptible=preemptible),
    )


def _retried(*, more_memory: bool, preemptible: bool) -> str:
    final, stopped = (", ".join(map(str, codes)) for codes in (FINAL_CODES, STOPPED_CODES))
    temporary = f"asInt(lastRetry.exitCode) == {TEMPORARY_CODE}"
    cases = [
        f"({temporary} and asInt(retries) < {RETRY_LIMIT})" if preemptible else temporary,
        f"(asInt(lastRetry.exitCode) in [{stopped}] and not (lastRetry.message matches '{OUT_OF_MEMORY}|{TOO_LONG}'))",
        f"lastRetry.message matches '{PREEMPTION}'",
    ]
    if more_memory:
        cases.append(f"(asInt(retries) == 0 and lastRetry.message matches '{OUT_OF_MEMORY}')")
    return f"not (asInt(lastRetry.exitCode) in [{final}]) and ({' or '.join(cases)})"


def more_memory_patch(memory: str, max_memory: str) -> str:
    """A patch of the pod: the first attempt has `memory`, all others `max_memory`.

    Of the variables of an attempt, `retries` is the one that every version of Argo knows here.
    """
    amount = f"{{{{=sprig.ternary('{memory}', '{max_memory}', asInt(retries) == 0)}}}}"
    both = "\n".join(f'      {kind}: {{memory: "{amount}"}}' for kind in ("limits", "requests"))
    return f"containers:\n  - name: main\n    resources:\n{both}\n"


def seconds(timeout: str | None) -> int:
    """A contract's timeout, or an age in a profile (``90s``, ``2h``, ``1h30m``, ``7d``) in seconds."""
    if timeout is None:
        return int(DEFAULT_TIMEOUT.total_seconds())
    parts = re.findall(r"(\d+)([smhd])", timeout)
    return int(sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta()).total_seconds())


def hours(age: timedelta) -> str:
    """A duration as Argo writes it."""
    return f"{int(age.total_seconds()) // 3600}h"


def pod_security() -> models.PodSecurityContext:
    """For all containers of a run, Argo's own too."""
    return models.PodSecurityContext(run_as_non_root=True, seccomp_profile=models.SeccompProfile(type="RuntimeDefault"))


def container_security() -> models.SecurityContext:
    """For the container of a step."""
    return models.SecurityContext(
        allow_privilege_escalation=False,
        capabilities=models.Capabilities(drop=["ALL"]),
        read_only_root_filesystem=True,
        run_as_non_root=True,
    )


def volumes() -> list[models.Volume]:
    """The two folders that a step may write to."""
    return [models.Volume(name=name, empty_dir=models.EmptyDirVolumeSource()) for name in ("out", "tmp")]


def volume_mounts() -> list[models.VolumeMount]:
    """Where the container sees them."""
    return [models.VolumeMount(name="out", mount_path=OUT), models.VolumeMount(name="tmp", mount_path=TEMPORARY)]
