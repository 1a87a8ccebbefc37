"""Exact effects without sampling: every combination of discrete choices, and one choice changed at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, blocks, map_blocks
from equindex.errors import DomainError
from equindex.sensitivity.samples import probabilities_of, still

__all__ = ["Shares", "Swings", "enumerate_indices", "one_at_a_time"]

_STILL = (
    1e-12  # an output whose standard deviation is less than this of its size does not vary: it is rounding
)
_NUMBERS = 1 << 17  # worked on at once: 1 MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Exact effects of discrete factors on outputs of shape (...).

    Attributes
    ----------
    first, total : ndarray, shape (..., factors)
        Share of the variance that goes if the factor is fixed, and that stays if all others are. NaN where the
        output is constant.
    subsets : tuple of tuple of int
        Every set of factors, the smaller first.
    shares : ndarray, shape (..., subsets)
        Share of the variance owed to just this set acting together; they sum to 1.
    variance : ndarray, shape (...)
        Of the output, over all combinations.
    constant : ndarray of bool, shape (...)
        The output does not vary, so that there is nothing to share out.
    """

    first: FloatArray
    total: FloatArray
    subsets: tuple[tuple[int, ...], ...]
    shares: FloatArray
    variance: FloatArray
    constant: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Swings:
    """Changes of outputs of shape (...) from their base, and how wide they reach, all of shape (..., factors).

    `order` lists the factors, the widest swing first; of equals the earlier factor.
    """

    low: FloatArray
    high: FloatArray
    swing: FloatArray
    order: IntArray


