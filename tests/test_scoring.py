"""The steps in order: what each number is (DESIGN section 6), held against slow twins and hand-made figures."""

import math

import numpy as np
import pandas as pd
import pytest

import twin
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.framework import Framework
from small import framework, node, table

NAN = math.nan
POSTS = {"name": "goalposts", "lower": 0, "upper": 100}
ANY = {"rule": "reweight", "min_coverage": 0}


# --- A slow twin of the tree -------------------------------------------------------------------------------


def slow_mean(kind, scores, weights):
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    if kind == "geometric":
        return math.exp(math.fsum(w * math.log(s) for w, s in zip(shares, scores, strict=True)))
    if kind == "harmonic":
        return 1 / math.fsum(w / s for w, s in zip(shares, scores, strict=True))
    return math.fsum(w * s for w, s in zip(shares, scores, strict=True))


def slow_tree(tree, leaves, kinds, weights, rule="reweight", least=0.66, at="index"):
    """Score a nested tree: node -> (score or None, coverage). `tree` maps parents to children."""
    if at not in tree:
        score = leaves[at]
        return {at: (score, 0.0 if score is None else 1.0)}
    found, parts = {}, []
    for child in tree[at]:
        found |= slow_tree(tree, leaves, kinds, weights, rule, least, child)
        parts.append((weights[child], *found[child]))
    known = [(w, s) for w, s, _ in parts if s is not None]
    coverage = math.fsum(w * c for w, s, c in parts if s is not None) / math.fsum(w for w, _, _ in parts)
    whole = len(known) == len(parts)
    scored = bool(known) and (whole if rule == "propagate" else coverage >= least - 1e-9)
    score = slow_mean(kinds[at], [s for _, s in known], [w for w, _ in known]) if scored else None
    return found | {at: (score, coverage)}


DEEP = {"index": ["p", "q", "z"], "p": ["r", "c"], "r": ["s", "d"], "s": ["a", "b"], "q": ["e", "f"]}
LEAVES = ["a", "b", "c", "d", "e", "f", "z"]
WEIGHTS = {"p": 3, "q": 2, "z": 1, "r": 1, "c": 4, "s": 2, "d": 1, "a": 1, "b": 1, "e": 5, "f": 1}
KINDS = {
    "arithmetic": dict.fromkeys(DEEP, "arithmetic"),
    "geometric": dict.fromkeys(DEEP, "geometric"),
    "harmonic": dict.fromkeys(DEEP, "harmonic"),
    "mixed": {"index": "geometric", "p": "harmonic", "q": "arithmetic", "r": "geometric", "s": "harmonic"},
}


def deep(kinds, missing=None, **sections):
    """Pillars three deep, a leaf under the root, values taken as scores."""
    parent = {child: name for name, children in DEEP.items() for child in children}
    leaves = [{"id": leaf, "pillar": parent[leaf], "goalposts": [0, 100]} for leaf in LEAVES]
    pillars = [
        {"id": name, "parent": parent[name], "aggregate": kinds[name]} for name in DEEP if name != "index"
    ]
    methods = {"normalise": POSTS, "aggregate": {"index": kinds["index"]}, "missing": missing or {}}
    weights = {"weights": WEIGHTS}
    return framework(leaves, pillar=pillars, methods=methods | sections, weights=weights)


def values(seed=3, rows=12, gaps=0.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(5, 95, (rows, len(LEAVES))).round(2)
    x[rng.random(x.shape) < gaps] = NAN
    return pd.DataFrame(x, columns=LEAVES).assign(region=[f"R{n}" for n in range(rows)], year=2020)


MISSING = [ANY, {"rule": "reweight", "min_coverage": 0.66}, {"rule": "propagate"}]


@pytest.mark.parametrize("missing", MISSING, ids=["any", "covered", "propagate"])
@pytest.mark.parametrize("kinds", KINDS)
def test_deep_trees_equal_the_slow_twin(kinds, missing):
    data = values(gaps=0.25)

    frame = deep(KINDS[kinds], missing).score(data).to_frame()

    for row in data.to_dict("records"):
        leaves = {leaf: None if math.isnan(row[leaf]) else row[leaf] for leaf in LEAVES}
        expected = slow_tree(
            DEEP, leaves, KINDS[kinds], WEIGHTS, missing["rule"], missing.get("min_coverage", 0)
        )
        rows = frame[frame["region"] == row["region"]].set_index("node")
        for name, (score, coverage) in expected.items():
            assert rows.loc[name, "score"] == pytest.approx(
                NAN if score is None else score, rel=1e-12, nan_ok=True
            )
            assert rows.loc[name, "coverage"] == pytest.approx(coverage, abs=1e-12)


def test_depths_parents_and_levels_describe_the_tree():
    frame = deep(KINDS["arithmetic"]).score(values(rows=2)).to_frame()
    one = frame[frame["region"] == "R0"].set_index("node")

    assert one["parent"].to_dict() == {"index": ""} | {c: p for p, cs in DEEP.items() for c in cs}
    assert one.loc[["index", "p", "r", "s", "a", "z"], "depth"].tolist() == [0, 1, 2, 3, 4, 1]
    assert one.loc[["index", "p", "z"], "level"].tolist() == ["index", "pillar", "indicator"]
    assert one.index[0] == "index"


@pytest.mark.parametrize("missing", MISSING, ids=["any", "covered", "propagate"])
def test_effective_weights_sum_to_one_over_leaves_of_every_scored_row(missing):
    scores = deep(KINDS["arithmetic"], missing).score(values(gaps=0.25))
    frame = scores.to_frame()

    leaves = frame[frame["level"] == "indicator"]
    total = leaves.groupby("region", observed=True)["effective"].sum()
    scored = scores.index.droplevel("year").notna()
    assert 0 < scored.sum() <= len(scored)
    assert total.to_dict() == pytest.approx(scored.astype(float).to_dict(), abs=1e-12)
    # In an arithmetic tree they give back the score.
    product = (leaves["effective"] * leaves["score"].fillna(0)).groupby(leaves["region"], observed=True).sum()
    np.testing.assert_allclose(product[scored], scores.index.droplevel("year")[scored], rtol=1e-12)


@pytest.mark.parametrize("kinds", KINDS)
def test_contributions_sum_to_the_score(kinds):
    scores = deep(KINDS[kinds], ANY).score(values(gaps=0.25))

    for (region, _), score in scores.index.items():
        found = scores.explain(region)
        assert found.parts["contribution"].sum() == pytest.approx(score, rel=1e-11)
        assert found.score == score


def test_arithmetic_contributions_are_weight_times_score_and_geometric_ones_shares_of_the_log():
    a = {"id": "a", "weight": 1, "goalposts": [0, 100]}
    b = {"id": "b", "weight": 3, "goalposts": [0, 100]}
    data = table(a=[50.0], b=[80.0])

    plain = framework([a, b], methods={"normalise": POSTS}).score(data).explain("A")
    logs = framework([a, b], methods={"normalise": POSTS, "aggregate": "geometric"}).score(data).explain("A")

    assert plain.parts["contribution"].tolist() == pytest.approx([12.5, 60])
    whole = 0.25 * math.log(50) + 0.75 * math.log(80)
    assert logs.parts["contribution"].tolist() == pytest.approx(
        [math.exp(whole) * part / whole for part in (0.25 * math.log(50), 0.75 * math.log(80))]
    )


def test_harmonic_contributions_are_shapley_values():
    leaves = [{"id": name, "goalposts": [0, 100]} for name in "ab"]
    scores = framework(leaves, methods={"normalise": POSTS, "aggregate": "harmonic"}).score(
        table(a=[20.0], b=[60.0])
    )

    # Alone a is worth 20 and b 60; together 2 / (1/20 + 1/60) = 30.
    assert scores.explain("A").parts["contribution"].tolist() == pytest.approx([(20 - 30) / 2, (60 + 10) / 2])


def test_obstacle_degrees_are_shares_of_the_weighted_gap():
    leaves = [{"id": "a", "goalposts": [0, 10], "weight": 1}, {"id": "b", "goalposts": [0, 10], "weight": 3}]
    found = framework(leaves, methods={"normalise": POSTS}).score(table(a=[5.0], b=[8.0])).explain("A")

    # w (1 - y): 0.25 x 0.5 = 0.125 and 0.75 x 0.2 = 0.15.
    assert found.parts["obstacle"].tolist() == pytest.approx([0.125 / 0.275, 0.15 / 0.275])
    assert found.obstacles["node"].tolist() == ["b", "a"]


def test_obstacle_degrees_are_none_at_the_best_and_refused_without_bounds():
    leaves = [{"id": "a", "goalposts": [0, 10]}]
    best = framework(leaves, methods={"normalise": POSTS}).score(table(a=[10.0])).explain("A")
    free = framework(["a"], methods={"normalise": "zscore"}).score(table(a=[1.0, 2.0])).explain("A")

    assert best.parts["obstacle"].tolist() == [0]
    assert free.parts["obstacle"].isna().all()
    assert "no obstacle degrees" in free.refused


def test_strengths_lead_and_shortfalls_trail_the_mean_region():
    scores = framework(["a", "b"]).score(table(a=[0.0, 10.0], b=[10.0, 0.0]))
    found = scores.explain("A")

    assert found.strengths[["node", "lead"]].values.tolist() == [["b", 25]]
    assert found.shortfalls[["node", "lead"]].values.tolist() == [["a", -25]]
    assert (found.rank, found.of, found.coverage) == (1, 2, 1)


def test_explaining_what_is_not_there_is_refused():
    build = framework(["a", "b"], methods={"normalise": "minmax", "missing": "propagate"})
    scores = build.score(table(a=[1.0, 2, 3], b=[1.0, 2, NAN]))

    with pytest.raises(DataError, match=r"no region 'D'\. Known: A, B, C\.$"):
        scores.explain("D")
    with pytest.raises(DataError, match=r"'A' has no row for 2021. Years: \[2020\]"):
        scores.explain("A", year=2021)
    with pytest.raises(DataError, match=r"C, 2020 has no score to explain: missing: b"):
        scores.explain("C")
    with pytest.raises(DataError, match=r'keep="all"'):
        build.score(table(a=[1.0, 2, 3], b=[1.0, 2, 4]), keep="index").explain("A")


# --- Base, ranks, classes, kept index ----------------------------------------------------------------------

PANEL = table(years=[2020, 2020, 2021, 2021], region=["A", "B", "A", "B"], a=[0.0, 10.0, 5.0, 20.0])


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("panel", [0, 50, 25, 100]),
        ("year", [0, 100, 0, 100]),
        (2020, [0, 100, 50, 200]),
        (2021, [-100 / 3, 100 / 3, 0, 100]),
    ],
)
def test_base_says_what_normalisers_measure(base, expected):
    build = framework(["a"], methods={"normalise": {"name": "minmax"}, "base": base})

    assert build.score(PANEL).index.sort_index(level=["year", "region"]).tolist() == pytest.approx(expected)


