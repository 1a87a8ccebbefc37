"""What a plan says against itself: one warning for each contradiction, silence where there is none."""

import csv
import re

import pandas as pd
import pytest

from conftest import REPOSITORY
from equindex import DataError, Framework
from small import framework, table

RUGAO = REPOSITORY / "data" / "rugao-2025"
PLAN = {"attainment": {"plan": [2021, 2025]}, "methods": None}


def one(**keys):
    """Return a plan with one indicator `a`, from 2020 to 2025 unless told."""
    return {"id": "a", "baseline_year": 2020, "target_year": 2025} | keys


def told(indicators, data=None, **sections):
    """Return the kinds and messages about contradictions, in order."""
    ids = [leaf["id"] for leaf in indicators]
    data = table(2021, **{name: [None] for name in ids}) if data is None else data
    findings = framework(indicators, **(PLAN | sections)).inspect(data)[1]
    assert not findings.errors
    others = ("missing values", "bound, not a value", "constant column", "regions without data", "target")
    return [(item.kind, item.message) for item in findings.warnings if item.kind not in others]


def kinds(indicators, data=None, **sections):
    return [kind for kind, _ in told(indicators, data, **sections)]


def kept(indicators, data=None):
    data = table(2021, **{leaf["id"]: [None] for leaf in indicators}) if data is None else data
    notes = framework(indicators, **PLAN).check(data).notes
    return [note.partition(": ")[2] for note in notes if note.startswith("to be maintained")]


# the plan of Rugao ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rugao():
    return Framework.from_toml(RUGAO / "framework.toml").check(RUGAO / "observations.csv")


@pytest.mark.parametrize(
    ("kind", "indicator", "figures"),
    [  # the list of known contradictions of the plan, and its rows whose target was passed in 2020
        (
            "table against text",
            "skills_training",
            ["[60]", "6万人次", "10 times", "万", "total of the period"],
        ),
        ("table against text", "nursery_places", ["4.5左右", "不低于每千人口4.5个", "about", "at least"]),
        ("table against text", "inclusive_kindergartens", ["＞90", "90%以上", "more than 90", "at least 90"]),
        ("table against text", "unemployment_rate", ["<4", "2%以下", "both can be true"]),
        ("table against text", "medical_insurance", ["≥98", "101.42%", "both can be true"]),
        ("period total", "housing_renewal", ["1.62", "万户", "0.27", "6 times"]),
        ("implausible rise", "schooling_years", ["10.41", "15.5", "5 years", "+49%", "+8.3% a year"]),
        ("implausible rise", "nursery_places", ["2.2", "4.5左右", "+105%", "+15.4% a year"]),
        ("alias", "children_in_difficulty", ["困境儿童保障覆盖率", "困境儿童应保尽保率", "注3"]),
        ("target already met", "inclusive_kindergartens", ["90.79%", "＞90"]),
        ("target already met", "legal_aid", ["14.90", "≥10"]),
        ("target already met", "disability_rehabilitation", ["99.6", "≥98"]),
        ("target already met", "sewage_treatment", ["97.1%", "≥95"]),
    ],
)
def test_the_plan_of_rugao_is_told_each_contradiction_with_both_figures(rugao, kind, indicator, figures):
    [found] = [item for item in rugao.warnings if (item.kind, item.indicator) == (kind, indicator)]

    assert all(figure in found.message for figure in figures), found.message
    assert found.remedy


def test_the_plan_of_rugao_has_no_other_contradiction(rugao):
    plain = ("missing values", "bound, not a value", "region tree")

    assert len([item for item in rugao.warnings if item.kind not in plain]) == 13


def test_targets_that_only_keep_what_there_is_are_one_note(rugao):
    [note] = [note for note in rugao.notes if note.startswith("to be maintained")]

    assert note.count(" 100") == 9
    assert "unemployment_rate <4" in note
    assert "inclusive_kindergartens" not in note


