"""What the workbook says, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["SHEETS", "Words"]

SHEETS = {
    "summary": ("Summary", "摘要", "the figures, the leading regions, the check", "主要数字、领先地区与核对"),
    "ranking": ("Ranking", "排名", "regions by rank; moves with the weights", "按名次排列，随权重变动"),
    "pillars": (
        "Pillars",
        "领域",
        "scores of pillars, and one region against the others",
        "领域得分，单个地区与其他地区比较",
    ),
    "indicators": ("Indicators", "指标", "values as measured", "指标原值"),
    "attainment": ("Attainment", "目标实现", "values against targets", "现值与目标值"),
    "equalization": (
        "Equalization",
        "均等化",
        "how even the values are over regions",
        "各指标在地区间的均衡程度",
    ),
    "sensitivity": (
        "Sensitivity",
        "敏感性",
        "how far ranks move when weights do",
        "权重变动时名次的变动范围",
    ),
    "years": ("Years", "年度", "scores and ranks of all years", "各年得分与名次"),
    "weights": ("Weights", "权重", "yellow cells are yours to change", "黄色单元格可改"),
    "calculation": (
        "Calculation",
        "计算",
        "from normalised values and weights to ranks, by formulas",
        "由标准化值与权重算到名次，全用公式",
    ),
    "quality": (
        "Data quality",
        "数据质量",
        "what is missing, imputed, old, or a bound",
        "缺失、插补、陈旧与界值",
    ),
    "method": ("Method", "方法", "every step and where it comes from", "各步骤及出处"),
    "provenance": ("Provenance", "溯源", "versions, files, digests", "版本、文件与校验和"),
}
"""Sheets in their order: name and what is there, in English and Chinese."""

_SAID = {
    # what stands in many places
    "index": ("index", "综合指数"),
    "attainment": ("attainment index", "目标实现度"),
    "equalization": ("equalization index", "均等化指数"),
    "region": ("region", "地区代码"),
    "region_name": ("name", "地区"),
    "rank": ("rank", "名次"),
    "place": ("place", "位次"),
    "published": ("as published", "公布值"),
    "published_rank": ("published rank", "公布名次"),
    "difference": ("difference", "差值"),
    "moved": ("places gained", "名次升降"),
    "coverage": ("coverage", "覆盖率"),
    "coverage_of": ("coverage: {name}", "覆盖率：{name}"),
    "class": ("class", "等级"),
    "year": ("year", "年份"),
    "name": ("name", "名称"),
    "id": ("id", "编号"),
    "inside": ("part of", "所属"),
    "unit": ("unit", "单位"),
    "direction": ("direction", "方向"),
    "positive": ("higher is better", "正向"),
    "negative": ("lower is better", "逆向"),
    "interval": ("best within limits", "适度"),
    "value": ("value", "现值"),
    "target": ("target", "目标值"),
    "status": ("status", "状态"),
    "binding": ("binding", "约束性"),
    "reason": ("note", "说明"),
    "weight": ("weight", "权重"),
    "mean": ("mean of the regions", "各地区平均"),
    "pillar": ("pillar", "领域"),
    "indicator": ("indicator", "指标"),
    # weights
    "weights_title": ("Weights", "权重"),
    "weights_note": (
        "Change a yellow cell: scores, ranks and charts follow. Parts of one whole are scaled to 1; 0 leaves one out.",
        "修改黄色单元格，得分、名次和图随之变动。同一上级下的权重自动归一；填0即不计。",
    ),
    "method_of": ("aggregation", "合成方法"),
    "published_weight": ("weight as published", "公布权重"),
    "your_weight": ("weight to change", "可改权重"),
    "scaled": ("scaled to 1", "归一权重"),
    "share": ("share of the whole", "占总指数"),
    "state": ("state", "状态"),
    "defined": ("name in formulas", "公式中的名称"),
    "changed": ("changed", "已改"),
    "invalid": ("not valid", "无效"),
    "not_negative": (
        "A weight is a number of 0 or more, and not all of one group are 0.",
        "权重须为不小于0的数，且同组不得全为0。",
    ),
    "fixed": (
        "not by formulas: {method} is no arithmetic or geometric mean",
        "非公式：{method}不是算术或几何平均",
    ),
    "too_many": (
        "values, not formulas: there are more than {most:,} regions",
        "地区超过{most:,}个，此处为数值而非公式",
    ),
    # calculation
    "calculation_title": ("Calculation, {year}", "计算，{year}年"),
    "calculation_note": (
        "Scores follow from normalised values and the sheet of weights by formulas",
        "得分由标准化值与权重表按公式算出",
    ),
    "reweight": (
        "what is missing is left out and the other weights scaled up, down to a coverage of {share}",
        "缺失者不计、其余权重放大，覆盖率须达{share}",
    ),
    "propagate": ("what has a missing part has no score", "有缺失者不评分"),
    "filled": ("scores of pillars that were imputed stay as they are", "插补的领域得分不随权重变动"),
    "digits": ("digits", "位数"),
    "ranked_by": ("rounded to rank", "排名用值"),
    # ranking, pillars, indicators
    "ranking_title": ("Ranking, {year}", "排名，{year}年"),
    "ranking_note": (
        "In the order of the scores as the weights stand now; places gained against the published rank.",
        "按当前权重下的得分排列；名次升降相对公布名次。",
    ),
    "ranking_chart": ("Score, the first {count}", "得分，前{count}名"),
    "one_region": (
        "One region: it has a score, and there is nobody to rank it with.",
        "只有一个地区：有得分，无可比名次。",
    ),
    "unscored_all": (
        "No region has a score. The sheet of data quality says what is missing.",
        "没有地区得分，缺失情况见数据质量表。",
    ),
    "pillars_title": ("Scores of the pillars, {year}", "领域得分，{year}年"),
    "no_pillars": (
        "The framework has no pillars: the indicators stand directly under the index.",
        "指标体系没有领域，指标直接属于综合指数。",
    ),
    "chosen": ("region to compare", "所选地区"),
    "pillars_chart": ("Pillars: the chosen region and the mean", "领域比较：所选地区与平均"),
    "indicators_title": ("Values of the indicators, {year}", "指标值，{year}年"),
    "indicators_note": (
        "Blue italics were imputed; text such as <4 is what was printed; empty is missing.",
        "蓝色斜体为插补值；“<4”之类为原文界值；空白为缺失。",
    ),
    # attainment
    "attainment_title": ("Attainment of targets, {year}", "目标实现情况，{year}年"),
    "attainment_note": (
        "Rule: {rule}, at most {cap:g}. Binding targets first, the worst first.",
        "规则：{rule}，上限{cap:g}。约束性指标在前，差者在前。",
    ),
    "attainment_wide": (
        "Rule: {rule}, at most {cap:g}. Values and targets stand in the attainment table of `equindex score -o`.",
        "规则：{rule}，上限{cap:g}。现值与目标值见 equindex score -o 所写的 attainment 表。",
    ),
    "no_targets": (
        "No indicator has a target to hold values against. Give `target` in the framework.",
        "没有指标设目标值，无从评价实现程度。请在指标体系中给出 target。",
    ),
    "status_met": ("met", "已达标"),
    "status_not_met": ("not met", "未达标"),
    "status_breach": ("fallen below", "跌破目标"),
    "status_at_limit": ("at the limit", "恰在界值"),
    "status_bound_only": ("bound only", "仅有界值"),
    "status_not_started": ("not started", "未开始"),
    "status_unscored": ("unscored", "未评"),
    "uncapped": ("uncapped", "不封顶"),
    # equalization
    "equalization_title": ("Equalization, {year}", "均等化，{year}年"),
    "equalization_note": (
        "Degree: 100 is perfectly even ({measure}). A region: its values against {reference}, at most 100.",
        "均等度：100为完全均等（{measure}）。地区均等化指数：现值对{reference}，上限100。",
    ),
    "no_equalization": (
        "The framework asks for no equalization. Give it a section [equalization].",
        "指标体系未要求均等化评价。请加 [equalization] 一节。",
    ),
    "degree": ("degree of evenness", "均等度"),
    "degree_weighted": ("degree, weighted by population", "均等度（人口加权）"),
    "no_population": ("There is no population, so nothing is weighted by it.", "没有人口数，未作人口加权。"),
    "equalization_chart": ("Degree of evenness", "均等度"),
    "measured": ("inequality ({measure})", "不均等（{measure}）"),
    "reference_mean": ("the mean", "平均值"),
    "reference_weighted_mean": ("the mean weighted by population", "人口加权平均值"),
    "reference_median": ("the median", "中位数"),
    "reference_best": ("the best", "最优值"),
    "reference_standard": ("the standard", "标准"),
    # years
    "years_title": ("Scores and ranks of all years", "各年得分与名次"),
    "years_note": (
        "{year} is calculated by formulas; all years here are values as published.",
        "{year}年按公式计算，本表各年均为公布值。",
    ),
    "one_year": ("There is one year, {year}: no course to show.", "只有{year}年一年，无变化可示。"),
    "rank_in": ("rank {year}", "{year}年名次"),
    "years_chart": ("Score by year, the first {count} of the last year", "各年得分，末年前{count}名"),
    # sensitivity
    "sensitivity_title": ("How far ranks move, {year}", "名次变动范围，{year}年"),
    "sensitivity_note": (
        "{draws:,} draws (seed {seed}) with every weight up or down by up to {band:.0%}; intervals hold {level:.0%}.",
        "各权重上下浮动{band:.0%}，抽样{draws:,}次（种子{seed}）；区间含其中{level:.0%}。",
    ),
    "no_sensitivity": (
        "No draws were made. `equindex uncertainty` makes them.",
        "未作抽样。可用 equindex uncertainty 作。",
    ),
    "rank_low": ("rank from", "名次自"),
    "rank_high": ("rank to", "名次至"),
    "rank_median": ("median rank", "名次中位数"),
    "first": ("share of first places", "居首比例"),
    "span": ("width of the interval", "区间宽度"),
    "sensitivity_chart": ("Intervals of ranks, the first {count}", "名次区间，前{count}名"),
    "score_low": ("score from", "得分自"),
    "score_high": ("score to", "得分至"),
    # summary
    "summary_note": (
        "{year}: {regions:,} regions, {indicators} indicators. {source}",
        "{year}年：{regions:,}个地区，{indicators}个指标。{source}",
    ),
    "check": ("check", "核对"),
    "check_fine": (
        "weights as published: the formulas give the published scores",
        "权重未改：公式结果与公布值一致",
    ),
    "check_changed": (
        "weights changed: scores differ from the published ones as shown",
        "权重已改：得分与公布值不同，见排名",
    ),
    "check_invalid": ("weights not valid: see the sheet of weights", "权重无效：见权重表"),
    "check_wrong": (
        "the formulas do not give the published scores: values were changed",
        "公式结果与公布值不符：数值有改动",
    ),
    "check_values": ("no formulas here: scores are values", "无公式：得分为数值"),
    "largest": ("largest difference", "最大差值"),
    "leader": ("first", "第一名"),
    "trailer": ("last", "末名"),
    "scored": ("regions with a score", "有得分的地区"),
    "mean_score": ("mean score", "平均得分"),
    "range": ("largest less smallest score", "最高与最低之差"),
    "leading": ("Leading regions, as the weights stand", "当前权重下的领先地区"),
    "parts": ("Scores of the pillars", "领域得分"),
    "contents": ("Contents", "目录"),
    # quality
    "quality_title": ("Data quality, {year}", "数据质量，{year}年"),
    "quality_note": ("Per indicator, then cell by cell.", "先按指标，后按单元格。"),
    "values": ("values", "有值"),
    "missing": ("missing", "缺失"),
    "imputed": ("imputed", "插补"),
    "bounds": ("bounds", "界值"),
    "least": ("least", "最小"),
    "median": ("median", "中位数"),
    "most": ("most", "最大"),
    "oldest": ("oldest source year", "最早数据年份"),
    "what": ("what", "情况"),
    "old": ("measured in {year:.0f}", "实为{year:.0f}年数据"),
    "more_cells": ("{count:,} more lines are not listed.", "另有{count:,}行未列。"),
    "all_fine": ("Nothing is missing, imputed, old, or a bound.", "没有缺失、插补、陈旧数据或界值。"),
    "reading": ("Notes from reading the data", "读数说明"),
    "cells": ("Cells", "单元格"),
    # method, provenance
    "method_title": ("Method", "方法"),
    "method_note": ("The steps in order, as the framework has them.", "按指标体系所定步骤排列。"),
    "step": ("step", "步骤"),
    "choice": ("method", "方法"),
    "options": ("options", "选项"),
    "meaning": ("what it does", "含义"),
    "formula": ("formula", "公式"),
    "to_paste": ("To paste", "可直接引用"),
    "cited": ("BibTeX", "参考文献（BibTeX）"),
    "literature": ("source", "出处"),
    "step_screen": ("screening", "筛选"),
    "step_impute": ("missing values", "缺失值"),
    "step_treat": ("treatment", "极值处理"),
    "step_normalise": ("normalisation", "标准化"),
    "step_base": ("measured on", "标准化基准"),
    "step_weighting": ("weights", "权重"),
    "step_aggregate": ("aggregation", "合成"),
    "step_missing": ("missing scores", "缺失得分"),
    "step_attainment": ("attainment", "目标实现"),
    "step_equalization": ("equalization", "均等化"),
    "indicators_of": ("Indicators", "指标"),
    "source": ("source", "出处"),
    "provenance_title": ("Provenance", "溯源"),
    "provenance_note": (
        "What these numbers were made from. The time is left out: the same input gives the same file.",
        "本文件的来源。不记时间：同样的输入得同样的文件。",
    ),
    "key": ("key", "项"),
    "framework": ("framework", "指标体系"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    lang: Literal["zh", "en"]

    def __call__(self, key: str, **values: Any) -> str:
        """Return what is said, with these values."""
        return _SAID[key][self.lang == "zh"].format(**values)

    def sheet(self, key: str) -> str:
        """Return the name of a sheet."""
        return SHEETS[key][self.lang == "zh"]

    def about(self, key: str) -> str:
        """Return what a sheet holds."""
        return SHEETS[key][2 + (self.lang == "zh")]

    @property
    def font(self) -> str:
        """A font that the language's office programs have."""
        return "Microsoft YaHei" if self.lang == "zh" else "Calibri"

    def truth(self, value: bool) -> str:
        """Return yes or no."""
        return ("是" if value else "否") if self.lang == "zh" else "yes" if value else "no"

    def joined(self, sentences: Sequence[str]) -> str:
        """Return parts as one sentence."""
        return ("；".join(sentences) + "。") if self.lang == "zh" else "; ".join(sentences) + "."
