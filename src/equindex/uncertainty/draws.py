"""Random draws: what they are, running them on an engine, and what is kept of them."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from equindex import engine as engines
from equindex._arrays import FloatArray
from equindex.errors import DomainError, FrameworkError
from equindex.scoring import ties
from equindex.sensitivity import Acceptability, acceptability_of
from equindex.uncertainty.rolling import leaf_shares
from equindex.uncertainty.study import Points, Study

__all__ = ["CHUNK", "Kept", "drawn", "points_of", "run"]

CHUNK = 1024  # draws that share a random generator; fixed, so that a longer run begins with the shorter one
_HEAVY = 8  # draws of a task where each runs all steps: few, as an interrupt waits for them
_MOST_KEPT = 1 << 25  # scores that are kept, 256 MB; intervals of scores rest on the draws that fit
_STOPPING = "Stopping: finished draws are kept and delivered; press Ctrl-C again to lose them."

Progress = Callable[[int, int], None]


@dataclass(kw_only=True)
class Kept:
    """What draws leave behind.

    `scores` holds the scores of the first draws by output, as many as fit in memory, shape (draws, regions);
    `ranks` the ranks of the leading output over all draws; `leads` counts the draws that a region leads, alone or
    with others, and `led` sums their weights, shape (regions, indicators).
    """

    draws: int
    scores: dict[str, FloatArray]
    ranks: Acceptability
    leads: NDArray[np.int64]
    led: FloatArray
    failed: dict[int, str] = field(default_factory=dict)
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    """Some draws of one study, for an engine."""

    study: Study

    def __call__(
        self, span: tuple[int, int]
    ) -> tuple[dict[str, FloatArray], FloatArray, FloatArray, dict[int, str]]:
        """Return the scores of draws, those that are ranked as they are, leaf weights, and why some fail.

        Draws that only differ in weights are scored by whole chunks, whatever part of one is asked for: products of
        other shapes would have other last bits.
        """
        study, (start, stop) = self.study, span
        first, last = (
            (start, stop) if study.per_draw else (start - start % CHUNK, start - start % CHUNK + CHUNK)
        )
        points = points_of(study, first, last)
        failed: dict[int, str] = {}
        shares = np.zeros((len(points), len(study.tree.nodes)))
        whole, at = study.run(points, failed, shares), slice(start - first, stop - first)
        found = {name: part[at] for name, part in whole.items()}
        worth = ties(found[study.outputs[0]], study.framework.prepared().rank_decimals)
        failed = {number: why for number, why in failed.items() if start <= number < stop}
        return found, worth, shares[at], failed


def points_of(study: Study, start: int, stop: int) -> Points:
    """Return draws `start` to `stop`, all of one chunk, whose generator depends on seed and chunk alone."""
    chunk = start // CHUNK
    rng = np.random.default_rng(np.random.SeedSequence(study.seed, spawn_key=(chunk,)))
    u = rng.random((CHUNK, len(study.dimensions)))[start - chunk * CHUNK : stop - chunk * CHUNK]
    return study.points(u, np.arange(start, stop))


def drawn(study: Study, points: Points) -> FloatArray:
    """Return each draw's weights of the indicators, shares of the root, shape (draws, indicators); 0 if left out."""
    tree, name = study.tree, study.outputs[0]
    found = np.zeros((len(points), len(tree.nodes)))
    if study.per_draw and study.by_data:  # every draw has values or regions, and so weights, of its own
        study.run(points, {}, found)
        return found
    for basis, at in study.alike(points):
        local = study.weights(basis, basis.outputs[name], points.take(at))
        leaves = tree.leaf[basis.nodes[basis.tree.nodes]]
        found[np.ix_(at, leaves)] = leaf_shares(basis.tree, local)
    return found


