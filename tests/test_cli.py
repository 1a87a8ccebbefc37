"""The command line as people use it: every command, on real data."""

import json
import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import (
    _formula,
    scoring,  # noqa: F401  registers every family
)
from equindex._formula import plain
from equindex._registry import families
from equindex.cli import app
from equindex.cli.starter import FILES
from equindex.framework import Framework

DATA = REPOSITORY / "data"
CHINA = (str(DATA / "china-services/framework.toml"), str(DATA / "china-services/observations.csv"))
RUGAO = (str(DATA / "rugao-2025/framework.toml"), str(DATA / "rugao-2025/observations.csv"))
BEDS = (str(DATA / "china-services/hospital_beds.toml"), str(DATA / "china-services/raw_hospital_beds.csv"))
STARTER = ("framework.toml", "data.csv")


def run(*args: object, code: int = 0) -> tuple[str, str]:
    """Run a command in this process; return stdout and stderr."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stdout, result.stderr


def process(*args: object, **options: object) -> "subprocess.CompletedProcess[bytes]":
    """Run the real thing."""
    command = [sys.executable, "-m", "equindex", *map(str, args)]
    return subprocess.run(command, capture_output=True, timeout=120, **options)  # type: ignore[call-overload]


def width(text: str) -> int:
    """Columns that a terminal needs for one line."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder by init and work in it."""
    run("init", tmp_path / "my-index", "-q")
    monkeypatch.chdir(tmp_path / "my-index")
    return tmp_path / "my-index"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)


# demo, init, help --------------------------------------------------------------------------------------------


def test_demo_in_an_empty_folder_prints_everything_and_leaves_nothing(tmp_path: Path) -> None:
    done = process("demo", cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    out = done.stdout.decode("utf-8")
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, b"", [])
    for words in ("coverage", "Zones", "least even first", "ratio", "met", "Binding list", "illustrative"):
        assert words in out
    index = re.search(r"^index +([\d.]+) +([\d.]+)", out, re.MULTILINE)
    assert index is not None
    assert index[1] == "88.69"
    assert 48 <= float(index[2]) <= 50
    ranking = re.findall(r"^ +\d+  (\S+) ", out, re.MULTILINE)
    assert len(ranking) == 31
    assert ranking[:3] == ["北京", "上海", "天津"]
    assert ranking[-1] == "贵州"


def test_every_example_in_the_help_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [command.callback.__doc__ or "" for command in app.registered_commands if command.callback]
    examples = [line.strip() for text in texts for line in text.split("\n") if "    equindex " in line]
    monkeypatch.chdir(tmp_path)

    for example in examples:
        run(*shlex.split(example)[1:])
        if example == "equindex init my-index":
            continue
        if example.startswith("equindex score my-index"):
            monkeypatch.chdir(tmp_path / "my-index")

    assert len(examples) >= 13
    assert files(tmp_path / "my-index/again") == files(tmp_path / "my-index/results")


@pytest.mark.parametrize(
    "command", ["", "demo", "init", "check", "score", "explain", "methods", "rerun", "compare", "change"]
)
def test_help_fits_80_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    out, err = run(*command.split(), "--help")

    assert "Usage: " in out
    assert err == ""
    assert max(map(width, out.splitlines())) <= 80
    wrapped = re.findall(r"^ equindex .*$|^ [a-z]\S*\.csv *$", out, re.MULTILINE)
    assert wrapped == []  # an example that broke in two could not be copied


def test_help_loads_no_heavy_library() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "equindex", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)

    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "typer" in loaded
    assert not loaded & {"numpy", "pandas", "scipy", "pandera", "pydantic"}


def test_version_and_usage_errors() -> None:
    out, _ = run("--version")
    assert re.fullmatch(r"equindex \d+\.\d+\S*\n", out)

    for wrong in (["nothing"], ["score"], ["score", *CHINA, "--foo"], ["score", *CHINA, "--format", "doc"]):
        out, err = run(*wrong, code=2)
        assert out == ""
        assert "Error" in err


