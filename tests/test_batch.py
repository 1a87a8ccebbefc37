"""Batches: the same numbers as in memory whatever the blocks and workers, and nothing lost or left half done."""

import json
import shutil
import struct
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import aggregate, batch, impute, normalise, treat, weighting
from equindex.batch import journal
from equindex.cli import app
from equindex.errors import DataError, DomainError, EngineError, FrameworkError
from small import framework

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

LEAVES = [
    {"id": "a", "pillar": "p"},
    {"id": "b", "pillar": "p", "direction": "negative"},
    {"id": "c", "pillar": "q"},
    {"id": "d", "pillar": "q"},
]
PILLARS = [{"id": "p"}, {"id": "q"}]
RELATIVE = sorted(method.name for method in aggregate.methods if method.traits.get("relative"))


def data(rows=700, years=(2019, 2020, 2021), seed=3, gaps=0.05):
    """Return a wide table, a row for each region and year, some cells missing."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(4.0, 3.0, (rows, 4)) + 0.5
    x[rng.random(x.shape) < gaps] = np.nan
    each = -(-rows // len(years))
    region = [f"r{at % each:05d}" for at in range(rows)]
    frame = pd.DataFrame({"region": region, "year": np.repeat(years, each)[:rows]})
    return frame.assign(**dict(zip("abcd", x.T, strict=True)))


def laid(folder, frame, files=1, group=100):
    """Write a table as Parquet files of several row groups."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(np.array_split(np.arange(len(frame)), files)):
        frame.iloc[part].to_parquet(folder / f"part-{number}.parquet", index=False, row_group_size=group)
    return folder


def built(takes=None, **methods):
    leaves = [leaf | TAKES.get(takes, {}) for leaf in LEAVES]
    return framework(leaves, pillar=PILLARS, methods={"normalise": "minmax"} | methods)


def read(folder):
    """Return what a batch wrote, rows by year and region."""
    frame = pd.read_parquet(folder / "scores")
    frame["year"] = frame["year"].astype(int)
    return frame.sort_values(["year", "region"], ignore_index=True)


def bytes_of(folder):
    """Return the content of every file but what tells the time."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "provenance.json"
    }


def same(found, wanted, ulps=4):
    """Whether scores agree within some units in the last place of the scale's upper end, missing ones alike."""
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=ulps * np.spacing(np.nanmax(np.abs(wanted))))


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


# --- The same numbers --------------------------------------------------------------------------------------

OPTIONS = {
    "scaled": {"low": 0, "high": 60},
    "categorical": {"thresholds": [5.0, 15.0], "scores": [1.0, 2.0, 3.0]},
    "to_reference": {"value": 12.0},
    "coupling": {"upper": 100},
    "power": {"exponent": 0.5},
    "owa": {"positions": [0.7, 0.3]},
    "mean_min": {"alpha": 0.4, "beta": 0.1},
    "optimised": {"wanted": [4, 1, 2, 3]},
    "winsorise": {"quantiles": [0.02, 0.97]},
    "group_mean": {"by": "zone"},
    "group_median": {"by": "zone"},
    "cold_deck": {"table": "x.csv"},
}
TAKES = {
    "goalposts": {"goalposts": [0, 60]},
    "interval": {"direction": "interval", "best": [10, 14], "limits": [0, 40]},
    "target": {"target": "12"},
}


REFUSED = {
    "aggregate": RELATIVE,
    "impute": [
        "group_mean",
        "group_median",
        "row_mean",
        "cold_deck",
        "nearest",
        "regression",
        "last",
        "linear",
    ],
    "treat": ["shifted_log", "box_cox", "skew_kurtosis"],
}


def variants():
    """Return a framework with each registered method: what is not refused must be the same as in memory."""
    found = []
    for method in normalise.methods:
        call = {"name": method.name} | OPTIONS.get(method.name, {})
        takes = method.traits.get("takes")
        base = {"base": 2020} if method.traits.get("base_year") else {}
        found.append(pytest.param({"normalise": call, "takes": takes} | base, id=f"normalise-{method.name}"))
    for method in aggregate.methods:
        call = {"name": method.name} | OPTIONS.get(method.name, {})
        scale = {"name": "minmax", "lower": 1, "upper": 100}
        found.append(pytest.param({"normalise": scale, "aggregate": call}, id=f"aggregate-{method.name}"))
    for family in (weighting.methods, impute.methods, treat.methods):
        step = {"weighting": "weighting", "impute": "impute", "treat": "treat"}[family.name]
        for method in family:
            if not method.traits.get("weights_per_region"):  # an aggregate of that name
                call = {"name": method.name} | OPTIONS.get(method.name, {})
                found.append(pytest.param({step: call}, id=f"{step}-{method.name}"))
    return found


@pytest.mark.parametrize("methods", variants())
def test_a_batch_scores_as_in_memory_whatever_the_blocks_and_workers(tmp_path, monkeypatch, request, methods):
    step, _, name = request.node.callspec.id.partition("-")
    gaps = 0.0 if step == "weighting" and name == "cv" else 0.05
    frame = data(300, gaps=gaps)
    monkeypatch.chdir(tmp_path)
    frame.to_csv("x.csv", index=False)  # for the cold deck
    plan = built(**methods)
    source = laid(tmp_path / "data", frame, files=3, group=40)
    if name in REFUSED.get(step, ()):
        with pytest.raises(FrameworkError, match=rf"{name}'.* (or use|fill|treat)"):
            batch.run(plan, source, tmp_path / "out")
        return
    wanted = plan.score(frame)
    ulps = 4 if step != "weighting" else 64  # weights are a few roundings apart

    for number, (rows, workers) in enumerate(((30, 3), (50_000, 1))):
        monkeypatch.setattr("equindex.batch.blocks.BLOCK_ROWS", rows)
        monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", rows)
        batch.run(plan, source, tmp_path / f"{number}", pillars=True, workers=workers)
        found = read(tmp_path / f"{number}")

        assert found["region"].tolist() == [region for region, _ in wanted.index.index]
        same(found["index"].to_numpy(), wanted.index.to_numpy(), ulps)
        same(found["p"].to_numpy(), wanted.pillars["p"].to_numpy(), ulps)


