"""What may lie where, and what no file may say."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(path.parent for path in ROOT.glob("components/*/component.yaml"))
LOCKS = sorted(ROOT.glob("**/requirements.lock"))


def files() -> list[Path]:
    """The files under version control, or, where there is no repository, all that are no by-products."""
    call = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if call.returncode == 0:
        names = call.stdout.decode().rstrip("\0").split("\0")
        return [path for name in names if (path := ROOT / name).is_file()]
    by_products = {".git", ".venv", ".machiya", "__pycache__"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not by_products & set(path.parts)]


def texts() -> dict[str, str]:
    """Name and content of every text file."""
    found = {}
    for path in files():
        try:
            found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def test_no_module_lies_directly_in_platform() -> None:
    """With that folder's parent on the path, it would shadow `platform` of the standard library."""
    assert list((ROOT / "platform").glob("*.py")) == []


# A home folder, a temporary folder with a random name, and this very checkout where its path is no common word.
MACHINE_PATHS = re.compile(
    r"/(?:home|Users)/[a-z]\w*/|/root/\w|/tmp/tmp\w{6}|"
    + (re.escape(str(ROOT)) + r"\b" if len(ROOT.parts) > 2 else r"(?!)")
)


def test_no_file_names_a_path_of_one_machine() -> None:
    found = {name: match.group() for name, text in texts().items() if (match := MACHINE_PATHS.search(text))}
    found.pop("tests/architecture/test_tree.py", None)
    assert found == {}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT).parent))
def test_locks_hold_versions_and_hashes_but_no_addresses_and_none_of_ours(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.findall(r"^(\S+?)(?:\[.*\])?==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}", text, flags=re.MULTILINE)
    assert len(requirements) == len(re.findall(r"^[^\s#]", text, flags=re.MULTILINE)) > 0
    assert "://" not in text
    assert [name for name in requirements if name.startswith("machiya")] == []


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_nothing_in_a_component_refers_outside_its_folder(component: Path) -> None:
    own = f"components/{component.name}/"
    inside = {name: text for name, text in texts().items() if name.startswith(own)}
    above = re.compile(
        r"(?:\.\./){2,}|platform/(?:kit|machiya)/|components/(?!" + re.escape(component.name) + r"\b)[a-z]+/"
    )
    assert {name: match.group() for name, text in inside.items() if (match := above.search(text))} == {}
    links = [path for path in component.rglob("*") if path.is_symlink() and component not in path.resolve().parents]
    assert links == []


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_component_has_what_makes_it_one(component: Path) -> None:
    expected = {
        ".dockerignore",
        "CHANGELOG.md",
        "Dockerfile",
        "README.md",
        "component.yaml",
        "pyproject.toml",
        "requirements.lock",
        "sample/generate.py",
        "tests",
        "wheels/.gitignore",
    }
    assert {name for name in expected if not (component / name).exists()} == set()