def test_statements_are_quotes_of_the_plan(reference):
    quotes = {}
    for name in ("rugao_text_targets", "rugao_2020_achieved"):
        with reference(f"plans/{name}.csv").open(encoding="utf-8", newline="") as lines:
            quotes |= {row["id"]: row["source_quote"] for row in csv.DictReader(lines)}
    with (RUGAO / "statements.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["source"] in quotes]

    assert len(rows) == 7
    assert [row for row in rows if row["printed"] not in quotes[row["source"]]] == []
    assert [row for row in rows if row["name"] not in quotes[row["source"]]] == []


@pytest.mark.parametrize("name", ["observations.csv", "panel.csv"])
def test_frameworks_without_a_plan_are_told_nothing(name):
    folder = REPOSITORY / "data" / "china-services"
    findings = Framework.from_toml(folder / "framework.toml").check(folder / name)

    assert {item.kind for item in findings.warnings} <= {"missing values"}
    assert not findings.notes


def test_the_human_development_index_is_told_nothing(reference):
    built = Framework.from_toml(REPOSITORY / "data" / "hdi" / "framework.toml")

    assert not built.check(reference("undp_hdr/hdr2324_2022.csv")).warnings


@pytest.mark.parametrize("folder", ["wuzhong-2025", "taizhou-2021", "zhejiang-2020"])
def test_plans_that_print_targets_alone_are_told_nothing(folder):
    known = {path.stem for path in (REPOSITORY / "data" / folder).glob("*.*")}
    if not known >= {"framework", "observations"}:
        pytest.skip(f"{folder} is not here")
    built = Framework.from_toml(REPOSITORY / "data" / folder / "framework.toml")
    findings = built.check(REPOSITORY / "data" / folder / "observations.csv")
    page = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
    ours = re.search(r"^\| target already met.*?(?=^\| ragged)", page, re.M | re.S)[0]

    assert not [item for item in findings.warnings if f"| {item.kind} |" in ours]


def test_contradictions_change_no_number():
    built = Framework.from_toml(RUGAO / "framework.toml")
    model = built.model.model_copy(update={"statement": (), "monitoring": built.model.monitoring})
    silent = Framework(model=model, region_records=built.region_records)

    one, other = (f.score(RUGAO / "observations.csv").tables()["attainment"] for f in (built, silent))

    pd.testing.assert_frame_equal(one, other)


def test_a_long_list_of_targets_to_keep_is_cut_short():
    leaves = [one(id=f"a{place}", target="100", baseline="100") for place in range(23)]

    [note] = kept(leaves)

    assert note.startswith("a0 100, a1 100, ")
    assert note.endswith("a19 100 and 3 more")


# target already met --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "operator"),
    [*(("positive", sign) for sign in ("", "≥", "＞")), *(("negative", sign) for sign in ("", "≤", "<"))],
)
@pytest.mark.parametrize("baseline", ["89", "90", "91", "≥90", "＞90", "≤90", "<90", "≥91", "<89"])
def test_a_start_is_at_or_past_its_target_as_scoring_judges_it(direction, operator, baseline):
    leaf = one(direction=direction, target=f"{operator}90", baseline=baseline)
    data = table(2020, a=[baseline])

    scored = framework([leaf], **PLAN).score(data).tables()["attainment"]

    met = scored.loc[scored["node"] == "a", "met"].fillna(value=False).eq(True).item()
    assert met == bool(kept([leaf], data) or "target already met" in kinds([leaf], data))


@pytest.mark.parametrize(
    ("direction", "target", "baseline", "expected"),
    [
        ("positive", "≥90", "91", "met"),
        ("positive", "≥90", "90", "kept"),
        ("positive", "＞90", "90", ""),
        ("positive", "≥90", "≥95", "met"),
        ("negative", "≤4", "3.9", "met"),
        ("negative", "<4", "<4", "kept"),
        ("negative", "<4", "4", ""),
        ("positive", "[60]", "70", ""),
        ("positive", "第一", "1", ""),
        ("positive", "再增加5", "70", ""),
        ("positive", "逐步提高", "70", ""),
        ("positive", "基本完成", "70", ""),
    ],
)
def test_met_is_told_from_kept_and_from_neither(direction, target, baseline, expected):
    leaf = one(direction=direction, target=target, baseline=baseline)

    found = "met" if "target already met" in kinds([leaf]) else "kept" if kept([leaf]) else ""

    assert found == expected


def test_an_interval_that_holds_the_start_is_kept():
    leaf = one(direction="interval", best=[30, 40], target="30~40", baseline="35")

    assert kinds([leaf]) == []
    assert kept([leaf]) == ["a 30~40"]


