"""`equindex weights`: from files of judgements, sets and data to a weight set and back, and what is refused."""

import datetime
import hashlib
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex.cli import app
from equindex.cli.weightings import weights as group
from equindex.errors import MethodError
from equindex.framework import Framework
from equindex.framework.files import read_weights
from equindex.framework.weightfile import to_toml
from equindex.framework.weights import by_combination, by_comparison, by_panel
from equindex.model import WeightSet

EXAMPLES = REPOSITORY / "data" / "weights-example"
CHINA = REPOSITORY / "data" / "china-services"
FRAMEWORK, DATA = str(CHINA / "framework.toml"), str(CHINA / "observations.csv")
PAIRS = "a,b,value\nx,y,2\nx,z,6\ny,z,3\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")


def run(*words, code=0):
    """Run `equindex weights …`; return stdout and stderr."""
    result = CliRunner().invoke(app, ["weights", *map(str, words)])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout, " ".join(result.stderr.split())


def write(name, text, encoding="utf-8"):
    Path(name).write_text(text, encoding=encoding)
    return name


def weighed(*words):
    """Run a command; return the weights it writes."""
    out, _ = run(*words, "--json")
    return json.loads(out)["weights"]["weights"]


def book(name, **sheets):
    with xlsxwriter.Workbook(name) as file:
        day = file.add_format({"num_format": "m月d日"})
        for sheet, rows in sheets.items():
            page = file.add_worksheet(sheet)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, datetime.date):
                        page.write_datetime(r, c, cell, day)
                    else:
                        page.write(r, c, cell)
    return name


# What is written ---------------------------------------------------------------------------------------------


def test_a_weight_set_says_how_it_came_about():
    source = write("j.csv", PAIRS)

    run("ahp", source, "-o", "w.toml")

    said = tomllib.loads(Path("w.toml").read_text("utf-8"))
    digest = hashlib.sha256(Path(source).read_bytes()).hexdigest()
    assert said["source"] == f"j.csv, SHA-256 {digest}"
    assert (said["id"], said["date"], said["scope"]) == ("w", "2020-09-13", "local")
    for words in ("AHP", "eigenvector", "saaty", "accept=0.1", "ratio 0.000"):
        assert words in said["method"]
    assert said["weights"] == pytest.approx({"x": 0.6, "y": 0.3, "z": 0.1}, rel=1e-12)
    assert read_weights("w.toml").weights == said["weights"]


def test_nothing_is_overwritten():
    write("j.csv", PAIRS)
    write("w.toml", "mine")

    _, error = run("ahp", "j.csv", "-o", "w.toml", code=1)
    assert "--force" in error
    assert Path("w.toml").read_text("utf-8") == "mine"

    run("ahp", "j.csv", "-o", "w.toml", "--force")
    assert "[weights]" in Path("w.toml").read_text("utf-8")
    _, error = run("combine", "w.toml", "w.toml", "-o", "w.toml", "--force", code=1)
    assert "overwrite what was read" in error
    _, error = run("ahp", "j.csv", "-o", "w.csv", code=1)
    assert "w.toml" in error


def test_any_name_and_number_survive_the_file(tmp_path):
    odd = {"医生": 0.1, 'a "b" \\ c': 1 / 3, "x.y\t\x7f": 1e-300, "plain_1": 0.0, "e": 1e15}
    kept = WeightSet(id="w", title='"quoted"', note="two\nlines", scale=False, scope="global", weights=odd)

    (tmp_path / "w.toml").write_text(to_toml(kept), encoding="utf-8")

    assert read_weights(tmp_path / "w.toml") == kept


