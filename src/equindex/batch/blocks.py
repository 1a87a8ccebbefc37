"""Record batches become blocks of arrays: regions, years and indicator values, with all that is wrong in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import tables
from equindex._arrays import BoolArray, FloatArray, IntArray
from equindex.batch.sources import Part, Unit, hive, opened, unreadable
from equindex.errors import DataError, nearest
from equindex.framework import Framework
from equindex.model import RegionReference
from equindex.schema import Panel, Wide, match_wide
from equindex.schema.words import cell_text, code_text, scaled, year_of

__all__ = ["BLOCK_ROWS", "Block", "Intake", "layout_key", "layouts", "panel_of"]

_RELEASE = 4  # units after which memory is given back: each would cost a fifth of the reading
BLOCK_ROWS = 1 << 16  # rows in memory at a time, of each worker
_SHOWN = 5  # faults of a kind in one block


class _Names(Sequence[str]):
    """The regions of a block, as text only where one is asked for."""

    def __init__(self, words: Any) -> None:
        self.words = words

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, at: Any) -> Any:
        return str(self.words[int(at)])


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows of a file: `region` an arrow array of ids, `code` their places in the regions table, if there is one.

    `columns` are the values of each indicator as they were read; `x` holds all of them, once it is asked for.
    """

    region: Any
    code: IntArray | None
    year: IntArray
    columns: list[FloatArray]
    counts: dict[str, FloatArray]

    @cached_property
    def x(self) -> FloatArray:
        """The values, shape (rows, indicators)."""
        x = np.empty((len(self.year), len(self.columns)), order="F")
        for at, column in enumerate(self.columns):
            x[:, at] = column
        return x

    def where(self, kept: BoolArray) -> Block:
        """Return some of the rows."""
        import pyarrow as pa

        if kept.all():
            return self
        return replace(
            self,
            region=self.region.filter(pa.array(kept)),
            code=None if self.code is None else self.code[kept],
            year=self.year[kept],
            columns=[column[kept] for column in self.columns],
            counts={name: values[kept] for name, values in self.counts.items()},
        )

    @cached_property
    def ends(self) -> tuple[FloatArray, FloatArray]:
        """The least and the greatest value of each indicator."""
        return extremes(self.columns)

    @cached_property
    def years(self) -> list[int]:
        """The years, rising."""
        if not len(self.year):
            return []
        first = int(self.year[0])
        return [first] if (self.year == first).all() else [int(y) for y in np.unique(self.year)]

    def of(self, year: int) -> Block:
        """Return the rows of one year."""
        return self if self.years == [year] else self.where(self.year == year)


def panel_of(block: Block) -> Panel:
    """Return a block as scoring takes it, every row a region of its own."""
    names: Any = _Names(block.region)
    return Panel(
        regions=names,
        region_names=names,
        region=np.arange(len(block.year), dtype=np.intp),
        year=block.year,
        x=block.x,
        counts=block.counts,
    )


def layouts(framework: Framework, parts: Sequence[Part]) -> tuple[dict[Any, Wide], list[str]]:
    """Match the header of every file, each kind of header once.

    Returns
    -------
    layouts, notes
        By the columns and constants of a file.

    Raises
    ------
    DataError
        With every fault of every header, naming the file.
    """
    found: dict[Any, Wide] = {}
    notes: list[str] = []
    faults: list[str] = []
    for part in parts:
        key = layout_key(part)
        if key in found:
            continue
        wide, findings = match_wide(framework.model, framework.regions, key[0], part.name)
        notes += findings.notes
        if wide is None:
            faults.append(f"{part.name}: {findings.text('error')}")
            continue
        found[key] = wide
        kinds = dict(part.columns)
        taken = {column: kinds[column] for column in wide.columns.values() if column in kinds}
        faults += [
            f"{part.name}: column {column!r} is {kind}, and a batch reads numbers. Convert it, or score the table "
            "in memory (equindex score)."
            for column, kind in taken.items()
            if not kind.startswith(("int", "uint", "float", "double", "halffloat", "decimal", "null"))
        ]
    if faults:
        raise DataError("\n".join(dict.fromkeys(faults)))
    return found, list(dict.fromkeys(notes))


