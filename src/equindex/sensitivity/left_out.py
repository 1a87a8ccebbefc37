"""Scores without one indicator, one pillar or one region, for all of them at once, without scoring again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, blocks, map_blocks, one_of
from equindex._summary import summarise
from equindex.errors import DomainError, MethodError

__all__ = [
    "Lines",
    "minmax_without_region",
    "moved_up",
    "scores_without_region",
    "without",
    "zscore_without_region",
]

_LITTLE = 1e-3  # of what there was: when less is left, it is counted up again
_SLACK = 1e-9  # a coverage this far below the limit is still at the limit


# --- Indicators ----------------------------------------------------------------------------------------


def without(
    z: ArrayLike,
    w: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Score all regions without each indicator, or each pillar, in turn; the other weights keep their proportions.

    .. math:: S_{r(m)} = \frac{\sum_i w_i z_{ri} - w_m z_{rm}}{\sum_i w_i - w_m}
       = S_r + \frac{w_m}{\sum_i w_i - w_m} (S_r - z_{rm})

    over the indicators that are present.

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, or of the parts of any node; NaN is missing; logs for the geometric mean. [score]
    w : array_like, shape (indicators,)
        Weights, at least 0. [share]
    groups : array_like of int, shape (indicators,), optional
        Pillar of each indicator, 0, 1, ...; each indicator by itself when left out.
    missing : {"propagate", "reweight"}
        A missing score leaves none, or the weights of the others are rescaled.
    min_coverage : float
        With "reweight", least share of the weight of what is left that must be present. [share]

    Returns
    -------
    ndarray, shape (regions, indicators or groups)
        Scores without each. NaN where nothing with a weight is left, or too little. [score]

    Raises
    ------
    DomainError
        If weights are negative, or shapes do not fit.
    MethodError
        If `missing` is unknown.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 7 (inclusion and exclusion).
    .. [2] Becker et al., "COINr: an R package for developing composite indicators", Journal of Open Source
       Software 7(78), 4567, 2022 (remove_elements).

    Examples
    --------
    >>> without([[60.0, 30.0, 90.0]], [0.5, 0.25, 0.25])
    array([[60., 70., 50.]])
    >>> without([[60.0, 30.0, 90.0]], [0.5, 0.25, 0.25], groups=[0, 0, 1])
    array([[90., 50.]])
    """
    one_of("missing", missing, ("propagate", "reweight"))
    z, w = as_float(z), as_float(w)
    if z.ndim != 2 or w.shape != z.shape[1:] or not (w >= 0).all():
        raise DomainError(
            f"leaving out needs a table and a weight of at least 0 for each of its columns, not shapes {z.shape} "
            f"and {w.shape}."
        )
    group = None if groups is None else _groups(groups, len(w))
    absent = None
    filled, weight = z, w[None]
    if np.isnan(z.sum()):
        absent = np.isnan(z)
        filled, weight = np.where(absent, 0.0, z), w * ~absent
    mass, all_mass = (each if group is None else each @ group for each in (weight, w[None]))
    left = _left(weight, mass, group)
    if absent is not None and missing == "propagate":
        gone = (absent & (w > 0)).astype(np.float64)
        mine = gone if group is None else gone @ group
        left[gone.sum(axis=1, keepdims=True) > mine] = 0.0
    elif absent is not None:
        left[left < (min_coverage - _SLACK) * _left(w[None], all_mass, group)] = 0.0
    whole = weight.sum(axis=1, keepdims=True)
    mean = np.einsum("ri,i->r", filled, w)[:, None] / np.where(whole > 0, whole, np.nan)
    none = np.where(left > 0, left, np.nan)
    if group is None:
        found = mean - filled
        found *= mass / none
    else:
        found = (mass * mean - (filled * w) @ group) / none
    found += mean
    few = (left > 0) & (left < _LITTLE * whole)
    if few.any():
        _again(found, filled * w, left, np.broadcast_to(few, found.shape), group)
    return as_float(found)


def _groups(groups: ArrayLike, k: int) -> FloatArray:
    """Return a column of 0 and 1 for each group."""
    number = np.asarray(groups)
    if number.shape != (k,) or number.dtype.kind not in "iu" or (number < 0).any():
        raise DomainError(
            f"groups need a number 0, 1, ... for each of {k} indicators, not {number.tolist()}."
        )
    return as_float(number[:, None] == np.arange(number.max(initial=-1) + 1))


def _left(weight: FloatArray, mass: FloatArray, group: FloatArray | None) -> FloatArray:
    """Return the weight that is left without each part; what is only rounding is counted up again."""
    total = weight.sum(axis=1, keepdims=True)
    left = total - mass
    for row, part in np.argwhere(left < _LITTLE * total):
        others = np.arange(weight.shape[1]) != part if group is None else group[:, part] == 0
        left[row, part] = weight[row, others].sum()
    return as_float(left)


