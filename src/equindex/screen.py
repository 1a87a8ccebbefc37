"""Screening: how much is measured of each region, indicator, pillar and year, and which regions are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float
from equindex.errors import DomainError, MethodError

__all__ = ["Availability", "Reason", "Screening", "availability", "screen"]

_SLACK = 1e-12  # of a share: two thirds are two thirds

Rule = Literal["missing", "zero", "kept", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Availability:
    """Shares of cells that are measured, and of measured ones that are not 0; NaN where nothing is measured.

    Parameters
    ----------
    region, region_nonzero : ndarray, shape (..., regions)
        Over all indicators. [share]
    indicator, indicator_nonzero : ndarray, shape (..., indicators)
        Over all regions. [share]
    pillar, pillar_nonzero : ndarray, shape (..., regions, pillars)
        Over the indicators of each pillar, in the order of `codes`. [share]
    whole : ndarray, shape (...)
        Over regions and indicators: of each year, where years lead. [share]
    codes : ndarray of int, shape (pillars,)
        The pillars' codes, ascending.
    """

    region: FloatArray
    region_nonzero: FloatArray
    indicator: FloatArray
    indicator_nonzero: FloatArray
    pillar: FloatArray
    pillar_nonzero: FloatArray
    whole: FloatArray
    codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a region is dropped, or kept although a rule would drop it.

    Parameters
    ----------
    position : tuple of int
        ``(..., region)``.
    rule : {"missing", "zero", "kept", "dropped"}
        Too little measured, too much of it 0, or forced.
    pillar : int or None
        Code of the pillar it happened in; None for all indicators.
    share, limit : float
        The share found and the least one allowed; NaN for what is forced. [share]
    """

    position: tuple[int, ...]
    rule: Rule
    pillar: int | None
    share: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screening:
    """Which regions are kept, and why the others are not.

    Parameters
    ----------
    keep : ndarray of bool, shape (..., regions)
        True for the regions to be scored.
    reasons : tuple of Reason
        Every rule that a region breaks and everything that is forced, by region.
    availability : Availability
        What the rules were held against.
    """

    keep: BoolArray
    reasons: tuple[Reason, ...]
    availability: Availability


def availability(x: ArrayLike, *, pillars: ArrayLike | None = None) -> Availability:
    r"""Count what is measured, and what of it is not 0.

    In Chinese: 数据可得性.

    .. math:: a_r = \frac{\#\{i : x_{ri} \text{ measured}\}}{k}, \qquad
       b_r = \frac{\#\{i : x_{ri} \ne 0\}}{\#\{i : x_{ri} \text{ measured}\}}

    and likewise over regions, over the indicators of a pillar and over all cells.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    pillars : array_like of int, shape (indicators,) or (levels, indicators), optional
        Pillar code of each indicator; below 0 for indicators of none. With several levels an indicator is of
        several pillars, one inside the other. Without it there are no pillars.

    Returns
    -------
    Availability
        Shares; those of non-zero values are NaN where nothing is measured.

    Raises
    ------
    DomainError
        If `pillars` has not one code per indicator and level.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (get_data_avail).

    Examples
    --------
    >>> found = availability([[1.0, 0.0, np.nan, 4.0], [1.0, 2.0, 3.0, 4.0]])
    >>> found.region, found.region_nonzero.round(3)
    (array([0.75, 1.  ]), array([0.667, 1.   ]))
    """
    x = as_float(x)
    has = ~np.isnan(x)
    nonzero = has & (x != 0)
    of = np.full(x.shape[-1], -1) if pillars is None else np.asarray(pillars)
    if of.ndim not in (1, 2) or of.shape[-1:] != x.shape[-1:]:
        raise DomainError(
            f"pillars of shape {of.shape} do not fit {x.shape[-1]} indicators. Give each a code."
        )
    codes = np.unique(of[of >= 0]).astype(np.int64)
    inside = (np.atleast_2d(of)[:, :, None] == codes).any(axis=0).astype(np.float64)
    measured = has @ inside
    return Availability(
        region=_share(has.sum(axis=-1), x.shape[-1]),
        region_nonzero=_share(nonzero.sum(axis=-1), has.sum(axis=-1)),
        indicator=_share(has.sum(axis=-2), x.shape[-2]),
        indicator_nonzero=_share(nonzero.sum(axis=-2), has.sum(axis=-2)),
        pillar=_share(measured, inside.sum(axis=0)),
        pillar_nonzero=_share(nonzero @ inside, measured),
        whole=_share(has.sum(axis=(-2, -1)), x.shape[-1] * x.shape[-2]),
        codes=codes,
    )