def test_a_base_year_without_data_is_named():
    with pytest.raises(DataError, match=r"base year 1999 is not in the data. Years: 2020, 2021"):
        framework(["a"], methods={"normalise": "minmax", "base": 1999}).score(PANEL)


def test_equal_scores_share_the_better_rank_and_unscored_regions_have_none():
    build = framework(["a"], methods={"normalise": POSTS | {"low": 0, "high": 1}})
    scores = build.score(table(a=[0.5, 0.9, 0.5, 0.1, NAN, 0.1 + 0.2 + 0.2]))

    assert scores.ranks["index"].tolist()[:4] == [2, 1, 2, 5]
    assert scores.ranks["index"].isna().tolist() == [False] * 4 + [True, False]
    assert scores.ranks["index"].iloc[5] == 2  # 0.5 but for rounding


def test_rank_decimals_rank_the_rounded_score():
    methods = {"normalise": POSTS | {"low": 0, "high": 1, "upper": 1}}
    data = table(a=[0.7004, 0.7001, 0.6999, 0.1])

    exact = framework(["a"], methods=methods).score(data).ranks["index"].tolist()
    printed = framework(["a"], methods=methods | {"rank_decimals": 3}).score(data).ranks["index"].tolist()

    assert exact == [1, 2, 3, 4]
    assert printed == [1, 1, 1, 4]


def test_ranks_are_within_each_year():
    scores = framework(["a"]).score(PANEL)

    assert scores.ranks["index"].xs(2021, level="year").to_dict() == {"A": 2, "B": 1}


def test_classes_begin_at_their_lower_bounds():
    build = framework(
        ["a"], methods={"normalise": POSTS | {"low": 0, "high": 100}}, classes={"优": 90, "良": 75, "差": 0}
    )
    frame = build.score(table(a=[90.0, 89.999, 75.0, 0.0, NAN])).to_frame()

    classes = frame.loc[frame["level"] == "index", "class"]
    assert classes.astype(object).where(classes.notna(), None).tolist() == ["优", "良", "良", "差", None]


@pytest.mark.parametrize("missing", MISSING, ids=["any", "covered", "propagate"])
@pytest.mark.parametrize("gaps", [0.0, 0.25])
@pytest.mark.parametrize("kinds", KINDS)
def test_keeping_the_index_alone_gives_the_same_index(kinds, gaps, missing):
    build = deep(KINDS[kinds], missing)
    data = values(rows=60, gaps=gaps)

    whole, alone = build.score(data), build.score(data, keep="index")

    np.testing.assert_array_max_ulp(whole.index.to_numpy(), alone.index.to_numpy(), maxulp=4)
    frame, short = whole.to_frame(), alone.to_frame()
    np.testing.assert_allclose(
        short["coverage"], frame.loc[frame["level"] == "index", "coverage"], atol=1e-12
    )
    assert (whole.ranks["index"].fillna(0) == alone.ranks["index"].fillna(0)).all()
    assert short["reason"].ne("").tolist() == short["score"].isna().tolist()


@pytest.mark.parametrize(
    "weights",
    [
        {"weights": dict(zip(LEAVES, range(1, 8), strict=True))},
        {"scope": "global", "weights": dict(zip(LEAVES, range(7), strict=True))},
        {
            "scope": "global",
            "scale": False,
            "weights": dict(zip(LEAVES, [33.3, 33.3, 33.3, 0, 0, 0, 0], strict=True)),
        },
    ],
    ids=["local", "global", "printed"],
)
@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_keeping_the_index_alone_is_the_same_for_every_weight_set(weights, gaps):
    build, data = framework(LEAVES, weights=weights), values(rows=60, gaps=gaps)

    whole, alone = build.score(data).index, build.score(data, keep="index").index

    np.testing.assert_array_max_ulp(whole.to_numpy(), alone.to_numpy(), maxulp=4)


