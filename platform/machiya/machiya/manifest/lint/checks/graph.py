"""Graphs of things that wait for each other."""

from collections.abc import Iterable, Mapping


def find_cycles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Cycles of the graph, each once, beginning and ending with the same name; none is left out that shares no node.

    Nodes that an edge leads to and that have no edges themselves need not be there.
    """
    cycles: list[list[str]] = []
    done: set[str] = set()
    for start in edges:
        _search(start, edges, done, cycles)
    return cycles


def _search(start: str, edges: Mapping[str, Iterable[str]], done: set[str], cycles: list[list[str]]) -> None:
    """Depth first, with a stack of its own: chains may be longer than Python's."""
    path: list[str] = []
    on_path: set[str] = set()
    stack: list[tuple[str, bool]] = [(start, True)]
    while stack:
        name, entering = stack.pop()
        if not entering:
            path.pop()
            on_path.discard(name)
            done.add(name)
        elif name in on_path:
            cycle = path[path.index(name) :]
            if name == start:  # named as Argo does, which counts from what the first one waits for
                cycle = [*cycle[1:], name]
            cycles.append([*cycle, cycle[0]])
        elif name not in done:
            path.append(name)
            on_path.add(name)
            stack.append((name, False))
            stack.extend((other, True) for other in edges.get(name, ()))


def ancestors(edges: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """For each node all that it waits for, directly or not."""
    found: dict[str, frozenset[str]] = {}
    for name in edges:
        seen: set[str] = set()
        pending = list(edges[name])
        while pending:
            other = pending.pop()
            if other in seen:
                continue
            seen.add(other)
            if other in found:
                seen |= found[other]
            else:
                pending.extend(edges.get(other, ()))
        found[name] = frozenset(seen)
    return found
