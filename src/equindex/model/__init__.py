"""Frozen models of what files say: frameworks, targets, weight sets. Unknown keys are refused."""

from equindex.model.cells import ROOT, MethodCall
from equindex.model.checks import inconsistencies
from equindex.model.file import (
    Attainment,
    Equalization,
    FrameworkFile,
    Grade,
    Methods,
    Missing,
    Monitoring,
    Opinion,
    RegionReference,
    Screen,
    TableMap,
    WeightSet,
)
from equindex.model.parsing import parse
from equindex.model.parts import (
    Change,
    Exclusion,
    Indicator,
    Milestone,
    Pillar,
    Statement,
    Target,
)

__all__ = [
    "ROOT",
    "Attainment",
    "Change",
    "Equalization",
    "Exclusion",
    "FrameworkFile",
    "Grade",
    "Indicator",
    "MethodCall",
    "Methods",
    "Milestone",
    "Missing",
    "Monitoring",
    "Opinion",
    "Pillar",
    "RegionReference",
    "Screen",
    "Statement",
    "TableMap",
    "Target",
    "WeightSet",
    "inconsistencies",
    "parse",
]
