"""Promises that every registered method keeps, run over the registry.

A method with required options is sampled with those of its rows in the `CASES` of its family's test file.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect

import numpy as np
import pytest

from equindex import _arrays
from equindex._registry import families
from equindex._summary import summarise
from equindex.errors import DomainError

for kernel in ("impute", "treat", "normalise", "weighting", "aggregate", "attainment", "equalization"):
    if importlib.util.find_spec(f"equindex.{kernel}"):
        importlib.import_module(f"equindex.{kernel}")

RNG = np.random.default_rng(11)
X = RNG.uniform(10, 90, (40, 3))
DIRECTION = np.array([1, -1, 1])
WORSE = np.where(DIRECTION > 0, 1.0, 99.0)
REQUIRED = {"baseline": WORSE, "floor": WORSE, "low": 1.0, "high": 95.0}  # where there are no named CASES
SHUFFLED = RNG.permutation(40)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def samples(method):
    """Every set of options to run a method with: those of its cases, else what it requires."""
    module = method.function.__module__.split(".")[1]
    found = []
    if importlib.util.find_spec(f"test_{module}"):
        for case in getattr(importlib.import_module(f"test_{module}"), "CASES", []):
            if case[0] == method.name and isinstance(case[1], dict) and set(case[1]) <= set(method.options):
                found.append(case[1])
    required = [name for name, default in method.options.items() if default is inspect.Parameter.empty]
    if not found and set(required) <= set(REQUIRED):
        found = [{name: REQUIRED[name] for name in required}]
    assert found, f"give {method.name!r} a row in CASES of tests/test_{module}.py"
    return [options for i, options in enumerate(found) if options not in found[:i]]


@pytest.mark.parametrize("module", ["normalise", "weighting", "aggregate", "treat", "impute"])
def test_every_case_names_its_source_or_says_how_it_is_worked(module):
    for case in importlib.import_module(f"test_{module}").CASES:
        said = [part for part in case if isinstance(part, str)][1]

        assert said.removeprefix("by hand").strip(), f"{case[0]} {case[1]}: {said}"


def over(*names, trait=None, when=None):
    """Parametrise a test over the methods of families, optionally only those with a trait or property."""
    chosen = [
        pytest.param(method, options, id=f"{family}-{method.name}-{number}")
        for family in names
        for method in families().get(family, ())
        if trait is None or method.traits.get(trait)
        for number, options in enumerate(samples(method))
        if when is None or when(method, options)
    ]
    return pytest.mark.parametrize(("method", "options"), chosen)


def directions(method):
    """Return the directions to run a normaliser with: an interval takes values only as they are."""
    return np.ones(3) if method.traits.get("interval") else DIRECTION


def sample(method):
    """Return values that a method can take: some compare only a few regions."""
    return X[: method.traits.get("most", len(X))]


def run(method, x, options):
    """Call a method of any family on indicator values (or scores) of shape (..., regions, indicators)."""
    k = x.shape[-1]
    if method.family == "normalise":
        return method.function(x, directions(method)[:k], **options)
    if method.family == "aggregate":
        return method.function(x, np.arange(1, k + 1), **options)
    if method.family == "attainment":
        return method.function(x, 95.0, DIRECTION[:k], **options)
    if method.family == "equalization":
        if method.traits.get("population") == "needed":
            options = {**options, "population": np.ones(x.shape[-2])}
        return method.function(np.moveaxis(x, -1, -2), **options)
    if method.family == "weighting" and options.get("pillars") is not None:
        x = np.resize(x, (*x.shape[:-1], np.shape(options["pillars"])[-1]))
    if method.family == "impute":
        return impute(method, x, options)
    if method.family == "transform":
        x = x * options.get("top", 100) / 100
    return method.function(x, **options)


def with_holes(x):
    """Take out cells that their values decide, so that they move with their regions; never a whole region."""
    holes = np.floor(x * 100) % 7 == 0
    holes[..., 1] &= ~holes[..., 0]
    holes[..., 2:] = False
    return np.where(holes, np.nan, x)


def impute(method, x, options):
    """Impute values with holes; between two other years where the method looks at years."""
    if "by" in options:
        options = {**options, "by": (x[..., -1] // 20).astype(int)}
    if not np.isnan(x).any():
        x = with_holes(x)
    if not method.traits.get("panel"):
        return method.function(x, **options)
    panel = np.stack([x * 0.9, x, np.nan_to_num(x, nan=50.0)], axis=-3)
    return method.function(panel, **options)[..., 1, :, :]


IN_UNITS = {  # options in the unit of the values or scores, where no trait says so
    "impute": ("deck",),
    "transform": ("top",),
    "aggregate": ("upper", "beta"),
    "attainment": ("baseline", "floor", "low", "high"),
}
NATURAL_ZERO = ("ratio", "distance", "to_reference", "base_index", "above_below")  # take no values below it


def in_unit(method, options, factor):
    """Return the options for values in another unit."""
    known = {name: value for name, value in method.options.items() if value is not inspect.Parameter.empty}
    given = {**known, **options}
    names = [*method.traits.get("in_units", ()), *IN_UNITS.get(method.family, ())]
    scaled = {name: np.multiply(given[name], factor) for name in names if given.get(name) is not None}
    return {**options, **scaled}


def mirrored(method, options):
    """Return the options for values of the other sign: ends change places."""
    turned = in_unit(method, options, -1)
    if "low" in turned:
        turned["low"], turned["high"] = turned["high"], turned["low"]
    for ends in ("best", "limits", "thresholds"):
        if ends in turned:
            turned[ends] = turned[ends][..., ::-1]
    if np.ndim(options.get("points")):
        turned["points"] = options["points"][::-1]
    if "quantiles" in options:
        turned["quantiles"] = [1 - q for q in options["quantiles"][::-1]]
    if "tail" in options:
        turned["tail"] = {"right": "left", "left": "right"}.get(options["tail"], "auto")
    if method.name == "row_mean":
        turned["direction"] = np.negative(options.get("direction", 1))
    return turned


def from_0_to_1(y):
    """Place each column between its least and its most."""
    least, most = np.nanmin(y, axis=-2, keepdims=True), np.nanmax(y, axis=-2, keepdims=True)
    return (y - least) / (most - least)


CELLWISE = ("impute", "transform", "treat", "normalise", "attainment")  # the shape of x comes out
ALL = (*CELLWISE, "weighting", "aggregate", "equalization")


def test_every_family_is_under_contract():
    assert set(families()) <= set(ALL)


@over(*ALL)
def test_the_input_is_unchanged(method, options):
    x = sample(method).copy()
    x[3, 1] = x[7, 0] = np.nan
    before = x.copy()
    x.flags.writeable = False

    run(method, x, options)

    np.testing.assert_array_equal(x, before)


@over(*ALL)
def test_the_order_of_the_regions_is_irrelevant(method, options):
    x = sample(method)
    order = SHUFFLED[len(x) > SHUFFLED]

    whole, shuffled = run(method, x, options), run(method, x[order], options)

    moves = (
        method.family in CELLWISE or method.family == "aggregate" or method.traits.get("weights_per_region")
    )
    np.testing.assert_allclose(shuffled, whole[order] if moves else whole, **CLOSE)


@over(*ALL)
def test_a_batch_equals_its_parts(method, options):
    x = sample(method)
    batch = np.stack([x, x[::-1] * 0.5 + 3, np.sqrt(x)])

    whole = run(method, batch, options)

    for number, part in enumerate(batch):
        np.testing.assert_allclose(whole[number], run(method, part, options), **CLOSE)


@over(*ALL)
def test_memory_order_is_irrelevant(method, options):
    x = sample(method)

    c, f = run(method, x, options), run(method, np.asfortranarray(x), options)

    np.testing.assert_allclose(f, c, **CLOSE)


@over("impute")
def test_imputation_keeps_what_is_measured(method, options):
    x = with_holes(X)
    assert np.isnan(x).any()

    y = run(method, x, options)

    np.testing.assert_array_equal(y[~np.isnan(x)], x[~np.isnan(x)])


@over("transform", "treat", "normalise", "attainment")
def test_nan_stays_nan_and_only_there(method, options):
    x = X.copy()
    x[RNG.random(x.shape) < 0.3] = np.nan

    result = run(method, x, options)

    np.testing.assert_array_equal(np.isnan(result), np.isnan(x))


@over("aggregate")
def test_nan_propagates_only_through_positive_weight(method, options):
    x = sample(method).copy()
    x[RNG.random(x.shape) < 0.3] = np.nan
    x[:2] = X[:2]  # two to compare

    score = method.function(x, [1, 0, 2], **{**options, "missing": "propagate"})

    np.testing.assert_array_equal(np.isnan(score), np.isnan(x[:, [0, 2]]).any(axis=1))


# --- units and signs -----------------------------------------------------------------------------------


@over("impute")
@pytest.mark.parametrize("factor", [1000, -1])
def test_what_is_filled_in_follows_unit_and_sign(method, options, factor):
    x = with_holes(X)
    if method.traits.get("panel"):
        x = np.stack([X * 0.9, x, x + 1])
    if "by" in options:
        options = {"by": (X[:, -1] // 20).astype(int)}
    changed = in_unit(method, options, factor) if factor > 0 else mirrored(method, options)

    filled, again = method.function(x, **options), method.function(x * factor, **changed)

    np.testing.assert_allclose(again, filled * factor, rtol=1e-10)


@over("treat", "transform")
def test_the_unit_is_irrelevant_after_treatment_and_min_max(method, options):
    x = X * options.get("top", 100) / 100

    y, in_another = method.function(x, **options), method.function(x * 1000, **in_unit(method, options, 1000))

    np.testing.assert_allclose(from_0_to_1(in_another), from_0_to_1(y), atol=1e-7)


@over("treat")
def test_values_of_the_other_sign_are_treated_as_their_mirror_image_or_refused(method, options):
    if method.name == "box_cox":
        with pytest.raises(DomainError):
            method.function(-X, **options)
    else:
        y, mirror = method.function(X, **options), method.function(-X, **mirrored(method, options))
        np.testing.assert_allclose(from_0_to_1(mirror), 1 - from_0_to_1(y), atol=1e-12)


@over("attainment")
@pytest.mark.parametrize("factor", [1000, -1])
def test_attainment_is_the_same_in_another_unit_and_with_sign_and_direction_turned(method, options, factor):
    changed = in_unit(method, options, factor) if factor > 0 else mirrored(method, options)

    a = method.function(X * factor, 95.0 * factor, DIRECTION * np.sign(factor), **changed)

    expected = run(method, X, options)
    if method.name == "ratio" and factor < 0:  # there is no ratio of values below 0
        expected = np.full_like(X, np.nan)
    np.testing.assert_allclose(a, expected, **CLOSE)


@over("equalization")
def test_inequality_is_the_same_in_another_unit_and_at_another_size_of_population(method, options):
    population = RNG.uniform(1, 9, 40)
    if callable(method.traits.get("population")):
        options = {name: value for name, value in options.items() if name != "corrected"}

    one, other = (
        method.function(X.T * factor, population=population * factor, **options) for factor in (1, 1000)
    )

    np.testing.assert_allclose(run(method, X * 1000, options), run(method, X, options), **CLOSE)
    np.testing.assert_allclose(other, one, **CLOSE)


@over("equalization")
def test_inequality_of_values_below_0_is_refused_or_that_of_their_size(method, options):
    try:
        below = run(method, -X, options)
    except DomainError:
        return

    np.testing.assert_allclose(below, run(method, X, options), **CLOSE)


# --- transform, normalise ------------------------------------------------------------------------------


@over("transform", "treat", "normalise", "attainment", trait="monotone")
def test_better_is_never_scored_lower(method, options):
    direction = np.ones(3) if method.family in ("transform", "treat") else DIRECTION
    order = np.argsort(X * direction, axis=0)

    scores = np.take_along_axis(run(method, X, options), order, axis=0)

    assert (np.diff(scores, axis=0) >= -1e-12).all()


@over("transform")
def test_transforms_increase_strictly(method, options):
    y = run(method, np.sort(X, axis=0), options)

    assert (np.diff(y, axis=0) > 0).all()


@over("normalise")
def test_a_measured_part_equals_the_whole(method, options):
    summary = summarise(X, ordered=True)

    parts = [
        method.function(part, directions(method), summary=summary, **options) for part in (X[:15], X[15:])
    ]

    np.testing.assert_allclose(np.concatenate(parts), run(method, X, options), **CLOSE)


@over("normalise")
def test_the_summary_of_chosen_indicators_scores_them_alike(method, options):
    summary = summarise(X, ordered=True).take([2, 0])
    own = [k for k in method.traits.get("in_units", ()) if np.shape(options.get(k)) == (3,)]
    chosen = options | {k: np.take(options[k], [2, 0]) for k in own}

    z = method.function(X[:, [2, 0]], directions(method)[[2, 0]], summary=summary, **chosen)

    np.testing.assert_allclose(z, run(method, X, options)[:, [2, 0]], **CLOSE)


@over("normalise", when=lambda method, _: method.traits.get("mirrors", True))
def test_direction_mirrors(method, options):
    both = method.function(X, 1, **options) + method.function(X, -1, **options)

    np.testing.assert_allclose(both, np.broadcast_to(both[0], both.shape), **CLOSE)


@over("normalise")
def test_the_unit_is_irrelevant(method, options):
    z = run(method, X * 1000, in_unit(method, options, 1000))

    np.testing.assert_allclose(z, run(method, X, options), **CLOSE)


@over("normalise")
def test_values_of_the_other_sign_and_direction_score_alike_or_are_refused(method, options):
    turned = mirrored(method, options)
    direction = directions(method) if method.traits.get("interval") else -DIRECTION

    if method.name in NATURAL_ZERO:
        with pytest.raises(DomainError):
            method.function(-X, direction, **turned)
    else:
        z = method.function(-X, direction, **turned)
        np.testing.assert_allclose(z, run(method, X, options), **CLOSE)


@over("normalise", trait="data_driven")
@pytest.mark.parametrize("column", [[7.0] * 40, [7.0] + [np.nan] * 39, [np.nan] * 40])
def test_columns_that_cannot_be_measured_are_refused_by_position(method, options, column):
    x = X.copy()
    x[:, 1] = column

    with pytest.raises(DomainError, match=r"indicator positions \[1\]") as caught:
        run(method, x, options)

    assert caught.value.positions == ((None, 1),)


@over("normalise", trait="line")
def test_a_line_gives_the_same_scores(method, options):
    direction = np.ones(3) if method.traits["scale"](options)[0] == "ratio" else DIRECTION

    line = method.traits["line"](direction, summarise(X), **options)

    if options.get("clip", method.options.get("clip", False)):
        assert line is None
    else:
        slope, intercept = line
        np.testing.assert_allclose(X * slope + intercept, method.function(X, direction, **options), **CLOSE)


def bounded(method, options):
    return method.traits["scale"](options)[0] == "bounded" and options.get("clip", True)


@over("normalise", when=bounded)
def test_bounded_scores_stay_within_their_bounds(method, options):
    _, lower, upper = method.traits["scale"](options)

    z = run(method, X, options)

    assert z.min() >= lower
    assert z.max() <= upper


# --- weighting, aggregate ------------------------------------------------------------------------------


@over("weighting")
def test_weights_are_at_least_0_and_sum_to_1(method, options):
    weights = run(method, np.stack([X, X * 2]), options)

    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-14)


@over("weighting", trait="scale_free")
def test_the_unit_changes_no_weight(method, options):
    np.testing.assert_allclose(run(method, X * [1000, 1, 0.001], options), run(method, X, options), **CLOSE)


@over("weighting", trait="data_driven")
def test_the_sign_changes_no_weight_or_is_refused(method, options):
    if method.name in ("entropy", "bod"):
        with pytest.raises(DomainError):
            run(method, -X, options)
    else:
        np.testing.assert_allclose(run(method, -X, options), run(method, X, options), rtol=1e-9)


def movable(method, options):
    """One set of weights, and no option that counts indicators."""
    return not method.traits.get("weights_per_region") and not any(map(np.ndim, options.values()))


@over("weighting", trait="data_driven", when=movable)
def test_weights_go_with_their_indicators(method, options):
    turned = run(method, X[:, [2, 0, 1]], options)

    np.testing.assert_allclose(turned, run(method, X, options)[[2, 0, 1]], **CLOSE)


@over("weighting", trait="data_driven", when=lambda method, _: not method.traits.get("weights_per_region"))
@pytest.mark.parametrize("constant", [7.0, 0.0])
def test_a_constant_indicator_gets_no_weight_or_is_refused_and_harms_no_other(method, options, constant):
    x = X.copy()
    x[:, 1] = constant

    if method.name == "optimised":
        with pytest.raises(DomainError) as caught:
            run(method, x, options)
        assert caught.value.positions == ((None, 1),)
    else:
        weights = run(method, x, options)
        assert weights[1] == 0
        np.testing.assert_allclose(weights.sum(), 1, rtol=1e-14)


@over("weighting", trait="data_driven", when=lambda method, _: not method.traits.get("weights_per_region"))
@pytest.mark.parametrize("x", [np.full((5, 3), 4.0), X[:1]], ids=["constant", "one region"])
def test_weights_are_not_taken_from_data_that_say_nothing(method, options, x):
    with pytest.raises(DomainError):
        run(method, x, options)


@over("weighting", trait="data_driven")
def test_infinite_values_give_no_weights(method, options):
    x = X.copy()
    x[4, 1] = np.inf

    with pytest.raises(DomainError) as caught:
        run(method, x, options)

    assert caught.value.positions == ((4, 1),)


@over("aggregate", trait="mean_like")
def test_a_mean_lies_between_its_worst_and_best(method, options):
    score = run(method, X, options)

    assert (score >= X.min(axis=1) * (1 - 1e-14)).all()
    assert (score <= X.max(axis=1) * (1 + 1e-14)).all()


@over("aggregate", trait="mean_like")
def test_the_mean_of_equal_scores_is_that_score(method, options):
    np.testing.assert_allclose(run(method, np.repeat(X[:, :1], 3, axis=1), options), X[:, 0], rtol=1e-14)


@over("aggregate", trait="monotone")
def test_a_better_child_never_lowers_its_parent(method, options):
    better = X.copy()
    better[:, 1] += 1

    assert (run(method, better, options) >= run(method, X, options)).all()


@over("aggregate")
def test_the_scale_of_the_scores_is_that_of_the_aggregate_or_irrelevant(method, options):
    x = sample(method)

    score = run(method, x * 1000, in_unit(method, options, 1000))

    own = method.traits.get("scale") == "own"
    np.testing.assert_allclose(score, run(method, x, options) * (1 if own else 1000), **CLOSE)


@over("aggregate", trait="relative")
def test_what_compares_regions_mirrors_or_refuses_values_below_0(method, options):
    if method.name == "bod":
        with pytest.raises(DomainError):
            run(method, -sample(method), options)
    else:
        both = run(method, sample(method), options) + run(method, -sample(method), options)
        np.testing.assert_allclose(both, np.full_like(both, both[0]), **CLOSE)


@over("aggregate", when=lambda _, options: not any(map(np.ndim, options.values())))
def test_the_order_of_the_indicators_is_irrelevant(method, options):
    x, order = sample(method), [2, 0, 1]

    turned = method.function(x[:, order], np.array([1, 2, 3])[order], **options)

    np.testing.assert_allclose(turned, run(method, x, options), **CLOSE)


@over("aggregate")
def test_only_the_proportions_of_weights_count(method, options):
    once, twice = (method.function(sample(method), w, **options) for w in ([1, 2, 3], [2, 4, 6]))

    np.testing.assert_allclose(twice, once, rtol=1e-14)


@over("aggregate")
def test_a_region_is_scored_by_itself_unless_the_method_compares_regions(method, options):
    x = sample(method)

    whole, few = run(method, x, options)[:3], run(method, x[:3], options)

    assert np.array_equal(whole, few) != method.traits.get("relative", False)


@over("aggregate", when=lambda method, _: "most" not in method.traits)
def test_the_number_of_threads_is_irrelevant_to_the_last_bit(method, options, monkeypatch):
    x, results = np.tile(X, (30 if method.traits.get("relative") else 9_000, 1)), []

    for cpus in (1, 3):
        monkeypatch.setattr(_arrays, "cpus", lambda cpus=cpus: cpus)
        results.append(run(method, x, options))

    assert results[0].tobytes() == results[1].tobytes()
