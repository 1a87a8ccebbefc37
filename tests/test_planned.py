"""A framework drafted from a plan's table: every row accounted for, nothing guessed in silence."""

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex.cli import app
from equindex.errors import DataError
from equindex.framework import Framework
from equindex.framework.planned import draft

TABLE = [
    ["表1 某市“十四五”公共服务主要指标", "", "", "", "", ""],
    ["序号", "指标", "2020年", "2023年", "2025年", "属性"],
    ["一、幼有所育", "", "", "", "", ""],
    ["1", "适龄儿童疫苗接种率（%）", "96.42", "96.8", "≥97", "约束性"],
    ["2", "每千人口托位数（个）", "2.2", "3.1", "4.5左右", "预期性"],
    ["二、劳有所得", "", "", "", "", ""],
    ["3", "城镇登记失业率（%）", "<4", "<4", "<4", "预期性"],
    ["4", "补贴性职业技能培训（万人次）", "1.5", "—", "[60]", "预期性"],
    ["5", "孕产妇死亡率（1/10万）", "8", "7", "6", "预期性"],
    ["6", "适老化改造", "基本完成", "—", "基本完成", "预期性"],
    ["注：[ ]内为五年累计数。", "", "", "", "", ""],
]


def laid(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def run(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout + result.stderr


def attained(folder: Path, **options: object) -> pd.DataFrame:
    table = Framework.from_toml(folder / "framework.toml", **options).score(folder / "data.csv").attainment
    return table.set_index("node")["attainment"]


def test_a_printed_table_with_headings_units_in_names_and_notes_is_read(tmp_path: Path) -> None:
    made = draft(laid(tmp_path / "plan.csv", TABLE))

    rows = made.tables["indicators"].set_index("name")
    targets = made.tables["targets"].set_index("indicator")
    assert list(rows.index) == [row[1].split("（")[0] for row in TABLE[3:5] + TABLE[6:10]]
    assert list(rows["pillar"]) == ["幼有所育"] * 2 + ["劳有所得"] * 4
    assert list(rows["unit"]) == ["%", "个", "%", "万人次", "1/10万", ""]
    assert list(rows["direction"]) == ["positive", "positive", "negative", "positive", "negative", "positive"]
    assert rows.loc["补贴性职业技能培训", "cumulate"] == "sum"
    assert list(targets["target"]) == ["≥97", "4.5左右", "<4", "[60]", "6", "基本完成"]
    assert set(targets["year"]) == {"2025"}
    assert set(targets["baseline_year"]) == {"2020"}
    assert made.tables["milestones"].to_numpy().tolist() == [
        ["适龄儿童疫苗接种率", "2023", "96.8"], ["每千人口托位数", "2023", "3.1"], ["孕产妇死亡率", "2023", "7"],
    ]  # fmt: skip
    notes = {row.line: row.notes for row in made.rows}
    assert notes[3] == ("a heading: the pillar of what follows",)
    assert "2023 is no plain number: <4" in notes[7]
    assert {"target not read: 基本", "baseline not read: 基本"} <= set(notes[10])
    assert sorted(notes) == list(range(3, 11))
    assert made.unread == ("序号",)


def test_a_workbook_gives_what_its_csv_gives(tmp_path: Path) -> None:
    laid(tmp_path / "plan.csv", TABLE)
    with pd.ExcelWriter(tmp_path / "plan.xlsx", engine="xlsxwriter") as book:
        typed = [[int(c) if c.isdigit() else c for c in row] for row in TABLE]
        pd.DataFrame(typed).to_excel(book, header=False, index=False)

    one, two = draft(tmp_path / "plan.csv"), draft(tmp_path / "plan.xlsx")

    assert {name: frame.to_csv() for name, frame in one.tables.items()} == {
        name: frame.to_csv() for name, frame in two.tables.items()
    }


@pytest.mark.parametrize(
    ("base", "goal"),
    [
        ("2020年", "2025年"),
        ("2020", "2025"),
        ("2020年实际", "2025年目标"),
        ("基期值（2020年）", "目标值（2025年）"),
        ("Baseline 2020", "Target 2025"),
        ("2020年末完成", "2025年规划目标"),
    ],
)
def test_headers_are_found_by_what_they_mean(tmp_path: Path, base: str, goal: str) -> None:
    head = ["Domain", "Indicator", "Unit", base, goal, "年均增长（%）", "Type"]
    row = ["Health", "Doctors per 1,000", "persons", "2.7", "≥3.9", "7.6", "binding"]

    made = draft(laid(tmp_path / "plan.csv", [head, row]))

    said = made.tables["targets"].iloc[0]
    assert (said["baseline"], said["baseline_year"], said["target"], said["year"]) == (
        "2.7",
        "2020",
        "≥3.9",
        "2025",
    )
    assert made.tables["indicators"].iloc[0]["binding"] == "binding"
    assert made.unread == ("年均增长（%）",)
    assert made.tables["data"].iloc[0].tolist() == ["our region", 2020, "Doctors per 1,000", "persons", "2.7"]


def test_what_is_no_plan_is_refused_with_what_lacks(tmp_path: Path) -> None:
    row = [["指标", "单位", "2020年"], ["床位", "张", "5"]]
    with pytest.raises(DataError, match=r"no column of targets.*指标, 单位, 2020年"):
        draft(laid(tmp_path / "values.csv", row))
    with pytest.raises(DataError, match="no column of names"):
        draft(laid(tmp_path / "names.csv", [["甲", "2025年"], ["床位", "5"]]))
    with pytest.raises(DataError, match=r"none of 1 indicators has a target"):
        draft(laid(tmp_path / "dashes.csv", [["指标", "2020年", "2025年"], ["床位", "5", "—"]]))


def test_a_name_that_stands_twice_is_told_and_not_merged(tmp_path: Path) -> None:
    table = [["指标", "2025年目标"], ["床位", "5"], ["床位", "6"], ["", "7"]]

    made = draft(laid(tmp_path / "plan.csv", table))

    assert [row.notes[0] for row in made.rows if not row.kept] == [
        "not read: the name stands above already",
        "not read: no name of an indicator",
    ]
    assert len(made.tables["indicators"]) == 1


def test_merged_cells_and_levels_of_indicators_give_the_pillar(tmp_path: Path) -> None:
    merged = [["领域", "指标", "2025年目标"], ["甲", "a", "1"], ["", "b", "2"], ["乙", "c", "3"]]
    levels = [
        ["一级指标", "二级指标", "三级指标", "2025年目标"],
        ["甲", "子", "a", "1"],
        ["乙", "丑", "b", "2"],
    ]

    one, two = draft(laid(tmp_path / "merged.csv", merged)), draft(laid(tmp_path / "levels.csv", levels))

    assert list(one.tables["indicators"]["pillar"]) == ["甲", "甲", "乙"]
    assert two.tables["indicators"][["pillar", "name"]].to_numpy().tolist() == [["甲", "a"], ["乙", "b"]]
    assert two.unread == ("二级指标",)


def test_init_writes_what_check_and_score_take_and_overwrites_nothing(tmp_path: Path) -> None:
    plan, out = laid(tmp_path / "plan.csv", TABLE), tmp_path / "ours"

    printed = run("init", out, "--from", plan, "--region", "某市")

    assert "6 of 8 rows are indicators, 6 with a target." in printed
    assert "Row 10: target not read: 基本." in printed
    run("check", out / "framework.toml", out / "data.csv")
    run("score", out / "framework.toml", out / "data.csv", "--weights", out / "weights.toml")
    assert attained(out)["适龄儿童疫苗接种率"] == pytest.approx(100 * 96.42 / 97, abs=1e-12)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(before) == {"framework.toml", "weights.toml"} | {
        f"{name}.csv" for name in ("indicators", "targets", "milestones", "data")
    }
    assert "--force" in run("init", out, "--from", plan, code=1)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("rugao_2025", 36),
        ("rugao_text_targets", 104),
        ("taizhou_2021", 5),
        ("wuzhong_2025", 21),
        ("zhejiang_2020", 13),
    ],
)
def test_every_row_of_the_transcribed_plans_becomes_an_indicator_that_scores(
    tmp_path: Path, reference: Callable[[str], Path], name: str, rows: int
) -> None:
    plan = reference(f"plans/{name}.csv")

    run("init", tmp_path, "--from", plan, "-q")

    printed = pd.read_csv(plan, dtype=str, keep_default_na=False)
    kept = pd.read_csv(tmp_path / "indicators.csv", dtype=str, keep_default_na=False)
    targets = pd.read_csv(tmp_path / "targets.csv", dtype=str, keep_default_na=False)
    assert len(printed) == len(kept) == rows
    aimed = printed[printed["target_raw"] != ""]
    assert list(targets["target"]) == list(aimed["target_raw"])
    assert list(targets["year"]) == list(aimed["target_year"])
    own, weighted = attained(tmp_path), attained(tmp_path, weights=tmp_path / "weights.toml")
    pd.testing.assert_series_equal(own, weighted)


