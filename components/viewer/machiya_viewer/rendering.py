"""Jinja2 for this component: autoescape everywhere, undefined names are errors, and the filters of ``text``."""

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from machiya_viewer import text
from machiya_viewer.assets import asset
from machiya_viewer.charts import Estimate
from machiya_viewer.i18n import DEFAULT, LANGUAGES, translator


def render(template: str, language: str = DEFAULT, **context: Any) -> str:
    """One page in one of ``i18n.LANGUAGES``."""
    return environment(language).get_template(template).render(**context)


def compile_everything() -> None:
    """Compile all templates in all languages, so that nobody waits for it."""
    for language in LANGUAGES:
        made = environment(language)
        for name in made.list_templates(extensions=["html", "svg"]):
            made.get_template(name)


@cache
def environment(language: str = DEFAULT) -> Environment:
    """The environment that all templates of one language are loaded in."""
    made = Environment(
        loader=PackageLoader("machiya_viewer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    words = translator(language)
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.globals["language"] = language
    made.filters |= {
        "breakable": text.breakable,
        "count": text.count,
        "date": date,
        "interval": lambda estimate: _interval(estimate, words.gettext("%(low)s to %(high)s")),
        "language": text.language_of,
        "moment": moment,
        "number": text.number,
        "path": lambda address: address.partition("?")[0],
        "plain": words.plain,
        "say": words.say,
        "signed": text.signed,
        "visible": text.visible,
    }
    return made


def style() -> Markup:
    """The style sheet, to be put into a page."""
    return Markup(asset("style.css"))


def date(time: datetime | None) -> str:
    """``2026-11-01``; ``n/a`` where there is none."""
    return text.MISSING if time is None else time.strftime("%Y-%m-%d")


def moment(time: datetime | None) -> str:
    """``2026-11-01 12:30 UTC``; ``n/a`` where there is none."""
    return text.MISSING if time is None else time.strftime("%Y-%m-%d %H:%M UTC")


def _interval(estimate: Estimate, words: str) -> str:
    """``0.201 to 0.226``, in the words of the language; ``n/a`` where a bound is missing."""
    if not text.is_number(estimate.low) or not text.is_number(estimate.high):
        return text.MISSING
    return words % {"low": text.number(estimate.low), "high": text.number(estimate.high)}
