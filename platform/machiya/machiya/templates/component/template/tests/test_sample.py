"""The sample data is what its generator makes."""

import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "sample"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def test_the_generator_makes_the_same_bytes_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLE / "generate.py", tmp_path], check=True)
    assert contents(tmp_path) == contents(SAMPLE)