def enumerate_indices(
    outputs: ArrayLike, factors: int, *, probabilities: Sequence[ArrayLike | None] | None = None
) -> Shares:
    r"""Split the variance of every output among discrete factors and their interactions, exactly.

    .. math:: V_S = \operatorname{Var} \Bigl( \prod_{i \in S} (1 - E_i) \prod_{i \notin S} E_i \, y \Bigr), \qquad
              S_i = V_{\{i\}} / V, \qquad T_i = \sum_{S \ni i} V_S / V, \qquad V = \sum_S V_S

    where :math:`E_i` averages over the levels of factor i.

    Parameters
    ----------
    outputs : array_like, shape (levels of factor 0, levels of factor 1, ..., ...)
        The output, or outputs, of every combination of levels. [any unit]
    factors : int
        How many of the leading axes are factors, at least 1.
    probabilities : sequence, one for each factor, optional
        Probability of each level, scaled to sum to 1, or None for equal ones. Factors are independent.

    Returns
    -------
    Shares
        A factor that changes nothing has effects of 0 exactly. NaN, with `constant`, where the output varies by
        less than rounding.

    Raises
    ------
    DomainError
        If an output is missing or infinite, or probabilities do not fit the levels.

    References
    ----------
    .. [1] Efron, B. and Stein, C., "The jackknife estimate of variance", Annals of Statistics 9(3), 1981, 586-596,
       section 2 (the decomposition).
    .. [2] Sobol', I. M., "Global sensitivity indices for nonlinear mathematical models and their Monte Carlo
       estimates", Mathematics and Computers in Simulation 55, 2001, 271-280.

    Examples
    --------
    >>> found = enumerate_indices([[0.0, 1.0], [1.0, 4.0]], 2)
    >>> found.subsets, found.shares.round(3), found.total.round(3)
    (((0,), (1,), (0, 1)), array([0.444, 0.444, 0.111]), array([0.556, 0.556]))
    """
    y = as_float(outputs)
    if not 1 <= factors <= y.ndim or 0 in y.shape[:factors]:
        raise DomainError(
            f"outputs need a level or more along each of {factors} factors, but have the shape {y.shape}."
        )
    _refuse_unknown(y, factors)
    levels, shape = y.shape[:factors], y.shape[factors:]
    p = _probabilities(levels, probabilities)
    flat = y.reshape(*levels, -1)

    def task(some: slice, _: FloatArray) -> dict[tuple[int, ...], FloatArray]:
        found: dict[tuple[int, ...], FloatArray] = {}
        _split(flat[..., some], p, (), found)
        return found

    size = max(1, _NUMBERS // int(np.prod(levels)))
    done = map_blocks(task, blocks(flat.shape[-1], size), numbers=flat.size * factors)
    subsets = tuple(sorted((s for s in done[0] if s), key=lambda s: (len(s), s)))
    parts = np.stack([np.concatenate([found[s] for found in done]) for s in subsets], axis=-1)
    variance = parts.sum(axis=-1)
    largest = np.abs(flat).max(axis=tuple(range(factors)))
    constant = still(variance, largest)
    shares = parts / np.where(constant, np.nan, variance)[:, None]
    has = np.array([[i in s for i in range(factors)] for s in subsets])
    total = np.stack([shares[:, column].sum(axis=-1) for column in has.T], axis=-1)
    return Shares(
        first=shares[:, :factors].reshape(*shape, factors),
        total=total.reshape(*shape, factors),
        subsets=subsets,
        shares=shares.reshape(*shape, len(subsets)),
        variance=np.where(constant, 0.0, variance).reshape(shape),
        constant=constant.reshape(shape),
    )


def _split(
    y: FloatArray, p: list[FloatArray], members: tuple[int, ...], found: dict[tuple[int, ...], FloatArray]
) -> None:
    """Put the mean square of every component of `y` into `found`: one factor is averaged out, or not, at a time.

    Axes that were dealt with stay in front: those of `members`, the rest are gone. Levels are compared with the first
    one, so that what does not change is 0 to the last bit.
    """
    axis = len(members)
    factor = len(p) - (y.ndim - 1 - axis)
    if factor == len(p):
        square = y * y
        for member in members:
            square = np.tensordot(p[member], square, axes=1)
        found[members] = square
        return
    start = y.take([0], axis=axis)
    from_start = y - start
    mean = np.zeros_like(start.squeeze(axis))
    for share, level in zip(p[factor], np.moveaxis(from_start, axis, 0), strict=True):
        mean += share * level
    _split(start.squeeze(axis) + mean, p, members, found)
    _split(from_start - np.expand_dims(mean, axis), p, (*members, factor), found)


def _probabilities(levels: tuple[int, ...], given: Sequence[ArrayLike | None] | None) -> list[FloatArray]:
    """Return the probabilities of the levels of every factor."""
    if given is None:
        given = [None] * len(levels)
    if len(given) != len(levels):
        raise DomainError(f"{len(levels)} factors need as many rows of probabilities, not {len(given)}.")
    p = [
        probabilities_of(np.ones(n) if own is None else as_float(own))
        for n, own in zip(levels, given, strict=True)
    ]
    for factor, (n, own) in enumerate(zip(levels, p, strict=True)):
        if len(own) != n:
            raise DomainError(
                f"factor {factor} has {n} levels, but {len(own)} probabilities. Give one for each."
            )
    return p


def _refuse_unknown(y: FloatArray, factors: int) -> None:
    """Refuse outputs that are missing or infinite, and name the first combination and output that is."""
    bad = ~np.isfinite(y)
    if bad.any():
        first = tuple(np.argwhere(bad)[0].tolist())
        where = f", output {first[factors:]}" if y.ndim > factors else ""
        raise DomainError(
            f"every combination needs an outcome, but {bad.sum():,} of {bad.size:,} are missing or infinite "
            f"(first: levels {first[:factors]}{where}). Mend what fails there, or vary less."
        )


def one_at_a_time(base: ArrayLike, low: ArrayLike, high: ArrayLike) -> Swings:
    r"""Tornado: how far each output moves if one factor alone goes to its low or high level.

    .. math:: s_i = \max(0, l_i, h_i) - \min(0, l_i, h_i), \qquad
              l_i = y(\text{low}_i) - y_0, \quad h_i = y(\text{high}_i) - y_0

    Parameters
    ----------
    base : array_like, shape (...)
        Outputs with every factor at its base. [any unit]
    low, high : array_like, shape (factors, ...)
        Outputs with one factor at its low or high level. [unit of the output]

    Returns
    -------
    Swings
        A swing counts the base as well, for outputs that turn between the levels. NaN where an output is missing,
        ordered last.

    Raises
    ------
    DomainError
        If the shapes do not fit.

    References
    ----------
    .. [1] Eschenbach, T. G., "Spiderplots versus tornado diagrams for sensitivity analysis", Interfaces 22(6), 1992,
       40-46.

    Examples
    --------
    >>> found = one_at_a_time(50.0, [49.0, 53.0], [52.0, 54.0])
    >>> found.low, found.high, found.swing, found.order
    (array([-1.,  3.]), array([2., 4.]), array([3., 4.]), array([1, 0]))
    """
    base, low, high = as_float(base), as_float(low), as_float(high)
    if low.shape != high.shape or low.ndim < 1 or low.shape[1:] != base.shape:
        raise DomainError(
            f"outputs need the shapes (...), (factors, ...) and (factors, ...), not {base.shape}, {low.shape} and "
            f"{high.shape}."
        )
    below, above = np.moveaxis(low - base, 0, -1), np.moveaxis(high - base, 0, -1)
    swing = np.maximum(np.maximum(below, above), 0.0) - np.minimum(np.minimum(below, above), 0.0)
    order = np.argsort(-swing, axis=-1, kind="stable").astype(np.int64)
    return Swings(low=below, high=above, swing=swing, order=order)
