"""The commands of `machiya`, by name, and where each is found.

The table holds the summaries too, so that `machiya --help` imports no command and none of the libraries they need; a
test holds every summary against the command's own.
"""

import importlib
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Entry:
    """One command: the module below `machiya.cli`, the attribute in it, and the line that `--help` shows."""

    module: str
    attribute: str
    summary: str


ENTRIES: dict[str, Entry] = {
    "new": Entry("new", "new", "Make a new component that builds and passes everything at once."),
    "check": Entry("check", "check", "Check a component.yaml against the rules of the contract."),
    "build": Entry("build", "build", "Build the image of a component."),
    "test": Entry("test", "test", "Run the conformance suite on a component or an image."),
    "run": Entry("run", "run", "Run a workflow on this machine."),
    "retry": Entry("retry", "retry", "Continue a run: what has succeeded is not run again."),
    "resubmit": Entry("resubmit", "resubmit", "Run again what an earlier run ran, as a new run."),
    "stop": Entry("stop", "stop", "Stop a run."),
    "resume": Entry("resume", "resume", "Let a run go on that waits for somebody at a suspend step."),
    "submit": Entry("submit", "submit", "Run a workflow on a cluster, through Argo Server."),
    "deploy": Entry("deploy", "deploy", "Put the template and the schedule of a workflow on a cluster."),
    "runs": Entry("runs", "runs", "List the runs, the newest first."),
    "show": Entry("show", "show", "Show a run: its steps, and what became of them."),
    "explain": Entry("explain", "explain", "Say why a run failed, and what to do."),
    "logs": Entry("logs", "logs", "Print the logs of a run."),
    "artifacts": Entry("artifacts", "artifacts", "List or copy the artifacts of a run."),
    "provenance": Entry("provenance", "provenance", "Tell where an artifact comes from."),
    "drift": Entry("drift", "drift", "Show how the data of a run differs from that of others."),
    "cache": Entry("cache", "cache", "Ask the cache why, and clear it."),
    "view": Entry("view", "view", "Look at the results of runs in a browser."),
    "lint": Entry("lint", "lint", "Check Argo manifests, offline."),
    "render": Entry("render", "render", "Write the Argo manifests of workflows."),
    "graph": Entry("graph", "graph", "Draw a workflow."),
    "vendor": Entry("vendor", "vendor", "Keep the contracts of pinned versions beside the pins."),
    "release": Entry("release", "release", "Release the version of a component that FOLDER holds."),
    "releases": Entry("releases", "releases", "List the released versions of a component."),
    "diff": Entry("diff", "diff", "Say what would change if a workflow used another version of a component."),
    "bump": Entry("bump", "bump", "Use another version of a component."),
    "promote": Entry("promote", "promote", "Use the versions of one stage at another."),
    "rollback": Entry("rollback", "rollback", "Go back to the version before this one."),
    "canary": Entry("canary", "canary", "Give a version to a share of the users first."),
    "pins": Entry("pins", "pins", "Verify the pins of workflows."),
    "status": Entry("status", "status", "Say which version runs where."),
    "slo": Entry("slo", "slo", "Say whether workflows keep what they promise."),
    "schema": Entry(
        "schema", "schema", "Print the JSON Schema of component.yaml, of a stage's profile or of slo.yaml."
    ),
}


class LazyGroup(click.Group):
    """A click group that imports a command only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a contributor meets them."""
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called `cmd_name`; None if there is none."""
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(f"machiya.cli.{entry.module}"), entry.attribute)
        assert isinstance(command, click.Command), (
            f"machiya.cli.{entry.module}.{entry.attribute} is not a click command"
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in ENTRIES.items()])