@pytest.mark.parametrize("normalise", ["minmax", "zscore", "rank", "percentile", "ratio"])
@pytest.mark.parametrize("base", ["panel", "year"])
def test_keeping_the_index_alone_is_the_same_for_every_normaliser(normalise, base):
    data = pd.concat([values(seed=1), values(seed=2).assign(year=2021)])
    build = framework(LEAVES, methods={"normalise": normalise, "base": base})

    whole, alone = build.score(data).index, build.score(data, keep="index").index

    np.testing.assert_allclose(whole, alone, rtol=1e-13, atol=1e-13)
    assert whole.index.equals(alone.index)


# --- Weights -----------------------------------------------------------------------------------------------

PAIRS = [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "p"}, {"id": "c", "pillar": "q"}]
PQ = [{"id": "p"}, {"id": "q"}]


def shares(weights=None, weighting=None, leaves=PAIRS, pillars=PQ):
    methods = {"normalise": "minmax"} | ({"weighting": weighting} if weighting else {})
    scores = framework(leaves, pillar=pillars, methods=methods, weights=weights).score(
        table(a=[1.0, 2], b=[1.0, 2], c=[2.0, 1])
    )
    return scores.weights.set_index("node")["global"].to_dict(), scores.index.iloc[1]


def test_equal_by_pillar_and_by_indicator():
    by_pillar, _ = shares()
    by_indicator, _ = shares(weighting={"name": "equal", "by": "indicator"})

    assert by_pillar == pytest.approx({"index": 1, "p": 0.5, "a": 0.25, "b": 0.25, "q": 0.5, "c": 0.5})
    assert by_indicator == pytest.approx(
        {"index": 1, "p": 2 / 3, "a": 1 / 3, "b": 1 / 3, "q": 1 / 3, "c": 1 / 3}
    )


def test_local_weights_are_scaled_within_each_parent():
    found, index = shares({"weights": {"a": 30, "b": 10, "p": 3, "q": 1}})

    assert found == pytest.approx({"index": 1, "p": 0.75, "a": 0.5625, "b": 0.1875, "q": 0.25, "c": 0.25})
    assert index == pytest.approx(75)


def test_global_weights_belong_to_leaves_and_pillars_sum_them():
    found, index = shares({"scope": "global", "weights": {"a": 2, "b": 1, "c": 1}})

    assert found == pytest.approx({"index": 1, "p": 0.75, "a": 0.5, "b": 0.25, "q": 0.25, "c": 0.25})
    assert index == pytest.approx(75)


def test_printed_global_weights_are_kept_as_printed():
    weights = {"scope": "global", "scale": False, "weights": {"a": 33.3, "b": 33.3, "c": 33.3}}

    _, index = shares(weights)

    assert index == pytest.approx(66.6)


def test_weight_keys_stand_in_for_a_set_and_a_set_goes_before_them():
    leaves = [leaf | {"weight": weight} for leaf, weight in zip(PAIRS, (3, 1, 1), strict=True)]
    pillars = [{"id": "p", "weight": 1}, {"id": "q", "weight": 3}]

    keys, _ = shares(leaves=leaves, pillars=pillars)
    other, _ = shares({"weights": {"p": 1, "q": 1}}, leaves=leaves, pillars=pillars)

    assert keys["a"] == pytest.approx(0.25 * 0.75)
    assert other["q"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"weights": {"pp": 1}}, "no node 'pp'. Did you mean 'p'?"),
        ({"weights": {"a": 1}}, "'b' is left out although its siblings are named"),
        ({"weights": {"a": 0, "b": 0}}, "inside 'p' are all zero"),
        ({"scope": "global", "weights": {"a": 1, "b": 1}}, "indicator 'c' has no weight"),
        ({"scope": "global", "weights": {"a": 1, "b": 1, "c": 1, "p": 2}}, "'p' is a pillar"),
        ({"scope": "global", "weights": {"a": 0, "b": 0, "c": 0}}, "all weights are zero"),
        ({"scope": "global", "scale": False, "weights": {"a": 1, "b": 1, "c": 1}}, "they sum to 3"),
    ],
)
def test_weight_sets_that_do_not_fit_are_refused(weights, told):
    with pytest.raises(FrameworkError) as error:
        shares(weights)

    assert told in str(error.value)


# --- Normalising: transforms, intervals, own methods -------------------------------------------------------


def test_transforms_apply_to_values_goalposts_and_targets_alike():
    leaf = {"id": "a", "transform": "log", "goalposts": [1, 10000], "target": "100", "baseline": "1"}
    build = framework([leaf], methods={"normalise": POSTS}, attainment={"rule": "progress"})
    scores = build.score(table(a=[10.0]))

    assert scores.index.tolist() == pytest.approx([25])
    assert node(scores.attainment, "a", "attainment") == pytest.approx([50])
    assert node(scores.to_frame(), "a", "value") == [10]  # the table shows what was measured


def test_transforms_that_refuse_a_target_name_its_indicator():
    build = framework([{"id": "b"}, {"id": "a", "transform": "log", "target": "≥0"}], methods=None)

    with pytest.raises(DomainError, match="indicator 'a'"):
        build.score(table(a=[1.0, 2.0], b=[1.0, 2.0]))


def test_interval_indicators_are_scored_by_their_distance_outside():
    leaf = {"id": "a", "direction": "interval", "best": [3, 6]}

    index = framework([leaf]).score(table(a=[4.0, 3.0, 6.0, 1.0, 10.0])).index

    assert index.tolist() == pytest.approx([100, 100, 100, 50, 0])


def test_an_indicator_may_have_its_own_normalisation_on_the_same_scale():
    leaves = ["a", {"id": "b", "normalise": "percentile"}]

    scores = framework(leaves).score(table(a=[0.0, 5.0, 10.0], b=[1.0, 100.0, 1000.0]))

    assert scores.normalised["a"].tolist() == [0, 50, 100]
    assert scores.normalised["b"].tolist() == pytest.approx([0, 50, 100], abs=17)
    assert scores.normalised["b"].diff().iloc[1] == pytest.approx(scores.normalised["b"].diff().iloc[2])


@pytest.mark.parametrize("other", ["zscore", {"name": "minmax", "lower": 1, "upper": 100}, "rank"])
def test_a_mixture_of_scales_is_refused(other):
    with pytest.raises(FrameworkError, match="different scales"):
        framework(["a", {"id": "b", "normalise": other}])


def test_clipping_is_a_choice_of_the_indicator():
    leaves = [{"id": "a", "goalposts": [0, 10]}, {"id": "b", "goalposts": [0, 10], "clip": False}]

    scores = framework(leaves, methods={"normalise": POSTS}).score(table(a=[15.0], b=[15.0]))

    assert scores.normalised.iloc[0].tolist() == [100, 150]


def test_geometric_refusals_name_region_and_node():
    with pytest.raises(DomainError) as error:
        framework(PAIRS, pillar=PQ, methods={"normalise": "minmax", "aggregate": "geometric"}).score(
            table(a=[1.0, 2], b=[1.0, 2], c=[2.0, 1])
        )

    assert str(error.value).endswith("in 'q': 'c' (B, 2020)")


@pytest.mark.parametrize("column", [[1.0, 1.0], [1.0, NAN]])
def test_constant_columns_and_single_regions_are_refused_by_name(column):
    with pytest.raises(DomainError, match="'flat'"):
        framework(["a", "flat"]).score(table(a=[1.0, 2.0], flat=column))


# --- Attainment --------------------------------------------------------------------------------------------


def attain(leaf, cells, *, rule="ratio", years=2020, regions=(), **sections):
    columns = {"a": cells} | sections.pop("columns", {})
    build = framework(
        [{"id": "a", **leaf}], methods=None, attainment={"rule": rule} | sections.pop("attainment", {}),
        regions=regions, **sections,
    )  # fmt: skip
    data = table(years=years, **columns)
    return build.score(data).attainment


