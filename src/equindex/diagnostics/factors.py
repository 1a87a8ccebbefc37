"""Whether correlations can be told by a few components: sampling adequacy, sphericity, principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, positioned
from equindex.errors import DomainError

__all__ = ["Adequacy", "Components", "Sphericity", "bartlett", "kmo", "pca"]

_SINGULAR = 1e-12  # smallest eigenvalue, per unit of the largest, of a matrix that can be inverted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adequacy:
    """Sampling adequacy `overall`, (...), and of each indicator, `items`, (..., indicators)."""

    overall: FloatArray
    items: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sphericity:
    """Bartlett's statistic `chi2`, (...), its degrees of freedom `df` and the probability `p` of a larger one."""

    chi2: FloatArray
    df: int
    p: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Components:
    """Principal components, the largest first.

    Attributes
    ----------
    eigenvalues, shares : ndarray, shape (..., components)
        Variance of each component, and its share of the whole.
    loadings : ndarray, shape (..., indicators, components)
        Correlation of each indicator with each component.
    """

    eigenvalues: FloatArray
    shares: FloatArray
    loadings: FloatArray


def kmo(r: ArrayLike) -> Adequacy:
    r"""Kaiser-Meyer-Olkin sampling adequacy: correlations beside partial correlations.

    In Chinese: KMO 抽样适当性检验.

    .. math:: \mathrm{KMO} = \frac{\sum_{i \ne j} r_{ij}^2}{\sum_{i \ne j} r_{ij}^2 + \sum_{i \ne j} q_{ij}^2},
       \qquad q_{ij} = \frac{(R^{-1})_{ij}}{\sqrt{(R^{-1})_{ii} (R^{-1})_{jj}}}

    and for each indicator the same with the sums over j alone.

    Parameters
    ----------
    r : array_like, shape (..., indicators, indicators)
        Correlations over the same regions.

    Returns
    -------
    Adequacy
        0 to 1; above 0.6 factors can be expected, below 0.5 they cannot. NaN where an indicator is related to
        no other at all. [share]

    Raises
    ------
    DomainError
        With fewer than two indicators, a correlation that is missing, or a singular matrix: fewer regions than
        indicators, or one indicator a combination of others.

    References
    ----------
    .. [1] Kaiser, H. F., Rice, J., "Little Jiffy, Mark IV", Educational and Psychological Measurement 34(1),
       1974, 111-117.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, box 5.

    Examples
    --------
    >>> kmo([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]]).overall.round(4)
    np.float64(0.6923)
    """
    r = _correlations(r)
    inverse = np.linalg.inv(_regular(r, "KMO"))
    scale = 1 / np.sqrt(np.diagonal(inverse, axis1=-2, axis2=-1))
    own = np.eye(r.shape[-1], dtype=bool)
    plain = np.where(own, 0.0, r**2).sum(axis=-1)
    partial = np.where(own, 0.0, (inverse * scale[..., None] * scale[..., None, :]) ** 2).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        overall = np.divide(plain.sum(axis=-1), plain.sum(axis=-1) + partial.sum(axis=-1))
        return Adequacy(overall=overall, items=plain / (plain + partial))


def bartlett(r: ArrayLike, n: int) -> Sphericity:
    r"""Test whether indicators without any correlation could have given these: Bartlett's sphericity.

    In Chinese: 巴特利特球形检验.

    .. math:: \chi^2 = -\left(n - 1 - \frac{2k + 5}{6}\right) \ln |R|, \qquad \mathrm{df} = \frac{k (k - 1)}{2}

    Parameters
    ----------
    r : array_like, shape (..., indicators, indicators)
        Correlations over the same `n` regions.
    n : int
        Number of regions.

    Returns
    -------
    Sphericity
        A small `p` says that there are correlations; with many regions it is small whatever they are. The test
        assumes a random sample of normal values.

    Raises
    ------
    DomainError
        As `kmo`; and where `n` is not above 1 + (2k + 5) / 6.

    References
    ----------
    .. [1] Bartlett, M. S., "The effect of standardization on a chi-square approximation in factor analysis",
       Biometrika 38(3-4), 1951, 337-344.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, box 5.

    Examples
    --------
    >>> found = bartlett([[1.0, 0.5], [0.5, 1.0]], 11)  # -(10 - 9/6) ln 0.75
    >>> found.chi2.round(4), found.df, found.p.round(4)
    (np.float64(2.4453), 1, np.float64(0.1179))
    """
    from scipy.special import gammaincc

    r = _correlations(r)
    k = r.shape[-1]
    factor = n - 1 - (2 * k + 5) / 6
    if factor <= 0:
        raise DomainError(
            f"Bartlett's test of {k} indicators needs more than {1 + (2 * k + 5) / 6:.4g} regions, but has {n}. "
            "Test fewer indicators."
        )
    df = k * (k - 1) // 2
    chi2 = np.maximum(-factor * np.linalg.slogdet(_regular(r, "Bartlett's test"))[1], 0.0)
    return Sphericity(chi2=chi2, df=df, p=gammaincc(df / 2, chi2 / 2))