@pytest.mark.parametrize("base", ["year", 2020])
@pytest.mark.parametrize(
    "call", ["entropy", "critic", "standard_deviation", {"name": "optimised", "wanted": 1}]
)
def test_weights_from_the_data_are_those_of_a_fit_and_are_kept(tmp_path, monkeypatch, base, call):
    monkeypatch.setattr("equindex.batch.blocks.BLOCK_ROWS", 64)
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 64)
    frame = data(300)
    frame["d"] = 1e6 - frame["d"] ** 3 / 1e3  # hardly varies, and one of the others is a trapezoid
    leaves = [LEAVES[0] | {"normalise": "trapezoid"} | TAKES["interval"], *LEAVES[1:]]
    plan = framework(leaves, pillar=PILLARS, methods={"normalise": "minmax", "base": base, "weighting": call})

    found = batch.run(plan, laid(tmp_path / "data", frame, files=2), tmp_path / "out").fitted

    wanted = plan.fit(frame).weights
    assert found.weights == pytest.approx(wanted, rel=1e-12)
    told = json.loads((tmp_path / "out" / "provenance.json").read_text())["derived_weights"]
    assert told == found.weights == type(found).load(tmp_path / "out" / "fitted.json").weights


@pytest.mark.parametrize("impute", ["mean", "median"])
@pytest.mark.parametrize("base", ["year", 2020])
def test_gaps_are_filled_and_values_fenced_before_the_rest_as_in_memory(tmp_path, monkeypatch, base, impute):
    monkeypatch.setattr("equindex.batch.blocks.BLOCK_ROWS", 40)
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 40)
    frame = data(240, gaps=0.2)
    if base == 2020:
        frame.loc[frame["year"] == 2021, "c"] = np.nan  # a year without any value stays without
    leaves = [
        LEAVES[0] | {"treat": {"name": "winsorise", "points": [0, 3]}},
        LEAVES[1] | {"transform": "log"},
        LEAVES[2] | {"treat": "none"},
        LEAVES[3],
    ]
    plan = framework(
        leaves,
        pillar=PILLARS,
        methods={
            "normalise": "percentile",
            "impute": impute,
            "treat": {"name": "iqr", "factor": 0.8},
            "weighting": "critic",
            "base": base,
            "missing": {"rule": "reweight", "min_coverage": 0.5},
        },
    )

    found = batch.run(plan, laid(tmp_path / "data", frame, files=2, group=40), tmp_path / "out").fitted

    wanted, fit = plan.score(frame), plan.fit(frame)
    told = read(tmp_path / "out")
    same(told["index"].to_numpy(), wanted.index.to_numpy(), 64)
    np.testing.assert_allclose(told["coverage"], wanted.rolled.coverage[:, 0])
    for key, treatment in fit.treatments.items():
        for name in ("low", "high", "n", "below", "above", "action"):
            part = getattr(found.treatments[key], name)
            if part.dtype.kind == "f":
                np.testing.assert_allclose(part, getattr(treatment, name), rtol=1e-15)
            else:
                assert part.tolist() == getattr(treatment, name).tolist()
        assert {"fences"} == set(treatment.action.tolist()) - {"none"}


def test_fences_that_leave_nothing_are_refused_by_the_name_of_the_indicator(tmp_path):
    frame = data(60).assign(b=[9.0] + [1.0] * 59)

    with pytest.raises(DomainError, match=r"(?s)iqr would leave no two different values.*'b'"):
        batch.run(built(treat="iqr"), laid(tmp_path / "data", frame), tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("cv", {"b": lambda f: f["a"] - 9}, r"values of both signs.*\n.*'b'"),
        ("critic", {"b": np.nan}, r"two regions without missing values"),
        ("entropy", {"b": 7.0, "a": 7.0, "c": 7.0, "d": 7.0}, "every indicator is constant"),
    ],
)
def test_weights_that_the_data_cannot_give_are_refused_as_in_memory(tmp_path, name, change, said):
    frame = data(60).assign(**change)
    plan = built(weighting=name, normalise={"name": "scaled", "low": -50, "high": 60})

    with pytest.raises(DomainError, match="(?s)" + said) as refused:
        batch.run(plan, laid(tmp_path / "data", frame), tmp_path / "out")

    assert f"while weighing by {name!r} from the data" in "\n".join(refused.value.__notes__)
    with pytest.raises(DomainError, match="(?s)" + said):
        plan.score(frame)


@pytest.mark.parametrize("base", ["year", 2020])
def test_values_are_sorted_on_the_disk_for_each_base_whatever_the_memory(tmp_path, monkeypatch, base):
    frame = data().round(0)  # many ties
    plan = built(normalise="percentile", base=base)
    monkeypatch.setattr("equindex.batch.blocks.BLOCK_ROWS", 64)
    monkeypatch.setattr("equindex.batch.fit._SHARE", 10**9 // 400)  # fifty values at a time

    batch.run(plan, laid(tmp_path / "data", frame, files=2), tmp_path / "out", memory="1GB")

    same(read(tmp_path / "out")["index"].to_numpy(), plan.score(frame).index.to_numpy())


@pytest.mark.parametrize("base", ["panel", "year", 2020])
@pytest.mark.parametrize("name", ["minmax", "zscore"])
def test_what_is_measured_is_what_a_fit_measures(tmp_path, base, name):
    plan = built(normalise=name, base=base)
    frame = data()

    found = batch.run(plan, laid(tmp_path / "data", frame, files=2), tmp_path / "out", footer=False).fitted

    wanted = plan.fit(frame)
    assert list(found.summaries) == list(wanted.summaries)
    for key, summary in wanted.summaries.items():
        for part in ("n", "min", "max"):
            np.testing.assert_array_equal(getattr(found.summaries[key], part), getattr(summary, part))
        for part in ("mean", "m2") if name == "zscore" else ():  # min-max asks for the ends alone
            np.testing.assert_allclose(
                getattr(found.summaries[key], part), getattr(summary, part), rtol=1e-15
            )


@pytest.mark.parametrize("footer", [True, False])
def test_any_number_of_workers_writes_the_same_bytes(tmp_path, monkeypatch, footer):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = laid(tmp_path / "data", data(), files=3, group=50)
    plan = built(normalise="minmax" if footer else "zscore")

    for engine, workers in (("serial", 1), ("threads", 2), ("threads", 5)):
        batch.run(
            plan, source, tmp_path / f"{engine}{workers}", engine=engine, workers=workers, footer=footer
        )

    first = bytes_of(tmp_path / "serial1")
    assert len(first) > 8
    assert bytes_of(tmp_path / "threads2") == bytes_of(tmp_path / "threads5") == first


def test_footers_stand_for_reading_where_they_are_safe(tmp_path):
    frame = data()
    source = laid(tmp_path / "data", frame)

    by_footer = batch.run(built(), source, tmp_path / "footer")
    by_reading = batch.run(built(), source, tmp_path / "reading", footer=False)

    assert (by_footer.read, by_reading.read) == (0, by_reading.units)
    pd.testing.assert_frame_equal(read(tmp_path / "footer"), read(tmp_path / "reading"))


@pytest.mark.parametrize("case", ["no statistics", "zscore", "transform", "exclude"])
def test_footers_are_not_asked_what_they_cannot_tell(tmp_path, case):
    frame = data()
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, tmp_path / "data" / "x.parquet", write_statistics=case != "no statistics")
    leaves = [leaf | ({"transform": "log"} if case == "transform" else {}) for leaf in LEAVES]
    cut = [{"region": "r00003", "year": 2019, "indicator": "a", "reason": "misprint"}]
    plan = framework(
        leaves,
        pillar=PILLARS,
        methods={"normalise": "zscore" if case == "zscore" else "minmax"},
        exclude=cut if case == "exclude" else None,
    )

    found = batch.run(plan, tmp_path / "data", tmp_path / "out")

    assert found.read == found.units == 1
    same(read(tmp_path / "out")["index"].to_numpy(), plan.score(frame).index.to_numpy())


