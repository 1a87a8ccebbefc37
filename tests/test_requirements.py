"""The page of requirements names every row once, and only tests, commands and keys that exist."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from typing import NamedTuple

import pytest
import typer.main

from conftest import REPOSITORY
from equindex import model
from equindex.cli import app

COUNTS = {"A": 20, "B": 8, "C": 26, "D": 8, "F": 11, "G": 10}
SECTIONS = {
    "attainment": model.Attainment,
    "change": model.Change,
    "classes": None,
    "equalization": model.Equalization,
    "exclude": model.Exclusion,
    "indicator": model.Indicator,
    "methods": model.Methods,
    "milestone": model.Milestone,
    "monitoring": model.Monitoring,
    "opinion": model.Opinion,
    "pillar": model.Pillar,
    "statement": model.Statement,
    "target": model.Target,
    "warning": model.Grade,
}
KEYS = set(model.FrameworkFile.model_fields).union(*(kind.model_fields for kind in SECTIONS.values() if kind))
COMMANDS = typer.main.get_command(app).commands


class Row(NamedTuple):
    """One row of the page."""

    id: str
    demanded: str
    verdict: str
    how: str
    shown: str


def page():
    """Return the rows of the page in their order."""
    text = (REPOSITORY / "docs" / "requirements.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| ([A-G]\d* \|.*) \|$", text, re.M)
    return [Row(*(cell.strip() for cell in line.split(" | "))) for line in lines]


every_row = pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in page()])


@cache
def written(name):
    """Return the names of the functions that a file defines."""
    tree = ast.parse((REPOSITORY / name).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def is_command(span):
    """Whether the app has a command, with the options that are named."""
    _, name, *words = shlex.split(span)
    known = (
        {option for parameter in COMMANDS[name].params for option in parameter.opts}
        if name in COMMANDS
        else ()
    )
    return name in COMMANDS and all(word in known for word in words if word.startswith("-"))


def is_key(span):
    """Whether the framework file has a key: key, key = value, [section] or [section] key."""
    form = re.fullmatch(r"(?:\[{1,2}(\w+)\]{1,2})? ?(\w+)?(?: = .+)?", span)
    if form is None:
        return False
    section, key = form.groups()
    if section is None:
        return key in KEYS
    kind = SECTIONS.get(section)
    return section in SECTIONS and (key is None or (kind is not None and key in kind.model_fields))


def test_every_row_stands_there_once_and_in_order():
    expected = [f"{part}{number}" for part, count in COUNTS.items() for number in range(1, count + 1)]
    expected.insert(expected.index("F1"), "E")

    assert [row.id for row in page()] == expected


def test_sections_are_those_of_the_framework_file():
    assert set(SECTIONS) <= set(model.FrameworkFile.model_fields)


@every_row
def test_a_row_says_how_far_it_is_served_and_what_is_missing(row):
    assert row.demanded
    assert row.verdict in ("served", "partly", "out of scope")
    assert ("Missing: " in row.shown) == (row.verdict == "partly")
    assert ("Reason: " in row.shown) == (row.verdict == "out of scope")


@every_row
def test_the_tests_that_a_row_names_exist(row):
    named = re.findall(r"`(tests/test_\w+\.py)::(test_\w+)`", row.shown)

    assert named or row.verdict == "out of scope"
    assert row.shown.count("`") == 2 * len(named)
    assert not [f"{file}::{name}" for file, name in named if name not in written(file)]


@every_row
def test_the_commands_and_keys_that_a_row_names_exist(row):
    spans = re.findall(r"`([^`]+)`", row.how)

    unknown = [span for span in spans if not (is_command if span.startswith("equindex ") else is_key)(span)]

    assert spans or row.verdict == "out of scope"
    assert not unknown


@pytest.mark.parametrize(
    "span", ["equindex moniter", "equindex monitor --stadium annual", "equindex demo --stage x"]
)
def test_commands_that_do_not_exist_are_found(span):
    assert not is_command(span)


@pytest.mark.parametrize(
    "span", ["rollup", "rollup = 3", "[warnings]", "[opinion] wieght", "[classes] weight", "--x"]
)
def test_keys_that_do_not_exist_are_found(span):
    assert not is_key(span)
