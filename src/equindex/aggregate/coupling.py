"""Coupling coordination 耦合协调度: how high subsystems stand and how close together."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, one_of, refused_cells
from equindex.aggregate.base import by_region, methods
from equindex.errors import DomainError, MethodError

__all__ = ["GRADES", "coupling", "coupling_degree", "grades"]

FORMS = ("geometric", "liao", "wang")
GRADES: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    "coordination": (
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        (
            "极度失调",
            "严重失调",
            "中度失调",
            "轻度失调",
            "濒临失调",
            "勉强协调",
            "初级协调",
            "中级协调",
            "良好协调",
            "优质协调",
        ),
    ),
    "coupling": ((0.3, 0.5, 0.8), ("低水平耦合", "拮抗", "磨合", "高水平耦合")),
}
_TIE_DIGITS = 12  # a bound is met by what differs from it by rounding only


@methods.add(whole="coupling is between parts: one part alone has none")
def coupling(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    form: str = "geometric",
    upper: float = 1.0,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the coupling coordination degree: the root of coupling times the mean level.

    In Chinese: 耦合协调度.

    .. math:: D_r = u \sqrt{C_r T_r}, \qquad T_r = \sum_i w_i U_{ri}, \quad U_{ri} = z_{ri} / u

    with weights that sum to 1, the `upper` end u of the scale, and :math:`C_r` of `coupling_degree`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores of the subsystems from 0 to `upper`, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        Of the level T, at least 0; scaled by their sum. C leaves out what has weight 0 and weighs the rest
        alike. Draws are ``(draws, 1, indicators)``.
    form : {"geometric", "liao", "wang"}
        Which C, of the several in the literature.
    upper : float
        Top of the scale of `x`, such as 1 or 100.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or the others are coupled without it.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        D, from 0 to `upper` as the scores. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or fewer than two are present. [score]

    Raises
    ------
    DomainError
        If a score is outside 0 to `upper`, fewer than two weights are above 0, or a weight is negative or missing.
    MethodError
        If there is no such `form`, or `upper` is not above 0.

    Notes
    -----
    With ``form = "geometric"`` and equal weights T is the mean that C divides by, and D is the root of the geometric
    mean: it ranks regions as `geometric` does.

    References
    ----------
    .. [1] Liu, "Common errors in computing the coupling degree" (耦合度计算的常见错误分析), Journal of Huaiyin
       Teachers College 16(1), 2017.
    .. [2] Liao, "Quantitative judgement and classification system for coordinated development of environment and
       economy" (环境与经济协调发展的定量评判及其分类体系), Tropical Geography 19(2), 1999, p. 171-177.
    .. [3] Wang, Kong, Ren, Zhi, Dai, "Research on misuses and modification of coupling coordination degree model in
       China", Journal of Natural Resources 36(3), 2021, p. 793-810.

    Examples
    --------
    >>> coupling([[0.25, 0.64]], [1, 1]).round(7)
    array([0.6324555])
    """
    _known(form, upper)
    if ((as_float(weights) > 0).sum(axis=-1) < 2).any():
        raise DomainError("coupling needs at least two parts with weight. Use arithmetic for one.")

    def degree(z: FloatArray, w: FloatArray) -> FloatArray:
        u = z / upper
        level = np.einsum("ri,ri->r", u, w)
        return cast("FloatArray", upper * np.sqrt(_coupling(u, w > 0, form) * level))

    return by_region(
        degree,
        x,
        weights,
        missing,
        min_coverage,
        fits=lambda z: _within(z, upper),
        need=f"coupling needs values from 0 to {upper:g}",
        remedy='Normalise onto that range, such as by minmax, or set "upper" to the top of the scale.',
    )


