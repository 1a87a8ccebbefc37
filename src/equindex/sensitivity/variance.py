"""How much of the variance of each output is owed to each factor: first-order and total effects (Sobol' indices)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    IntArray,
    as_float,
    blocks,
    map_blocks,
    one_of,
    refused_cells,
)
from equindex.errors import DomainError, MethodError
from equindex.sensitivity.samples import Design, codes_of, resample_counts, still

__all__ = ["Indices", "Interval", "Moments", "indices", "weight_indices"]

Interval = Literal["percentile", "normal"]
_STILL = (
    1e-12  # an output whose standard deviation is less than this of its size does not vary: it is rounding
)
_NUMBERS = 1 << 17  # worked on at once: 1 MiB
_ROWS, _REGIONS = 512, 128  # of one product of matrices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Indices:
    """Effects of factors, or groups of them, on outputs of shape (...).

    Attributes
    ----------
    first, total : ndarray, shape (..., factors)
        Share of the variance that goes if the factor is fixed, and that stays if all others are. Estimates of
        `first` near 0 may be negative: they are left as they are. NaN where the output is constant.
    first_low, first_high, total_low, total_high : ndarray, shape (..., factors)
        Their intervals; NaN without resamples.
    variance : ndarray, shape (...)
        Of the output, over both samples.
    constant : ndarray of bool, shape (...)
        The output does not vary, so that there is nothing to share out.
    """

    first: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    total: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    variance: FloatArray
    constant: BoolArray


class Moments:
    """Sums over rows of a design, from which `indices` follow: outputs may come in blocks of rows.

    Parameters
    ----------
    n : int
        Rows of the whole design.
    resamples, seed : int
        How many times its rows are drawn again for intervals, and the seed of that.

    Examples
    --------
    >>> a, b, ab = np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> moments = Moments(2)
    >>> for row in (slice(0, 1), slice(1, 2)):
    ...     moments.add(a[row], b[row], ab[row])
    >>> moments.indices().total
    array([2., 0.])
    """

    def __init__(self, n: int, *, resamples: int = 0, seed: int = 0) -> None:
        self._counts = resample_counts(n, resamples, seed)
        self._added = 0
        self._outputs: tuple[int, ...] = ()

    def add(self, a: ArrayLike, b: ArrayLike, ab: ArrayLike) -> None:
        """Add the outputs of the next rows, as `indices` takes them.

        Parameters
        ----------
        a, b : array_like, shape (rows, ...)
            Outputs at the rows of A and of B.
        ab : array_like, shape (rows, groups, ...)
            Outputs at the rows of A with one group from B.
        """
        a, b, ab = as_float(a), as_float(b), as_float(ab)
        rows, groups = ab.shape[:2] if ab.ndim > 1 else (0, 0)
        if not rows * groups or a.shape != b.shape or ab.shape != (*a.shape[:1], groups, *a.shape[1:]):
            raise DomainError(
                f"outputs need the shapes (rows, ...), (rows, ...) and (rows, groups, ...), not {a.shape}, {b.shape} "
                f"and {ab.shape}."
            )
        start, end, n = self._added, self._added + rows, self._counts.shape[1]
        if end > n:
            raise DomainError(f"the design has {n:,} rows, but {end:,} were added.")
        _refuse_unknown(a, b, ab, start)
        flat_a, flat_b, flat_ab = a.reshape(rows, -1), b.reshape(rows, -1), ab.reshape(rows, groups, -1)
        outputs = flat_a.shape[1]
        if start == 0:
            self._outputs = a.shape[1:]
            self._shift = (flat_a.mean(axis=0) + flat_b.mean(axis=0)) / 2
            self._sum, self._largest = np.zeros((2, outputs))
            self._level, self._square = np.zeros((2, len(self._counts), outputs))
            self._effects = np.zeros((3, len(self._counts), groups, outputs))
        elif a.shape[1:] != self._outputs or groups != self._effects.shape[2]:
            raise DomainError("all rows need the same outputs and groups. Add them in the same shapes.")
        self._added = end
        counts = self._counts[:, start:end]
        width = max(1, min(outputs, max(64, _NUMBERS // (64 * groups))))
        height = max(64, _NUMBERS // (groups * width))

        def task(some: slice, _: FloatArray) -> None:
            own = self._shift[some]
            for part in blocks(rows, height):
                y, x, c = flat_a[part, some] - own, flat_b[part, some] - own, counts[:, part]
                moved = flat_ab[part, :, some] - flat_a[part, None, some]
                self._sum[some] += (groups + 1) * y.sum(axis=0) + x.sum(axis=0) + moved.sum(axis=(0, 1))
                self._level[:, some] += c @ (y + x)
                self._square[:, some] += c @ (y * y + x * x)
                for sums, terms in zip(
                    self._effects, (x[:, None] * moved, moved * moved, moved), strict=True
                ):
                    sums[:, :, some] += (c @ terms.reshape(len(terms), -1)).reshape(len(c), groups, -1)
            for y in (flat_a, flat_b):
                self._largest[some] = np.maximum(self._largest[some], np.abs(y[:, some]).max(axis=0))

        map_blocks(task, blocks(outputs, width), numbers=flat_ab.size * len(self._counts))

    def indices(self, *, level: float = 0.95, interval: Interval = "percentile") -> Indices:
        """Return the indices, once every row has been added.

        Parameters
        ----------
        level : float
            Coverage aimed at, between 0 and 1.
        interval : {"percentile", "normal"}
            Quantiles of the resampled indices, or their standard deviation times the normal quantile.

        Returns
        -------
        Indices
        """
        _check_interval(level, interval)
        n = self._counts.shape[1]
        if self._added < n:
            raise DomainError(
                f"the design has {n:,} rows, but only {self._added:,} were added. Add the others."
            )
        crossed, square, moved = self._effects
        centre = self._sum / (n * (moved.shape[1] + 2))
        effects = np.stack([(crossed - centre * moved) / n, square / (2 * n)])
        variance = self._square / (2 * n) - (self._level / (2 * n)) ** 2
        parts = _shared(effects, variance, self._largest, level, interval)
        return _collected(parts, self._outputs)


def indices(
    a: ArrayLike,
    b: ArrayLike,
    ab: ArrayLike,
    *,
    resamples: int = 0,
    seed: int = 0,
    level: float = 0.95,
    interval: Interval = "percentile",
) -> Indices:
    r"""First-order and total effects of every factor on every output, from the outputs at the draws of a design.

    .. math:: S_i = \frac{1}{n V} \sum_r (f(B)_r - \bar f) (f(A_B^i)_r - f(A)_r), \qquad
              T_i = \frac{1}{2 n V} \sum_r (f(A)_r - f(A_B^i)_r)^2

    with the mean over all draws, and the variance V over those of A and B.

    Parameters
    ----------
    a, b : array_like, shape (n, ...)
        Outputs at the rows of A and of B. [any unit]
    ab : array_like, shape (n, groups, ...)
        Outputs at the rows of A with one group of factors from B.
    resamples : int
        How many times the rows are drawn again for intervals: 0, or at least 2.
    seed : int
        Of the resamples. Same seed, same bits; more resamples begin with the fewer.
    level : float
        Coverage aimed at, between 0 and 1.
    interval : {"percentile", "normal"}
        Quantiles of the resampled indices, or their standard deviation times the normal quantile.

    Returns
    -------
    Indices
        NaN, with `constant`, where the output varies by less than rounding. A factor that changes nothing has
        total effect 0 exactly. Resamples in which an output does not vary are left out of its intervals.

    Raises
    ------
    DomainError
        If an output is missing or infinite (the message names the draw), or the shapes do not fit.
    MethodError
        If an option is not known.

    Notes
    -----
    All outputs and factors share the resamples, so that their intervals may be compared. Rows of Sobol' points are
    not independent: estimates vary less than the intervals say. A rank is an integer output, whose indices
    hold as those of any other; shares of it owed to interaction are often large.

    References
    ----------
    .. [1] Saltelli, A. et al., "Variance based sensitivity analysis of model output. Design and estimator for
       the total sensitivity index", Computer Physics Communications 181(2), 2010, 259-270, table 2 (b), (f).
    .. [2] Jansen, M. J. W., "Analysis of variance designs for model output", Computer Physics Communications
       117, 1999, 35-43.
    .. [3] Archer, G. E. B., Saltelli, A., Sobol, I. M., "Sensitivity measures, ANOVA-like techniques and the use
       of bootstrap", Journal of Statistical Computation and Simulation 58(2), 1997, 99-120.

    Examples
    --------
    >>> from equindex.sensitivity.samples import sample
    >>> points = sample(1024, 3).points()
    >>> y = points[..., 0] + 2 * points[..., 1]
    >>> found = indices(y[:, 0], y[:, -1], y[:, 1:-1])
    >>> found.first.round(2), found.total.round(2)
    (array([0.2, 0.8, 0. ]), array([0.2, 0.8, 0. ]))
    """
    moments = Moments(len(as_float(a)), resamples=resamples, seed=seed)
    moments.add(a, b, ab)
    return moments.indices(level=level, interval=interval)


def weight_indices(
    z: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    resamples: int = 0,
    seed: int = 0,
    level: float = 0.95,
    interval: Interval = "percentile",
) -> Indices:
    r"""Effects of the raw weights on the weighted mean of every region, as `indices`, but of all regions at once.

    .. math:: y_r = \frac{\sum_i a_i z_{ri}}{\sum_i a_i}, \qquad f(A_B^i) - f(A) = e_i (z_{ri} - y_r), \qquad
              e_i = \frac{b_i - a_i}{\sum_j a_j + b_i - a_i}

    so that the sums over draws are products of matrices, and the composites of the exchanged draws are never formed.

    Parameters
    ----------
    z : array_like, shape (..., regions, indicators)
        Scores. Logarithms of scores give the indices of the logarithm of the geometric mean. [score]
    a, b : array_like, shape (n, indicators)
        Raw weights of the two samples: factors that vary independently of each other. They are scaled to sum
        to 1 here, after the exchange. Scaled before, they would depend on each other and have no such indices.
    groups : array_like of int, shape (indicators,), optional
        Indicators with the same code are exchanged together, as the groups of `sample`.
    resamples, seed, level, interval
        As in `indices`.

    Returns
    -------
    Indices
        Of shape (..., regions, factors). NaN for a region whose scores are all equal: no weights change it. An
        indicator whose weight is 0, or does not vary, has total effect 0 exactly.

    Raises
    ------
    DomainError
        If a score is missing (the weights of the others then differ by region: use `indices`) or infinite, a weight
        is negative or not finite, or all weights of a draw are 0.
    MethodError
        If an option is not known.

    References
    ----------
    .. [1] Saisana, M., Saltelli, A., Tarantola, S., "Uncertainty and sensitivity analysis techniques as tools for
       the quality assessment of composite indicators", Journal of the Royal Statistical Society A 168(2),
       2005, 307-323.
    .. [2] Saltelli, A. et al., "Variance based sensitivity analysis of model output. Design and estimator for
       the total sensitivity index", Computer Physics Communications 181(2), 2010, 259-270.

    Examples
    --------
    >>> from equindex.sensitivity.samples import sample
    >>> design = sample(1024, 2)
    >>> weight_indices([[0.0, 100.0], [50.0, 50.0]], design.a, design.b).total.round(1)
    array([[0.5, 0.5],
           [nan, nan]])
    """
    _check_interval(level, interval)
    z, a, b = as_float(z), as_float(a), as_float(b)
    if a.ndim != 2 or a.shape != b.shape or z.ndim < 1 or z.shape[-1:] != a.shape[1:]:
        raise DomainError(
            f"weights need one column for each of the indicators of z, but a, b and z have the shapes {a.shape}, "
            f"{b.shape} and {z.shape}."
        )
    if (bad := ~np.isfinite(z)).any():
        raise refused_cells("scores need to be finite", z, bad, "Impute, or use `indices`.", of=z.size)
    for w in (a, b):
        if (bad := ~((w >= 0) & np.isfinite(w))).any():
            raise refused_cells("weights need to be finite and not negative", w, bad, "Mend them.", of=w.size)
    codes = codes_of(groups, a.shape[1])
    _refuse_empty(a, b, codes)
    counts = resample_counts(len(a), resamples, seed)
    if len(np.unique(codes)) == len(codes):
        order = np.argsort(codes)
        flat = z.reshape(-1, len(codes))[:, order]
        return _by_products(flat, a[:, order], b[:, order], counts, z.shape[:-1], level, interval)
    moments = Moments(len(a), resamples=resamples, seed=seed)
    design = Design(a=a, b=b, groups=codes)
    size = max(1, 16 * _NUMBERS // (a.shape[1] + codes.max() + 2) // max(1, z[..., 0].size))
    for rows in blocks(len(a), size):
        y = _composites(z, design.points(rows))
        moments.add(y[:, 0], y[:, -1], y[:, 1:-1])
    return moments.indices(level=level, interval=interval)


def _composites(z: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean of every region for every row of weights."""
    found = _product(weights / weights.sum(axis=-1, keepdims=True), z.reshape(-1, z.shape[-1]).T)
    return found.reshape(*weights.shape[:-1], *z.shape[:-1])


