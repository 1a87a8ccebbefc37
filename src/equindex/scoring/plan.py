"""A framework made ready to run: methods looked up and checked, weights and directions as arrays."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate, attainment, equalization, treat, weighting
from equindex._arrays import BoolArray, FloatArray
from equindex._registry import Method
from equindex._summary import Summary
from equindex.errors import DomainError, FrameworkError, MethodError, nearest
from equindex.model import FrameworkFile, MethodCall, Missing, WeightSet
from equindex.scoring.before import (
    imputation_faults,
    imputation_of,
    screening_faults,
    treatment_calls,
    treatment_faults,
)
from equindex.scoring.given import Group, groups_of, transformed
from equindex.scoring.tree import Tree, scale_within, weights_from_leaves, weights_from_set

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What scoring needs of a framework, in arrays; built once by `Plan.of`.

    `local` holds the weights of S, E and D, and `attained` those of A: equal by pillar where `derive` says that
    weights come from the data, and so is `local` until `weighed` puts them in. `treats` are the treatments asked for,
    empty without any; `treatments` what they measured, by base as summaries are, once `treated` has put it in.
    """

    model: FrameworkFile
    tree: Tree
    local: FloatArray
    attained: FloatArray
    derive: MethodCall | None
    total: float
    weighting: str
    direction: FloatArray
    groups: tuple[Group, ...]
    scale: tuple[Any, ...]
    calls: tuple[MethodCall, ...]
    missing: Missing
    imputation: MethodCall | None = None
    treats: tuple[Group, ...] = ()
    treatments: Mapping[str, treat.Treatment] = field(default_factory=dict)

    @classmethod
    def of(cls, model: FrameworkFile, weights: WeightSet | None = None) -> Plan:
        """Look up every method and weight of `model`.

        Raises
        ------
        FrameworkError
            Listing all that does not exist or does not fit together.
        """
        faults: list[str] = []
        tree = Tree.of(model)
        groups: tuple[Group, ...] = ()
        scale: tuple[Any, ...] = ()
        calls: tuple[MethodCall, ...] = ()
        local, total, said = np.ones(len(tree.ids)), 1.0, ""
        derive: MethodCall | None = None
        for step in (
            _check_plain,
            screening_faults,
            imputation_faults,
            treatment_faults,
            _check_equalization,
        ):
            faults += step(model)
        try:
            local, total, said, derive = _weights(model, tree, weights)
        except FrameworkError as error:
            faults.append(str(error))
        try:
            calls = tuple(_for_children(tree, node, call) for node, call in enumerate(_calls(model, tree)))
        except FrameworkError as error:
            faults.append(str(error))
        if model.methods and model.methods.normalise:
            try:
                groups, scale = groups_of(model)
            except FrameworkError as error:
                faults.append(str(error))
        if total != 1.0 and any(call.name != "arithmetic" for call in calls):
            faults.append("a weight set with scale = false needs arithmetic aggregation everywhere.")
        if faults:
            raise FrameworkError("\n".join(dict.fromkeys(faults)))
        return cls(
            model=model,
            tree=tree,
            local=local,
            attained=local,
            derive=derive,
            total=total,
            weighting=said,
            direction=np.array([1.0 if i.direction == "positive" else -1.0 for i in model.indicator]),
            groups=groups,
            scale=scale,
            calls=calls,
            missing=model.methods.missing if model.methods else Missing(),
            imputation=imputation_of(model),
            treats=tuple(
                Group(columns=np.array(columns), method=treat.methods.get(call.name), options=call.options)
                for columns, call in treatment_calls(model)
            ),
        )

    @property
    def rank_decimals(self) -> int | None:
        """Decimals to which scores are rounded before they are ranked; None ranks them unrounded."""
        decimals = self.model.methods.rank_decimals if self.model.methods else "none"
        return None if decimals == "none" else int(decimals)

    @property
    def composite(self) -> bool:
        """Whether the framework asks for a composite index."""
        return bool(self.groups)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Worst and best score, None for scores without bounds."""
        return (self.scale[1], self.scale[2]) if self.scale and self.scale[0] == "bounded" else None

    @property
    def plain(self) -> bool:
        """Whether kernels take the values as they are: none imputed, none treated, no transform, no interval."""
        bent = any(indicator.transform or indicator.best for indicator in self.model.indicator)
        return not (bent or self.treats or self.imputation)

    @property
    def arithmetic(self) -> bool:
        """Whether every node is an arithmetic mean."""
        return all(call.name == "arithmetic" for call in self.calls)

    def prepare(self, x: FloatArray, on: str = "values") -> FloatArray:
        """Return indicator values as kernels take them: interval distances and transforms applied.

        Values that a trapezoid takes stay themselves.

        Parameters
        ----------
        x : ndarray, shape (..., regions, indicators)
            Values on the indicators' original scales.
        on : str
            What `x` is, for the message when a transform refuses it.
        """
        changed = x
        kept = {column for group in self.groups if group.interval for column in group.columns.tolist()}
        for column, indicator in enumerate(self.model.indicator):
            if indicator.transform is None and indicator.best is None:
                continue
            if changed is x:
                changed = x.copy()
            if indicator.transform is not None:
                call = indicator.transform
                function = treat.transforms.get(call.name).function
                try:
                    changed[..., column] = function(changed[..., [column]], **call.options)[..., 0]
                except DomainError as error:
                    error.columns = [column]
                    error.add_note(f"in the {on} of indicator {indicator.id!r}")
                    raise
            if indicator.best is not None and column not in kept:
                low, high = transformed(indicator, indicator.best, "best")
                changed[..., column] = outside(changed[..., column], low, high)
        return changed

    def normalise(self, x: FloatArray, summary: Summary, rows: NDArray[np.intp]) -> FloatArray:
        """Normalise prepared values of these rows of the panel with what `summary` measured."""
        if len(self.groups) == 1:
            return self._normalise(self.groups[0], x, summary, rows)
        z = np.empty_like(x)
        for group in self.groups:
            z[..., group.columns] = self._normalise(
                group, np.ascontiguousarray(x[..., group.columns]), summary, rows
            )
        return z

    def _normalise(self, group: Group, x: FloatArray, summary: Summary, rows: NDArray[np.intp]) -> FloatArray:
        whole = len(group.columns) == len(self.direction)
        measured = summary if whole else summary.take(group.columns)
        by_row = {name: numbers[rows] for name, numbers in group.rows.items()}
        try:
            z: FloatArray = group.method.function(
                x,
                1.0 if group.interval else self.direction[group.columns],
                summary=measured,
                **group.options,
                **by_row,
            )
        except DomainError as error:
            error.columns = group.columns.tolist()
            raise
        return z

    @property
    def ordered(self) -> bool:
        """Whether some normaliser needs the sorted values."""
        return any("ordered" in group.method.traits.get("needs", ()) for group in self.groups)

    def lines(
        self, summary: Summary, x: FloatArray, rows: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray] | None:
        """Slope and intercept of every indicator's normaliser, None if one is not affine on these rows of `x`."""
        slope, intercept = np.empty(len(self.direction)), np.empty(len(self.direction))
        for group in self.groups:
            line = None if group.rows else group.method.traits.get("line")
            measured = summary.take(group.columns)
            try:
                found = line(self.direction[group.columns], measured, **group.options) if line else None
            except DomainError as error:
                error.columns = group.columns.tolist()
                raise
            least = group.method.traits.get("least", -np.inf)
            if found is None or any((x[rows, c] < least).any() for c in group.columns if least > -np.inf):
                return None
            slope[group.columns], intercept[group.columns] = found
        return slope, intercept

    @property
    def by_data(self) -> bool:
        """Whether the data decide the weights of S, E or D."""
        return self.derive is not None and (self.composite or self.model.equalization is not None)

    @property
    def leaves(self) -> list[str]:
        """Ids of the indicators in the framework's order."""
        return [indicator.id for indicator in self.model.indicator]

    @property
    def found(self) -> dict[str, dict[str, float]]:
        """What a provenance says of weights that the data decided; empty where the framework sets them."""
        if not self.by_data:
            return {}
        shares = self.tree.shares(self.local)[self.tree.nodes].tolist()
        return {"derived_weights": dict(zip(self.leaves, shares, strict=True))}

    def treated(self, treatments: Mapping[str, treat.Treatment]) -> Plan:
        """Return the plan with what its treatments measured."""
        return replace(self, treatments=treatments)

    def weighed(self, leaves: FloatArray) -> Plan:
        """Return the plan with these weights from the data, shares of the root of shape (indicators,)."""
        return replace(self, local=weights_from_leaves(self.tree, leaves))

    def among(self, chosen: BoolArray) -> FloatArray:
        """Local weights of the tree of A, pruned to the chosen indicators."""
        leaves = self.tree.shares(self.attained)[self.tree.nodes]
        kept = self.tree.sums(np.where(chosen, 1.0, 0.0)) > 0
        if not (leaves[chosen] > 0).any():
            return scale_within(self.tree, kept.astype(float))
        return scale_within(self.tree, np.where(kept, self.attained, 0.0))


