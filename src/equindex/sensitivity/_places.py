"""Places of many draws: sorted keys that carry the region in their lowest bits, and counts of who is where."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import BoolArray, FloatArray, IntArray, blocks, map_blocks

__all__ = ["Tally", "bins"]

_EVERY_RANK = 20_000  # regions up to which every rank is counted by itself (1.6 GB)
_CELLS = 1 << 27  # counts of more regions than that
_ORDER_BYTES = 1 << 26  # places kept at once
_MOST_DRAWS = 1 << 14  # draws kept at once
_SORT_BYTES = 1 << 20  # scores sorted at once

Fill = Callable[[slice, FloatArray], Any]
Exact = Callable[[IntArray, IntArray], FloatArray]


def bins(n: int) -> IntArray:
    """Return the first rank of each bin: every rank up to 20,000 regions; beyond, mirrored bins of even width.

    Examples
    --------
    >>> bins(4)
    array([1, 2, 3, 4])
    >>> len(bins(200_000)), bins(200_000)[[0, 1, -1]]
    (669, array([     1,    300, 199702]))
    """
    if n <= _EVERY_RANK:
        return np.arange(1, n + 1)
    width = -(-n // (_CELLS // n))
    lower = np.arange(0, n // 2, width)
    return np.unique(np.concatenate([lower, n - lower[1:]])) + 1


@dataclass(slots=True, eq=False)
class Tally:
    """Counts of ranks, added to block by block.

    `counts[bin, region]` counts ranks from above. Counts from below mirror them but where regions share a rank or
    have none: `apart` holds those differences and is None while there are none. Who is at which place waits in
    `places`, shape (regions, draws), until many draws are there, as counting few costs nearly as much: `flush` ends it.
    """

    n: int
    first: IntArray
    counts: NDArray[np.int32]
    apart: NDArray[np.int32] | None
    added: IntArray
    ranked: IntArray
    places: NDArray[Any]
    waiting: int = 0
    draws: int = 0
    tied: int = 0
    level: int = 0

    @classmethod
    def of(cls, n: int) -> Tally:
        """Return an empty tally of n regions."""
        first = bins(n)
        counts = np.zeros((len(first), n), dtype=np.int32)
        zeros, kind = np.zeros((2, n), dtype=np.int64), np.uint16 if n <= 1 << 16 else np.uint32
        most = max(256, min(_MOST_DRAWS, _ORDER_BYTES // (np.dtype(kind).itemsize * max(1, n))))
        places = np.empty((n, most), dtype=kind)
        return cls(
            n=n, first=first, counts=counts, apart=None, added=zeros[0], ranked=zeros[1], places=places
        )

    @property
    def at_once(self) -> int:
        """Draws whose places are kept at once."""
        return int(self.places.shape[1])

    @property
    def sums(self) -> IntArray:
        """Sum of each region's ranks."""
        if len(self.first) < self.n:
            return self.added
        found = np.zeros(self.n, dtype=np.int64)
        for block in blocks(self.n, 256):
            found += self.first[block] @ self.counts[block]
        return found

    def add(self, draws: int, fill: Fill, exact: Exact, unknown: BoolArray | None = None) -> list[IntArray]:
        """Count the ranks of at most `at_once` draws; return the draws and the regions that lead them.

        Parameters
        ----------
        draws : int
            How many.
        fill : callable
            ``fill(block, out)`` writes keys of a block of draws: above 0, less is better, NaN is last. Keys that lie
            closer together than about 2**-36 of their size need not be in order.
        exact : callable
            ``exact(draws, regions)`` returns the scores that decide there, more is better.
        unknown : ndarray of bool, shape (draws, regions), optional
            Where `fill` writes NaN.
        """
        n = self.n
        bits, kind = max(16, (n - 1).bit_length()), self.places.dtype.type
        every = 8 // kind().itemsize
        low = slice(0 if sys.byteorder == "little" else every - 1, None, every)
        below = np.uint64((1 << bits) - 1)
        apart = np.uint64((2 << bits) - 1)  # keys with the region in their low bits may differ by this much
        index = np.arange(n, dtype=np.uint64)
        if self.waiting + draws > self.at_once:
            self.flush()
        places = self.places[:, self.waiting : self.waiting + draws]
        self.waiting += draws
        count = np.full(draws, n) if unknown is None else n - unknown.sum(axis=1)
        lock = threading.Lock()
        leaders: dict[int, tuple[IntArray, IntArray]] = {}

        def sort(block: slice, buffer: FloatArray) -> None:
            rows = block.stop - block.start
            scores = buffer[: rows * n].reshape(rows, n)
            fill(block, scores)
            keys = scores.view(np.uint64)
            keys &= ~below
            keys |= index
            keys.sort(axis=1)
            gaps = buffer[rows * n : rows * (2 * n - 1)].view(np.uint64).reshape(rows, n - 1)
            np.subtract(keys[:, 1:], keys[:, :-1], out=gaps)
            near = gaps.min(axis=1, initial=apart + below) <= apart
            ranked = count[block]
            some = np.flatnonzero(near | (ranked < n))
            if some.size:
                found = _settled(
                    keys, gaps <= apart, some, ranked, below, lambda r, c: exact(r + block.start, c)
                )
                lead = (found.first == 0) & (found.place > 0)
                with lock:
                    self._correct(found)
                leaders[block.start] = found.row[lead] + block.start, found.region[lead]
            order = keys.view(kind)[:, low].T
            places[:, block] = order if bits == 16 else order & kind(below)

        step = max(4, _SORT_BYTES // (8 * max(1, n)))
        map_blocks(sort, blocks(draws, step), numbers=draws * n, buffer=2 * step * n)
        if unknown is not None:
            self._count_below(places, np.flatnonzero(count < n), count)
        self.draws += draws
        self.ranked += draws
        led = np.arange(draws) if unknown is None else np.flatnonzero(~unknown.all(axis=1))
        more = [leaders[start] for start in sorted(leaders)]
        return [
            np.concatenate([led, *(pair[0] for pair in more)]),
            np.concatenate([places[0, led].astype(np.int64), *(pair[1] for pair in more)]),
        ]

    def flush(self) -> None:
        """Count who is at each place."""
        ends, draws = np.append(self.first[1:] - 1, self.n), self.waiting
        places, self.waiting = self.places[:, :draws], 0
        for number, (start, end) in enumerate(zip(self.first - 1, ends, strict=True)):
            here = places[start:end].ravel()
            found = np.bincount(here, minlength=self.n)
            self.counts[number] += found
            if len(self.first) < self.n:
                self.added += np.bincount(
                    here, weights=np.repeat(np.arange(start, end) + 1.0, draws), minlength=self.n
                ).astype(np.int64)

    def _count_below(self, places: NDArray[Any], draws: IntArray, ranked: IntArray) -> None:
        """Count from below in draws where some regions have no rank: the others are that much nearer to the bottom."""
        here, last, n = places[:, draws], ranked[draws] - 1, self.n
        if not here.size:
            return
        if self.apart is None:
            self.apart = np.zeros_like(self.counts)
        across, least = np.arange(len(draws)), int(last.min())
        bin_of = np.searchsorted(self.first, np.arange(1, n + 1), side="right") - 1
        for place in range(n):
            found, mirrored = here[last - place, across], here[n - 1 - place]
            if place > least:
                found = found[last >= place]
            if n - 1 - place > least:
                mirrored = mirrored[last >= n - 1 - place]
            self.apart[bin_of[place]] += np.bincount(found, minlength=n) - np.bincount(mirrored, minlength=n)

    def _correct(self, found: _Settled) -> None:
        """Move regions that share a rank, or have none, from their places to their ranks."""
        n, region = self.n, found.region
        known = found.first >= 0
        self._move(self.counts, found.place, region, -1)
        self._move(self.counts, found.first[known], region[known], 1)
        np.subtract.at(self.added, region, found.place - found.first)
        np.subtract.at(self.ranked, region[~known], 1)
        if known.any():
            if self.apart is None:
                self.apart = np.zeros_like(self.counts)
            ranked, region = found.ranked[known], region[known]
            first, place, last = found.first[known], found.place[known], found.last[known]
            self._move(self.apart, ranked - 1 - last, region, 1)
            self._move(self.apart, n - 1 - first, region, -1)
            less = ranked < n  # `_count_below` takes them to be at their places
            self._move(self.apart, n - 1 - place[less], region[less], 1)
            self._move(self.apart, ranked[less] - 1 - place[less], region[less], -1)
        self.tied += np.unique(found.row[known & (found.last > found.first)]).size
        self.level += int(((found.place == 0) & (found.last == found.ranked - 1) & (found.ranked > 1)).sum())

    def _move(self, counts: NDArray[np.int32], place: IntArray, region: IntArray, by: int) -> None:
        """Add to the counts of regions at places."""
        exact = len(self.first) == self.n
        number = place if exact else np.searchsorted(self.first, place + 1, side="right") - 1
        np.add.at(counts.reshape(-1), number * self.n + region, np.int32(by))


@dataclass(frozen=True, slots=True, eq=False)
class _Settled:
    """Regions whose rank is not their place + 1: those of their row, their place, first and last of their equals."""

    row: IntArray
    place: IntArray
    region: IntArray
    first: IntArray
    last: IntArray
    ranked: IntArray


def _settled(
    keys: NDArray[np.uint64],
    close: BoolArray,
    some: IntArray,
    ranked: IntArray,
    below: np.uint64,
    exact: Exact,
) -> _Settled:
    """Order runs of close keys by exact scores, in place; return who shares a rank or has none (first = -1)."""
    n = keys.shape[1]
    count = ranked[some]
    at, place = np.divmod(np.flatnonzero(close[some]), n - 1) if n > 1 else (np.empty(0, dtype=np.int64),) * 2
    places = np.arange(n)
    member, linked = np.zeros((2, len(some), n), dtype=bool)
    some_lost = bool((count < n).any())
    if some_lost:
        met = place + 1 < count[at]
        at, place = at[met], place[met]
    member[at, place] = member[at, place + 1] = linked[at, place + 1] = True
    at, place = np.divmod(np.flatnonzero(member), n)
    row = some[at]
    region = (keys[row, place] & below).astype(np.int64)
    run = np.cumsum(~linked[at, place])
    score = exact(row, region)
    order = np.lexsort((-score, run))
    region, score = region[order], score[order]
    keys[row, place] = region.astype(np.uint64)
    new = np.ones(len(run), dtype=bool)
    new[1:] = (run[1:] != run[:-1]) | (score[1:] != score[:-1])
    starts = np.flatnonzero(new)
    sizes = np.diff(np.append(starts, len(run)))
    first = np.repeat(place[starts], sizes)
    last = first + np.repeat(sizes, sizes) - 1
    kept = last > first
    lost_at, lost = np.nonzero(places >= count[:, None]) if some_lost else (at[:0], at[:0])
    none = np.full(len(lost), -1)
    lost_row = some[lost_at]
    return _Settled(
        row=np.concatenate([row[kept], lost_row]),
        place=np.concatenate([place[kept], lost]),
        region=np.concatenate([region[kept], (keys[lost_row, lost] & below).astype(np.int64)]),
        first=np.concatenate([first[kept], none]),
        last=np.concatenate([last[kept], none]),
        ranked=np.concatenate([count[at][kept], count[lost_at]]),
    )
