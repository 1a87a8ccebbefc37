"""What the choice of weights and methods moves, and why a score moved from one year to another."""

from equindex.comparing.change import CAUSES, Change, change
from equindex.comparing.compare import Comparison, compare
from equindex.comparing.record import again
from equindex.comparing.variants import read_grid

__all__ = ["CAUSES", "Change", "Comparison", "again", "change", "compare", "read_grid"]
