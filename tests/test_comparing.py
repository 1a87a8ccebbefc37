"""What `equindex compare` and `equindex change` say, against scores computed one by one and slow twins."""

import itertools
import json
import math
import re
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, spearmanr
from typer.testing import CliRunner

import small
from conftest import REPOSITORY
from equindex import comparing
from equindex.cli import app
from equindex.comparing import swaps
from equindex.comparing.swaps import count_swapped, swapped
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.framework import Framework
from equindex.model import WeightSet
from equindex.schema import observe

CHINA = REPOSITORY / "data" / "china-services"
FILES = (CHINA / "framework.toml", CHINA / "observations.csv")
A, B = (REPOSITORY / "weights" / "china-services" / f"{name}.toml" for name in "AB")
RANGE = {"name": "minmax", "lower": 1, "upper": 100}
CAUSES = list(comparing.CAUSES)
PILLARS = [{"id": "p"}, {"id": "q"}]
LEAVES = [{"id": name, "pillar": "p" if name in "ab" else "q"} for name in "abcd"]


def run(*args, code=0):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout, result.stderr


@pytest.fixture(scope="module")
def provinces():
    return Framework.from_toml(FILES[0])


@pytest.fixture(scope="module")
def ab(provinces):
    return comparing.compare(provinces, FILES[1], weights=[A, B], most=1000)


def index_of(framework, data, year=None):
    """Return scores and ranks of the root by region, each variant scored from the beginning."""
    frame = framework.score(data).to_frame()
    rows = frame[(frame["node"] == "index") & (frame["year"] == (year or frame["year"].max()))]
    return rows.set_index("region")["score"], rows.set_index("region")["rank"]


# compare -------------------------------------------------------------------------------------------------------------


def test_every_variant_scores_as_it_does_alone(provinces):
    grid = {"normalise": ["minmax", "zscore", "percentile"], "aggregate": ["arithmetic", "median"]}
    found = comparing.compare(provinces, FILES[1], weights=[A, B], grid=grid)

    numbers = iter(range(1, 13))
    for weights, normalise, aggregate in itertools.product(
        [A, B], [RANGE, "zscore", "percentile"], grid["aggregate"]
    ):
        variant = provinces.replace(weights=weights, normalise=normalise, aggregate=aggregate)
        score, rank = index_of(variant, FILES[1])
        own = found.scores[found.scores["variant"] == next(numbers)].set_index("region")
        assert own["score"].to_dict() == score.to_dict()
        assert own["rank"].to_dict() == rank.to_dict()
    assert len(found.variants) == 12
    assert found.variants["normalise"].iloc[0] == "minmax(lower=1,upper=100)"


def test_weights_from_the_data_and_imputation_are_those_of_the_variant(provinces):
    grid = {
        "weighting": ["equal", "entropy", "critic"],
        "impute": ["none", "mean"],
        "treat": ["none", "iqr"],
    }
    found = comparing.compare(provinces, FILES[1], grid=grid)

    for number, (weighting, impute, treat) in enumerate(itertools.product(*grid.values()), start=1):
        changes = {} if weighting == "equal" else {"weighting": weighting}
        score, _ = index_of(provinces.replace(impute=impute, treat=treat, **changes), FILES[1])
        own = found.scores[found.scores["variant"] == number].set_index("region")["score"]
        assert own.to_dict() == score.to_dict()


def test_shifts_and_correlations_agree_with_a_slow_twin(ab, provinces):
    ranks = [index_of(provinces.replace(weights=weights), FILES[1])[1].astype(int) for weights in (A, B)]
    before, after = (one.to_numpy() for one in ranks)
    row = ab.variants.iloc[1]

    assert row["mean_shift"] == pytest.approx(
        sum(abs(a - b) for a, b in zip(before, after, strict=True)) / 31, abs=1e-12
    )
    assert row["largest_shift"] == max(abs(before - after))
    assert row["spearman"] == pytest.approx(spearmanr(before, after).statistic, abs=1e-12)
    assert row["kendall"] == pytest.approx(kendalltau(before, after).statistic, abs=1e-12)
    shift = ab.scores[ab.scores["variant"] == 2].set_index("region")["shift"]
    assert shift.to_dict() == (ranks[0] - ranks[1]).to_dict()
    assert row["swaps"] == sum(
        (before[i] - before[j]) * (after[i] - after[j]) < 0 for i, j in itertools.combinations(range(31), 2)
    )
    assert row["pairs"] == 31 * 30 // 2


