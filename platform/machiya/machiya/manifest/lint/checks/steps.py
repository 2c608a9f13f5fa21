"""Templates of steps."""

from collections.abc import Iterator

from machiya.manifest.grammar.tags import normalized
from machiya.manifest.lint.checks.calls import check_call, check_call_variables
from machiya.manifest.lint.checks.names import check_field_name
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope, Siblings
from machiya.manifest.lint.templates import is_looped, outputs_of, template_scope
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding


def step_groups(template: Node) -> list[list[Node]]:
    """The groups of steps, which run one after the other."""
    return [group.elements if group.kind == "list" else [group] for group in template.get("steps").elements]


def steps_of(view: TemplateView) -> Siblings:
    """All steps of the template and what each provides."""
    outputs = {
        normalized(step.get("name").text): outputs_of(view.resolve(step).template, looped=is_looped(step))
        for group in step_groups(view.template)
        for step in group
    }
    return Siblings("steps", outputs)


def check_steps(view: TemplateView) -> Iterator[Finding]:
    """Each step in itself."""
    lines: dict[str, int] = {}
    for index, group in enumerate(step_groups(view.template)):
        label = f"{view.label}.steps[{index}]"
        for step in group:
            name = step.get("name")
            yield from _check_name(step, label, lines)
            yield from check_call(view, step, f"{label}.{name.text}")


def _check_name(step: Node, label: str, lines: dict[str, int]) -> Iterator[Finding]:
    name = step.get("name")
    if not name.text:
        yield step.finding(Rule.NAME_MISSING, f"{label}.name is required", "Add `name:` to the step.")
    elif name.text in lines:
        message = f"{label}.name '{name.text}' is not unique: line {lines[name.text]} has it too"
        yield name.finding(Rule.NAME_DUPLICATE, message, "Rename one of the two.")
    else:
        lines[name.text] = name.line
        yield from check_field_name(name, f"{label}.name ", tags=True)


def check_step_variables(view: TemplateView) -> Iterator[Finding]:
    """The variables of each step: those of the template, and outputs of earlier groups."""
    if not view.template.has("steps"):
        return
    base = template_scope(view.template, view.outside)
    siblings = steps_of(view)
    finished: set[str] = set()
    for index, group in enumerate(step_groups(view.template)):
        scope = Scope(parent=base, siblings=Siblings("steps", siblings.outputs, frozenset(finished)))
        for step in group:
            name = normalized(step.get("name").text)
            own = Siblings("steps", siblings.outputs, frozenset({*finished, name}))
            label = f"{view.label}.steps[{index}].{name}"
            yield from check_call_variables(step, label, scope, Scope(parent=base, siblings=own))
        finished |= {normalized(step.get("name").text) for step in group}
