"""From sheets to a checked panel: every finding at once, as errors and warnings."""

from equindex.schema.checks import expected
from equindex.schema.deck import with_deck
from equindex.schema.findings import Finding, Findings
from equindex.schema.observe import observe
from equindex.schema.panel import Bound, Panel
from equindex.schema.rollup import RolledUp, roll_up

__all__ = ["Bound", "Finding", "Findings", "Panel", "RolledUp", "expected", "observe", "roll_up", "with_deck"]
