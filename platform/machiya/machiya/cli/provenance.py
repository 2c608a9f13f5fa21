"""`machiya provenance`: where an artifact comes from."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option

if TYPE_CHECKING:
    from rich.tree import Tree

    from machiya.records.provenance import Origin


@click.command
@click.argument("artifact", metavar="ARTIFACT")
@home_option
@json_option
def provenance(artifact: str, home: Path, as_json: bool) -> None:
    """Tell where an artifact comes from.

    Which version of which component made it, with which parameters and from which inputs, who made
    those, and so on back to the data from outside. ARTIFACT is RUN/STEP/PORT, a digest (sha256:...,
    the beginning is enough), or a folder or file with the sidecar of an artifact.
    """
    from machiya.cli.output import print_json, show
    from machiya.records.provenance import trace

    origin = trace(home, artifact)
    if as_json:
        print_json({"artifact": origin.id, "artifacts": [one.to_json() for one in origin.all()]})
    else:
        show(_tree(origin))


def _tree(origin: "Origin") -> "Tree":
    """The origins as a tree; what was shown above is not shown again."""
    from rich.tree import Tree

    tree = Tree("", guide_style="dim")
    shown: set[str] = set()
    waiting = [(tree, "", origin)]
    while waiting:
        branch, port, one = waiting.pop()
        known = one.id in shown and bool(one.inputs)
        shown.add(one.id)
        branch.label = _text(port, one, known=known)
        inputs = [] if known else [(branch.add(""), name, each) for name, each in one.inputs.items()]
        waiting += reversed(inputs)
    return tree


def _text(port: str, origin: "Origin", *, known: bool = False) -> str:
    from machiya.cli.output import escape

    head = f"[bold]{escape(port)}[/bold]: " if port else ""
    if origin.kind == "made":
        return head + escape(_made(origin, known=known))
    if origin.kind == "source":
        return head + escape(f"{origin.location} (from outside, {_digest(origin)})")
    if origin.kind == "absent":
        return head + "none was given"
    return head + escape(f"{_digest(origin)} of unknown origin: {origin.note}".strip())


def _made(origin: "Origin", *, known: bool) -> str:
    parts = f" ({origin.parts} parts)" if origin.parts > 1 else ""
    place = f"{origin.id}{parts}" if origin.run else _digest(origin)
    if known:
        return f"{place}, see above"
    return "\n".join([place, *(f"  {line}" for line in _facts(origin))])


def _facts(origin: "Origin") -> list[str]:
    from machiya.cli.output import short_digest

    by = f"{origin.component} {origin.version} {origin.operation}".strip() or "a step without component"
    commit = f"commit {origin.commit[:12]}" if origin.commit else ""
    code = f"code {short_digest(origin.code)}" if origin.code else ""
    digest = _digest(origin) if origin.run and origin.digest else ""
    values = " ".join(f"{name}={value}" for name, value in origin.parameters.items())
    seed = f"seed {origin.seed}" if origin.seed is not None and "seed" not in origin.parameters else ""
    who = ", ".join(one for one in (by, origin.image, commit, code) if one)
    return [one for one in (who, digest, values, seed, origin.note) if one]


def _digest(origin: "Origin") -> str:
    from machiya.cli.output import short_digest

    return short_digest(origin.digest)
