"""Points at which to evaluate a model so that the variance of its outputs can be split among its factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float
from equindex.errors import DomainError, MethodError

__all__ = [
    "Design",
    "codes_of",
    "discrete",
    "probabilities_of",
    "resample_counts",
    "sample",
    "seeded",
    "still",
]

_BITS = 30  # scipy's points are multiples of 2^-30
_PER_CHUNK = 1024  # resamples of one stream
_STILL = (
    1e-12  # an output whose standard deviation is less than this of its size does not vary: it is rounding
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Two samples of the unit cube, `a` and `b`, each (n, k), and the group of each factor, `groups`, (k,).

    Every row stands for one draw of A, one of B, and for each group one of A with the group's columns from B.
    """

    a: FloatArray
    b: FloatArray
    groups: IntArray

    def points(self, rows: slice = slice(None)) -> FloatArray:
        """Return the draws of some rows in order: A, A with each group in turn from B, B.

        Parameters
        ----------
        rows : slice
            Which rows; all of them unless given. Draw d of the whole is in row ``d // (groups + 2)``.

        Returns
        -------
        ndarray, shape (rows, groups + 2, k)
            Later rows never change earlier ones: a longer design begins with the shorter one.

        Examples
        --------
        >>> sample(2, 3, groups=[0, 1, 1]).points().shape
        (2, 4, 3)
        """
        a, b = self.a[rows, None], self.b[rows, None]
        of_b = self.groups == np.arange(self.groups.max() + 1)[:, None]
        return np.concatenate([a, np.where(of_b, b, a), b], axis=1)


def sample(n: int, k: int, *, seed: int = 0, groups: ArrayLike | None = None) -> Design:
    r"""Scrambled Sobol' points for variance-based indices: two samples and the exchanges between them.

    .. math:: A_{rj} = u_{rj}, \qquad B_{rj} = u_{r,k+j}, \qquad u_r \in (0, 1)^{2k}

    Factors are sampled here, before anything is made of them. Weights that must sum to 1 are normalised afterwards,
    by the model: shares of a sum are not independent and have no such indices. ``-log(u)`` as raw weights
    normalises to the uniform (flat Dirichlet) distribution over all weightings.

    Parameters
    ----------
    n : int
        Rows, a power of two; the model is evaluated n (groups + 2) times.
    k : int
        Factors.
    seed : int
        Scrambling. Same seed, same bits; a longer run begins with the shorter one.
    groups : array_like of int, shape (k,), optional
        Factors with the same code are exchanged together and get one index; groups are ordered by code.
        Each factor is its own group unless given.

    Returns
    -------
    Design
        Coordinates strictly between 0 and 1: each is the centre of one of 2^30 cells.

    Raises
    ------
    MethodError
        If `n` is not a power of two, `k` exceeds the 10,600 factors scipy's Sobol' numbers reach, or the seed is not
        a whole number of 0 or more.
    DomainError
        If `groups` has not one whole number for each factor.

    References
    ----------
    .. [1] Saltelli, A. et al., "Variance based sensitivity analysis of model output. Design and estimator for
       the total sensitivity index", Computer Physics Communications 181(2), 2010, 259-270, section 3.
    .. [2] Owen, A. B., "On dropping the first Sobol' point", Monte Carlo and Quasi-Monte Carlo Methods, 2022 (why n
       is a power of two and scrambled points are kept whole).

    Examples
    --------
    >>> np.sort(4 * sample(4, 1).a.ravel()).astype(int)
    array([0, 1, 2, 3])
    """
    from scipy.stats import qmc

    if n < 2 or n & (n - 1) or n > 1 << _BITS:
        below = 1 << max(1, min(_BITS, int(n).bit_length()) - 1)
        raise MethodError(
            f"the number of samples must be a power of two, but is {n:,}. "
            f"Nearest: {below:,} or {min(2 * below, 1 << _BITS):,}; between them Sobol' points are not balanced."
        )
    if not 1 <= k <= qmc.Sobol.MAXDIM // 2:
        raise MethodError(f"a design has 1 to {qmc.Sobol.MAXDIM // 2:,} factors, not {k:,}.")
    codes = codes_of(groups, k)
    rng = np.random.default_rng(seeded(seed))
    u = qmc.Sobol(2 * k, bits=_BITS, seed=rng).random(n)
    u += 0.5**_BITS / 2
    return Design(a=np.ascontiguousarray(u[:, :k]), b=np.ascontiguousarray(u[:, k:]), groups=codes)