def test_zeros_of_either_sign_and_empty_row_groups_do_not_mislead_footers(tmp_path):
    frame = data().fillna(1.0)
    frame.loc[0, ["a", "b"]] = [0.0, -0.0]
    (tmp_path / "data").mkdir()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pq.ParquetWriter(tmp_path / "data" / "x.parquet", table.schema) as file:
        for part in (table[:1], table[:0], table[1:2], table[2:]):
            file.write_table(part)

    batch.run(built(), tmp_path / "data", tmp_path / "out")

    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())


def test_a_footer_that_lies_is_found_out(tmp_path, monkeypatch):
    source = laid(tmp_path / "data", data())
    from equindex.batch import passes

    honest = passes._footer

    def lying(*given):
        ends = honest(*given)
        ends[1, 2] += 1
        return ends

    monkeypatch.setattr(passes, "_footer", lying)

    with pytest.raises(DataError, match=r"part-0.parquet, row groups 0 to 6: the footer says 'c' runs"):
        batch.run(built(), source, tmp_path / "out")


def test_years_by_folder_regions_by_name_rates_and_units_are_read_as_in_memory(tmp_path):
    regions = [{"region": f"{at:06d}", "name": f"County {at}"} for at in range(40)]
    plan = framework(
        [{"id": "a"}, {"id": "rate", "numerator": "n", "denominator": "d", "per": 1000}],
        regions=regions,
        table={"region": "place", "keep": {"kind": "county"}},
        methods={"normalise": "zscore"},
    )
    rng = np.random.default_rng(5)
    wide = pd.DataFrame(
        {
            "place": [f"County {at}" if at % 2 else f"{at:06d}" for at in range(40)] * 2,
            "year": np.repeat([2019, 2020], 40),
            "kind": ["county"] * 40 + ["county"] * 39 + ["total"],
            "a": rng.random(80),
            "n": rng.integers(1, 90, 80),
            "d": rng.integers(0, 9, 80),
        }
    )
    for year, part in wide.groupby("year"):
        folder = tmp_path / "data" / f"year={year}"
        folder.mkdir(parents=True)
        part.drop(columns="year").to_parquet(folder / "x.parquet", index=False)

    batch.run(plan, tmp_path / "data", tmp_path / "out")

    wanted = plan.score(wide).index
    found = read(tmp_path / "out")
    assert list(zip(found["region"], found["year"], strict=True)) == wanted.index.to_list()
    same(found["index"].to_numpy(), wanted.to_numpy())


def test_a_year_is_written_alone_though_all_are_measured(tmp_path):
    frame = data()

    batch.run(built(), laid(tmp_path / "data", frame), tmp_path / "out", years=[2020])

    found = read(tmp_path / "out")
    assert set(found["year"]) == {2020}
    same(found["index"].to_numpy(), built().score(frame, years=2020).index.to_numpy())


# --- Ranks and tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [2 * 10**9, 4000])
@pytest.mark.parametrize("decimals", ["none", 0, 1])
def test_ranks_are_those_of_all_rows_of_a_year_whatever_the_memory(tmp_path, monkeypatch, decimals, memory):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    monkeypatch.setattr("equindex.batch.runner._workers", lambda *_: 2)
    frame = data()
    if decimals == "none":  # ties are exact, but for rounding
        frame[list("abcd")] = frame[list("abcd")].round(0).clip(upper=9)
    plan = built(rank_decimals=decimals)

    batch.run(plan, laid(tmp_path / "data", frame, files=2), tmp_path / "out", memory=memory)

    wanted = plan.score(frame).ranks["index"]
    found = pd.read_parquet(tmp_path / "out" / "ranks")
    found = found.assign(year=found["year"].astype(int)).set_index(["region", "year"])["rank"]
    assert len(wanted[wanted.duplicated()]) > 10
    pd.testing.assert_series_equal(found.astype("Int64"), wanted, check_like=True, check_names=False)


@pytest.mark.parametrize("memory", [2 * 10**9, 3000])
def test_a_region_twice_in_different_files_is_named(tmp_path, monkeypatch, memory):
    monkeypatch.setattr("equindex.batch.runner._workers", lambda *_: 1)
    frame = data()
    twice = pd.concat([frame, frame[frame["region"].isin(["r00007", "r00011"]) & (frame["year"] == 2020)]])

    where = r"part-0.parquet, row groups 0 to 3; \S+part-1.parquet, row groups 0 to 3\."
    with pytest.raises(DataError, match=rf"2020: r00007, r00011 stand twice, in \S+{where}"):
        batch.run(built(), laid(tmp_path / "data", twice, files=2), tmp_path / "out", memory=memory)

    assert not (tmp_path / "out" / "scores").exists()


