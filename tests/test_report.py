"""The report: what it says, that it stays text whatever the data are called, and that it needs nothing else."""

import base64
import hashlib
import json
import re
import string
import subprocess
import sys
import time
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from browser import chromium, opened
from conftest import REPOSITORY
from equindex import charts, report
from equindex.charts import CHARTS, read_outlines, style
from equindex.cli import app
from equindex.cli.report import KINDS
from equindex.cli.words.twins import chinese
from equindex.errors import DataError, EngineError
from equindex.framework import Framework
from equindex.report import method, page
from equindex.report.words import WORDS
from small import framework, table

CHINA = (
    str(REPOSITORY / "data/china-services/framework.toml"),
    str(REPOSITORY / "data/china-services/observations.csv"),
)
RUGAO = (
    str(REPOSITORY / "data/rugao-2025/framework.toml"),
    str(REPOSITORY / "data/rugao-2025/observations.csv"),
)
NASTY = [
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", '"quoted" & <b>bold</b>', "\u202eright\u200fto left", "长" * 60,
    "</style></script><img src=x onerror=alert(2)>",
]  # fmt: skip
TWO = {"pillar": [{"id": "p", "name": "Pillar P"}, {"id": "q", "name": "Pillar Q"}]}
LEAVES = [{"id": "one", "pillar": "p", "name": "One"}, {"id": "two", "pillar": "q", "name": "Two"}]


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, texts of styles and scripts, and what is shown."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.raw, self.shown, self._in = [], {"style": [], "script": []}, [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag if tag in self.raw else None

    def handle_endtag(self, tag):  # noqa: ARG002
        self._in = None

    def handle_data(self, data):
        (self.raw[self._in] if self._in else self.shown).append(data)

    @property
    def text(self):
        return " ".join("".join(self.shown).split())


def small(
    rows=({"one": 100, "two": 50}, {"one": 50, "two": 100}, {"one": 0, "two": 0}), years=2020, **sections
):
    built = framework(LEAVES, **TWO | sections)
    return built, table(years=years, **{key: [row[key] for row in rows] for key in rows[0]})


def told(built, data, **options):
    return report.gather(built, data, **{"draws": 40} | options)


def shown(found):
    return Page(report.html(found)).text


@pytest.fixture(scope="module")
def china():
    return told(Framework.from_toml(CHINA[0]), CHINA[1], lang="zh")


@pytest.fixture(scope="module")
def written(china):
    return report.html(china)


def run(*args, code=0):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout + result.stderr


# what it says ------------------------------------------------------------------------------------------------


def test_every_sentence_takes_the_same_numbers_in_both_languages():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [key for key, said in WORDS.items() if len(said) != 2 or not all(said)] == []
    assert [key for key, (english, chinese) in WORDS.items() if fields(english) != fields(chinese)] == []


def test_the_answer_says_who_leads_why_and_how_certain_that_is():
    built, data = small(({"one": 100, "two": 80}, {"one": 50, "two": 100}, {"one": 0, "two": 0}))

    found = told(built, data)

    # by hand: both indicators run from 0 to 100; A has 90, B 75, C 0; the means are 50 and 60, each weighs a half
    page_ = shown(found)
    assert (
        "A leads the 3 regions of 2020 with an index of 90.0, ahead of B (75.0); last is C with 0.0." in page_
    )
    assert "What lifts A most above the mean region: One +25.0 points, Two +10.0 points." in page_
    # with both weights between 0.375 and 0.625, A has at least 87.5 and B at most 81.3: no rank moves
    assert (
        "A is first in 100% of the draws, a rank moves by 0.0 places on average, and 3 of 3 regions keep"
        in page_
    )


def test_regions_that_share_the_first_place_are_all_named():
    assert "A, B share the first of 3 places in 2020 with an index of 75.0; last is C with 0.0." in shown(
        told(*small())
    )


def test_the_ranking_holds_every_digit_of_every_score(china, written):
    parsed = Page(written)

    rows = [at for at, (tag, attrs) in enumerate(parsed.tags) if tag == "tr" and "data-region" in attrs]
    first = {}
    for at in rows:
        numbers = [attrs["data-value"] for tag, attrs in parsed.tags[at : at + 8] if "data-value" in attrs]
        first.setdefault(parsed.tags[at][1]["data-region"], numbers[:2])
    index = china.scores.index.droplevel("year")
    assert {code: float(score) for code, (_, score) in first.items()} == index.to_dict()
    assert [int(rank) for rank, _ in first.values()] == list(range(1, 32))


