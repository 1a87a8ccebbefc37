"""What normalisers share: their family, directions, measured values and the placing of values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    as_float,
    map_blocks,
    one_of,
    positioned,
    row_blocks,
)
from equindex._registry import Family
from equindex._summary import Summary, measurable, summarise
from equindex.errors import DomainError, MethodError

__all__ = [
    "NO_ZERO",
    "Line",
    "bounded",
    "halves",
    "line_of",
    "methods",
    "place",
    "place_each",
    "posts",
    "reference_value",
    "rising",
    "upward",
    "worst_to_best",
]

methods = Family("normalise")

Line = tuple[FloatArray, FloatArray]
NO_ZERO = "Use minmax or goalposts, which need no natural zero."
_LINE_LIMIT = 1e3  # slope * x + intercept loses log10 of this many digits; beyond it, place directly


def bounded(options: dict[str, Any]) -> tuple[Any, ...]:
    """Return the scale from `lower` to `upper`, 0 to 100 where not given."""
    return ("bounded", float(options.get("lower", 0.0)), float(options.get("upper", 100.0)))


def upward(direction: ArrayLike) -> BoolArray:
    """Say for each indicator whether higher is better, or refuse what is neither +1 nor -1."""
    direction = as_float(direction)
    if (np.abs(direction) != 1).any():
        raise DomainError(
            "direction is +1 where higher is better and -1 where lower is better, nothing else."
        )
    return direction > 0


def rising(scores: FloatArray) -> bool:
    """Say whether scores of classes, the worst first, never fall and are not all alike."""
    return bool((np.diff(scores) >= 0).all() and scores[-1] > scores[0])


def worst_to_best(direction: ArrayLike, summary: Summary) -> tuple[FloatArray, FloatArray]:
    """Return the worst measured value and the signed way from there to the best."""
    up, span = upward(direction), summary.span()
    return np.where(up, summary.min, summary.max), np.where(up, span, -span)


def posts(direction: ArrayLike, low: ArrayLike, high: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the worse goalpost and the signed way from there to the better one."""
    low, high = as_float(low), as_float(high)
    span = high - low
    if not (span > 0).all():
        raise DomainError(
            f"goalposts need low < high, but high - low is {np.min(span):.6g}. "
            "Swap them, and let direction=-1 say that lower is better."
        )
    up = upward(direction)
    return np.where(up, low, high), np.where(up, span, -span)


def reference_value(direction: ArrayLike, summary: Summary, reference: str, method: str) -> FloatArray:
    """Return the mean or the best measured value, above 0, or refuse the columns that have none."""
    one_of("reference", reference, ("mean", "best"))
    summary.span()
    best = np.where(upward(direction), summary.max, summary.min)
    base = summary.mean if reference == "mean" else best
    bad = base <= 0
    if bad.any():
        found = f"{bad.sum()} of {base.size} indicators have none (first: {base[bad][0]:.6g})"
        raise positioned(f"{method} needs a {reference} above 0, but {found}. {NO_ZERO}", bad, columns=True)
    return measurable(base, reference)


def halves(x: ArrayLike, name: str, summary: Summary | None) -> tuple[FloatArray, FloatArray]:
    """Return twice the values below plus the equal ones, per cell, and the size of the sample."""
    x = as_float(x)
    summary = summary or summarise(x, ordered=True)
    if summary.ordered is None:
        raise MethodError(f"{name} needs the ordered values: summarise(x, ordered=True).")
    summary.differ()
    twice = np.full(x.shape, np.nan)
    for index in np.ndindex(summary.n.shape):
        sample = summary.ordered[index[:-1]][: summary.n[index], index[-1]]
        cells = (*index[:-1], ..., index[-1])
        values = x[cells]
        order = np.argsort(values, axis=None)  # sorted keys keep the search in the cache
        keys = values.ravel()[order][: values.size - np.isnan(values).sum()]
        counts = np.full(values.size, np.nan)
        counts[order[: keys.size]] = _below_and_up_to(sample, keys)
        twice[cells] = counts.reshape(values.shape)
    return twice, summary.n[..., None, :].astype(np.float64)


def _below_and_up_to(sample: FloatArray, keys: FloatArray) -> NDArray[np.integer[Any]]:
    """Count, for each of the ordered keys, the values of the ordered sample below it plus those up to it."""
    if np.array_equal(sample, keys):  # the measured regions themselves: runs of equal values
        first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        last = np.r_[first[1:], keys.size]
        return np.repeat(first + last, last - first)
    return np.searchsorted(sample, keys) + np.searchsorted(sample, keys, side="right")


def place(
    x: FloatArray, origin: FloatArray, span: FloatArray, length: float, start: float, clip: ArrayLike = False
) -> FloatArray:
    """Return ``start + length * (x - origin) / span``, the share within 0 and 1 where `clip` says so."""
    origin, span = np.atleast_1d(origin)[..., None, :], np.atleast_1d(span)[..., None, :]
    return place_each(x, origin, span, length, start, clip)


def place_each(
    x: FloatArray, origin: FloatArray, span: FloatArray, length: float, start: float, clip: ArrayLike = False
) -> FloatArray:
    """Place as `place` does, with `origin` and `span` of shape (..., regions or 1, indicators)."""
    shape = np.broadcast_shapes(x.shape, origin.shape, span.shape)
    z = np.empty(shape)
    x, span = np.broadcast_to(x, shape), np.broadcast_to(span, shape)

    def work(rows: slice, _: FloatArray) -> None:
        part = z[..., rows, :]
        with np.errstate(over="ignore"):
            np.subtract(x[..., rows, :], origin, out=part)
            part /= span[..., rows, :]
            if np.any(clip):
                np.clip(part, np.where(clip, 0.0, -np.inf), np.where(clip, 1.0, np.inf), out=part)
            part *= length
            part += start

    map_blocks(work, row_blocks(*shape[-2:]), numbers=z.size)
    return z


def line_of(
    origin: FloatArray, span: FloatArray, length: float, start: float, summary: Summary | None
) -> Line | None:
    """Return slope and intercept of `place`, or None where values dwarf their span, which costs digits."""
    size = np.abs(origin)
    if summary is not None:
        size = np.fmax(size, np.fmax(np.abs(summary.min), np.abs(summary.max)))
    if (size > _LINE_LIMIT * np.abs(span)).any():
        return None
    slope = length / span
    return slope, start - slope * origin