def _again(
    found: FloatArray, own: FloatArray, left: FloatArray, few: BoolArray, group: FloatArray | None
) -> None:
    """Count up where little is left, as a difference would lose digits."""
    left = np.broadcast_to(left, found.shape)
    for part in np.flatnonzero(few.any(axis=0)):
        others = np.arange(own.shape[1]) != part if group is None else group[:, part] == 0
        rows = few[:, part]
        found[rows, part] = own[np.ix_(rows, others)].sum(axis=1) / left[rows, part]


def moved_up(
    score: ArrayLike, part: ArrayLike, changed: ArrayLike, weight: ArrayLike, present: ArrayLike
) -> FloatArray:
    r"""Score a node after one of its parts has changed, so that a change is carried up a tree level by level.

    .. math:: S' = S + \frac{w}{W} (p' - p), \qquad S' = \frac{W S - w p}{W - w} \text{ where } p' \text{ is missing}

    Parameters
    ----------
    score : array_like, shape (regions,)
        Arithmetic score of the node, NaN where it has none. [score]
    part : array_like, shape (regions,)
        Score of the part, NaN where missing. [score]
    changed : array_like, shape (regions, variants)
        Its new scores, such as `without` gives; missing where `part` is, or where nothing is left of it. [score]
    weight : array_like
        Weight of the part in the node. [share]
    present : array_like, shape (regions,) or scalar
        Weight of all parts that are present; their sum where nothing is missing. [share]

    Returns
    -------
    ndarray, shape (regions, variants)
        The new scores of the node; NaN where no other part is left. A least coverage is the caller's to apply.
        [score]

    Examples
    --------
    >>> moved_up([50.0], [40.0], [[60.0, np.nan]], 0.5, 1.0)
    array([[60., 60.]])
    """
    score, part, present = (as_float(each)[..., None] for each in (score, part, present))
    changed, weight = as_float(changed), as_float(weight)
    left = present - weight
    gap = score - part
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = score + weight / present * (changed - part)
        dropped = np.where(left > _SLACK * present, score + weight / left * gap, np.nan)
    found = np.where(np.isnan(changed), dropped, kept)
    return np.asarray(np.where(np.isnan(part), score, found))


