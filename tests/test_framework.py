"""Framework and Fitted: read, changed, fitted, saved; and what holds for any framework and table."""

import json
import math
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twin
from equindex.errors import DataError, EquindexError, FrameworkError, MethodError
from equindex.framework import Fitted, Framework, rerun
from small import framework, node, table

NAN = math.nan
CHINA, OBSERVED = twin.CHINA / "framework.toml", twin.CHINA / "observations.csv"


@pytest.fixture(scope="module")
def china():
    return Framework.from_toml(CHINA)


def same(first, second, **tolerance):
    """Compare every table of two results: labels equal, numbers within tolerance."""
    one, two = first.tables(), second.tables()
    assert list(one) == list(two)
    for name in one:
        keys = [
            key
            for key in ("year", "region", "node", "measure", "weighted", "by", "group", "part")
            if key in one[name]
        ]
        a, b = (
            frame.astype(dict.fromkeys(keys, str)).sort_values(keys, ignore_index=True)
            for frame in (one[name], two[name])
        )
        pd.testing.assert_frame_equal(a, b, check_categorical=False, **(tolerance or {"check_exact": True}))


# --- Reading and changing ----------------------------------------------------------------------------------


def test_settings_change_keys_as_on_the_command_line():
    words = [
        "normalise.lower=0",
        "missing.min_coverage=0.5",
        "equalization.reference='median'",
        "aggregate=geometric",
    ]
    model = Framework.from_toml(CHINA, settings=[*words, "base=1999"]).model

    assert model.methods.normalise.options == {"lower": 0, "upper": 100}
    assert (model.methods.missing.rule, model.methods.missing.min_coverage) == ("reweight", 0.5)
    assert model.equalization.reference == "median"
    assert model.methods.aggregate.name == "geometric"
    assert model.methods.base == 1999


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("normalise", "write key=value"),
        ("normalise.uper=1", "Did you mean 'upper'?"),
        ("normalise='minmx'", "Did you mean 'minmax'?"),
        ("agregate='geometric'", "Did you mean 'aggregate'?"),
        ("equalization.referense='mean'", "Did you mean 'reference'?"),
        ("base=[1", "is no TOML value"),
    ],
)
def test_settings_that_mean_nothing_are_refused(setting, told):
    with pytest.raises(FrameworkError) as error:
        Framework.from_toml(CHINA, settings=[setting])

    assert told in str(error.value)


def test_weights_go_before_the_framework_s_own(china):
    path = twin.ROOT / "weights" / "china-services" / "equal-by-indicator.toml"

    chosen = Framework.from_toml(CHINA, weights=path).score(OBSERVED)

    leaves = chosen.weights[chosen.weights["level"] == "indicator"]["global"]
    assert leaves.tolist() == pytest.approx([1 / 9] * 9)
    assert china.replace(weights=path).score(OBSERVED).index.equals(chosen.index)
    by_indicator = china.replace(weighting={"name": "equal", "by": "indicator"}).score(OBSERVED)
    np.testing.assert_allclose(by_indicator.index, chosen.index, rtol=1e-14)


def test_replace_gives_a_new_framework_and_leaves_the_old(china):
    before = china.digest

    other = china.replace(normalise="zscore", equalization={"reference": "best"})

    assert other.model.methods.normalise.name == "zscore"
    assert other.model.equalization.reference == "best"
    assert other.model.equalization.groups == ("zone",)
    assert china.digest == before != other.digest
    assert china.replace(equalization=None).model.equalization is None
    with pytest.raises(FrameworkError, match="Did you mean 'normalise'"):
        china.replace(normalize="zscore")


def test_a_framework_of_unknown_keys_and_files_is_refused(tmp_path):
    path = tmp_path / "framework.toml"
    cases = {
        'id = "x"\nindicatr = 1\n': "Did you mean 'indicator'?",
        'id = "x\n': "is not valid TOML",
        'id = "x"\nindicators = "absent.csv"\n': "absent.csv",
        'id = "x"\n': "there is no indicator",
        'id = "x"\n[[indicator]]\nid = "a"\n[methods]\nnormalise = "minmx"\n': "Did you mean 'minmax'?",
        'id = "x"\n[[indicator]]\nid = "a"\n[methods]\nnormalise = "goalposts"\n': "'a' has no goalposts",
        'id = "x"\n[[indicator]]\nid = "a"\n[methods]\nimpute = "medan"\n': "Did you mean 'median'?",
        'id = "x"\n[[indicator]]\nid = "a"\n[methods.aggregate]\nroot = "geometric"\n': "no level 'root'",
        'id = "x"\n[[indicator]]\nid = "a"\ntransform = "lg"\n': "transform",
    }
    for text, told in cases.items():
        path.write_text(text, encoding="utf-8")
        with pytest.raises(EquindexError) as error:
            Framework.from_toml(path)
        assert told in str(error.value), text
    with pytest.raises(FrameworkError, match="there is no file"):
        Framework.from_toml(tmp_path / "framwork.toml")


