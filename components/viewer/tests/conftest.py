"""Small views with known answers, the committed sample, and ways to look at pages."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from machiya_component.artifacts import DIGEST_FILE, SIDECAR, Artifact, Producer
from machiya_component.artifacts.digest import combined_digest, file_digest

from machiya_viewer.prepare import Options, Sources, Table, write_view
from machiya_viewer.view.model import Version
from machiya_viewer.view.reader import ViewReader, open_view

COMPONENT = Path(__file__).parent.parent
SAMPLE = COMPONENT / "sample"
PORTS = (
    "recommendations",
    "candidate",
    "interactions",
    "items",
    "scores",
    "candidate_scores",
    "user_changes",
    "metric_changes",
    "verdict",
)
DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)

Lists = Mapping[str, Sequence[str]]


def recommendations(lists: Lists, source: str = "model") -> pa.Table:
    """user_id -> item ids, best first; the score is 1 / rank."""
    rows = [(user, item, rank) for user, items in lists.items() for rank, item in enumerate(items, 1)]
    return pa.table(
        {
            "user_id": pa.array([row[0] for row in rows], pa.string()),
            "item_id": pa.array([row[1] for row in rows], pa.string()),
            "rank": pa.array([row[2] for row in rows], pa.int64()),
            "score": pa.array([1 / row[2] for row in rows], pa.float64()),
            "source": pa.array([source] * len(rows), pa.string()),
        }
    )


def interactions(lists: Lists) -> pa.Table:
    """user_id -> item ids, all with one event of weight 1 at the same time."""
    rows = [(user, item) for user, items in lists.items() for item in items]
    return pa.table(
        {
            "user_id": pa.array([row[0] for row in rows], pa.string()),
            "item_id": pa.array([row[1] for row in rows], pa.string()),
            "weight": pa.array([1.0] * len(rows), pa.float64()),
            "events": pa.array([1] * len(rows), pa.int64()),
            "time": pa.array([DAY] * len(rows), pa.timestamp("us", tz="UTC")),
        }
    )


def items(titles: Mapping[str, str | None]) -> pa.Table:
    """item_id -> title."""
    return pa.table(
        {
            "item_id": pa.array(list(titles), pa.string()),
            "title": pa.array(list(titles.values()), pa.string()),
            "category": pa.array(["jobs"] * len(titles), pa.string()),
        }
    )


class Tables:
    """Makes tables; handed to tests, since test modules cannot import each other."""

    recommendations = staticmethod(recommendations)
    interactions = staticmethod(interactions)
    items = staticmethod(items)


@pytest.fixture
def tables() -> type[Tables]:
    return Tables


MakeView = Callable[..., ViewReader]


def store(folder: Path, port: str, table: pa.Table, row_group_size: int | None = None) -> Table:
    """Write an Arrow table as an artifact's folder and open it."""
    (folder / port).mkdir(parents=True, exist_ok=True)
    file = folder / port / "part-00000.parquet"
    pq.write_table(table, file, row_group_size=row_group_size)
    return Table.open(port, [file])


@pytest.fixture
def make_view(tmp_path: Path) -> MakeView:
    """A view of lists: ``make_view(base, candidate, history=..., titles=..., k=...)``.

    Lists may be tables, too; other arguments are tables by port, and options. ``folder`` is where the view goes.
    """

    def make(
        base: Lists | pa.Table,
        candidate: Lists | pa.Table | None = None,
        *,
        history: Lists | pa.Table | None = None,
        titles: Mapping[str, str | None] | pa.Table | None = None,
        k: int = 3,
        folder: Path | None = None,
        scores: pa.Table | None = None,
        candidate_scores: pa.Table | None = None,
        user_changes: pa.Table | None = None,
        metric_changes: pa.Table | None = None,
        verdict: pa.Table | None = None,
        versions: Sequence[Version] = (Version("base"), Version("candidate")),
        **options: Any,
    ) -> ViewReader:
        raw = Path(tempfile.mkdtemp(dir=tmp_path))
        given = {"scores": scores, "candidate_scores": candidate_scores, "user_changes": user_changes}
        given |= {"metric_changes": metric_changes, "verdict": verdict}
        small = {port: None if table is None else store(raw, port, table) for port, table in given.items()}
        lists = [
            one if isinstance(one, pa.Table) else recommendations(one) for one in (base, candidate) if one is not None
        ]
        sources = Sources(
            lists=tuple(store(raw, f"lists-{index}", table) for index, table in enumerate(lists)),
            interactions=store(
                raw, "interactions", history if isinstance(history, pa.Table) else interactions(history or {})
            ),
            items=store(raw, "items", titles if isinstance(titles, pa.Table) else items(titles or {})),
            scores=(small["scores"], small["candidate_scores"])[: len(lists)],
            user_changes=small["user_changes"],
            metric_changes=small["metric_changes"],
            verdict=small["verdict"],
        )
        target = folder or raw / "view"
        target.mkdir(parents=True, exist_ok=True)
        (raw / "scratch").mkdir()
        told = Options(options.pop("title", "Jobs"), k, tuple(versions)[: len(lists)], **options)
        write_view(sources, told, target, raw / "scratch")
        return open_view(str(target))

    return make


