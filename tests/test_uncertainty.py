"""Uncertainty analyses against slow twins: every draw scored again by hand, and every table counted anew."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equindex import Framework, aggregate, impute, uncertainty
from equindex._resources import path
from equindex.errors import DataError, FrameworkError
from equindex.framework import with_settings, without
from equindex.model import WeightSet
from small import framework, table

DRAWS = 30
PILLARS = [{"id": "p", "name": "P"}, {"id": "q"}, {"id": "r"}]
LEAVES = [
    {"id": "a", "pillar": "p"},
    {"id": "b", "pillar": "p", "direction": "negative"},
    {"id": "c", "pillar": "q", "weight": 2},
    {"id": "d", "pillar": "q", "weight": 1},
    {"id": "e", "pillar": "q", "weight": 1},
    {"id": "f", "pillar": "r"},
]
METHODS = {
    "normalise": {"name": "minmax", "lower": 1, "upper": 100},
    "missing": {"rule": "reweight", "min_coverage": 0.5},
}
YEARS = (2019, 2020)


def built(**sections):
    return framework(LEAVES, pillar=PILLARS, **{"methods": METHODS} | sections)


def data(gaps=True, regions=9):
    """Return two years of nine regions, by year and region; two cells are empty."""
    rng = np.random.default_rng(5)
    names = [chr(ord("A") + place) for place in range(regions)]
    size = regions * len(YEARS)
    columns = {leaf["id"]: rng.uniform(10, 99, size).round(1) for leaf in LEAVES}
    if gaps:
        columns["a"][regions + 2] = columns["d"][regions + 5] = np.nan
    return table(np.repeat(YEARS, regions), region=names * len(YEARS), **columns)


def analysed(vary, made=None, given=None, *, folder=None, draws=DRAWS, **options):
    made = made or built()
    given = data() if given is None else given
    options = {"engine": "serial", "seed": 3} | options
    return uncertainty.analyse(made, given, vary=vary, draws=draws, folder=folder, **options)


def changed(found, made, row):
    """Return the framework of one row of the table of draws."""
    settings = [
        text
        for factor in found.study.factors
        if isinstance(factor, uncertainty.Choice)
        for text in factor.setting(row[factor.key], made)
    ]
    other = with_settings(made, settings) if settings else made
    gone = row.get("excluded", "")
    shares = {leaf["id"]: row[f"weight {leaf['id']}"] for leaf in LEAVES}
    if gone:
        other = without(other, gone)
        assert not shares.pop(gone, 0)
        kept = {indicator.id for indicator in other.model.indicator}
        assert not any(share for name, share in shares.items() if name not in kept)
        shares = {name: share for name, share in shares.items() if name in kept}
    return other.replace(weights=WeightSet(scope="global", weights=shares))


def index_of(framework, given, year=2020):
    scores = framework.score(given).index
    return scores.xs(year, level="year").to_numpy()


def twins(found, made, given):
    rows = found.draws.to_dict("records")
    return np.array([index_of(changed(found, made, row), given) for row in rows])


FILES = {
    "bounds.csv": "node,low,high\np,0.1,0.5\nq,0.2,\n",
    "siblings.csv": "expert,p,q,r\n1,5,3,2\n2,1,8,1\n3,4,4,2\n",
    "leaves.csv": "expert,a,b,c,d,e,f\n1,1,2,3,1,2,3\n2,5,1,1,1,1,1\n3,2,2,2,2,2,2\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


WEIGHTS = [
    ["weights=0.25"],
    ["weights=1"],
    ["weights=dirichlet:20"],
    ["weights=free"],
    ["weights.pillar=0.5"],
    ["weights.indicator=dirichlet:5"],
    ["weights.pillar=free", "weights.indicator=0.2"],
    ["weights=bounds:bounds.csv"],
    ["weights=order:q>p>r;c>d"],
    ["weights=experts:siblings.csv"],
    ["weights=experts:leaves.csv"],
]
CHOICES = [
    ["normalise=minmax,zscore,rank"],
    ["normalise.lower=0,1,10"],
    ['aggregate=arithmetic,geometric,harmonic,{ pillar = "geometric", index = "arithmetic" }'],
    ["aggregate=copeland,arithmetic"],
    ['aggregate=topsis,{ pillar = "median", index = "copeland" }'],
    ["base=panel,year,2019"],
    ['treat=none,{ name = "winsorise", points = 2 },iqr'],
    ["impute=none,mean,nearest,row_mean,linear"],
    ["weighting=equal,entropy,critic"],
    ["missing=propagate,reweight"],
]
LEFT_OUT = [
    ["exclude=indicator"],
    ["exclude=pillar"],
    ["exclude=a,q", "weights=0.25"],
    ["exclude=indicator", "weights=experts:leaves.csv"],
    ["exclude=indicator", "weights=bounds:bounds.csv"],
]
TOGETHER = [
    ["weights=0.25", "normalise=minmax,zscore", "exclude=indicator", "aggregate=arithmetic,median"],
    ["normalise=minmax,rank", "exclude=pillar", "impute=none,nearest", "weights.pillar=free"],
    ["weighting=equal,entropy", "weights=0.25", "exclude=indicator"],
]


@pytest.mark.parametrize("vary", WEIGHTS + CHOICES + LEFT_OUT + TOGETHER, ids=" ".join)
def test_draws_are_what_the_framework_scores(vary, folder):
    made, given = built(), data()

    found = analysed(vary, made, given, folder=folder)

    expected = twins(found, made, given)
    np.testing.assert_allclose(found.kept.scores["index"], expected, rtol=1e-10, atol=1e-10)
    assert len(np.unique(np.round(expected, 9), axis=0)) > 1


@pytest.mark.parametrize(
    "methods",
    [
        {"aggregate": {"index": {"name": "owa", "positions": [3, 2, 1]}, "pillar": "arithmetic"}},
        {"aggregate": {"index": {"name": "coupling", "upper": 100}, "pillar": "arithmetic"}},
        {"aggregate": {"index": {"name": "bod"}, "pillar": "arithmetic"}},
        {"weighting": "entropy"},
        {"weighting": {"name": "equal", "by": "indicator"}},
        {"impute": {"name": "nearest", "k": 2}},
        {"impute": "row_mean"},
        {"impute": {"name": "mean", "at": "pillar"}, "missing": "propagate"},
        {"screen": {"min_measured": 0.9}},
        {"missing": "propagate"},
        {"aggregate": "topsis"},
        {"aggregate": "mpi"},
    ],
    ids=str,
)
def test_leaving_out_is_the_framework_without_the_node(methods):
    made, given = built(methods=METHODS | methods), data()
    nodes = ["a", "c"] if "owa" in str(methods) else ["a", "f", "q"]

    found = analysed([f"exclude={','.join(nodes)}"], made, given, draws=20)

    row = found.draws["excluded"].tolist()
    for node in nodes:
        expected = index_of(without(made, node), given)
        np.testing.assert_allclose(found.kept.scores["index"][row.index(node)], expected, rtol=1e-12)
    np.testing.assert_allclose(found.kept.scores["index"][row.index("")], index_of(made, given), rtol=1e-12)


@pytest.mark.parametrize("method", list(aggregate.methods), ids=lambda method: method.name)
def test_no_weight_is_absence_unless_a_method_counts_its_parts(method):
    """The promise that leaving out by a weight of 0 rests on."""
    x = np.random.default_rng(1).uniform(0.1, 0.9, (7, 4))
    x[0, 3] = np.nan
    given = {
        "power": [{"exponent": 0.5}] * 2,
        "mean_min": [{"alpha": 0.5, "beta": 0.5}] * 2,
        "owa": [{"positions": [4, 3, 2, 1]}, {"positions": [4, 3, 2]}],
    }
    whole, part = given.get(method.name, [{}, {}])

    for missing in ("propagate", "reweight"):
        light = method.function(x, np.array([0.2, 0.3, 0.5, 0.0]), missing=missing, **whole)
        absent = method.function(x[:, :3], np.array([0.2, 0.3, 0.5]), missing=missing, **part)

        assert np.allclose(light, absent, rtol=1e-12) is not method.traits.get("counts_parts", False)


@pytest.mark.parametrize("method", list(impute.methods), ids=lambda method: method.name)
def test_an_indicator_is_filled_from_its_own_values_unless_a_method_looks_across(method):
    x = np.random.default_rng(1).normal(size=(12, 4))
    x[[0, 3, 5, 7], [0, 1, 2, 3]] = np.nan
    x = x.reshape(4, 3, 4) if method.traits.get("panel") else x
    given = {"by": np.arange(12) % 3, "years": np.arange(4), "deck": np.ones((12, 4))}
    known = inspect.signature(method.function).parameters
    given = {name: value for name, value in given.items() if name in known}
    fewer = given | ({"deck": given["deck"][:, :3]} if "deck" in given else {})

    whole, part = method.function(x, **given)[..., :3], method.function(x[..., :3], **fewer)

    same = np.allclose(whole, part, rtol=1e-12, equal_nan=True)
    assert same is not method.traits.get("across", False)


def test_a_global_weight_set_leaves_a_pillar_its_weight():
    weights = {"a": 0.1, "b": 0.3, "c": 0.1, "d": 0.1, "e": 0.2, "f": 0.2}
    given = data(gaps=False)
    for methods in (METHODS, METHODS | {"impute": {"name": "nearest", "k": 2}}):
        made = built(methods=methods).replace(weights=WeightSet(scope="global", weights=weights))

        found = analysed(["exclude=a,q"], made, given, draws=20).draws.groupby("excluded").first()

        without_a = found.loc["a", [f"weight {name}" for name in "abcdef"]]
        assert without_a.tolist() == pytest.approx([0, 0.4, 0.1, 0.1, 0.2, 0.2])
        without_q = found.loc["q", [f"weight {name}" for name in "abcdef"]]
        assert without_q.tolist() == pytest.approx([1 / 6, 0.5, 0, 0, 0, 1 / 3])


# weights -----------------------------------------------------------------------------------------------------


def shares_of(found):
    return found.draws[[f"weight {name}" for name in "abcdef"]].to_numpy()


def test_a_band_holds_weights_before_scaling():
    shares = shares_of(analysed(["weights=0.4"], draws=2000))

    p, q, r = shares[:, :2].sum(axis=1), shares[:, 2:5].sum(axis=1), shares[:, 5]
    raw = np.stack([p, q, r], axis=1) / np.stack([p, q, r], axis=1).max(axis=1, keepdims=True)
    assert raw.min() >= 0.6 / 1.4 - 1e-12
    assert raw.min() < 0.45
    inside = shares[:, 2:5] / shares[:, 2:5].sum(axis=1, keepdims=True)
    assert (inside[:, 0] <= 2 * 1.4 / (2 * 1.4 + 2 * 0.6) + 1e-12).all()
    assert inside[:, 0].max() > 0.67
    assert shares.sum(axis=1) == pytest.approx(1)


def test_dirichlet_weights_have_its_moments():
    """Mean w, variance w (1 - w) / (s + 1), for concentration s."""
    shares = shares_of(analysed(["weights.indicator=dirichlet:7"], draws=4096))

    inside = shares[:, 2:5] * 3
    expected = np.array([0.5, 0.25, 0.25])
    variance = expected * (1 - expected) / 8
    assert np.abs(inside.mean(axis=0) - expected).max() < 4 * np.sqrt(variance.max() / 4096)
    assert inside.var(axis=0) == pytest.approx(variance, rel=0.08)
    assert stats.kstest(inside[:, 0], stats.beta(3.5, 3.5).cdf).pvalue > 0.001


def test_free_weights_are_uniform_over_all_weights():
    """Of three, each is Beta(1, 2)."""
    shares = shares_of(analysed(["weights.pillar=free"], draws=4096))

    for pillar in (shares[:, :2].sum(axis=1), shares[:, 2:5].sum(axis=1), shares[:, 5]):
        assert stats.kstest(pillar, stats.beta(1, 2).cdf).pvalue > 0.001


def test_a_pillar_beside_indicators_moves_against_them():
    leaves = [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "p"}, "c", "d"]
    made = framework(leaves, pillar=[{"id": "p"}], methods=METHODS)
    made = made.replace(weights=WeightSet(weights={"p": 2, "c": 1, "d": 1, "a": 1, "b": 1}))
    for how, mean in (("0.5", 0.5), ("dirichlet:50", 0.5), ("free", 1 / 3)):
        shares = analysed([f"weights.pillar={how}"], made, data(), draws=1024).draws.filter(like="weight")

        assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
        pillar = shares[["weight a", "weight b"]].sum(axis=1)
        assert pillar.mean() == pytest.approx(mean, abs=0.08)
        assert (shares["weight c"] - (1 - pillar) / 2).abs().max() < 1e-12


def test_bounds_and_orders_hold(folder):
    shares = shares_of(analysed(["weights=bounds:bounds.csv"], folder=folder, draws=500))
    p, q = shares[:, :2].sum(axis=1), shares[:, 2:5].sum(axis=1)
    assert p.min() >= 0.1 - 1e-12
    assert p.max() <= 0.5 + 1e-12
    assert q.min() >= 0.2 - 1e-12

    shares = shares_of(analysed(["weights=order:r>p;c>d>e"], draws=500))
    assert (shares[:, 5] >= shares[:, :2].sum(axis=1) - 1e-12).all()
    assert (np.diff(shares[:, 2:5], axis=1) <= 1e-12).all()


def test_experts_drawn_again_have_means_of_experts(folder):
    shares = shares_of(analysed(["weights=experts:siblings.csv"], folder=folder, draws=1024))
    experts = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2]])
    possible = {
        tuple(experts[list(which)].mean(axis=0).round(9)) for which in itertools.product(range(3), repeat=3)
    }

    pillars = np.stack([shares[:, :2].sum(axis=1), shares[:, 2:5].sum(axis=1), shares[:, 5]], axis=1)

    assert set(map(tuple, pillars.round(9))) == possible
    assert pillars.mean(axis=0) == pytest.approx(experts.mean(axis=0), abs=0.02)


# values and regions ------------------------------------------------------------------------------------------


def generator(found, factor, draw):
    """Return the generator that a draw's errors or resample come from, as docs promise."""
    key = (1 << 31, factor, draw)
    return np.random.default_rng(np.random.SeedSequence(found.study.seed, spawn_key=key))


