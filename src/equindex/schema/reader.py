"""Sheets are matched to the framework: regions, years, indicators, cells."""

from __future__ import annotations

import re
import unicodedata
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
from equindex.model import FrameworkFile
from equindex.schema.findings import Findings
from equindex.schema.raw import Piece

__all__ = ["Reader"]


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
        self.source_years = False

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
        order = {name: number for number, name in enumerate(names)}
        words: dict[str, int] = {}
        ambiguous: set[str] = set()
        for indicator in self.model.indicator:
            if indicator.id not in order:
                continue
            for word in (indicator.name, indicator.name_en, *re.split(r"[;|；、]", indicator.alias)):
                for key in {_key(word), _key(f"{word}({indicator.unit})")} - {_key("")}:
                    if words.setdefault(key, order[indicator.id]) != order[indicator.id]:
                        ambiguous.add(key)
        words = {key: number for key, number in words.items() if key not in ambiguous}
        return list(order), words | {_key(name): number for name, number in order.items()}

    # one sheet -----------------------------------------------------------------------------------------------

    def read(self, sheet: tables.Sheet) -> None:
        """Match one sheet and keep it as a piece."""
        declared = self.model.table.model_dump(exclude={"keep", "sheet"}, exclude_none=True)
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
        constants = {role: value for role, value in declared.items() if isinstance(value, int)}
        try:
            roles = tables.roles(
                sheet.frame.columns, {r: c for r, c in declared.items() if r not in constants}
            )
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
            sheet, roles = (
                _unpivot(sheet, roles),
                {"region": "region", "year": "year", "indicator": "indicator"},
            )
            roles["value"], layout = "value", "long"
        if "year" not in roles and "year" not in constants:
            self.findings.error(
                "no year column",
                f"none of the columns says which year a row is: {listed(sheet.frame.columns)}.",
                'Call it "year" or 年份, name it in [table] year = "…", or give the year: --set table.year=2024.',
                file=sheet.name,
            )
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
            sheet, region, year = _rows(sheet, good), region[good], year[good]
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

    def _kept(self, sheet: tables.Sheet) -> tables.Sheet:
        keep = np.ones(len(sheet.frame), dtype=bool)
        for column, wanted in self.model.table.keep.items():
            if column not in sheet.frame.columns:
                self.findings.error(
                    "unknown column",
                    f"[table].keep names {column!r}. {nearest(column, map(str, sheet.frame.columns))}",
                    "Mend [table].keep.",
                    file=sheet.name,
                )
                continue
            allowed = {_cell(value) for value in (wanted if isinstance(wanted, list) else [wanted])}
            cells = sheet.frame[column].map(_cell)
            keep &= cells.isin(allowed).to_numpy()
        if keep.all():
            return sheet
        self.findings.notes.append(f"{sheet.name}: {int((~keep).sum())} rows left out by [table].keep")
        return _rows(sheet, keep)

    def _regions(self, sheet: tables.Sheet, column: pd.Series[Any]) -> NDArray[np.intp]:
        codes, texts = pd.factorize(column.astype(object).where(column.notna(), ""), use_na_sentinel=False)
        words = [_code(text) for text in texts]
        if self.table is None:
            found = np.array([self.free.setdefault(word, len(self.free)) if word else -1 for word in words])
        else:
            found = self.table.match(np.array(words, dtype=object))
        matched = found.astype(np.intp)[codes] if len(found) else np.empty(0, dtype=np.intp)
        for number, (word, code) in enumerate(zip(words, found, strict=True)):
            if code >= 0:
                continue
            rows = np.flatnonzero(codes == number)
            many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
            say = "is blank" if not word else "is ambiguous" if code == -2 else "is not in the regions table"
            hint = nearest(word, self.table.suggest(word)) if self.table and word and code == -1 else ""
            self.findings.error(
                "region",
                f"{word!r} {say}{many}. {hint}".strip(),
                "Mend the name, add it (or an alias) to the regions table, or leave rows out with [table].keep.",
                file=sheet.name,
                row=int(sheet.lines[rows[0]]),
                region=word,
            )
        return matched

    def _years(self, sheet: tables.Sheet, column: pd.Series[Any], what: str) -> NDArray[np.int64]:
        codes, texts = pd.factorize(column.astype(object).where(column.notna(), ""), use_na_sentinel=False)
        found = np.array([_year(text) for text in texts], dtype=np.int64)
        for number in np.flatnonzero(found < 0).tolist():
            if what == "source_year" and not str(texts[number]).strip():
                continue
            rows = np.flatnonzero(codes == number)
            many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
            self.findings.error(
                "year",
                f"{str(texts[number])!r} is no {what.replace('_', ' ')}{many}.",
                "Write four digits, such as 2024.",
                file=sheet.name,
                row=int(sheet.lines[rows[0]]),
                column=str(column.name),
                value=str(texts[number]),
            )
        return found[codes] if len(found) else np.empty(0, dtype=np.int64)

    def _match(self, words: Iterable[Any], sheet: tables.Sheet) -> dict[Any, int]:
        """Match column headers or indicator cells to variables; near misses of absent ones are errors."""
        words = list(words)
        found = {word: self.words[_key(word)] for word in words if _key(word) in self.words}
        absent = [name for number, name in enumerate(self.names) if number not in found.values()]
        spoken = {_key(name): name for name in absent}
        for indicator in self.model.indicator:
            if indicator.id in absent and indicator.name:
                spoken[_key(indicator.name)] = indicator.id
        ignored = []
        for word in words:
            if word in found:
                continue
            close = get_close_matches(_key(word), spoken, n=1)
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

    def _wide(
        self, sheet: tables.Sheet, roles: dict[str, str], region: NDArray[np.intp], year: NDArray[np.int64]
    ) -> Piece | None:
        taken = set(roles.values()) | set(self.model.table.keep)
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
        numeric = [frame.dtypes.iloc[position] == np.float64 for position in at]
        if headers and all(numeric) and at == list(range(at[0], at[0] + len(at))):
            return np.asarray(frame.iloc[:, at[0] : at[0] + len(at)])
        values = np.full((len(frame), len(headers)), np.nan, order="F")
        for j, header in enumerate(headers):
            unit = self.unit(piece.columns[j])
            values[:, j] = self._cells(piece, frame[header], unit, j, header)
        return values

    def unit(self, variable: int) -> str:
        """Return the unit of a variable, empty where no indicator is called so."""
        name = self.names[variable]
        return next((i.unit for i in self.model.indicator if i.id == name), "")

    def _cells(self, piece: Piece, column: pd.Series[Any], unit: str, j: int, header: Any) -> FloatArray:
        kinds = pd.api.types
        if kinds.is_any_real_numeric_dtype(column):
            return column.to_numpy(dtype=float, na_value=np.nan)
        cells = column.astype(object).where(column.notna(), "").to_numpy()
        found = notation.read_many(cells, unit)
        for row in np.flatnonzero(found.code >= 0).tolist():
            reading = found.notes[found.code[row]]
            if reading.unread:
                self.findings.error(
                    "unreadable cell",
                    f"{reading.raw[:60]!r} is no number.",
                    "Write a number, or leave the cell empty or — where there is none.",
                    file=piece.sheet.name,
                    row=int(piece.lines[row]),
                    column=str(header),
                    value=reading.raw[:60],
                )
            elif not reading.missing or reading.raw.strip():
                piece.special[row, j] = reading
        return found.value

    def _long(
        self, sheet: tables.Sheet, roles: dict[str, str], region: NDArray[np.intp], year: NDArray[np.int64]
    ) -> Piece | None:
        codes, words = pd.factorize(sheet.frame[roles["indicator"]].astype(object), use_na_sentinel=False)
        blank = np.array([not _cell(word) or word != word for word in words], dtype=bool)
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
        if pd.api.types.is_numeric_dtype(cells) or not any(self.unit(v) for v in range(len(self.names))):
            values = self._cells(piece, cells, "", 0, roles["value"])
        else:
            for number in np.unique(variable[rows]):
                part = np.flatnonzero(variable == number)
                sub = Piece(sheet, region, year, sheet.lines[part], np.empty(0), [], [])
                values[part] = self._cells(sub, cells.iloc[part], self.unit(int(number)), 0, roles["value"])
                piece.special |= {(int(part[row]), 0): reading for (row, _), reading in sub.special.items()}
        piece.values = values
        return piece


