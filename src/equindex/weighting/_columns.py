"""What the data-driven methods share: a look at every column, and information turned into weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, map_blocks, positioned, row_blocks
from equindex._arrays import refused_cells as refused
from equindex.errors import DomainError

__all__ = ["Moments", "each", "enough", "moments", "positive", "shares"]


def each(function: Callable[[FloatArray], FloatArray], x: ArrayLike) -> FloatArray:
    """Apply a function of one (regions, indicators) matrix to every matrix along the leading axes."""
    x = as_float(x)
    weights = np.empty((*x.shape[:-2], x.shape[-1]))
    for at in np.ndindex(x.shape[:-2]):
        try:
            weights[at] = function(x[at])
        except DomainError as error:
            error.positions = tuple((*at, *place) for place in error.positions)
            raise
    return weights


def enough(method: str, n: ArrayLike) -> None:
    """Refuse columns that were measured fewer than twice."""
    few = np.asarray(n) < 2
    if few.any():
        raise positioned(
            f"{method} weights need at least two measured regions, but {few.sum()} of {few.size} indicators have "
            "fewer. Drop them.",
            few,
            columns=True,
        )


def positive(method: str, x: FloatArray) -> None:
    """Refuse cells that are negative or infinite."""
    bad = (x < 0) | np.isinf(x)
    if bad.any():
        remedy = "Use the 0-1 min-max, or another method."
        raise refused(f"{method} weights need finite values of at least 0", x, bad, remedy)


def shares(method: str, information: FloatArray) -> FloatArray:
    """Scale what each indicator tells to a sum of 1 over indicators, or refuse when none tells anything."""
    total = information.sum(axis=-1, keepdims=True)
    if not ((total > 0) & np.isfinite(total)).all():
        nothing = np.broadcast_to(~((total > 0) & np.isfinite(total)), information.shape)
        raise positioned(
            f"{method} weights find nothing that tells the regions apart: every indicator is constant, or too large "
            "or small to compute with. Use equal weights.",
            nothing,
            columns=True,
        )
    return as_float(information / total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Measured over complete regions, each column scaled to a range of 1 (0 where it is constant)."""

    n: int
    span: FloatArray
    cross: FloatArray
    """Sums of products of deviations from the mean, shape (indicators, indicators)."""

    @property
    def varies(self) -> BoolArray:
        """Which columns are not constant."""
        return np.asarray(self.span > 0)

    @property
    def sd(self) -> FloatArray:
        """Standard deviation, divisor n - 1, of each column scaled to a range of 1."""
        return np.sqrt(np.diagonal(self.cross) / (self.n - 1))

    @property
    def correlation(self) -> FloatArray:
        """Pearson's correlations; 0 with a constant column."""
        sd = np.where(self.varies, np.sqrt(np.diagonal(self.cross)), 1.0)
        r = (self.cross / np.outer(sd, sd)).clip(-1.0, 1.0)
        np.fill_diagonal(r, 1.0)
        return as_float(r)


def moments(method: str, x: FloatArray) -> Moments:
    """Measure the regions without missing values; refuse fewer than two, infinite values and none that varies."""
    holes = np.isnan(x)
    complete = x[~holes.any(axis=1)] if holes.any() else x
    n, k = complete.shape
    if n < 2:
        raise positioned(
            f"{method} weights need at least two regions without missing values, but {n} of {len(x)} are. "
            "Impute, or drop the indicators with gaps.",
            holes,
        )
    parts = row_blocks(n, k)

    def ends(rows: slice, _: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        part = complete[rows]
        return part.sum(axis=0), part.min(axis=0), part.max(axis=0)

    with np.errstate(all="ignore"):
        sums, low, high = (
            np.stack(part) for part in zip(*map_blocks(ends, parts, numbers=x.size), strict=True)
        )
        mean, low, span = sums.sum(axis=0) / n, low.min(axis=0), high.max(axis=0) - low.min(axis=0)
    if not (np.isfinite(mean) & np.isfinite(span)).all():
        raise refused(
            f"{method} weights need finite values", x, np.isinf(x) | (np.abs(x) > 1e300), "Remove them."
        )
    divisor = np.where(span > 0, span, 1.0)

    def products(rows: slice, _: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = complete[rows] - mean
        z /= divisor
        return z.sum(axis=0), z.T @ z

    off, cross = (sum(part) for part in zip(*map_blocks(products, parts, numbers=x.size * 4), strict=True))
    cross = cross - np.outer(off, off) / n
    constant = span == 0
    cross[constant], cross[:, constant] = 0.0, 0.0
    if constant.all():
        shares(method, np.zeros(k))
    return Moments(n=n, span=span, cross=cross)