ERRORS = {
    "relative.csv": "indicator,relative\na,0.05\nc,0.2\n",
    "absolute.csv": "indicator,error\na,2.5\nc,1\n",
    "cells.csv": "indicator,region,year,error\na,B,2020,4\na,C,,3\nc,A,2019,2\n",
}


def standard_errors(vary, given):
    """Return the standard error of every cell, or the half-width of rounding."""
    found = np.zeros((len(given), 6))
    x = given[list("abcdef")].to_numpy()
    if vary == "0.02":
        found = 0.02 * np.abs(x)
    elif vary == "rounding":
        found += 0.05
    elif vary == "relative.csv":
        found[:, 0], found[:, 2] = 0.05 * x[:, 0], 0.2 * x[:, 2]
    elif vary == "absolute.csv":
        found[:, 0], found[:, 2] = 2.5, 1
    else:
        at = dict(zip(zip(given["region"], given["year"], strict=True), range(len(given)), strict=True))
        found[at["B", 2020], 0], found[at["A", 2019], 2] = 4, 2
        found[at["C", 2019], 0] = found[at["C", 2020], 0] = 3
    return found


@pytest.mark.parametrize("extra", [[], ["weights=0.25", "exclude=a,b"]], ids=["alone", "together"])
@pytest.mark.parametrize("vary", ["0.02", "rounding", *ERRORS])
def test_errors_of_measurement_are_added_before_all_steps(vary, extra, tmp_path):
    for name, text in ERRORS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    made, given = built(), data()

    found = analysed([f"values={vary}", *extra], made, given, folder=tmp_path, draws=12)

    errors, expected = standard_errors(vary, given), []
    for row in found.draws.to_dict("records"):
        rng = generator(found, 0, row["draw"])
        drawn = rng.uniform(-1, 1, errors.shape) if vary == "rounding" else rng.standard_normal(errors.shape)
        noisy = given.copy()
        noisy[list("abcdef")] += drawn * errors
        expected.append(index_of(changed(found, made, row), noisy))
    np.testing.assert_allclose(found.kept.scores["index"], expected, rtol=1e-10, atol=1e-10)
    assert len(np.unique(np.round(expected, 9), axis=0)) == 12