def outside(x: FloatArray, low: float, high: float) -> FloatArray:
    """Distance of `x` from the interval [low, high], 0 inside."""
    return np.maximum(np.maximum(low - x, x - high), 0.0)


def _weights(
    model: FrameworkFile, tree: Tree, weights: WeightSet | None
) -> tuple[FloatArray, float, str, MethodCall | None]:
    """Return local weights, their total, what to call them, and the method that the data have to be asked with."""
    if weights is not None:
        local, total = weights_from_set(tree, weights)
        return local, total, weights.title or weights.id, None
    call = model.methods.weighting if model.methods else None
    keys = {p.id: p.weight for p in model.pillar if p.weight is not None}
    keys |= {i.id: i.weight for i in model.indicator if i.weight is not None}
    if call is None and keys:
        own = WeightSet(id="weight keys of the framework", weights=keys)
        return *weights_from_set(tree, own), "weight keys of the framework", None
    call = call or MethodCall(name="equal")
    method = weighting.methods.get(call.name)
    method.check(call.options)
    ones = np.ones((1, len(model.indicator)))
    if method.traits.get("data_driven"):
        _check_derived(model, method, call)
        leaves = weighting.equal(ones, pillars=tree.paths)
        return weights_from_leaves(tree, leaves), 1.0, f"{call.name}, from the data", call
    leaves = method.function(ones, pillars=tree.paths, **call.options)
    by = call.options.get("by", "pillar")
    return weights_from_leaves(tree, leaves), 1.0, f"{call.name}, by {by}", None


