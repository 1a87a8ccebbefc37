import csv
import json
import math
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog, minimize

from equindex import _arrays, _programmes, weighting
from equindex.errors import DataError, DomainError, EngineError, FrameworkError, MethodError
from equindex.framework import Fitted, Framework
from equindex.weighting import components
from small import framework, node, table

NAN = math.nan
RNG = np.random.default_rng(5)
X = RNG.lognormal(size=(30, 4))
HOLED = np.where(RNG.random(X.shape) < 0.1, np.nan, X)


# --- kernels against slow twins ------------------------------------------------------------------------


def entropy_twin(x):
    """Follow the formula cell by cell with 50 digits."""
    information = []
    with localcontext(prec=50):
        for column in x.T:
            values = [Decimal(float(v)) for v in column if not np.isnan(v)]
            parts = [v / sum(values) for v in values]
            e = -sum(p * p.ln() for p in parts if p > 0) / Decimal(len(parts)).ln()
            information.append(1 - e)
    return np.array([float(part / sum(information)) for part in information])


@pytest.mark.parametrize(
    "x",
    [
        X,
        HOLED,
        np.where(X < 0.5, 0.0, X),
        1e6 + X,  # entropy within 1e-12 of its greatest
        X * [1e-200, 1e200, 1, 1e-3],
        np.column_stack([X[:, 0], np.r_[np.zeros(29), 1.0], 1 + X[:, 1] * 1e-9]),
    ],
    ids=["plain", "holed", "zeros", "nearly even", "sizes", "one alone"],
)
def test_entropy_equals_the_formula_with_many_digits(x):
    np.testing.assert_allclose(weighting.entropy(x), entropy_twin(x), rtol=1e-9)


def entropy_by_fsum(x):
    """Follow the formula column by column, adding without rounding."""
    information = []
    for column in x.T:
        values = column[~np.isnan(column)].tolist()
        total = math.fsum(values)
        parts = [v / total for v in values if v > 0]
        information.append(1 + math.fsum(p * math.log(p) for p in parts) / math.log(len(values)))
    return np.array(information) / math.fsum(information)


LONG = np.random.default_rng(0).random((20_000, 3))


@pytest.mark.parametrize(
    "x",
    [
        LONG + 0.01,
        np.where(LONG < 0.1, 0.0, LONG),
        np.where(LONG < 0.1, np.nan, LONG),
        np.where(np.arange(20_000)[:, None] == [7, 19_999, 9000], [[0.0, np.nan, 1.0]], LONG),
        LONG * [1e-200, 1e200, 1e9],
    ],
    ids=["plain", "zeros", "holed", "one zero and one gap", "sizes"],
)
def test_entropy_in_blocks_equals_the_formula(x):
    np.testing.assert_allclose(weighting.entropy(x), entropy_by_fsum(x), rtol=1e-12)


def test_entropy_refuses_what_does_not_fit_in_any_block():
    for value in (-1.0, np.inf):
        x = LONG.copy()
        x[19_000, 1] = value
        with pytest.raises(DomainError, match=r"at least 0, but 1 of 60000 is not") as caught:
            weighting.entropy(x)
        assert caught.value.positions == ((19_000, 1),)


@pytest.mark.parametrize("name", ["entropy", "critic", "pca"])
def test_weights_are_the_same_bits_for_any_number_of_threads(monkeypatch, name):
    x = np.random.default_rng(1).random((90_000, 4))
    found = []

    for cpus in (1, 2, 5):
        monkeypatch.setattr(_arrays, "cpus", lambda cpus=cpus: cpus)
        found.append(weighting.methods.get(name).function(x).tobytes())

    assert len(set(found)) == 1


def test_a_panel_pooled_has_one_set_of_weights_and_years_apart_have_one_each():
    panel = np.stack([X, X**2])

    apart = weighting.entropy(panel)

    assert apart.shape == (2, 4)
    np.testing.assert_allclose(apart[1], entropy_twin(panel[1]), rtol=1e-12)
    np.testing.assert_allclose(
        weighting.entropy(panel.reshape(-1, 4)), entropy_twin(np.vstack(panel)), rtol=1e-12
    )