def test_errors_have_the_standard_deviation_that_was_said():
    leaf = {"id": "f", "goalposts": [-1000, 1000]}
    made = framework([leaf], methods={"normalise": {"name": "goalposts", "upper": 2000}})
    given = data(gaps=False)[["region", "year", "f"]]

    found = analysed(["values=0.1"], made, given, draws=2000)

    values = given["f"].to_numpy()[-9:]
    off = found.kept.scores["index"] - 1000 - values
    assert off.std(axis=0) == pytest.approx(0.1 * values, rel=0.08)
    assert (np.abs(off.mean(axis=0)) < 4 * 0.1 * values / np.sqrt(2000)).all()
    assert np.abs(np.corrcoef(off.T)[np.triu_indices(9, 1)]).max() < 0.1


def test_weights_from_the_data_are_those_of_each_draw():
    made, given = built(methods=METHODS | {"weighting": "entropy"}), data()

    found = analysed(["values=0.02"], made, given, draws=12)

    errors, expected = standard_errors("0.02", given), []
    for draw in range(12):
        noisy = given.copy()
        noisy[list("abcdef")] += generator(found, 0, draw).standard_normal(errors.shape) * errors
        plan = made.score(noisy).plan
        expected.append(plan.tree.shares(plan.local)[plan.tree.nodes])
    np.testing.assert_allclose(shares_of(found), expected, rtol=1e-10)
    assert np.ptp(expected, axis=0).min() > 1e-4
    leads = found.kept.scores["index"] == found.kept.scores["index"].max(axis=1, keepdims=True)
    for region, part in found.central.groupby("region"):
        own = np.array(expected)[leads[:, "ABCDEFGHI".index(region)]]
        np.testing.assert_allclose(part["weight"], own.mean(axis=0), rtol=1e-10)


