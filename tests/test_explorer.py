"""The weight explorer: what it holds, refuses and promises; its numbers in a real browser are Python's own."""

import csv
import io
import json
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from browser import chromium, frame, opened
from equindex._resources import path as bundled
from equindex.cli import app
from equindex.errors import DomainError
from equindex.framework import Framework
from equindex.framework.files import read_weights
from equindex.framework.variants import with_settings
from equindex.model import WeightSet
from equindex.report import packing
from equindex.report.explorer import explorer
from small import framework, table

CHINA = bundled("data/china-services/framework.toml")
OBSERVED = bundled("data/china-services/observations.csv")
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\"quoted\" and 'quoted'",
    "\u202eright to left\u202c",
    "地" * 60,
    "</script><img src=x onerror=alert(1)>",
]


def deep(**methods):
    """Three levels, all directions, two years, gaps, a pillar with its own mean."""
    rng = np.random.default_rng(5)
    ids = list("abcdefg")
    leaves = [
        {"id": "a", "pillar": "p"},
        {"id": "b", "pillar": "p", "direction": "negative"},
        {"id": "c", "pillar": "q", "direction": "interval", "best": [4, 6]},
        {"id": "d", "pillar": "q"},
        {"id": "e", "pillar": "r"},
        {"id": "f", "pillar": "r", "direction": "negative"},
        {"id": "g", "pillar": "index"},
    ]
    pillars = [{"id": "p"}, {"id": "q", "parent": "p"}, {"id": "r", "aggregate": "harmonic"}]
    options = {"normalise": {"name": "minmax", "lower": 1, "upper": 100}, "missing": {"min_coverage": 0.6}}
    built = framework(leaves, pillar=pillars, methods=options | methods)
    x = rng.gamma(3, 2, (80, len(ids))).round(2)
    x[rng.random(x.shape) < 0.15] = np.nan
    x[40] = x[41]  # a tie
    regions = [f"r{k}" for k in range(40)] * 2
    data = table([2019] * 40 + [2020] * 40, region=regions, **dict(zip(ids, x.T, strict=True)))
    return built, data


def wide(size, leaves, holes=0.02, names=None):
    """Build a flat table with a few gaps, in ten pillars."""
    rng = np.random.default_rng(1)
    x = rng.gamma(2, 10, (size, leaves))
    x[rng.random(x.shape) < holes] = np.nan
    ids = [f"i{k}" for k in range(leaves)]
    records = [{"region": f"{k:05d}", "name": names[k] if names else f"region {k}"} for k in range(size)]
    built = framework(
        [{"id": name, "pillar": f"p{k % 10}"} for k, name in enumerate(ids)],
        pillar=[{"id": f"p{k}"} for k in range(10)],
        regions=records,
    )
    data = pd.DataFrame({"region": [record["region"] for record in records], "year": 2020})
    return built, pd.concat([data, pd.DataFrame(x, columns=ids)], axis=1)


def index_of(scores, year):
    """Score and rank of every region of a year, by id."""
    panel, rows = scores.panel, scores.rows(year)
    ids = [panel.regions[code] for code in panel.region[panel.order[rows]]]
    score = scores.leading.score[rows, 0]
    return {
        name: (s, r) for name, s, r in zip(ids, score.tolist(), scores.rank[rows, 0].tolist(), strict=True)
    }


def same(shown, scores, year):
    """Whether the page's whole ranking is Python's: scores to 1e-9, ranks exactly."""
    expected = index_of(scores, year)
    assert {name for name, _, _ in shown} == set(expected)
    for name, score, rank in shown:
        assert (score if score is not None else np.nan) == pytest.approx(
            expected[name][0], abs=1e-9, nan_ok=True
        )
        assert rank == expected[name][1]
    return True


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def shown(browser, tmp_path):
    """Open explorers; each is closed, and held against its promises, when the test ends."""
    from contextlib import ExitStack

    stack = ExitStack()

    def show(scores, presets=(), lang="en", fragment="", extra="", **options):
        path = tmp_path / "page.html"
        path.write_text(
            frame(explorer(scores, presets=presets, lang=lang), lang=lang, extra=extra), encoding="utf-8"
        )
        return stack.enter_context(opened(browser, path, fragment, **options))

    with stack:
        yield show


