"""Imputation at a pillar: missing scores of pillars are filled from those of other regions."""

import math

import numpy as np
import pandas as pd
import pytest

from equindex import uncertainty
from equindex.coherence import analyse
from equindex.errors import DomainError, FrameworkError
from small import framework, node, table

NAN = math.nan
PILLARS = [{"id": "p"}, {"id": "q", "parent": "p"}, {"id": "s", "weight": 3}]
PILLARS[0]["weight"] = 1
LEAVES = [
    {"id": "a", "pillar": "p"},
    {"id": "b", "pillar": "q"},
    {"id": "c", "pillar": "q"},
    {"id": "d", "pillar": "s"},
]
ZONES = [{"region": f"R{number:02}", "zone": "EW"[number % 2]} for number in range(12)]
POSTS = {"name": "goalposts", "low": 0, "high": 100}


def asked(indicators=LEAVES, pillar=PILLARS, regions=(), **methods):
    wanted = {"normalise": POSTS, "missing": {"rule": "reweight", "min_coverage": 0.6}}
    return framework(indicators, pillar=pillar, regions=regions, methods=wanted | methods)


def flat(**methods):
    """Return two pillars of one and two indicators."""
    leaves = [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "s"}, {"id": "c", "pillar": "s"}]
    return asked(leaves, [{"id": "p"}, {"id": "s"}], **methods)


def random_panel(seed=2, years=(2019, 2021)):
    rng = np.random.default_rng(seed)
    x = rng.uniform(5, 95, (len(years) * 12, 4))
    x[rng.random(x.shape) < 0.3] = NAN
    names = [f"R{number:02}" for number in range(12)] * len(years)
    return pd.DataFrame(
        {"region": names, "year": np.repeat(years, 12), **dict(zip("abcd", x.T, strict=True))}
    )


def mean(numbers):
    return sum(numbers) / len(numbers)


def twin(data, how, grouped):
    """Score pillar after pillar and region after region, in plain Python."""
    out = {}
    for year, part in data.groupby("year"):
        rows = {row["region"]: row for row in part.to_dict("records")}
        group = {name: int(name[1:]) % 2 if grouped else 0 for name in rows}

        def filled(score, names=tuple(rows), group=group):
            have = {name: value for name, value in score.items() if value is not None}
            others = {g: [have[n] for n in names if n in have and group[n] == g] for g in (0, 1)}
            return {n: (have[n], False) if n in have else (how(others[group[n]]), True) for n in names}

        def measured(*numbers):
            return [value for value in numbers if value is not None and not math.isnan(value)]

        whole = {n: measured(r["b"], r["c"]) for n, r in rows.items()}
        q = filled({n: mean(v) if len(v) == 2 else None for n, v in whole.items()})
        # a and q weigh one half each: less than 0.6 without a
        p = filled({n: (r["a"] + q[n][0]) / 2 if measured(r["a"]) else None for n, r in rows.items()})
        s = filled({n: r["d"] if measured(r["d"]) else None for n, r in rows.items()})
        for n in rows:
            below = 1.0 if p[n][1] else (0.5 if q[n][1] else 0.0)
            out[n, year] = (p[n][0] + 3 * s[n][0]) / 4, (below + 3 * s[n][1]) / 4
    return out


@pytest.mark.parametrize("keep", ["all", "index"])
@pytest.mark.parametrize(
    ("call", "how"),
    [
        ({"name": "group_mean", "by": "zone"}, mean),
        ({"name": "group_median", "by": "zone"}, np.median),
        ({"name": "mean"}, mean),
        ({"name": "median"}, np.median),
    ],
)
def test_missing_pillars_are_filled_from_the_lowest_up_as_by_hand(call, how, keep):
    data = random_panel()
    expected = twin(data, how, grouped="by" in call)

    scores = asked(regions=ZONES, impute=call | {"at": "pillar"}).score(data, keep=keep).to_frame()

    rows = scores[scores["node"] == "index"]
    keys = list(zip(rows["region"].astype(str), rows["year"], strict=True))
    np.testing.assert_allclose(rows["score"], [expected[key][0] for key in keys], rtol=1e-12)
    np.testing.assert_allclose(rows["imputed"], [expected[key][1] for key in keys], atol=1e-12)
    assert rows["coverage"].eq(1).all()
    assert 0 < rows["imputed"].gt(0).sum() < len(rows)


