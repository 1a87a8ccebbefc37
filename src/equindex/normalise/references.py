"""Normalisers that relate values to one value: the mean, the best, a given one, a base year's."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned, refused_cells
from equindex._summary import Summary, summarise
from equindex.errors import MethodError
from equindex.normalise.base import (
    NO_ZERO,
    Line,
    line_of,
    methods,
    place,
    reference_value,
    upward,
)

__all__ = ["above_below", "base_index", "distance", "ratio", "to_reference"]


def _times(options: dict[str, Any]) -> tuple[Any, ...]:
    return ("ratio", float(options.get("factor", 100.0)))


def _ratio_line(
    direction: ArrayLike, summary: Summary, *, reference: str = "mean", factor: float = 100.0
) -> Line | None:
    if not np.all(upward(direction)):
        return None
    slope = factor / reference_value(direction, summary, reference, "ratio")
    return slope, np.zeros_like(slope)


@methods.add(
    monotone=True,
    data_driven=True,
    mirrors=False,
    needs=(),
    scale=_times,
    line=_ratio_line,
    least=0.0,
)
def ratio(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    reference: str = "mean",
    factor: float = 100.0,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Relate each indicator to its mean or its best measured value.

    In Chinese: 均值化, 与最优值之比.

    .. math:: z_{ri} = f \, x_{ri} / \mathrm{ref}_i, \qquad z^-_{ri} = f \, \mathrm{ref}_i / x_{ri}

    With ``reference="best"``: the fraction of the best, a distance to the leader.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values, at least 0, and above 0 where lower is better. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    reference : {"mean", "best"}
        Unweighted mean, or the best value in the indicator's direction.
    factor : float
        Score at the reference. [score]
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `factor` at the reference; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values or a reference that is not above 0, or if
        a value is negative, or 0 where lower is better.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.4.

    Examples
    --------
    >>> ratio([[20.0, 5.0], [40.0, 10.0]], [1, -1], reference="best")
    array([[ 50., 100.],
           [100.,  50.]])
    """
    x = as_float(x)
    _refuse_negative(x, direction, "ratio")
    base = reference_value(direction, summary or summarise(x), reference, "ratio")
    return _related(x, direction, base[..., None, :], factor)


def _distance_line(
    direction: ArrayLike, summary: Summary, *, reference: str = "best", factor: float = 100.0
) -> Line | None:
    base = reference_value(direction, summary, reference, "distance")
    return line_of(base, np.where(upward(direction), base, -base), factor, 0.0, summary)