@pytest.mark.parametrize(("x", "components", "most"), [(X, 9, 4), (np.c_[X[:, :3], np.ones(30)], 4, 3)])
def test_varimax_retains_no_more_components_than_indicators_vary(x, components, most):
    with pytest.raises(
        MethodError, match=f"{components} components of {most} indicators that vary. Set .* {most} or"
    ):
        weighting.varimax(x, components=components)

    assert weighting.varimax(x, components=most).sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["entropy", "critic", "standard_deviation", "pca", "varimax", "cv"])
@pytest.mark.parametrize("direction", ["positive", "negative"])
def test_a_framework_gives_a_constant_indicator_no_weight_and_the_others_what_they_have_without_it(
    name, direction
):
    goalposts = {"goalposts": [0, 10]}
    methods = {"normalise": "goalposts", "weighting": name}
    leaves = [{"id": "a", **goalposts}, {"id": "b", "direction": "negative", **goalposts}]
    flat = {"id": "c", "direction": direction, **goalposts}
    data = table(a=[1.0, 2, 4, 9], b=[3.0, 1, 7, 2], c=[-5.0] * 4)

    with_it = framework([flat, *leaves], methods=methods).score(data).plan.found["derived_weights"]
    without = framework(leaves, methods=methods).score(data).plan.found["derived_weights"]

    assert with_it["c"] == 0
    others = {"a": with_it["a"], "b": with_it["b"]}
    assert others == pytest.approx(without)  # CRITIC too: both of two have the conflict 1 - r, then 2 - r


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([NAN, 2.0, NAN, NAN], "at least two measured regions, but 1 of 2 indicators have fewer"),
        ([1e-310, 2e-310, 3e-310, 1e-310], "range of each indicator, but that of 1 of 2 underflows"),
    ],
)
def test_weights_that_cannot_be_measured_say_what_they_need_and_name_the_indicator(column, message):
    methods = {"normalise": {"name": "goalposts", "low": 0, "high": 10}, "weighting": "entropy"}

    with pytest.raises(DomainError, match=message) as caught:
        framework(["a", "b"], methods=methods).score(table(a=[1.0, 1, 1, 1], b=column))

    assert sorted(caught.value.__notes__) == ["'b'", "while weighing by 'entropy' from the data"]


def critic_twin(x, direction):
    """Orient, min-max, then sum conflicts pair by pair."""
    x = x[~np.isnan(x).any(axis=1)]
    z = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    z = np.where(np.asarray(direction) > 0, z, 1 - z)
    pairs = range(z.shape[1])
    conflict = [sum(1 - np.corrcoef(z[:, i], z[:, k])[0, 1] for k in pairs) for i in pairs]
    information = z.std(axis=0, ddof=1) * conflict
    return information / information.sum()


@pytest.mark.parametrize("x", [X, HOLED, X * [1e8, 1, 1e-8, 1] + 1e3], ids=["plain", "holed", "units"])
@pytest.mark.parametrize("direction", [[1, 1, 1, 1], [1, -1, 1, -1]])
def test_critic_equals_the_formula(x, direction):
    np.testing.assert_allclose(weighting.critic(x, direction), critic_twin(x, direction), rtol=1e-6)


def critic_by_fsum(x):
    """Take differences from the mean and add them without rounding."""
    columns = [(c - math.fsum(c.tolist()) / len(c)).tolist() for c in x.T]
    cross = [[math.fsum(a * b for a, b in zip(one, two, strict=True)) for two in columns] for one in columns]
    sd = [math.sqrt(line[at]) for at, line in enumerate(cross)]
    conflict = [
        math.fsum(1 - c / (s * t) for c, t in zip(line, sd, strict=True))
        for line, s in zip(cross, sd, strict=True)
    ]
    information = np.array(sd) / np.ptp(x, axis=0) * conflict
    return information / information.sum()


@pytest.mark.parametrize(
    "x",
    [
        LONG,
        np.sort(LONG, axis=0) ** [1, 2, 3] + LONG[::-1] * 0.1,  # blocks far apart
        np.sort(LONG, axis=0) ** [1, 2, 3] + 1e6,
    ],
    ids=["plain", "sorted", "far from 0"],
)
def test_critic_in_blocks_equals_the_formula(x):
    expected = critic_by_fsum(x)

    np.testing.assert_allclose(weighting.critic(x), expected, rtol=1e-9)
    np.testing.assert_allclose(weighting.critic(x * [1e-200, 1e200, 1]), expected, rtol=1e-9)
    np.testing.assert_allclose(weighting.critic(np.vstack([x, [np.nan, 1e9, 0]])), expected, rtol=1e-9)


