"""How evenly a value is spread: inequality measures, degrees, decomposition, regions against a reference."""

from equindex.equalization.base import defined, measures
from equindex.equalization.changes import Change, change
from equindex.equalization.curves import concentration_curve, concentration_index, lorenz, shortfall
from equindex.equalization.decomposition import Decomposition, Nested, decompose, nested
from equindex.equalization.degrees import degree
from equindex.equalization.inequality import (
    atkinson,
    cv,
    ge,
    gini,
    hoover,
    theil_l,
    theil_t,
    variance_logs,
    williamson,
)
from equindex.equalization.overlap import Dagum, dagum
from equindex.equalization.regions import REFERENCES, reference, to_reference
from equindex.equalization.shares import max_min, p90p10, palma, quantile_ratio, quantile_share, share_ratio
from equindex.equalization.sources import Sources, lerman_yitzhaki

__all__ = [
    "REFERENCES",
    "Change",
    "Dagum",
    "Decomposition",
    "Nested",
    "Sources",
    "atkinson",
    "change",
    "concentration_curve",
    "concentration_index",
    "cv",
    "dagum",
    "decompose",
    "defined",
    "degree",
    "ge",
    "gini",
    "hoover",
    "lerman_yitzhaki",
    "lorenz",
    "max_min",
    "measures",
    "nested",
    "p90p10",
    "palma",
    "quantile_ratio",
    "quantile_share",
    "reference",
    "share_ratio",
    "shortfall",
    "theil_l",
    "theil_t",
    "to_reference",
    "variance_logs",
    "williamson",
]
