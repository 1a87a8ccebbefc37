"""The workbook: sheets that explain themselves, text that stays text, formulas that LibreOffice calculates alike."""

import io
import re
import shutil
import subprocess
import zipfile

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import report
from equindex.cli import app
from equindex.cli.words.twins import chinese as in_chinese
from equindex.errors import FrameworkError
from equindex.framework import Framework
from equindex.model import WeightSet
from equindex.report.sheets import live, words
from small import framework, table

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    'say "so"',
    "名" * 60,
    "\u202eabc",
    "@x",
    "-2",
]
FIRST = live.TOP


def workbook(built, data, lang="en", **options):
    """Return the workbook of what was scored, without draws unless asked for."""
    return report.workbook(report.gather(built, data, **{"lang": lang, "parts": ()} | options))


def opened(content):
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def grid(content, sheet):
    return opened(content).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def column(content, at, sheet="Calculation"):
    """Return a column of the calculation by region."""
    return {row[0]: row[at] if row[at] != "" else np.nan for row in grid(content, sheet)[FIRST:]}


def everything(content):
    return "\n".join(
        str(cell) for name in opened(content).sheet_names for row in grid(content, name) for cell in row
    )


def nested(rule="reweight", index="arithmetic", pillar="arithmetic", decimals="none"):
    """Pillars in pillars, an indicator beside pillars, gaps, zero weights, two regions alike."""
    methods = {
        "normalise": {"name": "minmax", "lower": 1, "upper": 100},
        "aggregate": {"pillar": pillar, "index": index},
        "missing": {"rule": rule} if rule == "propagate" else {"rule": rule, "min_coverage": 0.6},
        "rank_decimals": decimals,
    }
    leaves = [("a", "q", 1), ("b", "q", 2), ("c", "p", 3), ("d", "r", 1), ("e", "r", 0), ("f", "index", 2)]
    pillars = [("p", "index", 2), ("q", "p", 1), ("r", "index", 1)]
    built = framework(
        [{"id": i, "pillar": p, "weight": w} for i, p, w in leaves],
        pillar=[{"id": i, "parent": p, "weight": w} for i, p, w in pillars],
        methods=methods,
    )
    values = np.random.default_rng(5).normal(50, 10, (14, 6))
    values[np.random.default_rng(6).random(values.shape) < 0.12] = np.nan
    values[1] = values[0] = [1, 2, 3, 4, 5, 6]
    values[2, :] = np.nan
    return built, table(**dict(zip("abcdef", values.T, strict=True)))


CHANGED = {"p": 1.0, "r": 3.0, "f": 0.5, "q": 2.0, "c": 0.0, "a": 5.0, "b": 1.0, "d": 1.0, "e": 4.0}
CASES = {
    "arithmetic": {},
    "geometric": {"index": "geometric", "pillar": "geometric"},
    "mixed": {"index": "geometric"},
    "propagate": {"rule": "propagate", "index": "geometric"},
    "harmonic pillars": {"pillar": "harmonic"},
    "rounded ranks": {"decimals": 0},
}


# what is written ---------------------------------------------------------------------------------------------


def test_sheets_are_those_of_the_language_and_bytes_are_the_same():
    built, data = nested()

    chinese, english = workbook(built, data, "zh"), workbook(built, data)

    assert opened(chinese).sheet_names == [name for _, name, *_ in words.SHEETS.values()]
    assert opened(english).sheet_names == [name for name, *_ in words.SHEETS.values()]
    assert workbook(built, data, "zh") == chinese


def test_every_sentence_stands_in_both_languages_with_the_same_values():
    held = re.compile(r"\{(\w+)")

    for english, chinese in words._SAID.values():
        assert english
        assert chinese
        assert sorted(set(held.findall(english))) == sorted(set(held.findall(chinese)))