def test_a_workbook_stands_in_for_the_files(tmp_path):
    path = tmp_path / "plan.xlsx"
    sheets = {
        "framework": [
            ["key", "value"],
            ["title", "示例"],
            ["methods.normalise", "minmax"],
            ["equalization.reference", "mean"],
        ],
        "indicators": [
            ["id", "pillar", "name", "direction", "target"],
            ["a", "p", "医生", "正向", 4],
            ["b", "q", "床位", "-", "≤2"],
        ],
        "pillars": [["id", "name"], ["p", "健康"], ["q", "居住"]],
        "regions": [["region", "name", "population"], ["11", "北京", 5], ["33", "浙江", 10]],
        "targets": [["indicator", "region", "target"], ["a", "北京", "8"]],
        "weights": [["node", "weight"], ["p", 3], ["q", 1]],
        "data": [["地区", "年份", "医生", "床位"], ["北京", 2020, 4, 1], ["浙江", 2020, 2, 3]],
    }
    with xlsxwriter.Workbook(path) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)

    scores = Framework.from_toml(path).replace(table={"sheet": "data"}).score(path)

    assert scores.index.to_dict() == {("11", 2020): 100, ("33", 2020): 0}
    assert node(scores.attainment, "a", "attainment") == [50, 50]
    assert scores.weights.set_index("node").loc["p", "global"] == 0.75
    assert node(scores.equalization, "a", "reference") == [3, 3]


def test_dict_and_digest_say_everything(china):
    again = Framework.from_dict(json.loads(json.dumps(china.to_dict())))

    assert again.digest == china.digest
    same(again.score(OBSERVED), china.score(OBSERVED))


def test_check_lists_warnings_and_raises_errors(china):
    assert all(item.severity == "warning" for item in china.check(OBSERVED))
    with pytest.raises(DataError, match="missing columns"):
        framework(["a", "zzz"]).check(table(a=[1.0, 2.0]))


def test_years_filter_what_is_shown_never_what_is_measured():
    build = framework(["a"], equalization={}, attainment={})
    data = table(years=[2020, 2020, 2021, 2021], region=["A", "B"] * 2, a=[0.0, 4.0, 6.0, 8.0])

    one = build.score(data, years=[2020])

    assert one.index.to_dict() == {("A", 2020): 0, ("B", 2020): 50}
    assert (
        set(one.to_frame()["year"]) == set(one.inequality["year"]) == set(one.equalization["year"]) == {2020}
    )
    with pytest.raises(DataError, match=r"no data for 1999. Years: 2020, 2021"):
        build.score(data, years=[1999])


def test_provenance_names_digests_exclusions_and_options():
    cell = {"region": "A", "year": 2020, "indicator": "a", "reason": "misprint"}
    build = framework(["a"], exclude=[cell], methods={"normalise": "minmax", "missing": {"min_coverage": 0}})

    found = build.score(table(a=[9.0, 1.0, 2.0]), years=[2020]).provenance

    assert found["excluded"] == ["A, 2020, a: misprint"]
    assert found["framework_digest"] == build.digest
    assert found["options"] == {"years": [2020], "keep": "all"}
    assert found["weights"] == "equal, by pillar"


def test_rerun_scores_the_same_again_and_refuses_changed_data(tmp_path, china):
    data = tmp_path / "data.csv"
    data.write_bytes(OBSERVED.read_bytes())
    scores = china.score(data)
    record = tmp_path / "provenance.json"
    record.write_text(json.dumps(scores.provenance), encoding="utf-8")

    again, warnings = rerun(record)

    same(again, scores)
    assert again.provenance == scores.provenance
    assert warnings == []
    data.write_text(data.read_text(encoding="utf-8").replace("5.3", "5.4"), encoding="utf-8")
    with pytest.raises(DataError, match="changed since that run"):
        rerun(record)


