"""The manual does what it says: commands print what it prints, code runs, and no key or column is left out."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import model, monitoring
from equindex._registry import families
from equindex.cli import app
from equindex.framework import Framework

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
WALKTHROUGH = REPOSITORY / "docs" / "plan-walkthrough.md"  # brings its own files


def blocks(page, language):
    """Return the fenced blocks of one language."""
    return fenced(page.read_text(encoding="utf-8"), language)


def fenced(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def sessions(text):
    """Return each equindex command that a text prints with what is printed under it and its exit code."""
    found = []
    for block in fenced(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, printed = part.partition("\n")
            if command == "echo $?":
                found[-1][2] = int(printed)
            else:
                found.append([command, printed, 0])
    return found


def lay(name, how, text):
    """Write a file that a page shows: whole, put at the end of an earlier one, or one row of it changed."""
    path, encoding = Path(name), "gb18030" if "GBK" in how else "utf-8"
    if "at the end" in how:
        text = f"{path.read_text(encoding)}\n{text}"
    elif "change this row" in how:
        start = text.partition(",")[0]
        rows = path.read_text(encoding).splitlines(keepends=True)
        assert [row.partition(",")[0] for row in rows].count(start) == 1, text
        text = "".join(text if row.startswith(f"{start},") else row for row in rows)
    path.write_text(text, encoding)


def packed(text):
    """Return text without white space: how a terminal wraps and pads it says nothing."""
    return "".join(text.split())


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """Give a folder with the repository's data and nothing else, such as a reader has."""
    for name in ("data", "weights"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_blocks(language):
    return [pytest.param(page, id=page.name) for page in PAGES if blocks(page, language)]


def try_out(page, found):
    """Run printed commands, and compare what they print."""
    for command, printed, code in found:
        program, *words = shlex.split(command)
        assert program == "equindex", f"{page.name}: {command}"

        result = CliRunner().invoke(app, words)

        assert result.exit_code == code, f"{page.name}: {command}\n{result.output}"
        rest = packed(result.stderr + result.stdout)
        for piece in filter(None, map(packed, printed.split("…"))):
            _, met, rest = rest.partition(piece)
            assert met, f"{page.name}: {command}\nno longer prints: {piece}\n{result.output}"


@pytest.mark.parametrize("page", [page for page in with_blocks("console") if page.id != WALKTHROUGH.name])
@pytest.mark.usefixtures("workplace")
def test_printed_commands_print_what_is_printed(page):
    text = page.read_text(encoding="utf-8")
    for name, shown in re.findall(r"^\*\*`(\S+)`\*\*\n\n```\w+\n((?s:.*?))^```", text, re.M):
        lay(name, "", shown)

    try_out(page, sessions(text))


def test_the_walkthrough_leads_from_an_empty_folder_to_a_midterm_evaluation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = WALKTHROUGH.read_text(encoding="utf-8")

    for name, how, shown, session in re.findall(
        r"^\*\*`(\S+)`\*\*(.*)\n\n```\w+\n((?s:.*?))^```|^(```console\n(?s:.*?)^```)", text, re.M
    ):
        if name:
            lay(name, how, shown)
        try_out(WALKTHROUGH, sessions(session))

    made = {file.name for file in tmp_path.iterdir()}
    assert made == {"indicators.csv", "framework.toml", "data.csv", "midterm"}


@pytest.mark.parametrize("page", [page for page in with_blocks("python") if page.id != "add-a-method.md"])
@pytest.mark.usefixtures("workplace")
def test_printed_code_runs(page, capsys):
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), {})

    assert "Error" not in capsys.readouterr().out


@pytest.mark.parametrize("page", with_blocks("toml"))
def test_printed_frameworks_and_weights_have_keys_that_exist(page):
    for block in blocks(page, "toml"):
        content = tomllib.loads(block)
        kind = model.WeightSet if "weights" in content else model.FrameworkFile
        model.parse(kind, {"id": "x"} | content, f"{page.name}: {block}")


def test_the_framework_page_begins_with_a_whole_framework(workplace):
    first = blocks(REPOSITORY / "docs" / "framework.md", "toml")[0].replace('regions = "regions.csv"', "")
    (workplace / "framework.toml").write_text(first, encoding="utf-8")

    Framework.from_toml(workplace / "framework.toml")


