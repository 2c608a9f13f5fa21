"""Jinja2 for this component: autoescape everywhere, undefined names are errors, and the filters of ``text``."""

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from machiya_viewer import text
from machiya_viewer.charts import Estimate


def render(template: str, **context: Any) -> str:
    """One page."""
    return environment().get_template(template).render(**context)


@cache
def environment() -> Environment:
    """The environment that all templates are loaded in."""
    made = Environment(
        loader=PackageLoader("machiya_viewer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "breakable": text.breakable,
        "count": text.count,
        "date": date,
        "interval": interval,
        "number": text.number,
        "plain": text.plain,
        "plural": plural,
        "signed": text.signed,
        "visible": text.visible,
    }
    return made


@cache
def asset(name: str) -> str:
    """A file of the templates' folder as it is, e.g. ``style.css``."""
    loader = environment().loader
    assert loader is not None
    return loader.get_source(environment(), name)[0]


def style() -> Markup:
    """The style sheet, to be put into a page."""
    return Markup(asset("style.css"))


def date(time: datetime | None) -> str:
    """``2026-11-01``; ``n/a`` where there is none."""
    return text.MISSING if time is None else time.strftime("%Y-%m-%d")


def interval(estimate: Estimate) -> str:
    """``0.201 to 0.226``."""
    return text.interval(estimate.low, estimate.high)


def plural(value: int | None, noun: str) -> str:
    """``3 users``; ``n/a`` where there is none."""
    return text.MISSING if value is None else text.plural(value, noun)
