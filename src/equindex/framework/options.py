"""Checking what method options hold, before a kernel sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from equindex import aggregate, impute, normalise, treat, weighting
from equindex._registry import Family
from equindex.errors import MethodError
from equindex.model import FrameworkFile, MethodCall
from equindex.scoring.given import is_source

__all__ = ["option_faults", "unknown_methods"]

_MOST = 1e300
_STRETCHES = ("factor", "scale")  # what normalisers multiply scores by


def option_faults(model: FrameworkFile) -> list[str]:
    """Return what is wrong with the options of the methods that `model` names, one sentence each."""
    faults: list[str] = []
    for where, family, call in _calls(model):
        known = family.get(call.name).options if call.name in family else {}
        faults += [
            f"{where}: option {name!r} of {call.name} should be {_kind(known[name])}, is {value!r}."
            for name, value in call.options.items()
            if name in known and not _fits(value, known[name])
        ]
        low, high = ({**known, **call.options}.get(name, np.nan) for name in ("lower", "upper"))
        if _number(low) and _number(high) and low >= high:
            faults.append(f"{where}: lower = {low:g} must be below upper = {high:g}.")
        faults += [
            f"{where}: {name} = {value:g} must be above 0: at 0 all regions score alike, below it the worst lead."
            for name, value in call.options.items()
            if family is normalise.methods and name in _STRETCHES and _number(value) and value <= 0
        ]
    return list(dict.fromkeys(faults))


def unknown_methods(model: FrameworkFile) -> list[str]:
    """Return what `model` names that does not exist, methods and options, one sentence each."""
    faults: list[str] = []
    for where, family, call in _calls(model):
        if call.name != "none":
            try:
                family.get(call.name).check(call.options)
            except MethodError as error:
                faults.append(f"{where}: {error}")
    return list(dict.fromkeys(faults))


def _calls(model: FrameworkFile) -> Iterator[tuple[str, Family, MethodCall]]:
    chosen = model.methods
    if chosen:
        options = {k: v for k, v in chosen.impute.options.items() if k not in ("by", "predictors")}  # names
        yield "methods.impute", impute.methods, MethodCall(name=chosen.impute.name, options=options)
        yield "methods.treat", treat.methods, chosen.treat
        if chosen.normalise:
            yield "methods.normalise", normalise.methods, _numbers(chosen.normalise)
        if chosen.weighting:
            yield "methods.weighting", weighting.methods, chosen.weighting
        levels = chosen.aggregate if isinstance(chosen.aggregate, dict) else {"": chosen.aggregate}
        for level, call in levels.items():
            yield f"methods.aggregate{'.' if level else ''}{level}", aggregate.methods, _each(call)
    for pillar in model.pillar:
        if pillar.aggregate:
            yield f"pillar {pillar.id!r}: aggregate", aggregate.methods, _each(pillar.aggregate)
    for indicator in model.indicator:
        if indicator.normalise:
            yield f"indicator {indicator.id!r}: normalise", normalise.methods, _numbers(indicator.normalise)
        if indicator.treat:
            yield f"indicator {indicator.id!r}: treat", treat.methods, indicator.treat
        if indicator.transform:
            yield f"indicator {indicator.id!r}: transform", treat.transforms, indicator.transform


def _each(call: MethodCall) -> MethodCall:
    """Return the call without tables that hold a number for each child."""
    by_child = (
        aggregate.methods.get(call.name).traits.get("by_child", ()) if call.name in aggregate.methods else ()
    )

    def table(name: str, value: Any) -> bool:
        return name in by_child and isinstance(value, Mapping) and all(map(_number, value.values()))

    kept = {k: v for k, v in call.options.items() if not table(k, v)}
    return MethodCall(name=call.name, options=kept)


def _numbers(call: MethodCall) -> MethodCall:
    """Return the call without the options that say where their numbers come from."""
    if call.name not in normalise.methods:
        return call
    method = normalise.methods.get(call.name)
    kept = {k: v for k, v in call.options.items() if not is_source(method, k, v)}
    return MethodCall(name=call.name, options=kept)


def _fits(value: Any, default: Any) -> bool:
    """Whether a value is of the default's kind; an option without a default is a number for each indicator."""
    if isinstance(default, bool | str):
        return isinstance(value, type(default))
    if isinstance(default, float | int):
        return _number(value)
    parts = value if isinstance(value, list | tuple) else [value]
    return bool(parts) and all(_number(part) for part in parts)


def _number(value: Any) -> bool:
    plain = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return plain and -_MOST <= value <= _MOST


def _kind(default: Any) -> str:
    if isinstance(default, bool):
        return "true or false"
    return "text" if isinstance(default, str) else "a finite number"
