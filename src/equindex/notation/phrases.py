"""Read what plans say in words: 力争, 再, 每百户, 三分之二, 全覆盖, 第一, 低保标准的1.3倍, 逐步提高."""

import math
import re
from dataclasses import replace

from equindex.notation.figures import factor_of, figures
from equindex.notation.reading import Reading
from equindex.notation.words import (
    AFTER,
    BEFORE,
    CHARACTER,
    COUNTER,
    DOUBT,
    FACTOR,
    NOUN,
    NUMBER,
    STRENGTHS,
    VERBS,
    digits_for_characters,
    fraction,
    one_of,
    power_of,
)

__all__ = ["listed", "phrase", "yes_or_no"]

_STRENGTH = {word: strength for strength, words in STRENGTHS.items() for word in words}
_COUNT = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})"
_PLAN = "[“”\"'‘’「」『』]?十[一二三四五六七八九]五[“”\"'‘’「」『』]?"
_LEAD = re.compile(
    rf"(?:(?P<strength>{one_of(_STRENGTH)})|(?P<again>再(?:新增|增加)?)"
    rf"|(?P<period>{_PLAN}(?:规划)?(?:期间|时期)|规划期内|(?:{_COUNT}年)?累计))[,:]?"
)
_TRAIL = re.compile(rf"\(?(?:{_COUNT}年)?累计\)?$")
_FOLLOWED = rf"(?=\s*(?:{one_of(BEFORE)}|[0-9.+-]))"
_PER = re.compile(rf"每((?:{FACTOR}){CHARACTER}{{1,12}}?){_FOLLOWED}|(人)均({CHARACTER}{{0,6}}?){_FOLLOWED}")
_WORDS = re.compile(f"(?:{one_of(BEFORE)})*")
_ONCE = re.compile("^一(?=[年月周日天][0-9])")
_ONE_FOR = re.compile(rf"(每.*[0-9].*?)(?:{one_of(VERBS.split())})1({NOUN})")
_RELATIVE = re.compile(
    rf"(?:按照?)?((?:{one_of(BEFORE)})*)(上一?年度?|前一年度?)?((?:全体|全[国省市区县])?)({CHARACTER}{{2,12}}?)的"
    rf"((?:(?:{NUMBER.pattern})(?:%|倍)?(?:~|——?|-|至))?(?:{NUMBER.pattern})(?:%|倍)(?:{one_of(AFTER)})?)"
)
_OBJECT = re.compile(rf"(?<!{CHARACTER})({one_of(VERBS.split())})({CHARACTER}{{2,12}}?){_FOLLOWED}")
_SPACE = re.compile(rf"(?<={CHARACTER})\s+|\s+(?={CHARACTER})")

# Whom a claim of full coverage may name without weakening it. Further words go here.
_ALL_OF = (
    "常住 户籍 城乡 农村 城市 全市 全县 全区 全省 人口 人群 居民 群众 对象 服务 市级 县级 乡级 市 县 区 乡镇 镇 "
    "街道 行政村 村 社区 学校 医院 机构"
)
_COVERED = re.compile(
    rf"(?:实现|达到|做到)?((?:{one_of(_ALL_OF.split())})*)(?:全覆盖|全部覆盖|全达标|全部达标|应(?P<of>.)尽(?P=of))"
)
_EVERY = re.compile(rf"(?:覆盖)?所有({CHARACTER}{{0,12}})")
_CIRCLE = re.compile(rf"([0-9]{{1,3}})(分钟|公里)({CHARACTER}{{0,10}}圈)(全覆盖)?")
_PLACE = re.compile(
    rf"((?:{one_of(BEFORE)})?)(?:位居|稳居|位列|排名|居|列)?({CHARACTER}{{0,6}}?)(第|前)([0-9]{{1,4}})(?:位|名)?"
)
# What no name of a place, a thing counted or a standard holds: vague words, and those of change.
_UNCLEAR = re.compile(f"{DOUBT.pattern}|左右|[每增减降升涨翻倒除比近的是被或并]")
_NO_PLACE = re.compile("[不未非无外除倒近或并约上下内前后多余第日]")
_DONE = re.compile(
    rf"(?:创成|建成|建设|通过|获得|完成)((?:{CHARACTER}|[“”\"'‘’「」《》()、]){{2,60}})(?<![中率])"
)
_PASSING = re.compile(
    rf"([^的]*%(?:{one_of(AFTER)})?)的({CHARACTER}{{1,20}}?)(?:能够|可以|能|可|均|都)?"
    rf"(?:提供|配备|具备|设有|达到|建有|建成|拥有)(.*[0-9](?:{FACTOR})(?:{COUNTER}|类)(?:{one_of(AFTER)})?)"
    rf"({CHARACTER}{{0,20}})"
)
_RANK_UNITS = ("", "位", "名", "位次", "名次", "第")
_SWITCH_UNITS = ("是/否", "是否", "yes/no", "y/n", "0/1")
_SWITCHES = {"是": 1.0, "yes": 1.0, "true": 1.0, "否": 0.0, "no": 0.0, "false": 0.0}

