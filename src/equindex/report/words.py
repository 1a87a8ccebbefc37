"""The words of a report in English and Chinese, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from equindex.report.gather import Lang

__all__ = ["WORDS", "Say", "joined", "some", "words"]

Say = Callable[..., str]

WORDS: dict[str, tuple[str, str]] = {
    # the page
    "contents": ("Contents", "目录"),
    "skip": ("Skip to the content", "跳到正文"),
    "made": ("equindex {version}, framework {digest}", "equindex {version}，指标体系 {digest}"),
    "source": ("Source: {source}", "资料来源：{source}"),
    "colon": ("{a}: {b}", "{a}：{b}"),
    "none": ("none", "无"),
    "cut": (
        "{left:,} rows between the first and the last are left out here; all are in the tables of `equindex score -o`.",
        "此处略去中间{left:,}行；全部结果见 equindex score -o 输出的表。",
    ),
    # headings
    "answer": ("The answer", "结论"),
    "ranking": ("Ranking", "排名"),
    "why": ("Why: pillars and regions", "原因：分领域与分地区"),
    "certainty": ("How certain the ranking is", "排名的确定性"),
    "map": ("Map", "地图"),
    "attainment_section": ("Attainment of targets", "目标实现情况"),
    "evenness": ("How evenly services are spread", "均等化程度"),
    "explorer": ("Try other weights", "权重试算"),
    "quality": ("Data quality", "数据质量"),
    "method": ("Method", "方法"),
    "provenance": ("Provenance", "溯源"),
    # the same in the contents
    "nav_answer": ("Answer", "结论"),
    "nav_ranking": ("Ranking", "排名"),
    "nav_why": ("Why", "原因"),
    "nav_certainty": ("Certainty", "确定性"),
    "nav_map": ("Map", "地图"),
    "nav_attainment": ("Targets", "目标"),
    "nav_evenness": ("Evenness", "均等化"),
    "nav_explorer": ("Weights", "权重试算"),
    "nav_quality": ("Data", "数据质量"),
    "nav_method": ("Method", "方法"),
    "nav_provenance": ("Provenance", "溯源"),
    # columns
    "region": ("region", "地区"),
    "year": ("year", "年份"),
    "rank": ("rank", "名次"),
    "index": ("index", "综合指数"),
    "attainment": ("attainment", "目标实现度"),
    "equalization": ("equalization index", "均等化指数"),
    "coverage": ("coverage", "覆盖率"),
    "coverage_of": ("coverage of {what}", "{what}覆盖"),
    "imputed": ("imputed", "插补占比"),
    "class": ("class", "等级"),
    "rank_interval": ("rank, {level}", "名次范围（{level}）"),
    "first": ("first in", "居首占比"),
    "indicator": ("indicator", "指标"),
    "pillar": ("pillar", "领域"),
    "unit": ("unit", "单位"),
    "direction": ("better is", "方向"),
    "weight": ("weight", "权重"),
    "share_of_total": ("share of the total", "总权重"),
    "value": ("value", "现值"),
    "target": ("target", "目标"),
    "due": ("due", "目标年"),
    "status": ("status", "状态"),
    "verdict": ("verdict", "判定"),
    "note": ("note", "说明"),
    "baseline": ("baseline", "基期"),
    "contribution": ("contribution", "贡献"),
    "score": ("score", "得分"),
    "mean_region": ("mean region", "地区均值"),
    "lead": ("lead", "领先"),
    "obstacle": ("obstacle degree", "障碍度"),
    "missing": ("missing", "缺失"),
    "bounds": ("bounds", "界值"),
    "old": ("older source", "旧数据"),
    "oldest": ("oldest", "最早年份"),
    "filled": ("filled", "有值"),
    "what": ("what", "项目"),
    "left_out": ("left out", "剔除"),
    "shift": ("mean move", "平均变动"),
    "most_moved": ("moves most", "变动最大"),
    "measure": ("measure", "测度"),
    "degree": ("degree", "均等度"),
    "interval": ("{level} interval", "{level}区间"),
    "between": ("between {by}", "{by}组间"),
    "change": ("change since {year}", "较{year}年变化"),
    "verdict_change": ("verdict", "判断"),
    "group_a": ("group", "组"),
    "group_b": ("against", "对照组"),
    "ratio": ("ratio", "比值"),
    "file": ("file", "文件"),
    "digest": ("SHA-256", "SHA-256"),
    "formula": ("formula", "公式"),
    "method_column": ("method", "方法"),
    "step": ("step", "步骤"),
    "publication": ("source", "出处"),
    "finding": ("finding", "发现"),
    "count": ("count", "数量"),
    "targets": ("targets", "目标数"),
    "met_share": ("regions that meet it", "达标地区占比"),
    "mean": ("mean", "均值"),
    "worst": ("worst", "最低"),
    "similar": ("Most similar: {names}.", "最相近：{names}。"),
    # captions
    "ranking_table": ("Ranking {year}", "{year}年排名"),
    "pillar_table": (
        "Scores by pillar, {year}: the darker, the higher",
        "{year}年分领域得分（颜色越深越高）",
    ),
    "profile_table": ("What {name}'s score is made of", "{name}的得分构成"),
    "profiles": ("Region by region", "分地区说明"),
    "influence_table": ("What moves ranks most when it is left out", "剔除后最影响名次的部分"),
    "targets_table": ("Every target of {name}", "{name}全部目标"),
    "binding_table": ("Binding targets (约束性) of {name}", "{name}约束性指标"),
    "binding_counts_table": (
        "Binding targets (约束性): regions by verdict",
        "约束性指标：各判定的地区数",
    ),
    "region_targets_table": ("Targets by region", "各地区目标实现情况"),
    "indicator_targets_table": ("Targets by indicator, over all regions", "各指标目标实现情况（全部地区）"),
    "pillar_targets_table": ("By pillar", "分领域"),
    "even_table": ("How even each service is, {year}", "{year}年各项服务均等度"),
    "gap_table": ("Widest gaps between groups, {year}", "{year}年最大组间差距"),
    "quality_table": ("Data by indicator, {year}", "{year}年各指标数据情况"),
    "findings_table": ("What checking the data found", "数据检查结果"),
    "weights_table": ("Indicators and weights", "指标与权重"),
    "methods_table": ("Methods, formulas and sources", "方法、公式与出处"),
    "digests_table": ("Files and their digests", "文件与校验值"),
    "paragraph": ("A paragraph to paste", "可引用的方法说明"),
    "bibtex": ("BibTeX of what is used", "参考文献（BibTeX）"),
    # answer
    "leads": (
        "{first} leads the {n:,} regions of {year} with {what} of {score}{others}; last is {last} with {low}.",
        "{year}年{n:,}个地区中，{first}以{what}{score}居首{others}；末位为{last}（{low}）。",
    ),
    "leads_others": (", ahead of {names}", "，其后为{names}"),
    "tied": (
        "{names} share the first of {n:,} places in {year} with {what} of {score}; last is {last} with {low}.",
        "{year}年{n:,}个地区中，{names}以{what}{score}并列第一；末位为{last}（{low}）。",
    ),
    "what_index": ("an index", "综合指数"),
    "what_attainment": ("an attainment of targets", "目标实现度"),
    "what_equalization": ("an equalization index", "均等化指数"),
    "named_score": ("{name} ({score})", "{name}（{score}）"),
    "because": (
        "What lifts {name} most above the mean region: {strengths}{shortfalls}.",
        "{name}高于各地区均值主要因为：{strengths}{shortfalls}。",
    ),
    "because_not": ("; what holds it back: {names}", "；不足之处：{names}"),
    "nothing": ("nothing", "无"),
    "points": ("{name} {points} points", "{name}{points}分"),
    "no_why": (
        "Why {name} leads is not split by indicator: {reason}.",
        "{name}的得分不能按指标分解：{reason}。",
    ),
    "sure": (
        "With every weight up or down by up to {band:.0%} ({draws:,} draws) {leaders} of the draws, a rank moves by "
        "{shift:.1f} places on average, and {kept:,} of {n:,} regions keep theirs in at least {level:.0%} of them.",
        "各权重上下浮动{band:.0%}（抽样{draws:,}次）时，{leaders}，名次平均变动{shift:.1f}位，{n:,}个地区中{kept:,}个在"
        "{level:.0%}以上的抽样中名次不变。",
    ),
    "first_in": ("{name} is first in {share}", "{name}在{share}的抽样中居首"),
    "unsure": ("Least sure are {names}.", "最不确定的是{names}。"),
    "from_to": ("{name} (rank {low} to {high})", "{name}（第{low}—{high}位）"),
    "no_certainty": (
        "How certain that is cannot be said: {reason}.",
        "无法判断其确定程度：{reason}。",
    ),
    "one": (
        "{name} is the only region with a score in {year}: there is no ranking.",
        "{year}年只有{name}有得分，因此没有排名。",
    ),
    "one_score": ("{what_is} {score} (coverage {coverage}).", "{what_is}{score}（覆盖率{coverage}）。"),
    "no_score": ("No region has a score in {year}: {reason}.", "{year}年没有地区有得分：{reason}。"),
    "unscored": ("Without a score: {names}.", "未评分：{names}。"),
    "unscored_because": ("{name} ({reason})", "{name}（{reason}）"),
    "and_more": ("{names} and {more:,} more", "{names}等，另有{more:,}个"),
    # tiles
    "tile_leader": ("first of {n:,}", "{n:,}个地区之首"),
    "tile_spread": ("from last to first", "末位至首位"),
    "tile_degree": ("equalization degree, 100 is equal", "均等度（100为完全均等）"),
    "tile_attainment": ("attainment of targets", "目标实现度"),
    "tile_coverage": ("coverage {share}", "数据覆盖{share}"),
    "tile_met": ("targets met", "已达标目标"),
    "tile_binding": ("binding targets met", "约束性指标通过率"),
    "tile_kept": ("keep their rank when weights move", "权重变动时名次不变"),
    "tile_filled": ("of the cells have a value", "单元格有值"),
    "tile_indicators": ("indicators", "项指标"),
    "range": ("{low} to {high}", "{low}—{high}"),
    "of": ("{a:,} of {b:,}", "{a:,}/{b:,}"),
    # certainty
    "certainty_lead": (
        "The interval of a region holds its rank in {level:.0%} of {draws:,} draws (seed {seed}), in which every "
        "weight moves by up to {band:.0%} and nothing else varies. It is no margin of error of the data.",
        "名次范围指在{draws:,}次抽样（种子{seed}）中{level:.0%}的情形；抽样只让各权重上下浮动{band:.0%}，"
        "不含数据本身的误差。",
    ),
    "groups_told": (
        "The ranking parts into {groups:,} groups that can be told apart; the largest has {most:,} regions.",
        "排名可分为{groups:,}个可区分的组，最大的一组有{most:,}个地区。",
    ),
    "leader_holds": (
        "{name} stays first while the weight of {node} ({weight:.3f}) is between {low:.3f} and {high:.3f}, the "
        "tightest of {n:,} intervals.",
        "{node}的权重（{weight:.3f}）在{low:.3f}—{high:.3f}之间时，{name}保持首位；这是{n:,}个区间中最窄的。",
    ),
    "leader_safe": (
        "No single weight, moved anywhere from 0 to 1, takes the first place from {name}.",
        "任何单项权重在0到1之间变动，都不会改变{name}的首位。",
    ),
    "matters": (
        "Left out, {name} moves ranks most: {shift:.1f} places on average; {region} goes from {a} to {b}.",
        "剔除{name}对名次影响最大：平均变动{shift:.1f}位，{region}由第{a}位变为第{b}位。",
    ),
    "not_computed": ("Not computed: {reason}.", "未计算：{reason}。"),
    "certainty_one": (
        "Fewer than two regions have a rank, so there is no ranking to be sure of.",
        "有名次的地区不足两个，没有排名可供判断。",
    ),
    "why_none": ("No region has a score, so there is none to explain.", "没有地区有得分，无可说明。"),
    # map
    "map_unmatched": ("Outlines without a region: {names}.", "没有对应地区的图形：{names}。"),
    "map_missing": ("Regions without an outline: {names}.", "没有图形的地区：{names}。"),
    "map_none": (
        "No outline of {file} is a region of the data, so there is no map. Give each feature an id or a name that the "
        "regions have.",
        "{file}中没有一个图形与数据中的地区对应，因此没有地图。请让每个图形带有地区代码或名称。",
    ),
    "map_caption": ("{what}, {year}: the darker, the higher", "{year}年{what}（颜色越深越高）"),
    "map_legend": ("no score", "无得分"),
    # attainment
    "no_targets": (
        "The framework sets no targets, so nothing is held against any. Give indicators a target, such as "
        'target = "≥97", and this section fills.',
        '本指标体系没有设定目标值，因此无法评价目标实现情况。为指标填写目标值（如 target = "≥97"）后，本节会自动生成。',
    ),
    "pass": ("pass", "通过"),
    "fail": ("fail", "未通过"),
    "unknown": ("unknown", "未知"),
    "unscored_verdict": ("unscored", "未评"),
    "no_binding": ("No target is binding (约束性).", "没有约束性指标。"),
    # evenness
    "no_evenness": (
        "The framework has no [equalization], so how evenly services are spread is not measured. Add the section, and "
        "this one fills.",
        "本指标体系没有 [equalization] 部分，因此未计算均等化程度。补充后本节会自动生成。",
    ),
    "degree_told": (
        "The equalization degree of {year} ({measure}; 100 is equal) is {degree}.",
        "{year}年均等度（{measure}，100为完全均等）为{degree}。",
    ),
    "degree_one": ("{degree:.1f}{interval}, {how}", "{how}{degree:.1f}{interval}"),
    "degree_interval": (
        " ({level:.0%} interval {low:.1f} to {high:.1f})",
        "（{level:.0%}区间{low:.1f}—{high:.1f}）",
    ),
    "unweighted": ("each region counting once", "各地区等权"),
    "weighted": ("weighted by population", "按人口加权"),
    "least_even": (
        "Least even is {worst} ({a:.1f}), most even {best} ({b:.1f}).",
        "最不均等的是{worst}（{a:.1f}），最均等的是{best}（{b:.1f}）。",
    ),
    "behind": (
        "Furthest behind the {reference} (100): {names}.",
        "与{reference}（100）差距最大的是：{names}。",
    ),
    "reference_mean": ("mean", "平均水平"),
    "reference_weighted_mean": ("population's mean", "人口加权平均水平"),
    "reference_median": ("median", "中位水平"),
    "reference_best": ("best region", "最好地区"),
    "reference_standard": ("standard", "标准"),
    "reference_region": ("reference region", "参照地区"),
    "between_told": (
        "Between groups by {by} lies from {low:.0%} ({a}) to {high:.0%} ({b}) of the inequality.",
        "按{by}分组，组间差距占不平等的{low:.0%}（{a}）至{high:.0%}（{b}）。",
    ),
    "between_one": (
        "Between groups by {by} lies {share:.0%} of the inequality of {name}.",
        "按{by}分组，{name}的不平等有{share:.0%}在组间。",
    ),
    "no_population": ("There is no population, so every region counts once.", "没有人口数据，各地区等权。"),
    "one_year": (
        "One year cannot tell whether gaps close: give two or more.",
        "只有一年数据，无法判断差距是否缩小；请提供两年以上数据。",
    ),
    "one_region": (
        "One region cannot be uneven: give two or more.",
        "只有一个地区，无法衡量差距；请提供两个以上地区。",
    ),
    "moved": (
        "From {a} to {b} the degree went from {before:.1f} to {after:.1f} ({change:+.2f}{interval}): {verdict}.",
        "{a}—{b}年，均等度由{before:.1f}变为{after:.1f}（{change:+.2f}{interval}）：{verdict}。",
    ),
    "moved_interval": (
        ", {level:.0%} interval {low:+.2f} to {high:+.2f}",
        "，{level:.0%}区间{low:+.2f}至{high:+.2f}",
    ),
    "more even": ("more even", "更均等"),
    "less even": ("less even", "更不均等"),
    "not distinguishable": ("not distinguishable", "变化不显著"),
    "": ("not judged", "未判断"),
    # quality
    "quality_told": (
        "{filled:.1%} of {cells:,} cells have a value in {year}; {missing:,} are missing, {bounds:,} are only bounds, "
        "{old:,} were measured in an earlier year{imputed}.",
        "{year}年共{cells:,}个单元格，{filled:.1%}有值；缺失{missing:,}个，仅有界值{bounds:,}个，{old:,}个为更早年份的数据{imputed}。",
    ),
    "imputed_told": (", {n:,} are imputed", "，插补{n:,}个"),
    "excluded_told": ("Known to be wrong and left out: {cells}.", "已知有误而剔除：{cells}。"),
    "findings_none": ("Checking the data found nothing to warn of.", "数据检查未发现问题。"),
    # method
    "method_lead": (
        "{title} joins {n} indicators in {k} pillars. {steps}",
        "{title}由{k}个领域、{n}项指标构成。{steps}",
    ),
    "method_flat": ("{title} joins {n} indicators. {steps}", "{title}由{n}项指标构成。{steps}"),
    "step_screen": ("Regions are screened for how much of them is measured.", "先按数据完整程度筛选地区。"),
    "step_impute": ("Missing values are imputed by {method}.", "缺失值用{method}插补。"),
    "step_treat": ("Outliers are treated by {method}.", "异常值用{method}处理。"),
    "step_normalise": (
        "Values are normalised by {method}, measured over {base}.",
        "指标值用{method}标准化，参数取自{base}。",
    ),
    "base_panel": ("all regions and years", "全部地区与年份"),
    "base_year": ("each year alone", "各年份"),
    "base_of": ("{base}", "{base}年"),
    "step_weight": ("Weights are {weighting}.", "权重为：{weighting}。"),
    "step_aggregate": ("Scores are aggregated by {method}.", "得分用{method}汇总。"),
    "step_missing_reweight": (
        "What is missing hands its weight to its siblings, and a node needs {coverage:.0%} of its weight.",
        "缺失部分的权重由同级分担，覆盖不足{coverage:.0%}的节点不评分。",
    ),
    "step_missing_propagate": ("A node with a missing part has no score.", "有缺失部分的节点不评分。"),
    "step_attainment": (
        "Attainment is by the rule {rule}, at most {cap:g}.",
        "目标实现度按{rule}规则计算，上限{cap:g}。",
    ),
    "step_equalization": (
        "Evenness is measured by {measures}; the degree is that of {degree}.",
        "差距用{measures}衡量，均等度依据{degree}。",
    ),
    "step_data": ("Data: {source}.", "数据来源：{source}。"),
    "step_made": (
        "Computed with equindex {version}; framework digest {digest}.",
        "由equindex {version}计算，指标体系校验值{digest}。",
    ),
    "positive": ("more", "正向"),
    "negative": ("less", "逆向"),
    "interval_direction": ("within", "适度"),
    "impute": ("impute", "插补"),
    "treat": ("treat", "异常值处理"),
    "transform": ("transform", "变换"),
    "normalise": ("normalise", "标准化"),
    "weighting": ("weights", "赋权"),
    "aggregate": ("aggregate", "汇总"),
    "rule": ("attainment rule", "实现度规则"),
    "inequality": ("inequality", "差距测度"),
    "equal, by pillar": ("equal, by pillar", "逐级等权（同级均分）"),
    "equal, by indicator": ("equal, by indicator", "各指标等权"),
    # provenance
    "again": (
        "`equindex rerun` on a provenance.json gives the same numbers to the bit.",
        "对 provenance.json 运行 equindex rerun 可逐位复现结果。",
    ),
    "version": ("equindex", "equindex版本"),
    "framework": ("framework", "指标体系"),
    "weights_used": ("weights", "权重"),
    "seed": ("seed", "随机种子"),
    "excluded": ("cells excluded", "剔除的单元格"),
}
"""English, then Chinese."""


def words(lang: Lang) -> Say:
    """Return what says a key of `WORDS` in a language, with its numbers and names filled in."""
    column = 1 if lang == "zh" else 0

    def say(key: str, **parts: Any) -> str:
        text = WORDS[key][column]
        return text.format(**parts) if parts else text

    return say


def joined(lang: Lang, names: Iterable[str]) -> str:
    """Join names as the language does."""
    return ("、" if lang == "zh" else ", ").join(names)


def some(lang: Lang, names: Sequence[str], most: int = 8) -> str:
    """Join names, and count those beyond so many."""
    told = joined(lang, names[:most])
    return told if len(names) <= most else words(lang)("and_more", names=told, more=len(names) - most)
