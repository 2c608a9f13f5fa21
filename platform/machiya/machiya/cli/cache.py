"""`machiya cache`: why steps were computed, and what may be thrown away."""

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option
from machiya.errors import NotFoundError

if TYPE_CHECKING:
    from machiya.records.explain import Explanation

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


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


def _age(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    """``20d``, ``12h``, ``30m``, ``2w`` as a timedelta."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)([mhdw])", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is no age; write one like 20d, 12h, 30m or 2w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


@cache.command
@click.option("--older-than", callback=_age, metavar="AGE", help="Forget results that are older. [default: 20d]")
@click.option("--runs-older-than", callback=_age, metavar="AGE", help="Remove runs that ended longer ago, too.")
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would be.")
@home_option
@json_option
def gc(
    older_than: timedelta | None, runs_older_than: timedelta | None, dry_run: bool, home: Path, as_json: bool
) -> None:
    """Throw away what nothing needs any more.

    Results that the cache need not remember, and what is in the store of DIRECTORY for no run and no
    result. What an engine works on stays, and so does what is younger than a day. An AGE is a number
    with m, h, d or w: 20d. Stores at a URL are not touched: others may need what is in them.
    """
    from machiya.cli.output import print_json, size
    from machiya.engines.local.cache import open_memo
    from machiya.engines.local.gc import collect
    from machiya.engines.local.store import open_store

    if not home.is_dir():
        raise NotFoundError(f"there is no folder {home}.", "Name the one that holds the runs with --home.")
    store, memo = open_store("", home), open_memo("", home)
    done = collect(home, store, memo, older_than=older_than, runs_older_than=runs_older_than, dry_run=dry_run)
    if as_json:
        print_json({"dryRun": dry_run, **asdict(done)})
        return
    click.echo("would remove" if dry_run else "removed")
    for count, what in (
        (done.runs, "runs"),
        (done.entries, "remembered results"),
        (done.records, "artifacts"),
        (done.contents, "files in the store"),
        (done.leftovers, "leftovers of programs that were killed"),
    ):
        click.echo(f"  {count:>6} {what}")
    click.echo(f"  {size(done.bytes)} in all")


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
