"""Sources that are read from end to end, CSV files and databases, become Parquet in the folder of the run first."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from pathlib import Path
from typing import Any

from equindex import tables
from equindex.batch.journal import whole
from equindex.batch.sources import Part, filesystem, hive, part_of, unreadable
from equindex.errors import DataError
from equindex.framework import Framework
from equindex.schema import match_wide

__all__ = ["Stream", "csv_stream", "database_stream", "digest_of_file", "refuse_changed", "spool"]

_GROUP = 1 << 18  # rows of a row group
_SAMPLE = 1 << 16  # bytes from which the form of a file is told
_BLOCK = 1 << 22  # bytes that are parsed at a time
_BLANKS = [
    "",
    "-",
    "--",
    "—",
    "——",
    "–",
    "…",
    "...",
    "NA",
    "N/A",
    "NaN",
    "nan",
    "null",
    "NULL",
    "None",
    "缺",
    "无",
]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A table that comes in record batches: a CSV file, or the answer of a database.

    `name` is what messages call it, `stamp` what shows that it has changed, and `batches` opens it anew. `constants`
    are columns that its path says. Where `told` is False, the stamp does not tell whether rows have changed: all are
    read again for that when a run goes on. `record` says more of where it is.
    """

    name: str
    stamp: tuple[int | str, ...]
    batches: Callable[[], Iterator[Any]]
    constants: tuple[tuple[str, str], ...] = ()
    told: bool = True
    record: Mapping[str, str] = field(default_factory=dict)


