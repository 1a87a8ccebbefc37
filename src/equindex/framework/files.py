"""Reading what a framework's files say, before it is checked."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from equindex import tables
from equindex.errors import EquindexError, FrameworkError, nearest
from equindex.model import (
    ROOT,
    Change,
    FrameworkFile,
    Indicator,
    Milestone,
    Pillar,
    Statement,
    Target,
    WeightSet,
    parse,
)

__all__ = [
    "Contents",
    "apply_setting",
    "clock",
    "digests_of",
    "load",
    "parted",
    "read_toml",
    "read_weights",
    "value_of",
]

_PERCENT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*[%％]\s*")
_BARE = re.compile(r"^\s*([^\s\"'#=\[]*[^\x00-\x7f\"'#=\[][^\"'#=\[]*?)\s*=", re.MULTILINE)
_REGION_KEYS = ("region", "name", "name_en", "alias", "parent", "year", "population")
_PARTS: dict[str, tuple[type[BaseModel], Mapping[str, tuple[str, ...]]]] = {
    "indicators": (Indicator, tables.INDICATOR),
    "pillars": (Pillar, tables.PILLAR),
    "targets": (Target, tables.TARGET),
    "milestones": (Milestone, tables.MILESTONE),
    "statements": (Statement, tables.STATEMENT),
    "changes": (Change, tables.CHANGE),
}


@dataclass(slots=True)
class Contents:
    """What the files of a framework say: keys as printed, the regions table, an own weight set."""

    data: dict[str, Any]
    files: list[Path]
    regions: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    weights: WeightSet | None = None
    rows: dict[tuple[int | str, ...], str] = field(default_factory=dict)
    """Where each part that a table lists stands, such as ``indicators.csv row 3``."""


def load(path: Path, settings: Sequence[str]) -> Contents:
    """Read a framework file or workbook, apply settings, and read the tables it names."""
    book = path.suffix.lower() in tables.BOOKS
    found = _book(path) if book else Contents(read_toml(path), [path])
    for text in settings:
        apply_setting(found.data, text)
    for key, (model, synonyms) in _PARTS.items():
        name = found.data.get(key)
        if isinstance(name, str):
            file = path.parent / name
            with _named(f"{key} = {name!r} in {path.name}"):
                _add(found, key[:-1], tables.records(file, model.model_fields, synonyms=synonyms), file.name)
            found.files.append(file)
    if isinstance(found.data.get("regions"), str):
        file = path.parent / found.data["regions"]
        with _named(f"regions = {found.data['regions']!r} in {path.name}"):
            found.regions = tables.records(file, _REGION_KEYS, synonyms=tables.REGION, allow_extra=True)
        found.files.append(file)
    _name_rows(found.data)
    _name_targets(found.data)
    return found


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Say in an error which key named the file."""
    try:
        yield
    except EquindexError as error:
        error.add_note(f"named by {where}")
        raise


def _add(found: Contents, key: str, records: list[tuple[int, dict[str, object]]], where: str) -> None:
    """Add the rows of a table to what the framework lists itself, and remember where each stands."""
    listed = found.data.get(key, [])
    found.rows.update({(key, len(listed) + k): f"{where} row {line}" for k, (line, _) in enumerate(records)})
    found.data[key] = [*listed, *(row for _, row in records)]


def _name_rows(data: dict[str, Any]) -> None:
    """Let indicators without an id be called by their name, and pillars by theirs.

    Where no pillar is described, those that indicators name are the pillars.
    """
    indicators: Any = data.get("indicator", [])
    pillars: Any = data.get("pillar", [])
    if not all(
        isinstance(part, list) and all(isinstance(row, dict) for row in part)
        for part in (indicators, pillars)
    ):
        return
    for row in [*indicators, *pillars]:
        if "id" not in row and str(row.get("name", "")).strip():
            row["id"] = str(row["name"]).strip()
    said = [str(row["pillar"]).strip() for row in indicators if row.get("pillar")]
    if not pillars:
        data["pillar"] = [{"id": name, "name": name} for name in dict.fromkeys(said) if name != ROOT]
        return
    ids = {str(row.get("id")) for row in pillars}
    names = Counter(str(row.get("name", "")).strip() for row in pillars)
    owner = {str(row.get("name", "")).strip(): row.get("id") for row in pillars}
    for row in indicators:
        name = str(row.get("pillar", "")).strip()
        if name not in ids and names[name] == 1:
            row["pillar"] = owner[name]


def _name_targets(data: dict[str, Any]) -> None:
    """Put ids for names under the indicator of targets and the like, where one indicator alone has the name."""
    parts = [data.get(key, []) for key in ("indicator", "target", "milestone", "statement", "exclude")]
    if not all(isinstance(part, list) and all(isinstance(row, dict) for row in part) for part in parts):
        return
    indicators, *listed = parts
    ids = {str(row.get("id", "")) for row in indicators}
    owners: dict[str, set[str]] = {}
    for row in indicators:
        for name in (row.get("name"), row.get("name_en")):
            owners.setdefault(str(name or "").strip(), set()).add(str(row.get("id", "")))
    for row in [row for part in listed for row in part]:
        said = str(row.get("indicator", "")).strip()
        if said and said not in ids and len(owners.get(said, ())) == 1:
            [row["indicator"]] = owners[said]