# Directions without a number, and the words before them that mean every year.
_TRENDS = {
    "rise": "提高 提升 增长 增加 上升 扩大 增强 递增 升高 加大",
    "fall": "缩小 降低 下降 减少 缩短 收窄 递减 减轻 回落",
    "better": "改善 优化 好转 向好",
}
_TREND = {word: trend for trend, words in _TRENDS.items() for word in words.split()}
_STEPS = ("逐步", "逐年", "稳步", "持续", "不断")
_WAYS = ("进一步", "明显", "显著", "有所", "继续", "大幅", "大幅度", "较大", "稳定")
_DIRECTION = re.compile(rf"(?P<ways>(?:{one_of([*_STEPS, *_WAYS])})*)(?P<verb>{one_of(_TREND)})")


def yes_or_no(unit: str) -> bool:
    """Whether a unit of measurement is that of yes and no."""
    return unit.lower() in _SWITCH_UNITS


def phrase(text: str, unit: str) -> Reading | None:
    """Read folded text that says more than a number and its unit; None where a word of it is not known."""
    body = _SPACE.sub("", text)
    strengths, again, period = set(), False, False
    while lead := _LEAD.match(body):
        body = body[lead.end() :]
        strengths |= {_STRENGTH[word] for word in [lead["strength"]] if word}
        again |= lead["again"] is not None
        period |= lead["period"] is not None
    if trail := _TRAIL.search(body):
        body, period = body[: trail.start()], True
    if len(strengths) > 1:
        return None
    scale = power_of(factor_of(unit))
    found = _direction(body)
    body = digits_for_characters(fraction(_ONCE.sub("每", body), unit), unit, scale)
    found = found or _whole(body, unit) or _place(body, unit) or _passing(body, unit) or _amount(body, unit)
    if not found:
        return None
    return replace(found, raw=text, cumulative=period, increment=again, strength="".join(strengths))


def listed(text: str, unit: str) -> tuple[tuple[Reading, ...], str]:
    """Read what shares a cell: the targets of "<4/<5.5", and the pieces that cannot be read beside one that can.

    Targets are told from a date or a ratio by an operator of their own, which each must have.
    """
    pieces = re.split("[/;、]", text)
    found = [figures(piece, unit) or phrase(piece, unit) for piece in pieces] if len(pieces) > 1 else []
    parts = tuple(part for part in found if part and part.operator not in ("", "range"))
    bad = [piece for piece, part in zip(pieces, found, strict=False) if not part]
    return parts if len(parts) == len(found) else (), "…".join(bad) if len(bad) < len(found) else ""


def _direction(body: str) -> Reading | None:
    """Read a direction without a number: 逐步提高, 进一步缩小."""
    found = _DIRECTION.fullmatch(body)
    if not found:
        return None
    return Reading(raw=body, trend=_TREND[found["verb"]], steps=any(word in found["ways"] for word in _STEPS))


def _whole(body: str, unit: str) -> Reading | None:
    """Read claims that mean a number only under the right unit: all, none missing, done, within reach."""
    if yes_or_no(unit):
        done = _DONE.fullmatch(body)
        if body.lower() in _SWITCHES or done:
            return Reading(raw=body, value=_SWITCHES.get(body.lower(), 1.0), about=done[1] if done else "")
    elif unit == "项" and (gaps := re.fullmatch("(内容|项目)?无缺项", body)):
        return Reading(raw=body, value=0.0, about=gaps[1] or "")
    elif circle := _CIRCLE.fullmatch(body):
        within = Reading(raw=body, value=float(circle[1]), operator="<=", suffix=circle[2], about=circle[3])
        if not circle[4]:
            return within if unit == circle[2] else None
        return Reading(raw=body, value=100.0, also=within) if unit.startswith("%") else None
    elif unit.startswith("%"):
        every = _EVERY.fullmatch(body)
        if every and not _UNCLEAR.search(every[1]):
            return Reading(raw=body, value=100.0, about=every[1])
        if covered := _COVERED.fullmatch(body):
            return Reading(raw=body, value=100.0, about=covered[1])
    return None


