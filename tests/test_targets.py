"""`equindex targets`: every cell of a plan as it was read."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import Framework
from equindex.cli import app
from equindex.model import Indicator
from equindex.scoring.goals import goals

RUGAO = REPOSITORY / "data" / "rugao-2025"


def run(*words):
    """Run the command; return what it prints."""
    result = CliRunner().invoke(app, ["targets", *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture
def write(tmp_path):
    """Write a framework of one indicator for each line: keys in TOML."""

    def framework(*lines, extra=""):
        parts = [f'[[indicator]]\nid = "i{place}"\n{text}\n' for place, text in enumerate(lines)]
        path = tmp_path / "framework.toml"
        path.write_text('id = "x"\n' + extra + "".join(parts), encoding="utf-8")
        return path

    return framework


def rows(path):
    """Return the rows as the command gives them to other programs."""
    return json.loads(run(path, "--json"))["targets"]


def test_the_rugao_plan_is_listed_in_its_order_with_every_cell_read(reference):
    with reference("plans/rugao_2025.csv").open(encoding="utf-8", newline="") as lines:
        printed = list(csv.DictReader(lines))
    told = json.loads(run(RUGAO / "framework.toml", "--json"))

    assert [row["target"] for row in told["targets"]] == [row["target_raw"] for row in printed]
    for row, plan in zip(told["targets"], printed, strict=True):
        value, falls = float(plan["target_value"]), row["direction"] == "negative"
        assert (row["low"], row["high"]) == ((None, value) if falls else (value, None)), plan["id"]
        assert row["operator"] == (plan["operator"] or ("<=" if falls else ">=")), plan["id"]
        assert row["cumulative"] == (plan["cumulative"] == "true"), plan["id"]
        assert row["approximate"] == (plan["operator"] == "~"), plan["id"]
        assert row["binding"] == (plan["attribute"] == "约束性"), plan["id"]
        assert (row["year"], row["baseline_year"]) == (2025, 2020), plan["id"]
        before = plan["baseline_value"]
        assert row["baseline_value"] == (float(before) if before else None), plan["id"]
        assert row["baseline_operator"] == plan["baseline_operator"], plan["id"]
        assert (row["problem"], row["unread"], row["baseline_unread"]) == ("", "", ""), plan["id"]
    assert told["counts"] == {
        "targets": {"numeric": 36},
        "baselines": {"numeric": 34, "without a usable number": 2},
    }


def test_the_table_prints_each_target_beside_what_was_read():
    lines = run(RUGAO / "framework.toml").splitlines()

    assert lines[1].split()[:4] == ["indicator", "unit", "target", "operator"]
    assert lines[2].split() == [
        "适龄儿童免疫规划疫苗接种率",
        "%",
        "≥97",
        ">=",
        "97",
        "2025",
        "binding",
        "96.42",
    ]
    assert [line.split()[0] for line in lines if "total of the plan" in line] == [
        "开展补贴性职业技能培训人次",
        "生产安全事故起数下降",
        "生产安全事故死亡人数下降",
    ]
    assert lines[-2:] == ["36 targets: 36 numeric.", "36 baselines: 34 numeric, 2 without a usable number."]


def test_hostile_cells_are_named_and_counted(write):
    path = write(
        'unit = "%"\ntarget = "力争全覆盖"\nbaseline = "5万多"',
        'target = "逐步提高"',
        'unit = "%"\ndirection = "negative"\ntarget = "<4/<5.5"',
        'unit = "%"\ntarget = "≤5"',
        'target = "—"',
        'target = "[red]5[/red]"',
        'target = "\\u001b[31m5"',
        f'target = "{"9" * 400}"',
    )

    out, read = run(path), rows(path)

    assert "8 targets: 1 numeric, 1 a direction only, 4 unread, 2 without a usable number." in out
    assert "8 baselines: 1 unread, 7 without a usable number." in out
    assert [bool(row["problem"]) for row in read] == [False, False] + [True] * 6
    assert (read[0]["strength"], read[0]["low"], read[0]["baseline_unread"]) == ("aspirational", 100, "多")
    assert "it lists <4 and <5.5" in out
    assert "is an upper end, but higher is better" in out
    assert "[red]5[/red]" in out
    assert "\x1b" not in out


def test_what_a_target_is_on_top_of_for_each_and_of_is_said(write):
    path = write(
        'unit = "户"\ntarget = "再完成改造家庭800户"',
        'unit = "平方米"\ntarget = "每百户不少于20平方米"',
        'unit = "倍"\ntarget = "不低于低保标准的1.3倍"',
        'unit = "%"\ntarget = "20分钟医疗服务圈全覆盖"',
        'unit = "级"\ntarget = "4级甲等"',
    )

    out, read = run(path), rows(path)

    assert [(row["operator"], row["low"]) for row in read] == [
        (">=", 800),
        (">=", 20),
        (">=", 1.3),
        (">=", 100),
        (">=", 4),
    ]
    said = [
        "baseline + 800",
        "per 百户",
        "times 低保标准",
        "and ≤20分钟",
        "level 甲等",
        "of 改造家庭",
    ]
    assert not [words for words in said if words not in out]


def test_targets_of_regions_and_years_are_listed_each(write):
    target = '[[target]]\nindicator = "i0"\nregion = "a"\nyear = {}\ntarget = "{}"\n'
    path = write(
        'target = "90"\nbaseline = "80"',
        'unit = "人"',
        extra="",
    )
    with path.open("a", encoding="utf-8") as file:
        file.write(target.format(2023, "≥70") + target.format(2025, "80以上"))

    read = rows(path)

    found = [(row["region"], row["year"], row["target"], row["low"], row["baseline_value"]) for row in read]
    assert found == [("", None, "90", 90, 80), ("a", 2023, "≥70", 70, 80), ("a", 2025, "80以上", 80, 80)]


def test_a_framework_without_targets_says_so(write):
    assert run(write('unit = "%"')) == "x: no indicator has a target.\n"
    assert rows(write('unit = "%"')) == []


@pytest.mark.parametrize(
    ("target", "unit", "words"),
    [
        ("再800户", "户", "no baseline"),
        ("不低于低保标准的1.3倍", "倍", "relative to '低保标准', which no indicator is called"),
        ("不低于低保标准的1.3倍", "元", "relative to '低保标准', which no indicator is called"),
        ("每县至少一处", "处", "for each"),
        ("进一步缩小", "倍", "is to fall, but higher is better"),
        ("逐步提高", "倍", "no baseline"),
        ("4级甲等", "级", "is a graded level: list them"),
        ("20分钟医疗服务圈全覆盖", "%", "has a second threshold, ≤20分钟"),
    ],
)
def test_a_target_that_says_more_than_a_number_is_never_scored_on_a_guess(
    target: str, unit: str, words: str
) -> None:
    file = {"id": "f", "indicator": [{"id": "a", "target": target, "unit": unit}]}
    table = pd.DataFrame({"region": ["A"], "year": [2024], "a": [900.0]})

    leaf = Framework.from_dict({"framework": file}).score(table).attainment.set_index("node").loc["a"]

    assert np.isnan(leaf["attainment"])
    assert leaf["status"] == "unscored"
    assert words in leaf["reason"]


def test_the_far_end_of_a_range_binds_an_interval_indicator_alone() -> None:
    ends = {}
    for direction in ("positive", "negative", "interval"):
        extra = {"best": (35, 40)} if direction == "interval" else {}
        ((_, goal),) = goals(Indicator(id="a", target="35～40", direction=direction, **extra), [])
        ends[direction] = (goal.low, goal.high)

    assert ends == {"positive": (35, np.inf), "negative": (-np.inf, 40), "interval": (35, 40)}


def test_every_kind_of_target_is_told_in_words_and_as_data(write):
    path = write(
        'name = "低保标准"\nunit = "元/月"\ntarget = "再提高100"\nbaseline = "710"',
        'unit = "元/月"\ntarget = "不低于低保标准的1.3倍"',
        'unit = "元/月"\ntarget = "30%～40%"\nrelative_to = "i0"\nlag = 1',
        'unit = "%"\ntarget = "逐步提高"',
        'unit = "位次"\ndirection = "negative"\ntarget = "全省第一"',
        'levels = "3级; 4级乙等; 4级甲等; 5级"\ntarget = "≥4级甲等"',
        'unit = "件"\ndirection = "negative"\ntarget = "再增加5"',
    )
    text = path.read_text(encoding="utf-8").replace("再提高100", "再增加100")
    rest = '[[target]]\nindicator = "i1"\nwhere = "area=new"\ntarget = "900"\n'
    path.write_text(text + rest + '[[target]]\nindicator = "index"\ntarget = "95%以上"\n', encoding="utf-8")

    out, read = run(path), rows(path)

    said = [
        "baseline + 100",
        "relative to 低保标准",
        "relative to 低保标准, last year",
        "must rise, step by step",
    ]
    said += ["a place", "level 4级甲等 of 4: 3级, 4级乙等, 4级甲等, 5级", "baseline - 5", "for area=new"]
    squeezed = out.replace("\n", "")
    assert not [words for words in said if words not in squeezed]
    of = {(row["indicator"], row["target"]): row for row in read}
    assert [row["problem"] for row in read] == [""] * 9
    assert [
        of[key]["on"] for key in (("i0", "再增加100"), ("i1", "不低于低保标准的1.3倍"), ("i1", "900"))
    ] == [
        "baseline",
        "indicator",
        "",
    ]
    assert (of["i2", "30%～40%"]["relative_to"], of["i2", "30%～40%"]["lag"]) == ("i0", 1)
    assert (of["i2", "30%～40%"]["low"], of["i2", "30%～40%"]["high"]) == (0.3, None)
    assert (of["i3", "逐步提高"]["trend"], of["i3", "逐步提高"]["steps"]) == ("rise", True)
    assert (of["i4", "全省第一"]["place"], of["i4", "全省第一"]["rule"]) == (True, "met")
    assert (of["i5", "≥4级甲等"]["low"], of["i5", "≥4级甲等"]["levels"][2]) == (3, "4级甲等")
    assert of["i1", "900"]["where"] == "area=new"
    assert (of["index", "95%以上"]["low"], of["index", "95%以上"]["operator"]) == (95, ">=")
