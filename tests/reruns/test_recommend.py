"""`recommend` itself, as it is rendered, with its real components: disturbed, failed, retried; the same in the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.store import DirectoryStore
from tests.end_to_end.webhook import Webhook, listening
from tests.reruns.bench import Bench, attempts, differences
from tests.reruns.disturbed import Trouble

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "workflows" / "recommend" / "rendered" / "development.yaml"
SAMPLE = ROOT / "components" / "preprocess" / "sample"
KEPT = ["history/recommend/development/clean-interactions.json", "history/recommend/development/clean-items.json"]
TELLS_HOW_LONG_IT_TOOK = "runs/RUN/notify/receipt/receipt.json"
KEPT += ["published/recommend/development/recommendations.json"]


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with listening() as server:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("MACHIYA_SECRET_GENERIC_WEBHOOK", server.address)
        yield server


def bench_in(home: Path) -> Bench:
    """With the sample log, and what makes its steps the same in every home."""
    store = DirectoryStore(home / "store")
    known = {"factors": "4", "title": "Night"}
    for name in ("events", "catalogue"):
        store.add(SAMPLE / name, f"inputs/{name}")
        known |= {name: f"inputs/{name}", f"{name}-digest": f"sha256:{name}"}
    text = MANIFEST.read_text()
    codes = {
        f"{name}-code": f"sha256:{name}" for name in ("preprocess", "recommender", "evaluation", "viewer", "watch")
    }
    assert all(f"name: {name}\n" in text for name in (*known, *codes))
    return Bench.of(home, text, ProcessLauncher(), known | codes)


def test_a_night_with_four_troubles_ends_as_one_without(webhook: Webhook, tmp_path: Path) -> None:
    quiet = bench_in(tmp_path / "quiet")
    undisturbed = quiet.run()
    assert undisturbed.succeeded, undisturbed.message
    assert [message["status"] for message in webhook.told] == ["Succeeded"]
    webhook.told.clear()

    night = bench_in(tmp_path / "night")
    night.launcher.troubles |= {
        "clean": [Trouble(lost="pod deleted"), None],
        "train": [Trouble(137, out_of_memory=True), Trouble(143), None],
        "predict(1:00001)": [Trouble(75), None],
        "report": [Trouble(70)],
    }
    failed = night.run()
    assert failed.phase == "Failed"
    tried = {step: count for step, count in attempts(failed).items() if count > 1}
    assert tried == {"clean": 2, "train": 3, "predict(1:00001)": 2}
    assert night.kept() == {}
    (cause,) = night.explained(failed.run).causes
    assert (cause.name, cause.verdict.rule) == ("report", "bug")

    mended = night.press_retry(failed.run)
    assert mended.succeeded, mended.message
    assert night.ran == ["notify", "publish", "remember-interactions", "remember-items", "report"]
    assert sorted(night.kept()) == KEPT
    assert differences(night.left(mended), quiet.left(undisturbed)) == [TELLS_HOW_LONG_IT_TOOK]
    assert [message["status"] for message in webhook.told] == ["Failed", "Succeeded"]

    night.press_retry(failed.run, step="notify")
    assert night.ran == ["notify"]
    assert len(webhook.told) == 2, "the exit handler ran once more, and who knows is not told again"
