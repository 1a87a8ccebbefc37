"""Draws of weights for a group of siblings, in chunks whose numbers depend on the seed alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, map_blocks, refused_cells
from equindex.errors import DomainError, MethodError
from equindex.sensitivity._bounded import Bounded
from equindex.sensitivity._orders import extensions, reach

__all__ = ["PER_CHUNK", "Sampler", "band", "chunk", "constrained", "dirichlet", "draw", "panel", "uniform"]

PER_CHUNK = 1024  # draws of one stream

Sampler = Callable[[np.random.Generator, int], FloatArray]
"""Returns that many draws from a generator, shape (draws, weights), each at least 0 and of sum 1."""

_ROUNDING = 1e-12
_TRIES = 4096  # draws that tell how many of them meet the other conditions
_LEAST = 0.002  # share of them that must


def chunk(samplers: Sequence[Sampler], number: int, *, seed: int = 0) -> list[FloatArray]:
    """Return the 1,024 draws of one chunk from each sampler: draw d is row d % 1,024 of chunk d // 1,024.

    Chunk c has the stream ``SeedSequence(seed, spawn_key=(c,))``, from which the samplers draw in turn.

    Raises
    ------
    MethodError
        If the seed is not a whole number of 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise MethodError(f"seed must be a whole number of 0 or more, not {seed!r}.")
    rng = np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(number,)))
    return [sampler(rng, PER_CHUNK) for sampler in samplers]