def test_init_keeps_what_is_there(starter: Path) -> None:
    (starter / "data.csv").write_text("mine", encoding="utf-8")

    _, err = run("init", starter, code=1)
    assert "--force" in err
    assert (starter / "data.csv").read_text(encoding="utf-8") == "mine"

    run("init", starter, "--force")
    assert (starter / "data.csv").read_text(encoding="utf-8") == FILES["data.csv"]


# check -------------------------------------------------------------------------------------------------------


def test_check_names_the_impossible_hainan_value() -> None:
    lines = Path(BEDS[1]).read_text(encoding="utf-8-sig").splitlines()
    row = 1 + next(i for i, line in enumerate(lines) if line.startswith("460000,1998,hospital_beds_10k"))

    out, err = run("check", *BEDS, code=1)

    said = " ".join(out.split())
    assert err == ""
    assert "1 error" in said
    assert "\N{REPLACEMENT CHARACTER}" not in out
    for words in ("raw_hospital_beds.csv", f"row {row}", "海南", "1998", "42.6", "upper = 15", "[[exclude]]"):
        assert words in said


def test_check_as_json_says_the_same() -> None:
    out, _ = run("check", *BEDS, "--json", code=1)

    (found,) = json.loads(out)["findings"]
    assert (found["severity"], found["region"], found["year"]) == ("error", "海南", 1998)
    assert float(found["value"]) == pytest.approx(32.1 / 753 * 1000, abs=1e-4)
    assert found["remedy"]


@pytest.mark.usefixtures("starter")
def test_check_without_errors_summarises_the_data() -> None:
    out, _ = run("check", *STARTER)

    assert "4 regions, 2023-2024 (2 years), 4 indicators, 96.9% of cells filled" in out
    assert re.search(r"^doctors +Doctors per 1,000 persons +persons/1,000 +8 +0 +0 +2.2 +3.2 +4.2", out, re.M)


def test_check_shows_all_findings_at_once(starter: Path) -> None:
    text = FILES["data.csv"].replace("2.9,4.6", "many,4.6").replace("West,2024", "West,20x4")
    (starter / "data.csv").write_text(text + "South,2024,3,3,3,300\n", encoding="utf-8")

    out, _ = run("check", *STARTER, code=1)

    for words in ("'many' is no number", "'20x4' is no year", "stands twice", "row 10"):
        assert words in " ".join(out.split())


# score -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("starter")
def test_score_prints_results_on_stdout_and_messages_on_stderr() -> None:
    out, err = run("score", *STARTER)
    assert "East    100.00" in out
    assert err == ""

    out, err = run("score", *STARTER, "-o", "out")
    assert out == ""
    assert "Wrote scores.csv" in err

    assert run("score", *STARTER, "-o", "out", "--force", "--quiet") == ("", "")


@pytest.mark.usefixtures("starter")
def test_score_agrees_with_a_calculation_by_hand() -> None:
    doctors = 1 + 99 * (3.5 - 2.2) / (4.2 - 2.2)
    infants = 1 + 99 * (6.1 - 3.7) / (6.1 - 2.7)
    preschool = 1 + 99 * (98.9 - 85.1) / (100 - 85.1)
    education = (100 + preschool) / 2
    weighted = 0.6 * (2 * doctors + infants) / 3 + 0.4 * education

    scores = {
        form: json.loads(run("score", *STARTER, "--json", *form)[0])["scores"]
        for form in [(), ("--weights", "weights.toml"), ("--set", "weighting=weights.toml")]
    }

    found = {
        form: next(
            r["score"] for r in rows if (r["region"], r["year"], r["node"]) == ("South", 2024, "index")
        )
        for form, rows in scores.items()
    }
    assert found[()] == pytest.approx(((doctors + infants) / 2 + education) / 2, abs=1e-12)
    assert found["--weights", "weights.toml"] == pytest.approx(weighted, abs=1e-12)
    assert found["--set", "weighting=weights.toml"] == found["--weights", "weights.toml"]