def test_critic_of_negative_indicators_is_critic_of_their_negatives():
    direction = np.array([1, -1, 1, -1])

    weights = weighting.critic(X, direction)

    np.testing.assert_allclose(weights, weighting.critic(X * direction), rtol=1e-13)
    assert np.abs(weights - weighting.critic(X)).max() > 0.01


def test_the_correlations_of_a_constant_indicator_count_as_0_in_critic():
    x = np.column_stack([X[:, :3], np.full(30, 3.0)])
    z = (X[:, :3] - X[:, :3].min(axis=0)) / np.ptp(X[:, :3], axis=0)
    information = z.std(axis=0) * ((1 - np.corrcoef(z.T)).sum(axis=1) + 1)

    weights = weighting.critic(x)

    np.testing.assert_allclose(weights, [*information / information.sum(), 0], rtol=1e-12)


def test_critic_refuses_indicators_that_all_say_the_same():
    with pytest.raises(DomainError, match="move together"):
        weighting.critic(np.outer(X[:, 0], [1, 5, 0.1]))


def test_the_only_indicator_that_varies_has_all_the_weight():
    x = np.column_stack([X[:, 0], np.ones(30)])

    for name in ("critic", "entropy", "cv", "standard_deviation", "pca", "varimax"):
        assert weighting.methods.get(name).function(x).tolist() == [1, 0]


def test_each_indicator_is_measured_over_the_regions_that_have_it():
    s = np.array([np.std(c[~np.isnan(c)], ddof=1) for c in HOLED.T])
    means = np.nanmean(HOLED, axis=0)

    np.testing.assert_allclose(weighting.standard_deviation(HOLED), s / s.sum(), rtol=1e-12)
    np.testing.assert_allclose(weighting.cv(HOLED), s / means / (s / means).sum(), rtol=1e-12)


def test_cv_takes_negative_values_but_not_both_signs():
    np.testing.assert_allclose(weighting.cv(-X), weighting.cv(X), rtol=1e-13)

    with pytest.raises(DomainError, match="both signs") as caught:
        weighting.cv(X - [0, 1, 0, 0])
    assert caught.value.positions == ((None, 1),)


def test_pca_equals_the_first_right_singular_vector_of_standard_scores():
    z = (X - X.mean(axis=0)) / X.std(axis=0)

    np.testing.assert_allclose(weighting.pca(X), np.linalg.svd(z)[2][0] ** 2, rtol=1e-10)


def test_a_first_component_that_is_chance_is_refused():
    factorial = [[a, b] for a in (0, 1) for b in (0, 1)]

    for name in ("pca", "varimax"):
        with pytest.raises(DomainError, match="eigenvalues 1 and 2 of the correlations are equal"):
            weighting.methods.get(name).function(
                factorial, **({"components": 1} if name == "varimax" else {})
            )


def criterion(loadings):
    """Sum over components of the variance of squared loadings, rows of length 1."""
    squares = loadings**2 / (loadings**2).sum(axis=1, keepdims=True)
    return squares.var(axis=0).sum()


def test_no_turn_of_a_plane_betters_the_varimax():
    loadings = RNG.normal(size=(9, 3))

    turned = components.rotated(loadings)

    np.testing.assert_allclose(turned @ turned.T, loadings @ loadings.T, atol=1e-12)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        for angle in np.linspace(0.02, np.pi / 2 - 0.02, 60):
            more = turned.copy()
            more[:, a] = np.cos(angle) * turned[:, a] + np.sin(angle) * turned[:, b]
            more[:, b] = np.cos(angle) * turned[:, b] - np.sin(angle) * turned[:, a]
            assert criterion(more) < criterion(turned) + 1e-12


@pytest.fixture(scope="module")
def tai():
    with (Path(__file__).parent / "reference" / "tai" / "tai.csv").open(encoding="utf-8") as file:
        return np.array([row[1:] for row in list(csv.reader(file))[1:]], dtype=float)


def test_the_technology_achievement_index_has_its_published_shares_of_variance(tai):
    shares = [41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9]

    _, values, _ = components._components(components.moments("pca", tai))

    np.testing.assert_allclose(values / 8 * 100, shares, atol=0.15)


