"""Effects, single changes, what is left out, and exact weight analysis of frameworks, against slow recomputation."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest

from equindex import uncertainty
from equindex.errors import DataError, FrameworkError, MethodError
from equindex.framework import Source, without
from equindex.sensitivity import sample
from equindex.uncertainty import Choice, Exclude, Study, Weights, sensitivity
from equindex.uncertainty.alone import changed
from equindex.uncertainty.effects import effects, grid
from small import framework, table

PILLARS = [{"id": "p", "name": "左"}, {"id": "q", "name": "右"}]
TREE = [{"id": leaf, "pillar": "p" if leaf in "abc" else "q"} for leaf in "abcde"]
LOCAL = {"id": "own", "weights": {"p": 2, "q": 1, "a": 1, "b": 2, "c": 3, "d": 1, "e": 1}}
AWAY = {"normalise": {"name": "minmax", "lower": 1, "upper": 100}}  # geometric means need scores above 0
DEGREE = {"degree": "gini", "measures": ["gini"]}


def data(size=8, leaves="abcde", seed=1):
    """Return positive values, larger on the whole for the first regions, so that no two regions tie."""
    rng = np.random.default_rng(seed)
    lift = np.linspace(20, 0, size)
    return table(**{leaf: (30 + lift + rng.normal(0, 8, size)).round(2) for leaf in leaves})


def tree(**sections):
    return framework(TREE, **{"pillar": PILLARS, "weights": LOCAL, "methods": AWAY} | sections)


def ranked(scores):
    """Rank by counting who is ahead; NaN stays."""
    return [np.nan if np.isnan(s) else 1 + sum(o > s + 1e-9 for o in scores) for s in scores]


def asked(built, values, vary, **options):
    return sensitivity(built, values, vary=vary, **{"samples": 32, "resamples": 0} | options)


# --- Effects: sampled ---------------------------------------------------------------------------------


def at(u, values):
    """Score at a point of the cube by plain sums: weights of p and q, a … e up or down by half; min-max or rank."""
    *moves, way = u
    x = values[list("abcde")].to_numpy()
    if way < 0.5:
        z = 1 + 99 * (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    else:
        order = [[sum(other > own for other in column) for own in column] for column in x.T]
        z = 100 * (1 - np.array(order).T / (len(x) - 1))
    p, q, a, b, c, d, e = (
        w * (1 + 0.5 * (2 * m - 1)) for w, m in zip((2, 1, 1, 2, 3, 1, 1), moves, strict=True)
    )
    left = (z[:, :3] @ [a, b, c]) / (a + b + c)
    right = (z[:, 3:] @ [d, e]) / (d + e)
    return (p * left + q * right) / (p + q)


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("engine", ["serial", "threads"])
def test_effects_are_those_of_a_loop_over_the_design(each, engine):
    values = data()
    built, n, seed = tree(), 64, 5

    found = asked(
        built, values, ["weights=0.5", "normalise=minmax,rank"],
        samples=n, seed=seed, each_weight=each, engine=engine,
    )  # fmt: skip

    groups = [*(range(7) if each else [0] * 7), 7]
    points = sample(n, 8, seed=seed, groups=groups).points()
    now = ranked(at([0.5] * 7 + [0.1], values))
    outputs = []
    for row in points:
        for u in row:
            scores = at(u, values)
            places = ranked(scores)
            shift = np.mean(np.abs(np.subtract(places, now)))
            outputs.append([shift, *places])
    y = np.array(outputs).reshape(n, len(points[0]), -1)
    a, between, b = y[:, 0], y[:, 1:-1], y[:, -1]
    variance = np.concatenate([a, b]).var(axis=0)
    centre = y.mean(axis=(0, 1))
    first = [((b - centre) * (between[:, k] - a)).mean(axis=0) for k in range(between.shape[1])]
    total = [((between[:, k] - a) ** 2).mean(axis=0) / 2 for k in range(between.shape[1])]
    moving = variance > 0
    got = found.effects
    assert [label for label, _ in got.labels] == [
        "rank shift",
        *["rank"] * 8,
    ]  # rank scores and min-max do not mix
    np.testing.assert_allclose(got.first[moving], (np.array(first) / variance).T[moving], atol=1e-9)
    np.testing.assert_allclose(got.total[moving], (np.array(total) / variance).T[moving], atol=1e-9)
    np.testing.assert_allclose(got.deviation, np.sqrt(variance), atol=1e-12)
    assert np.isnan(got.first[~moving]).all()
    assert not got.exact
    assert got.points == n * len(points[0])


def test_effects_on_scores_are_those_of_the_points_of_the_study():
    values, built = data(), tree(equalization=DEGREE)
    study = Study.of(
        Source(built, values), [Weights(how="band", amount=0.3)], outputs=("index", "degree"), seed=2
    )
    rank = np.arange(1, 9, dtype=np.int32)

    found = effects(study, rank, samples=32, resamples=20, level=0.9, each_weight=True)

    points = sample(32, 7, seed=2).points()
    one = np.array(
        [[study.run(study.points(u[None], np.zeros(1, int)))["index"][0] for u in row] for row in points]
    )
    variance = np.concatenate([one[:, 0], one[:, -1]]).var(axis=0)
    total = ((one[:, 1:-1] - one[:, :1]) ** 2).mean(axis=0) / 2 / variance
    places = [k for k, (what, _) in enumerate(found.labels) if what == "score"]
    np.testing.assert_allclose(found.total[places], total.T, rtol=1e-9)
    assert [label for label, _ in found.labels[:2]] == ["rank shift", "degree"]
    known = np.isfinite(found.total)
    assert (found.total_low[known] <= found.total[known] + 1e-9).all()
    assert (found.total[known] <= found.total_high[known] + 1e-9).all()


def test_a_weight_of_zero_has_a_total_effect_of_zero_exactly():
    weights = {"id": "own", "weights": {"p": 2, "q": 1, "a": 1, "b": 2, "c": 0, "d": 1, "e": 1}}

    found = asked(tree(weights=weights), data(13), ["weights=0.5"], samples=128, each_weight=True).shares

    mine = found[(found["node"] == "c") & found["total"].notna()]
    assert len(mine) > 14
    assert (mine["total"] == 0).all()
    assert (mine["first"] == 0).all()
    assert (found.loc[(found["node"] == "b") & (found["output"] == "score"), "total"] > 0).all()


def test_engines_and_seeds():
    found = [asked(tree(), data(), ["weights=0.5", "values=0.05"], samples=8, seed=0, engine=e) for e in
             ("serial", "threads", "processes")]  # fmt: skip

    assert (found[0].effects.total == found[1].effects.total).all()
    assert (found[0].effects.total == found[2].effects.total).all()
    other = asked(tree(), data(), ["weights=0.5", "values=0.05"], samples=8, seed=1)
    assert (found[0].effects.total != other.effects.total).any()


# --- Effects: exact -----------------------------------------------------------------------------------


def decomposed(y):
    """Split a table of two factors by hand: main effects and what is left, as shares of the variance."""
    y = y - y.mean()
    rows, columns = y.mean(axis=1), y.mean(axis=0)
    whole = (y**2).mean()
    main = [(rows**2).mean(), (columns**2).mean()]
    return [*main, whole - sum(main)] / whole


@pytest.mark.parametrize(
    "weights",
    [LOCAL, None],
    ids=["set", "equal"],
)
def test_choices_are_enumerated_by_scoring_each_framework(weights):
    values, built = data(), tree(weights=weights)
    ways, left = ["minmax", "rank"], ["", "b", "e", "d"]

    found = asked(built, values, ["normalise=minmax,rank", "exclude=b,e,d"])

    scores = {}
    for way, node in product(ways, left):
        own = built if way == "minmax" else built.replace(normalise=way)
        scores[way, node] = (without(own, node) if node else own).score(values).index.to_numpy()
    now = ranked(scores["minmax", ""])
    places = np.array([[ranked(scores[way, node]) for node in left] for way in ways])
    shift = np.abs(places - now).mean(axis=-1)
    outputs = [shift, *np.moveaxis(places, -1, 0)]
    got = found.effects
    assert got.exact
    assert got.points == 8
    assert got.subsets == ((0,), (1,), (0, 1))
    for k, y in enumerate(outputs):
        if np.ptp(y) == 0:
            assert np.isnan(got.total[k]).all()
            continue
        first, second, both = decomposed(y)
        np.testing.assert_allclose(got.first[k], [first, second], atol=1e-12)
        np.testing.assert_allclose(got.total[k], [first + both, second + both], atol=1e-12)
    told = found.interactions.set_index("factors")["share"]
    assert told["normalise × exclude"] == pytest.approx(decomposed(shift)[2], abs=1e-12)
    assert "all 8 combinations were run, so the effects are exact" in found.answer()[0]


def test_leaving_out_with_weights_from_the_data_weighs_anew():
    values = data()
    built = tree(weights=None, methods=AWAY | {"weighting": "entropy"})

    found = asked(built, values, ["exclude=indicator", "normalise=minmax,rank"])

    for change in found.without:
        if change.node < 0:
            continue
        name = found.study.tree.ids[change.node]
        np.testing.assert_allclose(change.scores, without(built, name).score(values).index, rtol=1e-12)


def test_only_choices_that_are_few_are_enumerated():
    values = data()
    study = Study.of(
        Source(tree(), values),
        [Choice(key="normalise", options=("minmax", "rank")), Exclude(what="x", nodes=("a",))],
    )
    drawn = Study.of(
        Source(tree(), values), [Weights(how="band", amount=0.1), Exclude(what="x", nodes=("a",))]
    )

    assert grid(study) == (2, 2)
    assert grid(drawn) is None


# --- One at a time ------------------------------------------------------------------------------------


def test_one_change_at_a_time_is_what_scoring_it_gives():
    values, built = data(), tree(equalization=DEGREE)

    found = asked(built, values, ["weights=0.4", "aggregate=arithmetic,geometric"])

    now = found.scores.index.to_numpy()
    frame = found.one_at_a_time.set_index(["factor", "node", "setting"])
    set_ = LOCAL["weights"]
    for node, (sign, share) in product(set_, (("-", 0.6), ("+", 1.4))):
        changed = tree(equalization=DEGREE, weights={"id": "x", "weights": set_ | {node: set_[node] * share}})
        scores = changed.score(values).index.to_numpy()
        row = frame.loc[("weights", node, f"{sign}40%")]
        moves = np.subtract(ranked(scores), ranked(now))
        pairs = sum((now[i] - now[j]) * (scores[i] - scores[j]) < 0 for i in range(8) for j in range(i))
        assert row["rank_shift"] == pytest.approx(np.abs(moves).mean())
        assert row["rank_shift_max"] == np.abs(moves).max()
        assert row["moved"] == (moves != 0).sum()
        assert row["reversals"] == pairs
        assert row["kendall"] == pytest.approx(1 - 2 * pairs / 28)
    geometric = built.replace(aggregate="geometric").score(values).index.to_numpy()
    row = frame.loc[("aggregate", "", "geometric")]
    assert row["rank_shift"] == pytest.approx(np.abs(np.subtract(ranked(geometric), ranked(now))).mean())
    assert frame.loc[("aggregate", "", "arithmetic"), "rank_shift"] == 0
    assert list(found.one_at_a_time["rank_shift"]) == sorted(found.one_at_a_time["rank_shift"], reverse=True)


# --- Left out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "methods",
    [
        AWAY,
        {"normalise": "zscore"},
        AWAY | {"weighting": "entropy"},
        AWAY | {"aggregate": "geometric"},
        AWAY | {"aggregate": {"pillar": "arithmetic", "index": "geometric"}},
        AWAY | {"aggregate": "copeland"},
    ],
    ids=["minmax", "zscore", "entropy", "geometric", "mixed", "copeland"],
)
def test_what_is_left_out_is_as_if_it_had_never_been(methods):
    values = data()
    built = tree(methods=methods, weights=None if "weighting" in methods else LOCAL, equalization=DEGREE)

    if methods.get("aggregate") == "geometric" or "zscore" in str(methods):
        vary = ["weights=0.1"]
    else:
        vary = ["normalise=minmax,rank"]
    found = asked(built, values, vary, samples=2)

    assert [found.study.tree.ids[c.node] for c in found.without if c.region < 0] == [*"abcde", "p", "q"]
    whole = built.score(values).index.to_numpy()
    told = found.left_out.set_index("node")
    for change in found.without:
        if change.region < 0:
            name = found.study.tree.ids[change.node]
            scores = without(built, name).score(values)
            expected = scores.index.to_numpy()
        else:
            name = found.codes[change.region]
            scores = built.score(values[values["region"] != name])
            expected = np.insert(scores.index.to_numpy(), change.region, np.nan)
        np.testing.assert_allclose(change.scores, expected, rtol=1e-10)
        part = scores.inequality
        degree = part[(part["node"] == "index") & (part["part"] == "degree") & ~part["weighted"].astype(bool)]
        assert change.degree == pytest.approx(degree["value"].iloc[0], rel=1e-9), name
        kept = np.isfinite(expected)
        moves = np.subtract(ranked(expected[kept]), ranked(whole[kept]))
        assert told.loc[name, "rank_shift"] == pytest.approx(np.abs(moves).mean())
    ranks = found.left_out_ranks
    mine = ranks[ranks["without"] == "b"].set_index("region")["rank"]
    assert mine.tolist() == ranked(without(built, "b").score(values).index.to_numpy())


@pytest.mark.parametrize("how", ["global", "by indicator"])
def test_weights_of_indicators_across_pillars_are_shared_as_the_framework_shares_them(how):
    values = data()
    weights = {"id": "own", "scope": "global", "weights": dict(zip("abcde", (3, 1, 2, 4, 2), strict=True))}
    by = {"weighting": {"name": "equal", "by": "indicator"}}
    built = tree(weights=weights) if how == "global" else tree(weights=None, methods=AWAY | by)

    found = asked(built, values, ["normalise=minmax,rank"])

    for change in found.without[:7]:
        expected = without(built, found.study.tree.ids[change.node]).score(values).index
        np.testing.assert_allclose(change.scores, expected, rtol=1e-12)


def test_with_goalposts_leaving_a_region_out_changes_nothing():
    methods = {"normalise": {"name": "goalposts", "low": 0, "high": 100}}

    found = asked(tree(methods=methods), data(), ["weights=0.2"], samples=2)

    part = found.left_out[found.left_out["level"] == "region"]
    assert len(part) == 8
    assert (part["rank_shift"] == 0).all()
    assert (part["reversals"] == 0).all()
    assert "Leaving out a region swaps no two others." in found.answer()


def test_a_part_that_cannot_be_left_out_says_why_and_the_others_are():
    values = data(leaves="ac").assign(a=[9.0] + [1.0] * 7)  # without A, indicator a is constant
    methods = AWAY | {"weighting": "standard_deviation"}

    found = asked(framework(["a", "c"], methods=methods), values, ["normalise=minmax,rank"])

    failed = found.left_out[found.left_out["reason"] != ""]
    assert failed["node"].tolist() == ["A"]
    assert "constant" in failed["reason"].iloc[0]
    assert found.left_out["rank_shift"].notna().sum() == 9
    assert "1 part cannot be left out (table left_out says why)." in found.answer()


def test_a_choice_that_cannot_be_scored_by_itself_says_why():
    built = tree()
    source = Source(built, data())
    study = Study.of(source, [])

    [bad, good] = changed(study, source, [Choice(key="normalise", options=("goalposts", "rank"))])

    assert bad.scores is None
    assert bad.reason
    assert "combinations" not in bad.reason
    assert good.scores is not None


# --- Weights, exactly ---------------------------------------------------------------------------------


def shares_of(node, weight):
    """Move one weight, the others in proportion: an indicator's share of the root, or a pillar's."""
    local = LOCAL["weights"]
    base = {
        leaf: local["p" if leaf in "abc" else "q"] / 3 * local[leaf] / (6 if leaf in "abc" else 2)
        for leaf in "abcde"
    }
    group = {"p": "abc", "q": "de"}.get(node, node)
    had = sum(base[leaf] for leaf in group)
    return [base[leaf] * (weight / had if leaf in group else (1 - weight) / (1 - had)) for leaf in "abcde"]


def scores_of(values, shares, aggregate="arithmetic"):
    x = values[list("abcde")].to_numpy()
    z = 1 + 99 * (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    return z @ shares if aggregate == "arithmetic" else np.exp(np.log(z) @ shares)


def found_name(scores):
    return "ABCDEFGH"[int(np.argmax(scores))]


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_stability_intervals_are_where_ranks_change(aggregate):
    values, built = data(), tree(methods=AWAY | {"aggregate": aggregate})

    frame = asked(built, values, ["weights=0.1"], samples=2).stability.set_index("node")

    now = np.array(ranked(built.score(values).index.to_numpy()))
    assert list(frame.index) == [*"abcde", "p", "q"]
    for node, row in frame.iterrows():
        for weight in [*np.linspace(0.001, 0.999, 41)]:
            places = np.array(ranked(scores_of(values, shares_of(node, weight), aggregate)))
            inside = row["leader_low"] < weight < row["leader_high"]
            same = row["ranking_low"] < weight < row["ranking_high"]
            assert (places.argmin() == now.argmin()) == inside, (node, weight)
            assert (places == now).all() == same, (node, weight)
        for low, by, step in (("leader_low", "passed_below_by", -1), ("leader_high", "passed_above_by", 1)):
            if row[by]:
                scores = scores_of(values, shares_of(node, row[low] + step * 1e-6), aggregate)
                assert found_name(scores) == row[by]


def test_a_pillar_without_a_weight_has_an_interval_of_what_it_would_say():
    weights = {"id": "own", "weights": LOCAL["weights"] | {"q": 0}}
    values = data()
    built = tree(weights=weights)

    row = asked(built, values, ["weights=0.1"], samples=2).stability.set_index("node").loc["q"]

    leader = int(built.score(values).index.argmax())
    for share in np.linspace(0.001, 0.999, 41):
        own = tree(weights={"id": "x", "weights": weights["weights"] | {"p": 1 - share, "q": share}})
        scores = own.score(values).index.to_numpy()
        assert (int(scores.argmax()) == leader) == (row["leader_low"] <= share < row["leader_high"])


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_the_weights_that_swap_two_regions_make_them_tie(aggregate):
    values, built = data(), tree(methods=AWAY | {"aggregate": aggregate})

    found = asked(built, values, ["weights=0.1"], samples=2)

    given = dict(zip("abcde", shares_of("a", 1 / 9), strict=True))
    order = [region for _, region in sorted(zip(ranked(built.score(values).index), "ABCDEFGH", strict=True))]
    told = found.swap_weights.groupby(["reaches", "region", "other"])
    for row in found.swaps.to_dict("records"):
        ahead = order[0] if row["reaches"] == "leader" else order[order.index(row["region"]) - 1]
        assert row["other"] == ahead
        if row["reason"]:
            assert np.isnan(row["sum_of_changes"])
            continue
        part = told.get_group((row["reaches"], row["region"], row["other"]))
        assert part["weight"].tolist() == pytest.approx([given[node] for node in part["node"]])
        shares = given | dict(zip(part["node"], part["weight_to_tie"], strict=True))
        assert sum(shares.values()) == pytest.approx(1)
        assert sum(abs(shares[k] - given[k]) for k in shares) == pytest.approx(row["sum_of_changes"])
        scores = dict(zip("ABCDEFGH", scores_of(values, [*shares.values()], aggregate), strict=True))
        assert scores[row["region"]] == pytest.approx(scores[row["other"]], rel=1e-9)


def test_no_weights_lead_beyond_the_bounds_of_ranks_and_some_reach_them():
    values = data()

    frame = asked(tree(), values, ["weights=0.1"], samples=2, band=0.4).bounds

    assert frame["exact"].all()
    assert frame["exact_near"].all()
    rng = np.random.default_rng(0)
    base = np.array(shares_of("a", 1 / 9))
    grid_ = np.array([p for p in product(np.linspace(0, 1, 11), repeat=5) if abs(sum(p) - 1) < 1e-9])
    near = base * rng.uniform(0.6, 1.4, (200_000, 5))
    near /= near.sum(axis=1, keepdims=True)
    near = near[(np.abs(near / base - 1) <= 0.4).all(axis=1)]
    for over, weights in (("", np.vstack([grid_, rng.dirichlet(np.full(5, 0.3), 5000)])), ("_near", near)):
        scores = scores_of(values, weights.T).T
        places = 1 + (scores[:, None, :] > scores[:, :, None] + 1e-6).sum(axis=2)
        best, worst = places.min(axis=0), places.max(axis=0)
        assert (frame[f"best{over}"] <= best).all()
        assert (frame[f"worst{over}"] >= worst).all()
        assert (np.abs(frame[f"best{over}"] - best) + np.abs(frame[f"worst{over}"] - worst)).sum() <= 2
        assert (frame[f"can_lead{over}"] == (frame[f"best{over}"] == 1)).all()


def test_bounds_count_the_regions_without_gaps_and_say_who_has_gaps():
    values = data().assign(region=["甲", *"BCDEFGH"])
    values.loc[0, "a"] = np.nan
    lenient = {"missing": {"rule": "reweight", "min_coverage": 0.3}}

    found = asked(tree(methods=AWAY | lenient), values, ["weights=0.1"], samples=2)

    score = found.score[1:]
    assert found.rank[0] > 0
    assert found.bounds["region"].tolist() == list("BCDEFGH")
    assert found.bounds["rank"].tolist() == ranked(score)
    assert found.bounds["worst"].max() <= 7
    said = found.answer()
    assert said[-1] == "Not part of the exact analysis, since values are missing: 甲."
    leader = "BCDEFGH"[int(score.argmax())]
    assert any(sentence.startswith(f"{leader} stays first while") for sentence in said) or any(
        sentence.endswith(f"takes the first place from {leader}.") for sentence in said
    )


def test_the_tightest_interval_is_one_that_ends_where_the_leader_is_passed():
    found = asked(tree(), data(), ["weights=0.1"], samples=2)

    part = found.stability[found.stability["level"] == "indicator"]
    rooms = {}
    for row in part.to_dict("records"):
        ends = [row["weight"] - row["leader_low"]] * (row["leader_low"] > 0)
        ends += [row["leader_high"] - row["weight"]] * (row["leader_high"] < 1)
        rooms[row["node_name"]] = min(ends, default=np.inf)
    tightest = min(rooms, key=rooms.get)
    if np.isfinite(rooms[tightest]):
        assert any(f"while the weight of {tightest} " in sentence for sentence in found.answer())


@pytest.mark.parametrize("how", ["harmonic", "copeland"])
def test_other_means_have_no_exact_weights_and_say_so(how):
    found = asked(tree(methods=AWAY | {"aggregate": how}), data(), ["weights=0.1"], samples=2)

    assert found.stability.empty
    assert found.bounds.empty
    assert (
        f"since weights are analysed exactly where the whole index is one arithmetic or one geometric mean, not {how}"
        in (found.answer()[-1])
    )


# --- SMAA ---------------------------------------------------------------------------------------------


def test_two_indicators_have_rank_shares_that_are_lengths_of_intervals():
    """Lahdelma and Salminen 2001: with two criteria the weight of the first is uniform between 0 and 1."""
    values = table(a=[90.0, 60.0, 0.0, 100.0], b=[20.0, 60.0, 100.0, 0.0])
    built = framework(["a", "b"])

    found = uncertainty.analyse(built, values, vary=["weights=free"], draws=20_000, seed=3)

    z = np.array([[90, 20], [60, 60], [0, 100], [100, 0]])
    cuts = {0.0, 1.0}
    for i, j in product(range(4), repeat=2):
        (a, b), (c, d) = z[i], z[j]
        if (a - b) != (c - d):
            cuts.add(min(1.0, max(0.0, (d - b) / ((a - b) - (c - d)))))
    cuts = sorted(cuts)
    expected, mean = np.zeros((4, 4)), np.zeros(4)
    for low, high in pairwise(cuts):
        w = (low + high) / 2
        places = ranked(z @ [w, 1 - w])
        for region, place in enumerate(places):
            expected[region, place - 1] += high - low
        mean[places.index(1)] += (high - low) * w
    shares = found.acceptability.pivot(index="region", columns="rank", values="share").fillna(0)
    got = shares.reindex(columns=range(1, 5), fill_value=0).to_numpy()
    np.testing.assert_allclose(got, expected, atol=4 * 0.5 / np.sqrt(20_000))
    central = found.central[found.central["node"] == "a"].set_index("region")["weight"]
    for region in np.flatnonzero(expected[:, 0]):
        code = "ABCD"[region]
        assert central[code] == pytest.approx(mean[region] / expected[region, 0], abs=0.01)


# --- Refusals, and what is hardly there ----------------------------------------------------------------


def test_outputs_that_do_not_vary_are_said_to_be_constant():
    values = table(a=[3.0, 2.0, 1.0], b=[3.0, 2.0, 1.0], c=[9.0, 5.0, 1.0])

    found = asked(framework(["a", "b", "c"]), values, ["weights=0.2", "exclude=a"], samples=8)

    assert "Nothing that varies changes how far ranks move on average: it is constant." in found.answer()
    still = found.shares[found.shares["output"] == "rank shift"]
    assert (still["reason"] == "does not vary").all()
    assert still["total"].isna().all()
    assert "nan" not in " ".join(found.answer())


def test_two_regions_are_enough_and_one_is_not():
    built = tree(methods={"normalise": {"name": "goalposts", "low": 0, "high": 100}})

    found = asked(built, data(2), ["weights=0.5"])

    assert set(found.left_out["level"]) == {"indicator", "pillar"}
    assert len(found.bounds) == 2
    with pytest.raises(DataError, match="fewer than two regions have a rank in 2020, so nothing can move it"):
        asked(built, data(1), ["weights=0.5"])


def test_one_indicator_leaves_nothing_to_weigh():
    values = table(a=[3.0, 2.0, 1.0])
    built = framework(["a"])

    with pytest.raises(
        FrameworkError, match="no weight can vary: no indicator or pillar there has a sibling"
    ):
        asked(built, values, ["weights=0.5"])
    found = asked(built, values, ["normalise=minmax,rank"])
    assert set(found.left_out["level"]) == {"region"}
    assert "fewer than two indicators" in found.answer()[-1]


@pytest.mark.parametrize(("samples", "said"), [(100, "64 or 128"), (1, "2 or 4"), (0, "2 or 4")], ids=str)
def test_samples_that_are_no_power_of_two_name_the_nearest(samples, said):
    with pytest.raises(MethodError, match=f"power of two, but is {samples}. Nearest: {said}"):
        asked(tree(), data(), ["weights=0.5"], samples=samples)


def test_options_out_of_range_are_all_told_at_once_also_where_nothing_is_sampled():
    with pytest.raises(MethodError) as refused:
        asked(tree(), data(), ["normalise=minmax,rank"], band=0, level=1, resamples=1, seed=-1)

    for said in (
        "band should be above 0",
        "level should be",
        "resamples should be",
        "seed should be 0 or more",
    ):
        assert said in str(refused.value)


@pytest.mark.parametrize("vary", [["exclude=c"], ["exclude=c", "weights=0.5"]], ids=str)
def test_a_region_without_a_score_at_some_point_is_left_out_of_the_effects(vary):
    """Its twin is the analysis of the others."""
    values = data().assign(region=["甲", *"BCDEFGH"])
    values.loc[0, ["a", "b"]] = np.nan  # with c gone, nothing is known of its pillar p
    values.loc[0, ["c", "d", "e"]] = values.loc[1, ["c", "d", "e"]]  # the ends are those of the others
    strict = {"missing": {"rule": "reweight", "min_coverage": 0.4}}
    built = tree(methods=AWAY | strict)

    found = asked(built, values, vary, samples=16)
    others = asked(built, values[1:], vary, samples=16)

    assert "甲" not in set(found.shares["region"])
    columns = ["output", "region", "factor", "first", "total", "deviation"]
    pd.testing.assert_frame_equal(found.shares[columns], others.shares[columns])
    if len(vary) == 1:
        assert found.effects.unscored == {0: 1}
        assert found.answer()[1].startswith(
            "Without effects, since what varies leaves no score at some points: 甲 (at 1 of 2)."
        )
    assert {"one_at_a_time" if len(vary) > 1 else "effects", "left_out", "rank_bounds"} <= set(found.tables())


@pytest.mark.parametrize("vary", [["exclude=c,d"], ["exclude=c,d", "weights=0.5"]], ids=str)
def test_where_no_region_is_always_scored_the_other_analyses_are_given(vary):
    values = data()
    values.loc[2:, ["a", "b"]] = np.nan  # unscored without c
    values.loc[:1, "e"] = np.nan  # unscored without d
    strict = {"missing": {"rule": "reweight", "min_coverage": 0.6}}
    weights = {"id": "own", "weights": {"p": 1, "q": 1, "a": 1, "b": 1, "c": 8, "d": 2, "e": 1}}

    found = asked(tree(weights=weights, methods=AWAY | strict), values, vary, samples=16)

    assert set(found.effects.unscored) == set(range(8))
    assert not len(found.shares)
    assert len(found.left_out)


def test_combinations_that_cannot_be_scored_are_named_with_the_remedy():
    built = tree(methods={"normalise": "minmax"})

    with pytest.raises(FrameworkError) as refused:
        asked(built, data(), ["normalise=minmax,zscore", "aggregate=arithmetic,geometric"])

    said = str(refused.value)
    assert "normalise=minmax, aggregate=geometric: geometric aggregation needs values above 0" in said
    assert "normalise=zscore, aggregate=geometric" in said
    assert "Leave out what does not fit, or draw from the others only: uncertainty --skip-failing" in said


def test_a_framework_of_attainment_alone():
    leaves = [{"id": "a", "target": 50}, {"id": "b", "target": 50}, {"id": "c", "target": 40}]
    built = framework(leaves, methods=None)
    values = data(leaves="abc")

    found = asked(built, values, ["weights=0.5"], samples=16)

    x = values[list("abc")].to_numpy()
    score = (np.minimum(1, x / [50, 50, 40]) * 100).mean(axis=1)
    np.testing.assert_allclose(found.score, score)
    without_a = next(c for c in found.without if c.node == 1).scores
    np.testing.assert_allclose(without_a, (np.minimum(1, x / [50, 50, 40]) * 100)[:, 1:].mean(axis=1))
    assert len(found.stability) == 3
    assert np.isnan(found.degree)


def test_reruns_and_records_hold_what_was_asked():
    found = asked(tree(), data(), ["weights=0.5", "normalise=minmax,rank"], band=0.3, each_weight=True)

    kept = found.provenance["options"]["sensitivity"]
    assert [part["kind"] for part in kept["factors"]] == ["weights", "choice"]
    assert (kept["samples"], kept["band"], kept["each_weight"], kept["year"]) == (32, 0.3, True, 2020)
    assert found.provenance["seed"] == 0