INTERVAL = {"target": "3-6", "direction": "interval", "best": [3, 6], "limits": [1, 10]}


def leaf_row(frame, place=0):
    return frame[frame["level"] == "indicator"].iloc[place]


@pytest.mark.parametrize(
    ("leaf", "cell", "rule", "attainment", "met", "status"),
    [
        ({"target": "≥97"}, "96.42", "ratio", 9642 / 97, False, "not_met"),
        ({"target": "＞90"}, "90", "ratio", 100, False, "at_limit"),
        ({"target": "＞90", "baseline": "90.79"}, "89", "progress", 100 * 89 / 90, False, "breach"),
        ({"target": "＞90", "baseline": "90.79"}, "90.5", "progress", 100, True, "met"),
        ({"target": "4.5左右"}, "4.28", "met", 100, True, "met"),
        ({"target": "4.5左右"}, "4.27", "met", 0, False, "not_met"),
        ({"target": "4.5左右", "tolerance": 0.1}, "4.06", "met", 100, True, "met"),
        ({"target": "<4", "direction": "negative"}, "<4", "met", 100, True, "met"),
        ({"target": "≥99"}, "≥98", "met", NAN, None, "bound_only"),
        ({"target": "≥99"}, "≥98", "ratio", 9800 / 99, None, "bound_only"),
        ({"target": "4", "direction": "negative"}, "5", "ratio", 80, False, "not_met"),
        ({"target": "4", "direction": "negative"}, "0", "ratio", 100, True, "met"),
        ({"target": "0", "direction": "negative"}, "0", "ratio", 100, True, "met"),
        ({"target": "0", "direction": "negative"}, "3", "ratio", 0, False, "not_met"),
        ({"target": "20", "baseline": "10"}, "13", "progress", 30, False, "not_met"),
        ({"target": "20", "baseline": "10"}, "7", "progress", 0, False, "not_met"),
        ({"target": "90", "floor": 70}, "84.62", "efficacy60", 89.24, False, "not_met"),
        ({"target": "90", "goalposts": [70, 95]}, "84.62", "efficacy60", 89.24, False, "not_met"),
        ({"target": "90", "baseline": "70"}, "84.62", "efficacy60", NAN, False, "not_met"),
        ({"target": "80", "goalposts": [20, 85]}, "52.5", "goalposts", 50, False, "not_met"),
        (INTERVAL, "8", "ratio", 50, False, "not_met"),
        (INTERVAL, "1.5", "ratio", 25, False, "not_met"),
        (INTERVAL, "5", "ratio", 100, True, "met"),
    ],
)  # fmt: skip
def test_values_are_held_against_targets_as_printed(leaf, cell, rule, attainment, met, status):
    row = leaf_row(attain(leaf, [cell], rule=rule))

    assert row["attainment"] == pytest.approx(attainment, nan_ok=True)
    assert (None if pd.isna(row["met"]) else bool(row["met"])) is met
    assert row["status"] == status
    assert row["target"] == leaf["target"]
    assert bool(row["reason"]) == math.isnan(attainment)


def test_attainment_is_capped_and_leaf_rows_keep_the_uncapped():
    frame = attain({"target": "96"}, ["96.33"])
    open_end = attain({"target": "50"}, ["75"], attainment={"cap": 120})

    assert leaf_row(frame)[["attainment", "uncapped"]].tolist() == pytest.approx([100, 9633 / 96])
    assert node(frame, "index", "uncapped") == [pytest.approx(NAN, nan_ok=True)]
    assert leaf_row(open_end)[["attainment", "uncapped"]].tolist() == [120, 150]


@pytest.mark.parametrize(
    ("target", "low", "high"), [("≥97", 97, NAN), ("<4", NAN, 4), ("3-6", 3, 6), ("4.5左右", 4.275, 4.725)]
)
def test_the_ends_of_targets_are_printed(target, low, high):
    direction = {"<4": {"direction": "negative"}, "3-6": {"direction": "interval", "best": [3, 6]}}.get(
        target, {}
    )
    row = leaf_row(attain({"target": target} | direction, ["5"]))

    assert row[["target_low", "target_high"]].tolist() == pytest.approx([low, high], nan_ok=True)


def test_targets_printed_alike_keep_their_own_tolerance():
    leaves = [
        {"id": "a", "target": "10左右", "tolerance": 0.05},
        {"id": "b", "target": "10左右", "tolerance": 0.2},
    ]
    frame = framework(leaves, methods=None).score(table(a=[9.0], b=[9.0])).attainment
    rows = frame[frame["level"] == "indicator"]

    assert rows["target_low"].tolist() == [9.5, 8]
    assert rows["target_high"].tolist() == [10.5, 12]
    assert rows["met"].tolist() == [False, True]


def test_targets_without_a_number_are_unscored_and_listed():
    frame = attain({"target": "—"}, ["5"], columns={"b": ["5"]})

    row = leaf_row(frame)
    assert math.isnan(row["attainment"])
    assert row["status"] == "unscored"
    assert row["reason"]


def test_sums_add_plan_years_and_latest_takes_the_last():
    leaf = {"target": "[60]", "cumulate": "sum"}
    years, cells = [2020, 2021, 2022, 2023], [50.0, 10.0, 20.0, 15.0]
    same = {"region": ["A"] * 4}

    added = attain(leaf, cells, years=years, columns=same, attainment={"plan": [2021, 2025]})
    last = attain(
        leaf | {"cumulate": "latest"}, cells, years=years, columns=same, attainment={"plan": [2021, 2025]}
    )

    assert node(added, "a", "value") == pytest.approx([NAN, 10, 30, 45], nan_ok=True)
    assert node(added, "a", "attainment") == pytest.approx([NAN, 100 / 6, 50, 75], nan_ok=True)
    assert node(added, "a", "status") == ["not_started", "not_met", "not_met", "not_met"]
    assert node(last, "a", "attainment") == pytest.approx([NAN, 100 / 6, 100 / 3, 25], nan_ok=True)


def test_a_sum_with_a_gap_or_a_bound_is_unscored_with_the_reason():
    leaf = {"target": "[60]", "cumulate": "sum"}
    plan = {"attainment": {"plan": [2021, 2025]}}

    gap = attain(leaf, [10.0, 20.0], years=[2021, 2023], columns={"region": ["A", "A"]}, **plan)
    bound = attain(leaf, ["10", "≥20"], years=[2021, 2022], columns={"region": ["A", "A"]}, **plan)

    assert node(gap, "a", "reason")[1] == "the sum since 2021 lacks 2022"
    assert "bound" in node(bound, "a", "reason")[1]
    assert np.isnan(node(gap, "a", "attainment")[1])
    assert np.isnan(node(bound, "a", "attainment")[1])


def test_the_latest_value_may_be_a_bound_which_does_not_decide():
    leaf = {"target": "[60]", "cumulate": "latest"}

    row = leaf_row(attain(leaf, ["≥50"], attainment={"plan": [2020, 2025]}))

    assert row["status"] == "bound_only"
    assert row["bound"] == "≥50"
    assert pd.isna(row["met"])


def test_a_cumulative_target_without_plan_years_is_refused():
    with pytest.raises(FrameworkError, match=r"Set \[attainment\] plan"):
        attain({"target": "[60]"}, ["5"])


REGIONS = [{"region": "11", "name": "北京"}, {"region": "12", "name": "天津"}]


