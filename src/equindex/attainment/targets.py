"""Values against targets of every kind that plan tables print."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float
from equindex._registry import Family
from equindex.errors import DomainError

__all__ = ["REASONS", "STATUSES", "Attained", "Targets", "attain", "methods"]

methods = Family("attainment")

STATUSES = ("met", "not_met", "breach", "at_limit", "bound_only", "not_started", "unscored")
_MET, _NOT_MET, _BREACH, _AT_LIMIT, _BOUND_ONLY, _NOT_STARTED, _UNSCORED = np.arange(7, dtype=np.int8)

REASONS = (
    "",
    "no value",
    "no target",
    "the plan has not started",
    "the bound does not decide",
    "a ratio needs a value and a target of 0 or more",
    "no baseline",
    "no floor",
    "the floor is not on the worse side of the target",
    "no goalposts",
)
_NO_VALUE, _NO_TARGET, _EARLY, _UNDECIDED, _NO_RATIO, _NO_BASELINE, _NO_FLOOR, _BAD_FLOOR, _NO_GOALPOSTS = (
    np.arange(1, 10, dtype=np.int8)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Sets of values to reach, and what the rules need beside them; every field broadcasts to the values.

    A target is the set from `low` to `high`: ≥97 is 97 to inf, ≤4 is -inf to 4, 30-40 is 30 to 40; NaN where
    there is none. With one end open the other is the target T; with two ends the target is an interval.
    Strict ends (＞90, <4) do not belong to the set. An `approximate` target (左右) is met within `tolerance`
    of T, strict or not; attainment still uses T. A `cumulative` one ([60]) is for a value accumulated since
    the plan began.

    `baseline` is the value at the start, with its bounds where only they are known (<4 is -inf to 4). `floor`
    is where efficacy60 gives 60 points; `limit_low` and `limit_high` are where the ratio of an interval has
    fallen to 0.
    """

    low: ArrayLike
    high: ArrayLike
    strict_low: ArrayLike = False
    strict_high: ArrayLike = False
    approximate: ArrayLike = False
    tolerance: ArrayLike = 0.05
    cumulative: ArrayLike = False
    baseline: ArrayLike = np.nan
    baseline_low: ArrayLike | None = None
    baseline_high: ArrayLike | None = None
    floor: ArrayLike = np.nan
    limit_low: ArrayLike = np.nan
    limit_high: ArrayLike = np.nan
    goalpost_low: ArrayLike = np.nan
    goalpost_high: ArrayLike = np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """What `attain` found, each array of the shape of the values.

    `attainment` lies from 0 to the cap; `uncapped` is the same before clipping. `met` is 1, 0 or NaN
    (unknown). `status` indexes `STATUSES`: how the value stands to the target, whatever the rule. `reason`
    indexes `REASONS`: why `attainment` is NaN, 0 where it is not.
    """

    attainment: FloatArray
    uncapped: FloatArray
    met: FloatArray
    status: NDArray[np.int8]
    reason: NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Values and targets, with what every rule asks: which end a value is judged by, is it between them."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    interval: BoolArray
    above: BoolArray  # judged by the high end: lower is better, or too high for an interval
    within: BoolArray  # inside an interval
    end: FloatArray  # T

    def worse(self, low: ArrayLike, high: ArrayLike) -> FloatArray:
        """Return the one on the worse side of the end that the value is judged by."""
        return np.where(self.above, high, low)

    def share(self, start: FloatArray) -> FloatArray:
        """Return the share of the way from `start` to T, 0 where `start` is not worse than T."""
        way = (self.x - start) / (self.end - start)
        return np.where(np.where(self.above, start <= self.end, start >= self.end), 0.0, way)


