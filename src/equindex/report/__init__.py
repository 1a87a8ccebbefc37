"""Reports: what was scored and analysed, as one page that opens anywhere, as Markdown, or as a workbook."""

from equindex.report.drawing import chart
from equindex.report.gather import Found, gather
from equindex.report.page import html, markdown
from equindex.report.sheets import workbook

__all__ = ["Found", "chart", "gather", "html", "markdown", "workbook"]
