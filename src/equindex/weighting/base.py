"""The family of weighting methods, and equal weights, which need no data."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, one_of
from equindex._registry import Family
from equindex.errors import DomainError

__all__ = ["equal", "methods"]

methods = Family("weighting")


@methods.add(data_driven=False)
def equal(x: ArrayLike, *, by: str = "pillar", pillars: ArrayLike | None = None) -> FloatArray:
    r"""Let siblings share equally, from the top of the tree down, or all indicators alike.

    In Chinese: 等权重法.

    .. math:: w_i = \prod_{v \in \mathrm{path}(i)} \frac{1}{\#\,\mathrm{siblings}(v)}
       \quad\text{or, by indicator,}\quad w_i = \frac1k

    An indicator directly under a node is a sibling of that node's pillars and counts as much as each of them.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Only its shape is used.
    by : {"pillar", "indicator"}
        Whether siblings share equally at every level, or all indicators at once.
    pillars : array_like of int, shape (levels, indicators) or (indicators,), optional
        Pillar code of each indicator at each level, the top level first; -1 from where the indicator hangs
        directly under the pillar above (or the root). Without it there are no pillars.

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; never NaN. [share]

    Raises
    ------
    DomainError
        If `pillars` has a code below a -1, or not one column per indicator.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (equal weighting).

    Examples
    --------
    >>> equal([[70.0, 40.0, 10.0, 90.0]], pillars=[0, 0, 0, 1]).round(4)
    array([0.1667, 0.1667, 0.1667, 0.5   ])
    """
    one_of("by", by, ("pillar", "indicator"))
    x = as_float(x)
    k = x.shape[-1]
    codes = np.atleast_2d(np.asarray([] if pillars is None else pillars, dtype=np.int64))
    if codes.size == 0:
        codes = codes.reshape(0, k)
    if codes.shape[-1] != k or ((codes[:-1] < 0) & (codes[1:] >= 0)).any():
        raise DomainError(
            f"pillars of shape {codes.shape} do not describe {k} indicators. Give each a column of codes, "
            "with -1 only at its end."
        )
    shares = _share(codes if by == "pillar" else codes[:0])
    return np.broadcast_to(shares, (*x.shape[:-2], k)).copy()


def _share(codes: IntArray) -> FloatArray:
    """Return the share of each column, one level after the other."""
    levels, k = codes.shape
    if levels == 0:
        return np.full(k, 1 / k)
    pillars = np.unique(codes[0][codes[0] >= 0])
    shares = np.full(k, 1 / (len(pillars) + (codes[0] < 0).sum()))
    for pillar in pillars:
        inside = codes[0] == pillar
        shares[inside] *= _share(codes[1:, inside])
    return shares