def test_the_technology_achievement_index_has_its_published_rotation(tai):
    _, values, vectors = components._components(components.moments("varimax", tai))

    loadings = components.rotated(vectors[:, :4] * np.sqrt(values[:4]))

    scaled = loadings**2 / (loadings**2).sum(axis=0)
    np.testing.assert_allclose(np.sort(np.abs(loadings[0])), [0.06, 0.06, 0.07, 0.97], atol=0.015)
    np.testing.assert_allclose(np.sort(scaled[0]), [0, 0, 0, 0.67], atol=0.006)
    weights = weighting.varimax(tai, components=4)
    own = np.abs(loadings).argmax(axis=1)
    explained = (loadings**2).sum(axis=0)
    by_steps = scaled[np.arange(8), own] * (explained / explained.sum())[own]
    np.testing.assert_allclose(weights, by_steps / by_steps.sum(), rtol=1e-12)


def test_components_are_retained_by_the_rules_in_turn(tai):
    # shares of the variance: 41.9, 21.8, 12.3, 11.1 %; eigenvalues above 1: two
    same = weighting.varimax(tai, components=2)

    assert weighting.varimax(tai).tolist() == same.tolist()
    assert weighting.varimax(tai, cumulative=0.7).tolist() == weighting.varimax(tai, components=3).tolist()
    assert (
        weighting.varimax(tai, eigenvalue=0.0, cumulative=0.0).tolist()
        == weighting.varimax(tai, components=4).tolist()
    )
    assert (
        weighting.varimax(tai, share=0.3, cumulative=0.0).tolist()
        == weighting.varimax(tai, components=1).tolist()
    )


@pytest.mark.parametrize(
    "options", [{"share": 2}, {"cumulative": -0.1}, {"components": 1.5}, {"components": -1}]
)
def test_retention_rules_that_mean_nothing_are_refused(options):
    with pytest.raises(MethodError):
        weighting.varimax(X, **options)


def importance(x, weights):
    y = x @ weights
    return np.array([np.corrcoef(column, y)[0, 1] ** 2 for column in x.T])


def test_optimised_weights_give_the_importance_that_is_wanted():
    wanted = np.array([4.0, 2.0, 1.0, 1.0])

    found = importance(X, weighting.optimised(X, wanted=wanted))

    np.testing.assert_allclose(found / found.sum(), wanted / wanted.sum(), rtol=1e-9)


def test_optimised_weights_come_as_near_as_weights_of_at_least_0_can():
    base = RNG.normal(size=(200, 1))
    x = base + RNG.normal(size=(200, 4)) * [0.3, 0.3, 0.3, 1.5]
    wanted = np.array([1.0, 1.0, 9.0, 0.1])
    r, s = np.corrcoef(x.T), x.std(axis=0, ddof=1)

    weights = weighting.optimised(x, wanted=wanted)

    found = minimize(
        lambda u: ((r @ u - np.sqrt(wanted)) ** 2).sum(), np.ones(4), bounds=[(0, None)] * 4, tol=1e-14
    ).x
    assert (weights == 0).any()
    np.testing.assert_allclose(weights, (found / s) / (found / s).sum(), atol=1e-5)


def test_equal_importance_is_one_number():
    np.testing.assert_allclose(
        weighting.optimised(X, wanted=3), weighting.optimised(X, wanted=[1, 1, 1, 1]), rtol=1e-12
    )


@pytest.mark.parametrize("wanted", [[1, 2], [1, 1, 1, -1], 0, [np.nan, 1, 1, 1]])
def test_importance_that_does_not_fit_is_refused(wanted):
    with pytest.raises(DomainError, match="does not fit 4 indicators"):
        weighting.optimised(X, wanted=wanted)


def test_importance_cannot_be_given_to_indicators_that_follow_from_others():
    x = X.copy()
    x[:, 3] = x[:, 0] + 2 * x[:, 1]

    with pytest.raises(DomainError, match="follow from one another") as caught:
        weighting.optimised(x, wanted=1)

    assert [place[-1] for place in caught.value.positions] == [0, 1, 3]


def test_refusals_in_a_batch_say_which_part():
    batch = np.stack([X, np.where(np.arange(4) == 2, -X, X)])

    with pytest.raises(DomainError) as caught:
        weighting.entropy(batch)

    assert caught.value.positions[0] == (1, 0, 2)


