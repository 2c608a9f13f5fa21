"""Results as Markdown: the table, the machine, and their place in a document."""

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from machiya_component.machine import available_cpus, available_memory
from tests.benchmarks.harness import Row, Scale

LIBRARIES = (
    "numpy",
    "scipy",
    "numba",
    "pyarrow",
    "implicit",
    "polars",
    "pandas",
    "duckdb",
    "faiss-cpu",
    "redis",
    "ranx",
)
HEAD = "| of | stage | against | target | measured | reached | when |\n|---|---|---|---|---|---|---|\n"
ANSWERS = {True: "yes", False: "**no**", None: "-"}


@dataclass(frozen=True)
class Environment:
    """What a figure means nothing without."""

    when: str
    """The date, and the load before the first case ran: where it is high, wall times are noise."""
    where: str
    """The machine and the versions."""


def environment() -> Environment:
    """That of now and here."""
    today = datetime.datetime.now(datetime.UTC).date()
    size = f"{available_cpus()} cores, {available_memory() / 2**30:.0f} GiB"
    machine = f"{_processor()}, {size}, Linux {platform.release().split('-')[0]}"
    versions = ", ".join(f"{name} {version}" for name in LIBRARIES if (version := _version(name)))
    where = f"{machine}. Python {platform.python_version()}, {versions}."
    return Environment(f"{today}, load {os.getloadavg()[0]:.1f}", where)


def lines(stage: str, rows: Iterable[Row], when: str, *, decisive: bool = True) -> str:
    """A stage's part of the table. `decisive` is whether the log is large enough to say that a target is missed."""
    if not decisive:
        rows = [replace(row, reached=row.reached or None) for row in rows]
    found = [
        (f"`{stage}`", row.stage, row.against, row.target, row.measured, ANSWERS[row.reached], when) for row in rows
    ]
    return "".join("| " + " | ".join(_cell(text) for text in cells) + " |\n" for cells in found)


def section(scale: Scale, stages: Mapping[str, str], where: str) -> str:
    """The table, from the parts of its stages in their order, and where they were measured."""
    return f"{_title(scale, where)}\n{HEAD}{''.join(stages.values())}"


def kept(document: Path, scale: Scale, where: str) -> dict[str, str]:
    """The parts of the table in the document by their stages, if they come from the same machine and versions.

    Figures of another machine must not stand in one table with those of this one, so they are dropped.
    """
    text = _between(document.read_text(), scale.name)[1]
    found: dict[str, str] = {}
    if text.startswith(_title(scale, where)):
        for line in text.partition(HEAD)[2].splitlines(keepends=True):
            stage = line.removeprefix("| `").partition("`")[0]
            found[stage] = found.get(stage, "") + line
    return found


def replace_section(document: Path, name: str, text: str) -> None:
    """Put `text` between the markers of the document that name it, `<!-- NAME begins -->` and `<!-- NAME ends -->`.

    Raises ValueError where they are missing.
    """
    before, _, after = _between(document.read_text(), name)
    document.write_text(f"{before}{text}{after}")


def _between(text: str, name: str) -> tuple[str, str, str]:
    """Up to the first marker, between the two, and from the second on."""
    first, second = f"<!-- {name} begins -->\n", f"<!-- {name} ends -->\n"
    before, begins, rest = text.partition(first)
    content, ends, after = rest.partition(second)
    if not (begins and ends):
        raise ValueError(f"The document needs two lines for its results: {first.strip()} and {second.strip()}.")
    return before + begins, content, ends + after


def _title(scale: Scale, where: str) -> str:
    return f"{round(20e6 * scale.share):,} events. {where}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _processor() -> str:
    """Its name, and whether it has AVX-512, which decides much."""
    texts = Path("/proc/cpuinfo").read_text().splitlines()
    values = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in texts)}
    wide = " with AVX-512" if "avx512f" in values.get("flags", "") else ""
    return values.get("model name", platform.machine()) + wide


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
