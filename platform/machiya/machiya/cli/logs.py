"""`machiya logs`: what steps wrote."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.log_output import Lines, json_line, marked_line, print_pieces, raw_sink, sink
from machiya.cli.options import Target, engine_options, home_option, json_option
from machiya.errors import ArgumentsError, NotFoundError

if TYPE_CHECKING:
    from machiya.records import RunRecord, Step


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.argument("step", required=False, default="", metavar="[STEP]")
@click.option("-f", "--follow", is_flag=True, help="Go on until the step, or the run, has ended.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines.")
@click.option(
    "--attempt", type=click.IntRange(min=1), metavar="N", help="The N-th attempt of STEP. [default: the last]"
)
@engine_options
@home_option
@json_option
def logs(
    run: str,
    step: str,
    follow: bool,
    tail: int | None,
    attempt: int | None,
    target: Target | None,
    home: Path,
    as_json: bool,
) -> None:
    """Print the logs of a run.

    The log of one STEP as it is, or those of all steps below headings. RUN is the run's id, or the
    beginning of it; `latest`, or nothing, means the newest. STEP is a name as `machiya show` has it;
    the name of a loop means all its turns. On a cluster the logs are those of the pods that are still
    there, else those that the controller keeps in the artifact repository.
    """
    from machiya.records import find_run, load_record

    if attempt is not None and (follow or not step):
        raise ArgumentsError("--attempt goes with one STEP, and not with --follow.", "Name the step.")
    if target is not None:
        from machiya.cli.cluster_logs import cluster_logs

        cluster_logs(target, home, run, step, follow=follow, tail=tail, attempt=attempt, as_json=as_json)
        return
    folder = find_run(home, run)
    if follow:
        _follow(folder.home, folder.name, step, tail, as_json=as_json)
        return
    record = load_record(folder)
    steps = [leaf for found in record.find_steps(step) for leaf in found.leaves()] if step else record.steps
    if as_json:
        _print_json(record, steps, tail, attempt)
    elif len(steps) == 1 and step:
        _print_one(record, steps[0], tail, attempt)
    elif attempt is not None:
        names = ", ".join(one.name for one in steps[:5])
        raise ArgumentsError(f"--attempt goes with one step, and {step} is {len(steps)}.", f"Name one: {names}.")
    else:
        _print_all(record, steps, tail)


def _print_one(record: "RunRecord", step: "Step", tail: int | None, attempt: int | None) -> None:
    from machiya.records.logs import log_files, read_log

    files = log_files(record, step)
    if not files:
        raise NotFoundError(f"{step.name} has no log: {_why(step)}.", _elsewhere(record, step))
    number = len(files) if attempt is None else attempt
    if number > len(files):
        raise NotFoundError(f"{step.name} has {len(files)} attempts, and no attempt {number}.", "Choose another.")
    if attempt is None and number > 1:
        click.echo(f"machiya: attempt {number} of {number}; --attempt shows the others", err=True)
    print_pieces(read_log(files[number - 1], tail))


def _print_all(record: "RunRecord", steps: "list[Step]", tail: int | None) -> None:
    from machiya.records.logs import log_files, read_log

    for step in steps:
        files = log_files(record, step)
        for number, path in enumerate(files, 1):
            count = f", attempt {number} of {len(files)}" if len(files) > 1 else ""
            click.echo(click.style(f"==> {step.name}{count}: {step.phase} <==", bold=True))
            print_pieces(read_log(path, tail))
        if not files:
            click.echo(click.style(f"==> {step.name}: {_why(step)} <==", bold=True))


def _print_json(record: "RunRecord", steps: "list[Step]", tail: int | None, attempt: int | None) -> None:
    """One JSON object for each line, of all attempts unless one is named."""
    from machiya.records.logs import log_files, read_log

    for step in steps:
        for number, path in enumerate(log_files(record, step), 1):
            if attempt in (None, number):
                lines = Lines(raw_sink(), json_line(number))
                for piece in read_log(path, tail):
                    lines.write(step.name, piece)
                lines.close()


def _why(step: "Step") -> str:
    """Why there is no log."""
    if step.cached:
        return "its outputs were taken from the cache"
    return f"{step.phase}, and its program did not run"


def _elsewhere(record: "RunRecord", step: "Step") -> str:
    """Where the log is of a step that another run computed."""
    from machiya.cli.output import command_line
    from machiya.records.origins import computed_by

    run = computed_by(record, step)
    return f"See {command_line(record.folder.home, 'logs', run, step.name)}" if run else ""


def _follow(home: Path, run: str, step: str, tail: int | None, *, as_json: bool) -> None:
    from machiya.engines.local.runs import RunFolder
    from machiya.records.follow import Follower

    follower = Follower(RunFolder(home, run), step, tail=tail)
    output = raw_sink() if as_json else sink()
    lines = Lines(output, json_line() if as_json else marked_line)
    for source, piece in follower.pieces():
        if follower.one and not as_json:
            output.write(piece)
        else:
            lines.write(source.name, piece)
    lines.close()
