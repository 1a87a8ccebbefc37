"""How far values have come towards targets: rules, every kind of target in plan tables, paths and opinion."""

from equindex.attainment.opinion import RankRange, blend, margin, rank_range, rescale
from equindex.attainment.paths import (
    Pace,
    Projection,
    along,
    completion,
    elapsed,
    expected,
    pace,
    project,
)
from equindex.attainment.rules import efficacy60, goalposts, met, progress, ratio
from equindex.attainment.targets import REASONS, STATUSES, Attained, Targets, attain, methods

__all__ = [
    "REASONS",
    "STATUSES",
    "Attained",
    "Pace",
    "Projection",
    "RankRange",
    "Targets",
    "along",
    "attain",
    "blend",
    "completion",
    "efficacy60",
    "elapsed",
    "expected",
    "goalposts",
    "margin",
    "met",
    "methods",
    "pace",
    "progress",
    "project",
    "rank_range",
    "ratio",
    "rescale",
]
