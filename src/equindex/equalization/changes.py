"""What a change of inequality between two years is made of."""

from dataclasses import dataclass
from itertools import product
from math import factorial

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray
from equindex.equalization.base import excess, measures
from equindex.equalization.decomposition import grouped, parameter

__all__ = ["Change", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of inequality: ``total = within + between + population`` up to rounding.

    `within` comes from inequality inside the groups, `between` from the means of the groups, `population` from
    the shares of the groups in the population (without population: in the number of regions).
    """

    total: FloatArray
    within: FloatArray
    between: FloatArray
    population: FloatArray


def change(
    x0: ArrayLike,
    x1: ArrayLike,
    groups: ArrayLike,
    *,
    groups1: ArrayLike | None = None,
    population0: ArrayLike | None = None,
    population1: ArrayLike | None = None,
    measure: str = "theil_t",
    a: float = 2.0,
) -> Change:
    r"""Split a change of inequality into changes within groups, between them, and of their population.

    In Chinese: 变化分解.

    .. math:: I(v, m, p) = \sum_g p_g (m_g / \mu)^a v_g + B_a(m, p), \qquad \mu = \sum_g p_g m_g

    Inequality is a function of three things of each group: inequality inside it (v), its mean (m) and its share
    of the population (p). Each of them passes from the first year to the second in each of the six orders; the
    mean of the steps is its part (Shapley value).

    Parameters
    ----------
    x0, x1 : array_like, shape (..., regions)
        Values in the first and the second year, of 0 or more (L, and GE where a <= 0: above 0). [any unit]
    groups : array_like of int, shape (regions,)
        Code of each region's group, 0 or more.
    groups1 : array_like of int, shape (regions of `x1`,), optional
        Codes in the second year, where regions moved to another group or are not the same.
    population0, population1 : array_like, shape (regions,) or broadcastable to the values, optional
        Weights in each year. Regions where a value or its population is missing, or its population is 0, are left
        out of that year. [persons]
    measure : {"theil_t", "theil_l", "ge"}
        What to split.
    a : float
        The parameter of "ge"; the others do not use it.

    Returns
    -------
    Change
        Arrays of shape (...), second year less first; NaN where a year has no region left or nothing but 0.
        [index]

    Raises
    ------
    DomainError
        If a region has no group, or a value lies outside the measure's domain.
    MethodError
        If the measure cannot be split so.

    Notes
    -----
    A group that has regions in one year only counts, in the other, as one of the same mean and inequality without
    population: that it comes or goes is a change of population. Inequality inside a group with nothing but 0 is
    taken from the other year likewise.

    References
    ----------
    .. [1] Shorrocks, A. F., "Decomposition procedures for distributional analysis: a unified framework based on
       the Shapley value", Journal of Economic Inequality 11(1), 2013, 99-126.
    .. [2] Mookherjee, D. and Shorrocks, A., "A decomposition analysis of the trend in UK income inequality",
       Economic Journal 92(368), 1982, 886-902 (the three parts, for L).

    Examples
    --------
    >>> parts = change([1.0, 1.0, 3.0, 3.0], [2.0, 2.0, 6.0, 6.0], [0, 0, 1, 1])
    >>> bool(abs(parts.total) < 1e-15), bool(abs(parts.between) < 1e-15)
    (True, True)
    >>> parts = change([1.0, 3.0], [2.0, 2.0], [0, 1])
    >>> parts.between.round(6), parts.within, parts.population
    (np.float64(-0.130812), np.float64(0.0), np.float64(0.0))
    """
    number = parameter(measure, a)
    options = {"a": a} if measure == "ge" else {}
    f = measures.get(measure).function
    total = f(x1, population=population1, **options) - f(x0, population=population0, **options)
    years = [
        grouped(x0, groups, population0, number),
        grouped(x1, groups if groups1 is None else groups1, population1, number),
    ]
    names = np.union1d(years[0][0], years[1][0])
    states = _filled([_state(names, *year) for year in years])
    known = {at: _inequality(states, at, number) for at in product((0, 1), repeat=3)}
    within, between, population = (_shapley(known, factor) for factor in range(3))
    return Change(total=total, within=within, between=between, population=population)


def _state(
    names: NDArray[np.intp],
    own: NDArray[np.intp],
    weight: FloatArray,
    resource: FloatArray,
    value: FloatArray,
) -> list[FloatArray]:
    """Return inequality, mean and share of every group of both years; NaN and a share of 0 where it has none."""
    at = np.searchsorted(names, own)
    v, m = np.full((2, *weight.shape[:-1], names.size), np.nan)
    p = np.zeros(v.shape)
    v[..., at] = value
    m[..., at] = resource / np.where(weight > 0, weight, np.nan)
    total = weight.sum(axis=-1, keepdims=True)
    p[..., at] = weight / np.where(total > 0, total, np.nan)
    return [v, m, p]


def _filled(states: list[list[FloatArray]]) -> list[list[FloatArray]]:
    """Take what a group does not have from the other year, and 0 where it has it in neither."""
    for i in (0, 1):
        first, second = np.broadcast_arrays(states[0][i], states[1][i])
        for state, other, own in ((states[0], second, first), (states[1], first, second)):
            state[i] = np.where(np.isnan(own), np.where(np.isnan(other), float(i), other), own)
    return states


def _inequality(states: list[list[FloatArray]], at: tuple[int, ...], a: float) -> FloatArray:
    """Return the inequality with each of v, m and p taken from the year that `at` says."""
    v, m, p = (states[year][i] for i, year in enumerate(at))
    mean = (p * m).sum(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        r = np.where(p == 0, 1.0, m / np.where(mean == 0, np.nan, mean))
        result: FloatArray = (p * (r**a * v + excess(a)(r))).sum(axis=-1)
    return result


def _shapley(known: dict[tuple[int, ...], FloatArray], factor: int) -> FloatArray:
    """Return the mean step of one factor from the first year to the second over all orders."""
    steps = []
    for at in known:
        if at[factor] == 0:
            after = (*at[:factor], 1, *at[factor + 1 :])
            before = sum(at)
            orders = factorial(before) * factorial(len(at) - 1 - before) / factorial(len(at))
            steps.append(orders * (known[after] - known[at]))
    part: FloatArray = np.sum(steps, axis=0)
    return part
