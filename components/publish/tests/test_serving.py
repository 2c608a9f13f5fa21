"""The reader of serving copies: safe to share, sure of what it reads, light; and the file is as README.md says."""

import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest

from machiya_publish.compact import ParquetLists
from machiya_publish.pack import pack
from machiya_publish.serving import CopyError, ServingCopy
from machiya_publish.serving.__main__ import main

from .packing import many, packed, plain, table

LISTS = many(60)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that no test changes."""
    folder = tmp_path_factory.mktemp("written")
    packed(folder, table(LISTS))
    return folder / "serving"


@pytest.fixture
def content(written: Path) -> bytearray:
    return bytearray((written / "packed.bin").read_bytes())


@pytest.mark.parametrize("reader", [ServingCopy, ParquetLists])
def test_k_cuts_the_list(written: Path, reader: type[ServingCopy | ParquetLists]) -> None:
    copy = reader(written)
    for k in (0, 1, 5, 100):
        assert {user: plain(copy.recommend(user, k)) for user in LISTS} == {
            user: found[:k] for user, found in LISTS.items()
        }
    assert plain(copy.recommend("u0", -1)) == []


STRANGERS = ("", "u", "U0", "u60", "u0\0", "\ud800")


@pytest.mark.parametrize("reader", [ServingCopy, ParquetLists])
@pytest.mark.parametrize("user", STRANGERS)
def test_unknown_users_have_no_list(written: Path, reader: type[ServingCopy | ParquetLists], user: str) -> None:
    assert reader(written).recommend(user) is None


@pytest.mark.parametrize("k", [None, 0, 1, 5, 100, -1])
def test_lists_can_be_had_in_numbers(written: Path, k: int | None) -> None:
    copy = ServingCopy(written)
    for user in LISTS:
        numbers, found = copy.numbered(user, k), copy.recommend(user, k)
        assert numbers is not None
        assert found is not None
        assert copy.item_ids[numbers.items].tolist() == found.items
        assert numbers.scores.tolist() == found.scores.tolist()
    assert all(copy.numbered(user, k) is None for user in STRANGERS)


def test_a_copy_contains_the_users_with_a_list(written: Path) -> None:
    copy = ServingCopy(written)
    assert all(user in copy for user in LISTS)
    assert not any(user in copy for user in STRANGERS)


def test_scores_cannot_be_written_to(written: Path) -> None:
    found = ServingCopy(written).recommend("u1")
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found.scores[0] = 1


def test_the_ids_of_items_cannot_be_changed(written: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ServingCopy(written).item_ids[0] = "another"


def test_threads_share_a_copy(written: Path) -> None:
    copy = ServingCopy(written)
    users = list(LISTS) * 50
    with ThreadPoolExecutor(8) as pool:
        assert [plain(found) for found in pool.map(copy.recommend, users)] == [LISTS[user] for user in users]


def test_a_newer_copy_takes_the_place_while_the_old_one_is_read(written: Path, tmp_path: Path) -> None:
    newer = {"u0": [("other", 1.0, "model")]}
    packed(tmp_path, table(newer))
    served = tmp_path / "served"
    served.mkdir()
    (served / "packed.bin").write_bytes((written / "packed.bin").read_bytes())
    copy = ServingCopy(served)
    assert copy.is_current()
    (tmp_path / "serving" / "packed.bin").replace(served / "packed.bin")
    assert not copy.is_current()
    assert plain(copy.recommend("u0")) == LISTS["u0"]
    assert plain(ServingCopy(served).recommend("u0")) == newer["u0"]
    (served / "packed.bin").unlink()
    assert not copy.is_current()
    assert plain(copy.recommend("u0")) == LISTS["u0"]


@pytest.mark.parametrize(
    ("start", "data", "words"),
    [
        (0, b"PK", "is not a serving copy"),
        (8, b"\x02", "has a damaged header"),
        (20, b"\xff", "has a damaged header"),
        (255, b"\xff\xff", "has a damaged header"),
    ],
)
def test_a_damaged_header_is_told(content: bytearray, tmp_path: Path, start: int, data: bytes, words: str) -> None:
    content[start : start + len(data)] = data
    (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(CopyError, match=words) as caught:
        ServingCopy(tmp_path)
    assert "write it again" in str(caught.value)


def test_another_version_is_told(content: bytearray, tmp_path: Path) -> None:
    content[8:12] = struct.pack("<I", 2)
    content[252:256] = struct.pack("<I", crc32(content[:252]))
    (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(CopyError, match="is of version 2 of the format, and this reader knows 1"):
        ServingCopy(tmp_path)


@pytest.mark.parametrize("size", [0, 100, 300, -1])
def test_a_file_that_is_cut_off_is_told(content: bytearray, tmp_path: Path, size: int) -> None:
    (tmp_path / "packed.bin").write_bytes(content[:size])
    with pytest.raises(CopyError, match=r"cannot be read|is not a serving copy|has [\d,]+ bytes where its header says"):
        ServingCopy(tmp_path)


def test_a_file_that_goes_on_is_told(content: bytearray, tmp_path: Path) -> None:
    (tmp_path / "packed.bin").write_bytes(content + b"\0")
    with pytest.raises(CopyError, match="where its header says"):
        ServingCopy(tmp_path)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 1])
def test_verify_finds_any_other_byte(content: bytearray, tmp_path: Path, share: float) -> None:
    place = 256 + int(share * (len(content) - 257))
    content[place] ^= 0x80
    (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(CopyError, match=r"is damaged|cannot be read"):
        ServingCopy(tmp_path).verify()


@pytest.mark.parametrize("section", [4, 6])
def test_a_damaged_text_is_told_on_opening(content: bytearray, tmp_path: Path, section: int) -> None:
    """Texts of items, and of sources."""
    content[struct.unpack_from("<14Q", content, 56)[2 * section]] ^= 0x80
    (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(CopyError, match=r"packed\.bin is damaged: a text is not in UTF-8 .*write it again"):
        ServingCopy(tmp_path)


def test_no_copy_is_told(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match=r"packed\.bin cannot be read: .* Name the folder"):
        ServingCopy(tmp_path)


def test_the_reader_needs_numpy_only() -> None:
    """A web service starts fast, and with few libraries."""
    heavy = "pyarrow", "machiya_component", "pydantic", "pandas"
    code = f"import machiya_publish.serving, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def find_by_the_document(data: bytes, user: str) -> list[tuple[str, float, str]] | None:
    """A reader written after the README's description of the file, with no code of the component."""
    magic, version, order, *_, buckets = struct.unpack_from("<8sII5Q", data)
    assert (magic, version, order) == (b"MCHYPACK", 1, 0x01020304)
    assert data[168:200] == sha256(data[256:]).digest()
    places = struct.unpack_from("<14Q", data, 56)
    sections = [data[start : start + size] for start, size in zip(places[::2], places[1::2], strict=True)]
    records, starts, entries, item_ends, item_texts, source_ends, source_texts = sections

    def text(ends: bytes, texts: bytes, number: int) -> str:
        (end,) = struct.unpack_from("<Q", ends, 8 * number)
        start = struct.unpack_from("<Q", ends, 8 * number - 8)[0] if number else 0
        return texts[start:end].decode()

    key = user.encode()
    bucket = crc32(key) >> (32 - (buckets.bit_length() - 1))
    first, end = struct.unpack_from("<2I", starts, 4 * bucket)
    for entry in range(first, end):
        at = 4 * struct.unpack_from("<Q", entries, 8 * entry)[0]
        length, runs, size = struct.unpack_from("<3I", records, at)
        if records[at + 12 : at + 12 + size] != key:
            continue
        at += 12 + -(-size // 4) * 4
        numbers = struct.unpack_from(f"<{length}I", records, at)
        scores = struct.unpack_from(f"<{length}f", records, at + 4 * length)
        ends = struct.unpack_from(f"<{runs}I", records, at + 8 * length)
        which = struct.unpack_from(f"<{runs}I", records, at + 8 * length + 4 * runs)
        source = [next(s for e, s in zip(ends, which, strict=True) if place < e) for place in range(length)]
        return [
            (text(item_ends, item_texts, number), score, text(source_ends, source_texts, one))
            for number, score, one in zip(numbers, scores, source, strict=True)
        ]
    return None


def test_the_file_is_what_the_readme_says(content: bytearray) -> None:
    assert {user: find_by_the_document(bytes(content), user) for user in LISTS} == LISTS
    assert find_by_the_document(bytes(content), "u60") is None


def test_a_person_looks_users_up(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user = next(user for user, found in LISTS.items() if len(found) > 2)
    assert main([str(written), user, "-k", "2", "--verify"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("60 users, ")
    assert said[2] == user
    assert [line.split() for line in said[3:]] == [
        [str(rank), item, f"{score:.4f}", source] for rank, (item, score, source) in enumerate(LISTS[user][:2], 1)
    ]


def test_a_person_is_told_who_has_no_list_and_what_is_damaged(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(written), "u0", "nobody"]) == 1
    assert "nobody\n  has no list" in capsys.readouterr().out
    assert main([str(tmp_path), "u0"]) == 65
    assert "cannot be read" in capsys.readouterr().err


def test_the_readme_shows_what_a_person_sees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).parents[1]
    pack(sorted((root / "sample" / "recommendations").glob("*.parquet")), tmp_path)
    text = (root / "README.md").read_text(encoding="utf-8")
    assert main([str(tmp_path), "求職者-0006", "-k", "3"]) == 0
    assert f"$ python -m machiya_publish.serving serving 求職者-0006 -k 3\n{capsys.readouterr().out}```" in text
