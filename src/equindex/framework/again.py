"""Running an earlier run again from its provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from equindex import __version__
from equindex.errors import DataError, FrameworkError
from equindex.framework.core import Framework
from equindex.framework.files import digests_of
from equindex.framework.given import files_read
from equindex.scoring import Scores
from equindex.tables import Database, Sheet, is_database

__all__ = ["Recorded", "other_version", "recalled", "recorded", "rerun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An earlier run: its provenance, its framework, its data or where they are now, and what may make a difference."""

    record: Mapping[str, Any]
    framework: Framework
    data: Path | list[Sheet]
    inputs: tuple[Path, ...]
    warnings: tuple[str, ...]

    def kept(self, fresh: Mapping[str, Any]) -> dict[str, Any]:
        """Return a fresh provenance with the recorded time, data and options, so that the bytes are the same."""
        return {**fresh, **{key: self.record[key] for key in ("time", "data", "options", "seed")}}


def rerun(file: str | Path, data: str | None = None) -> tuple[Scores, list[str]]:
    """Score again what a ``provenance.json`` records; arguments and errors as `recorded`.

    Returns
    -------
    scores : Scores
        With the recorded time in its provenance, so that the same run gives the same bytes.
    warnings : list of str
        What may make a difference, such as another version.
    """
    run = recorded(file, data)
    options = run.record["options"]
    scores = run.framework.score(run.data, keep=options["keep"], years=options["years"])
    return replace(scores, provenance=run.kept(scores.provenance), inputs=run.inputs), list(run.warnings)


def recorded(file: str | Path, data: str | None = None) -> Recorded:
    """Read a ``provenance.json``, and find its data.

    Parameters
    ----------
    file : path
        The provenance of an earlier run.
    data : str, optional
        Where the data are now; else where they were, seen from here or from the file.

    Raises
    ------
    DataError
        If the data are not there, or are not what they were.
    FrameworkError
        If the file is no provenance.
    """
    path = Path(file)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FrameworkError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise FrameworkError(f"{str(path)!r} is no provenance.json of equindex.") from None
    run = recalled(record, str(path), [path.parent, path.parent.parent], data)
    return replace(run, inputs=(path, *run.inputs))


def other_version(record: Mapping[str, Any]) -> list[str]:
    """Return a warning where another version made a record."""
    made = record.get("equindex")
    if made == __version__:
        return []
    return [f"that run used equindex {made}, this is {__version__}; see CHANGELOG, Numbers."]


def recalled(record: Any, name: str, near: Sequence[Path], data: str | None = None) -> Recorded:
    """Take up a record wherever it was kept, and find its data; arguments and errors as `recorded`.

    Parameters
    ----------
    record : mapping
        A provenance.
    name : str
        What messages call it.
    near : sequence of Path
        Folders from which the data are seen, beside the present one.
    data : str, optional
        Where the data are now.
    """
    try:
        where, digests = record["data"]["path"], record["data"]["digests"]
        if not {"time", "seed"} <= set(record) or not {"keep", "years"} <= set(record["options"]):
            raise KeyError("options")
        framework = Framework.from_dict(record["framework"], near=near)
    except (ValueError, KeyError, TypeError):
        raise FrameworkError(f"{name!r} is no provenance.json of equindex.") from None
    if data is None and where is None:
        raise DataError("the run scored a table in memory, not a file. Name the file with --data.")
    warnings = other_version(record)
    deck = [] if framework.deck is None else [framework.deck.place]
    if is_database(data if data is not None else where):
        source = Database.recorded(record["data"], data)
        sheets, now = framework.sheets(source)
        _refuse_changed([] if now == digests else [source.name])
        return Recorded(
            record=record,
            framework=framework,
            data=sheets,
            inputs=(*source.files, *deck),
            warnings=tuple(warnings),
        )
    places = [Path(data)] if data is not None else [Path(where), *(folder / where for folder in near)]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise DataError(f"the data {str(places[0])!r} are not there any more. Name them with --data.")
    others = [p for p in found.iterdir() if p.name not in digests] if found.is_dir() else []
    now = digests_of(found, others)
    changed = [name for name, digest in digests.items() if now.get(name) != digest]
    if data is not None and not found.is_dir() and sorted(now.values()) == sorted(digests.values()):
        changed = []  # one file, under another name
    _refuse_changed(changed)
    return Recorded(
        record=record,
        framework=replace(framework, files=tuple(others)),  # what was no data then is none now
        data=found,
        inputs=(*files_read(found, others), *deck),
        warnings=tuple(warnings),
    )


def _refuse_changed(names: Sequence[str]) -> None:
    if names:
        raise DataError(
            f"{', '.join(names)} changed since that run. Run the new data with the command itself instead, or "
            "name the old ones with --data."
        )