def test_names_are_those_of_the_language(china):
    english = report.gather(Framework.from_toml(CHINA[0]), CHINA[1], draws=10, parts=["evenness"])

    assert "北京" in report.markdown(china)
    text = "\n".join(line for line in report.markdown(english).split("\n") if "Yearbook" not in line)
    assert "Beijing" in text
    assert "Northeast" in text
    assert "Doctors per 1,000 persons" in text
    assert not {"北京", "东北", "每千人口医生数", "医疗卫生"} & set(re.findall(r"[\u4e00-\u9fff]+", text))


def test_a_plan_begins_with_its_targets_and_the_binding_list_with_what_fails():
    found = told(Framework.from_toml(RUGAO[0]), RUGAO[1], lang="zh")

    head, _ = page._sections(found)

    assert [section.id for section in head] == [
        "answer",
        "attainment",
        "ranking",
        "why",
        "certainty",
        "evenness",
    ]
    assert head[0].lead[2:] == [
        "总体实现度88.69（覆盖80%）。",
        "约束性指标14项：通过5、未通过5（其中逾期0）、未知1、未评3，通过率50%。",
    ]
    verdicts = [row.cells[4].text for row in head[1].blocks[0].rows]
    assert verdicts == ["未通过"] * 5 + ["未知"] + ["未评"] * 3 + ["通过"] * 5


def test_the_method_cites_what_it_uses(china):
    paragraph = method.paragraph(china, page.words("en"))
    entries = method.bibtex(china)

    assert "9 indicators in 3 pillars" in paragraph
    assert "Values are normalised by" in paragraph
    assert "minmax (lower=1, upper=100), measured over all regions and years" in paragraph
    assert (
        (  # its docstring cites: OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.3.
            "@misc{oecd2008,\n  author = {OECD/JRC},\n  title = {Handbook on Constructing Composite Indicators},\n"
            "  year = {2008},\n  note = {2008, section 5.3}\n}"
        )
        in entries
    )
    assert "title = {China Statistical Yearbook 2000, table 21-17},\n  year = {2000}" in entries
    keys = re.findall(r"@misc\{([^,]+),", entries)
    assert len(keys) == len(set(keys))


# what it lacks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sections", "rows", "says"),
    [
        ({}, ({"one": 1, "two": 1}, {"one": 0, "two": 0}), "The framework sets no targets"),
        ({}, ({"one": 1, "two": 1}, {"one": 0, "two": 0}), "The framework has no [equalization]"),
        (
            {"equalization": {}}, ({"one": 1, "two": 1}, {"one": 2, "two": 3}),
            "There is no population, so every region counts once.",
        ),
        ({"equalization": {}}, ({"one": 1, "two": 1}, {"one": 2, "two": 3}), "One year cannot tell whether gaps close"),
        (
            {"methods": {"normalise": {"name": "goalposts", "low": 0, "high": 100}}}, ({"one": 60, "two": 40},),
            "A is the only region with a score in 2020: there is no ranking.",
        ),
        ({"methods": {"normalise": {"name": "goalposts", "low": 0, "high": 100}}, "equalization": {}},
         ({"one": 60, "two": 40},), "One region cannot be uneven"),
        (
            {"methods": {"normalise": {"name": "goalposts", "low": 0, "high": 100}}},
            ({"one": 60, "two": None}, {"one": 30, "two": None}),
            "No region has a score in 2020: coverage 0.50 is below 0.66",
        ),
        (
            {"methods": {"normalise": {"name": "goalposts", "low": 0, "high": 100}}},
            ({"one": 60, "two": None}, {"one": 30, "two": None}),
            "No region has a score, so there is none to explain.",
        ),
    ],
)  # fmt: skip
def test_a_section_without_content_says_why(sections, rows, says):
    assert says in shown(told(*small(rows, **sections)))


def test_indicators_of_one_name_keep_their_own_targets():
    leaves = [
        {**leaf, "name": "Beds", "target": goal} for leaf, goal in zip(LEAVES, ("≥5", "≥9"), strict=True)
    ]
    data = table(one=[5, 4], two=[3, 10])

    text = report.markdown(told(framework(leaves, **TWO), data))

    assert re.findall(r"^\| Beds \| (≥\d) \| [\d.]+ \| (\d+%) \|", text, re.MULTILINE) == [
        ("≥5", "50%"),
        ("≥9", "50%"),
    ]


