"""What normalisers measure of each indicator, apart from how they apply it.

A summary of one year can place another year, a new region is scored against a published sample, and the
summaries of parts merge into the summary of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    IntArray,
    as_float,
    map_blocks,
    positioned,
    refused_cells,
    row_blocks,
)

__all__ = ["Summary", "measurable", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summary:
    """What was measured of each indicator; NaN where nothing was.

    Parameters
    ----------
    n : ndarray of int, shape (..., indicators)
        Number of measured regions.
    min, max, mean : ndarray, shape (..., indicators)
        Of the measured values. [unit of the indicator]
    m2 : ndarray, shape (..., indicators)
        Sum of squared deviations from the mean. [unit of the indicator, squared]
    ordered : ndarray, shape (..., regions, indicators), optional
        Each column in ascending order, NaN last. [unit of the indicator]
    """

    n: IntArray
    min: FloatArray
    max: FloatArray
    mean: FloatArray
    m2: FloatArray
    ordered: FloatArray | None = None

    def sd(self, ddof: int = 1) -> FloatArray:
        """Return the standard deviation with divisor ``n - ddof``; NaN where that is not positive."""
        free = np.where(self.n > ddof, self.n - ddof, np.nan)
        return np.sqrt(self.m2 / free)

    @property
    def varies(self) -> BoolArray:
        """Which columns have two different values."""
        return np.asarray(self.max > self.min)

    def differ(self) -> None:
        """Refuse the columns that are constant or measured fewer than twice."""
        bad = ~self.varies
        if bad.any():
            where = np.flatnonzero(bad) if bad.ndim == 1 else np.argwhere(bad)
            raise positioned(
                f"data-driven normalisation needs at least two measured regions that differ, but {bad.sum()} of "
                f"{bad.size} indicators are constant or have fewer (indicator positions {where.tolist()[:20]}). "
                "Drop them, or use goalposts, which measure nothing.",
                bad,
                columns=True,
            )

    def span(self) -> FloatArray:
        """Return ``max - min``, or refuse the columns that do not differ, or too much or too little to compute."""
        self.differ()
        with np.errstate(over="ignore"):
            return measurable(self.max - self.min, "range")

    def merge(self, other: Summary) -> Summary:
        r"""Return the summary of both samples together, as if they had been measured as one.

        .. math:: M = M_a + M_b + n_a (\bar x_a - \bar x)^2 + n_b (\bar x_b - \bar x)^2

        Parameters
        ----------
        other : Summary
            Of other regions (or years) of the same indicators.

        Returns
        -------
        Summary
            `n`, `min` and `max` are exact; `ordered` is kept where both have it.

        References
        ----------
        .. [1] Chan, Golub, LeVeque, "Algorithms for computing the sample variance: analysis and
           recommendations", The American Statistician 37(3), 1983, p. 242-247.
        """
        ordered = None
        if self.ordered is not None and other.ordered is not None:
            ordered = np.concatenate([self.ordered, other.ordered], axis=-2)
            ordered.sort(axis=-2, kind="stable")  # two sorted runs: linear
        return _merged([self, other], ordered)

    def take(self, indicators: ArrayLike) -> Summary:
        """Return the summary of the chosen indicators (positions or a boolean mask), in the order given."""
        chosen = _run(np.asarray(indicators))
        return Summary(**{name: part[..., chosen] for name, part in self._parts().items()})

    def to_dict(self) -> dict[str, Any]:
        """Return lists that JSON can hold, NaN as None; every float survives exactly."""
        return {name: _listed(part) for name, part in self._parts().items()}

    @classmethod
    def from_dict(cls, parts: Mapping[str, Any]) -> Summary:
        """Return the summary that `to_dict` wrote."""
        arrays: dict[str, Any] = {name: np.asarray(part, dtype=np.float64) for name, part in parts.items()}
        return cls(**{**arrays, "n": arrays["n"].astype(np.int64)})

    def _parts(self) -> dict[str, Any]:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: part for name, part in parts.items() if part is not None}


def summarise(x: ArrayLike, *, ordered: bool = False) -> Summary:
    """Measure each indicator over the regions, leaving missing values out.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    ordered : bool
        Also keep the sorted columns, which ranks and percentiles need.

    Returns
    -------
    Summary
        One value per indicator (and leading index); a column without values has ``n = 0`` and NaN.

    Raises
    ------
    DomainError
        If a value is infinite.

    Notes
    -----
    Mean and squared deviations are taken in two passes within each block and merged by Chan's formula, so a
    large offset costs no digits.

    Examples
    --------
    >>> summary = summarise([[1.0, 5.0], [3.0, np.nan]])
    >>> summary.n, summary.mean
    (array([2, 1]), array([2., 5.]))
    """
    x = as_float(x)
    regions, indicators = x.shape[-2:]

    def measure(rows: slice, _: FloatArray) -> Summary:
        return _measure(x[..., rows, :])

    parts = map_blocks(measure, row_blocks(regions, indicators) or [slice(0, 0)], numbers=x.size)
    summary = _merged(parts, np.sort(x, axis=-2) if ordered else None)
    if np.isinf(summary.min).any() or np.isinf(summary.max).any():
        raise refused_cells("measuring needs finite values", x, np.isinf(x), "Remove them.")
    return summary


def measurable(spread: FloatArray, what: str) -> FloatArray:
    """Return the spread of each column that differs, or refuse the columns where it is out of the range of numbers.

    Parameters
    ----------
    spread : ndarray, shape (..., indicators)
        Range or standard deviation. [unit of the indicator]
    what : str
        Which of them, for the message.

    Returns
    -------
    ndarray, shape (..., indicators)
        `spread` itself.

    Raises
    ------
    DomainError
        If a spread is too small or too large to divide by; `positions` says which.
    """
    with np.errstate(all="ignore"):
        large = ~(spread < np.inf)
        small = ~large & ~np.isfinite(1 / spread)
    bad = large | small
    if bad.any():
        says = " or ".join(
            word for word, found in (("overflows", large), ("underflows", small)) if found.any()
        )
        raise positioned(
            f"data-driven normalisation divides by the {what} of each indicator, but that of {bad.sum()} of "
            f"{bad.size} {says}: its values are too large or too small for computers. Give them in another unit, or "
            "use rank, which knows only their order.",
            bad,
            columns=True,
        )
    return spread


def _run(chosen: NDArray[Any]) -> NDArray[Any] | slice:
    """Return positions that follow each other as a slice, which copies nothing."""
    if (
        chosen.ndim == 1
        and chosen.size
        and chosen.dtype != np.bool_
        and (np.diff(chosen) == 1).all()
        and chosen[0] >= 0
    ):
        return slice(int(chosen[0]), int(chosen[-1]) + 1)
    return chosen


def _measure(x: FloatArray) -> Summary:
    """Measure one block."""
    rows = x.shape[-2]
    with np.errstate(all="ignore"):
        rough = x.sum(axis=-2)
        n = np.full(rough.shape, rows, dtype=np.int64)
        holes = np.isnan(x) if np.isnan(rough).any() else None
        if holes is not None:
            n -= holes.sum(axis=-2)
            rough = np.where(holes, 0.0, x).sum(axis=-2)
        rough /= n
        deviation = x - rough[..., None, :]
        if holes is not None:
            deviation[holes] = 0.0
        shift = deviation.sum(axis=-2) / n
        m2 = np.einsum("...ri,...ri->...i", deviation, deviation) - n * shift**2
        mean = rough + shift
    return Summary(
        n=n,
        min=np.fmin.reduce(x, axis=-2, initial=np.nan),
        max=np.fmax.reduce(x, axis=-2, initial=np.nan),
        mean=mean,
        m2=np.where(n > 0, np.maximum(m2, 0.0), 0.0),
    )


def _merged(parts: list[Summary], ordered: FloatArray | None) -> Summary:
    """Merge summaries of the same indicators."""
    n, mean, m2 = (np.stack([getattr(part, name) for part in parts]) for name in ("n", "mean", "m2"))
    total = n.sum(axis=0)
    with np.errstate(all="ignore"):
        middle = np.fmin.reduce(mean, axis=0)  # any value near the means: differences keep their digits
        apart = np.where(n > 0, mean - middle, 0.0)
        centre = (n * apart).sum(axis=0) / total
        spread = m2.sum(axis=0) + (n * (apart - centre) ** 2).sum(axis=0)
    return Summary(
        n=total,
        min=np.fmin.reduce([part.min for part in parts], axis=0),
        max=np.fmax.reduce([part.max for part in parts], axis=0),
        mean=middle + centre,
        m2=np.where(total > 0, spread, 0.0),
        ordered=ordered,
    )


def _listed(part: NDArray[Any]) -> Any:
    """Return nested lists, NaN as None."""
    if np.isnan(part).any():
        part = np.where(np.isnan(part), np.asarray(None), part)
    return part.tolist()
