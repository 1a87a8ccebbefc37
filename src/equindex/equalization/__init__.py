"""How evenly a value is spread: inequality measures, degrees, decomposition, regions against a reference."""

from equindex.equalization.base import defined, measures
from equindex.equalization.changes import Change, change
from equindex.equalization.curves import concentration_curve, concentration_index, lorenz, shortfall
from equindex.equalization.decomposition import Decomposition, Nested, decompose, nested
from equindex.equalization.degrees import degree
from equindex.equalization.gaps import (
    GAPS,
    VERDICTS,
    Below,
    Gap,
    Narrowing,
    below,
    gap,
    group_mean,
    narrowing,
)
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
from equindex.equalization.inference import ChangeTest, Estimate, bootstrap, change_test, jackknife, resamples
from equindex.equalization.overlap import Dagum, dagum
from equindex.equalization.regions import REFERENCES, reference, to_reference
from equindex.equalization.shares import max_min, p90p10, palma, quantile_ratio, quantile_share, share_ratio
from equindex.equalization.sources import Sources, lerman_yitzhaki
from equindex.equalization.space import QUADRANTS, LocalMoran, Moran, contiguity, moran, moran_local, near

__all__ = [
    "GAPS",
    "QUADRANTS",
    "REFERENCES",
    "VERDICTS",
    "Below",
    "Change",
    "ChangeTest",
    "Dagum",
    "Decomposition",
    "Estimate",
    "Gap",
    "LocalMoran",
    "Moran",
    "Narrowing",
    "Nested",
    "Sources",
    "atkinson",
    "below",
    "bootstrap",
    "change",
    "change_test",
    "concentration_curve",
    "concentration_index",
    "contiguity",
    "cv",
    "dagum",
    "decompose",
    "defined",
    "degree",
    "gap",
    "ge",
    "gini",
    "group_mean",
    "hoover",
    "jackknife",
    "lerman_yitzhaki",
    "lorenz",
    "max_min",
    "measures",
    "moran",
    "moran_local",
    "narrowing",
    "near",
    "nested",
    "p90p10",
    "palma",
    "quantile_ratio",
    "quantile_share",
    "reference",
    "resamples",
    "share_ratio",
    "shortfall",
    "theil_l",
    "theil_t",
    "to_reference",
    "variance_logs",
    "williamson",
]
