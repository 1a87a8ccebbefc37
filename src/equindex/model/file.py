"""Sections of a framework file, and the whole of it; weight sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from equindex.model.cells import (
    Call,
    Cells,
    Constant,
    MethodCall,
    Model,
    Name,
    Number,
    Share,
    Text,
    Texts,
    Weight,
    Year,
    as_call,
    as_year,
)
from equindex.model.parts import (
    Change,
    Exclusion,
    Indicator,
    Milestone,
    Pillar,
    Rule,
    Statement,
    Target,
)

__all__ = [
    "Attainment",
    "Equalization",
    "FrameworkFile",
    "Grade",
    "Methods",
    "Missing",
    "Monitoring",
    "Opinion",
    "RegionReference",
    "Screen",
    "TableMap",
    "WeightSet",
]


class TableMap(Model):
    """``[table]``: how the data's columns are called, or constants; `keep` and `drop` choose rows by value."""

    region: str | None = None
    year: Annotated[Constant | str | None, BeforeValidator(as_year)] = None
    indicator: str | None = None
    value: str | None = None
    source_year: Annotated[Constant | str | None, BeforeValidator(as_year)] = None
    source: str | None = None
    sheet: str | None = None
    keep: dict[str, Cells] = Field(default_factory=dict)
    drop: dict[str, Cells] = Field(default_factory=dict)


class Missing(Model):
    """What an aggregate does with missing parts."""

    rule: Literal["reweight", "propagate"] = "reweight"
    min_coverage: float = Field(default=0.66, ge=0, le=1)


class Screen(Model):
    """Which regions a composite does without, year by year: least shares, and regions kept or dropped by name."""

    min_measured: Share = 0.0
    min_nonzero: Share = 0.0
    min_measured_pillar: Share = 0.0
    min_nonzero_pillar: Share = 0.0
    keep: Texts = ()
    drop: Texts = ()


class Methods(Model):
    """``[methods]``: how indicators become one index. Without `normalise` there is no composite."""

    screen: Screen | None = None
    impute: Call = MethodCall(name="none")
    treat: Call = MethodCall(name="none")
    normalise: Call | None = None
    base: Annotated[Literal["panel", "year"] | Year, BeforeValidator(as_year)] = "panel"
    weighting: Call | None = None
    aggregate: Call | dict[str, Call] = MethodCall(name="arithmetic")
    missing: Missing = Missing()
    rank_decimals: Literal["none"] | Annotated[int, Field(ge=0, le=15)] = "none"

    @field_validator("screen", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if value == "none" else value

    @field_validator("aggregate", mode="before")
    @classmethod
    def _levels(cls, value: Any) -> Any:
        return (
            as_call(value)
            if isinstance(value, str) or (isinstance(value, Mapping) and "name" in value)
            else value
        )

    @field_validator("missing", mode="before")
    @classmethod
    def _rule(cls, value: Any) -> Any:
        return {"rule": value} if isinstance(value, str) else value


class RegionReference(Model):
    """A region, usually the national total, that the others are compared with."""

    region: Text


class Equalization(Model):
    """``[equalization]``: measures of evenness, the degree, the reference, the groups."""

    measures: tuple[Call, ...] = (MethodCall(name="gini"), MethodCall(name="theil_t"), MethodCall(name="cv"))
    degree: str = "gini"
    reference: Literal["mean", "weighted_mean", "median", "best", "standard"] | RegionReference | None = None
    groups: tuple[str, ...] = ()
    basis: tuple[Literal["values", "scores", "shortfall"], ...] = ("values",)
    population_fill: Literal["none", "nearest"] = "none"


class Attainment(Model):
    """``[attainment]``: how values are held against targets."""

    rule: Rule = "ratio"
    cap: float = Field(default=100, ge=100)
    plan: tuple[Year, Year] | None = None
    veto: bool = False


class Monitoring(Model):
    """``[monitoring]``: what is expected before the target year, and from when on a region is ahead."""

    path: Literal["milestones", "linear", "table"] = "milestones"
    basis: Literal["points", "ratio"] = "points"
    ahead: float = Field(default=5, gt=0, allow_inf_nan=False)
    level: float = Field(default=0.8, ge=0.5, le=0.999)
    plausible_growth: float = Field(default=0.08, gt=0, allow_inf_nan=False)


class Grade(Model):
    """``[[warning]]``: one grade (红橙黄蓝), from `at_least` up to `below`; an end left out is open."""

    grade: Name
    name_en: Text = ""
    at_least: Number | None = None
    below: Number | None = None


class Opinion(Model):
    """``[opinion]``: the weight of subjective indicators (满意度) in a blend with the objective ones."""

    weight: float = Field(default=0.0, ge=0, le=1)


class FrameworkFile(Model):
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
    milestones: str | None = None
    statements: str | None = None
    changes: str | None = None
    table: TableMap = TableMap()
    methods: Methods | None = None
    equalization: Equalization | None = None
    attainment: Attainment = Attainment()
    monitoring: Monitoring = Monitoring()
    opinion: Opinion | None = None
    warning: tuple[Grade, ...] = ()
    classes: dict[str, Number] = Field(default_factory=dict)
    pillar: tuple[Pillar, ...] = ()
    indicator: tuple[Indicator, ...] = ()
    target: tuple[Target, ...] = ()
    milestone: tuple[Milestone, ...] = ()
    statement: tuple[Statement, ...] = ()
    change: tuple[Change, ...] = ()
    exclude: tuple[Exclusion, ...] = ()


class WeightSet(Model):
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
