"""Groups inside groups: inequality between provinces, between cities inside provinces, and inside cities."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import equalization
from equindex.evenness.cube import Cube
from equindex.model import MethodCall
from equindex.scoring import Scores

__all__ = ["level_rows"]

_SPLIT = ("theil_t", "theil_l", "ge")


def level_rows(scores: Scores, cube: Cube, calls: list[MethodCall]) -> list[dict[str, Any]]:
    """Rows of the inequality table for every two groupings of which one lies inside the other.

    Part ``between`` has the level's name as its group; ``within`` is what is left inside the finest groups.
    """
    rows: list[dict[str, Any]] = []
    tree = scores.plan.tree
    for coarse, fine in permutations(cube.groups, 2):
        for y, year in enumerate(cube.years):
            levels = [cube.groups[name][0][y] for name in (coarse, fine)]
            present = levels[0] >= 0
            if not _inside(levels[1][present], levels[0][present]):
                continue
            for call in (call for call in calls if call.name in _SPLIT):
                options = {"a": call.options.get("a", 2.0)} if call.name == "ge" else {}
                for weighted in (False, True):
                    if weighted and cube.population is None:
                        continue
                    people = None
                    if weighted and cube.population is not None:
                        people = np.broadcast_to(cube.population, cube.x.shape)[y][:, present]
                    x = cube.x[y][:, present]
                    usable = equalization.defined(call.name, x, population=people, **call.options)
                    found = equalization.nested(
                        x[usable],
                        [level[present] for level in levels],
                        measure=call.name,
                        population=None if people is None else people[usable],
                        **options,
                    )
                    base = {"year": year, "level": "indicator", "measure": call.label, "basis": "values"}
                    base |= {"weighted": weighted, "by": f"{coarse} > {fine}"}
                    counted = np.isfinite(x) if people is None else np.isfinite(x) & (people > 0)
                    for k, leaf in enumerate(np.flatnonzero(usable).tolist()):
                        n = int(counted[leaf].sum())
                        here = base | {"node": tree.ids[int(tree.nodes[leaf])], "n": n}
                        lacking = "all values are 0" if n else "no value in the data"
                        here["reason"] = "" if np.isfinite(found.total[k]) else lacking
                        parts = [
                            ("between", coarse, found.between[k, 0]),
                            ("between", fine, found.between[k, 1]),
                        ]
                        for part, group, value in [*parts, ("within", "", found.within[k])]:
                            rows.append(here | {"part": part, "group": group, "value": float(value)})
    return rows


def _inside(fine: NDArray[np.intp], coarse: NDArray[np.intp]) -> bool:
    """Whether each fine group lies in one coarse group, and some coarse group holds several."""
    pairs = np.unique(np.stack([fine, coarse]), axis=1)
    return len(pairs[0]) == len(np.unique(fine)) > len(np.unique(coarse))
