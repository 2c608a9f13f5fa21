"""What the next session of a run may take over from those before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Node, NodeType, Phase
from machiya.engines.local.kept import is_kept_file
from machiya.engines.local.state import RunState, named_nodes
from machiya.engines.local.store import ArtifactStore
from machiya.errors import ArgumentsError

_GROUPS = (NodeType.TASK_GROUP, NodeType.STEP_GROUP, NodeType.RETRY)
_SHOWN = 5


@dataclass(frozen=True)
class Takeover:
    """``known`` are nodes by name whose outcome counts, ``forced`` the ids of those that run though remembered.

    ``lost`` are nodes that had succeeded, and whose artifacts are not in the store any more.
    """

    known: Mapping[str, Node]
    forced: frozenset[str] = frozenset()
    lost: tuple[Node, ...] = ()

    def describe_lost(self) -> str:
        """For people."""
        names = sorted(node.display_name for node in self.lost)
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        return f"artifacts are gone that had been made; what made them runs again: {shown}"


def take_over(state: RunState, store: ArtifactStore, again: str | None = None) -> Takeover:
    """What counts of a run that is continued; `again` names a step that is to run again, with what follows from it.

    Raises:
        ArgumentsError: the run has no such step.
    """
    named = [] if again is None else _wanted(state, again)
    known = known_nodes(state, downstream(state, [node.id for node in named]))
    lost = {name: node for name, node in known.items() if not _intact(node, store)}
    forced = [node.id for node in state.nodes.values() if any(_concerns(node, one) for one in named)]
    gone = [node.name for node in state.nodes.values() if node.phase.completed and node.name not in known]
    gone += lost
    sound = {name: node for name, node in known.items() if name not in lost and _is_whole(node, gone)}
    return Takeover(sound, frozenset(forced), tuple(lost.values()))


def _is_whole(node: Node, gone: Sequence[str]) -> bool:
    """Whether all inside it counts as well: what is remembered as a whole is looked at no further."""
    return not node.memo_key or not any(name.startswith((f"{node.name}.", f"{node.name}(")) for name in gone)


def _wanted(state: RunState, again: str) -> list[Node]:
    nodes = named_nodes(state, again)
    if not nodes:
        names = sorted({node.display_name for node in state.nodes.values() if node.type is NodeType.POD})
        raise ArgumentsError(f"the run has no step {again!r}.", f"It has {', '.join(names)}.")
    return nodes


def _concerns(node: Node, named: Node) -> bool:
    """Whether a node is inside the one that is named, or is remembered as a whole with that one in it."""
    return _is_inside(node, named) or (bool(node.memo_key) and _is_inside(named, node))


def _is_inside(node: Node, other: Node) -> bool:
    return node.id == other.id or node.name.startswith((f"{other.name}.", f"{other.name}(", f"{other.name}["))


def _intact(node: Node, store: ArtifactStore) -> bool:
    return all(_is_kept(value, store) for value in node.outputs.artifacts.values())


def _is_kept(value: ArtifactValue, store: ArtifactStore) -> bool:
    """A value without a digest is nothing that a step made: it was handed on.

    A file that outlives runs is gone if it is not there: if it is another one, a later run has kept that.
    """
    if not (value.key and value.digest):
        return True
    return store.intact(value.key, "" if is_kept_file(value.key) else value.digest)


def known_nodes(state: RunState, again: frozenset[str] = frozenset()) -> dict[str, Node]:
    """The nodes, by name, whose outcome the next session may take over; those in `again` (ids) it may not.

    These are all that succeeded, and the failed attempts of a retry that has not come to a bad end: they count
    against its limit. What runs on exit runs again once the run had ended.
    """
    by_name = {node.name: node for node in state.nodes.values()}
    exits = f"{state.facts.name}.onExit" if state.facts is not None and state.ended else None
    return {
        node.name: node
        for node in state.nodes.values()
        if node.id not in again
        and not (exits is not None and node.name.startswith(exits))
        and (node.phase is Phase.SUCCEEDED or _counts(node, by_name))
    }


def _counts(node: Node, by_name: Mapping[str, Node]) -> bool:
    retry = by_name.get(node.name.rpartition("(")[0])
    attempt = node.type is NodeType.POD and node.phase.bad and retry is not None and retry.type is NodeType.RETRY
    return attempt and retry is not None and not retry.phase.bad


def downstream(state: RunState, names: Iterable[str]) -> frozenset[str]:
    """The ids of these nodes (ids), of all inside them, and of all that waited for one of them."""
    dirty, touched = set(names), set[str]()
    by_name = {node.name: node for node in state.nodes.values()}
    containers = {node.id: _around(node, state.nodes, by_name) for node in state.nodes.values()}
    changed = True
    while changed:
        changed = False
        for node in state.nodes.values():
            around = containers[node.id]
            hit = node.id in dirty or any(one in dirty for one in around)
            hit = hit or any(one in dirty or one in touched for one in node.after if one not in around)
            if hit and node.id not in dirty:
                dirty.add(node.id)
                changed = True
            if (node.id in dirty or node.id in touched) and not touched.issuperset(around):
                touched.update(around)
                changed = True
    return frozenset(dirty)


def _around(node: Node, nodes: Mapping[str, Node], by_name: Mapping[str, Node]) -> list[str]:
    """The ids of what contains a node: the DAG or steps, and its group or retry."""
    containers = [node.boundary] if node.boundary else []
    for identifier in node.after:
        other = nodes.get(identifier)
        if other is not None and other.type in _GROUPS and node.name.startswith((f"{other.name}(", f"{other.name}.")):
            containers.append(identifier)
    if node.name.endswith(")"):  # a later attempt waits for the one before, and is inside the same retry
        retry = by_name.get(node.name.rpartition("(")[0])
        if retry is not None:
            containers.append(retry.id)
    return containers
