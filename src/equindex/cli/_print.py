"""Printing for people and programs: tables that fit the terminal, sentences, JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from equindex.cli._run import clean
from equindex.cli.words import cell as worded
from equindex.cli.words import header, said

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["hanging", "json_line", "line", "records", "table"]

_WIDEST, _NARROWEST = 44, 6  # columns of a text beside which others are still shown, and that it keeps
_PLAIN_WIDTH = 120  # columns when the output is no terminal


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command, which ends quietly."""
        raise BrokenPipeError


def console() -> Console:
    """Return a console as wide as the terminal or COLUMNS, or wide enough for a file; NO_COLOR makes it plain."""
    given = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    plain = bool(os.environ.get("NO_COLOR"))
    return _Console(width=None if given else _PLAIN_WIDTH, color_system=None if plain else "auto")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, keep: int = 3) -> None:
    """Print a table; numbers stand right, and columns that do not fit are left out and counted.

    Parameters
    ----------
    title : str
        Printed above the table.
    columns : sequence of str
        Headers.
    rows : iterable of sequences
        Cells: text, numbers, or None for nothing.
    keep : int
        Leading columns that are always shown; of the others the last go first.
    """
    out = console()
    body = list(rows)
    digits = [_digits([row[c] for row in body]) for c in range(len(columns))]
    cells = [
        [worded(_cell(row[c], digits[c]), head, c == 0) for c, head in enumerate(columns)] for row in body
    ]
    columns = [header(head) for head in columns]
    numeric = [
        bool(cells) and all(not text or _numeric(text) for text in (row[c] for row in cells))
        for c in range(len(columns))
    ]
    widths = [
        max([Text(clean(h)).cell_len, *(Text(row[c]).cell_len for row in cells)])
        for c, h in enumerate(columns)
    ]
    shown, used = [], 2
    for c, width in enumerate(min(width, _WIDEST) for width in widths):
        if c < keep or used + width + 2 <= out.width:
            shown.append(c)
            used += width + 2
        else:
            break
    fitted = _fit({c: widths[c] for c in shown}, [c for c in shown if not numeric[c]], out.width)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for c in shown:
        grid.add_column(
            Text(clean(columns[c])),
            justify="right" if numeric[c] else "left",
            width=fitted[c],
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in cells:
        grid.add_row(*(Text(row[c]) for c in shown))
    out.print(Text(said(title), style="bold"))
    out.print(grid)
    if len(shown) < len(columns):
        left = [clean(columns[c]) for c in range(len(columns)) if c not in shown]
        many = "1 more column does" if len(left) == 1 else f"{len(left)} more columns do"
        out.print(Text(said(f"({many} not fit: {', '.join(left)})"), style="dim"))
    out.print()


def _fit(widths: dict[int, int], texts: Sequence[int], room: int) -> dict[int, int]:
    """Narrow the widest texts until all columns fit, never numbers."""
    while sum(widths.values()) + 2 * (len(widths) - 1) > room:
        widest = max(texts, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths


def line(text: str) -> None:
    """Print sentences, wrapped."""
    console().print(Text("\n".join(clean(part) for part in said(text).split("\n"))))


def hanging(label: str, text: str, *, verbatim: bool = False) -> None:
    """Print a text beside its label, wrapped lines under its first; a formula or a title of a book as it stands."""
    grid = Table.grid()
    grid.add_column(width=len(label), no_wrap=True)
    grid.add_column()
    grid.add_row(Text(label), Text(clean(text if verbatim else said(text))))
    console().print(grid)


def _numeric(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).removesuffix("%").isdigit()


def _digits(column: Iterable[Any]) -> int:
    """Return how many decimals tell the numbers of a column apart: three where all lie within -2..2."""
    numbers = [abs(float(v)) for v in column if isinstance(v, float | np.floating) and np.isfinite(v)]
    return 3 if numbers and max(numbers) <= 2 else 2


def _cell(value: Any, digits: int = 2) -> str:
    if (
        value is None
        or value is np.nan
        or (isinstance(value, float) and np.isnan(value))
        or str(value) == "<NA>"
    ):
        return ""
    if isinstance(value, float | np.floating):
        return f"{round(float(value), digits) + 0.0:.{digits}f}"
    return clean(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows with every digit of their numbers; what is missing or infinite becomes None."""
    kept = frame.notna()
    numbers = frame.select_dtypes("float").columns
    kept[numbers] = np.isfinite(frame[numbers])
    plain = frame.astype(object).where(kept, None)
    return [{str(key): cell for key, cell in row.items()} for row in plain.to_dict("records")]


def json_line(value: Any) -> None:
    """Print JSON that survives any encoding of stdout."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    typer.echo(json.dumps(value, ensure_ascii=not utf8, allow_nan=False))
