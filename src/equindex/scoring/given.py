"""What a framework tells its normalisers: options as written, and what they take from the indicators."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import normalise, treat
from equindex._arrays import FloatArray, as_float
from equindex._registry import Method
from equindex.errors import DomainError, FrameworkError
from equindex.model import FrameworkFile, Indicator, MethodCall
from equindex.scoring.goals import all_goals

__all__ = ["Group", "bent", "groups_of", "is_source", "transformed"]

_OWN_AXIS = ("best", "limits", "thresholds")  # options that are several numbers for one indicator
_SOURCES = '"target", { own = 2015 }, { mean = 2015 }, { region = "…" } or { region = "…", year = 2015 }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Indicators that share one normalisation or treatment: their positions, the method, its options.

    `asked` are options that the data answer, by what they ask for; `rows` the answers that differ by row, of shape
    (rows of the panel, columns), once `related` has found them.
    """

    columns: NDArray[np.intp]
    method: Method
    options: dict[str, Any]
    asked: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def interval(self) -> bool:
        """Whether the method takes values of interval indicators themselves, not their distances."""
        return bool(self.method.traits.get("interval"))


def groups_of(model: FrameworkFile) -> tuple[tuple[Group, ...], tuple[Any, ...]]:
    """Return the normalisers of a framework with their options, and the scale that all of them share.

    Raises
    ------
    FrameworkError
        Listing all that does not exist, is lacking or does not fit together.
    """
    assert model.methods is not None
    assert model.methods.normalise is not None
    faults: list[str] = []
    columns: dict[str, list[int]] = {}
    chosen: dict[str, MethodCall] = {}
    for column, indicator in enumerate(model.indicator):
        call = indicator.normalise or model.methods.normalise
        columns.setdefault(str(call), []).append(column)
        chosen[str(call)] = call
    groups: list[Group] = []
    scales: dict[tuple[Any, ...], str] = {}
    for key, call in chosen.items():
        method = normalise.methods.get(call.name)
        method.check(call.options)
        asked = {k: v for k, v in call.options.items() if is_source(method, k, v)}
        options = {k: v for k, v in call.options.items() if k not in asked}
        if method.traits.get("takes") == "target" and "target" not in call.options:
            asked["target"] = "target"
        found = _taken(model, columns[key], method, options) + _asked(model, columns[key], method, asked)
        required = [name for name, default in method.options.items() if default is inspect.Parameter.empty]
        lacking = [name for name in required if name not in options and name not in asked]
        if lacking and not found:
            found = [f"normalise {call.name!r} needs {', '.join(lacking)}: {{ name = {call.name!r}, … }}."]
        if method.traits.get("base_year") and not isinstance(model.methods.base, int):
            found.append(
                f"normalise {call.name!r} relates values to those of a base year, and methods.base = "
                f"{model.methods.base!r} is none. Write the year: base = 2020."
            )
        faults += found
        if found:
            continue
        groups.append(Group(columns=np.array(columns[key]), method=method, options=options, asked=asked))
        plain = {k: v for k, v in method.options.items() if not np.ndim(v)} | call.options
        scales[tuple(method.traits["scale"](plain))] = key
    if len(scales) > 1 and not faults:
        faults.append(
            f"indicators are on different scales: {'; '.join(scales.values())}. "
            "All indicators of a tree need one scale: give them the same lower and upper."
        )
    if faults:
        raise FrameworkError("\n".join(faults))
    return tuple(groups), next(iter(scales))


def is_source(method: Method, option: str, value: Any) -> bool:
    """Whether an option says where its numbers come from, in place of numbers."""
    return option in method.traits.get("sources", ()) and isinstance(value, str | Mapping)


