"""The ASEM pipeline: its uncertainty and sensitivity, by enumeration, by sampling and by scoring one by one.

Data and metadata are those of the R package COINr (Becker et al. 2022, doi:10.21105/joss.04567), which publishes no
scores or indices of this pipeline; what is held here is that all ways of computing agree.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from equindex import uncertainty
from equindex.framework import Framework
from equindex.uncertainty import effects, sensitivity

TREATED = {"name": "skew_kurtosis", "points": 5, "skewness": 2, "kurtosis": 3.5}  # the defaults of COINr
GRID = {
    "treat": ["skew_kurtosis", "none"],
    "normalise": ["minmax", "rank"],
    "aggregate": ["arithmetic", "geometric"],
    "exclude": ["", "P2P", "Political"],
}
VARY = [f"{key}={','.join(values)}" for key, values in list(GRID.items())[:3]] + ["exclude=P2P,Political"]


@pytest.fixture(scope="module")
def asem(reference):
    """Build the framework from the metadata, and the table that it reads."""
    meta = pd.read_csv(reference("asem/asem_imeta.csv"))
    table = pd.read_csv(reference("asem/asem_idata.csv"))
    leaves = meta[meta["Type"] == "Indicator"]
    above = meta[(meta["Type"] == "Aggregate") & (meta["iCode"] != "Index")]
    divided = dict(zip(leaves["iCode"], leaves["Denominator"].fillna(""), strict=True))
    indicators = [
        {
            "id": row["iCode"],
            "name": row["iName"],
            "pillar": row["Parent"],
            "direction": "positive" if row["Direction"] > 0 else "negative",
            "weight": row["Weight"],
        }
        | (
            {"numerator": f"{row['iCode']} total", "denominator": f"by {divided[row['iCode']]}"}
            if divided[row["iCode"]]
            else {}
        )
        for row in leaves.to_dict("records")
    ]
    pillars = [
        {"id": row["iCode"], "name": row["iName"], "weight": row["Weight"]}
        | ({"parent": row["Parent"]} if row["Parent"] != "Index" else {})
        for row in above.to_dict("records")
    ]
    framework = Framework.from_dict(
        {
            "framework": {
                "id": "asem",
                "methods": {
                    "treat": TREATED,
                    "normalise": {"name": "minmax", "lower": 1, "upper": 100},
                    "aggregate": "arithmetic",
                    "missing": {"rule": "reweight", "min_coverage": 0.3},
                },
                "pillar": pillars,
                "indicator": indicators,
            },
            "regions": [],
            "weights": None,
        }
    )
    names = {code: f"{code} total" for code, by in divided.items() if by}
    below = {by: f"by {by}" for by in divided.values() if by}
    wanted = ["uCode", "Time", *leaves["iCode"], *below]
    columns = {"uCode": "region", "Time": "year", **names, **below}
    return framework, table[wanted].rename(columns=columns)


@pytest.fixture(scope="module")
def exact(asem):
    return sensitivity(*asem, vary=VARY, resamples=0)


def variant(framework, treat, normalise, aggregate, exclude):
    """Change the framework as a person would, in its file."""
    content = framework.model.model_dump(exclude_defaults=True)
    methods = content["methods"] | {"aggregate": aggregate}
    if treat == "none":
        methods["treat"] = "none"
    else:
        methods["treat"] = TREATED
    methods["normalise"] = (
        {"name": "minmax", "lower": 1, "upper": 100} if normalise == "minmax" else normalise
    )
    rows = content["indicator"]
    content["indicator"] = [row for row in rows if row["pillar"] != exclude]
    content["pillar"] = [row for row in content["pillar"] if row["id"] != exclude]
    return Framework.from_dict({"framework": content | {"methods": methods}, "regions": [], "weights": None})


def places(scores):
    return (scores[None, :] > scores[:, None] + 1e-9).sum(axis=1) + 1


def test_it_has_49_indicators_in_8_pillars_in_2_parts_of_51_countries(asem):
    framework, table = asem

    scores = framework.score(table)

    tree = framework.prepared().tree
    assert (len(tree.nodes), len(tree.ids), len(table)) == (49, 60, 51)
    assert [tree.ids[node] for node in tree.children[0]] == ["Conn", "Sust"]
    assert sum(tree.levels[node] == "pillar" for node in range(60)) == 10
    assert scores.index.notna().all()
    flights = table["Flights total"] / table["by Population"]
    frame = scores.to_frame()
    assert frame.loc[frame["node"] == "Flights", "value"].tolist() == pytest.approx(flights.tolist())


@pytest.mark.slow
def test_all_combinations_are_those_of_scoring_each_framework(asem, exact):
    framework, table = asem
    combinations = list(product(*GRID.values()))

    scores = []
    for chosen in combinations:
        own = variant(framework, *chosen)
        unused = set(framework.prepared().leaves) - set(own.prepared().leaves)
        scores.append(own.score(table.drop(columns=unused & set(table))).index.to_numpy())

    now = places(framework.score(table).index.to_numpy())
    ranks = np.array([places(own) for own in scores])
    shift = np.abs(ranks - now).mean(axis=1).reshape(2, 2, 2, 3)
    got = exact.effects
    assert got.exact
    assert got.points == len(combinations) == 24
    variance = shift.var()
    assert got.deviation[0] == pytest.approx(np.sqrt(variance), rel=1e-12)
    for factor in range(4):
        others = tuple(axis for axis in range(4) if axis != factor)
        first = shift.mean(axis=others).var() / variance  # variance of the mean, the factor fixed
        total = shift.var(axis=factor).mean() / variance  # mean of the variance, all others fixed
        assert got.first[0, factor] == pytest.approx(first, rel=1e-10)
        assert got.total[0, factor] == pytest.approx(total, rel=1e-10)
    assert exact.interactions["share"].sum() == pytest.approx(1)
    for region in range(51):
        y = ranks[:, region].reshape(2, 2, 2, 3)
        at = got.labels.index(("rank", region))
        if y.var():
            assert got.total[at, 1] == pytest.approx(y.var(axis=1).mean() / y.var(), rel=1e-9, abs=1e-12)


@pytest.mark.slow
def test_sampling_finds_the_exact_effects_within_its_intervals(asem, exact, monkeypatch):
    monkeypatch.setattr(effects, "_MOST_POINTS", 1)

    sampled = sensitivity(*asem, vary=VARY, samples=512, resamples=200, level=0.99, seed=1)

    mine, other = sampled.effects, exact.effects
    assert not mine.exact
    assert mine.labels == other.labels
    varying = other.deviation > 0
    for name in ("first", "total"):
        true = getattr(other, name)[varying]
        low, high = (getattr(mine, f"{name}_{end}")[varying] for end in ("low", "high"))
        inside = (low - 1e-12 <= true) & (true <= high + 1e-12)
        assert inside.mean() > 0.95
        assert inside[0].all()  # of the mean rank shift
    np.testing.assert_allclose(mine.total[0], other.total[0], atol=0.06)
    np.testing.assert_allclose(mine.deviation[varying], other.deviation[varying], rtol=0.1)


@pytest.mark.slow
def test_600_draws_are_what_replaying_them_scores(asem):
    framework, table = asem
    varied = [*VARY, "weights=0.25"]

    found = uncertainty.analyse(framework, table, vary=varied, draws=600, seed=2)

    kept = found.kept.scores["index"]
    assert kept.shape == (600, 51)
    for draw in (0, 1, 2, 3, 300, 599):
        _, scores = found.replay(draw)
        np.testing.assert_allclose(scores.index.to_numpy(), kept[draw], rtol=1e-10)
    taken = found.draws[["treat", "normalise", "aggregate", "excluded"]].drop_duplicates()
    assert len(taken) == 24
    rows = found.draws.index[found.draws["excluded"] == "P2P"]
    assert (found.draws.loc[rows, "weight StMob"] == 0).all()


@pytest.mark.slow
def test_effects_of_methods_and_weights_together_name_the_choice_that_matters(asem, exact):
    found = sensitivity(*asem, vary=[*VARY, "weights=0.25"], samples=256, resamples=0, seed=3)

    told = found.shares[found.shares["output"] == "rank shift"].set_index("factor")["total"]
    alone = exact.shares[exact.shares["output"] == "rank shift"].set_index("factor")["total"]
    assert set(told.index) == {"treat", "normalise", "aggregate", "exclude", "weights"}
    assert told.drop("weights").idxmax() == alone.idxmax()
    assert told["weights"] > 0