def attain(
    x: ArrayLike,
    targets: Targets,
    direction: ArrayLike = 1,
    *,
    rule: str = "ratio",
    cap: float = 100.0,
    x_low: ArrayLike | None = None,
    x_high: ArrayLike | None = None,
    x_low_strict: ArrayLike = False,
    x_high_strict: ArrayLike = False,
    started: ArrayLike = True,
) -> Attained:
    """Measure values against targets of any kind.

    In Chinese: 目标实现程度.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values; where only a bound is known, the number printed. Cumulative targets: the accumulated value.
    targets : Targets
        What to reach.
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 for an interval. Only the rule goalposts asks:
        for the others the target says itself on which side it lies.
    rule : str
        Name in `methods`.
    cap : float
        Largest attainment. [0-100 scale]
    x_low, x_high : array_like, optional
        Where only a bound is known, the interval of the value (≥98 is 98 to inf); elsewhere `x` itself.
    x_low_strict, x_high_strict : array_like of bool
        Whether these ends do not belong to the interval (<4: `x_high_strict`).
    started : array_like of bool
        False before the first plan year: cumulative targets are not scored.

    Returns
    -------
    Attained
        Attainment, uncapped attainment, met, status and reason.

    Raises
    ------
    DomainError
        If a target, its limits or goalposts are out of order.
    MethodError
        If there is no such rule.

    Notes
    -----
    A target that equals the baseline, or was passed by it, is to be maintained: 100 while it is met; if it is
    not, the status is breach, and progress, which would divide by the lost lead, gives the ratio. Cumulative
    targets are never maintained and start from 0, so their progress is the ratio too.

    Where the bound of a value does not decide whether the target is met, `met` is NaN and the rule met gives
    NaN; the other rules use the number printed, and the status bound_only flags it. Values within one part in
    10¹² of an end are at it: rates computed from counts carry rounding.

    Examples
    --------
    >>> kept = Targets(low=90, high=np.inf, strict_low=True, baseline=90.79)
    >>> result = attain([89.0, 90.0, 91.0], kept, rule="progress")
    >>> result.attainment.round(2), [STATUSES[i] for i in result.status]
    (array([ 98.89, 100.  , 100.  ]), ['breach', 'at_limit', 'met'])
    """
    methods.get(rule)
    _check(targets)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        case = _case(x, targets)
        x, low, high = case.x, case.low, case.high
        x_ends = _ends(x, x_low, x_high, case)
        strict_low, strict_high = np.asarray(targets.strict_low), np.asarray(targets.strict_high)
        about = np.asarray(targets.approximate)
        reached = _reached(
            (np.where(about, _loose(low, -1, targets), low), np.where(about, _loose(high, 1, targets), high)),
            (strict_low & ~about, strict_high & ~about),
            x_ends,
            (np.asarray(x_low_strict), np.asarray(x_high_strict)),
        )
        baseline = _snap(as_float(targets.baseline), low, high)
        first, last = _ends(baseline, targets.baseline_low, targets.baseline_high, case)
        cumulative = np.asarray(targets.cumulative)
        maintain = ~cumulative & (first >= low) & (last <= high)

        if rule == "met":
            uncapped, why = 100 * reached, np.asarray(_UNDECIDED)
        elif rule == "progress":
            uncapped, why = _progress(case, targets, baseline, maintain | cumulative)
        elif rule == "efficacy60":
            uncapped, why = _efficacy60(case, targets)
        elif rule == "goalposts":
            uncapped, why = _goalposts(case, targets, as_float(direction))
        else:
            uncapped, why = _ratio(case, targets), np.asarray(_NO_RATIO)

    no_target = np.isnan(low) | np.isnan(high) | (np.isinf(low) & np.isinf(high))
    early = cumulative & ~np.asarray(started)
    blank = no_target | early | np.isnan(x)
    held = maintain & (reached == 1)
    at_limit = (strict_low & (x == low)) | (strict_high & (x == high))
    at_limit &= ~about & (x_ends[0] == x_ends[1])

    reached = np.where(blank, np.nan, reached)
    uncapped = np.where(blank, np.nan, np.where(held & np.isnan(uncapped), 100.0, uncapped))
    attainment = np.where(held & ~blank, min(100.0, cap), uncapped.clip(0.0, cap))
    status = np.select(
        [blank & early & ~no_target, blank, reached == 1, at_limit, np.isnan(reached), maintain],
        [_NOT_STARTED, _UNSCORED, _MET, _AT_LIMIT, _BOUND_ONLY, _BREACH],
        _NOT_MET,
    )
    why = np.select([no_target, early, np.isnan(x)], [_NO_TARGET, _EARLY, _NO_VALUE], why)
    return Attained(
        attainment=attainment,
        uncapped=uncapped,
        met=reached,
        status=status,
        reason=np.where(np.isnan(attainment), why, np.int8(0)),
    )


def _check(targets: Targets) -> None:
    """Refuse ends, limits and goalposts that are out of order."""
    order = (("low", "high"), ("limit_low", "low"), ("high", "limit_high"), ("goalpost_low", "goalpost_high"))
    for first, second in order:
        a, b = as_float(getattr(targets, first)), as_float(getattr(targets, second))
        wrong = a >= b if first == "goalpost_low" else a > b
        if wrong.any():
            raise DomainError(
                f"{first} of {wrong.sum()} of {wrong.size} targets is not below {second}. Swap them: the "
                "smaller number is the low one, whether higher or lower is better."
            )