def ranking(page):
    """Read the page's ranking, once the frame of the last change is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("equindex.ranking()")


def box(page, name):
    """Find the sliders' line of a node."""
    return page.locator(f".x-node:has(bdi:text-is('{name}'))")


# without a browser -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("methods", "says"),
    [
        ({"normalise": "rank", "aggregate": "copeland"}, "copeland"),
        ({"normalise": "minmax", "impute": {"name": "median", "at": "pillar"}}, "imputed from other regions"),
    ],
)
def test_what_weights_alone_do_not_decide_is_refused_with_the_reason(methods, says):
    built = framework(
        [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "q"}],
        pillar=[{"id": "p"}, {"id": "q"}],
        methods=methods,
    )
    scores = built.score(table(a=[1.0, 2.0, 3.0], b=[3.0, 1.0, 2.0]))

    part = explorer(scores, presets=[], lang="en")

    assert says in part.html
    assert "explorer" not in part.data
    assert part.script


def test_the_script_never_turns_text_into_markup_or_code():
    scores = framework(["a"]).score(table(a=[1.0, 2.0]))

    part = explorer(scores, presets=[], lang="zh")

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", part.script
    )
    assert re.findall(r"https?://[\w./]+", part.script) == [
        "http://www.w3.org/2000/svg"
    ]  # a name, not a place
    assert "style=" not in part.html


def test_columns_survive_packing_to_the_last_bit():
    for x in ([1.5, np.nan, -2.25], [1 / 3, np.nan, 1e300], [0.1, 0.2, 0.3], [np.nan] * 2):
        packed = packing.column(np.array(x))
        import base64

        if "f8" in packed:
            found = np.frombuffer(base64.b64decode(packed["f8"]), "<f8")
        else:
            whole = np.frombuffer(base64.b64decode(packed["i4"]), "<i4")
            found = np.where(whole == -(2**31), np.nan, whole / 10 ** packed["p"])
        assert np.array_equal(found, x, equal_nan=True)


@pytest.mark.parametrize("normalise", ["minmax", "exponential_rank"])
def test_values_of_3000_regions_and_80_indicators_leave_room_in_5_mb(normalise):
    built, data = wide(3000, 80, holes=0)

    part = explorer(built.replace(normalise=normalise).score(data), presets=[], lang="en")

    assert sum(map(len, (json.dumps(part.data), part.html, part.style, part.script))) < 3_200_000
    keys = [key for key, *_ in part.data["explorer"]["variants"]]
    assert keys == (
        ["published", "minmax", "zscore", "rank", "percentile"] if normalise == "minmax" else ["published"]
    )


@pytest.mark.browser
def test_a_page_too_large_for_its_values_shows_none_rather_than_wrong_ones(shown, monkeypatch):
    monkeypatch.setattr("equindex.report.explorer._BUDGET", 1000)
    scores = Framework.from_toml(CHINA).replace(normalise="exponential_rank").score(OBSERVED)

    page = shown(scores, fragment="#x=1&r=330000")

    assert same(ranking(page), scores, 1999)
    values = page.locator("table[data-csv=profile] tbody td:nth-child(2)").all_inner_texts()
    assert values == ["—"] * 9


# in the browser --------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_slider_moved_by_keyboard_gives_the_ranking_of_python(shown):
    china = Framework.from_toml(CHINA)
    page = shown(china.score(OBSERVED))
    assert same(ranking(page), china.score(OBSERVED), 1999)

    box(page, "医疗卫生").locator("input[type=range]").focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")  # a third is shown as 33, so 40 in the end

    chosen = WeightSet(weights={"health": 40, "culture": 30, "outcome": 30})
    assert same(ranking(page), china.replace(weights=chosen).score(OBSERVED), 1999)
    page.wait_for_timeout(400)
    assert "First: 北京" in page.inner_text("#x-live")
    assert box(page, "医疗卫生").locator("input[type=range]").evaluate("e => e === document.activeElement")