@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"normalise": "zscore"},
        {"weighting": "entropy", "impute": "mean"},
        {
            "normalise": {"name": "to_reference", "value": {"mean": 2019}},
            "weighting": {"name": "optimised", "wanted": 1.0},
            "impute": "mean",
        },
    ],
    ids=str,
)
def test_regions_drawn_again_are_what_is_measured(methods):
    made, given = built(methods=METHODS | methods), data()

    found = analysed(["regions=bootstrap"], made, given, draws=12)

    expected = []
    for draw in range(12):
        drawn = np.sort(generator(found, 0, draw).integers(0, 9, 9))
        rows = [9 * year + place for place in drawn for year in (0, 1)]
        again = given.iloc[rows].assign(region=np.repeat([f"R{place}" for place in range(9)], 2))
        filled = given
        if "impute" in methods:  # gaps are filled from the regions that are scored
            means = given.groupby("year")[list("abcdef")].transform("mean")
            assert means.notna().all().all()
        scores = made.fit(again.sort_values("year", kind="stable")).score(filled).index
        expected.append(scores.xs(2020, level="year").to_numpy())
    np.testing.assert_allclose(found.kept.scores["index"], expected, rtol=1e-10)
    assert len(np.unique(np.round(expected, 9), axis=0)) == 12


# tables ------------------------------------------------------------------------------------------------------

TABLES = ["weights=0.5", "normalise=minmax,rank"]


@pytest.fixture(scope="module")
def counted():
    made = built(classes={"good": 60.0, "fair": 40.0, "poor": 0.0})
    return analysed(TABLES, made, data(gaps=False), draws=200, level=0.8, top=3)