@pytest.mark.parametrize(
    ("form", "weights"),
    [
        ("node,weight\ndoctors,3\ninfant_mortality,1\n", [0.375, 0.125, 0.25, 0.25]),
        ("指标,权重\ndoctors,3\ninfant_mortality,1\n", [0.375, 0.125, 0.25, 0.25]),
        (
            'scope = "global"\n[weights]\ndoctors = 1\ninfant_mortality = 2\nclass_size = 3\npreschool = 4\n',
            None,
        ),
    ],
)
def test_weight_sets_in_every_form(starter: Path, form: str, weights: list[float] | None) -> None:
    path = starter / ("w.toml" if "[weights]" in form else "w.csv")
    path.write_text(form, encoding="utf-8")

    tables = json.loads(run("score", *STARTER, "--json", "-w", path.name)[0])

    found = [r["effective"] for r in tables["scores"] if r["level"] == "indicator" and r["region"] == "East"]
    assert found[:4] == pytest.approx(weights or [0.1, 0.2, 0.3, 0.4], abs=1e-15)


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ("normalise.lower=0", {"normalise": {"name": "minmax", "lower": 0, "upper": 100}}),
        ("methods.normalise.lower=0", {"normalise": {"name": "minmax", "lower": 0, "upper": 100}}),
        ("normalise=rank", {"normalise": "rank"}),
        ('normalise={name = "zscore"}', {"normalise": "zscore"}),
        ("aggregate=geometric", {"aggregate": "geometric"}),
        ('aggregate={index="harmonic"}', {"aggregate": {"index": "harmonic"}}),
        ("missing=propagate", {"missing": "propagate"}),
        ("base=2023", {"base": 2023}),
        ('equalization.reference="median"', {"equalization": {"reference": "median"}}),
        ("equalization.reference=best", {"equalization": {"reference": "best"}}),
        ("attainment.rule=met", {"attainment": {"rule": "met"}}),
        ("classes.good=80", {"classes": {"good": 80}}),
    ],
)
def test_set_does_what_replace_does(setting: str, change: dict[str, object]) -> None:
    expected = Framework.from_toml("framework.toml").replace(**change).score("data.csv")

    tables = json.loads(run("score", *STARTER, "--json", "--set", setting)[0])

    for name, frame in expected.tables().items():
        numbers = frame.select_dtypes("float")
        found = np.array([[row[c] for c in numbers] for row in tables[name]], dtype=float)
        wanted = numbers.to_numpy(dtype=float, na_value=np.nan)
        np.testing.assert_array_equal(found, np.where(np.isfinite(wanted), wanted, np.nan), err_msg=name)


@pytest.mark.usefixtures("starter")
def test_year_filters_what_is_shown_not_what_is_measured() -> None:
    everything = json.loads(run("score", *STARTER, "--json")[0])
    one = json.loads(run("score", *STARTER, "--json", "--year", 2023)[0])

    for name in ("scores", "attainment", "equalization", "inequality"):
        assert {row["year"] for row in everything[name]} == {2023, 2024}
        assert one[name] == [row for row in everything[name] if row["year"] == 2023]

    out, _ = run("score", *STARTER, "-y", 2023, "-y", 2024)
    assert "services, 2023" in out
    assert "services, 2024" in out
    _, err = run("score", *STARTER, "-y", 2030, code=1)
    assert "2023, 2024" in err


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("style", ["csv", "json", "xlsx", "parquet"])
def test_a_folder_gets_every_table_in_every_format(style: str) -> None:
    if style == "parquet":
        pytest.importorskip("pyarrow")

    run("score", *STARTER, "-o", "out", "--format", style)

    tables = {"scores", "attainment", "equalization", "inequality"}
    names = {"results.xlsx"} if style == "xlsx" else {f"{name}.{style}" for name in tables}
    assert {path.name for path in Path("out").iterdir()} == names | {"provenance.json"}


