"""Measures of every resample of the regions, and summaries of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, blocks, map_blocks
from equindex.equalization._resampling import PER_BLOCK, fast_blocks, fast_left_out, full_blocks, streams
from equindex.errors import DomainError, MethodError

__all__ = [
    "Measure",
    "counts_of",
    "in_order",
    "left_out_of",
    "quantiles",
    "replicates_of",
    "spread",
    "swapped",
    "units_of",
    "units_used",
]

Measure = Callable[..., FloatArray]
_NUMBERS = 1 << 18  # in one call of a measure: 2 MiB of values


def units_of(regions: int, clusters: ArrayLike | None) -> IntArray:
    """Return the number, from 0, of the unit that each region is drawn with."""
    if clusters is None:
        return np.arange(regions)
    codes = np.asarray(clusters)
    if codes.shape != (regions,) or codes.dtype.kind not in "iu":
        raise DomainError(f"clusters need one whole number for each of {regions} regions. Give codes.")
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _columns(x: FloatArray, population: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return values and weights as rows of regions, one for each leading index."""
    regions = x.shape[-1]
    if population is not None:
        if population.ndim > 1:
            x, population = np.broadcast_arrays(x, population)
        population = population.reshape(-1, regions)
    return x.reshape(-1, regions), population


def replicates_of(
    f: Measure,
    x: FloatArray,
    population: FloatArray | None,
    clusters: ArrayLike | None,
    draws: int,
    seed: int,
) -> FloatArray:
    """Return the measure of every resample, shape (draws, ...)."""
    codes = units_of(x.shape[-1], clusters)
    rows, people = _columns(x, population)
    units = int(codes.max()) + 1
    fast = fast_blocks.get(f)

    def resampled(drawn: IntArray, some: slice) -> FloatArray:
        own = people if people is None or len(people) == 1 else people[some]
        if fast is not None:
            return fast(rows[some], own, counts_of(drawn, codes, units))
        index, absent = _indices(drawn, codes, units)
        y = rows[some][:, index]
        if absent is not None:
            y[:, absent] = np.nan
        return _called(f, y, own if own is None else own[:, index])

    per_draw = rows.shape[-1] * PER_BLOCK
    return _in_blocks(
        lambda rng: rng.integers(units, size=(PER_BLOCK, units)),
        resampled,
        draws=draws,
        seed=seed,
        columns=len(rows),
        at_once=max(1, _NUMBERS // (rows.shape[-1] if fast is not None else per_draw)),
        numbers=per_draw,
    ).reshape(draws, *x.shape[:-1])


def _in_blocks(
    draw: Callable[[np.random.Generator], IntArray],
    work: Callable[[IntArray, slice], FloatArray],
    *,
    draws: int,
    seed: int,
    columns: int,
    at_once: int,
    numbers: int,
) -> FloatArray:
    """Return ``work`` of each block of draws and slice of columns, shape (draws, columns)."""
    out = np.empty((draws, columns))
    slices = blocks(columns, at_once)
    drawn: Iterator[IntArray] = (draw(rng) for rng in streams(draws, seed))
    ends = iter(full_blocks(draws))
    while group := list(islice(drawn, max(1, min(64, (1 << 23) // numbers)))):
        places = list(islice(ends, len(group)))

        def task(which: tuple[int, slice], _: FloatArray, group: list[IntArray] = group) -> FloatArray:
            return work(group[which[0]], which[1])

        tasks = list(product(range(len(group)), slices))
        done = map_blocks(task, tasks, numbers=numbers * columns * len(group))
        for (number, some), found in zip(tasks, done, strict=True):
            place = places[number]
            out[place, some] = found.T[: place.stop - place.start]
    return out


def counts_of(drawn: IntArray, codes: IntArray, units: int) -> FloatArray:
    """Return how often each region was drawn, shape (regions, draws)."""
    draws = len(drawn)
    cells = drawn * draws + np.arange(draws)[:, None]
    times = np.bincount(cells.ravel(), minlength=units * draws).reshape(units, draws).astype(np.float64)
    return times[codes]


def _indices(drawn: IntArray, codes: IntArray, units: int) -> tuple[IntArray, BoolArray | None]:
    """Return the regions drawn, and where a row of them is filled up because its clusters are small."""
    if units == len(codes):
        return np.argsort(codes)[drawn], None
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    lengths = sizes[drawn].sum(axis=1)
    index = np.zeros((len(drawn), lengths.max()), dtype=np.int64)
    for row, (picked, length) in enumerate(zip(drawn, lengths, strict=True)):
        size = sizes[picked]
        offset = np.repeat(starts[picked] - (np.cumsum(size) - size), size)
        index[row, :length] = order[offset + np.arange(length)]
    return index, np.arange(index.shape[1]) >= lengths[:, None]


def _called(f: Measure, x: FloatArray, population: FloatArray | None) -> FloatArray:
    """Return the measure, or refuse one that breaks the shape law."""
    found = np.asarray(f(x, population=population), dtype=np.float64)
    if found.shape != x.shape[:-1]:
        raise MethodError(
            f"a measure turns shape {x.shape} into {x.shape[:-1]}, but this one gave {found.shape}. "
            "Reduce the last axis only."
        )
    return found


def swapped(
    f: Measure,
    pair: FloatArray,
    population: FloatArray | None,
    clusters: ArrayLike | None,
    draws: int,
    seed: int,
) -> FloatArray:
    """Return the change after the years of each unit were swapped at random, shape (draws, ...)."""
    regions = pair.shape[-1]
    codes = units_of(regions, clusters)
    weights = np.where(np.isnan(pair), 0.0, 1.0 if population is None else population)
    values = np.where(weights > 0, pair, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = pair / (np.vecdot(values, weights) / weights.sum(axis=-1))[..., None]
    years = relative.reshape(2, -1, regions)
    people = None if population is None else population.reshape(2, -1, regions)

    def work(drawn: IntArray, some: slice) -> FloatArray:
        swap = drawn[:, codes] == 1

        def measured(first: int) -> FloatArray:
            x, own = (
                None if part is None else np.where(swap, part[1 - first, some, None], part[first, some, None])
                for part in (years, people)
            )
            assert x is not None
            return _called(f, x, own)

        return measured(1) - measured(0)

    per_draw = 2 * regions * PER_BLOCK
    return _in_blocks(
        lambda rng: rng.integers(2, size=(PER_BLOCK, int(codes.max()) + 1)),
        work,
        draws=draws,
        seed=seed,
        columns=years.shape[1],
        at_once=max(1, _NUMBERS // per_draw),
        numbers=per_draw,
    ).reshape(draws, *pair.shape[1:-1])


def units_used(x: FloatArray, population: FloatArray | None, clusters: ArrayLike | None) -> BoolArray:
    """Return which units have a region with a value and a population, shape (units, ...)."""
    codes = units_of(x.shape[-1], clusters)
    has = ~np.isnan(x) if population is None else ~np.isnan(x) & (population > 0)
    has = np.moveaxis(has, -1, 0)[np.argsort(codes, kind="stable")]
    sizes = np.bincount(codes)
    found: BoolArray = np.logical_or.reduceat(has, np.cumsum(sizes) - sizes, axis=0)
    return found


def left_out_of(
    f: Measure, x: FloatArray, population: FloatArray | None, clusters: ArrayLike | None
) -> FloatArray:
    """Return the measure without each unit, shape (units, ...)."""
    codes = units_of(x.shape[-1], clusters)
    rows, people = _columns(x, population)
    units = int(codes.max()) + 1
    fast = fast_left_out.get(f) if units == len(codes) else None
    found = np.empty((units, len(rows)))
    size = max(1, _NUMBERS // x.shape[-1])
    for some in blocks(len(rows), size):
        own = people if people is None or len(people) == 1 else people[some]
        if fast is not None:
            found[codes, some] = fast(rows[some], own).T
            continue
        for part in blocks(units, max(1, size // (some.stop - some.start))):
            left = codes == np.arange(part.start, part.stop)[:, None]
            y = np.where(left, np.nan, rows[some][:, None])
            found[part, some] = _called(f, y, own if own is None else own[:, None]).T
    return found.reshape(units, *x.shape[:-1])


def in_order(replicates: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the replicates in order, NaN last, and how many are not NaN."""
    return np.sort(replicates, axis=0), (~np.isnan(replicates)).sum(axis=0)


def spread(ordered: FloatArray, count: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return standard deviation and mean of the replicates that are not NaN."""
    known = np.arange(len(ordered)).reshape(-1, *[1] * (ordered.ndim - 1)) < count
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.sum(ordered, axis=0, where=known) / count
        squares = np.sum((ordered - mean) ** 2, axis=0, where=known)
        return np.sqrt(squares / np.where(count > 1, count - 1, np.nan)), mean


def quantiles(ordered: FloatArray, q: FloatArray) -> FloatArray:
    """Return quantiles along the first axis, interpolated linearly between the ordered values.

    Parameters
    ----------
    ordered : ndarray, shape (draws, ...)
        Ascending, NaN last. NaN is left out.
    q : ndarray, shape (k, ...) broadcastable to (k, *ordered.shape[1:])
        Probabilities, which may differ from place to place.

    Returns
    -------
    ndarray, shape (k, ...)
        NaN where there is no value or `q` is NaN.

    Examples
    --------
    >>> quantiles(np.array([1.0, 2.0, 4.0, np.nan]), np.array([0.5, 0.75]))
    array([2., 3.])
    """
    count = (~np.isnan(ordered)).sum(axis=0)
    place = np.clip(np.where(np.isnan(q), 0.0, q) * (count - 1), 0, None)
    below = np.floor(place).astype(np.int64)
    low, high = (
        np.take_along_axis(ordered[None], index[:, None], axis=1)[:, 0]
        for index in (below, np.minimum(below + 1, np.maximum(count - 1, 0)))
    )
    found: FloatArray = np.where(np.isnan(q), np.nan, low + (place - below) * (high - low))
    return found