def test_ranks_are_competition_ranks(counted):
    scores = counted.kept.scores["index"]
    ranks = stats.rankdata(-scores, method="min", axis=1)
    frame = counted.regions

    counts = counted.acceptability.pivot(index="region", columns="rank", values="share").fillna(0)
    expected = np.stack([(ranks == place).mean(axis=0) for place in range(1, 10)], axis=1)
    for place in range(1, 10):
        np.testing.assert_allclose(counts.get(place, 0), expected[:, place - 1], atol=1e-12)
    np.testing.assert_allclose(frame["rank_mean"], ranks.mean(axis=0))
    assert frame["rank_best"].tolist() == ranks.min(axis=0).tolist()
    assert frame["rank_worst"].tolist() == ranks.max(axis=0).tolist()
    for name, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        inverted = np.quantile(ranks, share, axis=0, method="inverted_cdf")
        assert frame[f"rank_{name}"].tolist() == inverted.tolist()
    standing = stats.rankdata(-index_of(counted.study.framework, data(gaps=False)), method="min")
    assert frame["rank"].tolist() == standing.tolist()
    np.testing.assert_allclose(frame["rank_shift"], np.abs(ranks - standing).mean(axis=0))
    assert counted.mean_shift == pytest.approx(np.abs(ranks - standing).mean())
    np.testing.assert_allclose(frame["first"], (ranks == 1).mean(axis=0))
    np.testing.assert_allclose(frame["top_3"], (ranks <= 3).mean(axis=0))
    below = stats.rankdata(scores, method="min", axis=1)
    np.testing.assert_allclose(frame["bottom_3"], (below <= 3).mean(axis=0))


def test_scores_have_quantiles_and_classes(counted):
    scores = counted.kept.scores["index"]
    frame = counted.regions

    assert np.isnan(frame["score_mean"]).all()
    assert set(frame["reason"]) == {"the varied methods give scores on different scales"}
    alone = analysed(["weights=0.5"], counted.study.framework, data(gaps=False), draws=200, level=0.8)
    scores, frame = alone.kept.scores["index"], alone.regions
    np.testing.assert_allclose(frame["score_low"], np.quantile(scores, 0.1, axis=0))
    np.testing.assert_allclose(frame["score_high"], np.quantile(scores, 0.9, axis=0))
    np.testing.assert_allclose(frame["score_mean"], scores.mean(axis=0))
    np.testing.assert_allclose(frame["score_sd"], scores.std(axis=0))
    told = alone.classes.set_index(["region", "class"])
    now = alone.scores.to_frame().query("node == 'index' and year == 2020").set_index("region")["class"]
    for place, region in enumerate("ABCDEFGHI"):
        for name, low, high in (("good", 60, np.inf), ("fair", 40, 60), ("poor", 0, 40)):
            share = ((scores[:, place] >= low) & (scores[:, place] < high)).mean()
            if share:
                assert told.loc[(region, name), "share"] == pytest.approx(share)
                assert told.loc[(region, name), "now"] == (now[region] == name)
    assert np.allclose(alone.classes.groupby("region")["share"].sum(), 1)
    assert alone.overall["mean"].item() == pytest.approx(scores.mean())


def test_central_weights_are_means_over_the_draws_that_a_region_leads(counted):
    scores, shares = counted.kept.scores["index"], shares_of(counted)
    leads = scores == scores.max(axis=1, keepdims=True)

    for region, part in counted.central.groupby("region"):
        at = leads[:, "ABCDEFGHI".index(region)]
        assert part["draws"].unique().tolist() == [at.sum()]
        np.testing.assert_allclose(part["weight"], shares[at].mean(axis=0))
    assert set(counted.central["region"]) == {
        "ABCDEFGHI"[place] for place in np.flatnonzero(leads.any(axis=0))
    }


def test_pairs_and_groups_count_who_is_ahead(counted):
    scores = counted.kept.scores["index"]
    order = np.argsort(-index_of(counted.study.framework, data(gaps=False)))

    pairs = counted.pairs.set_index(["region", "other"])
    assert len(pairs) == 9 * 8 / 2
    group, expected = 1, {}
    for at, place in enumerate(order):
        for other in order[at + 1 :]:
            ahead = (scores[:, place] > scores[:, other]).mean()
            assert pairs.loc[("ABCDEFGHI"[place], "ABCDEFGHI"[other]), "ahead"] == pytest.approx(ahead)
        if at and (scores[:, order[at - 1]] > scores[:, place]).mean() >= 0.8:
            group += 1
        expected["ABCDEFGHI"[place]] = group
    assert dict(zip(counted.groups["region"], counted.groups["group"], strict=True)) == expected


def test_regions_that_tie_are_level():
    given = data(gaps=False)
    given.loc[given["region"] == "B", list("abcdef")] = given.loc[
        given["region"] == "A", list("abcdef")
    ].to_numpy()

    found = analysed(["weights=0.5"], built(), given, draws=50)

    pair = found.pairs[found.pairs["region"].isin(["A", "B"]) & found.pairs["other"].isin(["A", "B"])]
    assert pair["level"].item() == 1
    assert pair["ahead"].item() == 0
    assert found.regions["rank_mean"][0] == found.regions["rank_mean"][1]