def _rows(sheet: tables.Sheet, keep: NDArray[np.bool_]) -> tables.Sheet:
    return replace(sheet, frame=sheet.frame.loc[keep].reset_index(drop=True), lines=sheet.lines[keep])


def _unpivot(sheet: tables.Sheet, roles: dict[str, str]) -> tables.Sheet:
    """Turn a table whose columns are years into a long one; the indicator is named by column or title."""
    years = [column for column in sheet.frame.columns if _year(column) >= 0 and column not in roles.values()]
    lead = sheet.frame[roles["region"]].to_numpy()
    named = sheet.frame[roles["indicator"]].to_numpy() if "indicator" in roles else None
    title = sheet.indicator or sheet.name
    size = len(sheet.frame)
    frame = pd.DataFrame(
        {
            "region": np.tile(lead, len(years)),
            "year": np.repeat([str(_year(column)) for column in years], size),
            "indicator": np.tile(
                named if named is not None else np.full(size, title, dtype=object), len(years)
            ),
            "value": pd.concat([sheet.frame[column] for column in years], ignore_index=True),
        }
    )
    return replace(sheet, frame=frame, lines=np.tile(sheet.lines, len(years)))


def _key(word: Any) -> str:
    """Fold a header for comparison: width, case and spaces do not count."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", str(word))).casefold()


def _cell(value: Any) -> str:
    """Text of a cell for comparing with [table].keep: 1.0 is 1, True is true."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip()).casefold()


def _code(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _year(value: Any) -> int:
    """Read 1999, 1999.0, "1999年" or "1999" as a year; -1 for anything else."""
    text = unicodedata.normalize("NFKC", _code(value)).removesuffix("年").removesuffix(".0").strip()
    return int(text) if re.fullmatch(r"[0-9]{4}", text) and text != "0000" else -1


def listed(words: Iterable[Any], most: int = 8) -> str:
    words = [repr(str(word)) for word in words]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