def test_a_gap_in_one_indicator_spoils_no_other():
    x = X.copy()
    x[:20, 1] = np.nan

    assert np.isfinite(weighting.entropy(x)).all()
    assert np.isfinite(weighting.critic(x)).all()
    x[:29, 1] = np.nan
    with pytest.raises(DomainError, match="1 of 4 indicators have fewer") as caught:
        weighting.entropy(x)
    assert caught.value.positions == ((None, 1),)
    with pytest.raises(DomainError, match="two regions without missing values, but 1 of 30"):
        weighting.critic(x)


# --- benefit of the doubt ------------------------------------------------------------------------------


def best_score(x, at, low=0.0, high=1.0, of="weights"):
    """Solve one region's programme with linprog, in the words of the definition."""
    k = x.shape[1]
    own = x[at] if of == "shares" else np.ones(k)
    low, high = np.broadcast_to(low, k), np.broadcast_to(high, k)
    bounds = [*(np.outer(low, own) - np.diag(own)), *(np.diag(own) - np.outer(high, own))]
    found = linprog(-x[at], A_ub=[*x, *bounds], b_ub=[1] * len(x) + [0] * 2 * k, bounds=(0, None))
    return -found.fun


@pytest.mark.parametrize(
    ("low", "high", "of"),
    [
        (0.0, 1.0, "weights"),
        (0.1, 1.0, "weights"),
        (0.05, 0.5, "weights"),
        (0.0, 0.4, "weights"),
        (0.1, 1.0, "shares"),
        (0.05, 0.5, "shares"),
        (0.0, 0.4, "shares"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "ties", "units"])
def test_scores_and_weights_solve_each_regions_programme(low, high, of, kind):
    x = {"plain": X, "ties": np.ceil(X), "units": X * [1, 1000, 1e-3, 7]}[kind]

    found = weighting.frontier(x, low=low, high=high, of=of)

    expected = [best_score(x, at, low, high, of) for at in range(len(x))]
    np.testing.assert_allclose(found.score, expected, atol=1e-9)
    np.testing.assert_allclose((found.weights * x).sum(axis=1), found.score, atol=1e-9)
    assert (found.weights >= 0).all()
    assert (found.weights @ x.T).max() <= 1 + 1e-9
    np.testing.assert_allclose(found.shares.sum(axis=1), 1, atol=1e-9)
    part = found.shares if of == "shares" else found.weights / found.weights.sum(axis=1, keepdims=True)
    assert part.min() >= low - 1e-9
    assert part.max() <= high + 1e-9


@settings(max_examples=40, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.integers(0, 4).map(float)))
def test_scores_are_right_for_ties_zeros_and_repeated_regions(x):
    found = weighting.frontier(x)

    expected = [best_score(x[:, x.any(axis=0)], at) if x[at].any() else 0 for at in range(len(x))]
    np.testing.assert_allclose(found.score, expected, atol=1e-9)
    np.testing.assert_array_equal(np.isnan(found.weights).all(axis=1), ~x.any(axis=1))


def test_bounds_of_its_own_for_each_indicator():
    low, high = np.array([0.3, 0, 0, 0.1]), np.array([0.6, 0.2, 1, 1])

    score = weighting.frontier(X, low=low, high=high).score

    np.testing.assert_allclose(score, [best_score(X, at, low, high) for at in range(len(X))], atol=1e-9)


def test_weights_are_called_unique_where_no_others_give_the_score():
    found = weighting.frontier([[4, 1], [1, 4], [2, 2], [3, 0.5], [2, 0.5]])

    assert found.unique.tolist() == [False, False, True, True, False]  # the last on the ray of a corner
    assert found.score.round(4).tolist() == [1, 1, 0.8, 0.75, 0.5]


def test_a_unique_flag_is_true_to_other_optima():
    found = weighting.frontier(X)

    for at in np.flatnonzero(found.unique)[:5]:
        for column in range(4):
            for sign in (1, -1):
                rows = np.vstack([X, -X[at]])
                aim = sign * np.eye(4)[column]
                other = linprog(aim, A_ub=rows, b_ub=[*[1] * len(X), -found.score[at] + 1e-11])
                assert other.x[column] == pytest.approx(found.weights[at, column], abs=1e-6)