def draw(samplers: Sequence[Sampler], draws: int, *, seed: int = 0) -> list[FloatArray]:
    """Draw the weights of every group of siblings.

    Parameters
    ----------
    samplers : sequence of Sampler
        One per group, always in the same order: it decides which numbers a group gets.
    draws : int
        How many, 1 or more.
    seed : int
        Same seed, same bits, on any number of threads; a longer run begins with the shorter one.

    Returns
    -------
    list of ndarray, each of shape (draws, weights)
        Each draw is at least 0 and sums to 1. [share]

    Raises
    ------
    MethodError
        If there is nothing to draw, or the seed is not a whole number of 0 or more.

    Examples
    --------
    >>> pillars, indicators = draw([uniform(3), band([0.5, 0.5], 0.2)], 2000, seed=7)
    >>> pillars.shape, bool((draw([uniform(3)], 5, seed=7)[0] == pillars[:5]).all())
    ((2000, 3), True)
    """
    if draws < 1:
        raise MethodError(f"draws must be 1 or more, not {draws}.")
    numbers = range(-(-draws // PER_CHUNK))
    found = map_blocks(
        lambda number, _: chunk(samplers, number, seed=seed), numbers, numbers=draws * 16 * len(samplers)
    )
    return [np.concatenate(parts)[:draws] for parts in zip(*found, strict=True)]


def uniform(size: int) -> Sampler:
    r"""Any weights of sum 1, all equally likely: Dirichlet with every parameter 1.

    .. math:: w_i = e_i / \sum_j e_j, \qquad e_i \sim \mathrm{Exp}(1)

    Parameters
    ----------
    size : int
        Number of weights, 1 or more.

    Returns
    -------
    Sampler

    Raises
    ------
    MethodError
        If `size` is below 1.

    References
    ----------
    .. [1] Devroye, L., "Non-Uniform Random Variate Generation", Springer, 1986, ch. V, theorem 2.2.
    """
    if size < 1:
        raise MethodError(f"there must be 1 weight or more, not {size}.")
    return lambda rng, count: _scaled(rng.standard_exponential((count, size)))


def dirichlet(weights: ArrayLike, concentration: float) -> Sampler:
    r"""Weights scattered around given ones.

    .. math:: w \sim \mathrm{Dir}(c \bar w), \qquad E w_i = \bar w_i, \qquad
              \mathrm{var}\, w_i = \bar w_i (1 - \bar w_i) / (c + 1)

    Parameters
    ----------
    weights : array_like, shape (weights,)
        The means, scaled to sum 1; a weight of 0 stays 0. [share]
    concentration : float
        c, above 0: the greater, the closer to `weights`.

    Returns
    -------
    Sampler

    Raises
    ------
    DomainError
        If a weight is missing, infinite or negative, or all are 0.
    MethodError
        If `concentration` is not above 0.

    References
    ----------
    .. [1] Kotz, S., Balakrishnan, N. and Johnson, N. L., "Continuous Multivariate Distributions", vol. 1, 2nd ed.,
       Wiley, 2000, ch. 49.
    """
    w = _given(weights)
    if not 0 < concentration < np.inf:
        raise MethodError(f"concentration must be above 0 and finite, not {concentration!r}.")
    some = w > 0

    def sample(rng: np.random.Generator, count: int) -> FloatArray:
        out = np.zeros((count, len(w)))
        out[:, some] = rng.dirichlet(concentration * w[some], count)
        return out

    return sample


def band(weights: ArrayLike, width: ArrayLike) -> Sampler:
    r"""Weights up to a share b above or below given ones, drawn before they are scaled to sum 1.

    .. math:: w_i = v_i / \sum_j v_j, \qquad v_i \sim U[(1 - b_i) \bar w_i, (1 + b_i) \bar w_i]

    Parameters
    ----------
    weights : array_like, shape (weights,)
        The middles. [any common unit]
    width : array_like, shape (weights,) or scalar
        b, 0 to 1; some weight must have more than 0. [share of the weight]

    Returns
    -------
    Sampler

    Raises
    ------
    DomainError
        If a weight is missing, infinite or negative, all are 0, or nothing varies.
    MethodError
        If a width is not between 0 and 1.

    References
    ----------
    .. [1] Saisana, M., Saltelli, A. and Tarantola, S., "Uncertainty and sensitivity analysis techniques as tools for
       the quality assessment of composite indicators", Journal of the Royal Statistical Society A 168(2), 2005,
       307-323.
    """
    w = _given(weights)
    b = as_float(width)
    if b.ndim > 1 or b.size not in (1, len(w)):
        raise MethodError(f"there are {b.size} widths for {len(w)} weights.")
    if not ((b >= 0) & (b <= 1)).all():
        raise MethodError(f"width is a share of the weight from 0 to 1, not {width!r}.")
    half = b * w
    if not (half > 0).any():
        raise DomainError(
            "the band has width 0, so no weight varies. Widen it, or leave weights out of what varies."
        )
    return lambda rng, count: _scaled(w - half + 2 * half * rng.random((count, len(w))))


def constrained(
    low: ArrayLike,
    high: ArrayLike,
    order: ArrayLike = (),
    *,
    names: Sequence[str] | None = None,
) -> Sampler:
    r"""Weights of sum 1 between bounds and in a given order, all equally likely.

    .. math:: w \sim U\{w : \textstyle\sum_i w_i = 1,\; l_i \le w_i \le h_i,\; w_i \ge w_j
              \text{ for } (i, j) \text{ in the order}\}

    Parameters
    ----------
    low, high : array_like, shape (weights,)
        Bounds of the weights as they are after scaling to sum 1; 0 and 1 leave a weight free. [share]
    order : array_like of int, shape (pairs, 2)
        Positions (i, j) of a weight and another that it is at least as great as.
    names : sequence of str, optional
        What the weights are called in messages.

    Returns
    -------
    Sampler
        Exact, without a chain that has to settle. Where different bounds and an order meet, draws that keep one and
        miss the other are drawn again.

    Raises
    ------
    DomainError
        If the conditions contradict each other, allow one set of weights only, or fewer than 1 in 500 draws meets
        bounds and order together.
    MethodError
        If bounds and order do not fit each other, or an order leaves too many ways to count.

    Notes
    -----
    Bounds alone: see [1]_ for densities tilted exponentially, which stay uniform given their sum. An order alone: the
    sorted weights of a uniform draw, given to the elements in a random order that keeps it, each such order being as
    likely as any other; for a full order the means are the rank-order centroids of [2]_.

    References
    ----------
    .. [1] Devroye, L., "Non-Uniform Random Variate Generation", Springer, 1986, ch. V.2 and II.3.
    .. [2] Barron, F. H. and Barrett, B. E., "Decision quality using ranked attribute weights", Management Science
       42(11), 1996, 1515-1523.

    Examples
    --------
    >>> drawn = draw([constrained([0.1, 0.2, 0.0], [0.5, 0.6, 0.2], [(1, 0)])], 1000)[0]
    >>> bool((drawn[:, 1] >= drawn[:, 0]).all()), drawn.min(axis=0).round(1), drawn.max(axis=0).round(1)
    (True, array([0.2, 0.4, 0. ]), array([0.5, 0.6, 0.2]))
    """
    below, over = np.atleast_1d(as_float(low)), np.atleast_1d(as_float(high))
    pairs = np.asarray(order, dtype=np.int64).reshape(-1, 2)
    size = len(below)
    if below.ndim != 1 or below.shape != over.shape or not size:
        raise MethodError(f"bounds need one value per weight, but shapes are {below.shape} and {over.shape}.")
    if ((pairs < 0) | (pairs >= size)).any():
        raise MethodError(
            f"an order names weights by position 0 to {size - 1}, not {pairs.ravel().tolist()}."
        )
    called = [f"weight {i}" for i in range(size)] if names is None else list(names)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    above = reach(size, pairs)
    below, over = _possible(below, over, above, called)
    if size == 1 or not pairs.size:
        return Bounded(below, over)
    orders = extensions(above)
    hull = Bounded(np.full(size, below.min()), np.full(size, over.max()))

    def sorted_into_order(rng: np.random.Generator, count: int) -> FloatArray:
        found = -np.sort(-hull(rng, count), axis=1)
        out = np.empty_like(found)
        np.put_along_axis(out, orders(rng, count), found, axis=1)
        return out

    def fits(w: FloatArray) -> BoolArray:
        inside = ((w >= below) & (w <= over)).all(axis=1)
        return np.asarray(inside & (w[:, pairs[:, 0]] >= w[:, pairs[:, 1]]).all(axis=1))

    if (below == below[0]).all() and (over == over[0]).all():
        return sorted_into_order
    bases: list[Sampler] = [sorted_into_order, Bounded(below, over)]
    rates = [float(fits(base(np.random.default_rng(0), _TRIES)).mean()) for base in bases]
    if max(rates) < _LEAST:
        raise DomainError(
            "fewer than 1 in 500 draws meets both the bounds and the order of the weights, too few to draw from. "
            "Drop the bounds or the comparisons that matter least."
        )
    base = bases[int(np.argmax(rates))]

    def sample(rng: np.random.Generator, count: int) -> FloatArray:
        out = np.empty((0, size))
        while len(out) < count:
            tried = base(rng, count)
            out = np.concatenate([out, tried[fits(tried)]])
        return out[:count]

    return sample


def panel(points: ArrayLike) -> Sampler:
    r"""Mean weights of experts drawn again, with replacement, from a panel.

    .. math:: w = \frac{1}{m} \sum_{e=1}^{m} s_{d_e}, \qquad s_{ej} = b_{ej} / \textstyle\sum_j b_{ej}

    Parameters
    ----------
    points : array_like, shape (experts, weights)
        Points or weights, at least 0; each expert counts by shares of their own sum.

    Returns
    -------
    Sampler

    Raises
    ------
    DomainError
        If points are missing, infinite or negative, an expert gives none, or all experts agree.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J., "An Introduction to the Bootstrap", Chapman & Hall, 1993, ch. 6.
    """
    x = as_float(points)
    if x.ndim != 2:
        raise MethodError(f"points need two axes, (experts, weights), but their shape is {x.shape}.")
    bad = ~((x >= 0) & (x < np.inf))
    if bad.any():
        raise refused_cells(
            "points must be at least 0 and finite", x, bad, "Mend the panel's table.", of=x.size
        )
    none = np.flatnonzero(x.sum(axis=1) == 0)
    if none.size:
        raise DomainError(
            f"experts must give points, but {_listed(none)} gave none. Leave them out, or ask again."
        )
    shares = _scaled(x)
    if x.shape[1] > 1 and (np.ptp(shares, axis=0) <= _ROUNDING).all():
        raise DomainError(
            "all experts agree, so drawing them again varies nothing. Vary the weights in another way."
        )
    experts = len(shares)

    def sample(rng: np.random.Generator, count: int) -> FloatArray:
        drawn = rng.integers(experts, size=(count, experts)) + experts * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * experts).reshape(count, experts)
        return times @ shares / experts

    return sample


def _possible(
    low: FloatArray, high: FloatArray, above: BoolArray, names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds as the order narrows them, or say which conditions contradict each other."""
    faults = [
        f"{name} has bounds {a:g} to {b:g}"
        for name, a, b in zip(names, low, high, strict=True)
        if not (0 <= a <= b <= 1)
    ]
    circle = np.flatnonzero(above.diagonal())
    if circle.size:
        faults.append(f"{_listed(circle, names)} are each at least as great as the others, in a circle")
    against = above & (high[:, None] < low)
    faults += [
        f"{names[i]} must be at least {names[j]}, but is at most {high[i]:g}, which is less than {low[j]:g}"
        for i, j in np.argwhere(against)
        if i != j
    ]
    if faults:
        raise DomainError(
            f"conditions on weights contradict each other: {'; '.join(faults)}. "
            "Bounds are shares from 0 to 1, the lower first."
        )
    least = np.where(above, low, 0.0).max(axis=1, initial=0.0)
    most = np.where(above, high[:, None], 1.0).min(axis=0, initial=1.0)
    low, high = np.maximum(low, least), np.minimum(high, most)
    if low.sum() > 1 + _ROUNDING or high.sum() < 1 - _ROUNDING:
        side, bound = ("lower", low) if low.sum() > 1 else ("upper", high)
        parts = " + ".join(f"{value:g} ({name})" for name, value in zip(names, bound, strict=True) if value)
        raise DomainError(
            f"weights must add up to 1, but their {side} bounds add up to {bound.sum():g}: {parts}. "
            f"{'Lower' if side == 'lower' else 'Raise'} some."
        )
    fixed = low.sum() > 1 - _ROUNDING or high.sum() < 1 + _ROUNDING or (high - low > _ROUNDING).sum() < 2
    if len(low) > 1 and fixed:
        raise DomainError(
            "the conditions allow one set of weights only, so nothing varies. Widen the bounds, or leave these weights "
            "out of what varies."
        )
    return low, high


def _given(weights: ArrayLike) -> FloatArray:
    """Return weights scaled to sum 1."""
    w = as_float(weights)
    if w.ndim != 1 or not w.size:
        raise MethodError(f"weights need one axis, but their shape is {w.shape}.")
    bad = ~((w >= 0) & (w < np.inf))
    if bad.any():
        raise refused_cells("weights must be at least 0 and finite", w, bad, "Mend them.", of=w.size)
    if not w.any():
        raise DomainError("all weights are 0, so there is nothing to vary around. Give one a weight.")
    return np.asarray(w / w.sum())


def _scaled(x: FloatArray) -> FloatArray:
    return np.asarray(x / x.sum(axis=1, keepdims=True))


def _listed(positions: IntArray, names: Sequence[str] | None = None) -> str:
    words = [f"expert {i}" if names is None else names[i] for i in positions[:20]]
    return ", ".join(words) + (", …" if len(positions) > 20 else "")