def layout_key(part: Part) -> Any:
    """Return what decides the layout of a file."""
    names = tuple(name for name, _ in part.columns) + tuple(key for key, _ in part.constants)
    return names, tuple(kind for _, kind in part.columns)


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Reads blocks of files for one framework; what words mean is looked up once."""

    framework: Framework
    layouts: dict[Any, Wide]

    @cached_property
    def words(self) -> dict[Any, int]:
        """Places in the regions table of the words met so far."""
        regions = self.framework.regions
        return {} if regions is None else {code: at for at, code in enumerate(regions.codes)}

    @cached_property
    def codes(self) -> Any:
        """The ids of the regions table, as an arrow array."""
        import pyarrow as pa

        assert self.framework.regions is not None
        return pa.array(self.framework.regions.codes, type=pa.string())

    @cached_property
    def variables(self) -> list[str]:
        """Counts that stand beside the indicators: the populations that indicators name."""
        named = dict.fromkeys(i.population for i in self.framework.model.indicator if i.population)
        known = set() if self.framework.regions is None else set(self.framework.regions.frame.columns)
        return [name for name in named if name not in known]

    def blocks(
        self, unit: Unit, faults: list[str], columns: Collection[int] | None = None
    ) -> Iterator[Block]:
        """Yield the blocks of a unit; what is wrong is added to `faults`.

        Parameters
        ----------
        unit : Unit
            Which rows.
        faults : list of str
            Takes one sentence for each fault, of each kind the first few of a block.
        columns : collection of int, optional
            Indicators to read; the others are NaN. All when left out.
        """
        import pyarrow as pa

        part = unit.part
        wide = self.layouts[layout_key(part)]
        wanted = self._wanted(wide, columns)
        have = {name for name, _ in part.columns}
        chosen = {*self.framework.model.table.keep, *self.framework.model.table.drop}
        said = dict(hive(part.name)).get(str(wide.year)) if wide.year in have else None
        asked = [n for n in dict.fromkeys([wide.region, wide.year, *wanted.values(), *chosen]) if n in have]
        with opened(unit) as file:
            with unreadable(unit.name):
                batches = file.iter_batches(
                    BLOCK_ROWS,
                    row_groups=list(range(unit.first, unit.last + 1)),
                    columns=asked,
                    use_threads=False,
                )
            while True:
                with unreadable(unit.name):
                    batch = next(batches, None)
                if batch is None:
                    if unit.number % _RELEASE == 0:
                        pa.default_memory_pool().release_unused()
                    return
                block = self.block(batch, wide, faults, unit.name, dict(part.constants), wanted)
                other = [] if said is None else [year for year in block.years if year != year_of(said)]
                if other:
                    faults.append(
                        f"{unit.name}: its folder says {wide.year}={said}, but rows are of {other[0]}. Move the file, "
                        "or mend the column."
                    )
                yield block

    def _wanted(self, wide: Wide, columns: Collection[int] | None) -> dict[str, str]:
        """Return the variables that are needed, with their columns."""
        names = list(self.variables)
        for at, indicator in enumerate(self.framework.model.indicator):
            if columns is None or at in columns:
                names += [n for n in (indicator.id, indicator.numerator, indicator.denominator) if n]
        return {name: wide.columns[name] for name in names if name in wide.columns}

    def block(
        self,
        batch: Any,
        wide: Wide,
        faults: list[str],
        name: str,
        constants: dict[str, str] | None = None,
        wanted: dict[str, str] | None = None,
    ) -> Block:
        """Return a record batch as arrays.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Rows of a wide table.
        wide : Wide
            What its columns are.
        faults : list of str
            Takes what is wrong.
        name : str
            What messages call it.
        constants : dict, optional
            Columns of one value that are not in the batch.
        wanted : dict, optional
            Variables to take, with their columns; all when left out.
        """
        constants = constants or {}
        wanted = self._wanted(wide, None) if wanted is None else wanted
        kept = self._kept(batch, constants)
        if not kept.all():
            import pyarrow as pa

            batch = batch.filter(pa.array(kept))
        size = batch.num_rows
        column = {n: batch.column(i) for i, n in enumerate(batch.schema.names)}
        region, code, named = self._regions(
            column.get(wide.region), constants.get(wide.region), size, name, faults
        )
        if isinstance(wide.year, int):
            year = np.full(size, wide.year, dtype=np.int64)
        else:
            year = _years(column.get(wide.year), constants.get(wide.year), size, name, faults)
        values = {v: _numbers(column[c], wide.powers.get(v, 0)) for v, c in wanted.items() if c in column}
        found = []
        for indicator in self.framework.model.indicator:
            own = values.get(indicator.id)
            if indicator.numerator in values and indicator.denominator in values:
                top, bottom = values[indicator.numerator], values[indicator.denominator]
                with np.errstate(divide="ignore", invalid="ignore"):
                    rate = np.where(bottom == 0, np.nan, top / bottom * indicator.per)
                own = rate if own is None else np.where(np.isnan(own), rate, own)
            found.append(np.full(size, np.nan) if own is None else own)
        counts = {v: values[v] for v in self.variables if v in values}
        block = Block(region=region, code=code, year=year, columns=found, counts=counts)
        block = block.where(named & (year >= 0) & self._scored(block))
        self._exclude(block)
        faults += self._implausible(block, name)
        return block

    def _kept(self, batch: Any, constants: dict[str, str]) -> BoolArray:
        """Say which rows [table].keep and drop leave."""
        table = self.framework.model.table
        kept = np.ones(batch.num_rows, dtype=bool)
        for choice, options in (("keep", table.keep), ("drop", table.drop)):
            for column, wanted in options.items():
                named = {cell_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])}
                if column in constants:
                    found = np.full(len(kept), cell_text(constants[column]) in named)
                else:
                    codes, words = _encoded(batch.column(column))
                    found = np.array([cell_text(word) in named for word in words] + [False])[codes]
                kept &= found if choice == "keep" else ~found
        return kept

    def _regions(
        self, column: Any, constant: str | None, size: int, name: str, faults: list[str]
    ) -> tuple[Any, IntArray | None, BoolArray]:
        """Return ids, places in the regions table, and which rows have one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if column is None:
            column = pa.array([constant] * size, type=pa.string())
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            try:
                column = column.cast(pa.string())
            except pa.ArrowInvalid:
                raise DataError(
                    f"{name}: the regions are bytes, and not of UTF-8. Write them as text."
                ) from None
        regions = self.framework.regions
        if regions is None:
            if pa.types.is_dictionary(column.type):
                column = column.dictionary_decode()
            if pa.types.is_floating(column.type):
                column = column.cast(pa.int64())
            words = pc.utf8_trim_whitespace(column.cast(pa.string()))
            good = pc.greater(pc.fill_null(pc.binary_length(words), 0), 0)
            named = np.asarray(good.to_numpy(zero_copy_only=False))
            if not named.all():
                faults.append(f"{name}: {(~named).sum():,} rows have no region. Write it, or remove them.")
            return words, None, named
        codes, texts = _encoded(column)
        new = [text for text in texts if text not in self.words]
        if new:
            found = regions.match(np.array([code_text(t) for t in new], dtype=object))
            self.words.update(zip(new, found.tolist(), strict=True))
        places = np.array([self.words[text] for text in texts] + [-1], dtype=np.int64)
        code = places[codes]
        blank = int((codes < 0).sum())
        if blank:
            faults.append(f"{name}: {blank:,} rows have no region. Write it, or remove them.")
        unknown = [text for text in texts if self.words[text] < 0]
        for text in unknown[:_SHOWN]:
            near = regions.suggest(text)
            what = "ambiguous" if self.words[text] == tables.AMBIGUOUS else "not in the regions table"
            faults.append(f"{name}: region {str(text)!r} is {what}. {nearest(str(text), near)}".rstrip())
        if len(unknown) > _SHOWN:
            faults.append(f"{name}: {len(unknown) - _SHOWN:,} more regions are not in the regions table.")
        named = code >= 0
        return self.codes.take(pa.array(np.maximum(code, 0))), code, named

    def _scored(self, block: Block) -> BoolArray:
        """Say which rows are not those of the reference region, which is not scored."""
        import pyarrow.compute as pc

        wanted = self.framework.model.equalization
        if wanted is None or not isinstance(wanted.reference, RegionReference):
            return np.ones(len(block.year), dtype=bool)
        if block.code is not None:
            return np.asarray(block.code != self._place(wanted.reference.region))
        same = pc.equal(block.region, wanted.reference.region)
        return ~np.asarray(pc.fill_null(same, False).to_numpy(zero_copy_only=False))

    def _place(self, region: str) -> int:
        assert self.framework.regions is not None
        return int(self.framework.regions.match(np.array([region], dtype=object))[0])

    def _exclude(self, block: Block) -> None:
        """Take out the cells of [[exclude]]."""
        import pyarrow.compute as pc

        ids = [indicator.id for indicator in self.framework.model.indicator]
        for cell in self.framework.model.exclude:
            rows = block.year == cell.year
            if not rows.any():
                continue
            if block.code is not None:
                rows = rows & (block.code == self._place(cell.region))
            else:
                rows = rows & np.asarray(pc.equal(block.region, cell.region).to_numpy(zero_copy_only=False))
            at = ids.index(cell.indicator)
            block.columns[at] = np.where(rows, np.nan, block.columns[at])

    def _implausible(self, block: Block, name: str) -> list[str]:
        """Return what is infinite, or outside the lower and upper of its indicator."""
        faults: list[str] = []
        if not len(block.year):
            return faults
        least, most = block.ends
        for at, indicator in enumerate(self.framework.model.indicator):
            low = -np.inf if indicator.lower is None else indicator.lower
            high = np.inf if indicator.upper is None else indicator.upper
            if not (least[at] < low or most[at] > high or np.isinf(least[at]) or np.isinf(most[at])):
                continue
            column = block.columns[at]
            rows = np.flatnonzero((column < low) | (column > high) | np.isinf(column))
            value, where = column[rows[0]], f"{block.region[int(rows[0])]}, {block.year[rows[0]]}"
            many = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
            limit = (
                "is infinite"
                if np.isinf(value)
                else f"is below lower = {low:g}"
                if value < low
                else f"is above upper = {high:g}"
            )
            faults.append(
                f"{name}: {indicator.id!r} = {value:g} ({where}){many} {limit}. Correct it, list it in [[exclude]], or "
                "widen lower and upper."
            )
        return faults


