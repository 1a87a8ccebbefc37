"""Scoring a kept run again, and holding every table against what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex.errors import DataError
from equindex.framework.again import Recorded, recalled
from equindex.store.keep import Run, Store
from equindex.tables import is_database

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Verdict", "found_again", "verify"]

_MOST = 20  # differences that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a run gives the same bits again: the cells compared, those that differ, and what to keep in mind."""

    run: int
    cells: int
    different: int
    listed: tuple[str, ...]
    warnings: tuple[str, ...]


def found_again(run: Run, place: Path, data: str | None = None) -> Recorded:
    """Find the data of a kept run, as they were, seen from here or from the folder of the store.

    Raises
    ------
    DataError
        If the run is of another command than score, or its data are not there or have changed.
    """
    if run.command != "score":
        raise DataError(
            f"run {run.run} is of {run.command}; only runs of score can be scored again from the store."
        )
    where = run.record["data"]["path"]
    beside = None if where is None or is_database(where) else place.parent / Path(where).name
    if data is None and beside is not None and not Path(where).exists() and beside.exists():
        data = str(beside)
    return recalled(run.record, f"run {run.run}", [place.parent], data)


def verify(store: Store, number: int, *, data: str | None = None) -> Verdict:
    """Score a run again and compare every cell of every table, bit for bit.

    Parameters
    ----------
    store : Store
        Where the run is kept.
    number : int
        Its number.
    data : str, optional
        Where the data are now, if they have moved.

    Returns
    -------
    Verdict

    Raises
    ------
    DataError, FrameworkError
        If there is no such run, or its data are not there or have changed.
    """
    run = store.run(number)
    again = found_again(run, store.path, data)
    options = run.record["options"]
    scores = again.framework.score(again.data, keep=options["keep"], years=options["years"])
    fresh, kept = scores.tables(), store.tables(number)
    listed = [
        f"table {name} is {'not kept' if name in fresh else 'not made any more'}"
        for name in sorted(fresh.keys() ^ kept.keys())
    ]
    cells = different = 0
    for name in [name for name in fresh if name in kept]:
        one, other = kept[name], fresh[name]
        if list(one.columns) != list(map(str, other.columns)) or len(one) != len(other):
            listed.append(f"table {name} has other columns or rows")
            different += one.size
            continue
        for column in one.columns:
            a, b = _plain(one[column]), _plain(other[column])
            cells += len(a)
            for row, (was, now) in enumerate(zip(a, b, strict=True)):
                if was != now:
                    different += 1
                    if len(listed) < _MOST:
                        listed.append(
                            f"{name}, {_where(one, row)}, {column}: {was!r} was kept, {now!r} came out"
                        )
    return Verdict(
        run=number, cells=cells, different=different, listed=tuple(listed), warnings=again.warnings
    )


def _plain(column: pd.Series[Any]) -> list[Any]:
    """Return cells as they compare: missing is None, numbers are Python's."""
    gone = column.isna().to_numpy()
    return [None if missing else value for value, missing in zip(column.tolist(), gone, strict=True)]


def _where(frame: pd.DataFrame, row: int) -> str:
    keys = [key for key in ("region_name", "region", "year", "node", "measure") if key in frame.columns]
    return " ".join(str(frame[key].iloc[row]) for key in keys) or f"row {row}"
