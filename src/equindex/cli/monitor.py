"""Printing what monitoring found, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from equindex.cli._print import json_line, line, records, table
from equindex.model import ROOT
from equindex.monitoring.status import STATUSES, warnings_of

if TYPE_CHECKING:
    from equindex.monitoring import Monitoring

__all__ = ["monitoring", "monitoring_json"]

_OVERALL = ("overall (总体)", "总体")
_MANY = 30  # rows of a table of which a terminal shows the first

# What each printed column is called, in English and Chinese.
_WORDS = {
    **{str(status): (str(status).replace("_", " "), status.zh) for status in STATUSES},
    "node_name": ("indicator", "指标"),
    "region_name": ("region", "地区"),
    "pillar": ("pillar", "领域"),
    "unit": ("unit", "单位"),
    "baseline": ("baseline", "基期"),
    "value": ("value", "现值"),
    "target": ("target", "目标"),
    "target_year": ("due", "目标年"),
    "attainment": ("attained", "实现度"),
    "expected": ("expected", "应达"),
    "completion": ("way %", "完成%"),
    "gap": ("gap", "差距"),
    "grade": ("warning", "预警"),
    "status": ("status", "状态"),
    "verdict": ("verdict", "判定"),
    "reason": ("note", "说明"),
    "required_per_year": ("needed/yr", "年需"),
    "achieved_per_year": ("so far/yr", "年均已达"),
    "projected": ("projected", "预测"),
    "outlook": ("outlook", "展望"),
    "coverage": ("coverage", "覆盖"),
    "change": ("change", "变化"),
    "class": ("class", "等级"),
    "department": ("department", "责任部门"),
    "rank": ("rank", "名次"),
    "targets": ("targets", "项数"),
    "binding_rate": ("binding %", "约束性通过率"),
    "failing": ("parts that fail", "未达标下级"),
    "what": ("what", "内容"),
    "own": ("own", "本级"),
    "from_parts": ("from parts", "汇总"),
    "mean_of_parts": ("mean of parts", "下级均值"),
    "difference": ("difference", "差"),
    "parts": ("parts", "下级数"),
    "objective": ("objective", "客观"),
    "subjective": ("subjective", "主观"),
    "weight": ("weight", "权重"),
    "blended": ("blended", "综合"),
    "rank_best": ("best rank", "最好名次"),
    "rank_worst": ("worst rank", "最差名次"),
    "rank_changes_at": ("changes at", "变化权重"),
    "target_before": ("target before", "原目标"),
    "target_now": ("target now", "现目标"),
    "attainment_before": ("attained before", "原实现度"),
    "attainment_now": ("attained now", "现实现度"),
}
_VERDICTS = {"pass": "通过", "fail": "未通过", "unknown": "未知", "unscored": "未评"}
_OUTLOOK = {"reaches": "可达标", "open": "不确定", "misses": "难达标"}
_WHAT = {"value": "数值", "attainment": "实现度"}
_TITLES = {
    "binding": ("Binding list", "约束性指标"),
    "targets": ("All targets, in plan order", "全部指标"),
    "pillars": ("By pillar (领域)", "分领域"),
    "departments": ("By department", "分部门"),
    "alerts": ("Alerts, the worst first", "预警清单"),
    "remaining": ("What remains", "尚需努力"),
    "regions": ("Regions", "各地区"),
    "goals": ("Targets of pillars and of the index", "综合目标"),
    "opinion": ("Objective and subjective, blended", "主客观综合"),
    "hierarchy": ("Own figure, from the parts' counts, and the mean of the parts", "本级、汇总与下级均值"),
    "schedule": ("What is expected each year", "年度分解"),
    "moved": ("What the other version of the targets moves", "目标版本变化的影响"),
}
_ROWS = {
    "annual": ["value", "target", "target_year", "attainment", "status", "grade", "expected", "unit", "baseline"],
    "midterm": ["value", "target", "target_year", "status", "grade", "outlook", "achieved_per_year",
                "required_per_year", "projected"],
    "final": ["value", "target", "target_year", "attainment", "met", "status", "unit", "baseline"],
}  # fmt: skip


def monitoring(found: Monitoring, region: str | None, lang: str) -> None:
    """Print the answer in sentences, then the tables that the stage asks for."""
    for sentence in found.answer(region, "zh" if lang == "zh" else "en"):
        line(sentence)
    line("")
    region = region or found.leading
    if region is None:
        _regions(found, lang)
    else:
        _one(found, region, lang)
        if len(found.schedule):
            _schedule(found.schedule[found.schedule["region"] == region], lang)
        if len(found.regions) > 1:
            _print("regions", found.regions.sort_values(["rank", "region"]), _COLUMNS_OF["regions"], lang)
    for name in ("opinion", "moved", "hierarchy"):
        frame = getattr(found, name)
        if len(frame):
            _print(name, _shown(frame, lang), _COLUMNS_OF[name], lang)


_STATUS = [str(status) for status in STATUSES]
_COLUMNS_OF = {
    "regions": ["region_name", "attainment", "rank", "change", "class", "binding_rate", *_STATUS],
    "opinion": ["region_name", "objective", "subjective", "weight", "blended", "rank", "rank_best", "rank_worst",
                "rank_changes_at"],
    "moved": ["region_name", "node_name", "target_before", "target_now", "attainment_before", "attainment_now"],
    "hierarchy": ["region_name", "node_name", "what", "own", "from_parts", "mean_of_parts", "difference", "parts"],
    "departments": ["department", "attainment", "change", "rank", "class", "targets", *_STATUS],
    "pillars": ["pillar", "attainment", "change", "class", "targets", *_STATUS, "reason"],
    "goals": ["node_name", "target", "target_year", "attainment", "status", "reason"],
}  # fmt: skip


def _one(found: Monitoring, region: str, lang: str) -> None:
    """Print one region's binding list, every target, pillars, departments, what remains and the alerts."""

    def own(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["region"] == region] if len(frame) else frame

    listed = own(found.targets)
    targets = _shown(listed, lang)
    binding = _shown(own(found.binding), lang)
    if len(binding):
        _print("binding", binding, ["node_name", "value", "target", "verdict", "status", "reason"], lang)
    rows = ["node_name", *_ROWS[found.stage]]
    rows += ["failing"] if targets["failing"].ne("").any() else []
    _print("targets", targets, rows, lang, whole=True)
    if len(own(found.goals)):
        _print("goals", _shown(own(found.goals), lang), _COLUMNS_OF["goals"], lang)
    pillars = own(found.pillars)
    top = pillars["level"] == "index"  # the overall figure comes last
    pillars = pd.concat(
        [pillars[~top], pillars[top].assign(node_name="总体" if lang == "zh" else "overall (总体)")]
    )
    _print(
        "pillars", _shown(pillars, lang).rename(columns={"node_name": "pillar"}), _COLUMNS_OF["pillars"], lang
    )
    if len(found.departments):
        _print("departments", own(found.departments), _COLUMNS_OF["departments"], lang)
    left = targets[~listed["met"].fillna(False).astype(bool)]
    if len(left):
        shown = ["node_name", "value", "target", "target_year", "required_per_year", "status", "reason"]
        _print("remaining", left, shown, lang, whole=True)
    alerts = own(found.alerts)
    if len(alerts):
        _print(
            "alerts",
            _shown(alerts, lang),
            ["grade", "node_name", "department", "status", "gap", "reason"],
            lang,
        )