def test_the_draft_of_rugao_attains_what_its_framework_by_hand_attains(
    tmp_path: Path, reference: Callable[[str], Path]
) -> None:
    run("init", tmp_path, "--from", reference("plans/rugao_2025.csv"), "-q")

    folder = REPOSITORY / "data/rugao-2025"
    ours = Framework.from_toml(folder / "framework.toml").score(folder / "observations.csv").attainment
    leaves = ours[ours["level"] == "indicator"].set_index("node_name")["attainment"]
    drafted = attained(tmp_path)
    assert drafted["index"] == pytest.approx(88.69, abs=0.005)  # by hand, DESIGN §6
    assert len(leaves) == 36
    assert drafted[drafted.index.str.startswith("RG-")].sum() == pytest.approx(leaves.sum(), abs=1e-9)


def test_directions_are_those_that_people_read_from_the_plans(
    tmp_path: Path, reference: Callable[[str], Path]
) -> None:
    same = stated = 0
    for path in sorted(reference("plans").glob("*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if not table["target_raw"].any():
            continue
        table.drop(columns="direction_inferred").to_csv(tmp_path / "plan.csv", index=False)
        found = draft(tmp_path / "plan.csv").tables["indicators"].set_index("id")["direction"]
        asked = table.set_index("id")["direction_inferred"]
        stated += int((asked != "").sum())
        same += int((found == asked).sum())

    assert stated == 171
    assert same >= 164  # the rest are radii, catchments and places, which nothing in the row says