def coupling_degree(x: ArrayLike, *, form: str = "geometric", upper: float = 1.0) -> FloatArray:
    r"""Measure the coupling degree 耦合度 of subsystems: 1 where all stand equally high.

    In Chinese: 耦合度.

    .. math:: C_r = \Big( \prod_i \frac{U_{ri}}{\bar U_r} \Big)^{1/k}

    With ``form = "liao"`` (廖重斌 1999, K = 2) the exponent is 2. With ``form = "wang"`` (王淑佳 et al. 2021)

    .. math:: C_r = \sqrt{ \Big( 1 - \frac{\sum_{i > j} |U_{ri} - U_{rj}|}{k (k - 1) / 2} \Big)
       \Big( \prod_i \frac{U_{ri}}{\max_j U_{rj}} \Big)^{1/(k-1)} }

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores of the subsystems from 0 to `upper`, at least two; NaN is missing. [score]
    form : {"geometric", "liao", "wang"}
        Which C.
    upper : float
        Top of the scale of `x`.

    Returns
    -------
    ndarray, shape (..., regions)
        0 to 1, 0 where a subsystem is at 0; NaN where fewer than two are present.

    Raises
    ------
    DomainError
        If a score is outside 0 to `upper`.
    MethodError
        If there is no such `form`, or `upper` is not above 0.

    Examples
    --------
    >>> coupling_degree([[0.25, 0.64], [0.5, 0.5]]).round(7)
    array([0.8988764, 1.       ])
    """
    _known(form, upper)
    u = as_float(x)
    bad = ~np.isnan(u) & ~_within(u, upper)
    if bad.any():
        raise refused_cells(f"coupling needs values from 0 to {upper:g}", u, bad, 'Mend "upper".')
    flat = u.reshape(-1, u.shape[-1]) / upper
    with np.errstate(all="ignore"):
        return _coupling(flat, ~np.isnan(flat), form).reshape(u.shape[:-1])


def grades(
    degree: ArrayLike, *, table: str = "coordination", closed: str = "right", upper: float = 1.0
) -> NDArray[np.object_]:
    """Name the grade of each degree of coordination, or of coupling.

    In Chinese: 协调等级.

    Parameters
    ----------
    degree : array_like
        Degrees from 0 to `upper`; NaN has no grade. [score]
    table : {"coordination", "coupling"}
        The ten grades of D, or the four of C; ``GRADES`` holds bounds and names.
    closed : {"right", "left"}
        Whether a bound belongs to the grade below it (0.5 is 濒临失调, as printed in the source) or above it
        (勉强协调, as in some software).
    upper : float
        Top of the scale of `degree`.

    Returns
    -------
    ndarray of str
        Empty where `degree` is NaN.

    Raises
    ------
    DomainError
        If a degree is outside 0 to `upper`.
    MethodError
        If there is no such `table`, or `closed` is neither.

    References
    ----------
    .. [1] Tian, Li, Yang et al., Acta Geographica Sinica 76(4), 2021, p. 781-798, table 1.

    Examples
    --------
    >>> grades([0.5, 0.6324555]).tolist(), grades([0.5], closed="left").tolist()
    (['濒临失调', '初级协调'], ['勉强协调'])
    """
    one_of("table", table, tuple(GRADES))
    one_of("closed", closed, ("right", "left"))
    d = as_float(degree) / upper
    bad = ~np.isnan(d) & ~_within(d, 1.0)
    if bad.any():
        raise DomainError(f"a degree is outside 0 to {upper:g}: {as_float(degree)[bad][0]:.6g}. Mend upper.")
    bounds, names = GRADES[table]
    place = np.searchsorted(bounds, np.round(d, _TIE_DIGITS), side="left" if closed == "right" else "right")
    found: NDArray[Any] = np.array([*names, ""], dtype=object)
    return cast("NDArray[np.object_]", found[np.where(np.isnan(d), len(names), place)])


def _known(form: str, upper: float) -> None:
    one_of("form", form, FORMS)
    if not 0 < upper < np.inf:
        raise MethodError(f"upper is the top of the scale, a number above 0, not {upper!r}.")


def _within(z: FloatArray, upper: float) -> BoolArray:
    return (z >= 0) & (z <= upper)


def _coupling(u: FloatArray, used: BoolArray, form: str) -> FloatArray:
    """C of the used subsystems of each row, NaN for fewer than two."""
    k = used.sum(axis=1)
    u = np.where(used, u, np.nan)
    if form == "wang":
        top = np.fmax.reduce(u, axis=1)
        shape = np.where(used, np.log(u / top[:, None]), 0.0).sum(axis=1) / (k - 1)
        rank = 2.0 * np.arange(1, u.shape[1] + 1) - k[:, None] - 1  # NaN sorts last
        apart = np.nansum(rank * np.sort(u, axis=1), axis=1) / (k * (k - 1) / 2)
        c = np.sqrt(np.maximum(1 - apart, 0.0) * np.exp(shape))
    else:
        level = np.nansum(u, axis=1) / k
        shape = np.where(used, np.log(u / level[:, None]), 0.0).sum(axis=1)
        c = np.exp(shape * (2 if form == "liao" else 1 / k))
    c = np.where(np.fmax.reduce(u, axis=1) == 0, 0.0, np.minimum(c, 1.0))
    return cast("FloatArray", np.where(k > 1, c, np.nan))
