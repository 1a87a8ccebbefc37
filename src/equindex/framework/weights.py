"""Weight sets made from judgements, from other sets, and from what a framework derives from data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equindex._arrays import FloatArray, one_of
from equindex.errors import DataError, DomainError, FrameworkError, MethodError, nearest
from equindex.framework.core import Framework
from equindex.framework.files import read_weights
from equindex.framework.naming import name_experts, name_judgements
from equindex.framework.weightfile import Scope, made
from equindex.model import ROOT, WeightSet
from equindex.scoring.tree import weights_from_set
from equindex.tables import Database
from equindex.tables.judgements import Comparisons, read_comparisons, read_points
from equindex.weighting import combine
from equindex.weighting.experts import Ahp, Revision, ahp, revisions
from equindex.weighting.panels import Concordance, Panel, budget, concordance, rank_order, swing

__all__ = [
    "Blended",
    "Compared",
    "Matrix",
    "Polled",
    "as_ratio",
    "by_combination",
    "by_comparison",
    "by_data",
    "by_panel",
    "told",
]

_WHOLE = 0.02  # how far the weights of one group of siblings may be from 1 or 100: rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The comparisons of the elements below one parent; empty `parent` where none is named."""

    parent: str
    labels: tuple[str, ...]
    experts: tuple[str, ...]
    found: Ahp
    worst: tuple[tuple[str, Revision], ...]
    """For each expert, or the group, the judgement that hurts consistency most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A weight set from pairwise comparisons."""

    weights: WeightSet
    matrices: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A weight set from a panel."""

    weights: WeightSet
    labels: tuple[str, ...]
    experts: tuple[str, ...]
    panel: Panel
    concordance: Concordance | None
    """None for one expert or element, and where every expert ties everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blended:
    """A weight set from others."""

    weights: WeightSet
    labels: tuple[str, ...]
    sets: tuple[str, ...]
    given: FloatArray
    """Shape (sets, elements), each summing to 1."""
    found: combine.Combined


def by_comparison(
    files: Sequence[str | Path],
    *,
    framework: Framework | None = None,
    method: str = "eigenvector",
    group: str = "judgements",
    table: str = "saaty",
    scale: float = 9.0,
    accept: float = 0.10,
    scope: Scope = "local",
) -> Compared:
    """Derive a weight set from files of pairwise comparisons (AHP, 层次分析法).

    Parameters
    ----------
    files : sequence of path
        As `tables.judgements.read_comparisons` takes them.
    framework : Framework, optional
        What the names in the files mean; else they are taken for ids.
    method, group, table, scale, accept
        As for `weighting.experts.ahp`.
    scope : {"local", "global"}
        Whether the elements are siblings, or all the indicators of the framework.

    Returns
    -------
    Compared

    Raises
    ------
    DataError
        If a file cannot be read, or experts judge different elements.
    DomainError
        If judgements do not fit or contradict each other, naming those that do.
    FrameworkError
        If a name is no node of the framework, or siblings are left out.
    """
    read = read_comparisons(files)
    matrices = []
    weights: dict[str, float] = {}
    for parent in dict.fromkeys(part.parent for part in read):
        parts = [part for part in read if part.parent == parent]
        labels = parts[0].labels
        stacked = np.stack([_aligned(part, labels, framework) for part in parts])
        names = tuple(part.expert for part in parts)
        try:
            found = ahp(stacked, method=method, group=group, table=table, scale=scale, accept=np.inf)
            worst = _worst(stacked, names, table, scale)
            _accept(found, names, labels, worst, parent, accept)
        except DomainError as error:
            name_judgements(error, stacked, labels, names)
            raise
        matrices.append(Matrix(parent=parent, labels=labels, experts=names, found=found, worst=worst))
        ids = _ids(labels, framework)
        _check_parent(parent, ids, framework)
        twice = [name for name in ids if name in weights]
        if twice:
            raise DataError(f"{twice[0]!r} is compared below several parents. Name it below one.")
        weights |= dict(zip(ids, found.weights.tolist(), strict=True))
    worst_ratio = max(matrix.found.ratio for matrix in matrices)
    many = max(len(matrix.experts) for matrix in matrices)
    said = f"AHP, method={method}, random index={table}, scale={scale:g}, accept={accept:g}"
    said += f", {many} experts, group={group}" if many > 1 else ""
    result = made(weights, files, f"{said}; consistency ratio {worst_ratio:.3f}", scope, "AHP")
    _check(result, framework)
    return Compared(weights=result, matrices=tuple(matrices))


