"""Variants of a framework: weight sets and values of keys, in every combination."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from equindex.errors import FrameworkError
from equindex.framework import Framework
from equindex.framework.files import parted, value_of
from equindex.framework.options import option_faults, unknown_methods
from equindex.model import FrameworkFile, MethodCall, WeightSet, parse
from equindex.scoring.tree import weights_from_set

__all__ = ["MOST", "Variant", "read_grid", "variants_of"]

MOST: Final = 1_000
"""Variants of one comparison."""

_SECTIONS = ("methods", "attainment", "equalization")
_WEIGHTS = "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A framework among others; `framework` is None where `reason` says why there is none."""

    label: str
    choices: Mapping[str, str]
    framework: Framework | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Option:
    """A value that an axis takes; `own` leaves the framework as it stands, and `full` says what that is."""

    label: str
    value: Any
    own: bool = False
    full: str = ""


def read_grid(texts: Iterable[str]) -> dict[str, list[Any]]:
    """Read ``KEY=V1,V2`` as keys with their values; a comma within brackets or quotes parts nothing.

    Raises
    ------
    FrameworkError
        If one cannot be read.

    Examples
    --------
    >>> read_grid(['normalise=minmax,{ name = "minmax", lower = 1 }', "base=1999,panel"])
    {'normalise': ['minmax', {'name': 'minmax', 'lower': 1}], 'base': [1999, 'panel']}
    """
    grid: dict[str, list[Any]] = {}
    for text in texts:
        key, found, rest = text.partition("=")
        parts = parted(rest)
        if not found or not all(name.strip() for name in key.split(".")) or not all(map(str.strip, parts)):
            raise FrameworkError(f"--grid {text!r}: write key=value,value, such as normalise=minmax,zscore.")
        values = [value_of(part, f"--grid {text!r}") for part in parts]
        grid.setdefault(".".join(name.strip() for name in key.split(".")), []).extend(values)
    return grid


def variants_of(
    framework: Framework, weights: Sequence[WeightSet], grid: Mapping[str, Sequence[Any]]
) -> list[Variant]:
    """Combine weight sets and values of keys; the last axis varies fastest.

    An axis of one value has the framework as it stands before it. A bare name of the method that the framework uses
    means that method with the framework's options.

    Raises
    ------
    FrameworkError
        Listing keys, values and weight sets that do not exist or stand twice; also for a single variant, and for more
        than `MOST`. What exists but does not fit together is a `Variant` with a reason.
    """
    axes, faults = _axes(framework, weights, grid)
    if faults:
        raise FrameworkError("\n".join(dict.fromkeys(faults)))
    count = math.prod(map(len, axes.values()))
    if count < 2:
        raise FrameworkError(
            "one variant has nothing to be compared with. Name a weight set, or another value of a key."
        )
    if count > MOST:
        raise FrameworkError(
            f"{' × '.join(str(len(options)) for options in axes.values())} are {count:,} variants, more than {MOST:,}. "
            "Leave values out, or compare in parts."
        )
    return [
        _variant(framework, dict(zip(axes, chosen, strict=True)))
        for chosen in itertools.product(*axes.values())
    ]


def _axes(
    framework: Framework, weights: Sequence[WeightSet], grid: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, list[_Option]], list[str]]:
    axes: dict[str, list[_Option]] = {}
    faults: list[str] = []
    if weights:
        tree = framework.prepared().tree
        names = [one.id for one in weights]
        for place, one in enumerate(weights):
            if one in weights[:place]:
                faults.append(f"the weight set {one.id!r} stands twice.")
                continue
            same = names[:place].count(one.id)
            axes.setdefault(_WEIGHTS, []).append(_Option(f"{one.id} ({same + 1})" if same else one.id, one))
            try:
                weights_from_set(tree, one)
            except FrameworkError as error:
                faults.append(str(error))
    for key, values in grid.items():
        where = key.removeprefix("methods.")
        axis = axes.setdefault(_WEIGHTS if where == "weighting" else where, [])
        listed = [values] if isinstance(values, str) or not isinstance(values, Sequence) else values
        for value in listed:
            option = _Option(_said(value), value)
            fault = _fault(framework, where, value)
            if fault:
                faults.append(fault)
            elif _is_own(framework, where, value):
                option = _Option(option.label, value, own=True, full=_own(framework, where))
            if any(option.label == other.label for other in axis):
                faults.append(f"{where}: {option.label} stands twice.")
            axis.append(option)
    for name, axis in axes.items():
        if len(axis) == 1 and not axis[0].own:
            axis.insert(
                0, _Option(_own(framework, "weighting" if name == _WEIGHTS else name), None, own=True)
            )
    return axes, faults