def extremes(columns: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest of each column, missing values left out; NaN where there is none."""
    least, most = np.full(len(columns), np.nan), np.full(len(columns), np.nan)
    for at, column in enumerate(columns):
        if len(column):
            least[at], most[at] = column.min(), column.max()
            if np.isnan(least[at]):
                least[at], most[at] = np.fmin.reduce(column), np.fmax.reduce(column)
    return least, most


def _encoded(column: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Return places in the list of distinct words; a missing one is the last place, -1."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, column.dictionary.to_pylist()


def _years(column: Any, constant: str | None, size: int, name: str, faults: list[str]) -> IntArray:
    import pyarrow as pa

    if column is None:
        year = year_of(constant)
        if year < 0:
            faults.append(f"{name}: {constant!r} is no year. Write four digits, such as 2024.")
        return np.full(size, year, dtype=np.int64)
    if pa.types.is_integer(column.type) and not column.null_count:
        plain: IntArray = column.to_numpy().astype(np.int64)
        if not size or (plain.min() >= 1900 and plain.max() <= 2100):
            return plain
    codes, words = _encoded(column)
    found = [-1 if word is None else year_of(word) for word in words]
    for word, year in zip(words, found, strict=True):
        if year < 0:
            faults.append(f"{name}: {str(word)!r} is no year. Write four digits, such as 2024.")
    if (codes < 0).any():
        faults.append(f"{name}: {(codes < 0).sum():,} rows have no year. Write it, or remove them.")
    return np.array([*found, -1], dtype=np.int64)[codes]


def _numbers(column: Any, power: int) -> FloatArray:
    values = tables.floats(column)
    return scaled(values, power) if power else values