@pytest.mark.usefixtures("starter")
def test_one_file_gets_the_scores() -> None:
    run("score", *STARTER, "-o", "one.csv")
    run("score", *STARTER, "-o", "all")

    assert Path("one.csv").read_bytes() == Path("all/scores.csv").read_bytes()
    assert Path("one.csv").read_bytes().startswith(b"\xef\xbb\xbfregion,region_name,year,node,")


@pytest.mark.usefixtures("starter")
def test_one_file_says_what_it_leaves_out() -> None:
    _, table = run("score", *STARTER, "-o", "one.csv")
    _, book = run("score", *STARTER, "-o", "one.xlsx")
    _, folder = run("score", *STARTER, "-o", "out")

    assert "without attainment, equalization, inequality, provenance.json" in table
    assert "one.xlsx, without provenance.json" in book
    assert "without" not in folder


@pytest.mark.usefixtures("starter")
def test_a_long_workbook_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equindex.cli._run._MANY_ROWS", 10)

    said = [run("score", *STARTER, "-o", out)[1] for out in ("one.xlsx", "one.csv")]
    _, quiet = run("score", *STARTER, "-o", "two.xlsx", "-q")

    assert ["takes minutes" in text for text in said] == [True, False]
    assert "takes minutes" not in quiet


def test_targets_that_are_not_scored_are_named_by_check_and_score(starter: Path) -> None:
    text = FILES["framework.toml"].replace('"≥3.9" ', '"≤5" ').replace('"100"', '"每县至少一处"')
    (starter / "framework.toml").write_text(text, encoding="utf-8")

    checked, _ = run("check", *STARTER, "--json")
    printed, said = run("score", *STARTER)

    found = [item for item in json.loads(checked)["findings"] if item["kind"] == "target"]
    assert [(item["indicator"], item["value"]) for item in found] == [
        ("doctors", "≤5"),
        ("preschool", "每县至少一处"),
    ]
    assert "upper end, but higher is better" in found[0]["message"]
    assert "'每县至少一处'" in found[1]["message"]
    assert "Note: target: doctors: target '≤5'" in said
    assert "Note: target: preschool: " in said
    head = next(line for line in printed.splitlines() if line.startswith("rank"))
    assert head.split()[:6] == ["rank", "region", "index", "coverage", "attainment", "coverage"]


