"""The report: what an estate's decision makers read, as one HTML page (also for print) or as Markdown.

`report` gathers sections of blocks from the graph and its findings; `as_html` and `as_markdown` write them.
"""

from siloscope.viz.report.content import report
from siloscope.viz.report.html import as_html
from siloscope.viz.report.markdown import as_markdown

__all__ = ["as_html", "as_markdown", "report"]
