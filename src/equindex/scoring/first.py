"""The first steps of a composite: missing cells are imputed, and treatments are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equindex import impute, treat
from equindex._arrays import FloatArray
from equindex.errors import DomainError
from equindex.schema import Panel
from equindex.scoring.plan import Plan
from equindex.scoring.steps import based, labelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fill", "measure_treatments", "treatment_table"]

_MOMENTS = ("n", "below", "above", "skewness", "kurtosis", "skewness_after", "kurtosis_after")


def fill(plan: Plan, panel: Panel) -> Panel:
    """Impute missing cells of the scored rows, on the indicators' original scales.

    Methods for one table fill each year from its own rows; an indicator without any value in a year stays
    missing in it. Methods for panels look at the other years of the region, a cold deck at another table.

    Returns
    -------
    Panel
        `panel` itself where the framework imputes nothing.

    Raises
    ------
    DomainError
        If a cell cannot be filled by the method; regions and indicators are named.
    """
    call = plan.imputation
    if call is None or not panel.rows_of:
        return panel
    if call.name == "cold_deck":
        return _from_deck(panel)
    x = panel.x.copy()
    if impute.methods.get(call.name).traits.get("panel"):
        cube = np.full((len(panel.rows_of), len(panel.regions), x.shape[1]), np.nan)
        for at, rows in enumerate(panel.rows_of.values()):
            cube[at, panel.region[rows]] = x[rows]
        cube = _filled(plan, cube, {"years": list(panel.rows_of)})
        for at, rows in enumerate(panel.rows_of.values()):
            x[rows] = cube[at, panel.region[rows]]
        return replace(panel, x=x)
    for year, rows in panel.rows_of.items():
        columns = np.flatnonzero(~np.isnan(x[rows]).all(axis=0))
        cells = np.ix_(rows, columns)
        with labelled(plan, panel, rows):
            try:
                x[cells] = _filled(plan, x[cells], _given(plan, panel, rows, columns))
            except DomainError as error:
                error.columns = columns.tolist()
                error.add_note(f"while imputing {year} by {call.name!r}")
                raise
    return replace(panel, x=x)


def measure_treatments(plan: Plan, panel: Panel) -> dict[str, treat.Treatment]:
    """Measure every treatment on prepared values, over the rows that the base names.

    Returns
    -------
    dict of Treatment
        Keyed as the summaries of normalisers; empty where nothing is treated.

    Raises
    ------
    DataError
        If the base year has no scored row.
    DomainError
        If a method does not suit the values; indicators are named.
    """
    found: dict[str, treat.Treatment] = {}
    for base, rows in based(plan, panel).items() if plan.treats else ():
        with labelled(plan, panel, rows):
            x = plan.prepare(panel.x[rows])
            parts = []
            for group in plan.treats:
                try:
                    parts.append(treat.measure(group.method.name, x[:, group.columns], **group.options))
                except DomainError as error:
                    error.columns = group.columns.tolist()
                    raise
            found[base] = treat.assemble([group.columns for group in plan.treats], parts)
    return found


def treatment_table(plan: Plan) -> pd.DataFrame:
    """Return the tidy `treatment` table: indicators before and after treatment; empty without one."""
    import pandas as pd

    parts = []
    for base, found in plan.treatments.items():
        columns = {name: getattr(found, name) for name in (*_MOMENTS, "action")}
        parts.append(pd.DataFrame({"base": base, "indicator": plan.leaves, **columns}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _from_deck(panel: Panel) -> Panel:
    """Fill scored rows from the other table, and say of which year its values are."""
    assert panel.deck is not None
    assert panel.deck_year is not None
    x, rows = panel.x.copy(), panel.order
    x[rows] = impute.cold_deck(x[rows], deck=panel.deck[rows])
    source = np.full(x.shape, np.nan) if panel.source_year is None else panel.source_year
    return replace(panel, x=x, source_year=np.where(impute.imputed(panel.x, x), panel.deck_year, source))


def _filled(plan: Plan, x: FloatArray, given: dict[str, Any]) -> FloatArray:
    assert plan.imputation is not None
    filled: FloatArray = impute.methods.get(plan.imputation.name).function(
        x, **plan.imputation.options | given
    )
    return filled


def _given(plan: Plan, panel: Panel, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> dict[str, Any]:
    """Return the options that the method needs as arrays over the rows and columns it sees."""
    assert plan.imputation is not None
    given: dict[str, Any] = {}
    if plan.imputation.name == "row_mean":
        paths = plan.tree.paths[:, columns]
        given = {"direction": plan.direction[columns], "pillars": paths if len(paths) else None}
    if "by" in plan.imputation.options:
        assert panel.peers is not None
        given["by"] = panel.peers[rows]
    if "predictors" in plan.imputation.options:
        named = [plan.leaves.index(name) for name in plan.imputation.options["predictors"]]
        given["predictors"] = np.flatnonzero(np.isin(columns, named))
    return given
