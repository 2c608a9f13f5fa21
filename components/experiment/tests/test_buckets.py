"""Buckets: the same everywhere and always, uniform, and independent from salt to salt."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from machiya_experiment.buckets import buckets

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
MANY = pa.array([f"user-{number}" for number in range(40_000)])
ALPHA = 1e-4
"""The salts are fixed, so that these tests cannot fail by chance; they would, if hashing were not what it should be."""


@pytest.mark.parametrize(
    ("salt", "user", "expected"),
    [("2026-11", "u0001", 0.3547687485666585), ("2026-11", "太郎", 0.8260508834789404)],
)
def test_the_documented_examples(salt: str, user: str, expected: float) -> None:
    """Written down once: whoever changes them moves every user of every running experiment."""
    assert buckets(pa.array([user]), salt).tolist() == [expected]


@given(st.lists(IDS, min_size=1), IDS)
def test_the_definition(users: list[str], salt: str) -> None:
    def written_out(user: str) -> float:
        digest = hashlib.sha256(salt.encode() + b"\0" + user.encode()).hexdigest()
        return int(bin(int(digest, 16))[2:].zfill(256)[:53], 2) / 2**53

    assert buckets(pa.array(users), salt).tolist() == [written_out(user) for user in users]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()])
def test_the_encoding_of_strings_does_not_matter(type_: pa.DataType) -> None:
    assert buckets(pa.array(["u0001"], type_), "2026-11").tolist() == [0.3547687485666585]


@pytest.mark.parametrize("salt", ["2026-11", "2026-12", "a", "採用"])
def test_buckets_are_uniform(salt: str) -> None:
    found = buckets(MANY, salt)
    assert found.min() >= 0
    assert found.max() < 1
    counts = np.bincount(np.floor(found * 100).astype(int), minlength=100)
    assert stats.chisquare(counts).pvalue > ALPHA


@pytest.mark.parametrize(("one", "other"), [("2026-11", "2026-12"), ("a", "b"), ("a", "ab")])
def test_different_salts_are_independent(one: str, other: str) -> None:
    """Ten groups by one salt and ten by the other: a chi-square test of independence."""
    table = np.zeros((10, 10))
    np.add.at(table, tuple(np.floor(buckets(MANY, salt) * 10).astype(int) for salt in (one, other)), 1)
    assert stats.chi2_contingency(table).pvalue > ALPHA


def test_salt_and_user_do_not_run_together() -> None:
    assert buckets(pa.array(["c"]), "ab") != buckets(pa.array(["bc"]), "a")
