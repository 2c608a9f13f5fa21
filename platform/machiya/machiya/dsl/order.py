"""The order of steps: each after what it needs, else as they are written."""

from collections.abc import Sequence

from machiya.dsl.model import Step


def cycle_of(steps: Sequence[Step]) -> list[Step]:
    """Steps that wait for each other, in the order in which each waits for the next; empty if there are none."""
    left = {step.name: step for step in steps}
    while ready := [step for step in left.values() if not any(name in left for name in step.needs)]:
        for step in ready:
            left.pop(step.name, None)
    if not left:
        return []
    path = [next(iter(left.values()))]
    while True:
        following = left[next(name for name in path[-1].needs if name in left)]
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps so that each comes after those that it needs; there must be no cycle."""
    left, done = list(steps), dict[str, Step]()
    while left:
        step = next(step for step in left if all(name in done for name in step.needs))
        done[step.name] = step
        left.remove(step)
    return tuple(done.values())