def _book(path: Path) -> Contents:
    """Read the sheets framework, indicators, pillars, regions, targets and weights of one workbook."""
    sheets = {name.strip().lower(): name for name in tables.sheet_names(path)}
    if "framework" not in sheets and "indicators" not in sheets:
        raise FrameworkError(
            f"{path.name} has no sheet 'framework' or 'indicators'. Its sheets: {', '.join(sheets.values())}."
        )
    data: dict[str, Any] = {"id": path.stem}
    if "framework" in sheets:
        for line, row in tables.records(path, ("key", "value", "note"), sheet=sheets["framework"]):
            if "key" not in row:
                raise FrameworkError(f"{path.name} [framework] row {line}: no key.")
            apply_setting(data, f"{row['key']}={row.get('value', '')}", sections_only=True)
    found = Contents(data, [path])
    for key, (model, synonyms) in _PARTS.items():
        if key in sheets:
            records = tables.records(path, model.model_fields, sheet=sheets[key], synonyms=synonyms)
            _add(found, key[:-1], records, f"{path.name} [{sheets[key]}]")
    if "regions" in sheets:
        found.regions = tables.records(
            path, _REGION_KEYS, sheet=sheets["regions"], synonyms=tables.REGION, allow_extra=True
        )
    if "weights" in sheets:
        found.weights = _weight_table(path, sheets["weights"])
    return found


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a fault is one message with its line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except FileNotFoundError:
        near = nearest(
            path.name, sorted(p.name for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        )
        if path.with_name(f"{path.name}.txt").exists():
            near = f"There is a {path.name}.txt: rename it, without .txt, which Windows may hide."
        raise FrameworkError(f"there is no file {str(path)!r}. {near}".strip()) from None
    except IsADirectoryError:
        raise FrameworkError(f"{str(path)!r} is a folder. Name the framework file in it.") from None
    except OSError as error:
        raise FrameworkError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise FrameworkError(
            f"{path.name} is not UTF-8. Save it as UTF-8; TOML allows nothing else."
        ) from None
    except tomllib.TOMLDecodeError as error:
        bare = _BARE.search(text)
        hint = f' TOML wants quotes around such a key: "{bare[1]}" = …' if bare else ""
        raise FrameworkError(f"{path.name} is not valid TOML: {error}.{hint}") from None
    except RecursionError:
        raise FrameworkError(f"{path.name} is not valid TOML: it is nested too deeply.") from None


def read_weights(path: str | Path | WeightSet) -> WeightSet:
    """Read a weight set: TOML, or a table with the columns node and weight."""
    if isinstance(path, WeightSet):
        return path
    path = Path(path)
    if path.suffix.lower() != ".toml":
        return _weight_table(path)
    return parse(WeightSet, {"id": path.stem, **read_toml(path)}, str(path))


def _weight_table(path: Path, sheet: str | None = None) -> WeightSet:
    """Read weights from a table with the columns node and weight."""
    faults: list[str] = []
    weights: dict[str, object] = {}
    for line, row in tables.records(path, ("node", "weight"), sheet=sheet, synonyms=tables.WEIGHT):
        faults += [f"row {line} has no {key}" for key in ("node", "weight") if key not in row]
        node = str(row.get("node", ""))
        if node in weights:
            faults.append(f"row {line}: {node!r} stands twice")
        weights[node] = row.get("weight")
    shares = {node: _PERCENT.fullmatch(str(weight)) for node, weight in weights.items()}
    if all(shares.values()):
        weights = {node: float(found[1]) / 100 for node, found in shares.items() if found}
    elif any(shares.values()):
        faults.append("some weights are in % and others not; write all alike")
    if faults:
        raise FrameworkError(f"{path.name}: {'; '.join(faults)}.")
    return parse(WeightSet, {"id": path.stem, "weights": weights}, str(path))


def apply_setting(data: dict[str, Any], text: str, *, sections_only: bool = False) -> None:
    """Apply one ``--set key=value``: dotted keys, values in TOML; a bare word is text."""
    key, found, value = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not found or not all(parts):
        raise FrameworkError(f"--set {text!r}: write key=value, such as normalise.lower=0.")
    parsed = value_of(value, f"--set {text!r}")
    if parts[0] not in FrameworkFile.model_fields and not sections_only:
        parts.insert(0, "methods")
    here = data
    for part in parts[:-1]:
        inner = here.get(part)
        if isinstance(inner, str):
            inner = {"name": inner}
        here[part] = dict(inner) if isinstance(inner, Mapping) else {}
        here = here[part]
    here[parts[-1]] = parsed


def value_of(text: str, where: str) -> Any:
    """Read a value in TOML; a bare word is text.

    Raises
    ------
    FrameworkError
        Saying `where`, if it is neither.
    """
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        if any(mark in text for mark in "\"'[]{}\n"):
            raise FrameworkError(
                f"{where}: {text!r} is no TOML value. Text in lists and tables needs quotes, and so do "
                "keys that are not plain a-z."
            ) from None
        return text.strip()


def parted(text: str) -> list[str]:
    """Part text at the commas that stand outside brackets and quotes.

    Examples
    --------
    >>> parted('a,{ b = [1, 2] },"c,d"')
    ['a', '{ b = [1, 2] }', '"c,d"']
    """
    parts, depth, quote = [""], 0, ""
    for mark in text:
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        else:
            depth += (mark in "[{(") - (mark in ")}]")
        if mark == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += mark
    return parts


def clock() -> datetime:
    """Return the time that a record bears: SOURCE_DATE_EPOCH, or now.

    Raises
    ------
    FrameworkError
        If SOURCE_DATE_EPOCH is no time.
    """
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(stamp), UTC) if stamp else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise FrameworkError(
            f"SOURCE_DATE_EPOCH is {stamp!r}: give whole seconds since 1970, or unset it."
        ) from None


def digests_of(path: Path, skip: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 of a data file, or of each table of a folder, by file name."""
    found = {}
    for file in tables.files_of(path, skip) if path.is_dir() else [path]:
        with file.open("rb") as stream:
            found[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
