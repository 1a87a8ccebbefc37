"""What column headers mean: Chinese in both scripts and English, in any width, case and punctuation."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from equindex.errors import DataError, nearest
from equindex.tables.sheet import Sheet

__all__ = [
    "CHANGE",
    "INDICATOR",
    "MILESTONE",
    "PILLAR",
    "REGION",
    "ROLES",
    "STATEMENT",
    "TARGET",
    "WEIGHT",
    "layout",
    "names_region",
    "plain",
    "roles",
    "simplified",
    "year_columns",
]

Synonyms = Mapping[str, tuple[str, ...]]

_TRADITIONAL = (
    "區縣標數據來資領單權劃級編號稱類別細說備註國內遼東廣慶陝寧貴雲蘇灣臺門龍屬"
    "時間準約質總業責務護衛機構歷統計體項產達實際彙評釋參礎態圍層職維爾壯滬贛魯變換轉執適牽頭誤"
)
_SIMPLIFIED = (
    "区县标数据来资领单权划级编号称类别细说备注国内辽东广庆陕宁贵云苏湾台门龙属"
    "时间准约质总业责务护卫机构历统计体项产达实际汇评释参础态围层职维尔壮沪赣鲁变换转执适牵头误"
)
_SCRIPT = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_YEAR = re.compile(r"(1[5-9]|2[01])\d\d(?=\s*(年度?)?$)")

ROLES: Final[Synonyms] = {
    "region": (
        "region", "region_code", "code", "region_id", "地区", "区域", "地区代码", "区域代码", "行政区划代码",
        "代码", "省份", "省", "省市", "城市", "市", "区县", "县", "县市区", "省级行政区",
        "area", "area_code", "geo", "iso3", "iso", "province", "city", "county", "country",
        "district", "municipality",
    ),
    "region_name": (
        "region_name", "地区名称", "区域名称", "地区名", "省份名称", "城市名称",
        "区县名称", "名称", "name", "area_name", "country_name",
    ),
    "year": ("year", "年份", "年度", "年", "time", "time_period", "时间", "统计年度"),
    "indicator": (
        "indicator", "指标", "指标名称", "指标代码", "indicator_id", "indicator_code", "variable", "变量",
        "series",
    ),
    "value": ("value", "数值", "值", "指标值", "obs_value", "数据"),
    "source_year": ("source_year", "资料年份", "数据年份", "资料年度", "数据年度", "实际年份"),
    "source": ("source", "来源", "资料来源", "数据来源", "出处"),
    "unit": ("unit", "单位", "计量单位", "units"),
    "population": ("population", "人口", "常住人口", "总人口", "人口数", "pop"),
}  # fmt: skip
"""What a data table's columns can be, and the headers that say so; earlier words are preferred."""

_CODES = frozenset(
    {
        "region",
        "regioncode",
        "code",
        "regionid",
        "地区代码",
        "区域代码",
        "行政区划代码",
        "代码",
        "areacode",
        "iso3",
        "iso",
    }
)
_KEYS = ("region", "year", "indicator", "value")

_SHARED: Final[Synonyms] = {
    "name": ("名称", "name_zh"),
    "name_en": ("英文名称", "英文名", "英文", "english", "english name"),
    "unit": ("单位", "计量单位", "units"),
    "weight": ("权重", "权数", "weights"),
    "target": ("目标值", "目标", "target_value", "规划目标"),
    "target_year": ("目标年", "目标年份", "规划年"),
    "baseline": ("基期值", "基期", "基准值", "现状值", "基础值"),
    "baseline_year": ("基期年", "基期年份", "基准年", "基年"),
    "floor": ("下限值", "不允许值", "起点值"),
    "source": ("来源", "资料来源", "数据来源", "出处"),
    "population": ("人口", "常住人口", "总人口", "人口数", "pop"),
    "note": ("备注", "注", "说明", "注释", "notes", "remark"),
}
INDICATOR: Final[Synonyms] = {
    **_SHARED,
    "id": ("编号", "代码", "指标编号", "指标代码", "序号", "code"),
    "pillar": ("领域", "一级指标", "维度", "类别", "domain", "dimension", "group"),
    "name": ("指标", "名称", "指标名称", "indicator", "二级指标", "name_zh"),
    "direction": ("方向", "指标方向", "正逆向", "polarity"),
    "numerator": ("分子",),
    "denominator": ("分母",),
    "per": ("每", "倍数", "multiplier"),
    "transform": ("变换", "转换"),
    "normalise": ("标准化", "无量纲化", "normalize"),
    "goalposts": ("阈值", "goalpost"),
    "best": ("适度区间", "最优区间", "optimum"),
    "limits": ("界限",),
    "cumulate": ("累计", "累计方式"),
    "tolerance": ("容差", "允许误差"),
    "binding": ("属性", "指标属性", "约束性", "attribute"),
    "kind": ("类型", "指标类型", "type"),
    "standard": ("标准", "标准值"),
    "lower": ("下限", "最小值", "minimum", "min"),
    "upper": ("上限", "最大值", "maximum", "max"),
    "population": ("服务人口", "人口口径"),
    "department": ("部门", "责任部门", "责任单位", "牵头部门", "牵头单位"),
    "rule": ("实现程度算法", "评价方法"),
    "relative_to": ("相对指标", "参照指标"),
    "lag": ("滞后年数", "滞后"),
    "levels": ("等级", "级别"),
    "roll_up": ("汇总方式", "汇总"),
    "part_target": ("单元目标", "下级目标"),
    "scale": ("量程", "分制"),
    "sample": ("样本量",),
    "measured_at": ("测算层级", "口径层级"),
}
"""Headers of an indicator table."""

