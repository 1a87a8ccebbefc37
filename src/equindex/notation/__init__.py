"""What one cell of a plan or a data table prints: "≥97", "＞90", "[60]", "4.5左右", "三分之二以上", "—"."""

from equindex.notation.cells import read, read_many
from equindex.notation.levels import read_level
from equindex.notation.phrases import yes_or_no
from equindex.notation.reading import Reading, Readings, show
from equindex.notation.words import MISSING

__all__ = ["MISSING", "Reading", "Readings", "read", "read_level", "read_many", "show", "yes_or_no"]
