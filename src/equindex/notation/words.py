"""The words of plan tables: operators, verbs, strengths, periods, and numbers in Chinese characters."""

import re
from collections.abc import Iterable
from decimal import Decimal

__all__ = [
    "AFTER",
    "BEFORE",
    "CHARACTER",
    "COUNTER",
    "DOUBT",
    "FACTOR",
    "FOLD",
    "MISSING",
    "NOUN",
    "NUMBER",
    "POWER",
    "STRENGTHS",
    "VERBS",
    "digits_for_characters",
    "fraction",
    "one_of",
    "power_of",
    "strange",
]

_NO_VALUE = "na n/a #n/a <na> nan nat null none 无 無 缺 缺失 无数据 無數據 暂无 暫無"
#: Words that say "no value", compared in lower case; so do lone dashes, dots, an ellipsis and "/".
MISSING = frozenset(["", *_NO_VALUE.split()])

# Words before and after the number, by the operator they mean; "" changes nothing. Further words go here.
# They are compared after folding, so in simplified characters.
# 以上, 以下, 以内 include the number itself, 超过 and 不满 do not: Civil Code of the PRC (2020), art. 1259.
VERBS = "有 建成 建立 建设 新建 改建 设立 设置 配备 配置 办好 完成 实现"
_WORDS_BEFORE = {
    ">=": ">= => ≮ 不低于 不少于 不小于 至少",
    "<=": "<= =< ≯ 不高于 不多于 不大于 不超过 至多",
    ">": "> 超过 高于 大于 多于",
    "<": "< 不满 不足 低于 小于 少于",
    "~": "~ ≈ 约 大约 平均",
    "=": "=",
    "": f"每 在 为 达 达到 保持 保持在 稳定在 控制在 提高到 提高至 提升到 提升至 增加到 降低到 降到 降至 {VERBS}",
}
_WORDS_AFTER = {"~": "左右", ">=": "以上 及以上", "<=": "以下 及以下 以内"}
BEFORE = {word: operator for operator, words in _WORDS_BEFORE.items() for word in words.split()}
AFTER = {word: operator for operator, words in _WORDS_AFTER.items() for word in words.split()}
#: Words before a target that say how firmly it is meant, the first of each as `show` prints it.
STRENGTHS = {
    "binding": ["确保", "必须", "约束性"],
    "expected": ["预期", "预计", "预期性"],
    "aspirational": ["力争", "争取", "力求"],
}
_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}

# Traditional characters that plans use, row by row, and the simplified ones they are read as.
_SIMPLIFIED = {
    "萬億兩個無於過滿達約確須預計爭縣鄉鎮區學習員備設": "万亿两个无于过满达约确须预计争县乡镇区学习员备设",
    "辦實現穩內項條種戶張處類鐘應盡標準對門間餘幾強務": "办实现稳内项条种户张处类钟应尽标准对门间余几强务",
    "眾醫療養殘歲補輛與據輪遠節動產業關長書車級體後復": "众医疗养残岁补辆与据轮远节动产业关长书车级体后复",
    "專當劃規時發層週數暫圍廣場館創獲爲為蓋鋪歷總額資": "专当划规时发层周数暂围广场馆创获为为盖铺历总额资",
    "機構網點線費財貧環衛氣圓進從東灣勞優質軍齡婦嬰兒": "机构网点线费财贫环卫气圆进从东湾劳优质军龄妇婴儿",
    "託續斷縮顯擴減輕遞": "托续断缩显扩减轻递",
}
FOLD: dict[int, str] = {
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "≥≧⩾"), ">="),
    **dict.fromkeys(map(ord, "≤≦⩽"), "<="),
    **dict(zip(map(ord, "﹤﹥﹦﹢﹪〔﹝【〕﹞】〜∼˜"), "<>=+%[[[]]]~~~", strict=True)),
    **dict.fromkeys(map(ord, "−﹣‐‑‒–"), "-"),
    **dict.fromkeys(map(ord, "―─"), "—"),
    **dict.fromkeys([0x2007, 0x2009, 0x202F], "\xa0"),  # spaces that do not break group digits
    **dict.fromkeys([0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""),
    **{ord(old): new for olds, news in _SIMPLIFIED.items() for old, new in zip(olds, news, strict=True)},
}