def discrete(u: ArrayLike, levels: int | ArrayLike) -> IntArray:
    r"""Map points of the unit interval to the levels 0, 1, ... of a discrete factor.

    .. math:: l = \min \{ j : u < p_0 + \dots + p_j \}

    Parameters
    ----------
    u : array_like, shape (...)
        From 0 to below 1.
    levels : int or array_like, shape (levels,)
        How many equally probable levels, or the probability of each, which are scaled to sum to 1.

    Returns
    -------
    ndarray of int, shape (...)
        A level of probability 0 is never drawn.

    Raises
    ------
    DomainError
        If there is no level, or a probability is negative or not finite, or all are 0.

    Examples
    --------
    >>> discrete([0.1, 0.5, 0.9], 3), discrete([0.1, 0.5, 0.9], [1, 0, 3])
    (array([0, 1, 2]), array([0, 2, 2]))
    """
    p = as_float(levels)
    p = probabilities_of(np.ones(max(0, int(p))) if p.ndim == 0 else p)
    found = np.searchsorted(np.cumsum(p), as_float(u), side="right")
    return np.asarray(np.minimum(found, np.flatnonzero(p)[-1]), dtype=np.int64)


def probabilities_of(weights: FloatArray) -> FloatArray:
    """Scale the weights of a factor's levels to sum to 1, or refuse them."""
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise DomainError(
            f"levels need a row of probabilities, none negative and not all 0, but are {weights.tolist()}. Mend them."
        )
    scaled: FloatArray = weights / weights.sum()
    return scaled


def codes_of(groups: ArrayLike | None, k: int) -> IntArray:
    """Return the number, from 0, of the group of each factor."""
    if groups is None:
        return np.arange(k)
    codes = np.asarray(groups)
    if codes.shape != (k,) or codes.dtype.kind not in "iu":
        raise DomainError(f"groups need one whole number for each of {k} factors. Give codes.")
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def resample_counts(n: int, resamples: int, seed: int) -> FloatArray:
    """Return how often each row counts in the sample itself (once) and in every resample.

    Parameters
    ----------
    n : int
        Rows.
    resamples : int
        0, or at least 2.
    seed : int
        Resamples come in chunks of 1,024, each with its own stream: more of them begin with the fewer.

    Returns
    -------
    ndarray, shape (1 + resamples, n)

    Examples
    --------
    >>> resample_counts(8, 2, seed=0).sum(axis=1)
    array([8., 8., 8.])
    """
    if resamples < 0 or resamples == 1:
        raise MethodError(f"resamples must be 0 (no interval) or at least 2, not {resamples}.")
    seeded(seed)
    counts = np.ones((1 + resamples, n))
    for index in range(resamples):
        if index % _PER_CHUNK == 0:
            rng = np.random.default_rng(seeded(seed, index // _PER_CHUNK))
        counts[1 + index] = np.bincount(rng.integers(n, size=n), minlength=n)
    return counts


def seeded(seed: int, *chunk: int) -> np.random.SeedSequence:
    """Return the root of a stream, or refuse a seed that is not a whole number of 0 or more."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise MethodError(f"seed must be a whole number of 0 or more, not {seed!r}.")
    return np.random.SeedSequence(int(seed), spawn_key=chunk)


def still(variance: FloatArray, largest: FloatArray) -> BoolArray:
    """Say which outputs vary by no more than rounding, from their variance and `largest` absolute value."""
    found: BoolArray = variance <= (_STILL * largest) ** 2
    return found
