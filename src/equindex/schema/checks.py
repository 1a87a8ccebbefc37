"""What is expected of a panel: bounds as a pandera schema, and suspicions as warnings."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equindex.model import FrameworkFile, Indicator
from equindex.schema.findings import Findings
from equindex.schema.panel import Panel

if TYPE_CHECKING:
    import pandera.pandas as pa

    from equindex.schema.raw import Raw

__all__ = ["expected", "inspect_panel", "refuse_infinite", "warn_of_widths"]

_MISSING_SHARE = 0.2  # an indicator with a larger share missing is worth a warning
_UNIT_FACTOR = 90.0  # a value this many times off its column's median smells of 万, 千 or %
_SAMPLE = 4096  # values, evenly spread, that are enough to tell a median
_OLD = 2  # years between the scored year and the source's year


def expected(model: FrameworkFile) -> pa.DataFrameSchema:
    """Return the pandera schema of a wide table: region, year and one float column for each indicator.

    Every indicator may be missing, must be finite, and lies within its plausible `lower` and `upper`;
    (region, year) is unique. Use it to guard a pipeline of your own.
    """
    import pandera.pandas as pa

    def column(lower: float | None, upper: float | None) -> pa.Column:
        low = -np.finfo(float).max if lower is None else lower
        high = np.finfo(float).max if upper is None else upper
        return pa.Column(float, pa.Check.in_range(low, high), nullable=True)

    columns = {indicator.id: column(indicator.lower, indicator.upper) for indicator in model.indicator}
    keys = {"region": pa.Column(nullable=False), "year": pa.Column(int, coerce=True)}
    return pa.DataFrameSchema({**keys, **columns}, unique=["region", "year"], strict=False)


def refuse_infinite(raw: Raw, model: FrameworkFile, findings: Findings) -> None:
    """Report infinite numerators, denominators and populations, then treat them as missing."""
    ids = {indicator.id for indicator in model.indicator}
    beside = [variable for variable, name in enumerate(raw.names) if name not in ids]
    found = np.isinf(raw.values[:, beside])
    if not found.any():
        return
    for row, at in np.argwhere(found).tolist():
        findings.error(
            "infinite value",
            f"{raw.names[beside[at]]!r} is infinite.",
            "Correct the cell, or leave it empty.",
            **raw.where(row, beside[at]),
        )
    raw.values = raw.values.copy()
    raw.values[:, beside] = np.where(found, np.nan, raw.values[:, beside])


def warn_of_widths(regions: Collection[str], findings: Findings) -> None:
    """Warn of regions whose names differ in nothing but full and half width: without a table they are several."""
    alike: dict[str, list[str]] = {}
    for name in regions:
        if not unicodedata.is_normalized("NFKC", name):
            plain = unicodedata.normalize("NFKC", name)
            alike.setdefault(plain, [plain] if plain in regions else []).append(name)
    for plain, names in alike.items():
        if len(names) > 1:
            findings.warn(
                "region",
                f"{' and '.join(map(repr, names))} differ in full and half width alone, and are scored as "
                f"{len(names)} regions.",
                "Write one name, or add a regions table, for which both widths are one.",
                region=plain,
            )


def inspect_panel(panel: Panel, model: FrameworkFile, raw: Raw, findings: Findings) -> None:
    """Hold the values against the schema, then look for what merely seems wrong."""
    _bounds(panel, model, raw, findings)
    _agreement(panel, model, raw, findings)
    _suspicions(panel, model, raw, findings)


def _bounds(panel: Panel, model: FrameworkFile, raw: Raw, findings: Findings) -> None:
    """Run the schema over the indicators whose values could break it; each failing cell is an error."""
    import pandera.errors

    low = np.array([-np.inf if i.lower is None else i.lower for i in model.indicator])
    high = np.array([np.inf if i.upper is None else i.upper for i in model.indicator])
    with np.errstate(invalid="ignore"):
        least, most = np.fmin.reduce(panel.x, axis=0), np.fmax.reduce(panel.x, axis=0)
    wrong = (least < low) | (most > high) | np.isinf(least) | np.isinf(most)
    if not wrong.any():
        return
    ids = [indicator.id for indicator in model.indicator]
    at = np.flatnonzero(wrong)
    frame = pd.DataFrame({ids[column]: panel.x[:, column] for column in at})
    schema = expected(model).select_columns([ids[column] for column in at])
    schema.unique = None
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.dropna(subset=["index"])
        for name, row, value in zip(cases["column"], cases["index"], cases["failure_case"], strict=True):
            column, row, value = ids.index(str(name)), int(row), float(value)
            indicator = model.indicator[column]
            limit = (
                "is infinite"
                if np.isinf(value)
                else f"is below lower = {low[column]:g}"
                if value < low[column]
                else f"is above upper = {high[column]:g}"
            )
            variable = indicator.numerator if indicator.numerator else indicator.id
            findings.error(
                "infinite value" if np.isinf(value) else "implausible value",
                f"{indicator.id!r} = {value:g} {limit}.",
                "Correct the cell, list it in [[exclude]] with a reason, or widen lower and upper.",
                **raw.where(row, raw.names.index(variable)),
                value=f"{value:g}",
            )


def _agreement(panel: Panel, model: FrameworkFile, raw: Raw, findings: Findings) -> None:
    """Hold each printed rate against numerator / denominator x per, to its last printed digit."""
    for column, indicator in enumerate(model.indicator):
        if not indicator.numerator or not indicator.denominator or indicator.id not in raw.names:
            continue
        own = raw.names.index(indicator.id)
        top, bottom = (
            raw.values[:, raw.names.index(name)] for name in (indicator.numerator, indicator.denominator)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = top / bottom * indicator.per
        for row in np.flatnonzero(np.isfinite(rate) & np.isfinite(raw.values[:, own])):
            printed = float(panel.x[row, column])
            exponent = Decimal(repr(printed)).normalize().as_tuple().exponent
            if abs(printed - rate[row]) > 0.5000001 * 10.0 ** min(int(exponent), 0):
                findings.error(
                    "disagreement",
                    f"{indicator.id!r} is printed as {printed:g}, but "
                    f"{indicator.numerator} / {indicator.denominator} x {indicator.per:g} = {rate[row]:.6g}.",
                    "Correct one of the three.",
                    **raw.where(int(row), own),
                )


def _suspicions(panel: Panel, model: FrameworkFile, raw: Raw, findings: Findings) -> None:
    rows = panel.order
    x = panel.x
    for column, indicator in enumerate(model.indicator):
        values = x[:, column] if panel.scored is None else x[rows, column]
        count = values.size - int(np.isnan(values).sum())
        share = 1 - count / max(values.size, 1)
        if share > _MISSING_SHARE:
            findings.warn("missing values", f"{share:.0%} of the cells are missing.", indicator=indicator.id)
        least, most = np.fmin.reduce(values, initial=np.nan), np.fmax.reduce(values, initial=np.nan)
        if count > 1 and least == most and not indicator.target:
            findings.warn("constant column", f"every value is {least:g}.", indicator=indicator.id)
        counted = indicator.roll_up == "share"  # its parts are 0 or 1
        if indicator.unit in ("%", "％") and count and 0 < most <= 1 and not counted:
            findings.warn(
                "unit",
                f"the unit is % but no value is above {most:g}.",
                "If these are shares, multiply by 100.",
                indicator=indicator.id,
            )
        if count > 2 and least > 0 and most > least * _UNIT_FACTOR:
            _lost_units(panel, column, raw, findings, indicator)
    _ragged(panel, findings)
    for (row, column), bound in panel.bounds.items():
        findings.warn(
            "bound, not a value",
            f"{bound.raw!r} says only that the value lies beyond it.",
            indicator=model.indicator[column].id,
            region=panel.region_names[panel.region[row]],
            year=int(panel.year[row]),
        )
    if panel.source_year is not None:
        for column, indicator in enumerate(model.indicator):
            away = np.abs(panel.source_year[rows, column] - panel.year[rows])
            if np.nanmax(away, initial=0) > _OLD:
                findings.warn(
                    "source year",
                    f"measured up to {int(np.nanmax(away))} years away from the scored year.",
                    indicator=indicator.id,
                )


def _lost_units(panel: Panel, column: int, raw: Raw, findings: Findings, indicator: Indicator) -> None:
    """Warn of positive values far off their column's median, at most a tenth of them."""
    values = panel.x[panel.order, column]
    seen = values[~np.isnan(values)]
    middle = float(np.median(seen[:: max(1, seen.size // _SAMPLE)]))
    if not np.nanmin(values) * _UNIT_FACTOR < middle and not np.nanmax(values) > middle * _UNIT_FACTOR:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        odd = panel.order[(values > middle * _UNIT_FACTOR) | (values < middle / _UNIT_FACTOR)]
    variable = indicator.numerator if indicator.numerator in raw.names else indicator.id
    for row in odd[: max(1, values.size // 10)].tolist():
        findings.warn(
            "unit",
            f"{panel.x[row, column]:g} is {panel.x[row, column] / middle:.3g} times the median {middle:g}.",
            "Check the unit: 万, 千 or % may be lost.",
            **raw.where(row, raw.names.index(variable)),
        )


def _ragged(panel: Panel, findings: Findings) -> None:
    present: dict[int, set[int]] = {
        year: set(panel.region[rows].tolist()) for year, rows in panel.rows_of.items()
    }
    everyone: set[int] = set().union(*present.values())
    for year, here in present.items():
        absent: list[Any] = [panel.region_names[code] for code in sorted(everyone - here)]
        if absent:
            named = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
            findings.warn(
                "ragged years", f"{len(absent)} of {len(everyone)} regions have no row: {named}.", year=year
            )