def test_an_unusable_date_is_said(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    write("j.csv", PAIRS)

    _, error = run("ahp", "j.csv", code=1)

    assert "SOURCE_DATE_EPOCH" in error


def test_every_example_in_the_help_runs():
    shutil.copy(FRAMEWORK, "framework.toml")
    shutil.copy(CHINA / "regions.csv", "regions.csv")
    shutil.copy(DATA, "data.csv")
    write("judgements.csv", "a,b,value\nhealth,culture,2\nhealth,outcome,3\nculture,outcome,2\n")
    shutil.copy(EXAMPLES / "panel.csv", "panel.csv")
    for name in ("experts", "entropy"):
        run("combine", *[EXAMPLES / f"{name}.csv"] * 2, "-o", f"{name}.toml")
    texts = [command.callback.__doc__ for command in group.registered_commands]
    examples = re.findall(r"equindex weights .*", "\n".join(texts))

    for example in examples:
        run(*shlex.split(example)[2:], *(["--force"] if "-o" in example else []))

    assert len(examples) == len(texts) == 5


# AHP ---------------------------------------------------------------------------------------------------------


def test_saatys_house_is_refused_with_the_judgement_to_revise():
    _, error = run("ahp", EXAMPLES / "house.csv", "-o", "w.toml", code=1)

    assert "0.169, above 0.1" in error
    assert "neighbourhood against condition is 6; the others imply 1/2.18" in error
    assert not Path("w.toml").exists()
    out, _ = run("ahp", EXAMPLES / "house.csv", "--accept", "0.2")
    assert re.search(r"financing +0\.333", out)
    assert "eigenvalue 9.669" in out


@pytest.mark.parametrize(
    "text",
    [
        PAIRS,
        "甲,乙,判断值\nx,y,2\nx,z,6\nz,y,１／３\n",
        "指标1;指标2;标度\nx;y;2\nx;z;6\ny;z;3\n",
        ",x,y,z\nx,1,2,6\ny,1/2,1,3\nz,0.17,⅓,1\n",
        ",x,y,z\nx,1,2,6\ny,.5,1,3\nz,0.16,0.333,1\n",
        "判断矩阵,,,\n\n,x,y,z,\nx,,2,6,\ny,,,3,\nz,,,,\n",
        "指标,z,x,y\nx,6,1,2\ny,3,1/2,1\nz,1,1/6,1/3\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_one_matrix_in_many_forms(text, encoding):
    write("j.csv", text, encoding)

    assert weighed("ahp", "j.csv") == pytest.approx({"x": 0.6, "y": 0.3, "z": 0.1}, rel=1e-12)


def test_a_third_alone_is_a_third_however_it_is_printed():
    write("j.csv", "a,b,value\nx,y,0.33\nx,z,0.11\n")

    assert weighed("ahp", "j.csv") == pytest.approx({"x": 1 / 13, "y": 3 / 13, "z": 9 / 13}, rel=1e-12)


@pytest.mark.parametrize("cell", ["1月3日", "2026-01-03", "2026/1/3", "3-Jan", "Jan-03"])
def test_a_third_that_became_a_date_is_said(cell):
    write("j.csv", f"a,b,value\nx,y,2\nx,z,{cell}\n")

    _, error = run("ahp", "j.csv", code=1)

    assert "row 3, x against z" in error
    assert "is a date, into which Excel turns 1/3" in error


def test_workbooks_hold_an_expert_on_each_sheet():
    rows = [["", "x", "y"], ["x", 1, 4], ["y", 0.25, 1]]
    other = [["", "x", "y"], ["x", 1, "1"], ["y", "1", 1]]
    book("j.xlsx", Wang=rows, Li=other)

    out, _ = run("ahp", "j.xlsx", "--json")

    found = json.loads(out)
    assert found["weights"]["weights"] == pytest.approx({"x": 2 / 3, "y": 1 / 3}, rel=1e-12)
    assert [expert["expert"] for expert in found["matrices"][0]["experts"]] == ["Wang", "Li"]
    assert found["matrices"][0]["experts"][0]["weights"] == pytest.approx([0.8, 0.2], rel=1e-12)


def test_dates_in_workbooks_are_said_too():
    book("j.xlsx", a=[["", "x", "y"], ["x", 1, datetime.date(2026, 1, 3)], ["y", "", 1]])

    _, error = run("ahp", "j.xlsx", code=1)

    assert "x against y: '2026-01-03' is a date" in error


def test_a_formula_that_fails_is_no_missing_pair():
    with xlsxwriter.Workbook("j.xlsx") as file:
        page = file.add_worksheet()
        for r, row in enumerate([["", "x", "y"], ["x", 1, ""], ["y", 0.5, 1]]):
            page.write_row(r, 0, row)
        page.write_formula(1, 2, "=1/0", None, "#DIV/0!")

    _, error = run("ahp", "j.xlsx", code=1)

    assert "x against y: '#DIV/0!' is no number" in error


def test_an_expert_who_says_too_little_alone_still_counts():
    write("j.csv", "expert,a,b,value\nWang,x,y,2\nWang,z,u,3\nLi,x,y,2\nLi,y,z,1\nLi,z,u,3\n")

    out, _ = run("ahp", "j.csv")

    assert "Wang too few pairs, Li 0.000" in " ".join(out.split())
    assert run("ahp", "j.csv", "--group", "priorities", code=1)[1].count("connect all elements") == 1


def test_elements_stand_below_the_parent_that_is_named():
    write("j.csv", "parent,a,b,value\nculture,doctors,nurses,2\nhealth,beds,medical_personnel,1\n")

    _, error = run("ahp", "j.csv", "--framework", FRAMEWORK, code=1)

    assert "'doctors', 'nurses' does not stand below 'culture'" in error


def test_every_cell_that_cannot_be_read_is_listed():
    write("j.csv", "a,b,value\nx,y,much\nx,z,-2\ny,z,1/0\n,z,3\nx,y,2\n")

    _, error = run("ahp", "j.csv", code=1)

    assert "5 faults" in error
    for words in ("'much'", "'-2'", "'1/0'", "row 5: both", "x against y stands twice"):
        assert words in error


def test_judgements_that_do_not_fit_are_named():
    write("j.csv", "expert,a,b,value\nWang,x,y,2\nWang,y,x,3\nLi,x,y,12\n")

    _, error = run("ahp", "j.csv", code=1)

    assert "2 judgements do not fit" in error
    assert "Wang: x against y is 2 and Wang: y against x is 3, not reciprocal" in error
    assert "Li: x against y is 12, beyond 1/9 to 9. Give" in error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b,value\nx,y,12\n", "1 judgement does not fit: x against y is 12, beyond 1/9 to 9. Give"),
        ("a,b,value\nx,x,3\nx,y,3\n", "x against x is 3, but an element compared with itself is 1."),
        (",x,y\nx,3,3\ny,,1\n", "x against x is 3, but an element compared with itself is 1."),
        ("a,b,value\nx,y,0\n", "above 0, but 1 of 1 is not (first: 0, x against y). Write"),
        (
            "a,b,value\nx,y,0\ny,z,0\n",
            "(first: 0, x against y). Write how many times as important. also y against z 0",
        ),
    ],
)
def test_a_judgement_that_does_not_fit_is_told_by_its_elements(text, words):
    write("j.csv", text)

    _, error = run("ahp", "j.csv", code=1)

    assert words in error
    assert "nan" not in error


@pytest.mark.parametrize("text", [",x\nx,1\n", "Judgements,\n,x\nx,1\n"])
def test_one_element_has_all_the_weight(text):
    assert weighed("ahp", write("j.csv", text)) == {"x": 1.0}


def test_experts_judge_the_same_elements():
    write("j.csv", "expert,a,b,value\nWang,x,y,2\nLi,x,z,2\n")
    write("k.csv", "a,b,value\nWang,x,2\n")
    write("one.csv", "x,y\n1,2\n")

    assert "'y', 'z' is not in every table" in run("ahp", "j.csv", code=1)[1]
    assert "judges the same elements twice" in run("ahp", "k.csv", "k.csv", code=1)[1]
    assert "neither a square matrix" in run("ahp", "one.csv", code=1)[1]


def test_a_tree_is_compared_parent_by_parent_and_scores():
    write(
        "j.csv",
        "parent,a,b,value\nindex,医疗卫生,公共文化,2\nindex,医疗卫生,健康结果,2\nindex,公共文化,健康结果,1\n"
        "health,doctors,nurses,2\nhealth,nurses,beds,1\nhealth,beds,medical_personnel,1\n",
    )

    run("ahp", "j.csv", "--framework", FRAMEWORK, "-o", "w.toml")

    said = read_weights("w.toml").weights
    assert {node: said[node] for node in ("health", "doctors")} == pytest.approx(
        {"health": 0.5, "doctors": 0.4}
    )
    out, _ = run("show", "w.toml", FRAMEWORK, "--json")
    shown = {row["node"]: row for row in json.loads(out)["weights"]}
    assert shown["doctors"]["global"] == pytest.approx(0.5 * 0.4)
    assert shown["libraries"]["global"] == pytest.approx(0.25 / 4)
    assert len(Framework.from_toml(FRAMEWORK, weights="w.toml").score(DATA).index.dropna()) == 31


def test_names_that_the_framework_lacks_or_leaves_out_are_said():
    write("odd.csv", "a,b,value\nhealth,cultur,2\n")
    write("few.csv", "a,b,value\nhealth,culture,2\n")
    write("mixed.csv", "indicator,A\nhealth,25\nculture,25\noutcome,25\nlife_expectancy,25\n")

    assert "Did you mean 'culture'?" in run("ahp", "odd.csv", "--framework", FRAMEWORK, code=1)[1]
    assert "'outcome' is left out" in run("ahp", "few.csv", "--framework", FRAMEWORK, code=1)[1]
    assert "below several parents" in run("budget", "mixed.csv", "--framework", FRAMEWORK, code=1)[1]


# Panels ------------------------------------------------------------------------------------------------------


def test_a_panel_stands_either_way_round():
    write("across.csv", "专家,x,y\nA,60,40\nB,40,60\nC,80,20\n")
    write("down.csv", "指标,A,B,C\nx,60,40,80\ny,40,60,20\n")

    for name in ("across.csv", "down.csv"):
        assert weighed("budget", name) == pytest.approx({"x": 0.6, "y": 0.4})
        assert weighed("budget", name, "--centre", "trimmed", "--trim", "0.34") == pytest.approx(
            {"x": 0.6, "y": 0.4}
        )


def test_a_panel_prints_dispersion_and_agreement():
    out, _ = run("budget", EXAMPLES / "panel.csv")

    # By hand: ranks 3 2 1, 3 1 2, 3 1 2, 3 and a tie of 1.5, and a tie of 1.5 and 3: rank sums 13.5, 7, 9.5.
    assert re.search(r"health +0\.430 +0\.430 +0\.450 +0\.148 +0\.200 +0\.600", out)
    w = 12 * (3.5**2 + 3**2 + 0.5**2) / (25 * 24 - 5 * 12)
    assert f"{w:.3f}, chi-square {10 * w:.2f} with 2 degrees" in " ".join(out.split())


def test_one_expert_and_one_degree_of_freedom_are_one():
    write("one.csv", "expert,x,y\nA,50,50\n")
    write("two.csv", "expert,x,y\nA,50,50\nB,60,40\n")

    assert "Weights of 1 expert: points of 1 expert, mean" in run("budget", "one.csv")[0]
    assert "with 1 degree of freedom" in " ".join(run("budget", "two.csv")[0].split())


SMALL = """id = "f"
methods = { normalise = "minmax", aggregate = "arithmetic" }
indicator = [{ id = "x", direction = "positive" }, { id = "y", direction = "positive" }]
"""


def test_a_weight_set_of_zeros_is_what_is_to_be_mended():
    write("f.toml", SMALL)

    _, error = run("show", write("w.csv", "node,weight\nx,0\ny,0\n"), "f.toml", code=1)

    assert error.startswith("Error: weight set 'w': the weights inside 'index' are all zero. Give one")


def test_weights_in_per_cent_are_read_if_all_are():
    write("f.toml", SMALL)
    write("w.csv", "node,weight\nx,60%\ny,40 ％\n")
    write("mixed.csv", "node,weight\nx,60%\ny,40\n")

    assert read_weights("w.csv").weights == pytest.approx({"x": 0.6, "y": 0.4}, rel=1e-15)
    assert "0.600" in run("show", "w.csv", "f.toml")[0]
    assert "some weights are in % and others not" in run("show", "mixed.csv", "f.toml", code=1)[1]


def test_a_method_that_makes_no_weight_set_is_refused_without_inner_terms():
    write("f.toml", SMALL)

    _, error = run("derive", "f.toml", DATA, "--method", "bod", code=1)

    assert error.startswith("Error: weighting 'bod' gives each region weights of its own")


def test_ranks_and_swings():
    write("ranks.csv", "expert,x,y,z\nA,1,2,3\nB,1,3,2\n")
    write("swings.csv", "expert,x,y\nA,100,25\nB,100,100\n")

    reciprocal = weighed("budget", "ranks.csv", "--as", "ranks", "--scheme", "reciprocal")
    assert reciprocal == pytest.approx({"x": 6 / 11, "y": 2.5 / 11, "z": 2.5 / 11})
    assert weighed("budget", "swings.csv", "--as", "swings") == pytest.approx({"x": 0.65, "y": 0.35})
    write("low.csv", "expert,x,y\nA,100,25\nB,90,10\n")
    assert "of: B" in run("budget", "low.csv", "--as", "swings", code=1)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("who,x,y\nA,1,2\n", "expert (专家) or indicator (指标)"),
        ("expert,x,y\nA,50,\nB,50,50\n", "nothing is said by A of y"),
        ("expert,x,y\nA,50,50\nA,50,50\n", "called 'A' stand twice"),
        ("expert,x,y\nA,50,50\nB,50,40\n", "here 100, but not B: 90."),
        ("expert,x,y\nA,50,lots\n", "row 2, y: 'lots' is no number"),
        ("expert,x,y\n", "holds no table"),
        ("expert,x,y\nA,50,50\nB,0,0\n", "all points are 0 of B."),
    ],
)
def test_a_panel_that_is_not_clear_is_refused(text, words):
    write("p.csv", text)

    _, error = run("budget", "p.csv", code=1)

    assert words in error


