"""Fast ways up a tree for many draws give what the tree itself gives for each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from equindex import Framework, uncertainty
from equindex.errors import DomainError
from equindex.framework import Source
from equindex.model import FrameworkFile, MethodCall, Missing, parse
from equindex.scoring import Tree
from equindex.uncertainty import draws
from equindex.uncertainty.rolling import drop, leaf_shares, roll, within

REGIONS, DRAWS = 90, 40
LEVELS = {
    "flat": ({}, lambda _: "index"),
    "two": ({"p0": "index", "p1": "index", "p2": "index"}, lambda i: f"p{i % 3}"),
    "three": (
        {"g0": "index", "g1": "index", "p0": "g0", "p1": "g0", "p2": "g1", "p3": "g1"},
        lambda i: f"p{i % 4}",
    ),
    "mixed": ({"p0": "index", "p1": "p0"}, lambda i: ("index", "p0", "p1")[i % 3]),
}


def tree_of(shape: str, indicators: int = 16) -> Tree:
    pillars, home = LEVELS[shape]
    content = {
        "id": "t",
        "pillar": [
            {"id": name} | ({} if parent == "index" else {"parent": parent})
            for name, parent in pillars.items()
        ],
        "indicator": [
            {"id": f"i{i}"} | ({} if home(i) == "index" else {"pillar": home(i)}) for i in range(indicators)
        ],
    }
    return Tree.of(parse(FrameworkFile, content, "t"))


def problem(tree: Tree, gaps: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return scores with gaps, and weights of draws, each of which leaves out a node or none."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(1, 100, (REGIONS, len(tree.nodes)))
    z[rng.random(z.shape) < gaps] = np.nan
    if gaps:
        z[0], z[1, 1:], z[2, ::4] = np.nan, np.nan, np.nan
    local = within(tree, rng.exponential(size=(DRAWS, len(tree.ids))))
    gone = np.where(rng.random(DRAWS) < 0.5, rng.integers(1, len(tree.ids), DRAWS), -1)
    return z, drop(tree, local, gone)


def one_by_one(tree, calls, missing, z, local) -> np.ndarray:
    return np.stack([tree.roll_up(z, draw, missing, calls).score[:, 0] for draw in local])


@pytest.mark.parametrize("shape", LEVELS)
@pytest.mark.parametrize("gaps", [0.0, 0.05, 0.4])
@pytest.mark.parametrize(
    "missing",
    [Missing(min_coverage=0.0), Missing(), Missing(min_coverage=1.0), Missing(rule="propagate")],
    ids=["any", "two thirds", "all", "propagate"],
)
@pytest.mark.parametrize(
    "names",
    [
        ["arithmetic"],
        ["geometric"],
        ["harmonic"],
        ["geometric", "arithmetic"],
        ["arithmetic", "harmonic", "geometric"],
    ],
    ids="-".join,
)
def test_many_weightings_score_as_the_tree_does_one_by_one(shape, gaps, missing, names) -> None:
    tree = tree_of(shape)
    calls = tuple(MethodCall(name=names[depth % len(names)]) for depth in tree.depth)
    z, local = problem(tree, gaps)

    found = roll(tree, calls, missing, z, local)

    np.testing.assert_allclose(found, one_by_one(tree, calls, missing, z, local), rtol=1e-12)


@pytest.mark.parametrize("names", [["geometric"], ["arithmetic", "geometric"]], ids="-".join)
def test_a_score_that_does_not_suit_a_mean_is_refused(names) -> None:
    tree = tree_of("three")
    calls = tuple(MethodCall(name=names[depth % len(names)]) for depth in tree.depth)
    z, local = problem(tree, 0.05)
    z[5] = -1.0

    with pytest.raises(DomainError, match="above 0"):
        roll(tree, calls, Missing(), z, local)


def test_leaf_shares_are_the_products_of_the_weights_on_the_way_down() -> None:
    tree = tree_of("three")
    _, local = problem(tree, 0.0)

    found = leaf_shares(tree, local)

    expected = np.stack([tree.shares(draw)[tree.nodes] for draw in local])
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("first", [1, 7, 1500])
def test_a_longer_run_begins_with_the_shorter_one_to_the_last_bit(first) -> None:
    content = {
        "id": "t",
        "methods": {"normalise": {"name": "minmax", "lower": 1}, "weighting": "equal"},
        "pillar": [{"id": f"p{j}"} for j in range(3)],
        "indicator": [{"id": f"i{k}", "pillar": f"p{k % 3}"} for k in range(30)],
    }
    framework = Framework(model=parse(FrameworkFile, content, "t"))
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 100, (101, 30))
    x[rng.random(x.shape) < 0.1] = np.nan
    frame = pd.DataFrame(x, columns=[f"i{k}" for k in range(30)])
    frame.insert(0, "year", 2020)
    frame.insert(0, "region", [f"r{k:03d}" for k in range(101)])
    vary = ("aggregate=arithmetic,geometric", "weights=0.25", "exclude=indicator")
    study = uncertainty.Study.of(Source(framework, frame), uncertainty.parse(vary, framework))

    whole = draws.run(study, 2000)
    parts = draws.run(study, 2000, after=draws.run(study, first))

    np.testing.assert_array_equal(whole.scores["index"], parts.scores["index"])
    np.testing.assert_array_equal(whole.ranks.counts, parts.ranks.counts)
    np.testing.assert_array_equal(whole.ranks.below, parts.ranks.below)
    np.testing.assert_array_equal(whole.led, parts.led)