# --- Fitted ------------------------------------------------------------------------------------------------

BASE = table(a=[0.0, 10.0, 5.0], b=[2.0, 4.0, 3.0])


@pytest.mark.parametrize(
    ("normalise", "expected"),
    [
        ("minmax", [(200 + 250) / 2, (50 + 0) / 2]),
        ("zscore", [(3 + 4) / 2, (0 - 1) / 2]),
        ({"name": "ratio", "reference": "best"}, [(200 + 175) / 2, (50 + 50) / 2]),
    ],
    ids=["minmax", "zscore", "ratio"],
)
def test_new_years_and_regions_are_scored_with_what_was_fitted(normalise, expected):
    fitted = framework(["a", "b"], methods={"normalise": normalise}).fit(BASE)

    found = fitted.score(table(years=2021, region=["X", "A"], a=[20.0, 5.0], b=[7.0, 2.0])).index

    assert found.to_dict() == pytest.approx({("X", 2021): expected[0], ("A", 2021): expected[1]})


def test_a_fitted_region_scores_as_it_did():
    leaves = [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "q"}]
    for normalise in ("minmax", "zscore", "rank", "percentile", "ratio"):
        build = framework(leaves, pillar=[{"id": "p"}, {"id": "q"}], methods={"normalise": normalise})
        whole = build.score(BASE).index
        for row in range(3):
            one = build.fit(BASE).score(BASE.iloc[[row]]).index
            assert one.iloc[0] == pytest.approx(whole.iloc[row], rel=1e-14, abs=1e-14), normalise


def test_a_fitted_year_keeps_its_reference_and_new_years_have_their_own():
    build = framework(["a"], methods=None, equalization={"reference": "mean"})
    fitted = build.fit(table(a=[2.0, 4.0]))

    old = fitted.score(table(region=["X"], a=[6.0])).equalization
    new = fitted.score(table(years=2021, region=["X"], a=[6.0])).equalization

    assert node(old, "a", "reference") == [3]
    assert node(new, "a", "reference") == [6]


def test_a_base_of_each_year_cannot_place_years_that_were_not_measured():
    build = framework(["a"], methods={"normalise": "minmax", "base": "year"})
    data = table(years=[2020, 2020, 2021, 2021], region=["A", "B"] * 2, a=[0.0, 4.0, 6.0, 8.0])

    with pytest.raises(DataError, match="year 2022 was not measured"):
        build.fit(data).score(table(years=2022, region=["A"], a=[1.0]))


@pytest.mark.parametrize("normalise", ["minmax", "zscore", "rank", "percentile"])
def test_a_fitted_framework_survives_its_file_exactly(tmp_path, china, normalise):
    fitted = china.replace(normalise=normalise, equalization=None if normalise == "rank" else {}).fit(
        OBSERVED
    )

    loaded = Fitted.load(fitted.save(tmp_path / "fitted.json"))

    same(loaded.score(OBSERVED), fitted.score(OBSERVED))
    assert loaded.framework.digest == fitted.framework.digest
    assert loaded.digests == fitted.digests
    with pytest.raises(FrameworkError, match="exists"):
        fitted.save(tmp_path / "fitted.json")
    assert fitted.save(tmp_path / "fitted.json", force=True).exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "other"}'])
def test_what_is_no_fitted_file_is_refused(tmp_path, text):
    path = tmp_path / "fitted.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(FrameworkError, match="is no fitted framework"):
        Fitted.load(path)


# --- Any framework and table -------------------------------------------------------------------------------

