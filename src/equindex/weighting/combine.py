"""Combining weight sets, such as experts' and data-driven ones (主客观组合赋权)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, refused_cells
from equindex.errors import DomainError

__all__ = ["Combined", "game", "linear", "multiplicative"]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Combined weights, and the part that each set has in them."""

    weights: FloatArray
    """Shape (elements,); at least 0, sums to 1. [share]"""
    coefficients: FloatArray
    """Shape (sets,); at least 0. Shares for `linear` and `game`, powers for `multiplicative`."""


def linear(weights: ArrayLike, coefficients: ArrayLike | None = None) -> Combined:
    r"""Take the weighted mean of weight sets (线性加权组合).

    In Chinese: 线性组合赋权.

    .. math:: w_j = \sum_k a_k w_{kj}, \qquad \sum_k a_k = 1

    Parameters
    ----------
    weights : array_like, shape (sets, elements)
        At least 0; each set is scaled to sum to 1.
    coefficients : array_like, shape (sets,), optional
        At least 0, scaled by their sum; equal when left out.

    Returns
    -------
    Combined

    Raises
    ------
    DomainError
        If weights or coefficients are negative, missing or all 0, or their numbers differ.

    References
    ----------
    .. [1] 陶菊春, 吴建民, "综合加权评分法的综合权重确定新探", 系统工程理论与实践 21(8), 2001.

    Examples
    --------
    >>> linear([[0.5, 0.5], [0.9, 0.1]], [3, 1]).weights
    array([0.6, 0.4])
    """
    w = _sets(weights)
    a = _coefficients(coefficients, len(w))
    share = a / a.sum()
    return Combined(weights=_scaled(share @ w), coefficients=share)


def multiplicative(weights: ArrayLike, powers: ArrayLike | None = None) -> Combined:
    r"""Multiply weight sets and scale the products (乘法归一化, multiplicative synthesis).

    In Chinese: 乘法组合赋权.

    .. math:: w_j = \prod_k w_{kj}^{a_k} \Big/ \sum_j \prod_k w_{kj}^{a_k}

    Large weights grow and small ones shrink: what two sets both favour gains. A weight of 0 in any set of positive
    power stays 0.

    Parameters
    ----------
    weights : array_like, shape (sets, elements)
        At least 0; each set is scaled to sum to 1.
    powers : array_like, shape (sets,), optional
        At least 0; all 1 when left out. Powers that sum to 1 give the geometric mean.

    Returns
    -------
    Combined

    Raises
    ------
    DomainError
        If weights or powers are negative, missing or all 0, their numbers differ, or each element is 0 in some set.

    References
    ----------
    .. [1] 郭亚军, 《综合评价理论、方法及应用》, 2007 (综合集成赋权: 乘法集成).

    Examples
    --------
    >>> multiplicative([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]]).weights.round(4)
    array([0.3448, 0.3103, 0.3448])
    """
    w = _sets(weights)
    a = np.ones(len(w)) if powers is None else _coefficients(powers, len(w))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(a[:, np.newaxis] > 0, a[:, np.newaxis] * np.log(w), 0.0).sum(axis=0)
    if not np.isfinite(logs).any():
        raise DomainError(
            "every element is 0 in some set, so all products are 0. Combine the sets linearly instead."
        )
    return Combined(weights=_scaled(np.exp(logs - logs.max())), coefficients=a)


def game(weights: ArrayLike) -> Combined:
    r"""Find the combination that is nearest to all sets at once (博弈论组合赋权).

    In Chinese: 博弈论组合赋权.

    .. math:: \sum_l a_l\, w_k \cdot w_l = w_k \cdot w_k \ \ (k = 1 \dots), \qquad
       w = \sum_k a_k w_k \Big/ \sum_k a_k

    The equations are the first-order conditions of the least squared distance between :math:`\sum_l a_l w_l` and
    each :math:`w_k`. A coefficient may come out negative, so that a set would count against itself: this is refused,
    where much software takes the absolute value.

    Parameters
    ----------
    weights : array_like, shape (sets, elements)
        At least 0; each set is scaled to sum to 1.

    Returns
    -------
    Combined
        The coefficients sum to 1. Equal weights among two sets get 0: they are no nearer to one than to the other.

    Raises
    ------
    DomainError
        If weights are negative, missing or all 0, a coefficient is negative, or the sets depend on each other so that
        no coefficients exist.

    References
    ----------
    .. [1] 陈加良, "基于博弈论的组合赋权评价方法研究", 福建电脑 2003(9).

    Examples
    --------
    >>> found = game([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    >>> found.coefficients, found.weights
    (array([0.5, 0.5]), array([0.35, 0.3 , 0.35]))
    """
    w = _sets(weights)
    products = w @ w.T
    wanted = np.diag(products)
    solved, *_ = np.linalg.lstsq(products, wanted, rcond=None)
    if not np.allclose(products @ solved, wanted, rtol=_ROUNDING, atol=0):
        raise DomainError(
            "the sets depend on each other (one is a mixture of others), so there is no game-theory combination. "
            "Leave one out, or combine linearly."
        )
    a = np.where(np.abs(solved) <= _ROUNDING, 0.0, solved)
    if (a < 0).any():
        listed = ", ".join(f"{value:.4g}" for value in solved)
        raise DomainError(
            f"the game-theory coefficients are {listed}: a negative one would count a set against itself. Combine "
            "linearly with coefficients of your own."
        )
    share = a / a.sum()
    return Combined(weights=_scaled(share @ w), coefficients=share)


def _sets(weights: ArrayLike) -> FloatArray:
    """Return weight sets of shape (sets, elements), each scaled to sum to 1."""
    w = as_float(weights)
    if w.ndim != 2 or not w.size:
        raise DomainError(f"weight sets have one row each and one column per element, not shape {w.shape}.")
    bad = ~(np.isfinite(w) & (w >= 0))
    if bad.any():
        raise refused_cells(
            "weights must be finite and at least 0", w, bad, "Mend the weight set.", of=w.size
        )
    total = w.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise DomainError("all weights of a set are 0. Mend the weight set.")
    return as_float(w / total)


def _coefficients(given: ArrayLike | None, sets: int) -> FloatArray:
    a = np.ones(sets) if given is None else as_float(given)
    if a.shape != (sets,) or not (np.isfinite(a) & (a >= 0)).all() or not a.sum() > 0:
        raise DomainError(
            f"{sets} weight sets need as many coefficients, at least 0 and not all 0, not {a.tolist()}."
        )
    return a


def _scaled(w: FloatArray) -> FloatArray:
    return as_float(w / w.sum())
