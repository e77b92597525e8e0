"""A report as one HTML page: no script, no network, light and dark, and made for print."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from siloscope.viz.report.blocks import Block, Cell, Item, Items, Plot, Report, Section, Table, Text, Tiles, clean


def as_html(report: Report) -> str:
    """The page."""
    style = files("siloscope.viz").joinpath("static", "report.css").read_text("utf-8")
    nav = "".join(f'<a href="#{each.key}">{_safe(each.title)}</a>' for each in report.sections)
    body = "\n".join(_section(each) for each in report.sections)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{_safe(report.title)}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{_safe(report.title)}</h1><p>{_safe(report.subtitle)}</p><nav>{nav}</nav></header>
<main>
{body}
</main>
</body>
</html>
"""


def _safe(text: str) -> str:
    return escape(clean(text))


def _section(section: Section) -> str:
    blocks = "\n".join(part for each in section.blocks for part in _block(each))
    return f'<section id="{section.key}">\n<h2>{_safe(section.title)}</h2>\n{blocks}\n</section>'


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield f"<p>{_safe(block.text)}</p>"
    elif isinstance(block, Tiles):
        tiles = "".join(
            f"<div><strong>{_safe(figure)}</strong><span>{_safe(name)}</span><small>{_safe(note)}</small></div>"
            for figure, name, note in block.tiles
        )
        yield f'<div class="tiles">{tiles}</div>'
    elif isinstance(block, Table):
        yield _table(block)
    elif isinstance(block, Plot):
        yield f"<figure>{block.svg}<figcaption>{_safe(block.caption)}</figcaption></figure>"
    elif isinstance(block, Items):
        yield f'<ol class="findings">{"".join(_item(each) for each in block.items)}</ol>'


def _table(table: Table) -> str:
    def cell(tag: str, at: int, value: Cell) -> str:
        side = ' class="right"' if at in table.right else ""
        return f"<{tag}{side}>{_safe('-' if value is None else str(value))}</{tag}>"

    head = "".join(cell("th", at, name) for at, name in enumerate(table.columns))
    rows = "".join(f"<tr>{''.join(cell('td', at, value) for at, value in enumerate(row))}</tr>" for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _item(item: Item) -> str:
    because = "".join(f"<li><b>{weight:+.2f}</b> {_safe(says)}</li>" for weight, says in item.because)
    return f"<li><h3>{_safe(item.title)}</h3><p>{_safe(item.about)}</p><ul>{because}</ul></li>"