METHODS = {
    "normalise": st.sampled_from(
        [
            "minmax",
            {"name": "minmax", "lower": 1, "upper": 100},
            "zscore",
            "rank",
            "percentile",
            "ratio",
            {"name": "goalposts", "low": 0, "high": 10},
        ]
    ),
    "base": st.sampled_from(["panel", "panel", "year", 2020]),
    "aggregate": st.sampled_from(
        ["arithmetic", "geometric", "harmonic", {"pillar": "harmonic", "index": "arithmetic"}]
    ),
    "missing": st.sampled_from(["propagate", {"min_coverage": 0}, {"min_coverage": 0.66}]),
    "rank_decimals": st.sampled_from(["none", 0, 2]),
}
LEAF = {
    "pillar": st.sampled_from(["index", "p", "q"]),
    "direction": st.sampled_from(["positive", "negative"]),
    "weight": st.sampled_from([1.0, 2.5, 3.0, 0.5, 0.0]),
    "target": st.sampled_from([None, "5", "＞3", "<4", "2-6", "[7]", "4左右", "—"]),
    "baseline": st.sampled_from([None, "2", "<4"]),
}
SECTIONS = {
    "attainment": st.fixed_dictionaries(
        {"rule": st.sampled_from(["ratio", "progress", "met"]), "plan": st.just([2020, 2025])}
    ),
    "equalization": st.none()
    | st.fixed_dictionaries(
        {
            "measures": st.just(["gini", "theil_t", "theil_l", "cv", "hoover", "max_min"]),
            "reference": st.sampled_from(["mean", "median", "best", {"region": "A"}]),
        }
    ),
}
NUMBERS = st.sampled_from([0.0, 1.0, 2.5, -3.0, 1e6, 1e-9]) | st.floats(-1e12, 1e12)
PRINTED = st.sampled_from(["", "—", "<4", "≥3", "4.5左右", "[2]", "7%", "3-4"])
WRONG = st.sampled_from(["x", "1e400", "nan", math.inf])
ABOVE = st.floats(0.5, 1e6)
TAME = st.floats(0.5, 99, width=32)
CELLS = [ABOVE, ABOVE, ABOVE | st.just(NAN), ABOVE | PRINTED, NUMBERS, NUMBERS | PRINTED | WRONG]


@st.composite
def frameworks(draw):
    leaves = [{"id": f"i{n}"} | draw(st.fixed_dictionaries(LEAF)) for n in range(draw(st.integers(1, 4)))]
    used = dict.fromkeys(leaf["pillar"] for leaf in leaves if leaf["pillar"] != "index")
    pillars = [{"id": name, "weight": 1.0, "parent": "index"} for name in used]
    if len(pillars) == 2 and draw(st.booleans()):
        pillars[1]["parent"] = pillars[0]["id"]
    leaves = [{key: value for key, value in leaf.items() if value is not None} for leaf in leaves]
    sections = draw(st.fixed_dictionaries(SECTIONS))
    return {
        "indicators": leaves,
        "pillar": pillars,
        "methods": draw(st.fixed_dictionaries(METHODS)),
        **sections,
    }


@st.composite
def panels(draw, columns, cells=None):
    cells = draw(st.sampled_from(CELLS)) if cells is None else cells
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("ABCD"), st.sampled_from([2020, 2021])),
            min_size=2,
            max_size=7,
            unique=True,
        )
    )
    size, apart = len(rows), cells in (ABOVE, TAME)
    data = {name: draw(st.lists(cells, min_size=size, max_size=size, unique=apart)) for name in columns}
    return pd.DataFrame({"region": [r for r, _ in rows], "year": [y for _, y in rows], **data})


def bounds(methods):
    normalise, kind = methods["normalise"], methods["base"]
    if kind != "panel" or normalise in ("zscore", "rank", "ratio"):
        return None
    return (1, 100) if isinstance(normalise, dict) and normalise["name"] == "minmax" else (0, 100)


def reasoned(scores):
    columns = {"scores": "score", "inequality": "value"}
    for name, frame in scores.tables().items():
        missing = frame[columns.get(name, name)].isna()
        assert frame.loc[missing, "reason"].ne("").all(), name


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_framework_scores_any_table_or_refuses_it(data):
    sections = data.draw(frameworks())
    found = data.draw(panels([leaf["id"] for leaf in sections["indicators"]]))

    try:
        scores = framework(**sections).score(found)
        reasoned(scores)
    except EquindexError:
        return
    index = scores.index.to_numpy()
    limits = bounds(sections["methods"])
    if limits:
        seen = index[np.isfinite(index)]
        assert (seen >= limits[0] - 1e-9).all()
        assert (seen <= limits[1] + 1e-9).all()
    assert not np.isinf(index).any()
    frame = scores.to_frame()
    leaves = frame[frame["level"] == "indicator"]
    total = leaves.groupby(["year", "region"], observed=True)["effective"].sum()
    whole = scores.index.swaplevel().reindex(total.index).notna()
    np.testing.assert_allclose(total, whole.astype(float), atol=1e-9)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_framework_scores_any_table_or_refuses_it_many_times(data):
    test_any_framework_scores_any_table_or_refuses_it.hypothesis.inner_test(data)