def screen(
    x: ArrayLike,
    *,
    min_measured: float = 2 / 3,
    min_nonzero: float = 0.0,
    pillars: ArrayLike | None = None,
    min_measured_pillar: float = 0.0,
    min_nonzero_pillar: float = 0.0,
    keep: ArrayLike | None = None,
    drop: ArrayLike | None = None,
) -> Screening:
    r"""Keep the regions of which enough is measured and not too much is 0.

    In Chinese: 指标与地区筛选.

    .. math:: a_r \ge a_{\min}, \quad b_r \ge b_{\min}, \quad a_{rp} \ge a'_{\min}, \quad b_{rp} \ge b'_{\min}
       \quad \text{for every pillar } p

    with the shares of `availability`. To screen indicators, swap the last two axes.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    min_measured, min_nonzero : float
        Least share of indicators measured, and of the measured ones not 0. [share]
    pillars : array_like of int, shape (indicators,) or (levels, indicators), optional
        Pillar code of each indicator, as in `availability`.
    min_measured_pillar, min_nonzero_pillar : float
        The same inside each pillar. [share]
    keep, drop : array_like of bool, shape (regions,) or (..., regions), optional
        Regions that are kept or dropped whatever the rules say.

    Returns
    -------
    Screening
        A share that just meets its limit is enough. Where nothing is measured, nothing is 0.

    Raises
    ------
    DomainError
        If a region is forced both ways, or `pillars` has not one code per indicator.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (Screen).

    Examples
    --------
    >>> result = screen([[1.0, np.nan, np.nan], [1.0, 2.0, np.nan]])
    >>> result.keep
    array([False,  True])
    >>> result.reasons[0].rule, round(result.reasons[0].share, 3)
    ('missing', 0.333)
    """
    limits = {
        "min_measured": min_measured,
        "min_nonzero": min_nonzero,
        "min_measured_pillar": min_measured_pillar,
        "min_nonzero_pillar": min_nonzero_pillar,
    }
    for name, limit in limits.items():
        if not 0 <= limit <= 1:
            raise MethodError(f"{name} is a share from 0 to 1, not {limit!r}.")
    if pillars is None and (min_measured_pillar > 0 or min_nonzero_pillar > 0):
        raise MethodError("limits inside pillars need the pillars.")
    found = availability(x, pillars=pillars)
    shape = found.region.shape
    kept, dropped = (_flags(flags, shape) for flags in (keep, drop))
    if (kept & dropped).any():
        where = np.argwhere(kept & dropped)[0].tolist()
        raise DomainError(f"the region at position {where} is to be both kept and dropped. Choose one.")
    reasons: list[Reason] = []
    whole, inside = (found.region, found.region_nonzero), (found.pillar, found.pillar_nonzero)
    rules: tuple[tuple[Rule, float, float], ...] = (
        ("missing", min_measured, min_measured_pillar),
        ("zero", min_nonzero, min_nonzero_pillar),
    )
    for (rule, limit, limit_inside), share, share_inside in zip(rules, whole, inside, strict=True):
        for *position, p in np.argwhere(_short(share_inside, limit_inside)).tolist():
            value = float(share_inside[(*position, p)])
            reasons.append(_reason(position, rule, int(found.codes[p]), value, limit_inside))
        for position in np.argwhere(_short(share, limit)).tolist():
            reasons.append(_reason(position, rule, None, float(share[tuple(position)]), limit))
    result = np.ones(shape, dtype=bool)
    for reason in reasons:
        result[reason.position] = False
    forced: tuple[tuple[Rule, BoolArray], ...] = (("kept", kept & ~result), ("dropped", dropped))
    for rule, flags in forced:
        for position in np.argwhere(flags).tolist():
            reasons.append(_reason(position, rule, None, np.nan, np.nan))
    order = sorted(reasons, key=lambda reason: (reason.position, reason.pillar is not None))
    return Screening(keep=(result | kept) & ~dropped, reasons=tuple(order), availability=found)


def _share(part: ArrayLike, whole: ArrayLike) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.asarray(as_float(part) / as_float(whole))


def _short(share: FloatArray, limit: float) -> BoolArray:
    """Whether a share is below its limit."""
    return np.asarray(share < limit - _SLACK)


def _flags(flags: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    if flags is None:
        return np.zeros(shape, dtype=bool)
    given = np.asarray(flags)
    if given.dtype != bool or given.shape[-1:] != shape[-1:]:
        raise DomainError(
            f"keep and drop are one truth value per region, not {given.dtype} of shape {given.shape}."
        )
    return np.broadcast_to(given, shape)


def _reason(position: list[int], rule: Rule, pillar: int | None, share: float, limit: float) -> Reason:
    return Reason(position=tuple(position), rule=rule, pillar=pillar, share=share, limit=limit)
