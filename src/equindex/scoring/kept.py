"""Results of steps under what decides them, so that a variant of a framework runs only the steps that it changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from equindex.schema import Panel
from equindex.scoring.plan import Plan

__all__ = ["Kept"]

Made = TypeVar("Made")

_BYTES = 1 << 29  # about what kept steps may take
_LATER = {"weighting", "aggregate", "missing", "rank_decimals"}  # keys of [methods] that z does not depend on


class Kept:
    """The latest results of steps."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, tuple[str, ...]], tuple[Panel, Any]] = OrderedDict()

    def once(self, plan: Plan, panel: Panel, step: str, make: Callable[[], Made]) -> Made:
        """Return what `make` returned when it was last asked for under what decides the step."""
        place = id(panel), _decided_by(plan, step)
        if place not in self._made:
            self._made[place] = panel, make()  # a panel that is kept keeps its id
            while len(self._made) > max(8, _BYTES // max(1, panel.x.nbytes)):
                self._made.popitem(last=False)
        self._made.move_to_end(place)
        made: Made = self._made[place][1]
        return made


def _decided_by(plan: Plan, step: str) -> tuple[str, ...]:
    """Return what decides the result of a step, of all that may differ between the frameworks of one panel."""
    model, methods = plan.model, plan.model.methods
    if step == "fill":
        return (step, str(methods and (methods.base, methods.screen, methods.impute)))
    if step == "treat":
        return (step, "" if methods is None else str(methods.model_dump(exclude={"normalise", *_LATER})))
    if step in ("normalise", "weigh"):
        whole = "" if methods is None else str(methods.model_dump(exclude=_LATER))
        return (step, whole, str(model.attainment), str(plan.derive) if step == "weigh" else "")
    scale = str(methods and methods.normalise) if step == "equalize" else ""  # bounds of the scores
    return (step, str(model.attainment), str(plan.missing), scale, plan.local.tobytes().hex())