def test_levels_are_met_by_higher_ones():
    leaf = one(levels="3级; 4级乙等; 4级甲等", target="4级乙等", baseline="4级甲等")

    assert told([leaf]) == [
        ("target already met", "'4级甲等' in 2020 already meets '4级乙等' for 2025."),
    ]


def test_the_data_of_the_baseline_year_count_where_no_baseline_is_printed():
    leaf = one(target="≥90")
    past = table(2020, a=[95.0, 91.5])
    mixed = table(2020, a=[95.0, 89.0])
    later = table(2021, a=[95.0, 91.5])

    assert told([leaf], past) == [
        ("target already met", "every one of 2 values (91.5 to 95) in 2020 already meets '≥90' for 2025.")
    ]
    assert kinds([leaf], mixed) == []
    assert kinds([leaf], later) == []


def test_the_year_before_the_plan_is_the_baseline_year():
    leaf = {"id": "a", "target": "≥90"}

    assert kinds([leaf], table(2020, a=[91.0])) == ["target already met"]
    assert kinds([leaf], table(2020, a=[91.0]), attainment={}) == []


def test_a_target_of_one_region_is_held_against_that_region():
    rows = [{"indicator": "a", "region": name, "year": 2025, "target": "≥90"} for name in "AB"]
    data = table(2020, a=[95.0, 80.0, 99.0])

    assert kinds([{"id": "a"}], data, target=rows) == []
    assert told([{"id": "a"}], data, target=rows[:1]) == [
        ("target already met", "95 in 2020 already meets '≥90' for 2025.")
    ]


def test_a_target_for_some_regions_is_held_against_those():
    rows = [{"indicator": "a", "where": "area=new", "year": 2025, "target": "≥90"}]
    regions = [{"region": "A", "area": "new"}, {"region": "B", "area": "old"}]

    for values, expected in [([91.0, 80.0], ["target already met"]), ([80.0, 91.0], [])]:
        built = framework([{"id": "a"}], regions=regions, target=rows, **PLAN)
        found = built.check(table(2020, a=values)).warnings
        assert [item.kind for item in found] == expected


# implausible rise ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [  # 1.08^5 = 1.46933, 0.92^5 = 0.65908
        ({"baseline": "100", "target": "146.9"}, []),
        ({"baseline": "100", "target": "147"}, ["implausible rise"]),
        ({"baseline": "100", "target": "≤66", "direction": "negative"}, []),
        ({"baseline": "100", "target": "≤65.9", "direction": "negative"}, ["implausible fall"]),
        ({"baseline": "100", "target": "≤0", "direction": "negative"}, []),
        ({"baseline": "0", "target": "10"}, []),
        ({"baseline": "＞100", "target": "200"}, []),
        ({"baseline": "<100", "target": "200"}, ["implausible rise"]),
        ({"baseline": "100", "target": "[200]"}, []),
        ({"baseline": "100", "target": "200", "cumulate": "latest"}, []),
        ({"baseline": "否", "target": "是", "unit": "是/否"}, []),
        ({"baseline": "9", "target": "第一", "direction": "negative"}, []),
        ({"baseline": "9", "target": "1", "direction": "negative", "kind": "rank"}, []),
        ({"baseline": "1级", "target": "3级", "levels": "1级; 2级; 3级"}, []),
        (
            {"baseline": "100", "target": "110", "target_year": 2021, "baseline_year": 2020},
            ["implausible rise"],
        ),
        ({"baseline": "100", "target": "200", "direction": "interval", "best": [200, 210]}, []),
    ],
)
def test_a_rise_is_implausible_above_eight_percent_a_year(keys, expected):
    assert kinds([one(**keys)]) == expected


def test_the_message_has_both_figures_the_years_and_the_rates():
    rise = one(baseline="100", target="≥147")
    fall = one(baseline="100", target="≤65.9", direction="negative")

    assert told([rise])[0][1] == (
        "from '100' in 2020 to '≥147' in 2025 is +47% in 5 years, +8.0% a year; more than 8% is hard to believe."
    )
    assert told([fall])[0][1].startswith(
        "from '100' in 2020 to '≤65.9' in 2025 is -34% in 5 years, -8.0% a year"
    )


