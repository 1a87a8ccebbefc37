"""Weights from a panel of experts: points, ranks or swings, and how far the experts agree."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, one_of, positioned, refused_cells
from equindex.errors import DomainError, MethodError

__all__ = ["Concordance", "Panel", "budget", "concordance", "rank_order", "swing"]

_ROUNDING = 1e-9
_SUMS = 0.005  # how far an expert's points may be from the total, as a share: 33.3 three times


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What a panel of experts gives each element, shape (elements,) in shares, and how far they differ."""

    weights: FloatArray
    shares: FloatArray
    """Of each expert, shape (experts, elements)."""
    mean: FloatArray
    median: FloatArray
    sd: FloatArray
    """Sample standard deviation over experts; NaN for one expert."""
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Concordance:
    """Kendall's coefficient of concordance and its test."""

    w: float
    chi2: float
    df: int
    p: float


def budget(
    points: ArrayLike,
    *,
    centre: str = "mean",
    trim: float = 0.1,
    total: float | None = None,
    rescale: bool = False,
) -> Panel:
    r"""Turn the points that experts allocate into weights (budget allocation, 专家打分, 德尔菲).

    In Chinese: 预算分配法, 专家打分法.

    .. math:: s_{ej} = \frac{b_{ej}}{\sum_j b_{ej}}, \qquad w_j = \frac{c(s_{\cdot j})}{\sum_j c(s_{\cdot j})}

    Parameters
    ----------
    points : array_like, shape (experts, elements)
        At least 0; what an expert gives nothing is 0, not missing.
    centre : {"mean", "median", "trimmed"}
        What c is over experts; "trimmed" leaves out the floor(trim x experts) lowest and highest of each element.
    trim : float
        Share left out at each end, below 0.5.
    total : float, optional
        What each expert had to allocate; the median of their sums (of two, the higher) when left out. Up to 0.5 %
        off is rounding.
    rescale : bool
        Let sums differ, and count each expert's points as shares of their own sum.

    Returns
    -------
    Panel

    Raises
    ------
    DomainError
        If points are missing or negative, an expert's sum differs, everything is 0, or `trim` leaves nobody out.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (budget allocation process).

    Examples
    --------
    >>> budget([[50, 30, 20], [40, 40, 20], [60, 20, 20]]).weights
    array([0.5, 0.3, 0.2])
    """
    one_of("centre", centre, ("mean", "median", "trimmed"))
    if not 0 <= trim < 0.5:
        raise MethodError(f"trim is a share of at least 0 and below 0.5, not {trim!r}.")
    x = _panel(points)
    bad = x < 0
    if bad.any():
        raise refused_cells("points must be at least 0", x, bad, "Mend the panel's table.")
    sums = x.sum(axis=1, keepdims=True)
    expected = float(np.sort(sums[:, 0])[len(sums) // 2]) if total is None else total
    silent = sums <= 0
    if silent.any():
        listed = ", ".join(f"expert {k}" for k in np.flatnonzero(silent)[:20])
        raise positioned(
            f"every expert must give something, but all points are 0 of {listed}. Ask again, or leave them out.",
            silent,
        )
    off = ~(np.abs(sums - expected) <= _SUMS * expected) & (not rescale)
    if off.any():
        listed = "; ".join(f"expert {k}: {sums[k, 0]:g}" for k in np.flatnonzero(off)[:20])
        raise positioned(
            f"every expert allocates the same total, here {expected:g}, but not {listed}. Ask again, or count each "
            "expert's points as shares of their own sum with rescale.",
            off,
        )
    shares = x / sums
    middle = shares.mean(axis=0)
    if centre == "median":
        middle = np.median(shares, axis=0)
    elif centre == "trimmed":
        cut = int(trim * len(shares) + _ROUNDING)
        if cut == 0:
            n, least = len(shares), ceil(100 / len(shares)) / 100
            some = f"Trim at least {least:g}, or take" if n > 2 else "Take"
            raise DomainError(
                f"trim = {trim:g} of {n} expert{'s' if n > 1 else ''} leaves nobody out. {some} the mean or the median."
            )
        middle = np.sort(shares, axis=0)[cut : len(shares) - cut].mean(axis=0)
    if not middle.sum() > 0:
        raise DomainError(f"the {centre} of every element is 0, as experts agree on none. Take the mean.")
    return Panel(
        weights=middle / middle.sum(),
        shares=shares,
        mean=shares.mean(axis=0),
        median=np.median(shares, axis=0),
        sd=shares.std(axis=0, ddof=1) if len(shares) > 1 else np.full(shares.shape[1], np.nan),
        low=shares.min(axis=0),
        high=shares.max(axis=0),
    )


def concordance(points: ArrayLike) -> Concordance:
    r"""Measure how far experts agree on the order: Kendall's W, corrected for ties, and its chi-square test.

    In Chinese: 肯德尔和谐系数.

    .. math:: W = \frac{12 \sum_j (R_j - \bar R)^2}{m^2 (n^3 - n) - m \sum_e T_e},\quad
       T_e = \sum (t^3 - t),\quad \chi^2 = m (n - 1) W

    Parameters
    ----------
    points : array_like, shape (experts, elements)
        Ranks, points or shares: each expert's are ranked, ties get their mean rank, t of them are tied.

    Returns
    -------
    Concordance
        W is 1 for one and the same order, 0 for none in common. p has n - 1 degrees of freedom; it is approximate,
        and rough below eight elements.

    Raises
    ------
    DomainError
        For fewer than two experts or elements, missing points, or if every expert ties everything.

    References
    ----------
    .. [1] M. G. Kendall, B. Babington Smith, "The problem of m rankings", Annals of Mathematical Statistics 10,
       1939; S. Siegel, N. J. Castellan, "Nonparametric Statistics", 1988, ch. 9.

    Examples
    --------
    >>> found = concordance([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 4, 3]])
    >>> round(found.w, 4), round(found.chi2, 4), found.df
    (0.9111, 8.2, 3)
    """
    from scipy.special import chdtrc

    x = _panel(points)
    m, n = x.shape
    if m < 2 or n < 2:
        raise DomainError(
            f"concordance needs two experts and two elements, but there are {m} and {n}. Ask more experts."
        )
    below = (x[:, np.newaxis, :] < x[:, :, np.newaxis]).sum(axis=-1)
    tied = (x[:, np.newaxis, :] == x[:, :, np.newaxis]).sum(axis=-1)
    ranks = below + (tied + 1) / 2
    ties = (tied.astype(np.float64) ** 2 - 1).sum()  # over the t members of a tie: t (t² - 1)
    scope = m**2 * (n**3 - n) - m * ties
    if not scope > 0:
        raise DomainError(
            "every expert ties everything, so there is no order to agree on. Ask for differences."
        )
    sums = ranks.sum(axis=0)
    w = float(12 * ((sums - sums.mean()) ** 2).sum() / scope)
    chi2 = m * (n - 1) * w
    return Concordance(w=w, chi2=chi2, df=n - 1, p=float(chdtrc(n - 1, chi2)))


def rank_order(ranks: ArrayLike, *, scheme: str = "centroid") -> FloatArray:
    r"""Turn an order of importance into weights.

    In Chinese: 排序赋权法.

    .. math:: w_{(k)} = \frac1n \sum_{j=k}^n \frac1j, \qquad \frac{2 (n + 1 - k)}{n (n + 1)}, \qquad
       \frac{1 / k}{\sum_j 1 / j}

    Parameters
    ----------
    ranks : array_like, shape (..., elements)
        The smallest number is the most important; tied elements share the weights of the places that they take.
    scheme : {"centroid", "sum", "reciprocal"}
        Rank order centroid, rank sum, rank reciprocal: the three forms above.

    Returns
    -------
    ndarray, shape (..., elements)
        Above 0, sums to 1. [share]

    Raises
    ------
    DomainError
        If a rank is missing or infinite.

    References
    ----------
    .. [1] W. G. Stillwell, D. A. Seaver, W. Edwards, "A comparison of weight approximation techniques",
       Organizational Behavior and Human Performance 28, 1981 (sum, reciprocal); F. H. Barron, B. E. Barrett,
       "Decision quality using ranked attribute weights", Management Science 42, 1996 (centroid).

    Examples
    --------
    >>> rank_order([2, 1, 3]).round(4), rank_order([2, 1, 3], scheme="sum").round(4)
    (array([0.2778, 0.6111, 0.1111]), array([0.3333, 0.5   , 0.1667]))
    """
    one_of("scheme", scheme, ("centroid", "sum", "reciprocal"))
    x = as_float(ranks)
    _refuse_missing(x)
    n = x.shape[-1]
    place = np.arange(1, n + 1, dtype=np.float64)
    if scheme == "centroid":
        weight = np.cumsum((1 / place)[::-1])[::-1] / n
    elif scheme == "sum":
        weight = 2 * (n + 1 - place) / (n * (n + 1))
    else:
        weight = (1 / place) / (1 / place).sum()
    up_to = np.concatenate([[0.0], np.cumsum(weight)])
    before = (x[..., np.newaxis, :] < x[..., np.newaxis]).sum(axis=-1)
    tied = (x[..., np.newaxis, :] == x[..., np.newaxis]).sum(axis=-1)
    place_shared = (up_to[before + tied] - up_to[before]) / tied
    return as_float(np.where(tied == 1, weight[np.minimum(before, n - 1)], place_shared))


def swing(points: ArrayLike) -> FloatArray:
    r"""Turn swing points into weights: 100 for the swing from worst to best that matters most, the others against it.

    In Chinese: 摇摆赋权法.

    .. math:: w_j = s_j \Big/ \sum_j s_j, \qquad \max_j s_j = 100

    Parameters
    ----------
    points : array_like, shape (..., elements)
        0 to 100; the largest is 100.

    Returns
    -------
    ndarray, shape (..., elements)
        At least 0, sums to 1. [share]

    Raises
    ------
    DomainError
        If points are missing, negative, above 100, or none is 100.

    References
    ----------
    .. [1] D. von Winterfeldt, W. Edwards, "Decision Analysis and Behavioral Research", 1986, ch. 8.

    Examples
    --------
    >>> swing([100, 60, 40])
    array([0.5, 0.3, 0.2])
    """
    x = as_float(points)
    _refuse_missing(x)
    bad = (x < 0) | (x > 100)
    if bad.any():
        raise refused_cells("swing points lie between 0 and 100", x, bad, "Mend the table.")
    most = x.max(axis=-1, keepdims=True)
    if (most < 100).any():
        raise positioned(
            f"the swing that matters most has 100 points, but the largest here is {most.min():g}. Give it 100, and the "
            "others in proportion.",
            most < 100,
        )
    return as_float(x / x.sum(axis=-1, keepdims=True))


def _panel(points: ArrayLike) -> FloatArray:
    """Return points of shape (experts, elements), none missing."""
    x = as_float(points)
    if x.ndim != 2 or not x.size:
        raise DomainError(f"points have one row per expert and one column per element, not shape {x.shape}.")
    _refuse_missing(x)
    return x


def _refuse_missing(x: FloatArray) -> None:
    bad = ~np.isfinite(x)
    if bad.any():
        raise refused_cells(
            "experts must say something of every element",
            x,
            bad,
            "Ask again, or write 0 for nothing.",
            of=x.size,
        )
