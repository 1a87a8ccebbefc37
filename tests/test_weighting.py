from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equindex import weighting
from equindex.errors import DomainError, MethodError

CASES = [
    ("equal", {"by": "indicator"}, 4, [1 / 4] * 4, "by hand"),
    ("equal", {}, 2, [1 / 2, 1 / 2], "by hand"),
    ("equal", {"pillars": [0, 0, 0, 1]}, 4, [1 / 6, 1 / 6, 1 / 6, 1 / 2], "by hand"),
    ("equal", {"pillars": [0, 0, 1, -1]}, 4, [1 / 6, 1 / 6, 1 / 3, 1 / 3], "by hand: a leaf of the root"),
    ("equal", {"by": "indicator", "pillars": [0, 0, 0, 1]}, 4, [1 / 4] * 4, "by hand"),
    (
        "equal",
        {"pillars": [[0, 0, 0, 1, -1], [5, 5, -1, -1, -1]]},
        5,
        [1 / 12, 1 / 12, 1 / 6, 1 / 3, 1 / 3],
        "by hand: two levels, one of them partial",
    ),
    ("equal", {"pillars": [[0, 1], [7, 7]]}, 2, [1 / 2, 1 / 2], "by hand: codes count within their parent"),
]


@pytest.mark.parametrize(("name", "options", "k", "expected", "_source"), CASES)
def test_cases(name, options, k, expected, _source):
    weights = weighting.methods.get(name).function(np.ones((3, k)), **options)

    np.testing.assert_allclose(weights, expected, rtol=1e-15)


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
