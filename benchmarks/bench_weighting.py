"""Weights from data against other packages and one linprog per region: ``python benchmarks/bench_weighting.py``.

Peers that are not installed are left out (``pip install pymcdm pyrepo-mcda scikit-criteria``). Every result is checked
against the peer's before it is timed; BoD scores against linprog on a sample of regions and all by their duals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import linprog

from _harness import compare, header
from equindex import weighting

SIZES = ((100_000, 50), (3_000, 80))
GOALS = {"entropy": 8, "critic": 15}
PROGRAMMES = ((200, 6), (1000, 10), (3000, 10))
SAMPLE = 40  # regions that linprog solves: it takes a minute for 3,000
PEER_ROWS = 20_000  # pyrepo-mcda holds its CRITIC in Python lists: fewer rows, scaled up


def main() -> None:
    header()
    for rows, columns in SIZES:
        objective(np.random.default_rng(0).random((rows, columns)) + 0.01)
    for regions, indicators in PROGRAMMES:
        frontier(np.random.default_rng(0).uniform(0.05, 1, (regions, indicators)))


def peers(method: str) -> dict[str, Callable[[np.ndarray], Any]]:
    """Return the same method of every package that is here; each on values as they are."""
    found: dict[str, Callable[[np.ndarray], Any]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pymcdm import weights as pymcdm

            found["pymcdm"] = getattr(pymcdm, f"{method}_weights")
        except ImportError as error:
            print(f"\nno pymcdm ({error})")
        try:
            from pyrepo_mcda import weighting_methods as pyrepo

            found["pyrepo-mcda"] = getattr(pyrepo, f"{method}_weighting")
        except ImportError as error:
            print(f"\nno pyrepo-mcda ({error})")
        try:
            from skcriteria.preprocessing import weighters

            own = weighters.EntropyWeighter() if method == "entropy" else weighters.CRITIC(scale=True)

            def skcriteria(x: np.ndarray) -> Any:
                return own._weight_matrix(x, objectives=np.ones(x.shape[1]), weights=None)

            found["scikit-criteria"] = skcriteria
        except ImportError as error:
            print(f"\nno scikit-criteria ({error})")
    return found


def objective(x: np.ndarray) -> None:
    for method, goal in GOALS.items():
        own: Callable[[np.ndarray], Any] = getattr(weighting, method)
        timed: dict[str, Callable[[], Any]] = {}
        for name, peer in peers(method).items():
            part = x[:PEER_ROWS] if name == "pyrepo-mcda" else x
            apart = np.abs(np.asarray(peer(part)) - own(part)).max()
            label = name if len(part) == len(x) else f"{name}, {len(part):,} rows only"
            print(f"\n{method}: {label} differs by {apart:.1g} at most")
            timed[label] = lambda peer=peer, part=part: peer(part)
        timed["equindex"] = lambda own=own: own(x)
        title = f"{method} weights of {len(x):,} x {x.shape[1]}   goal: {goal}x the best"
        found = compare(title, timed, runs=5)
        others = [name for name in timed if name != "equindex" and "only" not in name]
        if others:
            best = min(others, key=found.median)
            print(f"  {found.ratio(best, 'equindex')[0]:.1f}x the best, {best}")


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
