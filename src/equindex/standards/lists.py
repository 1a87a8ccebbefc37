"""Read service lists (服务清单, 实施标准): one row per item and edition, every fault said at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from equindex import tables
from equindex.errors import DataError, EquindexError, nearest
from equindex.notation import Reading
from equindex.notation.words import FOLD
from equindex.standards.amounts import read_standard

__all__ = ["FOUR", "PARTS", "Faults", "Item", "ServiceList", "name_key", "named_apart", "read_list"]

FOUR: Final = {
    "target_group": "服务对象",
    "content": "服务内容",
    "standard": "服务标准",
    "responsibility": "支出责任",
}
"""What each item must state."""
PARTS: Final = {"covered": "人群全覆盖", "met": "服务全达标", "funded": "财力有保障"}
"""What may be said of each item: the three-part check."""

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号", "项目编号", "代码", "项目代码", "编码", "code", "item"),
    "number": ("序号", "no"),
    "domain": ("领域", "服务领域", "方面", "类别", "一级目录", "pillar"),
    "name": ("服务项目", "项目名称", "名称", "项目", "服务事项", "事项", "service"),
    "target_group": ("服务对象", "服務對象", "对象", "對象"),
    "content": ("服务内容", "内容"),
    "standard": ("服务标准", "标准", "实施标准", "保障标准"),
    "unit": ("单位", "计量单位", "units"),
    "direction": ("方向", "正逆向", "polarity"),
    "responsibility": ("支出责任", "责任", "expenditure responsibility"),
    "superior_item": ("上级项目", "上级编号", "对应上级项目", "對應上級項目"),
    "ceiling": ("上限", "标准上限", "最高标准"),
    "edition": ("版本", "版次"),
    "effective_from": ("生效年份", "生效", "执行年份", "实施年份", "起始年份"),
    "covered": ("覆盖", "覆蓋", "全覆盖", "全覆蓋", "人群全覆盖", "人群全覆蓋", "人群覆盖"),
    "met": ("达标", "是否达标", "服务全达标"),
    "funded": ("保障", "有保障", "财力有保障", "財力有保障", "财力保障", "財力保障"),
    "department": ("部门", "責任部門", "责任部门", "责任单位", "牵头单位", "牵头负责单位", "牽頭負責單位"),
    "note": ("备注", "说明", "注", "notes"),
    "source": ("来源", "资料来源", "出处"),
}
_TEXTS = ("domain", "target_group", "content", "standard", "unit", "responsibility", "superior_item")
_DIRECTION = {
    **dict.fromkeys(("positive", "+", "+1", "1", "正向", "正"), 1),
    **dict.fromkeys(("negative", "-", "-1", "逆向", "负向", "逆", "負向"), -1),
}
_TRUTH = {
    **dict.fromkeys(("是", "yes", "y", "true", "1", "√", "✓", "有", "已"), True),
    **dict.fromkeys(("否", "no", "n", "false", "0", "×", "✗", "x", "无", "無", "未"), False),
}


# Traditional characters of service names that headers and plan tables do not have. Further ones go here.
_TRADITIONAL = (
    "貼診檢藥幫農傳藝術訊圖電視遺親棄撫傷聽語覺殯終臨難損賠償篩檔簽結飲營險災監築樓舊係調糾紛"
    "訴訟諮詢導紹見訓貸稅繳證讀閱綠賑濟採購價雙獨顧紀喪課師試獎獻遷鄰廳絡輔離異禦協組織給績風"
)
_SIMPLIFIED = (
    "贴诊检药帮农传艺术讯图电视遗亲弃抚伤听语觉殡终临难损赔偿筛档签结饮营险灾监筑楼旧系调纠纷"
    "诉讼咨询导绍见训贷税缴证读阅绿赈济采购价双独顾纪丧课师试奖献迁邻厅络辅离异御协组织给绩风"
)
_SCRIPT = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_YEAR = re.compile(r"([12]\d{3})(?:[.]0)?\s*(?:年度?)?", re.ASCII)


class Faults:
    """Everything that is wrong with the files, said at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, file: str, row: int | None, text: str) -> None:
        """Add a fault of a row, or of a whole file."""
        self.found.append(f"{file} row {row}: {text}" if row is not None else f"{file}: {text}")

    def records(self, path: Path, headers: Mapping[str, tuple[str, ...]]) -> list[tuple[int, dict[str, str]]]:
        """Read the rows of a table; a table that cannot be read at all is one fault."""
        try:
            rows = tables.records(path, headers, synonyms=headers)
        except EquindexError as error:
            self.found.append(str(error))
            return []
        return [(line, {key: str(cell) for key, cell in row.items()}) for line, row in rows]

    def stop(self) -> None:
        """Raise DataError with all faults, if there are any."""
        if len(self.found) == 1:
            raise DataError(self.found[0])
        if self.found:
            raise DataError(
                "\n".join([f"{len(self.found)} faults:", *(f"  {fault}" for fault in self.found)])
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One service on a list, in one edition; empty text is what the list leaves blank."""

    row: int
    id: str
    name: str
    domain: str
    target_group: str
    content: str
    standard: str
    unit: str
    direction: int
    """+1 positive, -1 negative, 0 where the list does not say."""
    responsibility: str
    superior_item: str
    ceiling: str
    edition: str
    effective_from: int | None
    """None: from the beginning."""
    checks: Mapping[str, bool]
    """Those of `PARTS` that the list fills in."""
    reading: Reading
    top: Reading
    """The ceiling, read."""

    @property
    def has_standard(self) -> bool:
        """Whether a standard is printed, in numbers or words."""
        return bool(self.standard) and not self.reading.missing

    @property
    def lacks(self) -> tuple[str, ...]:
        """Which of the `FOUR` are not stated."""
        return tuple(
            key for key in FOUR if not (self.has_standard if key == "standard" else getattr(self, key))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceList:
    """The list of one level of government."""

    name: str
    path: Path
    columns: frozenset[str]
    items: tuple[Item, ...]

    def in_force(self, year: int | None) -> dict[str, Item]:
        """Return the edition of each item in force in a year, or the newest, by id in the list's order."""
        return {key: editions[-1] for key, editions in self.editions(year).items()}

    def editions(self, year: int | None) -> dict[str, list[Item]]:
        """Return the editions of each item up to a year, the oldest first."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            if year is None or item.effective_from is None or item.effective_from <= year:
                found.setdefault(item.id, []).append(item)
        for editions in found.values():
            editions.sort(key=lambda item: -1 if item.effective_from is None else item.effective_from)
        return found


def name_key(text: str) -> str:
    """Return what two spellings of one name share, in either width and, for common characters, script.

    Examples
    --------
    >>> name_key("高齡津貼、 養老設施") == name_key("高龄津贴养老设施")
    True
    """
    return tables.plain(text.translate(FOLD).translate(_SCRIPT))


def read_list(path: str | Path, faults: Faults | None = None) -> ServiceList:
    """Read one service list.

    Parameters
    ----------
    path : path
        CSV, XLSX or Parquet, with headers in Chinese (either script) or English.
    faults : Faults, optional
        Takes what is wrong, so that several files tell together; else it is raised.

    Returns
    -------
    ServiceList

    Raises
    ------
    DataError
        With all faults: unknown headers, rows without a name, items given twice, unreadable cells.
    """
    path, own = Path(path), Faults()
    rows = own.records(path, _HEADERS)
    columns = frozenset(key for _, row in rows for key in row)
    if rows and "name" not in columns:
        own.add(path.name, None, "no column of names. Call it 'name' or 服务项目.")
        rows = []
    items = [_item(path.name, line, row, own) for line, row in rows if row]
    seen: dict[tuple[str, int | None], Item] = {}
    for item in items:
        first = seen.setdefault((item.id, item.effective_from), item)
        if first is not item and item.id:
            when = "" if item.effective_from is None else f" of {item.effective_from}"
            text = f"item {item.id!r}{when} is on row {first.row} already. Drop one, or give each edition its year."
            own.add(path.name, item.row, text)
    if faults is None:
        own.stop()
    else:
        faults.found += own.found
    return ServiceList(name=path.stem, path=path, columns=columns, items=tuple(items))


def _item(file: str, line: int, row: Mapping[str, str], faults: Faults) -> Item:
    """Read one row."""
    name, unit = row.get("name", ""), row.get("unit", "")
    if not name:
        faults.add(file, line, "an item without a name. Give it one, or remove the row.")
    readings = {key: read_standard(row.get(key, ""), unit) for key in ("standard", "ceiling")}
    for key, reading in readings.items():
        unread = not (reading.numeric or reading.missing or reading.parts) and reading.raw
        if unread and key == "ceiling":
            faults.add(file, line, f"the ceiling {reading.raw!r} is no number that can be read.")
        elif unread and unit:
            text = f"the standard {reading.raw!r} cannot be read as a number in {unit}"
            faults.add(
                file,
                line,
                f"{text} (unclear: {reading.rest!r}). Write the number alone, or leave the unit out.",
            )
    direction = _DIRECTION.get(row.get("direction", "").translate(FOLD).casefold(), 0)
    if "direction" in row and not direction:
        faults.add(
            file,
            line,
            f"direction {row['direction']!r}. {nearest(row['direction'], ('positive', 'negative'))}",
        )
    dated = _YEAR.fullmatch(row.get("effective_from", ""))
    year = int(dated[1]) if dated else None
    if "effective_from" in row and not dated:
        faults.add(file, line, f"{row['effective_from']!r} is no year. Write 2022.")
    checks = {}
    for key in (key for key in PARTS if key in row):
        said = _TRUTH.get(row[key].casefold())
        if said is None:
            faults.add(file, line, f"{key} is {row[key]!r}: write 是 or 否, yes or no, or nothing.")
        else:
            checks[key] = said
    return Item(
        row=line,
        id=row.get("id") or row.get("number") or name,
        name=name,
        direction=direction,
        ceiling=row.get("ceiling", ""),
        edition=row.get("edition", ""),
        effective_from=year,
        checks=checks,
        reading=readings["standard"],
        top=readings["ceiling"],
        **{key: re.sub(r"\s*\n\s*", " ", row.get(key, "")) for key in _TEXTS},
    )


def named_apart(lists: Sequence[ServiceList]) -> list[str]:
    """Return a name for each list: that of its file, with the folder where two files are called alike."""
    names = [found.name for found in lists]
    return [
        name if names.count(name) == 1 else f"{found.path.parent.name}/{name}"
        for name, found in zip(names, lists, strict=True)
    ]
