"""A manifest as it would run: with the templates it reaches, the arguments it has and its global variables."""

import string
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from machiya.manifest.grammar.tags import has_tags
from machiya.manifest.lint.manifests import Library, Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.resolution import Target, find_manifest, resolve, resolve_name
from machiya.manifest.lint.scope import Scope
from machiya.manifest.lint.templates import calls_of, hooks_of, named, with_inline

Mode = Literal["lint", "create", "submit"]
"""What is about to happen: only looking, creating the object, or submitting it, which needs the most values."""


_ALWAYS = (
    *("name", "namespace", "mainEntrypoint", "serviceAccountName", "uid", "status"),
    *("creationTimestamp", "scheduledTime", "duration", "creationTimestamp.RFC3339"),
    *(f"creationTimestamp.{letter}" for letter in string.ascii_letters),
)
"""What every workflow can say of itself."""


@dataclass(frozen=True)
class Use:
    """A template and the manifest it stands in."""

    template: Node
    owner: Manifest


@dataclass
class View:
    """One manifest, seen as the workflow that it describes."""

    manifest: Manifest
    library: Library
    mode: Mode = "lint"
    _resolved: dict[int, Target] = field(default_factory=dict)

    @cached_property
    def base(self) -> Manifest | None:
        """The manifest whose templates are run: itself, or what its workflowTemplateRef names; None if not found."""
        reference = self.manifest.spec.get("workflowTemplateRef")
        if not reference.given:
            return self.manifest
        return find_manifest(reference, self.manifest, self.library)

    @cached_property
    def specs(self) -> list[Node]:
        """The specifications that make up the workflow, its own first, the controller's defaults last."""
        others = [self.base.spec] if self.base and self.base is not self.manifest else []
        return [self.manifest.spec, *others, self.library.defaults.get("spec")]

    def setting(self, *names: str) -> Node:
        """A field of the workflow's specification: its own, or inherited."""
        nodes = [spec.get(*names) for spec in self.specs]
        return next((node for node in nodes if node.given), nodes[0])

    def arguments(self, kind: str) -> dict[str, Node]:
        """The workflow's arguments by name, its own before inherited ones; `kind` is parameters or artifacts."""
        merged: dict[str, Node] = {}
        for spec in self.specs:
            for name, argument in named(spec.get("arguments", kind)):
                merged.setdefault(name, argument)
        return merged

    @property
    def values_may_be_missing(self) -> bool:
        """Whether arguments of the workflow may be given later."""
        if self.manifest.kind == "CronWorkflow" or self.mode == "submit":
            return False
        return self.mode == "lint" or self.manifest.is_template

    def resolve(self, call: Node, owner: Manifest) -> Target:
        """The template that a step, task or hook of a template in `owner` runs."""
        if id(call) not in self._resolved:
            self._resolved[id(call)] = resolve(call, owner, self.library)
        return self._resolved[id(call)]

    @cached_property
    def uses(self) -> list[Use]:
        """All templates that are checked: the base's own, and what they reach in other manifests."""
        if self.base is None:
            return []
        own = [Use(template, self.base) for template in self.base.spec.get("templates").elements]
        return self._reach([*own, *self._hook_templates()])

    def _hook_templates(self) -> Iterator[Use]:
        for _, hook in hooks_of(self.manifest.spec):
            target = self.resolve(hook, self.base or self.manifest)
            if target.template is not None and target.owner is not None:
                yield Use(target.template, target.owner)

    def _reach(self, start: list[Use]) -> list[Use]:
        found: dict[int, Use] = {}
        pending = deque(start)
        while pending:
            use = pending.popleft()
            if id(use.template) in found:
                continue
            found[id(use.template)] = use
            pending.extend(self._called_by(use.template, use.owner))
        return list(found.values())

    def _called_by(self, template: Node, owner: Manifest) -> Iterator[Use]:
        for call in calls_of(template):
            targets = [self.resolve(hook, owner) for _, hook in hooks_of(call)]
            targets.append(resolve_name(call.get("onExit"), owner))
            if call.has("inline"):
                yield from self._called_by(call.get("inline"), owner)
            else:
                targets.append(self.resolve(call, owner))
            for target in targets:
                if target.template is not None and target.owner is not None:
                    yield Use(target.template, target.owner)

    @cached_property
    def _before_exit(self) -> set[int]:
        """The templates that run before any exit handler does."""
        entry = self.base.templates.get(self.setting("entrypoint").text) if self.base else None
        start = [Use(entry, self.base)] if entry and self.base else []
        return {id(use.template) for use in self._reach(start)}

    @cached_property
    def _has_exit_handler(self) -> bool:
        return self.setting("onExit").given or any(spec.get("hooks").entries for spec in self.specs)

    def globals_for(self, template: Node) -> Scope:
        """The global variables that `template` can name."""
        exits = self._has_exit_handler and id(template) not in self._before_exit
        return self._globals_of_exit if exits else self.globals

    @cached_property
    def _globals_of_exit(self) -> Scope:
        return Scope({"workflow.failures"}, (), self.globals)

    @cached_property
    def globals(self) -> Scope:
        """The variables that begin with ``workflow.``."""
        names = {f"workflow.{name}" for name in _ALWAYS}
        for kind in ("labels", "annotations"):
            names |= {f"workflow.{kind}", f"workflow.{kind}.json"}
            names |= {f"workflow.{kind}.{name}" for name in self._metadata(kind)}
        if parameters := self.arguments("parameters"):
            names |= {"workflow.parameters", "workflow.parameters.json"}
            names |= {f"workflow.parameters.{name}" for name in parameters}
        if self.setting("priority").given:
            names.add("workflow.priority")
        opened = ["workflow.labels.workflows.argoproj.io/"]
        if self.manifest.is_template:
            opened += ["workflow.parameters", "workflow.labels.", "workflow.annotations."]
        produced, any_of = self._global_outputs()
        return Scope(names | produced, (*opened, *any_of))

    def _metadata(self, kind: str) -> Iterator[str]:
        """The names of the workflow's labels or annotations."""
        if self.manifest.kind == "CronWorkflow":
            yield from self.manifest.root.get("spec", "workflowMetadata", kind).entries
        else:
            yield from self.manifest.root.get("metadata", kind).entries
        for spec in self.specs:
            yield from spec.get("workflowMetadata", kind).entries
            if kind == "labels":
                yield from spec.get("workflowMetadata", "labelsFrom").entries

    def _global_outputs(self) -> tuple[set[str], set[str]]:
        """Outputs with a globalName: their variables, and prefixes where the name is known only at run time."""
        names: set[str] = set()
        any_of: set[str] = set()
        for template in (template for use in self.uses for template in with_inline(use.template)):
            for kind in ("parameters", "artifacts"):
                for output in template.get("outputs", kind).elements:
                    name = output.get("globalName").text
                    if has_tags(name):
                        any_of.add(f"workflow.outputs.{kind}.")
                    elif name:
                        names.add(f"workflow.outputs.{kind}.{name}")
        return names, any_of


@dataclass(frozen=True)
class TemplateView:
    """A template as a part of a view; ``outer`` is what an inline template can name of the template it stands in."""

    template: Node
    owner: Manifest
    view: View
    outer: Scope | None = None

    @property
    def name(self) -> str:
        """Its name; an inline template has none."""
        return self.template.get("name").text

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"templates.{self.name}" if self.name else f"the template at {self.template.path}"

    @property
    def outside(self) -> Scope:
        """What it can name that is not its own."""
        return self.outer if self.outer is not None else self.view.globals_for(self.template)

    def resolve(self, call: Node) -> Target:
        """The template that one of its steps, tasks or hooks runs."""
        return self.view.resolve(call, self.owner)