# Combination, data, show -------------------------------------------------------------------------------------


def test_combinations_by_hand():
    sets = (EXAMPLES / "experts.csv", EXAMPLES / "entropy.csv")
    first, second = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    names = ("health", "culture", "outcome")
    game = np.array([0.44 * 0.10, 0.38 * 0.16]) / (0.44 * 0.10 + 0.38 * 0.16)
    expected = {
        (): game @ [first, second],
        ("--method", "linear"): (first + second) / 2,
        ("--method", "linear", "--share", "0.7"): 0.7 * first + 0.3 * second,
        ("--method", "linear", "--share", "1", "--share", "3"): (first + 3 * second) / 4,
        ("--method", "multiplicative"): first * second / (first * second).sum(),
    }

    for options, weights in expected.items():
        found = weighed("combine", *sets, *options)
        assert found == pytest.approx(dict(zip(names, weights, strict=True)), rel=1e-12)


def test_sets_with_pillars_are_combined_through_the_tree():
    folder = REPOSITORY / "weights" / "china-services"
    sets = (folder / "illustrative.toml", folder / "equal-by-indicator.toml")

    _, error = run("combine", *sets, code=1)
    assert "--framework" in error

    found = weighed("combine", *sets, "--framework", FRAMEWORK, "--method", "linear")
    assert found["doctors"] == pytest.approx((0.4 * 0.3 + 1 / 9) / 2)
    assert sum(found.values()) == pytest.approx(1)