def test_nothing_is_overwritten_without_force(starter: Path) -> None:
    run("score", *STARTER, "-o", "out")
    (starter / "out/scores.csv").write_text("mine", encoding="utf-8")
    (starter / "out/other.txt").write_text("mine", encoding="utf-8")
    before = files(starter / "out")

    _, err = run("score", *STARTER, "-o", "out", code=1)
    assert "scores.csv" in err
    assert "--force" in err
    assert files(starter / "out") == before

    run("score", *STARTER, "-o", "out", "--force")
    assert (starter / "out/scores.csv").read_bytes() != b"mine"
    assert (starter / "out/other.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_tables_fit_the_terminal_in_chinese_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    for args in (("score", *CHINA), ("score", *RUGAO), ("explain", *CHINA, "浙江"), ("check", *RUGAO)):
        out, _ = run(*args)
        assert max(map(width, out.splitlines())) <= columns
    out, _ = run("score", *CHINA)
    assert ("do not fit: " in out) == (columns == 40)
    assert "72.57" in out


@pytest.mark.usefixtures("starter")
def test_json_has_every_digit_and_survives_any_console() -> None:
    utf8, _ = run("score", *CHINA, "--json")
    ascii_only = process("score", *CHINA, "--json", env={**os.environ, "PYTHONIOENCODING": "ascii"})

    tables = json.loads(ascii_only.stdout)
    assert utf8.startswith('{"scores": [{"region": "110000", "region_name": "北京"')
    assert {**json.loads(utf8), "provenance": None} == {**tables, "provenance": None}
    gini = next(
        row["value"]
        for row in tables["inequality"]
        if (row["node"], row["measure"], row["part"]) == ("doctors", "gini", "total") and not row["weighted"]
    )
    assert gini == pytest.approx(0.1851113114, abs=1e-9)
    expected = Framework.from_toml(CHINA[0]).score(CHINA[1]).to_frame()["score"]
    assert [row["score"] for row in tables["scores"]] == [None if s != s else s for s in expected.tolist()]


@pytest.mark.usefixtures("starter")
def test_an_attainment_only_framework_ranks_by_attainment() -> None:
    text = FILES["framework.toml"]
    text = re.sub(r"^normalise = .*\n", "", text, flags=re.MULTILINE)
    Path("framework.toml").write_text(text, encoding="utf-8")
    rows = "A,2024,3.9,3,30,100\nB,2024,3.9,3,30,100\nC,2024,1,3,30,100\nD,2024,,,,\n"
    Path("data.csv").write_text("region,year,doctors,infant_mortality,class_size,preschool\n" + rows, "utf-8")

    out, _ = run("score", *STARTER)

    found = re.findall(r"^ +(\d+)? +([A-D]) ", out, re.MULTILINE)
    assert found == [("1", "A"), ("1", "B"), ("3", "C"), ("", "D")]
    assert "unscored: D, 2024" in out


@pytest.mark.usefixtures("starter")
def test_an_empty_column_is_explained() -> None:
    out, _ = run("score", *STARTER, "--set", "missing.min_coverage=0.66")

    assert "no equalization for any region: coverage 0.50 is below 0.66" in out


def test_a_workbook_holds_framework_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    sheets = {
        "framework": [
            *[["key", "value"], ["id", "demo"], ["methods.normalise", "minmax"]],
            ["equalization.reference", '{ region = "000000" }'],
        ],
        "indicators": [
            ["id", "pillar", "name", "direction", "target", "target_year"],
            ["doctors", "health", "每千人口医生数", "正向", "≥3", 2025],
            ["infants", "health", "婴儿死亡率", "逆向", "<5", 2025],
        ],
        "pillars": [["id", "name"], ["health", "医疗卫生"]],
        "regions": [
            *[["region", "name"], ["110000", "北京"], ["120000", "天津"], ["130000", "河北"]],
            ["000000", "全国"],
        ],
        "weights": [["node", "weight"], ["doctors", 3], ["infants", 1]],
        "data": [
            *[["某市统计表"], [], ["地区", "年份", "doctors", "婴儿死亡率"], ["全国", 2023, 2.8, 5]],
            *[["北京市", 2023, 4.0, 2.0], ["天津", 2023, "3.5", 4.0], ["河北省", 2023, 2.0, 6.0]],
        ],
    }
    book = xlsxwriter.Workbook(str(tmp_path / "all.xlsx"))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
    book.close()
    monkeypatch.chdir(tmp_path)

    run("score", "all.xlsx", "all.xlsx", "-o", "out", "-q")
    rows = json.loads(run("score", "all.xlsx", "all.xlsx", "--json", "-q")[0])["scores"]
    run("rerun", "out/provenance.json", "-o", "again", "-q")

    index = {row["region_name"]: row["score"] for row in rows if row["node"] == "index"}
    assert index == pytest.approx({"北京": 100.0, "天津": 0.75 * 75 + 0.25 * 50, "河北": 0.0}, abs=1e-12)
    assert files(Path("again")) == files(Path("out"))


@pytest.mark.usefixtures("starter")
def test_habits_of_windows_are_read() -> None:
    text = FILES["data.csv"].replace("—", "88.5")
    Path("data.csv").write_text(text, encoding="utf-8")
    plain = json.loads(run("score", *STARTER, "--json")[0])["scores"]
    renamed = text.replace("region,year", "地区,年份")
    semicolons = "\n".join(
        line.replace(".", "#").replace(",", ";").replace("#", ",") for line in renamed.splitlines()
    )
    spellings = {
        "bom.csv": ("\ufeff" + renamed).encode(),
        "gbk.csv": renamed.replace("\n", "\r\n").encode("gb18030"),
        "semicolon.csv": semicolons.encode(),
        "tab.txt": renamed.replace(",", "\t").encode(),
        "titled.csv": ("公共服务统计表\n\n" + renamed + "注：测试\n").encode(),
    }

    for name, content in spellings.items():
        Path(name).write_bytes(content)
        assert json.loads(run("score", "framework.toml", name, "--json")[0])["scores"] == plain, name


# explain, methods, rerun -------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [(), ("--set", "aggregate=geometric"), ("--set", "normalise=zscore")])
def test_explained_contributions_sum_to_the_score(changes: tuple[str, ...]) -> None:
    rows = json.loads(run("score", *CHINA, "--json", *changes)[0])["scores"]
    index = {row["region_name"]: row["score"] for row in rows if row["node"] == "index"}

    for region in ("浙江", "新疆", "贵州"):
        found = json.loads(run("explain", *CHINA, region, "--json", *changes)[0])
        assert found["score"] == index[region]
        assert sum(part["contribution"] for part in found["parts"]) == pytest.approx(index[region], abs=1e-10)
        assert sum(part["effective"] for part in found["parts"]) == pytest.approx(1, abs=1e-12)
        obstacles = [part["obstacle"] for part in found["parts"]]
        if "normalise=zscore" in changes:
            assert found["refused"]
        else:
            assert sum(o for o in obstacles if o is not None) == pytest.approx(1, abs=1e-12)


def test_explain_prints_the_sum_strengths_and_obstacles() -> None:
    out, err = run("explain", *CHINA, "北京")

    assert re.search(r"^sum +72\.57 +100\.0%", out, re.MULTILINE)
    for words in ("北京, 1999: index 72.57, rank 1 of 31", "Strengths", "Shortfalls", "障碍度"):
        assert words in out
    assert err == ""


def test_explain_knows_a_region_by_every_name() -> None:
    (first, *others) = [run("explain", *CHINA, name)[0] for name in ("330000", "浙江", "浙江省", "zhejiang")]

    assert others == [first] * 3
    _, err = run("explain", *CHINA, "浙西", code=1)
    assert "浙西" in err


PRINTED = {*_formula._SIGNS, *_formula._MARKS, *_formula._WORDS, "frac", "tfrac", "sqrt", "begin", "end"} | {
    *("ln", "exp", "min", "max", "arg")  # as they stand
}


def test_methods_lists_every_method_with_options_formula_and_source() -> None:
    listed = json.loads(run("methods", "--json")[0])
    overview, _ = run("methods")

    assert {(m["family"], m["name"]) for m in listed} == {
        (f.name, m.name) for f in families().values() for m in f
    }
    full = {name: "".join(run("methods", name)[0].split()) for name in families()}
    for method in listed:
        assert re.search(rf"^{method['name']} ", overview, re.MULTILINE)
        assert method["title"]
        shown = method | {"formula": plain(method["formula"])}
        for key in ("title", "name_zh", "options", "formula", "source"):
            assert "".join(shown[key].split()) in full[method["family"]]
        assert not set(re.findall(r"\\([A-Za-z]+)", method["formula"])) - PRINTED, method["name"]
    known = {(m["family"], m["name"]): m for m in listed}
    assert known["normalise", "minmax"]["options"] == "lower=0.0, upper=100.0"
    assert known["impute", "row_mean"]["options"] == ""
    assert known["impute", "linear"]["options"] == "ends='missing'"
    assert known["impute", "group_mean"]["options"] == "by (required), at='cell'"
    assert known["impute", "cold_deck"]["options"] == "table (required), max_age=None"
    assert known["normalise", "to_target"]["options"].startswith("target (from the indicators), lower=0.0")
    assert known["normalise", "to_reference"]["options"].startswith("value (required)")
    assert all(m["formula"] and m["source"] for m in listed if m["family"] in ("equalization", "normalise"))
    assert "no family or method" in run("methods", "giny", code=1)[1]


def test_methods_shows_one_method_of_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = json.loads(run("methods", "aggregate", "borda", "--json")[0])

    assert (found["family"], found["name"], found["name_zh"]) == ("aggregate", "borda", "波达计数法")
    assert len(json.loads(run("methods", "borda", "--json")[0])) == 2  # normalise has one too
    monkeypatch.setenv("COLUMNS", "80")
    assert "formula: D_r = u √(C_r T_r)" in " ".join(run("methods", "aggregate", "coupling")[0].split())
    for words in (("weighting", "bod"), ("weighting",), ()):
        assert 'Set as aggregate = "bod"' in " ".join(run("methods", *words)[0].split())
    (found,) = json.loads(run("methods", "weighting", "bod", "--json")[0])
    assert found["in_files"].startswith('Set as aggregate = "bod"')
    shown = run("methods", "aggregate", "median")[0].splitlines()
    assert "  in Chinese: 加权中位数" in [row.rstrip() for row in shown]
    assert max(map(len, shown)) <= 80
    assert "there is no normalise method 'mimax'. Did you mean 'minmax'?" in run(
        "methods", "normalise", "mimax", code=1
    )[1].replace("\n", " ")
    assert (
        "no family 'normalize'. Did you mean 'normalise'?" in run("methods", "normalize", "rank", code=1)[1]
    )


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"z_{ri} = l + (u - l) \frac{x_{ri} - \min_i}{R_i}", "z_ri = l + (u - l) (x_ri - min_i)/R_i"),
        (r"S = \sum_i w_i \Big/ \sum_i \frac{w_i}{z_{ri}}", "S = Σ_i w_i / Σ_i (w_i/z_ri)"),
        (r"y = \ln \frac{x}{t - x}, \qquad \lambda = \tfrac12", "y = ln (x/(t - x)),   λ = 1/2"),
        (r"\sqrt{\hat\sigma^2} \text{ or } D^{\pm}_{j-1}", "√(σ̂^2) or D^±_(j-1)"),
        (r"\#\{s : x_{si} \le x_{ri}\}", "#{s : x_si ≤ x_ri}"),
        (r"s \begin{cases} 1 & x > p \\ 0 & \text{else} \end{cases}", "s {1 if x > p, 0 else}"),
        (r"\bar x_i, \overline{\ln x_t}", "x̄_i, mean(ln x_t)"),
    ],
)
def test_formulas_are_printed_without_commands(tex: str, expected: str) -> None:
    assert plain(tex) == expected