def test_every_swapped_pair_is_listed_with_its_leads_and_what_turned_them(ab, provinces):
    frames = [provinces.replace(weights=weights).score(FILES[1]).to_frame() for weights in (A, B)]
    leaf = [frame[frame["level"] == "indicator"].set_index(["region", "node"]) for frame in frames]
    part = [(frame["effective"] * frame["score"]).fillna(0.0) for frame in leaf]
    root = [frame[frame["node"] == "index"].set_index("region")["score"] for frame in frames]

    assert len(ab.swaps) == ab.variants["swaps"].iloc[1] == 85
    for row in ab.swaps.head(20).to_dict("records"):
        lead = [one[row["ahead"]] - one[row["behind"]] for one in root]
        assert lead[0] > 0 > lead[1]
        assert [row["lead_before"], row["lead"]] == pytest.approx(lead, abs=1e-12)
        causes = ab.causes[(ab.causes["ahead"] == row["ahead"]) & (ab.causes["behind"] == row["behind"])]
        expected = (part[1][row["ahead"]] - part[1][row["behind"]]) - (
            part[0][row["ahead"]] - part[0][row["behind"]]
        )
        assert causes.set_index("node")["effect"].to_dict() == pytest.approx(expected.to_dict(), abs=1e-12)
        assert causes["effect"].is_monotonic_increasing
        assert causes["effect"].sum() == pytest.approx(lead[1] - lead[0], abs=1e-12)
    size = (ab.swaps["rank_behind_before"] - ab.swaps["rank_ahead_before"]) + (
        ab.swaps["rank_ahead"] - ab.swaps["rank_behind"]
    )
    assert size.is_monotonic_decreasing


@pytest.mark.parametrize("most", [0, 1, 7, 10_000])
@pytest.mark.parametrize("spread", [1, 2, 30, 1000])
def test_pairs_agree_with_a_loop_whatever_the_number_listed(most, spread, monkeypatch):
    monkeypatch.setattr(swaps, "_FIRST", 4)
    rng = np.random.default_rng(5)
    before, after = rng.integers(1, spread + 1, (2, 80)).astype(float)

    count, pairs = (
        count_swapped(before, after, kendalltau(before, after).statistic),
        swapped(before, after, most),
    )

    every = [
        (before[j] - before[i] + after[i] - after[j], -before[i], -before[j], i, j)
        for i, j in itertools.permutations(range(80), 2)
        if before[i] < before[j] and after[i] > after[j]
    ]
    assert count == len(every)
    best = [key[:3] for key in sorted(every, reverse=True)[:most]]
    assert [
        (before[j] - before[i] + after[i] - after[j], -before[i], -before[j]) for i, j in pairs.tolist()
    ] == best


def test_variants_on_other_scales_are_held_together_in_standard_deviations(provinces):
    found = comparing.compare(provinces, FILES[1], grid={"normalise": ["minmax", "zscore"]}, most=3)
    frames = [provinces.replace(normalise=one).score(FILES[1]).index.to_numpy() for one in (RANGE, "zscore")]

    first = found.swaps.iloc[0]
    codes = [found.regions["region"].tolist().index(first[name]) for name in ("ahead", "behind")]
    lead = [(one[codes[0]] - one[codes[1]]) / one.std() for one in frames]
    assert first["unit"] == "standard deviations"
    assert [first["lead_before"], first["lead"]] == pytest.approx(lead, abs=1e-12)
    causes = found.causes[
        (found.causes["ahead"] == first["ahead"]) & (found.causes["behind"] == first["behind"])
    ]
    assert causes["effect"].sum() == pytest.approx(lead[1] - lead[0], abs=1e-12)


def test_geometric_effects_sum_to_the_change_of_the_lead(provinces):
    found = comparing.compare(provinces, FILES[1], grid={"aggregate": ["arithmetic", "geometric"]}, most=5)

    for row in found.swaps.to_dict("records"):
        own = found.causes[
            (found.causes["ahead"] == row["ahead"]) & (found.causes["behind"] == row["behind"])
        ]
        assert own["effect"].sum() == pytest.approx(row["lead"] - row["lead_before"], abs=1e-9)


def test_a_method_without_contributions_lists_pairs_and_says_why(provinces):
    found = comparing.compare(provinces, FILES[1], grid={"aggregate": ["arithmetic", "copeland"]}, most=5)

    assert len(found.swaps) == 5
    assert found.swaps["reason"].str.contains("copeland has no contributions").all()
    assert found.causes.empty


