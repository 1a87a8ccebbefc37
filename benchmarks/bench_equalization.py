"""Inequality against PySAL's ``inequality``, forms by pairs, and one sort: ``python benchmarks/bench_equalization.py``.

The sort of the same data is the practical limit of every measure that needs the order of the regions.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from time import perf_counter
from typing import Any

import numpy as np

from _harness import compare, header
from equindex import equalization as eq

YEARS, REGIONS, GROUPS = 20, 3000, 5


def main() -> None:
    header()
    rng = np.random.default_rng(0)
    x = rng.lognormal(size=(YEARS, REGIONS))
    population = rng.lognormal(size=REGIONS)
    against_pysal(x)
    against_pairs(x)
    against_a_sort(x, population)
    dagum(rng)


def against_pysal(x: np.ndarray) -> None:
    try:
        from inequality.atkinson import atkinson
        from inequality.gini import Gini
        from inequality.theil import Theil
    except ImportError as error:
        print(f"\nPySAL inequality is not here ({error}): skipped. pip install inequality")
        return
    rows = list(x)
    peers: dict[str, tuple[float, Callable[[], Any], Callable[[], Any]]] = {
        "Gini": (2, lambda: [Gini(row).g for row in rows], lambda: eq.gini(x)),
        "Theil T": (5, lambda: [Theil(row).T for row in rows], lambda: eq.theil_t(x)),
        "Atkinson(0.5)": (2.5, lambda: [atkinson(row, 0.5) for row in rows], lambda: eq.atkinson(x)),
    }
    for name, (goal, peer, own) in peers.items():
        assert np.allclose(np.ravel(peer()), own(), rtol=1e-9)
        compare(
            f"{name} of {YEARS} x {REGIONS}   goal: {goal}x",
            {"PySAL, column by column": peer, "equindex": own},
            runs=31,
        )


def against_pairs(x: np.ndarray) -> None:
    def pairs() -> list[float]:
        return [np.abs(row[:, None] - row).sum() / (2 * row.size**2 * row.mean()) for row in x]

    assert np.allclose(pairs(), eq.gini(x), rtol=1e-11)
    compare(
        f"Gini of {YEARS} x {REGIONS}   goal: 500x",
        {"all pairs, numpy": pairs, "equindex": lambda: eq.gini(x)},
        runs=5,
    )
    one, groups = x[0], np.arange(REGIONS) % GROUPS

    def pairs_by_groups() -> np.ndarray:
        gaps = np.abs(one[:, None] - one)
        return np.array(
            [[gaps[groups == j][:, groups == h].mean() for h in range(GROUPS)] for j in range(GROUPS)]
        )

    means = np.array([one[groups == g].mean() for g in range(GROUPS)])
    assert np.allclose(pairs_by_groups(), eq.dagum(one, groups).matrix * (means[:, None] + means), rtol=1e-11)
    compare(
        f"Dagum, {GROUPS} groups, {REGIONS} regions",
        {"all pairs, numpy (G_jh only)": pairs_by_groups, "equindex": lambda: eq.dagum(one, groups)},
        runs=5,
    )


def against_a_sort(x: np.ndarray, population: np.ndarray) -> None:
    by = population[::-1].copy()
    compare(
        f"{YEARS} x {REGIONS} against one sort",
        {
            "np.sort": lambda: np.sort(x),
            "np.argsort": lambda: np.argsort(x),
            "gini": lambda: eq.gini(x),
            "gini, population": lambda: eq.gini(x, population=population),
            "palma": lambda: eq.palma(x),
            "p90p10": lambda: eq.p90p10(x),
            "theil_t": lambda: eq.theil_t(x),
            "ge(0.3)": lambda: eq.ge(x, a=0.3),
            "atkinson(2)": lambda: eq.atkinson(x, e=2),
            "williamson": lambda: eq.williamson(x, population=population),
            "variance_logs": lambda: eq.variance_logs(x),
            "concentration_index": lambda: eq.concentration_index(x, by),
        },
        runs=31,
    )


def dagum(rng: np.random.Generator) -> None:
    sizes = (25_000, 100_000, 400_000)
    seconds = []
    for n in sizes:
        x, groups, population = rng.lognormal(size=n), rng.integers(0, GROUPS, n), rng.lognormal(size=n)
        found = compare(
            f"Dagum, {GROUPS} groups, n = {n:,}   goal: a few tens of sorts",
            {
                "np.sort": lambda x=x: np.sort(x),
                "dagum": lambda x=x, g=groups: eq.dagum(x, g),
                "dagum, population": lambda x=x, g=groups, p=population: eq.dagum(x, g, population=p),
            },
        )
        sorts, least, greatest = found.ratio("dagum", "np.sort")
        seconds.append(found.median("dagum"))
        print(f"  one dagum is {sorts:.1f} sorts  [{least:.1f} to {greatest:.1f}]")
    for i in (0, 1):
        slope = log(seconds[i + 1] / seconds[i]) / log(sizes[i + 1] / sizes[i])
        expected = log(sizes[i + 1] * log(sizes[i + 1]) / (sizes[i] * log(sizes[i]))) / log(
            sizes[i + 1] / sizes[i]
        )
        print(
            f"slope in n from {sizes[i]:,} to {sizes[i + 1]:,}: {slope:.2f}; n log n is {expected:.2f}, pairs 2"
        )
    rows, groups = rng.lognormal(size=(30 * 80, REGIONS)), rng.integers(0, GROUPS, REGIONS)
    start = perf_counter()
    eq.dagum(rows, groups)
    print(
        f"Dagum of 30 years x 80 indicators x {REGIONS} regions in one call: {perf_counter() - start:.2f} s"
    )


if __name__ == "__main__":
    main()
