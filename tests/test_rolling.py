"""Many weightings at once against one at a time, up every kind of tree."""

from __future__ import annotations

import numpy as np
import pytest

from equindex.model import FrameworkFile, MethodCall, Missing
from equindex.scoring import Tree, scale_within
from equindex.uncertainty.rolling import drop, leaf_shares, roll, within

CALLS = [
    *(
        {"index": name}
        for name in ("arithmetic", "geometric", "harmonic", "median", "minimum", "topsis", "copeland")
    ),
    {"index": "geometric", "p": "arithmetic"},
    {"index": "borda", "p": "harmonic", "s": "geometric"},
    {"index": "arithmetic", "p": "median", "q": "topsis"},
]


def tree_of():
    """Return three levels, with an indicator beside a pillar and a pillar of one."""
    pillars = [{"id": "p"}, {"id": "s", "parent": "p"}, {"id": "q"}]
    where = {"a": "s", "b": "s", "c": "p", "d": "q", "e": "index"}
    leaves = [{"id": name, "pillar": pillar} for name, pillar in where.items()]
    return Tree.of(FrameworkFile.model_validate({"id": "x", "pillar": pillars, "indicator": leaves}))


@pytest.mark.parametrize(
    "missing", [Missing(rule="reweight", min_coverage=0.6), Missing(rule="propagate")], ids=str
)
@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("named", CALLS, ids=str)
def test_many_weightings_are_each_as_alone(named, gaps, missing):
    tree, rng = tree_of(), np.random.default_rng(4)
    calls = tuple(MethodCall(name=named.get(name, named["index"])) for name in tree.ids)
    z = rng.uniform(1, 100, (30, 5))
    z[rng.random(z.shape) < gaps] = np.nan
    local = within(tree, rng.uniform(0, 1, (25, len(tree.ids))))
    local = drop(tree, local, np.where(np.arange(25) % 4, -1, rng.integers(1, len(tree.ids), 25)))

    found = roll(tree, calls, missing, z, local)

    for draw, weights in enumerate(local):
        alone = tree.roll_up(z, weights, missing, calls).score[:, 0]
        np.testing.assert_allclose(found[draw], alone, rtol=1e-12, err_msg=str(draw))


def test_weights_are_scaled_within_each_parent_as_one_set_is():
    tree, rng = tree_of(), np.random.default_rng(1)
    weights = rng.uniform(0, 1, (9, len(tree.ids)))
    weights[0] = 0

    found = within(tree, weights)

    for one, row in zip(weights, found, strict=True):
        np.testing.assert_allclose(row, scale_within(tree, one), rtol=1e-15)
        np.testing.assert_allclose(leaf_shares(tree, row[None])[0], tree.shares(row)[tree.nodes], rtol=1e-15)


def test_siblings_take_over_and_a_parent_without_parts_goes():
    tree = tree_of()
    at = {name: place for place, name in enumerate(tree.ids)}
    local = within(tree, np.ones((4, len(tree.ids))))

    found = drop(tree, local, np.array([-1, at["a"], at["d"], at["p"]]))

    np.testing.assert_array_equal(found[0], local[0])
    shares = dict(zip("abcde", leaf_shares(tree, found).T, strict=True))
    assert shares["a"].tolist() == pytest.approx([1 / 12, 0, 1 / 8, 0])
    assert shares["b"].tolist() == pytest.approx([1 / 12, 1 / 6, 1 / 8, 0])
    assert shares["c"].tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 4, 0])
    assert shares["d"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1 / 2])
    assert shares["e"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 2, 1 / 2])
