"""What the terminal prints in Chinese: every sentence has a twin, and data keep their names."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex._registry import families
from equindex.cli import app
from equindex.cli.words.tables import HEADERS
from equindex.cli.words.twins import _HOLE, _SLOT, _words, chinese

DATA = REPOSITORY / "data"
CHINA = [str(DATA / "china-services/framework.toml"), str(DATA / "china-services/observations.csv")]
PANEL = [CHINA[0], str(DATA / "china-services/panel.csv")]
RUGAO = [str(DATA / "rugao-2025/framework.toml"), str(DATA / "rugao-2025/observations.csv")]
BEDS = [str(DATA / "china-services/hospital_beds.toml"), str(DATA / "china-services/raw_hospital_beds.csv")]
VARY = ["--vary", "weights=0.25", "--vary", "normalise=minmax,zscore"]
ENGLISH = re.compile(r"[a-z]{2,}[a-z,]* [a-z]{2,}")
OURS = re.compile(
    r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|equindex \w+.*|--?[a-z-]+|\S*[/_.=]\S*"
    "|lower and upper|low, high|normalise|minmax|zscore"
)


def english(text: str) -> list[str]:
    """Return the lines that still hold two English words beside each other, save quotations, keys and paths."""
    return [line for line in text.splitlines() if ENGLISH.search(OURS.sub("", line))]


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(args))
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout + result.stderr


@pytest.mark.parametrize("table", [_words(), HEADERS], ids=["sentences", "headers"])
def test_a_twin_holds_what_its_sentence_holds(table: dict[str, str]) -> None:
    for english_text, twin in table.items():
        slots = _SLOT.findall(twin)
        order = iter(range(len(slots)))
        filled = sorted(int(slot) if slot else next(order) for slot in slots)

        assert filled == list(range(len(_HOLE.findall(english_text)))), english_text


def literals(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may be, with holes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strip":
        yield from literals(node.func.value)


def findings() -> list[tuple[str, str]]:
    """Return every kind, message and remedy that the source passes to a finding, with its file."""
    found = []
    for folder in ("schema", "framework"):
        for path in sorted((REPOSITORY / "src/equindex" / folder).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = getattr(
                    getattr(call, "func", None), "attr", getattr(getattr(call, "func", None), "id", "")
                )
                if (
                    isinstance(call, ast.Call)
                    and name in ("error", "warn", "warning")
                    and len(call.args) >= 2
                ):
                    found += [(path.name, text) for arg in call.args[:3] for text in literals(arg)]
    return list(dict.fromkeys(found))


def test_every_finding_has_a_twin() -> None:
    texts = findings()
    turned = {text: chinese(re.sub(r"(?<=\w)\{\}", "", text).replace("{}", "甲")) for _, text in texts}

    left = [
        (name, text)
        for name, text in texts
        if ENGLISH.search(
            OURS.sub("", turned[text])
        )  # else words of its own fill a hole, and each way is a key
        and not any(map(re.compile(".*".join(map(re.escape, text.split("{}")))).fullmatch, _words()))
    ]

    assert len(texts) > 150
    assert left == []


@pytest.mark.parametrize(
    ("args", "code", "printed"),
    [
        (["score", *CHINA], 0, "名次  地区"),
        (["score", *RUGAO], 0, "通过5，未通过5，未知1，未评3；通过率50%。"),
        (["check", *RUGAO], 0, "nursery_places：从2020年的'2.2'到2025年的'4.5左右'，5年变化+105%"),
        (["check", *BEDS], 1, "改正单元格，或在 [[exclude]] 中列出"),
        (["explain", *CHINA, "浙江"], 0, "浙江，1999年：综合指数40.25，名次8（共31个），覆盖率100%。"),
        (["equalize", *CHINA, "--bootstrap", "0"], 0, "最不均等的是每百万人口文化馆数（gini 0.341）"),
        (
            ["equalize", *PANEL, "--years", "1990,2000", "--bootstrap", "0"],
            0,
            "缩小还是扩大，1990至2000年：",
        ),
        (["targets", RUGAO[0]], 0, "36个目标：36个为数字。"),
        (["diagnose", *CHINA], 0, "每千人口卫生技术人员数的99.6%可由其他指标推出：几乎没有新内容。"),
        (["uncertainty", *CHINA, "--draws", "8", *VARY], 0, "抽样8次，种子0。变化项：权重上下浮动至多25%"),
        pytest.param(
            ["sensitivity", *CHINA, "--samples", "4", "--resamples", "0", *VARY],
            0,
            "北京就居首",
            marks=pytest.mark.slow,
        ),
        (["monitor", *RUGAO], 0, "年度监测"),
        (["compare", *CHINA, "--grid", "normalise=minmax,zscore"], 0, "2个方案"),
        (["change", *PANEL, "--from", "1990", "--to", "2000"], 0, "1990年未评：覆盖0.33，低于0.66"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_commands_speak_chinese_throughout(
    args: list[str], code: int, printed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")

    out = run(*args, "--lang", "zh", code=code)

    assert printed in out
    assert english(out) == []


def test_the_environment_chooses_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("explain", *CHINA, "浙江")
    monkeypatch.setenv("EQUINDEX_LANG", "zh")

    assert run("explain", *CHINA, "浙江") == run("explain", *CHINA, "浙江", "--lang", "zh") != plain
    assert run("explain", *CHINA, "浙江", "--lang", "en") == plain


def test_an_unknown_language_is_said_to_be_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUINDEX_LANG", "fr")

    out = run("methods", code=2)

    assert "EQUINDEX_LANG" in out
    assert "--lang" not in out


def test_files_are_the_same_in_either_language(tmp_path: Path) -> None:
    for lang in ("en", "zh"):
        run("score", *RUGAO, "-o", str(tmp_path / f"{lang}.csv"), "--lang", lang)

    assert (tmp_path / "en.csv").read_bytes() == (tmp_path / "zh.csv").read_bytes()


def test_names_of_the_data_are_kept() -> None:
    said = "pass: a.csv, row 3, column 'target', weights, 2020: 'unit' = 42.6 is above upper = 15."

    assert chinese(said).count("'target'") == 1
    assert "'unit' = 42.6，高于 upper = 15。" in chinese(said)
    assert Counter(chinese("no region 'index'.")) == Counter("没有地区'index'。")


@pytest.mark.parametrize(
    "told",
    [
        "gini needs values from 0 to 1e75, but 1 of 3 are not (first: 1e+308 at position (2,)).",
        *(f"{m.family} {m.name}: {m.title}" for family in families().values() for m in family),
    ],
)
def test_a_sentence_without_a_twin_stays_as_it_is_since_half_of_it_says_nothing(told: str) -> None:
    twin = chinese(told)

    assert twin == told or not english(twin)


def test_books_and_formulas_keep_their_letters() -> None:
    out = run("methods", "weighting", "--lang", "zh")

    assert "'benefit of the doubt' composite indicators" in " ".join(out.split())


@pytest.mark.parametrize(
    ("kind", "says"),
    [("attainment", "没有'attainment'图：没有指标有目标。请给"), ("trend", "趋势图需要两年以上的数据。")],
)
def test_a_chart_that_cannot_be_drawn_says_so_in_chinese(kind: str, says: str, tmp_path: Path) -> None:
    out = run("chart", kind, *CHINA, "-o", str(tmp_path / "x.svg"), "--draws", "2", "--lang", "zh", code=1)

    assert says in out
    assert english(out) == []


def test_the_weights_of_a_variant_are_named_whole() -> None:
    assert chinese("equal, by pillar") == "逐级等权（同级均分）"
    assert chinese("A与equal, by pillar：名次不变。") == "A与equal, by pillar：名次不变。"
