"""Slugs: what names become in addresses."""

import pytest

from machiya_viewer.view.slugs import slug_of, unique_slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("als 1.1.0", "als-1.1.0"),
        ("Recommend/2026-11-25", "recommend-2026-11-25"),
        ("a..b...c", "a.b.c"),
        ("../etc/passwd", "etc-passwd"),
        ("-.Ａ１.-", "a1"),
        ("日本語", "run-1"),
        ("", "run-1"),
        ("..", "run-1"),
        ("x" * 500, "x" * 60),
    ],
)
def test_a_slug_is_letters_digits_dots_and_dashes_without_two_dots(name: str, slug: str) -> None:
    assert slug_of(name, "run-1") == slug


def test_slugs_are_unique_in_their_order() -> None:
    names = ["als", "ALS", "als-2", "als", "日本", "語", "version-5"]
    assert unique_slugs(names, "version") == [
        "als",
        "als-2",
        "als-2-2",
        "als-3",
        "version-5",
        "version-6",
        "version-5-2",
    ]