@pytest.mark.browser
def test_a_slider_moved_by_mouse_gives_the_ranking_of_python(shown):
    china = Framework.from_toml(CHINA)
    page = shown(china.score(OBSERVED))
    slider = box(page, "每百万人口博物馆数").locator("input[type=range]")

    area = slider.bounding_box()
    page.mouse.move(area["x"] + area["width"] / 4, area["y"] + area["height"] / 2)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.7, area["y"] + area["height"] / 2, steps=5)
    page.mouse.up()

    share = float(slider.input_value())
    assert 60 < share < 80
    rest = (100 - share) / 3
    inside = {"libraries": rest, "cultural_centres": rest, "museums": share, "performance_places": rest}
    found = ranking(page)
    expected = index_of(china.replace(weights=WeightSet(weights=inside)).score(OBSERVED), 1999)
    assert all(
        score == pytest.approx(expected[name][0], abs=1e-4) for name, score, _ in found
    )  # whole millionths
    exported = WeightSet(**tomllib.loads(page.evaluate("equindex.toml()")))
    assert same(found, china.replace(weights=exported).score(OBSERVED), 1999)


@pytest.mark.browser
@pytest.mark.parametrize("aggregate", ["", "geometric"])
@pytest.mark.parametrize("normalise", ["published", "zscore", "rank", "percentile"])
def test_exported_weights_score_the_same_by_the_command_with_the_options_it_names(
    shown, tmp_path, normalise, aggregate
):
    page = shown(Framework.from_toml(CHINA).score(OBSERVED), lang="zh")
    page.select_option("#x-normalise", normalise)
    page.select_option("#x-aggregate", aggregate)
    box(page, "公共文化").locator("input[type=number]").fill("12.3")
    box(page, "每千人口护士数").locator("input[type=number]").fill("0")
    page.keyboard.press("Enter")
    found = ranking(page)

    with page.expect_download() as download:
        page.click("#x-export")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    note = tomllib.loads(file.read_text(encoding="utf-8")).get("note", "")
    options = re.findall(r"--set \S+", note)
    ran = CliRunner().invoke(
        app,
        [
            "score",
            str(CHINA),
            str(OBSERVED),
            "--weights",
            str(file),
            "-o",
            str(tmp_path / "out.csv"),
            "-q",
            *" ".join(options).split(),
        ],
    )

    assert ran.exit_code == 0, ran.output
    scored = pd.read_csv(tmp_path / "out.csv", dtype={"region": str})
    scored = scored[scored["node"] == "index"].set_index("region")
    for name, score, rank in found:
        assert score == pytest.approx(scored.loc[name, "score"], abs=1e-9)
        assert rank == scored.loc[name, "rank"]
    assert len(options) == {"published": 0, "zscore": 3, "rank": 1, "percentile": 1}[normalise] + bool(
        aggregate
    )
    changed = found != page.evaluate("equindex.ranking()")
    assert not changed


@pytest.mark.browser
@pytest.mark.parametrize("year", [2019, 2020])
@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"base": "year", "normalise": {"name": "zscore", "centre": 100, "scale": 10}},
        {"base": 2019, "normalise": "rank"},
        {"normalise": {"name": "ampi"}, "missing": {"rule": "propagate"}},
        {"aggregate": {"pillar": "arithmetic", "index": "geometric"}, "rank_decimals": 0},
        {"weighting": "entropy", "screen": {"min_measured": 0.8}},
        {"impute": "median", "treat": {"name": "winsorise", "quantiles": [0.05, 0.95]}},
    ],
    ids=str,
)
def test_gaps_levels_bases_and_ties_are_as_in_python(shown, methods, year):
    built, data = deep(**methods)
    scores = built.score(data)
    page = shown(scores)
    page.select_option("#x-year", str(year))
    assert same(ranking(page), scores, year)
    page.locator("#x-w5").fill("60") if page.locator("#x-w5").is_enabled() else None
    page.locator("#x-w1").fill("10")

    chosen = WeightSet(**tomllib.loads(page.evaluate("equindex.toml()")))

    assert same(ranking(page), built.replace(weights=chosen).score(data), year)


@pytest.mark.browser
@pytest.mark.parametrize(
    "methods", [{"normalise": {"name": "quantile_bins", "bins": 4}}, {"base": 2019}], ids=str
)
def test_every_switch_scores_or_refuses_as_python_does(shown, methods):
    built, data = deep(**methods)
    part = explorer(built.score(data), presets=[], lang="en")
    page = shown(built.score(data))
    refusals = 0

    for key, _, settings in part.data["explorer"]["variants"]:
        for aggregate in ("", "arithmetic", "geometric"):
            page.select_option("#x-normalise", key)
            page.select_option("#x-aggregate", aggregate)
            found = ranking(page)
            refused = page.is_visible("#x-error")
            switched = [*settings, *([f"aggregate={aggregate}"] if aggregate else [])]
            try:
                scores = with_settings(built, switched).score(data)
            except DomainError:
                assert refused
                refusals += 1
                continue
            assert not refused
            assert same(found, scores, 2020)
    assert len(part.data["explorer"]["variants"]) >= 4
    assert refusals > 0 or "base" not in methods


