"""How evenly a value is spread: inequality measures, degrees, decomposition, regions against a reference."""

from equindex.equalization.decomposition import Decomposition, decompose
from equindex.equalization.inequality import (
    cv,
    defined,
    degree,
    gini,
    hoover,
    max_min,
    measures,
    theil_l,
    theil_t,
)
from equindex.equalization.regions import REFERENCES, reference, to_reference

__all__ = [
    "REFERENCES",
    "Decomposition",
    "cv",
    "decompose",
    "defined",
    "degree",
    "gini",
    "hoover",
    "max_min",
    "measures",
    "reference",
    "theil_l",
    "theil_t",
    "to_reference",
]
