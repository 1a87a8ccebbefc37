"""Frozen models of what files say: frameworks, targets, weight sets. Unknown keys are refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from equindex.errors import FrameworkError, nearest

__all__ = [
    "ROOT",
    "Attainment",
    "Equalization",
    "Exclusion",
    "FrameworkFile",
    "Indicator",
    "MethodCall",
    "Methods",
    "Missing",
    "Pillar",
    "TableMap",
    "Target",
    "WeightSet",
    "inconsistencies",
    "parse",
]

ROOT = "index"
_DIRECTIONS = {
    "positive": ("positive", "+", "+1", "1", "正", "正向", "正指标", "正向指标", "正指標", "正向指標"),
    "negative": ("negative", "-", "-1", "负", "负向", "逆向", "逆指标", "负向指标", "逆指標", "負向", "負"),
    "interval": ("interval", "0", "适度", "适度指标", "適度", "區間", "区间"),
}
_TRUE = ("true", "yes", "1", "1.0", "是", "约束性", "約束性", "binding")
_FALSE = ("false", "no", "0", "0.0", "否", "预期性", "預期性", "expected", "")


def _direction(value: Any) -> Any:
    word = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip().lower()
    return next((name for name, words in _DIRECTIONS.items() if word in words), value)


def _switch(value: Any) -> Any:
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else value


def _text(value: Any) -> Any:
    """Turn numbers from a typed cell into text: 97.0 is the cell 97."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if float(value).is_integer() else repr(value)


def _year(value: Any) -> Any:
    """Read a year from a cell such as ``2025年`` or ``2025.0``."""
    found = re.fullmatch(r"\s*(\d+)(\.0+)?\s*(年度?)?\s*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def _pair(value: Any) -> Any:
    """Read the two ends of an interval from a table cell such as ``20; 85``."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[;,|，；、\s]+", value.strip("[]()（） ")) if part)
    return value


def _call(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping) and "options" not in value:
        named = {"name": value["name"]} if "name" in value else {}
        return {**named, "options": {k: v for k, v in value.items() if k != "name"}}
    return value


def _base(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MethodCall(_Model):
    """A method's name and its options: ``"zscore"`` or ``{ name = "minmax", lower = 1 }``."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    def __str__(self) -> str:
        return self.name + "".join(f", {key}={value}" for key, value in self.options.items())

    @property
    def label(self) -> str:
        """How tables call it: ``gini``, or ``ge(a=2)`` with options."""
        options = ",".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.name}({options})" if options else self.name