@pytest.mark.parametrize(
    "methods",
    [
        {"impute": {"name": "mean", "at": "pillar"}, "missing": {"rule": "reweight", "min_coverage": 0.7}},
        {"screen": {"min_measured": 0.9}},
        {"aggregate": "bod"},
        {"normalise": {"name": "to_reference", "value": {"region": "A"}}},
    ],
    ids=str,
)
def test_what_fills_screens_or_weighs_regions_works_in_a_variant_as_alone(methods):
    data, built = two_years(), tree()
    [(key, value), *rest] = methods.items()
    variant = tree(**methods)
    base = built.replace(**dict(rest))

    found = comparing.compare(
        base,
        data,
        grid={key: ["arithmetic" if key == "aggregate" else "none", value]}
        | ({"normalise": [RANGE, value]} if key == "normalise" else {}),
        most=1000,
    )

    score, rank = index_of(variant, data)
    own = found.scores[found.scores["variant"] == 2].set_index("region")
    assert own["score"].to_dict() == pytest.approx(score.to_dict(), abs=1e-12, nan_ok=True)
    assert own["rank"].dropna().to_dict() == rank.dropna().to_dict()
    listed = found.causes.groupby(["ahead", "behind"])["effect"].sum()
    for row in found.swaps[found.swaps["reason"] == ""].to_dict("records"):
        assert listed[row["ahead"], row["behind"]] == pytest.approx(
            row["lead"] - row["lead_before"], abs=1e-9
        )


def test_data_are_read_once_and_normalised_once_for_all_weights(provinces, monkeypatch):
    read, measured = [], []
    from equindex import scoring
    from equindex.framework import core

    monkeypatch.setattr(core, "observe", lambda *args, **more: read.append(1) or observe(*args, **more))
    plain = scoring.normalised
    monkeypatch.setattr(scoring, "normalised", lambda *args: measured.append(1) or plain(*args))
    sets = [WeightSet(id=f"w{k}", weights={"health": k, "culture": 1, "outcome": 1}) for k in range(1, 9)]

    comparing.compare(provinces, FILES[1], weights=sets, grid={"normalise": ["minmax", "zscore"]})

    assert len(read) == 1
    assert len(measured) == 2


def test_a_variant_that_fails_is_listed_and_the_next_is_the_reference(provinces):
    grid = {"aggregate": ["geometric", "arithmetic"], "normalise": ["zscore", "minmax"]}
    found = comparing.compare(provinces, FILES[1], grid=grid)

    assert found.variants["reason"].ne("").tolist() == [True, False, False, False]
    assert "geometric aggregation needs values above 0" in found.variants["reason"].iloc[0]
    assert "内蒙古" in found.variants["reason"].iloc[0]
    assert found.reference == 2
    assert found.scores["variant"].unique().tolist() == [2, 3, 4]
    assert any(line.startswith("Without scores: 1 (geometric · zscore).") for line in found.answer())


def test_a_mixture_of_scales_is_a_reason_not_an_end():
    mixed = [{"id": "a"}, {"id": "b", "normalise": {"name": "minmax", "lower": 0, "upper": 1}}]
    built = small.framework(mixed, methods={"normalise": {"name": "minmax", "lower": 0, "upper": 1}})
    data = small.table(a=[1, 2, 3], b=[3, 1, 2])

    found = comparing.compare(built, data, grid={"normalise": ["minmax", "zscore"]})

    assert "different scales" in found.variants["reason"].iloc[1]
    with pytest.raises(
        DataError, match=r"no variant could be scored.*\n.*zscore: indicators are on different scales"
    ):
        comparing.compare(built, data, grid={"normalise": ["zscore", "rank"]})


def test_regions_that_some_variants_leave_unscored_are_named_and_shifts_leave_them_out():
    built = small.framework(LEAVES, pillar=PILLARS)
    data = small.table(a=[5, 3, 1, 4], b=[np.nan, 4, 1, 2], c=[np.nan, 1, 2, 3], d=[9, 1, 2, 8])

    found = comparing.compare(built, data, grid={"missing.min_coverage": [0.4, 0.66]})

    rows = found.scores.set_index(["variant", "region"])
    assert rows.loc[(1, "A"), "rank"] == 1
    assert math.isnan(rows.loc[(2, "A"), "score"])
    assert rows.loc[(2, "A"), "reason"] == "nothing below has a score"
    assert rows.loc[2]["shift"].tolist() == [pd.NA, 0, 0, 0]
    assert found.variants["mean_shift"].iloc[1] == 0
    assert found.regions.set_index("region").loc["A", "scored_in"] == 1
    assert "Not scored in every variant: A (1/2)." in " ".join(found.answer())


