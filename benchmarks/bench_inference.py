"""Bootstrap of inequality measures: ``python benchmarks/bench_inference.py [--full]``.

Ratios per resample come from one interleaved run over the same columns, percentile intervals everywhere;
``--full`` adds one call over 30 years x 80 indicators x 3,000 regions x 200 resamples, with BCa intervals, its
time and the memory it took.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
from scipy import stats

from _harness import compare, header
from equindex.equalization import inequality as measures
from equindex.equalization import inference

REGIONS, COLUMNS, DRAWS = 3000, 4, 512


def gathered(measure: Callable[..., np.ndarray], x: np.ndarray) -> np.ndarray:
    """Bootstrap as it is mostly written: draw, gather, measure, for one column at a time."""
    rng = np.random.default_rng(0)
    out = np.empty((DRAWS, len(x)))
    for column, values in enumerate(x):
        for draw in range(DRAWS):
            out[draw, column] = measure(values[rng.integers(len(values), size=len(values))])
    return out


def by_scipy(measure: Callable[..., np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """Bootstrap with scipy, vectorised over 64 resamples at a time."""
    return [
        stats.bootstrap(
            (values,),
            lambda sample, axis: measure(np.moveaxis(sample, axis, -1)),
            n_resamples=DRAWS,
            batch=64,
            vectorized=True,
            method="percentile",
            rng=np.random.default_rng(0),
        ).bootstrap_distribution
        for values in x
    ]


def main() -> None:
    header()
    x = np.random.default_rng(0).lognormal(size=(COLUMNS, REGIONS))
    for name in ("gini", "theil_t", "cv", "hoover"):
        measure = getattr(measures, name)

        def ours(measure: Callable[..., np.ndarray] = measure) -> inference.Estimate:
            return inference.bootstrap(measure, x, draws=DRAWS, method="percentile")

        found = compare(
            f"bootstrap of {name}, {COLUMNS} columns x {REGIONS:,} regions x {DRAWS} resamples   goal: 2x",
            {
                "draw, gather, measure": lambda measure=measure: gathered(measure, x),
                "scipy.stats.bootstrap": lambda measure=measure: by_scipy(measure, x),
                "equindex": ours,
                "sort of as many values": lambda: [
                    np.sort(block) for block in np.repeat(x[:, None], DRAWS, 1)
                ],
            },
            runs=5,
        )
        print(f"  {1e6 * found.median('equindex') / (COLUMNS * DRAWS):.1f} us per resample")
    if "--full" in sys.argv:
        full()


def full() -> None:
    """Time one call over many years and indicators, and what it adds to the most memory ever held."""
    x = np.random.default_rng(1).lognormal(size=(30, 80, REGIONS))
    for name in ("gini", "theil_t"):
        before = _peak()
        start = perf_counter()
        found = inference.bootstrap(name, x, draws=200)
        seconds = perf_counter() - start
        print(
            f"\n{name}: 30 years x 80 indicators x {REGIONS:,} regions x 200 resamples in one call: "
            f"{seconds:.1f} s, {1e6 * seconds / found.replicates.size:.1f} us per resample, "
            f"{(_peak() - before) / 1e6:.0f} MB more than the {x.nbytes / 1e6:.0f} MB of values"
        )


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
