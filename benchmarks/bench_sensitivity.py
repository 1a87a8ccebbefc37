"""Sobol' indices of the weights of every region: ``python benchmarks/bench_sensitivity.py [--full]``.

SALib (``pip install SALib``) analyses one output at a time. It is timed on a few regions in the same interleaved run,
and scaled to all of them; the cost of the composites it needs is not counted. Both work on the same sample, and the
largest difference is printed. ``--full`` goes on to 16,384 samples.
"""

from __future__ import annotations

import sys
from statistics import median

import numpy as np
from numpy.random import default_rng

from _harness import Comparison, compare, header
from equindex._arrays import blocks, map_blocks
from equindex.sensitivity import Indices, indices, sample, weight_indices

REGIONS, INDICATORS, TIMED = 3000, 50, 4


def salib(y: np.ndarray, resamples: int) -> list[dict[str, np.ndarray]]:
    """Analyse the composites (n, draws of a row, regions), one region after the other."""
    from SALib.analyze import sobol

    k = y.shape[1] - 2
    problem = {"num_vars": k, "names": [str(i) for i in range(k)], "bounds": [[0, 1]] * k}
    return [
        sobol.analyze(problem, own.ravel(), calc_second_order=False, num_resamples=resamples)
        for own in np.moveaxis(y, -1, 0)
    ]


def against_salib(z: np.ndarray, n: int, resamples: int, goal: int) -> None:
    """Compare with SALib, timed on a few regions and scaled to all."""
    design = sample(n, INDICATORS)
    points = design.points()
    y = points / points.sum(axis=-1, keepdims=True) @ z[:TIMED].T
    found: list[Indices] = []
    theirs: list[list[dict[str, np.ndarray]]] = []
    timed = compare(
        f"{REGIONS:,} regions x {INDICATORS} weights x N = {n:,}, {resamples or 'no'} resamples",
        {
            f"SALib, {TIMED} regions": lambda: theirs.append(salib(y, resamples or 2)),
            "equindex, all regions": lambda: found.append(
                weight_indices(z, design.a, design.b, resamples=resamples)
            ),
        },
        runs=5,
    )
    scale = REGIONS / TIMED
    middle, least, greatest = timed.ratio(f"SALib, {TIMED} regions", "equindex, all regions")
    worst = max(
        np.abs(ours - own[name]).max()
        for ours_all, name in ((found[0].first, "S1"), (found[0].total, "ST"))
        for ours, own in zip(ours_all, theirs[0], strict=False)
    )
    print(
        f"  scaled to all regions: {scale * middle:.0f}x  [{scale * least:.0f} to {scale * greatest:.0f}]   "
        f"goal: {goal}x   largest difference {worst:.1e}"
    )


def against_direct(z: np.ndarray, n: int) -> None:
    """Compare with the composites of every exchanged draw, formed and analysed region block by region block."""
    design = sample(n, INDICATORS)
    points = design.points()
    weights = points / points.sum(axis=-1, keepdims=True)

    def direct() -> None:
        for start in range(0, REGIONS, 32):
            y = weights @ z[start : start + 32].T
            indices(y[:, 0], y[:, -1], y[:, 1:-1])

    def products(some: slice, _: np.ndarray) -> None:
        own = z[some].T
        y, x = design.a @ own, design.b @ own
        for _ in range(2):
            design.a.T @ x, design.a.T @ y

    compare(
        f"{REGIONS:,} regions x {INDICATORS} weights x N = {n:,}: ways",
        {
            "every draw formed": direct,
            "equindex": lambda: weight_indices(z, design.a, design.b),
            "its products of matrices alone": lambda: map_blocks(
                products, blocks(REGIONS, 128), numbers=z.size * n
            ),
        },
        runs=5,
    )


def growth() -> None:
    """Fit how time grows with samples, regions and indicators: sizes take turns."""
    sizes = {
        "N": [(n, REGIONS, INDICATORS) for n in (1024, 2048, 4096, 8192)],
        "regions": [(2048, m, INDICATORS) for m in (1024, 2048, 4096, 8192)],
        "indicators": [(1024, REGIONS, k) for k in (50, 100, 200, 400)],
    }
    rng = default_rng(1)
    for name, cases in sizes.items():
        own = {str(case): (rng.random((case[1], case[2])), sample(case[0], case[2])) for case in cases}
        timed = compare(
            f"growth with {name}: (N, regions, indicators)",
            {key: (lambda z=z, d=d: weight_indices(z, d.a, d.b)) for key, (z, d) in own.items()},
            runs=7,
        )
        print(
            f"  exponent {exponent(timed, [case[list(sizes).index(name)] for case in cases]):.2f}   goal: 0.9 to 1.1"
        )


def exponent(timed: Comparison, sizes: list[int]) -> float:
    """Return the median over runs of the slope of log time against log size."""
    runs = np.log(np.array(list(timed.seconds.values())))
    return median(np.polyfit(np.log(sizes), own, 1)[0] for own in runs.T)


def main() -> None:
    header()
    z = default_rng(0).uniform(0, 100, (REGIONS, INDICATORS))
    full = "--full" in sys.argv
    try:
        import SALib  # noqa: F401
    except ImportError:
        print("SALib is not installed (pip install SALib): no comparison with it")
    else:
        for n in (1024, 4096, 16384) if full else (1024,):
            against_salib(z, n, 0, 300)
            against_salib(z, n, 100, 40)
    against_direct(z, 1024)
    growth()


if __name__ == "__main__":
    main()
