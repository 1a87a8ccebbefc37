"""A workbook to put tables on: formats, widths, printing, and text that never becomes a formula."""

from __future__ import annotations

import datetime
import io
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from equindex.errors import EngineError, FrameworkError
from equindex.report.sheets.words import SHEETS, Words

__all__ = ["GRID", "HEAD", "Book", "Sheet", "at", "column", "width"]

HEAD = 3
"""Row of a sheet's table header, counted from 0: title, note and a free row stand above."""

_BLUE, _GREY, _INPUT, _LINE = "#1F4E79", "#6B7280", "#FFF2CC", "#BFC5CC"
_SERIES = (_BLUE, "#E69F00")
_BAR, _LOW, _HIGH = "#8DB4E2", "#FBE3C8", "#B7D7EE"
GRID = {"color": "#E1E4E8"}
"""Line of the grids of charts."""

_CELL_TEXT, _ROWS, _COLUMNS = 32_767, 1_048_576, 16_384
_WIDEST = 48
_ONE_PAGE = 18  # columns that one page is wide enough for
_CREATED = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def width(text: str) -> int:
    """Return how wide a text is in characters; Chinese ones count two.

    Examples
    --------
    >>> width("index"), width("综合指数")
    (5, 8)
    """
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.split("\n"))


def column(number: int) -> str:
    """Return the letters of a column counted from 0.

    Examples
    --------
    >>> column(0), column(25), column(26), column(16383)
    ('A', 'Z', 'AA', 'XFD')
    """
    letters = ""
    while number >= 0:
        number, digit = number // 26 - 1, number % 26
        letters = chr(ord("A") + digit) + letters
    return letters


def at(row: int, col: int, last_row: int | None = None, last_col: int | None = None) -> str:
    """Return an absolute reference to a cell or a range, counted from 0.

    Examples
    --------
    >>> at(3, 0), at(3, 0, 9)
    ('$A$4', '$A$4:$A$10')
    """
    first = f"${column(col)}${row + 1}"
    if last_row is None and last_col is None:
        return first
    end = at(row if last_row is None else last_row, col if last_col is None else last_col)
    return f"{first}:{end}"


class Book:
    """A workbook in memory, the same bytes for the same content."""

    def __init__(self, words: Words, title: str, foot: str, reword: Callable[[str], str]) -> None:
        import xlsxwriter

        self.reword = reword
        self.words, self.title, self.foot = words, title, foot
        self._buffer = io.BytesIO()
        self.book: Any = xlsxwriter.Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": words.font, "font_size": 10},
            },
        )
        self.book.set_properties({"title": title, "author": "equindex", "created": _CREATED})
        kind = _worksheet()
        self._raw = {key: self.book.add_worksheet(words.sheet(key), kind) for key in SHEETS}
        self.sheets: dict[str, Sheet] = {}
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, **keys: Any) -> Any:
        """Return a format with these keys, the same one each time."""
        known = tuple(sorted(keys.items()))
        if known not in self._formats:
            base = {"font_name": self.words.font, "font_size": 10, "valign": "vcenter"}
            self._formats[known] = self.book.add_format(base | keys)
        return self._formats[known]

    @property
    def text(self) -> Any:
        """Format of text, apart from a number on its left."""
        return self.format(indent=1)

    @property
    def wrapped(self) -> Any:
        """Format of text in lines."""
        return self.format(text_wrap=True, valign="top")

    @property
    def head(self) -> Any:
        """Format of table headers."""
        return self.format(
            bold=True, font_color="#FFFFFF", bg_color=_BLUE, text_wrap=True, align="center", border=1,
            border_color=_LINE,
        )  # fmt: skip

    @property
    def note(self) -> Any:
        """Format of notes under titles."""
        return self.format(font_color=_GREY)

    @property
    def link(self) -> Any:
        """Format of links."""
        return self.format(font_color="#0B5CAD", underline=1)

    @property
    def place(self) -> Any:
        """Format of ranks."""
        return self.format(num_format="0", align="center")

    def number(self, shown: str = "0.00", **keys: Any) -> Any:
        """Return the format of numbers."""
        return self.format(num_format=shown, **keys)

    def input(self, shown: str) -> Any:
        """Return the format of numbers that readers may change."""
        return self.format(num_format=shown, bg_color=_INPUT, border=1, border_color=_LINE, locked=False)

    def told(self, reason: Any) -> str:
        """Return a reason in the workbook's language, nothing for a cell without one."""
        return self.reword(reason) if isinstance(reason, str) else ""

    def sheet(self, key: str, title: str, note: str = "") -> Sheet:
        """Begin a sheet; `key` names it in the words."""
        self.sheets[key] = Sheet(self, self._raw[key], self.words.sheet(key), title, note)
        return self.sheets[key]

    def bytes(self) -> bytes:
        """Return the finished workbook."""
        from xlsxwriter.exceptions import XlsxWriterException

        for sheet in self.sheets.values():
            sheet.finish()
        try:
            self.book.close()
        except XlsxWriterException as error:
            raise FrameworkError(f"the results do not fit a workbook: {error}. Write csv instead.") from None
        except OSError as error:
            raise EngineError(f"the workbook could not be made: {error}.") from None
        return self._buffer.getvalue()


