"""Service lists and standards: how complete, nothing missing, not below the levels above; facility norms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex import notation
from equindex.errors import DataError, FrameworkError
from equindex.framework.files import clock
from equindex.standards import parts
from equindex.standards.lists import Faults, Item, ServiceList, named_apart, read_list
from equindex.standards.matching import Matches
from equindex.standards.norms import Facilities, facilities
from equindex.standards.words import answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Facilities", "Item", "ServiceList", "Standards", "again", "check", "facilities", "read_list"]

_TABLES = (
    "coverage",
    "completeness",
    "missing",
    "extra",
    "comparison",
    "ceilings",
    "changes",
    "three_parts",
    "items",
)


@dataclass(frozen=True, kw_only=True)
class Standards:
    """What `check` found; every table is tidy and has the `level`, the list that a row is about.

    Attributes
    ----------
    levels : tuple of str
        The lists, from the one that was checked to the farthest above it.
    as_of : int or None
        The year whose editions count; None for the newest.
    items : DataFrame
        The items in force, with how each standard was read.
    coverage, completeness : DataFrame
        Standard coverage rate by domain; which of object, content, standard and responsibility each item has.
    missing, extra, comparison : DataFrame
        Against each list above: items that are missing, items of its own, standards side by side.
    ceilings, changes, three_parts : DataFrame
        Standards against ceilings; what moved since the edition before; shares covered, met and funded.
    facilities : Facilities or None
        Facility norms, where they were asked for.
    notes : tuple of str
        What to know beside the answer.
    """

    levels: tuple[str, ...]
    as_of: int | None
    items: pd.DataFrame
    coverage: pd.DataFrame
    completeness: pd.DataFrame
    missing: pd.DataFrame
    extra: pd.DataFrame
    comparison: pd.DataFrame
    ceilings: pd.DataFrame
    changes: pd.DataFrame
    three_parts: pd.DataFrame
    facilities: Facilities | None
    notes: tuple[str, ...]
    inputs: tuple[Path, ...]
    provenance: Mapping[str, Any]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        found = {name: getattr(self, name) for name in _TABLES if len(getattr(self, name))}
        return found | (self.facilities.tables() if self.facilities else {})

    def answer(self) -> list[str]:
        """Say in sentences what is covered, complete, missing, below, above and changed."""
        return answer(self)


def check(
    listing: str | Path,
    superior: Sequence[str | Path] = (),
    *,
    as_of: int | None = None,
    target: str | None = None,
    norms: str | Path | None = None,
    areas: str | Path | None = None,
) -> Standards:
    """Check a service list by itself and against the lists of the levels above.

    Parameters
    ----------
    listing : path
        The list: one row per item and edition. :func:`read_list` says which columns it may have.
    superior : sequence of paths
        Lists of the levels above, the nearest first. They are checked against each other too.
    as_of : int, optional
        Take the editions in force in this year; else the newest.
    target : str, optional
        Target for the standard coverage rate, as printed: ``"80%以上"``.
    norms, areas : path, optional
        Facility norms and the areas that they apply to, both or none; see :func:`facilities`.

    Returns
    -------
    Standards

    Raises
    ------
    DataError
        With everything that is wrong with the files.
    FrameworkError
        If the target cannot be read, or only one of `norms` and `areas` is given.
    """
    if (norms is None) != (areas is None):
        raise FrameworkError("norms and areas belong together: give both, or none.")
    reached = _target(target)
    faults = Faults()
    paths = [Path(path).resolve() for path in (listing, *superior)]
    if len(set(paths)) < len(paths):
        raise FrameworkError("a list is given twice: it cannot be its own superior. Name each list once.")
    lists = [read_list(path, faults) for path in (listing, *superior)]
    found = Matches(lists, as_of, faults)
    names = named_apart(lists)
    for listed, current in zip(lists, found.items, strict=True):
        if listed.items and not current:
            faults.add(listed.path.name, None, f"no item is in force in {as_of}. Take a later year.")
    missing, extra = parts.gaps(names, found)  # matches every item, so that all doubts are told
    held = facilities(norms, areas, faults) if norms is not None and areas is not None else None
    faults.stop()
    inputs = (*(one.path for one in lists), *(held.inputs if held else ()))
    later = [
        len({item.id for item in one.items} - set(now)) for one, now in zip(lists, found.items, strict=True)
    ]
    return Standards(
        levels=tuple(names),
        as_of=as_of,
        items=parts.items(names, found),
        coverage=parts.coverage(names, found, reached, target or ""),
        completeness=parts.completeness(names, found),
        missing=missing,
        extra=extra,
        comparison=parts.comparison(names, found),
        ceilings=parts.ceilings(names, found),
        changes=parts.changes(names, found, as_of),
        three_parts=parts.three_parts(names, found),
        facilities=held,
        notes=(
            *(
                f"{name}: {n} items are not in force yet in {as_of}"
                for name, n in zip(names, later, strict=True)
                if n
            ),
            *found.unknown(),
        ),
        inputs=inputs,
        provenance=_provenance(inputs, lists, as_of, target, held),
    )


def again(file: str | Path) -> Standards | None:
    """Repeat the check that a provenance.json records; None where it records something else.

    Raises
    ------
    DataError
        If a list changed since then, or is not there any more.
    """
    try:
        record = json.loads(Path(file).read_text(encoding="utf-8"))
        if record["command"] != "standards":
            return None
        options, digests = record["options"], record["digests"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    changed = [path for path, digest in digests.items() if _digest(Path(path)) != digest]
    if changed:
        raise DataError(
            f"{', '.join(changed)} changed since that run, or is not there. Use equindex standards instead."
        )
    listing = options.pop("list")
    found = check(listing, options.pop("superior"), **options)
    kept = {**found.provenance, "time": record["time"]}
    return replace(found, provenance=kept, inputs=(*found.inputs, Path(file)))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _target(target: str | None) -> Callable[[float], bool] | None:
    """Return what tells whether a rate reaches the target."""
    if target is None:
        return None
    reading = notation.read(target, "%")
    if not reading.numeric or reading.operator in ("~", "range", "<", "<="):
        raise FrameworkError(
            f"the target {target!r} for the coverage rate cannot be read. Write 80%以上, or 80."
        )
    return lambda rate: rate > reading.value if reading.operator == ">" else rate >= reading.value


def _provenance(
    inputs: Sequence[Path],
    lists: Sequence[ServiceList],
    as_of: int | None,
    target: str | None,
    held: Facilities | None,
) -> dict[str, Any]:
    """Record what was read and how, so that the tables can be made again."""
    from equindex import __version__

    list_path, *superior = (one.path.as_posix() for one in lists)
    norms, areas = (path.as_posix() for path in held.inputs) if held else (None, None)
    options = {"list": list_path, "superior": superior, "as_of": as_of, "target": target}
    return {
        "equindex": __version__,
        "time": clock().isoformat(timespec="seconds"),
        "command": "standards",
        "options": {**options, "norms": norms, "areas": areas},
        "digests": {path.as_posix(): _digest(path) for path in inputs},
    }
