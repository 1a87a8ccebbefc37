import csv
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from equindex import io, tables
from equindex.errors import EngineError, FrameworkError

HOSTILE = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "<script>",
    'a"b',
    "a,b",
    "a\nb",
    "\u202eabc",
    "'x",
]
HARMLESS = ["-3.5", "+2%", "—", "-", "－", "1e-5", "-1,200.5", "北京", "", " =1"]


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "region": pd.Categorical(["a", "b", None]),
            "name": ["北京", "=1+1", None],
            "year": [1999, 2000, 2001],
            "score": [0.1 + 0.2, np.nan, 1e-7],
            "met": [True, False, True],
            "status": pd.Series([True, None, "≥97"], dtype=object),
        }
    )


def listing(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_csv_is_what_excel_and_pandas_read(tmp_path, frame):
    [path] = io.write({"scores": frame}, tmp_path / "x.csv")

    assert path.read_bytes().decode("utf-8-sig") == (
        "region,name,year,score,met,status\n"
        "a,北京,1999,0.30000000000000004,True,True\n"
        "b,'=1+1,2000,,False,\n"
        ",,2001,1e-07,True,≥97\n"
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("text", HOSTILE[:7])
def test_formulas_get_an_apostrophe_in_front(text):
    assert io.neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", [*HARMLESS, *HOSTILE[7:]])
def test_other_text_is_left_as_it_is(text):
    assert io.neutral(text) == text


texts = st.one_of(
    st.sampled_from(HOSTILE + HARMLESS), st.text(st.characters(exclude_categories=["Cs", "Cc"]))
)


@given(st.lists(st.tuples(texts, texts), min_size=1), st.sampled_from([object, "category"]))
def test_any_text_survives_csv_and_json(tmp_path_factory, rows, dtype):
    folder = tmp_path_factory.mktemp("any")
    frame = pd.DataFrame(rows, columns=["a", "=b"]).astype(dtype)

    [path] = io.write({"t": frame}, folder / "t.csv")
    [other] = io.write({"t": frame}, folder / "t.json")

    with path.open(encoding="utf-8-sig", newline="") as file:
        back = list(csv.reader(file))
    assert back == [["a", "'=b"], *([io.neutral(a), io.neutral(b)] for a, b in rows)]
    assert [tuple(record.values()) for record in json.loads(other.read_text("utf-8"))] == rows


@given(st.lists(st.floats(), min_size=1))
def test_numbers_survive_every_exact_format(tmp_path_factory, numbers):
    folder = tmp_path_factory.mktemp("numbers")
    frame = pd.DataFrame({"k": 1, "x": numbers})

    for suffix in ("csv", "json", "parquet"):
        io.write({"t": frame}, folder / f"t.{suffix}")

    with (folder / "t.csv").open(encoding="utf-8-sig") as file:
        printed = [row["x"] for row in csv.DictReader(file)]
    np.testing.assert_array_equal([float(text or "nan") for text in printed], numbers)
    finite = [number if np.isfinite(number) else None for number in numbers]
    assert [record["x"] for record in json.loads((folder / "t.json").read_text())] == finite
    np.testing.assert_array_equal(pd.read_parquet(folder / "t.parquet")["x"], numbers)


def test_written_tables_are_read_again(tmp_path):
    frame = pd.DataFrame(
        {"region": ["01", "02"], "year": ["1999", "2000"], "x": [0.1, np.nan], "t": ["≥97", "—"]}
    )

    for suffix in ("csv", "xlsx", "parquet"):
        [path] = io.write({"data": frame}, tmp_path / f"x.{suffix}")
        pd.testing.assert_frame_equal(
            tables.read(path)[0].frame, frame.astype({"region": object, "year": object, "t": object})
        )


def test_one_column_keeps_its_empty_rows(tmp_path):
    [path] = io.write({"t": pd.DataFrame({"x": ["a", None, "b"]})}, tmp_path / "x.csv")

    assert path.read_text("utf-8-sig") == 'x\na\n""\nb\n'


def test_more_rows_than_a_chunk_are_all_written(tmp_path):
    count = io._ROWS + 3
    frame = pd.DataFrame({"k": np.arange(count), "g": pd.Categorical(["a", "b", "c"] * count)[:count]})

    for suffix in ("csv", "json"):
        io.write({"t": frame}, tmp_path / f"t.{suffix}")

    back = pd.read_csv(tmp_path / "t.csv")
    assert back["k"].tolist() == list(range(count))
    assert back["g"].tolist() == frame["g"].tolist()
    assert len(json.loads((tmp_path / "t.json").read_text())) == count


@pytest.mark.parametrize("suffix", io.FORMATS)
def test_an_empty_table_is_written(tmp_path, suffix, frame):
    [path] = io.write({"t": frame.iloc[:0]}, tmp_path / f"x.{suffix}")

    if suffix == "json":
        assert json.loads(path.read_text()) == []
    assert path.stat().st_size


def test_workbook_holds_text_numbers_and_empty_cells(tmp_path, frame):
    long = pd.DataFrame({"name": [*HOSTILE[:5], *HOSTILE[6:], "https://x.y", "007"]})
    [path] = io.write({"scores": frame, "hostile": long}, tmp_path, format="xlsx")

    assert path.name == "results.xlsx"
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["scores", "hostile"]
    assert book.get_sheet_by_name("scores").to_python() == [
        ["region", "name", "year", "score", "met", "status"],
        ["a", "北京", 1999, 0.3, True, True],
        ["b", "=1+1", 2000, "", False, ""],
        ["", "", 2001, 1e-7, True, "≥97"],
    ]
    assert [row[0] for row in book.get_sheet_by_name("hostile").to_python()] == ["name", *long["name"]]


def test_workbook_columns_are_wide_enough_for_chinese():
    assert io._width("x", pd.Series(["每千人口执业（助理）医师数"]), False) == 4 + 26
    assert io._width("x", pd.Series(["a" * 26]), False) == 4 + 26


def test_workbooks_too_small_for_a_table_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(io, "_BOOK_ROWS", 4)
    frame = pd.DataFrame({"x": range(4)})

    with pytest.raises(FrameworkError, match=r"t has 4 rows and a sheet holds 3\. Write csv or parquet"):
        io.write({"t": frame}, tmp_path / "x.xlsx")
    with pytest.raises(FrameworkError, match="40,000 characters"):
        io.write({"t": pd.DataFrame({"x": ["a" * 40_000]})}, tmp_path / "x.xlsx")
    with pytest.raises(FrameworkError, match="do not fit a workbook"):
        io.write({"a" * 32: frame[:1]}, tmp_path / "x.xlsx")
    assert not listing(tmp_path)


@pytest.mark.parametrize("style", io.FORMATS)
def test_the_same_tables_give_the_same_bytes(tmp_path, frame, style, monkeypatch):
    frame = frame.drop(columns="status")
    io.write({"t": frame, "u": frame}, tmp_path / "a", format=style)
    later = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    io.write({"t": frame, "u": frame}, tmp_path / "b", format=style)

    assert listing(tmp_path / "a") == listing(tmp_path / "b") != {}


def test_a_folder_gets_tables_and_documents_and_keeps_its_own(tmp_path, frame):
    (tmp_path / "mine.txt").write_text("mine")

    paths = io.write({"scores": frame, "inequality": frame}, tmp_path, documents={"provenance.json": b"{}"})

    assert [path.name for path in paths] == ["scores.csv", "inequality.csv", "provenance.json"]
    assert listing(tmp_path).keys() == {"mine.txt", "scores.csv", "inequality.csv", "provenance.json"}
    assert (tmp_path / "provenance.json").read_bytes() == b"{}"


def test_a_single_file_gets_no_documents(tmp_path, frame):
    io.write({"scores": frame}, tmp_path / "new" / "x.csv", documents={"provenance.json": b"{}"})

    assert listing(tmp_path).keys() == {str(Path("new", "x.csv"))}


def test_existing_files_are_all_named_and_stay_without_force(tmp_path, frame):
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "c.csv").write_text("old")

    with pytest.raises(FrameworkError, match=r"a\.csv, .*c\.csv exist\. .*--force"):
        io.write({"a": frame, "b": frame, "c": frame}, tmp_path)
    assert listing(tmp_path) == {"a.csv": b"old", "c.csv": b"old"}

    io.write({"a": frame, "b": frame, "c": frame}, tmp_path, force=True)
    assert b"old" not in listing(tmp_path).values()
    assert len(listing(tmp_path)) == 3


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()]
)
@pytest.mark.parametrize("step", ["_write_csv", "fsync", "replace"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_failure_leaves_everything_as_it_was(tmp_path, frame, fault, step, at, monkeypatch):
    (tmp_path / "a.csv").write_text("old a")
    (tmp_path / "b.csv").write_text("old b")
    calls = []
    owner, name = {"_write_csv": (io, step), "fsync": (os, step), "replace": (Path, step)}[step]
    usual = getattr(owner, name)

    def failing(*args):
        calls.append(args)
        if len(calls) == at + 1:
            raise fault
        return usual(*args)

    monkeypatch.setattr(owner, name, failing)

    with pytest.raises(EngineError if isinstance(fault, OSError) else type(fault)) as caught:
        io.write({"a": frame, "b": frame, "c": frame}, tmp_path, force=True)

    assert listing(tmp_path) == {"a.csv": b"old a", "b.csv": b"old b"}
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    if isinstance(fault, OSError):
        assert "No space left on device. Nothing was changed" in str(caught.value)


def test_a_failure_removes_the_folders_made_for_it(tmp_path, frame, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(io, "_write_csv", full)

    with pytest.raises(EngineError):
        io.write({"t": frame}, tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_a_workbook_is_packed_is_an_engine_error(tmp_path, frame, monkeypatch):
    import xlsxwriter

    def full(self):
        for sheet in self.worksheets():
            sheet._opt_close()
        raise xlsxwriter.exceptions.FileCreateError(OSError(28, "No space left on device"))

    monkeypatch.setattr(xlsxwriter.Workbook, "close", full)

    with pytest.raises(EngineError, match="No space left"):
        io.write({"t": frame}, tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_destinations_that_cannot_be_are_refused(tmp_path, frame):
    (tmp_path / "file").write_text("")
    (tmp_path / "t.csv").mkdir()
    both = {"a": frame, "b": frame}

    with pytest.raises(FrameworkError, match="holds one table, but there are 2"):
        io.write(both, tmp_path / "x.csv")
    with pytest.raises(FrameworkError, match=r"no format 'cvs'\. Did you mean 'csv'"):
        io.write(both, tmp_path, format="cvs")
    with pytest.raises(FrameworkError, match=r"cannot write \.xls files"):
        io.write(both, tmp_path / "x.xls")
    with pytest.raises(FrameworkError, match="is a file, and a folder is needed"):
        io.write(both, tmp_path / "file")
    with pytest.raises(FrameworkError, match="cannot be a file name"):
        io.write({"../a": frame}, tmp_path)
    with pytest.raises(EngineError, match="could not be written"):
        io.write({"a": frame}, tmp_path / "file" / "below.csv")
    with pytest.raises(EngineError, match="Nothing was changed"):
        io.write({"t": frame}, tmp_path, force=True)
    assert listing(tmp_path) == {"file": b""}


def test_files_of_several_folders_are_written_together_or_not_at_all(tmp_path):
    first, second = tmp_path / "new" / "a.html", tmp_path / "b.xlsx"
    second.mkdir()

    with pytest.raises(EngineError, match=r"a\.html and .*b\.xlsx could not be written.*Nothing was changed"):
        io.write_files({first: b"a", second: b"b"}, force=True)
    assert listing(tmp_path) == {}
    assert not first.parent.exists()
    second.rmdir()
    io.write_files({first: b"a", second: b"b"})
    with pytest.raises(FrameworkError, match=r"a\.html, .*b\.xlsx exist\."):
        io.write_files({first: b"c", second: b"d"})
    assert (first.read_bytes(), second.read_bytes()) == (b"a", b"b")


def test_parquet_without_pyarrow_names_the_extra(tmp_path, frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(EngineError, match=r"equindex\[parquet\]"):
        io.write({"t": frame}, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_parquet_takes_columns_of_several_kinds(tmp_path, frame):
    [path] = io.write({"t": frame}, tmp_path / "x.parquet")

    back = pd.read_parquet(path)
    assert back["status"].fillna("").tolist() == ["True", "", "≥97"]
    assert back["region"].dtype == "category"


def test_inputs_stay_whatever_force_says(tmp_path, frame):
    source = tmp_path / "x.csv"
    source.write_text("mine", encoding="utf-8")

    with pytest.raises(FrameworkError, match="would overwrite what was read"):
        io.write({"x": frame}, tmp_path, force=True, inputs=[tmp_path / "none.csv", source])

    assert listing(tmp_path) == {"x.csv": b"mine"}
