"""Do neighbours resemble each other: spatial weights, Moran's I of the whole and of each region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import (
    ArrayLike,
    FloatArray,
    IntArray,
    as_float,
    blocks,
    one_of,
    refused_cells,
)
from equindex.equalization._resampling import PER_BLOCK, full_blocks, streams
from equindex.errors import DomainError, MethodError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["QUADRANTS", "LocalMoran", "Moran", "contiguity", "moran", "moran_local", "near"]

QUADRANTS = {0: "", 1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}
_NUMBERS = 1 << 21  # gathered at once: 16 MiB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moran:
    """Moran's I, each of shape (...); `p`, `mean` and `sd` come from the permutations, NaN without.

    `variance` and `z` hold for independent normal values; `n` counts regions, `islands` those without neighbours
    that were kept, and `s0` is the sum of the weights.
    """

    value: FloatArray
    expected: FloatArray
    variance: FloatArray
    z: FloatArray
    mean: FloatArray
    sd: FloatArray
    p: FloatArray
    n: IntArray
    islands: IntArray
    s0: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalMoran:
    """Local Moran's I of each region, each of shape (..., regions); `quadrant` holds the codes of `QUADRANTS`."""

    value: FloatArray
    quadrant: NDArray[np.int8]
    p: FloatArray


def contiguity(pairs: ArrayLike, regions: int, *, values: ArrayLike = 1.0) -> csr_array:
    """Return weights of a table of neighbours.

    In Chinese: 邻接空间权重.

    Parameters
    ----------
    pairs : array_like of int, shape (pairs, 2)
        Positions of two regions that touch; each pair holds both ways and may be listed once or twice.
    regions : int
        Number of regions; those in no pair are islands.
    values : array_like, shape (pairs,) or scalar
        Weight of each pair, such as the length of the border.

    Returns
    -------
    scipy.sparse.csr_array, shape (regions, regions)
        Symmetric, 0 on the diagonal, not standardised.

    Raises
    ------
    DomainError
        If a pair names a region that does not exist or itself, or has two different weights.

    Examples
    --------
    >>> contiguity([[0, 1], [1, 2]], 4).toarray()
    array([[0., 1., 0., 0.],
           [1., 0., 1., 0.],
           [0., 1., 0., 0.],
           [0., 0., 0., 0.]])
    """
    from scipy.sparse import csr_array

    table = np.asarray(pairs)
    table = table.reshape(0, 2) if table.size == 0 else table
    if table.ndim != 2 or table.shape[1] != 2 or (table.size and table.dtype.kind not in "iu"):
        raise DomainError("neighbours are a table of two whole numbers a row. Give positions of regions.")
    bad = (table < 0).any(axis=1) | (table >= regions).any(axis=1) | (table[:, 0] == table[:, 1])
    if bad.any():
        row = int(np.argmax(bad))
        raise DomainError(
            f"pair {row} of neighbours is {table[row].tolist()}: two different positions below {regions} are needed."
        )
    weights = np.broadcast_to(_weights(values), len(table))
    ends = np.sort(table.astype(np.int64), axis=1)
    keys, first, index = np.unique(ends[:, 0] * regions + ends[:, 1], return_index=True, return_inverse=True)
    if (weights != weights[first][index]).any():
        raise DomainError("a pair of neighbours has two different weights. Keep one.")
    a, b = np.divmod(keys, regions)
    rows, columns, data = np.r_[a, b], np.r_[b, a], np.tile(weights[first], 2)
    found: csr_array = csr_array((data, (rows, columns)), shape=(regions, regions))
    return found


