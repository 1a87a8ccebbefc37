"""How far values have come towards targets: five rules, and every kind of target that plan tables print."""

from equindex.attainment.rules import efficacy60, goalposts, met, progress, ratio
from equindex.attainment.targets import REASONS, STATUSES, Attained, Targets, attain, methods

__all__ = [
    "REASONS",
    "STATUSES",
    "Attained",
    "Targets",
    "attain",
    "efficacy60",
    "goalposts",
    "met",
    "methods",
    "progress",
    "ratio",
]
