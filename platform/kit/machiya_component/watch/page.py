"""A comparison as one page that needs nothing else: a table of the changes, and a picture of each column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from machiya_component.watch.bars import Bar, bars_of
from machiya_component.watch.compare import SENTENCES, Change, Comparison
from machiya_component.watch.history import Snapshot

MOST_PICTURES = 40
WIDTH, HEIGHT = 260, 96
VERDICTS = {"error": "error", "warn": "warning", None: "within the limits"}

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d8dde4; --paper: #fff; --was: #9aa5b4;
  --now: #2364aa; --warn: #9a6700; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a0aab8; --line: #38414d; --paper: #14181e;
  --was: #6b7686; --now: #6aa9ec; --warn: #e3b341; --error: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } .soft { color: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; } td:nth-child(2) { min-width: 9rem; }
td:nth-child(1), td:nth-child(3), .number { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; } summary { cursor: pointer; margin: .6rem 0; }
.warn { color: var(--warn); font-weight: 600; }
.error { color: var(--error); font-weight: 600; } .columns { display: flex; flex-wrap: wrap; gap: 1.2rem; }
figure { margin: 0; width: 260px; } figcaption { overflow-wrap: anywhere; } svg { display: block; width: 100%; }
.bar-was { fill: var(--was); } .bar-now { fill: var(--now); } .axis { stroke: var(--line); }
.labels { display: flex; justify-content: space-between; gap: 1rem; font-size: .8rem; color: var(--soft); }
.labels span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.labels.all { display: block; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class Section:
    """One table on a page: what it is called, how it compares, and the two sides that are drawn."""

    name: str
    comparison: Comparison
    now: Snapshot
    was: Snapshot | None = None


def page(title: str, sections: Sequence[Section]) -> str:
    """The page. Names and values are escaped: they come from data."""
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>',
        f"<h1>{escape(title)}</h1>",
        *(part for section in sections for part in _section(section)),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def summary(comparison: Comparison) -> str:
    """How many errors and warnings there are, in words."""
    errors, warnings = len(comparison.of_level("error")), len(comparison.of_level("warn"))
    if not errors and not warnings:
        return "nothing stands out"
    counted = [(errors, "error"), (warnings, "warning")]
    return " and ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counted if count)


def ranked(comparison: Comparison) -> list[Change]:
    """Errors first, then warnings, then the rest; each as they were found."""
    return sorted(comparison.changes, key=lambda one: ("error", "warn", None).index(one.level))


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{escape(section.name)}: {summary(section.comparison)}</h2>"
    yield f'<p class="soft">{escape(_sides(section))}</p>'
    if section.comparison.notes:
        yield f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in section.comparison.notes)}</ul>"
    changes = ranked(section.comparison)
    if any(one.level for one in changes):
        yield from _table([one for one in changes if one.level])
    if within := [one for one in changes if not one.level]:
        yield f"<details><summary>{len(within)} measures {VERDICTS[None]}</summary>"
        yield from _table(within)
        yield "</details>"
    if section.was is not None:
        yield from _pictures(section, section.was)


def _sides(section: Section) -> str:
    now = f"{section.now.rows:,} rows"
    run = f" ({section.now.run})" if section.now.run else ""
    was = f"; before: {section.was.rows:,} rows ({section.was.run})" if section.was else ""
    return f"Now: {now}{run}{was}"


def _table(changes: Sequence[Change]) -> Iterator[str]:
    heads = "".join(f"<th>{head}</th>" for head in ("verdict", "column", "measure", "before", "now"))
    numbers = "".join(f'<th class="number">{head}</th>' for head in ("change", "warning above", "error above"))
    yield f'<div class="wide"><table><thead><tr>{heads}{numbers}</tr></thead><tbody>'
    for one in changes:
        verdict = f'<td class="{one.level or "soft"}">{VERDICTS[one.level]}</td>'
        sides = ("", "") if one.measure == "psi" else (one.was, one.now)  # its picture is below
        texts = "".join(f"<td>{escape(text)}</td>" for text in (one.column or "(the table)", one.measure, *sides))
        found = (f"{one.value:.3g}", _limit(one.warn), _limit(one.error))
        cells = "".join(f'<td class="number">{number}</td>' for number in found)
        yield f"<tr>{verdict}{texts}{cells}</tr>"
    yield "</tbody></table></div>"


def _limit(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _pictures(section: Section, was: Snapshot) -> Iterator[str]:
    drawn = [(name, bars) for name, bars in distributions(section.now, was, section.comparison) if bars]
    if not drawn:
        return
    yield '<p class="soft">Shares of the rows by value: <b>grey</b> before, <b>blue</b> now.</p><div class="columns">'
    for name, bars in drawn[:MOST_PICTURES]:
        found = [one for one in section.comparison.changes if one.column == name and one.level]
        texts = "".join(f'<br><span class="{one.level}">{escape(SENTENCES[one.measure](one))}</span>' for one in found)
        yield f"<figure>{svg(name, bars)}{_labels(bars, numbers='histogram' in was.columns[name])}"
        yield f"<figcaption><b>{escape(name)}</b>{texts}</figcaption></figure>"
    yield "</div>"
    if len(drawn) > MOST_PICTURES:
        yield f'<p class="soft">And {len(drawn) - MOST_PICTURES} more columns that are not drawn.</p>'


def _labels(bars: Sequence[Bar], *, numbers: bool) -> str:
    """Below a picture: of numbers the ends, of values all of them in the order of their bars."""
    if not numbers:
        return f'<div class="labels all">{" · ".join(escape(bar.label) for bar in bars)}</div>'
    return f'<div class="labels"><span>{escape(bars[0].label)}</span><span>{escape(bars[-1].label)}</span></div>'


def distributions(now: Snapshot, was: Snapshot, comparison: Comparison) -> list[tuple[str, list[Bar]]]:
    """The bars of each column, those with errors first, then those with warnings."""
    levels = {one.column: one.level for one in reversed(ranked(comparison))}
    names = sorted(now.columns.keys() & was.columns.keys())
    names.sort(key=lambda name: ("error", "warn", None).index(levels.get(name)))
    return [(name, bars_of(was.columns[name], now.columns[name])) for name in names]


def svg(name: str, bars: Sequence[Bar]) -> str:
    """Two bars side by side for each value, the highest as high as the picture."""
    top = max(max(bar.was, bar.now) for bar in bars) or 1.0
    step = WIDTH / len(bars)
    width = min(step * 0.42, 28)
    parts = []
    for place, bar in enumerate(bars):
        middle = (place + 0.5) * step
        parts.append(f"<g><title>{escape(bar.label)}: {bar.was:.1%} before, {bar.now:.1%} now</title>")
        for kind, share, left in (("was", bar.was, middle - width), ("now", bar.now, middle)):
            height = share / top * HEIGHT
            parts.append(
                f'<rect class="bar-{kind}" x="{left:.1f}" y="{HEIGHT - height:.1f}" width="{width:.1f}" '
                f'height="{height:.1f}"/>'
            )
        parts.append("</g>")
    axis = f'<line class="axis" x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/>'
    label = escape(f"{name}: shares before and now", quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 1}" role="img" aria-label="{label}">{"".join(parts)}{axis}</svg>'
