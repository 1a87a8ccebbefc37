"""Why a cell has its status, and how a region stands, in words of both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.monitoring.course import Cell
from equindex.monitoring.status import STATUSES, Status, warnings_of

if TYPE_CHECKING:
    import pandas as pd

    from equindex.monitoring import Monitoring

__all__ = ["answer", "chinese_of", "number", "say"]

_CHINESE = {
    "no value in the data": "数据中没有该值",
    "not rolled up: give roll_up": "未由下级汇总，请给出 roll_up",
    "no target": "没有目标值",
    "target has no number": "目标没有数字",
    "no target for this region and year": "该地区该年没有目标",
    "no baseline": "没有基期值",
    "the bound does not decide": "界值不足以判定",
    "nothing below has a score": "下属指标均未评",
    "no score": "没有得分",
    "a ratio needs a value and a target of 0 or more": "按比率计算，现值和目标值均不得小于0",
    "no floor": "没有下限值",
    "a target of a score is a number to reach": "综合目标应为要达到的数值",
    "the floor is not on the worse side of the target": "下限值不劣于目标值",
    "no goalposts": "没有阈值",
    "an indicator is missing": "有指标缺失",
    "only parts without weight have a score": "有得分的下属指标均无权重",
    "counts towards the share of the region above": "计入上级地区的比例",
    "no baseline: the target starts from it": "没有基期值，目标以其为起点",
    "no baseline: the target starts from it, and it is known only as a bound": "基期仅有界值，目标以其为起点",
}

_LIKE = (
    (re.compile(r"printed as (.+)"), r"数据为“\1”"),
    (re.compile(r"the sum since (\d+) lacks (.+)"), r"\1年以来的累计缺\2"),
    (re.compile(r"coverage (.+) is below (.+)"), r"覆盖\1，低于\2"),
    (re.compile(r"excluded: (.+)"), r"已剔除：\1"),
    (re.compile(r"the sum since (\d+) holds a bound in place of a value"), r"\1年以来的累计含界值"),
    (re.compile(r"the plan has not started: it runs from (\d+)"), r"规划期自\1年起，尚未开始"),
    (re.compile(r"the target counts from (\d+)"), r"目标自\1年起计"),
    (
        re.compile(r"no baseline and no value in (\d+): the target starts from it"),
        r"没有基期值，也没有\1年的值，目标以其为起点",
    ),
    (
        re.compile(r"no value of (.+) in (\d+), which the target is relative to"),
        r"没有\2年\1的值，目标以其为基准",
    ),
    (re.compile(r"missing: (.+)"), r"缺：\1"),
)


def chinese_of(reason: str) -> str:
    """Return a reason in Chinese, empty where there is no translation."""
    if reason in _CHINESE:
        return _CHINESE[reason]
    return next((pattern.sub(words, reason) for pattern, words in _LIKE if pattern.fullmatch(reason)), "")


_HUGE = 1e12  # from here on in powers of ten


def number(value: float) -> str:
    """Print a number with at most four decimals and grouped thousands; nothing for NaN."""
    if value != value:
        return ""
    return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < _HUGE else f"{value:.4g}"


def say(
    cell: Cell,
    as_of: int,
    goal: str,
    *,
    unknown: str = "",
    setback: int | None = None,
    show: Callable[[float], str] = number,
    points: bool = True,
) -> tuple[str, str]:
    """Say in English and in Chinese why a cell has its status; nothing where the status says all.

    Parameters
    ----------
    cell : Cell
        How the value stands.
    as_of : int
        The year, looked at from its end.
    goal : str
        The target as printed.
    unknown : str
        Why there is no attainment.
    setback : int, optional
        The year of a setback on a way that was to go step by step.
    show : callable
        Prints a value: as a number, or as the word that it stands for.
    points : bool
        Whether gaps on the way are points of it, not percent of the progress expected.
    """
    status = STATUSES[cell.status]
    if status is Status.UNSCORED:
        return _unscored(cell, unknown)
    if status is Status.BEHIND and setback is None:
        english, chinese = _behind(cell, as_of, goal, show, points)
    else:
        english, chinese = _scored(cell, status, goal, setback, show)
    if unknown and status is not Status.NOT_STARTED:  # it has a place on its way, but no attainment
        english = f"{english}; no attainment: {unknown}".removeprefix("; ")
        chinese = f"{chinese}；无实现度：{chinese_of(unknown) or unknown}".removeprefix("；")
    return english, chinese


def _scored(
    cell: Cell, status: Status, goal: str, setback: int | None, show: Callable[[float], str]
) -> tuple[str, str]:
    """Say what goes with a status; nothing where it says all."""
    if setback is not None and status in _LATE:
        return f"{goal}, but {setback} was worse than the year before", f"{goal}，但{setback}年不及上年"
    if status is Status.OVERDUE:
        value = show(cell.value)
        return (
            f"due by {cell.end:.0f}: {value} against {goal}",
            f"应于{cell.end:.0f}年达到{goal}，现为{value}",
        )
    if status is Status.NOT_STARTED and cell.start == cell.start:
        return f"begins in {cell.start + 1:.0f}", f"{cell.start + 1:.0f}年开始"
    if status is Status.AT_LIMIT:
        return f"exactly at {goal}, which must be passed", f"恰在{goal}的界值上，须优于界值"
    if status is Status.BOUND_ONLY:
        return "the bound does not decide", _CHINESE["the bound does not decide"]
    if status in (Status.AHEAD, Status.ON_TRACK) and cell.completion == cell.completion:
        return _way(cell)
    return "", ""


_LATE = (Status.BEHIND, Status.OVERDUE)


def _unscored(cell: Cell, unknown: str) -> tuple[str, str]:
    if unknown:
        return unknown, chinese_of(unknown)
    if cell.whole and cell.end == cell.end:
        return f"all or nothing: due in {cell.end:.0f}", f"只分是否达标，{cell.end:.0f}年到期"
    if cell.bounded:
        return "the baseline is only a bound, so no path to follow", "基期仅有界值，无法判断进度"
    if cell.baseline != cell.baseline:
        return "no baseline, so no path to follow", "没有基期值，无法判断进度"
    return "no expectation for this year", "本年没有预期值"


def _way(cell: Cell) -> tuple[str, str]:
    """Say how much of the way is done, against the time that has passed or a milestone."""
    english, chinese = f"at {cell.completion:.1f} % of the way", f"完成{cell.completion:.1f}%"
    if cell.milestone:
        due = number(cell.expected)
        return f"{english}, milestone {due}", f"{chinese}，阶段目标{due}"
    passed = 100 * cell.elapsed
    return f"{english}, {passed:.0f} % of the time", f"{chinese}，序时进度{passed:.0f}%"


def _behind(cell: Cell, as_of: int, goal: str, show: Callable[[float], str], points: bool) -> tuple[str, str]:
    """Say what a value is behind, by how much, and the pace that it needs."""
    value, before = show(cell.value), show(cell.baseline)
    if cell.whole and not cell.held:
        due = show(cell.expected)
        return f"expected by {as_of}: {due}, is {value}", f"{as_of}年预期{due}，现为{value}"
    if cell.held:
        english = f"{before} at the start, to hold {goal}; now {value}"
        chinese = f"基期{before}，须保持{goal}，现为{value}"
    elif cell.completion == cell.completion:
        english, chinese = _way(cell)
        english += f", towards {goal}"
    else:
        english = f"{value} is no better than {before} at the start"
        chinese = f"现为{value}，未优于基期{before}"
    if cell.gap < 0 and not cell.whole:
        way = points and cell.completion == cell.completion
        english += f"; {-cell.gap:.1f} {'points' if way else '%'} behind"
        chinese += f"；落后{-cell.gap:.1f}{'个百分点' if way else '%'}"
    if needed := number(cell.required):
        english += f"; needs {needed} a year"
        chinese += f"；今后每年需{needed}"
        if made := number(cell.achieved):
            english += f", had {made}"
            chinese += f"，此前每年{made}"
    return english, chinese


_STAGE = {
    "annual": ("annual monitoring", "年度监测"),
    "midterm": ("mid-term evaluation", "中期评估"),
    "final": ("final evaluation", "总结评估"),
}


def answer(found: Monitoring, region: str | None, lang: str) -> list[str]:
    """Say in sentences how a region stands, or all of them."""
    chinese = lang == "zh"
    region = region or found.leading
    head = _head(found, chinese)
    if region is None:
        return [*head, *_all(found, chinese)]
    [at] = np.flatnonzero(found.regions["region"] == region)
    row = found.regions.iloc[at]
    return [
        *head,
        *_counts(row, chinese),
        *_overall(row, chinese),
        *_binding(found, row, chinese),
        *_rest(found, region, chinese),
    ]


def _head(found: Monitoring, chinese: bool) -> list[str]:
    model = found.scores.plan.model
    title = (model.title or model.title_en) if chinese else (model.title_en or model.title)
    stage = _STAGE[found.stage][chinese]
    plan = model.attainment.plan
    over = ""
    if plan:
        share = min(max((found.as_of - plan[0] + 1) / (plan[1] - plan[0] + 1), 0), 1)
        over = (
            f"规划期{plan[0]}—{plan[1]}年，序时进度{share:.0%}。"
            if chinese
            else f" The plan runs {plan[0]}-{plan[1]}: {share:.0%} of its time is over."
        )
    mark = "：" if chinese else ": "
    start = f"{title or model.id}{mark}{stage}"
    return [
        f"{start}，截至{found.as_of}年底。{over}"
        if chinese
        else f"{start}, as of the end of {found.as_of}.{over}"
    ]


def _counts(row: pd.Series[Any], chinese: bool) -> list[str]:
    listed = [(status, int(row[status])) for status in STATUSES if int(row[status])]
    if chinese:
        return [
            f"共{row['targets']}项目标：" + "、".join(f"{one.zh}{count}项" for one, count in listed) + "。"
        ]
    words = ", ".join(f"{count} {one.replace('_', ' ')}" for one, count in listed)
    return [f"{row['targets']} target{'s' if row['targets'] != 1 else ''}: {words}."]


def _overall(row: pd.Series[Any], chinese: bool) -> list[str]:
    if np.isnan(row["attainment"]):
        return [
            f"总体实现度无法计算：{row['reason_zh'] or row['reason']}。"
            if chinese
            else f"No overall attainment: {row['reason']}."
        ]
    name = row["class"] if isinstance(row["class"], str) else ""
    if chinese:
        said = f"总体实现度{row['attainment']:.2f}（覆盖{row['coverage']:.0%}）"
        said += f"，比上年{row['change']:+.2f}" if np.isfinite(row["change"]) else ""
        closed = row["gap_closed"]
        said += f"，差距{'扩大' if closed < 0 else '缩小'}{abs(closed):.1f}%" if np.isfinite(closed) else ""
        return [
            said
            + (f"，等级{name}" if name else "")
            + ("（约束性指标一票否决）" if row["veto"] else "")
            + "。"
        ]
    said = f"Overall attainment {row['attainment']:.2f} (coverage {row['coverage']:.0%})"
    if np.isfinite(row["change"]):
        said += f", {row['change']:+.2f} on the year before"
    if np.isfinite(row["gap_closed"]):
        said += f", {row['gap_closed']:.1f} % of what was lacking"
    said += f"; class {name}" if name else ""
    return [said + ("; vetoed, as a binding indicator fails." if row["veto"] else ".")]


def _binding(found: Monitoring, row: pd.Series[Any], chinese: bool) -> list[str]:
    counts = [int(row[f"binding_{verdict}"]) for verdict in ("pass", "fail", "unknown", "unscored")]
    if not sum(counts):
        return []
    listed = found.binding[found.binding["region"] == row["region"]]
    overdue = int(((listed["verdict"] == "fail") & (listed["status"] == Status.OVERDUE)).sum())
    passed, failed, unknown, unscored = counts
    rate = row["binding_rate"]
    if chinese:
        said = f"约束性指标{sum(counts)}项：通过{passed}、未通过{failed}（其中逾期{overdue}）"
        said += f"、未知{unknown}、未评{unscored}"
        return [said + (f"，通过率{rate:.0f}%。" if np.isfinite(rate) else "。")]
    said = f"Binding: {passed} pass, {failed} fail ({overdue} of them overdue), {unknown} unknown, {unscored} unscored"
    return [said + (f"; pass rate {rate:.0f}%." if np.isfinite(rate) else ".")]


def _rest(found: Monitoring, region: str, chinese: bool) -> list[str]:
    """Say what a stage asks beside the counts: what is urgent, what will be reached, what was not."""
    own = found.targets[found.targets["region"] == region]
    said = []
    if found.stage == "final":
        decided = own[own["met"].notna()]
        met = int(decided["met"].sum())
        plan = found.scores.plan.model.attainment.plan
        if plan and found.as_of < plan[1]:
            said.append(
                f"规划期至{plan[1]}年，本结果非最终结果。" if chinese
                else f"The plan runs to {plan[1]}: this is not its final result."
            )  # fmt: skip
        names = decided.loc[~decided["met"].astype(bool), "node_name"].astype(str)
        missed = ("、" if chinese else ", ").join(names)
        if len(decided):
            rate = f"{met / len(decided):.0%}"
            said.append(
                f"可判定{len(decided)}项中达标{met}项（{rate}）。" if chinese
                else f"Of {len(decided)} that can be decided {met} are met ({rate})."
            )  # fmt: skip
        if missed:
            said.append(f"未达标：{missed}。" if chinese else f"Not met: {missed}.")
        return said
    if found.stage == "midterm":
        said += _outlook(own, found.scores.plan.model.monitoring.level, chinese)
    alerts = found.alerts[found.alerts["region"] == region]
    named = [
        f"{row['node_name']}（{row['reason_zh']}）" if chinese else f"{row['node_name']} ({row['reason']})"
        for _, row in alerts.head(3).iterrows()
    ]
    if named:
        said.append(
            ("最需关注：" + "；".join(named) + "。") if chinese else "Most urgent: " + "; ".join(named) + "."
        )
    return said


def _outlook(own: pd.DataFrame, level: float, chinese: bool) -> list[str]:
    open_ = own[~own["met"].fillna(False).astype(bool)]
    if open_.empty:
        return []
    open_ = open_[open_["projected"].notna()]
    if open_.empty:
        return ["数据年份不足，无法预测。" if chinese else "Too few years to project any open target."]
    counts = {word: int((open_["outlook"] == word).sum()) for word in ("reaches", "open", "misses", "")}
    if chinese:
        words = {"reaches": "可达标", "open": "不确定", "misses": "难以达标", "": "仅两年数据、无区间"}
        told = "、".join(f"{words[word]}{count}项" for word, count in counts.items() if count)
        return [f"未达标的指标按现有趋势预测到目标年（{level:.0%}区间）：{told}。"]
    words = {
        "reaches": "reach their target",
        "open": "are open",
        "misses": "miss it",
        "": "have too few years for an interval",
    }
    told = ", ".join(f"{count} {words[word]}" for word, count in counts.items() if count)
    return [f"If trends go on ({level:.0%} interval), of the targets not met {told}."]


def _all(found: Monitoring, chinese: bool) -> list[str]:
    regions = found.regions
    scored = regions["attainment"].dropna()
    grades = list(warnings_of(found.scores.plan.model))
    worst = grades[0]
    red = int((found.regions[f"alerts_{worst.name_en or worst.grade}"] > 0).sum())
    if chinese:
        said = [
            f"{len(regions)}个地区，{len(scored)}个有总体实现度"
            + (f"，均值{scored.mean():.2f}" if len(scored) else "")
            + "。"
        ]
        return [*said, f"预警共{len(found.alerts)}条，{red}个地区有“{worst.grade}”级预警。"]
    mean = f", {scored.mean():.2f} on average" if len(scored) else ""
    said = [
        f"{len(regions)} region{'s' if len(regions) != 1 else ''}, {len(scored)} with an overall attainment{mean}."
    ]
    return [
        *said,
        f"{len(found.alerts)} alert{'s' if len(found.alerts) != 1 else ''}; {red} "
        f"{'regions have' if red != 1 else 'region has'} one graded {worst.name_en or worst.grade}.",
    ]