def test_groups_of_regions_that_tie_inside_the_ranking():
    """A and B swap two values under equal weights: the same score, one of them a last bit above the other."""
    given = table([2020] * 4, region=list("ABCD"), a=[4.0, 2, 5, 4], b=[2.0, 4, 3, 5])
    made = framework(["a", "b"], methods=METHODS)

    found = analysed(["weights=0.25"], made, given, draws=5)

    assert found.groups["region"].tolist() == ["D", "C", "A", "B"]
    assert found.groups["rank"].tolist() == [1, 2, 3, 3]
    pair = found.pairs.set_index(["region", "other"]).loc[("A", "B"), "ahead"]
    assert found.groups.set_index("region").loc["A", "ahead_of_next"] == pair


def test_a_region_scored_in_some_draws_only_counts_in_those():
    given = data()
    found = analysed(["missing=propagate,reweight"], built(), given, draws=100)

    scores = found.kept.scores["index"]
    assert np.isnan(scores[:, 2]).any()
    assert np.isfinite(scores[:, 2]).any()
    frame = found.regions.set_index("region")
    assert frame.loc["C", "scored"] == pytest.approx(np.isfinite(scores[:, 2]).mean())
    ranks = stats.rankdata(-scores, method="min", axis=1, nan_policy="omit")
    assert frame.loc["C", "rank_mean"] == pytest.approx(np.nanmean(ranks[np.isfinite(scores[:, 2]), 2]))
    assert found.overall["mean"].item() == pytest.approx(np.nanmean(scores, axis=1).mean())


# outputs -----------------------------------------------------------------------------------------------------


def test_attainment_equalization_and_degree_vary_too():
    targets = [{"indicator": leaf["id"], "target": 60, "year": 2020} for leaf in LEAVES]
    made = built(target=targets, equalization={"degree": "gini"})
    given = data()

    found = analysed(["weights=0.5", "attainment.rule=ratio,met"], made, given, draws=12)

    assert found.study.outputs == ("index", "attainment", "equalization", "degree")
    for row in found.draws.to_dict("records"):
        scores = changed(found, made, row).score(given)
        frames = {
            "attainment": scores.attainment.query("node == 'index' and year == 2020")["attainment"],
            "equalization": scores.equalization.query("node == 'index' and year == 2020")["equalization"],
            "degree": scores.inequality.query(
                "node == 'index' and year == 2020 and part == 'degree' and measure == 'gini' "
                "and basis == 'values' and not weighted"
            )["value"],
        }
        for name, expected in frames.items():
            kept = found.kept.scores[name][row["draw"]]
            np.testing.assert_allclose(kept, expected.to_numpy(), rtol=1e-10, err_msg=name)
        assert row["degree"] == found.kept.scores["degree"][row["draw"], 0]
    degree = found.overall.set_index("output").loc["degree"]
    assert degree["mean"] == pytest.approx(found.kept.scores["degree"].mean())


def test_a_plan_without_composite_is_ranked_by_attainment():
    plan = Framework.from_toml(path("data/rugao-2025/framework.toml"))

    found = uncertainty.analyse(plan, path("data/rugao-2025/observations.csv"), draws=50, engine="serial")

    assert found.study.outputs[0] == "attainment"
    assert len(found.regions) == 1
    assert found.answer()[-1] == "Fewer than two regions have a rank, so there is no ranking to judge."


# the same numbers everywhere ---------------------------------------------------------------------------------

MIXED = ["weights=0.3", "normalise=minmax,zscore", "exclude=indicator"]
WORLDS = ["weights=dirichlet:9", "values=0.05", "regions=bootstrap"]


def same(one, other):
    for name, scores in one.kept.scores.items():
        np.testing.assert_array_equal(scores, other.kept.scores[name])
    for name in ("counts", "below", "sums", "ranked"):
        np.testing.assert_array_equal(getattr(one.kept.ranks, name), getattr(other.kept.ranks, name))
    np.testing.assert_array_equal(one.kept.leads, other.kept.leads)
    np.testing.assert_array_equal(one.kept.led, other.kept.led)
    for name, frame in one.tables().items():
        pd.testing.assert_frame_equal(frame, other.tables()[name], check_exact=True)


@pytest.mark.parametrize(("vary", "draws"), [(MIXED, 2100), (WORLDS, 25)], ids=["weights", "worlds"])
def test_engines_and_workers_give_the_same_bits(vary, draws):
    serial = analysed(vary, draws=draws)
    for engine, workers in (("threads", 1), ("threads", 2), ("threads", 5), ("processes", 2)):
        same(serial, analysed(vary, draws=draws, engine=engine, workers=workers))


