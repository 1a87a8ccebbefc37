"""Streams of resamples, and measures of many resamples at once from how often each region was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from equindex._arrays import FloatArray
from equindex.equalization.base import excess, kept
from equindex.equalization.inequality import cv, gini, theil_l, theil_t
from equindex.errors import MethodError

__all__ = ["PER_BLOCK", "PER_CHUNK", "fast_blocks", "fast_left_out", "full_blocks", "streams"]

PER_CHUNK = 1024  # draws of one stream
PER_BLOCK = (
    64  # draws worked on at once; whole blocks are computed, so that a longer run begins with a shorter
)
_RUN = 24


def full_blocks(draws: int) -> list[slice]:
    """Return the places of the draws of each block; the last may be shorter than what is computed."""
    return [slice(start, min(start + PER_BLOCK, draws)) for start in range(0, draws, PER_BLOCK)]


def streams(draws: int, seed: int) -> Iterator[np.random.Generator]:
    """Yield, block by block, the generator to draw it from, in order: each chunk has its own stream.

    Raises
    ------
    MethodError
        If there is nothing to draw, or the seed is not a whole number of 0 or more.
    """
    if draws < 1:
        raise MethodError(f"draws must be 1 or more, not {draws}.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise MethodError(f"seed must be a whole number of 0 or more, not {seed!r}.")
    return (
        rng
        for chunk in range(-(-draws // PER_CHUNK))
        for rng in [np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(chunk,)))]
        for _ in full_blocks(min(PER_CHUNK, draws - chunk * PER_CHUNK))
    )


def _gini_blocks(x: FloatArray, population: FloatArray | None, counts: FloatArray) -> FloatArray:
    """Return the Gini of every column and resample, without sorting any resample.

    A column is sorted once. In that order the counts add up to the number N of draws at or below each value,
    and G is the sum of (x[k+1] - x[k]) N[k] (N - N[k]) over N times the sum of x. The running sums are taken
    within short runs by a triangular product, which is faster than `cumsum` down the columns, then over runs.
    """
    x, weights = kept(x, population)
    weights = np.broadcast_to(weights, x.shape)
    even = bool((weights == 1).all())
    regions, draws = counts.shape
    runs = -(-regions // _RUN)
    triangle = np.tril(np.ones((_RUN, _RUN)))
    taken, summed = np.empty((2, runs, _RUN, draws))
    drawn, below = taken.reshape(-1, draws), summed.reshape(-1, draws)
    out = np.empty((len(x), draws))
    for column, own in enumerate(weights):
        order = np.argsort(x[column])
        y = x[column, order]
        np.take(counts, order, axis=0, out=drawn[:regions], mode="clip")
        drawn[regions:] = 0.0
        if not even:
            drawn[:regions] *= own[order, None]
        resource = y @ drawn[:regions]
        np.matmul(triangle, taken, out=summed)
        summed[1:] += np.cumsum(summed[:-1, -1], axis=0)[:, None]
        total = below[-1]
        pairs = np.subtract(total, below, out=drawn)
        pairs *= below
        whole = total * resource
        out[column] = (np.diff(y) @ pairs[: regions - 1]) / np.where(whole > 0, whole, np.nan)
    return out


def _gini_left_out(x: FloatArray, population: FloatArray | None) -> FloatArray:
    """Return the Gini without each region: all pairs, less those with it; shape (columns, regions)."""
    x, weights = kept(x, population)
    weights = np.broadcast_to(weights, x.shape)
    order = np.argsort(x, axis=-1)
    y, own = np.take_along_axis(x, order, -1), np.take_along_axis(weights, order, -1)
    below, held = own.cumsum(axis=-1), (own * y).cumsum(axis=-1)
    total, resource = below[..., -1:], held[..., -1:]
    pairs = np.vecdot(np.diff(y), below[..., :-1] * (total - below[..., :-1]))[..., None]
    apart = y * (2 * below - total) - 2 * held + resource  # sum over j of w_j |y_i - y_j|
    whole = (total - own) * (resource - own * y)
    some = whole > 1e-12 * total * resource
    found = np.divide(pairs - own * apart, whole, out=np.full(y.shape, np.nan), where=some)
    out = np.empty(found.shape)
    np.put_along_axis(out, order, np.maximum(found, 0.0), axis=-1)
    return out


def _moments(
    apart: Callable[[FloatArray], FloatArray],
    combine: Callable[[FloatArray, FloatArray], FloatArray],
) -> tuple[
    Callable[[FloatArray, FloatArray | None, FloatArray], FloatArray],
    Callable[[FloatArray, FloatArray | None], FloatArray],
]:
    """Return resampled and left-out forms of a measure of the moments of r = x / mean.

    `combine` takes the means of ``r - 1`` (how far the resample's mean is off) and of ``apart(r)``.
    """

    def terms(x: FloatArray, population: FloatArray | None) -> FloatArray:
        x, weights = kept(x, population)
        weights = np.broadcast_to(weights, x.shape)
        total = weights.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.vecdot(x, weights)[..., None] / total
            r = np.where(weights > 0, x / np.where(mean == 0, np.nan, mean), 1.0)
            return np.stack([weights, weights * (r - 1), weights * apart(r)])

    def value(sums: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            off, spread = sums[1:] / np.where(sums[0] > 0, sums[0], np.nan)
            return combine(np.where(np.abs(1 + off) > 1e-12, off, np.nan), spread)

    def resampled(x: FloatArray, population: FloatArray | None, counts: FloatArray) -> FloatArray:
        return value(terms(x, population) @ counts)

    def left_out(x: FloatArray, population: FloatArray | None) -> FloatArray:
        parts = terms(x, population)
        rest = parts.sum(axis=-1, keepdims=True) - parts
        rest[0] = np.where(rest[0] > 1e-12 * parts[0].sum(axis=-1, keepdims=True), rest[0], 0.0)
        return value(rest)

    return resampled, left_out


def _theil_t(off: FloatArray, spread: FloatArray) -> FloatArray:
    return np.maximum((spread + off) / (1 + off) - np.log1p(off), 0.0)


def _theil_l(off: FloatArray, spread: FloatArray) -> FloatArray:
    return np.maximum(spread - off + np.log1p(off), 0.0)


def _cv(off: FloatArray, spread: FloatArray) -> FloatArray:
    variance = spread - off * off
    return np.sqrt(np.where(variance > 1e-13 * spread, variance, 0.0)) / np.abs(1 + off)  # below is rounding


_by_moments = {
    theil_t: _moments(excess(1), _theil_t),
    theil_l: _moments(excess(0), _theil_l),
    cv: _moments(lambda r: (r - 1) ** 2, _cv),
}
fast_blocks = {gini: _gini_blocks, **{f: pair[0] for f, pair in _by_moments.items()}}
fast_left_out = {gini: _gini_left_out, **{f: pair[1] for f, pair in _by_moments.items()}}
