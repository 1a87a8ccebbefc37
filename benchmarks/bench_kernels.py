"""Kernels against plain numpy: ``python benchmarks/bench_kernels.py``."""

from __future__ import annotations

import os

import numpy as np

from _harness import bandwidth, compare, header
from equindex import aggregate, normalise
from equindex._summary import summarise

REGIONS, INDICATORS = 1_000_000, 50


def main() -> None:
    header()
    rng = np.random.default_rng(0)
    x = rng.random((REGIONS, INDICATORS)) * 40 + 10
    w = rng.dirichlet(np.ones(INDICATORS))
    direction = np.where(np.arange(INDICATORS) % 4 == 3, -1.0, 1.0)
    summary = summarise(x)
    low, span = summary.min, summary.max - summary.min

    def plain_minmax() -> np.ndarray:
        z = (x - low) / span * 100
        z = np.where(direction > 0, z, 100 - z)
        return (z * w).sum(axis=1) / w.sum()

    def folded() -> np.ndarray:
        slope, intercept = normalise.methods.get("minmax").traits["line"](direction, summary)
        return aggregate.arithmetic_of_lines(x, w, slope, intercept)

    assert np.allclose(plain_minmax(), folded(), rtol=1e-12)
    found = compare(
        f"min-max, weights, arithmetic mean of {REGIONS:,} x {INDICATORS}, bounds known",
        {
            "plain numpy": plain_minmax,
            "read once, 1 thread": bandwidth(x),
            f"read once, {os.cpu_count()} threads": bandwidth(x, threads=os.cpu_count() or 1),
            "equindex, folded": folded,
        },
    )
    limit = min((name for name in found.seconds if name.startswith("read")), key=found.median)
    share, least, greatest = found.ratio(limit, "equindex, folded")
    print(
        f"  share of the read bandwidth ({x.nbytes / found.median(limit) / 1e9:.1f} GB/s): {share:.2f}",
        end="",
    )
    print(f"  [{least:.2f} to {greatest:.2f}]   goals: 0.7 of it, 12x plain numpy")

    z = normalise.minmax(x, direction, lower=1, upper=100, summary=summary)
    compare(
        f"geometric mean of {REGIONS:,} x {INDICATORS}   goal: 4x",
        {
            "plain numpy": lambda: np.exp((np.log(z) * w).sum(axis=1) / w.sum()),
            "equindex": lambda: aggregate.geometric(z, w),
        },
    )
    compare(
        f"measuring {REGIONS:,} x {INDICATORS}: n, min, max, mean, squares",
        {
            "nanmin, nanmax, nanmean, nanstd": lambda: (
                np.nanmin(x, axis=0),
                np.nanmax(x, axis=0),
                np.nanmean(x, axis=0),
                np.nanstd(x, axis=0),
            ),
            "nanmin, nanmax": lambda: (np.nanmin(x, axis=0), np.nanmax(x, axis=0)),
            "equindex": lambda: summarise(x),
        },
        runs=5,
    )
    missing(rng)
    ranks(rng)


def missing(rng: np.random.Generator) -> None:
    regions, draws = 3000, 1000
    z = rng.random((regions, INDICATORS)) * 99 + 1
    z[rng.random(z.shape) < 0.05] = np.nan
    weights = rng.dirichlet(np.ones(INDICATORS), size=draws)

    def loop() -> None:
        for w in weights:
            np.nansum(z * w, axis=1) / (~np.isnan(z) * w).sum(axis=1)

    compare(
        f"missing values, reweighted: {draws:,} draws of {regions:,} x {INDICATORS}   goal: 40x",
        {
            "nan loop": loop,
            "equindex": lambda: aggregate.arithmetic(z, weights[:, None, :], missing="reweight"),
        },
        runs=5,
    )


def ranks(rng: np.random.Generator) -> None:
    from scipy.stats import rankdata

    x = rng.random((3000, INDICATORS))
    compare(
        f"ranks of 3,000 x {INDICATORS}",
        {"scipy rankdata": lambda: rankdata(x, axis=0), "equindex": lambda: normalise.rank(x)},
    )


if __name__ == "__main__":
    main()