def test_one_region_has_scores_and_no_ranks_to_compare():
    built = small.framework(["a", "b"], methods={"normalise": {"name": "goalposts", "low": 0, "high": 10}})
    sets = [
        WeightSet(id=name, weights={"a": share, "b": 1 - share}) for name, share in (("x", 0.5), ("y", 0.9))
    ]

    found = comparing.compare(built, small.table(a=[1], b=[9]), weights=sets)

    assert found.scores["score"].tolist() == pytest.approx([50, 18])
    assert math.isnan(found.variants["spearman"].iloc[1])
    assert "One region" in found.answer()[1]
    assert "只有一个地区" in found.answer("zh")[1]


def test_a_tie_that_is_broken_is_no_swap_and_is_said():
    built = small.framework(["a", "b"], methods={"normalise": "minmax"})
    sets = [WeightSet(id="even", weights={"a": 1, "b": 1}), WeightSet(id="a", weights={"a": 2, "b": 1})]

    found = comparing.compare(built, small.table(a=[4, 2, 0], b=[2, 4, 0]), weights=sets)

    assert found.variants["swaps"].tolist()[1] == 0
    assert "1 → 2. No pair swaps: ranks move since ties are broken or made." in " ".join(found.answer())
    assert "没有地区换序" in " ".join(found.answer("zh"))


def test_one_weight_set_is_compared_with_the_framework_as_it_stands(provinces):
    found = comparing.compare(provinces, FILES[1], weights=[B])

    assert found.variants["label"].tolist() == ["equal, by pillar", "B"]
    same = comparing.compare(provinces, FILES[1], weights=[A])
    assert same.answer()[1] == "A ranks every region as equal, by pillar does."


def test_attainment_is_compared_where_there_is_no_composite():
    plan = Framework.from_toml(REPOSITORY / "data" / "rugao-2025" / "framework.toml")
    data = REPOSITORY / "data" / "rugao-2025" / "observations.csv"

    found = comparing.compare(plan, data, grid={"attainment.rule": ["ratio", "met"]})

    expected = [
        plan.replace(attainment={"rule": rule})
        .score(data)
        .attainment.query("node == 'index'")["attainment"]
        .iloc[-1]
        for rule in ("ratio", "met")
    ]
    assert found.basis == "attainment"
    assert found.scores["score"].tolist() == expected


@pytest.mark.parametrize(
    ("weights", "grid", "match"),
    [
        ([], {}, "one variant has nothing to be compared with"),
        ([A, A], {}, "the weight set 'A' stands twice"),
        (["nowhere.toml"], {}, "nowhere.toml"),
        ([WeightSet(id="w", weights={"helth": 1})], {}, "no node 'helth'. Did you mean 'health'"),
        ([], {"normalise": ["minmax", "zscor"]}, "no normalise method 'zscor'. Did you mean 'zscore'"),
        ([], {"normalise": [{"name": "minmax", "uper": 1}]}, "no option 'uper'"),
        ([], {"normalize": ["minmax"]}, "unknown key. Did you mean 'normalise'"),
        ([], {"normalise": ["zscore", "zscore"]}, "normalise: zscore stands twice"),
        ([], {"title": ["a", "b"]}, r"title: only keys of \[methods\]"),
        ([], {"indicator.doctors": [1]}, r"only keys of \[methods\]"),
        ([], {"missing.min_coverage": [2]}, "min_coverage"),
        (
            [],
            {"missing.min_coverage": [k / 2000 for k in range(1001)]},
            "1001 are 1,001 variants, more than 1,000",
        ),
    ],
)
def test_what_does_not_exist_or_stands_twice_is_one_message(provinces, weights, grid, match):
    with pytest.raises(FrameworkError, match=match):
        comparing.compare(provinces, FILES[1], weights=weights, grid=grid)


def test_more_variants_than_memory_holds_are_refused(provinces, monkeypatch):
    monkeypatch.setattr(sys.modules["equindex.comparing.compare"], "_LARGEST", 2 * 31 * 13 - 1)

    with pytest.raises(FrameworkError, match=r"2 variants of 31 rows need about 0 GiB\. Compare fewer"):
        comparing.compare(provinces, FILES[1], weights=[A, B])


