"""The words of the interface: everything that can be said in English can be said in Japanese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import machiya_viewer
from machiya_viewer.i18n import LANGUAGES, message, messages, translator
from machiya_viewer.i18n.ja import JAPANESE
from machiya_viewer.rendering import compile_everything, environment
from machiya_viewer.web.languages import accepted

PACKAGE = Path(machiya_viewer.__file__).parent
PLACES = re.compile(r"%\((\w+)\)s")


def of_templates() -> Iterator[tuple[str, ...]]:
    """(text,) or (form for one, form for many) of every text in the templates."""
    for file in sorted((PACKAGE / "templates").rglob("*")):
        if file.suffix in {".html", ".svg"} and file.name != "favicon.svg":
            for _, _, found in environment().extract_translations(file.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
                yield (found,) if isinstance(found, str) else tuple(text for text in found if text)


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call of a function that makes a message or translates."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in {"message", "messages", "gettext"} and node.args and "i18n" not in file.parts:
                    yield file, node, name


def of_code() -> Iterator[tuple[str, ...]]:
    for _, call, name in calls():
        forms = call.args[: 2 if name == "messages" else 1]
        yield tuple(form.value for form in forms if isinstance(form, ast.Constant) and isinstance(form.value, str))


EVERYTHING = sorted({*of_templates(), *of_code()})


def test_messages_are_literals_so_that_their_translations_can_be_looked_for() -> None:
    variable = [
        f"{file.name}:{call.lineno}"
        for file, call, name in calls()
        if not all(isinstance(form, ast.Constant) for form in call.args[: 2 if name == "messages" else 1])
    ]
    assert variable == []


def test_every_text_of_templates_and_view_models_is_translated() -> None:
    assert len(EVERYTHING) > 200
    assert [forms[0] for forms in EVERYTHING if forms[0] not in JAPANESE] == []


def test_no_translation_is_of_a_text_that_is_gone() -> None:
    assert sorted(set(JAPANESE) - {forms[0] for forms in EVERYTHING}) == []


@pytest.mark.parametrize("forms", EVERYTHING, ids=lambda forms: forms[0][:40])
def test_a_translation_has_the_same_places_for_values(forms: tuple[str, ...]) -> None:
    wanted = set(PLACES.findall(forms[-1]))
    assert set(PLACES.findall(JAPANESE[forms[0]])) == wanted
    values = dict.fromkeys(wanted, "")
    for text in (*forms, JAPANESE[forms[0]]):
        text % values


def test_values_in_a_sentence_are_text_of_the_data() -> None:
    said = message("%(name)s was not evaluated.", name="<b>\u202e")
    assert translator("en").say(said) == '&lt;b&gt;<span class="control">U+202E</span> was not evaluated.'
    assert translator("ja").say(said) == '&lt;b&gt;<span class="control">U+202E</span> は評価されていません。'
    assert translator("ja").plain(said) == "<b>⟨U+202E⟩ は評価されていません。"


@pytest.mark.parametrize(
    ("number", "words"), [(1, "One rule fails."), (0, "0 rules fail."), (1234, "1,234 rules fail.")]
)
def test_the_form_follows_the_number(number: int, words: str) -> None:
    said = messages("One rule fails.", "%(count)s rules fail.", number)
    assert str(said) == translator("en").say(said) == words
    assert f"{number:,}" in translator("ja").say(said)


def test_a_message_may_hold_another() -> None:
    said = message("%(metric)s, change", metric=message("Recall"))
    assert str(said) == "Recall, change"
    assert translator("ja").say(said) == "再現率 の変化"


def test_what_nobody_translated_is_english() -> None:
    assert translator("ja").say(message("Not in the catalogue")) == "Not in the catalogue"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en-US;q=0.8", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("de,ja;q=0.5,en;q=0.4", "ja"),
        ("de", "en"),
        ("ja;q=0", "en"),
        ("ja;q=none", "en"),
        ("*", "en"),
        ("en;q=0.1, ja;q=0.2", "ja"),
        (",;=,ja;q=nan", "en"),
        ("x" * 5000 + ",ja", "en"),
    ],
)
def test_the_browser_says_which_language_it_likes_best(header: str, language: str) -> None:
    assert accepted(header) == language
    assert language in LANGUAGES


def test_templates_are_compiled_in_every_language_before_anybody_asks() -> None:
    environment.cache_clear()
    compile_everything()
    for language in LANGUAGES:
        cached = {template.name for template in environment(language).cache.values()}  # type: ignore[union-attr]
        assert {"layout.html", "report.html", "pages/user.html", "parts/macros.html", "charts/marks.svg"} <= cached
