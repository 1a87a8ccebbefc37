"""Facility norms (配置标准): what each area must have by its size, against what it has."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pandas as pd

from equindex import notation
from equindex.errors import EquindexError, nearest
from equindex.notation import Reading
from equindex.notation.words import DOUBT, FACTOR, FOLD, power_of
from equindex.standards.amounts import exact, measure
from equindex.standards.lists import Faults, name_key
from equindex.tables.files import read_file

__all__ = ["Facilities", "facilities"]

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "序号", "code"),
    "facility": ("设施", "設施", "设施名称", "設施名稱", "项目", "facilities"),
    "condition": ("适用条件", "條件", "条件", "适用", "適用條件", "where"),
    "amount": ("标准", "数量", "配置标准", "standard", "norm"),
    "per": ("每",),
    "of": ("基数", "基數", "按", "base"),
    "unit": ("单位", "计量单位", "units"),
    "any_of": ("任选组", "任選組", "任选其一", "任選其一", "any"),
    "source": ("来源", "资料来源", "出处"),
    "note": ("备注", "说明", "notes"),
}
_AREA: Final = ("area", "地区", "区域", "region", "小区", "名称", "name", "社区", "村")
_SIZES: Final = (
    ("户", "户数", "户籍户数", "家庭户数", "household", "households"),
    ("人", "人口", "常住人口", "居民", "服务人口", "人口数", "population", "people"),
)
_COLUMNS = "area facility required required_high actual unit attainment uncapped met rule norm any_of reason"
_COUNTED = re.compile(f"(?P<factor>{FACTOR})(?P<noun>[^0-9]*)")
_FIGURE = re.compile(r"[\d.,<>=≥≤~～+—–\-至到 ]*\d[\d.,<>=≥≤~～+—–\-至到 ]*")  # meant as a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """One rule: so much of a facility for each so many of a size, where a condition holds."""

    row: int
    id: str
    facility: str
    conditions: tuple[tuple[str, str], ...]
    amount: Reading
    printed: str
    per: tuple[Fraction, Fraction]
    """For each how many; two ends of a range, else twice the same."""
    about: bool
    of: str
    """Column of the size; empty for an amount of its own."""
    unit: str
    any_of: str

    @property
    def upper(self) -> bool:
        """Whether the norm is the most that may be."""
        return self.amount.operator in ("<", "<=")

    @property
    def strict(self) -> bool:
        """Whether the amount itself does not do."""
        return self.amount.operator in ("<", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facilities:
    """What `facilities` found.

    Attributes
    ----------
    facilities : DataFrame
        A row for each area and rule that applies to it; rules that replace each other share one.
    summary : DataFrame
        For each facility, how many areas meet their norm, do not, and cannot be judged.
    inputs : tuple of Path
        The files that were read.
    """

    facilities: pd.DataFrame
    summary: pd.DataFrame
    inputs: tuple[Path, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {"facilities": self.facilities, "facility_summary": self.summary}

    def answer(self) -> list[str]:
        """Say for each facility in how many areas the norm is met."""
        said = []
        for row in self.summary.to_dict("records"):
            judged = row["met"] + row["not_met"]
            text = f"{row['facility']}: {row['met']} of {judged} areas meet the norm"
            text += f", {row['unscored']} cannot be judged" if row["unscored"] else ""
            rows = self.facilities[self.facilities["facility"] == row["facility"]]
            short = [str(area) for area in rows.loc[rows["met"].eq(False), "area"]]
            said.append(f"{text}{f'; not met: {_some(short)}' if short else ''}.")
        return said


def facilities(norms: str | Path, areas: str | Path, faults: Faults | None = None) -> Facilities:
    """Hold what areas have against facility norms.

    Required is the norm times the size of the area: at least 30 m² per 100 households is 1,200 m² for 4,000. Where
    rules replace each other (`any_of`), the one that is met, or nearest to it, counts.

    Parameters
    ----------
    norms : path
        Table of rules: facility, condition, amount, per, of, unit, any_of.
    areas : path
        One row per area: its name, sizes, kinds, and a column for each facility with what there is.
    faults : Faults, optional
        Takes what is wrong, so that several files tell together; else it is raised.

    Returns
    -------
    Facilities
        Unscored with a reason where a size, a kind or an actual amount is missing.

    Raises
    ------
    DataError
        With all faults of both files.
    """
    own, paths = Faults(), (Path(norms), Path(areas))
    columns, rows = _areas(paths[1], own)
    rules = own.records(paths[0], _HEADERS)
    read = [_norm(paths[0].name, line, row, columns, own) for line, row in rules]
    known = [norm for norm in read if norm]
    if rows and "area" not in columns:
        own.add(
            paths[1].name, None, f"no column of areas. Call it 'area' or 地区. Known: {', '.join(columns)}."
        )
    seen: dict[str, int] = {}
    for line, row in rows:
        name = row.get("area", "")
        if "area" in columns and not name:
            own.add(paths[1].name, line, "an area without a name.")
        elif name and seen.setdefault(name, line) != line:
            own.add(paths[1].name, line, f"area {name!r} is on row {seen[name]} already. Drop one.")
    found = [held for line, row in rows for held in _area(paths[1].name, line, row, columns, known, own)]
    if faults is None:
        own.stop()
    else:
        faults.found += own.found
    frame = pd.DataFrame(
        found,
        columns=_COLUMNS.split(),
    )
    frame["met"] = frame["met"].astype("boolean")
    return Facilities(facilities=frame, summary=_summary(frame, known), inputs=paths)


# reading -----------------------------------------------------------------------------------------------------


def _areas(path: Path, faults: Faults) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read the areas: their columns, that of the names as `area`, and the cells of each that are not empty."""
    try:
        sheet = read_file(path, every_text=True)
    except EquindexError as error:
        faults.found.append(str(error))
        return [], []
    columns = [str(column) for column in sheet.frame.columns]
    keys = [name_key(column) for column in columns]
    place = next((keys.index(name_key(word)) for word in _AREA if name_key(word) in keys), None)
    if place is not None:
        columns[place] = "area"
    rows = []
    for line, cells in zip(sheet.lines.tolist(), sheet.frame.to_numpy(), strict=True):
        row = {key: cell.strip() for key, cell in zip(columns, cells, strict=True) if isinstance(cell, str)}
        rows.append((line, {key: cell for key, cell in row.items() if cell}))
    return columns, rows