def by_panel(
    file: str | Path,
    *,
    framework: Framework | None = None,
    kind: str = "points",
    scheme: str = "centroid",
    centre: str = "mean",
    trim: float = 0.1,
    total: float | None = None,
    rescale: bool = False,
    scope: Scope = "local",
) -> Polled:
    """Derive a weight set from what a panel of experts allocates, ranks or swings.

    Parameters
    ----------
    file : path
        As `tables.judgements.read_points` takes it.
    framework : Framework, optional
        What the names in the file mean; else they are taken for ids.
    kind : {"points", "ranks", "swings"}
        What the numbers are. Ranks become shares by `scheme`, swings by their sum.
    scheme, centre, trim, total, rescale
        As for `weighting.panels.rank_order` and `budget`.
    scope : {"local", "global"}
        Whether the elements are siblings, or all the indicators of the framework.

    Returns
    -------
    Polled

    Raises
    ------
    DataError
        If the file cannot be read.
    DomainError
        If the numbers do not fit, naming the experts.
    FrameworkError
        If a name is no node of the framework, or siblings are left out.
    """
    one_of("kind", kind, ("points", "ranks", "swings"))
    read = read_points(file)
    values = read.values
    said = f"{kind} of {len(read.experts)} expert{'s' if len(read.experts) > 1 else ''}, {centre}"
    said += f", trim={trim:g}" if centre == "trimmed" else ""
    try:
        if kind == "ranks":
            values = rank_order(values, scheme=scheme)
            said += f", scheme={scheme}"
        elif kind == "swings":
            values = swing(values)
        elif rescale:
            said += ", rescaled"
        points = kind == "points"  # all others sum to 1
        panel = budget(
            values, centre=centre, trim=trim, total=total if points else None, rescale=rescale and points
        )
    except DomainError as error:
        name_experts(error, read.experts)
        raise
    try:
        agreed = concordance(values)
    except DomainError:
        agreed = None
    weights = dict(zip(_ids(read.labels, framework), panel.weights.tolist(), strict=True))
    result = made(weights, [file], said, scope, "Panel")
    _check(result, framework)
    return Polled(weights=result, labels=read.labels, experts=read.experts, panel=panel, concordance=agreed)


def by_combination(
    files: Sequence[str | Path],
    *,
    framework: Framework | None = None,
    method: str = "game",
    shares: Sequence[float] | None = None,
) -> Blended:
    """Combine weight sets into one (组合赋权).

    Parameters
    ----------
    files : sequence of path
        Weight sets of the same nodes.
    framework : Framework, optional
        Where the sets have pillars: each is multiplied down the tree, and the shares of the indicators are
        combined. Without one, each set must be one group of siblings, or global.
    method : {"game", "linear", "multiplicative"}
        As in `weighting.combine`.
    shares : sequence of float, optional
        Of each set for "linear", powers for "multiplicative"; equal (for powers 1) when left out.

    Returns
    -------
    Blended
        Global with a framework or global sets, else local.

    Raises
    ------
    FrameworkError
        If the sets name different nodes, or several groups of siblings without a framework.
    DomainError
        If they cannot be combined.
    """
    one_of("method", method, ("game", "linear", "multiplicative"))
    if len(files) < 2:
        raise FrameworkError("a combination needs two weight sets or more. Name another file.")
    if method == "game" and shares is not None:
        raise FrameworkError(
            "the game-theory combination finds the shares itself. Leave them out, or use linear."
        )
    sets = [read_weights(file) for file in files]
    scope: Scope = "global"
    if framework is not None:
        labels, rows = _leaves(sets, framework)
    else:
        scope = "global" if all(one.scope == "global" for one in sets) else "local"
        labels, rows = _siblings(sets, files, scope)
    given = np.array(rows, dtype=np.float64)
    if method == "game":
        found = combine.game(given)
    elif method == "linear":
        found = combine.linear(given, shares)
    else:
        found = combine.multiplicative(given, shares)
    word = "powers" if method == "multiplicative" else "coefficients"
    said = f"{method} combination, {word} {', '.join(f'{a:.6g}' for a in found.coefficients)}"
    weights = dict(zip(labels, found.weights.tolist(), strict=True))
    result = made(weights, files, said, scope, "Combination")
    return Blended(
        weights=result,
        labels=tuple(labels),
        sets=tuple(one.id for one in sets),
        given=given / given.sum(axis=1, keepdims=True),
        found=found,
    )


