"""Rows of a framework: pillars, indicators, targets, milestones, statements, region changes, exclusions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from equindex.model.cells import (
    ROOT,
    Call,
    Interval,
    Model,
    Name,
    Number,
    Positive,
    Switch,
    Text,
    Texts,
    Weight,
    Year,
    as_direction,
)

__all__ = ["Change", "Exclusion", "Indicator", "Milestone", "Pillar", "Rule", "Statement", "Target"]

Rule = Literal["ratio", "progress", "met", "efficacy60", "goalposts"]


class Pillar(Model):
    """A group of indicators, 领域, at any depth."""

    id: Name
    name: Text = ""
    name_en: Text = ""
    parent: Text = ROOT
    weight: Weight | None = None
    aggregate: Call | None = None
    note: Text = ""


class Indicator(Model):
    """One indicator: where it stands, how it is computed, its direction, bounds and target."""

    id: Name
    pillar: Text = ROOT
    name: Text = ""
    name_en: Text = ""
    alias: Text = ""
    unit: Text = ""
    direction: Annotated[Literal["positive", "negative", "interval"], BeforeValidator(as_direction)] = (
        "positive"
    )
    best: Interval | None = None
    limits: Interval | None = None
    numerator: Text | None = None
    denominator: Text | None = None
    per: Positive = 1.0
    transform: Call | None = None
    treat: Call | None = None
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
    rule: Rule | None = None
    relative_to: Text | None = None
    lag: Annotated[int, Field(ge=0, le=50)] = 0
    levels: Texts = ()
    roll_up: Literal["ratio", "sum", "mean", "weighted_mean", "worst", "best", "share", "none"] | None = None
    part_target: Text | None = None
    scale: Interval | None = None
    sample: Text | None = None
    binding: Switch = False
    kind: Text = ""
    standard: Number | None = None
    lower: Number | None = None
    upper: Number | None = None
    population: Text | None = None
    department: Text = ""
    measured_at: Text = ""
    note: Text = ""
    source: Text = ""

    @field_validator("transform", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if value in ("", "none") else value


class Target(Model):
    """One row of the targets table; without a region it holds for all, or for those of ``where``: ``area=new``."""

    indicator: Text
    region: Text | None = None
    where: Text | None = None
    year: Year | None = None
    target: Text
    baseline: Text | None = None
    baseline_year: Year | None = None
    floor: Number | None = None
    effective_from: Year | None = None
    source: Text = ""


class Exclusion(Model):
    """A cell known to be wrong: treated as missing, listed in every provenance."""

    region: Text
    year: Year
    indicator: Text
    reason: str


class Milestone(Model):
    """What is expected of an indicator in a year between baseline and target."""

    indicator: Text
    region: Text | None = None
    year: Year
    value: Text
    source: Text = ""


class Statement(Model):
    """What the plan says of an indicator in another place, to be compared with the indicator's own cells."""

    indicator: Text
    of: Literal["target", "baseline"] = "target"
    printed: Text = ""
    name: Text = ""
    year: Year | None = None
    source: Text = ""
    note: Text = ""


class Change(Model):
    """One line of a change of regions (撤并): from `year` on, `old` is `new`, or a `share` of it is."""

    year: Year
    old: Text
    new: Text
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    note: Text = ""
    source: Text = ""