def test_what_is_plausible_is_for_the_user_to_say():
    leaf = one(baseline="100", target="≥147")

    assert kinds([leaf], monitoring={"plausible_growth": 0.09}) == []
    assert kinds([one(baseline="100", target="120")], monitoring={"plausible_growth": 0.03}) == [
        "implausible rise"
    ]


def test_of_several_regions_the_nearest_decides():
    leaf = one(target="≥100")

    assert kinds([leaf], table(2020, a=[20.0, 90.0])) == []
    assert "from 60, the nearest of 2 regions, in 2020" in told([leaf], table(2020, a=[20.0, 60.0]))[0][1]


# period total --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"unit": "万户", "baseline": "0.27", "target": "1.62"}, ["period total"]),
        ({"unit": "套", "baseline": "100", "target": "200"}, ["period total"]),
        ({"unit": "萬戶", "baseline": "100", "target": "200"}, ["period total"]),
        ({"unit": "套", "baseline": "100", "target": "199"}, ["implausible rise"]),
        ({"unit": "套", "baseline": "100", "target": "[200]"}, []),
        ({"unit": "套", "baseline": "100", "target": "200", "cumulate": "sum"}, []),
        ({"unit": "套", "baseline": "100", "target": "200", "cumulate": "latest"}, []),
        ({"unit": "%", "baseline": "10", "target": "20"}, ["implausible rise"]),
        ({"unit": "个/万人", "baseline": "10", "target": "20"}, ["implausible rise"]),
        ({"unit": "个", "name": "每千人口托位数", "baseline": "10", "target": "20"}, ["implausible rise"]),
        ({"unit": "个", "name": "人均座位", "baseline": "10", "target": "20"}, ["implausible rise"]),
        ({"unit": "人次", "target": "60"}, []),
    ],
)
def test_a_count_that_doubles_without_brackets_looks_like_a_total(keys, expected):
    assert kinds([one(**keys)]) == expected


# baselines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "value", "expected"),
    [
        ("90.8", 90.79, []),  # rounded as printed
        ("90.8", 90.7, ["baseline"]),
        ("<94", 93.9, []),
        ("<94", 94.5, ["baseline"]),
        ("<94", "<94", []),
        ("约90", 92.0, []),
        ("约90", 95.0, ["baseline"]),
        ("—", 91.0, []),
    ],
)
def test_a_printed_baseline_agrees_with_the_data_of_its_year(printed, value, expected):
    assert kinds([one(baseline=printed, target="97")], table(2020, a=[value])) == expected


def test_the_message_has_the_printed_baseline_and_the_data():
    [(_, message)] = told([one(baseline="90.8", target="97")], table(2020, a=[90.7]))

    assert message == "the printed baseline is '90.8', but the data hold 90.7 in 2020."


def test_one_baseline_for_regions_that_differ_is_told_once():
    rows = [{"indicator": "a", "year": year, "target": f"≥{goal}"} for year, goal in ((2023, 95), (2025, 97))]

    [(kind, message)] = told(
        [{"id": "a", "baseline": "90", "baseline_year": 2020}], table(2020, a=[90.0, 85.0, 92.0]), target=rows
    )

    assert kind == "baseline"
    assert "'90'" in message
    assert "each of 3 regions in 2020, such as 85 in B" in message


def test_regions_that_all_start_from_the_printed_baseline_agree():
    assert kinds([one(baseline="90", target="97")], table(2020, a=[90.0, 90.0])) == []


@pytest.mark.parametrize("roll_up", ["sum", "mean"])
def test_parts_of_a_sum_are_no_values_of_the_whole(roll_up):
    leaf = one(baseline="100", target="120", roll_up=roll_up)

    assert kinds([leaf], table(2020, a=[40.0, 60.0])) == (["baseline"] if roll_up == "mean" else [])


# years ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"target_year": 2026}, "outside the plan of 2021-2025"),
        ({"target_year": 2020, "baseline_year": 2019}, "outside the plan of 2021-2025"),
        ({"target_year": 2023, "baseline_year": 2023}, "not before 2023"),
        ({"target_year": 2023, "baseline_year": 2024}, "the baseline is of 2024"),
    ],
)
def test_target_years_lie_in_the_plan_and_after_the_baseline(keys, part):
    [(kind, message)] = told([one(target="≥90", **keys)])

    assert kind == "target year"
    assert part in message
    assert "'≥90'" in message