@pytest.fixture
def sample_inputs() -> dict[str, Path]:
    """Port of `report` -> folder of the committed sample."""
    return {port: SAMPLE / port for port in PORTS}


@pytest.fixture
def sample_view() -> ViewReader:
    """The committed view of the sample: a base and a candidate with everything."""
    return open_view(str(SAMPLE / "view"))


class Page:
    """A page as a browser understands it: parsed by the rules of HTML, without namespaces."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root: Element = html5lib.parse(html, namespaceHTMLElements=False)

    def elements(self, tag: str = "*", **attributes: str) -> list[Element]:
        """Elements by tag (SVG's without namespace) and attributes (``class_`` for class: one of the classes)."""
        return [
            element
            for element in self.root.iter()
            if tag in ("*", str(element.tag).rpartition("}")[2])
            and all(_has(element, name, value) for name, value in attributes.items())
        ]

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """The text of each such element, spaces as a reader sees them."""
        return [text_of(element) for element in self.elements(tag, **attributes)]

    @property
    def text(self) -> str:
        """All text of the body."""
        return text_of(self.elements("body")[0])

    def rows(self, heading: str) -> list[list[str]]:
        """The rows of the first table whose first column has this heading, as text."""
        for table in self.elements("table"):
            heads = [text_of(cell) for cell in table.iter("th")]
            if heads and heads[0] == heading:
                body = next(table.iter("tbody"))
                return [[text_of(cell) for cell in row] for row in body.iter("tr")]
        raise AssertionError(f"no table begins with {heading!r}")


def _has(element: Element, name: str, value: str) -> bool:
    if name == "class_":
        return value in element.get("class", "").split()
    return element.get(name) == value


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def parse() -> type[Page]:
    return Page


class Service:
    """A running ``serve``, as the image starts it."""

    def __init__(self, folder: Path, parameters: Sequence[str] = ()) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "machiya_component", "viewer", "run", "serve", *parameters],
            env={**os.environ, "MACHIYA_DATA": str(folder), "MACHIYA_PORT": str(self.port)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if "serving on port" in line:
                return
        raise AssertionError(f"the service ended: {self.log}")

    def stop(self) -> tuple[int, list[str]]:
        """SIGTERM, then the exit code and the last lines on stderr."""
        self.process.terminate()
        _, rest = self.process.communicate(timeout=30)
        return self.process.returncode, rest.splitlines()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _mount(folder: Path) -> Path:
    """The sample's view as the input of `serve`, below ``in``."""
    (folder / "in").mkdir()
    (folder / "in" / "views").symlink_to(SAMPLE / "view")
    return folder


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    return _mount(tmp_path)


@pytest.fixture
def own_service(mounted: Path) -> Iterator[Service]:
    """A service that the test may stop or take the data of."""
    running = Service(mounted)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over the sample, to be looked at only."""
    running = Service(_mount(tmp_path_factory.mktemp("served")))
    yield running
    running.stop()


@pytest.fixture
def sidecar() -> Callable[..., str]:
    """Give a folder of Parquet a sidecar by preprocess, 1.2.3 unless told, and return the digest in it."""

    def write(folder: Path, version: str = "1.2.3", parameters: Mapping[str, Any] = MappingProxyType({})) -> str:
        files = [file_digest(file, folder) for file in sorted(folder.glob("*.parquet"))]
        producer = Producer(component="preprocess", version=version, operation="clean", parameters=dict(parameters))
        artifact = Artifact(type="table", files=files, digest=combined_digest(files), producer=producer)
        (folder / SIDECAR).write_text(artifact.to_text(), encoding="utf-8")
        (folder / DIGEST_FILE).write_text(artifact.digest, encoding="utf-8")
        return artifact.digest

    return write
