"""The ordered values that ranks and percentiles need, sorted on the disk: exact, whatever the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from equindex._arrays import FloatArray
from equindex._summary import Summary
from equindex.batch.journal import whole, written

__all__ = ["SortedRuns", "attach_sorted", "write_sorted"]

_SAMPLES = 256  # of each run, from which bounds of buckets are taken


class SortedRuns:
    """Blocks of columns, each sorted, kept one after the other in a file of a unit."""

    def __init__(self) -> None:
        self._runs: list[FloatArray] = []
        self._where: dict[str, list[list[int]]] = {}
        self._at = 0

    def add(self, base: str, x: FloatArray) -> None:
        """Sort every column of `x`, missing values last, and keep them under a base."""
        columns = np.sort(x.T, axis=-1)
        self._runs.append(columns)
        self._where.setdefault(base, []).append([self._at, columns.shape[1]])
        self._at += columns.size

    def write(self, path: Path) -> dict[str, list[list[int]]]:
        """Write the runs; return by base where they begin and how long they are."""

        def put(fresh: Path) -> None:
            with fresh.open("wb") as file:
                for run in self._runs:
                    run.tofile(file)

        whole(path, put)
        return self._where


def write_sorted(
    folder: Path,
    step: str,
    runs: Mapping[int, Mapping[str, Sequence[Sequence[int]]]],
    base: str,
    n: Any,
    memory: int,
) -> Path:
    """Merge the runs of all units into one file of sorted columns, each as long as the longest.

    Parameters
    ----------
    folder : Path
        Where the runs are.
    step : str
        What they are for.
    runs : mapping
        By unit and base, where runs begin and how long they are.
    base : str
        Which base.
    n : ndarray of int, shape (indicators,)
        How many values each column has.
    memory : int
        Bytes that a bucket may take.

    Returns
    -------
    Path
        Of ``max(n)`` float64 for each column, NaN behind the last value.
    """
    parts = [
        (np.memmap(folder / f"{step}-{unit:06d}.f8", dtype=np.float64, mode="r"), places[base])
        for unit, places in sorted(runs.items())
        if base in places
    ]
    path, length = folder / f"{step}-sorted-{base}.f8", int(n.max())

    def put(fresh: Path) -> None:
        with fresh.open("wb") as file:
            for column, count in enumerate(n.tolist()):
                own = [
                    file_[at + column * size : at + (column + 1) * size] for file_, at, size in _each(parts)
                ]
                for bucket in _buckets(own, count, max(1, memory // 8)):
                    bucket.tofile(file)
                np.full(length - count, np.nan).tofile(file)

    with written(path):
        whole(path, put)
    return path


def _each(parts: Sequence[tuple[Any, Sequence[Sequence[int]]]]) -> Iterator[tuple[Any, int, int]]:
    for file, places in parts:
        for at, size in places:
            yield file, at, size


def _buckets(runs: Sequence[FloatArray], count: int, most: int) -> Iterator[FloatArray]:
    """Yield the values of sorted runs in order, in buckets of about `most`; missing ones are left out."""
    ends = [int(np.searchsorted(run, np.nan)) for run in runs]
    if count <= most:
        yield np.sort(np.concatenate([run[:end] for run, end in zip(runs, ends, strict=True)]))
        return
    sample = np.sort(
        np.concatenate([run[: end : max(1, end // _SAMPLES)] for run, end in zip(runs, ends, strict=True)])
    )
    bounds = np.unique(sample[:: max(1, len(sample) * most // (2 * count))])
    starts = [0] * len(runs)
    for bound in [*bounds.tolist(), np.inf]:
        for side in ("left", "right"):  # equal values, however many, are a bucket of their own
            stops = [
                int(np.searchsorted(run[:end], bound, side=side)) for run, end in zip(runs, ends, strict=True)
            ]
            size = sum(stops) - sum(starts)
            if side == "right":
                for part in range(0, size, most):
                    yield np.full(min(most, size - part), bound)
            elif size:
                yield np.sort(np.concatenate([r[a:b] for r, a, b in zip(runs, starts, stops, strict=True)]))
            starts = stops


def attach_sorted(summary: Summary, path: Path) -> Summary:
    """Return a summary with ordered values that stay on the disk."""
    columns = np.memmap(path, dtype=np.float64, mode="r").reshape(len(summary.n), -1)
    return replace(summary, ordered=columns.T)