def _taken(model: FrameworkFile, columns: list[int], method: Method, options: dict[str, Any]) -> list[str]:
    """Put what the indicators say into `options`, on the scale of their transforms; return what is wrong."""
    indicators = [model.indicator[column] for column in columns]
    takes, units = method.traits.get("takes", ""), method.traits.get("in_units", ())
    told = [name for name in units if options.get(name) is not None]
    if takes in ("goalposts", "interval"):
        faults = (_goalposts if takes == "goalposts" else _interval)(method.name, indicators, options)
    else:
        faults = _straight(method.name, indicators) if told else []
        faults = faults or [
            fault for name in told for fault in _shaped(method.name, name, indicators, options)
        ]
    if faults:
        return faults
    for name in units:
        if options.get(name) is not None and any(i.transform for i in indicators):
            try:
                options[name] = _bent_option(indicators, name, options[name], takes)
            except FrameworkError as error:
                faults.append(str(error))
    return faults


def _straight(name: str, indicators: Sequence[Indicator]) -> list[str]:
    """Refuse intervals: the number that a method is told would be held against distances."""
    crooked = [i.id for i in indicators if i.direction == "interval"]
    return [
        f"indicator {one!r}: {name} needs direction positive or negative. For an interval use trapezoid."
        for one in crooked
    ]


def _shaped(name: str, option: str, indicators: Sequence[Indicator], options: dict[str, Any]) -> list[str]:
    """Refuse lists that are neither for all indicators nor one number for each."""
    shape, n = np.shape(options[option]), len(indicators)
    if shape[: len(shape) - (option in _OWN_AXIS)] in ((), (n,)):
        return []
    return [f"normalise {name!r}: {option} has {shape[0]} numbers for {n} indicators. Give one, or one each."]


def _goalposts(name: str, indicators: Sequence[Indicator], options: dict[str, Any]) -> list[str]:
    """Add per-indicator `low`, `high` and `clip` to the options of methods between goalposts."""
    lacking = [i.id for i in indicators if i.goalposts is None]
    if lacking and not {"low", "high"} <= set(options):
        return [
            f"indicator {one!r} has no goalposts = [low, high], which its normalisation needs."
            for one in lacking
        ]
    faults = _straight(name, indicators)
    for option in {"low", "high"} & set(options):
        faults += _shaped(name, option, indicators, options)
    if faults:
        return faults
    n = len(indicators)
    given = [np.broadcast_to(options.get(option, np.nan), n).tolist() for option in ("low", "high")]
    pairs = [i.goalposts or pair for i, pair in zip(indicators, zip(*given, strict=True), strict=True)]
    options["low"], options["high"] = np.array(pairs, dtype=float).T
    options.setdefault("clip", np.array([i.clip for i in indicators]))
    return []


def _interval(name: str, indicators: Sequence[Indicator], options: dict[str, Any]) -> list[str]:
    """Add per-indicator `best` and `limits` to the options of a trapezoid."""
    faults = [
        f"indicator {i.id!r}: {name} needs direction interval, with best and limits."
        for i in indicators
        if i.direction == "negative" or (i.direction == "positive" and not {"best", "limits"} <= set(options))
    ]
    for option in {"best", "limits"} & set(options):
        if np.shape(options[option]) not in ((2,), (len(indicators), 2)):
            faults.append(
                f"normalise {name!r}: {option} should be [low, high], for all or for each indicator."
            )
    if faults:
        return faults
    ends: dict[str, list[Any]] = {}
    for option in ("best", "limits"):
        given = np.broadcast_to(options.get(option, (np.nan, np.nan)), (len(indicators), 2)).tolist()
        ends[option] = [getattr(i, option) or pair for i, pair in zip(indicators, given, strict=True)]
    for i, (low, high), (first, last) in zip(indicators, ends["best"], ends["limits"], strict=True):
        if np.isnan(first):
            faults.append(f"indicator {i.id!r} has no limits = [low, high], which its trapezoid needs.")
        elif not first < low <= high < last:
            faults.append(
                f"indicator {i.id!r}: limits = [{first:g}, {last:g}] must lie outside best = [{low:g}, {high:g}] at "
                f"both ends, for the score to fall between. Widen limits."
            )
    options |= {option: np.array(pairs, dtype=float) for option, pairs in ends.items()}
    return faults