def test_equal_hashes_alone_make_no_twins(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.finish.hashed", lambda column: np.zeros(len(column), dtype=np.uint64))

    batch.run(built(), laid(tmp_path / "data", data()), tmp_path / "out")


def test_texts_of_any_length_have_hashes_of_their_own():
    from equindex.batch.finish import hashed

    words = [f"{at:x}" * (at % 5) + "村" * (at % 3) + str(at) for at in range(5000)]

    assert len(np.unique(hashed(pa.array(words)))) == len(set(words)) == 5000
    np.testing.assert_array_equal(hashed(pa.array(words)[7:99]), hashed(pa.array(words[7:99])))


def countries(groups=7):
    """Return a framework with regions, groups, population and [equalization], and its data."""
    frame = data(gaps=0.0)
    codes = sorted(set(frame["region"]))
    regions = [
        {"region": code, "zone": f"z{at % groups}", "population": 1000 + 37 * at}
        for at, code in enumerate(codes)
    ]
    plan = framework(
        [leaf | {"unit": "%"} for leaf in LEAVES],
        pillar=PILLARS,
        regions=regions,
        methods={"normalise": {"name": "minmax", "lower": 1, "upper": 100}},
        equalization={
            "measures": ["gini", "theil_t", "cv"],
            "groups": ["zone"],
            "basis": ["values", "shortfall", "scores"],
        },
    )
    return plan, frame


def test_populations_that_a_batch_would_not_see_are_refused(tmp_path):
    leaves = [LEAVES[0] | {"population": "pupils"}, *LEAVES[1:]]
    regions = [{"region": "r00001", "pupils": 3}]
    plan = framework(leaves, pillar=PILLARS, regions=regions, equalization={"measures": ["gini"]})

    with pytest.raises(FrameworkError, match=r"population 'pupils' of indicators .* Put it into the data"):
        batch.run(plan, laid(tmp_path / "data", data(9)), tmp_path / "out")


@pytest.mark.parametrize("memory", [2 * 10**9, 50_000])
def test_inequality_with_its_parts_is_that_of_all_rows(tmp_path, monkeypatch, memory):
    monkeypatch.setattr("equindex.batch.runner._workers", lambda *_: 2)
    plan, frame = countries()

    batch.run(plan, laid(tmp_path / "data", frame, files=3), tmp_path / "out", memory=memory)

    keys = ["year", "node", "measure", "basis", "weighted", "by", "group", "part"]
    found = pd.read_parquet(tmp_path / "out" / "inequality.parquet")
    wanted = plan.score(frame).inequality
    wanted = wanted[(wanted["basis"] != "scores") | (wanted["node"] == "index")]
    found, wanted = (
        part.assign(group=part["group"].map(lambda pair: " × ".join(sorted(pair.split(" × "))))).sort_values(
            keys, ignore_index=True
        )
        for part in (found, wanted)
    )
    assert len(wanted) > 1000
    pd.testing.assert_frame_equal(found[[*keys, "n", "reason"]], wanted[[*keys, "n", "reason"]])
    np.testing.assert_allclose(found["value"], wanted["value"], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("reference", [None, "mean", "median", "best", "standard"])
def test_attainment_and_equalization_of_each_row_are_those_of_memory(tmp_path, monkeypatch, reference):
    monkeypatch.setattr("equindex.batch.blocks.BLOCK_ROWS", 40)
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 40)
    frame = data(240)
    regions = [
        {"region": code, "population": 900 + 7 * at} for at, code in enumerate(sorted(set(frame["region"])))
    ]
    targets = [{"target": "≥14"}, {"target": "＜9", "population": "heads"}, {}, {"target": "≥11"}]
    plan = framework(
        [leaf | more | {"standard": 10.0} for leaf, more in zip(LEAVES, targets, strict=True)],
        pillar=PILLARS,
        regions=regions,
        methods={"normalise": "minmax", "impute": "mean", "weighting": "entropy"},
        equalization={"reference": reference} if reference else {"measures": ["cv"]},
    )
    frame["heads"] = np.arange(240.0) + 3

    found = batch.run(plan, laid(tmp_path / "data", frame, files=2, group=40), tmp_path / "out", pillars=True)

    wanted = plan.score(frame)
    for name, rolled in (("attainment", wanted.attained.rolled), ("equalization", wanted.equalized.rolled)):
        part = pd.read_parquet(tmp_path / "out" / name)
        part = part.assign(year=part["year"].astype(int)).sort_values(["year", "region"], ignore_index=True)
        for node in ("index", "p", "q"):
            at = wanted.plan.tree.ids.index(node)
            np.testing.assert_allclose(part[node], rolled.score[:, at], rtol=1e-11)
        np.testing.assert_allclose(part["coverage"], rolled.coverage[:, 0])
        assert part["index"].notna().sum() > 150
    for year, line in plan.fit(frame).references.items():
        np.testing.assert_allclose(found.fitted.references[year], line, rtol=1e-14)


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"target": [{"indicator": "a", "region": "r00001", "target": "9"}]},
            "the target of 'a' is for some regions",
        ),
        (
            {"target": [{"indicator": "b", "target": "9", "baseline_year": 2019}]},
            "the target of 'b' starts from the region's own value of another year",
        ),
        ({"equalization": {"reference": {"region": "r00001"}}}, "equalization of each row is not written"),
    ],
)
def test_what_other_rows_decide_beside_the_scores_is_left_out_with_a_note(tmp_path, sections, said):
    plan = framework(LEAVES, pillar=PILLARS, **sections)
    source = laid(tmp_path / "data", data(60))

    batch.run(built(), source, tmp_path / "out")
    found = batch.run(plan, source, tmp_path / "out", force=True)

    assert any(said in note for note in found.notes)
    assert not (tmp_path / "out" / "attainment").exists()
    assert not (tmp_path / "out" / "equalization").exists()


def test_a_year_too_large_to_compare_is_refused_and_goes_on_with_more_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.runner._workers", lambda *_: 1)
    plan, frame = countries()
    source = laid(tmp_path / "data", frame)

    with pytest.raises(FrameworkError, match=r"--resume --memory"):
        batch.run(plan, source, tmp_path / "out", memory=10_000)
    batch.run(plan, source, tmp_path / "out", resume=True)

    assert (tmp_path / "out" / "inequality.parquet").exists()


@pytest.mark.slow
def test_a_hundred_thousand_groups_are_told_but_not_every_pair_of_them(tmp_path):
    size = 100_000
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.random((size, 4)), columns=list("abcd"))
    frame = frame.assign(region=[f"{at:06d}" for at in range(size)], year=2020)
    regions = [{"region": code, "zone": f"z{code}"} for code in frame["region"]]
    source = laid(tmp_path / "data", frame, group=30_000)
    wanted = {"measures": ["theil_t"], "degree": "gini", "groups": ["zone"]}

    with pytest.raises(FrameworkError, match=r"pair of the 100,000 groups of 'zone'"):
        batch.run(
            framework(LEAVES, pillar=PILLARS, regions=regions, equalization=wanted), source, tmp_path / "out"
        )
    plan = framework(LEAVES, pillar=PILLARS, regions=regions, equalization=wanted | {"degree": "theil_t"})
    batch.run(plan, source, tmp_path / "out")

    found = pd.read_parquet(tmp_path / "out" / "index.parquet")
    assert len(found) == 1 + size
    split = pd.read_parquet(tmp_path / "out" / "inequality.parquet")
    parts = split[(split["node"] == "a") & (split["group"] == "") & ~split["weighted"]].set_index("part")[
        "value"
    ]
    assert parts["between"] == pytest.approx(parts["total"])  # every region is a group of its own