def _norm(
    file: str, line: int, row: Mapping[str, str], columns: Sequence[str], faults: Faults
) -> Norm | None:
    """Read one rule; None, and a fault, where it cannot be read."""
    before = len(faults.found)
    if not row.get("facility"):
        faults.add(file, line, "a norm without a facility.")
    amount = notation.read(row.get("amount", ""))
    if not amount.numeric or amount.operator == "range":
        text = f"the amount {amount.raw!r} cannot be read. Write it as 每百户不少于20平方米, or the number, per and of."
        faults.add(file, line, text)
    per, about, noun = _per(file, line, row.get("per", ""), amount.per, faults)
    of = _column(row.get("of", "") or noun, columns)
    if (row.get("of") or noun or row.get("per")) and not of and columns:
        wanted = row.get("of") or noun or row.get("per", "")
        hint = nearest(wanted, columns)
        faults.add(file, line, f"the areas have no one column for {wanted!r}. Name it in 'of' (基数). {hint}")
    conditions = []
    for part in filter(None, re.split("[;；]", row.get("condition", ""))):
        key, equals, value = (text.strip() for text in part.translate(FOLD).partition("="))
        column = _column(key, columns)
        if not equals or not value:
            faults.add(file, line, f"the condition {part.strip()!r} should be column=value.")
        elif _FIGURE.fullmatch(value) and not notation.read(value).numeric:
            faults.add(
                file, line, f"the condition {part.strip()!r} cannot be read: write ≥100, <100 or 100-200."
            )
        elif not column and columns:
            faults.add(
                file,
                line,
                f"the condition names {key!r}, which the areas do not have. {nearest(key, columns)}",
            )
        conditions.append((column, value))
    if len(faults.found) > before:
        return None
    return Norm(
        row=line,
        id=row.get("id", f"row {line}"),
        facility=row["facility"],
        conditions=tuple(conditions),
        amount=amount,
        printed=_shown(row),
        per=per,
        about=about or amount.operator == "~",
        of=of,
        unit=row.get("unit", "") or measure(amount, "").partition("/")[0],
        any_of=row.get("any_of", ""),
    )