def _place(body: str, unit: str) -> Reading | None:
    """Read a place in an order: 全省第一, 前三名."""
    place = _PLACE.fullmatch(_ordinals(body)) if unit in _RANK_UNITS else None
    if not place or not int(place[4]) or _NO_PLACE.search(place[2]):
        return None
    operator = BEFORE.get(place[1], "")
    if place[3] == "前":
        if operator or place[2][-1:] not in ("", *"省市县区州国"):  # 目前5 is no place
            return None
        operator = "<="
    return Reading(raw=body, value=float(place[4]), operator=operator, ordinal="第", about=place[2])


def _ordinals(body: str) -> str:
    """Write the number after 第 or 前 in digits."""
    return re.sub("([第前])([一二三四五六七八九十]{1,3})", _ordinal, body)


def _ordinal(found: re.Match[str]) -> str:
    return found[1] + digits_for_characters(f"{found[2]}名", "", 0).removesuffix("名")


def _passing(body: str, unit: str) -> Reading | None:
    """Read a share of units that each pass a threshold: 100%的机构能够提供6类以上服务."""
    found = _PASSING.fullmatch(body) if unit == "" or unit.startswith("%") else None
    share = figures(found[1], unit) if found else None
    each = figures(found[3], "") if found else None
    if not found or not share or not each:
        return None
    return replace(share, about=found[2], also=replace(each, about=found[4]))


def _amount(body: str, unit: str) -> Reading | None:
    """Read a number whose cell also says for what each, of what, or what is counted."""
    numerator, _, denominator = unit.partition("/")
    one_for = _ONE_FOR.fullmatch(body)
    if one_for:  # 每1万人配备1所, in 人/所: the number that one of them serves
        return figures(one_for[1], unit) if denominator and one_for[2] == denominator else None
    if times := _RELATIVE.fullmatch(body):
        return _multiple(times)
    per = about = ""
    if each := _PER.search(body):
        per, about = each[1] or each[2], each[3] or ""
        noun = per.removeprefix(factor_of(per))
        if noun in BEFORE or _UNCLEAR.search(noun + about) or not _WORDS.fullmatch(body, 0, each.start()):
            return None
        if denominator and not _same_denominator(per, denominator):
            return None
        body = body[: each.start()] + body[each.end() :]
        per = "" if denominator else per
    if not per and (counted := _OBJECT.search(body)) and not _UNCLEAR.search(counted[2]):
        found = figures(body[: counted.start()] + counted[1] + body[counted.end() :], unit)
        return replace(found, about=counted[2]) if found and found.suffix == numerator != "" else None
    found = figures(body, unit)
    return replace(found, per=per, about=about) if found else None


def _multiple(times: re.Match[str]) -> Reading | None:
    """Read a multiple or a share of something else, whatever unit that is in: 上年度消费支出的30%~40%."""
    before, lag, whole, what, factor = times.groups("")
    found = figures(before + factor, "")
    if not found or _UNCLEAR.search(what) or not (found.percent or found.suffix == "倍"):
        return None
    return replace(found, relative=whole + what, lag=int(bool(lag)))


def _same_denominator(per: str, denominator: str) -> bool:
    """Tell whether 每千人口 is what a unit such as 张/千人 or 张/1,000人 divides by."""
    plain = denominator.removeprefix("每").replace(",", "")
    digits = re.match("(?:10+)?", plain)
    count = digits[0] if digits else ""
    power = max(len(count) - 1, 0) + power_of(factor_of(plain[len(count) :]))
    noun = plain[len(count) :].removeprefix(factor_of(plain[len(count) :]))
    own = per.removeprefix(factor_of(per))
    return math.isclose(power, power_of(factor_of(per))) and (noun in own or own in noun)