def test_what_little_was_measured_below_an_imputed_pillar_is_not_used():
    build = flat(impute={"name": "mean", "at": "pillar"})
    data = table(a=[10.0, 20, 30], b=[40.0, 60, 90], c=[40.0, 60, NAN])

    scores = build.score(data).to_frame()

    assert node(scores, "s", "score") == [40, 60, 50]
    assert node(scores, "s", "imputed") == [0, 0, 1]
    assert node(scores, "s", "coverage") == [1, 1, 1]
    assert node(scores, "b", "score", "C") == 90
    assert node(scores, "b", "effective") == [0.25, 0.25, 0]
    assert node(scores, "s", "effective") == [0.5, 0.5, 0.5]
    assert node(scores, "index", "score", "C") == 40
    assert node(scores, "index", "imputed") == [0, 0, 0.5]


def test_contributions_sum_to_the_score_with_the_imputed_pillar_among_them():
    data = random_panel()
    for aggregate in ("arithmetic", "geometric", "harmonic"):
        scores = asked(regions=ZONES, impute={"name": "group_mean", "by": "zone", "at": "pillar"},
                       aggregate=aggregate, normalise=POSTS | {"lower": 1}).score(data)  # fmt: skip
        frame = scores.to_frame().query("node == 'index' and year == 2021 and imputed > 0")
        assert len(frame) > 3
        for name in frame["region"]:
            found = scores.explain(name, 2021)

            assert found.parts["contribution"].sum() == pytest.approx(found.score, rel=1e-10)
            assert found.parts["effective"].sum() == pytest.approx(1, rel=1e-12)
            assert set("pqs") & set(found.parts["node"])


def test_a_pillar_that_no_region_has_in_a_year_stays_missing_in_it():
    build = flat(impute={"name": "mean", "at": "pillar"}, missing={"rule": "reweight", "min_coverage": 0})
    data = table(years=[2020, 2020, 2021, 2021], region=["A", "B"] * 2,
                 a=[1.0, 2, 3, 4], b=[NAN, NAN, 5, NAN], c=[NAN, NAN, 5, NAN])  # fmt: skip

    scores = build.score(data).to_frame()

    assert np.isnan(node(scores, "s", "score", year=2020)).all()
    assert node(scores, "s", "score", year=2021) == [5, 5]


def test_a_region_whose_group_has_no_score_is_refused_with_its_pillar_and_year():
    zones = [{"region": name, "zone": zone} for name, zone in zip("ABC", "EEW", strict=True)]
    build = flat(regions=zones, impute={"name": "group_mean", "by": "zone", "at": "pillar"})
    data = table(
        years=np.repeat([2020, 2021], 3),
        region=list("ABC") * 2,
        a=[1.0] * 6,
        b=[1.0] * 5 + [NAN],
        c=[1.0] * 6,
    )

    for keep in ("all", "index"):
        with pytest.raises(DomainError) as error:
            build.score(data, keep=keep)
        assert "in 'index': 's' (C, 2021)" in error.value.__notes__
        assert "while imputing pillar 's' by 'group_mean'" in error.value.__notes__


def test_attainment_and_equalization_have_no_imputed_pillars():
    data = random_panel().query("year == 2021")
    leaves = [{**leaf, "target": "50"} for leaf in LEAVES]
    plain = framework(
        leaves, pillar=PILLARS, methods={"normalise": POSTS}, equalization={"reference": "mean"}
    )

    before, after = (
        build.score(data).tables()
        for build in (plain, plain.replace(impute={"name": "mean", "at": "pillar"}))
    )

    assert before["scores"]["score"].isna().sum() > after["scores"]["score"].isna().sum()
    for name in ("attainment", "equalization", "inequality"):
        pd.testing.assert_frame_equal(before[name], after[name])