def _per(
    file: str, line: int, cell: str, printed: str, faults: Faults
) -> tuple[tuple[Fraction, Fraction], bool, str]:
    """Read for each how many: 100, 百户, 3000至5000人; what the amount itself prints must agree."""
    found = []
    for text in filter(None, (cell, printed)):
        reading = notation.read(text)
        if reading.numeric and reading.value > 0 and reading.operator in ("", "~", "=", "range"):
            ends = (
                exact(reading.value),
                exact(reading.high if reading.operator == "range" else reading.value),
            )
            found.append((ends, reading.operator == "~", reading.suffix))
        elif (
            words := _COUNTED.fullmatch(text.translate(FOLD).removeprefix("每").removeprefix("个"))
        ) and not (DOUBT.search(words["noun"])):
            size = Fraction(10) ** power_of(words["factor"])
            found.append(((size, size), False, words["noun"]))
        else:
            faults.add(file, line, f"'per' is {text!r}: write 100, 百户 or 3000至5000.")
    if len(found) > 1 and found[0][0] != found[1][0]:
        faults.add(file, line, f"'per' is {cell!r}, but the amount says per {printed}.")
    noun = next((noun for *_, noun in found if noun), "")
    return (*found[0][:2], noun) if found else ((Fraction(1), Fraction(1)), False, noun)


def _column(word: str, columns: Sequence[str]) -> str:
    """Return the column that a word names, or the one of the same size (户, 人); empty where none or several do."""
    key = name_key(word)
    if not key:
        return ""
    own = [column for column in columns if name_key(column) == key]
    for words in _SIZES if not own else ():
        if key in words:
            own += [column for column in columns if name_key(column) in words]
    return own[0] if len(own) == 1 else ""


def _shown(row: Mapping[str, str]) -> str:
    each = row.get("per", "")
    of = row.get("of", "")
    return f"{row.get('amount', '')}{f' per {each}' if each else ''}{f' of {of}' if of else ''}"


# judging -----------------------------------------------------------------------------------------------------


def _area(
    file: str,
    line: int,
    row: Mapping[str, str],
    columns: Sequence[str],
    norms: Iterable[Norm],
    faults: Faults,
) -> list[dict[str, Any]]:
    """Judge one area by every rule that applies to it."""
    found = []
    for norm in norms:
        holds = _applies(norm, row)
        if holds is not False:
            found.append((norm, _judge(file, line, row, columns, norm, holds is None, faults)))
    kept = []
    keyed = sorted(found, key=lambda pair: (pair[0].facility, pair[0].any_of or f"\0{pair[0].row}"))
    for _, pairs in groupby(keyed, key=lambda pair: (pair[0].facility, pair[0].any_of or f"\0{pair[0].row}")):
        kept.append(_best([judged for _, judged in pairs]))
    order = {norm.id: place for place, (norm, _) in enumerate(found)}
    return sorted(kept, key=lambda judged: order[judged["rule"]])