def near(
    distances: ArrayLike,
    *,
    rule: Literal["nearest", "band", "inverse"] = "nearest",
    k: int = 4,
    limit: float = np.inf,
    power: float = 1.0,
) -> csr_array:
    r"""Return weights of a table of distances.

    In Chinese: 距离空间权重.

    .. math:: w_{ij} = 1 \text{ for the } k \text{ nearest}, \qquad w_{ij} = [d_{ij} \le l], \qquad
              w_{ij} = d_{ij}^{-p} [d_{ij} \le l]

    Parameters
    ----------
    distances : array_like, shape (regions, regions)
        Distance from each region (row) to each other; NaN or infinity where unknown: no neighbours.
    rule : {"nearest", "band", "inverse"}
        Which regions are neighbours, and how much they count. Of regions equally far, the first are nearer.
    k : int
        Number of neighbours for "nearest", which need not be mutual.
    limit : float
        Greatest distance of a neighbour, for every rule. [unit of the distances]
    power : float
        p of "inverse".

    Returns
    -------
    scipy.sparse.csr_array, shape (regions, regions)
        0 on the diagonal, not standardised; rows may be empty (islands).

    Raises
    ------
    DomainError
        If the table is not square, a distance is negative, or 0 between regions under "inverse".
    MethodError
        If `rule` is not known or `k` is below 1.

    Examples
    --------
    >>> near([[0, 1, 5], [1, 0, 4], [5, 4, 0]], k=1).toarray()
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    from scipy.sparse import csr_array

    one_of("rule", rule, ("nearest", "band", "inverse"))
    if k < 1:
        raise MethodError(f"k must be 1 or more, not {k}.")
    d = as_float(distances)
    if d.ndim != 2 or d.shape[0] != d.shape[1] or (d < 0).any():
        raise DomainError("distances need a square table of values of 0 or more. Mend it.")
    d = np.where(np.isnan(d) | np.eye(len(d), dtype=bool), np.inf, d)
    close = (d <= limit) & np.isfinite(d)
    if rule == "nearest":
        order = np.argsort(d, axis=1, kind="stable")[:, :k]
        among = np.zeros(d.shape, dtype=bool)
        np.put_along_axis(among, order, True, axis=1)
        close &= among
    rows, columns = np.nonzero(close)
    data = np.ones(len(rows))
    if rule == "inverse":
        apart = d[rows, columns]
        if (apart == 0).any():
            first = (int(rows[np.argmin(apart)]), int(columns[np.argmin(apart)]))
            raise DomainError(
                f"regions {first} are 0 apart, which has no inverse. Use 'band', or merge them."
            )
        data = apart**-power
    found: csr_array = csr_array((data, (rows, columns)), shape=d.shape)
    return found


def moran(
    x: ArrayLike,
    w: ArrayLike | csr_array,
    *,
    permutations: int = 999,
    seed: int = 0,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    standardise: bool = True,
    islands: Literal["keep", "drop"] = "keep",
) -> Moran:
    r"""Moran's I: do regions resemble their neighbours more than chance would have it.

    In Chinese: 全局莫兰指数.

    .. math:: I = \frac{n}{S_0} \frac{\sum_{ij} w_{ij} z_i z_j}{\sum_i z_i^2}, \qquad z = x - \bar x, \qquad
              S_0 = \sum_{ij} w_{ij}, \qquad E[I] = \frac{-1}{n - 1}

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values; leading axes are years, indicators. Regions without a value are left out with their links. [any]
    w : array_like or scipy.sparse array, shape (regions, regions)
        Weights of 0 or more; the diagonal is not used.
    permutations : int
        Number of times the values are dealt out anew over the regions; 0 for none.
    seed : int
        Same seed, same bits; a longer run begins with the shorter one.
    alternative : {"two-sided", "greater", "less"}
        Which permuted I are as far out: p = (1 + their number) / (permutations + 1), for "two-sided" twice that of
        the smaller side, at most 1.
    standardise : bool
        Divide each row by its sum.
    islands : {"keep", "drop"}
        A region without neighbours has an empty row. "keep" counts it in n and in the mean, while S0 stays the sum
        of the weights there are; "drop" leaves such regions out until none is left.

    Returns
    -------
    Moran
        NaN where all regions are equal or none has a neighbour. [about -1 to 1]

    Raises
    ------
    DomainError
        If a value is infinite, or the weights are not square, negative or of another size.
    MethodError
        If an option is not known.

    References
    ----------
    .. [1] Cliff, A. D. and Ord, J. K., "Spatial Processes: Models and Applications", Pion, 1981, ch. 2 (moments).
    .. [2] Anselin, L., "Local indicators of spatial association: LISA", Geographical Analysis 27(2), 1995, 93-115.

    Examples
    --------
    >>> w = contiguity([[0, 1], [1, 2], [2, 3]], 4)
    >>> found = moran([1.0, 2.0, 3.0, 4.0], w, permutations=99)
    >>> found.value, found.expected
    (np.float64(0.4), np.float64(-0.3333333333333333))
    """
    one_of("alternative", alternative, ("two-sided", "greater", "less"))
    rows, links, shape = _asked(x, w, islands, permutations)
    out = {name: np.full(len(rows), np.nan) for name in ("value", "variance", "mean", "sd", "p", "s0")}
    counts = {name: np.zeros(len(rows), dtype=np.int64) for name in ("n", "islands")}
    for columns, _, z, own in _by_pattern(rows, links, standardise, islands):
        n, s0 = z.shape[-1], float(own.sum())
        counts["n"][columns], out["s0"][columns] = n, s0
        counts["islands"][columns] = int((np.diff(own.indptr) == 0).sum())
        if n < 2 or s0 == 0:
            continue
        squares = np.vecdot(z, z)
        scale = n / s0 / np.where(squares > 0, squares, np.nan)
        value = np.vecdot(z, (own @ z.T).T) * scale
        out["value"][columns] = value
        both = own + own.T
        s1, s2 = float((both.multiply(both)).sum()) / 2, float((both.sum(axis=1) ** 2).sum())
        out["variance"][columns] = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - 1 / (n - 1) ** 2
        if permutations:
            permuted = _permuted(z, own, permutations, seed) * scale
            out["mean"][columns] = permuted.mean(axis=0)
            out["sd"][columns] = permuted.std(axis=0)
            out["p"][columns] = _pseudo_p(permuted, value, alternative)
    out = {name: found.reshape(shape) for name, found in out.items()}
    n = counts["n"].reshape(shape)
    known = ~np.isnan(out["value"])
    expected = np.where(known, -1 / np.maximum(n - 1, 1), np.nan)
    variance = np.where(known & (out["variance"] > 0), out["variance"], np.nan)
    return Moran(
        value=out["value"][()],
        expected=expected[()],
        variance=variance[()],
        z=((out["value"] - expected) / np.sqrt(variance))[()],
        mean=np.where(known, out["mean"], np.nan)[()],
        sd=np.where(known, out["sd"], np.nan)[()],
        p=np.where(known, out["p"], np.nan)[()],
        n=n[()],
        islands=counts["islands"].reshape(shape)[()],
        s0=out["s0"][()],
    )


def moran_local(
    x: ArrayLike,
    w: ArrayLike | csr_array,
    *,
    permutations: int = 999,
    seed: int = 0,
    standardise: bool = True,
    islands: Literal["keep", "drop"] = "keep",
) -> LocalMoran:
    r"""Local Moran's I: which regions lie among their like (clusters) or among others (outliers).

    In Chinese: 局部莫兰指数.

    .. math:: I_i = \frac{z_i}{m_2} \sum_j w_{ij} z_j, \qquad m_2 = \frac{1}{n} \sum_i z_i^2

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values; regions without a value are left out with their links. [any unit]
    w : array_like or scipy.sparse array, shape (regions, regions)
        Weights of 0 or more; the diagonal is not used.
    permutations : int
        Number of times the other regions' values are dealt out anew while each region keeps its own; 0 for none.
    seed : int
        Same seed, same bits; a longer run begins with the shorter one.
    standardise : bool
        Divide each row by its sum; then the mean of I_i is n / S0 of Moran's I, and I itself without islands.
    islands : {"keep", "drop"}
        As for `moran`: kept islands count in the mean and in m_2.

    Returns
    -------
    LocalMoran
        The quadrant says high or low (than the mean) of the region, then of its neighbours; 0 where one of them is
        at the mean. NaN and 0 for islands, regions without a value, and where all are equal; p is two-sided. With
        many regions some are extreme by chance: hold p to a stricter level.

    Raises
    ------
    DomainError
        If a value is infinite, or the weights are not square, negative or of another size.
    MethodError
        If an option is not known.

    References
    ----------
    .. [1] Anselin, L., "Local indicators of spatial association: LISA", Geographical Analysis 27(2), 1995, 93-115.

    Examples
    --------
    >>> w = contiguity([[0, 1], [1, 2], [2, 3]], 4)
    >>> found = moran_local([1.0, 2.0, 3.0, 4.0], w, permutations=99)
    >>> found.value, [QUADRANTS[code] for code in found.quadrant]
    (array([0.6, 0.2, 0.2, 0.6]), ['low-low', 'low-low', 'high-high', 'high-high'])
    """
    rows, links, shape = _asked(x, w, islands, permutations)
    value, p = np.full(rows.shape, np.nan), np.full(rows.shape, np.nan)
    quadrant = np.zeros(rows.shape, dtype=np.int8)
    for columns, kept, z, own in _by_pattern(rows, links, standardise, islands):
        squares = np.vecdot(z, z) / max(1, z.shape[-1])
        linked = np.diff(own.indptr) > 0
        usable = linked & (squares > 0)[:, None]
        lag = (own @ z.T).T
        place = np.ix_(columns, kept)
        scale = np.where(usable, z, np.nan) / np.where(squares > 0, squares, np.nan)[:, None]
        value[place] = scale * lag
        codes = np.where(z > 0, np.where(lag > 0, 1, 4), np.where(lag > 0, 2, 3))
        quadrant[place] = np.where(usable & (z != 0) & (lag != 0), codes, 0)
        if permutations and own.nnz:
            p[place] = np.where(usable, _conditional_p(z, own, lag, permutations, seed), np.nan)
    full = (*shape, rows.shape[-1])
    return LocalMoran(value=value.reshape(full), quadrant=quadrant.reshape(full), p=p.reshape(full))


# --- Shared --------------------------------------------------------------------------------------------


def _weights(values: ArrayLike) -> FloatArray:
    weights = as_float(values)
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise DomainError("weights need finite values of 0 or more. Mend them.")
    return weights


def _asked(
    x: ArrayLike, w: ArrayLike | csr_array, islands: str, permutations: int
) -> tuple[FloatArray, csr_array, tuple[int, ...]]:
    """Return values as rows of regions, weights without diagonal, and the leading shape."""
    from scipy.sparse import csr_array, issparse

    one_of("islands", islands, ("keep", "drop"))
    if permutations < 0:
        raise MethodError(f"permutations must be 0 or more, not {permutations}.")
    values = as_float(x)
    if np.isinf(values).any():
        raise refused_cells("Moran's I needs finite values", values, np.isinf(values), "Mend them.")
    given: Any = w if issparse(w) else _weights(w)
    links: csr_array = csr_array(given, dtype=np.float64, copy=True)
    _weights(links.data)
    if values.ndim == 0 or links.shape != (values.shape[-1],) * 2:
        raise DomainError(f"weights of shape {links.shape} do not fit values of shape {values.shape}.")
    links.setdiag(0.0)
    links.eliminate_zeros()
    return values.reshape(-1, values.shape[-1]), links, values.shape[:-1]


def _by_pattern(
    rows: FloatArray, links: csr_array, standardise: bool, islands: str
) -> Iterator[tuple[IntArray, IntArray, FloatArray, csr_array]]:
    """Yield columns with the same regions: which, the regions kept, deviations from the mean, weights."""
    patterns, which = np.unique(~np.isnan(rows), axis=0, return_inverse=True)
    for number, known in enumerate(patterns):
        kept = np.flatnonzero(known)
        own = _part(links, kept)
        while islands == "drop" and len(kept) and not (linked := np.diff(own.indptr) > 0).all():
            kept, own = kept[linked], _part(own, np.flatnonzero(linked))
        if standardise:
            own.data /= np.repeat(own.sum(axis=1), np.diff(own.indptr))
        columns = np.flatnonzero(which.reshape(-1) == number)
        values = rows[np.ix_(columns, kept)]
        z = values - values.mean(axis=-1, keepdims=True) if len(kept) else values
        alike = np.abs(z).max(axis=-1, initial=0.0) <= 1e-13 * np.abs(values).max(axis=-1, initial=0.0)
        z[alike] = 0.0
        yield columns, kept, z, own


def _part(links: csr_array, kept: IntArray) -> csr_array:
    """Return the weights among some regions."""
    found: csr_array = links[kept][:, kept].tocsr()
    return found


def _permuted(z: FloatArray, own: csr_array, permutations: int, seed: int) -> FloatArray:
    """Return z'Wz of every permutation, the same for all columns, shape (permutations, columns)."""
    out = np.empty((permutations, len(z)))
    n = z.shape[-1]
    for place, rng in zip(full_blocks(permutations), streams(permutations, seed), strict=True):
        deal = rng.permuted(np.broadcast_to(np.arange(n), (PER_BLOCK, n)), axis=1)[: place.stop - place.start]
        for some in blocks(len(z), max(1, _NUMBERS // (n * PER_BLOCK))):
            dealt = z[some][:, deal]
            flat = dealt.reshape(-1, n)
            out[place, some] = np.vecdot(flat, (own @ flat.T).T).reshape(dealt.shape[:-1]).T
    return out


def _conditional_p(
    z: FloatArray, own: csr_array, lag: FloatArray, permutations: int, seed: int
) -> FloatArray:
    """Return two-sided p of each region's lag when the others' values are dealt out anew."""
    n, sizes = z.shape[-1], np.diff(own.indptr)
    most = int(sizes.max(initial=0))
    above, below = np.zeros((2, *z.shape), dtype=np.int64)
    near_enough = 1e-12 * np.abs(z).max(axis=-1, initial=0.0, keepdims=True)
    for place, rng in zip(full_blocks(permutations), streams(permutations, seed), strict=True):
        deal = rng.permuted(np.broadcast_to(np.arange(n - 1), (PER_BLOCK, n - 1)), axis=1)
        deal = deal[: place.stop - place.start, :most]
        for some in blocks(len(z), max(1, _NUMBERS // (PER_BLOCK * max(1, most)))):
            for region in np.flatnonzero(sizes):
                picked = deal[:, : sizes[region]]
                others = z[some][:, picked + (picked >= region)]
                dealt = others @ own.data[own.indptr[region] : own.indptr[region + 1]]
                apart = dealt - lag[some, region, None]
                above[some, region] += (apart >= -near_enough[some]).sum(axis=-1)
                below[some, region] += (apart <= near_enough[some]).sum(axis=-1)
    found: FloatArray = np.minimum(1.0, 2 * (1 + np.minimum(above, below)) / (permutations + 1))
    return found


def _pseudo_p(permuted: FloatArray, value: FloatArray, alternative: str) -> FloatArray:
    """Return the share of permutations, the observed one among them, that lie as far out."""
    above = 1 + (permuted >= value - 1e-12).sum(axis=0)
    below = 1 + (permuted <= value + 1e-12).sum(axis=0)
    tails: dict[str, FloatArray] = {
        "greater": above,
        "less": below,
        "two-sided": 2 * np.minimum(above, below),
    }
    return np.minimum(1.0, tails[alternative] / (len(permuted) + 1))
