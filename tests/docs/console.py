"""The ```console blocks of a Markdown document: what they hold, and what happens when they are typed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from sybil import Sybil
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser

EXCEPTED = re.compile(r"<!-- not run: (?P<reason>\S[^\n]*?) *-->\s*\Z")
_SEPARATOR = "\x1e"


@dataclass(frozen=True)
class Step:
    """One command, as it is typed after a `$`, and the text that the document shows below it."""

    command: str
    shown: str


@dataclass(frozen=True)
class Block:
    """One ```console block. `excepted` is the reason for which it is not run; empty if it is."""

    line: int
    steps: tuple[Step, ...]
    excepted: str


def blocks_of(document: Path) -> list[Block]:
    """All console blocks of a document, in their order."""
    parser = CodeBlockParser(language="console", evaluator=_leave)
    return [_block(example) for example in Sybil(parsers=[parser]).parse(document).examples()]


def _leave(_example: Example) -> None:
    """Sybil finds the blocks here; they are run together, not one by one."""


def _block(example: Example) -> Block:
    before = EXCEPTED.search(example.document.text[: example.start].rstrip())
    return Block(example.line, tuple(_steps(str(example.parsed))), before["reason"] if before else "")


def _steps(text: str) -> Iterator[Step]:
    """Split at the lines that begin with `$ `; a command goes on after a line that ends with a backslash."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        match = re.match(r"((?:.*\\\n)*.*)\n?", part)
        assert match is not None, "the pattern matches every text"
        yield Step(match[1], part[match.end() :])


def differences(document: Path, folder: Path) -> list[str]:
    """Type all blocks of a document that are not excepted, in `folder`; what came out differently."""
    found = []
    for block in blocks_of(document):
        if block.excepted:
            continue
        for step, printed in zip(block.steps, _type(block, folder), strict=True):
            if not OutputChecker().check_output(step.shown, printed, ELLIPSIS):
                place = f"{document.name}:{block.line}: $ {step.command}"
                found.append(f"{place}\n--- the document shows\n{step.shown}\n--- it printed\n{printed}")
    return found


def _type(block: Block, folder: Path) -> list[str]:
    """What each command of a block prints, on both streams; the commands share one shell."""
    separate = f"separate() {{ local code=$?; printf '{_SEPARATOR}'; return $code; }}\n"
    script = separate + "\n".join(f"{step.command}\nseparate" for step in block.steps)
    call = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return call.stdout.split(_SEPARATOR)[:-1]


def _environment() -> Mapping[str, str]:
    """That of a terminal of 100 columns in which the virtual environment is active."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}


def lay_out(root: Path, folder: Path) -> None:
    """Copy what the documents' commands read: the project without what is made in it."""
    by_products = shutil.ignore_patterns(".*", "__pycache__", "*.whl")
    for name in ("components", "workflows", "docs"):
        shutil.copytree(root / name, folder / name, ignore=by_products)