def test_the_index_is_told_of_everyone_and_of_every_group(tmp_path):
    plan, frame = countries(groups=12)
    frame.loc[5, ["a", "b", "c"]] = np.nan

    batch.run(plan, laid(tmp_path / "data", frame, files=2), tmp_path / "out")

    found = pd.read_parquet(tmp_path / "out" / "index.parquet")
    index = plan.score(frame).index.reset_index()
    table = pd.DataFrame(plan.regions.frame)[["region", "zone", "population"]]
    index = index.merge(table, on="region").assign(
        people=lambda f: f["population"].where(f["index"].notna(), 0.0)
    )
    index["total"] = index["people"] * index["index"]
    for by, keys in (("", ["year"]), ("zone", ["year", "zone"])):
        part = found[found["by"] == by].sort_values(["year", "group"])
        groups = index.groupby(keys)
        assert part["rows"].tolist() == groups.size().tolist()
        assert part["scored"].tolist() == groups["index"].count().tolist()
        for name in ("mean", "min", "max"):
            np.testing.assert_allclose(part[name], groups["index"].agg(name), rtol=1e-13)
        np.testing.assert_allclose(part["sd"], groups["index"].std(), rtol=1e-10)
        people = groups["people"].sum()
        np.testing.assert_allclose(part["population"].fillna(0), people)
        np.testing.assert_allclose(part["weighted_mean"], groups["total"].sum() / people, rtol=1e-12)


# --- CSV and other streams ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{"encoding": "utf-8-sig"}, {"encoding": "gb18030", "sep": ";"}])
def test_csv_files_score_as_in_memory(tmp_path, monkeypatch, form):
    monkeypatch.setattr("equindex.batch.spool._GROUP", 50)
    monkeypatch.setattr("equindex.batch.spool._BLOCK", 5000)
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    frame = data()
    (tmp_path / "data").mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(frame)), 2)):
        cut = frame.iloc[part].rename(columns={"region": "地区", "year": "年份"}).assign(note="镇")
        cut.to_csv(tmp_path / "data" / f"{number}.csv", index=False, na_rep="—" if number else "", **form)

    batch.run(built(normalise="zscore"), tmp_path / "data", tmp_path / "out")

    wanted = built(normalise="zscore").score(frame).index
    found = read(tmp_path / "out")
    assert found["region"].tolist() == [region for region, _ in wanted.index]
    same(found["index"].to_numpy(), wanted.to_numpy())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_a_long_csv_is_told_and_cut_at_its_rows_alone(tmp_path, monkeypatch, encoding):
    monkeypatch.setattr("equindex.batch.spool._SAMPLE", 301)
    monkeypatch.setattr("equindex.batch.spool._BLOCK", 997)
    frame = data()
    frame["region"] = "第\n“" + frame["region"] + '"村"\n'
    text = ("\ufeff" if encoding == "utf-16-be" else "") + frame.to_csv(index=False)
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))

    batch.run(built(), tmp_path / "x.csv", tmp_path / "out")

    frame["region"] = frame["region"].str.strip()
    wanted = built().score(frame).index
    found = read(tmp_path / "out").set_index(["region", "year"])["index"]
    same(found[wanted.index].to_numpy(), wanted.to_numpy())


def test_rows_of_separators_alone_are_none_and_others_without_a_region_are_faults(tmp_path):
    text = data(rows=30).to_csv(index=False)
    (tmp_path / "x.csv").write_text(text + ",,,,,\n , ,,,,\n")
    batch.run(built(), tmp_path / "x.csv", tmp_path / "out")
    assert len(read(tmp_path / "out")) == 30

    (tmp_path / "x.csv").write_text(text + ",,,1,,\n,2020,,,,\n")

    with pytest.raises(DataError, match=r"2 rows have no region(?s:.*)'' is no year"):
        batch.run(built(), tmp_path / "x.csv", tmp_path / "other")


def test_a_cell_of_a_csv_that_is_no_number_is_told_with_its_row(tmp_path):
    frame = data().astype({"b": object})
    frame.loc[40, "b"] = "<4"
    frame.to_csv(tmp_path / "x.csv", index=False)

    with pytest.raises(DataError, match=r"x.csv cannot be read: .*Row #42: .*'<4'"):
        batch.run(built(), tmp_path / "x.csv", tmp_path / "out")


def test_a_csv_that_lacks_an_indicator_and_a_folder_of_both_kinds_are_refused(tmp_path):
    source = laid(tmp_path / "data", data())
    data().drop(columns="b").to_csv(tmp_path / "x.csv", index=False)
    shutil.copy(tmp_path / "x.csv", source)

    with pytest.raises(DataError, match=r"x.csv: missing columns"):
        batch.run(built(), tmp_path / "x.csv", tmp_path / "out")
    with pytest.raises(DataError, match="both Parquet and CSV"):
        batch.run(built(), source, tmp_path / "out")


def test_record_batches_from_anywhere_are_scored(tmp_path):
    frame = data()
    stream = batch.Stream(
        name="a query",
        stamp=(1,),
        batches=lambda: iter(pa.Table.from_pandas(frame).to_batches(max_chunksize=64)),
    )

    batch.run(built(), stream, tmp_path / "out")

    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())
    empty = batch.Stream(name="nothing", stamp=(1,), batches=lambda: iter(()))
    with pytest.raises(DataError, match="nothing has no rows"):
        batch.run(built(), empty, tmp_path / "none")


