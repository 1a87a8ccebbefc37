"""Find a region by its code, name, alias, English or short name, but never by guessing."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import notation
from equindex.errors import FrameworkError
from equindex.tables.headers import simplified, year_columns
from equindex.tables.sheet import listed

__all__ = ["AMBIGUOUS", "UNKNOWN", "Regions"]

UNKNOWN: Final = -1
"""Code of a text that is no region."""
AMBIGUOUS: Final = -2
"""Code of a text that may be several regions."""

_SEVERAL = re.compile(r"[|;；、]")
_DECIMALS = re.compile(r"(\d+)\.0+")
_NATIONS = (
    "壮族|回族|维吾尔|蒙古族?|藏族|羌族|彝族|苗族|侗族|布依族|土家族|傣族|景颇族|傈僳族|白族|哈尼族|"
    "朝鲜族|哈萨克|柯尔克孜"
)
_CHINESE = re.compile(rf"(.{{2,}}?)(?:{_NATIONS})*(自治区|特别行政区|自治州|自治县|地区|省|市|县|区|盟|旗)")
_ENGLISH = re.compile(
    r"(.+?)\s+(?:(?:zhuang|hui|uygh?ur)\s+)?"
    r"(province|city|county|municipality|district|prefecture|autonomous\s+region|autonomous\s+prefecture|sar)"
)
_KINDS = {
    "province": "省",
    "city": "市",
    "municipality": "市",
    "county": "县",
    "district": "区",
    "prefecture": "地区",
    "autonomousregion": "自治区",
    "autonomousprefecture": "自治州",
    "sar": "特别行政区",
}
_PROVINCES = {
    "市": "北京 天津 上海 重庆",
    "省": "河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 "
    "四川 贵州 云南 陕西 甘肃 青海 台湾",
    "自治区": "内蒙古 广西 西藏 宁夏 新疆",
    "特别行政区": "香港 澳门",
}
_PROVINCE = {name: kind for kind, names in _PROVINCES.items() for name in names.split()}
_TEXT = ("region", "name", "name_en", "parent", "alias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The regions of a framework, by what people call them."""

    codes: tuple[str, ...]
    """The ids, in the order of the table."""
    names: tuple[str, ...]
    """The name of each, the id where there is none."""
    frame: pd.DataFrame
    """The records: ``region``, ``year`` where there is one, groups, population; numbers as float64."""
    _exact: tuple[Mapping[str, int], ...] = field(repr=False)
    _short: Mapping[str, tuple[tuple[int, str], ...]] = field(repr=False)

    @classmethod
    def from_records(
        cls, records: Iterable[tuple[int, Mapping[str, object]]], *, source: str = "the region table"
    ) -> "Regions":
        """Build from what :func:`equindex.tables.records` read.

        Parameters
        ----------
        records : iterable of (int, mapping)
            Rows with ``region``, and as far as known ``name``, ``name_en``, ``alias`` (several parted by
            ``|``, ``;`` or ``、``), ``parent``, ``year``, ``population`` and any groups.
        source : str
            What messages call the table.

        Returns
        -------
        Regions

        Raises
        ------
        FrameworkError
            If a row has no region, a region has two names, or a region (and year) stands twice: all at once.
        """
        rows = list(records)
        faults = _faults(rows)
        if faults:
            raise FrameworkError(
                f"{source}: {'; '.join(faults)}. Every region (and year) has one row and one name."
            )
        frame = pd.DataFrame([dict(record) for _, record in rows], dtype=object)
        if "population" in frame:
            frame["population"] = frame["population"].map(_people)
        if "year" in frame:
            frame["year"] = frame["year"].map(lambda cell: year_columns([cell]).get(str(cell), cell))
        for column in [name for name in frame if name not in _TEXT]:
            numbers = [_number(cell) for cell in frame[column]]
            if None not in numbers:
                frame[column] = np.array(numbers, dtype=np.float64)
        if "year" in frame and frame["year"].dtype == np.float64 and frame["year"].notna().all():
            frame["year"] = frame["year"].astype(np.int64)

        said: dict[str, dict[str, list[str]]] = {}
        for _, record in rows:
            words = said.setdefault(str(record["region"]), {"name": [], "other": []})
            words["name"] += [str(record["name"])] if "name" in record else []
            words["other"] += [str(record["name_en"])] if "name_en" in record else []
            words["other"] += [word for word in _SEVERAL.split(str(record.get("alias", ""))) if word.strip()]
        tiers: tuple[dict[str, int], ...] = ({}, {}, {})
        short: dict[str, set[tuple[int, str]]] = {}
        for code, (region, words) in enumerate(said.items()):
            for tier, spellings in zip(tiers, ([region], words["name"], words["other"]), strict=True):
                for spelling in spellings:
                    key = _key(spelling)
                    tier[key] = code if tier.get(key, code) == code else AMBIGUOUS
                    stem, kind = _stem(spelling)
                    short.setdefault(stem, set()).add((code, kind or _PROVINCE.get(stem, "")))
        return cls(
            codes=tuple(said),
            names=tuple(words["name"][0] if words["name"] else region for region, words in said.items()),
            frame=frame,
            _exact=tiers,
            _short={stem: tuple(sorted(found)) for stem, found in short.items()},
        )

    def __len__(self) -> int:
        return len(self.codes)

    def match(self, texts: "NDArray[np.object_] | pd.Series") -> NDArray[np.int64]:
        """Return the position of each region in :attr:`codes`, :data:`UNKNOWN` or :data:`AMBIGUOUS`.

        Codes go before names, names before aliases and English names, and all of these before short forms,
        which count where only one region fits: 北京 is 北京市 and the reverse; 吉林 is ambiguous where both
        吉林省 and 吉林市 are listed. Each distinct text is looked up once.

        Examples
        --------
        >>> regions = Regions.from_records([(2, {"region": "110000", "name": "北京", "name_en": "Beijing"})])
        >>> regions.match(np.array(["北京市", "beijing", "110000.0", "河北"], dtype=object))
        array([ 0,  0,  0, -1])
        """
        places, distinct = pd.factorize(pd.Series(texts, dtype=object))
        found = np.array([self._find(text) for text in distinct] + [UNKNOWN], dtype=np.int64)
        return found[places]

    def suggest(self, text: object) -> tuple[str, ...]:
        """Return the regions that an ambiguous `text` may be, or up to three whose names are nearest to it.

        A number that lacks only the leading zeros of a code gives that code.

        Examples
        --------
        >>> Regions.from_records([(2, {"region": "Zhejiang"}), (3, {"region": "Tibet"})]).suggest("Zejiang")
        ('Zhejiang',)
        """
        if self._find(text) == AMBIGUOUS:
            stem, _ = _stem(str(text))
            several = {code for code, _ in self._short.get(stem, ())} | {
                code for code, name in enumerate(self.names) if _key(name) == _key(text)
            }
            return tuple(f"{self.names[code]} ({self.codes[code]})" for code in sorted(several))
        digits = _key(text).lstrip("0")
        padded = tuple(code for code in self.codes if digits.isdigit() and _key(code).lstrip("0") == digits)
        if padded:
            return padded
        known = {key: code for tier in self._exact for key, code in tier.items() if code >= 0}
        near = get_close_matches(_key(text), known, n=6, cutoff=0.5)
        return tuple(dict.fromkeys(self.names[known[key]] for key in near))[:3]

    def named(self, text: object) -> int:
        """Return the position of the region whose code or name `text` is; aliases and short forms do not count."""
        key = _key(text)
        return next((tier[key] for tier in self._exact[-3:-1] if key in tier), UNKNOWN)

    def also(self, texts: Iterable[str]) -> "Regions":
        """Return the table with more regions, such as those of old, behind the others; they are found first.

        Examples
        --------
        >>> regions = Regions.from_records([(2, {"region": "320614", "name": "海门区", "alias": "海门市"})])
        >>> regions.also(["海门市"]).match(np.array(["海门市", "海门区"], dtype=object))
        array([1, 0])
        """
        more = tuple(texts)
        first = {_key(text): code for code, text in enumerate(more, start=len(self.codes))}
        return replace(
            self,
            codes=(*self.codes, *more),
            names=(*self.names, *more),
            _exact=(first, *self._exact),
        )

    def _find(self, text: object) -> int:
        """Return the code of one text."""
        key = _key(text)
        for tier in self._exact:
            if key in tier:
                return tier[key]
        stem, kind = _stem(str(text))
        fitting = {code for code, other in self._short.get(stem, ()) if not (kind and other) or kind == other}
        if len(fitting) > 1:
            return AMBIGUOUS
        return fitting.pop() if fitting else UNKNOWN


