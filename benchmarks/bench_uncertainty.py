"""Uncertainty and sensitivity of whole frameworks: ``python benchmarks/bench_uncertainty.py [--full]``.

Ratios come from interleaved runs, from the table of data to the tables of results unless a line says otherwise. What
plain numpy computes for its draws is checked against equindex's. ``--full`` adds one call of 100,000 draws, the memory
it takes, and how cost grows with draws, regions and indicators.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from _harness import compare, header
from bench_ranks import _peak, floor
from bench_ranks import loop as rankdata_loop
from equindex import Framework, uncertainty
from equindex.engine import stream
from equindex.framework import Source
from equindex.model import FrameworkFile, parse
from equindex.sensitivity import acceptability
from equindex.uncertainty import draws as drawing
from equindex.uncertainty import effects

REGIONS, INDICATORS, DRAWS, SAMPLE, COVERAGE = 3000, 50, 4096, 16, 0.66
WEIGHTS = ("weights=0.25",)
CHOICES = ("normalise=minmax,ratio", "aggregate=arithmetic,geometric")
METHODS = (*CHOICES, *WEIGHTS, "exclude=indicator")


def framework(indicators: int, levels: int) -> Framework:
    """Return indicators under one root, or under nine pillars of three groups."""
    groups = [{"id": f"g{j}"} for j in range(3)]
    pillars = [*groups, *({"id": f"p{j}", "parent": f"g{j % 3}"} for j in range(9))]
    deep = levels == 3
    content = {
        "id": "bench",
        "methods": {
            "normalise": {"name": "minmax", "lower": 1},
            "weighting": "equal",
            "missing": {"rule": "reweight", "min_coverage": COVERAGE},
        },
        "pillar": pillars if deep else [],
        "indicator": [{"id": f"i{k}"} | ({"pillar": f"p{k % 9}"} if deep else {}) for k in range(indicators)],
    }
    return Framework(model=parse(FrameworkFile, content, "bench"))


def table(regions: int, indicators: int, gaps: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(1)
    x = random.uniform(1, 100, (regions, indicators))
    x[random.random(x.shape) < gaps] = np.nan
    frame = pd.DataFrame(x, columns=[f"i{k}" for k in range(indicators)])
    frame.insert(0, "year", 2020)
    frame.insert(0, "region", [f"r{k:05d}" for k in range(regions)])
    return frame


def plain(x: np.ndarray, levels: int, draws: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Score and rank each draw anew with plain numpy, as an analyst writes it; return the scores."""
    pillar = np.arange(x.shape[1]) % 9
    homes = [(pillar, 9), (np.arange(9) % 3, 3)] if levels == 3 else []
    found = np.empty((len(draws), len(x)))
    for draw, (way, mean) in enumerate(zip(draws["normalise"], draws["aggregate"], strict=True)):
        if way == "minmax":
            low = np.nanmin(x, axis=0)
            score = 1 + 99 * (x - low) / (np.nanmax(x, axis=0) - low)
        else:
            score = 100 * x / np.nanmean(x, axis=0)
        if mean == "geometric":
            score = np.log(score)
        weight, cover = weights[draw], ~np.isnan(score)
        for home, count in homes:
            inside = [home == j for j in range(count)]
            parts = [_mean(score[:, own], cover[:, own], weight[own]) for own in inside]
            score, cover = (np.column_stack(part) for part in zip(*parts, strict=True))
            weight = np.array([weight[own].sum() for own in inside])
        score, _ = _mean(score, cover, weight)
        found[draw] = np.exp(score) if mean == "geometric" else score
        order = np.argsort(-found[draw])
        ranks = np.empty(len(x), dtype=int)
        ranks[order] = np.arange(1, len(x) + 1)
    return found


