"""Interleaved comparisons: ratios measured in one run, on whatever machine runs them.

Seconds vary with the machine and its other users; ratios of callables that take turns vary far less.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from threading import Thread
from time import perf_counter, process_time
from typing import Any

import numpy as np

__all__ = ["Comparison", "bandwidth", "compare", "header", "load", "scaling"]

_TURN = 0.01  # seconds a turn is to last


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Seconds of every run of every callable; runs of the same number were made one after the other."""

    title: str
    seconds: Mapping[str, list[float]]
    busy: Mapping[str, list[float]]
    """Seconds of processor time, over all threads."""

    def ratio(self, slow: str, fast: str) -> tuple[float, float, float]:
        """How many times faster `fast` is than `slow`: median, least and greatest over the runs."""
        ratios = [a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True)]
        return median(ratios), min(ratios), max(ratios)

    def median(self, name: str) -> float:
        """Median seconds of one callable."""
        return median(self.seconds[name])

    def processor(self, name: str) -> float:
        """Median seconds of processor time of one callable."""
        return median(self.busy[name])


def header() -> None:
    """Print what a reader needs to judge the ratios: processor features, libraries, load."""
    config: Any = np.show_config(mode="dicts")
    found = config["SIMD Extensions"].get("found", [])
    blas = config["Build Dependencies"]["blas"]
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {blas['name']} {blas['version']}")
    print(f"{os.cpu_count()} processors ({platform.machine()}), SIMD: {' '.join(found) or 'baseline'}")
    print(f"load average: {load()}")
    count = os.cpu_count() or 1
    print(
        f"{count} threads do {scaling(count):.2f} times the work of one now; below 1.7 they cannot show a gain"
    )


def load() -> str:
    """Return the load averages of 1, 5 and 15 minutes."""
    return " ".join(f"{mean:.2f}" for mean in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


def scaling(threads: int) -> float:
    """Measure how much more work several threads get done than one, in cache and without the GIL."""
    pieces = [np.ones(1 << 14) for _ in range(threads)]

    def work(piece: np.ndarray[Any, Any]) -> None:
        for _ in range(500):
            np.sqrt(piece, out=piece)

    def run(count: int) -> float:
        start = perf_counter()
        _together(work, pieces[:count])
        return perf_counter() - start

    return median(threads * run(1) / run(threads) for _ in range(7))


def compare(title: str, callables: Mapping[str, Callable[[], Any]], *, runs: int = 7) -> Comparison:
    """Run the callables in turn (A B A B ...) after one warm-up each, and print each as a ratio to the first.

    One that takes little time runs several times in its turn, so that none pays for the cache another left.

    Parameters
    ----------
    title : str
        What is compared.
    callables : mapping of str to callable
        The first is the peer that the others are measured against.
    runs : int
        Rounds, at least 5.
    """
    if runs < 5:
        raise ValueError("a median of fewer than 5 runs says little")
    seconds: dict[str, list[float]] = {name: [] for name in callables}
    busy: dict[str, list[float]] = {name: [] for name in callables}
    turns = dict.fromkeys(callables, 1)
    for round_ in range(runs + 1):
        for name, function in callables.items():
            start, before = perf_counter(), process_time()
            for _ in range(turns[name]):
                function()
            took, worked = perf_counter() - start, process_time() - before
            if round_:
                seconds[name].append(took / turns[name])
                busy[name].append(worked / turns[name])
            else:
                turns[name] = max(1, int(_TURN / took))
    result = Comparison(title=title, seconds=seconds, busy=busy)
    first = next(iter(callables))
    print(f"\n{title} (median of {runs} interleaved runs)")
    for name in callables:
        middle, least, greatest = result.ratio(first, name)
        line = f"  {name:34} {1e3 * result.median(name):10.2f} ms"
        print(line if name == first else f"{line}   {middle:7.2f}x  [{least:.2f} to {greatest:.2f}]")
    return result


def bandwidth(x: np.ndarray[Any, Any], *, threads: int = 1) -> Callable[[], Any]:
    """Return a callable that only reads `x`, in cache-sized pieces, to measure the read bandwidth."""
    flat = x.reshape(-1)
    pieces = np.array_split(np.arange(0, flat.size, 1 << 17), threads)

    def read(starts: Any) -> None:
        for start in starts:
            np.maximum.reduce(flat[start : start + (1 << 17)])

    return lambda: _together(read, pieces)


def _together(function: Callable[[Any], None], tasks: Sequence[Any]) -> None:
    if len(tasks) == 1:
        function(tasks[0])
        return
    workers = [Thread(target=function, args=(task,)) for task in tasks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
