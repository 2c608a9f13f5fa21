"""How an operation is run, compared: resources, time, cache, service, secrets."""

from collections.abc import Iterator

from machiya.release.contracts.difference import Difference, Place
from machiya.release.contracts.judging import fixed
from machiya_component.contract.model import Operation, Resources, Service
from machiya_component.contract.quantities import bytes_of

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def running_differences(before: Operation, after: Operation) -> Iterator[Difference]:
    """Differences of how one operation is run."""
    place = Place(after.name)
    yield from _service(place, before, after)
    yield from _resources(place, before.resources, after.resources)
    yield from _timeout(place, before.timeout, after.timeout)
    if before.cache != after.cache:
        message = "results are reused now" if after.cache else "results are not reused any more"
        yield fixed("cache.changed", place, before.cache, after.cache, message)
    if before.checkpoint != after.checkpoint:
        message = "goes on from checkpoints now" if after.checkpoint else "begins anew when it is tried again"
        yield fixed("checkpoint.changed", place, before.checkpoint, after.checkpoint, message)
    yield from _secrets(after.name, before, after)


def _service(place: Place, before: Operation, after: Operation) -> Iterator[Difference]:
    old, new = before.service, after.service
    if (old is None) != (new is None):
        kinds = ["batch" if service is None else "service" for service in (old, new)]
        yield fixed("operation.kind", place, kinds[0], kinds[1], f"is a {kinds[1]}, not a {kinds[0]}")
    elif old is not None and new is not None:
        reached = [{"port": service.port, "health": service.health} for service in (old, new)]
        if reached[0] != reached[1]:
            message = f"is reached at {new.port}{new.health}, not {old.port}{old.health}"
            yield fixed("service.changed", place, reached[0], reached[1], message)
        yield from _shows(place, old, new)


def _shows(place: Place, before: Service, after: Service) -> Iterator[Difference]:
    old, new = ({port: str(shown) for port, shown in service.shows.items()} for service in (before, after))
    if old != new:
        listed = ", ".join(f"{port}: {shown}" for port, shown in new.items()) or "nothing"
        yield fixed("service.shows", place, old, new, f"is fed {listed}")


def _resources(place: Place, before: Resources, after: Resources) -> Iterator[Difference]:
    asked = (("cpu", before.cpu, after.cpu), ("memory", bytes_of(before.memory), bytes_of(after.memory)))
    for name, old, new in asked:
        if old != new:
            rule = "resources.raised" if new > old else "resources.lowered"
            shown = [getattr(resources, name) for resources in (before, after)]
            yield fixed(rule, place, shown[0], shown[1], f"asks for {name} {shown[1]}, not {shown[0]}")
    most, least = (bytes_of(resources.max_memory or "0") for resources in (after, before))
    if most != least:
        rule = "resources.raised" if most > least else "resources.lowered"
        told = f"is tried again with {after.max_memory or 'no more'} memory when that ran out"
        yield fixed(rule, place, before.max_memory, after.max_memory, told)


def _timeout(place: Place, before: str | None, after: str | None) -> Iterator[Difference]:
    old, new = _seconds(before), _seconds(after)
    if old != new:
        rule = "timeout.lowered" if new < old else "timeout.raised"
        yield fixed(rule, place, before, after, f"is ended after {after or 'no time'}, not {before or 'none'}")


def _seconds(timeout: str | None) -> float:
    return float("inf") if timeout is None else float(timeout[:-1]) * _SECONDS[timeout[-1]]


def _secrets(operation: str, before: Operation, after: Operation) -> Iterator[Difference]:
    for name in {**before.secrets, **after.secrets}:
        place = Place(operation, "secret", name)
        old, new = before.secrets.get(name), after.secrets.get(name)
        if new is None:
            yield fixed("secret.removed", place, name, None, "the secret is not asked for any more")
        elif old is None:
            yield fixed("secret.added", place, None, name, "may be told a new secret; it does without")
        elif old != new:
            yield fixed("text.changed", place, old.description, new.description, "another description")
