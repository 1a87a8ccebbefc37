"""How even services are, between whom, whether gaps close, and how sure that is: tables and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex.errors import DataError, FrameworkError, MethodError
from equindex.evenness.cube import Cube
from equindex.evenness.gaps import below_table, gap_table, narrowing_table
from equindex.evenness.inference import Intervals, change_table, interval_rows
from equindex.evenness.levels import level_rows
from equindex.evenness.movement import convergence_table, source_rows, space_table
from equindex.evenness.words import answer, closing, summary
from equindex.framework import Framework
from equindex.framework.files import digests_of
from equindex.model import MethodCall
from equindex.scoring import Scores, called

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Evenness", "again", "analyse", "of_scores"]


@dataclass(frozen=True, kw_only=True)
class Evenness:
    """What `analyse` found; every table is tidy, and a missing number has a reason beside it.

    Attributes
    ----------
    scores : Scores
        The scored framework, with the groups and measures that were asked for.
    inequality : DataFrame
        Measures, degrees, their intervals, and the parts of groups, of groups within groups, and of indicators.
    gaps, narrowing : DataFrame
        Gaps between groups in every year, and whether they narrowed from the first year to the last.
    change : DataFrame
        Change of every measure from the first year to the last, with its interval and parts.
    convergence, space, below : DataFrame
        Sigma, beta and rank mobility; Moran's I; regions below the superior level's standard.
    """

    scores: Scores
    years: tuple[int, ...]
    by: tuple[str, ...]
    draws: int
    seed: int
    level: float
    inequality: pd.DataFrame
    gaps: pd.DataFrame
    narrowing: pd.DataFrame
    change: pd.DataFrame
    convergence: pd.DataFrame
    space: pd.DataFrame
    below: pd.DataFrame
    provenance: Mapping[str, Any]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        names = ("inequality", "gaps", "narrowing", "change", "convergence", "space", "below")
        return {name: getattr(self, name) for name in names if len(getattr(self, name))}

    def answer(self) -> list[str]:
        """Say in sentences how uneven, who is behind, closing or widening, driven by what."""
        return answer(self)

    def closing(self) -> str:
        """Say whether services became more even from the first year to the last."""
        return closing(self)[0]

    def summary(self) -> tuple[list[str], list[list[Any]]]:
        """Return one table of the last year: headers, and a row for each indicator, pillar and the index."""
        return summary(self)


def analyse(
    framework: Framework,
    data: Any,
    *,
    by: Sequence[str] = (),
    measures: Sequence[str | MethodCall] = (),
    years: Iterable[int] | None = None,
    draws: int = 999,
    seed: int = 0,
    level: float = 0.95,
    cluster: str | None = None,
    neighbours: Any = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evenness:
    """Measure how evenly everything that a framework measures is spread over regions.

    Parameters
    ----------
    framework : Framework
        With or without an [equalization] section.
    data : path or DataFrame
        As for `Framework.score`.
    by : sequence of str
        Columns of the regions table to group by, beside those of the framework. Where each group of one lies
        inside one group of another, both are also split as levels.
    measures : sequence of str or MethodCall
        Measures beside those of the framework: ``"atkinson"``, ``MethodCall(name="ge", options={"a": 2})``.
    years : iterable of int, optional
        Years to look at; change runs from the first to the last. All are measured for scores.
    draws : int
        Bootstrap resamples of regions; 0 for no intervals.
    seed : int
        Same seed, same bits.
    level : float
        Coverage of the intervals.
    cluster : str, optional
        A group to draw whole, such as the province of each county, where its regions depend on each other.
    neighbours : path or DataFrame, optional
        Pairs of neighbouring regions in two columns, for Moran's I; a third column may hold weights or distances.
    progress : callable
        Told what is being done.

    Returns
    -------
    Evenness

    Raises
    ------
    DataError, FrameworkError
        As `Framework.score`; also for unknown groups and regions.
    """
    wanted = framework.model.equalization
    calls = [*(wanted.measures if wanted else ()), *map(_call, measures)]
    changes: dict[str, Any] = {
        "groups": tuple(
            dict.fromkeys((*(wanted.groups if wanted else ()), *by, *([cluster] if cluster else [])))
        )
    }
    if calls:
        changes["measures"] = tuple({call.label: call.model_dump() for call in calls}.values())
    progress("scoring")
    variant = framework.replace(equalization=changes)
    scores = variant.score(data)
    return of_scores(
        variant,
        scores,
        years=years,
        draws=draws,
        seed=seed,
        level=level,
        cluster=cluster,
        neighbours=neighbours,
        progress=progress,
    )


def of_scores(
    framework: Framework,
    scores: Scores,
    *,
    years: Iterable[int] | None = None,
    draws: int = 999,
    seed: int = 0,
    level: float = 0.95,
    cluster: str | None = None,
    neighbours: Any = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evenness:
    """Analyse what a framework with [equalization] has scored; arguments as `analyse`."""
    import pandas as pd

    wanted = scores.plan.model.equalization
    if wanted is None:
        raise FrameworkError("the framework has no [equalization]. Add the section, or use analyse.")
    cube = Cube.of(scores, years)
    progress("resampling regions")
    intervals = Intervals.of(scores, cube, draws, seed, level, cluster)
    ends = cube.ends()
    moved = Intervals.of(scores, ends, draws, seed, level, cluster) if len(cube.years) > 1 else intervals
    progress("splitting by groups, gaps, change, convergence")
    base = scores.inequality
    base = base[base["year"].isin(cube.years)]
    rows = interval_rows(scores, cube, intervals) + source_rows(scores, cube)
    rows += level_rows(scores, cube, called(wanted))
    inequality = pd.concat([base, pd.DataFrame(rows, columns=base.columns)]) if rows else base
    options = {"years": list(cube.years), "draws": draws, "level": level, "cluster": cluster}
    options["neighbours"] = _file(neighbours) if isinstance(neighbours, str | Path) else None
    told = dict(scores.provenance)
    told |= {"seed": seed, "options": {**told.get("options", {}), "equalize": options}}
    return Evenness(
        scores=scores,
        years=cube.years,
        by=wanted.groups,
        draws=draws,
        seed=seed,
        level=level,
        inequality=inequality.sort_values("year", kind="stable").reset_index(drop=True),
        gaps=gap_table(scores, cube, draws, seed, level, cluster),
        narrowing=narrowing_table(scores, ends, draws, seed, level, cluster),
        change=change_table(scores, ends, moved),
        convergence=convergence_table(scores, cube),
        space=space_table(scores, cube, neighbours, framework, seed),
        below=below_table(scores, cube),
        provenance=told,
    )


def again(scores: Scores) -> Evenness:
    """Repeat the analysis that the provenance of re-run scores records.

    Raises
    ------
    DataError
        If the table of neighbours is not what it was.
    """
    record = scores.provenance
    options = record["options"]["equalize"]
    near = options["neighbours"]
    if near is not None and _file(near["path"]) != near:
        raise DataError(
            f"{near['path']} changed since that run, or is not there. Use equindex equalize instead."
        )
    return of_scores(
        Framework.from_dict(record["framework"]),
        scores,
        years=options["years"],
        draws=options["draws"],
        seed=record["seed"],
        level=options["level"],
        cluster=options["cluster"],
        neighbours=None if near is None else near["path"],
    )


def _file(path: str | Path) -> dict[str, Any]:
    """Return where a table is and what it holds."""
    place = Path(path)
    return {"path": place.as_posix(), "digests": digests_of(place, ()) if place.exists() else {}}


def _call(measure: str | MethodCall) -> MethodCall:
    """Read ``gini`` or ``ge(a=2)``."""
    if isinstance(measure, MethodCall):
        return measure
    found = re.fullmatch(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*", measure)
    if not found:
        raise MethodError(f"{measure!r} is no measure: write gini, or ge(a=2).")
    options: dict[str, Any] = {}
    for part in filter(None, (found[2] or "").split(",")):
        key, equals, value = part.partition("=")
        try:
            options[key.strip()] = {"true": True, "false": False}.get(value.strip().lower())
            if options[key.strip()] is None:
                options[key.strip()] = float(value)
        except ValueError:
            raise MethodError(f"{measure!r}: {part.strip()!r} should be an option = number.") from None
        if not equals:
            raise MethodError(f"{measure!r}: {part.strip()!r} should be an option = number.")
    return MethodCall(name=found[1], options=options)