def _check_derived(model: FrameworkFile, method: Method, call: MethodCall) -> None:
    if method.traits.get("weights_per_region"):
        raise FrameworkError(
            f"weighting {call.name!r} gives each region weights of its own, and one set is for all. "
            f'Set aggregate = "{call.name}", in [methods] or at a pillar.'
        )
    required = [n for n, default in method.options.items() if default is inspect.Parameter.empty]
    lacking = [name for name in required if name not in call.options]
    if lacking:
        raise MethodError(f"weighting {call.name!r} needs {', '.join(lacking)}: a number for each indicator.")
    for name in required:
        given = np.size(call.options[name])
        if given not in (1, len(model.indicator)):
            raise MethodError(
                f"weighting {call.name!r}: {name} has {given} numbers for {len(model.indicator)} indicators."
            )
    if method.traits["feed"] == "scores" and not (model.methods and model.methods.normalise):
        raise FrameworkError(f"weighting {call.name!r} weighs scores: it needs [methods] normalise.")


def _calls(model: FrameworkFile, tree: Tree) -> tuple[MethodCall, ...]:
    chosen = model.methods.aggregate if model.methods else MethodCall(name="arithmetic")
    levels = chosen if isinstance(chosen, dict) else {"pillar": chosen, "index": chosen}
    for level in levels:
        if level not in ("pillar", "index"):
            raise FrameworkError(f"methods.aggregate: there is no level {level!r}. Known: pillar, index.")
    own = {pillar.id: pillar.aggregate for pillar in model.pillar if pillar.aggregate}
    plain = MethodCall(name="arithmetic")
    calls = [
        plain if level == "indicator" else own.get(name) or levels.get(level) or plain
        for name, level in zip(tree.ids, tree.levels, strict=True)
    ]
    for call in (*levels.values(), *own.values()):
        method = aggregate.methods.get(call.name)
        method.check({k: v for k, v in call.options.items() if k not in ("missing", "min_coverage")})
        if {"missing", "min_coverage"} & set(call.options):
            raise MethodError(f"aggregate {call.name!r}: missing is set once, by [methods].missing.")
    return tuple(calls)


def _for_children(tree: Tree, node: int, call: MethodCall) -> MethodCall:
    """Return the call with tables of numbers by child as lists in the order of the node's children."""
    named = {option: value for option, value in call.options.items() if isinstance(value, Mapping)}
    if not named or tree.leaf[node] >= 0:
        return call
    children, defaults = (
        [tree.ids[child] for child in tree.children[node]],
        aggregate.methods.get(call.name).options,
    )
    for option, numbers in named.items():
        unknown = [name for name in numbers if name not in children]
        if unknown:
            raise FrameworkError(
                f"in {tree.ids[node]!r}: {option} of {call.name} names {unknown[0]!r}, which is not directly in it. "
                f"{nearest(unknown[0], children)}"
            )
    lists = {o: [numbers.get(child, defaults[o]) for child in children] for o, numbers in named.items()}
    return MethodCall(name=call.name, options=call.options | lists)


def _check_plain(model: FrameworkFile) -> list[str]:
    """Check what the model cannot: names of methods of the steps before normalising."""
    faults: list[str] = []
    for indicator in model.indicator:
        if indicator.transform:
            unknown = _unknown(
                treat.transforms, indicator.transform, f"indicator {indicator.id!r}: transform"
            )
            faults += unknown
            if indicator.best and not unknown:
                try:
                    transformed(indicator, indicator.best, "best")
                except FrameworkError as error:
                    faults.append(str(error))
    faults += _unknown(attainment.methods, MethodCall(name=model.attainment.rule), "attainment.rule")
    return faults


def _check_equalization(model: FrameworkFile) -> list[str]:
    if model.equalization is None:
        return []
    faults: list[str] = []
    for call in (*model.equalization.measures, MethodCall(name=model.equalization.degree)):
        faults += _unknown(equalization.measures, call, "equalization")
    degree = model.equalization.degree
    if (
        degree in equalization.measures
        and equalization.measures.get(degree).traits.get("degree", True) is None
    ):
        faults.append(f"equalization.degree: {degree!r} has no degree; it is reported as itself. Try gini.")
    if model.equalization.reference == "standard" and not any(
        i.standard is not None for i in model.indicator
    ):
        faults.append('equalization.reference = "standard" needs indicators with standard = number.')
    return faults


def _unknown(family: Any, call: MethodCall, where: str) -> list[str]:
    try:
        family.get(call.name).check(call.options)
    except MethodError as error:
        return [f"{where}: {error}"]
    return []
