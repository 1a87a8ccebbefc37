"""Small comforts: no colour where none is wanted, completion, Windows' names and locks."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import io, tables
from equindex.cli import app
from equindex.errors import DataError, EngineError, FrameworkError
from equindex.framework.files import apply_setting
from test_cli import BEDS, CHINA, run

ESCAPE = "\x1b["


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_escapes_come_on_demand_and_never_against_no_color(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], coloured: bool
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm")

    printed = [*run("score", *CHINA), *run("check", *BEDS, code=1)]

    assert (ESCAPE in "".join(printed)) is coloured


def completed(line: str) -> list[str]:
    """Return what the shell offers at the end of a line."""
    variables = {"_EQUINDEX_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": line}
    variables |= {
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.split(" ")[-1],
    }
    result = CliRunner().invoke(app, prog_name="equindex", env=variables)
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("equindex methods norm", {"normalise"}),
        ("equindex methods normalise min", {"minmax"}),
        ("equindex score f.toml d.csv --set nor", {"normalise="}),
        ("equindex score f.toml d.csv --set attainment.c", {"attainment.cap="}),
        ("equindex score f.toml d.csv --set normalise=zs", {"normalise=zscore"}),
    ],
)
def test_the_shell_is_offered_commands_keys_and_methods(line: str, offered: set[str]) -> None:
    assert offered <= set(completed(line))
    assert all(word.startswith(line.split(" ")[-1]) for word in completed(line))


def test_a_file_that_another_program_holds_open_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, table = tmp_path / "book.csv", pd.DataFrame({"a": [1.0]})
    book.write_text("region,year,a\nN,2020,1\n", encoding="utf-8")

    def held(*_: object, **__: object) -> None:
        raise PermissionError(13, "The process cannot access the file", str(book))

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(EngineError, match=r"book\.csv could not be written.*Close it if Excel"):
        io.write({"a": table}, book, force=True)
    monkeypatch.setattr("equindex.tables.files.read_delimited", held)
    with pytest.raises(DataError, match=r"book\.csv cannot be read.*Close it if Excel"):
        tables.read(book)
    assert book.read_text(encoding="utf-8") == "region,year,a\nN,2020,1\n"


@pytest.mark.parametrize("name", ["con.csv", "NUL", "results/aux", "com1.xlsx"])
def test_windows_keeps_some_names_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(FrameworkError, match="keeps for itself"):
        io.write({"a": pd.DataFrame({"a": [1.0]})}, tmp_path / name)


@pytest.mark.parametrize("path", [r"C:\data\regions.csv", r"..\shared\n.csv", r"\\server\share\r.csv"])
def test_paths_with_backslashes_are_taken_as_they_are_by_set(path: str) -> None:
    data: dict[str, object] = {}

    apply_setting(data, f"regions={path}")
    apply_setting(data, f"targets='{path}'")

    assert data == {"regions": path, "targets": path}
