"""`machiya cache`: why steps were computed, and what may be thrown away."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option

if TYPE_CHECKING:
    from machiya.records.explain import Explanation


@click.group
def cache() -> None:
    """Ask the cache why, and clear it."""


@cache.command
@click.argument("run", metavar="RUN")
@click.argument("step", metavar="STEP")
@home_option
@json_option
def explain(run: str, step: str, home: Path, as_json: bool) -> None:
    """Tell why a step was computed, or was not.

    Names the parts of its key (code, operation, parameters, contents of inputs) that are others than
    at the nearest earlier time the same operation was done, and what made an input another. RUN is
    the run's id, or the beginning of it, or `latest`; of a loop, the first turn that was computed is
    explained.
    """
    from machiya.cli.output import print_json
    from machiya.records import find_run, load_record
    from machiya.records.explain import explain as reason

    record = load_record(find_run(home, run))
    found = reason(record, step)
    if as_json:
        print_json({"run": record.name, **found.to_json()})
        return
    click.echo(f"{found.step}: {_verdict(found)}")
    for one in found.differences:
        click.echo(f"  {one.part}: {_change(one.before, one.now)}")
        if one.why:
            click.echo(f"      {one.why}")


def _verdict(found: "Explanation") -> str:
    """The verdict as a sentence."""
    run = found.run or "an earlier run"
    sentence = {
        "hit": f"not computed: its outputs are those of {run}",
        "not cacheable": "computed: it is never taken from the cache",
        "unknown": "computed: its key cannot be that of any other run",
        "first": "computed: for the first time",
        "expired": f"computed: {run} had computed the same, but too long ago",
        "gone": f"computed: {run} had computed the same, but it could not be used",
        "differs": f"computed: the nearest earlier run, {run}, had another",
    }[found.verdict]
    return f"{sentence} ({found.reason})" if found.reason else sentence


def _change(before: str, now: str) -> str:
    """The two values; of the parts of a loop's output, how many differ."""
    from machiya.records.keys import listed

    old, new = listed(before), listed(now)
    if len(old) == len(new) == 1:
        return f"{_shown(before)} -> {_shown(now)}"
    others = sum(1 for one in new if one not in old)
    return f"{len(old)} parts -> {len(new)} parts, {others} of them with other contents"


def _shown(value: str) -> str:
    from machiya.cli.output import short_digest

    if value.startswith("sha256:"):
        return short_digest(value)
    return value if value and len(value) <= 80 else repr(value[:80]) if value else "none"