def _mean(score: np.ndarray, cover: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share = weight / weight.sum() if weight.any() else np.full(len(weight), 1 / len(weight))
    gaps = np.isnan(score)
    if not gaps.any():
        return score @ share, cover @ share
    covered = np.where(gaps, 0, cover) @ share
    with np.errstate(all="ignore"):
        mean = np.where(gaps, 0, score) @ share / (~gaps @ share)
    return np.where(covered >= COVERAGE, mean, np.nan), covered


def methods_vary(levels: int, gaps: float) -> None:
    built, frame = framework(INDICATORS, levels), table(REGIONS, INDICATORS, gaps)
    x = frame.drop(columns=["region", "year"]).to_numpy()
    few = uncertainty.analyse(built, frame, vary=METHODS, draws=SAMPLE)
    weights = few.draws.filter(like="weight ").to_numpy()
    np.testing.assert_allclose(few.kept.scores["index"], plain(x, levels, few.draws, weights), rtol=1e-9)
    study, points = few.study, [drawing.points_of(few.study, at, at + 1024) for at in range(0, DRAWS, 1024)]
    found = compare(
        f"methods, weights and exclusion vary: {REGIONS:,} x {INDICATORS}, {levels} level(s), {gaps:.0%} gaps",
        {
            "plain numpy": lambda: plain(x, levels, few.draws, weights),
            "equindex, scores": lambda: list(stream(study.run, points)),
            "equindex, ranks and their shares": lambda: drawing.run(study, DRAWS),
            "equindex, table to results": lambda: uncertainty.analyse(
                built, frame, vary=METHODS, draws=DRAWS
            ),
        },
        runs=5,
    )
    print(f"  per draw, as plain numpy made {SAMPLE} and equindex {DRAWS:,}   goal: 100 times as fast")
    first, *ours = found.seconds
    for name in ours:
        times = DRAWS / SAMPLE * found.ratio(first, name)[0]
        busy = DRAWS / SAMPLE * found.processor(first) / found.processor(name)
        per = 1e6 * found.processor(name) / DRAWS
        print(
            f"  {name:34} {times:6.1f} times, {busy:6.1f} by processor time, of which it takes {per:.0f} us"
        )


def weights_vary() -> None:
    """Compare with the product and the sort of the same scores, and with a loop over rankdata."""
    draws = 3 * DRAWS  # as many as ranks are counted at once
    built, frame = framework(INDICATORS, 1), table(REGIONS, INDICATORS)
    study = uncertainty.Study.of(Source(built, frame), uncertainty.parse(WEIGHTS, built))
    z = study.bases[0, -1].outputs["index"].leaves
    weights = np.concatenate(
        [drawing.drawn(study, drawing.points_of(study, at, at + 1024)) for at in range(0, draws, 1024)]
    )
    few = 300
    found = compare(
        f"weights vary: {draws:,} draws x {REGIONS:,} x {INDICATORS}   goal: at least 0.4x",
        {
            "BLAS product and np.sort": lambda: floor(z, weights),
            "equindex, table to ranks": lambda: uncertainty.analyse(built, frame, draws=draws),
            "of these the draws": lambda: drawing.run(study, draws),
            "sensitivity.acceptability": lambda: acceptability(z, weights),
            f"loop over rankdata, {few} draws": lambda: rankdata_loop(z, weights[:few]),
        },
        runs=5,
    )
    _, whole, part, _, slow = found.seconds
    for name in (whole, part):
        print(
            f"  {name}: {found.processor(next(iter(found.seconds))) / found.processor(name):.2f}x by processor time"
        )
        print(
            f"  {draws / few * found.ratio(slow, name)[0]:.1f} times as fast as the loop per draw   goal: 8"
        )


def small() -> None:
    """Time 600 runs and all combinations of 51 regions and 49 indicators."""
    built, frame = framework(49, 3), table(51, 49)
    vary = (*CHOICES, *WEIGHTS)
    study = uncertainty.Study.of(Source(built, frame), uncertainty.parse(vary, built))
    grid = (*CHOICES, "exclude=indicator")
    discrete = uncertainty.Study.of(Source(built, frame), uncertainty.parse(grid, built))
    rank = np.arange(1, 52, dtype=np.int32)
    found = compare(
        "51 regions x 49 indicators, 3 levels   goal: under 100 ms",
        {
            "600 runs, table to results": lambda: uncertainty.analyse(built, frame, vary=vary, draws=600),
            "of these the draws": lambda: drawing.run(study, 600),
            "exact effects, all 200 combinations": lambda: effects.effects(
                discrete, rank, samples=0, resamples=0, level=0.95
            ),
        },
    )
    for name in found.seconds:
        print(f"  {name}: {1e3 * found.processor(name):.0f} ms of processor time")


def general() -> None:
    """Time effects of methods on ranks, which need every outcome."""
    regions, samples = 500, 1024
    built, frame = framework(INDICATORS, 3), table(regions, INDICATORS)
    study = uncertainty.Study.of(Source(built, frame), uncertainty.parse(METHODS, built))
    rank = np.arange(1, regions + 1, dtype=np.int32)
    found = compare(
        f"effects of 4 factors on scores and ranks of {regions} regions, N = {samples:,}",
        {
            "the outcomes alone": partial(drawing.run, study, 6 * samples),
            "effects": lambda: effects.effects(study, rank, samples=samples, resamples=0, level=0.95),
            "effects, 100 resamples": lambda: effects.effects(
                study, rank, samples=samples, resamples=100, level=0.95
            ),
        },
        runs=5,
    )
    for name in found.seconds:
        print(f"  {name}: {1e6 * found.processor(name) / (6 * samples):.0f} us of processor time per point")


def full() -> None:
    built, frame = framework(INDICATORS, 1), table(REGIONS, INDICATORS)
    before, start = _peak(), process_time()
    found = uncertainty.analyse(built, frame, draws=100_000)
    kept = sum(part.nbytes for part in found.kept.scores.values())
    print(
        f"\n100,000 draws of weights x {REGIONS:,} x {INDICATORS} in one call: {process_time() - start:.1f} s of "
        f"processor time, {(_peak() - before) / 1e6:.0f} MB more at most, of which scores kept {kept / 1e6:.0f}"
    )
    print("\nhow cost grows: exponent fitted to three sizes, by processor time")
    for name, sizes, run in _sizes():
        times = [median(_timed(run(size)) for _ in range(5)) for size in sizes]
        slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
        print(f"  {name:12} {slope:.2f}   ({', '.join(f'{1e3 * s:.0f} ms' for s in times)})")


def _sizes() -> Sequence[tuple[str, list[int], Callable[[int], Callable[[], Any]]]]:
    def run(regions: int, indicators: int, draws: int) -> Callable[[], Any]:
        built = framework(indicators, 3)
        study = uncertainty.Study.of(
            Source(built, table(regions, indicators, 0.05)), uncertainty.parse(METHODS, built)
        )
        return lambda: drawing.run(study, draws)

    return (
        ("draws", [2048, 4096, 8192], lambda size: run(1000, 50, size)),
        ("regions", [500, 1000, 2000], lambda size: run(size, 50, 4096)),
        ("indicators", [50, 100, 200], lambda size: run(1000, size, 4096)),
    )


def _timed(run: Callable[[], Any]) -> float:
    start = process_time()
    run()
    return process_time() - start


def main() -> None:
    header()
    for levels in (1, 3):
        for gaps in (0.0, 0.05):
            methods_vary(levels, gaps)
    weights_vary()
    small()
    general()
    if "--full" in sys.argv:
        full()


if __name__ == "__main__":
    main()
