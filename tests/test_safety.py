"""What careless, unlucky and hostile users meet: one clear message, no traceback, nothing half written."""

import csv
import io
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from equindex.cli.starter import FILES
from test_cli import CHINA, DATA, STARTER, process, run

HEADER = "region,year,doctors,infant_mortality,class_size,preschool\n"
GOOD = HEADER + "A,2024,1,2,30,4\nB,2024,2,3,40,5\n"
NODES = ["health", "education", "doctors", "infant_mortality", "class_size", "preschool"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder by init and work in it."""
    for name in ("COLUMNS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "my-index"
    run("init", folder, "-q")
    monkeypatch.chdir(folder)
    return folder


def refused(*args: object) -> str:
    """Run score on what it must refuse; return the message."""
    before = sorted(Path().rglob("*"))
    out, err = run("score", *args, "-o", "out", code=1)
    assert out == ""
    assert err.startswith("Error: ")
    assert "Traceback" not in err
    assert sorted(Path().rglob("*")) == before
    return " ".join(err.split())


# bad data ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["data.csv is empty"]),
        (b"\xef\xbb\xbf", ["data.csv is empty"]),
        (HEADER, ["header (row 1)", "no rows"]),
        ("foo,bar\n1,2\n", ["region", "'foo', 'bar'"]),
        (HEADER + "A,2024,1,2,30,4\n", ["two measured regions", "goalposts"]),
        (HEADER + "A,2024,1,2,30,4\nB,2024,1,3,40,5\n", ["constant", "'doctors'"]),
        (HEADER + "A,2024,,,,\nB,2024,,,,\n", ["'doctors'", "'preschool'"]),
        (GOOD + "A,2024,9,9,9,9\n", ["row 4", "row 2", "stands twice", "Keep one"]),
        (GOOD.replace("doctors", "doctor"), ["'doctor'", "'doctors'", "Rename"]),
        (GOOD.replace("preschool", "x_y_z"), ["'preschool'", "Add the columns"]),
        (GOOD.replace("A,2024,1", "A,2024,abc"), ["row 2", "'doctors'", "'abc' is no number"]),
        (GOOD.replace("A,2024,1", "A,2024,1e309"), ["row 2", "'doctors'"]),
        (GOOD.replace("A,2024,1", "A,2024,inf"), ["row 2", "'doctors'"]),
        (GOOD.replace("A,2024", "A,20x4"), ["row 2", "'20x4' is no year"]),
        (GOOD.replace("A,2024", ",2024"), ["row 2", "blank"]),
        (GOOD.replace("year,", "").replace("2024,", ""), ["year", "table.year"]),
        (GOOD.replace("30,4", "30,-4"), ["row 2", "A, 2024", "below lower = 0", "[[exclude]]"]),
        (GOOD.replace("30,4", "30"), ["row 2 has 5"]),
        (GOOD.replace("B,", '"B,'), ["row 3", "quote"]),
        (GOOD.replace("infant_mortality", "doctors"), ["'doctors' heads columns 3, 4"]),
        (b"\x00\x01\x02", ["not text", "UTF-8"]),
        (GOOD.encode() + b"\xff\xfe\xfa,2024,1,2,3,4\n", ["neither UTF-8 (row 4", "GB18030"]),
    ],
)
def test_bad_data_is_one_message_that_says_where(content: str | bytes, words: list[str]) -> None:
    Path("data.csv").write_bytes(content if isinstance(content, bytes) else content.encode())

    said = refused(*STARTER)

    for word in words:
        assert word in said


def test_values_at_the_edge_of_float_do_not_break_it() -> None:
    Path("data.csv").write_text(GOOD.replace("A,2024,1", "A,2024,1e308").replace("B,2024,2", "B,2024,-1e308"))

    assert "'doctors'" in refused(*STARTER)


def test_ten_thousand_faults_are_a_short_message() -> None:
    rows = "".join(f"R{i},2024,bad{i},x,{i},y\n" for i in range(4000))
    Path("data.csv").write_text(HEADER + rows, encoding="utf-8")

    out, _ = run("check", *STARTER, code=1)

    assert len(out.splitlines()) < 30
    assert "12,000 errors" in out
    assert "row 2, column 'doctors': 'bad0' is no number" in out
    assert len(json.loads(run("check", *STARTER, "--json", code=1)[0])["findings"]) >= 12_000


# bad frameworks, settings, weights, arguments ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "my-index"', 'id = "my-index', ["not valid TOML", "line 3"]),
        ("[methods]", "[classes]\n优 = 90\n[methods]", ["not valid TOML", '"优" = …']),
        ("[methods]", "[clases]\na = 1\n[methods]", ["clases: unknown key", "'classes'"]),
        ("[methods]", "deep = " + "[" * 3000 + "]" * 3000 + "\n[methods]", ["nested too deeply"]),
        ('pillar = "education"', 'pillar = "educaton"', ["'class_size'", "Did you mean 'education'"]),
        ('id = "health"\n', 'id = "health"\nparent = "health"\n', ["'health' is its own ancestor"]),
        ('direction = "negative"', 'direction = "down"', ["'infant_mortality' → direction", "'down'"]),
        ('id = "doctors"', 'id = ""', ["id", "at least 1 character"]),
        ('id = "doctors"', 'id = "index"', ["'index' is used twice", "root"]),
        ('id = "doctors"', 'id = "preschool"', ["'preschool' is used twice"]),
        ("upper = 130", "upper = nan", ["'preschool' → upper", "finite"]),
        ("lower = 0  ", "weight = -1", ["'preschool' → weight", "-1"]),
        ("lower = 0  ", "weight = nan", ["'preschool' → weight", "nan"]),
        ("best = [25, 35]", "best = [35, 25]", ["'class_size'", "must rise"]),
        ("limits = [10, 60]", "limits = [10, inf]", ["'class_size' → limits", "finite"]),
        (
            "target_year = 2025",
            'target_year = "2025左右"',
            ["'doctors' → target_year", "integer", "'2025左右'"],
        ),
        ("min_coverage = 0.5", "min_coverage = 2", ["min_coverage", "less than or equal to 1"]),
        ('"minmax", lower = 1', '"minmax", lower = "a"', ["option 'lower' of minmax", "number", "'a'"]),
        ('"minmax", lower = 1', '"minmax", lower = [1, 2]', ["option 'lower' of minmax", "[1, 2]"]),
        ('"minmax", lower = 1', '"minmax", lower = 1e400', ["option 'lower' of minmax", "inf"]),
        ('"minmax", lower = 1', '"minmax", lower = 200', ["lower = 200 must be below upper = 100"]),
        *(
            (
                'name = "minmax", lower = 1, upper = 100',
                f'name = "{name}", {option} = {value}',
                [f"{option} = {value} must be above 0"],
            )
            for name, option in (
                ("zscore", "scale"),
                ("ratio", "factor"),
                ("distance", "factor"),
                ("to_reference", "factor"),
                ("base_index", "factor"),
            )
            for value in (-1, 0)
        ),
        ('"minmax", lower = 1', '"minmax", uper = 1', ["'uper'", "Did you mean 'upper'"]),
        ('name = "minmax", ', "", ["normalise → name", "required"]),
        ('by = "pillar"', "by = 3", ["option 'by' of equal should be text"]),
    ],
)
def test_a_bad_framework_is_one_message_that_says_where(old: str, new: str, words: list[str]) -> None:
    text = FILES["framework.toml"]
    assert old in text
    Path("framework.toml").write_text(text.replace(old, new), encoding="utf-8")

    said = refused(*STARTER)

    assert "framework.toml" in said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("x", ["key=value"]),
        ("=3", ["key=value"]),
        ("a..b=3", ["key=value"]),
        ("nomalise=zscore", ["unknown key", "Did you mean 'normalise'"]),
        ("normalise=zscor", ["Did you mean 'zscore'"]),
        ("normalise=", ["no normalise method ''"]),
        ('normalise={name="minmax"', ["no TOML value"]),
        ("classes={优=90}", ["no TOML value", "quotes"]),
        ("equalization.reference=medan", ["'median'", "'medan'", "1 fault"]),
        ("equalization.measures=gini", ["equalization → measures", "a list"]),
        ("equalization.degree=max_min", ["max_min"]),
        ("base=1990", ["1990", "2023, 2024"]),
        ("rank_decimals=-5", ["rank_decimals", "-5", "1 fault"]),
        ("rank_decimals=400", ["rank_decimals", "400"]),
        ("methods=3", ["methods", "a table"]),
        ("indicators=nope.csv", ["nope.csv", "indicators = 'nope.csv' in framework.toml"]),
        ("regions=nope.csv", ["nope.csv", "regions = 'nope.csv' in framework.toml"]),
        ("normalise=goalposts", ["'class_size'", "goalposts"]),
        ('equalization.groups=["zone"]', ["'zone'", "groups"]),
        ('equalization.reference={region="Mars"}', ["Mars", "North, South"]),
    ],
)
def test_a_bad_setting_is_one_message(setting: str, words: list[str]) -> None:
    said = refused(*STARTER, "--set", setting)

    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("doctorz = 1", ["'doctorz'", "Did you mean 'doctors'", "mine"]),
        ("doctors = nan\ninfant_mortality = 1", ["doctors", "nan"]),
        ("doctors = inf\ninfant_mortality = 1", ["doctors", "inf"]),
        ("doctors = 1e308\ninfant_mortality = 1e308", ["doctors", "1e+308"]),
        ("doctors = -1\ninfant_mortality = 1", ["doctors", "-1"]),
        ("doctors = 0\ninfant_mortality = 0", ["'health'", "zero"]),
        ("doctors = 1", ["'infant_mortality' is left out", "siblings"]),
        ('doctors = "x"', ["doctors", "'x'"]),
    ],
)
def test_bad_weights_are_one_message(text: str, words: list[str]) -> None:
    Path("mine.toml").write_text(f"[weights]\n{text}\n", encoding="utf-8")

    said = refused(*STARTER, "--weights", "mine.toml")

    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nope.toml", "data.csv"), ["nope.toml", "framework.toml, weights.toml"]),
        (("framework.toml", "nope.csv"), ["nope.csv", "data.csv"]),
        (("data.csv", "framework.toml"), ["data.csv is not valid TOML"]),
        (("framework.toml", "framework.toml"), ["framework.toml is no table", ".csv"]),
        ((".", "data.csv"), ["is a folder", "framework file"]),
        (("weights.toml", "data.csv"), ["weights.toml", "weights: unknown key"]),
        (("framework.toml", "data.csv", "-w", "framework.toml"), ["framework.toml", "weights"]),
        (("framework.toml", "data.csv", "-w", "nope.toml"), ["nope.toml"]),
        (("framework.toml", "sqlite:///x.db"), ["there is no file 'x.db'"]),
        (("framework.toml", "fake.xlsx"), ["fake.xlsx", "workbook"]),
    ],
)
def test_mixed_up_arguments_are_one_message(args: tuple[str, ...], words: list[str]) -> None:
    Path("fake.xlsx").write_text("no workbook", encoding="utf-8")

    said = refused(*args)

    for word in words:
        assert word in said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"framework": {}, "options": {}, "data": {}}', "\x00"])
def test_rerun_of_something_else_is_one_message(text: str) -> None:
    Path("p.json").write_text(text, encoding="utf-8")

    assert "'p.json' is no provenance.json" in run("rerun", "p.json", code=1)[1]
    assert "'nope.json' cannot be read" in run("rerun", "nope.json", code=1)[1]


def test_a_wrong_clock_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")

    assert "SOURCE_DATE_EPOCH is 'yesterday'" in refused(*STARTER)


# hostile text ------------------------------------------------------------------------------------------------

NAMES = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "<script>alert(1)</script>",
    'quo"te',
    "two\nlines",
    "\u202eright to left",
    "\x1b[31mred",
    "[bold]markup[/bold]",
    "北\u3000京",
]


def hostile() -> None:
    table = io.StringIO()
    rows = [[name, 2024, 1 + i, 2 + i, 20 + i, 50 + i] for i, name in enumerate(NAMES)]
    csv.writer(table).writerows([HEADER.strip().split(","), *rows])
    Path("data.csv").write_bytes(table.getvalue().encode())
    text = FILES["framework.toml"].replace("Doctors per 1,000 persons", "=HYPERLINK(0)")
    Path("framework.toml").write_text(text, encoding="utf-8")


def test_hostile_names_stay_text_and_formulas_are_neutral_in_csv() -> None:
    hostile()

    run("score", *STARTER, "-o", "out")

    with Path("out/scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    names = {row[0] for row in rows[1:]}
    assert len(names) == len(NAMES)
    for path in Path("out").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        dangerous = [
            c for c in cells if re.match(r"[=+\-@\t\r＝＋－＠]", c) and not re.fullmatch(r"-?[\d.e-]+", c)
        ]
        assert dangerous == []
    assert {"'=1+1", "'+cmd|' /C calc'!A0", "'-2+3", "'@SUM(A1)", "'＝1+1"} <= names
    assert {"<script>alert(1)</script>", 'quo"te'} <= names


def test_a_workbook_holds_no_formula() -> None:
    hostile()

    run("score", *STARTER, "-o", "out.xlsx")

    with zipfile.ZipFile("out.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert len(sheets) == 4
    assert not any("<f>" in sheet or "<f " in sheet or "hyperlink" in sheet for sheet in sheets)
    assert "=1+1" in text
    assert "<script>" not in text


def test_hostile_names_cannot_steer_the_terminal() -> None:
    hostile()

    out, err = run("score", *STARTER)
    shown, _ = run("explain", *STARTER, "=1+1")
    _, unknown = run("explain", *STARTER, "\x1b[2Jgone", code=1)

    for text in (out, err, shown, unknown):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "[bold]markup[/bold]" in out
    assert "<script>alert(1)</script>" in out
    assert "=HYPERLINK(0)" in shown


# machines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "gbk", "TERM": "dumb", "COLUMNS": "20"},
    ],
)
def test_no_console_stops_a_command(changes: dict[str, str]) -> None:
    done = process("score", *CHINA, env={**os.environ, **changes})

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


@posix
def test_a_closed_reader_ends_it_quietly() -> None:
    program = shlex.join([sys.executable, "-m", "equindex"])
    command = f"set -o pipefail; {program} score {shlex.join(CHINA)} --json | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{"scores":', b"")

    command = f"set -o pipefail; {program} methods | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_closed_and_full_streams_give_no_traceback() -> None:
    score = shlex.join([sys.executable, "-m", "equindex", "score", *STARTER])
    for ending, code in ((">&-", 0), (">&- 2>&-", 0), ("> /dev/full", 1)):
        if "full" in ending and not Path("/dev/full").exists():
            continue
        done = subprocess.run(["bash", "-c", f"{score} {ending}"], capture_output=True, timeout=60)
        assert done.returncode == code, ending
        assert b"Traceback" not in done.stderr
        assert (b"No space left" in done.stderr) == (code == 1)


@posix
def test_a_full_disk_leaves_nothing_and_keeps_what_was_there() -> None:
    import resource

    run("score", *STARTER, "-o", "out", "-q")
    before = {path: path.read_bytes() for path in Path("out").iterdir()}

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    for out in ("out", "new/one.xlsx"):
        done = process("score", *CHINA, "-o", out, "--force", preexec_fn=little)
        assert done.returncode == 1
        assert b"could not be written" in done.stderr
        assert b"Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    assert {path.name for path in Path().iterdir()} == {*FILES, "out"}


def test_a_place_that_cannot_be_written_is_one_message(here: Path) -> None:
    _, err = run("score", *STARTER, "-o", "data.csv/out", code=1)
    assert "data.csv/out" in err.replace("\\", "/")
    _, err = run("score", *STARTER, "-o", "data.csv", code=1)
    assert "data.csv would overwrite what was read" in err
    assert (here / "data.csv").read_text(encoding="utf-8") == FILES["data.csv"]


@pytest.mark.parametrize("out", ["data.csv", "link.csv", "linked/data.csv", "w.csv"])
def test_no_input_is_overwritten_even_by_force(here: Path, out: str) -> None:
    (here / "link.csv").hardlink_to(here / "data.csv")
    (here / "linked").symlink_to(here, target_is_directory=True)
    (here / "w.csv").write_text("node,weight\n" + "".join(f"{n},1\n" for n in NODES), encoding="utf-8")
    before = {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()}

    _, err = run("score", *STARTER, "-w", "w.csv", "-o", out, "--force", code=1)

    assert f"{out} would overwrite" in err.replace("\\", "/")
    assert {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()} == before


def test_a_folder_of_results_spares_data_and_provenance_in_it(here: Path) -> None:
    run("score", *STARTER, "-o", "out")
    (here / "in").mkdir()
    (here / "data.csv").rename(here / "in/scores.csv")
    before = (here / "in/scores.csv").read_bytes()

    _, own = run("score", "framework.toml", "in/scores.csv", "-o", "in", "--force", code=1)
    _, folder = run("score", "framework.toml", "in", "-o", "in", "--force", code=1)
    (here / "in/scores.csv").rename(here / "data.csv")
    _, again = run("rerun", "out/provenance.json", "-o", "out", "--force", code=1)

    assert "scores.csv would overwrite" in own
    assert "scores.csv would overwrite" in folder
    assert "provenance.json would overwrite" in again
    assert (here / "data.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["out.docx", "out.cvs", "out.xls"])
def test_a_suffix_that_is_not_known_is_refused(here: Path, name: str) -> None:
    before = sorted(here.rglob("*"))

    _, err = run("score", *STARTER, "-o", name, code=1)

    assert "Known: csv, parquet, xlsx, json" in err
    assert sorted(here.rglob("*")) == before
    (here / name).mkdir()
    run("score", *STARTER, "-o", name)
    assert (here / name / "scores.csv").exists()


@posix
@pytest.mark.parametrize("module", ["equindex.cli", "typer", "equindex.framework"])
def test_control_c_while_loading_is_no_traceback(module: str) -> None:
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from equindex.__main__ import main\n"
        f"sys.argv = ['equindex', 'score', *{STARTER!r}]\n"
        "main()\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)

    assert done.returncode == 130
    assert b"Traceback" not in done.stderr


@posix
def test_a_read_only_folder_is_one_message(here: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    closed = here / "closed"
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)

    _, err = run("score", *STARTER, "-o", closed / "x.csv", code=1)

    closed.chmod(stat.S_IRWXU)
    assert "Permission denied" in err
    assert list(closed.iterdir()) == []


@posix
def test_control_c_half_way_leaves_nothing(here: Path) -> None:
    rows = (
        f"R{i},{y},{i % 7},{i % 13},{20 + i % 50},{i % 100}\n" for i in range(8000) for y in range(2015, 2025)
    )
    (here / "big.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    command = [sys.executable, "-m", "equindex", "score", "framework.toml", "big.csv", "-o", "new/out"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests started by `&` have it ignored
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heard
    ) as running:
        end = time.monotonic() + 60
        while not list(here.glob("new/out/.equindex-*/*")) and running.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.01)

        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)

    said = "Interrupted. Nothing was left half written."
    assert (running.returncode, out, err.decode().strip()) == (130, b"", said)
    assert {path.name for path in here.iterdir()} == {*FILES, "big.csv"}


def test_bundled_data_are_never_written() -> None:
    _, err = run("init", DATA / "china-services", code=1)

    assert "framework.toml exists" in err
    assert not (DATA / "china-services/weights.toml").exists()
