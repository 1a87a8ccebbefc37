"""Scores without an indicator, a pillar or a region, against scoring again."""

import numpy as np
import pytest

from equindex import aggregate, normalise, sensitivity
from equindex.errors import DomainError, EquindexError

# Indicators and pillars left out


def mean_of(row, w, used, missing, min_coverage=0.0):
    """Weighted mean of one row by the textbook."""
    present = [i for i in used if not np.isnan(row[i]) and w[i] > 0]
    whole = sum(w[i] for i in used)
    if missing == "propagate" and len(present) < sum(w[i] > 0 for i in used):
        return np.nan
    share = sum(w[i] for i in present)
    if not share > 0 or (missing == "reweight" and share / whole < min_coverage - 1e-9):
        return np.nan
    return sum(w[i] * row[i] for i in present) / share


@pytest.mark.parametrize("missing", ["propagate", "reweight"])
@pytest.mark.parametrize("seed", range(8))
def test_leaving_out_is_scoring_again_without(seed, missing):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 7))
    z, w = rng.uniform(0, 100, (30, k)), rng.dirichlet(np.ones(k)) * (1 if seed % 2 else 40)
    w[rng.random(k) < 0.2] = 0.0
    if seed > 1:
        z[rng.random(z.shape) < 0.3] = np.nan
    groups = rng.integers(0, 3, k)

    alone = sensitivity.without(z, w, missing=missing, min_coverage=0.4)
    pillars = sensitivity.without(z, w, groups=groups, missing=missing, min_coverage=0.4)

    for found, number in ((alone, np.arange(k)), (pillars, groups)):
        for part in range(number.max() + 1):
            used = np.flatnonzero(number != part)
            expected = [mean_of(row, w, used, missing, 0.4) for row in z]
            assert found[:, part] == pytest.approx(expected, abs=1e-10, nan_ok=True)


def test_what_little_is_left_keeps_its_digits():
    z = np.array([[1e6, 1.0, 3.0], [2e6, np.nan, 7.0], [5.0, np.nan, np.nan]])
    w = [1 - 3e-12, 1e-12, 2e-12]

    found = sensitivity.without(z, w, missing="reweight")

    assert found[:, 0] == pytest.approx([7 / 3, 7.0, np.nan], rel=1e-9, nan_ok=True)


def test_nothing_is_left_without_the_only_weight():
    assert np.isnan(sensitivity.without([[5.0]], [1.0])).all()
    assert sensitivity.without([[5.0, 7.0]], [1.0, 0.0]).tolist()[0][1] == 5.0
    assert np.isnan(sensitivity.without([[5.0, 7.0]], [1.0, 0.0])[0, 0])
    assert np.isnan(sensitivity.without([[5.0, 7.0]], [0.5, 0.5], groups=[0, 0])).all()


def test_a_change_is_carried_up_a_tree_as_if_scored_again():
    rng = np.random.default_rng(5)
    z, pillar = rng.uniform(0, 100, (50, 5)), [[0, 1, 2], [3], [4]]
    z[rng.random(z.shape) < 0.25] = np.nan
    inside, top = np.array([0.5, 0.3, 0.2, 1.0, 1.0]), np.array([0.4, 0.35, 0.25])

    def roll(z):
        parts = np.array([[mean_of(row, inside, used, "reweight") for used in pillar] for row in z])
        return parts, np.array([mean_of(row, top, range(3), "reweight") for row in parts])

    parts, score = roll(z)
    present = (~np.isnan(parts)) @ top
    for number, used in enumerate(pillar):
        changed = sensitivity.without(z[:, used], inside[used], missing="reweight")

        found = sensitivity.moved_up(score, parts[:, number], changed, top[number], present)

        for column, indicator in enumerate(used):
            holed = z.copy()
            holed[:, indicator] = np.nan
            assert found[:, column] == pytest.approx(roll(holed)[1], abs=1e-10, nan_ok=True)


# Regions left out