@pytest.mark.parametrize(
    "kind",
    [
        model.FrameworkFile,
        model.TableMap,
        model.Methods,
        model.Missing,
        model.Equalization,
        model.Attainment,
        model.Pillar,
        model.Indicator,
        model.Target,
        model.Milestone,
        model.Statement,
        model.Change,
        model.Monitoring,
        model.Grade,
        model.Opinion,
        model.Exclusion,
        model.WeightSet,
    ],
)
def test_the_framework_page_has_every_key(kind):
    text = (REPOSITORY / "docs" / "framework.md").read_text(encoding="utf-8")

    absent = [key for key in kind.model_fields if not re.search(rf"\b{key}\b", text)]

    assert not absent


@pytest.mark.usefixtures("workplace")
def test_the_page_of_numbers_has_every_column():
    text = (REPOSITORY / "docs" / "numbers.md").read_text(encoding="utf-8")
    provinces = Framework.from_toml("data/china-services/framework.toml")
    plan = Framework.from_toml("data/rugao-2025/framework.toml")
    tables = provinces.score("data/china-services/observations.csv").tables()
    tables |= plan.score("data/rugao-2025/observations.csv").tables()

    for name, table in tables.items():
        section = re.search(rf"^### `{name}` table$(.*?)^### ", text, re.M | re.S)
        assert section, name
        assert set(table.columns) <= set(re.findall(r"`(\w+)`", section[1])), name


@pytest.mark.usefixtures("workplace")
def test_the_page_of_monitoring_has_every_column():
    text = (REPOSITORY / "docs" / "monitoring.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`(\w+)`", text[text.index("## Tables") :])) | {"region", "region_name", "year"}
    plan = Framework.from_toml("data/rugao-2025/framework.toml")
    found = monitoring.analyse(plan, "data/rugao-2025/observations.csv")

    for name, table in found.tables().items():
        assert f"`{name}`" in text
        assert set(table.columns) <= known, name


def test_the_page_of_errors_has_every_kind_of_finding():
    text = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
    code = "".join(
        file.read_text(encoding="utf-8") for file in (REPOSITORY / "src" / "equindex" / "schema").glob("*.py")
    )
    kinds = set(re.findall(r'\.(?:error|warn)\(\s*"([^"]+)"', code))

    assert len(kinds) > 10
    assert not [kind for kind in kinds if kind not in text]


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            found = not target or target == "methods/index.md" or (page.parent / target).exists()
            assert found, f"{page.name}: {target}"


METHODS = [method for family in families().values() for method in family]


@pytest.fixture(scope="module")
def method_pages():
    sys.path.insert(0, str(REPOSITORY / "docs" / "_ext"))
    try:
        return importlib.import_module("method_pages").pages()
    finally:
        sys.path.pop(0)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.family}-{m.name}")
def test_the_page_of_a_family_has_each_method(method, method_pages):
    page = method_pages[f"{method.family}.md"]
    row = next(line for line in page.splitlines() if line.startswith(f"| [`{method.name}`]"))

    assert f"## `{method.name}` {method.term}\n" in page
    assert re.search(rf"autofunction:: equindex\.\w+(\.\w+)?\.{method.name}\n", page)
    assert method.title in row
    assert method.term in row
    for option in method.keys:
        assert f"`{option}`" in row


def test_every_page_of_methods_is_in_the_contents(method_pages):
    listed = re.search(r"```{toctree}\n:maxdepth: 1\n\n(.*?)\n```", method_pages["index.md"], re.S)[1].split()

    assert [f"{name}.md" for name in listed] == [name for name in method_pages if name != "index.md"]


