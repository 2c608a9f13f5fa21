"""Files that outlive runs: who may read one, who may keep one, and what is said of everything else."""

from collections.abc import Callable

import pytest

from machiya.dsl import KeptReference, KeyReference, OutputReference, RunReference, WorkflowDefinition

Load = Callable[[str], WorkflowDefinition]
Refuse = Callable[[str], list[tuple[str, int, str]]]

POINTER = 'pointer = workflow.kept("published/rows.json", file="receipt.json")\n'
READ = "read = shop.read(log=log)\n"
TELL = READ + "tell = shop.announce(rows=read.rows, earlier=pointer)\n"
KEPT = KeptReference("published/test/development/rows.json", "receipt.json")


def test_a_step_reads_what_the_last_run_kept_and_keeps_it_anew(load: Load) -> None:
    _, announce = load(POINTER + TELL + "workflow.keep(tell.receipt, pointer)\n").steps
    assert announce.inputs == {"earlier": KEPT, "rows": OutputReference("read", "rows")}
    assert announce.keeps == {"receipt": KEPT}


def test_a_step_that_is_not_cached_can_be_told_the_run_and_where_an_output_lies(load: Load) -> None:
    fields = "text=run.started, key=read.rows.key"
    _, announce = load(READ + f"shop.announce({fields})").steps
    assert announce.parameters == {"text": RunReference("started"), "key": KeyReference("read", "rows")}
    assert announce.needs == ("read",)


MISTAKES = {
    "a name without a kind": ('workflow.kept("rows.json", file="a.json")\n' + READ, "kept", 1, "no name of a kept"),
    "a kind there is not": ('workflow.kept("runs/a.json", file="a.json")\n' + READ, "kept", 1, "published, history"),
    "a name that climbs": ('workflow.kept("history/../x.json", file="a.json")\n' + READ, "kept", 1, "no name"),
    "a file in a folder": ('workflow.kept("history/a.json", file="a/b.json")\n' + READ, "kept", 1, "no name of a file"),
    "two names of one file": (
        POINTER + 'workflow.kept("published/rows.json", file="other.json")\n' + READ, "kept", 2, "kept as receipt"),
    "an input that must be there": (POINTER + "shop.tell(needed=pointer)", "kept", 2, "optional input"),
    "an input of another type": (POINTER + "shop.announce(rows=pointer)", "kept", 2, "rows is a table"),
    "a step that may be cached": (POINTER + "shop.read(log=log, extra=pointer)", "kept", 2, "cache: false"),
    "keeping a table": (
        POINTER + READ + "workflow.keep(read.rows, pointer)", "keep", 3, "read.rows is a table"),
    "keeping what the cache gives": (
        POINTER + "fit = shop.tell(needed=log)\nworkflow.keep(fit.receipt, pointer)", "keep", 3, "would keep nothing"),
    "two that keep one file": (
        POINTER + TELL + "other = shop.announce().named('other')\nworkflow.keep(tell.receipt, pointer)\n"
        "workflow.keep(other.receipt, pointer)", "keep", 6, "announce keeps published/test/development/rows.json"),
    "an output that is kept twice": (
        POINTER + TELL + "more = workflow.kept('history/a.json', file='a.json')\nworkflow.keep(tell.receipt, pointer)\n"
        "workflow.keep(tell.receipt, more)", "keep", 6, "kept twice"),
    "keeping a step": (POINTER + TELL + "workflow.keep(tell, pointer)", "keep", 4, "an output of a step is expected"),
    "keeping as nothing": (TELL.replace(", earlier=pointer", "") + "workflow.keep(tell.receipt, log)", "keep", 3,
        "a kept file is expected"),
    "a fan-out that keeps": (
        POINTER + "tell = shop.announce().fan_out('shard', count=2)\nworkflow.keep(tell.receipt, pointer)", "keep", 3,
        "overwrite each other"),
    "the start of the run in a cached step": ("shop.read(log=log, note=run.started)", "run", 1, "differs from run to"),
    "how the run ended, before": ("shop.announce(text=run.status)", "run", 1, "steps on exit only"),
    "a key in a cached step": (READ + "shop.read(log=log, note=read.rows.key).named('b')", "key", 2, "cache: false"),
    "a key as a number": (READ + "shop.announce(shard=read.rows.key)", "type", 2, "a key is of type string"),
    "a kept file as a parameter": (POINTER + "shop.announce(text=pointer)", "parameter", 2, "takes no artifact"),
    "a key as an input": (READ + "shop.announce(rows=read.rows.key)", "input", 2, "not the key of one"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_everything_else_is_a_finding(refuse: Refuse, mistake: str) -> None:
    statements, rule, line, text = MISTAKES[mistake]
    found = refuse(statements)
    assert [(each[0], each[1]) for each in found if text in each[2]] == [(rule, line)], found