def _product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Multiply matrices on one thread of BLAS: the same bits however many it has."""
    (found,) = map_blocks(lambda _, __: left @ right, [None], numbers=left.size * right.shape[1])
    return found


def _refuse_empty(a: FloatArray, b: FloatArray, codes: IntArray) -> None:
    """Refuse draws whose weights are all 0, in either sample or after an exchange."""
    some_a, some_b = (a > 0).astype(np.int64), (b > 0).astype(np.int64)
    gained = np.column_stack([(some_b - some_a)[:, codes == g].sum(axis=1) for g in range(codes.max() + 1)])
    left = some_a.sum(axis=1, keepdims=True)
    empty = np.column_stack([left, left + gained, some_b.sum(axis=1)]) == 0
    if empty.any():
        row, place = np.argwhere(empty)[0].tolist()
        raise DomainError(
            f"all weights are 0 in {empty.sum():,} of {empty.size:,} draws "
            f"(first: {_draw(row, place, gained.shape[1])}). Let one weight at least stay above 0."
        )


def _by_products(
    z: FloatArray,
    a: FloatArray,
    b: FloatArray,
    counts: FloatArray,
    shape: tuple[int, ...],
    level: float,
    interval: Interval,
) -> Indices:
    """Return the indices of every region from products of matrices of weights and composites.

    The scores of a region are taken from the mean of its composites over all draws, which centres these and keeps
    z² S(e²) - 2 z S(e² y) + S(e² y²) from losing digits.
    """
    n, k = a.shape
    moved = (b - a) / (a.sum(axis=1, keepdims=True) + (b - a))
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    exchanged = moved.sum(axis=0) - (moved.sum(axis=1, keepdims=True) * a).sum(axis=0)
    middle = ((k + 1) * a.sum(axis=0) + b.sum(axis=0) + exchanged) / (n * (k + 2))
    squared = moved * moved
    ones = _product(counts, squared)

    def task(some: slice, buffer: FloatArray) -> list[FloatArray]:
        own = z[some]
        own = np.ascontiguousarray((own - (own @ middle)[:, None]).T)
        m = own.shape[1]
        with_b, with_a = buffer[: 4 * _ROWS * m].reshape(2, _ROWS, 2 * m)
        weighed = buffer[4 * _ROWS * m :][: _ROWS * k].reshape(_ROWS, k)
        sums = np.zeros((2, len(counts), k, 2 * m))
        added = np.empty((k, 2 * m))
        level_, square = np.zeros((2, len(counts), m))
        for rows in blocks(n, _ROWS):
            length = rows.stop - rows.start
            f, g, e = with_b[:length], with_a[:length], weighed[:length]
            x, y = np.matmul(b[rows], own, out=f[:, :m]), np.matmul(a[rows], own, out=g[:, :m])
            np.multiply(x, y, out=f[:, m:])
            np.multiply(y, y, out=g[:, m:])
            level_ += counts[:, rows] @ (x + y)
            square += counts[:, rows] @ (x * x + g[:, m:])
            for draw, times in enumerate(counts[:, rows, None]):
                for side, (factor, terms) in enumerate(((moved, f), (squared, g))):
                    np.multiply(factor[rows], times, out=e)
                    sums[side, draw] += np.matmul(e.T, terms, out=added)
        crossed, parted = sums
        effects = np.empty((2, len(counts), k, m))
        effects[0] = (own * crossed[..., :m] - crossed[..., m:]) / n
        effects[1] = own * (own * ones[:, :, None] - 2 * parted[..., :m]) + parted[..., m:]
        effects[1] = np.maximum(effects[1], 0.0) / (2 * n)
        variance = square / (2 * n) - (level_ / (2 * n)) ** 2
        return _shared(effects, variance, np.abs(z[some]).max(axis=1), level, interval)

    tasks = blocks(len(z), _REGIONS)
    done = map_blocks(task, tasks, numbers=z.size * n, buffer=_ROWS * (4 * min(_REGIONS, len(z)) + k))
    return _collected([np.concatenate(parts, axis=-1) for parts in zip(*done, strict=True)], shape)


def _shared(
    effects: FloatArray, variance: FloatArray, largest: FloatArray, level: float, interval: Interval
) -> list[FloatArray]:
    """Divide effects (2, 1 + resamples, factors, outputs) by variances: estimates, their interval, variance."""
    rests = still(variance, largest)
    rests |= rests[0]
    shares = effects / np.where(rests, np.nan, variance)[:, None]
    estimate, drawn = shares[:, 0], shares[:, 1:]
    low = high = np.full_like(estimate, np.nan)
    if drawn.size and interval == "percentile":
        low, high = _quantiles(drawn, ~rests[1:], level)
    elif drawn.size:
        count = (~rests[1:]).sum(axis=0)
        some = np.where(rests[1:, None], 0.0, drawn)
        mean = some.sum(axis=1) / np.maximum(count, 1)
        error = (np.where(rests[1:, None], 0.0, drawn - mean[:, None]) ** 2).sum(axis=1)
        from scipy.special import ndtri

        width = ndtri((1 + level) / 2) * np.sqrt(error / np.where(count > 1, count - 1, np.nan))
        low, high = estimate - width, estimate + width
    return [estimate, low, high, np.where(rests[0], 0.0, variance[0]), rests[0]]


def _quantiles(drawn: FloatArray, varied: BoolArray, level: float) -> FloatArray:
    """Return both quantiles over the resamples in which the output varied, (2, 2, factors, outputs)."""
    ordered = np.sort(np.moveaxis(drawn, 1, -1), axis=-1)
    last = varied.sum(axis=0) - 1
    found = np.empty((2, *ordered.shape[:-1]))
    for side, tail in enumerate(((1 - level) / 2, (1 + level) / 2)):
        place = np.maximum(tail * last, 0.0)
        below = np.broadcast_to(np.floor(place).astype(np.int64), ordered.shape[:-1])[..., None]
        low = np.take_along_axis(ordered, below, axis=-1)[..., 0]
        high = np.take_along_axis(ordered, np.minimum(below + 1, np.maximum(last, 0)[:, None]), axis=-1)[
            ..., 0
        ]
        found[side] = low + (place - np.floor(place)) * (high - low)
    return found


def _collected(parts: Sequence[FloatArray], shape: tuple[int, ...]) -> Indices:
    """Return the result with outputs of the `shape` asked for, factors last."""
    estimate, low, high = (
        np.ascontiguousarray(np.moveaxis(part, 1, -1)).reshape(2, *shape, -1) for part in parts[:3]
    )
    return Indices(
        first=estimate[0],
        first_low=low[0],
        first_high=high[0],
        total=estimate[1],
        total_low=low[1],
        total_high=high[1],
        variance=parts[3].reshape(shape),
        constant=parts[4].reshape(shape).astype(bool),
    )


def _check_interval(level: float, interval: str) -> None:
    one_of("interval", interval, ("percentile", "normal"))
    if not 0 < level < 1:
        raise MethodError(f"level must lie between 0 and 1, not {level}.")


def _refuse_unknown(a: FloatArray, b: FloatArray, ab: FloatArray, start: int) -> None:
    """Refuse outputs that are missing or infinite, and name the first draw and output that is."""
    y = (a[:, None], ab, b[:, None])
    if all(np.isfinite(part).all() for part in y):
        return
    bad = ~np.isfinite(np.concatenate(y, axis=1))
    row, place, *output = np.argwhere(bad)[0].tolist()
    where = f", output {tuple(output)}" if output else ""
    raise DomainError(
        f"every draw needs an outcome, but {bad.sum():,} of {bad.size:,} are missing or infinite "
        f"(first: {_draw(row, place, ab.shape[1], start)}{where}). Mend what fails there, or vary less."
    )


def _draw(row: int, place: int, groups: int, start: int = 0) -> str:
    """Say which draw of a design this is: its number as in `Design.points`, its row, and what was exchanged."""
    what = "A" if place == 0 else "B" if place > groups else f"A with group {place - 1} from B"
    return f"draw {(row + start) * (groups + 2) + place}: row {row + start} of {what}"