def test_the_order_of_regions_and_repeated_regions_choose_no_other_weights():
    order = RNG.permutation(30)

    found, turned = weighting.frontier(X), weighting.frontier(np.vstack([X[order], X[:3]]))

    np.testing.assert_array_equal(turned.weights[:30], found.weights[order])
    np.testing.assert_array_equal(turned.weights[30:], found.weights[:3])
    np.testing.assert_array_equal(turned.score[30:], found.score[:3])


def test_regions_with_gaps_neither_have_weights_nor_shape_the_frontier():
    x = X.copy()
    x[4] = [np.nan, 1e6, 1e6, 1e6]

    found = weighting.frontier(x)

    rest = np.arange(30) != 4
    assert np.isnan(found.score[4])
    assert np.isnan(weighting.bod(x)[4]).all()
    np.testing.assert_array_equal(found.score[rest], weighting.frontier(X[rest]).score)


def test_scores_do_not_depend_on_the_units():
    np.testing.assert_allclose(
        weighting.frontier(X * [1000, 1e-6, 1, 3]).score, weighting.frontier(X).score, rtol=1e-12
    )


def test_programmes_without_certificate_go_to_highs(monkeypatch):
    expected = weighting.frontier(X, high=0.5).score
    monkeypatch.setattr(_programmes, "_CERTAIN", -1.0)

    found = weighting.frontier(X, high=0.5)

    np.testing.assert_allclose(found.score, expected, atol=1e-9)
    assert not found.unique.any()


def test_a_programme_that_highs_cannot_solve_is_an_error():
    with pytest.raises(EngineError, match="not solved"):
        _programmes._by_highs(np.array([1.0]), np.array([[0.0]]), np.array([[0.0]]))


@pytest.mark.parametrize(
    "options",
    [
        {"low": 0.5},
        {"high": 0.2},
        {"low": 0.6, "high": 0.5},
        {"low": -0.1},
        {"high": [0.5, 0.5]},
        {"low": 0.25},
    ],
)
def test_bounds_that_contradict_each_other_or_leave_no_choice_are_refused(options):
    with pytest.raises(DomainError, match="do not fit 4 indicators"):
        weighting.frontier(X, **options)


@pytest.mark.parametrize("options", [{"low": 0.1}, {"high": 0.3}])
def test_a_zero_cannot_have_its_share(options):
    x = X.copy()
    x[2, 1] = 0

    with pytest.raises(DomainError, match="bounds on shares") as caught:
        weighting.frontier(x, of="shares", **options)

    assert caught.value.positions == ((2, 1),)
    assert weighting.frontier(x, **options).score[2] > 0


def test_no_regions_no_scores():
    assert weighting.frontier(np.empty((0, 3))).score.shape == (0,)


# --- a framework that leaves its weights to the data ---------------------------------------------------

TREE = [
    {"id": "a", "pillar": "p", "target": "≥8"},
    {"id": "b", "pillar": "p", "direction": "negative", "target": "≤2"},
    {"id": "c", "pillar": "q", "target": "≥4"},
]
PILLARS = [{"id": "p"}, {"id": "q"}]
DATA = table(
    [2020, 2021] * 5,
    region=list("AABBCCDDEE"),
    a=[1.0, 2, 5, 4, 9, 8, 3, 3, 6, 7],
    b=[2.0, 2, 8, 7, 6, 6, 1, 4, 3, 9],
    c=[5.0, 6, 2, 3, 3, 5, 4, 9, 9, 1],
)
VALUES = DATA.sort_values(["year", "region"])[["a", "b", "c"]].to_numpy()


def unit(x):
    """0-1 min-max, higher is better."""
    z = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    z[:, 1] = 1 - z[:, 1]
    return z


def built(weighting="entropy", **sections):
    methods = {"normalise": {"name": "minmax", "lower": 1, "upper": 100}, "weighting": weighting}
    return framework(TREE, pillar=PILLARS, methods=methods | sections.pop("methods", {}), **sections)


def global_weights(scores):
    return scores.weights.set_index("node")["global"][["a", "b", "c"]].to_numpy()


@pytest.mark.parametrize("name", ["entropy", "critic", "standard_deviation", "pca", "varimax"])
def test_methods_see_the_oriented_unit_scores_of_all_scored_rows(name):
    scores = built(name).score(DATA)

    expected = weighting.methods.get(name).function(unit(VALUES))
    np.testing.assert_allclose(global_weights(scores), expected, rtol=1e-12)


