"""Data as they might have been: with errors of measurement, or of regions drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equindex import scoring
from equindex._arrays import FloatArray
from equindex.errors import DataError
from equindex.framework import Framework
from equindex.model import RegionReference
from equindex.schema import Panel
from equindex.scoring import Plan, Scores
from equindex.uncertainty.factors import Values

__all__ = ["errors_of", "measured_on", "noisy", "resampled"]


def errors_of(factor: Values, framework: Framework, panel: Panel) -> FloatArray:
    """Return the standard error of every cell, or half the unit of its last digit, in its unit.

    Parameters
    ----------
    factor : Values
        What is known about errors.
    framework : Framework
        Whose indicators are the columns.
    panel : Panel
        The data.

    Returns
    -------
    ndarray, shape (rows, indicators)
        0 where a value has no error.

    Raises
    ------
    DataError
        If the errors are of regions or years that the data do not have.
    """
    ids = framework.prepared().leaves
    if factor.rounding:
        half = np.array([_half_unit(panel.x[:, column]) for column in range(len(ids))])
        return np.broadcast_to(half, panel.x.shape)
    relative = np.array([factor.relative.get(name, 0.0) for name in ids])
    absolute = np.array([factor.absolute.get(name, 0.0) for name in ids])
    found: FloatArray = np.abs(panel.x) * relative + absolute
    codes = {code: place for place, code in enumerate(panel.regions)}
    strange = sorted({region for region, _, _ in factor.cells if region not in codes})
    if strange:
        raise DataError(f"{factor.what}: errors of regions that are not in the data: {', '.join(strange)}.")
    for (region, year, name), error in factor.cells.items():
        if name in ids:
            rows = (panel.region == codes[region]) & ((panel.year == year) | (year == 0))
            if not rows.any():
                raise DataError(f"{factor.what}: an error for {region}, {year}, which the data do not have.")
            found[rows, ids.index(name)] = error
    return found


def _half_unit(column: FloatArray) -> float:
    """Half the unit of the finest decimal that a column prints; 0 for numbers that were computed."""
    texts = [repr(float(value)) for value in column[np.isfinite(column)]]
    if any("e" in text for text in texts):
        return 0.0
    decimals = max((len(text.partition(".")[2].rstrip("0")) for text in texts), default=0)
    return 0.0 if decimals > 9 else 0.5 * 10.0**-decimals


def noisy(panel: Panel, errors: FloatArray, drawn: FloatArray) -> Panel:
    """Return the data with an error added to every value: `drawn` times its standard error."""
    return replace(panel, x=panel.x + drawn * errors)


def resampled(panel: Panel, rng: np.random.Generator) -> Panel:
    """Return the rows of as many regions as there are, drawn with replacement, with all their years."""
    order = panel.order[np.argsort(panel.region[panel.order], kind="stable")]
    scored, starts, counts = np.unique(panel.region[order], return_index=True, return_counts=True)
    drawn = np.sort(rng.integers(0, len(scored), len(scored)))
    rows = np.concatenate([order[starts[place] : starts[place] + counts[place]] for place in drawn])
    populations = {column: values[rows] for column, values in panel.populations.items()}
    return replace(
        panel,
        region=np.repeat(np.arange(len(drawn)), counts[drawn]),
        regions=tuple(panel.regions[region] for region in scored[drawn]),
        region_names=tuple(panel.region_names[region] for region in scored[drawn]),
        year=panel.year[rows],
        x=panel.x[rows],
        bounds={},
        reasons={},
        source_year=None,
        population=None if panel.population is None else panel.population[rows],
        populations=populations,
        groups={name: (codes[rows], labels) for name, (codes, labels) in panel.groups.items()},
        peers=None if panel.peers is None else panel.peers[rows],
        forced=None if panel.forced is None else panel.forced[rows],
        deck=None if panel.deck is None else panel.deck[rows],
        deck_year=None if panel.deck_year is None else panel.deck_year[rows],
        scored=None,
        counts={},
        lowest=None,
        places={},
        conditions={},
    )


def measured_on(plan: Plan, panel: Panel, measured: Panel) -> Scores:
    """Score `panel` with what the steps measure on other rows."""
    summaries, treatments, weights = scoring.measured(plan, measured)
    wanted = plan.model.equalization
    known = {}
    if wanted is not None and not isinstance(wanted.reference, RegionReference):
        known = scoring.references(plan, measured)
    return scoring.score(
        plan,
        panel,
        summaries=summaries,
        treatments=treatments,
        known=known,
        weights=weights,
    )
