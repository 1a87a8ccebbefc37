"""Entropy, CRITIC and TOPSIS against other packages: ``python benchmarks/bench_peers.py``.

The packages run as their users call them, on values as they are; those that are not installed are left out (``pip
install pymcdm pyrepo-mcda scikit-criteria``). scikit-criteria is given its decision matrix ready made, and stands there
twice: as called, and the bare function within, which neither checks nor labels anything. pyrepo-mcda holds its CRITIC
in Python lists and gets fewer rows, for the check only. Every result is checked before it is timed.

Below each comparison stand the floors: what reading the values once takes, and their logarithms alone, on one thread.
Ratios "by work" are of processor time over all threads, which a busy machine distorts less; threads do not help them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from _harness import bandwidth, compare, header, load
from equindex import aggregate, weighting

SIZES = ((100_000, 50), (3_000, 80))
GOALS = {"entropy": 8, "critic": 15, "topsis": 20}
PACKAGES = ("pymcdm", "pyrepo-mcda", "scikit-criteria")
BARE = "scikit-criteria, bare function"
LISTED_ROWS = 20_000
BLOCK = 1 << 16  # numbers whose logarithms stay in the cache


def main() -> None:
    header()
    rng = np.random.default_rng(0)
    found = [name for name in PACKAGES if installed(name)]
    for rows, columns in SIZES:
        x, w = rng.random((rows, columns)) + 0.01, rng.dirichlet(np.ones(columns))
        for method, goal in GOALS.items():
            side_by_side(method, goal, x, w, found)


def installed(package: str) -> bool:
    try:
        print(f"{package} {version(package)}")
    except PackageNotFoundError:
        print(f"no {package}")
        return False
    return True


def side_by_side(method: str, goal: int, x: np.ndarray, w: np.ndarray, packages: list[str]) -> None:
    timed: dict[str, Callable[[], Any]] = {}
    for package in packages:
        listed = (package, method) == ("pyrepo-mcda", "critic") and len(x) > LISTED_ROWS
        part = x[:LISTED_ROWS] if listed else x
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, run in WAYS[package](method, part, w).items():
                np.testing.assert_allclose(run(), equindex(method, part, w), rtol=1e-9)
                if not listed:
                    timed[name] = run
    timed["equindex"] = lambda: equindex(method, x, w)
    flat, buffer = x.reshape(-1), np.empty(BLOCK)

    def logarithms() -> None:
        for start in range(0, flat.size, BLOCK):
            part = flat[start : start + BLOCK]
            np.log(part, out=buffer[: part.size])

    floors = {"floor: values read once": bandwidth(x), "floor: logarithms alone": logarithms}
    if method != "entropy":
        del floors["floor: logarithms alone"]
    found = compare(f"{method}, {len(x):,} x {x.shape[1]}   goal: {goal}x the best", {**timed, **floors})
    for title, names in (
        ("as called", [name for name in timed if name not in (BARE, "equindex")]),
        ("bare functions too", [name for name in timed if name != "equindex"]),
    ):
        if names:
            best = min(names, key=found.median)
            middle, least, greatest = found.ratio(best, "equindex")
            work = min(map(found.processor, names)) / found.processor("equindex")
            print(
                f"  {title}: {middle:.1f}x the best, {best}  [{least:.1f} to {greatest:.1f}]; by work {work:.1f}x"
            )
    print(f"  work (processor time) of equindex {1e3 * found.processor('equindex'):.2f} ms; load {load()}")


def equindex(method: str, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    if method == "topsis":
        return aggregate.topsis(x, w, norm="vector")
    own: Callable[[np.ndarray], np.ndarray] = getattr(weighting, method)
    return own(x)


def pymcdm(method: str, x: np.ndarray, w: np.ndarray) -> dict[str, Callable[[], Any]]:
    from pymcdm import weights
    from pymcdm.methods import TOPSIS
    from pymcdm.normalizations import vector_normalization

    if method == "topsis":
        topsis, types = TOPSIS(normalization_function=vector_normalization), np.ones(len(w))
        return {"pymcdm": lambda: topsis(x, w, types)}
    own = getattr(weights, f"{method}_weights")
    return {"pymcdm": lambda: own(x)}


def pyrepo(method: str, x: np.ndarray, w: np.ndarray) -> dict[str, Callable[[], Any]]:
    from pyrepo_mcda import weighting_methods
    from pyrepo_mcda.mcda_methods import TOPSIS
    from pyrepo_mcda.normalizations import vector_normalization

    if method == "topsis":
        topsis, types = TOPSIS(normalization_method=vector_normalization), np.ones(len(w))
        return {"pyrepo-mcda": lambda: topsis(x, w, types)}
    own = getattr(weighting_methods, f"{method}_weighting")
    return {"pyrepo-mcda": lambda: own(x)}


def scikit(method: str, x: np.ndarray, w: np.ndarray) -> dict[str, Callable[[], Any]]:
    import skcriteria
    from skcriteria.agg import topsis
    from skcriteria.preprocessing import scalers, weighters

    matrix, goals = skcriteria.mkdm(x, [max] * len(w), weights=w), np.ones(len(w))
    if method == "topsis":
        scaler, judge = scalers.VectorScaler(target="matrix"), topsis.TOPSIS()
        return {
            "scikit-criteria": lambda: judge.evaluate(scaler.transform(matrix)).e_.similarity,
            BARE: lambda: topsis.topsis(scalers.scale_by_vector(x, axis=0), goals, w)[3],
        }
    if method == "entropy":
        entropy = weighters.EntropyWeighter()
        return {
            "scikit-criteria": lambda: entropy.transform(matrix).weights,
            BARE: lambda: weighters.entropy_weights(x),
        }
    critic = weighters.CRITIC()
    return {
        "scikit-criteria": lambda: critic.transform(matrix).weights,
        BARE: lambda: weighters.critic_weights(x, goals),
    }


WAYS = {"pymcdm": pymcdm, "pyrepo-mcda": pyrepo, "scikit-criteria": scikit}


if __name__ == "__main__":
    main()