def test_one_region_is_not_held_against_itself_and_coverage_is_called_so():
    section = {"methods": {"normalise": {"name": "goalposts", "low": 0, "high": 100}}}
    told_ = shown(told(*small(({"one": 60, "two": 40},), **section)))

    assert "above the mean region" not in told_
    rugao = told(Framework.from_toml(RUGAO[0]), RUGAO[1])
    assert "- **88.7** attainment of targets, coverage 80%" in report.markdown(rugao)


def test_a_region_without_a_score_is_named_with_the_reason():
    built, data = small(({"one": 100, "two": 80}, {"one": 50, "two": None}, {"one": 0, "two": 0}))

    assert "Without a score: B (coverage 0.50 is below 0.66)." in shown(told(built, data))


def test_a_year_that_is_not_there_is_refused():
    with pytest.raises(DataError, match=r"no data for 1990\. Years: 2020\."):
        told(*small(), year=1990)


def test_of_many_regions_the_first_and_the_last_are_told_and_the_rest_counted(monkeypatch):
    monkeypatch.setattr("equindex.report.sections._MOST", 4)
    rows = [{"one": float(n), "two": float(n)} for n in range(10)]

    text = report.markdown(told(*small(rows)))

    assert "6 rows between the first and the last are left out here" in text
    listed = re.findall(r"^\| (\d+) \| (\w) \|", text, re.MULTILINE)
    assert listed == [("1", "J"), ("2", "I"), ("9", "B"), ("10", "A")]


# that it is safe, and needs nothing --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile():
    indicators = [{**leaf, "name": f"{leaf['name']} {NASTY[0]}"} for leaf in LEAVES]
    regions = [{"region": chr(ord("A") + at), "name": name} for at, name in enumerate(NASTY)]
    built = framework(indicators, regions=regions, **TWO | {"title": NASTY[0], "equalization": {}})
    data = table(one=np.arange(1.0, 7), two=np.arange(6.0, 0, -1) ** 2)
    return told(built, data)


def test_names_stay_text_and_numbers_that_cannot_be_are_not_shown(hostile):
    text = report.html(hostile)
    parsed = Page(text)

    assert not re.search(r"\b(nan|NaN|None|<NA>|inf)\b", parsed.text)

    assert all(name in "".join(parsed.shown) for name in NASTY)
    assert [tag for tag, _ in parsed.tags if tag in ("b", "img", "iframe", "object", "embed")] == []
    assert len(parsed.raw["script"]) == 2  # the data and ours: no name opened one
    assert json.loads(parsed.raw["script"][0])["report"] == {"lang": "en", "year": 2020}
    assert "<script>alert" not in text
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", report.markdown(hostile), flags=re.DOTALL | re.MULTILINE)
    assert "Two" in outside
    assert not re.search(r"(?<!\\)[<>]", outside)