def test_every_function_of_the_kernels_is_on_a_page(method_pages):
    text = "\n".join(method_pages.values())
    for kernel in ("impute", "treat", "normalise", "weighting", "aggregate", "attainment", "equalization"):
        module = importlib.import_module(f"equindex.{kernel}")
        for name in module.__all__:
            if inspect.isroutine(getattr(module, name)) or inspect.isclass(getattr(module, name)):
                assert re.search(rf":: equindex\.{kernel}(\.\w+)?\.{name}$", text, re.M), f"{kernel}.{name}"


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.family}-{m.name}")
def test_a_docstring_says_what_there_is_to_say(method):
    text = inspect.getdoc(method.function)

    assert method.formula, "a formula: .. math::"
    assert method.source, "where it comes from: References"
    assert re.search(r"[\u4e00-\u9fff]", method.term), "In Chinese: its name."
    assert "NaN" in text, "what comes of missing values"
    assert re.search(r"^x : .*(\n    .*)*\[[^]]+\]|Only its shape is used", text, re.M), "the unit of x"
    assert re.search(r"Returns\n-+\n(.*\n)+?.*\[[^]]+\]", text), "the unit of what comes out"
    if method.traits.get("data_driven"):
        assert re.search("constant|different measured values", text), "what comes of a constant indicator"
    if method.name in ("rank", "percentile", "borda", "quantile_bins", "copeland", "kemeny", "winsorise"):
        assert re.search(r"\btie|equal", text), "what comes of ties"
    for option in method.options:
        assert re.search(rf"^(\w+, )*{option}(, \w+)* : ", text, re.M), f"the option {option}"


@pytest.mark.slow
def test_a_newcomer_adds_a_method_with_one_function_and_one_row(tmp_path):
    page = REPOSITORY / "docs" / "add-a-method.md"
    function, row = blocks(page, "python")
    name = re.search(r"^def (\w+)", function, re.M)[1]
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    kernel, cases = (
        tmp_path / "src" / "equindex" / "normalise" / "ranges.py",
        tmp_path / "tests" / "test_normalise.py",
    )
    assert f"def {name}(" not in kernel.read_text(encoding="utf-8"), f"{name} exists: show another example"

    with kernel.open("a", encoding="utf-8") as file:
        file.write(f"\n\n{function}")
    text = cases.read_text(encoding="utf-8").replace(
        "\nCASES = [\n", f"\nCASES = [\n    {row.rstrip()},\n", 1
    )
    cases.write_text(text, encoding="utf-8")

    def run(*words):
        path = f"import sys; sys.path.insert(0, {str(tmp_path / 'src')!r}); "
        command = [sys.executable, "-X", "utf8", "-c", path + words[0], *words[1:]]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tests = ["tests/test_normalise.py", "tests/test_contracts.py", "src/equindex/normalise/ranges.py"]
    told = run(
        "import pytest; sys.exit(pytest.main(sys.argv[1:]))",
        *tests,
        *("-k", name, "--no-cov", "-q", "-p", "no:cacheprovider"),
    )
    passed = int(re.search(r"(\d+) passed", told)[1])
    assert passed >= 12, told  # its case, its doctest, and the promises of every normaliser
    assert "failed" not in told
    assert f"normalise {name}: " in run("from equindex.__main__ import main; main()", "methods", name)
    data = REPOSITORY / "data" / "china-services"
    scored = run(
        "from equindex import Framework; f = Framework.from_toml(sys.argv[1]).replace(normalise=sys.argv[3]); "
        "s = f.score(sys.argv[2]); print(sorted(set(s.normalised['doctors'])), len(s.index.dropna()))",
        *map(str, (data / "framework.toml", data / "observations.csv", name)),
    )
    assert scored.split("]") == ["[0.0, 100.0", " 31\n"]


@pytest.mark.slow
def test_the_manual_builds_without_warnings(tmp_path):
    pytest.importorskip("sphinx")
    shutil.copytree(REPOSITORY / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("_build"))

    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", "site"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )

    assert done.returncode == 0, done.stderr
    for method in METHODS:
        page = (tmp_path / "site" / "methods" / f"{method.family}.html").read_text(encoding="utf-8")
        shown = page.partition(f'id="{method.family}-{method.name.replace("_", "-")}"')[2]
        assert "<math" in shown.partition("</section>")[0], method.name
    for page in (tmp_path / "site").rglob("*.html"):  # nothing is loaded from elsewhere
        loaded = r"<(script|link|img|iframe)\b[^>]*\b(src|href)=.(https?:)?//[^>]*>"
        found = re.search(loaded, page.read_text(encoding="utf-8"))
        assert not found, f"{page.name}: {found and found[0]}"
