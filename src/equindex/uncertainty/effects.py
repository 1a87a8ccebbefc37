"""Which choice moves scores and ranks most: the variance of each split among what varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import engine as engines
from equindex._arrays import FloatArray
from equindex.errors import FrameworkError
from equindex.scoring import places, ties
from equindex.sensitivity import Design, Moments, enumerate_indices, sample
from equindex.uncertainty.factors import Choice, Exclude
from equindex.uncertainty.study import Study
from equindex.uncertainty.weights import Weights

__all__ = ["Effects", "effects", "grid"]

_MOST_POINTS = 20_000  # combinations that are all run
_NUMBERS = 1 << 22  # outputs worked on at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """First and total effects of every factor, shape (outputs, factors), and what the outputs are.

    `labels` holds (output, region or -1) of each output; `subsets` and `shares` are those of `enumerate_indices`,
    None where the effects are estimates. `unscored` counts the points without a score of each region that has none
    at some, or, at -1, without a degree of equalization: these have no effects, and ranks are among the others.
    """

    exact: bool
    points: int
    factors: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]
    first: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    total: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    deviation: FloatArray
    subsets: tuple[tuple[int, ...], ...] = ()
    shares: FloatArray | None = None
    unscored: Mapping[int, int] = field(default_factory=dict)


def grid(study: Study) -> tuple[int, ...] | None:
    """Return the levels of every factor, None unless all are choices and few enough to run them all."""
    levels = []
    for factor in study.factors:
        if isinstance(factor, Choice):
            levels.append(len(factor.options))
        elif isinstance(factor, Exclude):
            levels.append(len(study.excluded))
        else:
            return None
    return tuple(levels) if np.prod(levels, dtype=float) <= _MOST_POINTS else None


def effects(
    study: Study,
    rank: NDArray[np.int32],
    *,
    samples: int,
    resamples: int,
    level: float,
    each_weight: bool = False,
    engine: str = "threads",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Effects:
    """Split the variance of scores, ranks and overall results among the factors of a study.

    Parameters
    ----------
    study : Study
        What varies; all combinations must be scorable.
    rank : ndarray, shape (regions,)
        Ranks as things stand, from which shifts are counted; 0 where unscored.
    samples : int
        Rows of the design, a power of two; of no matter where all combinations are run.
    resamples : int
        For the intervals; 0 for none.
    level : float
        Coverage of the intervals.
    each_weight : bool
        Whether every weight is a factor by itself, rather than all weights together one.
    engine, workers, progress
        As in `equindex.uncertainty.analyse`.

    Returns
    -------
    Effects

    Raises
    ------
    FrameworkError
        If some combination cannot be scored.

    Notes
    -----
    Where a region has no score at some points, all are run once more without it.
    """
    if study.failed:
        raise FrameworkError("effects need every combination; vary only what can be scored.")
    names, levels = list(dict.fromkeys(_grouped(study, each_weight))), grid(study)
    task = _Task(study, rank, _labels(study, rank), None)
    if levels is None:
        codes = [names.index(name) for name in _grouped(study, each_weight)]
        design = sample(samples, len(codes), seed=study.seed, groups=codes)
        task, rows, wide = replace(task, where=design), samples, len(names) + 2
        size = min(64 if study.per_draw else samples, _NUMBERS // (wide * max(len(task.labels), 1)))
    else:
        rows, wide = int(np.prod(levels)), 1
        place = np.stack(np.unravel_index(np.arange(rows), levels), axis=1)
        task = replace(task, where=(place + 0.5) / np.array(levels))
        names, size = [(factor.name, -1) for factor in study.factors], _NUMBERS // max(len(task.labels), 1)
    spans = _spans(rows, max(1, size))

    def parts(task: _Task) -> Iterator[tuple[FloatArray, NDArray[np.int64]]]:
        for done, part in enumerate(engines.stream(task, spans, engine=engine, workers=workers)):
            yield part
            if progress is not None:
                progress(spans[done][1] * wide, rows * wide)

    found = _split(task, parts(task), rows, levels, resamples, level)
    if isinstance(found, Effects):
        return replace(found, factors=tuple(names), points=rows * wide)
    known = rank.copy()
    known[[region for region in found if region >= 0]] = 0
    here = known > 0
    known[here] = 1 + np.searchsorted(np.sort(known[here]), known[here])
    task = replace(
        task,
        rank=known,
        labels=tuple(label for label in _labels(study, known) if label[0] != "degree" or -1 not in found),
    )
    again = _none(len(names), levels is not None)
    if task.labels:
        again = _split(task, parts(task), rows, levels, resamples, level)
    assert isinstance(again, Effects)
    return replace(again, factors=tuple(names), points=rows * wide, unscored=found)


def _none(factors: int, exact: bool) -> Effects | dict[int, int]:
    """Return the effects on nothing."""
    empty = np.empty((0, factors))
    return Effects(
        exact=exact,
        points=0,
        factors=(),
        labels=(),
        first=empty,
        first_low=empty,
        first_high=empty,
        total=empty,
        total_low=empty,
        total_high=empty,
        deviation=np.empty(0),
    )


def _split(
    task: _Task,
    parts: Iterator[tuple[FloatArray, NDArray[np.int64]]],
    rows: int,
    levels: tuple[int, ...] | None,
    resamples: int,
    level: float,
) -> Effects | dict[int, int]:
    """Return the effects, or at how many points what has no outcome has none: regions, -1 for the degree."""
    lost = np.zeros(len(task.rank) + 1, dtype=np.int64)
    moments = Moments(rows, resamples=resamples, seed=task.study.seed) if levels is None else None
    kept = []
    for part, missing in parts:
        lost += missing
        if lost.any():
            continue
        if moments is None:
            kept.append(part)
        else:
            moments.add(part[:, 0], part[:, -1], part[:, 1:-1])
    if lost.any():
        return {int(place) - 1: int(lost[place]) for place in np.flatnonzero(lost)}
    if moments is None:
        assert levels is not None
        found = enumerate_indices(np.concatenate(kept).reshape(*levels, -1), len(levels))
        none = np.full(found.first.shape, np.nan)
        return Effects(
            exact=True,
            points=0,
            factors=(),
            labels=task.labels,
            first=found.first,
            first_low=none,
            first_high=none,
            total=found.total,
            total_low=none,
            total_high=none,
            deviation=np.sqrt(found.variance),
            subsets=found.subsets,
            shares=found.shares,
        )
    got = moments.indices(level=level)
    return Effects(
        exact=False,
        points=0,
        factors=(),
        labels=task.labels,
        first=got.first,
        first_low=got.first_low,
        first_high=got.first_high,
        total=got.total,
        total_low=got.total_low,
        total_high=got.total_high,
        deviation=np.sqrt(got.variance),
    )


def _grouped(study: Study, each_weight: bool) -> list[tuple[str, int]]:
    return [(name, node if each_weight else -1) for name, node in study.dimensions]


def _spans(count: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def _labels(study: Study, rank: NDArray[np.int32]) -> tuple[tuple[str, int], ...]:
    """Return what is looked at: scores on one scale and ranks of each region that has one, and overall results."""
    scales = {study.variants[place, -1][0].prepared().scale for place in range(len(study.combinations))}
    lead, here = study.outputs[0], np.flatnonzero(rank > 0).tolist()
    found: list[tuple[str, int]] = [("rank shift", -1)] if len(here) > 1 else []
    if "degree" in study.outputs:
        found.append(("degree", -1))
    if lead != "index" or len(scales) == 1:
        found += [("score", region) for region in here]
    return tuple(found + [("rank", region) for region in here] * (len(here) > 1))


@dataclass(frozen=True, slots=True)
class _Task:
    """The outputs at some points of a design or of a grid."""

    study: Study
    rank: NDArray[np.int32]
    labels: tuple[tuple[str, int], ...]
    where: Design | FloatArray | None

    def __call__(self, span: tuple[int, int]) -> tuple[FloatArray, NDArray[np.int64]]:
        """Return outputs of shape (rows, groups + 2, outputs) of a design, (rows, outputs) of a grid.

        Beside them at how many points there is no outcome: of the degree, then of each region that has a rank.
        """
        start, stop = span
        if isinstance(self.where, Design):
            u = self.where.points(slice(start, stop))
            rows, wide, _ = u.shape
            numbers = np.arange(start * wide, stop * wide)
            found, lost = self._outputs(u.reshape(rows * wide, -1), numbers)
            return found.reshape(rows, wide, len(self.labels)), lost
        assert self.where is not None
        u = self.where[start:stop]
        return self._outputs(self._spread(u), np.arange(start, stop))

    def _spread(self, u: FloatArray) -> FloatArray:
        """Return grid points as the study's dimensions; a grid has no weights, so they are the same."""
        assert u.shape[1] == len(self.study.dimensions)
        return u

    def _outputs(self, u: FloatArray, numbers: NDArray[np.int64]) -> tuple[FloatArray, NDArray[np.int64]]:
        study = self.study
        found = study.run(study.points(u, numbers, designed=True))
        here = np.flatnonzero(self.rank > 0)
        lead = found[study.outputs[0]][:, here]
        names = list(dict.fromkeys(name for name, _ in self.labels))
        lost = np.zeros(len(self.rank) + 1, dtype=np.int64)
        lost[1 + here] = np.isnan(lead).sum(axis=0)
        columns: dict[str, Any] = {"score": lead}
        if "degree" in names:
            columns["degree"] = found["degree"]
            lost[0] = np.isnan(found["degree"][:, 0]).sum()
        if "rank" in names:
            ranked = places(ties(lead, study.framework.prepared().rank_decimals))
            columns["rank"] = ranked
            columns["rank shift"] = np.abs(ranked - self.rank[here]).mean(axis=1, keepdims=True)
        outputs = [columns[name] for name in names] or [np.empty((len(u), 0))]
        return np.hstack(outputs).astype(np.float64), lost


def named(study: Study, factors: Sequence[tuple[str, int]]) -> list[tuple[str, str, str]]:
    """Return factor, node and node name of each."""
    tree = study.tree
    return [
        (name, tree.ids[node] if node >= 0 else "", tree.names[node] if node >= 0 else "")
        for name, node in factors
    ]


def varies_weights(study: Study) -> bool:
    """Whether some factor is weights."""
    return any(isinstance(factor, Weights) for factor in study.factors)