def test_values_beside_formulas_are_the_engines():
    built, data = nested(index="geometric")
    scores = built.score(data)

    content = workbook(built, data)

    assert list(column(content, live.SCORE).values()) == pytest.approx(scores.index.tolist(), nan_ok=True)
    ranks = scores.ranks["index"].astype(float).tolist()
    np.testing.assert_equal(list(column(content, live.RANK).values()), ranks)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        inside = parts.read("xl/worksheets/sheet10.xml").decode()
    assert inside.count("<f") > 14 * 6


def test_names_stay_text_wherever_they_stand():
    built = framework([{"id": "a", "name": HOSTILE[0]}, {"id": "b", "name": HOSTILE[2]}], title="=2+2")

    content = workbook(built, table(region=HOSTILE, a=range(8), b=range(8)))

    assert [row[1] for row in grid(content, "Calculation")[FIRST:]] == HOSTILE
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        formulas = [
            found
            for name in parts.namelist()
            for found in re.findall(r"<(?:c:)?f[ >][^<]*", parts.read(name).decode("utf-8", "replace"))
        ]
    assert formulas
    assert not [f for f in formulas if any(bad in f for bad in ("1+1", "2+2", "cmd", "script", "abc"))]


def test_other_years_are_values_and_the_chosen_one_is_calculated():
    built = framework(["a", "b"])
    data = table(
        [2019, 2019, 2019, 2020, 2020, 2020], region=[*"ABC"] * 2, a=[1, 2, 3, 4, 5, 6], b=[1, 2, 3] * 2
    )

    content = workbook(built, data, year=2019)

    assert column(content, live.SCORE) == pytest.approx({"A": 0.0, "B": 35.0, "C": 70.0})
    years = grid(content, "Years")
    assert years[3][:6] == ["region", "name", "2019", "2020", "rank 2019", "rank 2020"]
    assert years[4][:4] == ["C", "C", pytest.approx(70), 100]


@pytest.mark.parametrize(
    ("sheet", "said", "built", "data"),
    [
        ("Attainment", "No indicator has a target", framework(["a"]), table(a=[1, 2])),
        ("Equalization", "asks for no equalization", framework(["a"]), table(a=[1, 2])),
        ("Years", "There is one year, 2020", framework(["a"]), table(a=[1, 2])),
        ("Sensitivity", "No draws were made", framework(["a"]), table(a=[1, 2])),
        ("Pillars", "has no pillars", framework(["a"]), table(a=[1, 2])),
        (
            "Equalization",
            "no population",
            framework(["a"], equalization={"measures": ["gini"], "degree": "gini"}),
            table(a=[1, 2]),
        ),
        (
            "Ranking",
            "One region",
            framework([{"id": "a", "target": "≥3"}], methods=None),
            table(a=[2]),
        ),
        (
            "Weights",
            "harmonic is no arithmetic",
            framework(["a", "b"], methods={"normalise": {"name": "minmax", "lower": 1}, "aggregate": "harmonic"}),
            table(a=[1, 2], b=[1, 3]),
        ),
    ],
)  # fmt: skip
def test_a_sheet_says_why_it_has_nothing(sheet, said, built, data):
    content = workbook(built, data)

    assert said in "\n".join(str(cell) for row in grid(content, sheet) for cell in row)


def test_a_pillar_without_any_value_is_told_and_the_rest_is_scored():
    built = framework(
        [{"id": "a", "pillar": "p", "goalposts": [1, 3]}, {"id": "b", "pillar": "q", "goalposts": [1, 3]}],
        pillar=[{"id": "p"}, {"id": "q"}],
        methods={"normalise": "goalposts", "missing": {"rule": "reweight", "min_coverage": 0.5}},
    )

    content = workbook(built, table(a=[1.0, 2.0, 3.0], b=[np.nan] * 3))

    assert column(content, live.SCORE) == {"A": 0, "B": 50, "C": 100}
    quality = [row[:4] for row in grid(content, "Data quality")]
    assert ["b", "A, B, C", "missing", "no value in the data"] in quality