HEADERS = st.sampled_from(
    ["region", "year", "i0", "i1", "地区", "年份", "指标", "数值", "value", "indicator", "2020", ""]
) | st.text(max_size=4)
ANYTHING = (
    st.none()
    | st.text(max_size=5)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.sampled_from(["A", 2020, "i0"])
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(HEADERS, max_size=5), st.data())
def test_any_frame_at_all_is_scored_or_refused(headers, data):
    size = data.draw(st.integers(0, 3))
    rows = data.draw(
        st.lists(
            st.lists(ANYTHING, min_size=len(headers), max_size=len(headers)), min_size=size, max_size=size
        )
    )
    frame = pd.DataFrame(rows, columns=headers, dtype=object)

    for build in (
        framework(["i0"]),
        framework(["i0", "i1"], regions=[{"region": "A", "population": 1}], equalization={}),
    ):
        with suppress(EquindexError):
            reasoned(build.score(frame))


PLAIN = {"equalization": {"measures": ["gini", "theil_t", "cv"]}, "attainment": {"rule": "ratio"}}
TREE = [
    {"id": "a", "pillar": "p", "target": "50"},
    {"id": "b", "pillar": "p", "direction": "negative", "target": "20"},
    {"id": "c"},
]


def tree(normalise):
    return framework(TREE, pillar=[{"id": "p"}], methods={"normalise": normalise}, **PLAIN)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.uniform(0.5, 99, (20, 3)).round(3), columns=["a", "b", "c"])
    frame.loc[3, "a"] = NAN
    keys = pd.DataFrame(
        {"region": [f"R{n % 10}" for n in range(20)], "year": [2020 + n // 10 for n in range(20)]}
    )
    return pd.concat([keys, frame], axis=1)


NORMALISERS = ["minmax", "zscore", "rank", "percentile", "ratio"]


@pytest.mark.parametrize("normalise", NORMALISERS)
def test_the_order_of_rows_and_columns_means_nothing(data, normalise):
    shuffled = data.sample(frac=1, random_state=3)[["c", "year", "b", "region", "a"]]

    same(tree(normalise).score(shuffled), tree(normalise).score(data), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("normalise", NORMALISERS)
def test_a_change_of_unit_changes_no_score(data, normalise):
    scores = tree(normalise).score(data)

    other = tree(normalise).score(data.assign(c=data["c"] * 1000))

    np.testing.assert_allclose(other.index, scores.index, rtol=1e-11, atol=1e-11)
    assert other.ranks["index"].equals(scores.ranks["index"])
    np.testing.assert_allclose(
        other.equalization["equalization"], scores.equalization["equalization"], rtol=1e-11
    )


def test_a_column_of_no_indicator_changes_nothing(data):
    same(tree("minmax").score(data.assign(zzz="x", 其他=1.0)), tree("minmax").score(data))


def test_long_and_wide_tables_give_the_same(data):
    long = data.melt(["region", "year"], var_name="indicator", value_name="value").sample(
        frac=1, random_state=1
    )

    same(tree("minmax").score(long), tree("minmax").score(data), rtol=1e-12, atol=1e-12)


def test_a_file_gives_the_same_as_the_frame(tmp_path, data):
    data.to_csv(tmp_path / "data.csv", index=False)

    same(tree("minmax").score(tmp_path / "data.csv"), tree("minmax").score(data))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(panels(["a", "b", "c"], TAME), st.sampled_from(["minmax", "zscore", "percentile"]))
def test_a_better_value_is_never_scored_lower(frame, normalise):
    frame = frame.drop_duplicates(["a"]).drop_duplicates(["b"]).drop_duplicates(["c"]).reset_index(drop=True)
    if len(frame) < 2:
        return
    fitted = tree(normalise).fit(frame)

    before = fitted.score(frame).index
    better = fitted.score(frame.assign(a=frame["a"] + 1, b=frame["b"] - 0.25)).index

    assert (better.to_numpy() >= before.to_numpy() - 1e-12).all()


def test_a_folder_within_the_data_is_no_table(tmp_path):
    (tmp_path / "a.csv").write_text("region,year,a\nA,2020,1\nB,2020,2\n")
    (tmp_path / "old.csv").mkdir()

    scores = framework(["a"]).score(tmp_path)

    assert list(scores.provenance["data"]["digests"]) == ["a.csv"]


def test_an_index_named_like_a_column_is_refused():
    data = table(a=[1.0, 2]).set_index("region", drop=False)

    with pytest.raises(DataError, match="'region' names both a level of the index and a column"):
        framework(["a"]).score(data)


@pytest.mark.parametrize("stamp", ["soon", "9" * 20])
def test_a_build_date_that_is_none_is_refused(stamp, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stamp)

    with pytest.raises(FrameworkError, match="SOURCE_DATE_EPOCH"):
        framework(["a"]).score(table(a=[1.0, 2]))


def test_a_fit_stands_in_for_an_absent_reference_region():
    build = framework(["a"], methods=None, equalization={"reference": {"region": "C"}})
    data = table(a=[1.0, 2, 4])

    scores = build.fit(data).score(data[data["region"] != "C"])

    assert node(scores.equalization, "a", "equalization") == [25, 50]


# --- What callers pass --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, [1, 2], [], {"a": [1]}, np.eye(2), pd.Series([1.0]), 5, ""], ids=repr)
@pytest.mark.parametrize("verb", ["score", "check", "fit"])
def test_data_of_another_kind_are_refused_with_what_is_accepted(verb, data):
    with pytest.raises(DataError, match="file"):
        getattr(framework(["a"]), verb)(data)


@pytest.mark.parametrize("years", [2021, "2021", [2021], ("2021",), np.int64(2021), [2021.0]])
def test_one_year_may_stand_alone(years):
    data = table([2020, 2020, 2021, 2021], region=["A", "B"] * 2, a=[1.0, 2, 3, 4])

    assert framework(["a"]).score(data, years=years).years == (2021,)


@pytest.mark.parametrize("years", ["x", 2021.5, [None], ["2021-2022"]])
def test_years_that_are_none_are_refused(years):
    with pytest.raises(DataError, match="whole numbers"):
        framework(["a"]).score(table(a=[1.0, 2]), years=years)


def test_keep_knows_two_words():
    with pytest.raises(MethodError, match="Known: all, index"):
        framework(["a"]).score(table(a=[1.0, 2]), keep="foo")


@pytest.mark.parametrize("data", [{}, {"id": "x"}, [], None, {"framework": {"id": "x"}, "regions": [1]}])
def test_from_dict_of_something_else_is_refused(data):
    with pytest.raises(FrameworkError, match="to_dict"):
        Framework.from_dict(data)


def test_steps_that_were_not_kept_are_refused_not_empty():
    build = framework([{"id": "a", "target": "2"}, "b"], equalization={})

    scores = build.score(table(a=[1.0, 2], b=[3.0, 1]), keep="index")

    for name in ("pillars", "attainment", "equalization", "binding"):
        with pytest.raises(DataError, match="only the index was kept"):
            getattr(scores, name)
    assert list(scores.tables()) == ["scores", "inequality"]


def test_tables_name_indicators_by_name_and_years_as_printed(tmp_path):
    (tmp_path / "f.toml").write_text('id="x"\nindicators="i.csv"\ntargets="t.csv"\n', encoding="utf-8")
    (tmp_path / "i.csv").write_text(
        "id,name,baseline_year,target,target_year\na,床位,2020年,2,2025.0\nb,医生,,,\n", encoding="utf-8"
    )
    (tmp_path / "t.csv").write_text("indicator,year,target\n医生,2030年,4\na,2031,4\n", encoding="utf-8")

    model = Framework.from_toml(tmp_path / "f.toml").model

    assert (model.indicator[0].baseline_year, model.indicator[0].target_year) == (2020, 2025)
    assert [(row.indicator, row.year) for row in model.target] == [("b", 2030), ("a", 2031)]


def test_a_fault_in_a_table_names_its_row(tmp_path):
    (tmp_path / "f.toml").write_text('id="x"\nindicators="i.csv"\n', encoding="utf-8")
    (tmp_path / "i.csv").write_text("id,direction\na,positive\nb,sideways\n", encoding="utf-8")

    with pytest.raises(FrameworkError, match=r"i\.csv row 3: indicator 'b' → direction"):
        Framework.from_toml(tmp_path / "f.toml")


def test_a_name_of_two_indicators_is_no_name(tmp_path):
    (tmp_path / "f.toml").write_text('id="x"\nindicators="i.csv"\ntargets="t.csv"\n', encoding="utf-8")
    (tmp_path / "i.csv").write_text("id,name\na,床位\nb,床位\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("indicator,year,target\n床位,2030,4\n", encoding="utf-8")

    with pytest.raises(FrameworkError, match="target of '床位': no such indicator"):
        Framework.from_toml(tmp_path / "f.toml")


def test_a_plan_copied_from_a_report_needs_no_ids_and_no_pillar_tables(tmp_path):
    (tmp_path / "plan.csv").write_text(
        "指标,领域,目标值\n医师数,健康,≥3\n床位数,健康,≥5\n在园率,教育,90\n", encoding="utf-8"
    )
    (tmp_path / "f.toml").write_text('id = "f"\nindicators = "plan.csv"\n', encoding="utf-8")

    built = Framework.from_toml(tmp_path / "f.toml")

    assert [i.id for i in built.model.indicator] == ["医师数", "床位数", "在园率"]
    assert [(p.id, p.name) for p in built.model.pillar] == [("健康", "健康"), ("教育", "教育")]


def test_pillars_may_be_named_by_their_name(tmp_path):
    (tmp_path / "plan.csv").write_text("编号,指标,领域\na,医师数,健康\n", encoding="utf-8")
    text = 'id = "f"\nindicators = "plan.csv"\n[[pillar]]\nid = "health"\nname = "健康"\n'
    (tmp_path / "f.toml").write_text(text, encoding="utf-8")

    assert Framework.from_toml(tmp_path / "f.toml").model.indicator[0].pillar == "health"


def test_excluded_cells_may_be_named_by_the_indicators_name(tmp_path):
    (tmp_path / "plan.csv").write_text("编号,指标,目标值\na,医师数,≥3\n", encoding="utf-8")
    cell = 'region = "A"\nyear = 2020\nindicator = "医师数"\nreason = "x"\n'
    text = f'id = "f"\nindicators = "plan.csv"\n[[exclude]]\n{cell}'
    (tmp_path / "f.toml").write_text(text, encoding="utf-8")

    assert Framework.from_toml(tmp_path / "f.toml").model.exclude[0].indicator == "a"


def test_the_hidden_ending_of_a_text_file_is_named(tmp_path):
    (tmp_path / "f.toml.txt").write_text('id = "f"', encoding="utf-8")

    with pytest.raises(FrameworkError, match=r"There is a f\.toml\.txt: rename it"):
        Framework.from_toml(tmp_path / "f.toml")


def test_numbers_of_a_workbook_keep_the_digits_that_excel_keeps():
    built = Framework.from_dict(
        {
            "framework": {"id": "f", "indicator": [{"id": "a", "target": 75, "baseline": 0.1 + 0.2}]},
            "regions": [],
        }
    )

    assert (built.model.indicator[0].target, built.model.indicator[0].baseline) == ("75", "0.3")


# --- Weight keys that something overrides ------------------------------------------------------------

KEYED = [{"id": "a", "weight": 3}, {"id": "b", "weight": 1}]
UNUSED = "weights not used"


@pytest.mark.parametrize(
    ("methods", "weights", "said"),
    [
        (
            {"weighting": "equal"},
            None,
            "weight keys of 'a', 'b' count for nothing: weighting = 'equal' is used.",
        ),
        ({"weighting": "entropy"}, None, "count for nothing: weighting = 'entropy' is used."),
        ({}, {"id": "w", "weights": {"a": 1, "b": 1}}, "count for nothing: the weight set 'w' is used."),
        (
            {"aggregate": "bod"},
            None,
            "'a', 'b' only say who takes part: bod gives each region weights of its own",
        ),
        ({}, None, ""),
    ],
)
def test_weight_keys_that_count_for_nothing_are_warned_of(methods, weights, said):
    build = framework(KEYED, methods={"normalise": "minmax", **methods}, weights=weights)

    found = [
        str(item) for item in build.check(table(a=[1.0, 2, 4], b=[1.0, 3, 2])).warnings if item.kind == UNUSED
    ]

    assert (len(found) == 1 and said in found[0]) if said else not found


def test_frameworks_without_weight_keys_are_not_warned_of_weights():
    build = framework(["a", "b"], methods={"normalise": "minmax", "weighting": "equal"})

    assert not build.check(table(a=[1.0, 2, 4], b=[1.0, 3, 2])).warnings
