"""Running a comparison or a change again from its provenance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from equindex.comparing.change import Change, change
from equindex.comparing.compare import Comparison, compare
from equindex.framework.again import recorded
from equindex.model import WeightSet, parse

__all__ = ["again"]


def again(file: str | Path, data: str | None = None) -> tuple[Comparison | Change, tuple[str, ...]] | None:
    """Compare again what a ``provenance.json`` records; None where it records something else.

    Parameters
    ----------
    file : path
        The provenance of an earlier run.
    data : str, optional
        Where the data are now.

    Returns
    -------
    found, warnings
        As `equindex.framework.rerun`.

    Raises
    ------
    DataError, FrameworkError
        As `equindex.framework.rerun`.
    """
    path = Path(file)
    try:
        options = json.loads(path.read_text(encoding="utf-8"))["options"]
        mine = "compare" in options or "change" in options
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the rerun of scores says what is wrong with such a file
    if not mine:
        return None
    run = recorded(path, data)
    found: Comparison | Change
    if "compare" in options:
        asked = options["compare"]
        sets = [parse(WeightSet, one, "weights") for one in asked["weights"]]
        found = compare(
            run.framework, run.data, weights=sets, grid=asked["grid"], year=asked["year"], most=asked["most"]
        )
    else:
        asked = options["change"]
        to = asked["weights_to"]
        found = change(
            run.framework,
            run.data,
            year_from=asked["year_from"],
            year_to=asked["year_to"],
            weights_to=None if to is None else parse(WeightSet, to, "weights"),
        )
    return replace(found, provenance=run.kept(found.provenance), inputs=run.inputs), run.warnings