@methods.add(
    monotone=True,
    data_driven=True,
    mirrors=False,
    needs=(),
    scale=lambda options: ("distance", float(options.get("factor", 100.0))),
    line=_distance_line,
)
def distance(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    reference: str = "best",
    factor: float = 100.0,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Measure how far each region is from the best or the mean, in parts of it: 0 is level with it.

    In Chinese: 相对差距.

    .. math:: z_{ri} = f \, s_i \, (x_{ri} - \mathrm{ref}_i) / \mathrm{ref}_i

    with s the direction.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    reference : {"best", "mean"}
        The best value in the indicator's direction, or the unweighted mean.
    factor : float
        Score of a region better by the whole reference; 100 gives percentages. [score]
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Below 0 where worse than the reference; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values or a reference that is not above 0.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.4.

    Examples
    --------
    >>> distance([[20.0, 5.0], [40.0, 10.0]], [1, -1])
    array([[ -50.,    0.],
           [   0., -100.]])
    """
    x = as_float(x)
    base = reference_value(direction, summary or summarise(x), reference, "distance")
    return place(x, base, np.where(upward(direction), base, -base), factor, 0.0)


@methods.add(
    monotone=True,
    data_driven=False,
    mirrors=False,
    needs=(),
    in_units=("value",),
    sources=("value",),
    by_row=True,
    scale=_times,
)
def to_reference(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    value: ArrayLike,
    factor: float = 100.0,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Relate each indicator to a given value: a reference region's, a standard's, its own of a base year (定基).

    In Chinese: 参照值法.

    .. math:: z_{ri} = f \, x_{ri} / v_i, \qquad z^-_{ri} = f \, v_i / x_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values, at least 0, and above 0 where lower is better. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    value : array_like, shape (indicators,), (regions, indicators) or scalar
        Above 0. For a reference region its row of `x`; for a fixed base year the rows of that year, so that
        every region is related to itself. [unit of the indicator]
    factor : float
        Score at the value. [score]
    summary : Summary, optional
        Not used: the value is given, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `factor` at the value; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If a value of `x` has no finite value above 0 to be related to, is negative, or is 0 where lower is
        better.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.4.

    Examples
    --------
    >>> to_reference([[30.0, 5.0], [40.0, 10.0]], [1, -1], value=[40, 10])
    array([[ 75., 200.],
           [100., 100.]])
    """
    x, value = as_float(x), as_float(value)
    _refuse_negative(x, direction, "to_reference")
    bad = ~(np.isfinite(value) & (value > 0)) & ~np.isnan(x)
    if bad.any():
        raise positioned(
            f"to_reference needs finite values above 0 to relate to, but {bad.sum()} of {bad.size} cells have "
            "none. Give another reference, or drop the indicators.",
            bad,
        )
    return _related(x, direction, value, factor)


@methods.add(
    monotone=True,
    data_driven=False,  # one measured region is enough, and it may be constant
    mirrors=False,
    needs=(),
    scale=_times,
    base_year=True,
)
def base_index(
    x: ArrayLike, direction: ArrayLike = 1, *, factor: float = 100.0, summary: Summary | None = None
) -> FloatArray:
    r"""Index each indicator to its mean in the base year: that year is 100.

    In Chinese: 定基指数.

    .. math:: z_{ri} = f \, x_{ri} / \bar x_{i0}, \qquad z^-_{ri} = f \, \bar x_{i0} / x_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values, at least 0, and above 0 where lower is better. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    factor : float
        Score at the base. [score]
    summary : Summary, optional
        What was measured in the base year, which a framework names by ``base``; of `x` itself when absent. One
        region is enough: a country followed over the years is related to itself. Regions related each to itself
        need `to_reference`.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `factor` at the base; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has no base above 0, or if a value is negative, or 0 where lower is better.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.4 (reference at an initial
       time).

    Examples
    --------
    >>> base_index([[55.0, 4.0]], [1, -1], summary=summarise([[50.0, 5.0]]))
    array([[110., 125.]])
    """
    x = as_float(x)
    _refuse_negative(x, direction, "base_index")
    return _related(x, direction, _base(summary or summarise(x))[..., None, :], factor)


@methods.add(monotone=True, data_driven=True, needs=(), scale=lambda _: ("bounded", -1.0, 1.0))
def above_below(
    x: ArrayLike, direction: ArrayLike = 1, *, threshold: float = 0.2, summary: Summary | None = None
) -> FloatArray:
    r"""Tell who is better (1) or worse (-1) than a band around the mean, who inside it (0).

    In Chinese: 高于或低于均值计分.

    .. math:: z_{ri} = s_i \begin{cases} 1 & x_{ri} / \bar x_i > 1 + p \\
       -1 & x_{ri} / \bar x_i < 1 - p \\ 0 & \text{else} \end{cases}

    with s the direction and p the `threshold`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    threshold : float
        Half the width of the band, as a part of the mean, at least 0.
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        1, 0 or -1; the ends of the band are inside. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values or a mean that is not above 0.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.6.

    Examples
    --------
    >>> above_below([[7.0], [8.0], [12.0], [13.0]]).ravel()
    array([-1.,  0.,  0.,  1.])
    """
    if not 0 <= threshold < np.inf:
        raise MethodError(f"above_below needs a threshold of at least 0, not {threshold!r}.")
    x = as_float(x)
    mean = reference_value(1, summary or summarise(x), "mean", "above_below")[..., None, :]
    share = x / mean
    side = np.where(share > 1 + threshold, 1.0, np.where(share < 1 - threshold, -1.0, 0.0))
    return np.where(np.isnan(x), np.nan, np.where(upward(direction), side, 0.0 - side))


# --- Relating ------------------------------------------------------------------------------------------


def _base(summary: Summary) -> FloatArray:
    bad = ~(summary.mean > 0)
    if bad.any():
        raise positioned(
            f"base_index needs a base above 0, but {bad.sum()} of {bad.size} indicators have none. {NO_ZERO}",
            bad,
            columns=True,
        )
    return summary.mean


def _refuse_negative(x: FloatArray, direction: ArrayLike, method: str) -> None:
    bad = (x < 0) | (~np.broadcast_to(upward(direction), x.shape[-1:]) & (x == 0))
    if bad.any():
        need = f"{method} needs values of at least 0, and above 0 where lower is better"
        raise refused_cells(need, x, bad, NO_ZERO)


def _related(x: FloatArray, direction: ArrayLike, base: FloatArray, factor: float) -> FloatArray:
    with np.errstate(all="ignore"):
        return np.where(upward(direction), x / base, base / x) * factor
