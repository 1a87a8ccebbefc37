"""Diagnostics: whether the indicators of an index belong together, what counts, and what counts twice."""

from equindex.diagnostics.correlation import Correlations, correlation
from equindex.diagnostics.factors import Adequacy, Components, Sphericity, bartlett, kmo, pca
from equindex.diagnostics.importance import MainEffects, main_effects
from equindex.diagnostics.redundancy import Dependence, contained, dependence, together
from equindex.diagnostics.reliability import Alpha, alpha

__all__ = [
    "Adequacy",
    "Alpha",
    "Components",
    "Correlations",
    "Dependence",
    "MainEffects",
    "Sphericity",
    "alpha",
    "bartlett",
    "contained",
    "correlation",
    "dependence",
    "kmo",
    "main_effects",
    "pca",
    "together",
]