@pytest.mark.browser
def test_a_mean_that_scores_do_not_suit_is_refused_and_named(shown):
    page = shown(framework(["a", "b"]).score(table(a=[1.0, 2, 3], b=[3.0, 1, 2])))
    page.select_option("#x-aggregate", "geometric")
    ranking(page)

    said = page.inner_text("#x-error")

    assert said == (
        "geometric mean needs scores above 0, but a has some that are not. Choose another normalisation, or the "
        "arithmetic mean."
    )
    page.select_option("#x-normalise", "minmax")
    ranking(page)
    assert not page.is_visible("#x-error")


@pytest.mark.browser
def test_presets_and_locks(shown):
    china = Framework.from_toml(CHINA)
    preset = read_weights(bundled("weights/china-services/B.toml"))
    page = shown(china.score(OBSERVED), [preset])
    page.select_option("#x-preset", ".B")
    assert same(ranking(page), china.replace(weights=preset).score(OBSERVED), 1999)
    page.select_option("#x-preset", "by_indicator")
    assert same(
        ranking(page),
        with_settings(china, ['weighting={name="equal", by="indicator"}']).score(OBSERVED),
        1999,
    )
    page.select_option("#x-preset", "by_pillar")
    box(page, "医疗卫生").locator("input[type=number]").fill("50")
    page.keyboard.press("Enter")
    ranking(page)

    box(page, "医疗卫生").locator(".x-lock").click()
    box(page, "公共文化").locator("input[type=range]").fill("40")
    ranking(page)

    weights = tomllib.loads(page.evaluate("equindex.toml()"))["weights"]
    assert (weights["health"], weights["culture"], weights["outcome"]) == pytest.approx(
        (0.5, 0.4, 0.1), abs=1e-12
    )
    assert box(page, "医疗卫生").locator("input[type=range]").is_disabled()
    box(page, "公共文化").locator("input[type=range]").fill("90")  # no more than what is left
    ranking(page)
    weights = tomllib.loads(page.evaluate("equindex.toml()"))["weights"]
    assert (weights["health"], weights["culture"], weights["outcome"]) == pytest.approx(
        (0.5, 0.5, 0), abs=1e-12
    )
    page.click("#x-reset")
    assert same(ranking(page), china.score(OBSERVED), 1999)


@pytest.mark.browser
def test_the_link_keeps_the_state_and_a_broken_one_does_no_harm(shown, tmp_path, browser):
    scores = Framework.from_toml(CHINA).score(OBSERVED)
    page = shown(scores, [read_weights(bundled("weights/china-services/B.toml"))])
    page.select_option("#x-preset", ".B")
    page.select_option("#x-normalise", "zscore")
    box(page, "医疗卫生").locator(".x-lock").click()
    box(page, "公共文化").locator("input[type=range]").fill("17")
    page.locator("#x-window .x-pin").nth(3).click()
    page.wait_for_timeout(500)
    before, toml, link = ranking(page), page.evaluate("equindex.toml()"), page.url

    with opened(browser, tmp_path / "page.html", f"#{link.partition('#')[2]}") as again:
        assert ranking(again) == before
        assert again.evaluate("equindex.toml()") == toml
        assert again.locator("#x-pinned tr").is_visible()
        assert box(again, "医疗卫生").locator(".x-lock").get_attribute("aria-pressed") == "true"
    assert len(link.partition("#")[2]) < 120
    broken = (
        "#x=1&w=zz-9.9_0-zzzzz.1.1&l=ab&y=&n=nothing&a=copeland&p=%3Cscript%3E&s=A",
        "#x=%%%&w=-",
        "#x=1&w=0-0.0.0",
    )
    for fragment in broken:
        with opened(browser, tmp_path / "page.html", fragment) as page:
            assert same(ranking(page), scores, 1999)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_hostile_names_stay_text_and_break_no_layout(shown, width):
    names = [*HOSTILE, *(f"region {k}" for k in range(len(HOSTILE), 3000))]
    built, data = wide(3000, 20, names=names)
    extra = "<table data-csv='t'><thead><tr><th>name</th></tr></thead><tbody>{}</tbody></table>".format(
        "".join(f"<tr data-region='{k:05d}'><td>x</td></tr>" for k in range(len(names[:30])))
    )
    page = shown(built.score(data), extra=extra, viewport={"width": width, "height": 800})

    for name in HOSTILE:
        page.fill("#x-search", name[:20])
        page.locator("#x-window .x-name").first.click()
        assert page.locator("#x-profile h3").text_content() == name
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        heights = page.evaluate(
            "[...document.querySelectorAll('#x-window tr:not([hidden])')].map((row) => row.offsetHeight)"
        )
        assert set(heights) == {34}
    page.fill("#x-search", "")
    with page.expect_download() as download:
        page.get_by_label("Download table explorer as CSV").click()
    raw = download.value.path().read_bytes()

    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 3001
    written = {row[1]: row[2] for row in rows}
    assert written["00000"] == HOSTILE[0]
    assert written["00001"] == f"'{HOSTILE[1]}"


