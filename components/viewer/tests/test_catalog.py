"""The catalog of runs: what is listed, how it is addressed, and what is kept in memory."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from machiya_viewer.view import catalog as module
from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.files import Files
from machiya_viewer.view.listing import moment
from machiya_viewer.view.model import Version, ViewError
from machiya_viewer.view.reader import ViewReader

MakeView = Callable[..., ViewReader]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


def add(root: Path, path: str, **head: object) -> None:
    """A head alone: what the list is made of."""
    versions = [{"name": name} for name in head.pop("names", ["base", "candidate"])]  # type: ignore[attr-defined]
    told = {"title": "Jobs", "k": 10, "versions": versions, "users": 3, "rows": [1] * len(versions), **head}
    (root / path).mkdir(parents=True, exist_ok=True)
    (root / path / "view.json").write_text(json.dumps(told))


def slugs(catalog: Catalog) -> list[str]:
    return [run.slug for run in catalog.runs(1, 100).runs]


def test_runs_are_listed_with_the_newest_first(root: Path) -> None:
    add(root, "a", run="first", started="2026-11-01T00:00:00Z")
    add(root, "b", run="third", started="2026-11-03T00:00:00Z")
    add(root, "c", run="second", started="2026-11-02T12:00:00+09:00")
    catalog = Catalog(str(root))
    assert slugs(catalog) == ["third", "second", "first"]
    assert [run.slug for run in catalog.runs(2, 2).runs] == ["first"]
    assert catalog.runs(2, 2).total == 3
    assert catalog.runs(9, 2).runs == ()
    assert (newest := catalog.newest()) is not None
    assert newest.summary.name == "third"


def test_a_run_that_does_not_say_when_it_started_counts_from_when_its_view_was_written(root: Path) -> None:
    add(root, "a", run="told", started="2026-11-02T00:00:00Z")
    add(root, "b", run="old")
    add(root, "c", run="new")
    for name, day in (("b", 1), ("c", 3)):
        seconds = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(root / name / "view.json", (seconds, seconds))
    assert slugs(Catalog(str(root))) == ["new", "told", "old"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment(text) == ""


def test_a_new_run_appears_without_a_restart_and_leaves_addresses_alone(root: Path, clock: Clock) -> None:
    add(root, "z", run="daily", started="2026-11-01T00:00:00Z")
    catalog = Catalog(str(root), clock)
    assert slugs(catalog) == ["daily"]
    add(root, "a", run="daily", started="2026-11-02T00:00:00Z")
    clock.seconds = 4
    assert slugs(catalog) == ["daily"]
    clock.seconds = 6
    assert slugs(catalog) == ["daily-2", "daily"]
    assert (run := catalog.run("daily")) is not None
    assert run.summary.started == "2026-11-01T00:00:00Z"
    shutil.rmtree(root / "z")
    clock.seconds = 12
    assert slugs(catalog) == ["daily"]


def test_a_head_is_read_again_only_when_it_changed(root: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    actual = Files.read

    def counted(files: Files, name: str) -> bytes:
        read.append(f"{files.path}/{name}")
        return actual(files, name)

    monkeypatch.setattr(Files, "read", counted)
    add(root, "a", title="One")
    add(root, "b", title="Two")
    catalog = Catalog(str(root), clock)
    for _ in range(3):
        catalog.runs(1, 10)
        clock.seconds += 10
    assert sorted(read) == ["a/view.json", "b/view.json"]
    add(root, "a", title="Another title")
    assert {run.title for run in catalog.runs(1, 10).runs} == {"Another title", "Two"}
    assert sorted(read) == ["a/view.json", "a/view.json", "b/view.json"]


def test_memory_does_not_grow_with_the_number_of_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_HEADS", 5)
    monkeypatch.setattr(module, "KEPT_READERS", 2)
    monkeypatch.setattr(module, "MAX_VIEWS", 30)
    for number in range(40):
        add(root, f"run-{number:02d}", run=f"run-{number:02d}")
    catalog = Catalog(str(root))
    for page in range(1, 9):
        for one in catalog.runs(page, 5).runs:
            assert (run := catalog.run(one.slug)) is not None
            assert run.single("base") is not None
    assert catalog.runs(1, 1).total == 30
    assert "run-39" in slugs(catalog)
    assert (len(catalog._heads), len(catalog._readers), len(catalog._entries)) == (5, 2, 30)


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (["warn", "pass"], "warn"),
        (["unknown", "warn"], "unknown"),
        (["warn", "fail", "unknown"], "fail"),
        (["", "warn"], "warn"),
    ],
)
def test_the_outcome_of_a_run_is_the_worst_of_its_views(root: Path, outcomes: list[str], worst: str) -> None:
    for number, outcome in enumerate(outcomes):
        add(root, f"r/{number}", names=["base", f"new {number}"], outcome=outcome)
    (summary,) = Catalog(str(root)).runs(1, 5).runs
    assert summary.outcome == worst


def test_a_run_can_have_several_views_and_the_union_of_their_versions(root: Path) -> None:
    add(root, "r/1", names=["als 1.0", "als 1.1"], outcome="pass", users=5, started="2026-11-01T00:00:00Z")
    add(root, "r/2", names=["als 1.0", "als 1.2"], outcome="fail", users=9, started="2026-11-02T00:00:00Z")
    add(root, "r/3", names=["als 1.1"], started="2026-11-01T12:00:00Z")
    catalog = Catalog(str(root))
    (summary,) = catalog.runs(1, 5).runs
    assert list(summary.versions) == ["als-1.0", "als-1.1", "als-1.2"]
    assert (summary.outcome, summary.users, summary.comparison) == ("fail", 9, ("als-1.0", "als-1.2"))
    run = catalog.run("r")
    assert run is not None
    assert [len(view.versions) for view in run.views] == [2, 1, 2]
    pair = run.pair("als-1.0", "als-1.1")
    assert pair is not None
    assert pair.reader is pair.base.reader
    assert [version.name for version in pair.reader.head.versions] == ["als 1.0", "als 1.1"]
    assert pair.candidate is not None
    assert (pair.base.index, pair.candidate.index, pair.reversed) == (0, 1, False)


def test_a_pair_that_nobody_compared_has_its_versions_only(root: Path) -> None:
    add(root, "r/1", names=["a", "b"])
    add(root, "r/2", names=["a", "c"])
    run = Catalog(str(root)).run("r")
    assert run is not None
    pair = run.pair("b", "c")
    assert pair is not None
    assert pair.reader is None
    assert pair.candidate is not None
    assert [side.reader.head.versions[side.index].name for side in (pair.base, pair.candidate)] == ["b", "c"]
    other = run.pair("c", "a")
    assert other is not None
    assert (other.reader, other.reversed) == (None, True)
    assert run.pair("a", "nobody") is None
    assert run.single("nobody") is None


def test_one_version_is_shown_by_the_newest_view_that_has_it(root: Path) -> None:
    add(root, "r/1", names=["a", "b"], started="2026-11-02T00:00:00Z", title="newer")
    add(root, "r/2", names=["b"], started="2026-11-01T00:00:00Z", title="older")
    run = Catalog(str(root)).run("r")
    assert run is not None
    single = run.single("b")
    assert single is not None
    assert single.reader is not None
    assert (single.reader.head.title, single.base.index, single.candidate) == ("newer", 1, None)


def test_versions_of_one_name_are_told_apart_by_their_digests(root: Path, make_view: MakeView) -> None:
    for index, digests in enumerate((("sha256:1", "sha256:2"), ("sha256:1", "sha256:3"))):
        versions = [Version("als", digest=digest) for digest in digests]
        (root / f"r/{index}").mkdir(parents=True)
        make_view({"u": "a"}, {"u": "b"}, versions=versions, folder=root / f"r/{index}")
    run = Catalog(str(root)).run("r")
    assert run is not None
    assert {slug: version.digest for slug, version in run.versions.items()} == {
        "als": "sha256:1",
        "als-2": "sha256:2",
        "als-3": "sha256:3",
    }


def test_two_versions_that_nothing_tells_apart_are_still_two(root: Path) -> None:
    add(root, "r", names=["als", "als"])
    (summary,) = Catalog(str(root)).runs(1, 5).runs
    assert summary.comparison == ("als", "als-2")


def test_a_view_in_the_root_itself_is_a_run(make_view: MakeView) -> None:
    view = make_view({"u": "a"}, {"u": "b"}, run="Weekly")
    catalog = Catalog(view.files.root)
    assert slugs(catalog) == ["weekly"]
    assert (run := catalog.run("weekly")) is not None
    assert (pair := run.pair("base", "candidate")) is not None
    assert pair.reader is not None
    assert pair.reader.user("u") == view.user("u")
    assert run.facts(pair.reader) == view.facts()
    assert run.facts(pair.reader) is run.facts(pair.reader)


def test_a_view_that_is_made_again_is_read_again(root: Path, make_view: MakeView, clock: Clock) -> None:
    make_view({"u": "a"}, folder=root)
    catalog = Catalog(str(root), clock)
    first = catalog.newest()
    assert first is not None
    assert (before := first.single("base")) is not None
    assert [row.item_id for row in before.base.reader.recommended(0, "u")] == ["a"]
    make_view({"u": "bc"}, folder=root)
    clock.seconds = 10
    second = catalog.newest()
    assert second is not None
    assert (after := second.single("base")) is not None
    assert [row.item_id for row in after.base.reader.recommended(0, "u")] == ["b", "c"]


def test_a_head_that_cannot_be_read_is_a_problem_of_its_run_only(root: Path) -> None:
    add(root, "good/1", run="good")
    (root / "good/2").mkdir()
    (root / "good/2/view.json").write_text("{")
    (root / "bad").mkdir()
    (root / "bad/view.json").write_text('{"format": 99}')
    runs = {run.slug: run for run in Catalog(str(root)).runs(1, 9).runs}
    assert [str(problem) for problem in runs["good"].problems] == ["good/2/view.json: is not JSON"]
    assert list(runs["good"].versions) == ["base", "candidate"]
    (problem,) = runs["bad"].problems
    assert (problem.file, problem.column) == ("bad/view.json", "format")
    assert runs["bad"].versions == {}


def test_a_head_that_could_not_be_read_for_a_moment_is_asked_for_again(root: Path, clock: Clock) -> None:
    add(root, "r", run="daily")
    head = root / "r" / "view.json"
    content, times = head.read_text(), head.stat()
    head.write_text("x" * len(content))
    os.utime(head, ns=(times.st_atime_ns, times.st_mtime_ns))
    catalog = Catalog(str(root), clock)
    assert slugs(catalog) == ["r"]
    head.write_text(content)
    os.utime(head, ns=(times.st_atime_ns, times.st_mtime_ns))
    clock.seconds = 10
    assert slugs(catalog) == ["daily"]
    assert catalog.runs(1, 1).runs[0].problems == ()


def test_many_threads_see_whole_lists(root: Path, clock: Clock) -> None:
    add(root, "first")
    catalog = Catalog(str(root), clock)
    catalog.runs(1, 1)

    def look(number: int) -> int:
        clock.seconds += 6
        add(root, f"run-{number}")
        return sum(len(run.versions) for run in catalog.runs(1, 100).runs)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(look, range(24)))
    assert all(count >= 2 and count % 2 == 0 for count in seen)
    clock.seconds += 6
    assert catalog.runs(1, 1).total == 25


@pytest.mark.parametrize("slug", ["..", "../r", "r/..", "R", "", "r%2f", "\x00", "r/1", "/etc"])
def test_an_address_is_looked_up_and_never_made_into_a_path(root: Path, slug: str) -> None:
    add(root, "r")
    add(root.parent, "elsewhere")
    catalog = Catalog(str(root))
    assert catalog.run(slug) is None
    assert (run := catalog.run("r")) is not None
    assert run.single(slug) is None


def test_a_root_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(ViewError, match="is not a folder"):
        Catalog(str(tmp_path / "nowhere")).runs(1, 1)


def test_runs_are_found_in_any_file_system(root: Path, make_view: MakeView, clock: Clock) -> None:
    memory = fsspec.filesystem("memory")
    catalog = Catalog("memory://catalog", clock)
    memory.mkdir("/catalog")
    assert catalog.runs(1, 5).total == 0
    make_view({"u": "a"}, folder=root / "2026" / "als", run="als")
    memory.put(str(root / "2026"), "/catalog/2026", recursive=True)
    memory.put(str(root / "2026"), "/catalog/too/deep/2026", recursive=True)
    clock.seconds = 10
    assert slugs(catalog) == ["als"]
    assert (run := catalog.run("als")) is not None
    assert (single := run.single("base")) is not None
    assert [row.item_id for row in single.base.reader.recommended(0, "u")] == ["a"]
    memory.rm("/catalog", recursive=True)


def test_other_folders_and_files_are_no_runs(root: Path) -> None:
    add(root, "r/deep/er")
    (root / "notes.txt").write_text("hello")
    (root / "empty").mkdir()
    assert Catalog(str(root)).runs(1, 5).total == 0


@pytest.mark.parametrize(
    "odd",
    [
        '{"started": "0001-01-01T00:00:00+09:00", "title": "Jobs", "k": 9, "versions": [], "users": 1, "rows": []}',
        '{"title": "Jobs", "k": 10, "versions": [], "users": 1, "rows": [], "last_time": "2026-11-08T23:59:49"}',
        '{"title": "Jobs", "k": -5, "versions": [], "users": 1, "rows": []}',
        "[" * 200_000,
        '{"a":' * 100_000,
    ],
    ids=["start before all", "time without a zone", "negative k", "deep lists", "deep objects"],
)
def test_one_odd_head_leaves_the_other_runs_alone(root: Path, clock: Clock, odd: str) -> None:
    add(root, "good")
    (root / "odd").mkdir()
    (root / "odd" / "view.json").write_text(odd)
    catalog = Catalog(str(root), clock)
    assert sorted(slugs(catalog)) == ["good", "odd"]
    assert (run := catalog.run("good")) is not None
    assert run.summary.problems == ()


def test_a_folder_whose_name_is_no_text_is_no_run(root: Path, clock: Clock) -> None:
    add(root, "good")
    shutil.copytree(root / "good", os.fsdecode(os.fsencode(root) + b"/bad\xff"))
    assert slugs(Catalog(str(root), clock)) == ["good"]


def test_a_run_that_goes_away_while_it_is_listed_is_left_out(
    root: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(root, "good/view")
    add(root, "gone/view")
    actual = os.scandir

    def scanned(path: Path | int) -> object:
        if path == root / "gone":
            shutil.rmtree(root / "gone")
        return actual(path)

    monkeypatch.setattr("machiya_viewer.view.listing.os.scandir", scanned)
    assert slugs(Catalog(str(root), clock)) == ["good"]


def test_a_run_is_found_by_its_name_and_not_by_one_that_is_nearly_it(root: Path, clock: Clock) -> None:
    long = "machiya-production-recommend-jobs-tokyo-weekly-champion-cand-"
    for number, name in enumerate(("推薦1", "広告1", f"{long}aaaaa", f"{long}bbbbb", "Weekly", "again", "again")):
        add(root, f"r{number}", run=name, started=f"2026-11-0{number + 1}T00:00:00Z")
    catalog = Catalog(str(root), clock)
    for name in ("推薦1", "広告1", f"{long}aaaaa", f"{long}bbbbb", "Weekly"):
        assert (run := catalog.named(name)) is not None
        assert run.summary.name == name
    assert (run := catalog.named("ＷＥＥＫＬＹ")) is not None
    assert run.summary.name == "Weekly"
    assert (run := catalog.named("again")) is not None
    assert run.summary.started == "2026-11-07T00:00:00Z", "the newest"
    assert catalog.named("無関係1") is None
    assert catalog.named(f"{long}zzzzz") is None
