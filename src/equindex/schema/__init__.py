"""From sheets to a checked panel: every finding at once, as errors and warnings."""

from equindex.schema.checks import expected
from equindex.schema.deck import with_deck
from equindex.schema.findings import Finding, Findings
from equindex.schema.observe import observe
from equindex.schema.panel import Bound, Panel
from equindex.schema.regions import regional
from equindex.schema.rollup import RolledUp, roll_up
from equindex.schema.wide import Wide, match_wide

__all__ = [
    "Bound",
    "Finding",
    "Findings",
    "Panel",
    "RolledUp",
    "Wide",
    "expected",
    "match_wide",
    "observe",
    "regional",
    "roll_up",
    "with_deck",
]
