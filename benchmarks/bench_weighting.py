"""Benefit of the doubt against one linprog per region: ``python benchmarks/bench_weighting.py``.

Scores are checked against linprog on a sample of regions, and all by their duals. Entropy and CRITIC stand in
``bench_peers.py``.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
from scipy.optimize import linprog

from _harness import compare, header
from equindex import weighting

PROGRAMMES = ((200, 6), (1000, 10), (3000, 10))
SAMPLE = 40  # regions that linprog solves: it takes a minute for 3,000


def main() -> None:
    header()
    for regions, indicators in PROGRAMMES:
        frontier(np.random.default_rng(0).uniform(0.05, 1, (regions, indicators)))


def frontier(x: np.ndarray) -> None:
    sample = np.random.default_rng(1).choice(len(x), SAMPLE, replace=False)

    def by_linprog() -> list[float]:
        ones = np.ones(len(x))
        return [-linprog(-x[at], A_ub=x, b_ub=ones, method="highs").fun for at in sample]

    start = perf_counter()
    expected = by_linprog()
    seconds = (perf_counter() - start) / SAMPLE
    found = weighting.frontier(x)
    assert np.allclose(found.score[sample], expected, atol=1e-9)
    assert (found.weights @ x.T).max() <= 1 + 1e-9
    result = compare(
        f"benefit of the doubt, {len(x):,} regions x {x.shape[1]} indicators   goal: 30x",
        {f"linprog, {SAMPLE} regions": by_linprog, "equindex, all regions": lambda: weighting.frontier(x)},
        runs=5,
    )
    ratio = result.ratio(f"linprog, {SAMPLE} regions", "equindex, all regions")[0] * len(x) / SAMPLE
    print(f"  {ratio:.0f}x per region; linprog {1e3 * seconds:.2f} ms each")


if __name__ == "__main__":
    main()
