"""Running an earlier run again from its provenance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from equindex import __version__
from equindex.errors import DataError, FrameworkError
from equindex.framework.core import Framework
from equindex.framework.files import digests_of
from equindex.framework.given import files_read
from equindex.scoring import Scores

__all__ = ["rerun"]


def rerun(file: str | Path, data: str | None = None) -> tuple[Scores, list[str]]:
    """Score again what a ``provenance.json`` records.

    Parameters
    ----------
    file : path
        The provenance of an earlier run.
    data : str, optional
        Where the data are now; else where they were, seen from here or from the file.

    Returns
    -------
    scores : Scores
        With the recorded time in its provenance, so that the same run gives the same bytes.
    warnings : list of str
        What may make a difference, such as another version.

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
        options, recorded, digests = record["options"], record["data"]["path"], record["data"]["digests"]
        framework = Framework.from_dict(record["framework"], near=[path.parent, path.parent.parent])
    except OSError as error:
        raise FrameworkError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise FrameworkError(f"{str(path)!r} is no provenance.json of equindex.") from None
    if data is None and recorded is None:
        raise DataError("the run scored a table in memory, not a file. Name the file with --data.")
    places = (
        [Path(data)]
        if data is not None
        else [Path(recorded), path.parent / recorded, path.parent.parent / recorded]
    )
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise DataError(f"the data {str(places[0])!r} are not there any more. Name them with --data.")
    others = [p for p in found.iterdir() if p.name not in digests] if found.is_dir() else []
    now = digests_of(found, others)
    changed = [name for name, digest in digests.items() if now.get(name) != digest]
    if data is not None and not found.is_dir() and sorted(now.values()) == sorted(digests.values()):
        changed = []  # one file, under another name
    if changed:
        raise DataError(
            f"{', '.join(changed)} changed since that run. Run the new data with the command itself instead, or "
            "name the old ones with --data."
        )
    framework = replace(framework, files=tuple(others))  # what was no data then is none now
    scores = framework.score(found, keep=options["keep"], years=options["years"])
    warnings = []
    if record.get("equindex") != __version__:
        warnings.append(
            f"that run used equindex {record.get('equindex')}, this is {__version__}; see CHANGELOG, Numbers."
        )
    kept = {
        **scores.provenance,
        "time": record["time"],
        "data": record["data"],
        "options": options,
        "seed": record["seed"],
    }
    deck = [] if framework.deck is None else [framework.deck.place]
    inputs = (path, *files_read(found, others), *deck)
    return replace(scores, provenance=kept, inputs=inputs), warnings