def test_the_policy_names_exactly_the_style_and_the_script_of_the_page(written):
    parsed = Page(written)

    [policy] = [
        attrs["content"] for tag, attrs in parsed.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for rule, part in (("style-src", parsed.raw["style"]), ("script-src", parsed.raw["script"][1:])):
        digest = base64.b64encode(hashlib.sha256("".join(part).encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert [
        attrs for _, attrs in parsed.tags if "style" in attrs or any(key.startswith("on") for key in attrs)
    ] == []
    links = [attrs.get(key, "") for _, attrs in parsed.tags for key in ("href", "src")]
    assert {link for link in links if link and not link.startswith("#")} == {"data:,"}


def test_ids_are_unique_headings_in_order_and_every_link_leads_somewhere(written):
    parsed = Page(written)

    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for tag, attrs in parsed.tags if tag == "a" and attrs["href"][0] == "#"} <= set(
        ids
    )
    assert [tag for tag, _ in parsed.tags].count("h1") == 1
    assert [tag for tag, _ in parsed.tags].count("main") == 1
    assert all(
        attrs.get("aria-hidden") or attrs.get("role") == "img" for tag, attrs in parsed.tags if tag == "svg"
    )


def test_the_same_run_gives_the_same_page(china, written):
    assert report.html(china) == written


# maps --------------------------------------------------------------------------------------------------------


def square(x, y, **properties):
    ring = [[x, y], [x + 0.5, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def geojson(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return read_outlines(path)


def test_outlines_are_matched_by_id_or_name_and_what_is_left_is_listed_both_ways(tmp_path):
    outlines = geojson(
        tmp_path / "m.json", square(0, 0, adcode=11), square(1, 0, name="B"), square(2, 0, name="<b>")
    )

    places, features, regions = outlines.match(["11", "12", "13"], ["A", "B", "C"])

    assert places.tolist() == [0, 1, -1]
    assert features == ["<b>"]
    assert regions == ["C"]


def test_borders_that_two_regions_share_stay_shared_and_straight_lines_lose_their_middle(tmp_path):
    one, two = geojson(tmp_path / "m.json", square(0, 0), square(1, 0)).drawn().rings

    assert sorted(map(tuple, one[0])) == [(0.0, 0.0), (0.0, 500.0), (500.0, 0.0), (500.0, 500.0)]
    assert {tuple(p) for p in one[0]} & {tuple(p) for p in two[0]} == {(500.0, 0.0), (500.0, 500.0)}


def test_the_map_is_on_the_page_with_what_is_not_on_it(tmp_path):
    outlines = geojson(tmp_path / "m.json", square(0, 0, region="A"), square(1, 0, name=NASTY[0]))

    text = report.html(told(*small(), outlines=outlines))

    assert re.search(r'<path d="[^"]+" fill="#[0-9a-f]{6}" data-region="A"><title>A: 75.0</title>', text)
    assert "Outlines without a region: &lt;script&gt;alert(1)&lt;/script&gt;." in text
    assert "Regions without an outline: B, C." in text
    assert text.count('fill="url(#none)"') == 2  # what has no region, and its place in the legend


def test_a_map_of_other_regions_says_so(tmp_path):
    outlines = geojson(tmp_path / "m.json", square(0, 0, region="X"))

    assert "No outline of m.json is a region of the data, so there is no map." in shown(
        told(*small(), outlines=outlines)
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no GeoJSON"),
        ('{"type": "Topology"}', "is TopoJSON"),
        ("[]", 'should be a "FeatureCollection"'),
        ('{"type": "FeatureCollection", "features": []}', "has no Polygon"),
        (
            '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon", "coordinates": [["a"]]}}]}',
            "feature 0 should be a Polygon",
        ),
    ],
)
def test_files_that_are_no_outlines_are_refused(tmp_path, content, says):
    (tmp_path / "m.json").write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=says):
        read_outlines(tmp_path / "m.json")


# charts ------------------------------------------------------------------------------------------------------


def test_every_chart_is_listed_by_the_command():
    assert list(KINDS) == list(CHARTS)


@pytest.mark.parametrize("name", [name for name in CHARTS if name not in ("attainment", "trend", "map")])
def test_a_chart_is_plain_svg_with_its_name_before_every_id(china, name):
    text = report.chart(china, name).decode()

    assert "style" not in text
    assert f'<title id="{name}-title">{CHARTS[name].title[1]}' in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert all(one.startswith(f"{name}-") for one in ids)
    assert {link.lstrip("#") for link in re.findall(r'href="([^"]+)"', text)} <= set(ids)
    assert "北京" in text or "平均预期寿命" in text


def test_a_chart_without_results_says_what_it_needs(china):
    with pytest.raises(DataError, match="there is no chart 'attainment': no indicator has a target"):
        report.chart(china, "attainment")
    with pytest.raises(DataError, match="a trend needs two years or more"):
        report.chart(china, "trend")


def test_what_takes_too_long_for_many_regions_is_said_by_page_and_chart(monkeypatch):
    monkeypatch.setattr(sys.modules["equindex.report.gather"], "_MANY", 2)

    found = told(*small())

    why = "what moves ranks most is not looked for among more than 2 regions"
    assert f"Not computed: {why}" in shown(found)
    assert chinese(found.reasons["sensitivity"]).startswith("超过2个地区")
    with pytest.raises(DataError, match=f"there is no chart 'influence': {why}"):
        report.chart(found, "influence")


def test_a_picture_with_chinese_text_needs_a_font(china, monkeypatch):
    monkeypatch.setattr(style, "_chinese_font", lambda: None)

    with pytest.raises(EngineError, match="no font here has Chinese characters"):
        report.chart(china, "ranking", png=True)
    assert "北京" in report.chart(china, "ranking").decode()


def test_a_column_that_the_gini_refuses_leaves_the_page_without_its_curve():
    rows = ({"one": 1e300, "two": 50}, {"one": 1e200, "two": 100}, {"one": 3e200, "two": 0})
    found = told(*small(rows))

    curves = report.chart(found, "lorenz").decode()

    assert "A leads the 3 regions" in shown(found)
    assert "Two 0.444" in curves  # 0, 50, 100: half the mean difference (200 / 9) over the mean (50)
    assert "One" not in curves


def test_shades_part_the_scores_evenly():
    shade, edges = style.shades(np.array([0.0, 9.0, 90.0, np.nan, 45.0]))

    assert shade.tolist() == [0, 0, 8, -1, 4]  # nine shades from 0 to 90
    assert edges.tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]


# commands ----------------------------------------------------------------------------------------------------


def test_the_command_writes_a_page_or_markdown_and_nothing_over_what_is_there(tmp_path):
    out = tmp_path / "report.html"

    said = run("report", *RUGAO, "-o", out, "--lang", "zh", "--draws", 20)

    assert f"已写入{out}" in said
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    refused = run("report", RUGAO[0], tmp_path / "unread.csv", "-o", out, code=1)
    assert f"{out} exists. Write elsewhere, or overwrite with --force." in refused
    run("report", *RUGAO, "-o", tmp_path / "report.md", "--draws", 20, "--quiet")
    assert (
        (tmp_path / "report.md")
        .read_text(encoding="utf-8")
        .startswith("# Rugao, main public service indicators")
    )
    assert "should end in .html or .md" in run("report", *RUGAO, "-o", tmp_path / "report.pdf", code=1)


def test_the_chart_command_names_all_that_is_wrong(tmp_path):
    said = run("chart", "lorentz", *CHINA, "-o", tmp_path / "x.pdf", code=1)

    assert "there is no chart 'lorentz'. Did you mean 'lorenz'?" in said
    assert "should end in .svg or .png" in said
    assert "needs the outlines" in run("chart", "map", *CHINA, "-o", tmp_path / "x.svg", code=1)


def test_a_chart_is_written(tmp_path):
    run("chart", "lorenz", *CHINA, "-o", tmp_path / "x.png")

    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_other_commands_load_neither_figures_nor_templates():
    code = (
        "import sys, equindex.cli; print(sorted({'matplotlib', 'jinja2', 'scipy.stats'} & set(sys.modules)))"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


# in a browser, and at size -----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_page_opens_without_a_fault_and_fits(hostile, china, tmp_path, width):
    with chromium() as browser:
        for at, found in enumerate((hostile, china)):
            path = tmp_path / f"{at}.html"
            path.write_text(report.html(found), encoding="utf-8")
            with opened(browser, path, viewport={"width": width, "height": 900}) as shown_:
                assert shown_.evaluate("document.documentElement.scrollWidth") == width
                assert shown_.locator("#ranking tbody tr").count() == len(found.rows)


def wide(regions, indicators):
    leaves = [
        {
            "id": f"i{k}",
            "pillar": f"p{k % 8}",
            "name": f"Indicator {k}",
            "target": f"≥{60 + k % 30}",
            "target_year": 2025,
        }
        for k in range(indicators)
    ]
    built = framework(
        leaves, pillar=[{"id": f"p{k}"} for k in range(8)], equalization={}, attainment={"plan": [2021, 2025]}
    )
    rng = np.random.default_rng(0)
    values = rng.normal(50, 10, (regions, indicators)).round(3).clip(0.1)
    frame = pd.DataFrame(values, columns=[leaf["id"] for leaf in leaves])
    frame.insert(0, "year", 2023)
    frame.insert(0, "region", [f"{100_000 + at}" for at in range(regions)])
    return built, frame


@pytest.mark.slow
def test_3000_regions_and_80_indicators_fit_into_5_mb():
    start = time.perf_counter()

    text = report.html(told(*wide(3000, 80), draws=1000))

    size = len(text.encode())
    print(f"3,000 x 80: {size / 1e6:.2f} MB in {time.perf_counter() - start:.0f} s")
    assert size <= 5_000_000


@pytest.mark.slow
def test_30000_regions_stay_usable():
    text = report.html(told(*wide(30_000, 20), draws=100))

    parsed = Page(text)
    assert "rows between the first and the last are left out here" in parsed.text
    assert "not looked for among more than 5,000 regions" in parsed.text
    assert sum(tag == "tr" for tag, _ in parsed.tags) < 10_000


def test_charts_are_named_in_both_languages():
    assert all(len(chart.title) == 2 and all(chart.title) for chart in charts.CHARTS.values())


@pytest.mark.parametrize(("values", "expected"), [([0, 10], 1), ([0, 9.9], 2), ([0.1, 0.4], 3), ([5], 1)])
def test_scores_have_as_many_decimals_as_tell_them_apart(values, expected):
    assert style.digits(np.array([*values, np.nan])) == expected