def test_scores_are_the_weighted_means_of_what_was_normalised():
    scores = built("entropy").score(DATA)

    z = 1 + 99 * unit(VALUES)
    np.testing.assert_allclose(scores.index, z @ weighting.entropy(unit(VALUES)), rtol=1e-12)


def test_cv_sees_the_values_and_optimised_the_frameworks_scores():
    own = built({"name": "optimised", "wanted": [1, 1, 2]}, methods={"normalise": "zscore"}).score(DATA)
    z = (VALUES - VALUES.mean(axis=0)) / VALUES.std(axis=0, ddof=1) * [1, -1, 1]

    np.testing.assert_allclose(global_weights(built("cv").score(DATA)), weighting.cv(VALUES), rtol=1e-12)
    np.testing.assert_allclose(global_weights(own), weighting.optimised(z, wanted=[1, 1, 2]), rtol=1e-12)
    found = importance(z, global_weights(own))
    np.testing.assert_allclose(found / found.sum(), [1 / 4, 1 / 4, 1 / 2], rtol=1e-9)


def test_the_base_year_alone_decides_the_weights():
    scores = built("critic", methods={"base": 2020}).score(DATA)

    np.testing.assert_allclose(global_weights(scores), weighting.critic(unit(VALUES[:5])), rtol=1e-12)


def test_one_set_of_weights_serves_years_that_are_normalised_alone():
    plain = built("critic", methods={"base": "year"}).score(DATA)
    own = built({"name": "optimised", "wanted": 1}, methods={"base": "year"}).score(DATA)
    z = np.vstack([unit(VALUES[:5]), unit(VALUES[5:])])

    np.testing.assert_allclose(global_weights(plain), weighting.critic(unit(VALUES)), rtol=1e-12)
    np.testing.assert_allclose(global_weights(own), weighting.optimised(z, wanted=1), rtol=1e-12)


def test_attainment_stays_equal_by_pillar_and_equalization_takes_the_weights():
    by_data = built("entropy", equalization={}).score(DATA)
    equal = built("equal", equalization={}).score(DATA)

    assert node(by_data.attainment, "a", "weight")[0] == 1 / 2
    assert node(by_data.attainment, "index", "attainment") == node(equal.attainment, "index", "attainment")
    e = np.array([node(by_data.equalization, name, "equalization") for name in "abc"])
    weights = weighting.entropy(unit(VALUES))
    np.testing.assert_allclose(node(by_data.equalization, "index", "equalization"), weights @ e, rtol=1e-12)
    d = by_data.inequality
    d = d[(d["part"] == "degree") & ~d["weighted"] & (d["year"] == 2020) & (d["measure"] == "gini")]
    parts = d.set_index("node")["value"]
    assert parts["index"] == pytest.approx(weights @ parts[["a", "b", "c"]].to_numpy(), rel=1e-12)


def test_equalization_without_a_composite_is_weighed_by_the_data_too():
    content = {"weighting": "entropy", "normalise": None}

    scores = built(methods=content, equalization={}).score(DATA)

    np.testing.assert_allclose(global_weights(scores), weighting.entropy(unit(VALUES)), rtol=1e-12)
    with pytest.raises(DataError, match="base year 1999 is not in the data"):
        built(methods=content | {"base": 1999}, equalization={}).score(DATA)


def test_attainment_alone_asks_the_data_nothing():
    scores = built(methods={"normalise": None}).score(DATA.assign(a=3.0))

    assert "derived_weights" not in scores.provenance
    assert node(scores.attainment, "index", "weight")[0] == 1


def test_the_index_alone_is_the_same_index():
    one = built("critic")

    np.testing.assert_allclose(one.score(DATA, keep="index").index, one.score(DATA).index, rtol=1e-12)


def test_a_fit_keeps_its_weights_for_other_years(tmp_path):
    first, second = (DATA[DATA["year"] == year] for year in (2020, 2021))

    fitted = built("entropy").fit(first)
    loaded = Fitted.load(fitted.save(tmp_path / "fitted.json"))

    expected = weighting.entropy(unit(VALUES[:5]))
    assert list(fitted.weights) == ["a", "b", "c"]
    np.testing.assert_allclose(list(fitted.weights.values()), expected, rtol=1e-12)
    assert loaded.weights == fitted.weights
    scores = loaded.score(second)
    np.testing.assert_allclose(global_weights(scores), expected, rtol=1e-12)
    assert scores.index.tolist() == fitted.score(second).index.tolist()