def test_regions_that_are_screened_out_are_neither_filled_nor_filled_from():
    build = flat(impute={"name": "mean", "at": "pillar"}, screen={"drop": ["C", "D"]})

    scores = build.score(
        table(a=[10.0, 20, 30, 40], b=[40.0, NAN, 90, NAN], c=[40.0, NAN, 90, NAN])
    ).to_frame()

    assert node(scores, "s", "score")[:2] == [40, 40]
    assert np.isnan(node(scores, "s", "score")[2:]).all()
    assert node(scores, "s", "imputed") == [0, 1, 0, 0]


def test_an_imputed_pillar_has_no_weights_of_the_region_s_own():
    build = flat(
        impute={"name": "mean", "at": "pillar"},
        aggregate={"pillar": "bod", "index": "arithmetic"},
        normalise=POSTS | {"upper": 1},
    )

    scores = build.score(table(a=[10.0, 20, 30], b=[40.0, 60, 90], c=[50.0, 60, NAN]))

    # bod of (40, 50) beside (60, 60): 50/60; the third is given the mean of 5/6 and 1
    assert node(scores.to_frame(), "s", "score") == pytest.approx([5 / 6, 1, 11 / 12], rel=1e-12)
    own = scores.region_weights
    assert set(own[own["parent"] == "s"]["region"]) == {"A", "B"}
    assert scores.explain("C").parts["contribution"].sum() == pytest.approx(23 / 24, rel=1e-12)


def test_a_fit_fills_new_rows_from_themselves():
    build = flat(impute={"name": "mean", "at": "pillar"})
    fitted = build.fit(table(a=[1.0, 2], b=[1.0, 2], c=[1.0, 2]))

    scores = fitted.score(table(region=["X", "Y"], a=[1.0, 2], b=[70.0, NAN], c=[70.0, NAN])).to_frame()

    assert node(scores, "s", "score") == [70, 70]


def test_a_diagnosis_counts_the_imputed_pillar_by_its_own_weight():
    data = random_panel().query("year == 2021")
    data.loc[data["d"].isna(), "d"] = 50.0

    found = analyse(asked(regions=ZONES, impute={"name": "mean", "at": "pillar"}), data)

    rows = found.importance.set_index("node")["effective"]
    assert rows["s"] == rows["d"] == pytest.approx(0.75)
    assert rows["p"] == pytest.approx(0.25)
    assert rows["a"] < 0.125


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"name": "mean", "at": "pilar"}, 'should be "cell" or "pillar", is \'pilar\''),
        ({"name": "nearest", "at": "pillar"}, "'nearest' has no option 'at'"),
        ({"name": "group_mean", "at": "pillar"}, "group_mean needs by"),
    ],
)
def test_what_does_not_fit_is_found_before_scoring(call, told):
    with pytest.raises(FrameworkError) as error:
        asked(impute=call)
    assert told in str(error.value)


def test_a_framework_without_pillars_has_none_to_fill():
    with pytest.raises(FrameworkError, match="there are no pillars"):
        framework(["a"], methods={"normalise": "minmax", "impute": {"name": "mean", "at": "pillar"}})


# --- Under uncertainty -------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", [None, {"min_measured": 0.75}])
@pytest.mark.parametrize("vary", ["weights=0.5", "regions=bootstrap", "values=0.02", "exclude=indicator"])
def test_every_draw_is_scored_as_its_replay_is(vary, screen):
    data = random_panel()
    call = {"name": "group_mean", "by": "zone", "at": "pillar"}
    build = asked(regions=ZONES, impute=call, screen=screen, normalise="minmax")

    found = uncertainty.analyse(build, data, vary=[vary], draws=8, seed=3, year=2021)

    for draw in range(8):
        _, replayed = found.replay(draw)
        frame = replayed.to_frame().query("node == 'index' and year == 2021")
        np.testing.assert_allclose(found.kept.scores["index"][draw], frame["score"].astype(float), rtol=1e-12)
    assert np.isnan(found.kept.scores["index"]).any() == (screen is not None)
