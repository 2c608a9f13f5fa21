"""A workflow in a git repository, and a registry in memory to which versions of its components are released."""

import copy
import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from machiya.errors import MachiyaError, NotFoundError
from machiya.images import CONTRACT_LABEL, OCI_PREFIX
from machiya.release.registry import Attachment, Descriptor, Image
from machiya.release.statements import MEDIA_TYPE, TEST_RESULT_TYPE, Statement

REGISTRY = "ghcr.io/acme"
Contract = dict[str, Any]


def column(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "type": kind}


def table(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "table", "schema": {"fields": list(columns)}, **more}


def contract(name: str, operations: dict[str, Any]) -> Contract:
    head = {"apiVersion": "machiya/v1", "name": name, "version": "1.0.0", "summary": "One", "owner": "us"}
    for operation in operations.values():
        operation["summary"] = "Do."
        inputs = {port: "sample" for port, body in operation.get("inputs", {}).items() if not body.get("optional")}
        given = {key: 1 for key, value in operation.get("parameters", {}).items() if "default" not in value}
        operation["samples"] = {"one": {"inputs": inputs, "parameters": given}}
    return {**head, "operations": operations}


RESULT = (column("user_id"), column("item_id"), column("score", "number"))
CONTRACTS = {
    "shop": contract(
        "shop", {"read": {"inputs": {"log": {"type": "files"}}, "outputs": {"rows": table(column("user_id"))}}}
    ),
    "ranker": contract(
        "ranker",
        {
            "rank": {
                "parameters": {"factors": {"type": "integer", "default": 8}},
                "inputs": {"rows": table(column("user_id"))},
                "outputs": {"ranked": table(*RESULT), "notes": {"type": "files"}},
            }
        },
    ),
    "viewer": contract(
        "viewer",
        {
            "show": {
                "inputs": {"ranked": table(column("user_id"), column("score", "number"))},
                "outputs": {"report": {"type": "report"}},
            }
        },
    ),
    "experiment": contract(
        "experiment",
        {
            "split": {
                "parameters": {"share": {"type": "number"}, "salt": {"type": "string", "default": ""}},
                "inputs": {
                    "control": table(column("user_id")),
                    "candidate": table(column("user_id"), optional=True),
                },
                "outputs": {"recommendations": table(*RESULT), "assignment": table(column("user_id"))},
            }
        },
    ),
}
WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("shopping", summary="A test", owner="us")
shop, ranker, viewer = workflow.components("shop", "ranker", "viewer")
log = workflow.artifact("log", "A log", default="log")
read = shop.read(log=log)
rank = ranker.rank(rows=read.rows)
viewer.show(ranked=rank.ranked)
workflow.result(rank.ranked)
"""


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class FakeRepository:
    """Implements `machiya.release.registry.Repository` in memory; `fails` is raised at every call."""

    name: str
    images: dict[str, Image] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    documents: dict[str, list[tuple[Descriptor, bytes]]] = field(default_factory=dict)
    fails: MachiyaError | None = None

    def _check(self) -> None:
        if self.fails is not None:
            raise self.fails

    def tags(self) -> list[str]:
        self._check()
        return list(self.tagged)

    def digest(self, tag: str) -> str | None:
        self._check()
        return tag if tag in self.images else self.tagged.get(tag)

    def image(self, reference: str) -> Image:
        digest = self.digest(reference)
        if digest is None:
            raise NotFoundError(f"{self.name}@{reference} is not in the registry: it was removed, or never was there.")
        return self.images[digest]

    def attach(self, image: Descriptor, attachment: Attachment) -> Descriptor:
        self._check()
        descriptor = Descriptor(
            "", digest_of(repr(attachment)), len(attachment.content), attachment.artifact_type, attachment.annotations
        )
        self.documents.setdefault(image.digest, []).append((descriptor, attachment.content))
        return descriptor

    def attached(self, digest: str, artifact_type: str) -> list[Descriptor]:
        self._check()
        return [one for one, _ in self.documents.get(digest, []) if one.artifact_type == artifact_type]

    def content(self, attached: Descriptor) -> bytes:
        return next(text for one in self.documents.values() for known, text in one if known == attached)


@dataclass
class FakeRegistry:
    """Implements `machiya.release.registry.Registry` in memory."""

    name: str = REGISTRY
    repositories: dict[str, FakeRepository] = field(default_factory=dict)

    def repository(self, component: str) -> FakeRepository:
        return self.repositories.setdefault(component, FakeRepository(f"{self.name}/{component}"))

    def release(self, told: Contract, verdict: str | None = "PASSED", commit: str = "c0ffee", build: str = "") -> str:
        """Put a version there; the digest. `build` makes another image of the same contract."""
        repository = self.repository(told["name"])
        text = json.dumps(told)
        digest = digest_of(text + build)
        labels = {CONTRACT_LABEL: text, f"{OCI_PREFIX}revision": commit, f"{OCI_PREFIX}created": "2026-11-01T00:00:00Z"}
        descriptor = Descriptor("", digest, len(text))
        repository.images[digest] = Image(descriptor, digest, labels)
        repository.tagged[told["version"]] = digest
        if verdict is not None:
            predicate = {
                "result": verdict,
                "passedTests": ["bare.run"],
                "failedTests": [] if verdict == "PASSED" else ["bare.user"],
            }
            statement = Statement.about("image", digest, TEST_RESULT_TYPE, predicate)
            repository.attach(descriptor, Attachment(MEDIA_TYPE, statement.to_bytes()))
        return digest

    def fail(self, error: MachiyaError) -> None:
        """Every call raises it from now on."""
        for name in CONTRACTS:
            self.repository(name).fails = error


@dataclass
class World:
    """A repository with one workflow, and the registry that its pins name."""

    root: Path
    registry: FakeRegistry
    digests: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.root / "workflows" / "shopping"

    @property
    def pins(self) -> Path:
        return self.folder / "pins.yaml"

    def pin(self, component: str, version: str) -> str:
        """As it stands in pins.yaml."""
        return f"{version}@{self.digests[f'{component} {version}']}"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def release(
        self, component: str, version: str, change: Callable[[Contract], None] = lambda _: None, **more: Any
    ) -> str:
        """Release a version whose contract is the first one's with a change; the digest."""
        told = copy.deepcopy(CONTRACTS[component]) | {"version": version}
        change(told)
        digest = self.registry.release(told, **more)
        self.digests[f"{component} {version}"] = digest
        return digest

    def line(self, block: str, component: str) -> str:
        """A line of pins.yaml, without what is before it."""
        lines = self.pins.read_text().splitlines()
        below = lines[lines.index(f"{block}:") + 1 :]
        return next(line.strip() for line in below if line.strip().startswith(f"{component}:"))

    def changed(self) -> list[str]:
        """The files that differ from the last commit, relative to the workflow's folder."""
        lines = self.git("status", "--porcelain", "-uall").splitlines()
        return sorted(line[3:].removeprefix("workflows/shopping/") for line in lines)

    def snapshot(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everything is released in 1.0.0, pinned in development and production, rendered and committed."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    (tmp_path / "gitconfig").write_text(
        "[user]\n name = Mio Mentor\n email = mio@example.org\n[init]\n defaultBranch = main\n"
    )
    world = World(tmp_path / "repository", FakeRegistry(), {})
    (world.folder / "contracts").mkdir(parents=True)
    (world.folder / "workflow.py").write_text(WORKFLOW)
    lines = [f"registry: {REGISTRY}"]
    for name in CONTRACTS:
        world.release(name, "1.0.0")
    for stage in ("development", "production"):
        lines += [f"{stage}:", *(f"  {name}: {world.pin(name, '1.0.0')}" for name in CONTRACTS)]
    world.pins.write_text("\n".join(lines) + "\n")
    for name, told in CONTRACTS.items():
        (world.folder / "contracts" / f"{name}-1.0.0.json").write_text(json.dumps(told, indent=2) + "\n")
        (world.folder / "contracts" / f"{name}-1.0.0.commit").write_text("c0ffee\n")
    _render(world)
    world.git("init", "-q")
    world.commit("Begin")
    return world


