"""What makes a node end in the phase Error."""


class NodeError(Exception):
    """A node cannot be executed: something is missing, unresolved or not what it should be."""
