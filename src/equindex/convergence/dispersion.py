"""Sigma convergence: the dispersion of each year."""

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, refused_cells

__all__ = ["Sigma", "logs_of", "sigma"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sigma:
    """Dispersion of each year: sd of logs, coefficient of variation, number of regions; each (..., years)."""

    sd_log: FloatArray
    cv: FloatArray
    n: IntArray


def sigma(
    x: ArrayLike, *, population: ArrayLike | None = None, ddof: int = 0, balanced: bool = False
) -> Sigma:
    r"""Sigma convergence: is the dispersion over regions falling from year to year.

    In Chinese: σ 收敛.

    .. math:: \sigma_t = \sqrt{\sum_i p_i (\ln x_{it} - \overline{\ln x_t})^2}, \qquad
              CV_t = \frac{1}{\mu_t} \sqrt{\sum_i p_i (x_{it} - \mu_t)^2}

    Parameters
    ----------
    x : array_like, shape (..., years, regions)
        Values above 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    ddof : int
        Without population the variances divide by n - `ddof`; the weighted form does not use it.
    balanced : bool
        Measure only regions that have a value in every year, so that regions that come and go cannot pass for
        convergence.

    Returns
    -------
    Sigma
        NaN where a year has no region, or not more than `ddof`. [ln, ratio]

    Raises
    ------
    DomainError
        If a value is 0, negative or infinite, or a population negative or infinite.

    References
    ----------
    .. [1] Barro, R. J. and Sala-i-Martin, X., "Convergence", Journal of Political Economy 100(2), 1992, 223-251.

    Examples
    --------
    >>> found = sigma([[1.0, 4.0], [2.0, 4.0]])
    >>> found.sd_log.round(4), found.cv.round(4)
    (array([0.6931, 0.3466]), array([0.6   , 0.3333]))
    """
    x = as_float(x)
    if population is None:
        weights = np.where(np.isnan(x), 0.0, 1.0)
    else:
        people = np.broadcast_to(as_float(population), x.shape)
        if (people < 0).any() or np.isinf(people).any():
            raise refused_cells(
                "a population needs to be finite and 0 or more",
                people,
                ~(people >= 0) | np.isinf(people),
                "Mend it.",
            )
        weights = np.where(np.isnan(x) | np.isnan(people), 0.0, people)
    if balanced:
        weights = np.where((weights > 0).all(axis=-2, keepdims=True), weights, 0.0)
    logs = logs_of(x, weights > 0)
    n = (weights > 0).sum(axis=-1)
    total = weights.sum(axis=-1)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = weights / np.where(total > 0, total, np.nan)
        free = np.where(n > ddof, n / (n - ddof), np.nan) if population is None else np.ones(n.shape)
        values = np.where(weights > 0, x, 1.0)
        mean = np.vecdot(values, shares)
        sd_log = np.sqrt(np.vecdot((logs - np.vecdot(logs, shares)[..., None]) ** 2, shares) * free)
        cv = np.sqrt(np.vecdot((values / mean[..., None] - 1) ** 2, shares) * free)
    return Sigma(sd_log=sd_log, cv=cv, n=n)


def logs_of(x: FloatArray, keep: BoolArray) -> FloatArray:
    """Return logarithms, 0 where left out, or refuse values that have none."""
    bad = keep & ~((x > 0) & (x < np.inf))
    if bad.any():
        raise refused_cells("convergence needs finite values above 0", x, bad, "Leave them out.")
    return np.log(np.where(keep, x, 1.0))
