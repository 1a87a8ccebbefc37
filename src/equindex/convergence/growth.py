"""Beta convergence: growth against the initial level, of one span or of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, one_of
from equindex.convergence.dispersion import logs_of
from equindex.errors import DomainError

__all__ = ["Beta", "beta", "panel_beta"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beta:
    """A regression of growth on the initial level, each of shape (...).

    `slope` is below 0 where those behind grow faster; `error`, `t` and `p` are its standard error, t statistic
    and two-sided p-value; `controls` (..., controls) are the coefficients of the controls and `control_errors`
    their standard errors; `n` counts observations and `clusters` regions. `intercept` is NaN for a panel.
    """

    intercept: FloatArray
    slope: FloatArray
    error: FloatArray
    t: FloatArray
    p: FloatArray
    controls: FloatArray
    control_errors: FloatArray
    r2: FloatArray
    speed: FloatArray
    speed_error: FloatArray
    half_life: FloatArray
    n: IntArray
    clusters: IntArray


def beta(
    start: ArrayLike,
    end: ArrayLike,
    years: float,
    *,
    controls: ArrayLike | None = None,
    errors: Literal["classic", "hc1", "hc3"] = "classic",
) -> Beta:
    r"""Beta convergence: do regions that start lower grow faster, and how fast do they close in.

    In Chinese: β 收敛.

    .. math:: \frac{1}{T} \ln \frac{x_{iT}}{x_{i0}} = a + b \ln x_{i0} + c' z_i + u_i, \qquad
              \lambda = -\frac{\ln(1 + bT)}{T}, \qquad t_{1/2} = \ln 2 / \lambda

    Parameters
    ----------
    start, end : array_like, shape (..., regions)
        Values above 0 in the first and in the last year; regions without both are left out. [any unit]
    years : float
        T, the years between. [years]
    controls : array_like, shape (regions, controls) or (..., regions, controls), optional
        z: what the level in the long run depends on (conditional convergence). Regions without are left out.
    errors : {"classic", "hc1", "hc3"}
        Standard errors for equal variances, or robust: e^2 times n/(n-k), or over (1-h)^2 with leverage h, the
        safer choice for few regions. t has n - k degrees of freedom for all of them.

    Returns
    -------
    Beta
        NaN where all start alike or fewer regions are left than coefficients; errors are NaN where no more
        are left. The speed is NaN where 1 + bT is not above 0 (overshooting), the half-life infinite where the
        speed is not above 0. [per year; half-life in years]

    Raises
    ------
    DomainError
        If a value is 0, negative or infinite, `years` is not above 0, or the controls are collinear.
    MethodError
        If `errors` is not known.

    Notes
    -----
    Regions that lie far from the mean by chance tend to be nearer it later: b falls below 0 through errors of
    measurement alone (Galton's fallacy). Read it beside `sigma`.

    References
    ----------
    .. [1] Barro, R. J. and Sala-i-Martin, X., "Convergence", Journal of Political Economy 100(2), 1992, 223-251.
    .. [2] MacKinnon, J. G. and White, H., "Some heteroskedasticity-consistent covariance matrix estimators with
       improved finite sample properties", Journal of Econometrics 29(3), 1985, 305-325.

    Examples
    --------
    >>> found = beta([1.0, 2.0, 4.0, 8.0], [2.0, 3.0, 5.0, 9.0], 10)
    >>> found.slope.round(5), found.speed.round(5), found.half_life.round(1)
    (np.float64(-0.02753), np.float64(0.0322), np.float64(21.5))
    """
    one_of("errors", errors, ("classic", "hc1", "hc3"))
    _positive_span(years)
    first, last = np.broadcast_arrays(as_float(start), as_float(end))
    others = _controls(controls, first.shape)
    keep = ~np.isnan(first) & ~np.isnan(last) & ~np.isnan(others).any(axis=-1)
    level = logs_of(first, keep)
    growth = (logs_of(last, keep) - level) / years
    n = keep.sum(axis=-1)
    design = np.concatenate([np.ones((*first.shape, 1)), others, level[..., None]], axis=-1)
    design = np.where(keep[..., None], design, 0.0)
    whole = _norm(design)
    means = _mean(design, n)
    means[..., 0] = 0.0
    design = np.where(keep[..., None], design - means[..., None, :], 0.0)
    coefficients, inverse, residuals = _regress(design, np.where(keep, growth, 0.0), n, whole)
    k = design.shape[-1]
    free = np.where(n > k, n - k, np.nan).astype(np.float64)
    squares = residuals**2
    if errors == "classic":
        covariance = inverse * (squares.sum(axis=-1) / free)[..., None, None]
    else:
        if errors == "hc1":
            squares = squares * (n / free)[..., None]
        else:
            leverage = np.einsum("...ri,...ij,...rj->...r", design, inverse, design)
            with np.errstate(invalid="ignore", divide="ignore"):
                squares = squares / np.where(leverage < 1 - 1e-10, 1 - leverage, np.nan) ** 2
        meat = np.einsum("...ri,...r,...rj->...ij", design, squares, design)
        covariance = inverse @ meat @ inverse + 0 * free[..., None, None]
    centred = np.where(keep, growth - _mean(np.where(keep, growth, 0.0)[..., None], n), 0.0)
    intercept = coefficients[..., 0] - (coefficients[..., 1:] * means[..., 1:]).sum(axis=-1)
    return _result(
        intercept,
        coefficients[..., 1:],
        covariance[..., 1:, 1:],
        1 - _ratio((residuals**2).sum(axis=-1), (centred**2).sum(axis=-1)),
        years,
        free,
        n,
        n,
    )


def panel_beta(
    x: ArrayLike, years: ArrayLike, *, controls: ArrayLike | None = None, time_effects: bool = True
) -> Beta:
    r"""Beta convergence over all spans of a panel, with region effects and errors clustered by region.

    In Chinese: 面板 β 收敛.

    .. math:: \frac{1}{T} \ln \frac{x_{i,t+T}}{x_{it}} = a_i + d_t + b \ln x_{it} + c' z_{it} + u_{it}

    Parameters
    ----------
    x : array_like, shape (..., years, regions)
        Values above 0; spans with a missing end are left out. [any unit]
    years : array_like, shape (years,)
        The years, ascending in even steps of T. [years]
    controls : array_like, shape (years, regions, controls) or (..., years, regions, controls), optional
        z at the start of each span; what does not vary within regions is collinear with their effects.
    time_effects : bool
        Take out what all regions share in a span (d).

    Returns
    -------
    Beta
        The within estimator; its standard errors are robust to any dependence within a region:
        G/(G-1) (N-1)/(N-K) times the sandwich, K coefficients and the constant, t with G - 1 degrees of freedom.
        `r2` is that within. NaN where nothing varies or too few observations are left. [per year]

    Raises
    ------
    DomainError
        If a value is 0, negative or infinite, years are not in even steps, or the controls are collinear.

    Notes
    -----
    With few spans the within estimate is too low by about (2 + b T) / (T (spans - 1)) [3]_: convergence looks
    faster than it is. Region effects make it convergence to each region's own level.

    References
    ----------
    .. [1] Islam, N., "Growth empirics: a panel data approach", Quarterly Journal of Economics 110(4), 1995,
       1127-1170.
    .. [2] Cameron, A. C. and Miller, D. L., "A practitioner's guide to cluster-robust inference", Journal of
       Human Resources 50(2), 2015, 317-372.
    .. [3] Nickell, S., "Biases in dynamic models with fixed effects", Econometrica 49(6), 1981, 1417-1426.

    Examples
    --------
    >>> found = panel_beta([[1.0, 2.0, 4.0], [2.0, 3.0, 4.0], [3.0, 4.0, 4.0], [3.0, 5.0, 4.5]], range(4))
    >>> found.slope.round(4), int(found.n), int(found.clusters)
    (np.float64(-0.6713), 9, 3)
    """
    x, at = as_float(x), as_float(years)
    steps = np.diff(at)
    if at.shape != x.shape[-2:-1] or len(steps) == 0 or not np.allclose(steps, steps[0]) or not steps[0] > 0:
        raise DomainError(
            f"a panel needs {x.shape[-2]} ascending years in even steps, two or more. Fill the gaps."
        )
    span = float(steps[0])
    others = _controls(controls, x.shape)[..., :-1, :, :]
    start, end = x[..., :-1, :], x[..., 1:, :]
    keep = ~np.isnan(start) & ~np.isnan(end) & ~np.isnan(others).any(axis=-1)
    logs = logs_of(x, ~np.isnan(x))
    level = logs[..., :-1, :]
    growth = (logs[..., 1:, :] - level) / span
    parts = np.concatenate([others, level[..., None], growth[..., None]], axis=-1)
    parts = np.where(keep[..., None], parts, 0.0)
    whole = _norm(parts.reshape(*parts.shape[:-3], -1, parts.shape[-1]))[..., :-1]
    parts = _within(parts, keep, time_effects)

    flat = parts.reshape(*parts.shape[:-3], -1, parts.shape[-1])
    design, y = flat[..., :-1], flat[..., -1]
    n, regions = keep.sum(axis=(-2, -1)), keep.any(axis=-2).sum(axis=-1)
    coefficients, inverse, residuals = _regress(design, y, n, whole)
    scores = (design * residuals[..., None]).reshape(*parts.shape[:-1], -1).sum(axis=-3)
    effects = np.maximum(keep.any(axis=-1).sum(axis=-1) - 1, 0) if time_effects else 0
    k = design.shape[-1] + effects + 1
    enough = (n > k + regions - 1) & (regions > 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(enough, regions / (regions - 1) * (n - 1) / (n - k), np.nan)
    covariance = inverse @ (scores.swapaxes(-1, -2) @ scores) @ inverse * factor[..., None, None]
    return _result(
        np.full(n.shape, np.nan),
        coefficients,
        covariance,
        1 - _ratio((residuals**2).sum(axis=-1), (y**2).sum(axis=-1)),
        span,
        np.where(regions > 1, regions - 1.0, np.nan),
        n,
        regions,
    )


def _regress(
    design: FloatArray, y: FloatArray, n: IntArray, whole: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, the inverse of X'X and residuals, from n rows; those left out hold 0.

    Columns may have been centred; `whole` is their norm before, to tell from rounding what is left of them. The
    last column may be collinear (all start alike): NaN. Any other one is refused.
    """
    k, rows = design.shape[-1], design.shape[-2]
    size = _norm(design)
    left = size > 1e-10 * whole
    size = np.where(left, size, 1.0)
    unit = np.where(left[..., None, :], design / size[..., None, :], 0.0)
    if rows < k:
        unit = np.concatenate([unit, np.zeros((*unit.shape[:-2], k - rows, k))], axis=-2)
        y = np.concatenate([y, np.zeros((*y.shape[:-1], k - rows))], axis=-1)
    q, r = np.linalg.qr(unit)
    pivots = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    flat = pivots <= 1e-10
    enough = n >= k
    if (flat[..., :-1].any(axis=-1) & enough).any():
        where = tuple(np.argwhere(flat[..., :-1].any(axis=-1) & enough)[0].tolist())
        raise DomainError(
            f"controls are collinear with each other, the constant or the effects (first at {where}). Drop one."
        )
    usable = enough & ~flat.any(axis=-1)
    r = np.where(usable[..., None, None], r, np.eye(k))
    scale = np.where(usable[..., None], size, np.nan)
    inverse = np.linalg.inv(r)
    along = (q.swapaxes(-1, -2) @ y[..., None])[..., 0]
    coefficients = (inverse @ along[..., None])[..., 0] / scale
    residuals = (y - (q @ along[..., None])[..., 0])[..., :rows]
    product = inverse @ inverse.swapaxes(-1, -2) / (scale[..., :, None] * scale[..., None, :])
    return coefficients, product, residuals


def _within(parts: FloatArray, keep: BoolArray, time_effects: bool) -> FloatArray:
    """Return what is left of (..., spans, regions, parts) without region and span effects, 0 where left out.

    Regions are taken out by their means; spans by least squares on what then remains of their dummies, whose
    normal matrix is only spans x spans. That is exact for unbalanced panels too.
    """
    weights = keep.astype(np.float64)
    spans = np.maximum(weights.sum(axis=-2), 1.0)[..., None, :]
    parts = parts - (parts.sum(axis=-3, keepdims=True) / spans[..., None])
    parts = np.where(keep[..., None], parts, 0.0)
    if not time_effects:
        return parts
    regions = weights.sum(axis=-1)
    normal = np.eye(weights.shape[-2]) * regions[..., None, :] - (weights / spans) @ weights.swapaxes(-1, -2)
    effects = np.linalg.pinv(normal, rcond=1e-10, hermitian=True) @ parts.sum(axis=-2)
    effects = (
        effects[..., None, :] - np.einsum("...sr,...sp->...rp", weights / spans, effects)[..., None, :, :]
    )
    return np.where(keep[..., None], parts - effects, 0.0)


def _result(
    intercept: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    r2: FloatArray,
    years: float,
    free: FloatArray,
    n: IntArray,
    clusters: IntArray,
) -> Beta:
    """Return the table of a regression whose last coefficient is that of the initial level."""
    from scipy.special import stdtr

    errors = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    slope, error = coefficients[..., -1], errors[..., -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        t = slope / error
        left = 1 + slope * years
        left = np.where(left > 0, left, np.nan)
        speed = -np.log1p(slope * years + 0 * left) / years
        half_life = np.where(speed > 0, np.log(2) / speed, np.where(np.isnan(speed), np.nan, np.inf))
    known = ~np.isnan(slope)
    return Beta(
        intercept=intercept,
        slope=slope,
        error=error,
        t=t,
        p=2 * stdtr(free, -np.abs(t)),
        controls=coefficients[..., :-1],
        control_errors=errors[..., :-1],
        r2=np.where(known, r2, np.nan),
        speed=speed,
        speed_error=error / left,
        half_life=half_life,
        n=n,
        clusters=clusters,
    )


def _positive_span(years: float) -> None:
    if not 0 < years < np.inf:
        raise DomainError(
            f"the years between must be above 0, not {years:.6g}. Give last year less first year."
        )


def _controls(controls: ArrayLike | None, shape: tuple[int, ...]) -> FloatArray:
    """Return controls of shape (*shape, controls)."""
    if controls is None:
        return np.empty((*shape, 0))
    z = as_float(controls)
    if z.ndim < 2 or np.isinf(z).any():
        raise DomainError(
            "controls need finite values of shape (..., regions, controls). Give one column each."
        )
    try:
        return np.broadcast_to(z, (*shape, z.shape[-1]))
    except ValueError:
        raise DomainError(f"controls of shape {z.shape} do not fit values of shape {shape}.") from None


def _norm(x: FloatArray) -> FloatArray:
    """Return the Euclidean norm of each column of (..., rows, columns)."""
    return np.asarray(np.sqrt(np.einsum("...ri,...ri->...i", x, x)))


def _mean(x: FloatArray, n: IntArray) -> FloatArray:
    """Return the mean over regions of (..., regions, parts) with zeros where left out."""
    found: FloatArray = x.sum(axis=-2) / np.maximum(n, 1)[..., None]
    return found


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return a / b, NaN where b is 0."""
    return np.asarray(a / np.where(b > 0, b, np.nan))[()]
