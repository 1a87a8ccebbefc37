"""Reports: what was scored and analysed, as one page that opens anywhere, or as Markdown."""

from equindex.report.drawing import chart
from equindex.report.gather import Found, gather
from equindex.report.page import html, markdown

__all__ = ["Found", "chart", "gather", "html", "markdown"]
