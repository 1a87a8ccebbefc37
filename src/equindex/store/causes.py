"""What differs between two kept runs, and how much of the change of each score each cause has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.errors import DataError, EquindexError
from equindex.framework import Framework
from equindex.store.keep import Run, Store
from equindex.store.verify import found_again

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CAUSES", "Difference", "compare"]

CAUSES = ("data", "targets", "weights", "methods")
"""What may differ besides the version, in the order of the table."""

_AIMS = ("target", "target_year", "baseline", "baseline_year", "floor", "tolerance", "binding", "cumulate")
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "targets": ("target", "milestone", "statement"),
    "methods": ("methods", "attainment", "equalization", "monitoring", "opinion", "classes", "warning"),
}
_OF_METHODS = (
    "normalise",
    "transform",
    "treat",
    "goalposts",
    "clip",
    "direction",
    "best",
    "limits",
    "aggregate",
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two runs beside each other.

    Attributes
    ----------
    old, new : Run
    differs : tuple of str
        Of data, targets, weights, methods, version and others (indicators, regions, names).
    regions : DataFrame
        Scores and ranks of every region and year in both runs, their change, and the part that each cause has in
        it; parts sum to the change. NaN in the parts where `reason` says why they cannot be told.
    reason : str
    """

    old: Run
    new: Run
    differs: tuple[str, ...]
    regions: pd.DataFrame
    reason: str


def compare(store: Store, old: int, new: int) -> Difference:
    """Compare two runs of score: what differs, and why each score changed.

    Scores are computed again with the data, targets, weights and methods of either run in every mixture, and each
    cause is given its mean effect over all orders (Shapley), so that the parts sum to the change. What scoring the
    runs again does not reproduce is owed to the version.

    Parameters
    ----------
    store : Store
        Where both are kept.
    old, new : int
        Their numbers.

    Returns
    -------
    Difference

    Raises
    ------
    DataError
        If there is no such run, or one has no scores.
    """
    one, other = store.run(old), store.run(new)
    frame = _beside(store, one, other)
    parts = {name: _parts(run.record["framework"]) for name, run in (("old", one), ("new", other))}
    differs = [cause for cause in CAUSES[1:] if parts["old"][cause] != parts["new"][cause]]
    if one.data_digests != other.data_digests:
        differs.insert(0, "data")
    if parts["old"]["others"] != parts["new"]["others"]:
        differs.append("others")
    if one.version != other.version:
        differs.append("version")
    reason = ""
    try:
        split = _split(
            store.path, one, other, [cause for cause in CAUSES if cause in differs], "others" in differs
        )
        for cause, values in split.items():
            frame[cause] = [
                values.get(key, np.nan) for key in zip(frame["region"], frame["year"], strict=True)
            ]
        known = frame["change"].notna()
        told = frame[list(split)].fillna(0.0).sum(axis=1) if split else 0.0
        frame["version"] = np.where(known, frame["change"] - told, np.nan)
    except EquindexError as error:
        reason = str(error)
    return Difference(old=one, new=other, differs=tuple(differs), regions=frame, reason=reason)


def _beside(store: Store, old: Run, new: Run) -> pd.DataFrame:
    """Join the scores of the root in both runs."""
    frames = []
    for run, end in ((old, "old"), (new, "new")):
        tables = store.tables(run.run)
        name = next((name for name in ("scores", "attainment", "equalization") if name in tables), None)
        if name is None:
            raise DataError(f"run {run.run} kept no scores.")
        value = "score" if name == "scores" else name
        root = tables[name][tables[name]["node"] == "index"]
        columns = ["region", "region_name", "year", value, *(["rank"] if "rank" in root else [])]
        frames.append(root[columns].rename(columns={value: f"score_{end}", "rank": f"rank_{end}"}))
    joined = frames[0].merge(
        frames[1].drop(columns="region_name"), on=["region", "year"], how="outer", sort=True
    )
    joined["change"] = joined["score_new"] - joined["score_old"]
    return joined


