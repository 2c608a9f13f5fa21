"""What steps, tasks and hooks have in common: they run a template, with arguments, perhaps under a condition."""

import re
from collections.abc import Iterator

from machiya.manifest.grammar.tags import find_tags, without_tags
from machiya.manifest.lint.checks.arguments import check_arguments, check_superfluous, check_supplied
from machiya.manifest.lint.checks.loops import check_item_is_looped, check_loop
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.resolution import Target, resolve_name
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.templates import hooks_of, item_names, named
from machiya.manifest.lint.variables import Place, check_expression_field, check_variables
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

EXIT_HOOK = "exit"
_SINGLE_EQUALS = re.compile(r"(?<![=!<>~])=(?![=~])")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def check_call(view: TemplateView, call: Node, label: str) -> Iterator[Finding]:
    """The step or task itself: its template, arguments, loop and condition. `label` is how messages call it."""
    yield from check_target(call, view.resolve(call), label)
    yield from check_arguments(call.get("arguments"), f"{label}.arguments.")
    yield from check_loop(call)
    if view.outer is None:
        yield from check_item_is_looped(call)
    yield from check_when(call.get("when"))
    yield from check_hooks(view, call, label)
    if call.get("onExit").text:
        yield from resolve_name(call.get("onExit"), view.owner).findings


def check_target(call: Node, target: Target, label: str) -> Iterator[Finding]:
    """Its template is there and gets what it asks for, and nothing else."""
    for finding in target.findings:
        yield Finding(
            finding.rule, f"{label} {finding.message}", finding.remedy, finding.where, finding.file, finding.line
        )
    if target.template is None:
        return
    arguments = call.get("arguments")
    parameters, artifacts = dict(named(arguments.get("parameters"))), dict(named(arguments.get("artifacts")))
    name = target.template.get("name").text
    called = f"{label} templates.{name}" if name else f"{label}.inline"
    yield from check_supplied(target.template, called, call, parameters, artifacts)
    yield from check_superfluous(target.template, called, arguments)


def check_when(condition: Node) -> Iterator[Finding]:
    """A condition in govaluate's language, as far as it can be judged before tags are replaced."""
    if not condition.text or any(tag.raw == condition.text.strip() for tag in find_tags(condition.text)):
        return
    text = _QUOTED.sub("q", without_tags(condition.text, "t"))
    problem = ""
    if "'" in text or '"' in text:
        problem = "a quote is not closed"
    elif text.count("(") != text.count(")"):
        problem = "a parenthesis is not closed"
    elif _SINGLE_EQUALS.search(text):
        problem = "equality is written =="
    elif re.search(r"(?<![&|])(&|\|)(?![&|])", text):
        problem = "conditions are joined by && and ||"
    if problem:
        remedy = 'As in: "{{steps.flip.outputs.result}}" == "heads" && {{inputs.parameters.n}} > 2'
        yield condition.finding(Rule.WHEN, f"invalid 'when' expression '{condition.text}': {problem}", remedy)


def check_hooks(view: TemplateView, call: Node, label: str) -> Iterator[Finding]:
    """The lifecycle hooks of a step or task."""
    for name, hook in hooks_of(call):
        yield from check_hook(name, hook, view.resolve(hook), label)


def check_hook(name: str, hook: Node, target: Target, label: str) -> Iterator[Finding]:
    """One hook: when it runs, what it runs, and with what. Only the hook called exit needs no expression."""
    if name != EXIT_HOOK and not hook.get("expression").text:
        message = f"{label}.{name} Expression required"
        yield hook.finding(Rule.HOOK, message, 'Add `expression:`, as in steps["my-step"].status == "Running".')
    yield from check_target(hook, target, f"{label}.{name}")
    yield from check_arguments(hook.get("arguments"), f"{label}.{name}.arguments.")


def check_call_variables(call: Node, label: str, scope: Scope, of_hooks: Scope) -> Iterator[Finding]:
    """The variables in a step or task, which messages call `label`; its hooks may name it, too."""
    names, opened = item_names(call)
    own = Scope(names, opened, scope)
    apart = [call.get(name) for name in ("hooks", "inline", "withParam", "arguments")]
    yield from check_variables(call, own, lambda node: node in apart, Place(label))
    yield from check_variables(call.get("withParam"), scope, place=Place(label))
    yield from _check_argument_variables(call.get("arguments"), label, own)
    for name, hook in hooks_of(call):
        yield from check_hook_variables(hook, f"{label}.{name}", Scope(names, opened, of_hooks))


def _check_argument_variables(arguments: Node, label: str, scope: Scope) -> Iterator[Finding]:
    for kind in ("parameters", "artifacts"):
        for argument in arguments.get(kind).elements:
            place = Place(label, f"{kind[:-1]} '{argument.get('name').text}'")
            yield from check_variables(argument, scope, place=place)
            yield from check_expression_field(argument.get("fromExpression"), scope, place)


def check_hook_variables(hook: Node, label: str, scope: Scope) -> Iterator[Finding]:
    """The variables in a hook and in its expression."""
    yield from check_variables(hook, scope, place=Place(label))
    yield from check_expression_field(hook.get("expression"), scope, Place(label))


def scope_of_inline(call: Node, scope: Scope) -> Scope:
    """What an inline template can name besides its own: what its step can."""
    names, opened = item_names(call)
    return Scope(names, opened, scope)
