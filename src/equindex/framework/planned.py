"""A framework drafted from the table of a plan: what each row says, and the files to start from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equindex import notation, tables
from equindex.errors import DataError
from equindex.framework.drafted import Draft, Gathered, Row, written
from equindex.model import ROOT, Indicator
from equindex.model.cells import as_direction, as_switch
from equindex.tables.files import read_file

__all__ = ["Draft", "Row", "draft"]

# Headers that plans use beside those of an indicator table; where several columns fit, the earliest word counts.
_MORE: Mapping[str, tuple[str, ...]] = {
    "name": ("indicator_zh", "三级指标", "主要指标", "指标", "指标名称", "项目", "indicator_name"),
    "name_en": ("indicator_en",),
    "pillar": ("领域", "类别", "分类", "domain"),
    "target": ("target_raw", "目标值", "目标"),
    "target_year": ("target_year",),
    "baseline": ("baseline_raw", "现状", "现值", "基期值", "基期"),
    "direction": ("direction_inferred",),
    "binding": ("属性", "性质", "指标性质", "类型", "指标类型"),
    "cumulate": ("cumulative",),
    "id": ("编号", "代码", "id", "code", "序号", "no"),
}
_FIRST = {"name", "target", "baseline"}  # of these the further words are preferred: cells as printed
_YEAR = re.compile(r"(19|20)\d\d")
_GOALS = ("目标", "规划", "预期", "target", "goal", "plan")
_BASES = ("基期", "基准", "现状", "实际", "完成", "现值", "基础", "base", "actual", "current")
_BINDING = {"约束性", "約束性", "预期性", "預期性", "binding", "expected"}
_UNIT = re.compile(
    r"(.+?)\s*[(（]\s*([^()（）]{0,9}?(?:[%％‰人户戶个個所家张張米年岁歲次件元时時天项項册冊台辆輛名套吨噸顷頃亩畝场場处處座]"
    r"|[^()（）]{1,6}/[^()（）]{1,6}))\s*[)）]"
)
_HEADING = re.compile(r"^\s*(?:[(（]?[一二三四五六七八九十]+[)）]?[、.．\s]|\d+[、.．]\s*)?\s*")
_FEWER = re.compile("下降|减少|減少|降低|reduc|decreas|cut in")
_WORSE = re.compile(
    "失业(?!.*再就业)|失業|死亡|发病|發病|贫困发生|貧困發生|差距|事故|犯罪|发案|發案|投诉|投訴|排放|能耗|辍学|輟學|unemploy|mortal|"
    "death|poverty|gap|accident|crime|incidence|emission|drop-?out"
)
_RATES = re.compile("[%％‰]|率|比例|倍")
_STATED = ("positive", "negative", "interval")


def draft(path: str | Path, *, region: str = "") -> Draft:
    """Draft a framework from the table of a plan.

    Parameters
    ----------
    path : path
        A CSV file or a workbook with a row per indicator. Its columns are found by their headers, in Chinese or
        English: 领域, 指标, 单位, 2020年, 2025年目标值, 属性. A year in a header is that of its cells.
    region : str
        What the data template calls the region of the plan; else 本地区, or "our region" under English names.

    Returns
    -------
    Draft
        Tables and documents to write, and what became of each row.

    Raises
    ------
    DataError
        If no column holds names of indicators, or none targets, or no row an indicator, or none a target.
    """
    path = Path(path)
    sheet = read_file(path, every_text=True)
    columns, years, between, unread = _columns(sheet)
    made = Gathered()
    ids = _usable_ids(sheet.frame, columns)
    if not ids and "id" in columns:
        unread = (*unread, columns.pop("id"))
    pillar = ""
    for place, line in enumerate(sheet.lines.tolist()):
        cells = {name: _text(sheet.frame[name].iloc[place]) for name in map(str, sheet.frame.columns)}
        row = {role: cells[name] for role, name in columns.items()}
        filled = [text for text in cells.values() if text]
        if len(filled) == 1 and filled[0] not in (row.get("target"), row.get("baseline")):
            pillar = _HEADING.sub("", filled[0])
            made.rows.append(
                Row(line=line, name=pillar, notes=("a heading: the pillar of what follows",), kept=False)
            )
            continue
        pillar = row.get("pillar") or pillar
        if not row.get("name"):
            if filled:
                made.rows.append(
                    Row(line=line, name="", notes=("not read: no name of an indicator",), kept=False)
                )
            continue
        row |= {"pillar": pillar, "id": row.get("id", "")}
        _take(
            made, row, line, years, {year: cells[name] for year, name in between.items()}, "unit" in columns
        )
    if not made.indicators:
        raise DataError(
            f"{sheet.name}: no row holds an indicator. Is {columns['name']!r} the column of names?"
        )
    if not made.targets:
        raise DataError(
            f"{sheet.name}: none of {len(made.indicators)} indicators has a target, so there is nothing to hold values "
            f"against. The column {columns['target']!r} is empty: is it the right one? Values alone are data, no plan."
        )
    region = region or ("our region" if all(row["name"].isascii() for row in made.indicators) else "本地区")
    return written(made, sheet, path, region, columns, unread)


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()


def _columns(sheet: tables.Sheet) -> tuple[dict[str, str], dict[str, int], dict[int, str], tuple[str, ...]]:
    """Return the column of each role, the years of target and baseline, the years between, and what is left."""
    names = [str(name) for name in sheet.frame.columns]
    order = {
        role: [*_MORE.get(role, ()), role, *known] if role in _FIRST else [role, *known, *_MORE.get(role, ())]
        for role, known in {
            **dict.fromkeys(Indicator.model_fields, ()),
            **tables.INDICATOR,
            "cumulate": tables.INDICATOR["cumulate"],
        }.items()
    }
    places = {
        role: {tables.plain(w): k for k, w in reversed([*enumerate(words)])} for role, words in order.items()
    }
    found: dict[str, list[tuple[int, str]]] = {}
    dated: dict[str, list[tuple[int, str]]] = {"": [], "target": [], "baseline": []}
    for name in names:
        role = _role(sheet.frame[name], tables.plain(name), places)
        if role:
            found.setdefault(role, []).append((places[role].get(tables.plain(name), 0), name))
        elif not any(tables.plain(name) in words for words in places.values()) and (kind := _dated(name)):
            dated[kind[1]].append((kind[0], name))
    columns = {role: min(listed)[1] for role, listed in found.items()}
    years: dict[str, int] = {}
    bare = sorted(dated[""])
    between: dict[int, str] = {}
    for role, listed in (("target", sorted(dated["target"])), ("baseline", sorted(dated["baseline"]))):
        if role not in columns and listed:
            year, columns[role] = listed[-1] if role == "target" else listed[0]
            years |= {role: year} if year else {}
            between |= {year: name for year, name in listed[:-1] if role == "target" and year}
    if bare and "target" not in columns and (len(bare) > 1 or "baseline" in columns):
        years["target"], columns["target"] = bare.pop()
    if bare and "baseline" not in columns:
        years["baseline"], columns["baseline"] = bare.pop(0)
    between |= dict(bare)
    end = years.get("target", 9999)
    between = {year: name for year, name in between.items() if years.get("baseline", 0) < year < end}
    if "name" not in columns or "target" not in columns:
        lacks = "names of indicators (指标)" if "name" not in columns else "targets (目标值, 2025年)"
        raise DataError(
            f"{sheet.name}: no column of {lacks} was found, or it is empty. Its columns: {', '.join(names)}. "
            "Rename the column, as in: 领域, 指标, 单位, 2020年, 2025年, 属性."
        )
    used = {*columns.values(), *between.values()}
    return columns, years, between, tuple(name for name in names if name not in used)


def _role(cells: pd.Series[Any], word: str, places: Mapping[str, Mapping[str, int]]) -> str:
    """Return what a column is by its header; one of 约束性 and 预期性 is `binding` whatever its header."""
    said = {_text(cell) for cell in cells} - {""}
    if said and said <= _BINDING:
        return "binding"
    roles = [role for role in ("name", "pillar", *places) if word in places[role]]
    if "binding" in roles and not all(
        isinstance(as_switch(cell), bool) for cell in said
    ):  # 类型 of another sort
        return "kind" if word == "kind" else ""
    return roles[0] if roles and said else ""


def _dated(name: str) -> tuple[int, str] | None:
    """Read a header such as 2025年目标值: its year, and target, baseline or neither; None for another."""
    folded = unicodedata.normalize("NFKC", name)
    year = _YEAR.search(folded)
    rest = tables.plain(_YEAR.sub("", folded)).replace("年", "").replace("末", "").replace("底", "")
    if re.search("年均|增速|增长|累计|growth|operator|value|算子", folded):
        return None
    role = (
        "target" if any(w in rest for w in _GOALS) else "baseline" if any(w in rest for w in _BASES) else ""
    )
    if not role and (rest or not year):
        return None
    return (int(year[0]) if year else 0), role


def _usable_ids(frame: pd.DataFrame, columns: Mapping[str, str]) -> bool:
    """Whether the column of ids tells every row apart and does not merely count them."""
    if "id" not in columns:
        return False
    named = [_text(cell) != "" for cell in frame[columns["name"]]]
    ids = [_text(cell) for cell, here in zip(frame[columns["id"]], named, strict=True) if here]
    return all(ids) and len(set(ids)) == len(ids) and not any(i.isdigit() for i in ids) and ROOT not in ids


def _take(
    made: Gathered,
    row: dict[str, str],
    line: int,
    years: Mapping[str, int],
    between: Mapping[int, str],
    has_unit: bool,
) -> None:
    """Add an indicator with its target, or say why not."""
    notes: list[str] = []
    name, unit = row["name"], row.get("unit", "")
    behind = None if has_unit else _UNIT.fullmatch(name)
    if behind:
        name, unit = behind[1], behind[2]
    node = row["id"] or name
    if node in made.ids or node == ROOT:
        notes.append("not read: the name stands above already")
        made.rows.append(Row(line=line, name=name, unit=unit, notes=tuple(notes), kept=False))
        return
    made.ids.add(node)
    target, base = row.get("target", ""), row.get("baseline", "")
    goal, before = notation.read(target, unit), notation.read(base, unit)
    direction, best = _direction(row.get("direction", ""), name, row.get("name_en", ""), goal, before, notes)
    cumulate = _cumulate(row.get("cumulate", ""), goal, unit, name, notes)
    year = _year(row.get("target_year", "")) or years.get("target") if target else None
    base_year = _year(row.get("baseline_year", "")) or years.get("baseline") if base else None
    if goal.unread:
        notes.append(f"target not read: {goal.rest or goal.unread}")
    if before.unread:
        notes.append(f"baseline not read: {before.rest or before.unread}")
    if not target or goal.missing:
        notes.append("no target")
    elif year is None:
        notes.append("no target year")
    made.pillars.setdefault(row["pillar"], "")
    kept: dict[str, Any] = {key: row[key] for key in Indicator.model_fields if row.get(key)} | {
        "id": node, "name": name, "unit": unit, "direction": direction, "best": best, "cumulate": cumulate,
    }  # fmt: skip
    aimed = bool(target) and not goal.missing
    kept |= {"target": "", "target_year": None}
    kept["baseline"], kept["baseline_year"] = ("", None) if aimed else (base, base_year)
    kept["value"] = base if before.numeric else "—"
    made.indicators.append(kept)
    if aimed:
        made.targets.append(
            {"indicator": node, "year": year, "target": target, "baseline": base, "baseline_year": base_year}
        )
    for at, text in between.items():
        reading = notation.read(text, unit)
        if reading.numeric and not reading.operator:
            made.milestones.append({"indicator": node, "year": at, "value": text})
        elif not reading.missing:
            notes.append(f"{at} is no plain number: {text}")
    made.rows.append(
        Row(
            line=line, name=name, unit=unit, target=target, baseline=base, direction=direction,
            read=notation.show(goal) if target and not goal.unread else "", notes=tuple(notes),
        )
    )  # fmt: skip


def _year(text: str) -> int | None:
    found = _YEAR.search(unicodedata.normalize("NFKC", text))
    return int(found[0]) if found else None


def _direction(
    stated: str, name: str, english: str, goal: notation.Reading, before: notation.Reading, notes: list[str]
) -> tuple[str, str]:
    """Return the direction, and the interval where there is one: as stated, else as target or name tell."""
    direction, why = str(as_direction(stated)) if stated else "", ""
    words = f"{name} {english}".lower()
    if stated and direction not in _STATED:
        notes.append(f"direction not read: {stated}")
        direction = ""
    if not direction and goal.operator in ("<", "<=", ">", ">="):
        direction, why = ("negative" if goal.operator[0] == "<" else "positive"), "the target is a bound"
    elif not direction and goal.operator == "range":
        direction, why = "interval", "the target is a range"
    elif not direction and goal.trend in ("rise", "fall"):
        direction, why = ("positive" if goal.trend == "rise" else "negative"), "the target is a direction"
    elif not direction and _WORSE.search(words) and not _FEWER.search(words):
        direction, why = "negative", "its name"
    elif not direction:
        direction, why = "positive", "nothing says otherwise"
    if direction == "interval" and goal.operator != "range":
        notes.append("taken as positive: an interval needs a range")
        return "positive", ""
    if why:
        notes.append(f"taken as {direction}: {why}")
    bare = goal.numeric and before.numeric and not (goal.cumulative or goal.increment or goal.relative)
    worse = goal.value < before.value if direction == "positive" else goal.value > before.value
    if bare and worse and why in ("its name", "nothing says otherwise"):
        notes.append("the baseline is better than the target, so check the direction")
    return direction, f"{goal.value:.15g}; {goal.high:.15g}" if direction == "interval" else ""


def _cumulate(stated: str, goal: notation.Reading, unit: str, name: str, notes: list[str]) -> str:
    """Return how a total of the plan adds up: amounts sum, rates do not."""
    if stated in ("sum", "latest"):
        return stated
    if not (goal.cumulative or stated.lower() in ("true", "是", "累计")):
        return ""
    rate = _RATES.search(unit or name)
    notes.append(
        "a total of the plan: rates do not add, the latest counts"
        if rate
        else "a total of the plan: years add up"
    )
    return "latest" if rate else "sum"