def test_reasons_and_notes_are_in_the_language_of_the_book():
    rugao = REPOSITORY / "data/rugao-2025"
    built = Framework.from_toml(rugao / "framework.toml")

    content = workbook(
        built, rugao / "observations.csv", "zh", parts=("uncertainty",), draws=20, reword=in_chinese
    )

    text = everything(content)
    assert "只有一个地区有得分" in text
    assert not [line for line in text.splitlines() if re.search("cells are missing|only one region", line)]


def test_what_was_not_measured_has_no_source_year():
    data = pd.DataFrame(
        {"region": list("ABCD"), "year": 2020, "indicator": "a", "value": ["1", "2", "3", "—"],
         "source_year": [2020, 2018, 2020, 2015]}
    )  # fmt: skip

    quality = grid(workbook(framework(["a"]), data), "Data quality")

    assert [row[10] for row in quality if row[1] == "a"] == [2018]
    assert [row[1:3] for row in quality if "measured" in row[2]] == [["B", "measured in 2018"]]


def test_too_many_regions_are_values_and_the_book_says_so(monkeypatch):
    monkeypatch.setattr(live, "MOST", 2)

    content = workbook(framework(["a"]), table(a=[1, 2, 3]))

    assert column(content, live.SCORE) == {"A": 0, "B": 50, "C": 100}
    assert "more than 2 regions" in everything(content)


def test_a_text_too_long_for_a_cell_is_refused():
    data = table(region=["x" * 40_000, "B"], a=[1, 2])

    with pytest.raises(FrameworkError, match=r"40,000 characters .* does not fit a cell, which holds 32,767"):
        workbook(framework(["a"]), data)


def test_weights_have_names_that_formulas_can_use():
    built = framework(["a-b", "a_b", "收入"])

    content = workbook(built, table(**{"a-b": [1, 2], "a_b": [1, 2], "收入": [1, 2]}))

    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        defined = re.findall(
            r'<definedName name="(w_[^"]+)">([^<]+)<', parts.read("xl/workbook.xml").decode()
        )
    assert dict(defined) == {
        f"w_{name}": f"'Weights'!$F${row}" for name, row in (("a_b", 6), ("a_b_2", 7), ("收入", 8))
    }


def test_the_command_writes_page_and_workbook_or_neither(tmp_path):
    files = [str(REPOSITORY / "data/rugao-2025" / name) for name in ("framework.toml", "observations.csv")]
    book, page = tmp_path / "report.xlsx", tmp_path / "report.md"

    done = CliRunner().invoke(app, ["report", *files, "--xlsx", str(book), "--lang", "zh"])
    again = CliRunner().invoke(app, ["report", *files, "--xlsx", str(book), "-o", str(page)])
    nothing = CliRunner().invoke(app, ["report", *files])
    other = CliRunner().invoke(app, ["report", *files, "-o", "x.xlsx", "--xlsx", "x.xls"])

    assert done.exit_code == 0, done.output
    assert opened(book.read_bytes()).sheet_names[0] == "摘要"
    assert column(book.read_bytes(), live.SCORE, "计算") == {"320682": pytest.approx(88.694431)}
    assert (again.exit_code, page.exists()) == (1, False)
    assert "report.xlsx exists" in again.stderr
    assert "say what to write" in nothing.stderr
    assert "'x.xlsx' should end in .html or .md" in other.stderr
    assert "'x.xls' should end in .xlsx" in other.stderr


# what LibreOffice makes of it --------------------------------------------------------------------------------