def _parts(said: Mapping[str, Any]) -> dict[str, Any]:
    """Part what a framework says among the causes."""
    model = dict(said["framework"].items())
    indicators = [dict(row) for row in model.pop("indicator", [])]
    pillars = [dict(row) for row in model.pop("pillar", [])]
    methods = dict(model.get("methods") or {})
    found: dict[str, Any] = {
        "targets": [[row.pop(key, None) for key in _AIMS] for row in indicators],
        "weights": [
            said.get("weights"),
            methods.pop("weighting", None),
            [row.pop("weight", None) for row in (*pillars, *indicators)],
        ],
        "methods": [[row.pop(key, None) for key in _OF_METHODS] for row in (*pillars, *indicators)],
    }
    if "methods" in model:
        model["methods"] = methods
    for cause, keys in _SECTIONS.items():
        found[cause] = [found[cause], [model.pop(key, None) for key in keys]]
    found["others"] = [indicators, pillars, model, said.get("regions")]
    return found


def _mixed(old: Mapping[str, Any], new: Mapping[str, Any], taken: frozenset[str]) -> dict[str, Any]:
    """Return what a framework says that has some causes from the new run and the rest from the old one."""
    base, told = old["framework"], new["framework"]
    model = dict(base)
    for cause, keys in _SECTIONS.items():
        if cause in taken:
            model |= {key: told[key] for key in keys if key in told}
            model = {key: value for key, value in model.items() if key not in keys or key in told}
    methods = dict(model.get("methods") or {})
    weighting = (told if "weights" in taken else base).get("methods", {}) or {}
    methods.pop("weighting", None)
    if weighting.get("weighting") is not None:
        methods["weighting"] = weighting["weighting"]
    if "methods" in model:
        model["methods"] = methods
    keys_of = {"targets": _AIMS, "weights": ("weight",), "methods": _OF_METHODS}
    for part in ("indicator", "pillar"):
        newer = {row["id"]: row for row in told.get(part, [])}
        rows = []
        for row in base.get(part, []):
            mixed = dict(row)
            for cause in taken & keys_of.keys():
                for key in keys_of[cause]:
                    mixed.pop(key, None)
                    if key in newer[row["id"]]:
                        mixed[key] = newer[row["id"]][key]
            rows.append(mixed)
        model[part] = rows
    return {
        "framework": model,
        "regions": old["regions"],
        "weights": (new if "weights" in taken else old).get("weights"),
    }


def _split(
    place: Path, old: Run, new: Run, causes: list[str], others: bool
) -> dict[str, dict[tuple[str, int], float]]:
    """Return the mean effect of each cause over all orders, by region and year."""
    if others:
        raise DataError(
            "the runs differ in indicators, pillars or regions, so that no part of the change can be told."
        )
    data = {False: found_again(old, place).data, True: found_again(new, place).data}
    scored: dict[frozenset[str], dict[tuple[str, int], float]] = {}

    def score(taken: frozenset[str]) -> dict[tuple[str, int], float]:
        if taken not in scored:
            said = _mixed(old.record["framework"], new.record["framework"], taken - {"data"})
            found = Framework.from_dict(said, near=[place.parent]).score(data["data" in taken])
            main, rows = found.leading.score[:, 0], found.panel.order
            keys = zip(
                (found.panel.regions[code] for code in found.panel.region[rows]),
                found.panel.year[rows].tolist(),
                strict=True,
            )
            scored[taken] = dict(zip(keys, main.tolist(), strict=True))
        return scored[taken]

    parts: dict[str, dict[tuple[str, int], float]] = {cause: {} for cause in causes}
    orders = list(permutations(causes))
    for order in orders:
        taken: frozenset[str] = frozenset()
        for cause in order:
            before, after = score(taken), score(taken | {cause})
            for key in before.keys() | after.keys():
                step = after.get(key, np.nan) - before.get(key, np.nan)
                parts[cause][key] = parts[cause].get(key, 0.0) + step / len(orders)
            taken |= {cause}
    return parts