def by_data(framework: Framework, data: str | Path | Database, *, method: Any) -> WeightSet:
    """Derive a weight set from data, by a weighting method.

    Parameters
    ----------
    framework : Framework
        Its indicators are weighted.
    data : path
        What its values are.
    method : str or mapping
        As ``[methods] weighting``: a name, or a table of the name and options.

    Returns
    -------
    WeightSet
        Global: the shares of the indicators.

    Raises
    ------
    FrameworkError
        If the method does not exist.
    DataError, DomainError
        If the data do not suit it.
    """
    try:
        chosen = framework.replace(weighting=method)
    except FrameworkError as error:
        raise type(error)(str(error).removeprefix("replace:").strip()) from None
    call = chosen.model.methods.weighting if chosen.model.methods else None
    if call is None or chosen.weights is not None:
        raise FrameworkError(f"{method!r} is a weight file; to see it: equindex weights show.")
    scores = chosen.score(data)
    table = scores.weights
    leaves = table[table["level"] == "indicator"]
    weights = dict(zip(leaves["node"].tolist(), leaves["global"].tolist(), strict=True))
    known = scores.provenance["data"]["digests"]
    return made(weights, [], f"{call} for framework {framework.model.id}", "global", "Derived", known=known)


# --- Names ---------------------------------------------------------------------------------------------


def _ids(labels: Iterable[str], framework: Framework | None) -> list[str]:
    """Return the ids of nodes that are called by id or name."""
    names = list(labels)
    if framework is None:
        return names
    model = framework.model
    nodes = [(p.id, p.name, p.name_en) for p in model.pillar]
    nodes += [(i.id, i.name, i.name_en) for i in model.indicator]
    known: dict[str, set[str]] = {}
    for node, *words in nodes:
        for word in filter(None, words):
            known.setdefault(word, set()).add(node)
    known |= {node: {node} for node, *_ in nodes}
    faults = [
        f"{name!r} names several nodes: {', '.join(sorted(known[name]))}"
        if name in known
        else f"no node {name!r}. {nearest(name, known)}"
        for name in names
        if len(known.get(name, ())) != 1
    ]
    if faults:
        raise FrameworkError(f"{framework.model.id}: " + "\n  ".join(faults))
    return [next(iter(known[name])) for name in names]


def _check(weights: WeightSet, framework: Framework | None) -> None:
    """Raise FrameworkError where a weight set does not fit the tree, or would be scaled within several pillars."""
    if framework is None:
        return
    tree = framework.prepared().tree
    weights_from_set(tree, weights)
    parents = {int(tree.parent[tree.ids.index(node)]) for node in weights.weights}
    total = sum(weights.weights.values())
    if weights.scope == "local" and len(parents) > 1 and abs(total - 1) < _WHOLE:
        where = ", ".join(repr(tree.ids[parent]) for parent in sorted(parents))
        raise FrameworkError(
            f"these nodes stand below several parents ({where}), so what they share is no local weight. With all "
            "indicators: --scope global; else judge the children of each parent apart."
        )


def _check_parent(parent: str, ids: Iterable[str], framework: Framework | None) -> None:
    """Raise FrameworkError where elements do not stand below the parent that the file names."""
    if framework is None or not parent:
        return
    model, tree = framework.model, framework.prepared().tree
    own = ROOT if parent in (ROOT, model.title, model.title_en) else _ids([parent], framework)[0]
    odd = [name for name in ids if tree.ids[tree.parent[tree.ids.index(name)]] != own]
    if odd:
        raise FrameworkError(
            f"{', '.join(map(repr, odd))} does not stand below {parent!r}. Mend the column parent."
        )


