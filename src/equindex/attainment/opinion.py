"""What people say beside what is counted: satisfaction on one scale, its sampling error, and what it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, blocks, refused_cells
from equindex.errors import DomainError, MethodError

__all__ = ["RankRange", "blend", "margin", "rank_range", "rescale"]

_SAME = 1e-12  # crossings no further apart, as a share of the range of weights, are one crossing
_BLOCK = 1 << 16  # pairs of regions worked through at a time: their crossings stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankRange:
    """Best and worst rank of each region over a range of weights, and the first weight that changes it."""

    best: FloatArray
    worst: FloatArray
    changes_at: FloatArray


def blend(objective: ArrayLike, subjective: ArrayLike, weight: ArrayLike) -> FloatArray:
    r"""Mix an objective score with a subjective one, such as satisfaction (主客观综合, 满意度).

    In Chinese: 主客观结合.

    .. math:: S = (1 - \lambda)\, O + \lambda\, U

    Parameters
    ----------
    objective, subjective : array_like, shape (..., regions)
        Scores on the same scale. [score]
    weight : array_like, broadcastable to them
        Weight of the subjective score, from 0 to 1. [share]

    Returns
    -------
    ndarray, shape (..., regions)
        NaN where either score is missing, unless it has no weight. [score]

    Raises
    ------
    DomainError
        If a weight lies outside 0 to 1.

    References
    ----------
    .. [1] OECD & JRC, "Handbook on Constructing Composite Indicators", OECD, 2008, step 6: linear aggregation.

    Examples
    --------
    >>> blend([90.0, 80.0], [70.0, 85.0], 0.4)
    array([82., 82.])
    """
    objective, subjective, weight = as_float(objective), as_float(subjective), as_float(weight)
    if ((weight < 0) | (weight > 1)).any():
        raise DomainError(
            "the weight of the subjective score must lie between 0 and 1, but goes from "
            f"{np.nanmin(weight):.6g} to {np.nanmax(weight):.6g}. Write 0.3 for 30 %."
        )
    mixed = objective + weight * (subjective - objective)
    return np.where(weight == 0, objective, np.where(weight == 1, subjective, mixed))[()]


def rescale(x: ArrayLike, scale: tuple[ArrayLike, ArrayLike]) -> FloatArray:
    r"""Put survey scores of any scale on 0-100.

    In Chinese: 量表换算.

    .. math:: z = 100\,(x - l) / (u - l)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Survey scores. [scale of the survey]
    scale : pair of array_like, broadcastable to `x`
        Lowest and highest possible answer: (0, 10) for 10 points, (1, 5) for five steps from 1. [scale of the
        survey]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        0 at the lowest and 100 at the highest answer; NaN where `x` or an end is missing. [0-100]

    Raises
    ------
    DomainError
        If a scale is not rising, or a score lies outside its scale.

    References
    ----------
    .. [1] OECD & JRC, "Handbook on Constructing Composite Indicators", OECD, 2008, step 5: min-max, here between
       the ends of the scale.

    Examples
    --------
    >>> rescale([5.38, 10.0], (0, 10))
    array([ 53.8, 100. ])
    """
    x, low, high = (as_float(part) for part in (x, *scale))
    if (low >= high).any():
        raise DomainError(
            "a scale must rise from its lowest to its highest answer. Write it as [lowest, highest]."
        )
    x, low, high = np.broadcast_arrays(x, low, high)
    outside = (x < low) | (x > high)
    if outside.any():
        ends = f"{low[outside][0]:.6g} to {high[outside][0]:.6g}"
        raise refused_cells(
            f"scores must lie on their scale, such as {ends}",
            x,
            outside,
            "Mend them, or declare their scale.",
        )
    return np.asarray(100 * (x - low) / (high - low))[()]


def margin(share: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    r"""Give the Wilson score interval of a percentage from a simple random sample (抽样误差).

    In Chinese: 抽样误差.

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p (1 - p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    share : array_like
        Percentage found, such as that of satisfied answers. [0-100]
    n : array_like, broadcastable to `share`
        Number of answers. [answers]
    level : float
        Share of samples whose interval holds the true percentage, nearly. [share]

    Returns
    -------
    low, high : ndarray
        Never outside 0 to 100, and wider than 0 even at 0 and 100 %; NaN where anything is missing or nobody
        answered. Sampling error alone: who was not reached, and clustered samples, add to it. [0-100]

    Raises
    ------
    DomainError
        If a share lies outside 0 to 100, or a number of answers is below 0.
    MethodError
        If `level` is not a share between 0 and 1.

    References
    ----------
    .. [1] Wilson, E. B., "Probable inference, the law of succession, and statistical inference", Journal of the
       American Statistical Association 22(158), 1927, 209-212.
    .. [2] Newcombe, R. G., "Two-sided confidence intervals for the single proportion: comparison of seven
       methods", Statistics in Medicine 17(8), 1998, 857-872, method 3.

    Examples
    --------
    >>> low, high = margin([95.0, 100.0], 400)
    >>> low.round(2), high.round(2)
    (array([92.4 , 99.05]), array([ 96.74, 100.  ]))
    """
    from scipy.special import ndtri

    share, n = np.broadcast_arrays(as_float(share), as_float(n))
    if not 0 < level < 1:
        raise MethodError(f"level is a share between 0 and 1, not {level:.6g}. Write 0.95 for 95 %.")
    for need, values, bad in (
        ("a percentage must lie between 0 and 100", share, (share < 0) | (share > 100)),
        ("numbers of answers must be 0 or more", n, n < 0),
    ):
        if bad.any():
            raise refused_cells(need, values, bad, "Mend them.")
    a = ndtri((1 + level) / 2) ** 2 / np.where(n > 0, n, np.nan)
    yes, no = share / 100, (100 - share) / 100
    root = a / 2 + np.sqrt(a * yes * no + a**2 / 4)
    # The product of both ends is p²/(1 + z²/n): the small end without a difference of near equals.
    low, high = 100 * yes**2 / (yes + root), 100 - 100 * no**2 / (no + root)
    return low[()], high[()]


def rank_range(
    objective: ArrayLike, subjective: ArrayLike, *, upper: float = 0.5, lower: float = 0.0
) -> RankRange:
    r"""Every rank a region can take while the weight of the subjective score varies, exactly.

    In Chinese: 位次区间.

    The blended scores are straight lines in the weight, so ranks change only where two lines cross, at

    .. math:: \lambda = l + (u - l) \frac{d_l}{d_l - d_u}, \qquad d = S_j - S_i \text{ at either end}

    Parameters
    ----------
    objective, subjective : array_like, shape (..., regions)
        Scores on the same scale, higher is better; regions without both have no rank. [score]
    upper, lower : float
        Range of the weight of the subjective score, within 0 to 1. [share]

    Returns
    -------
    RankRange
        `best` and `worst` rank, 1 best, ties sharing the better rank as they do where lines cross;
        `changes_at`, the weight from or just after which the rank first differs from that at `lower`, NaN where
        it never does. NaN for regions without a rank. [rank, share]

    Raises
    ------
    DomainError
        If the weights are not in order within 0 to 1, or a score is infinite.

    Notes
    -----
    Ranks at `lower` and `upper` are those of `blend` to the bit. Crossings within 10⁻¹² of the range count as
    one. Regions squared times log regions in time, linear in memory for each region.

    References
    ----------
    .. [1] Mareschal, B., "Weight stability intervals in multicriteria decision aid", European Journal of
       Operational Research 33(1), 1988, 54-64: the intervals of a weight that keep a ranking.

    Examples
    --------
    >>> found = rank_range([90.0, 88.0, 80.0], [70.0, 80.0, 75.0])
    >>> found.best, found.worst, found.changes_at.round(4)
    (array([1., 1., 3.]), array([2., 2., 3.]), array([0.1667, 0.1667,    nan]))
    """
    if not 0 <= lower <= upper <= 1:
        raise DomainError(
            f"weights from {lower:.6g} to {upper:.6g} are not in order within 0 to 1. Lower first, then upper."
        )
    pair = np.stack(np.broadcast_arrays(as_float(objective), as_float(subjective)))
    if np.isinf(pair).any():
        raise refused_cells("ranks need finite scores", pair, np.isinf(pair), "Mend them.")
    pair = np.where(np.isnan(pair).any(axis=0), np.nan, pair)
    ends = np.stack([blend(pair[0], pair[1], weight) for weight in (lower, upper)])
    found = np.empty((3, *ends.shape[1:]))
    regions = ends.shape[-1]
    for batch in np.ndindex(ends.shape[1:-1]):
        first, last = ends[(slice(None), *batch)]
        for rows in blocks(regions, max(1, _BLOCK // max(1, regions))):
            found[(slice(None), *batch, rows)] = _ranges(first, last, rows)
    found[:, np.isnan(ends[0])] = np.nan
    return RankRange(best=found[0], worst=found[1], changes_at=lower + (upper - lower) * found[2])


def _ranges(first: FloatArray, last: FloatArray, rows: slice) -> FloatArray:
    """Return best and worst rank of some regions and where, from 0 to 1, the rank first changes.

    A region j is ahead of i until it falls back, or after it has overtaken; at the crossing itself they tie.
    """
    lead, final = first - first[rows, None], last - last[rows, None]
    starts_ahead, ends_ahead = lead > 0, final > 0
    crossed = starts_ahead != ends_ahead
    lead, final = np.abs(lead), np.abs(final)
    at = np.full(lead.shape, 2.0)  # beyond the range: never
    np.divide(lead, lead + final, out=at, where=crossed)

    # One sort orders crossings and what they are: the last bit of each says whether j overtakes.
    keys = at.view(np.int64)
    keys &= ~np.int64(1)
    keys |= crossed & ends_ahead
    keys.sort(axis=-1)
    overtakes = keys & 1
    keys &= ~np.int64(1)

    # Of crossings at one place, only the last counts: at it all tie, after it all have passed.
    counts = np.ones(at.shape, dtype=bool)
    np.greater(np.diff(at, axis=-1), _SAME, out=counts[:, :-1])
    joined = overtakes.cumsum(axis=-1)
    left = np.where(at < 2, 1 - overtakes, 0).cumsum(axis=-1)
    earlier = np.zeros_like(joined)  # joined at the places before
    earlier[:, 1:] = np.maximum.accumulate(np.where(counts, joined, 0), axis=-1)[:, :-1]
    start = starts_ahead.sum(axis=-1)[:, None]
    tied = np.where(counts, start - left + earlier, start)
    after = np.where(counts, start - left + joined, start)

    changed = (tied != start) | (after != start)
    place = changed.argmax(axis=-1)[:, None]
    moved = np.take_along_axis(changed, place, axis=-1)
    where = np.where(moved, np.take_along_axis(at, place, axis=-1), np.nan)
    worst = np.maximum(start[:, 0], after.max(axis=-1))
    return np.stack([1.0 + tied.min(axis=-1), 1.0 + worst, where[:, 0]])