def _best(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first rule that is met; else the first that cannot be judged; else the one nearest to being met."""
    for wanted in (True, None):
        for judged in alternatives:
            if judged["met"] is wanted:
                return judged
    return max(alternatives, key=lambda judged: judged["uncapped"])


def _applies(norm: Norm, row: Mapping[str, str]) -> bool | None:
    """Say whether an area fulfils the conditions; None where a cell they need is empty."""
    answers: list[bool | None] = []
    for column, value in norm.conditions:
        cell = row.get(column, "")
        number, bound = notation.read(cell), notation.read(value)
        if not cell:
            answers.append(None)
        elif bound.numeric and number.numeric and not number.operator:
            low, high, above, below = bound.bounds
            inside = low <= number.value <= high
            answers.append(
                inside and not (above and number.value == low) and not (below and number.value == high)
            )
        else:
            answers.append(name_key(cell) == name_key(value))
    return False if False in answers else None if None in answers else True


def _judge(
    file: str,
    line: int,
    row: Mapping[str, str],
    columns: Sequence[str],
    norm: Norm,
    unsure: bool,
    faults: Faults,
) -> dict[str, Any]:
    """Hold one area against one rule."""
    column = _column(norm.facility, columns)
    if not column:
        before = (
            f"the areas need a column {norm.facility!r} with what there is. {nearest(norm.facility, columns)}"
        )
        if not any(before in fault for fault in faults.found):
            faults.add(file, None, before)
    size = _number(file, line, norm.of, row, faults) if norm.of else Fraction(1)
    actual = _number(file, line, column, row, faults)
    needs = None if size is None else [exact(norm.amount.value) * size / each for each in norm.per]
    reasons = [f"no {norm.of}"] * (size is None) + [f"no {norm.facility}"] * (actual is None)
    if unsure:
        lacking = [key for key, _ in norm.conditions if not row.get(key)]
        reasons.insert(0, f"no {', '.join(lacking)}, so it is not known whether the norm applies")
    # A range of people for each leaves room: the norm is met at its lenient end.
    lenient = None if needs is None else max(needs) if norm.upper else min(needs)
    met = ratio = None
    if lenient is not None and actual is not None and not unsure:
        slack = lenient / 20 if norm.about else Fraction(0)
        over = (lenient + slack - actual) if norm.upper else (actual - lenient + slack)
        met = over > 0 or (over == 0 and not norm.strict)
        top, bottom = (lenient, actual) if norm.upper else (actual, lenient)
        ratio = 100 * float(top / bottom) if bottom else 100.0
    return {
        "area": row.get("area", ""),
        "facility": norm.facility,
        "required": math.nan if lenient is None else float(lenient),
        "required_high": float(max(needs)) if needs and needs[0] != needs[1] and not norm.upper else math.nan,
        "actual": math.nan if actual is None else float(actual),
        "unit": norm.unit,
        "attainment": math.nan if ratio is None else min(ratio, 100.0),
        "uncapped": math.nan if ratio is None else ratio,
        "met": met,
        "rule": norm.id,
        "norm": norm.printed,
        "any_of": norm.any_of,
        "reason": "; ".join(reasons),
    }


def _number(file: str, line: int, column: str, row: Mapping[str, str], faults: Faults) -> Fraction | None:
    """Read a size or an amount of an area; None where the cell is empty or a dash."""
    reading = notation.read(row.get(column, ""))
    if reading.missing or not column:
        return None
    if not reading.numeric or reading.operator not in ("", "=") or reading.value < 0:
        fault = f"{column} is {reading.raw!r}: write a number, 0 or more, or leave it empty."
        if f"{file} row {line}: {fault}" not in faults.found:
            faults.add(file, line, fault)
        return None
    return exact(reading.value)


def _summary(frame: pd.DataFrame, norms: Iterable[Norm]) -> pd.DataFrame:
    """Count the areas of each facility: an area meets its norm where it meets every rule."""
    rows = []
    for facility in dict.fromkeys(norm.facility for norm in norms):
        areas = [
            some["met"].tolist()
            for _, some in frame[frame["facility"] == facility].groupby("area", sort=False)
        ]
        failed = sum(any(met is False for met in some) for some in areas)
        passed = sum(all(met is True for met in some) for some in areas)
        rows.append(
            {
                "facility": facility,
                "areas": len(areas),
                "met": passed,
                "not_met": failed,
                "unscored": len(areas) - passed - failed,
                "share": 100 * passed / (passed + failed) if passed + failed else math.nan,
            }
        )
    return pd.DataFrame(rows, columns=["facility", "areas", "met", "not_met", "unscored", "share"])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
