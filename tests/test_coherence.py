"""What `equindex diagnose` says: of the provinces' health pillar, and of made tables with one fault each."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import small
import twin
from conftest import REPOSITORY
from equindex import coherence
from equindex.cli import app
from equindex.errors import DataError
from equindex.framework import Framework

CHINA = REPOSITORY / "data" / "china-services"
RNG = np.random.default_rng(3)
A, B, C, D = RNG.uniform(10, 90, (4, 40))


def run(*args, code=0):
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout, result.stderr


def pick(frame, **wanted):
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def one(frame, column, **wanted):
    [found] = pick(frame, **wanted)[column]
    return found


def said(found, kind):
    return pick(found.advice, kind=kind)["text"].tolist()


def diagnosed(columns, pillars=None, **options):
    """Diagnose a small framework: `columns` of values by indicator, `pillars` of some of them."""
    leaves = [
        {"id": name, **({"pillar": (pillars or {})[name]} if name in (pillars or {}) else {})}
        for name in columns
    ]
    for leaf in leaves:
        leaf.update(options.get(leaf["id"], {}))
    names = [f"R{i}" for i in range(len(next(iter(columns.values()))))]
    sections = (
        {"pillar": [{"id": name} for name in dict.fromkeys((pillars or {}).values())]} if pillars else {}
    )
    built = small.framework(leaves, **sections)
    return coherence.analyse(built, small.table(region=names, **columns))


@pytest.fixture(scope="module")
def china():
    return coherence.analyse(Framework.from_toml(CHINA / "framework.toml"), CHINA / "observations.csv")


# --- the provinces -------------------------------------------------------------------------------------


def test_the_health_pillar_is_caught_counting_one_number_four_times(china):
    [text] = said(china, "together")
    row = pick(china.redundancy, kind="together").iloc[0]

    assert row["node"] == "health"
    assert row["items"] == "doctors, nurses, medical_personnel, beds"
    assert row["weight"] == pytest.approx(1 / 3)
    assert "4 indicators move as one" in text
    assert "one number is counted 4 times, with 33% of the weight" in text
    for name in ("每千人口医生数", "每千人口护士数", "每千人口卫生技术人员数", "每千人口卫生机构床位数"):
        assert name in text


def test_doctors_and_nurses_are_named_as_parts_of_medical_personnel(china):
    [text] = said(china, "part")
    row = pick(china.redundancy, kind="part").iloc[0]
    values = twin.china_values()
    shares = [
        (values["doctors"][r] + values["nurses"][r]) / whole
        for r, whole in values["medical_personnel"].items()
    ]

    assert (row["items"], row["whole"], row["n"]) == ("doctors, nurses", "medical_personnel", 31)
    assert row["low"] == pytest.approx(min(shares), rel=1e-12)
    assert row["high"] == pytest.approx(max(shares), rel=1e-12)
    assert "每千人口医生数 and 每千人口护士数 look like parts of 每千人口卫生技术人员数" in text
    assert "64% to 81%" in text


def test_the_correlations_are_those_of_the_source_note(china):
    with_whole = pick(china.correlations, other="medical_personnel").set_index("node")["pearson"]

    assert with_whole["doctors"] == pytest.approx(0.99, abs=0.005)  # data/china-services/SOURCE.md
    assert with_whole["nurses"] == pytest.approx(0.98, abs=0.005)
    assert one(china.correlations, "n", node="doctors", other="beds") == 30
    assert len(china.correlations) == 9 * 8 / 2


def test_scores_are_correlated_with_everything_above_them(china):
    scores = twin.china_scores()
    regions = [r for r in scores["beds"] if r in scores["index"]]
    pairs = np.array([[scores[node][r] for r in regions] for node in ("beds", "health", "index")])
    expected = np.corrcoef(pairs)

    beds = pick(china.parents, node="beds").set_index("ancestor")

    assert beds["pearson"].to_dict() == pytest.approx(
        {"health": expected[0, 1], "index": expected[0, 2]}, rel=1e-9
    )
    assert beds["n"].tolist() == [30, 30]


def test_weights_effective_weights_and_importance_stand_side_by_side(china):
    scores, rows = twin.china_scores(), china.importance.set_index("node")
    regions = list(scores["index"])
    r = np.corrcoef([scores["doctors"][x] for x in regions], [scores["index"][x] for x in regions])[0, 1]
    with_beds = len(scores["beds"])

    assert rows["weight"]["doctors"] == pytest.approx(1 / 12)
    effective = (with_beds / 12 + (31 - with_beds) / 9) / 31  # without beds the other three share the third
    assert rows["effective"]["doctors"] == pytest.approx(effective, rel=1e-12)
    assert rows["effective"]["beds"] == pytest.approx(with_beds / 31 / 12, rel=1e-12)
    assert rows["linear"]["doctors"] == pytest.approx(r**2, rel=1e-9)
    leaves = rows[rows["level"] == "indicator"]
    assert leaves["weight_share"].sum() == pytest.approx(1)
    assert leaves["importance_share"].sum() == pytest.approx(1)
    assert leaves["ratio"]["doctors"] == pytest.approx(leaves["importance_share"]["doctors"] * 12)
    pillars, indicators = said(china, "importance")
    assert "医疗卫生 has 33% of the weight and 51% of the importance" in pillars
    assert "平均预期寿命 has 33% of the weight" in indicators


def test_what_the_index_does_not_follow_and_what_is_no_one_thing_is_said(china):
    unheard = said(china, "unheard")

    assert any(
        text.startswith("每百万人口文化馆数 moves against the index (correlation -0.10)") for text in unheard
    )
    assert any(
        text.startswith("每百万人口公共图书馆数 is hardly heard in the index (correlation 0.05)")
        for text in unheard
    )
    assert not any(text.startswith("健康结果") for text in unheard)
    assert any("公共文化" in text for text in said(china, "alpha"))
    assert not any("医疗卫生" in text for text in said(china, "alpha"))


def test_every_table_is_whole_and_every_gap_has_a_reason(china):
    tables = china.tables()

    assert set(tables) == {
        *(
            "advice",
            "importance",
            "correlations",
            "parents",
            "reliability",
            "adequacy",
            "components",
            "loadings",
        ),
        "redundancy",
        "availability",
    }
    whole = pick(tables["adequacy"], item="")
    assert whole[["kmo", "chi2", "p", "df"]].notna().all().all()
    gone = tables["reliability"][tables["reliability"]["alpha"].isna()]
    assert (gone["reason"] != "").all()
    loadings = (
        tables["loadings"].groupby(["node", "basis", "component"])["loading"].apply(lambda x: (x**2).sum())
    )
    eigen = tables["components"].set_index(["node", "basis", "component"])["eigenvalue"]
    np.testing.assert_allclose(loadings, eigen.loc[loadings.index], atol=1e-12)


# --- one fault each ------------------------------------------------------------------------------------


def test_a_sound_framework_gets_no_advice():
    level = RNG.normal(50, 10, 60)
    noise = RNG.normal(0, 5, (3, 60))

    found = diagnosed({name: level + part for name, part in zip("abc", noise, strict=True)})

    assert found.advice.empty
    assert "Nothing to reconsider" in found.answer()[1]


def test_copies_in_two_pillars_are_counted_twice():
    found = diagnosed({"a": A, "b": B, "c": 2 * A + 1, "d": D}, {"a": "p", "b": "p", "c": "q", "d": "q"})

    [text] = said(found, "together")
    assert text.startswith(
        "the index: 2 indicators move as one (correlations 1.00 to 1.00 over 40 regions): a and c."
    )
    assert said(found, "combination") == [
        "a and c are exact combinations of each other: one of them adds nothing. Drop one."
    ]


def test_a_chain_of_likenesses_is_not_called_one_number():
    step = RNG.normal(0, 1, (2, 400))
    middle = RNG.normal(0, 2, 400) + 50

    found = diagnosed({"a": middle + 0.8 * step[0], "b": middle, "c": middle + 0.8 * step[1]})

    [text] = said(found, "together")
    assert "3 indicators overlap, each with the next" in text


def test_a_sum_of_others_is_an_exact_combination():
    found = diagnosed({"a": A, "b": B, "c": A + B, "d": D})

    assert said(found, "combination") == [
        "a, b and c are exact combinations of each other: one of them adds nothing. Drop one."
    ]
    reasons = pick(found.adequacy, item="")["reason"]
    assert "singular" in reasons.iloc[0]


def test_parts_need_the_same_unit():
    columns = {"part": 0.4 * A + RNG.uniform(0, 1, 40), "whole": A, "other": B}
    same, apart = {"unit": "beds"}, {"unit": "rooms"}

    alike = diagnosed(columns, part=same, whole=same)
    unlike = diagnosed(columns, part=apart, whole=same)
    silent = diagnosed(columns)

    assert alike.redundancy.set_index("kind").loc["part", "items"] == "part"
    assert not said(unlike, "part")
    assert not said(silent, "part")


def test_parts_that_do_not_fit_beside_each_other_are_named_one_by_one():
    unit = {"unit": "beds"}
    columns = {"a": 0.7 * A, "b": 0.6 * A, "whole": A + 0.001 * B}

    found = diagnosed(columns, a=unit, b=unit, whole=unit)

    parts = pick(found.redundancy, kind="part")
    assert parts["items"].tolist() == ["a", "b"]
    assert set(parts["whole"]) == {"whole"}


def test_what_moves_against_its_sibling_cancels_whatever_the_direction_says():
    against = 100 - A + RNG.normal(0, 5, 40)

    found = diagnosed({"a": A, "b": against, "c": C})
    mended = diagnosed({"a": A, "b": against, "c": C}, b={"direction": "negative"})

    [text] = said(found, "negative")
    assert text.startswith("the index: a and b move against each other (correlation -0.9")
    assert not said(mended, "negative")
    assert one(mended.correlations, "pearson", node="a", other="b") == pytest.approx(
        -np.corrcoef(A, against)[0, 1]
    )


def test_mirrors_cancel_rather_than_repeat():
    found = diagnosed({"a": A, "b": 100 - A, "c": C})

    assert said(found, "negative")
    assert not said(found, "together")


def test_pillars_that_cancel_are_named():
    found = diagnosed(
        {"a": A, "b": A + B / 50, "c": -A, "d": B / 50 - A}, {"a": "p", "b": "p", "c": "q", "d": "q"}
    )

    assert any(
        text.startswith("the index: p and q move against each other") for text in said(found, "negative")
    )


def test_a_pillar_of_two_dimensions_should_be_split():
    found = diagnosed(
        {"a": A, "b": A + B / 9, "c": C, "d": C + D / 9, "e": B, "f": B + A / 9},
        {"a": "p", "b": "p", "c": "p", "d": "p", "e": "q", "f": "q"},
    )

    [text] = said(found, "dimensions")
    assert text.startswith("p has 2 dimensions")


def test_alpha_says_what_would_raise_it():
    level = RNG.normal(50, 10, 60)
    noise = RNG.normal(0, 10, (2, 60))

    found = diagnosed({"a": level + noise[0], "b": level + noise[1], "odd": RNG.normal(50, 10, 60)})

    [text] = said(found, "alpha")
    assert "; without odd it would be" in text


def test_an_indicator_that_is_one_number_in_this_year_spoils_nothing():
    rows = pd.concat(
        [
            small.table(
                years=year,
                region=[f"R{i}" for i in range(40)],
                a=A + year,
                b=B,
                c=C if year == 2019 else C * 0 + 7,
            )
            for year in (2019, 2020)
        ]
    )
    built = small.framework(["a", "b", "c"])

    found = coherence.analyse(built, rows)

    assert found.year == 2020
    assert said(found, "constant") == [
        "c is the same everywhere, or not measured: it tells no region from another."
    ]
    assert np.isnan(one(found.correlations, "pearson", node="a", other="c"))
    assert one(found.reliability, "reason", item="c") == "constant, or not measured"
    assert np.isfinite(one(found.reliability, "alpha", node="index", item=""))
    assert not said(coherence.analyse(built, rows, year=2019), "constant")


def test_years_are_not_pooled():
    growing = [
        small.table(years=y, region=list("ABCDEFGHIJ"), a=A[:10] + 100 * y, b=B[:10] + 100 * y)
        for y in (0, 1)
    ]
    rows = pd.concat(part.assign(year=2000 + y) for y, part in enumerate(growing))

    found = coherence.analyse(small.framework(["a", "b"]), rows)

    expected = np.corrcoef(A[:10], B[:10])[0, 1]
    assert one(found.correlations, "pearson", node="a", other="b") == pytest.approx(expected, rel=1e-9)


def test_few_regions_are_measured_but_not_judged():
    found = diagnosed({"a": A[:5], "b": 2 * A[:5], "c": B[:5]})

    assert found.advice["kind"].tolist() == ["few"]
    assert one(found.correlations, "pearson", node="a", other="b") == pytest.approx(1)


def test_fewer_regions_than_indicators_are_measured_and_named():
    columns = {f"i{k}": RNG.uniform(0, 1, 12) for k in range(14)}

    found = diagnosed(columns)

    [row] = pick(found.adequacy, item="").to_dict("records")
    assert math.isnan(row["kmo"])
    assert "no more regions than indicators" in row["reason"]
    assert pick(found.redundancy, kind="combination").empty
    assert len(found.components) == 14


def test_missing_values_are_left_out_pair_by_pair():
    gaps = A.copy()
    gaps[:4] = np.nan

    found = diagnosed({"a": gaps, "b": B, "c": C})

    assert one(found.correlations, "n", node="a", other="b") == 36
    assert one(found.correlations, "pearson", node="a", other="b") == pytest.approx(
        np.corrcoef(A[4:], B[4:])[0, 1]
    )
    assert one(found.correlations, "n", node="b", other="c") == 40


def test_indicators_that_no_region_has_together_are_not_measured_together():
    early, late = np.arange(40) < 20, np.arange(40) >= 20
    missing = {"rule": "reweight", "min_coverage": 0.1}
    built = small.framework(["a", "b", "c"], methods=small.MINMAX | {"missing": missing})
    rows = small.table(
        region=[f"R{i}" for i in range(40)], a=np.where(early, A, np.nan), b=np.where(late, B, np.nan), c=C
    )

    found = coherence.analyse(built, rows)

    assert one(found.correlations, "n", node="a", other="b") == 0
    assert one(found.correlations, "n", node="a", other="c") == 20
    assert "3 regions that have them all, but there are 3 and 0" in one(found.reliability, "reason", item="")
    assert "share too few regions" in one(found.components, "reason", node="index")
    assert found.loadings.empty
    assert found.redundancy.empty


def test_a_pair_that_few_regions_share_is_not_judged():
    few = np.full(40, np.nan)
    few[:5] = 2 * A[:5]
    missing = {"rule": "reweight", "min_coverage": 0.1}
    rows = small.table(region=[f"R{i}" for i in range(40)], a=A, b=few, c=100 - few)

    found = coherence.analyse(
        small.framework(["a", "b", "c"], methods=small.MINMAX | {"missing": missing}), rows
    )

    assert one(found.correlations, "pearson", node="a", other="b") == pytest.approx(1)
    assert found.advice["kind"].tolist() == []


def test_unrelated_indicators_are_no_ground_for_factors():
    found = diagnosed({"a": A, "b": B, "c": C, "d": D}, {"a": "p", "b": "p", "c": "q", "d": "q"})

    adequacy = one(found.adequacy, "kmo", basis="indicators", item="")
    assert adequacy < 0.6
    assert said(found, "kmo") == [
        f"The indicators are no ground for weights from components or factors (KMO {adequacy:.2f})."
    ]


def test_a_single_indicator_is_diagnosed_too():
    found = diagnosed({"a": A})

    assert found.importance["linear"].tolist() == [pytest.approx(1)]
    assert set(found.tables()) == {"importance", "parents", "availability"}


def test_the_order_of_regions_and_the_unit_change_nothing():
    shuffled = RNG.permutation(40)
    base = diagnosed({"a": A, "b": B, "c": C})

    moved = diagnosed({"a": 1000 * A[shuffled], "b": B[shuffled], "c": C[shuffled]})

    for name, table in base.tables().items():
        numbers = table.select_dtypes("number").astype(float)
        np.testing.assert_allclose(
            moved.tables()[name][numbers.columns].astype(float), numbers, atol=1e-9, err_msg=name
        )


def test_limits_can_be_moved():
    rows = small.table(region=[f"R{i}" for i in range(40)], a=A, b=A + B, c=C)
    built = small.framework(["a", "b", "c"])

    assert not said(coherence.analyse(built, rows), "together")
    assert said(coherence.analyse(built, rows, limits=coherence.Limits(together=0.5)), "together")


@pytest.mark.parametrize(
    ("frame", "year", "match"),
    [
        (small.table(a=[1.0, 2.0], b=[2.0, 3.0]), None, "2020 has 2: a correlation needs at least 3"),
        (small.table(a=[1.0, 2.0, 4.0], b=[2.0, 3.0, 4.0]), 1999, r"no data for 1999\. Years: 2020"),
    ],
)
def test_too_few_regions_and_unknown_years_are_refused(frame, year, match):
    with pytest.raises(DataError, match=match):
        coherence.analyse(small.framework(["a", "b"]), frame, year=year)


def test_without_a_composite_or_its_steps_there_is_nothing_to_diagnose():
    plan = Framework.from_toml(REPOSITORY / "data" / "rugao-2025" / "framework.toml")
    built = small.framework(["a", "b"])
    scores = built.score(small.table(a=[1.0, 2.0, 3.0], b=[3.0, 2.0, 2.0]), keep="index")

    with pytest.raises(DataError, match=r"give the framework \[methods\] normalise"):
        coherence.analyse(plan, REPOSITORY / "data" / "rugao-2025" / "observations.csv")
    with pytest.raises(DataError, match='score with keep="all"'):
        coherence.of_scores(scores)


# --- the command ---------------------------------------------------------------------------------------


def test_the_command_prints_words_and_tables():
    printed, _ = run("diagnose", CHINA / "framework.toml", CHINA / "observations.csv")

    assert "one number is counted 4 times" in "".join(printed.split("\n"))
    assert "Weight and importance for the index" in printed
    assert "Do they measure one thing" in printed


def test_the_command_writes_every_table_and_json(tmp_path):
    target = tmp_path / "out"
    run("diagnose", CHINA / "framework.toml", CHINA / "observations.csv", "-o", target, "-q")
    printed, _ = run("diagnose", CHINA / "framework.toml", CHINA / "observations.csv", "--json", "-q")

    content = json.loads(printed)
    assert {file.stem for file in target.glob("*.csv")} == set(content) - {"answer", "provenance"}
    provenance = json.loads((target / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["options"]["diagnose"] == {"year": 1999}
    written = pd.read_csv(target / "advice.csv")
    assert written["text"].tolist() == [row["text"] for row in content["advice"]]


def test_a_run_that_was_written_can_be_run_again(tmp_path):
    run("diagnose", CHINA / "framework.toml", CHINA / "observations.csv", "-o", tmp_path / "one", "-q")

    run("rerun", tmp_path / "one" / "provenance.json", "-o", tmp_path / "two", "-q")

    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_what_was_found_is_found_again_from_its_provenance():
    rows = pd.concat(
        [
            small.table(years=year, region=[f"R{i}" for i in range(40)], a=A + year, b=B / year, c=C**2)
            for year in (2019, 2020)
        ]
    )
    first = coherence.analyse(small.framework(["a", "b", "c"]), rows, year=2019)

    repeated = coherence.again(replace(first.scores, provenance=first.provenance))

    assert repeated.year == 2019
    for name, table in first.tables().items():
        pd.testing.assert_frame_equal(repeated.tables()[name], table)


def test_the_command_refuses_an_unknown_year():
    _, told = run("diagnose", CHINA / "framework.toml", CHINA / "observations.csv", "--year", "1950", code=1)

    assert "no data for 1950. Years: 1999." in told