@pytest.mark.parametrize(("vary", "draws"), [(MIXED, (1000, 1500, 2500)), (WORLDS, (20, 50, 70))])
def test_a_run_that_is_extended_is_one_run(vary, draws, tmp_path):
    first, second, last = draws
    whole = analysed(vary, draws=last)
    begun = analysed(vary, draws=first)
    begun.save(tmp_path / "a.npz")
    further = uncertainty.extend(tmp_path / "a.npz", built(), data(), draws=second, engine="serial")
    further.save(tmp_path / "b.npz")

    ended = uncertainty.extend(tmp_path / "b.npz", built(), data(), draws=last, engine="threads")

    same(whole, ended)
    assert ended.answer() == whole.answer()
    asked = (ended.provenance["options"]["uncertainty"], whole.provenance["options"]["uncertainty"])
    assert asked[0] == asked[1]


@pytest.mark.parametrize("vary", [MIXED, WORLDS], ids=["weights", "worlds"])
def test_a_longer_run_begins_with_the_shorter_one(vary):
    short, long = analysed(vary, draws=30), analysed(vary, draws=80)

    np.testing.assert_array_equal(long.kept.scores["index"][:30], short.kept.scores["index"])


def test_seeds_differ_and_zero_is_one():
    zero, again, one = (analysed(["weights=0.3"], seed=seed).kept.scores["index"] for seed in (0, 0, 1))

    np.testing.assert_array_equal(zero, again)
    assert not np.array_equal(zero, one)


def test_what_is_kept_may_be_less_than_what_is_counted(monkeypatch, tmp_path):
    whole = analysed(["weights=0.3"], draws=2100)
    monkeypatch.setattr("equindex.uncertainty.draws._MOST_KEPT", 9 * 1500)
    part = analysed(["weights=0.3"], draws=1200)
    part.save(tmp_path / "a.npz")

    found = uncertainty.extend(tmp_path / "a.npz", built(), data(), draws=2100)

    np.testing.assert_array_equal(found.kept.scores["index"], whole.kept.scores["index"][:1500])
    np.testing.assert_array_equal(found.kept.ranks.counts, whole.kept.ranks.counts)
    assert len(found.draws) == 2100


# replay ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "vary",
    [
        MIXED,
        WORLDS,
        ["exclude=pillar", "impute=none,nearest", "weights=0.2"],
        ["values=rounding", "aggregate=arithmetic,copeland"],
        ["regions=bootstrap", "weighting=equal,entropy"],
    ],
    ids=" ".join,
)
def test_any_draw_can_be_replayed(vary):
    found = analysed(vary, draws=40)

    for draw in (0, 7, 39):
        made, scores = found.replay(draw)
        kept = found.kept.scores["index"][draw]
        np.testing.assert_allclose(scores.index.to_numpy(), kept, rtol=1e-10)
        assert scores.to_frame()["year"].unique().tolist() == [2020]
        if not found.study.per_draw:
            np.testing.assert_allclose(index_of(made, data()), kept, rtol=1e-10)
    with pytest.raises(DataError, match=r"there is no draw 999999: they are numbered 0 to"):
        found.replay(999_999)
    with pytest.raises(DataError, match=r"there is no draw 'x': they are numbered 0 to"):
        found.replay("x")


# saved files -------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    return analysed(["weights=0.3"], draws=40).save(tmp_path / "draws.npz")