TARGET: Final[Synonyms] = {
    **_SHARED,
    "indicator": ("指标", "指标编号", "指标代码", "指标名称", "编号", "id"),
    "region": ROLES["region"],
    "year": ("年份", "年度", "年", "目标年", "目标年份", "target_year"),
    "effective_from": ("生效", "生效年份", "起始年份", "执行年份"),
    "where": ("适用", "适用条件", "条件"),
}
"""Headers of a target table."""

MILESTONE: Final[Synonyms] = {
    **{key: TARGET[key] for key in ("indicator", "region", "source")},
    "year": ROLES["year"],
    "value": ("目标值", "预期值", "年度目标", "阶段目标", "数值", "值", "target", "expected"),
}
"""Headers of a table of yearly expectations."""

STATEMENT: Final[Synonyms] = {
    **{key: TARGET[key] for key in ("indicator", "source")},
    "of": ("对象", "类别"),
    "printed": ("原文", "表述", "数值"),
    "name": ("所用名称", "名称"),
    "year": ROLES["year"],
    "note": _SHARED["note"],
}
"""Headers of a table of what a plan says elsewhere."""

CHANGE: Final[Synonyms] = {
    "year": ("年份", "年度", "年", "变更年份", "生效年份"),
    "old": ("原代码", "原地区", "旧代码", "撤销"),
    "new": ("新代码", "新地区", "现代码", "并入"),
    "share": ("比例", "份额", "占比"),
    "note": _SHARED["note"],
    "source": _SHARED["source"],
}
"""Headers of a table of changes of regions (撤并)."""

REGION: Final[Synonyms] = {
    **_SHARED,
    "region": tuple(
        word for word in ROLES["region"] if word not in {"city", "county", "province", "country"}
    ),
    "name": ("名称", "地区名称", "区域名称", "全称", "region_name", "name_zh"),
    "alias": ("别名", "简称", "又名", "aliases", "short_name"),
    "parent": ("上级", "上级地区", "所属", "隶属"),
    "year": ROLES["year"],
}
"""Headers of a region table."""

PILLAR: Final[Synonyms] = {
    **_SHARED,
    "id": ("编号", "代码", "领域编号", "code"),
    "name": ("领域", "名称", "领域名称", "pillar", "domain", "name_zh"),
    "parent": ("上级", "上级领域", "所属"),
    "aggregate": ("合成", "合成方法", "aggregation"),
}
"""Headers of a pillar table."""

WEIGHT: Final[Synonyms] = {
    **_SHARED,
    "node": ("指标", "编号", "节点", "领域", "指标编号", "id", "indicator", "pillar"),
}
"""Headers of a weight table."""


def simplified(text: str) -> str:
    """Return `text` with the Traditional characters of headers and province names made Simplified."""
    return text.translate(_SCRIPT)


def plain(text: object) -> str:
    """Return what two spellings of one header share: letters and digits only, one width, case and script.

    Examples
    --------
    >>> plain(" Source_Year "), plain("資料　來源："), plain("ＩＳＯ３")
    ('sourceyear', '资料来源', 'iso3')
    """
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    return simplified("".join(c for c in folded if c.isalnum()))


def year_columns(columns: Iterable[object]) -> dict[str, int]:
    """Return the columns that are years, such as ``2024``, ``2024年`` or ``2024年度``, in their order.

    Examples
    --------
    >>> year_columns(["地区", "2024年", "2023", "2023 rate"])
    {'2024年': 2024, '2023': 2023}
    """
    found = ((str(c), _YEAR.match(unicodedata.normalize("NFKC", str(c)).strip())) for c in columns)
    return {column: int(match[0]) for column, match in found if match}


