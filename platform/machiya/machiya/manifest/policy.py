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

RETRY_LIMIT = 3
RETRIED_CODES = (75, 137, 143)
"""75: the component says that it is temporary. 143, 137: stopped and killed from outside."""

PREEMPTION = "(?i)pod deleted|preempt|evicted|node shutdown|nodelost|low on resource"
"""Messages of steps that lost their machine."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def retry_strategy() -> models.RetryStrategy:
    """Try again what was temporary or was stopped from outside, but not what ran out of its memory: it would again."""
    codes = ", ".join(map(str, RETRIED_CODES))
    stopped = f"(asInt(lastRetry.exitCode) in [{codes}] and not (lastRetry.message contains 'OOMKilled'))"
    return models.RetryStrategy(
        limit=models.IntOrString(root=RETRY_LIMIT),
        retry_policy="Always",
        backoff=models.Backoff(duration="10s", factor=models.IntOrString(root=3)),
        expression=f"{stopped} or lastRetry.message matches '{PREEMPTION}'",
    )


def seconds(timeout: str | None) -> int:
    """A contract's timeout (``90s``, ``2h``, ``1h30m``) in seconds."""
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
