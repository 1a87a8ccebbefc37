"""Normalisation: indicators in their own units become scores on one scale, higher is better.

Traits: ``scale(options)`` names the scale a method scores on; a ``data_driven`` one measures what it places;
``needs`` lists what its summary must hold beyond the moments; ``line(direction, summary, **options)`` gives
slope and intercept per indicator, or None where scores are no line or digits would be lost by taking them so;
``in_units`` lists the options in the indicator's unit, always on its original scale whatever its direction;
``takes`` says what an indicator gives in a framework (its goalposts, its interval, its target), ``sources`` lists the
options that may say where their numbers come from, and ``by_row`` methods take such numbers for each region;
values below ``least`` are no line and refused;
``base_year`` ones need a framework's ``base`` to be a year;
``mirrors=False`` where the two directions do not add up to a constant; ``interval`` where only +1 is taken.
"""

from equindex.normalise.base import methods
from equindex.normalise.posts import categorical, exponential_efficacy, goalposts, scaled, trapezoid
from equindex.normalise.ranges import ampi, minmax, to_target, zscore
from equindex.normalise.ranks import borda, exponential_rank, percentile, quantile_bins, rank
from equindex.normalise.references import above_below, base_index, distance, ratio, to_reference

__all__ = [
    "above_below",
    "ampi",
    "base_index",
    "borda",
    "categorical",
    "distance",
    "exponential_efficacy",
    "exponential_rank",
    "goalposts",
    "methods",
    "minmax",
    "percentile",
    "quantile_bins",
    "rank",
    "ratio",
    "scaled",
    "to_reference",
    "to_target",
    "trapezoid",
    "zscore",
]