def test_global_sets_and_percentages_need_no_framework():
    write("a.toml", 'scope = "global"\n[weights]\nx = 5\ny = 3\nz = 2\n')
    write("b.csv", "指标,权重\nx,20\ny,20\nz,60\n")

    run("combine", "a.toml", "a.toml", "--method", "linear", "-o", "c.toml")

    assert read_weights("c.toml").scope == "global"
    found = weighed("combine", "b.csv", "b.csv", "--method", "linear")
    assert found == pytest.approx({"x": 0.2, "y": 0.2, "z": 0.6})


def test_nodes_that_share_a_name_and_elements_that_stand_twice_are_said():
    write("j.csv", "parent,a,b,value\nA,x,y,2\nB,y,z,2\n")

    assert "'y' is compared below several parents" in run("ahp", "j.csv", code=1)[1]


def test_combinations_that_do_not_fit_are_refused():
    write("x.toml", "[weights]\nhealth = 0.5\nculture = 0.5\n")
    sets = (EXAMPLES / "experts.csv", EXAMPLES / "entropy.csv")

    assert "name different nodes: 'outcome'" in run("combine", sets[0], "x.toml", code=1)[1]
    assert "two weight sets or more" in run("combine", sets[0], code=1)[1]
    assert "finds the shares itself" in run("combine", *sets, "--share", "0.5", code=1)[1]