def test_a_later_target_asks_for_no_less():
    def rows(*pairs):
        return [{"indicator": "a", "year": year, "target": goal} for year, goal in pairs]

    assert told([{"id": "a"}], target=rows((2025, "≥90"), (2023, "≥100"))) == [
        ("target year", "'≥90' for 2025 asks for less than '≥100' for 2023.")
    ]
    assert kinds([{"id": "a"}], target=rows((2023, "≥90"), (2025, "≥90"))) == []
    falls = {"id": "a", "direction": "negative"}
    assert kinds([falls], target=rows((2023, "≤5"), (2025, "≤4"))) == []
    assert kinds([falls], target=rows((2023, "≤4"), (2025, "≤5"))) == ["target year"]


def test_targets_of_different_regions_and_versions_are_no_sequence():
    regions = [
        {"indicator": "a", "region": "A", "year": 2023, "target": "≥100"},
        {"indicator": "a", "region": "B", "year": 2025, "target": "≥90"},
    ]
    versions = [
        {"indicator": "a", "effective_from": 2021, "year": 2023, "target": "≥100"},
        {"indicator": "a", "effective_from": 2022, "year": 2025, "target": "≥90"},
    ]

    assert kinds([{"id": "a"}], table(2021, a=[None, None]), target=regions) == []
    assert kinds([{"id": "a"}], target=versions) == []


@pytest.mark.parametrize(
    ("year", "value", "expected"),
    [
        (2023, "93", []),
        (2025, "97", []),
        (2023, "40", ["milestone"]),
        (2023, "98", ["milestone"]),
        (2020, "90", ["milestone"]),
        (2026, "97", ["milestone"]),
    ],
)
def test_a_milestone_lies_on_the_way(year, value, expected):
    rows = [{"indicator": "a", "year": year, "value": value}]

    assert kinds([one(baseline="90", target="97")], milestone=rows) == expected


def test_a_milestone_off_the_way_is_told_with_both_ends():
    rows = [{"indicator": "a", "year": 2023, "value": "40"}]

    assert told([one(baseline="90", target="≥97")], milestone=rows)[0][1] == (
        "'40' for 2023 is not on the way from '90' in 2020 to '≥97' in 2025."
    )


@pytest.mark.parametrize("leaf", [{"id": "a"}, one(target="≥97"), one(target="逐步提高", baseline="90")])
def test_without_a_baseline_and_a_number_there_is_no_way_to_be_off(leaf):
    assert kinds([leaf], milestone=[{"indicator": "a", "year": 2023, "value": "40"}]) == []


def test_totals_begin_at_nothing():
    leaf = one(baseline="50", target="[60]")

    assert kinds([leaf], milestone=[{"indicator": "a", "year": 2022, "value": "20"}]) == []
    assert kinds([leaf], milestone=[{"indicator": "a", "year": 2022, "value": "70"}]) == ["milestone"]


# what there can be ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"target": "≥105", "unit": "%", "name": "污水处理率"}, "above 100 %"),
        ({"target": "≥105", "unit": "%", "name": "床位占比"}, "above 100 %"),
        ({"target": "不低于100%", "unit": "%", "name": "接收安置比例"}, ""),
        ({"target": "≥105", "unit": "%", "name": "高中阶段毛入学率"}, ""),
        ({"target": "≥105", "unit": "%", "name": "收入增长率"}, ""),
        ({"target": "≥105", "unit": "人", "name": "护士比例"}, ""),
        ({"target": "≥105", "unit": "%", "name": "参保率", "upper": 120}, ""),
        ({"target": "≥125", "unit": "%", "name": "参保率", "upper": 120}, "above upper = 120"),
        ({"target": "≥3", "lower": 5}, "below lower = 5"),
        ({"target": "≤3", "direction": "negative", "lower": 5}, "below lower = 5"),
        ({"target": "[500]", "upper": 120}, ""),
        ({"target": "30~140", "direction": "interval", "best": [30, 40], "upper": 120}, "above upper = 120"),
    ],
)
def test_a_target_lies_where_values_can_lie(keys, said):
    found = told([one(**keys)])

    assert [kind for kind, _ in found] == ["impossible target"] * bool(said)
    assert all(said in message and keys["target"] in message for _, message in found)