@pytest.mark.browser
def test_a_leader_written_from_right_to_left_turns_no_sentence_round(shown):
    built, data = wide(3, 10, holes=0, names=["A", "\u202eevil", "B"])
    data.loc[1, data.columns[2:]] = 1000.0
    page = shown(built.score(data))

    live = page.locator("#x-live").text_content()

    assert live.startswith("First: \u2068\u202eevil\u2069 (")


@pytest.mark.browser
def test_a_profile_says_what_explain_says(shown):
    china = Framework.from_toml(CHINA)
    scores = china.score(OBSERVED)
    page = shown(scores, fragment="#x=1&r=330000")
    explained = scores.explain("浙江").parts.set_index("node_name")

    rows = page.locator("table[data-csv=profile] tbody tr")

    for row in rows.all():
        name = row.locator("th").inner_text()
        cells = [cell.get_attribute("data-value") for cell in row.locator("td").all()]
        expected = explained.loc[name, ["value", "score", "effective", "contribution", "lead"]]
        assert [float(cell) for cell in cells] == pytest.approx(expected.tolist(), abs=1e-9)
    assert rows.count() == 9
    built, data = deep()
    scores = built.score(data)
    chosen = next(name for name, (score, _) in index_of(scores, 2019).items() if np.isfinite(score))
    page = shown(scores, fragment=f"#x=1&r={chosen}&y=2019")
    values = page.locator("table[data-csv=profile] tbody td:nth-child(5)").all()
    assert sum(float(cell.get_attribute("data-value") or 0) for cell in values) == pytest.approx(
        index_of(scores, 2019)[chosen][0], abs=1e-9
    )
    trend = page.locator("table[data-csv=trend] tbody tr").all()
    assert len(trend) == sum(np.isfinite(index_of(scores, year)[chosen][0]) for year in (2019, 2020))


@pytest.mark.browser
def test_the_ranking_sorts_by_every_column_and_back(shown):
    scores = Framework.from_toml(CHINA).score(OBSERVED)
    page = shown(scores)
    codes = [name for name, _, _ in ranking(page)]
    best = sorted(codes, key=lambda code: -index_of(scores, 1999)[code][0])

    def order(column):
        page.locator(f"#x-rows th[data-by={column}] button").click()
        return page.locator("#x-window th[scope=row] .x-name").evaluate_all(
            "all => all.map((one) => one.title.match(/\\((\\w+)\\)$/)[1])"
        )

    assert order("was")[:5] == best[:5]
    assert order("was")[:5] == best[::-1][:5]
    assert order("score")[:5] == best[:5]
    order("name")
    names = page.locator("#x-window .x-name").all_inner_texts()
    assert names == page.evaluate("names => names.sort(new Intl.Collator('en').compare)", names)
    assert page.locator("#x-rows th[data-by=name]").get_attribute("aria-sort") == "ascending"