def test_a_file_of_something_else_is_refused(saved, tmp_path):
    def extended(made=None, given=None, draws=50, file=saved):
        return uncertainty.extend(file, made or built(), data() if given is None else given, draws=draws)

    with pytest.raises(FrameworkError, match="the framework changed since"):
        extended(made=built(title="other"))
    with pytest.raises(FrameworkError, match="has 40 draws already"):
        extended(draws=40)
    with pytest.raises(FrameworkError, match="there is no file"):
        extended(file=tmp_path / "none.npz")
    whole = saved.read_bytes()
    for damage in (whole[: len(whole) // 2], b"", b"PK", whole[:200] + bytes(300) + whole[500:]):
        saved.write_bytes(damage)
        with pytest.raises(FrameworkError, match="holds no draws of equindex"):
            extended()
    np.savez(saved, about=np.array('{"kind": "sensitivity"}'))
    with pytest.raises(FrameworkError, match="holds no draws of equindex"):
        extended()


def test_files_of_other_data_or_another_version_are_refused(tmp_path, monkeypatch):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    data().to_csv(one, index=False)
    data(gaps=False).to_csv(other, index=False)
    saved = analysed(["weights=0.3"], given=one).save(tmp_path / "a.npz")

    with pytest.raises(FrameworkError, match="the data changed since"):
        uncertainty.extend(saved, built(), other, draws=50)
    monkeypatch.setattr("equindex.uncertainty.saved.__version__", "99.0")
    with pytest.raises(FrameworkError, match="equindex itself changed since"):
        uncertainty.extend(saved, built(), one, draws=50)


def test_tables_in_memory_are_told_apart(saved):
    with pytest.raises(FrameworkError, match="the data changed since"):
        uncertainty.extend(saved, built(), data(gaps=False), draws=50)


def test_an_existing_file_is_kept(saved):
    found, before = analysed(["weights=0.1"]), saved.read_bytes()
    with pytest.raises(FrameworkError, match="exists"):
        found.save(saved)
    assert saved.read_bytes() == before
    found.save(saved, force=True)
    assert saved.read_bytes() != before
    assert [file.name for file in saved.parent.iterdir()] == [saved.name]


# how much of the ranking is judged ---------------------------------------------------------------------------


def test_shares_are_of_all_draws_and_pairs_of_those_that_score_both():
    made, given = built(methods=METHODS | {"missing": "propagate"}), data()
    given.loc[given["region"] == "C", list("bcdef")] = [1, 99, 99, 99, 99]  # first whenever it is scored

    found = analysed(["missing=propagate,reweight", "weights=0.3"], made, given, draws=100)

    scores = found.kept.scores["index"]
    missed = ~np.isfinite(scores)
    ranks = np.where(missed, 0, stats.rankdata(-np.where(missed, -1, scores), method="min", axis=1))
    below = np.where(missed, 0, stats.rankdata(np.where(missed, 999, scores), method="min", axis=1))
    frame = found.regions
    assert 0 < missed[:, 2].sum() < 100
    np.testing.assert_allclose(frame["first"], (ranks == 1).mean(axis=0))
    np.testing.assert_allclose(frame["top_9"], (ranks > 0).mean(axis=0))
    third = analysed(["missing=propagate,reweight", "weights=0.3"], made, given, draws=100, top=3).regions
    np.testing.assert_allclose(third["top_3"], ((ranks > 0) & (ranks <= 3)).mean(axis=0))
    np.testing.assert_allclose(third["bottom_3"], ((below > 0) & (below <= 3)).mean(axis=0))
    for row in found.acceptability.to_dict("records"):
        place = "ABCDEFGHI".index(row["region"])
        assert row["share"] == pytest.approx((ranks[:, place] == row["rank"]).mean())
    again = analysed(["missing=reweight,propagate", "weights=0.3"], built(), given, draws=100)
    scores = again.kept.scores["index"]
    both = np.isfinite(scores[:, 2]) & np.isfinite(scores[:, 0])
    ahead = again.pairs.set_index(["region", "other"]).loc[("C", "A"), "ahead"]
    assert ahead == (scores[both, 2] > scores[both, 0]).mean()
    said = " ".join(found.answer())
    assert f"First: {frame.sort_values('first').iloc[-1]['region_name']} in" in said
    assert "2 of 9 regions have no rank as things stand: C (" in said
    assert "C in" in said.split("First: ")[1].split(" of the draws.")[0]


def test_a_rank_is_kept_in_at_least_the_level(counted):
    ranks = stats.rankdata(-counted.kept.scores["index"], method="min", axis=1)
    standing = counted.regions["rank"].to_numpy(dtype=int)
    shares = (ranks == standing).mean(axis=0)
    np.testing.assert_allclose(counted.kept_rank, shares)

    for level in (share for share in np.unique(shares) if 0 < share < 1):
        said = " ".join(replace(counted, level=float(level)).answer())

        stay = int((shares >= level).sum())
        words = "keeps its" if stay == 1 else "keep their"
        assert f"{stay} of 9 regions {words} rank in at least {100 * level:g}%" in said


def test_few_draws_are_rough_and_neighbours_may_be_alike():
    said = analysed(["weights=0.9"], draws=1).answer()
    assert said[0].startswith("1 draw, seed 3.")
    assert said[1] == "So few draws give rough shares (standard error up to 50 points)."

    given = table([2020] * 3, region=list("ABC"), a=[1.0, 2, 3], b=[3.0, 2.1, 1])
    said = analysed(["weights=0.9"], framework(["a", "b"], methods=METHODS), given, draws=200).answer()
    assert not any("rough" in sentence for sentence in said)
    assert any(sentence.startswith("No two neighbours of the ranking can be told apart") for sentence in said)


def test_leaders_that_tie_count_for_each_and_are_said_to():
    given = table([2020] * 3, region=list("ABC"), a=[3.0, 3, 1], b=[3.0, 3, 1])

    found = analysed(["weights=0.5"], framework(["a", "b"], methods=METHODS), given, draws=100)

    assert "First: A in 100%, B in 100% of the draws; tied draws count for each." in found.answer()
    assert "First: " in " ".join(analysed(["weights=0.5"], draws=100).answer())
    assert "tied" not in " ".join(analysed(["weights=0.5"], draws=100).answer())


def test_one_region_has_no_ranks_nor_shares():
    given = data(gaps=False)
    gone = given["region"] != "B"
    given.loc[gone, list("abcdef")] = np.nan

    leaves = [leaf | {"goalposts": [0, 100]} for leaf in LEAVES]
    made = framework(leaves, pillar=PILLARS, methods=METHODS | {"normalise": "goalposts"})

    found = analysed(["weights=0.5"], made, given, draws=100)

    frame = found.regions.set_index("region")
    assert frame.filter(regex="^(rank|first|top_|bottom_)").isna().all().all()
    assert frame.loc["B", "score_mean"] == pytest.approx(found.kept.scores["index"][:, 1].mean())
    assert frame.loc["B", "reason"] == "only one region is scored: there is no ranking"
    assert not {"acceptability", "groups", "pairs", "central_weights"} & set(found.tables())