def run(
    study: Study,
    draws: int,
    *,
    engine: str = "threads",
    workers: int | None = None,
    progress: Progress | None = None,
    skip_failing: bool = False,
    after: Kept | None = None,
) -> Kept:
    """Run draws; an interrupt keeps those that are finished.

    Parameters
    ----------
    study : Study
        What varies.
    draws : int
        How many altogether.
    engine, workers
        As `equindex.engine.stream` takes them; the results are the same bits.
    progress : callable, optional
        Called with the draws finished and all of them.
    skip_failing : bool
        Whether draws that cannot be scored are left out and counted, rather than refused.
    after : Kept, optional
        An earlier run of the same study, which is continued.

    Returns
    -------
    Kept

    Raises
    ------
    FrameworkError
        If a draw cannot be scored, or no draw was finished when the run was interrupted.
    """
    first = 0 if after is None else after.draws
    step = _HEAVY if study.per_draw else CHUNK
    cuts = sorted({first, draws, *range(first - first % step + step, draws, step)})
    spans = [(a, b) for a, b in itertools.pairwise(cuts)]
    width = len(study.regions)
    most = max(1, _MOST_KEPT // (width * len(study.outputs)))
    have = 0 if after is None else len(next(iter(after.scores.values())))
    kept = {
        name: np.empty((max(have, min(draws, most)), 1 if name == "degree" else width))
        for name in study.outputs
    }
    if after is not None:
        for name, scores in after.scores.items():
            kept[name][:have] = scores
    led = np.zeros((width, len(study.tree.nodes))) if after is None else after.led.copy()
    leads = np.zeros(width, dtype=np.int64) if after is None else after.leads.copy()
    failed = {} if after is None else dict(after.failed)
    done = first

    with _patient() as interrupted:

        def blocks() -> Iterator[FloatArray]:
            nonlocal done, have
            # closed here and now, so that an interrupt of the wait for its workers is one
            with closing(engines.stream(_Task(study), spans, engine=engine, workers=workers)) as stream:
                for (start, stop), (found, worth, weights, wrong) in zip(spans, stream, strict=False):
                    if wrong and not skip_failing:
                        number, reason = next(iter(wrong.items()))
                        raise FrameworkError(
                            f"{len(wrong)} of draws {start} to {stop - 1} cannot be scored, such as draw {number}:\n"
                            f"{reason}\nVary less, or pass --skip-failing to leave such draws out and count them."
                        )
                    failed.update(wrong)
                    more = min(max(0, most - have), stop - start)
                    for name, part in found.items():
                        kept[name][have : have + more] = part[:more]
                    have += more
                    _lead(leads, led, worth, weights)
                    done = stop
                    yield worth
                    if progress is not None:
                        progress(done, draws)
                    if interrupted():
                        return

        try:
            ranks = acceptability_of(blocks(), after=None if after is None else after.ranks)
        except DomainError:
            if len(failed) < done or not failed:
                raise
            raise FrameworkError(
                f"none of {done:,} draws can be scored, such as draw 0:\n{failed[0]}"
            ) from None
    return Kept(
        draws=done,
        scores={name: scores[:have] for name, scores in kept.items()},
        ranks=ranks,
        leads=leads,
        led=led,
        failed=failed,
        interrupted=done < draws,
    )


def _lead(leads: NDArray[np.int64], led: FloatArray, scores: FloatArray, weights: FloatArray) -> None:
    """Add the weights of each draw to those of the region that leads it, or of all that do."""
    best = np.fmax.reduce(scores, axis=1, keepdims=True)
    draws, regions = np.divmod(np.flatnonzero(scores == best), scores.shape[1])  # faster than nonzero
    leads += np.bincount(regions, minlength=len(leads))
    np.add.at(led, regions, weights[draws])


@contextmanager
def _patient() -> Iterator[Callable[[], bool]]:
    """Let a first interrupt say that it waits for the draws under way; a second one stops at once."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        with suppress(OSError, RuntimeError, ValueError):  # a terminal that is gone stops nothing
            print(_STOPPING, file=sys.stderr, flush=True)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