def _asked(model: FrameworkFile, columns: list[int], method: Method, asked: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with what options ask the data for."""
    faults: list[str] = []
    indicators = [model.indicator[column] for column in columns]
    for option, source in asked.items():
        where = f"normalise {method.name!r}: {option}"
        keys = set(source) if isinstance(source, Mapping) else source
        year = isinstance(source, Mapping) and next(
            (source[k] for k in ("own", "mean", "year") if k in source), 0
        )
        if keys not in ("target", {"own"}, {"mean"}, {"region"}, {"region", "year"}):
            faults.append(f"{where} is {source!r}. Write numbers, {_SOURCES}.")
        elif type(year) is not int and isinstance(source, Mapping):
            faults.append(f"{where} is {source!r}, and {year!r} is no year.")
        elif isinstance(source, Mapping) and not isinstance(source.get("region", ""), str):
            faults.append(f"{where} is {source!r}. Write the region in quotation marks.")
        elif not method.traits.get("by_row") and keys not in ({"mean"}, {"region", "year"}):
            faults.append(
                f"{where} is one number for all regions and years: "
                'write numbers, { mean = 2015 } or { region = "…", year = 2015 }.'
            )
        faults += _straight(method.name, indicators)
        if source == "target":
            faults += [fault for column in columns for fault in _untold(model, column, method.name)]
    return faults


def _untold(model: FrameworkFile, column: int, name: str) -> list[str]:
    """Say why an indicator's targets give a normaliser no number."""
    indicator, found = model.indicator[column], all_goals(model)[column]
    if not found:
        return [
            f"indicator {indicator.id!r} has no target, which {name} needs. Give it one, or a row of the targets."
        ]
    odd = next((g for _, g in found if g.cumulative or g.trend or g.place or indicator.levels), None)
    if odd is None:
        return []
    return [
        f"indicator {indicator.id!r}: target {odd.raw!r} is no level that a value is part of, as {name} needs. "
        "Normalise it by another method."
    ]


# --- Transforms ----------------------------------------------------------------------------------------


def bent(indicators: Sequence[Indicator], x: FloatArray) -> FloatArray:
    """Apply each indicator's transform along the last axis; infinite ends and NaN stay."""
    changed = [column for column, indicator in enumerate(indicators) if indicator.transform]
    result = x.copy() if changed else x
    for column in changed:
        indicator = indicators[column]
        assert indicator.transform is not None
        function = treat.transforms.get(indicator.transform.name).function
        cells = np.atleast_1d(result[..., column])
        finite = np.isfinite(cells)
        try:
            cells[finite] = function(cells[finite][:, None], **indicator.transform.options)[:, 0]
        except DomainError as error:
            error.add_note(f"in the values, targets or goalposts of indicator {indicator.id!r}")
            raise
        result[..., column] = cells if result.ndim > 1 else cells[0]
    return result


def transformed(indicator: Indicator, numbers: Sequence[float], what: str) -> list[float]:
    """Return numbers on the scale of the indicator's transform.

    Raises
    ------
    FrameworkError
        If the transform does not take them; `what` they are is said.
    """
    call = indicator.transform
    if call is None:
        return list(numbers)
    try:
        found = treat.transforms.get(call.name).function(as_float(numbers)[:, None], **call.options)
    except DomainError as error:
        raise FrameworkError(f"indicator {indicator.id!r}: {what}: {error}") from None
    listed: list[float] = found.ravel().tolist()
    return listed


def _bent_option(indicators: Sequence[Indicator], name: str, value: Any, takes: str) -> FloatArray:
    """Return an option in units for each indicator, on the scales of their transforms."""
    numbers, own = as_float(value), name in _OWN_AXIS
    said = takes if takes == "goalposts" else name
    shape = (len(indicators), *numbers.shape[numbers.ndim - own :])
    each = np.broadcast_to(numbers, shape)
    bended = [transformed(i, np.ravel(part).tolist(), said) for i, part in zip(indicators, each, strict=True)]
    return np.array(bended).reshape(shape)