def _snap(x: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return `x` put on an end of its target where only rounding keeps it off."""
    for end in (low, high):
        near = np.abs(x - end) <= np.where(np.isinf(end), -1.0, 1e-12 * np.abs(end))
        x = np.where(near, end, x) if near.any() else x
    return x


def _ends(
    x: FloatArray, low: ArrayLike | None, high: ArrayLike | None, case: _Case
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of values, the values themselves where none are given."""
    first, last = (x if end is None else _snap(as_float(end), case.low, case.high) for end in (low, high))
    return first, last


def _loose(end: FloatArray, sign: int, targets: Targets) -> FloatArray:
    """Return an end moved outwards by the tolerance."""
    return np.where(np.isinf(end), end, end + sign * as_float(targets.tolerance) * np.abs(end))


def _case(x: ArrayLike, targets: Targets) -> _Case:
    x, low, high = as_float(x), as_float(targets.low), as_float(targets.high)
    x = _snap(np.broadcast_to(x, np.broadcast_shapes(x.shape, low.shape, high.shape)), low, high)
    interval = np.isfinite(low) & np.isfinite(high)
    above = np.where(interval, x > high, np.isneginf(low))
    return _Case(
        x=x,
        low=low,
        high=high,
        interval=interval,
        above=above,
        within=interval & (x >= low) & (x <= high),
        end=np.where(above, high, low),
    )


def _reached(
    target: tuple[FloatArray, FloatArray],
    strict: tuple[BoolArray, BoolArray],
    x: tuple[FloatArray, FloatArray],
    strict_x: tuple[BoolArray, BoolArray],
) -> FloatArray:
    """Return 1 where all possible values lie inside the target, 0 where all lie outside, else NaN."""
    (low, high), (strict_low, strict_high) = target, strict
    (x_low, x_high), (strict_x_low, strict_x_high) = x, strict_x
    inside = (x_low > low) | ((x_low == low) & (strict_x_low | ~strict_low))
    inside = inside & ((x_high < high) | ((x_high == high) & (strict_x_high | ~strict_high)))
    outside = (x_high < low) | ((x_high == low) & (strict_low | strict_x_high))
    outside = outside | (x_low > high) | ((x_low == high) & (strict_high | strict_x_low))
    return np.where(inside, 1.0, np.where(outside, 0.0, np.nan))


def _ratio(case: _Case, targets: Targets) -> FloatArray:
    whole = np.where(case.above, case.x, case.end)
    value = np.where(whole == 0, 100.0, 100 * np.where(case.above, case.end, case.x) / whole)
    value = np.where((case.x < 0) | (case.end < 0), np.nan, value)
    limit = case.worse(targets.limit_low, targets.limit_high)
    value = np.where(case.interval & ~np.isnan(limit), 100 * case.share(limit), value)
    return np.where(case.within, 100.0, value)


def _progress(
    case: _Case, targets: Targets, baseline: FloatArray, by_ratio: BoolArray
) -> tuple[FloatArray, NDArray[np.int8]]:
    def short(x: FloatArray) -> FloatArray:
        """Return how far `x` falls short of its target."""
        outside = np.maximum(np.maximum(case.low - x, x - case.high), 0.0)
        return np.where(case.interval, outside, np.where(case.above, x - case.end, case.end - x))

    start = short(baseline)
    value = np.where(start > 0, 100 * (start - short(case.x)) / start, np.nan)
    value = np.where(by_ratio, _ratio(case, targets), value)
    why = np.where(by_ratio, _NO_RATIO, np.where(np.isnan(baseline), _NO_BASELINE, _UNDECIDED))
    return value, why


def _efficacy60(case: _Case, targets: Targets) -> tuple[FloatArray, NDArray[np.int8]]:
    floor = as_float(targets.floor)
    meant = np.where(case.above, floor > case.high, floor < case.low) | (~case.interval & ~np.isnan(floor))
    floor = np.where(meant, floor, case.worse(targets.goalpost_low, targets.goalpost_high))
    usable = np.where(case.above, floor > case.end, floor < case.end)
    value = np.where(usable, 60 + 40 * case.share(floor), np.nan)
    return np.where(case.within, 100.0, value), np.where(np.isnan(floor), _NO_FLOOR, _BAD_FLOOR)


def _goalposts(case: _Case, targets: Targets, direction: FloatArray) -> tuple[FloatArray, NDArray[np.int8]]:
    low, high = as_float(targets.goalpost_low), as_float(targets.goalpost_high)
    way = np.where(direction > 0, case.x - low, high - case.x) / (high - low)
    between = np.where(case.within, 1.0, case.share(case.worse(low, high)))
    value = 100 * np.where(direction == 0, between, way)
    return np.where(np.isnan(low) | np.isnan(high), np.nan, value), np.asarray(_NO_GOALPOSTS)