def test_all_faults_come_at_once(provinces):
    grid = {"normalise": ["zscor"], "aggregate": ["arithmetc"], "base": ["never"]}

    with pytest.raises(FrameworkError) as caught:
        comparing.compare(provinces, FILES[1], weights=[A, A], grid=grid)

    assert all(word in str(caught.value) for word in ("zscor", "arithmetc", "base", "'A' stands twice"))


def test_two_sets_of_one_name_are_told_apart(provinces):
    sets = [WeightSet(id="w", weights={"health": k, "culture": 1, "outcome": 1}) for k in (1, 2)]

    found = comparing.compare(provinces, FILES[1], weights=sets)

    assert found.variants["label"].tolist() == ["w", "w (2)"]


def test_an_unknown_year_is_refused(provinces):
    with pytest.raises(DataError, match=r"no data for 2001. Years: 1999\."):
        comparing.compare(provinces, FILES[1], weights=[A, B], year=2001)


@pytest.mark.parametrize(
    "text", ["normalise", "=a,b", "normalise=", "normalise=a,,b", "a..b=1", "normalise={,"]
)
def test_a_grid_that_is_none_is_a_message(text):
    with pytest.raises(FrameworkError, match="--grid"):
        comparing.read_grid([text])


# change --------------------------------------------------------------------------------------------------------------


def two_years(seed=1, n=8):
    """Return two years of four indicators with gaps; H has no first year."""
    rng, parts = np.random.default_rng(seed), []
    for year in (2000, 2001):
        columns = {name: rng.uniform(1, 9, n) for name in "abcd"}
        if year == 2000:
            columns["a"][2] = columns["d"][5] = np.nan
        else:
            columns["a"][3] = np.nan
        parts.append(small.table(years=year, **columns))
    data = pd.concat(parts)
    return data[~((data["region"] == "H") & (data["year"] == 2000))]


def tree(**methods):
    return small.framework(
        LEAVES,
        pillar=PILLARS,
        methods={"normalise": RANGE, "missing": {"rule": "reweight", "min_coverage": 0.4}} | methods,
    )


TO = WeightSet(id="later", weights={"p": 3, "q": 1, "a": 1, "b": 2, "c": 1, "d": 1})


def twin_of_change(data, weights):
    """Split changes by walking through all orders of the causes, cell by cell; two means of two, each year alone."""
    x = {key: group.set_index("region")[list("abcd")] for key, group in data.groupby("year")}
    regions = sorted(set(x[2000].index) | set(x[2001].index))

    def cell(region, name, at):
        own = {y: x[y].loc[region, name] if region in x[y].index else math.nan for y in (2000, 2001)}
        year = at["values"] if not any(map(math.isnan, own.values())) else at["coverage"]
        if math.isnan(own[year]):
            return None
        column = x[at["parameters"]][name]
        return 1 + 99 * (own[year] - column.min()) / (column.max() - column.min())

    def score(region, at):
        w, total, share = weights[at["weights"]], 0.0, 0.0
        for pillar, names in (("p", "ab"), ("q", "cd")):
            parts = [(w[name], cell(region, name, at)) for name in names]
            known = [(one, z) for one, z in parts if z is not None]
            if known:
                total += w[pillar] * sum(one * z for one, z in known) / sum(one for one, _ in known)
                share += w[pillar]
        return total / share if share else None

    def table(at):
        scores = {region: score(region, at) for region in regions}
        known = [one for one in scores.values() if one is not None]
        return {r: (s, -1 - sum(o > s for o in known)) for r, s in scores.items() if s is not None}

    parts = {region: {cause: np.zeros(2) for cause in CAUSES} for region in regions}
    for order in itertools.permutations(CAUSES):
        at = dict.fromkeys(CAUSES, 2000)
        before = table(at)
        for cause in order:
            at[cause] = 2001
            after = table(at)
            for region in set(before) & set(after):
                parts[region][cause] += (np.array(after[region]) - np.array(before[region])) / 24
            before = after
    return parts