def pca(r: ArrayLike) -> Components:
    r"""Principal components of correlations: how many dimensions the indicators really have.

    In Chinese: 主成分分析.

    .. math:: R v_c = \lambda_c v_c, \qquad \lambda_1 \ge \lambda_2 \ge \dots, \qquad
       \ell_{ic} = \sqrt{\lambda_c} \, v_{ic}, \qquad \mathrm{share}_c = \lambda_c / k

    Parameters
    ----------
    r : array_like, shape (..., indicators, indicators)
        Correlations over the same regions; singular ones will do.

    Returns
    -------
    Components
        Eigenvalues sum to the number of indicators. The sign of a component is free: loadings sum to at least 0.
        Components with the same eigenvalue can be turned into each other.

    Raises
    ------
    DomainError
        If a correlation is missing, or eigenvalues are negative because the correlations are of different
        regions.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 4.1, tables 7 and 8.

    Examples
    --------
    >>> found = pca([[1.0, 0.5], [0.5, 1.0]])
    >>> found.eigenvalues, found.loadings.round(4)
    (array([1.5, 0.5]), array([[ 0.866,  0.5  ],
            [ 0.866, -0.5  ]]))
    """
    r = _correlations(r)
    values, vectors = np.linalg.eigh(r)
    values, vectors = values[..., ::-1], vectors[..., ::-1]
    if (values < -1e-9 * r.shape[-1]).any():
        raise DomainError(
            f"principal components need correlations of the same regions, but an eigenvalue is {values.min():.4g}. "
            "Use the regions that have every indicator."
        )
    values = np.maximum(values, 0.0)
    loadings = vectors * np.sqrt(values)[..., None, :]
    total = loadings.sum(axis=-2, keepdims=True)
    even = np.abs(total) < 1e-9
    first = np.take_along_axis(loadings, np.argmax(np.abs(loadings) > 1e-9, axis=-2)[..., None, :], axis=-2)
    loadings = np.where(np.where(even, first, total) < 0, -loadings, loadings)
    return Components(eigenvalues=values, shares=values / r.shape[-1], loadings=loadings)


def _correlations(r: ArrayLike) -> FloatArray:
    """Return a matrix of correlations, or refuse what is none."""
    r = as_float(r)
    k = r.shape[-1]
    if r.ndim < 2 or r.shape[-2] != k or k < 2:
        raise DomainError(f"correlations of at least 2 indicators are needed, not the shape {r.shape}.")
    missing: BoolArray = np.asarray(np.isnan(r))
    own = np.diagonal(missing, axis1=-2, axis2=-1)
    bad: BoolArray = np.asarray(own if own.any() else missing.any(axis=-1))
    if bad.any():
        raise positioned(
            f"correlations of every two indicators are needed, but {bad.sum()} of {bad.size} indicators are "
            f"constant or share too few regions with another (indicator positions "
            f"{np.unique(np.nonzero(bad)[-1]).tolist()[:20]}). Drop them.",
            bad,
            columns=True,
        )
    return r


def _regular(r: FloatArray, who: str) -> FloatArray:
    """Return `r`, or refuse it where it cannot be inverted."""
    values = np.linalg.eigvalsh(r)
    if (values[..., 0] <= _SINGULAR * values[..., -1]).any():
        raise DomainError(
            f"{who} needs correlations that can be inverted, but these are singular: there are no more regions "
            "than indicators, or an indicator is a combination of others. Drop one."
        )
    return r