def _regions(found: Monitoring, lang: str) -> None:
    _print("regions", found.regions.sort_values(["rank", "region"]), _COLUMNS_OF["regions"], lang)
    if len(found.alerts):
        shown = ["grade", "region_name", "node_name", "department", "status", "gap", "reason"]
        _print("alerts", _shown(found.alerts, lang), shown, lang)


def _schedule(frame: pd.DataFrame, lang: str) -> None:
    """Print what is expected, a column for each year."""
    names = list(dict.fromkeys(frame["node"]))
    wide = frame.pivot(index="node", columns="year", values="expected").loc[names]
    first = frame.drop_duplicates("node").set_index("node").loc[names]
    rows = [[first.at[n, "node_name"], first.at[n, "target"], *wide.loc[n].tolist()] for n in names]
    words = [_WORDS[column][lang == "zh"] for column in ("node_name", "target")]
    table(_TITLES["schedule"][lang == "zh"], [*words, *map(str, wide.columns)], rows, keep=7)


def _shown(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Put the words of the language, and bounds, into the columns that are printed."""
    frame = frame.copy()
    if "node_name" in frame.columns and "node" in frame.columns:
        frame["node_name"] = frame["node_name"].where(frame["node"] != ROOT, _OVERALL[lang == "zh"])
    for column in ("value", "baseline"):
        for other in (f"{column}_word", "bound" if column == "value" else "baseline_bound"):
            if other in frame.columns:
                frame[column] = frame[column].astype(object).where(frame[other] == "", frame[other])
    if "measured_at" in frame.columns:
        word = "测算" if lang == "zh" else " level"
        upper = frame["measured_at"].astype(object).map(lambda where: f"（{where}{word}）" if where else "")
        frame["node_name"] = frame["node_name"].astype(object) + upper
    if lang == "zh":
        for column in [column for column in ("status", "reason") if column in frame.columns]:
            chinese = frame[f"{column}_zh"] if f"{column}_zh" in frame.columns else frame[column]
            plain = frame[column].astype(object)
            frame[column] = chinese.astype(object).where(chinese.astype(object) != "", plain)
        for column, words in (("verdict", _VERDICTS), ("outlook", _OUTLOOK), ("what", _WHAT)):
            if column in frame.columns:
                frame[column] = (
                    frame[column].astype(object).map(lambda word, words=words: words.get(word, word))
                )
    elif "grade_en" in frame.columns:
        english = frame["grade_en"].astype(object)
        frame["grade"] = english.where(english != "", frame["grade"].astype(object))
    if lang == "en" and "status" in frame.columns:
        frame["status"] = frame["status"].astype(object).map(lambda word: str(word).replace("_", " "))
    if "verdict" not in frame.columns and "status" in frame.columns and "met" in frame.columns:
        truth = {True: "是", False: "否"} if lang == "zh" else {True: "yes", False: "no"}
        frame["met"] = [truth.get(one, "") for one in frame["met"].astype(object)]
    return frame


def _print(name: str, frame: pd.DataFrame, columns: list[str], lang: str, *, whole: bool = False) -> None:
    """Print some columns of a table, those without any content left out; a long one is cut and counted."""
    chinese = lang == "zh"
    kept = [c for c in columns if c in frame.columns and (c == columns[0] or _filled(frame[c], c in _STATUS))]
    head = [_WORDS.get(c, (c, c))[chinese] for c in kept]
    first = frame if whole else frame.head(_MANY)
    body: list[list[Any]] = first[kept].astype(object).to_numpy().tolist()
    table(_TITLES[name][chinese], head, body, keep=7)
    if len(first) < len(frame):
        more = len(frame) - len(first)
        line(f"另有{more}行，见 -o OUT。\n" if chinese else f"{more} more rows: write them with -o OUT.\n")


def _filled(column: pd.Series[Any], counted: bool) -> bool:
    """Whether a column says anything; counts that are all 0 do not."""
    cells = column.astype(object)
    return bool((column.notna() & (cells != "") & ~((cells == 0) & counted)).any())


def monitoring_json(found: Monitoring, lang: str) -> None:
    """Print everything as one JSON object."""
    json_line(
        {
            "as_of": found.as_of,
            "stage": found.stage,
            "answer": found.answer(lang="zh" if lang == "zh" else "en"),
            "warnings": [grade.model_dump() for grade in warnings_of(found.scores.plan.model)],
            "tables": {name: records(frame) for name, frame in found.tables().items()},
        }
    )
