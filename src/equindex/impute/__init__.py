"""Imputation: missing values are filled from the column, from similar regions, or from other years.

Every method returns the filled values and leaves measured ones as they are; `imputed` says which cells it filled.
What cannot be filled is refused, except by `cold_deck`, `last` and `linear`, which leave it missing.
"""

from equindex.impute.base import imputed, methods, none
from equindex.impute.columns import cold_deck, group_mean, group_median, mean, median, row_mean
from equindex.impute.models import nearest, regression
from equindex.impute.years import last, linear

__all__ = [
    "cold_deck",
    "group_mean",
    "group_median",
    "imputed",
    "last",
    "linear",
    "mean",
    "median",
    "methods",
    "nearest",
    "none",
    "regression",
    "row_mean",
]