# text against table --------------------------------------------------------------------------------------------


def stated(leaf, printed, of="target", **keys):
    """Return what is said of one statement about one indicator."""
    rows = [{"indicator": "a", "of": of, "printed": printed, "source": "p. 9"} | keys]
    return [message for kind, message in told([leaf], statement=rows) if kind == "table against text"]


@pytest.mark.parametrize(
    ("unit", "target", "printed", "part"),
    [
        ("%", "≥90", "90%以上", None),
        ("%", "90", "不低于90%", None),
        ("%", "100", "全覆盖", None),
        ("万人次", "[6]", "“十四五”期间6万人次", None),
        ("%", "＞90", "90%以上", "more than 90 against at least 90; 90 itself counts only in the text"),
        ("%", "≥90", "超过90%", "at least 90 against more than 90; 90 itself counts only in the table"),
        ("个", "4.5左右", "不低于4.5个", "about 4.5 against at least 4.5"),
        ("%", "≥90", "≥95", "95 is 1.06 times 90"),
        ("万人次", "[60]", "“十四五”期间6万人次", "60 is 10 times 6, a power of ten"),
        ("户", "3", "3万户", "30000 is 1e+04 times 3, a power of ten"),
        ("户", "[800]", "800户", "only the table marks it as the total of the period"),
        ("户", "800", "再完成800户", "only the text marks it as on top of the baseline"),
        ("%", "30~40", "30%～50%", "50 is 1.25 times 40"),
        ("%", "0", "5%", "5 and 0 differ by 5"),
        ("%", "基本完成", "90%以上", "cannot be compared as numbers"),
        ("%", "基本完成", "基本完成", None),
        ("%", "逐步提高", "逐步上升", None),
    ],
)
def test_text_and_table_differ_in_number_operator_or_brackets(unit, target, printed, part):
    found = stated(one(unit=unit, target=target), printed)

    if part is None:
        assert found == []
    else:
        assert part in found[0]
        assert repr(target) in found[0]
        assert repr(printed) in found[0]
        assert "p. 9" in found[0]


def test_a_power_of_ten_is_told_from_other_factors():
    assert "power of ten" not in stated(one(target="90"), "180")[0]


@pytest.mark.parametrize(
    ("baseline", "printed", "part"),
    [
        ("<4", "4%以下", "both can be true, but the table says more"),
        ("<4", "2%以下", "both can be true, but the text says more"),
        ("<4", "3", "both can be true, but the text says more"),
        ("3", "<4", "both can be true, but the table says more"),
        ("<4", "≥2", "both can be true, but each says more"),
        ("<4", "5", "5 is 1.25 times 4"),
        ("3", "约3", "exactly 3 against about 3"),
        ("3", "3%", None),
        ("<4", "<4", None),
    ],
)
def test_bounds_of_a_baseline_may_both_be_true(baseline, printed, part):
    found = stated(one(unit="%", direction="negative", baseline=baseline, target="1"), printed, "baseline")

    assert (found == []) if part is None else (part in found[0])


def test_statements_are_compared_with_the_cell_of_their_year():
    rows = [
        {"indicator": "a", "year": 2023, "target": "≥80"},
        {"indicator": "a", "year": 2025, "target": "≥90"},
        {"indicator": "a", "year": 2025, "target": "≥95", "region": "A"},
    ]

    def found(printed, year):
        said = [{"indicator": "a", "printed": printed, "year": year}]
        return told([{"id": "a"}], target=rows, statement=said)

    assert found("≥80", 2023) == []
    assert found("≥90", 2025) == []
    assert "95 is 1.06 times 90" in found("≥95", 2025)[0][1]
    assert found("≥90", 2024) == [
        ("table against text", "the text says '≥90', but the table has no target for 2024.")
    ]


def test_levels_are_compared_as_levels():
    leaf = one(levels="3级; 4级乙等; 4级甲等", target="4级甲等")

    assert stated(leaf, "≥4级甲等") == []
    assert "another level" in stated(leaf, "4级乙等")[0]
    assert "more than 4级甲等" in stated(leaf, "超过4级甲等")[0]