def test_the_parts_agree_with_all_orders_of_the_causes_one_by_one():
    data = two_years()
    found = comparing.change(tree(base="year"), data, year_from=2000, year_to=2001, weights_to=TO)
    expected = twin_of_change(data, {2000: dict.fromkeys("pqabcd", 1), 2001: TO.weights})

    rows = found.regions.set_index("region")
    assert found.causes == comparing.CAUSES
    assert (rows["reason"] == "").sum() == 7
    for region in rows.index[rows["reason"] == ""]:
        for cause in CAUSES:
            score, rank = expected[region][cause]
            assert rows.loc[region, cause] == pytest.approx(score, abs=1e-11)
            assert rows.loc[region, f"rank_{cause}"] == pytest.approx(rank, abs=1e-12)


SHAPES = [
    {"base": "year"},
    {"base": "panel", "aggregate": "geometric"},
    {"base": "year", "aggregate": {"pillar": "median", "index": "arithmetic"}},
    {"base": "year", "aggregate": "topsis"},
    {"base": 2000, "treat": {"name": "winsorise", "quantiles": [0.1, 0.9]}, "impute": "mean"},
    {"base": "year", "treat": {"name": "iqr"}},
    {"base": "year", "missing": {"rule": "propagate"}},
    {"impute": {"name": "mean", "at": "pillar"}, "missing": {"rule": "reweight", "min_coverage": 0.7}},
    {"base": "year", "screen": {"min_measured": 0.9}},
    {"normalise": {"name": "to_reference", "value": {"region": "A"}}},
    {"aggregate": {"pillar": "bod", "index": "arithmetic"}},
]


@pytest.mark.parametrize("methods", SHAPES, ids=str)
def test_parts_sum_to_the_change_of_scores_and_ranks_and_the_ends_are_the_scores(methods):
    data, built = two_years(), tree(**methods)
    found = comparing.change(built, data, year_from=2000, year_to=2001, weights_to=TO)

    ends = [index_of(one, data, year) for one, year in ((built, 2000), (built.replace(weights=TO), 2001))]
    rows = found.regions.set_index("region")
    for side, (score, rank) in zip(("from", "to"), ends, strict=True):
        known = rows[f"score_{side}"].dropna()
        assert known.to_dict() == pytest.approx(score.dropna().to_dict(), abs=1e-12)
        assert rows[f"rank_{side}"].dropna().to_dict() == rank.dropna().to_dict()
    split = rows[rows["reason"] == ""]
    assert len(split) >= 4
    assert split[CAUSES].sum(axis=1).to_numpy() == pytest.approx(split["change"].to_numpy(), abs=1e-12)
    if len(found.indicators):
        sums = found.indicators.groupby("region", observed=True)[CAUSES].sum()
        assert sums.to_numpy() == pytest.approx(split.loc[sums.index, CAUSES].to_numpy(), abs=1e-12)
    ranked = split[[f"rank_{cause}" for cause in CAUSES]].sum(axis=1).to_numpy()
    assert ranked == pytest.approx(split["rank_change"].to_numpy(dtype=float), abs=1e-12)


@pytest.mark.parametrize("methods", SHAPES, ids=str)
def test_exchanging_the_years_changes_every_sign(methods):
    data, built = two_years(2), tree(**methods)

    there = comparing.change(built, data, year_from=2000, year_to=2001).regions
    back = comparing.change(built, data, year_from=2001, year_to=2000).regions

    for column in ("change", *CAUSES, *(f"rank_{cause}" for cause in CAUSES)):
        one, other = (frame[column].to_numpy(dtype=float, na_value=np.nan) for frame in (there, back))
        assert one == pytest.approx(-other, abs=1e-11, nan_ok=True), column


def test_indicators_sum_to_every_part_and_to_the_change_of_their_contribution():
    data, built = two_years(), tree(base="year")
    found = comparing.change(built, data, year_from=2000, year_to=2001, weights_to=TO)

    split = found.regions[found.regions["reason"] == ""].set_index("region")
    sums = found.indicators.groupby("region", observed=True)[["change", *CAUSES]].sum()
    for column in ("change", *CAUSES):
        assert sums[column].to_dict() == pytest.approx(split[column].to_dict(), abs=1e-12)
    frames = [one.score(data).to_frame() for one in (built, built.replace(weights=TO))]
    both = []
    for frame, year in zip(frames, (2000, 2001), strict=True):
        leaf = frame[(frame["level"] == "indicator") & (frame["year"] == year)].set_index(["region", "node"])
        both.append((leaf["effective"] * leaf["score"]).fillna(0.0))
    for row in found.indicators.to_dict("records"):
        key = (row["region"], row["node"])
        assert row["change"] == pytest.approx(both[1][key] - both[0][key], abs=1e-12)


