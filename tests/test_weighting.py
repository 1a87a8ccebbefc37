from fractions import Fraction
from math import log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equindex import weighting
from equindex.errors import DomainError, MethodError

PLANES = [[0, 0, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1]]  # two indicators alike, one apart

CASES = [
    ("equal", {"by": "indicator"}, 4, [1 / 4] * 4, "by hand: four share 1"),
    ("equal", {}, 2, [1 / 2, 1 / 2], "by hand: two share 1"),
    (
        "equal",
        {"pillars": [0, 0, 0, 1]},
        4,
        [1 / 6, 1 / 6, 1 / 6, 1 / 2],
        "by hand: half each pillar, a third of it",
    ),
    ("equal", {"pillars": [0, 0, 1, -1]}, 4, [1 / 6, 1 / 6, 1 / 3, 1 / 3], "by hand: a leaf of the root"),
    ("equal", {"by": "indicator", "pillars": [0, 0, 0, 1]}, 4, [1 / 4] * 4, "by hand: pillars do not count"),
    (
        "equal",
        {"pillars": [[0, 0, 0, 1, -1], [5, 5, -1, -1, -1]]},
        5,
        [1 / 12, 1 / 12, 1 / 6, 1 / 3, 1 / 3],
        "by hand: two levels, one of them partial",
    ),
    ("equal", {"pillars": [[0, 1], [7, 7]]}, 2, [1 / 2, 1 / 2], "by hand: codes count within their parent"),
    (
        "entropy",
        {},
        [[1, 1, 5], [0, 1, 5], [0, 2, 5]],
        np.array([1, 1 - 1.5 * log(2) / log(3), 0]) / (2 - 1.5 * log(2) / log(3)),
        "by hand: p = (1, 0, 0), (1/4, 1/4, 1/2) and (1/3, 1/3, 1/3)",
    ),
    ("critic", {}, [[0, 0, 20], [1, 1, 10], [2, 2, 0]], [1 / 4, 1 / 4, 1 / 2], "by hand: r = 1 and -1"),
    (
        "critic",
        {},
        [[0, 0, 9], [1, 2, 9], [2, 1, 9]],
        [1 / 2, 1 / 2, 0],
        "by hand: a constant indicator counts nothing",
    ),
    ("standard_deviation", {}, [[0, 0.4], [0.5, 0.5], [1, 0.6]], [5 / 6, 1 / 6], "by hand: s = 0.5, 0.1"),
    (
        "cv",
        {},
        [[1, 200, -7], [2, 200, -7], [3, 500, -7]],
        np.array([1 / 2, 1 / sqrt(3), 0]) / (1 / 2 + 1 / sqrt(3)),
        "by hand: 1 / 2, sqrt(30000) / 300",
    ),
    (
        "pca",
        {},
        [[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 2]],
        np.array([1, 1, 3 - sqrt(5)]) / (5 - sqrt(5)),
        "by hand: r = 1 and 1 / sqrt(2), so v = (1, 1, t) with t^2 + sqrt(2) t = 2, t = (sqrt(10) - sqrt(2)) / 2",
    ),
    ("varimax", {}, PLANES, [1 / 2, 1 / 2, 0], "by hand: eigenvalues 2, 1, 0; one explains 2/3"),
    ("varimax", {"components": 2}, PLANES, [1 / 3, 1 / 3, 1 / 3], "by hand: simple structure as it is"),
    ("varimax", {"cumulative": 0.7}, PLANES, [1 / 3, 1 / 3, 1 / 3], "by hand: one explains 2/3, two all"),
    (
        "optimised",
        {"wanted": [4, 1, 1]},
        [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)],
        [1 / 2, 1 / 4, 1 / 4],
        "by hand: uncorrelated, so that cor(x, y) is proportional to the weight",
    ),
    ("bod", {}, [[4, 1], [1, 4], [2, 2]], [[nan, nan], [nan, nan], [1 / 2, 1 / 2]], "by hand: 5 w = 1"),
    (
        "bod",
        {"low": 0.1, "high": 0.7},
        [[4, 1], [1, 4], [2, 2]],
        [[nan] * 2, [nan] * 2, [0.5] * 2],
        "by hand: 5 w = 1, within the bounds",
    ),
]


@pytest.mark.parametrize(("name", "options", "x", "expected", "_source"), CASES)
def test_cases(name, options, x, expected, _source):
    weights = weighting.methods.get(name).function(np.ones((3, x)) if np.ndim(x) == 0 else x, **options)

    unique = np.isfinite(expected)  # the others have several answers
    assert weights.shape == np.shape(expected)
    np.testing.assert_allclose(weights[unique], np.asarray(expected)[unique], rtol=1e-12, atol=1e-15)


def test_ragged_rows_are_weighted_without_pillars():
    assert weighting.equal(np.ones((2, 3)), pillars=np.empty((0, 3))).tolist() == [1 / 3] * 3


def tree_shares(paths):
    """Share out a whole over a tree of nested dictionaries, with exact fractions."""
    shares = {}

    def walk(members, depth, whole):
        groups = {}
        for i in members:
            code = paths[i][depth] if depth < len(paths[i]) else -1
            groups.setdefault(("leaf", i) if code < 0 else ("pillar", code), []).append(i)
        for (kind, _), inside in groups.items():
            if kind == "leaf":
                shares[inside[0]] = whole / len(groups)
            else:
                walk(inside, depth + 1, whole / len(groups))

    walk(range(len(paths)), 0, Fraction(1))
    return [float(shares[i]) for i in range(len(paths))]


@given(st.lists(st.lists(st.integers(0, 2), max_size=3), min_size=1, max_size=12))
def test_equal_weights_equal_a_walk_down_the_tree(paths):
    codes = np.array([[*path, *[-1] * (3 - len(path))] for path in paths]).T

    weights = weighting.equal(np.ones((1, len(paths))), pillars=codes)

    np.testing.assert_allclose(weights, tree_shares(paths), rtol=1e-14)


@pytest.mark.parametrize("pillars", [[0, 1], [[-1, 0, 0], [3, 1, 1]]])
def test_pillars_that_describe_no_tree_are_refused(pillars):
    with pytest.raises(DomainError, match="do not describe 3 indicators"):
        weighting.equal(np.ones((2, 3)), pillars=pillars)


def test_an_unknown_level_is_refused():
    with pytest.raises(MethodError, match="Did you mean 'pillar'"):
        weighting.equal(np.ones((2, 3)), by="piller")
