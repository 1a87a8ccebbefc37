"""What is told of all rows once they are scored: regions that stand twice, ranks, and the tables of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.batch.journal import whole
from equindex.batch.sources import unreadable
from equindex.engine import stream
from equindex.errors import DataError
from equindex.scoring import ties
from equindex.scoring.steps import places

__all__ = ["Year", "rank"]

_BYTES = 40  # of memory for each row that is ranked or compared at a time
_WHOLE_BYTES = 100  # of memory for each row where a year is ranked at once, its names among them
_SHOWN = 10
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


@dataclass(frozen=True, kw_only=True)
class Year:
    """The scored files of one year, in the order of their units, and how many rows they have."""

    folder: Path
    year: int
    parts: tuple[tuple[int, str, int], ...]

    @classmethod
    def all_of(cls, folder: Path, records: Sequence[Mapping[str, Any]]) -> list[Year]:
        """Return the years that units wrote, rising."""
        found: dict[int, list[tuple[int, str, int]]] = {}
        for number, record in enumerate(records):
            for year, (name, rows, _) in record["parts"].items():
                found.setdefault(int(year), []).append((number, name, rows))
        return [cls(folder=folder, year=year, parts=tuple(found[year])) for year in sorted(found)]

    @property
    def rows(self) -> int:
        """How many rows were scored."""
        return sum(rows for *_, rows in self.parts)

    def columns(self, *names: str) -> Iterator[tuple[int, Any]]:
        """Yield the number of each unit and a table of these columns."""
        import pyarrow.parquet as pq

        for number, name, _ in self.parts:
            with unreadable(name):
                yield number, pq.read_table(self.folder / name, columns=list(names), partitioning=None)

    def scores(self) -> Iterator[FloatArray]:
        """Yield the index of each unit's rows."""
        for _, table in self.columns("index"):
            yield table.column("index").to_numpy()


def rank(
    years: Sequence[Year],
    folder: Path,
    decimals: int | None,
    memory: int,
    done: Callable[[int], None],
    names: Sequence[str],
) -> None:
    """Refuse regions that stand twice in a year, in whatever files, and write the rank of every row within its year.

    Parameters
    ----------
    years : sequence of Year
        What was scored.
    folder : Path
        Where ``ranks/`` goes.
    decimals : int or None
        Scores are rounded so before they are ranked, as in memory.
    memory : int
        Bytes that may be used; a year that they do not hold is ranked in several readings.
    done : callable
        Told the rows of each year when it is done.
    names : sequence of str
        What messages call the units.

    Raises
    ------
    DataError
        Naming the first regions that stand twice, and where.
    """
    said = []
    for year in years:
        if year.rows * _WHOLE_BYTES <= memory:
            twice = _ranked_whole(year, folder, decimals)
        else:
            twice = _twice(year, memory)
            _ranked_in_parts(year, folder, decimals, memory)
        if twice:
            more = f" and {len(twice) - _SHOWN:,} more" if len(twice) > _SHOWN else ""
            where = [names[number] for number in _units_with(year, twice[:_SHOWN])]
            others = f" and {len(where) - _SHOWN:,} more" if len(where) > _SHOWN else ""
            said.append(
                f"{year.year}: {', '.join(twice[:_SHOWN])}{more} stand twice, in {'; '.join(where[:_SHOWN])}{others}."
            )
        done(year.rows)
    if said:
        raise DataError(
            "\n".join(said) + "\nKeep one row for each region and year, then begin again with --force."
        )


def _units_with(year: Year, regions: Sequence[str]) -> list[int]:
    """Return the units that have one of these regions."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(regions)
    return [
        number
        for number, table in year.columns("region")
        if pc.any(pc.is_in(table.column("region"), value_set=wanted)).as_py()
    ]


def _ranked_whole(year: Year, folder: Path, decimals: int | None) -> list[str]:
    """Write the ranks of a year that memory holds; return the regions that stand twice."""
    import pyarrow.parquet as pq

    def look(part: tuple[int, str, int]) -> tuple[Any, FloatArray]:
        with unreadable(part[1]):
            table = pq.read_table(
                year.folder / part[1], columns=["region", "index"], partitioning=None, use_threads=False
            )
        return table.column("region"), table.column("index").to_numpy()

    regions, scores = zip(*stream(look, year.parts), strict=True)
    twice = [] if _ascending(regions) else _named_twice(np.concatenate(list(map(hashed, regions))), regions)
    place = places(ties(np.concatenate(scores)[None], decimals))[0]
    ends = np.cumsum([rows for *_, rows in year.parts])[:-1]

    def put(one: tuple[str, Any, NDArray[np.int32]]) -> None:
        _write(folder / one[0].replace("scores/", "ranks/", 1), one[1], one[2])

    names = [name for _, name, _ in year.parts]
    for _ in stream(put, list(zip(names, regions, np.split(place, ends), strict=True))):
        pass
    return twice


def _ascending(regions: Iterable[Any]) -> bool:
    """Whether regions stand in the order of their codes, each after the one before, so that none stands twice."""
    import pyarrow.compute as pc

    last = None
    for region in regions:
        if len(region):
            if last is not None and not last < region[0].as_py():
                return False
            if not pc.all(pc.less(region.slice(0, len(region) - 1), region.slice(1))).as_py():
                return False
            last = region[-1].as_py()
    return True


def _named_twice(keys: NDArray[np.uint64], regions: Iterable[Any]) -> list[str]:
    """Return the regions that stand twice: those of equal hash are compared as text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    every = np.sort(keys)
    double = np.unique(every[1:][every[1:] == every[:-1]])
    del every
    if not len(double):
        return []
    words = []
    for region in regions:
        words += region.filter(pa.array(np.isin(hashed(region), double))).to_pylist()
    counts = pc.value_counts(pa.array(words))
    return sorted(str(one["values"]) for one in counts.to_pylist() if one["counts"] > 1)


