"""Sheets are matched to the framework: regions, years, indicators, cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import notation, tables
from equindex._arrays import FloatArray
from equindex.errors import DataError, nearest
from equindex.model import FrameworkFile, Indicator
from equindex.schema.findings import Findings
from equindex.schema.raw import Piece
from equindex.schema.sheets import constants_of, fill_down, rows_of, unpivot
from equindex.schema.words import (
    cell_text,
    code_text,
    folded,
    listed,
    power_between,
    printed_year,
    scaled,
    total,
    unit_behind,
    year_of,
)

__all__ = ["Reader"]

_CORE = (
    "region",
    "region_name",
    "year",
    "indicator",
    "value",
)  # other roles give way to variables of that name


class Reader:
    """Collects pieces from sheets, then assembles them."""

    def __init__(self, model: FrameworkFile, regions: tables.Regions | None) -> None:
        self.model = model
        self.table = regions
        self.findings = Findings()
        self.pieces: list[Piece] = []
        self.free: dict[str, int] = {}
        self.optional: set[str] = set()
        self.names, self.words = self._variables()
        self.levels = {i.id: i.levels for i in model.indicator if i.levels}
        self.source_years = False
        self.printed: dict[Any, tuple[str, int]] = {}

    def _variables(self) -> tuple[list[str], dict[str, int]]:
        names: dict[str, None] = {}
        for indicator in self.model.indicator:
            if indicator.numerator is None:
                names[indicator.id] = None
        for indicator in self.model.indicator:
            if indicator.numerator and indicator.denominator:
                names |= dict.fromkeys((indicator.numerator, indicator.denominator, indicator.id))
                self.optional.add(indicator.id)
            if indicator.population and not (self.table and indicator.population in self.table.frame.columns):
                names[indicator.population] = None
            if indicator.sample:
                names[indicator.sample] = None
        order = {name: number for number, name in enumerate(names)}
        words: dict[str, int] = {}
        ambiguous: set[str] = set()
        for indicator in self.model.indicator:
            if indicator.id not in order:
                continue
            for word in (indicator.name, indicator.name_en, *re.split(r"[;|；、]", indicator.alias)):
                for key in {folded(word), folded(f"{word}({indicator.unit})")} - {folded("")}:
                    if words.setdefault(key, order[indicator.id]) != order[indicator.id]:
                        ambiguous.add(key)
        words = {key: number for key, number in words.items() if key not in ambiguous}
        return list(order), words | {folded(name): number for name, number in order.items()}

    # one sheet -----------------------------------------------------------------------------------------------

    def read(self, sheet: tables.Sheet) -> None:
        """Match one sheet and keep it as a piece."""
        declared = self.model.table.model_dump(exclude={"keep", "drop", "sheet"}, exclude_none=True)
        self.findings.notes += [f"{sheet.name}: {note}" for note in sheet.notes]
        double = sheet.frame.columns[sheet.frame.columns.duplicated()].unique()
        if len(double):
            self.findings.error(
                "duplicate columns",
                f"{listed(double)} {'heads' if len(double) == 1 else 'head'} more than one column.",
                "Give every column a name of its own.",
                file=sheet.name,
            )
            return
        sheet = self._kept(sheet)
        constants = constants_of(declared, sheet)
        try:
            own = {role: column for role, column in declared.items() if role not in constants}
            roles = tables.roles(sheet.frame.columns, own)
            if self.table is not None and len(self.table) == 1 and not {"region", "region_name"} & set(roles):
                sheet = replace(sheet, frame=sheet.frame.assign(region=self.table.codes[0]))
                roles = tables.roles(sheet.frame.columns, own)
                self.findings.notes.append(
                    f"{sheet.name}: no region column; all rows are {self.table.names[0]}"
                )
            roles = {r: c for r, c in roles.items() if r in _CORE or folded(c) not in self.words}
            layout = tables.layout(sheet, roles)
        except DataError as error:
            self.findings.error("columns", str(error).removeprefix(f"{sheet.name} "), file=sheet.name)
            return
        if "region" not in roles and "region_name" in roles:
            roles["region"] = roles["region_name"]
        if "region" not in roles:
            self.findings.error(
                "no region column",
                f"none of the columns says which region a row is: {listed(sheet.frame.columns)}.",
                'Call it "region" or 地区, or name it in [table] region = "…".',
                file=sheet.name,
            )
            return
        if layout == "years":
            if "year" in constants:
                roles["year"] = next(iter(tables.year_columns(sheet.frame.columns)))
            else:
                sheet, layout = unpivot(sheet, roles), "long"
                roles = {role: role for role in ("region", "year", "indicator", "value")}
        if self._undated(sheet, roles, constants.get("year")):
            return
        frame = sheet.frame
        region = self._regions(sheet, frame[roles["region"]])
        year = (
            np.full(len(frame), constants["year"], dtype=np.int64)
            if "year" in constants
            else self._years(sheet, frame[roles["year"]], "year")
        )
        good = (region >= 0) & (year >= 0)
        if not good.all():
            sheet, region, year = rows_of(sheet, good), region[good], year[good]
            frame = sheet.frame
        source = None
        if "source_year" in roles:
            source = self._years(sheet, frame[roles["source_year"]], "source_year").astype(float)
            source[source < 0] = np.nan
        elif "source_year" in constants:
            source = np.full(len(frame), float(constants["source_year"]))
        self.source_years |= source is not None
        build = self._long if layout == "long" else self._wide
        piece = build(sheet, roles, region, year)
        if piece is not None:
            piece.source_year = source
            self.pieces.append(piece)

    def _undated(self, sheet: tables.Sheet, roles: dict[str, str], constant: int | None) -> bool:
        """Report that a sheet says no year, or that its years and the constant one contradict each other."""
        printed = printed_year(sheet)
        if constant is None and "year" not in roles:
            said = f"{printed}, which its name or title says" if printed else "the year"
            self.findings.error(
                "no year column",
                f"none of the columns says which year a row is: {listed(sheet.frame.columns)}.",
                f'Call it "year" or 年份, name it in [table] year = "…", or give {said}: '
                f"--set table.year={printed or 2024}.",
                file=sheet.name,
            )
            return True
        if constant is not None and "year" in roles:
            self.findings.error(
                "year",
                f"[table] year = {constant}, but the column {roles['year']!r} says the year too.",
                f"Remove one: [table] year = {constant}, or the column.",
                file=sheet.name,
            )
            return True
        if constant is not None and printed not in (constant, None):
            self.findings.error(
                "year",
                f"[table] year = {constant}, but the sheet's name or title says {printed}.",
                "Correct one of them.",
                file=sheet.name,
            )
            return True
        return False

    def _kept(self, sheet: tables.Sheet) -> tables.Sheet:
        """Leave out the rows that [table].keep and drop do not want."""
        for choice in ("keep", "drop"):
            kept = np.ones(len(sheet.frame), dtype=bool)
            for column, wanted in getattr(self.model.table, choice).items():
                if column not in sheet.frame.columns:
                    self.findings.error(
                        "unknown column",
                        f"[table].{choice} names {column!r}. {nearest(column, map(str, sheet.frame.columns))}",
                        f"Mend [table].{choice}.",
                        file=sheet.name,
                    )
                    continue
                named = {cell_text(value) for value in (wanted if isinstance(wanted, list) else [wanted])}
                found = sheet.frame[column].map(cell_text).isin(named).to_numpy()
                kept &= found if choice == "keep" else ~found
            if not kept.all():
                self.findings.notes.append(
                    f"{sheet.name}: {int((~kept).sum())} rows left out by [table].{choice}"
                )
                sheet = rows_of(sheet, kept)
        return sheet

    def _regions(self, sheet: tables.Sheet, column: pd.Series[Any]) -> NDArray[np.intp]:
        codes, texts = pd.factorize(column.astype(object).where(column.notna(), ""), use_na_sentinel=False)
        words = [code_text(text) for text in texts]
        if self.table is None:
            found = np.array([self.free.setdefault(word, len(self.free)) if word else -1 for word in words])
        else:
            found = self.table.match(np.array(words, dtype=object))
        matched = found.astype(np.intp)[codes] if len(found) else np.empty(0, dtype=np.intp)
        for number, (word, code) in enumerate(zip(words, found, strict=True)):
            if code >= 0:
                self._total(sheet, word, int(np.argmax(codes == number)))
                continue
            rows = np.flatnonzero(codes == number)
            many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
            say = "is blank" if not word else "is ambiguous" if code == -2 else "is not in the regions table"
            near = self.table.suggest(word) if self.table and word else ()
            hint = f"It may be {' or '.join(near)}." if code == -2 else nearest(word, near)
            remedy = (
                "Write the code instead of the name."
                if code == -2
                else "Mend the name, add it (or an alias) to the regions table, "
                "or leave rows out with [table].keep or drop."
            )
            self.findings.error(
                "region",
                f"{word!r} {say}{many}. {hint}".strip(),
                fill_down(remedy, "" if word else sheet.name),
                file=sheet.name,
                row=int(sheet.lines[rows[0]]),
                region=word,
            )
        return matched

    def _total(self, sheet: tables.Sheet, word: str, row: int) -> None:
        """Warn of a total among the regions, where no table says that it is one of them."""
        wanted = self.model.equalization.reference if self.model.equalization else None
        if self.table is None and total(word) and word != getattr(wanted, "region", None):
            self.findings.warn(
                "total",
                f"{word!r} looks like a total, and is scored as a region.",
                f'Leave it out: [table] drop = {{ column = "{word}" }}, or make it equalization.reference.',
                file=sheet.name,
                row=int(sheet.lines[row]),
                region=word,
            )

    def _years(self, sheet: tables.Sheet, column: pd.Series[Any], what: str) -> NDArray[np.int64]:
        codes, texts = pd.factorize(column.astype(object).where(column.notna(), ""), use_na_sentinel=False)
        found = np.array([year_of(text) for text in texts], dtype=np.int64)
        for number in np.flatnonzero(found < 0).tolist():
            if what == "source_year" and not str(texts[number]).strip():
                continue
            rows = np.flatnonzero(codes == number)
            many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
            self.findings.error(
                "year",
                f"{str(texts[number])!r} is no {what.replace('_', ' ')}{many}.",
                fill_down(
                    "Write four digits, such as 2024.", "" if str(texts[number]).strip() else sheet.name
                ),
                file=sheet.name,
                row=int(sheet.lines[rows[0]]),
                column=str(column.name),
                value=str(texts[number]),
            )
        return found[codes] if len(found) else np.empty(0, dtype=np.int64)

    def _match(self, words: Iterable[Any], sheet: tables.Sheet) -> dict[Any, int]:
        """Match column headers or indicator cells to variables; near misses of absent ones are errors."""
        words = list(words)
        found = {word: self.words[folded(word)] for word in words if folded(word) in self.words}
        found |= self._with_units(words, set(found.values()))
        self.printed = self._printed(found, sheet)
        absent = [name for number, name in enumerate(self.names) if number not in found.values()]
        spoken = {folded(name): name for name in absent}
        for indicator in self.model.indicator:
            if indicator.id in absent and indicator.name:
                spoken[folded(indicator.name)] = indicator.id
        ignored = []
        for word in words:
            if word in found:
                continue
            shared = [i.id for i in self.model.indicator if folded(word) == folded(i.name) != folded("")]
            if len(shared) > 1:
                self.findings.error(
                    "unknown column",
                    f"{str(word)!r} is the name of {' and '.join(shared)}.",
                    "Write the id instead.",
                    file=sheet.name,
                    column=str(word),
                )
                continue
            close = get_close_matches(folded(word), spoken, n=1)
            if close:
                self.findings.error(
                    "unknown column",
                    f"{str(word)!r} is close to {spoken[close[0]]!r}, which has no data.",
                    "Rename it, or give the indicator this alias.",
                    file=sheet.name,
                    column=str(word),
                )
            elif str(word).strip():
                ignored.append(word)
        if ignored:
            self.findings.notes.append(f"{sheet.name}: ignored, not in the framework: {listed(ignored)}")
        return found

    def _with_units(self, words: list[Any], there: set[int]) -> dict[Any, int]:
        """Match words with another unit behind them than the indicator's own, where one alone fits."""
        spoken: dict[int, list[Any]] = {}
        for word in words:
            name, unit = unit_behind(word)
            variable = self.words.get(name, -1)
            if unit and variable >= 0 and variable not in there and self.unit(variable):
                spoken.setdefault(variable, []).append(word)
        found = {}
        for variable, several in spoken.items():
            units = [unit_behind(word)[1] for word in several]
            same = [power_between(unit, self.unit(variable)) is not None for unit in units]
            fitting = [word for word, fits in zip(several, same, strict=True) if fits] or several
            if len(fitting) == 1:
                found[fitting[0]] = variable
        return found

    def _printed(self, found: dict[Any, int], sheet: tables.Sheet) -> dict[Any, tuple[str, int]]:
        """Return the printed unit of words whose numbers must be scaled, and the power of ten to do it."""
        printed = {}
        for word, variable in found.items():
            _, unit = unit_behind(word)
            own = self.unit(variable)
            power = power_between(unit, own) if unit and own else 0
            if power:
                printed[word] = unit, power
                factor = f"{10**power:,}" if power > 0 else f"1/{10**-power:,}"
                self.findings.notes.append(
                    f"{sheet.name}: {str(word)!r} is in {unit}, the indicator in {own}: numbers times {factor}"
                )
            elif power is None and folded(word) not in self.words:
                self.findings.warn(
                    "unit",
                    f"the unit in {str(word)!r} is {unit}, but that of the indicator is {own}.",
                    "Correct one of them; the numbers are read as they stand.",
                    file=sheet.name,
                    indicator=self.names[variable],
                )
        return printed

    def _wide(
        self, sheet: tables.Sheet, roles: dict[str, str], region: NDArray[np.intp], year: NDArray[np.int64]
    ) -> Piece | None:
        chosen = {*self.model.table.keep, *self.model.table.drop}
        taken = {*roles.values(), *(column for column in chosen if folded(column) not in self.words)}
        found = self._match([c for c in sheet.frame.columns if c not in taken], sheet)
        for number in sorted(set(found.values())):
            twins = [str(word) for word, at in found.items() if at == number]
            if len(twins) > 1:
                self.findings.error(
                    "duplicate columns",
                    f"{' and '.join(map(repr, twins))} are one indicator.",
                    "Keep one.",
                    file=sheet.name,
                )
        headers = sorted(found, key=lambda word: found[word])
        piece = Piece(sheet, region, year, sheet.lines, np.empty((0, 0)), [found[h] for h in headers], [])
        piece.headers = [str(header) for header in headers]
        piece.values = self._numbers(piece, sheet.frame, headers)
        return piece

    def _numbers(self, piece: Piece, frame: pd.DataFrame, headers: list[Any]) -> FloatArray:
        """Return the cells of `headers` as floats: a view where the frame already holds one such block."""
        place = {header: number for number, header in enumerate(frame.columns)}
        at = [place[header] for header in headers]
        levels = [self.levels.get(self.names[variable], ()) for variable in piece.columns]
        numeric = [frame.dtypes.iloc[position] == np.float64 for position in at]
        plain = all(numeric) and not any(levels) and not any(header in self.printed for header in headers)
        if headers and plain and at == list(range(at[0], at[0] + len(at))):
            return np.asarray(frame.iloc[:, at[0] : at[0] + len(at)])
        values = np.full((len(frame), len(headers)), np.nan, order="F")
        for j, header in enumerate(headers):
            unit = self.unit(piece.columns[j])
            printed = self.printed.get(header, (unit, 0))
            values[:, j] = self._cells(piece, frame[header], printed, j, header, levels[j])
        return values

    def unit(self, variable: int) -> str:
        """Return the unit of a variable's cells, empty where no indicator is called so."""
        name = self.names[variable]
        return next((_unit(i) for i in self.model.indicator if i.id == name), "")

    def _cells(
        self,
        piece: Piece,
        column: pd.Series[Any],
        unit_and_power: tuple[str, int],
        j: int,
        header: Any,
        levels: tuple[str, ...] = (),
    ) -> FloatArray:
        """Read cells printed in a unit, and multiply them by a power of ten; or places of levels."""
        if levels:
            return self._graded(piece, column, levels, j, header)
        unit, power = unit_and_power
        if pd.api.types.is_any_real_numeric_dtype(column):
            values = column.to_numpy(dtype=float, na_value=np.nan)
            return scaled(values, power) if power else values
        cells = column.astype(object).where(column.notna(), "").to_numpy()
        found = notation.read_many(cells, unit)
        for row in np.flatnonzero(found.code >= 0).tolist():
            reading = found.notes[found.code[row]]
            more = reading.increment or reading.relative or reading.also is not None or reading.trend
            if reading.unread or more:
                self._unreadable(piece, row, header, reading.raw, "no number", "Write a number")
            elif not reading.missing or reading.raw.strip():
                ends = scaled(np.array([reading.value, reading.high]), power)
                piece.special[row, j] = replace(reading, value=ends[0], high=ends[1]) if power else reading
        return scaled(found.value, power) if power else found.value

    def _graded(
        self, piece: Piece, column: pd.Series[Any], levels: tuple[str, ...], j: int, header: Any
    ) -> FloatArray:
        """Read cells that name levels as the places of these."""
        codes, texts = pd.factorize(column.astype(object).where(column.notna(), ""), use_na_sentinel=False)
        found = [notation.read_level(text, levels) for text in texts]
        for row, code in enumerate(codes.tolist()):
            reading = found[code]
            if reading.unread:
                known = f"Write one of the levels: {', '.join(levels)}"
                self._unreadable(piece, row, header, reading.raw, "no level", known)
            elif reading.operator or (reading.missing and reading.raw.strip()):
                piece.special[row, j] = reading
        return np.array([reading.value for reading in found], dtype=float)[codes]

    def _unreadable(self, piece: Piece, row: int, header: Any, raw: str, what: str, remedy: str) -> None:
        self.findings.error(
            "unreadable cell",
            f"{raw[:60]!r} is {what}.",
            f"{remedy}, or leave the cell empty or — where there is none.",
            file=piece.sheet.name,
            row=int(piece.lines[row]),
            column=str(header),
            value=raw[:60],
        )

    def _long(
        self, sheet: tables.Sheet, roles: dict[str, str], region: NDArray[np.intp], year: NDArray[np.int64]
    ) -> Piece | None:
        codes, words = pd.factorize(sheet.frame[roles["indicator"]].astype(object), use_na_sentinel=False)
        blank = np.array([not cell_text(word) or word != word for word in words], dtype=bool)
        for number in np.flatnonzero(blank).tolist():
            rows = np.flatnonzero(codes == number)
            many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
            self.findings.error(
                "no indicator",
                f"the indicator is blank{many}.",
                "Name the indicator, or remove the row.",
                file=sheet.name,
                row=int(sheet.lines[rows[0]]),
            )
        found = self._match([word for word in words if word == word], sheet)
        variable = np.array([found.get(word, -1) for word in words], dtype=np.intp)
        variable = variable[codes] if len(words) else np.empty(0, dtype=np.intp)
        rows = np.flatnonzero(variable >= 0)
        piece = Piece(sheet, region, year, sheet.lines, np.empty(0), [], [], variable=variable)
        values = np.full(len(variable), np.nan)
        cells = sheet.frame[roles["value"]]
        plain = pd.api.types.is_numeric_dtype(cells) or not any(map(self.unit, range(len(self.names))))
        if plain and not self.printed and not self.levels:
            values = self._cells(piece, cells, ("", 0), 0, roles["value"])
        else:
            for number in np.unique(codes[rows]).tolist():
                part = np.flatnonzero(codes == number)
                unit = self.printed.get(words[number], (self.unit(found[words[number]]), 0))
                sub = Piece(sheet, region, year, sheet.lines[part], np.empty(0), [], [])
                levels = self.levels.get(self.names[found[words[number]]], ())
                values[part] = self._cells(sub, cells.iloc[part], unit, 0, roles["value"], levels)
                piece.special |= {(int(part[row]), 0): reading for (row, _), reading in sub.special.items()}
        piece.values = values
        return piece


def _unit(indicator: Indicator) -> str:
    """Return the unit of an indicator's cells: where a share of parts passes, parts may say 是 and 否."""
    yes = indicator.roll_up == "share" and notation.read(indicator.part_target or "", "是/否").numeric
    return "是/否" if yes and not notation.read(indicator.part_target or "").numeric else indicator.unit
