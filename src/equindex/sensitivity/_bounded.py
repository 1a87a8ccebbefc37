"""Uniform draws from weights of sum 1 between bounds, by exact rejection."""

from __future__ import annotations

import numpy as np

from equindex._arrays import FloatArray

__all__ = ["Bounded"]

_FLAT = 1e-6  # slope over the width below which a density is as good as flat


class Bounded:
    r"""Uniform over low <= w <= high with sum 1, at least two of them free.

    Independent coordinates of density proportional to exp(-t u) are uniform given their sum, whatever t is. All but the
    widest are drawn so, with the t that makes the mean sum right; the widest takes what is left and is kept if it is
    within its bounds and with the probability of its own density, which happens once in about sqrt(2 pi k) tries.
    """

    def __init__(self, low: FloatArray, high: FloatArray) -> None:
        spare = 1 - low.sum()
        width = np.minimum(high - low, spare)
        least = np.maximum(spare - (width.sum() - width), 0.0)
        self.low = low + least
        width = np.maximum(width - least, 0.0)
        order = np.argsort(width, kind="stable")
        self.free = order[width[order] > 0]
        self.width = width[self.free]
        self.spare = float(1 - self.low.sum())
        self.slope = _slope(self.width, self.spare)

    def __call__(self, rng: np.random.Generator, count: int) -> FloatArray:
        out = np.tile(self.low, (count, 1))
        if len(self.free) < 2:
            out[:, self.free] += self.spare
            return out
        done = 0
        while done < count:
            u = rng.random((2 * (count - done) + 16, len(self.free)))
            most = self.width[-1]
            first = _truncated(u[:, :-1], self.width[:-1], self.slope)
            rest = self.spare - first.sum(axis=1)
            down = rest if self.slope > 0 else most - rest
            with np.errstate(over="ignore"):
                kept = (rest >= 0) & (rest <= most) & (u[:, -1] < np.exp(-abs(self.slope) * down))
            taken = np.flatnonzero(kept)[: count - done]
            out[done : done + len(taken), self.free[:-1]] += first[taken]
            out[done : done + len(taken), self.free[-1]] += rest[taken]
            done += len(taken)
        return out


def _truncated(u: FloatArray, width: FloatArray, slope: float) -> FloatArray:
    """Return quantiles of the densities proportional to exp(-slope x) on 0 to width."""
    rate = abs(slope)
    flat = rate * width < _FLAT
    steep = np.where(flat, 1.0, width) * max(rate, np.finfo(float).tiny)
    found = np.where(flat, u * width, -np.log1p(u * np.expm1(-steep)) / max(rate, np.finfo(float).tiny))
    np.minimum(found, width, out=found)
    return np.asarray(found if slope >= 0 else width - found)


def _slope(width: FloatArray, total: float) -> float:
    """Return the slope at which the mean of the coordinates adds up to the total."""

    def mean(slope: float) -> float:
        steep = slope * width
        flat = np.abs(steep) < 1e-4
        safe = np.where(flat, 1.0, steep)
        with np.errstate(over="ignore"):
            return float((width * np.where(flat, 0.5 - steep / 12, 1 / safe - 1 / np.expm1(safe))).sum())

    if len(width) < 2:
        return 0.0
    low, high = -1.0, 1.0
    for _ in range(60):
        low, high = (2 * low if mean(low) < total else low), (2 * high if mean(high) > total else high)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) > total else (low, middle)
    return (low + high) / 2