@pytest.mark.browser
def test_tables_sort_numbers_search_and_are_downloaded_guarded(shown):
    cells = [("b", "10"), ("a", "9"), ("=1+1", "-3"), ("d", ""), *((f"n{k:02d}", str(k)) for k in range(30))]
    body = "".join(
        f"<tr><th scope='row'>{name}</th><td data-value='{value}'>{value}</td></tr>" for name, value in cells
    )
    head = "<caption>T</caption><thead><tr><th>name</th><th>value</th></tr></thead>"
    extra = f"<table data-csv='t'>{head}<tbody>{body}</tbody></table>"
    page = shown(framework(["a"]).score(table(a=[1.0, 2.0])), extra=extra)
    column = (
        "[...document.querySelectorAll('table[data-csv=t] tbody tr')].map((row) => row.cells[1].textContent)"
    )

    page.get_by_role("button", name="value", exact=True).click()
    rising = page.evaluate(column)
    page.get_by_role("button", name="value", exact=True).click()
    falling = page.evaluate(column)
    page.get_by_label("Find in table").fill("n0")

    assert rising == [*sorted((value for _, value in cells if value), key=float), ""]
    assert [float(v) for v in falling[:-1]] == sorted((float(v) for v in rising[:-1]), reverse=True)
    assert falling[-1] == ""
    assert page.locator("table[data-csv=t] tbody tr:visible").count() == 10
    assert page.get_by_text("10 of 34 rows", exact=True).is_visible()
    with page.expect_download() as download:
        page.get_by_label("Download table T as CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert "'=1+1,-3" in lines
    assert len(lines) == 35


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_the_whole_page_works_offline_at_every_width(browser, tmp_path, width):
    page_of = tmp_path / "report.html"
    said = CliRunner().invoke(
        app, ["report", str(CHINA), str(OBSERVED), "-o", str(page_of), "--lang", "zh", "-q"]
    )
    assert said.exit_code == 0, said.output

    with opened(browser, page_of, viewport={"width": width, "height": 900}) as page:
        row = page.locator("tr[data-region='330000'] th button").first
        row.focus()
        page.keyboard.press("Enter")

        assert page.inner_text("#x-profile h3") == "浙江"
        assert same(ranking(page), Framework.from_toml(CHINA).score(OBSERVED), 1999)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".x-tools").count() == page.locator("table[data-csv]").count()


@pytest.mark.browser
def test_paper_holds_every_region_and_every_weight(shown):
    built, data = wide(100, 30)
    page = shown(built.score(data))
    lines = page.locator("#x-window tr:visible")
    few = lines.count()

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    bottom = page.locator("#explorer").evaluate("(part) => part.getBoundingClientRect().bottom")

    assert lines.count() == 100 > few
    assert lines.last.evaluate("(row) => row.getBoundingClientRect().bottom") <= bottom
    for box_ in ("#x-rows", ".x-weights"):
        assert page.locator(box_).evaluate("(part) => part.scrollHeight - part.clientHeight") == 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert lines.count() == few
    assert page.locator("#x-window tr").count() < 100


@pytest.mark.browser
def test_attainment_without_a_composite_is_explored_too(shown):
    rugao = Framework.from_toml(bundled("data/rugao-2025/framework.toml"))
    data = bundled("data/rugao-2025/observations.csv")
    page = shown(rugao.score(data), lang="zh")
    assert same(ranking(page), rugao.score(data), 2020)
    page.locator(".x-pillar input[type=range]").nth(3).fill("45")

    chosen = WeightSet(**tomllib.loads(page.evaluate("equindex.toml()")))

    assert same(ranking(page), rugao.replace(weights=chosen).score(data), 2020)


@pytest.mark.browser
@pytest.mark.parametrize("holes", [0.0, 0.02])
def test_3000_regions_are_scored_ranked_and_drawn_within_a_frame(shown, holes):
    built, data = wide(3000, 50, holes)
    page = shown(built.score(data))
    slider = page.locator("#x-w1")

    times = []
    for share in range(5, 65):
        slider.evaluate(
            "(slider, share) => { slider.value = share; slider.dispatchEvent(new Event('input')); }", share
        )
        times.append(page.evaluate("equindex.time()"))

    print(f"3,000 x 50, {holes:.0%} missing: median {np.median(times):.1f} ms, worst {max(times):.1f} ms")
    assert min(times) <= 16  # what others on the machine disturb least


@pytest.mark.browser
def test_30000_regions_are_scored_and_ranked_within_a_frame(shown):
    built, data = wide(30000, 50)
    page = shown(built.score(data, keep="all"))

    times = page.evaluate("Array.from({ length: 100 }, () => equindex.time(false))")

    print(f"30,000 x 50 scored and ranked: median {np.median(times):.1f} ms, worst {max(times):.1f} ms")
    assert min(times) <= 16  # what others on the machine disturb least