def test_any_engine_that_maps_arrow_batches_fits_and_scores_the_same():
    frame = data()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    splits = [table[at : at + 150].to_batches(max_chunksize=40) for at in range(0, len(table), 150)]
    plan = built(normalise="zscore", base="year")

    told = [
        text for split in splits for part in batch.measure_batches(plan)(split) for text in part["summary"]
    ]
    fitted = batch.fit_from(plan, [text.as_py() for text in told])
    found = pa.Table.from_batches([part for split in splits for part in batch.score_batches(fitted)(split)])

    wanted = plan.score(frame)
    found = found.to_pandas().sort_values(["year", "region"])
    assert list(zip(found["region"], found["year"], strict=True)) == wanted.index.index.to_list()
    same(found["index"].to_numpy(), wanted.index.to_numpy())
    np.testing.assert_allclose(
        fitted.summaries["2020"].mean, plan.fit(frame).summaries["2020"].mean, rtol=1e-15
    )


# --- What is refused ---------------------------------------------------------------------------------------


def test_all_that_needs_every_row_is_refused_at_once_with_what_to_do(tmp_path):
    plan = built(aggregate="copeland", impute="regression", treat="box_cox", screen={"min_measured": 0.5})

    with pytest.raises(FrameworkError) as refused:
        batch.run(plan, laid(tmp_path / "data", data()), tmp_path / "out")

    text = str(refused.value)
    for word in ("'copeland'", "impute 'regression'", "treat 'box_cox'", "methods.screen"):
        assert word in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.drop(columns="b"), r"part-1.parquet: missing columns\n  1 of 4 .*'b'"),
        (lambda f: f.rename(columns={"b": "bb"}), r"'bb' is close to 'b'"),
        (
            lambda f: f.assign(b=f["b"].astype(str)),
            r"part-1.parquet: column 'b' is \w*string, and a batch reads numbers",
        ),
        (
            lambda f: f.assign(b=f["b"].where(f.index > f.index[3], np.inf)),
            r"part-1.*'b' = inf \(r\d+, 20\d\d\) and 3 more",
        ),
        (lambda f: f.assign(region=""), r"part-1.*have no region"),
        (lambda f: f.assign(year="soon"), r"'soon' is no year"),
        (lambda f: f.drop(columns="region"), r"which region"),
    ],
)
def test_a_file_unlike_the_others_is_named(tmp_path, change, said):
    frame = data()
    source = laid(tmp_path / "data", frame[:350], files=1)
    change(frame[350:].copy()).to_parquet(source / "part-1.parquet", index=False)

    with pytest.raises(DataError, match=said):
        batch.run(built(), source, tmp_path / "out", footer=False)

    assert not (tmp_path / "out" / "provenance.json").exists()


def test_truncated_and_foreign_files_are_all_named(tmp_path):
    source = laid(tmp_path / "data", data(), files=3)
    whole = (source / "part-1.parquet").read_bytes()
    (source / "part-1.parquet").write_bytes(whole[: len(whole) // 2])
    (source / "part-2.parquet").write_text("region,year\n")

    with pytest.raises(DataError) as refused:
        batch.run(built(), source, tmp_path / "out")

    assert "part-1.parquet cannot be read" in str(refused.value)
    assert "part-2.parquet cannot be read" in str(refused.value)


def test_damage_inside_a_file_is_told_with_its_row_groups(tmp_path):
    source = laid(tmp_path / "data", data(), group=350)
    path = source / "part-0.parquet"
    at = pq.ParquetFile(path).metadata.row_group(1).column(3).data_page_offset
    content = bytearray(path.read_bytes())
    content[at : at + 60] = b"\xff" * 60
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"part-0.parquet, row groups 0 to 1 cannot be read"):
        batch.run(built(), source, tmp_path / "out", footer=False)


def test_a_long_table_is_refused_with_what_to_do(tmp_path):
    long = data().melt(["region", "year"], var_name="indicator")
    (tmp_path / "data").mkdir()
    long.to_parquet(tmp_path / "data" / "x.parquet")

    with pytest.raises(DataError, match=r"(?s)x.parquet.*long table.*Pivot it"):
        batch.run(built(), tmp_path / "data", tmp_path / "out")


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("name", ["minmax", "zscore"])
def test_empty_and_one_row_files_count_as_what_they_are(tmp_path, rows, name):
    frame = data()
    source = laid(tmp_path / "data", frame[rows:])
    frame[:rows].to_parquet(source / "part-0-.parquet", index=False)

    batch.run(built(normalise=name), source, tmp_path / "out")

    same(read(tmp_path / "out")["index"].to_numpy(), built(normalise=name).score(frame).index.to_numpy())


def test_a_year_missing_in_some_files_is_the_year_of_the_others(tmp_path):
    frame = data()
    source = tmp_path / "data"
    for year, part in frame.groupby("year"):
        laid(source / f"year={year}" if year != 2021 else source, part.drop(columns="year"))

    with pytest.raises(DataError, match=r"data/part-0.parquet: .*year"):
        batch.run(built(), source, tmp_path / "out")
    laid(source, frame[frame["year"] == 2021])
    batch.run(built(), source, tmp_path / "out")

    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())


def test_numbers_of_other_types_in_other_files_are_the_same_numbers(tmp_path):
    frame = data(400, gaps=0.0)
    frame[["a", "b"]] = frame[["a", "b"]].round()
    frame.loc[5, "a"] = 2.0**60  # whole numbers that no float64 holds are rounded, as in memory
    source = laid(tmp_path / "data", frame[:200], files=1)
    rest = (
        frame[200:]
        .astype({"a": "int64", "b": "Int32", "year": "int16"})
        .assign(a=lambda f: f["a"] + 2**60 + 1)
    )
    rest.to_parquet(source / "part-1.parquet", index=False)

    batch.run(built(), source, tmp_path / "out", footer=False)

    wanted = built().score(pd.concat([frame[:200], rest.astype({"a": float, "b": float})]))
    same(read(tmp_path / "out")["index"].to_numpy(), wanted.index.to_numpy())


@pytest.mark.parametrize(("value", "said"), [(np.inf, "'b' = inf"), (np.nan, ""), (-0.0, "")])
def test_what_footers_say_of_odd_numbers_misleads_nobody(tmp_path, value, said):
    frame = data(90, years=(2019,), gaps=0.0)
    frame.loc[3, "b"] = value
    source = tmp_path / "data"
    source.mkdir()
    columns = {name: pa.array(frame[name].to_numpy(), from_pandas=False) for name in frame}  # NaN, not null
    pq.write_table(pa.table(columns), source / "x.parquet")

    if said:
        with pytest.raises(DataError, match=r"x.parquet, row group 0: 'b' = inf .* is infinite"):
            batch.run(built(), source, tmp_path / "out")
        return
    batch.run(built(), source, tmp_path / "out")

    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())


