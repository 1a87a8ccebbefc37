"""Treatment of outliers and skewness before indicators are normalised, and transforms of single indicators.

A method measures each column once and applies what it measured: ``measure("iqr", x).apply(new)`` treats new rows
with the parameters of `x`. Years stay comparable when `x` holds the rows of all years.
"""

from equindex.treat.base import assemble, measure, methods, none
from equindex.treat.bends import box_cox, shifted_log
from equindex.treat.curves import log, logit, sqrt, transforms
from equindex.treat.fences import iqr, skew_kurtosis, winsorise
from equindex.treat.fitted import Treatment, kurtosis, skewness

__all__ = [
    "Treatment",
    "assemble",
    "box_cox",
    "iqr",
    "kurtosis",
    "log",
    "logit",
    "measure",
    "methods",
    "none",
    "shifted_log",
    "skew_kurtosis",
    "skewness",
    "sqrt",
    "transforms",
    "winsorise",
]
