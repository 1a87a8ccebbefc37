"""What a framework asks that rows in blocks cannot give: all of it is refused at once, with what to do instead."""

from __future__ import annotations

from equindex import aggregate
from equindex.batch.before import middle
from equindex.batch.weights import weigher
from equindex.errors import FrameworkError
from equindex.framework import Framework
from equindex.scoring import Plan
from equindex.scoring.equalized import called, check_scores

__all__ = ["refuse"]

_RELATIVE = {
    "bod": "arithmetic or geometric with a weight set",
    "topsis": "arithmetic, of normalise = goalposts or minmax",
    "copeland": "arithmetic, of normalise = rank",
    "borda": "arithmetic, of normalise = borda",
    "kemeny": "arithmetic, of normalise = rank",
}
_GROUPS = 1000  # whose every pair can be told
_WHOLE = "Score the table in memory (equindex score)"


def refuse(framework: Framework) -> None:
    """Refuse what needs all rows at once.

    Raises
    ------
    FrameworkError
        Naming every key, and what to set in its place.
    """
    plan = framework.prepared()
    if not plan.composite:
        raise FrameworkError(
            "a batch scores a composite index, but there is no [methods] normalise. Add it, or score the table in "
            "memory (equindex score)."
        )
    faults = [*_aggregates(plan), *_steps(plan), *_tables(framework)]
    if plan.by_data and "sample" not in weigher(plan).traits:
        faults.append(_weighting(plan))
    if faults:
        raise FrameworkError(
            "the framework cannot be scored block by block:\n" + "\n".join(f"  {fault}" for fault in faults)
        )


def _aggregates(plan: Plan) -> list[str]:
    found = dict.fromkeys(call.name for call in plan.calls)
    return [
        f"aggregate {name!r} compares all regions of a year with each other. {_WHOLE}, or use "
        f"{_RELATIVE.get(name, 'arithmetic')}."
        for name in found
        if aggregate.methods.get(name).traits.get("relative")
    ]


def _steps(plan: Plan) -> list[str]:
    methods = plan.model.methods
    assert methods is not None
    faults = []
    if methods.impute.name != "none" and middle(plan) is None:
        faults.append(
            f"methods.impute {methods.impute.name!r} looks at other rows. Use mean or median, fill the gaps "
            'beforehand, or let missing = { rule = "reweight" } pass over them.'
        )
    names = [g.method.name for g in plan.treats if "fences" not in g.method.traits]
    if names:
        faults.append(
            f"treat {', '.join(map(repr, dict.fromkeys(names)))} looks at all values. Use winsorise or iqr, or treat "
            "the values beforehand."
        )
    if methods.screen is not None:
        faults.append("methods.screen is for tables in memory. Use missing = { min_coverage = … }.")
    for group in plan.groups:
        for option, source in group.asked.items():
            named = any(target.region for target in plan.model.target)
            if not isinstance(source, str) or named:
                faults.append(
                    f"normalise {group.method.name!r} takes {option} from other rows or targets of regions. "
                    "Give it as numbers."
                )
    if plan.ordered:
        columns = [g.columns for g in plan.groups if "ordered" in g.method.traits.get("needs", ())]
        if any(len(c) != c[-1] - c[0] + 1 for c in columns):
            faults.append(
                "indicators that are ranked must stand beside each other in the framework. Move them together."
            )
    return faults


def _weighting(plan: Plan) -> str:
    assert plan.derive is not None
    return (
        f"weighting {plan.derive.name!r} looks at all rows at once. Derive the weights from a sample that fits in "
        "memory (equindex weights derive … -o weights.toml) and give them with --weights."
    )


def _tables(framework: Framework) -> list[str]:
    model = framework.model
    faults = []
    if model.change:
        faults.append("changes of regions are carried back in memory alone. Re-express old rows beforehand.")
    wanted = model.equalization
    tabled = set() if framework.regions is None else set(framework.regions.frame.columns)
    own = dict.fromkeys(i.population for i in model.indicator if wanted and i.population in tabled)
    faults += [
        f"population {name!r} of indicators is a column of the regions table. Put it into the data."
        for name in own
    ]
    for group in wanted.groups if wanted else ():
        frame = None if framework.regions is None else framework.regions.frame
        count = 0 if frame is None or group not in frame else frame[group].nunique()
        if wanted and count > _GROUPS and any(call.name == "gini" for call in called(wanted)):
            faults.append(
                f"gini compares every pair of the {count:,} groups of {group!r}, more than {_GROUPS:,}. Group by "
                'larger ones, or set [equalization] measures and degree to others, such as "theil_t".'
            )
    if model.equalization and "scores" in model.equalization.basis:
        try:
            check_scores(framework.prepared())
        except FrameworkError as error:
            faults.append(str(error))
    if any(indicator.levels for indicator in model.indicator):
        faults.append("indicators with levels are read in memory alone. Write the levels' numbers.")
    return faults
