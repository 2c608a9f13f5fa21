"""Results as Markdown: the table, the machine, and their place in a document."""

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

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
    "ranx",
    "rectools",
)
ANSWERS = {True: "yes", False: "**no**", None: "-"}


def table(rows: Iterable[Row]) -> str:
    """One line for each row."""
    lines = ["| stage | against | target | measured | reached |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.stage, row.against, row.target, row.measured, ANSWERS[row.reached])
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def environment() -> str:
    """Date, machine, load and versions: what a figure means nothing without."""
    today = datetime.datetime.now(datetime.UTC).date()
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{_processor()}, {cores} cores, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"
    load = f"load {os.getloadavg()[0]:.1f} when it began"
    versions = ", ".join(f"{name} {version}" for name in LIBRARIES if (version := _version(name)))
    return f"{today}; {machine}; {load}. Python {platform.python_version()}, {versions}."


def section(scale: Scale, rows: Iterable[Row], where: str) -> str:
    """A table with what it means."""
    return f"{round(20e6 * scale.share):,} events. {where}\n\n{table(rows)}"


def replace_section(document: Path, name: str, text: str) -> None:
    """Put `text` between the markers of the document that name it, `<!-- NAME begins -->` and `<!-- NAME ends -->`."""
    before, begins, rest = document.read_text().partition(f"<!-- {name} begins -->\n")
    _, ends, after = rest.partition(f"<!-- {name} ends -->\n")
    if not (begins and ends):
        raise ValueError(f"{document}: there are no lines `<!-- {name} begins -->` and `<!-- {name} ends -->`.")
    document.write_text(f"{before}{begins}{text}{ends}{after}")


def _processor() -> str:
    """Its name, and whether it has AVX-512, which decides much."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    values = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    wide = " with AVX-512" if "avx512f" in values.get("flags", "") else ""
    return values.get("model name", platform.machine()) + wide


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