def targets(*rows, years=(2020, 2021, 2023, 2026), own=None):
    """Attainment of the value 50 in every region and year, by region: the target that was used."""
    leaf = {"id": "a"} | ({"target": own} if own else {})
    build = framework(
        [leaf], methods=None, regions=REGIONS, target=[{"indicator": "a", **row} for row in rows]
    )
    data = pd.DataFrame([{"region": r, "year": y, "a": 50.0} for r in ("北京", "天津") for y in years])
    frame = build.score(data).attainment
    return {r: [t or None for t in node(frame[frame["region"] == r], "a", "target")] for r in ("11", "12")}


def test_a_region_has_its_own_target_before_that_of_all():
    for name in ("北京", "11", "北京市"):
        found = targets({"target": "80"}, {"target": "90", "region": name}, years=[2020])
        assert found == {"11": ["90"], "12": ["80"]}, name


def test_the_next_target_year_counts_and_after_all_have_passed_the_last():
    found = targets({"target": "60", "year": 2021}, {"target": "70", "year": 2025})

    assert found["11"] == ["60", "60", "70", "70"]


def test_a_new_version_of_a_target_counts_from_its_year():
    found = targets(
        {"target": "60"}, {"target": "65", "effective_from": 2021}, {"target": "66", "effective_from": 2023}
    )

    assert found["12"] == ["60", "65", "66", "66"]


def test_a_region_without_a_target_is_unscored_with_the_reason():
    build = framework(
        ["a"], methods=None, regions=REGIONS, target=[{"indicator": "a", "region": "11", "target": "9"}]
    )
    frame = build.score(table(region=["11", "12"], a=[9.0, 9.0])).attainment

    assert node(frame, "a", "attainment") == pytest.approx([100, NAN], nan_ok=True)
    assert node(frame, "a", "reason") == ["", "no target for this region and year"]


def test_attainment_uses_the_weights_of_the_indicators_that_have_targets():
    leaves = [
        {"id": "a", "target": "100", "weight": 1},
        {"id": "b", "target": "100", "weight": 3},
        {"id": "c", "weight": 6},
    ]
    frame = framework(leaves).score(table(a=[50.0, 1], b=[90.0, 1], c=[1.0, 2])).attainment

    assert node(frame, "index", "attainment", region="A") == pytest.approx(0.25 * 50 + 0.75 * 90)
    assert "c" not in set(frame["node"])


def test_a_thinly_covered_pillar_is_unscored_with_its_coverage():
    leaves = [{"id": name, "target": "100", "pillar": "p"} for name in "abc"]
    build = framework(leaves, methods={"missing": {"min_coverage": 0.66}}, pillar=[{"id": "p"}])
    frame = build.score(table(a=[50.0, 50.0], b=[NAN, 100.0], c=[NAN, NAN])).attainment

    assert node(frame, "p", "coverage") == pytest.approx([1 / 3, 2 / 3])
    assert node(frame, "p", "attainment") == pytest.approx([NAN, 75], nan_ok=True)
    assert node(frame, "p", "reason")[0] == "coverage 0.33 is below 0.66"


def test_the_binding_list_passes_fails_and_leaves_open():
    leaves = [{"id": name, "target": "≥99", "binding": "约束性"} for name in "abcd"] + [
        {"id": "e", "target": "1"}
    ]
    scores = framework(leaves, methods={"missing": ANY}).score(
        table(a=["99"], b=["98"], c=["≥98"], d=["—"], e=["1"])
    )

    assert dict(zip(scores.binding["node"], scores.binding["verdict"], strict=True)) == {
        "a": "pass",
        "b": "fail",
        "c": "unknown",
        "d": "unscored",
    }


# --- E and D -----------------------------------------------------------------------------------------------

POPULATED = [
    {"region": name, "population": people} for name, people in zip("ABCD", (1, 2, 3, 4), strict=True)
]
X = [2.0, 4.0, 6.0, 12.0]


def equalized(reference, leaf=None, data=None, regions=POPULATED):
    wanted = {} if reference is None else {"reference": reference}
    build = framework([{"id": "a", **(leaf or {})}], methods=None, equalization=wanted, regions=regions)
    return build.score(table(a=X) if data is None else data)


@pytest.mark.parametrize(
    ("reference", "regions", "expected"),
    [
        ("mean", POPULATED, 6),
        ("weighted_mean", POPULATED, (2 + 8 + 18 + 48) / 10),
        (None, POPULATED, 7.6),
        (None, (), 6),
        ("median", POPULATED, 5),
        ("best", POPULATED, 12),
        ("standard", POPULATED, 8),
    ],
)
def test_each_region_is_compared_with_its_reference(reference, regions, expected):
    frame = equalized(reference, {"standard": 8.0}, regions=regions).equalization

    assert node(frame, "a", "reference") == pytest.approx([expected] * 4)
    assert node(frame, "a", "equalization") == pytest.approx([100 * min(1, x / expected) for x in X])


def test_a_reference_region_is_compared_with_but_never_scored():
    methods = {"normalise": "minmax"}
    leaf = {"id": "a", "target": "10"}
    build = framework([leaf], methods=methods, equalization={"reference": {"region": "D"}})
    scores = build.score(table(a=X))

    assert node(scores.equalization, "a", "equalization") == pytest.approx([100 / 6, 100 / 3, 50])
    for frame in (scores.to_frame(), scores.attainment, scores.equalization):
        assert set(frame["region"]) == {"A", "B", "C"}
    assert scores.index.tolist() == [0, 50, 100]  # nor measured
    assert set(scores.inequality["n"]) == {3, 1}  # indicators, and one of them in the index


@pytest.mark.parametrize(
    ("x", "expected"), [([2.0, 4.0, 6.0], [100, 100, 400 / 6]), ([0.0, 4.0, 8.0], [100, 100, 50])]
)
def test_less_is_better_for_negative_indicators(x, expected):
    frame = equalized("mean", {"direction": "negative"}, table(a=x), ()).equalization

    assert node(frame, "a", "equalization") == pytest.approx(expected)


def test_what_cannot_be_compared_is_unscored_with_a_reason():
    below = equalized("mean", data=table(a=[-1.0, 4.0]), regions=()).equalization
    zero = equalized("mean", data=table(a=[0.0, 0.0]), regions=()).equalization
    interval = equalized("mean", {"direction": "interval", "best": [3, 5]}, regions=()).equalization

    assert node(below, "a", "reason") == ["negative value", ""]
    assert node(zero, "a", "reason") == ["reference is not above 0"] * 2
    assert all("interval" in reason for reason in node(interval, "a", "reason"))
    assert np.isnan(node(interval, "a", "equalization")).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_with_a_mean_reference_the_mean_equalization_is_one_minus_hoover(weighted):
    rng = np.random.default_rng(5)
    x, people = rng.lognormal(1, 0.8, 25), rng.integers(1, 100, 25).astype(float)
    regions = [{"region": f"R{n}", "population": float(p)} for n, p in enumerate(people)]
    build = framework(
        ["a"], methods=None, regions=regions,
        equalization={"measures": ["hoover"], "degree": "hoover", "reference": "weighted_mean" if weighted else "mean"},
    )  # fmt: skip

    scores = build.score(table(region=[f"R{n}" for n in range(25)], a=x))

    e = np.array(node(scores.equalization, "a", "equalization")) / 100
    d = scores.inequality.query(f"node == 'a' and weighted == {weighted} and part == 'total'")["value"]
    assert np.average(e, weights=people if weighted else None) == pytest.approx(1 - d.item(), abs=1e-12)


