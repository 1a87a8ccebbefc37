"""Weighting: how much each indicator counts.

Traits: a ``data_driven`` method looks at the values; ``feed`` says what a framework gives it: ``minmax`` (0-1, higher
is better), ``values`` (as prepared, in their units) or ``scores`` (as the framework normalises them);
``scale_free`` weights do not change with an indicator's unit; ``weights_per_region`` gives each region its own.
"""

from equindex.weighting import combine, experts, panels
from equindex.weighting.base import equal, methods
from equindex.weighting.components import pca, varimax
from equindex.weighting.correlation import critic, optimised
from equindex.weighting.entropy import entropy
from equindex.weighting.frontier import Frontier, bod, frontier
from equindex.weighting.variation import cv, standard_deviation

__all__ = [
    "Frontier",
    "bod",
    "combine",
    "critic",
    "cv",
    "entropy",
    "equal",
    "experts",
    "frontier",
    "methods",
    "optimised",
    "panels",
    "pca",
    "standard_deviation",
    "varimax",
]
