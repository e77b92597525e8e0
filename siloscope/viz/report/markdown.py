"""A report as Markdown: tables where the page has plots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from siloscope.viz.report.blocks import Block, Cell, Items, Plot, Report, Table, Text, Tiles, clean

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(report: Report) -> str:
    """The text."""
    lines = [f"# {_safe(report.title)}", "", _safe(report.subtitle), ""]
    for section in report.sections:
        lines += [f"## {_safe(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def _safe(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", clean(text))


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield _safe(block.text)
    elif isinstance(block, Tiles):
        for figure, name, note in block.tiles:
            yield f"- **{_safe(figure)}** {_safe(name)}" + (f" ({_safe(note)})" if note else "")
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Plot):
        yield _safe(block.caption)
        if block.table:
            yield ""
            yield from _table(block.table)
    elif isinstance(block, Items):
        for number, each in enumerate(block.items, start=1):
            yield f"{number}. **{_safe(each.title)}**  "
            yield f"   {_safe(each.about)}"
            yield from (f"   - {weight:+.2f} {_safe(says)}" for weight, says in each.because)


def _table(table: Table) -> Iterator[str]:
    def row(cells: list[Cell]) -> str:
        return "| " + " | ".join(_safe("-" if each is None else str(each)) for each in cells) + " |"

    yield row(list(table.columns))
    yield "|" + "|".join("---:" if at in table.right else "---" for at in range(len(table.columns))) + "|"
    yield from (row(list(each)) for each in table.rows)