def test_degrees_roll_up_as_weighted_means_and_others_have_none():
    leaves = [{"id": "a", "weight": 1}, {"id": "b", "weight": 3}]
    wanted = {"measures": ["gini", "theil_l", "max_min"], "degree": "cv"}
    d = framework(leaves, methods=None, equalization=wanted).score(table(a=X, b=[1.0, 1, 1, 3])).inequality

    cv = [np.std(x) / np.mean(x) for x in (X, [1, 1, 1, 3])]
    degrees = d[(d["measure"] == "cv") & (d["part"] == "degree")].set_index("node")["value"]
    assert degrees.to_dict() == pytest.approx(
        {"a": 100 / (1 + cv[0]), "b": 100 / (1 + cv[1]), "index": 25 / (1 + cv[0]) + 75 / (1 + cv[1])}
    )
    gini = d[(d["measure"] == "gini") & (d["part"] == "total")].set_index("node")["value"]
    assert gini["a"] == pytest.approx(twin.gini(X))
    assert set(d.loc[d["part"] == "degree", "measure"]) == {"gini", "cv"}


def test_every_measure_is_unweighted_and_with_population_weighted_too():
    with_people = equalized("mean").inequality
    without = equalized("mean", regions=()).inequality

    assert set(with_people["weighted"]) == {False, True}
    assert set(without["weighted"]) == {False}


def test_groups_split_theil_between_and_within():
    regions = [row | {"zone": zone} for row, zone in zip(POPULATED, "EEWW", strict=True)]
    wanted = {"measures": ["theil_t"], "groups": ["zone"]}
    d = framework(["a"], methods=None, regions=regions, equalization=wanted).score(table(a=X)).inequality

    people, total = [1, 2, 3, 4], 76
    share = {"E": 10 / total, "W": 66 / total}  # of the resource
    between = sum(s * math.log(s / (n / 10)) for s, n in zip(share.values(), (3, 7), strict=True))
    theil = sum(p * x / total * math.log(x / 7.6) for p, x in zip(people, X, strict=True))
    split = d[(d["by"] == "zone") & d["weighted"] & (d["measure"] == "theil_t")]
    assert split[split["part"] == "between"]["value"].item() == pytest.approx(between)
    assert split[split["part"] == "within"]["value"].item() == pytest.approx(theil - between)
    contributions = split[split["part"] == "contribution"].set_index("group")["value"]
    assert set(contributions.index) == {"E", "W"}


def test_inequality_of_scores_is_a_basis_of_its_own_and_refused_at_zero():
    wanted = {"measures": ["gini"], "basis": ["values", "scores"]}
    above = {"normalise": {"name": "minmax", "lower": 1, "upper": 100}}
    d = framework(["a"], methods=above, equalization=wanted).score(table(a=X)).inequality

    scores = [1 + 99 * (x - 2) / 10 for x in X]
    rows = d[(d["part"] == "total") & (d["node"] == "a")].set_index("basis")["value"]
    assert rows.to_dict() == pytest.approx({"values": twin.gini(X), "scores": twin.gini(scores)})
    with pytest.raises(FrameworkError, match="needs scores above 0"):
        _ = framework(["a"], equalization=wanted).score(table(a=X)).inequality


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"measures": ["ginni"]}, "Did you mean 'gini'?"),
        ({"degree": "max_min"}, "has no degree"),
        ({"reference": "standard"}, "needs indicators with standard"),
    ],
)
def test_measures_that_do_not_fit_are_refused(wanted, told):
    with pytest.raises(FrameworkError) as error:
        framework(["a"], equalization=wanted)

    assert told in str(error.value)


# --- Reasons -----------------------------------------------------------------------------------------------


def test_every_number_that_is_missing_has_a_reason():
    leaves = [
        {"id": "a", "pillar": "p", "target": "10"},
        {"id": "b", "pillar": "p", "direction": "negative", "target": "—"},
        {"id": "c", "pillar": "q", "numerator": "n", "denominator": "d", "target": "[60]"},
        {"id": "e", "direction": "interval", "best": [2, 3]},
        {"id": "neg"},
    ]
    build = framework(
        leaves,
        pillar=PQ,
        methods={"normalise": "minmax", "missing": {"min_coverage": 0.8}},
        attainment={"plan": [2020, 2025]},
        equalization={
            "measures": ["gini", "theil_t", "theil_l", "cv", "hoover", "max_min"],
            "groups": ["zone"],
        },
        regions=[{"region": name, "population": 0 if name == "A" else 5, "zone": name[0]} for name in "ABCD"],
        exclude=[{"region": "B", "year": 2020, "indicator": "a", "reason": "misprint"}],
    )
    data = table(
        a=["1", "2", "", "4"],
        b=["1", "…", "3-4", "<2"],
        n=[1, 2, NAN, 4],
        d=[0, 1, 2, 3],
        e=[1, 2, NAN, 9],
        neg=[-1, -2, NAN, NAN],
    )

    scores = build.score(data)

    found = {"scores": (scores.to_frame(), "score"), "attainment": (scores.attainment, "attainment")}
    found |= {
        "equalization": (scores.equalization, "equalization"),
        "inequality": (scores.inequality, "value"),
    }
    for name, (frame, column) in found.items():
        missing = frame[column].isna()
        assert missing.any(), name
        assert frame.loc[missing, "reason"].ne("").all(), name
        assert frame.loc[~missing, "reason"].eq("").all(), name
    reasons = {
        (n, r): t for n, r, t in scores.to_frame()[["node", "region", "reason"]].itertuples(index=False)
    }
    assert reasons["a", "B"] == "excluded: misprint"
    assert reasons["a", "C"] == "no value in the data"
    assert reasons["b", "B"] == "printed as …"
    assert reasons["b", "C"] == "a range, not one value: 3-4"
    assert reasons["c", "A"] == "denominator 'd' is zero"
    assert reasons["c", "C"] == "n: no value in the data"
    assert reasons["p", "C"] == "nothing below has a score"


def test_a_framework_that_asks_for_nothing_is_told_so():
    with pytest.raises(FrameworkError, match="asks for nothing"):
        framework(["a"], methods=None).score(table(a=[1.0]))


def test_tables_hold_what_the_framework_asks_for_with_the_columns_of_the_contract():
    build = Framework.from_toml(twin.CHINA / "framework.toml")
    china = build.score(twin.CHINA / "observations.csv").tables()
    plan = Framework.from_toml(twin.RUGAO / "framework.toml").score(twin.RUGAO / "observations.csv").tables()

    assert list(china) == ["scores", "equalization", "inequality"]
    assert list(plan) == ["attainment"]
    keys = "region region_name year node node_name"
    assert {name: " ".join(frame.columns) for name, frame in (china | plan).items()} == {
        "scores": f"{keys} parent depth level value source_year normalised weight effective score rank class "
        "coverage imputed reason",
        "attainment": f"{keys} level value bound target operator target_low target_high attainment uncapped met "
        "status binding weight coverage reason",
        "equalization": f"{keys} level value reference equalization coverage reason",
        "inequality": "year node level measure basis weighted by group part value n reason",
    }


def test_a_refused_transform_names_its_own_indicator_and_region():
    build = framework(["a", {"id": "b", "transform": "log"}])

    with pytest.raises(DomainError, match=r"'b' \(B, 2020\)"):
        build.score(table(a=[1.0, 2, 3], b=[1.0, 0, 3]))


