"""A workflow's folder with promises."""

import json
from pathlib import Path

import pytest

CONTRACT = {
    "apiVersion": "machiya/v1",
    "name": "shop",
    "version": "1.0.0",
    "summary": "Reads",
    "owner": "us",
    "operations": {
        "read": {
            "summary": "Read.",
            "outputs": {"rows": {"type": "files"}},
            "samples": {"small": {}},
        }
    },
}
WORKFLOW = """\
from machiya.dsl import Workflow
workflow = Workflow("shopping", summary="A test", owner="us", schedule="0 3 * * *", timezone="Asia/Tokyo")
(shop,) = workflow.components("shop")
shop.read()
"""
SLO = """\
apiVersion: machiya/v1
production:
  finishedBy: "06:00"
  successRate: {atLeast: 0.95, over: 30d}
  freshness: 26h
  coverage: {atLeast: 0.9}
  duration: {atMost: 2h}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "workflows" / "shopping"
    (folder / "contracts").mkdir(parents=True)
    (folder / "contracts" / "shop-1.0.0.json").write_text(json.dumps(CONTRACT))
    digest = "sha256:" + "ab" * 32
    (folder / "pins.yaml").write_text(
        f"registry: ghcr.io/acme\ndevelopment:\n  shop: 1.0.0\nproduction:\n  shop: 1.0.0@{digest}\n"
    )
    (folder / "workflow.py").write_text(WORKFLOW)
    (folder / "slo.yaml").write_text(SLO)
    return folder
