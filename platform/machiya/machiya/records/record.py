"""The record of one run: its state (a fold of its events), its manifest, and the steps as a tree."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.library import effective_workflow
from machiya.engines.local.argo.model import Document, Manifest, Template
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.state import RunState, named_nodes
from machiya.errors import MachiyaError, NotFoundError
from machiya.records.find import created
from machiya.records.place import RunPlace
from machiya.records.programs import image_of
from machiya.records.steps import (
    COMMIT,
    COMPONENT,
    INTERRUPTED,
    VERSION,
    Counts,
    Step,
    build_tree,
    count_steps,
)
from machiya.records.times import iso

UNREADABLE = "Unreadable"
"""The phase of a run whose event log has no sound beginning."""

_SUFFIX = re.compile(r"-[0-9a-f]{6}$")


@dataclass(frozen=True)
class RunRecord:
    """What is remembered of a run. Everything that takes time is read when it is asked for, once."""

    folder: RunPlace
    state: RunState
    phase: str

    @property
    def name(self) -> str:
        """The run's id."""
        return self.folder.name

    @property
    def options(self) -> Mapping[str, Any]:
        """What was kept with the run when it was made."""
        return self.state.options

    @property
    def workflow(self) -> str:
        """The workflow's name; of a plain manifest, the manifest's."""
        return str(self.options.get("workflow") or _SUFFIX.sub("", self.name))

    @property
    def stage(self) -> str:
        """The stage that was run, empty for a plain manifest."""
        return str(self.options.get("stage") or "")

    @property
    def purpose(self) -> str:
        """What it is for where it is not the workflow's own: ``diff``; else empty."""
        return str(self.options.get("purpose") or "")

    @cached_property
    def created(self) -> float:
        """When the run was made, in seconds since 1970."""
        return self.state.facts.created if self.state.facts is not None else created(self.folder)

    @property
    def remote(self) -> bool:
        """Whether a cluster runs it: its logs and artifacts are not on this machine."""
        return self.options.get("engine") == "argo"

    @property
    def alive(self) -> bool:
        """Whether an engine works on it."""
        return self.phase == "Running"

    @property
    def seconds(self) -> float | None:
        """From its start to its end; None before that."""
        started, finished = self.state.started, self.state.finished
        return finished - started if started is not None and finished is not None else None

    @cached_property
    def tree(self) -> list[Step]:
        """The outermost steps, with all others inside."""
        return build_tree(self.state.nodes, interrupted=not self.alive)

    @cached_property
    def steps(self) -> list[Step]:
        """The steps that do something, in order."""
        return [leaf for root in self.tree for leaf in root.leaves()]

    @cached_property
    def makers(self) -> list[Step]:
        """The steps that put something out: these, and fan-outs as a whole before their shards."""
        return [maker for root in self.tree for maker in root.makers()]

    @cached_property
    def counts(self) -> Counts:
        """How many steps came to what."""
        return count_steps(self.steps)

    @property
    def failed_steps(self) -> list[Step]:
        """The steps that ended badly."""
        return [step for step in self.steps if step.bad]

    def walk(self) -> Iterator[Step]:
        """All steps, groups and attempts."""
        for root in self.tree:
            yield from root.walk()

    def find_steps(self, name: str) -> list[Step]:
        """The steps, groups or attempts that people may mean by a name.

        Raises:
            NotFoundError: there is none.
        """
        wanted = {node.id for node in named_nodes(self.state, name)}
        found = [step for step in self.walk() if step.node.id in wanted]
        if not found:
            names = ", ".join(dict.fromkeys(step.name for step in self.steps)) or "none yet"
            raise NotFoundError(f"the run {self.name} has no step {name!r}.", f"Its steps: {names[:2000]}.")
        inside = {id(inner) for outer in found for inner in (*outer.children, *outer.attempts)}
        return [step for step in found if id(step) not in inside]

    def reference(self, step: Step) -> str:
        """How a command names a step of this run: by the name that is shown, where no other has it."""
        same = [one for one in self.walk() if one.name == step.name]
        return step.name if len(same) == 1 else step.node.id

    @cached_property
    def manifest(self) -> Manifest | None:
        """What was run; None where it cannot be read any more."""
        try:
            beside = tuple(self.folder.beside().items())
            return _load(self.folder.manifest_text(), beside)
        except (MachiyaError, OSError):
            return None

    @cached_property
    def document(self) -> Document | None:
        """The workflow of the manifest, with what its workflowTemplateRef brings."""
        if self.manifest is None:
            return None
        try:
            return effective_workflow(self.manifest)
        except NodeError:
            return self.manifest.workflow

    def template(self, step: Step) -> Template | None:
        """The template that a step was made of, as the manifest has it."""
        documents = [self.document] if self.document is not None else []
        documents += list(self.manifest.templates.values()) if self.manifest is not None else []
        found = (document.specification.templates.get(step.node.template) for document in documents)
        return next((template for template in found if template is not None), None)

    def image(self, step: Step) -> str:
        """The image of the program that a step, or each shard of a fan-out, ran; empty where there is none."""
        templates = self.document.specification.templates if self.document is not None else {}
        return image_of(self.template(step), templates.get)

    @cached_property
    def defaults(self) -> dict[str, str]:
        """The workflow's parameters as the manifest has them."""
        arguments = self.document.specification.arguments.parameters if self.document is not None else ()
        return {one.name: one.value or "" for one in arguments}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The workflow's parameters as this run had them."""
        given = self.state.facts.parameters if self.state.facts is not None else {}
        return self.defaults | dict(given)

    @cached_property
    def versions(self) -> list[dict[str, str]]:
        """The components of the manifest: component, version, image, commit; the last two may be empty."""
        templates = self.document.specification.templates.values() if self.document is not None else ()
        found = {}
        for template in templates:
            if COMPONENT in template.labels and template.container is not None:
                labels = template.labels
                one = {"component": labels[COMPONENT], "version": labels.get(VERSION, "")}
                found[labels[COMPONENT]] = {
                    **one,
                    "image": template.container.image,
                    "commit": labels.get(COMMIT, ""),
                }
        return list(found.values())

    def summary(self) -> dict[str, Any]:
        """The run in one line; documented in docs/cli.md, below `machiya runs`."""
        return {
            "id": self.name,
            "workflow": self.workflow,
            "stage": self.stage or None,
            "purpose": self.purpose or None,
            "phase": self.phase,
            "message": self.state.message,
            "created": iso(self.created),
            "started": iso(self.state.started),
            "finished": iso(self.state.finished),
            "seconds": self.seconds,
            "steps": self.counts.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """All of it; documented in docs/cli.md, below `machiya show`."""
        return {
            **self.summary(),
            "folder": None if self.remote else str(self.folder.path),
            "sessions": self.state.sessions,
            "parameters": self.parameters,
            "components": self.versions,
            "options": dict(self.options),
            "notes": list(self.state.notes),
            "tree": [root.to_json() for root in self.tree],
        }


@lru_cache(maxsize=64)
def _load(text: str, beside: tuple[tuple[str, str], ...]) -> Manifest:
    """Many runs have the same manifest."""
    return load_manifest(text, "manifest.yaml", dict(beside))


def load_record(folder: RunFolder) -> RunRecord:
    """Read a run. What is recorded is what the sound part of its event log says."""
    state = folder.state()
    return RunRecord(folder, state, _phase(folder, state))


def _phase(folder: RunFolder, state: RunState) -> str:
    if state.facts is None:
        return UNREADABLE
    if state.ended:
        return state.phase
    return "Running" if folder.holder() is not None else INTERRUPTED