@pytest.mark.parametrize(
    "leaf",
    [
        {"goalposts": [0, 9], "normalise": "goalposts"},
        {"direction": "interval", "best": [0, 9]},
    ],
)
def test_a_transform_that_refuses_what_the_framework_says_is_found_before_scoring(leaf):
    with pytest.raises(FrameworkError, match=r"indicator 'b': (goalposts|best): log needs values above 0"):
        framework(["a", {"id": "b", "transform": "log", **leaf}])


def test_until_a_regions_own_target_is_in_force_that_of_all_holds():
    rows = [
        {"indicator": "a", "target": "4"},
        {"indicator": "a", "region": "A", "target": "2", "effective_from": 2021},
    ]
    data = table(region=["A", "A", "B", "B"], years=[2020, 2021, 2020, 2021], a=[1.0, 1, 1, 1])

    found = framework(["a"], methods=None, target=rows).score(data).attainment

    assert [node(found, "a", "attainment", *key) for key in [("A", 2020), ("A", 2021)]] == [25, 50]
    assert [node(found, "a", "attainment", *key) for key in [("B", 2020), ("B", 2021)]] == [25, 25]


def test_sums_of_a_panel_equal_the_slow_twin():
    random = np.random.default_rng(5)
    regions, years = list("ABCDE"), list(range(2018, 2026))
    value = {(r, y): random.integers(1, 9) * 1.0 for r in regions for y in years if random.random() > 0.15}
    keys = list(value)
    random.shuffle(keys)
    data = table(region=[r for r, _ in keys], years=[y for _, y in keys], a=[value[key] for key in keys])
    leaf = {"id": "a", "target": "[40]"}

    found = framework([leaf], methods=None, attainment={"plan": [2020, 2023]}).score(data).attainment

    for row in found[found["node"] == "a"].itertuples():
        span = range(2020, min(row.year, 2023) + 1)
        absent = [year for year in span if (row.region, year) not in value]
        if row.year < 2020:
            assert row.status == "not_started"
        elif absent:
            assert row.reason == f"the sum since 2020 lacks {', '.join(map(str, absent))}"
        else:
            assert row.value == sum(value[row.region, year] for year in span)


def test_the_reference_region_needs_neither_population_nor_group():
    rows = [
        {"region": "A", "zone": "x", "population": "1"},
        {"region": "B", "zone": "y", "population": "3"},
        {"region": "C"},
    ]
    wanted = {"reference": {"region": "C"}, "groups": ["zone"], "measures": ["theil_t"], "degree": "theil_t"}

    scores = framework(["a"], methods=None, regions=rows, equalization=wanted).score(table(a=[1.0, 2, 4]))

    assert node(scores.equalization, "a", "equalization") == [25, 50]
    assert set(scores.inequality["group"]) == {"", "x", "y"}


def test_the_degree_is_measured_beside_the_same_measure_with_options():
    wanted = {"measures": [{"name": "gini", "corrected": True}], "degree": "gini"}

    found = framework(["a"], methods=None, equalization=wanted).score(table(a=[1.0, 2, 3])).inequality

    assert set(found["measure"]) == {"gini", "gini(corrected=True)"}


def test_a_degree_that_is_missing_says_which_part_is():
    build = framework(["a", "b"], methods={"missing": "propagate"}, equalization={"measures": ["gini"]})

    found = build.score(table(a=[1.0, 2], b=[-1.0, 2])).inequality

    [reason] = found.loc[found["node"] == "index", "reason"]
    assert reason == "missing: b"


def test_inequality_of_scores_is_measured_on_the_index_alone_where_that_was_kept():
    build = framework(
        ["a", "b"],
        methods={"normalise": {"name": "minmax", "lower": 1}},
        equalization={"basis": ["scores"], "measures": ["gini"]},
    )
    data = table(a=[1.0, 2, 4], b=[3.0, 1, 2])

    whole, index = (build.score(data, keep=keep).inequality for keep in ("all", "index"))

    def ginis(frame):
        part = frame[(frame["basis"] == "scores") & (frame["part"] == "total") & (frame["node"] == "index")]
        return part["value"].tolist()

    assert ginis(index) == pytest.approx(ginis(whole), rel=1e-12)
    assert len(ginis(index)) == 1


def test_a_name_of_two_regions_explains_neither():
    rows = [{"region": "1", "name": "Q"}, {"region": "2", "name": "Q"}]
    scores = framework(["a"], regions=rows).score(table(region=["1", "2"], a=[1.0, 2]))

    with pytest.raises(DataError, match=r"'Q' is the name of 2 regions: 1, 2\. Give the code"):
        scores.explain("Q")
    assert scores.explain("2").score == 100


def test_a_score_of_parts_without_weight_is_missing_for_that_reason():
    build = framework(
        [{"id": "a", "weight": 0}, {"id": "b", "weight": 1}],
        methods={"normalise": "minmax", "missing": {"min_coverage": 0}},
    )

    found = build.score(table(a=[1.0, 2, 3], b=[1.0, 2, NAN])).to_frame()

    assert node(found, "index", "reason") == ["", "", "only parts without weight have a score"]


@pytest.mark.parametrize(
    ("weight", "c", "reason"),
    [
        (1, [3.0, NAN, NAN], "coupling needs two scored parts with weight"),
        (0, [3.0, 9, NAN], "coupling needs two scored parts with weight"),
        (0, [NAN, NAN, 4], "only parts without weight have a score"),
    ],
)
@pytest.mark.parametrize("keep", ["all", "index"])
def test_a_coupling_of_one_part_is_missing_for_that_reason(weight, c, reason, keep):
    build = framework(
        [{"id": "a", "weight": 1}, {"id": "b", "weight": 1}, {"id": "c", "weight": weight}],
        methods={
            "normalise": "minmax",
            "missing": {"min_coverage": 0.3 if weight else 0},
            "aggregate": {"name": "coupling", "upper": 100},
        },
    )
    columns = dict(zip("abc", np.array([[1.0, 2, 3], [2.0, 1, 5], c]).T, strict=True))

    scores = build.score(table(**columns), keep=keep)

    assert scores.why_unscored(2) == reason


def test_without_a_composite_regions_are_ranked_by_attainment():
    scores = framework([{"id": "a", "target": "4"}], methods=None).score(table(a=[1.0, 4, 4, NAN]))

    assert scores.rank[:, 0].tolist() == [3, 1, 1, 0]
    assert scores.rows(2020).tolist() == [0, 1, 2, 3]


# --- Every aggregate ---------------------------------------------------------------------------------------

SINGLE = [
    {"name": "power", "exponent": 0.5},
    {"name": "median"},
    {"name": "minimum"},
    {"name": "mpi"},
    {"name": "ampi", "rewards": "imbalance"},
    {"name": "mean_min", "alpha": 0.5, "beta": 10},
    {"name": "owa", "positions": [1, 2, 3]},
]
COUPLED = {"name": "coupling", "upper": 100}
COMPARED = [{"name": "copeland"}, {"name": "borda"}, {"name": "kemeny"}, {"name": "topsis"}]
IDS = [call["name"] for call in [*SINGLE, COUPLED, *COMPARED]]


def three(call, missing=ANY, **methods):
    """Three leaves, taken as they are, under one aggregate."""
    leaves = [
        {"id": leaf, "goalposts": [0, 100], "weight": w} for leaf, w in zip("abc", (1, 2, 3), strict=True)
    ]
    return framework(leaves, methods={"normalise": POSTS, "aggregate": call, "missing": missing} | methods)