def _twice(year: Year, memory: int) -> list[str]:
    """Return the regions that stand twice, in several readings where memory does not hold their hashes."""
    slots = max(1, -(-year.rows * _BYTES // memory))
    found: list[str] = []
    for slot in range(slots):
        keys = [hashed(table.column("region")) for _, table in year.columns("region")]
        keys = [key if slots == 1 else key[key % np.uint64(slots) == slot] for key in keys]
        found += _named_twice(
            np.concatenate(keys), (table.column("region") for _, table in year.columns("region"))
        )
    return sorted(found)


def hashed(column: Any) -> NDArray[np.uint64]:
    """Return a number of 64 bits for each text of an arrow column, the same for the same text.

    Examples
    --------
    >>> import pyarrow
    >>> one, two, three = hashed(pyarrow.array(["北京", "320682", "北京"]))
    >>> bool(one == three), bool(one == two)
    (True, False)
    """
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not len(array):
        return np.empty(0, dtype=np.uint64)
    _, ends, content = array.cast(pa.string()).buffers()
    at = np.frombuffer(ends, dtype=np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    data = np.frombuffer(content, dtype=np.uint8) if content is not None else np.empty(0, dtype=np.uint8)
    long, start = np.diff(at), at[:-1]
    key: NDArray[np.uint64] = (long.astype(np.uint64) + np.uint64(1)) * _ODD[1]
    for length in np.unique(long).tolist():
        rows = np.flatnonzero(long == length)
        if len(rows) == len(long):  # the usual codes: all as long
            texts = data[at[0] : at[-1]].reshape(len(long), length)
        else:
            texts = data[start[rows][:, None] + np.arange(length)]
        padded = np.zeros((len(rows), -(-max(length, 1) // 8) * 8), dtype=np.uint8)
        padded[:, :length] = texts
        mixed = key[rows]
        for word in padded.view(np.uint64).T:
            mixed = (mixed ^ word) * _ODD[0]
            mixed ^= mixed >> np.uint64(29)
        key[rows] = (mixed ^ (mixed >> np.uint64(32))) * _ODD[1]
    return key


def _ranked_in_parts(year: Year, folder: Path, decimals: int | None, memory: int) -> None:
    """Write the ranks of a year between bounds of scores, so that no more than `memory` is held."""
    largest = max((float(np.nanmax(np.abs(part), initial=0.0)) for part in year.scores()), default=0.0)

    def worth() -> Iterator[FloatArray]:
        for score in year.scores():
            yield -ties(np.append(score, largest)[None], decimals)[0, :-1]  # one scale for all parts

    above, place = 0, [np.zeros(rows, dtype=np.int32) for *_, rows in year.parts]
    bounds = _bounds(worth, year.rows, max(1, memory // _BYTES))
    for low, high in pairwise(bounds):
        chosen = [((part >= low) & (part < high)).nonzero()[0] for part in worth()]
        values = [part[rows] for part, rows in zip(worth(), chosen, strict=True)]
        every = np.sort(np.concatenate(values))
        for at, rows in enumerate(chosen):
            place[at][rows] = above + 1 + np.searchsorted(every, values[at])
        above += len(every)
    for (_, name, _), (_, table), rank in zip(year.parts, year.columns("region"), place, strict=True):
        _write(folder / name.replace("scores/", "ranks/", 1), table.column("region"), rank)


def _bounds(parts: Callable[[], Iterator[FloatArray]], rows: int, most: int) -> list[float]:
    """Return numbers, rising, between which there are about so many rows; equal ones stay together."""
    if rows <= most:
        return [-np.inf, np.inf]
    step = max(1, rows // (64 * (rows // most + 1)))
    sample = np.sort(np.concatenate([part[::step] for part in parts()]))
    sample = sample[: np.searchsorted(sample, np.nan)]
    return [-np.inf, *np.unique(sample[:: max(1, len(sample) * most // (2 * rows))]).tolist(), np.inf]


def _write(path: Path, region: Any, rank: NDArray[np.int32]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"region": region, "rank": pa.array(rank, mask=rank == 0)})
    whole(path, lambda fresh: pq.write_table(table, fresh, use_dictionary=False))