# names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("困境儿童保障覆盖率", ["alias"]),
        ("困境儿童应保尽保率", []),
        ("困境兒童應保盡保率", []),
        ("应保尽保", []),
        ("Children covered", []),
        ("", []),
    ],
)
def test_a_name_of_the_text_is_a_name_or_alias(name, expected):
    leaf = {
        "id": "a",
        "name": "困境儿童应保尽保率",
        "name_en": "children covered",
        "alias": "保障率；应保尽保",
    }

    assert kinds([leaf], statement=[{"indicator": "a", "name": name, "source": "注3"}]) == expected


def test_two_indicators_share_no_name():
    first = {"id": "a", "name": "床位", "alias": "病床；beds"}

    assert told([first, {"id": "b", "name": "床 位"}]) == [("same name", "'床 位' is a name of 'a' too.")]
    assert kinds([first, {"id": "b", "name": "护士", "alias": "Beds"}]) == ["same name"]
    assert kinds([first, {"id": "b", "name": "护士"}]) == []
    assert kinds([{"id": "a", "name": "比例（>60）"}, {"id": "b", "name": "比例（<60）"}]) == []


# beside errors -------------------------------------------------------------------------------------------------


def test_contradictions_are_told_beside_errors_of_the_data():
    built = framework([one(baseline="91", target="≥90")], **PLAN)
    data = pd.DataFrame({"region": ["A", "A"], "year": 2020, "a": [1.0, 2.0]})

    findings = built.inspect(data)[1]

    assert findings.errors
    assert [item.kind for item in findings.warnings] == ["target already met"]
    with pytest.raises(DataError, match="stands twice"):
        built.check(data)


def test_the_page_of_errors_has_every_kind():
    folder = REPOSITORY / "src" / "equindex" / "framework" / "consistency"
    code = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    page = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
    found = set(re.findall(r'warning\(\s*"([^"]+)"', code)) | {"implausible rise", "implausible fall"}

    assert len(found) == 12
    assert not [kind for kind in found if kind not in page]


def test_a_baseline_stored_as_a_share_of_one_is_doubted():
    assert "percent" in kinds([one(unit="%", baseline="0.9079", target="＞90")], table(2020, a=[0.9079]))
    assert "percent" not in kinds([one(unit="%", baseline="0.9079%", target="＞90")], table(2020, a=[0.9]))
    assert "percent" not in kinds([one(unit="%", baseline="90.79", target="＞90")], table(2020, a=[90.79]))


def test_rows_without_a_pillar_beside_others_are_named(tmp_path):
    (tmp_path / "i.csv").write_text("指标,领域,目标值\n医师,健康,≥3\n床位,,≥5\n", encoding="gb18030")
    (tmp_path / "f.toml").write_text('id = "f"\nindicators = "i.csv"\n', encoding="utf-8")
    built = Framework.from_toml(tmp_path / "f.toml")

    _, findings = built.inspect(table(2020, 医师=[2], 床位=[4]))

    [found] = [finding for finding in findings if finding.kind == "no pillar"]
    assert found.message.startswith("床位: no pillar")


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(2022, "基本完成")], "no plain number"),
        ([(2022, "≤70")], "no plain number"),
        ([(2025, "70")], "is for 2025, but the way"),
        ([(2020, "70")], "is for 2020, but the way"),
        ([(2022, "90"), (2024, "60")], "'60' for 2024 lies behind '90' for 2022"),
    ],
)
def test_milestones_that_lead_nowhere_are_named(points, said):
    leaf = one(target="100", baseline="50")
    listed = [{"indicator": "a", "year": year, "value": value} for year, value in points]
    built = framework([leaf], **PLAN | {"milestone": listed})

    _, findings = built.inspect(table(2020, a=[50]))

    assert any(said in finding.message for finding in findings if finding.kind == "milestone")


def test_milestones_of_a_region_that_is_not_there_are_named():
    listed = [{"indicator": "a", "region": "Q", "year": 2022, "value": "70"}]
    built = framework([one(target="100", baseline="50")], **PLAN | {"milestone": listed})

    _, findings = built.inspect(table(2020, a=[50]))

    assert any("region 'Q' of the milestones is not known" in finding.message for finding in findings)
