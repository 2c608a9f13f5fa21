"""Templates that are graphs of tasks."""

from collections.abc import Iterator, Mapping

from machiya.manifest.grammar.depends import (
    ITEM_RESULTS,
    RESULTS,
    Dependency,
    DependsError,
    named_in,
    parse_depends,
)
from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.checks.calls import check_call, check_call_variables
from machiya.manifest.lint.checks.graph import ancestors, find_cycles
from machiya.manifest.lint.checks.names import check_field_names
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope, Siblings
from machiya.manifest.lint.templates import is_looped, named, outputs_of, template_scope
from machiya.manifest.lint.variables import Place, check_variables
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding


def tasks_of(template: Node) -> dict[str, Node]:
    """The tasks by name."""
    return dict(named(template.get("dag", "tasks")))


def dependencies_of(task: Node) -> list[Dependency]:
    """What a task waits for, by `depends` or by `dependencies`."""
    depends = task.get("depends").text
    if depends:
        return [] if has_tags(depends) else named_in(depends)
    return [Dependency(node.text) for node in task.get("dependencies").elements if node.text]


def edges_of(tasks: Mapping[str, Node]) -> dict[str, list[str]]:
    """For each task those it waits for."""
    return {name: [dependency.task for dependency in dependencies_of(task)] for name, task in tasks.items()}


def check_dag(view: TemplateView) -> Iterator[Finding]:
    """Each task in itself, and the graph."""
    dag = view.template.get("dag")
    if not dag.given:
        return
    if not dag.get("tasks").elements:
        message = f"{view.label} must have at least one task"
        yield dag.finding(Rule.DAG_EMPTY, message, "Add `tasks:` with a list of tasks.")
        return
    tasks = tasks_of(view.template)
    yield from check_field_names(dag.get("tasks"), f"{view.label}.tasks")
    for task in dag.get("tasks").elements:
        yield from check_call(view, task, f"{view.label}.tasks.{task.get('name').text}")
        yield from _check_dependencies(task, tasks, f"{view.label}.tasks.{task.get('name').text}")
    yield from _check_mixture(view, dag)
    yield from _check_cycles(view, tasks)
    yield from _check_target(view, tasks)


def _check_dependencies(task: Node, tasks: Mapping[str, Node], label: str) -> Iterator[Finding]:
    depends = task.get("depends")
    place = depends if depends.text else task.get("dependencies")
    if depends.text and not has_tags(depends.text):
        try:
            parse_depends(depends.text)
        except DependsError as error:
            remedy = "Join tasks, or task.Result, by && and ||, with ! and parentheses: A && (B.Succeeded || B.Skipped)"
            yield depends.finding(Rule.DEPENDS, f"{label}.depends is not understood: {error}", remedy)
    for dependency in dict.fromkeys(dependencies_of(task)):
        if dependency.result and dependency.result not in RESULTS:
            message = f"{label} task result '{dependency.result}' for task '{dependency.task}' is invalid"
            yield place.finding(Rule.DEPENDS, message, f"One of: {', '.join(RESULTS)}.")
        needed = tasks.get(dependency.task)
        if needed is None:
            message = f"{label} dependency '{dependency.task}' not defined"
            yield place.finding(Rule.DEPENDENCY_NOT_FOUND, message, f"The tasks are: {', '.join(tasks)}.")
        elif dependency.result in ITEM_RESULTS and not is_looped(needed):
            message = (
                f"{label} dependency '{dependency.task}' uses an items-based condition such as .AnySucceeded or "
                ".AllFailed but does not contain any items"
            )
            yield place.finding(Rule.DEPENDS, message, "Use .Succeeded or .Failed, or give that task a loop.")


def _check_mixture(view: TemplateView, dag: Node) -> Iterator[Finding]:
    tasks = dag.get("tasks").elements
    either = "'depends' or 'dependencies'"
    using_depends = any(task.get("depends").text for task in tasks)
    for task in tasks:
        name = task.get("name")
        if using_depends and task.get("dependencies").elements:
            message = f"{view.label} cannot use both 'depends' and 'dependencies' in the same DAG template"
            remedy = f"Write `depends: {' && '.join(node.text for node in task.get('dependencies').elements)}`."
            yield task.get("dependencies").finding(Rule.DEPENDS_MIXED, message, remedy)
        if using_depends and task.has("continueOn"):
            message = (
                f"{view.label} cannot use 'continueOn' when using 'depends'. "
                "Instead use 'dep-task.Failed'/'dep-task.Errored'"
            )
            remedy = f"Where it is waited for: ({name.text}.Succeeded || {name.text}.Failed)."
            yield task.get("continueOn").finding(Rule.DEPENDS_MIXED, message, remedy)
        if name.text[:1].isdigit() and (using_depends or task.get("dependencies").elements):
            message = f"{view.label}.tasks.{name.text} name cannot begin with a digit when using either {either}"
            yield name.finding(Rule.TASK_NAME_DIGIT, message, f"For example t{name.text}.")


def _check_cycles(view: TemplateView, tasks: Mapping[str, Node]) -> Iterator[Finding]:
    for cycle in find_cycles(edges_of(tasks)):
        message = f"{view.label}.tasks dependency cycle detected: {'->'.join(cycle)}"
        yield tasks[cycle[0]].finding(Rule.CYCLE, message, "Remove one of these dependencies.")


def _check_target(view: TemplateView, tasks: Mapping[str, Node]) -> Iterator[Finding]:
    target = view.template.get("dag", "target")
    for name in target.text.split():
        if not has_tags(name) and "}}" not in name and name not in tasks:
            message = f"{view.label}.targets: target '{name}' is not defined"
            yield target.finding(Rule.DAG_TARGET, message, f"The tasks are: {', '.join(tasks)}.")


def all_tasks(view: TemplateView) -> Siblings:
    """All tasks of the template and what each provides."""
    tasks = tasks_of(view.template)
    return Siblings(
        "tasks",
        {name: outputs_of(view.resolve(task).template, looped=is_looped(task)) for name, task in tasks.items()},
    )


def check_task_variables(view: TemplateView) -> Iterator[Finding]:
    """The variables of each task: those of the template, and outputs of tasks that it waits for."""
    if not view.template.has("dag"):
        return
    tasks = tasks_of(view.template)
    base = template_scope(view.template, view.outside)
    outputs = all_tasks(view).outputs
    finished = ancestors(edges_of(tasks))
    for name, task in tasks.items():
        before = Scope(parent=base, siblings=Siblings("tasks", outputs, finished[name]))
        with_itself = Scope(parent=base, siblings=Siblings("tasks", outputs, finished[name] | {name}))
        yield from check_call_variables(task, f"{view.label}.tasks.{name}", before, with_itself)
    yield from check_variables(view.template.get("dag", "target"), base, place=Place(f"{view.label}.targets"))
