"""Running an earlier batch again from its provenance."""

from __future__ import annotations

import glob
import json
from pathlib import Path

from equindex.batch.fit import Progress
from equindex.batch.runner import Batch, run
from equindex.framework import Framework
from equindex.framework.again import other_version
from equindex.tables import Database, is_database

__all__ = ["again"]


def again(
    file: str | Path,
    output: str | Path | None,
    *,
    data: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> tuple[Batch, list[str]] | None:
    """Score again what the ``provenance.json`` of a batch records; None where it records something else.

    Parameters
    ----------
    file : path
        The provenance of an earlier run.
    output : path, optional
        A folder for the tables; beside that of the earlier run, called ``…-again``, when left out.
    data : str, optional
        Where the data are now; else where they were, seen from here or from the file.
    force : bool
        Replace what an earlier run wrote.
    progress : callable, optional
        As of `run`.

    Returns
    -------
    batch, warnings
        The warnings say what may make a difference, such as another version.

    Raises
    ------
    DataError
        If the data are not there, or are not what they were.
    """
    path = Path(file)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        asked, told = record["options"]["batch"], record["data"]
        where = told["path"] if data is None else data
        framework = Framework.from_dict(record["framework"], near=[path.parent])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the rerun of scores says what is wrong with such a file
    warnings = other_version(record)
    source: str | Database = where
    if is_database(where):
        source = Database.recorded(told, data)
    elif data is None and "://" not in where:
        places = [where, *(str(folder / where) for folder in (path.parent, path.parent.parent))]
        source = next((p for p in places if Path(p).exists() or glob.glob(p, recursive=True)), where)  # noqa: PTH207
    found = run(
        framework,
        source,
        f"{path.absolute().parent}-again" if output is None else output,
        years=asked["years"],
        pillars=asked["pillars"],
        footer=asked["footer"],
        force=force,
        progress=progress,
        before=record,
    )
    return found, warnings