def _render(world: World) -> None:
    from machiya.manifest.render import rendered
    from machiya.pins import load_pins

    pins = load_pins(world.folder)
    (world.folder / "rendered").mkdir()
    for stage in pins.stages:
        manifest = rendered(world.folder, pins, stage)
        manifest.path.write_text(manifest.text)


def without_column(name: str) -> Callable[[Contract], None]:
    """A change of the ranker: its result loses a column."""

    def change(told: Contract) -> None:
        schema = told["operations"]["rank"]["outputs"]["ranked"]["schema"]
        schema["fields"] = [one for one in schema["fields"] if one["name"] != name]

    return change


@pytest.fixture
def lose() -> Callable[[str], Callable[[Contract], None]]:
    """A change of the ranker's contract: its result loses a column."""
    return without_column


def moved(world: World, component: str, version: str) -> str:
    """The tag of a version points at another image; its digest."""
    repository = world.registry.repository(component)
    old = repository.images[repository.tagged[version]]
    other = digest_of(old.digest)
    repository.images[other] = replace(old, descriptor=replace(old.descriptor, digest=other))
    repository.tagged[version] = other
    return other


@pytest.fixture
def move() -> Callable[[World, str, str], str]:
    """Somebody moves the tag of a version; the digest it points at then."""
    return moved