@pytest.mark.parametrize("weights", [{"a": 1.0}, {"a": -1.0, "b": 1.0, "c": 1.0}, {"a": 0, "b": 0, "c": 0}])
def test_a_fit_with_foreign_weights_is_refused(tmp_path, weights):
    path = built("entropy").fit(DATA).save(tmp_path / "fitted.json")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"derived_weights": weights}))

    with pytest.raises(FrameworkError, match="derived_weights do not fit"):
        Fitted.load(path)


def test_provenance_names_the_method_and_holds_the_weights():
    said = built("entropy").score(DATA).provenance

    assert said["weights"] == "entropy, from the data"
    expected = dict(zip("abc", weighting.entropy(unit(VALUES)), strict=True))
    assert said["derived_weights"] == pytest.approx(expected, rel=1e-12)
    assert "derived_weights" not in built("equal").score(DATA).provenance


def test_a_weight_set_goes_before_the_data_and_replace_puts_the_data_back(tmp_path):
    path = tmp_path / "w.toml"
    path.write_text('scope = "global"\n[weights]\na = 0.2\nb = 0.3\nc = 0.5\n')

    given_ = built("entropy").replace(weights=path)

    np.testing.assert_allclose(global_weights(given_.score(DATA)), [0.2, 0.3, 0.5], rtol=1e-12)
    again = given_.replace(weighting="critic").score(DATA)
    np.testing.assert_allclose(global_weights(again), weighting.critic(unit(VALUES)), rtol=1e-12)


def test_from_toml_takes_a_weight_set_before_the_data(tmp_path):
    (tmp_path / "w.toml").write_text("[weights]\na = 1\nb = 3\n")
    file = tmp_path / "framework.toml"
    leaves = "".join(f'[[indicator]]\nid = "{name}"\n' for name in "ab")
    file.write_text(f'id = "x"\n[methods]\nnormalise = "minmax"\nweighting = "critic"\n{leaves}')

    scores = Framework.from_toml(file, weights=tmp_path / "w.toml").score(DATA[["region", "year", "a", "b"]])

    assert "derived_weights" not in scores.provenance
    np.testing.assert_allclose(scores.weights["global"], [1, 0.25, 0.75])


def test_what_does_not_suit_the_data_is_named_and_said_to_come_from_weighing():
    goalposts = {"normalise": {"name": "goalposts", "low": 0, "high": 10}}

    with pytest.raises(DomainError, match=r"'c'(.|\n)*weighing by 'entropy'|weighing by 'entropy'(.|\n)*'c'"):
        built("entropy", methods=goalposts).score(DATA.assign(c=[5.0] + [NAN] * (len(DATA) - 1)))


@pytest.mark.parametrize(
    ("weighting", "said"),
    [
        ("bod", 'each region weights of its own(.|\n)*Set aggregate = "bod"'),
        ("optimised", "needs wanted"),
        ({"name": "optimised", "wanted": [1, 2]}, "2 numbers for 3 indicators"),
        ({"name": "varimax", "component": 2}, "Did you mean 'components'"),
        ("entrpy", "Did you mean 'entropy'"),
    ],
)
def test_weighting_that_cannot_be_is_refused_with_the_framework(weighting, said):
    with pytest.raises(FrameworkError, match=said):
        built(weighting)


def test_optimised_weights_need_scores_to_weigh():
    with pytest.raises(FrameworkError, match="it needs \\[methods\\] normalise"):
        built({"name": "optimised", "wanted": 1}, methods={"normalise": None}, equalization={})


def test_a_constant_indicator_lets_every_region_score_1_by_itself_alone():
    x = np.array([[4.0, 1.0, 5.0], [1.0, 4.0, 5.0], [2.0, 2.0, 5.0]])

    found = weighting.frontier(x)

    np.testing.assert_allclose(found.score, 1, atol=1e-12)
    np.testing.assert_allclose(found.weights[2], [0, 0, 1 / 5], atol=1e-12)  # what 2 and 2 cannot reach