def _aligned(part: Comparisons, labels: tuple[str, ...], framework: Framework | None) -> FloatArray:
    own, wanted = _ids(part.labels, framework), _ids(labels, framework)
    if set(own) != set(wanted):
        odd = sorted(set(own) ^ set(wanted))
        raise DataError(
            f"experts judge different elements: {', '.join(map(repr, odd))} is not in every table. Complete them."
        )
    order = [own.index(name) for name in wanted]
    return np.asarray(part.values[np.ix_(order, order)])


# --- Consistency ---------------------------------------------------------------------------------------


def _worst(
    stacked: FloatArray, names: Sequence[str], table: str, scale: float
) -> tuple[tuple[str, Revision], ...]:
    rows = []
    for name, values in zip(names, stacked, strict=True):
        found = revisions(values, table=table, scale=scale)
        rows += [(name, found[0])] if found else []
    return tuple(rows)


def _accept(
    found: Ahp,
    names: Sequence[str],
    labels: Sequence[str],
    worst: Iterable[tuple[str, Revision]],
    parent: str,
    accept: float,
) -> None:
    """Refuse what contradicts itself, naming for each expert the judgement that hurts most."""
    if not accept >= 0:
        raise MethodError(f"accept is a consistency ratio of at least 0, not {accept!r}.")
    above = [k for k in range(len(names)) if found.expert_ratio[k] > accept]
    if not above and not found.ratio > accept:
        return
    ratios = [f"{names[k]} {found.expert_ratio[k]:.3f}" for k in above]
    if len(names) == 1 or not above:
        ratios = [f"{found.ratio:.3f}"]
    error = DomainError(
        f"the judgements{f' below {parent!r}' if parent else ''} contradict each other: consistency ratio "
        f"{', '.join(ratios)}, above {accept:g}. Revise them, or accept more with --accept."
    )
    for name, revision in worst:
        if name in [names[k] for k in above]:
            error.add_note(f"{name}: {told(revision, labels)}")
    raise error


def told(revision: Revision, labels: Sequence[str]) -> str:
    """Say what one judgement is and what it would have to be."""
    a, b = labels[revision.row], labels[revision.column]
    return (
        f"{a} against {b} is {as_ratio(revision.given)}; the others imply {as_ratio(revision.consistent)}, with which "
        f"the ratio is {revision.ratio:.3f}"
    )


def as_ratio(value: float) -> str:
    """Print a judgement as experts write it.

    Examples
    --------
    >>> as_ratio(1 / 3), as_ratio(0.4), as_ratio(6.0)
    ('1/3', '1/2.5', '6')
    """
    return f"{value:.3g}" if value >= 1 else f"1/{1 / value:.3g}"


# --- Combination ---------------------------------------------------------------------------------------


def _leaves(sets: Sequence[WeightSet], framework: Framework) -> tuple[list[str], list[list[float]]]:
    """Return the shares of the root that each set gives the indicators."""
    tree = framework.prepared().tree
    labels = [tree.ids[node] for node in tree.nodes]
    rows = [tree.shares(weights_from_set(tree, one)[0])[tree.nodes].tolist() for one in sets]
    return labels, rows


def _siblings(
    sets: Sequence[WeightSet], files: Sequence[str | Path], scope: Scope
) -> tuple[list[str], list[list[float]]]:
    """Return the weights of sets that name the same nodes, one group of siblings or all leaves."""
    labels = list(sets[0].weights)
    for one, file in zip(sets, files, strict=True):
        odd = sorted(set(labels) ^ set(one.weights))
        if odd:
            raise FrameworkError(
                f"{Path(file).name} and {Path(files[0]).name} name different nodes: {', '.join(map(repr, odd[:10]))}. "
                "Complete them, or name the framework with --framework."
            )
        total = sum(one.weights.values())
        if scope == "local" and min(abs(total - 1), abs(total / 100 - 1)) > _WHOLE:
            raise FrameworkError(
                f"{Path(file).name} is local and sums to {total:.6g}, so it holds several groups of siblings. Name the "
                "framework with --framework."
            )
    return labels, [[one.weights[name] for name in labels] for one in sets]
