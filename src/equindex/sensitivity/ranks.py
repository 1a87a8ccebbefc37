"""Ranks over many draws of weights or of whole methods: acceptability, central weights, who is ahead of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, blocks
from equindex.errors import DomainError, MethodError
from equindex.sensitivity._blocks import (
    UNSURE,
    Blocks,
    matrix,
    scores_of,
    share_of,
    weight_blocks,
    whole_blocks,
)
from equindex.sensitivity._places import Tally

__all__ = [
    "Acceptability",
    "acceptability",
    "acceptability_of",
    "confidence",
    "share_error",
    "share_interval",
]


_Number = TypeVar("_Number", bound=np.number[Any])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acceptability:
    """How often each region had each rank: 1 is best, ties share the better rank, as everywhere.

    `counts` and `below` have shape (bins, regions). A bin is one rank, but with more than 20,000 regions a range of
    ranks, such as the 74 from 1 to 74.
    """

    counts: NDArray[np.int32]
    """Draws in which a region's rank from above is in the bin."""
    below: NDArray[np.int32]
    """The same from below: 1 has nobody under it; of ties, both share the lower count."""
    first: IntArray
    last: IntArray
    """First and last rank of each bin."""
    sums: IntArray
    """Sum of a region's ranks over draws."""
    ranked: IntArray
    """Draws in which the region has a score."""
    draws: int
    tied: int
    """Draws in which some regions share a rank."""
    level: int
    """Draws in which all regions share it."""
    led: FloatArray | None = None
    """Sum of the weights of the draws that a region leads, shape (regions, indicators)."""

    @property
    def shares(self) -> FloatArray:
        """Rank acceptability b: share of the region's draws in each bin, shape (bins, regions)."""
        return share_of(self.counts, self.ranked)

    @property
    def mean(self) -> FloatArray:
        """Mean rank, shape (regions,)."""
        return share_of(self.sums, self.ranked)

    @property
    def median(self) -> FloatArray:
        """The rank that a region keeps or betters in at least half of its draws, shape (regions,)."""
        return self.quantile(0.5)

    @property
    def central_weights(self) -> FloatArray:
        """Mean weights of the draws that a region leads, alone or with others; NaN where it never does."""
        if self.led is None:
            raise MethodError("central weights need the draws of weights; these ranks come from scores.")
        return self.led / np.where(self.counts[0] > 0, self.counts[0], np.nan)[:, None]

    def quantile(self, share: ArrayLike) -> FloatArray:
        """Return the least rank that a region keeps or betters in at least `share` of its draws.

        Shape (..., regions) for `share` of shape (...); with bins of several ranks, the last of its bin.
        """
        asked = as_float(share)
        if not ((asked >= 0) & (asked <= 1)).all():
            raise MethodError(f"a quantile is a share from 0 to 1, not {share!r}.")
        last = self.last.astype(np.float64)
        needed = np.maximum(np.ceil(asked[..., None] * self.ranked * (1 - 1e-12)), 1)
        found = np.empty(needed.shape)
        for block in blocks(len(self.ranked), 256):
            reached = self.counts[:, block].cumsum(axis=0, dtype=np.int64)
            for region in range(block.start, block.stop):
                at = np.searchsorted(reached[:, region - block.start], needed[..., region])
                found[..., region] = last[np.minimum(at, len(last) - 1)]
        return np.where(self.ranked > 0, found, np.nan)

    def top(self, k: int) -> FloatArray:
        """Return the share of draws in which a region is among the best k: fewer than k are ahead of it."""
        return share_of(self._within(self.counts, k), self.ranked)

    def bottom(self, k: int) -> FloatArray:
        """Return the share of draws in which a region is among the worst k: fewer than k are behind it."""
        return share_of(self._within(self.below, k), self.ranked)

    def merge(self, other: Acceptability) -> Acceptability:
        """Return the ranks of the draws of both."""
        if self.counts.shape != other.counts.shape or (self.led is None) != (other.led is None):
            raise MethodError("ranks of different regions, or with and without weights, cannot be merged.")
        return Acceptability(
            counts=self.counts + other.counts,
            below=self.below + other.below,
            first=self.first,
            last=self.last,
            sums=self.sums + other.sums,
            ranked=self.ranked + other.ranked,
            draws=self.draws + other.draws,
            tied=self.tied + other.tied,
            level=self.level + other.level,
            led=None if self.led is None or other.led is None else self.led + other.led,
        )

    def _within(self, counts: NDArray[np.int32], k: int) -> IntArray:
        ends, n = self.last, int(self.last[-1])
        if not 1 <= k <= n:
            raise MethodError(f"the best or worst k of {n} ranked regions need k from 1 to {n}, not {k}.")
        if k not in ends:
            near = ends[np.argsort(np.abs(ends - k), kind="stable")[:2]]
            raise MethodError(
                f"with {n:,} regions, ranks are counted in ranges and {k} is inside one. "
                f"Ask for {' or '.join(str(end) for end in sorted(near))}."
            )
        return np.asarray(counts[: int(np.searchsorted(ends, k)) + 1].sum(axis=0, dtype=np.int64))


