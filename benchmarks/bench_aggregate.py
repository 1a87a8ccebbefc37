"""Aggregates against plain numpy: ``python benchmarks/bench_aggregate.py``. TOPSIS stands in ``bench_peers.py``."""

from __future__ import annotations

from math import log

import numpy as np

from _harness import compare, header
from equindex import aggregate


def main() -> None:
    header()
    rng = np.random.default_rng(0)
    for regions, indicators in ((100_000, 50), (3_000, 80)):
        x = rng.random((regions, indicators)) * 99 + 1
        w = rng.dirichlet(np.ones(indicators))
        means(x, w)
    pairs(rng.random((3_000, 80)))
    kemeny(rng.random((10, 30)))


def means(x: np.ndarray, w: np.ndarray) -> None:
    def plain() -> np.ndarray:
        return ((x**-2.0) @ w) ** -0.5

    np.testing.assert_allclose(plain(), aggregate.power(x, w, exponent=-2), rtol=1e-10)
    compare(
        f"power mean, {x.shape[0]:,} x {x.shape[1]}",
        {"plain numpy": plain, "equindex": lambda: aggregate.power(x, w, exponent=-2)},
    )

    def index() -> np.ndarray:
        mean = x @ w
        return mean - ((x - mean[:, None]) ** 2 @ w) / mean

    np.testing.assert_allclose(index(), aggregate.mpi(x, w), rtol=1e-10)
    compare(
        f"Mazziotta-Pareto index, {x.shape[0]:,} x {x.shape[1]}",
        {"plain numpy": index, "equindex": lambda: aggregate.mpi(x, w)},
    )


def pairs(x: np.ndarray) -> None:
    w = np.full(x.shape[1], 1 / x.shape[1])

    def plain() -> np.ndarray:
        lead = np.zeros((len(x), len(x)))
        for column, weight in zip(x.T, w, strict=True):
            lead += weight * np.sign(column[:, None] - column)
        return (lead > 1e-12).sum(axis=1) - (lead < -1e-12).sum(axis=1)

    np.testing.assert_array_equal(plain(), aggregate.copeland(x, w))
    compare(
        f"Copeland, {x.shape[0]:,} x {x.shape[1]}",
        {"plain numpy": plain, "equindex": lambda: aggregate.copeland(x, w)},
        runs=5,
    )


def kemeny(x: np.ndarray) -> None:
    orders = log(np.prod(np.arange(1.0, len(x) + 1)), 10)
    compare(
        f"Kemeny, {x.shape[0]} x {x.shape[1]}: the best of 10^{orders:.1f} orders",
        {"equindex": lambda: aggregate.kemeny(x, np.ones(x.shape[1]))},
        runs=5,
    )


if __name__ == "__main__":
    main()