def panel(gaps=0.0, rows=8, low=5):
    rng = np.random.default_rng(20)
    x = rng.uniform(low, 95, (3 * rows, 3)).round(1)
    x[rng.random(x.shape) < gaps] = NAN
    names = [f"R{n}" for n in range(rows)] * 3
    return pd.DataFrame(x, columns=list("abc")).assign(region=names, year=np.repeat([2020, 2021, 2022], rows))


@pytest.mark.parametrize("missing", MISSING, ids=["any", "covered", "propagate"])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("call", [*SINGLE, COUPLED, *COMPARED], ids=IDS)
def test_keeping_the_index_alone_is_the_same_for_every_aggregate(call, gaps, missing):
    build, data = three(call, missing), panel(gaps)

    whole, alone = build.score(data), build.score(data, keep="index")

    assert whole.index.notna().any()
    pd.testing.assert_series_equal(whole.index, alone.index, rtol=1e-14)
    np.testing.assert_allclose(
        alone.to_frame()["coverage"], whole.to_frame().query("node == 'index'")["coverage"], atol=1e-12
    )


@pytest.mark.parametrize("base", ["panel", "year", 2021])
@pytest.mark.parametrize("call", COMPARED, ids=IDS[-4:])
def test_regions_are_compared_with_those_of_their_year_whatever_the_base(call, base):
    build, data = three(call, base=base), panel()

    whole = build.score(data).index

    for year, part in data.groupby("year"):
        alone = three(call, base="panel").score(part).index
        pd.testing.assert_series_equal(
            whole.xs(year, level="year"), alone.droplevel("year"), check_index=False
        )


@pytest.mark.parametrize("keep", ["all", "index"])
@pytest.mark.parametrize("call", COMPARED, ids=IDS[-4:])
def test_regions_below_the_coverage_asked_for_are_compared_with_nobody(call, keep):
    covered = {"rule": "reweight", "min_coverage": 0.6}
    data = panel(rows=5).query("year == 2020")
    data = data.assign(c=data["c"].where(data["region"] != "R1"))  # a and b are half of the weight

    found = three(call, covered).score(data, keep=keep).index.droplevel("year")

    without = three(call, covered).score(data[data["region"] != "R1"]).index.droplevel("year")
    assert np.isnan(found["R1"])
    pd.testing.assert_series_equal(found.drop("R1"), without)


def test_a_year_with_one_scored_region_is_named():
    data = table(years=[2020, 2020, 2021, 2021], region=["A", "B"] * 2, a=[1.0, 2, 3, NAN], b=1.0, c=1.0)

    with pytest.raises(DomainError, match=r"only one has a score[\s\S]*in 'index': 'a' \(A, 2021\)"):
        three("copeland", {"rule": "propagate"}).score(data)
    with pytest.raises(DomainError, match=r"only one has a score[\s\S]*in 'index': 'a' \(A, 2021\)"):
        three("copeland", {"rule": "propagate"}).score(data, keep="index")


def test_scores_that_do_not_suit_an_aggregate_are_named():
    with pytest.raises(DomainError, match=r"mpi needs values above 0[\s\S]*in 'index': 'b' \(B, 2020\)"):
        three("mpi").score(table(a=[1.0, 2], b=[3.0, 0], c=[4.0, 5]))
    with pytest.raises(DomainError, match=r"at most 10 regions, and 12 [\s\S]*in 'index'"):
        three("kemeny").score(panel(rows=12))


@pytest.mark.parametrize("call", SINGLE, ids=IDS[: len(SINGLE)])
@pytest.mark.parametrize("zero", [False, True])
def test_contributions_under_every_aggregate_sum_to_the_score(call, zero):
    data = panel(rows=4)
    if zero and call["name"] not in ("mpi", "ampi"):
        data.loc[0, "b"] = 0.0

    scores = three(call).score(data)

    for (region, year), score in scores.index.items():
        parts = scores.explain(region, year).parts
        assert parts["contribution"].sum() == pytest.approx(score, rel=1e-11, abs=1e-11)


def test_a_minimum_is_explained_by_what_each_part_takes_away():
    leaves = [{"id": name, "goalposts": [0, 100]} for name in "ab"]
    scores = framework(leaves, methods={"normalise": POSTS, "aggregate": "minimum"}).score(
        table(a=[0.0], b=[60.0])
    )

    # Alone a is worth 0 and b 60, together 0: a takes 30 on average, b gives 30.
    assert scores.explain("A").parts["contribution"].tolist() == pytest.approx([-30, 30])


def test_a_pillar_at_zero_splits_what_it_takes_by_weight():
    leaves = [
        {"id": "a", "pillar": "p", "goalposts": [-100, 100], "weight": 1},
        {"id": "b", "pillar": "p", "goalposts": [-100, 100], "weight": 3},
        {"id": "c", "goalposts": [-100, 100], "weight": 1},
    ]
    posts = {"name": "goalposts", "lower": -100, "upper": 100}
    build = framework(
        leaves,
        pillar=[{"id": "p", "weight": 1}],
        methods={"normalise": posts, "aggregate": {"index": "minimum"}},
    )

    parts = build.score(table(a=[-60.0], b=[20.0], c=[40.0])).explain("A").parts.set_index("node")

    # p is 0, so the index is 0: p takes 20 of the 40 that c alone would give.
    assert parts["contribution"].to_dict() == pytest.approx({"a": -5, "b": -15, "c": 20})


@pytest.mark.parametrize("call", [COUPLED, *COMPARED], ids=IDS[len(SINGLE) :])
def test_scores_that_are_no_sums_are_not_explained(call):
    with pytest.raises(DomainError, match=rf"score by {call['name']} has no contributions: "):
        three(call).score(panel()).explain("R0")


def test_pillars_compared_each_by_itself_make_an_index_by_order_only():
    def build(index):
        return framework(
            PAIRS,
            pillar=PQ,
            methods={"normalise": "minmax", "aggregate": {"pillar": "copeland", "index": index}},
        )

    data = table(a=[1.0, 2, 3], b=[1.0, 3, 2], c=[2.0, 3, 1])

    scores = build("borda").score(data)

    assert scores.pillars.to_numpy().tolist() == [[-2, 0], [1, 2], [1, -2]]
    assert scores.index.tolist() == [0.5, 1.75, 0.75]
    assert build("arithmetic").score(data).index.tolist() == [-1, 1.5, -0.5]  # both are wins


def test_pillars_on_different_scales_are_refused_unless_only_their_order_counts():
    leaves = [*PAIRS, "d"]
    pillars = [{"id": "p", "aggregate": "topsis"}, {"id": "q"}]
    data = table(a=[1.0, 2, 3], b=[1.0, 3, 2], c=[2.0, 3, 1], d=[1.0, 2, 4])

    with pytest.raises(
        FrameworkError, match=r"parts of 'index' are on different scales: 'p' by topsis, beside"
    ):
        framework(leaves, pillar=pillars).score(data)
    # B and C tie by p, each leads once: in all they tie, and both beat A.
    ordinal = {"normalise": "minmax", "aggregate": {"index": "copeland"}}
    assert framework(leaves, pillar=pillars, methods=ordinal).score(data).index.tolist() == [-2, 1, 1]


def test_an_aggregate_without_an_option_it_needs_is_refused():
    with pytest.raises(
        FrameworkError, match=r"in 'index': power needs the option 'exponent', as in aggregate ="
    ):
        three("power").score(panel())


def test_a_normaliser_says_what_it_needs():
    with pytest.raises(FrameworkError, match="normalise 'to_reference' needs value"):
        framework(["a"], methods={"normalise": "to_reference"})