def test_weights_derived_from_data_score_as_the_method_does():
    run("derive", FRAMEWORK, DATA, "--method", "entropy", "-o", "w.toml")

    said = read_weights("w.toml")
    direct = Framework.from_toml(FRAMEWORK).replace(weighting="entropy").score(DATA)
    again = Framework.from_toml(FRAMEWORK, weights="w.toml").score(DATA)
    assert (said.scope, list(said.weights)) == ("global", [i.id for i in direct.plan.model.indicator])
    assert "entropy" in said.method
    assert "china-services" in said.method
    np.testing.assert_allclose(again.index, direct.index, rtol=1e-12)


def test_deriving_says_what_is_wrong():
    assert (
        "no weighting method 'entropie'" in run("derive", FRAMEWORK, DATA, "--method", "entropie", code=1)[1]
    )
    assert "own" in run("derive", FRAMEWORK, DATA, "--method", "bod", code=1)[1]


def test_a_method_may_have_options():
    run("derive", FRAMEWORK, DATA, "--method", '{ name = "equal", by = "indicator" }', "-o", "w.toml")

    assert list(read_weights("w.toml").weights.values()) == pytest.approx([1 / 9] * 9)


def test_the_library_checks_what_typer_checks():
    with pytest.raises(MethodError, match="kind cannot be 'votes'"):
        by_panel(EXAMPLES / "panel.csv", kind="votes")
    with pytest.raises(MethodError, match="method cannot be 'sum'"):
        by_combination([EXAMPLES / "experts.csv"] * 2, method="sum")
    with pytest.raises(MethodError, match="accept"):
        by_comparison([EXAMPLES / "house.csv"], accept=float("nan"))


def test_show_prints_the_tree():
    out, _ = run("show", REPOSITORY / "weights" / "china-services" / "illustrative.toml", FRAMEWORK)

    assert re.search(r"^医疗卫生 +health +0\.400 +0\.400", out, re.MULTILINE)
    assert re.search(r"^  每千人口医生数 +doctors +0\.300 +0\.120", out, re.MULTILINE)
