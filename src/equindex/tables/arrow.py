"""Arrow tables, of Parquet files and of databases, as sheets; their numbers and their cells as text."""

import datetime
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex.errors import DataError
from equindex.tables.headers import kept_as_text
from equindex.tables.sheet import Sheet, check_names, listed

__all__ = ["as_text", "digest_of", "floats", "sheet_of"]


def sheet_of(table: Any, name: str, text: Iterable[str] = (), every_text: bool = False) -> Sheet:
    """Return an Arrow table as a sheet; `text` are columns that stay text, `every_text` keeps all so.

    Raises
    ------
    DataError
        If it has no rows, or columns that cannot be told apart or hold lists.
    """
    import pyarrow

    if not table.num_rows or not table.num_columns:
        raise DataError(f"{name} has no rows. Export the table again.")
    header = [str(one).strip() for one in table.column_names]
    nested = [
        one for one, field in zip(header, table.schema, strict=True) if pyarrow.types.is_nested(field.type)
    ]
    if nested:
        raise DataError(f"{name}: the columns {listed(nested)} hold lists or records. Flatten them.")
    keep, dropped = check_names(name, header, np.ones(len(header), dtype=bool), 1)
    columns = {
        header[i]: _column(table.column(i), every_text or header[i] in text or kept_as_text(header[i]))
        for i in keep
    }
    frame = pd.DataFrame(columns, copy=False)
    return Sheet(name=name, frame=frame, lines=np.arange(1, len(frame) + 1), notes=dropped)


def _column(column: Any, text: bool) -> "pd.Series[Any]":
    """Return an Arrow column as float64 or text."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    number = (
        pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_decimal(kind)
    )
    if number and not text:
        return pd.Series(floats(column))
    codes, distinct = pd.factorize(np.array(column.to_pylist(), dtype=object))
    shown = np.array([as_text(cell) for cell in distinct] + [np.nan], dtype=object)
    return pd.Series(shown[codes], dtype=object)


def as_text(cell: object) -> str:
    """Return a cell as text: 5.0 is 5, a date is as ISO 8601 has it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        return str(int(cell))
    if isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)


def floats(column: Any) -> NDArray[np.float64]:
    """Return an Arrow column of numbers as float64, each the nearest there is; missing ones are NaN.

    Examples
    --------
    >>> import decimal, pyarrow
    >>> floats(pyarrow.array([decimal.Decimal("13436.4244"), None]))
    array([13436.4244,        nan])
    """
    import pyarrow

    if pyarrow.types.is_decimal(column.type):  # straight to float64, Arrow misses the nearest in 3 of 10
        column = column.cast(pyarrow.string())
    return np.asarray(column.cast(pyarrow.float64(), safe=False), dtype=np.float64)


def digest_of(batches: Iterable[Any]) -> str:
    """Return the SHA-256 of the cells of record batches, whatever the rows are cut into.

    Examples
    --------
    >>> import pyarrow
    >>> batch = pyarrow.record_batch({"region": ["a", "b"], "x": [1.5, None]})
    >>> digest_of([batch]) == digest_of([batch[:1], batch[1:]]), digest_of([batch]) == digest_of([batch[:1]])
    (True, False)
    """
    import pyarrow

    parts: dict[str, tuple[Any, Any]] = {}
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            first, second = parts.setdefault(name, (hashlib.sha256(b"numbers"), hashlib.sha256(b"words")))
            if pyarrow.types.is_floating(column.type):
                values = floats(column)
                first.update(np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes())
            else:
                words = [None if word is None else word.encode() for word in column.to_pylist()]
                sizes = [-1 if word is None else len(word) for word in words]
                first.update(np.array(sizes, dtype="<i8").tobytes())
                second.update(b"".join(filter(None, words)))
    whole = hashlib.sha256()
    for name, pair in parts.items():
        whole.update(len(name.encode()).to_bytes(8, "little") + name.encode())
        whole.update(b"".join(part.digest() for part in pair))
    return whole.hexdigest()