def acceptability(z: ArrayLike, weights: Blocks) -> Acceptability:
    r"""Rank acceptability of weighted arithmetic means over draws of weights (SMAA-2).

    .. math:: b_r^p = \frac{1}{m} \#\{d : \mathrm{rank}_r(Z w_d) = p\}, \qquad
              w_r^c = \mathrm{mean}\{w_d : \mathrm{rank}_r(Z w_d) = 1\}

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Normalised values, higher is better. A region with a NaN has no rank. [score]
    weights : array_like, shape (draws, indicators), or an iterator of such blocks
        At least 0, with a positive sum in every draw. [share]

    Returns
    -------
    Acceptability
        The same bits for any number of threads. Rows may come in any order: scores closer than rounding in BLAS can
        part them are computed again, indicator by indicator, and tie only if equal.

    Raises
    ------
    DomainError
        If a value is infinite, no region has all its values, a weight is missing, negative or infinite, the weights
        of a draw are all 0, or every draw makes every score equal.

    References
    ----------
    .. [1] Lahdelma, R. and Salminen, P., "SMAA-2: Stochastic multicriteria acceptability analysis for group
       decision making", Operations Research 49(3), 2001, 444-454.

    Examples
    --------
    >>> found = acceptability([[1.0, 0.0], [0.0, 1.0]], [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    >>> found.shares
    array([[0.75, 0.5 ],
           [0.25, 0.5 ]])
    >>> found.central_weights
    array([[0.6 , 0.4 ],
           [0.35, 0.65]])
    """
    x = matrix(z, "z", "(regions, indicators)")
    kept = np.flatnonzero(~np.isnan(x).any(axis=1))
    if not kept.size:
        raise DomainError("no region has all its values, so none can be ranked. Impute, or drop indicators.")
    own = np.ascontiguousarray(x[kept])
    with np.errstate(over="ignore"):
        span = np.ptp(own)
    if not np.isfinite(2 * span):
        raise DomainError("the values differ by more than numbers can hold. Normalise them first.")
    columns = np.ascontiguousarray((own.max() - own + (span or 1.0)).T)
    tally = Tally.of(len(own))
    led = np.zeros(own.shape)
    for block in weight_blocks(weights, x.shape[1], tally.at_once):

        def fill(rows: slice, out: FloatArray, block: FloatArray = block) -> None:
            np.matmul(block[rows], columns, out=out)

        def exact(rows: IntArray, regions: IntArray, block: FloatArray = block) -> FloatArray:
            return scores_of(own, block, regions, rows)

        rows, regions = tally.add(len(block), fill, exact)
        np.add.at(led, regions, block[rows])
    return _result(tally, len(x), kept, led)