@pytest.mark.parametrize(
    "extra", [(), ("--year", "1999"), ("--set", "normalise=zscore"), ("--format", "json")]
)
def test_rerun_gives_the_same_bytes(tmp_path: Path, extra: tuple[str, ...]) -> None:
    run("score", *CHINA, "-o", tmp_path / "one", *extra)
    style = extra if "--format" in extra else ()

    run("rerun", tmp_path / "one/provenance.json", "-o", tmp_path / "two", *style)

    assert len(files(tmp_path / "one")) == 4
    assert files(tmp_path / "two") == files(tmp_path / "one")


def test_rerun_of_a_folder_reads_what_was_data_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    for path in filter(Path.is_file, Path(RUGAO[0]).parent.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    run("score", "plan/framework.toml", "plan", "-o", "one", "-q")

    run("rerun", "one/provenance.json", "-o", "two", "-q")

    assert files(tmp_path / "two") == files(tmp_path / "one")


@pytest.mark.usefixtures("starter")
def test_a_weight_table_beside_the_data_is_no_data() -> None:
    Path("weights.csv").write_text("node,weight\nhealth,60\neducation,40\n", encoding="utf-8")

    folder = json.loads(run("score", "framework.toml", ".", "-w", "weights.csv", "--json")[0])
    single = json.loads(run("score", *STARTER, "-w", "weights.csv", "--json")[0])

    assert folder["scores"] == single["scores"]


@pytest.mark.usefixtures("starter")
def test_rerun_refuses_changed_data_and_finds_moved_data() -> None:
    run("score", *STARTER, "-o", "out")
    Path("data.csv").rename("elsewhere.csv")
    assert "--data" in run("rerun", "out/provenance.json", code=1)[1]

    run("rerun", "out/provenance.json", "--data", "elsewhere.csv", "-o", "again")
    assert files(Path("again")) == files(Path("out"))

    Path("elsewhere.csv").write_text(FILES["data.csv"].replace("2.9", "3.0"), encoding="utf-8")
    _, err = run("rerun", "out/provenance.json", "--data", "elsewhere.csv", code=1)
    assert "data.csv changed" in err


def test_rerun_warns_of_another_version_unless_quiet(starter: Path) -> None:
    run("score", *STARTER, "-o", "out")
    path = starter / "out/provenance.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "equindex": "0.0.1"}), encoding="utf-8")

    assert "0.0.1" in run("rerun", path)[1]
    assert run("rerun", path, "-q")[1] == ""


def test_reference_table_scores_from_the_command_line(reference: Callable[[str], Path]) -> None:
    table = reference("undp_hdr/hdr2324_2022.csv")

    out, _ = run("score", DATA / "hdi/framework.toml", table)

    assert re.search(r"^ +1 +CHE +0\.967 ", out, re.MULTILINE)  # HDR 2023/24, table 1
    assert re.search(r"^ +2 +NOR +0\.966 ", out, re.MULTILINE)


@pytest.mark.usefixtures("starter")
@pytest.mark.parametrize("years", ["²", "1-999999999", "2021-2020", "2020-", "-"])
def test_years_that_are_none_are_a_usage_error(years):
    run("equalize", "framework.toml", "data.csv", "--years", years, code=2)


SMALL = """id = "small"
methods = { normalise = { name = "goalposts", low = 0, high = 5 }, aggregate = "arithmetic" }
indicator = [{ id = "x", direction = "positive" }, { id = "y", direction = "positive" }]
"""


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("aggregate=geometric", "above 0, but 1 of 8 is not (first: 0). Normalise"),
        ("normalise=minmax", "1 of 2 indicators "),
        ("impute=regression", "for 1 missing cell. Name fewer predictors"),
        ("impute=nearest", "but 1 of 1 missing cells has none. Use a smaller k"),
    ],
)
def test_a_refusal_names_regions_and_indicators_and_no_positions(setting, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("f.toml").write_text(SMALL, encoding="utf-8")
    rows = {"A": "1,1", "B": "1,0", "C": "1,4", "D": "1,5"}
    if "impute" in setting:
        rows["D"] = "1,"
    table = "".join(f"{region},2020,{cells}\n" for region, cells in rows.items())
    Path("d.csv").write_text("region,year,x,y\n" + table, encoding="utf-8")

    _, err = run("score", "f.toml", "d.csv", "--set", setting, code=1)

    said = " ".join(err.split())
    assert words in said
    assert "position" not in said
    place = {"aggregate": "'y' (B, 2020)", "normalise": "'x'", "impute": "'y' (D, 2020)"}
    assert said.endswith(place[setting.partition("=")[0]])


def test_one_region_and_one_indicator_are_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("f.toml").write_text(SMALL.replace('}, { id = "y", direction = "positive" }', "}"), encoding="utf-8")
    Path("d.csv").write_text("region,year,x\nA,2020,1\n", encoding="utf-8")

    assert "No errors: 1 region, 2020, 1 indicator, " in run("check", "f.toml", "d.csv")[0]