def spool(stream: Stream, path: Path) -> Part:
    """Write a stream as one Parquet file, whole or not at all, and return it as a part of the same name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(fresh: Path) -> None:
        with unreadable(stream.name):
            batches = stream.batches()
            first = next(batches, None)
        if first is None:
            raise DataError(f"{stream.name} has no rows. Check what was exported.")
        with pq.ParquetWriter(fresh, first.schema) as file:
            held, rows = [first], first.num_rows
            while held:
                with unreadable(stream.name):
                    batch = next(batches, None)
                if batch is not None:
                    held.append(batch)
                    rows += batch.num_rows
                while rows >= _GROUP or (batch is None and rows):
                    table = pa.Table.from_batches(held)
                    file.write_table(table[:_GROUP])
                    held = table[_GROUP:].to_batches()
                    rows = max(0, rows - _GROUP)
                if batch is None:
                    break

    if not path.exists():
        whole(path, write)
    return replace(part_of(str(path)), shown=stream.name, constants=stream.constants)


def refuse_changed(stream: Stream, path: Path) -> None:
    """Read a stream again, and refuse it where it is not what was written of it.

    Raises
    ------
    DataError
        If its rows are not what they were.
    """
    if tables.digest_of(stream.batches()) != digest_of_file(path):
        raise DataError(f"{stream.name} has changed since the run began. Begin again with --force.")


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of the cells of a Parquet file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return tables.digest_of(file.iter_batches())


def csv_stream(framework: Framework, path: str) -> Stream:
    """Look at a CSV file: how it is written, and which of its columns are wanted.

    Raises
    ------
    DataError
        If its header does not fit the framework.
    """
    with unreadable(path, "CSV"):
        system, inner = filesystem(path)
        info = system.get_file_info(inner)
        with system.open_input_file(inner) as file:
            head = file.read(_SAMPLE)
            size = file.size()
            file.seek(max(0, size - _SAMPLE))
            digest = hashlib.sha256(head + file.read()).hexdigest()
    rows = head if size <= _SAMPLE else _whole_rows(head)
    encoding, separator, above, header = tables.form_of(rows, path)
    constants = tuple((key, value) for key, value in hive(path) if key not in header)
    words, numbers = _wanted(framework, header, [key for key, _ in constants], path)
    return Stream(
        name=path,
        stamp=(size, info.mtime_ns or 0, digest),
        batches=partial(_csv_batches, path, encoding, separator, above, words, numbers),
        constants=constants,
    )


def _whole_rows(head: bytes) -> bytes:
    """Return the rows of a sample that are whole: the last one is cut, and lines may break within quotes."""
    mark = head[:2] if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else b""
    code = {b"": "latin-1", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}[mark]
    text = head[len(mark) :].decode(code, "ignore")
    end = text.rfind("\n") + 1
    while end and text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, end - 1) + 1
    return mark + text[:end].encode(code) if end else head


def _wanted(
    framework: Framework, header: Sequence[str], constants: Sequence[str], name: str
) -> tuple[list[str], list[str]]:
    """Return the columns that are wanted: those of words, the year and the region first, and those of numbers."""
    wide, findings = match_wide(framework.model, framework.regions, [*filter(None, header), *constants], name)
    if wide is None:
        raise DataError(f"{name}: {findings.text('error')}")
    chosen = (*framework.model.table.keep, *framework.model.table.drop)
    words = [str(one) for one in dict.fromkeys((wide.year, wide.region, *chosen)) if one in header]
    return words, [one for one in dict.fromkeys(wide.columns.values()) if one in header]


def database_stream(framework: Framework, source: tables.Database) -> Stream:
    """Look at a table of a database, whose rows are read in the order of year, region and what chooses rows.

    Raises
    ------
    DataError
        If its header does not fit the framework.
    EngineError
        If it cannot be opened.
    """
    name = f"{source.bare} ({source.name})"
    words, numbers = _wanted(framework, source.header(), (), name)
    return Stream(
        name=name,
        stamp=(source.bare, source.table or source.query or ""),
        batches=partial(_database_batches, source, name, words, numbers),
        told=False,
        record=source.record,
    )


def _database_batches(
    source: tables.Database, name: str, words: Sequence[str], numbers: Sequence[str]
) -> Iterator[Any]:
    import pyarrow as pa

    for batch in source.batches([*words, *numbers], by=words, text=words):
        columns = list(batch.columns)
        for at in range(len(words), len(columns)):
            if pa.types.is_string(columns[at].type):
                columns[at] = _numbers_of(columns[at], f"{name}: {batch.schema.names[at]!r}")
        yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _numbers_of(column: Any, where: str) -> Any:
    """Return text as numbers, as in a CSV file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    blank = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(_BLANKS))
    try:
        return pc.if_else(blank, pa.scalar(None, pa.string()), column).cast(pa.float64())
    except pa.ArrowInvalid as error:
        said = str(error).splitlines()[0]
        raise DataError(
            f"{where} holds text: {said}. Convert it, or score the table in memory (equindex score), which reads "
            "what plans print."
        ) from None


def _csv_batches(
    path: str, encoding: str, separator: str, above: int, words: list[str], numbers: list[str]
) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    system, inner = filesystem(path)
    with system.open_input_stream(inner) as file:
        reader = csv.open_csv(
            file,
            read_options=csv.ReadOptions(
                skip_rows=above, encoding=encoding.lower(), block_size=_BLOCK, use_threads=False
            ),
            parse_options=csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in words} | {name: pa.float64() for name in numbers},
                include_columns=[*words, *dict.fromkeys(numbers)],
                null_values=_BLANKS,
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield _filled_rows(batch, len(words))


def _filled_rows(batch: Any, words: int) -> Any:
    """Leave out rows of separators alone, as spreadsheets write below a table."""
    import pyarrow.compute as pc

    if not batch.num_rows or not pc.any(pc.equal(pc.utf8_trim_whitespace(batch.column(0)), "")).as_py():
        return batch
    blank = [pc.equal(pc.utf8_trim_whitespace(column), "") for column in batch.columns[:words]]
    blank += [pc.is_null(column) for column in batch.columns[words:]]
    return batch.filter(pc.invert(reduce(pc.and_, blank)))
