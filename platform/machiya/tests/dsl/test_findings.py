"""Each mistake in a workflow file is one finding with its line and what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.dsl import WorkflowDefinition, WorkflowError, load_workflow
from machiya.errors import NotFoundError

Load = Callable[[str], WorkflowDefinition]
Refuse = Callable[[str], list[tuple[str, int, str]]]

READ = "read = shop.read(log=log)\n"
FIT = READ + 'fit = model.fit_all(rows=read.rows, kind="a")\n'
EXIT = READ + "tell = shop.tell(needed=log, {}); workflow.on_exit(tell)\n"
SAY = READ + "say = shop.announce(needed=log, text='x')\n"
EXIT_ON = EXIT.removeprefix(READ)

CASES = [
    # names
    ("shop.reed(log=log)", "operation", 1, "Did you mean read?"),
    ("shop.read(lok=log, log=log)", "argument", 1, "Did you mean log?"),
    (READ + "model.fit_all(rows=read.row, kind='a')", "output", 2, "Did you mean rows?"),
    (READ + "model.fit_all(rows=read.rows, kind='a', rat=1)", "argument", 2, "Did you mean rate?"),
    ("x = workflow.component('shopp')\n" + READ, "component", 1, "Did you mean shop?"),
    ("x = workflow.parameter('x', 1, 'X', minimun=1)\n" + READ, "keyword", 1, "Did you mean minimum?"),
    ("x = workflow.parameter('log', 1, 'X')\n" + READ, "name", 1, "is there already, from line 4"),
    ("x = workflow.parameter('a-b', 1, 'X')\n" + READ, "name", 1, "max_rows"),
    (READ + "shop.read(log=log)", "duplicate-step", 2, '.named("read-2")'),
    ("shop.read(log=log).named('main')", "name", 1, "cannot be the name of a step"),
    # what is missing
    ("shop.read()", "missing", 1, "an input is missing. Wire a files."),
    (READ + "model.fit_all(rows=read.rows)", "missing", 2, '"enum": ["a", "b"]'),
    # ports
    (READ + "model.apply(model=read.old)", "type", 2, "old is a model, but model takes a model@2"),
    (READ + "model.fit_all(rows=read.users, kind='a')", "type", 2, "rows needs the column weight"),
    (READ + "model.fit_all(rows=read.texts, kind='a')", "type", 2, "of type string, but rows takes number"),
    (FIT + "model.apply(model=fit.model, exact=read.rows)", "type", 3, "no further columns, but rows has weight"),
    (READ + "model.fit_all(rows=read, kind='a')", "input", 2, "not a step. Name one of its outputs: rows,"),
    ("shop.read(log='log')", "input", 1, "not 'log'"),
    ("x = workflow.artifact('x', 'X', default='')\nshop.read(log=x)", "input", 2, "may be absent, but log needs it"),
    # parameters
    ("shop.read(log=log, limit=0)", "range", 1, "0 is less than the minimum of 1"),
    ("shop.read(log=log, limit='3')", "range", 1, "is not of type 'integer'"),
    ("shop.read(log=log, limit=log)", "parameter", 1, "takes no artifact"),
    ("x = workflow.parameter('x', 'a', 'X')\nshop.read(log=log, limit=x)", "type", 2, "x is of type string"),
    ("x = workflow.parameter('x', 0, 'X')\nshop.read(log=log, limit=x)", "range", 2, "the default of x does not fit"),
    ("x = workflow.parameter('x', 0, 'X', minimum=1)\n" + READ, "default", 1, "0 is less than the minimum"),
    ("x = workflow.parameter('x', None, 'X')\n" + READ, "default", 1, "no type of a parameter"),
    ("x = workflow.parameter('x', '{{y}}', 'X')\n" + READ, "braces", 1, "cannot hold {{"),
    (READ + "model.fit_all(rows=read.rows, kind='c')", "range", 2, "'c' is not one of"),
    ("shop.read(log=log, note='{{a}}')", "braces", 1, "cannot hold {{"),
    # fan-out
    (FIT + "model.apply(model=fit.model).fan_out('shart', count=2)", "fan-out", 3, "Did you mean shard?"),
    (FIT + "model.apply(model=fit.model).fan_out('shard', count=0)", "fan-out", 3, "not a number from 1"),
    (FIT + "model.apply(model=fit.model, shard=1).fan_out('shard', count=2)", "fan-out", 3, "set by the fan-out"),
    (
        "x = workflow.parameter('x', 2, 'X')\n" + FIT + "model.apply(model=fit.model).fan_out('shard', count=x)",
        "fan-out", 4, "minimum=1",
    ),
    (
        FIT + "a = model.apply(model=fit.model).fan_out('shard', count=2)\n"
        "b = model.apply(model=fit.model, older_notes=a.notes).named('b')",
        "gather", 4, "do not add up to one",
    ),
    # parameters of operations as those of the workflow
    ("workflow.expose(shop.read, 'limi')\n" + READ, "expose", 1, "Did you mean limit?"),
    ("workflow.expose(model.fit_all, 'kind')\n" + READ, "expose", 1, "With a default: rate."),
    ("workflow.expose(shop, 'limit')\n" + READ, "expose", 1, "an operation is expected, not ComponentHandle"),
    ("workflow.artifact('limit', 'X'); workflow.expose(shop.read, 'limit')\n" + READ, "name", 1, "from line 5"),
    ("workflow.expose(shop.reed, 'limit')\n" + READ, "operation", 1, "Did you mean read?"),
    # on exit
    (READ + "shop.tell(needed=log, text=run.status)", "run", 2, "run.status is known to steps on exit only"),
    (EXIT.format("text=run.statu"), "run", 2, "Did you mean status?"),
    (EXIT.format("text=run.duration"), "type", 2, "of type string, but run.duration is of type number"),
    (EXIT.format("seconds=run.stage"), "type", 2, "of type number, but run.stage is of type string"),
    (EXIT.format("grade=run.status"), "range", 2, "run.status may be Error, which does not fit"),
    (EXIT.format("grade=run.workflow"), "range", 2, "run.workflow may be test"),
    (EXIT.format("needed=run.status").replace("needed=log, ", ""), "input", 2, "a fact of the run"),
    (EXIT.format("rows=read.users"), "exit", 2, "read may come from the cache"),
    (EXIT.format("rows=read.users.key"), "input", 2, "the key of one"),
    (SAY + "workflow.on_exit(shop.tell(needed=say.receipt))", "exit", 3, "puts out: it may not be there. Wire an opt"),
    (SAY + EXIT_ON.format("earlier=[say.receipt, say.receipt]"), "exit", 3, "an output is named twice"),
    (SAY + EXIT_ON.format("counts=say.receipt"), "type", 3, "receipt is a files, but counts takes a metrics"),
    (SAY + EXIT_ON.format("earlier=[]"), "input", 3, "an output of a step or an artifact is expected, not []"),
    (
        SAY.replace("')\n", "').fan_out('shard', count=2)\n") + EXIT_ON.format("earlier=say.receipt"),
        "exit", 3, "announce fans out",
    ),
    (SAY + "shop.tell(needed=[say.receipt])", "input", 3, "an output of a step or an artifact is expected, not ["),
    (
        SAY + EXIT_ON.format("earlier=say.receipt").replace("tell = ", "workflow.on_exit(say); tell = "),
        "exit", 3, "announce puts out: it may not be there. Tell",
    ),
    (EXIT.format("earlier=run.earlier.receit"), "output", 2, "Did you mean receipt?"),
    (EXIT.format("counts=run.earlier.receipt"), "type", 2, "receipt is a files, but counts takes a metrics"),
    (EXIT.format("needed=run.earlier['receipt']").replace("needed=log, ", ""), "input", 2, "for the first time"),
    (READ + "shop.tell(needed=log, earlier=run.earlier.receipt)", "exit", 2, "only a step on exit"),
    (EXIT.format("text=run.earlier.receipt"), "parameter", 2, "takes no artifact"),
    (EXIT.format("text=run.name") + "shop.read(log=tell.receipt).named('late')", "exit", 3, "tell is a step on exit"),
    (EXIT.format("text=run.name") + "shop.read(log=log).named('b').after(tell)", "exit", 3, "tell is a step on exit"),
    (EXIT.format("text=run.name") + "tell.after(read)", "exit", 2, "comes after read as it is"),
    (EXIT.format("text=run.name") + "tell.fan_out('x', count=2)", "exit", 3, "cannot fan out"),
    (EXIT.format("text=run.name") + "workflow.result(tell.receipt)", "result", 3, "no result of the work"),
    (READ + "workflow.on_exit(read.rows)", "exit", 2, "a step is expected, not OutputHandle"),
    ("workflow.on_exit(shop.tell(needed=log))", "empty", -2, "no operation is called"),
    # the whole
    (READ + "fit = model.fit_all(rows=read.rows, kind='a')\nread.after(fit)", "cycle", 1, "read -> fit-all -> read"),
    (READ + "shop.serve(rows=read.rows)", "service", 2, "is a service"),
    (READ + "workflow.result(read)", "result", 2, "not a step"),
    ("", "empty", -2, "no operation is called"),
    (READ + "1 / 0", "python", 2, "ZeroDivisionError"),
    (READ + "x = (", "python", 2, "SyntaxError"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "rule", "line", "text"), CASES, ids=[f"{case[1]}-{case[3]}" for case in CASES])
def test_one_mistake_is_one_finding(refuse: Refuse, statements: str, rule: str, line: int, text: str) -> None:
    found = refuse(statements)
    assert [(each_rule, each_line) for each_rule, each_line, _ in found] == [(rule, line)]
    assert text in found[0][2]


def test_all_mistakes_are_told_at_once(refuse: Refuse) -> None:
    found = refuse(
        "a = shop.reed(log=log)\nb = shop.read(log=log, limit=0)\nc = model.fit_all(rows=b.rose, kind='a')\n"
    )
    assert [(rule, line) for rule, line, _ in found] == [("operation", 1), ("range", 2), ("output", 3)]


def test_a_mistake_is_not_told_again_where_its_result_is_used(refuse: Refuse) -> None:
    found = refuse("a = shop.reed(log=log)\nb = model.fit_all(rows=a.rows, kind='a')\nworkflow.result(b.model)\n")
    assert [rule for rule, _, _ in found] == ["operation"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ('"Test", summary="A test", owner="us"', "name"),
        ('"test", summary="A test", owner="us", schedule="daily"', "schedule"),
        ('"test", summary="A test", owner="us", timezone="Mars"', "timezone"),
    ],
)
def test_the_head_is_checked(folder: Path, arguments: str, rule: str) -> None:
    text = f"from machiya.dsl import Workflow\nw = Workflow({arguments})\nlog = w.artifact('log', 'A log')\n"
    (folder / "workflow.py").write_text(text + "w.component('shop').read(log=log)\n")
    with pytest.raises(WorkflowError) as caught:
        load_workflow(folder, "development")
    assert [(finding.rule, finding.line) for finding in caught.value.findings] == [(f"workflow.{rule}", 2)]


def test_a_contract_that_is_not_kept_is_named_with_the_command(folder: Path, refuse: Refuse) -> None:
    (folder / "contracts" / "model-2.0.0.json").unlink()
    found = refuse(READ)
    assert [rule for rule, _, _ in found] == ["contract"]
    assert "machiya vendor" in found[0][2]


def test_outputs_of_another_workflow_cannot_be_wired(refuse: Refuse) -> None:
    other = 'def other():\n    w = Workflow("other", summary="x", owner="x")\n'
    other += '    return w.component("shop").read(log=w.artifact("log", "A log"))\n'
    found = refuse(other + 'model.fit_all(rows=other().rows, kind="a")\n')
    assert [(rule, line) for rule, line, _ in found] == [("argument", 4)]


def test_a_file_without_a_workflow_is_refused(folder: Path) -> None:
    (folder / "workflow.py").write_text("x = 1\n")
    with pytest.raises(WorkflowError, match="has 1 mistake") as caught:
        load_workflow(folder, "development")
    assert "makes 0 workflows" in caught.value.remedy


def test_an_unknown_stage_is_refused_before_anything_is_run(folder: Path) -> None:
    (folder / "workflow.py").write_text("raise RuntimeError\n")
    with pytest.raises(NotFoundError, match="no stage 'production'"):
        load_workflow(folder, "production")