class Sheet:
    """A sheet with a title, a note and tables; columns get as wide as what they hold."""

    def __init__(self, book: Book, raw: Any, name: str, title: str, note: str) -> None:
        self.book, self.name = book, name
        self.raw = raw
        self._wide: dict[int, int] = {}
        self._own: dict[int, int] = {}
        self._hidden: set[int] = set()
        self.put(0, 0, title, book.format(bold=True, font_size=14, font_color=_BLUE), fit=False)
        self.put(1, 0, note, book.note, fit=False)
        raw.hide_gridlines(2)
        raw.set_landscape()
        raw.set_paper(9)
        raw.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        raw.fit_to_pages(1, 0)
        said = _in_header(book.title)
        raw.set_header(f"&L&9 {said}&R&9 {_in_header(name)}")
        raw.set_footer(f"&L&9 {_in_header(book.foot)}&R&9 &P / &N")

    def ref(self, row: int, col: int, last_row: int | None = None, last_col: int | None = None) -> str:
        """Return an absolute reference that other sheets can use."""
        return f"'{self.name}'!{at(row, col, last_row, last_col)}"

    def put(self, row: int, col: int, value: Any, style: Any = None, *, fit: bool = True) -> None:
        """Write a text, a number, or nothing for None and NaN."""
        if isinstance(value, str):
            if len(value) > _CELL_TEXT:
                raise FrameworkError(
                    f"a text of {len(value):,} characters ({value[:40]!r}…) does not fit a cell, which holds "
                    f"{_CELL_TEXT:,}. Shorten it."
                )
            if row >= _ROWS or col >= _COLUMNS:
                raise FrameworkError(
                    f"{self.name}: a sheet holds {_ROWS:,} rows and {_COLUMNS:,} columns, which is too few "
                    "for these results. Write csv instead."
                )
            self.raw.write_string(row, col, value, style or self.book.text)
            if fit:
                self._wide[col] = max(self._wide.get(col, 0), width(value))
        elif isinstance(value, bool | np.bool_):
            self.raw.write_string(row, col, self.book.words.truth(bool(value)), style or self.book.text)
        elif value is not None and np.isfinite(value):
            self.raw.write_number(row, col, value, style or self.book.number())
            self._wide.setdefault(col, 9)
        elif style is not None:
            self.raw.write_blank(row, col, None, style)

    def formula(
        self, row: int, col: int, formula: str, value: Any, style: Any = None, array: bool = False
    ) -> None:
        """Write a formula and what it gives as things stand."""
        cached = "" if value is None or (not isinstance(value, str) and not np.isfinite(value)) else value
        style = style or self.book.number()
        if array:
            self.raw.write_array_formula(row, col, row, col, f"={formula}", style, cached)
        else:
            self.raw.write_formula(row, col, f"={formula}", style, cached)
        self._wide[col] = max(self._wide.get(col, 9), width(cached) if isinstance(cached, str) else 0)

    def headers(self, row: int, names: Sequence[str], first: int = 0, least: int = 0) -> None:
        """Write table headers, broken into lines where they are longer than a column should be wide."""
        for col, name in enumerate(names, start=first):
            self.put(row, col, name, self.book.head, fit=False)
            self._wide[col] = max(self._wide.get(col, 0), least, min(width(name), 12))
        wide = [max(12, self._wide[col]) for col in range(first, first + len(names))]
        lines = max((-(-width(name) // own) for name, own in zip(names, wide, strict=True)), default=1)
        self.raw.set_row(row, 15 * min(max(lines, 1), 6) + 3)

    def table(
        self,
        names: Sequence[str],
        columns: Sequence[Sequence[Any]],
        shown: Sequence[str] = (),
        *,
        row: int = HEAD,
        col: int = 0,
        freeze: int | None = 2,
    ) -> int:
        """Write columns under headers, with a filter; return the row after the last."""
        self.headers(row, names, col)
        styles = [self.book.number(form) if form else self.book.text for form in shown or [""] * len(names)]
        for place, (values, style) in enumerate(zip(columns, styles, strict=True), start=col):
            for down, value in enumerate(values, start=row + 1):
                self.put(down, place, value, style)
        count = max(map(len, columns), default=0)
        if freeze is not None:
            self.frame(row, len(names) + col, count, freeze)
        return row + 1 + count

    def frame(self, row: int, columns: int, count: int, freeze: int) -> None:
        """Freeze the header and the first columns, filter the rows, repeat the header on every page."""
        self.raw.freeze_panes(row + 1, freeze)
        self.raw.repeat_rows(row)
        if count and columns:
            self.raw.autofilter(row, 0, row + count, columns - 1)

    def many_columns(self, columns: int) -> None:
        """Print the first two columns on every page, and on pages side by side what is too wide for one."""
        self.raw.repeat_columns(0, 1)
        if columns > _ONE_PAGE:
            self.raw.set_print_scale(60)

    def paragraph(self, row: int, texts: Sequence[str], wide: Sequence[int]) -> None:
        """Write texts side by side, wrapped in columns of these widths, in a row high enough for them."""
        lines = 1
        for col, (text, own) in enumerate(zip(texts, wide, strict=False)):
            self.put(row, col, text, self.book.wrapped, fit=False)
            lines = max(lines, sum(-(-width(part) // own) or 1 for part in text.split("\n")))
        self.raw.set_row(row, min(400, 14 * lines + 2))

    def set_width(self, col: int, wide: int) -> None:
        """Give a column this width, whatever it holds."""
        self._own[col] = wide

    def bars(self, row: int, col: int, last_row: int, colour: str = _BAR) -> None:
        """Show the numbers of a column as bars."""
        if last_row >= row:
            options = {"type": "data_bar", "bar_color": colour, "bar_solid": True, "data_bar_2010": True}
            self.raw.conditional_format(row, col, last_row, col, options)

    def shades(self, row: int, col: int, last_row: int, last_col: int) -> None:
        """Shade numbers from orange, low, to blue, high; each column on its own scale."""
        for own in range(col, last_col + 1):
            options = {"type": "3_color_scale", "min_color": _LOW, "mid_color": "#FFFFFF", "max_color": _HIGH}
            if last_row >= row:
                self.raw.conditional_format(row, own, last_row, own, options)

    def mark(self, row: int, col: int, last_row: int, text: str, colour: str) -> None:
        """Colour the cells of a column that say `text`."""
        if last_row >= row:
            style = self.book.book.add_format({"bg_color": colour})
            said = '"' + text.replace('"', '""') + '"'
            options = {"type": "cell", "criteria": "==", "value": said, "format": style}
            self.raw.conditional_format(row, col, last_row, col, options)

    def bar_chart(
        self,
        rows: tuple[int, int],
        names: int,
        values: Sequence[int],
        title: str,
        height: int,
        **axis: float,
    ) -> Any:
        """Return a chart of bars from these rows, whose header stands above the first; the first bar is on top."""
        chart = self.book.book.add_chart({"type": "bar"})
        for place, col in enumerate(values):
            chart.add_series(
                {
                    "name": [self.name, rows[0] - 1, col],
                    "categories": [self.name, rows[0], names, rows[1], names],
                    "values": [self.name, rows[0], col, rows[1], col],
                    "fill": {"color": _SERIES[place]},
                    "gap": 40,
                }
            )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 9}})
        chart.set_x_axis({"major_gridlines": {"visible": True, "line": GRID}, "num_format": "0"} | axis)
        chart.set_legend({"none": True} if len(values) == 1 else {"position": "bottom"})
        chart.set_size({"width": 560, "height": height})
        return chart

    def hide(self, col: int) -> None:
        """Hide a column that only formulas need."""
        self._hidden.add(col)

    def lines(self, row: int, texts: Sequence[str], col: int = 0, style: Any = None) -> int:
        """Write texts under each other without widening the column; return the row after the last."""
        for down, text in enumerate(texts, start=row):
            self.put(down, col, text, style or self.book.text, fit=False)
        return row + len(texts)

    def finish(self) -> None:
        """Set the widths."""
        for col, wide in (self._wide | self._own).items():
            options = {"hidden": True} if col in self._hidden else {}
            self.raw.set_column(col, col, self._own.get(col, min(_WIDEST, wide + 2)), None, options)


def _worksheet() -> Any:
    """Return a worksheet that takes formulas as they are: a search for 29 newer functions takes half the time."""
    from xlsxwriter.worksheet import Worksheet

    class Plain(Worksheet):  # type: ignore[misc]
        def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
            return formula.removeprefix("=")

    return Plain


def _in_header(text: str) -> str:
    """Return a text as printed headers take it: & doubled, one line, not too long."""
    return " ".join(text.split())[:80].replace("&", "&&")
