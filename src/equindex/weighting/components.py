"""Weights from principal components: the first alone, or several, rotated."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray
from equindex.errors import DomainError, MethodError
from equindex.weighting._columns import Moments, Products, each, moments
from equindex.weighting.base import methods

__all__ = ["pca", "varimax"]

_EQUAL = 1e-9  # eigenvalues this near, relative to the largest, leave their components undetermined
_TURNS = 1000
_STILL = 1e-13  # angle, in radians


@methods.add(data_driven=True, scale_free=True, feed="minmax", sample=Products)
def pca(x: ArrayLike) -> FloatArray:
    r"""Weigh by the squared loadings of the first principal component of the correlations.

    In Chinese: 主成分分析法.

    .. math:: R v = \lambda_1 v, \quad |v| = 1, \qquad w_i = v_i^2

    Unit and direction do not matter: an indicator that runs against the others gets weight all the same, so look
    at the correlations first. The more indicators tell the same, the more weight they get together.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values in any unit; regions with a missing value are left out. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator. Never NaN. [share]

    Raises
    ------
    DomainError
        If fewer than two regions are complete, a value is infinite, all indicators are constant, or the two
        largest eigenvalues are equal, so that there is no first component.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, steps 4 and 6 (principal components).

    Examples
    --------
    >>> pca([[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]])
    array([0.5, 0.5])
    """
    return each(lambda part: _first(moments("pca", part)), x)


@methods.add(data_driven=True, scale_free=True, feed="minmax", sample=Products)
def varimax(
    x: ArrayLike,
    *,
    eigenvalue: float = 1.0,
    share: float = 0.10,
    cumulative: float = 0.60,
    components: int = 0,
) -> FloatArray:
    r"""Weigh by the squared loadings on rotated principal components (OECD, Nicoletti et al.).

    In Chinese: 因子分析法, 方差最大旋转.

    .. math:: w_i \propto \frac{\ell_{i f(i)}^2}{V_{f(i)}} \cdot \frac{V_{f(i)}}{\sum_f V_f}, \qquad
       V_f = \sum_i \ell_{if}^2, \qquad f(i) = \arg\max_f \ell_{if}^2

    Components of the correlations are retained, rotated to the (Kaiser normalised) varimax, and each indicator
    joins the one on which it loads most. Within a component indicators count by squared loading, scaled to a sum
    of 1; components count by the variance they explain; all is scaled to a sum of 1 at the end.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values in any unit; regions with a missing value are left out. [unit of the indicator]
    eigenvalue, share : float
        Components are retained whose eigenvalue and whose share of the variance lie above these ...
    cumulative : float
        ... and as many more as it takes to explain this share of the variance together. The defaults are the
        Handbook's.
    components : int
        Number to retain whatever the rules say; 0 leaves it to them.

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator. Never NaN. [share]

    Raises
    ------
    DomainError
        If fewer than two regions are complete, a value is infinite, all indicators are constant, or the last
        component retained and the first one dropped have equal eigenvalues.
    MethodError
        If a share lies outside 0 to 1, or `components` is no whole number of at least 0, or more than the
        indicators that vary.

    References
    ----------
    .. [1] Nicoletti, Scarpetta, Boylaud, "Summary indicators of product market regulation", OECD Economics
       Department Working Paper 226, 2000, annex.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, p. 89-91.
    .. [3] Kaiser, "The varimax criterion for analytic rotation in factor analysis", Psychometrika 23(3), 1958,
       p. 187-200.

    Examples
    --------
    >>> x = [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    >>> varimax(x).round(4)
    array([0.5, 0.5, 0. ])
    >>> varimax(x, components=2).round(4)
    array([0.3333, 0.3333, 0.3333])
    """
    if not (0 <= share <= 1 and 0 <= cumulative <= 1):
        raise MethodError(f"share and cumulative are shares of 1, not {share!r} and {cumulative!r}.")
    if components < 0 or components != int(components):
        raise MethodError(f"components is a whole number, or 0 for the rules, not {components!r}.")

    def weigh(part: FloatArray) -> FloatArray:
        varies, values, vectors = _components(moments("varimax", part))
        explained = values / len(values)
        kept = int(((values > eigenvalue) & (explained > share)).sum())
        short = np.cumsum(explained) < cumulative - _EQUAL
        if components > len(values):
            raise MethodError(
                f"varimax cannot retain {components} components of {len(values)} indicators that vary. "
                f"Set components to {len(values)} or fewer."
            )
        count = min(int(components) or max(kept, int(short.sum()) + 1), len(values))
        _apart(values, count)
        loadings = rotated(vectors[:, :count] * np.sqrt(values[:count].clip(0.0)))
        return _spread(varies, (loadings**2).max(axis=1))

    return each(weigh, x)


def rotated(loadings: FloatArray) -> FloatArray:
    """Rotate loadings of shape (indicators, components) to the varimax, rows scaled to length 1 meanwhile.

    Planes are turned one after the other, each to its best angle, until all stand still.
    """
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    length[length == 0] = 1.0
    turned = loadings / length
    k, count = turned.shape
    for _ in range(_TURNS):
        most = 0.0
        for a in range(count):
            for b in range(a + 1, count):
                u, v = turned[:, a] ** 2 - turned[:, b] ** 2, 2 * turned[:, a] * turned[:, b]
                across = 2 * (u @ v - u.sum() * v.sum() / k)
                along = u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / k
                angle = np.arctan2(across, along) / 4
                most = max(most, abs(angle))
                cos, sin = np.cos(angle), np.sin(angle)
                turned[:, [a, b]] = turned[:, [a, b]] @ np.array([[cos, -sin], [sin, cos]])
        if most < _STILL:
            break
    return np.asarray(turned * length)


def _components(found: Moments) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return which columns vary, and eigenvalues and eigenvectors of their correlations, the largest first."""
    values, vectors = np.linalg.eigh(found.correlation[np.ix_(found.varies, found.varies)])
    return found.varies.astype(np.float64), values[::-1], vectors[:, ::-1]


def _first(found: Moments) -> FloatArray:
    varies, values, vectors = _components(found)
    _apart(values, 1)
    return _spread(varies, vectors[:, 0] ** 2)


def _apart(values: FloatArray, count: int) -> None:
    """Refuse to cut between equal eigenvalues: which components come first would be chance."""
    if count < len(values) and values[count - 1] - values[count] <= _EQUAL * values[0]:
        raise DomainError(
            f"eigenvalues {count} and {count + 1} of the correlations are equal ({values[count]:.6g}), so the data do "
            "not say which component comes first. Use varimax with another number of components, or equal weights."
        )


def _spread(varies: FloatArray, squares: FloatArray) -> FloatArray:
    """Return weights of all columns from those that vary, scaled to a sum of 1."""
    weights = np.zeros(len(varies))
    weights[varies > 0] = squares / squares.sum()
    return weights