def _faults(rows: list[tuple[int, Mapping[str, object]]]) -> list[str]:
    """Return what is wrong with the rows of a region table."""
    if not rows:
        return ["there are no regions"]
    nameless = [line for line, record in rows if not record.get("region")]
    faults = [f"rows {listed(nameless)} have no region"] if nameless else []
    names: dict[object, tuple[int, object]] = {}
    seen: dict[tuple[object, object], tuple[int, object]] = {}
    double, renamed = [], []
    for line, record in rows:
        region, year, name = record.get("region"), record.get("year"), record.get("name")
        if not region:
            continue
        parent = record.get("parent")
        before, over = seen.setdefault((region, year), (line, parent))
        if before != line:
            under = f", under {over} and {parent}" if over != parent else ""
            of = f" in {year}" if year is not None else ""
            double.append(f"{region}{of} (rows {before} and {line}{under})")
        first, other = names.setdefault(region, (line, name)) if name is not None else (line, name)
        if other != name:
            renamed.append(f"{region} is {other!r} in row {first} and {name!r} in row {line}")
    faults += [f"given twice: {listed(double)}"] if double else []
    return faults + ([f"with two names: {listed(renamed)}"] if renamed else [])


def _key(text: object) -> str:
    """Return what spellings of one name share: one width, case and script; ``110000.0`` is ``110000``."""
    folded = simplified("".join(unicodedata.normalize("NFKC", str(text)).casefold().split()))
    whole = _DECIMALS.fullmatch(folded)
    return whole[1] if whole else folded


def _stem(text: str) -> tuple[str, str]:
    """Return a name without its last word such as 省 or County, and what kind of region that word says."""
    match = _CHINESE.fullmatch(_key(text))
    if match:
        return match[1], match[2]
    english = _ENGLISH.fullmatch(" ".join(unicodedata.normalize("NFKC", text).casefold().split()))
    if english:
        return _key(english[1]), _KINDS["".join(english[2].split())]
    return _key(text), ""


def _number(cell: object) -> float | None:
    """Return a cell as a number, NaN where it is empty, None where it is text."""
    if not isinstance(cell, str):
        return float(cell) if isinstance(cell, int | float) else np.nan
    plain = re.fullmatch(r"[+-]?(?!0\d)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell, re.ASCII)
    return float(cell) if plain else None


def _people(cell: object) -> object:
    """Return a count of people as a number: 48.8万 is 488,000; anything else stays."""
    if not isinstance(cell, str) or _number(cell) is not None:
        return cell
    found = notation.read(cell, "人")
    plain = found.numeric and found.operator == "" and not (found.percent or found.cumulative or found.also)
    return found.value if plain and not (found.relative or found.increment or found.per) else cell