def table(seed):
    """Draw a table with holes, ties at the ends, negative directions and one region far off."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(size=(14, 4)) * [1, 1e3, 1e-3, 1]
    if seed % 2:
        x[:, 0] = rng.integers(0, 5, 14)
        x[rng.random(x.shape) < 0.15] = np.nan
    x[3, 3] = 1e8
    return x, np.array([1, -1, 1, -1]), rng.dirichlet(np.ones(4))


@pytest.mark.parametrize("missing", ["propagate", "reweight"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("lines", "again", "options"),
    [
        (sensitivity.minmax_without_region, normalise.minmax, {"lower": 1.0, "upper": 100.0}),
        (sensitivity.zscore_without_region, normalise.zscore, {"centre": 100.0, "scale": 10.0, "ddof": 1}),
        (sensitivity.zscore_without_region, normalise.zscore, {"ddof": 0}),
    ],
)
def test_scores_without_a_region_are_those_of_scoring_the_others(seed, missing, lines, again, options):
    x, direction, w = table(seed)

    measured = lines(x, direction, **options)
    found = sensitivity.scores_without_region(x, w, measured, missing=missing)

    everyone = aggregate.arithmetic(again(x, direction, **options), w, missing=missing)
    for region in range(len(x)):
        rest = np.delete(x, region, axis=0)
        expected = aggregate.arithmetic(again(rest, direction, **options), w, missing=missing)
        assert np.delete(found[region], region) == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)
        assert np.isnan(found[region, region])
        if not measured.changed[region]:
            assert expected == pytest.approx(np.delete(everyone, region), abs=1e-9, nan_ok=True)
    some = sensitivity.scores_without_region(x, w, measured, regions=[3, 0], missing=missing)
    assert some == pytest.approx(found[[3, 0]], nan_ok=True)


def test_what_the_others_do_not_differ_in_leaves_no_score():
    x = [[1.0, 3.0], [1.0, 4.0], [2.0, 6.0]]

    for lines in (sensitivity.minmax_without_region, sensitivity.zscore_without_region):
        found = sensitivity.scores_without_region(x, [0.5, 0.5], lines(x))
        unused = sensitivity.scores_without_region(x, [0.0, 1.0], lines(x))

        assert np.isnan(found[2]).all()  # the first indicator is constant without the third region
        assert np.isfinite(found[0, 1:]).all()
        assert np.isfinite(unused[2, :2]).all()


@pytest.mark.parametrize("lines", [sensitivity.minmax_without_region, sensitivity.zscore_without_region])
@pytest.mark.parametrize("x", [[[1.0], [1.0], [1.0]], [[1.0]], [[np.nan], [2.0]]])
def test_columns_that_cannot_be_normalised_are_refused(lines, x):
    with pytest.raises(DomainError, match="constant or have fewer"):
        lines(x)


# Reversals


def swapped(score, variants):
    """List the swaps pair by pair."""
    return [
        (v, i, j)
        for v, row in enumerate(variants)
        for i in range(len(score))
        for j in range(len(score))
        if score[i] > score[j] and row[i] < row[j]
    ]


@pytest.mark.parametrize("seed", range(12))
def test_swaps_are_those_found_pair_by_pair(seed):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 9, 17).astype(float)
    variants = score + rng.integers(-3, 4, (6, 17)) * (seed % 3)
    variants[0] = rng.integers(0, 9, 17)
    score[rng.random(17) < 0.1] = np.nan
    variants[rng.random(variants.shape) < 0.1] = np.nan
    variants[5] = np.nan

    found = sensitivity.swaps(score, variants)

    expected = swapped(score, variants)
    assert list(zip(found.variant, found.ahead, found.behind, strict=True)) == expected
    assert found.count.tolist() == [sum(v == each for v, *_ in expected) for each in range(6)]


def test_pairs_beyond_the_limit_are_counted_only():
    found = sensitivity.swaps([3.0, 2.0, 1.0], [[1.0, 2.0, 3.0]], most=2)

    assert (found.count.tolist(), found.variant.size) == ([3], 2)


def test_nothing_swaps_among_equals_or_without_regions():
    assert sensitivity.swaps([1.0, 1.0], [[1.0, 2.0], [2.0, 1.0]]).count.tolist() == [0, 0]
    assert sensitivity.swaps([], np.empty((2, 0))).count.tolist() == [0, 0]
    assert sensitivity.swaps([1.0], np.empty((0, 1))).count.tolist() == []


# Refusals


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sensitivity.without([[1.0]], [-1.0]), "a weight of at least 0"),
        (lambda: sensitivity.without([[1.0]], [0.5, 0.5]), r"not shapes \(1, 1\) and \(2,\)"),
        (lambda: sensitivity.without([[1.0]], [1.0], groups=[-1]), "groups need a number"),
        (lambda: sensitivity.without([[1.0]], [1.0], missing="skip"), "missing cannot be 'skip'"),
        (lambda: sensitivity.minmax_without_region([1.0, 2.0]), "not shape"),
        (lambda: sensitivity.zscore_without_region([[1.0], [2.0]], ddof=2), "ddof is 1"),
        (lambda: sensitivity.swaps([1.0], [[1.0, 2.0]]), "a column for each"),
    ],
)
def test_what_cannot_be_left_out_is_refused(call, words):
    with pytest.raises(EquindexError, match=words):
        call()