def _said(value: Any) -> str:
    """Return how a value is called: ``minmax(lower=1)`` for a method with options."""
    if isinstance(value, Mapping) and "name" in value:
        return MethodCall(
            name=str(value["name"]), options={k: v for k, v in value.items() if k != "name"}
        ).label
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_said(part)}" for key, part in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_own(framework: Framework, key: str, value: Any) -> bool:
    if key == "weighting" and framework.weights is not None:
        return False
    present = _present(framework.model, key)
    return isinstance(present, MethodCall) and value == present.name


def _own(framework: Framework, key: str) -> str:
    """Return what the framework itself says under a key."""
    if key == "weighting":
        return framework.prepared().weighting
    present = _present(framework.model, key)
    if isinstance(present, MethodCall):
        return present.label
    return "as it stands" if present is None or isinstance(present, Mapping) else _said(present)


def _present(model: FrameworkFile, key: str) -> Any:
    here: Any = model if key.split(".")[0] in _SECTIONS else model.methods
    for part in key.split("."):
        here = here.options if isinstance(here, MethodCall) else here
        here = here.get(part) if isinstance(here, Mapping) else getattr(here, part, None)
    return here


def _fault(framework: Framework, key: str, value: Any) -> str:
    """Return what is wrong with a key or its value whatever else is chosen, empty if nothing is."""
    top = key.split(".")[0]
    if top in FrameworkFile.model_fields and (top not in _SECTIONS or key in _SECTIONS):
        return f"{key}: only keys of {', '.join(f'[{name}]' for name in _SECTIONS)} can be varied."
    if framework.model.methods is None and top not in _SECTIONS:
        return f"{key}: the framework has no [methods], so there is no composite index to vary."
    try:
        data = framework.model.model_dump(exclude_defaults=True) | _changed(framework.model, {key: value})
        model = parse(FrameworkFile, data, f"{key} = {_said(value)}")
    except FrameworkError as error:
        return str(error)
    if key == "weighting":  # a method, or a file, which is looked for when the variant is built
        call = model.methods.weighting if model.methods else None
        if call is not None and call.name.endswith((".toml", ".csv", ".xlsx")):
            return ""
    return "; ".join([*unknown_methods(model), *option_faults(model)])


def _changed(model: FrameworkFile, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of a framework with other values under dotted keys."""
    data = {name: _plain(getattr(model, name)) for name in _SECTIONS}
    touched = []
    for key, value in settings.items():
        parts = key.split(".")
        parts = parts if parts[0] in _SECTIONS else ["methods", *parts]
        touched.append(parts[0])
        here = data
        for part in parts[:-1]:
            inner = here.get(part)
            inner = {"name": inner} if isinstance(inner, str) else inner
            here[part] = dict(inner) if isinstance(inner, Mapping) else {}
            here = here[part]
        here[parts[-1]] = value
    return {name: data[name] for name in _SECTIONS if name in touched}


def _plain(part: Any) -> Any:
    """Return a part of a model as its file says it."""
    if isinstance(part, MethodCall):
        return {"name": part.name, **part.options}
    if isinstance(part, tuple):
        return [_plain(one) for one in part]
    if isinstance(part, Mapping):
        return {key: _plain(one) for key, one in part.items()}
    if hasattr(part, "model_fields_set"):
        return {key: _plain(getattr(part, key)) for key in sorted(part.model_fields_set)}
    return part


def _variant(framework: Framework, chosen: Mapping[str, _Option]) -> Variant:
    label = " · ".join(option.label for option in chosen.values())
    choices = {name: option.full or option.label for name, option in chosen.items()}
    settings: dict[str, Any] = {}
    named: dict[str, Any] = {}
    for name, option in chosen.items():
        if option.own:
            continue
        if name != _WEIGHTS:
            settings[name] = option.value
        elif isinstance(option.value, WeightSet):
            named["weights"] = option.value
        else:
            named["weighting"] = option.value
    sections = _changed(framework.model, settings)
    methods = sections.pop("methods", {})
    if not any(name.split(".")[0] == "weighting" for name in settings):
        methods.pop("weighting", None)
    try:
        built = framework.replace(**sections, **methods, **named)
    except FrameworkError as error:
        return Variant(label=label, choices=choices, framework=None, reason=_one_line(error))
    return Variant(label=label, choices=choices, framework=built)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).removeprefix("replace:").split())