Call = Annotated[MethodCall, BeforeValidator(_call)]
Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, Field(min_length=1), BeforeValidator(_text)]
Year = Annotated[int, Field(ge=1, le=9999), BeforeValidator(_year)]
Constant = Annotated[int, Field(ge=1000, le=9999)]
Cells = str | bool | int | float | list[str | bool | int | float]
Number = Annotated[float, Field(allow_inf_nan=False)]
Interval = Annotated[tuple[Number, Number], BeforeValidator(_pair)]
Switch = Annotated[bool, BeforeValidator(_switch)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class TableMap(_Model):
    """``[table]``: how the data's columns are called, or constants; `keep` and `drop` choose rows by value."""

    region: str | None = None
    year: Annotated[Constant | str | None, BeforeValidator(_base)] = None
    indicator: str | None = None
    value: str | None = None
    source_year: Annotated[Constant | str | None, BeforeValidator(_base)] = None
    source: str | None = None
    sheet: str | None = None
    keep: dict[str, Cells] = Field(default_factory=dict)
    drop: dict[str, Cells] = Field(default_factory=dict)


class Missing(_Model):
    """What an aggregate does with missing parts."""

    rule: Literal["reweight", "propagate"] = "reweight"
    min_coverage: float = Field(default=0.66, ge=0, le=1)


class Methods(_Model):
    """``[methods]``: how indicators become one index. Without `normalise` there is no composite."""

    impute: Call = MethodCall(name="none")
    treat: Call = MethodCall(name="none")
    normalise: Call | None = None
    base: Annotated[Literal["panel", "year"] | Year, BeforeValidator(_base)] = "panel"
    weighting: Call | None = None
    aggregate: Call | dict[str, Call] = MethodCall(name="arithmetic")
    missing: Missing = Missing()
    rank_decimals: Literal["none"] | Annotated[int, Field(ge=0, le=15)] = "none"

    @field_validator("aggregate", mode="before")
    @classmethod
    def _levels(cls, value: Any) -> Any:
        return (
            _call(value)
            if isinstance(value, str) or (isinstance(value, Mapping) and "name" in value)
            else value
        )

    @field_validator("missing", mode="before")
    @classmethod
    def _rule(cls, value: Any) -> Any:
        return {"rule": value} if isinstance(value, str) else value


class RegionReference(_Model):
    """A region, usually the national total, that the others are compared with."""

    region: Text


class Equalization(_Model):
    """``[equalization]``: measures of evenness, the degree, the reference, the groups."""

    measures: tuple[Call, ...] = (MethodCall(name="gini"), MethodCall(name="theil_t"), MethodCall(name="cv"))
    degree: str = "gini"
    reference: Literal["mean", "weighted_mean", "median", "best", "standard"] | RegionReference | None = None
    groups: tuple[str, ...] = ()
    basis: tuple[Literal["values", "scores", "shortfall"], ...] = ("values",)
    population_fill: Literal["none", "nearest"] = "none"


class Attainment(_Model):
    """``[attainment]``: how values are held against targets."""

    rule: Literal["ratio", "progress", "met", "efficacy60", "goalposts"] = "ratio"
    cap: float = Field(default=100, ge=100)
    plan: tuple[Year, Year] | None = None


class Pillar(_Model):
    """A group of indicators, 领域, at any depth."""

    id: Name
    name: Text = ""
    name_en: Text = ""
    parent: Text = ROOT
    weight: Weight | None = None
    aggregate: Call | None = None
    note: Text = ""


class Indicator(_Model):
    """One indicator: where it stands, how it is computed, its direction, bounds and target."""

    id: Name
    pillar: Text = ROOT
    name: Text = ""
    name_en: Text = ""
    alias: Text = ""
    unit: Text = ""
    direction: Annotated[Literal["positive", "negative", "interval"], BeforeValidator(_direction)] = (
        "positive"
    )
    best: Interval | None = None
    limits: Interval | None = None
    numerator: Text | None = None
    denominator: Text | None = None
    per: Positive = 1.0
    transform: Call | None = None
    normalise: Call | None = None
    goalposts: Interval | None = None
    clip: Switch = True
    weight: Weight | None = None
    target: Text | None = None
    target_year: Year | None = None
    baseline: Text | None = None
    baseline_year: Year | None = None
    floor: Number | None = None
    cumulate: Literal["sum", "latest"] | None = None
    tolerance: float = Field(default=0.05, ge=0, lt=1)
    binding: Switch = False
    kind: Text = ""
    standard: Number | None = None
    lower: Number | None = None
    upper: Number | None = None
    population: Text | None = None
    department: Text = ""
    note: Text = ""
    source: Text = ""

    @field_validator("transform", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if value in ("", "none") else value


class Target(_Model):
    """One row of the targets table; without a region it holds for all."""

    indicator: Text
    region: Text | None = None
    year: Year | None = None
    target: Text
    baseline: Text | None = None
    baseline_year: Year | None = None
    floor: Number | None = None
    effective_from: Year | None = None
    source: Text = ""


class Exclusion(_Model):
    """A cell known to be wrong: treated as missing, listed in every provenance."""

    region: Text
    year: Year
    indicator: Text
    reason: str


class FrameworkFile(_Model):
    """A whole framework as its file says it, with the tables that it names read in."""

    id: Text
    title: Text = ""
    title_en: Text = ""
    source: Text = ""
    note: Text = ""
    regions: str | None = None
    indicators: str | None = None
    targets: str | None = None
    pillars: str | None = None
    table: TableMap = TableMap()
    methods: Methods | None = None
    equalization: Equalization | None = None
    attainment: Attainment = Attainment()
    classes: dict[str, Number] = Field(default_factory=dict)
    pillar: tuple[Pillar, ...] = ()
    indicator: tuple[Indicator, ...] = ()
    target: tuple[Target, ...] = ()
    exclude: tuple[Exclusion, ...] = ()


class WeightSet(_Model):
    """Weights of nodes: `local` numbers are scaled within each parent, `global` ones belong to leaves."""

    id: Text = "weights"
    title: Text = ""
    method: Text = ""
    source: Text = ""
    date: Any = None
    note: Text = ""
    scope: Literal["local", "global"] = "local"
    scale: bool = True
    weights: dict[str, Weight]

    @field_validator("date")
    @classmethod
    def _iso(cls, value: Any) -> Any:
        return None if value is None else str(value)


_M = TypeVar("_M", bound=BaseModel)


def parse(
    model: type[_M],
    data: Mapping[str, Any],
    where: str,
    rows: Mapping[tuple[int | str, ...], str] | None = None,
) -> _M:
    """Build `model` from `data`; every fault at once becomes one FrameworkError naming `where`.

    `rows` says in which row of which file a part stands, such as ``("indicator", 0)``.

    Raises
    ------
    FrameworkError
        Listing each wrong key or value with its place and, for unknown keys, the nearest known one.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found: dict[tuple[str, str], list[str]] = {}
        for fault in error.errors(include_url=False):
            place, said, given = _fault(model, data, fault)
            row = (rows or {}).get(fault["loc"][:2])
            place = f"{row}: {place}" if row else place
            found.setdefault((place, given), []).append(said)
        lines = [f"{place} {' or '.join(dict.fromkeys(s))}{given}" for (place, given), s in found.items()]
        shown = "".join(f"\n  {line}" for line in lines[:50])
        more = f"\n  … and {len(lines) - 50} more." if len(lines) > 50 else ""
        count = "1 fault" if len(lines) == 1 else f"{len(lines)} faults"
        raise FrameworkError(f"{where}: {count}.{shown}{more}") from None


def _fault(model: type[BaseModel], data: Mapping[str, Any], fault: Any) -> tuple[str, str, str]:
    """Return where a fault is, what should be there, and what is: the arms of a union share the first and last."""
    branch = re.compile(
        r"[\[(]|^(MethodCall|RegionReference|constrained-\w+)$"
    )  # pydantic's names for the arms of a union
    place = [part for part in fault["loc"] if isinstance(part, int) or not branch.search(part)]
    shown: list[str] = []
    here: Any = data
    for part in place:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(part, int) and isinstance(here, Mapping) and ("id" in here or "indicator" in here):
            shown[-1] += f" {str(here.get('id', here.get('indicator')))!r}"
        elif isinstance(part, int):
            shown.append(f"#{part + 1}")
        else:
            shown.append(str(part))
    where = " → ".join(shown)
    if fault["type"] == "extra_forbidden":
        return f"{where}:", f"unknown key. {nearest(str(place[-1]), _keys(model, place[:-1]))}", ""
    if fault["type"] == "missing":
        return f"{where}:", "this key is required.", ""
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    message = re.sub(r"a valid (tuple|list)", "a list", message.split(", unable")[0])
    message = re.sub(r"a valid dictionary( or instance of \w+)?", "a table", message)
    given = repr(fault.get("input"))
    return f"{where}: should be", message, f", is {given[:80]}."


def _keys(model: type[BaseModel], place: Iterable[Any]) -> list[str]:
    """Return the keys known at `place` inside `model`."""
    current: Any = model
    for part in place:
        if isinstance(part, int) or not (isinstance(current, type) and issubclass(current, BaseModel)):
            continue
        annotation = current.model_fields[part].annotation if part in current.model_fields else None
        found = _models(annotation)
        current = found[0] if found else None
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def inconsistencies(model: FrameworkFile) -> list[str]:
    """Return what does not fit together inside one framework, one sentence each.

    Covers ids, parents, directions, goalposts, numerators, plans and the nodes that rows refer to.
    """
    faults: list[str] = []
    pillars = {pillar.id: pillar for pillar in model.pillar}
    leaves = {indicator.id for indicator in model.indicator}
    seen: set[str] = {ROOT}
    for node in [*(p.id for p in model.pillar), *(i.id for i in model.indicator)]:
        if node in seen:
            say = (
                f"{ROOT!r} is the root's own id"
                if node == ROOT
                else "ids are unique over indicators and pillars"
            )
            faults.append(f"id {node!r} is used twice: {say}.")
        seen.add(node)
    if not model.indicator:
        faults.append('there is no indicator. Add [[indicator]] tables, or indicators = "indicators.csv".')
    for pillar in model.pillar:
        path, parent = {pillar.id}, pillar.parent
        while parent != ROOT and parent in pillars and parent not in path:
            path.add(parent)
            parent = pillars[parent].parent
        if parent in path:
            faults.append(f"pillar {pillar.id!r} is its own ancestor through parent {pillar.parent!r}.")
        elif parent != ROOT:
            faults.append(f"pillar {pillar.id!r}: parent {parent!r} is no pillar. {nearest(parent, pillars)}")
    used = {indicator.pillar for indicator in model.indicator} | {pillar.parent for pillar in model.pillar}
    empty = [pillar.id for pillar in model.pillar if pillar.id not in used]
    faults += [f"pillar {name!r} holds nothing. Remove it, or give it indicators." for name in empty]
    for indicator in model.indicator:
        faults += [f"indicator {indicator.id!r}: {fault}" for fault in _indicator_faults(indicator, pillars)]
    for row in model.target:
        if row.indicator not in leaves:
            faults.append(f"target of {row.indicator!r}: no such indicator. {nearest(row.indicator, leaves)}")
    keys = [(row.indicator, row.region, row.year, row.effective_from) for row in model.target]
    for key in [key for key, count in Counter(keys).items() if count > 1]:
        said = ", ".join(str(part) for part in key[1:] if part is not None)
        faults.append(f"target of {key[0]!r} stands twice{f' for {said}' if said else ''}. Keep one.")
    known = leaves | {v for i in model.indicator for v in (i.numerator, i.denominator) if v}
    for cell in model.exclude:
        if cell.indicator not in known:
            faults.append(f"exclude: no indicator {cell.indicator!r}. {nearest(cell.indicator, known)}")
    plan = model.attainment.plan
    if plan and plan[0] > plan[1]:
        faults.append(f"attainment.plan ends ({plan[1]}) before it begins ({plan[0]}).")
    return faults


def _indicator_faults(indicator: Indicator, pillars: Mapping[str, Pillar]) -> list[str]:
    faults = []
    if indicator.pillar != ROOT and indicator.pillar not in pillars:
        hint = nearest(indicator.pillar, pillars) or "Add a pillar with this id."
        faults.append(f"pillar {indicator.pillar!r} does not exist. {hint}")
    for name in ("best", "goalposts", "limits"):
        pair = getattr(indicator, name)
        if pair and not (pair[0] < pair[1] or (name == "best" and pair[0] == pair[1])):
            faults.append(
                f"{name} = [{pair[0]:g}, {pair[1]:g}] must rise. Swap them; direction says which end is better."
            )
    if indicator.direction == "interval" and not indicator.best:
        faults.append("direction 'interval' needs best = [low, high].")
    if indicator.direction != "interval" and indicator.best:
        faults.append(f"best is for direction 'interval', but direction is {indicator.direction!r}.")
    if indicator.best and indicator.limits:
        (low, high), (worst_low, worst_high) = indicator.best, indicator.limits
        if worst_low > low or worst_high < high:
            faults.append("limits must enclose best.")
    if (indicator.numerator is None) != (indicator.denominator is None):
        faults.append("numerator and denominator come together; one is missing.")
    if indicator.lower is not None and indicator.upper is not None and indicator.lower > indicator.upper:
        faults.append(f"lower = {indicator.lower:g} is above upper = {indicator.upper:g}.")
    return faults