@pytest.mark.parametrize("said", [np.nan, np.inf])
def test_a_footer_that_says_nan_is_not_believed(tmp_path, said):
    frame = data(90).assign(a=lambda f: f["a"].fillna(9.0))
    frame.loc[4, "a"] = least = 0.123456789
    path = laid(tmp_path / "data", frame) / "part-0.parquet"
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    inside = content[footer:].replace(struct.pack("<d", least), struct.pack("<d", said))
    assert inside != content[footer:]
    path.write_bytes(content[:footer] + inside)

    found = batch.run(built(), tmp_path / "data", tmp_path / "out")

    assert found.read == found.units
    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())


@pytest.mark.parametrize("rows", [1, 10_000])
def test_sums_that_overflow_are_refused_as_in_memory(tmp_path, monkeypatch, rows):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", rows)
    frame = data()
    frame.loc[[0, 600], "b"] = [1e200, -1e200]
    with pytest.raises(DomainError, match="1 of 4 overflows") as said:
        built(normalise="zscore").score(frame)

    with pytest.raises(DomainError) as found:
        batch.run(built(normalise="zscore"), laid(tmp_path / "data", frame), tmp_path / "out")

    assert str(found.value).splitlines()[:2] == str(said.value).splitlines()


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_rows_of_another_year_than_their_folder_says_are_refused(tmp_path, form):
    frame = data()
    for year, rows in frame.groupby("year"):
        (tmp_path / "data" / f"year={year}").mkdir(parents=True)
        getattr(rows, f"to_{form}")(tmp_path / "data" / f"year={year}" / f"x.{form}", index=False)
    batch.run(built(), tmp_path / "data", tmp_path / "out")
    same(read(tmp_path / "out")["index"].to_numpy(), built().score(frame).index.to_numpy())

    (tmp_path / "data" / "year=2020").rename(tmp_path / "data" / "year=2018")

    with pytest.raises(
        DataError, match=r"year=2018.*row group 0: its folder says year=2018, but rows are of 2020"
    ):
        batch.run(built(), tmp_path / "data", tmp_path / "other")


@pytest.mark.parametrize("table", [False, True])
def test_regions_that_are_bytes_are_text_where_they_can_be(tmp_path, table):
    leaves = framework(["a"], regions=[{"region": "北京"}, {"region": "上海"}] if table else ())
    words = pa.array([name.encode() for name in ("北京", "上海")])
    pq.write_table(pa.table({"region": words, "year": [2020, 2020], "a": [1.0, 2.0]}), tmp_path / "x.parquet")
    batch.run(leaves, tmp_path / "x.parquet", tmp_path / "out")
    assert sorted(read(tmp_path / "out")["region"]) == ["上海", "北京"]

    words = pa.array([name.encode("gbk") for name in ("北京", "上海")])
    pq.write_table(pa.table({"region": words, "year": [2020, 2020], "a": [1.0, 2.0]}), tmp_path / "y.parquet")

    with pytest.raises(DataError, match=r"y\.parquet, row group 0: the regions are bytes, and not of UTF-8"):
        batch.run(leaves, tmp_path / "y.parquet", tmp_path / "other")


def test_nothing_to_read_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    for source, said in ((tmp_path / "emty", "Did you mean 'empty'"), (tmp_path / "empty", "no Parquet")):
        with pytest.raises(DataError, match=said):
            batch.run(built(), source, tmp_path / "out")


# --- Nothing is lost ---------------------------------------------------------------------------------------


class StopError(Exception):
    """Stands for whatever stops a run."""


def stopped(monkeypatch, plan, source, out, after):
    """Run until so many units are recorded."""
    recorded = journal.Journal.add
    count = iter(range(after))

    def add(self, *given):
        if next(count, None) is None:
            raise StopError
        recorded(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "add", add)
        with pytest.raises(StopError):
            batch.run(plan, source, out, footer=False)


def test_a_run_goes_on_wherever_it_was_stopped_and_writes_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = laid(tmp_path / "data", data())
    batch.run(built(), source, tmp_path / "whole", footer=False)

    for after in range(15):
        out = tmp_path / f"after-{after}"
        stopped(monkeypatch, built(), source, out, after)
        assert not (out / "scores").exists()
        batch.run(built(), source, out, footer=False, resume=True)

        assert bytes_of(out) == bytes_of(tmp_path / "whole")
        assert not (out / journal.WORK).exists()


def test_a_run_of_many_readings_goes_on_wherever_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = laid(tmp_path / "data", data(300))
    plan = built(impute="median", treat="iqr", weighting="critic", normalise="percentile")
    batch.run(plan, source, tmp_path / "whole", footer=False)

    for after in (1, 4, 7, 10, 13):  # three units each are filled, treated, measured, weighed and scored
        out = tmp_path / f"after-{after}"
        stopped(monkeypatch, plan, source, out, after)
        batch.run(plan, source, out, footer=False, resume=True)

        assert bytes_of(out) == bytes_of(tmp_path / "whole")


def test_engines_that_map_two_passes_refuse_what_takes_more():
    for more in ({"weighting": "critic"}, {"impute": "mean"}, {"treat": "iqr"}):
        with pytest.raises(FrameworkError, match=r"take more passes. Use equindex batch"):
            batch.measure_batches(built(**more))


