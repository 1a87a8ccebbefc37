"""Exact weight analysis and leaving out: ``python benchmarks/bench_weights_exact.py``.

Ratios to doing the same again and again come from interleaved runs; exponents are slopes of log time.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from _harness import compare, header
from equindex import sensitivity

REGIONS, INDICATORS, SOME = 3000, 50, 20


def problem(n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 1)) + rng.normal(size=(n, k)), rng.dirichlet(np.full(k, 5.0))


def again_indicators(z: np.ndarray, w: np.ndarray) -> list[np.ndarray]:
    """Drop each indicator and average again."""
    return [np.delete(z, m, axis=1) @ (np.delete(w, m) / (1 - w[m])) for m in range(z.shape[1])]


def again_bounds(x: np.ndarray, regions: range) -> list[tuple[np.ndarray, np.ndarray]]:
    """Measure the range again without each region."""
    return [(np.delete(x, r, axis=0).min(axis=0), np.delete(x, r, axis=0).max(axis=0)) for r in regions]


def again_deviations(x: np.ndarray, regions: range) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.delete(x, r, axis=0).mean(axis=0), np.delete(x, r, axis=0).std(axis=0)) for r in regions]


def again_scores(x: np.ndarray, w: np.ndarray, regions: range) -> list[np.ndarray]:
    found = []
    for r in regions:
        rest = np.delete(x, r, axis=0)
        found.append((rest - rest.mean(axis=0)) / rest.std(axis=0, ddof=1) @ w)
    return found


def scan(z: np.ndarray, w: np.ndarray, m: int, points: int = 201) -> np.ndarray:
    """Rank all regions at points of a grid of one weight, as sensitivity is mostly looked at."""
    rest = (z @ w - w[m] * z[:, m]) / (1 - w[m])
    grid = np.linspace(0, 1, points)[:, None]
    return np.argsort(grid * z[:, m] + (1 - grid) * rest, axis=1)


def exponent(function: Callable[[int], Any], sizes: list[int]) -> float:
    """Fit the slope of log time over log size, best of three."""
    times = []
    for size in sizes:
        prepared = function(size)
        runs = []
        for _ in range(3):
            start = perf_counter()
            prepared()
            runs.append(perf_counter() - start)
        times.append(min(runs))
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def main() -> None:
    header()
    z, w = problem(REGIONS, INDICATORS)
    size = f"{REGIONS:,} regions x {INDICATORS} indicators"
    compare(
        f"leave each indicator out, {size}   goal: 10x",
        {"again": lambda: again_indicators(z, w), "equindex": lambda: sensitivity.without(z, w)},
    )
    some = range(0, REGIONS, REGIONS // SOME)
    share = len(some) / REGIONS
    print(
        f"\nThe peers below do {len(some)} of {REGIONS:,} regions; multiply their ratios by {1 / share:.0f}."
    )
    for title, peer, ours in (
        ("range", again_bounds, sensitivity.minmax_without_region),
        ("mean and deviation", again_deviations, sensitivity.zscore_without_region),
    ):
        found = compare(
            f"leave each region out, {title}, {size}   goal: 100x",
            {"again, some": lambda peer=peer: peer(z, some), "equindex, all": lambda ours=ours: ours(z)},
        )
        print(f"  per region {found.ratio('again, some', 'equindex, all')[0] / share:.0f}x")
    lines = sensitivity.zscore_without_region(z)
    found = compare(
        f"leave each region out, scores of all others by z-score, {size}",
        {
            "again, some": lambda: again_scores(z, w, some),
            "equindex, all": lambda: sensitivity.scores_without_region(
                z, w, sensitivity.zscore_without_region(z)
            ),
        },
        runs=5,
    )
    print(f"  per region {found.ratio('again, some', 'equindex, all')[0] / share:.0f}x")
    rest, score = sensitivity.scores_without_region(z, w, lines), sensitivity.without(z, w)
    everyone = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1) @ w
    for title, before, after in (
        ("each region is left out", everyone, rest),
        ("each indicator is left out", z @ w, score.T),
    ):
        start = perf_counter()
        swapped = sensitivity.swaps(before, after)
        seconds = perf_counter() - start
        print(f"  swaps when {title}: {swapped.count.sum():,} pairs in {seconds:.2f} s")

    found = compare(
        f"stability intervals, {size}; the peer ranks at 201 points of each of 5 weights, not exactly",
        {
            "scan, 5 weights": lambda: [scan(z, w, m) for m in range(5)],
            "equindex, all weights": lambda: sensitivity.stability(z, w),
        },
        runs=5,
    )
    ahead, behind = sensitivity.rivals(z, w)
    for measure in ("sum", "relative"):
        start = perf_counter()
        sensitivity.smallest_change(z, w, ahead, behind, measure=measure)
        print(f"  smallest change, {measure}, {len(ahead):,} pairs: {1e3 * (perf_counter() - start):.1f} ms")
    for n, k in ((31, 12), (60, 10), (1000, 20)):
        small, weight = problem(n, k)
        band = sensitivity.polytope(k, low=0.8 * weight, high=1.2 * weight)
        start = perf_counter()
        bounds = sensitivity.rank_bounds(small, band, most=60 if n < 100 else 0)
        seconds = perf_counter() - start
        print(
            f"  rank bounds in a band of 20 %, {n:,} x {k}: {seconds:.2f} s, {bounds.exact.mean():.0%} exact"
        )

    print("\nexponents of cost")
    sizes = [500, 1000, 2000, 4000]
    print(f"  stability in regions {exponent(_over(sensitivity.stability, regions=True), sizes):.2f}")
    print(f"  stability in indicators {exponent(_over(sensitivity.stability), [10, 20, 40, 80]):.2f}")
    sizes = [20_000, 40_000, 80_000]
    print(f"  without in regions {exponent(_over(sensitivity.without, regions=True), sizes):.2f}")
    print(f"  without in indicators {exponent(_over(sensitivity.without, many=True), [20, 40, 80]):.2f}")


def _over(function: Callable[..., Any], *, regions: bool = False, many: bool = False) -> Callable[[int], Any]:
    def prepare(size: int) -> Callable[[], Any]:
        z, w = problem(size, 20) if regions else problem(20_000 if many else 1000, size)
        return lambda: function(z, w)

    return prepare


if __name__ == "__main__":
    main()