def acceptability_of(scores: Blocks, *, after: Acceptability | None = None) -> Acceptability:
    """Rank acceptability from the scores themselves, where draws vary more than weights.

    Parameters
    ----------
    scores : array_like, shape (draws, regions), or an iterator of such blocks
        Higher is better; NaN has no rank in that draw. [score]
    after : Acceptability, optional
        Of earlier draws of the same regions, which these continue.

    Returns
    -------
    Acceptability
        Of all draws. Ties are equal scores.

    Raises
    ------
    DomainError
        If a score is infinite, no draw scores any region, or every draw makes every score equal.

    Examples
    --------
    >>> found = acceptability_of([[3.0, 1.0, 2.0], [3.0, 3.0, 1.0]])
    >>> found.mean, found.top(1), found.bottom(1)
    (array([1. , 2. , 2.5]), array([1. , 0.5, 0. ]), array([0. , 0.5, 0.5]))
    """
    tally: Tally | None = None
    for block in whole_blocks(scores, "scores", "regions"):
        tally = tally or Tally.of(block.shape[1])
        for piece in blocks(len(block), tally.at_once):
            _add_scores(tally, block[piece])
    if after is not None:
        return after if tally is None else after.merge(_ranks_of(tally, tally.n, np.arange(tally.n), None))
    if tally is None or not tally.ranked.any():
        raise DomainError("no draw scores any region, so there are no ranks.")
    return _result(tally, tally.n, np.arange(tally.n), None)


def _add_scores(tally: Tally, block: FloatArray) -> None:
    unknown = np.isnan(block)
    some = bool(unknown.any())
    high = (
        np.where(unknown, -np.inf, block).max(axis=1, keepdims=True) if some else block.max(1, keepdims=True)
    )
    low = np.where(unknown, np.inf, block).min(axis=1, keepdims=True) if some else block.min(1, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):
        span = high - low

    def fill(rows: slice, out: FloatArray) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            np.subtract(high[rows], block[rows], out=out)
            out += span[rows]

    tally.add(len(block), fill, lambda rows, regions: block[rows, regions], unknown if some else None)


def _result(tally: Tally, n: int, kept: IntArray, led: FloatArray | None) -> Acceptability:
    """Return the tally as ranks of all n regions, of which `kept` have any, or refuse that of nothing but ties."""
    if tally.n > 1 and tally.level == tally.draws > 0:
        raise DomainError(
            f"all {tally.draws:,} draws make every score equal, so there is no ranking to judge. Check the values."
        )
    return _ranks_of(tally, n, kept, led)


def _ranks_of(tally: Tally, n: int, kept: IntArray, led: FloatArray | None) -> Acceptability:
    tally.flush()
    below = tally.counts[::-1] if tally.apart is None else tally.counts[::-1] + tally.apart
    counts, sums, ranked = tally.counts, tally.sums, tally.ranked
    if tally.n < n:
        counts, below = (_spread(part, n, kept) for part in (counts, below))
        sums, ranked = (_spread(part[None], n, kept)[0] for part in (sums, ranked))
        led = None if led is None else _spread(led.T, n, kept).T
    return Acceptability(
        counts=counts,
        below=below,
        first=tally.first,
        last=np.append(tally.first[1:] - 1, tally.n),
        sums=sums,
        ranked=ranked,
        draws=tally.draws,
        tied=tally.tied,
        level=tally.level,
        led=led,
    )


def _spread(part: NDArray[_Number], n: int, kept: IntArray) -> NDArray[_Number]:
    """Return columns put in the places of the regions they are of, 0 elsewhere."""
    out = np.zeros((len(part), n), dtype=part.dtype)
    out[:, kept] = part
    return out


