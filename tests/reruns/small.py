"""Stands in for ``python -m machiya_component small``: a component whose outputs follow from what it is given.

Each port is a folder with one file: the operation, its options, all that came in. Without the kit it begins at once.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

PORTS = {"read": "rows", "train": "model", "predict": "lists", "score": "scores", "publish": "pointer"}


def main(operation: str, *words: str) -> None:
    """Run one operation."""
    data = Path(os.environ["MACHIYA_DATA"])
    options = dict(zip(words[::2], words[1::2], strict=True))
    port = data / "out" / PORTS[operation]
    port.mkdir()
    if operation == "publish":
        facts = {name.removeprefix("--"): value for name, value in options.items()}
        _write(port / "pointer.json", json.dumps(facts), facts["key"])
    else:
        came = [path for path in sorted((data / "in").rglob("*")) if path.is_file() and path.name != "_digest"]
        texts = [f"{path.relative_to(data / 'in')}: {path.read_text()}" for path in came]
        _write(port / "text", "\n".join([operation, json.dumps(options), *texts]))


def _write(file: Path, text: str, content: str = "") -> None:
    """The file, and beside it the digest of its content: facts of the run are none."""
    file.write_text(text)
    (file.parent / "_digest").write_text(f"sha256:{hashlib.sha256((content or text).encode()).hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[3:])
