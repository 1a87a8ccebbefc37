"""Regions compared with each other, indicator by indicator: only who is ahead counts, not by how much."""

from __future__ import annotations

from typing import cast

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, blocks, map_blocks
from equindex.aggregate.base import SLACK, methods, together
from equindex.errors import DomainError

__all__ = ["borda", "copeland", "kemeny"]

_PAIRS = 1 << 17  # pairs per block: 1 MiB
_KEMENY_MOST = 10
_TIE_DIGITS = 12  # scores that agree to this many digits of the largest tie, as they do in ranks


@methods.add(relative=True, ordinal=True, scale="own", whole="the score comes of comparing regions")
def copeland(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Count the regions that each region beats, less those that beat it, by majority of weight.

    In Chinese: 科普兰法.

    .. math:: S_r = \#\{s : e_{rs} > e_{sr}\} - \#\{s : e_{rs} < e_{sr}\}, \qquad
       e_{rs} = \sum_{i : z_{ri} > z_{si}} w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better, on any scales; those that differ by rounding only are equal. NaN is missing.
        [score]
    weights : array_like, shape (indicators,) or (..., 1, indicators)
        At least 0; scaled by their sum.
    missing : {"propagate", "reweight"}
        A region with a missing score is left out, or two regions are compared by what both have.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Whole numbers that sum to 0, from 1 - n to n - 1 among n scored regions; a cycle (a beats b beats c beats
        a) ends level. NaN for regions left out, which nobody is compared with. [wins]

    Raises
    ------
    DomainError
        If only one region has a score, a score is infinite, or weights are negative, missing or all 0.
    MethodError
        If regions differ in weights.

    Notes
    -----
    The score depends on which regions take part, and may change when one joins. Time grows with the square of
    their number. A framework compares the regions of each year by themselves, whatever its `base`.

    References
    ----------
    .. [1] Copeland, "A reasonable social welfare function", University of Michigan, 1951.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (non-compensatory
       multi-criteria approach).

    Examples
    --------
    >>> copeland([[3, 1, 3], [2, 3, 2], [1, 2, 1]], [2, 1, 1])
    array([ 2.,  0., -2.])
    """

    def wins(z: FloatArray, w: FloatArray) -> FloatArray:
        z, score = _tied(z), np.empty(len(z))

        def block(rows: slice, _: FloatArray) -> None:
            lead = _leads(z, w, rows)
            score[rows] = (lead > SLACK).sum(axis=1) - (lead < -SLACK).sum(axis=1)

        map_blocks(block, blocks(len(z), max(1, _PAIRS // len(z))), numbers=len(z) * z.size)
        return score

    return together(wins, x, weights, missing, min_coverage, "copeland")


@methods.add(relative=True, ordinal=True, scale="own", whole="the score comes of comparing regions")
def borda(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Average the number of regions that each region is ahead of, ties counting half.

    In Chinese: 波达计数法.

    .. math:: S_r = \sum_i w_i \Big( \#\{s : z_{si} < z_{ri}\} + \tfrac12 \#\{s \ne r : z_{si} = z_{ri}\} \Big)
       \Big/ \sum_i w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better, on any scales; those that differ by rounding only are equal. NaN is missing.
        [score]
    weights : array_like, shape (indicators,) or (..., 1, indicators)
        At least 0; scaled by their sum.
    missing : {"propagate", "reweight"}
        A region with a missing score is left out, or scored by what it has. Of m regions with an indicator, the
        share of the others left behind counts, times n - 1; an indicator that one region alone has does not.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        From 0 to n - 1 among n scored regions, (n - 1) / 2 on average. NaN for regions left out. [regions]

    Raises
    ------
    DomainError
        If only one region has a score, a score is infinite, or weights are negative, missing or all 0.
    MethodError
        If regions differ in weights.

    Notes
    -----
    The score depends on which regions take part; the order of two may turn when a third joins. A framework compares
    the regions of each year by themselves, whatever its `base`.

    References
    ----------
    .. [1] Borda, "Mémoire sur les élections au scrutin", Histoire de l'Académie royale des sciences, 1781.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (Borda's rule).

    Examples
    --------
    >>> borda([[30.0, 5.0], [20.0, 5.0], [10.0, 9.0]], [1, 1])
    array([1.25, 0.75, 1.  ])
    """

    def average(z: FloatArray, w: FloatArray) -> FloatArray:
        n, k = z.shape
        z, points = _tied(z), np.full((n, k), np.nan)

        def column(i: int, _: FloatArray) -> None:
            there = np.flatnonzero(~np.isnan(z[:, i]))
            if len(there) > 1:
                points[there, i] = _ahead(z[there, i]) * ((n - 1) / (len(there) - 1))

        map_blocks(column, range(k), numbers=z.size)
        present = ~np.isnan(points)
        if present.all():
            return cast("FloatArray", np.einsum("ri,i->r", points, w))
        share = np.einsum("ri,i->r", present.astype(np.float64), w)
        return cast("FloatArray", np.einsum("ri,i->r", np.where(present, points, 0.0), w) / share)

    return together(average, x, weights, missing, min_coverage, "borda")


@methods.add(
    relative=True, ordinal=True, scale="own", whole="the score comes of comparing regions", most=_KEMENY_MOST
)
def kemeny(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Rank the regions in the order that agrees best with the indicators' orders, exactly.

    In Chinese: 凯梅尼法.

    .. math:: \max_\pi \sum_{r \text{ before } s \text{ in } \pi} (e_{rs} - e_{sr}), \qquad
       e_{rs} = \sum_{i : z_{ri} > z_{si}} w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better, on any scales; those that differ by rounding only are equal. NaN is missing.
        [score]
    weights : array_like, shape (indicators,) or (..., 1, indicators)
        At least 0; scaled by their sum.
    missing : {"propagate", "reweight"}
        A region with a missing score is left out, or two regions are compared by what both have.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Number of regions placed behind, n - 1 for the best; where several orders agree equally well, the mean over
        all of them. NaN for regions left out. [regions]

    Raises
    ------
    DomainError
        If more than 10 regions, or only one, have a score; if a score is infinite; if weights are negative, missing
        or all 0.
    MethodError
        If regions differ in weights.

    Notes
    -----
    Sets of regions are built up one by one, 2^n of them. There is no approximation for larger n, because the order
    found would depend on where the search began. The score depends on which regions take part. A framework compares
    the regions of each year by themselves, whatever its `base`.

    References
    ----------
    .. [1] Kemeny, "Mathematics without numbers", Daedalus 88(4), 1959, p. 577-591.
    .. [2] Young, "Condorcet's theory of voting", American Political Science Review 82(4), 1988, p. 1231-1244.
    .. [3] Munda, Nardo, "Noncompensatory/nonlinear composite indicators for ranking countries: a defensible
       setting", Applied Economics 41(12), 2009, p. 1513-1523.

    Examples
    --------
    >>> kemeny([[3, 1, 3], [2, 3, 2], [1, 2, 1]], [2, 1, 1])
    array([2., 1., 0.])
    """
    return together(_kemeny, x, weights, missing, min_coverage, "kemeny")


def _tied(z: FloatArray) -> FloatArray:
    """Round each indicator to some digits of its largest number, so that rounding errors beat nobody."""
    largest = np.fmax.reduce(np.abs(z), axis=0)
    unit = 10.0 ** (_TIE_DIGITS - np.ceil(np.log10(largest)))
    return np.where(np.isfinite(unit), np.round(z * unit), z)


def _leads(z: FloatArray, w: FloatArray, rows: slice) -> FloatArray:
    """Weight of the indicators in which each of `rows` is ahead of each region, less where it is behind."""
    mine = z[rows]
    lead = np.zeros((len(mine), len(z)))
    for i, weight in enumerate(w):
        own, other = mine[:, i, None], np.ascontiguousarray(z[:, i])
        lead += weight * ((own > other).view(np.int8) - (own < other).view(np.int8))
    return lead


def _ahead(values: FloatArray) -> FloatArray:
    """How many values each one is above, ties counting half."""
    order = np.argsort(values)
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    size = np.diff(np.append(starts, len(values)))
    points = np.empty(len(values))
    points[order] = np.repeat(starts + (size - 1) / 2, size)
    return points


def _kemeny(z: FloatArray, w: FloatArray) -> FloatArray:
    """Mean number of regions behind each one, over all best orders."""
    n = len(z)
    if n > _KEMENY_MOST:
        raise DomainError(
            f"kemeny is exact for at most {_KEMENY_MOST} regions, and {n} are to be compared. Use copeland or borda."
        )
    lead = _leads(_tied(z), w, slice(None))
    chosen = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1  # sets of regions already placed, best first
    size = chosen.sum(axis=1)
    gain = lead.sum(axis=1) - chosen @ lead.T  # of placing a region next: its lead over those not yet placed
    slack = SLACK * n * n
    ahead, behind = np.full(1 << n, -np.inf), np.full(1 << n, -np.inf)
    ways_ahead, ways_behind = np.zeros(1 << n), np.zeros(1 << n)
    ahead[0] = behind[-1] = 0.0
    ways_ahead[0] = ways_behind[-1] = 1.0
    steps = [np.argwhere((size[:, None] == placed) & (chosen == 0)).T for placed in range(n)]
    for before, region in steps:
        after = before | (1 << region)
        worth = ahead[before] + gain[before, region]
        np.maximum.at(ahead, after, worth)
        best = worth >= ahead[after] - slack
        np.add.at(ways_ahead, after[best], ways_ahead[before[best]])
    for before, region in reversed(steps):
        after = before | (1 << region)
        worth = behind[after] + gain[before, region]
        np.maximum.at(behind, before, worth)
        best = worth >= behind[before] - slack
        np.add.at(ways_behind, before[best], ways_behind[after[best]])
    total = np.zeros(n)
    for placed, (before, region) in enumerate(steps):
        after = before | (1 << region)
        best = ahead[before] + gain[before, region] + behind[after] >= ahead[-1] - slack
        orders = ways_ahead[before[best]] * ways_behind[after[best]]
        np.add.at(total, region[best], orders * (n - 1 - placed))
    return cast("FloatArray", total / ways_ahead[-1])
