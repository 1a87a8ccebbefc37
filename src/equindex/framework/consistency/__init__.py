"""Where a plan contradicts itself: targets met before it began, text against table, totals without brackets.

A check is one function that takes a plan as `Drawn` and yields findings, listed in `_CHECKS`. None stops anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from equindex.framework.consistency.aims import Drawn
from equindex.framework.consistency.figures import (
    already_met,
    baselines,
    implausible_rise,
    impossible,
    kept,
    mixed_percent,
    period_total,
)
from equindex.framework.consistency.names import aliases, loose, same_names, statements
from equindex.framework.consistency.years import backwards, milestones, target_years, turning
from equindex.model import FrameworkFile
from equindex.schema import Finding, Findings, Panel

__all__ = ["warn_of_contradictions"]

_SHOWN = 20  # targets that the note names before it counts the rest
_CHECKS: Final[tuple[Callable[[Drawn], Iterator[Finding]], ...]] = (
    already_met,
    implausible_rise,
    period_total,
    mixed_percent,
    baselines,
    impossible,
    target_years,
    backwards,
    milestones,
    turning,
    statements,
    aliases,
    same_names,
    loose,
)


def warn_of_contradictions(model: FrameworkFile, panel: Panel | None, findings: Findings) -> None:
    """Warn of each contradiction in a plan, and note the targets that only ask to keep what there is.

    Parameters
    ----------
    model : FrameworkFile
        The framework: targets, baselines, milestones, and what the plan's text says elsewhere.
    panel : Panel or None
        The data, for values in the baseline year; None where they have errors.
    findings : Findings
        Gets the warnings and the note.
    """
    plan = Drawn(model=model, panel=panel)
    for check in _CHECKS:
        findings.items += check(plan)
    held = [f"{aim.indicator.id} {aim.goal.raw}" for aim in plan.aims if kept(plan, aim)]
    if held:
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        findings.notes.append(
            f"to be maintained, the baseline is at the target: {', '.join(held[:_SHOWN])}{more}"
        )