def test_what_is_finished_is_not_done_again(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = laid(tmp_path / "data", data())
    stopped(monkeypatch, built(), source, tmp_path / "out", 10)  # 7 measured, 3 scored
    seen = []
    from equindex.batch import passes

    scored = passes.Score.__call__
    monkeypatch.setattr(
        passes.Score, "__call__", lambda self, unit: seen.append(unit.number) or scored(self, unit)
    )
    monkeypatch.setattr(passes.Measure, "__call__", lambda *_: pytest.fail("measured again"))

    batch.run(built(), source, tmp_path / "out", footer=False, resume=True, engine="serial")

    assert seen == [3, 4, 5, 6]


def test_a_line_half_written_and_a_file_half_there_count_as_none(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = laid(tmp_path / "data", data())
    batch.run(built(), source, tmp_path / "whole", footer=False)
    stopped(monkeypatch, built(), source, tmp_path / "out", 12)
    work = tmp_path / "out" / journal.WORK
    [first, *_] = sorted((work / "scores").rglob("*.parquet"))
    first.write_bytes(first.read_bytes()[:100])
    with (work / "journal.jsonl").open("ab") as file:
        file.write(b'{"stage":"Scoring","unit":6,"fou')

    batch.run(built(), source, tmp_path / "out", footer=False, resume=True)

    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")


def test_going_on_with_something_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    frame, out = data(), tmp_path / "out"
    source = laid(tmp_path / "data", frame)
    stopped(monkeypatch, built(), source, out, 3)

    with pytest.raises(FrameworkError, match="another framework"):
        batch.run(built(normalise="zscore"), source, out, footer=False, resume=True)
    with pytest.raises(FrameworkError, match="another options"):
        batch.run(built(), source, out, footer=False, resume=True, pillars=True)
    with pytest.raises(FrameworkError, match="holds a run that was stopped"):
        batch.run(built(), source, out, footer=False)
    monkeypatch.setattr("equindex.batch.runner.__version__", "9.9")
    with pytest.raises(FrameworkError, match="another version"):
        batch.run(built(), source, out, footer=False, resume=True)
    monkeypatch.undo()
    laid(tmp_path / "data", frame * 1)
    with pytest.raises(DataError, match=r"not what they were.*part-0.parquet"):
        batch.run(built(), source, out, footer=False, resume=True)
    batch.run(built(), source, out, footer=False, force=True)
    same(read(out)["index"].to_numpy(), built().score(frame).index.to_numpy())


def test_a_file_that_changes_or_vanishes_meanwhile_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    from equindex.batch import passes

    measured = passes.Measure.__call__
    for harm, said in (
        (lambda p: p.unlink(), "no longer there"),
        (lambda p: laid(p.parent, data(seed=4)), "has changed"),
    ):
        source = laid(tmp_path / "data", data())

        def harming(self, unit, harm=harm, source=source):
            if unit.number == 2:
                harm(source / "part-0.parquet")
            return measured(self, unit)

        monkeypatch.setattr(passes.Measure, "__call__", harming)
        with pytest.raises(DataError, match=said):
            batch.run(built(), source, tmp_path / "out", footer=False, force=True, engine="serial")


def test_a_second_run_into_the_folder_is_refused(tmp_path):
    source = laid(tmp_path / "data", data())

    with (
        journal.locked(tmp_path / "out" / journal.WORK),
        pytest.raises(EngineError, match="another run writes into"),
    ):
        batch.run(built(), source, tmp_path / "out", force=True)


def test_results_are_replaced_by_force_alone(tmp_path):
    source = laid(tmp_path / "data", data())
    batch.run(built(), source, tmp_path / "out")

    with pytest.raises(FrameworkError, match="--force"):
        batch.run(built(), source, tmp_path / "out")
    with pytest.raises(FrameworkError, match="no stopped run"):
        batch.run(built(), source, tmp_path / "out", resume=True)
    batch.run(built(), source, tmp_path / "out", years=[2020], force=True)

    assert set(read(tmp_path / "out")["year"]) == {2020}


def test_results_among_the_data_are_refused(tmp_path):
    source = laid(tmp_path / "data", data())

    for inside in (source, source / "out", tmp_path / "other" / ".." / "data" / "out"):
        with pytest.raises(FrameworkError, match="the next run would read its results as data"):
            batch.run(built(), source, inside)
    batch.run(built(), source, source / "_out")
    batch.run(built(), source, tmp_path / "out")

    assert bytes_of(source / "_out") == bytes_of(tmp_path / "out")


def test_a_full_disk_is_told_and_leaves_nothing_that_looks_finished(tmp_path, monkeypatch):
    source = laid(tmp_path / "data", data())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_batch", full)
        with pytest.raises(EngineError, match=r"No space left on device.*--resume"):
            batch.run(built(), source, tmp_path / "out")

    assert not list((tmp_path / "out").rglob("*.parquet"))
    batch.run(built(), source, tmp_path / "out", resume=True)


# --- The command -------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    (tmp_path / "framework.toml").write_text(
        'id = "x"\n[methods]\nnormalise = "minmax"\n'
        + "".join(f'[[indicator]]\nid = "{i}"\n' for i in "abcd")
    )
    laid(tmp_path / "data", data())
    return tmp_path


def test_the_command_writes_tables_that_pandas_reads_by_year(project):
    done = run("batch", project / "framework.toml", project / "data", "-o", project / "out", "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == 700
    assert "Scored 700 rows, 2019-2021, in 1 blocks" in done.stderr
    assert list(read(project / "out")) == ["region", "index", "coverage", "year"]
    assert json.loads((project / "out" / "provenance.json").read_text())["rows"] == 700


def test_faults_are_one_message_and_an_interrupt_says_how_to_go_on(project, monkeypatch):
    given = ["batch", project / "framework.toml", project / "data", "-o", project / "out"]

    assert (done := run(*given, "--memory", "much")).exit_code == 1
    assert "is no amount of memory" in done.output
    assert run(*given, "--workers", "0").exit_code == 1
    assert "Give one of them" in run(*given, "--resume", "--force").output
    assert "Add --engine dask" in run(*given, "--address", "tcp://localhost:1").output
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        assert "Error: a batch needs pyarrow. Run: pip install" in run(*given).output
    shutil.copy(project / "framework.toml", project / "out")
    assert (done := run(*given)).exit_code == 1
    assert "is a file" in done.output
    (project / "out").unlink()

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("equindex.batch.passes.Score.__call__", interrupt)
        done = run(*given, "--engine", "serial")
    assert done.exit_code == 130
    assert "--resume" in done.output
    assert run(*given, "--resume").exit_code == 0


def test_a_batch_is_run_again_from_its_provenance_unless_the_data_changed(project, monkeypatch):
    monkeypatch.chdir(project)
    scored = ("batch", "framework.toml", "data", "--set", "normalise=zscore", "-o", "first", "-y", "2020")
    assert run(*scored).exit_code == 0

    found = run("rerun", "first/provenance.json", "-o", "again")

    assert found.exit_code == 0, found.output
    assert "Wrote again" in found.output
    assert bytes_of(project / "first") == bytes_of(project / "again")
    assert (project / "first/provenance.json").read_bytes() == (
        project / "again/provenance.json"
    ).read_bytes()
    (project / "data").rename(project / "moved")
    assert run("rerun", "first/provenance.json", "--data", "moved").exit_code == 0
    assert (project / "first-again" / "scores").exists()
    part = next((project / "moved").iterdir())
    pd.read_parquet(part).assign(a=1.5).to_parquet(part)
    found = run("rerun", "first/provenance.json", "--data", "moved", "-o", "other")
    assert found.exit_code == 1
    assert "changed since that run" in found.output
    assert not (project / "other" / "scores").exists()