def confidence(z: Blocks, central: ArrayLike) -> FloatArray:
    r"""Confidence factor: how often a region leads under the weights that speak most for it.

    .. math:: p_r^c = \frac{1}{m} \#\{d : \mathrm{rank}_r(Z_d w_r^c) = 1\}

    Parameters
    ----------
    z : array_like, shape (regions, indicators), or an iterator of such draws of the values
        Normalised values; NaN leaves the region out. Without variation the factor is 0 or 1. [score]
    central : array_like, shape (regions, indicators)
        `Acceptability.central_weights`, NaN for a region that never leads.

    Returns
    -------
    ndarray, shape (regions,)
        Leading with others counts. NaN where `central` or every draw of the region is. [share]

    Raises
    ------
    DomainError
        If a value is infinite.
    MethodError
        If the shapes do not fit.

    References
    ----------
    .. [1] Lahdelma, R. and Salminen, P., "SMAA-2: Stochastic multicriteria acceptability analysis for group
       decision making", Operations Research 49(3), 2001, 444-454.

    Examples
    --------
    >>> confidence([[1.0, 0.0], [0.0, 1.0], [0.4, 0.4]], [[0.8, 0.2], [0.2, 0.8], [np.nan, np.nan]])
    array([ 1.,  1., nan])
    """
    w = matrix(central, "central", "(regions, indicators)")
    own = np.flatnonzero(~np.isnan(w).any(axis=1))
    first, known = np.zeros((2, len(w)))
    for draw in whole_blocks(z, "z", "indicators"):
        if draw.shape != w.shape:
            raise MethodError(f"central weights are of shape {w.shape}, the values of {draw.shape}.")
        kept = np.asarray(~np.isnan(draw).any(axis=1))
        here = own[kept[own]]
        known[here] += 1
        x = draw[kept]
        place = np.cumsum(kept) - 1
        near = UNSURE * (np.ptp(x) or 1.0) if x.size else 0.0
        for block in blocks(len(here), 512):
            regions = here[block]
            scores = w[regions] @ x.T
            gap = scores.max(axis=1, keepdims=True) - scores
            leads = gap[np.arange(len(regions)), place[regions]] <= near
            at, others = np.nonzero((gap <= near) & leads[:, None])
            mine = scores_of(x, w, place[regions[at]], regions[at])
            leads[at[scores_of(x, w, others, regions[at]) > mine]] = False
            first[regions] += leads
    return share_of(first, known)


def share_error(share: ArrayLike, draws: ArrayLike) -> FloatArray:
    r"""Return the standard error of a share of independent draws, at most 1 / (2 sqrt(draws)).

    .. math:: s = \sqrt{b (1 - b) / m}

    Examples
    --------
    >>> share_error([0.5, 0.1], 10_000)
    array([0.005, 0.003])
    """
    b = as_float(share)
    return np.asarray(np.sqrt(share_of(b * (1 - b), draws)))


def share_interval(
    count: ArrayLike, draws: ArrayLike, *, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Exact interval of a share from the draws that count (Clopper-Pearson).

    .. math:: \left[B^{-1}\left(\tfrac{\alpha}{2}; c, m - c + 1\right),
              B^{-1}\left(1 - \tfrac{\alpha}{2}; c + 1, m - c\right)\right]

    Parameters
    ----------
    count : array_like
        Draws that count, 0 to `draws`.
    draws : array_like
        Independent draws, 1 or more; NaN results for 0.
    level : float
        Coverage, between 0 and 1, that is at least reached.

    Returns
    -------
    low, high : ndarray
        [share]

    Raises
    ------
    MethodError
        If `level` is not between 0 and 1, or a count not between 0 and `draws`.

    References
    ----------
    .. [1] Clopper, C. J. and Pearson, E. S., "The use of confidence or fiducial limits illustrated in the case of
       the binomial", Biometrika 26(4), 1934, 404-413.

    Examples
    --------
    >>> low, high = share_interval([0, 50], 100)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.3983]), array([0.0362, 0.6017]))
    """
    from scipy.special import betaincinv

    if not 0 < level < 1:
        raise MethodError(f"level is a share between 0 and 1, not {level!r}.")
    c, m = np.broadcast_arrays(as_float(count), as_float(draws))
    if not ((c >= 0) & (c <= m)).all():
        raise MethodError("counts of draws must lie between 0 and the number of draws.")
    tail = (1 - level) / 2
    low = np.where(c > 0, betaincinv(np.maximum(c, 1), m - c + 1, tail), 0.0)
    high = np.where(c < m, betaincinv(c + 1, np.maximum(m - c, 1), 1 - tail), 1.0)
    return np.where(m > 0, low, np.nan), np.where(m > 0, high, np.nan)
