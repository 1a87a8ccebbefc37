"""Ranks over draws of weights: ``python benchmarks/bench_ranks.py [--full]``.

Ratios come from interleaved runs over the same draws. ``--full`` adds one call of 100,000 draws x 3,000 regions x 50
indicators, its time and the memory it took, and how cost grows with draws, regions and indicators.

The sort decides. On processors where AVX-512 stores compressed vectors slowly (AMD Zen 4), numpy sorts twice as fast
with ``NPY_DISABLE_CPU_FEATURES="AVX512_ICL X86_V4"``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from _harness import compare, header
from equindex.sensitivity import acceptability

REGIONS, INDICATORS, DRAWS, SAMPLE = 3000, 50, 12_000, 600


def problem(
    draws: int, regions: int = REGIONS, indicators: int = INDICATORS
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((regions, indicators)), rng.dirichlet(np.ones(indicators), draws)


def floor(z: np.ndarray, weights: np.ndarray) -> None:
    """Multiply and sort on one thread, in blocks that stay in the cache, and do nothing with what comes out."""
    out = np.empty((64, len(z)))
    columns = np.ascontiguousarray(z.T)
    with threadpool_limits(1):
        for start in range(0, len(weights), 64):
            block = weights[start : start + 64]
            scores = np.matmul(block, columns, out=out[: len(block)])
            scores.sort(axis=1)


def loop(z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Rank as it is mostly written: score, rank and count draw by draw."""
    counts = np.zeros((len(z), len(z)), dtype=np.int32)
    regions = np.arange(len(z))
    for row in weights:
        ranks = rankdata(-(z @ row), method="min").astype(np.intp)
        counts[ranks - 1, regions] += 1
    return counts


def main() -> None:
    header()
    if "--full" in sys.argv:
        full()
    for title, twins in (("", 0), (", 30 pairs of equal regions", 30)):
        z, weights = problem(DRAWS)
        z[:twins] = z[twins : 2 * twins]
        found = compare(
            f"{DRAWS:,} draws x {REGIONS:,} regions x {INDICATORS} indicators{title}   goal: at least 0.4x",
            {
                "BLAS product and np.sort": lambda z=z, weights=weights: floor(z, weights),
                "equindex": lambda z=z, weights=weights: acceptability(z, weights),
            },
            runs=5,
        )
        print(f"  {1e6 * found.median('equindex') / DRAWS:.0f} us per draw")
    z, weights = problem(SAMPLE * 10)
    found = compare(
        f"{SAMPLE} draws by a loop, {10 * SAMPLE:,} by equindex   goal: 8x, so 0.8x of the time here",
        {
            "loop over scipy.stats.rankdata": lambda: loop(z, weights[:SAMPLE]),
            "equindex, 10 times the draws": lambda: acceptability(z, weights),
        },
        runs=5,
    )
    times = 10 * found.ratio("loop over scipy.stats.rankdata", "equindex, 10 times the draws")[0]
    print(f"  per draw {times:.1f} times as fast")
    assert (acceptability(z, weights[:SAMPLE]).counts == loop(z, weights[:SAMPLE])).all()


def full() -> None:
    before = _peak()
    z, weights = problem(100_000)
    start = perf_counter()
    found = acceptability(z, weights)
    seconds = perf_counter() - start
    more = (_peak() - before) / 1e6
    print(
        f"\n100,000 draws x {REGIONS:,} regions x {INDICATORS} indicators in one call: {seconds:.1f} s, {more:.0f} MB "
        f"more, of which weights {weights.nbytes / 1e6:.0f} and counts {found.counts.nbytes / 1e6:.0f}"
    )
    print("\nhow cost grows: exponent fitted to three sizes")
    sizes: dict[str, tuple[list[int], Callable[[int], tuple[np.ndarray, np.ndarray]]]] = {
        "draws": ([8000, 16_000, 32_000], lambda size: problem(size, 1000)),
        "regions": ([500, 1000, 2000], lambda size: problem(8000, size)),
        "indicators": ([50, 100, 200], lambda size: problem(8000, 1000, size)),
    }
    for name, (steps, make) in sizes.items():
        seconds_of = []
        for size in steps:
            z, weights = make(size)
            seconds_of.append(median(_timed(z, weights) for _ in range(5)))
        slope = np.polyfit(np.log(steps), np.log(seconds_of), 1)[0]
        print(f"  {name:12} {slope:.2f}   ({', '.join(f'{1e3 * s:.0f} ms' for s in seconds_of)})")


def _timed(z: np.ndarray, weights: np.ndarray) -> float:
    start = perf_counter()
    acceptability(z, weights)
    return perf_counter() - start


def _peak() -> float:
    """Most bytes this process ever held; NaN where the system does not say."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


if __name__ == "__main__":
    main()
