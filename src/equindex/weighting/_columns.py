"""What the data-driven methods share: a look at every column, and information turned into weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    as_float,
    ends,
    map_blocks,
    positioned,
    row_blocks,
)
from equindex._arrays import refused_cells as refused
from equindex.errors import DomainError

__all__ = ["Moments", "Products", "each", "enough", "moments", "positive", "shares"]

_HUGE = 1e100  # ranges whose squares, summed, stay in range


def each(function: Callable[[FloatArray], FloatArray], x: ArrayLike) -> FloatArray:
    """Apply a function of one (regions, indicators) matrix to every matrix along the leading axes.

    What was measured of parts, in place of values, is given to the function as it is.
    """
    if hasattr(x, "merge"):
        return function(x)  # type: ignore[arg-type]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Means, ends and products of complete regions: those of parts merge into those of all.

    Parameters
    ----------
    n : ndarray, shape ()
        Number of complete regions; the rest is NaN where it is 0.
    mean, low, high : ndarray, shape (indicators,)
        Of the complete regions.
    cross : ndarray, shape (indicators, indicators)
        Sums of products of deviations from the mean.
    """

    n: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    cross: FloatArray

    @classmethod
    def of(cls, x: FloatArray, _: Any = None) -> Products:
        """Measure the regions of `x` without missing values."""
        holes = np.isnan(x).any(axis=1)
        if holes.all():
            nothing = np.full(x.shape[1], np.nan)
            return cls(
                n=np.array(0.0), mean=nothing, low=nothing, high=nothing, cross=np.outer(nothing, nothing)
            )
        return _measured(x[~holes] if holes.any() else x)

    @property
    def span(self) -> FloatArray:
        """Range of each column."""
        return self.high - self.low

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array: regions, indicators."""
        return int(self.n), len(self.mean)

    def merge(self, other: Products) -> Products:
        """Return those of both samples together (Chan, Golub, LeVeque 1983); each merging costs a few roundings."""
        if not self.n or not other.n:
            return self if self.n else other
        n, apart = self.n + other.n, other.mean - self.mean
        return Products(
            n=n,
            mean=self.mean + apart * (other.n / n),
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
            cross=self.cross + other.cross + np.outer(apart, apart) * (self.n * (other.n / n)),
        )


def moments(method: str, x: FloatArray | Products) -> Moments:
    """Measure the regions without missing values; refuse fewer than two, infinite values and none that varies."""
    if isinstance(x, Products):
        if x.n < 2:
            raise DomainError(_few(method, int(x.n)))
        return _scaled(method, x)
    complete = x
    found = _measured(x) if len(x) > 1 else None
    if found is None or np.isnan(found.mean).any():
        holes = np.isnan(x)
        complete = x[~holes.any(axis=1)]
        if len(complete) < 2:
            raise positioned(_few(method, len(complete), f" of {len(x)}"), holes)
        found = _measured(complete)
    if not (np.isfinite(found.mean) & np.isfinite(found.span)).all():
        raise refused(
            f"{method} weights need finite values", x, np.isinf(x) | (np.abs(x) > 1e300), "Remove them."
        )
    divisor = np.where(found.span == 0, 1.0, found.span)
    if ((divisor < 1 / _HUGE) | (divisor > _HUGE)).any():  # squares may be out of range
        scaled = _scaled(method, _measured(complete / divisor))
        return replace(scaled, span=found.span)
    return _scaled(method, found)


def _few(method: str, complete: int, of: str = "") -> str:
    return (
        f"{method} weights need at least two regions without missing values, but {complete}{of} are. Impute, or drop "
        "the indicators with gaps."
    )


def _scaled(method: str, found: Products) -> Moments:
    constant = found.span == 0
    if constant.all():
        shares(method, np.zeros(len(constant)))
    divisor = np.where(constant, 1.0, found.span)
    cross = found.cross / np.outer(divisor, divisor)
    cross[constant], cross[:, constant] = 0.0, 0.0
    return Moments(n=int(found.n), span=found.span, cross=cross)


def _measured(x: FloatArray) -> Products:
    """Measure in one reading: within blocks about their own means, then between them, which loses no digits."""
    parts = row_blocks(*x.shape)

    def block(rows: slice, buffer: FloatArray) -> tuple[FloatArray, ...]:
        part = x[rows]
        ones, z = np.ones(len(part)), buffer[: part.size].reshape(part.shape)
        with np.errstate(all="ignore"):
            near = ones @ part / len(part)
            np.subtract(part, near, out=z)
            off = ones @ z / len(part)
            return near, off, *ends(part), z.T @ z - len(part) * np.outer(off, off)

    size = x.shape[1] * max(part.stop - part.start for part in parts)
    near, off, low, high, cross = (
        np.stack(part)
        for part in zip(*map_blocks(block, parts, numbers=4 * x.size, buffer=size), strict=True)
    )
    n = np.array([part.stop - part.start for part in parts])
    with np.errstate(all="ignore"):
        apart = near - near[0] + off
        apart -= n @ apart / len(x)
        return Products(
            n=np.array(float(len(x))),
            mean=n @ near / len(x),
            low=low.min(axis=0),
            high=high.max(axis=0),
            cross=cross.sum(axis=0) + (apart.T * n) @ apart,
        )