def test_what_does_not_differ_has_no_part():
    data = two_years()[["region", "year", "c", "d"]].dropna()
    built = small.framework(["c", "d"], methods={"normalise": RANGE})
    data = data[data["region"].isin(["A", "B", "C", "D"])]

    found = comparing.change(built, data, year_from=2000, year_to=2001)

    assert found.causes == ("values",)
    assert (found.regions[["parameters", "weights", "coverage", "rank_coverage"]] == 0).all(axis=None)
    assert found.regions["values"].tolist() == pytest.approx(found.regions["change"].tolist(), abs=1e-12)


def test_only_weights_move_a_score_when_nothing_else_does():
    one = small.table(years=2000, a=[1, 5, 9], b=[7, 2, 4])
    data = pd.concat([one, one.assign(year=2001)])
    later = WeightSet(id="later", weights={"a": 3, "b": 1})

    found = comparing.change(
        small.framework(["a", "b"]), data, year_from=2000, year_to=2001, weights_to=later
    )

    assert found.causes == ("values", "weights")
    assert found.regions["values"].tolist() == [0, 0, 0]
    assert found.regions["weights"].tolist() == pytest.approx([-25, 12.5, 15], abs=1e-12)


def test_a_region_of_one_year_is_named_and_moves_ranks_by_coverage():
    data = pd.concat(
        [small.table(years=2000, a=[1, 2, 3]), small.table(years=2001, a=[1, 2, 3, 9], region=list("ABCZ"))]
    )
    found = comparing.change(small.framework(["a"]), data, year_from=2000, year_to=2001)

    rows = found.regions.set_index("region")
    assert rows.loc["Z", "reason"] == "no row in 2000"
    assert rows.loc["A", ["rank_from", "rank_to", "rank_change"]].tolist() == [3, 4, -1]
    assert rows.loc["A", [f"rank_{cause}" for cause in CAUSES]].tolist() == [0, 0, 0, -1]
    assert found.answer()[-1] == "Not split: Z (no row in 2000)."


def test_a_mixture_that_a_method_refuses_says_which():
    data = two_years()

    with pytest.raises(DomainError, match="values of 2001 with the parameters of 2000"):
        comparing.change(tree(base="year", aggregate="geometric"), data, year_from=2000, year_to=2001)


@pytest.mark.parametrize(
    ("years", "match"),
    [
        ((2000, 2005), "no data for 2005. Years: 2000, 2001"),
        ((2000, 2000), "nothing changes"),
        ((1, 2), "1, 2"),
    ],
)
def test_years_that_are_not_there_are_refused(years, match):
    with pytest.raises(DataError, match=match):
        comparing.change(tree(), two_years(), year_from=years[0], year_to=years[1])


def test_without_a_composite_there_is_nothing_to_split():
    built = small.framework([{"id": "a", "target": "5"}], methods=None)

    with pytest.raises(DataError, match="composite index"):
        comparing.change(built, two_years(), year_from=2000, year_to=2001)


# commands ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def starter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("init", "ix")
    return tmp_path / "ix"


def test_the_command_says_who_gains_and_why(monkeypatch):
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        out, _ = run("compare", *FILES, "--weights", A, "--weights", B)
        assert "".join(out.split()).count("西藏24→3") == 1
        assert "平均预期寿命" in out
        assert "do not fit" not in out
    out, _ = run("compare", *FILES, "-w", A, "-w", B, "--lang", "zh")
    assert "以方案1（A）为基准" in out
    assert "升：西藏 24 → 3" in out


def test_the_command_prints_a_region_that_one_variant_cannot_score():
    weights = REPOSITORY / "weights" / "china-services" / "illustrative.toml"

    out, _ = run("compare", *FILES, "--weights", A, "--weights", weights)

    assert "Not scored in every variant: 新疆 (1/2)." in out
    assert re.search(r"^新疆 +16 +34\.41 *$", out, re.MULTILINE)  # no rank, and none gained, in the second


def test_the_command_prints_json_with_every_table():
    out, _ = run("compare", *FILES, "--weights", A, "--grid", "normalise=minmax,zscore", "--json")

    content = json.loads(out)
    assert {"answer", "variants", "scores", "regions", "agreement", "swaps", "causes", "provenance"} == set(
        content
    )
    assert len(content["agreement"]) == 6


