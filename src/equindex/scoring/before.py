"""What a framework asks of the steps before normalising, screening, imputation, treatment, and what is wrong there."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from equindex import impute, normalise, treat
from equindex._registry import Family
from equindex.errors import DomainError, MethodError, nearest
from equindex.model import FrameworkFile, Indicator, MethodCall

__all__ = [
    "imputation_faults",
    "imputation_of",
    "pillar_imputation",
    "screening_faults",
    "treatment_calls",
    "treatment_faults",
]

_OURS = ("direction", "years", "deck")  # options that the framework's indicators and data decide
_BENDING = ("shifted_log", "box_cox", "skew_kurtosis")


def screening_faults(model: FrameworkFile) -> list[str]:
    """Return what is wrong with ``[methods] screen``, one sentence each."""
    wanted = model.methods.screen if model.methods else None
    if wanted is None or model.methods is None:
        return []
    if model.methods.normalise is None:
        return [
            "methods.screen: only a composite index is screened. Give it [methods] normalise, or remove it."
        ]
    faults = [
        f"methods.screen: {name!r} is to be both kept and dropped."
        for name in wanted.keep
        if name in wanted.drop
    ]
    if not (wanted.model_fields_set - {"keep"} and any(wanted.model_dump(exclude={"keep"}).values())):
        faults.append(
            "methods.screen asks for nothing. Give it a limit, such as min_measured = 0.66, or regions to drop."
        )
    if (wanted.min_measured_pillar or wanted.min_nonzero_pillar) and not model.pillar:
        faults.append(
            "methods.screen: there are no pillars to have limits inside. Use min_measured, min_nonzero."
        )
    return faults


def imputation_of(model: FrameworkFile) -> MethodCall | None:
    """Return the method that missing cells are filled by, with its options, None where they are not."""
    call = model.methods.impute if model.methods else None
    return None if call is None or call.name == "none" or _at(call) == "pillar" else _kernel(call)


def pillar_imputation(model: FrameworkFile) -> MethodCall | None:
    """Return the method that missing scores of pillars are filled by, None where they are not."""
    call = model.methods.impute if model.methods else None
    return _kernel(call) if call is not None and _at(call) == "pillar" else None


def imputation_faults(model: FrameworkFile) -> list[str]:
    """Return what is wrong with ``[methods] impute``, one sentence each."""
    call = model.methods.impute if model.methods else MethodCall(name="none")
    where = "methods.impute"
    faults = _unknown(impute.methods, call, where)
    if faults or call.name == "none":
        return faults
    taken = [name for name in _OURS if name in call.options]
    faults += [f"{where}: {name} comes from the framework and its data. Remove it." for name in taken]
    faults += _lacking(impute.methods, call, where)
    by, named = call.options.get("by", ""), call.options.get("predictors", ())
    if not isinstance(by, str):
        faults.append(f"{where}: by should be a column of the regions table, is {by!r}.")
    ids = [indicator.id for indicator in model.indicator]
    if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
        faults.append(f"{where}: predictors should be ids of indicators, such as ['gdp'], is {named!r}.")
    else:
        unknown = [name for name in named if name not in ids]
        faults += [
            f"{where}: no indicator {name!r} to predict from. {nearest(name, ids)}" for name in unknown
        ]
    crooked = [i.id for i in model.indicator if i.direction == "interval"] if call.name == "row_mean" else []
    faults += [f"indicator {name!r}: row_mean needs direction positive or negative." for name in crooked]
    faults += _added_faults(model, call, where)
    return faults or _without_composite(model, where) or _tried(impute.methods, _kernel(call), where)


def _added_faults(model: FrameworkFile, call: MethodCall, where: str) -> list[str]:
    """Return what is wrong with the options that frameworks add to those of kernels."""
    faults = []
    if _at(call) not in ("cell", "pillar"):
        faults.append(f'{where}: at should be "cell" or "pillar", is {_at(call)!r}.')
    elif _at(call) == "pillar" and not model.pillar:
        faults.append(f'{where}: at = "pillar", but there are no pillars. Remove at, or add them.')
    if call.name != "cold_deck":
        return faults
    table, age = call.options.get("table", "x"), call.options.get("max_age")
    if not isinstance(table, str) or not table.strip():
        faults.append(f"{where}: table should be a file beside the framework, is {table!r}.")
    whole = isinstance(age, int | float) and not isinstance(age, bool)
    if age is not None and not (whole and 0 <= age < np.inf):
        faults.append(f"{where}: max_age should be a number of years, 0 or more, is {age!r}.")
    return faults


def _at(call: MethodCall) -> object:
    return call.options.get("at", "cell")


def _kernel(call: MethodCall) -> MethodCall:
    """Return a call with the options of the kernel alone."""
    known = impute.methods.get(call.name).options
    return MethodCall(name=call.name, options={k: v for k, v in call.options.items() if k in known})


def treatment_calls(model: FrameworkFile) -> list[tuple[list[int], MethodCall]]:
    """Return the indicators of each treatment, their own before that of all; nothing where none is treated."""
    found: dict[str, tuple[list[int], MethodCall]] = {}
    for column, indicator in enumerate(model.indicator):
        call = _treatment(model, indicator)
        found.setdefault(str(call), ([], call))[0].append(column)
    calls = list(found.values())
    return calls if any(call.name != "none" for _, call in calls) else []


def treatment_faults(model: FrameworkFile) -> list[str]:
    """Return what is wrong with ``treat`` in [methods] and of indicators, one sentence each."""
    faults = _call_faults(model.methods.treat, "methods.treat") if model.methods else []
    for indicator in model.indicator:
        if indicator.treat:
            faults += _call_faults(indicator.treat, f"indicator {indicator.id!r}: treat")
    if faults or not treatment_calls(model):
        return faults
    for indicator in model.indicator:
        call, scale = _treatment(model, indicator), _fixed(model, indicator)
        if scale and call.name in _BENDING and call.options.get("then") != "none":
            faults.append(
                f"indicator {indicator.id!r}: {call.name} bends values, but {scale} has numbers on their own scale. "
                'Use fences (iqr, winsorise), or transform = "log", which bends both.'
            )
    return faults or _without_composite(model, "treat")


def _treatment(model: FrameworkFile, indicator: Indicator) -> MethodCall:
    return indicator.treat or (model.methods.treat if model.methods else MethodCall(name="none"))


def _call_faults(call: MethodCall, where: str) -> list[str]:
    faults = _unknown(treat.methods, call, where) or _lacking(treat.methods, call, where)
    if not faults and np.ndim(call.options.get("power", 0)) > 0:
        faults = [f"{where}: power is one number. Give indicators a treat of their own."]
    return faults or _tried(treat.methods, call, where)


def _fixed(model: FrameworkFile, indicator: Indicator) -> str:
    """Return the name of an indicator's normaliser where it is told numbers in the indicator's unit."""
    call = indicator.normalise or (model.methods.normalise if model.methods else None)
    if call is None or call.name not in normalise.methods:
        return ""
    method = normalise.methods.get(call.name)
    options = method.options | call.options
    told = [name for name in method.traits.get("in_units", ()) if options.get(name) is not None]
    return call.name if told or method.traits.get("takes") else ""


def _tried(family: Family, call: MethodCall, where: str) -> list[str]:
    """Return what a method says of its options, tried on a table that has nothing to fill or to move."""
    x = np.arange(1.0, 65.0)[:, None]
    try:
        if family is treat.methods:
            treat.measure(call.name, x, **call.options)
        else:
            options: dict[str, Any] = {k: v for k, v in call.options.items() if k not in ("by", "predictors")}
            if "by" in call.options:
                options["by"] = np.zeros(len(x), dtype=np.int64)
            method = impute.methods.get(call.name)
            method.function(x[None] if method.traits.get("panel") else x, **options)
    except MethodError as error:
        return [f"{where}: {error}"]
    except (DomainError, TypeError, ValueError):
        pass  # what depends on the values is said when there are some, and wrong kinds of options elsewhere
    return []


def _unknown(family: Family, call: MethodCall, where: str) -> list[str]:
    try:
        family.get(call.name).check(call.options)
    except MethodError as error:
        return [f"{where}: {error}"]
    return []


def _lacking(family: Family, call: MethodCall, where: str) -> list[str]:
    options = family.get(call.name).keys
    lacking = [
        n for n, default in options.items() if default is inspect.Parameter.empty and n not in call.options
    ]
    return [f"{where}: {call.name} needs {name}: {{ name = {call.name!r}, {name} = … }}." for name in lacking]


def _without_composite(model: FrameworkFile, where: str) -> list[str]:
    if model.methods and model.methods.normalise:
        return []
    return [
        f"{where}: only a composite index is imputed and treated. Give it [methods] normalise, or remove it."
    ]
