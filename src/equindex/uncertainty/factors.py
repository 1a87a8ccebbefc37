"""What may vary: methods, weights, what is left out, errors of measurement, the regions that are measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from equindex import tables
from equindex.errors import EquindexError, FrameworkError, nearest
from equindex.framework import Framework, with_settings
from equindex.framework.files import parted, read_weights
from equindex.model import MethodCall, Methods, WeightSet
from equindex.uncertainty.weights import LEVELS, Weights, number, parse_weights

__all__ = [
    "Choice",
    "Exclude",
    "Factor",
    "Regions",
    "Values",
    "Weights",
    "check_names",
    "from_record",
    "parse",
    "plain",
    "to_record",
]

_OWN = ("weights", "exclude", "values", "regions")
_SECTIONS = ("methods", "attainment", "equalization", "monitoring", "opinion", "classes", "table")
_UNKNOWN = re.compile(
    r"there is no \w+ method '.*|\w+ method '\w+' has no option '.*|\S+( → \S+)*: should be '.+, is .*"
)
_TABLES = (".csv", ".xlsx", ".xls", ".tsv", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A key of the framework with the values it may take, each as likely as the others.

    `sets` holds the weight sets that options name, so that a record needs no files.
    """

    key: str
    options: tuple[str, ...]
    sets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How tables call the factor."""
        return self.key

    def applied(self, option: str, framework: Framework) -> Framework:
        """Return the framework with an option, weight sets only; the others are settings."""
        if option not in self.sets:
            return framework
        return framework.replace(weights=WeightSet.model_validate(self.sets[option]))

    def setting(self, option: str, framework: Framework) -> list[str]:
        """Return the setting of an option: none where it names the method that the framework has, options and all."""
        if option in self.sets:
            return []
        methods = framework.model.methods
        now = getattr(methods, self.key.removeprefix("methods."), None) if methods else None
        return [] if isinstance(now, MethodCall) and now.name == option else [f"{self.key}={option}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """One of the nodes, or none, is left out; each possibility is as likely as the others."""

    what: str
    nodes: tuple[str, ...]

    @property
    def name(self) -> str:
        """How tables call the factor."""
        return "exclude"


@dataclass(frozen=True, kw_only=True)
class Values:
    """Errors of measurement, normal with these standard errors, or uniform within a rounded figure's last digit.

    `relative` and `absolute` hold standard errors by indicator, `cells` by (region, year, indicator) with 0 for any
    year; `rounding` spreads each value over the half unit of the finest decimal that its column prints.
    """

    what: str
    relative: Mapping[str, float] = field(default_factory=dict)
    absolute: Mapping[str, float] = field(default_factory=dict)
    cells: Mapping[tuple[str, int, str], float] = field(default_factory=dict)
    rounding: bool = False

    @property
    def name(self) -> str:
        """How tables call the factor."""
        return "values"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """Regions drawn with replacement: what is measured on them, and scored on all."""

    @property
    def name(self) -> str:
        """How tables call the factor."""
        return "regions"


Factor = Choice | Weights | Exclude | Values | Regions
_KINDS: Mapping[str, type[Factor]] = {
    kind.__name__.lower(): kind for kind in (Choice, Weights, Exclude, Values, Regions)
}


def check_names(choices: Iterable[Choice], framework: Framework) -> None:
    """Refuse options that name no method or value there is, whatever else varies.

    Raises
    ------
    FrameworkError
        Naming all of them, with the nearest known names.
    """
    faults = []
    for choice in choices:
        for option in choice.options:
            try:
                with_settings(framework, choice.setting(option, framework))
            except FrameworkError as error:
                unknown = dict.fromkeys(found[0] for found in _UNKNOWN.finditer(str(error)))
                faults += [f"--vary {choice.key}: {option}: {reason}" for reason in unknown]
    if faults:
        raise FrameworkError("\n".join(faults))


def plain(error: EquindexError) -> str:
    """Return why a variant cannot be scored, without the word for how it was made."""
    return str(error).removeprefix("replace:").strip()


def to_record(factor: Factor) -> dict[str, Any]:
    """Return a factor as JSON can hold it."""
    found = asdict(factor)
    if isinstance(factor, Values):
        found["cells"] = [[*where, error] for where, error in factor.cells.items()]
    return {"kind": type(factor).__name__.lower(), **found}


def from_record(record: Mapping[str, Any]) -> Factor:
    """Build a factor from what `to_record` returned.

    Raises
    ------
    FrameworkError
        If it is something else.
    """
    content = dict(record)
    try:
        kind = _KINDS[content.pop("kind")]
        for key in ("options", "nodes", "named", "low", "high"):
            if key in content:
                content[key] = tuple(content[key])
        for key in ("order", "points"):
            if key in content:
                content[key] = tuple(tuple(part) for part in content[key])
        if "cells" in content:
            content["cells"] = {(region, year, name): e for region, year, name, e in content["cells"]}
        return kind(**content)
    except (KeyError, TypeError, ValueError):
        raise FrameworkError(f"{dict(record)!r} is nothing that varies.") from None


def parse(texts: Iterable[str], framework: Framework, folder: Path | None = None) -> tuple[Factor, ...]:
    """Read what is to vary, as the command line says it.

    Parameters
    ----------
    texts : iterable of str
        ``weights=0.25``, ``weights.pillar=dirichlet:50``, ``weights=free``, ``exclude=indicator``,
        ``exclude=pillar``, ``exclude=a,b``, ``values=0.02``, ``values=rounding``, ``values=errors.csv``,
        ``regions=bootstrap``, and any other key with its values: ``normalise=minmax,zscore``.
    framework : Framework
        What they are about.
    folder : path, optional
        Where files are looked for; the present folder when left out.

    Returns
    -------
    tuple of factors

    Raises
    ------
    FrameworkError
        Naming all that is wrong.
    """
    found: list[Factor] = []
    faults: list[str] = []
    for text in texts:
        key, sign, value = (part.strip() for part in text.partition("="))
        try:
            if not sign or not key or not value:
                raise FrameworkError(
                    "write what varies and how, such as weights=0.25 or normalise=minmax,zscore."
                )
            found.append(_factor(key, value, framework, folder or Path()))
        except EquindexError as error:
            faults.append(f"--vary {text!r}: {error}")
    names = [factor.name for factor in found]
    faults += [
        f"--vary {name} is given twice. Give it once."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if "weights" in names and any(name.startswith("weights.") for name in names):
        faults.append("--vary weights and a level of weights: weights varies all levels. Give one of them.")
    if faults:
        raise FrameworkError("\n".join(faults))
    return tuple(found)


def _factor(key: str, value: str, framework: Framework, folder: Path) -> Factor:
    what, _, level = key.partition(".")
    if what == "weights":
        return parse_weights(value, level, framework, folder)
    if key == "exclude":
        return _exclude(value, framework)
    if key == "values":
        return _values(value, framework, folder)
    if key == "regions":
        if value != "bootstrap":
            raise FrameworkError("regions vary by bootstrap only: regions=bootstrap.")
        return Regions()
    known = (*_OWN, *Methods.model_fields, *_SECTIONS)
    if what not in known:
        raise FrameworkError(f"nothing is called {what!r}. {nearest(what, known)}")
    key = key.removeprefix("methods.")
    options = tuple(split(value))
    if len(options) < 2:
        raise FrameworkError(f"one value is no choice. Give {key} two or more, separated by commas.")
    _once(options)
    return Choice(
        key=key, options=options, sets=_sets(options, framework, folder) if key == "weighting" else {}
    )


def _sets(options: Sequence[str], framework: Framework, folder: Path) -> dict[str, dict[str, Any]]:
    """Read the weight sets among ways of weighting, which stand here or beside the framework."""
    files = [option for option in options if Path(option).suffix.lower() in (".toml", ".csv", ".xlsx")]
    places = {
        name: (folder / name if (folder / name).exists() else framework.folder / name) for name in files
    }
    return {name: read_weights(place).model_dump(mode="json") for name, place in places.items()}


def _once(named: Sequence[str]) -> None:
    twice = [name for name in dict.fromkeys(named) if named.count(name) > 1]
    if twice:
        raise FrameworkError(f"{', '.join(twice)} is given twice, which would count it double.")


def split(text: str) -> list[str]:
    """Return the values that commas part, without empty ones."""
    return [part.strip() for part in parted(text) if part.strip()]


def _exclude(value: str, framework: Framework) -> Exclude:
    tree = framework.prepared().tree
    known = list(tree.ids[1:])
    if value in LEVELS and value not in known:
        named = [tree.ids[node] for node, level in enumerate(tree.levels) if level == value]
    else:
        named = split(value)
        unknown = [name for name in named if name not in known]
        if unknown:
            raise FrameworkError(
                " ".join(
                    f"there is no indicator or pillar {name!r}. {nearest(name, known)}" for name in unknown
                )
            )
        _once(named)
    left = [
        name
        for name in named
        if len(tree.nodes) > int((tree.sums(np.eye(len(tree.nodes))) > 0)[:, tree.ids.index(name)].sum())
    ]
    if not left:
        raise FrameworkError(f"leaving out {value} would leave nothing to score.")
    return Exclude(what=value, nodes=tuple(left))


def _values(value: str, framework: Framework, folder: Path) -> Values:
    ids = list(framework.prepared().leaves)
    if value == "rounding":
        return Values(what=value, rounding=True)
    if Path(value).suffix.lower() in _TABLES:
        return _errors(folder / value, ids, framework)
    amount = number(value, "give a relative standard error such as 0.02, rounding, or a table of errors")
    if amount <= 0:
        raise FrameworkError(f"the standard error should be above 0, is {amount:g}. Nothing would vary.")
    return Values(what=value, relative=dict.fromkeys(ids, amount))


def _errors(path: Path, ids: list[str], framework: Framework) -> Values:
    """Read standard errors: columns indicator and error or relative, perhaps region and year."""
    keys = ("indicator", "error", "relative", "region", "year")
    faults: list[str] = []
    relative: dict[str, float] = {}
    absolute: dict[str, float] = {}
    cells: dict[tuple[str, int, str], float] = {}
    names = {i.name: i.id for i in framework.model.indicator if i.name} | {name: name for name in ids}
    synonyms = {
        "indicator": ("指标", "指標", "indicator"),
        "error": ("标准误", "標準誤", "standard error", "se"),
        "relative": ("相对标准误", "相對標準誤", "relative standard error", "rse"),
        "region": ("地区", "地區", "region"),
        "year": ("年份", "年", "year"),
    }
    for line, row in tables.records(path, keys, synonyms=synonyms):
        said = str(row.get("indicator", "")).strip()
        given = [key for key in ("error", "relative") if key in row]
        if said not in names:
            faults.append(f"row {line}: there is no indicator {said!r}. {nearest(said, names)}")
            continue
        if len(given) != 1:
            faults.append(
                f"row {line}: give error (in the indicator's unit) or relative (a share), one of them."
            )
            continue
        try:
            amount = float(str(row[given[0]]))
        except ValueError:
            amount = np.nan
        if not (np.isfinite(amount) and amount >= 0):
            faults.append(f"row {line}: {given[0]} should be a number of 0 or more, is {row[given[0]]!r}.")
            continue
        region = str(row.get("region", "")).strip()
        if region and given[0] == "relative":
            faults.append(f"row {line}: the error of one region's value is given in its unit, as error.")
            continue
        name = names[said]
        where: Any = (framework.region(region), int(str(row.get("year", 0) or 0)), name) if region else name
        book: dict[Any, float] = cells if region else (relative if given[0] == "relative" else absolute)
        if where in book:
            faults.append(f"row {line}: the error of {said!r} is given twice.")
        book[where] = amount
    faults += [f"{name!r} has both an error and a relative error." for name in relative if name in absolute]
    if not faults and not any([*relative.values(), *absolute.values(), *cells.values()]):
        faults.append("all errors are 0: nothing would vary.")
    if faults:
        raise FrameworkError(f"{path.name}: " + "\n  ".join(faults))
    return Values(what=path.name, relative=relative, absolute=absolute, cells=cells)
