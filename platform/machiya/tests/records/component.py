"""Stands in for a component and the kit: quick artifacts with sidecars. `component.py toy run OPERATION TEXT`."""

import hashlib
import json
import os
import sys
from pathlib import Path

DATA = Path(os.environ["MACHIYA_DATA"])


def digest_of(files: list[dict[str, object]]) -> str:
    """The content digest, by the rule of the kit."""
    return (
        "sha256:" + hashlib.sha256("".join(f"{one['sha256']}  {one['path']}\n" for one in files).encode()).hexdigest()
    )


def inputs() -> dict[str, str]:
    """The digests of what came in, by port."""
    found = {}
    for folder in sorted((DATA / "in").iterdir()) if (DATA / "in").is_dir() else []:
        told = folder / "_digest"
        found[folder.name] = told.read_text() if told.is_file() else "sha256:" + "0" * 64
    return found


def seal(folder: Path, operation: str, text: str) -> None:
    """Put the sidecar beside the data."""
    content = (folder / "part.txt").read_bytes()
    files: list[dict[str, object]] = [
        {"path": "part.txt", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    ]
    producer = {"component": "toy", "version": "1.0.0", "operation": operation, "parameters": {"text": text}}
    sidecar = {"apiVersion": "machiya/v1", "type": "files", "files": files, "digest": digest_of(files)}
    (folder / "_artifact.json").write_text(json.dumps(sidecar | {"producer": producer, "inputs": inputs(), "seed": 7}))
    (folder / "_digest").write_text(digest_of(files))


def main(operation: str, text: str) -> int:
    """Run one operation; the exit code."""
    sys.stdout.write(f"{operation} begins\n")
    sys.stdout.flush()
    if operation == "check" and text != "0":
        sys.stderr.write("the input is empty: look at the log\n\n")
        return int(text)
    folder = DATA / "out" / "data"
    folder.mkdir()
    came = "".join(path.read_text() for path in sorted((DATA / "in").rglob("*.txt")))
    (folder / "part.txt").write_text(f"{operation} {text}\n{came}")
    seal(folder, operation, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[3:]))