def without_results(content, weights=None):
    """Return the workbook without the results of formulas, and with other numbers in the cells to change."""
    fresh = io.BytesIO()
    rows = grid(content, "Weights")
    at = {row[2]: number for number, row in enumerate(rows, start=1)}
    with (
        zipfile.ZipFile(io.BytesIO(content)) as parts,
        zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as into,
    ):
        for name in parts.namelist():
            text = parts.read(name)
            if name.startswith("xl/worksheets/sheet"):
                text = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", text)
            if name == "xl/worksheets/sheet9.xml":
                for node, weight in (weights or {}).items():
                    cell = rf'(<c r="F{at[node]}"[^>]*><v>)[^<]*'.encode()
                    text, found = re.subn(cell, rf"\g<1>{weight}".encode(), text)
                    assert found == 1
            into.writestr(name, text)
    return fresh.getvalue()


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory):
    """Every case as it stands, with other weights and with no valid ones, calculated by LibreOffice."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not here: apt-get install libreoffice-calc-nogui")
    folder = tmp_path_factory.mktemp("office")
    for name, options in CASES.items():
        built, data = nested(**options)
        content = workbook(built, data)
        fixed = {"a", "b", "c", "d", "e", "q"} if "harmonic" in name else set()
        changed = {node: weight for node, weight in CHANGED.items() if node not in fixed}
        (folder / f"{name}.xlsx").write_bytes(without_results(content))
        (folder / f"{name}, changed.xlsx").write_bytes(without_results(content, changed))
    content = workbook(*nested())
    (folder / "invalid.xlsx").write_bytes(without_results(content, {"d": 0, "e": 0}))
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    files = sorted(map(str, folder.glob("*.xlsx")))
    command = [office, home, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, str(folder / "out"), *files], check=True, capture_output=True, timeout=300)
    return lambda name: (folder / "out" / f"{name}.xlsx").read_bytes()


def same(content, scores):
    ranks = scores.ranks["index"].astype(float).tolist()
    assert list(column(content, live.SCORE).values()) == pytest.approx(
        scores.index.tolist(), rel=1e-9, nan_ok=True
    )
    np.testing.assert_equal(list(column(content, live.RANK).values()), ranks)
    coverage = scores.to_frame().query("node == 'index'")["coverage"].tolist()
    assert list(column(content, live.DIFFERENCE + 2).values()) == pytest.approx(coverage, abs=1e-12)


@pytest.mark.office
@pytest.mark.parametrize("case", CASES)
def test_formulas_give_the_published_scores(recalculated, case):
    built, data = nested(**CASES[case])

    content = recalculated(case)

    same(content, built.score(data))
    said = [row[1] for row in grid(content, "Summary") if row[0] == "check"]
    assert said == ["weights as published: the formulas give the published scores"]


@pytest.mark.office
@pytest.mark.parametrize("case", CASES)
def test_changed_weights_give_the_scores_of_these_weights(recalculated, case):
    built, data = nested(**CASES[case])
    weights = dict(CHANGED)
    if "harmonic" in case:
        weights |= {"a": 1, "b": 2, "q": 1, "c": 3, "d": 1, "e": 0}
    scores = built.replace(weights=WeightSet(id="other", weights=weights)).score(data)

    content = recalculated(f"{case}, changed")

    same(content, scores)
    moved = built.score(data)
    before, after = (found.ranks["index"].astype(float).tolist() for found in (moved, scores))
    assert before != after
    regions = scores.ranks.index.get_level_values(0)
    expected = {
        (a, name, b - a) for a, name, b in zip(after, regions, before, strict=True) if a == a and b == b
    }
    listed = [(row[1], row[2], row[7]) for row in grid(content, "Ranking")[4:]]
    assert [rank for rank, *_ in listed if rank != ""] == sorted(rank for rank in after if rank == rank)
    assert {row for row in listed if "" not in row} == expected


@pytest.mark.office
def test_weights_that_are_all_zero_leave_no_score_behind_and_are_told(recalculated):
    content = recalculated("invalid")

    states = {row[2]: row[8] for row in grid(content, "Weights")}
    assert (states["d"], states["e"], states["a"]) == ("not valid", "not valid", "")
    said = [row[1] for row in grid(content, "Summary") if row[0] == "check"]
    assert said == ["weights not valid: see the sheet of weights"]
