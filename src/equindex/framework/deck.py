"""The table that cold_deck imputes from: found beside the framework, read as data are, known by its digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from equindex.errors import DataError, EquindexError, FrameworkError
from equindex.framework.given import sheets_of
from equindex.model import FrameworkFile
from equindex.tables import Sheet

__all__ = ["Deck", "find_deck", "read_deck", "table_of"]


@dataclass(frozen=True, kw_only=True)
class Deck:
    """The name of a table as it was first given, its SHA-256, where it was found, and what it holds."""

    path: str
    sha256: str
    place: Path = field(compare=False)
    sheets: tuple[Sheet, ...] = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, str]:
        """Return what a provenance says of it."""
        return {"path": self.path, "sha256": self.sha256}


def table_of(model: FrameworkFile) -> str | None:
    """Return the name of the table that a framework imputes from, None where it does not."""
    call = model.methods.impute if model.methods else None
    name = call.options.get("table") if call and call.name == "cold_deck" else None
    return name if isinstance(name, str) and name.strip() else None


def read_deck(model: FrameworkFile, folder: Path) -> Deck | None:
    """Read the table that a framework in `folder` imputes from, None where it does not.

    Raises
    ------
    DataError, FrameworkError
        If it cannot be read.
    """
    name = table_of(model)
    return None if name is None else _read(folder / name, (folder / name).as_posix(), model, name)


def find_deck(model: FrameworkFile, record: Mapping[str, Any] | None, near: Sequence[Path]) -> Deck | None:
    """Find the table again that a record names: where it was, seen from here or from the folders `near`.

    Raises
    ------
    FrameworkError
        If it is not there any more, or is not what it was.
    """
    name = table_of(model)
    if name is None:
        return None
    if record is None:
        return read_deck(model, Path())
    path = str(record["path"])
    place = next((p for p in (Path(path), *(folder / path for folder in near)) if p.exists()), None)
    if place is None:
        raise FrameworkError(
            f"the table {path!r}, which cold_deck imputes from, is not there any more. Put it back."
        )
    deck = _read(place, path, model, name)
    if deck.sha256 != record["sha256"]:
        raise FrameworkError(
            f"the table {path!r}, which cold_deck imputes from, changed since. Put the old one back, or "
            "start anew from the framework file."
        )
    return deck


def _read(place: Path, path: str, model: FrameworkFile, name: str) -> Deck:
    try:
        if place.is_dir():
            raise DataError(f"{str(place)!r} is a folder. Name a file.")
        sheets, digests = sheets_of(place, model.table, ())
    except EquindexError as error:
        error.add_note(f"named by [methods] impute, table = {name!r}")
        raise
    return Deck(path=path, sha256=digests[place.name], place=place, sheets=tuple(sheets))
