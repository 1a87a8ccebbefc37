"""What a comparison and a change say in sentences, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from equindex.comparing.change import Change
    from equindex.comparing.compare import Comparison

__all__ = ["BASES", "CAUSE_WORDS", "changed", "compared"]

CAUSE_WORDS = {
    "values": ("values", "指标值"),
    "parameters": ("parameters", "标准化参数"),
    "weights": ("weights", "权重"),
    "coverage": ("coverage", "数据覆盖"),
}

BASES = {
    "index": ("composite index", "综合指数"),
    "attainment": ("attainment", "实现度"),
    "equalization": ("equalization index", "均等化指数"),
}

_TOLD = 3  # variants beside the reference that get sentences of their own
_MOVERS = 3
_REASON = 300  # characters of a reason that are printed; the table of variants has all


def compared(found: Comparison, lang: str) -> list[str]:
    """Say what the choice of variant moves."""
    zh = lang == "zh"
    scored = _rows(found.variants[found.variants["reason"] == ""])
    [first] = found.variants.loc[found.variants["variant"] == found.reference, "label"]
    regions, basis = len(found.regions), BASES[found.basis][zh]
    lines = [
        f"{basis}，{found.year}年，{regions}个地区，{len(found.variants)}个方案；以方案{found.reference}（{first}）为基准。"
        if zh
        else f"{_count(len(found.variants), 'variant')} of the {basis}, {_count(regions, 'region')}, {found.year}. "
        f"The reference is {found.reference}: {first}."
    ]
    if regions == 1:
        lines.append(
            "只有一个地区：分数可比，名次不可比。" if zh else "One region: scores differ, ranks cannot."
        )
    else:
        others = [row for row in scored if row["variant"] != found.reference]
        if len(others) > _TOLD:
            lines += _widest(others, zh)
        else:
            lines += [line for row in others for line in _against(found, row, first, zh)]
        lines += _ranges(found, len(scored), zh)
    lines += _failed(found, zh)
    lines += _partly(found, len(scored), zh)
    return lines


def _against(found: Comparison, row: dict[str, Any], first: str, zh: bool) -> list[str]:
    """Say how one variant differs from the reference."""
    label = row["label"]
    if not row["largest_shift"]:
        return [f"{label}与{first}：名次完全相同。" if zh else f"{label} ranks every region as {first} does."]
    rho = "" if np.isnan(row["spearman"]) else f"Spearman {row['spearman']:.3f}, Kendall {row['kendall']:.3f}"
    swaps = (row["swaps"], row["pairs"])
    if zh:
        rho = rho.replace(", ", "、")
        said = (
            f"{label}与{first}：名次平均变动{row['mean_shift']:.2f}位，最多{row['largest_shift']}位；{rho}；"
            f"{swaps[1]}对地区中{swaps[0]}对换序。"
        )
    else:
        said = (
            f"{label} against {first}: ranks move by {row['mean_shift']:.2f} on average, by {row['largest_shift']} at "
            f"most; {rho}; {swaps[0]} of {_count(swaps[1], 'pair')} swap{'s' if swaps[0] == 1 else ''}."
        )
    own = found.scores[found.scores["variant"] == row["variant"]]
    moved = own.merge(found.regions[["region", "rank"]], on="region", suffixes=("", "_before"))
    up = _movers(moved, -1, zh)
    down = _movers(moved, 1, zh)
    parts = [f"{'升' if zh else 'gain'}：{up}" if zh else f"Gain: {up}."] if up else []
    parts += [f"降：{down}" if zh else f"Lose: {down}."] if down else []
    if not row["swaps"]:
        parts.append(
            "没有地区换序：名次变动只因并列被打破或形成"
            if zh
            else "No pair swaps: ranks move since ties are broken or made."
        )
    return [said, "  " + ("；".join(parts) + "。" if zh else " ".join(parts))]


def _movers(moved: pd.DataFrame, sign: int, zh: bool) -> str:
    """Name those who move most, with their ranks before and after."""
    shift = moved["shift"].astype("Float64").fillna(0) * -sign
    chosen = moved.assign(by=shift)[shift > 0].sort_values(["by", "rank_before"], ascending=[False, True])
    words = [
        f"{row['region_name']} {row['rank_before']} → {row['rank']}"
        for row in chosen.head(_MOVERS).to_dict("records")
    ]
    return ("、" if zh else ", ").join(words)


def _widest(others: Sequence[dict[str, Any]], zh: bool) -> list[str]:
    """Say between what many variants move the ranks, and which of them do not."""
    moving = [row for row in others if row["largest_shift"]]
    same = [f"{row['variant']} ({row['label']})" for row in others if not row["largest_shift"]]
    lines = []
    if moving:
        most = max(moving, key=lambda row: row["mean_shift"])
        least = min(moving, key=lambda row: row["mean_shift"])
        lines.append(
            f"名次平均变动最大的是方案{most['variant']}（{most['label']}，{most['mean_shift']:.2f}位），"
            f"最小的是方案{least['variant']}（{least['label']}，{least['mean_shift']:.2f}位）。"
            if zh
            else f"Ranks move most in {most['variant']} ({most['label']}: by {most['mean_shift']:.2f} on average), "
            f"least in {least['variant']} ({least['label']}: {least['mean_shift']:.2f})."
        )
    if same:
        names = _listed(same, zh)
        lines.append(f"名次与基准完全相同：{names}。" if zh else f"The same ranks as the reference: {names}.")
    return lines


def _listed(words: Sequence[str], zh: bool, most: int = 4) -> str:
    """List the first words, and count the others."""
    more = len(words) - most
    said = ("、" if zh else ", ").join(words[:most])
    return said if more <= 0 else f"{said}等{len(words)}个" if zh else f"{said} and {more} more"


def _ranges(found: Comparison, variants: int, zh: bool) -> list[str]:
    """Say whose rank depends most on the choice, and whose not at all."""
    ranked = found.regions[found.regions["scored_in"] == variants]
    if variants < 3 or not len(ranked):
        return []
    firm = int((ranked["range"] == 0).sum())
    wide = ranked.sort_values(["range", "rank"], ascending=[False, True]).head(_MOVERS)
    words = [
        f"{row['region_name']} {row['best']}–{row['worst']}"
        for row in wide.to_dict("records")
        if row["range"]
    ]
    kept = (
        f"{firm}个地区在所有方案中名次不变。"
        if zh
        else f"{firm or 'None'} of {len(ranked):,} regions keep{'s' if firm < 2 else ''} one rank in all variants."
    )
    if not words:
        return [kept]
    return [
        kept
        + (f"名次范围最大：{'、'.join(words)}。" if zh else f" Widest ranges of ranks: {', '.join(words)}.")
    ]


def _failed(found: Comparison, zh: bool) -> list[str]:
    """Name the variants without scores, those with the same reason together."""
    failed = found.variants[found.variants["reason"] != ""]
    lines = []
    for reason in dict.fromkeys(failed["reason"].tolist()):
        group = _rows(failed[failed["reason"] == reason])
        names = _listed([f"{row['variant']} ({row['label']})" for row in group], zh)
        cut = reason if len(reason) <= _REASON else f"{reason[:_REASON].rsplit(' ', 1)[0]} …"
        lines.append(f"未能评分：{names}。{cut}" if zh else f"Without scores: {names}. {cut}")
    return lines


def _partly(found: Comparison, variants: int, zh: bool) -> list[str]:
    """Name the regions that some variants do not score."""
    partly = found.regions[found.regions["scored_in"] < variants]
    if not len(partly):
        return []
    names = _listed(
        [f"{row['region_name']} ({row['scored_in']}/{variants})" for row in partly.to_dict("records")], zh, 10
    )
    if zh:
        return [f"仅部分方案有分数的地区（{len(partly)}个）：{names}；名次变动只比较两方案都有分数的地区。"]
    return [
        f"Not scored in every variant: {names}. Shifts are between regions that both variants score.",
    ]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): cell for key, cell in row.items()} for row in frame.to_dict("records")]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def changed(found: Change, region: str | None, lang: str) -> list[str]:
    """Say what moved from one year to the other and why, of all regions or of one."""
    zh = lang == "zh"
    split = found.regions[found.regions["reason"] == ""]
    if region is not None:
        split = split[split["region"] == region]
    years = f"{found.year_from}年至{found.year_to}年" if zh else f"{found.year_from} to {found.year_to}"
    if not len(split):
        return [
            f"{years}：没有两年都有分数的地区。" if zh else f"{years}: no region has a score in both years.",
            *_alone(found, region, zh),
        ]
    lines = (
        [_one_moved(found, _rows(split)[0], years, zh)]
        if len(split) == 1
        else _all_moved(found, split, years, zh)
    )
    if not len(found.indicators):
        lines.append(
            "并非逐级算术平均，因此不按指标分解。"
            if zh
            else "Not every mean is arithmetic, so parts are not split by indicator."
        )
    return lines + _alone(found, region, zh)


def _one_moved(found: Change, row: dict[str, Any], years: str, zh: bool) -> str:
    parts = _parts(found, row, zh)
    score, rank = f"{row['score_from']:.2f} → {row['score_to']:.2f}", f"{row['rank_from']} → {row['rank_to']}"
    if zh:
        return (
            f"{row['region_name']}，{years}：{score}（{_signed(row['change'])}），其中{parts}；名次{rank}。"
        )
    return (
        f"{row['region_name']}, {years}: {score} ({_signed(row['change'])}), of which {parts}; rank {rank}."
    )


def _all_moved(found: Change, split: pd.DataFrame, years: str, zh: bool) -> list[str]:
    up, down = int((split["change"] > 0).sum()), int((split["change"] < 0).sum())
    mean = split[["change", *found.causes]].mean().to_dict()
    parts = _parts(found, mean, zh)
    moved = split.assign(by=split["rank_change"].astype(int))
    rows = moved.sort_values(["by", "rank_from"], ascending=[False, True]).to_dict("records")
    gain = [f"{row['region_name']} {row['rank_from']} → {row['rank_to']}" for row in rows if row["by"] > 0]
    lose = [
        f"{row['region_name']} {row['rank_from']} → {row['rank_to']}" for row in rows[::-1] if row["by"] < 0
    ]
    words = (("名次上升", gain), ("名次下降", lose)) if zh else (("Gain", gain), ("Lose", lose))
    join = "、" if zh else ", "
    movers = [f"{word}{'：' if zh else ': '}{join.join(names[:_MOVERS])}" for word, names in words if names]
    average = _signed(mean["change"])
    if zh:
        first = f"{years}，{len(split)}个地区：{up}个上升，{down}个下降；平均变动{average}，其中{parts}。"
        return [first, "；".join(movers) + "。" if movers else "名次没有变化。"]
    many = _count(len(split), "region")
    first = f"{years}, {many}: {up} rose, {down} fell; by {average} on average, of which {parts}."
    return [first, ". ".join(movers) + "." if movers else "No rank moved."]


def _parts(found: Change, row: dict[Any, Any], zh: bool) -> str:
    join = "、" if zh else ", "
    return join.join(f"{CAUSE_WORDS[cause][zh]} {_signed(row[cause])}" for cause in found.causes)


def _signed(number: float) -> str:
    return f"{round(number, 2) + 0.0:+.2f}"


def _alone(found: Change, region: str | None, zh: bool) -> list[str]:
    """Name the regions whose change is not split, with the reason."""
    left = found.regions[found.regions["reason"] != ""]
    left = left if region is None else left[left["region"] == region]
    lines = []
    for reason, group in left.groupby("reason", sort=False):
        names = _listed(group["region_name"].tolist(), zh, 10)
        lines.append(f"未分解：{names}（{reason}）。" if zh else f"Not split: {names} ({reason}).")
    return lines