# --- Regions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Normalisation as a line ``offset + slope * x`` for each region left out.

    Parameters
    ----------
    slope, offset : ndarray, shape (regions, indicators)
        NaN where the others do not differ, so that the indicator cannot be normalised without that region.
    changed : ndarray of bool, shape (regions,)
        Whether leaving the region out changes any score at all.
    """

    slope: FloatArray
    offset: FloatArray
    changed: BoolArray


def minmax_without_region(
    x: ArrayLike, direction: ArrayLike = 1, *, lower: float = 0.0, upper: float = 100.0
) -> Lines:
    r"""Measure the min-max normalisation of all other regions, for each region left out.

    The two smallest and two largest values of each column tell.

    .. math:: z_{i(r)} = l + (u - l) \frac{x_i - \min_{j \ne r} x_j}{\max_{j \ne r} x_j - \min_{j \ne r} x_j}

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    lower, upper : float
        Score of the worst and of the best measured value. [score]

    Returns
    -------
    Lines

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values to begin with, or a value is infinite.

    Examples
    --------
    >>> found = minmax_without_region([[0.0], [5.0], [10.0]])
    >>> found.slope.ravel(), found.offset.ravel(), found.changed
    (array([20., 10., 20.]), array([-100., 0., 0.]), array([ True, False, True]))
    """
    x = _table(x)
    summarise(x).span()
    (low, first), (high, last) = _ends(x, np.inf), _ends(x, -np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (upper - lower) / (high - low)
    slope[~np.isfinite(slope)] = np.nan
    rising = np.broadcast_to(as_float(direction) > 0, x.shape[1:])
    slope = np.where(rising, slope, -slope)
    origin = np.where(rising, low, high)
    changed = np.zeros(len(x), dtype=bool)
    changed[np.concatenate([first, last])] = True
    return Lines(slope=slope, offset=lower - slope * origin, changed=changed)


def _ends(x: FloatArray, beyond: float) -> tuple[FloatArray, IntArray]:
    """Return the smallest (`beyond` inf) or largest (-inf) value of the others for each region, and who moves it."""
    filled = np.where(np.isnan(x), beyond, x)
    at = filled.argmin(axis=0) if beyond > 0 else filled.argmax(axis=0)
    columns = np.arange(x.shape[1])
    end = filled[at, columns]
    filled[at, columns] = beyond
    second = filled.min(axis=0) if beyond > 0 else filled.max(axis=0)
    found = np.repeat(end[None], len(x), axis=0)
    found[at, columns] = second
    return found, at[second != end]


def zscore_without_region(
    x: ArrayLike, direction: ArrayLike = 1, *, centre: float = 0.0, scale: float = 1.0, ddof: int = 1
) -> Lines:
    r"""Measure the z-scores of all other regions, for each region left out.

    .. math:: \bar x_{(r)} = \bar x - \frac{x_r - \bar x}{n - 1}, \qquad
       M_{(r)} = M - \frac{n}{n - 1} (x_r - \bar x)^2

    with M the sum of squared deviations.

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    centre, scale : float
        Mean and standard deviation of the scores. [score]
    ddof : {1, 0}
        Divisor n - 1 or n of the variance.

    Returns
    -------
    Lines

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values to begin with, or a value is infinite.

    References
    ----------
    .. [1] Chan, Golub, LeVeque, "Algorithms for computing the sample variance: analysis and recommendations", The
       American Statistician 37(3), 1983, p. 242-247.

    Examples
    --------
    >>> zscore_without_region([[0.0], [1.0], [3.0]], ddof=0).slope.ravel().round(4)
    array([1.    , 0.6667, 2.    ])
    """
    x = _table(x)
    if ddof not in (0, 1):
        raise MethodError(f"ddof is 1 (divisor n - 1) or 0 (divisor n), not {ddof!r}.")
    summary = summarise(x)
    summary.span()
    n, deviation = summary.n, x - summary.mean
    present = ~np.isnan(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(present, summary.mean - deviation / (n - 1), summary.mean)
        m2 = np.where(present, summary.m2 - deviation**2 * (n / (n - 1)), summary.m2)
    for row, column in np.argwhere(m2 < _LITTLE * summary.m2):  # a difference would lose digits
        rest = np.delete(x[:, column], row)
        rest = rest[~np.isnan(rest)]
        m2[row, column] = ((rest - rest.mean()) ** 2).sum() if np.ptp(rest) > 0 else 0.0
        mean[row, column] = rest.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = scale * np.sqrt((n - present - ddof) / m2)
    slope[~np.isfinite(slope)] = np.nan
    slope = slope * np.where(as_float(direction) > 0, 1.0, -1.0)
    return Lines(slope=slope, offset=centre - slope * mean, changed=np.asarray(present.any(axis=1)))


def _table(x: ArrayLike) -> FloatArray:
    x = as_float(x)
    if x.ndim != 2 or 0 in x.shape:
        raise DomainError(f"leaving regions out needs a table of regions by indicators, not shape {x.shape}.")
    return x


def scores_without_region(
    x: ArrayLike,
    w: ArrayLike,
    lines: Lines,
    *,
    regions: ArrayLike | None = None,
    missing: str = "propagate",
) -> FloatArray:
    r"""Score the other regions, for each region left out, as two products of matrices.

    .. math:: S_{i(r)} = \sum_m w_m (b_{rm} + a_{rm} x_{im})

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Indicator values, as `lines` were measured on; NaN is missing. [unit of the indicator]
    w : array_like, shape (indicators,)
        Weights, at least 0. [share]
    lines : Lines
        From `minmax_without_region` or `zscore_without_region`.
    regions : array_like of int, optional
        Which to leave out; every one when left out. Only those that are ``changed`` move any score.
    missing : {"propagate", "reweight"}
        A missing value leaves no score, or the weights of the others are rescaled.

    Returns
    -------
    ndarray, shape (regions left out, regions)
        NaN for the region itself, and for all where an indicator with a weight cannot be normalised without it.
        [score]

    Raises
    ------
    DomainError
        If shapes do not fit.
    MethodError
        If `missing` is unknown.

    Examples
    --------
    >>> x = [[0.0], [5.0], [10.0]]
    >>> scores_without_region(x, [1.0], minmax_without_region(x))
    array([[ nan,   0., 100.], [  0.,  nan, 100.], [  0., 100.,  nan]])
    """
    one_of("missing", missing, ("propagate", "reweight"))
    x, w = _table(x), as_float(w)
    if w.shape != x.shape[1:] or lines.slope.shape != x.shape:
        raise DomainError(f"weights {w.shape} and lines {lines.slope.shape} do not fit a table of {x.shape}.")
    out = np.arange(len(x)) if regions is None else np.asarray(regions, dtype=np.int64)
    used = w > 0
    middle = np.nanmedian(x[:, used], axis=0)  # of digits, a region far off takes none
    y, weight = x[:, used] - middle, w[used]
    absent = np.isnan(y)
    y[absent] = 0.0
    present = (~absent).astype(np.float64)
    share = present @ weight
    if missing == "propagate":
        share[absent.any(axis=1)] = np.nan
    share[share == 0] = np.nan
    slope = lines.slope[np.ix_(out, used)]
    offset = lines.offset[np.ix_(out, used)] + slope * middle
    found = np.empty((len(out), len(x)))

    def block(rows: slice, _: FloatArray) -> None:
        np.matmul(slope[rows] * weight, y.T, out=found[rows])
        if absent.any():
            found[rows] += (offset[rows] * weight) @ present.T
        else:
            found[rows] += (offset[rows] @ weight)[:, None]
        found[rows] /= share

    map_blocks(block, blocks(len(out), 256), numbers=found.size * max(1, len(weight)))
    found[np.arange(len(out)), out] = np.nan
    return found