def _meanings(synonyms: Synonyms) -> dict[str, str]:
    """Return the plain form of every header and what it means; the first meaning given counts."""
    words: dict[str, str] = {plain(key): key for key in synonyms}
    for key, headers in synonyms.items():
        for header in headers:
            words.setdefault(plain(header), key)
    return words


_ROLE = _meanings(ROLES)


def kept_as_text(column: str) -> bool:
    """Return whether the cells of `column` are codes or years, which stay text (leading zeros)."""
    return _ROLE.get(plain(column)) in {"region", "region_name", "year", "indicator", "source_year"}


def names_region(column: str) -> bool:
    """Return whether `column` holds regions, by code or name."""
    return _ROLE.get(plain(column)) in {"region", "region_name"}


def roles(columns: Iterable[object], declared: Mapping[str, object] | None = None) -> dict[str, str]:
    """Say which column plays which role.

    Parameters
    ----------
    columns : iterable of str
        The header of a data table.
    declared : mapping, optional
        The framework's ``[table]``: role to column. A value that is no text, or a year where no column is
        called so, is a constant: the role then has no column. Keys that are no roles are passed over.

    Returns
    -------
    dict
        Role to column, for the roles that were found. A code column goes before a name column: with
        ``地区代码`` and ``地区``, the first is the region and the second its name.

    Raises
    ------
    DataError
        If a declared column is missing, or two columns could play region, year, indicator or value.

    Examples
    --------
    >>> roles(["地区", "年份", "beds"])
    {'region': '地区', 'year': '年份'}
    """
    names = [str(column) for column in columns]
    found, constant = _declared(names, declared or {})
    rest: dict[str, list[str]] = {}
    for name in names:
        role = _ROLE.get(plain(name))
        if role and role not in found and role not in constant and name not in found.values():
            rest.setdefault(role, []).append(name)
    codes = [name for name in rest.get("region", ()) if plain(name) in _CODES]
    if len(codes) == 1 and len(rest["region"]) == 2 and "region_name" not in (found | rest):
        rest["region_name"] = [name for name in rest["region"] if name not in codes]
        rest["region"] = codes
    for role in ROLES:
        candidates = rest.get(role, [])
        if len(candidates) > 1 and role in _KEYS:
            raise DataError(
                f"{' and '.join(map(repr, candidates))} may each be the {role} column. "
                f"Name the right one under [table]: {role} = {candidates[0]!r}."
            )
        if candidates:
            order = {plain(word): i for i, word in reversed([*enumerate(ROLES[role])])}
            found[role] = min(candidates, key=lambda name: order.get(plain(name), 0))
    return {role: found[role] for role in ROLES if role in found}


def _declared(names: list[str], declared: Mapping[str, object]) -> tuple[dict[str, str], set[str]]:
    """Split what the framework declares into columns and constants."""
    known = {plain(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    constant: set[str] = set()
    for role, value in declared.items():
        if role not in ROLES:
            continue
        if isinstance(value, str) and (value in names or plain(value) in known):
            found[role] = value if value in names else known[plain(value)]
        elif not isinstance(value, str) or (role == "year" and year_columns([value])):
            constant.add(role)
        else:
            raise DataError(
                f"there is no column {value!r}, which [table] names as the {role}. {nearest(value, names)}"
            )
    return found, constant


def layout(sheet: Sheet, roles: Mapping[str, str]) -> Literal["long", "wide", "years"]:
    """Say how a sheet is laid out.

    Parameters
    ----------
    sheet : Sheet
        What was read.
    roles : mapping
        What :func:`roles` found in its header.

    Returns
    -------
    str
        ``long``: one row per value; ``wide``: one column per indicator; ``years``: one column per year,
        of one indicator (:attr:`Sheet.indicator`) or of those in an indicator column.

    Raises
    ------
    DataError
        If there is an indicator column but no values, or year columns whose indicator nobody names.
    """
    years = year_columns(c for c in sheet.frame.columns if c not in roles.values())
    if "indicator" in roles and "value" in roles:
        return "long"
    if len(years) >= 2 and "year" not in roles:
        if "indicator" in roles or sheet.indicator:
            return "years"
        raise DataError(
            f"{sheet.name} has a column per year, but nothing says of which indicator. "
            "Add a line above the header such as '指标：<indicator>', or an indicator column."
        )
    if "indicator" in roles:
        raise DataError(
            f"{sheet.name} has the indicator column {roles['indicator']!r} but no column of values. "
            f"Call it 'value' or 数值, or name it under [table]. "
            f"Known: {', '.join(map(str, sheet.frame.columns))}."
        )
    return "wide"
