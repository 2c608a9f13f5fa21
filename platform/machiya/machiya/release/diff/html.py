"""The page as HTML: one file that needs nothing else."""

from collections.abc import Iterator, Sequence
from html import escape

from machiya.release.diff.blocks import Block, Bullets, Heading, Strong, Table, Text, Verdict

_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --go: #1a7f37; --look: #9a6700; --no-go: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #151b23; --go: #3fb950; --look: #d29922; --no-go: #f85149; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin-bottom: .75rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; }
.verdict { border-left: .4rem solid; padding: .6rem 1rem; background: var(--soft); }
.verdict b { font-size: 1.25rem; margin-right: .5rem; }
.go { color: var(--go); } .look { color: var(--look); } .no-go { color: var(--no-go); }
.verdict span, li span.text { color: CanvasText; }
li b { display: inline-block; min-width: 3.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .93em; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
th { background: var(--soft); font-weight: 600; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
"""


def html(blocks: Sequence[Block]) -> str:
    """A whole document; what comes from elsewhere is shown as it is, and marks up nothing."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    body = "\n".join(part for block in blocks for part in _parts(block))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _parts(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    elif isinstance(block, Verdict):
        yield f'<p class="verdict {block.outcome}"><b>{block.outcome}</b><span>{escape(block.text)}</span></p>'
    elif isinstance(block, Text):
        yield f"<p>{escape(block.text)}</p>"
    elif isinstance(block, Table):
        yield from _table(block)
    else:
        assert isinstance(block, Bullets)
        yield "<ul>"
        for mark, text in block.lines:
            badge = f'<b>{mark}</b> <span class="text">{escape(text)}</span>' if mark else escape(text)
            yield f'<li class="{mark}">{badge}</li>' if mark else f"<li>{badge}</li>"
        yield "</ul>"


def _table(table: Table) -> Iterator[str]:
    kinds = [' class="number"' if name in table.numbers else "" for name in table.columns]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for name, kind in zip(table.columns, kinds, strict=True))
    yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>'
    for row in table.rows:
        yield f"<tr>{''.join(f'<td{kind}>{_cell(text)}</td>' for text, kind in zip(row, kinds, strict=True))}</tr>"
    yield "</tbody></table></div>"


def _cell(text: str) -> str:
    return f"<strong>{escape(text)}</strong>" if isinstance(text, Strong) else escape(text)
