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
from equindex.scoring.attained import goals

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

    assert "8 targets: 1 numeric, 5 unread, 2 without a usable number." in out
    assert "8 baselines: 1 unread, 7 without a usable number." in out
    assert [bool(row["problem"]) for row in read] == [False] + [True] * 7
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
        "on top of the baseline",
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
        ("再800户", "户", "increment"),
        ("不低于低保标准的1.3倍", "倍", "relative"),
        ("每县至少一处", "处", "for each"),
        ("进一步缩小", "倍", "no number"),
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
