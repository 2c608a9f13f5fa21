"""Untrusted text is shown, not obeyed; numbers are never invented."""

import math
import unicodedata

import pytest

from machiya_viewer import text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('"><img src=x onerror=alert(1)>', "&#34;&gt;&lt;img src=x onerror=alert(1)&gt;"),
        ("求人 & jobs", "求人 &amp; jobs"),
        ("a\u202eb", 'a<span class="control">U+202E</span>b'),
        ("a\nb", 'a<span class="control">U+000A</span>b'),
        ("\u200b", '<span class="control">U+200B</span>'),
        ("\U000e0041", '<span class="control">U+E0041</span>'),
        ("", ""),
    ],
)
def test_untrusted_text_is_escaped_and_acting_characters_are_shown(raw: str, shown: str) -> None:
    assert text.visible(raw) == shown


def test_every_control_and_bidirectional_override_is_shown() -> None:
    acting = [chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) in {"Cc", "Cf", "Zl", "Zp"}]
    obeyed = [character for character in acting if character in text.visible(character)]
    assert obeyed == ["\u200c", "\u200d"]  # the joiners: needed in words and emoji, harmless alone


def test_joiners_inside_an_emoji_are_kept() -> None:
    assert text.visible("👩\u200d🍳") == "👩\u200d🍳"


def test_a_cut_is_never_silent() -> None:
    assert text.visible("x" * 170, limit=160) == "x" * 160 + '<span class="cut">… +10</span>'
    assert text.visible("x" * 160, limit=160) == "x" * 160
    assert text.plain("x" * 65) == "x" * 64 + "…"


def test_text_for_places_without_markup_shows_acting_characters_too() -> None:
    assert text.plain("a\u202eb\n") == "a⟨U+202E⟩b⟨U+000A⟩"


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_known_is_never_zero(missing: float | None) -> None:
    assert text.number(missing) == "n/a"
    assert text.signed(missing) == "n/a"


def test_counts_that_are_not_known_are_never_zero() -> None:
    assert text.count(None) == "n/a"
    assert text.percent(None, 10) == "n/a"
    assert text.percent(0, 0) == "n/a"
    assert text.percent(0, 10) == "0.0%"


def test_numbers_read_well() -> None:
    assert text.number(0.21349) == "0.213"
    assert text.number(-1.5, 1) == "−1.5"
    assert text.signed(0.0124) == "+0.012"
    assert text.signed(-0.003) == "−0.003"
    assert text.signed(-0.0001) == "0.000"
    assert text.count(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("title", "told", "language"),
    [
        ("データエンジニア, 札幌", None, "ja"),
        ("ｷｯﾁﾝｽﾀｯﾌ", None, "ja"),
        ("Nurse", None, ""),
        ("営業", None, ""),
        ("営業", "zh-Hant", "zh-Hant"),
        ("カフェ", "en", "en"),
        ("Nurse", '"><script>', ""),
        ("カフェ", "x" * 40, "ja"),
        (None, None, ""),
    ],
)
def test_the_language_of_a_title_is_told_or_seen_never_invented(
    title: str | None, told: str | None, language: str
) -> None:
    assert text.language_of(title, told) == language


def test_a_name_may_be_broken_between_its_parts_and_stays_escaped() -> None:
    assert text.breakable(text.visible("cost.max_<b>")) == "cost.<wbr>max_<wbr>&lt;b&gt;"
    assert text.breakable(text.visible("rule")) == "rule"