def one_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_EXPONENT = r"(?:[eE][+-]?[0-9]++)?"
_GROUPED = r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})++|(?:\xa0[0-9]{3})++)(?![0-9])"
NUMBER = re.compile(rf"(?:(?:{_GROUPED}|[0-9]++)(?:\.[0-9]*+)?|\.[0-9]++){_EXPONENT}")
POWER = "百(?!分)|千(?![米克瓦卡赫伏])|[十万亿]"  # 百分点, 千米 and 千克 are units, not factors
FACTOR = f"(?:{POWER})*"
CHARACTER = "[㐀-鿿]"
NOUN = f"{CHARACTER}{{1,12}}"
COUNTER = (
    "平方米|平方公里|分钟|小时|学年|公里|人次|"
    "[个所名人张家户套项门次周年月天岁级倍元米条座处辆部类种件台间班节位]"
)
# What no unit of measurement holds: numerals (三千, 个亿), vague amounts (多), bounds (不到), claims (全).
DOUBT = re.compile(
    f"{POWER}|分之|[一二三四五六七八九兆零两几半多余约强弱起不未无非以超近足上下内外前后全圈]"
    "|^(?:成|折|k|mn|bn|hundred|thousand|million|billion|trillion|or|and|to)$",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    rf"{NUMBER.pattern}|[\s%‰\[\]+~,;/—-]|{one_of([*BEFORE, *AFTER])}"
    rf"|{one_of(word for words in STRENGTHS.values() for word in words)}|{POWER}"
)


def strange(text: str, unit: str) -> str:
    """Return what stands in folded text beside numbers, known words and the unit; all of it if nothing does."""
    rest = [piece for piece in _KNOWN.split(text) if piece and piece != unit]
    return "…".join(rest) or text


def power_of(factor: str) -> int:
    """Return the power of ten of a factor: 4 for 万."""
    return sum(_POWERS[character] for character in factor)


# numbers in Chinese characters -------------------------------------------------------------------------------

_DIGITS = "零一二三四五六七八九"
_NUMERAL = "[零〇一二两三四五六七八九十][零〇一二两三四五六七八九十百千万亿]{0,20}"
_ALONE = re.compile(f"(?<![0-9第零〇一二两三四五六七八九十百千万亿]){_NUMERAL}")
_ENDS = re.compile(rf"(?:{one_of(AFTER)})?(?:$|[~—-]|至|到)")
_COUNTED = re.compile(f"(?:{COUNTER}){_ENDS.pattern}")
_FRACTION = re.compile(rf"([百千]|{_NUMERAL})分之({_NUMERAL}|[0-9]+(?:\.[0-9]+)?)")


def _number(words: str) -> int:
    """Return the number that well-formed characters spell, and some number for any others."""
    for unit, power in (("亿", 8), ("万", 4)):
        head, found, tail = words.rpartition(unit)
        if found:
            return int(_number(head) * 10**power + _number(tail))
    total = digit = 0
    for character in words:
        if character in _POWERS:
            total += (digit or 1) * 10 ** _POWERS[character]
            digit = 0
        else:
            digit = _DIGITS.index(character)
    return total + digit


def _spelt(number: int) -> str:
    """Spell a number below 10^16 out in full: 一万零五十."""
    for word in reversed(_POWERS):
        power = int(10 ** _POWERS[word])
        if number >= power:
            head, tail = divmod(number, power)
            gap = "零" if 0 < tail < power // 10 else ""
            return _spelt(head) + word + gap + (_spelt(tail) if tail else "")
    return _DIGITS[number]


def _counted(words: str) -> int | None:
    """Return the number that characters spell; None where they are not its spelling, as in 三五 or 一百五."""
    words = words.replace("两", "二").replace("〇", "零")
    number = _number(words)
    return (
        number if number < 10**16 and words in (_spelt(number), _spelt(number).removeprefix("一")) else None
    )


def digits_for_characters(text: str, unit: str, scale: int) -> str:
    """Write numbers in digits where a known counter, the unit or nothing follows them; 一次性 stays.

    `scale` is the unit's own power of ten: against 万人, 二十万人 becomes 20万人. A lone 一 may be a dash.
    """
    own = unit.partition("/")[0]

    def digits(found: re.Match[str]) -> str:
        words, rest = found.group(), text[found.end() :]
        counted = _COUNTED.match(rest) or (own and rest.startswith(own) and _ENDS.match(rest, len(own)))
        if not (counted or _ENDS.match(rest)) or not (counted or words.strip("一")):
            return words
        number = _counted(words)
        if number is None:
            return words
        if scale:
            power = max((p for p in _POWERS.values() if p > 1 and number >= 10**p), default=0)
            sign = next((word for word, p in _POWERS.items() if p == power), "")
            return f"{Decimal(number).scaleb(-power).normalize():f}{sign}"
        return str(number)

    return _ALONE.sub(digits, text)


def fraction(text: str, unit: str) -> str:
    """Write 三分之二 as the number it is under the unit, 百分之八十 as 80%; otherwise the text as it is."""

    def number(found: re.Match[str]) -> str:
        below, above = found.groups()
        top = above if above[0].isdigit() and above.isascii() else _counted(above)
        if top is None:
            return found.group()
        if below in ("百", "千"):
            return f"{top}{'%' if below == '百' else '‰'}"
        bottom = _counted(below)
        whole = 100 if unit.startswith("%") else 1 if unit in ("", "比例", "比重", "比值") else 0
        if not whole or not bottom or isinstance(top, str) or not 0 < top < bottom:
            return found.group()
        return repr(whole * top / bottom)

    return _FRACTION.sub(number, text)
