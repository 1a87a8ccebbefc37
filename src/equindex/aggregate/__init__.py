"""Aggregation: scores of the children become the score of their parent."""

from equindex.aggregate.base import methods
from equindex.aggregate.coupling import GRADES, coupling, coupling_degree, grades
from equindex.aggregate.doubt import bod
from equindex.aggregate.ideal import topsis
from equindex.aggregate.means import arithmetic, arithmetic_of_lines, geometric, harmonic
from equindex.aggregate.order import median, minimum, owa, power
from equindex.aggregate.pairwise import borda, copeland, kemeny
from equindex.aggregate.penalty import ampi, mean_min, mpi

__all__ = [
    "GRADES",
    "ampi",
    "arithmetic",
    "arithmetic_of_lines",
    "bod",
    "borda",
    "copeland",
    "coupling",
    "coupling_degree",
    "geometric",
    "grades",
    "harmonic",
    "kemeny",
    "mean_min",
    "median",
    "methods",
    "minimum",
    "mpi",
    "owa",
    "power",
    "topsis",
]
