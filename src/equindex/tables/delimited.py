"""CSV, TSV and text files: encoding and separator decided strictly, then pandas' parser on the body alone."""

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex.errors import DataError
from equindex.tables.headers import kept_as_text
from equindex.tables.sheet import Sheet, check_names, find_header, find_notes, listed, preamble, skipped

__all__ = ["form_of", "read_delimited"]

_SAMPLE = 1 << 16
_BLOCK = 1 << 20
_QUOTE, _NEWLINE, _ZERO = ord('"'), ord("\n"), ord("0")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")
_SURELY_DECIMAL = re.compile(r"[+-]?(0,\d+|\d+,(\d{1,2}|\d{4,}))")
_EXACT: dict[str, Any] = (
    {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
)


def read_delimited(path: Path, name: str, *, text: Iterable[str] = (), every_text: bool = False) -> Sheet:
    """Read a text file into a sheet; `text` are columns that stay text, `every_text` keeps all so."""
    data = path.read_bytes()
    body, encoding = _decode(data, name)
    as_on_disk = encoding == "UTF-8" and b"\r" not in body
    if not as_on_disk:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not body or body.isspace():
        raise DataError(f"{name} is empty. Export the table again.")
    separator = _separator(body)
    grid = _grid(body if body.endswith(b"\n") else body + b"\n", separator, name)

    first = find_header([grid.cells(i) for i in range(min(60, len(grid)))])
    header = [cell.strip() for cell in grid.cells(first)]
    above = [grid.cells(i) for i in range(first)]
    tail = max(first + 1, len(grid) - 200)
    below = find_notes([grid.cells(i) for i in range(tail, len(grid))], len(header))
    last = len(grid) - below
    notes = [f"read as {encoding}"] if encoding != "UTF-8" else []
    notes += [f"separated by {separator!r}"] if separator != "," else []
    if above:
        notes.append(skipped("above", above, int(grid.lines[0]), int(grid.lines[first]) - 1))
    if below:
        rows = [grid.cells(i) for i in range(last, len(grid))]
        notes.append(skipped("below", rows, int(grid.lines[last]), int(grid.lines[-1])))
    grid.check_widths(first, last, len(header))

    empty, zeros = grid.facts(first + 1, last, len(header))
    rows_kept = np.flatnonzero(~empty.all(axis=1))
    if not len(rows_kept):
        raise DataError(
            f"{name} has a header (row {grid.lines[first]}) but no rows under it. Export the table again."
        )
    filled = np.asarray(~empty.all(axis=0))
    keep, dropped = check_names(name, header, filled, int(grid.lines[first]))
    whole = first == 0 and not below and grid.lines[:2].tolist() == [1, 2]
    source = (
        path
        if as_on_disk and whole and grid.data.startswith(body)
        else grid.data[grid.starts[first + 1] : grid.ends[last - 1] + 1]
    )
    forced = {*text, *(header if every_text else ())}
    sample = [grid.cells(i) for i in range(first + 1, min(last, first + 50))]
    columns = {
        i: header[i] in forced
        or kept_as_text(header[i])
        or bool(zeros[i])
        or any(row[i] and not _NUMBER.fullmatch(row[i]) for row in sample)
        for i in keep
    }
    frame = _parse(source, separator, columns, empty)
    frame.columns = pd.Index([header[i] for i in keep])
    if separator == ";" and not every_text:
        notes += _decimal_commas(frame, {*text})
    return Sheet(
        name=name,
        frame=frame if len(rows_kept) == len(frame) else frame.iloc[rows_kept].reset_index(drop=True),
        lines=grid.lines[first + 1 : last][rows_kept],
        notes=(*notes, *dropped),
        title=preamble(above),
    )


def _decode(data: bytes, name: str) -> tuple[bytes, str]:
    """Return the text of a file as UTF-8, and which encoding it was in."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError(f"{name} is a workbook, not text. Give it the suffix .xlsx, .xls or .ods.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").encode(), "UTF-16"
        except UnicodeError as error:
            raise DataError(f"{name} is damaged UTF-16: {error}. Save it again as UTF-8.") from None
    if b"\0" in data:
        place = _place(data, data.index(b"\0"))
        raise DataError(
            f"{name} is not text: a zero byte at {place}. Save the table as UTF-8 CSV or as XLSX."
        )
    body = data.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
    else:
        return body, "UTF-8"
    loose = body.decode("utf-8", "replace")
    broken = loose.count("\ufffd")
    if sum(map(str.isalpha, re.findall(r"[\u0800-\ufffc]", loose))) > broken:
        raise DataError(
            f"{name} is UTF-8 with {broken} damaged places, the first at {_place(body, at)}. "
            "Export it again, or mend these characters."
        )
    if not re.search(rb"[\xa1-\xfe]{2}", body):
        raise DataError(
            f"{name} is neither UTF-8 nor GB18030 at {_place(body, at)}; it may be in a Western "
            "encoding such as Windows-1252. Save it as UTF-8."
        )
    try:
        return body.decode("gb18030").encode(), "GB18030"
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is neither UTF-8 ({_place(body, at)}) nor GB18030 ({_place(body, error.start)}). "
            "Save it as UTF-8."
        ) from None


def _place(data: bytes, at: int) -> str:
    return f"row {data.count(_NEWLINE, 0, at) + 1}, byte {at + 1} (0x{data[at]:02x})"


def _separator(body: bytes) -> str:
    """Return the separator that splits the most rows of the beginning into equally many fields."""
    sample = body[:_SAMPLE].decode("utf-8", "ignore")
    if len(body) > _SAMPLE:
        sample = sample.rpartition("\n")[0] or sample
    best, choice = (0.0, 0), ","
    for separator in (",", "\t", ";"):
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=separator) if row)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        if width > 1 and (count / widths.total(), width) > best:
            best, choice = (count / widths.total(), width), separator
    return choice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Where the rows and fields of a text lie; blank rows are left out."""

    data: bytes
    separator: str
    starts: NDArray[np.int64]
    """Where each row begins."""
    ends: NDArray[np.int64]
    """Where the newline of each row is."""
    widths: NDArray[np.int64]
    """How many fields each row has."""
    lines: NDArray[np.int64]
    """The line on which each row begins."""
    breaks: NDArray[np.int64]
    """Where each field ends."""
    quoted: bool
    name: str

    def __len__(self) -> int:
        return len(self.starts)

    def cells(self, row: int) -> list[str]:
        """Return the fields of one row."""
        text = self.data[self.starts[row] : self.ends[row]].decode()
        try:
            return next(csv.reader(io.StringIO(text, newline=""), delimiter=self.separator), [""])
        except csv.Error as error:
            raise DataError(f"{self.name} row {self.lines[row]}: {error}. Shorten the cell.") from None

    def check_widths(self, first: int, last: int, width: int) -> None:
        """Raise for the rows between the header and the notes that have more or fewer fields."""
        wrong = np.flatnonzero(self.widths[first:last] != width) + first
        if len(wrong):
            rows = listed(f"row {self.lines[i]} has {self.widths[i]}" for i in wrong[:1000])
            more = f" ({len(wrong)} rows in all)" if len(wrong) > 10 else ""
            raise DataError(
                f"{self.name}: the header has {width} fields, but {rows}{more}. "
                "Put cells that hold the separator in double quotes, and fill up short rows."
            )

    def facts(self, first: int, last: int, width: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which cells are empty, and which columns hold numbers with a leading zero."""
        offset = int(self.widths[:first].sum())
        ends = self.breaks[offset : offset + (last - first) * width].reshape(-1, width)
        starts = np.empty_like(ends)
        starts[:, 0] = self.starts[first:last]
        starts[:, 1:] = ends[:, :-1] + 1
        data = np.frombuffer(self.data, np.uint8)
        empty = starts == ends
        if self.quoted:
            quote = data[starts] == _QUOTE
            empty |= quote & (ends - starts == 2)
            starts += quote
        zeros = (data[starts] == _ZERO) & (data[np.minimum(starts + 1, len(data) - 1)] - _ZERO < 10)
        return empty, zeros.any(axis=0)


def _grid(body: bytes, separator: str, name: str) -> _Grid:
    """Find rows and fields; a text whose quotes open inside a field is first written out properly."""
    data = np.frombuffer(body, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE) if b'"' in body else np.empty(0, np.int64)
    if len(quotes) and not _proper(data, quotes, ord(separator)):
        return _grid(_rewritten(body, separator, name), separator, name)
    blocks = []
    inside = False
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        found = (block == ord(separator)) | (block == _NEWLINE)
        if len(quotes):
            within = np.logical_xor.accumulate(block == _QUOTE) ^ inside
            inside = bool(within[-1])
            found &= ~within
        blocks.append(np.flatnonzero(found) + start)
    breaks = np.concatenate(blocks)
    at = np.flatnonzero(data[breaks] == _NEWLINE)
    ends, widths = breaks[at], np.diff(at, prepend=-1)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lines = np.arange(1, len(ends) + 1)
    if len(quotes):
        lines = np.searchsorted(np.flatnonzero(data == _NEWLINE), starts) + 1
    blank = widths == 1
    blank[blank] = [not body[a:b].strip(b" \t") for a, b in zip(starts[blank], ends[blank], strict=True)]
    if blank.any():
        breaks = breaks[~np.repeat(blank, widths)]
    return _Grid(
        data=body,
        separator=separator,
        starts=starts[~blank],
        ends=ends[~blank],
        widths=widths[~blank],
        lines=lines[~blank],
        breaks=breaks,
        quoted=bool(len(quotes)),
        name=name,
    )


def _proper(data: NDArray[np.uint8], quotes: NDArray[np.int64], separator: int) -> bool:
    """Return whether quotes open only at the beginning of a field and close only at its end."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, data[opening - 1], _NEWLINE)
    escaped = np.append(closing[:-1] + 1 == opening[1:], False)
    begins = (before == separator) | (before == _NEWLINE) | np.append(False, escaped[:-1])
    after = data[closing + 1]
    return bool((begins & ((after == separator) | (after == _NEWLINE) | escaped)).all())


def _rewritten(body: bytes, separator: str, name: str) -> bytes:
    """Return the same rows with every field quoted where it needs to be."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    reader = csv.reader(io.StringIO(body.decode(), newline=""), delimiter=separator, strict=True)
    row = 1
    try:
        for cells in reader:
            writer.writerow(cells)
            row = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{name}: the row that begins on row {row} cannot be split ({error}). "
            "A double quote has no partner, or stands inside a quoted cell: remove it, or double it."
        ) from None
    return out.getvalue().encode()


def _parse(
    source: Path | bytes, separator: str, columns: dict[int, bool], empty: NDArray[np.bool_]
) -> pd.DataFrame:
    """Parse the body: `columns` says which to read, and of each whether it is text.

    pandas guesses kinds, part by part and in parallel when it reads from disk. Whatever it does not take for
    numbers throughout, or takes for missing though something is printed, is read again as text.
    """
    on_disk, width = isinstance(source, Path), empty.shape[1]

    def parse(wanted: list[int], text: list[int]) -> pd.DataFrame:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            frame: pd.DataFrame = pd.read_csv(
                source if isinstance(source, Path) else io.BytesIO(source),
                sep=separator,
                header=None,
                skiprows=int(on_disk),
                names=range(width),
                usecols=wanted if len(wanted) < width else None,
                dtype=dict.fromkeys(text, object),
                index_col=False,
                keep_default_na=False,
                na_values=[""],
                low_memory=on_disk,
                encoding="utf-8",
                **_EXACT,
            )
        return frame

    number = [i for i in columns if not columns[i]]
    frame = parse(list(columns), [i for i in columns if columns[i]])
    missing = empty.sum(axis=0)
    wrong = [i for i in number if frame[i].dtype.kind not in "iuf" or frame[i].isna().sum() != missing[i]]
    for i, cells in (parse(wrong, wrong) if wrong else {}).items():
        frame[i] = cells
    whole = [i for i in number if frame[i].dtype.kind in "iu"]
    return frame.astype(dict.fromkeys(whole, np.float64)) if whole else frame


def _decimal_commas(frame: pd.DataFrame, text: set[str]) -> list[str]:
    """Turn columns of decimal commas into numbers where no other reading is possible; return a note."""
    candidates: dict[str, list[str]] = {}
    sure = False
    for name in frame.columns:
        if frame[name].dtype.kind == "f":
            if (frame[name].dropna() % 1 != 0).any():
                return []
            continue
        cells = frame[name].dropna().unique().tolist()
        if name not in text and not kept_as_text(name) and all(map(_DECIMAL_COMMA.fullmatch, cells)):
            candidates[name] = cells
            sure = sure or any(map(_SURELY_DECIMAL.fullmatch, cells))
    if not (sure and candidates):
        return []
    for name, cells in candidates.items():
        numbers = {cell: float(cell.replace(",", ".")) for cell in cells}
        frame[name] = frame[name].map(numbers).astype(np.float64)
    return [f"read decimal commas in {listed(map(repr, candidates))}"]


def form_of(sample: bytes, name: str) -> tuple[str, str, int, list[str]]:
    r"""Tell from the beginning of a text file how to read the rest of it.

    Parameters
    ----------
    sample : bytes
        Its first rows, whole ones.
    name : str
        What messages call it.

    Returns
    -------
    encoding, separator, lines, header
        The encoding, the separator, how many lines stand above the header, and the header.

    Examples
    --------
    >>> form_of("指标：床位\n地区;年份;a\n北京;2020;1\n".encode(), "x.csv")
    ('UTF-8', ';', 1, ['地区', '年份', 'a'])
    """
    body, encoding = _decode(sample, name)
    body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not body or body.isspace():
        raise DataError(f"{name} is empty. Export the table again.")
    separator = _separator(body)
    grid = _grid(body if body.endswith(b"\n") else body + b"\n", separator, name)
    first = find_header([grid.cells(i) for i in range(min(60, len(grid)))])
    return encoding, separator, int(grid.lines[first]) - 1, [cell.strip() for cell in grid.cells(first)]
