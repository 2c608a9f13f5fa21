"""The contracts and the component that the documents show are right and run."""

import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component.contract import load_contract

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:^`(?P<file>[\w./]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[tuple[str, str, str]]:
    """(file named above the block or "", language, text) of every fenced block of a document."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return [(match["file"] or "", match["language"], match["text"]) for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("document", ["contract.md", "kit.md"])
def test_contracts_in_the_documents_are_valid(document: str, tmp_path: Path) -> None:
    contracts = [text for _, language, text in blocks(document) if language == "yaml" and "apiVersion" in text]

    assert contracts
    for text in contracts:
        (tmp_path / "component.yaml").write_text(text, encoding="utf-8")
        assert load_contract(tmp_path).operations


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    """The component of docs/kit.md, laid out as the page says."""
    for file, _, text in blocks("kit.md"):
        if file:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / "machiya_scale" / "__init__.py").touch()
    (tmp_path / "sample" / "rows").mkdir(parents=True)
    rows = pa.table({"user_id": ["a"], "weight": [1.0]})
    pq.write_table(rows, tmp_path / "sample" / "rows" / "part-00000.parquet")
    return tmp_path


def test_the_tests_of_the_component_in_the_guide_pass(documented: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=documented, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