@pytest.mark.parametrize("style", ["csv", "xlsx", "json"])
def test_results_are_written_and_run_again_to_the_same_bytes(starter, style):
    (starter / "w.toml").write_text('id = "w"\n[weights]\nhealth = 3\neducation = 1\n', encoding="utf-8")
    files = (starter / "framework.toml", starter / "data.csv")
    commands = {
        "a": ("compare", *files, "-w", starter / "w.toml", "-g", "normalise=minmax,zscore", "-y", 2023),
        "b": ("change", *files, "--from", 2023, "--to", 2024, "--weights-to", starter / "w.toml"),
    }
    for name, words in commands.items():
        run(*words, "-o", name, "--format", style)
        run("rerun", f"{name}/provenance.json", "-o", f"{name}2", "--format", style)
        one, two = (
            {f.name: f.read_bytes() for f in (starter.parent / n).iterdir()} for n in (name, f"{name}2")
        )
        assert one == two
        assert "provenance.json" in one
        _, err = run(*words, "-o", name, "--format", style, code=1)
        assert "exist. Write elsewhere" in err
        run(*words, "-o", name, "--format", style, "--force")


def test_a_changed_table_is_not_run_again(starter):
    files = (starter / "framework.toml", starter / "data.csv")
    run("change", *files, "--from", 2023, "--to", 2024, "-o", "a")
    files[1].write_text(files[1].read_text(encoding="utf-8") + "\n", encoding="utf-8")

    _, err = run("rerun", "a/provenance.json", code=1)

    assert "changed since that run" in err


def test_a_weight_set_is_never_overwritten(starter):
    own = starter / "w.csv"
    own.write_text("node,weight\nhealth,3\neducation,1\n", encoding="utf-8")

    _, err = run(
        "compare", starter / "framework.toml", starter / "data.csv", "-w", own, "-o", own, "--force", code=1
    )

    assert "would overwrite what was read" in err


def test_the_change_of_a_region_is_told_by_indicator(starter):
    files = (starter / "framework.toml", starter / "data.csv")
    out, _ = run("change", *files, "--from", 2023, "--to", 2024, "--set", "base=year", "--region", "West")

    assert "West, 2023 to 2024: 1.00 → 1.00 (+0.00), of which values +14.30" in " ".join(out.split())
    assert "By indicator" in out
    out, _ = run("change", *files, "--from", 2023, "--to", 2024, "--lang", "zh")
    assert "2023年至2024年，4个地区" in out
    _, err = run("change", *files, "--from", 2023, "--to", 2024, "--region", "Wset", code=1)
    assert "Did you mean 'West'" in err


def test_hostile_names_stay_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.toml").write_text(
        'id = "f"\n[methods]\nnormalise = "minmax"\n'
        '[[indicator]]\nid = "a"\nname = "=cmd()"\n[[indicator]]\nid = "b"\n',
        encoding="utf-8",
    )
    small.table(a=[1, 2, 4], b=[3, 2, 1], region=["=HYPERLINK(1)", "\x1b[31mred", "北京"]).to_csv(
        "d.csv", index=False
    )
    (tmp_path / "w.toml").write_text('id = "@w\\u001b[2J"\n[weights]\na = 1\nb = 9\n', encoding="utf-8")

    out, err = run("compare", "f.toml", "d.csv", "-w", "w.toml", "-w", "w2.toml", code=1)
    assert "w2.toml" in err
    out, err = run("compare", "f.toml", "d.csv", "-w", "w.toml")
    assert "\x1b" not in out + err
    run("compare", "f.toml", "d.csv", "-w", "w.toml", "-o", "out")
    text = (tmp_path / "out" / "causes.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd()" in text
    assert "'=HYPERLINK" in (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig")
    assert ",=" not in text


def test_nothing_is_left_after_control_c(starter, monkeypatch):
    from equindex import scoring

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(scoring, "normalised", stop)
    words = (
        "compare",
        starter / "framework.toml",
        starter / "data.csv",
        "-g",
        "normalise=minmax,zscore",
        "-o",
        "out",
    )

    _, err = run(*words, code=130)

    assert "Interrupted" in err
    assert not (starter.parent / "out").exists()


def test_every_variant_failing_ends_with_code_1(starter):
    words = ("compare", starter / "framework.toml", starter / "data.csv", "-g", "base=1990,1991")

    _, err = run(*words, code=1)

    assert "no variant could be scored" in err
    assert "base year 1990 is not in the data" in err
    assert "Traceback" not in err
