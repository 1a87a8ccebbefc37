"""Variants of a framework: some keys changed as ``--set`` changes them, or some nodes left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from equindex.errors import FrameworkError
from equindex.framework.core import Framework
from equindex.framework.files import apply_setting
from equindex.model import ROOT
from equindex.schema import Panel
from equindex.scoring import Kept, Scores, scale_within, score
from equindex.tables import Sheet

__all__ = ["Source", "with_settings", "without"]

_TOLD = ("target", "milestone", "statement", "exclude")  # sections whose rows name an indicator
_OF_METHODS = {"methods": None, "attainment": None}  # sections that reading the data does not look at


def with_settings(framework: Framework, settings: Iterable[str]) -> Framework:
    """Return a framework with some keys changed.

    Parameters
    ----------
    framework : Framework
        Stays as it is.
    settings : iterable of str
        As on the command line: ``"normalise=zscore"``, ``"normalise.lower=0"``, ``"attainment.rule=met"``; keys
        without a section are of [methods].

    Returns
    -------
    Framework

    Raises
    ------
    FrameworkError
        If a key or value is wrong, or the methods do not fit together.
    """
    before = _plain(framework.model.model_dump(exclude_defaults=True))
    data = _plain(before)
    for text in settings:
        apply_setting(data, text)
    methods, old = data.pop("methods", {}), before.get("methods", {})
    changes = {key: value for key, value in data.items() if before.get(key) != value}
    changes |= {key: value for key, value in methods.items() if old.get(key) != value}
    return framework.replace(**changes) if changes else framework


def without(framework: Framework, node: str) -> Framework:
    """Return a framework without an indicator, or without a pillar and all below it.

    Parameters
    ----------
    framework : Framework
        Stays as it is.
    node : str
        Id of the indicator or pillar.

    Returns
    -------
    Framework
        Parents that lose all their parts go too; the weight of what goes is shared by its siblings.

    Raises
    ------
    FrameworkError
        If there is no such node, nothing would be left, or the methods do not fit what is left.
    """
    tree = framework.prepared().tree
    if node not in tree.ids[1:]:
        raise FrameworkError(f"there is no indicator or pillar {node!r}.")
    gone = {tree.ids.index(node)}
    for at in range(len(tree.ids)):
        if int(tree.parent[at]) in gone:
            gone.add(at)
    for at in range(len(tree.ids) - 1, 0, -1):
        inside = set(tree.children[at].tolist())
        if inside and inside <= gone:
            gone.add(at)
    names = {tree.ids[at] for at in gone}
    data = _plain(framework.model.model_dump(exclude_defaults=True))
    data["indicator"] = [row for row in data["indicator"] if row["id"] not in names]
    data["pillar"] = [row for row in data.get("pillar", []) if row["id"] not in names]
    if not data["indicator"]:
        raise FrameworkError(f"without {node!r} nothing is left to score.")
    for key in _TOLD:
        if key in data:
            data[key] = [row for row in data[key] if row.get("indicator") not in names]
    kept = framework.weights
    if kept is not None and kept.scope == "global":
        kept = kept.model_copy(update={"weights": _taken_over(framework, names)})
    elif kept is not None:
        left = {name: weight for name, weight in kept.weights.items() if name not in names and name != ROOT}
        kept = kept.model_copy(update={"weights": left}) if left else None
    built = replace(framework, weights=kept)
    return built.replace(
        indicator=data["indicator"], pillar=data["pillar"], **{key: data[key] for key in _TOLD if key in data}
    )


def _taken_over(framework: Framework, gone: Collection[str]) -> dict[str, float]:
    """Return the weights of the indicators that are left, whose siblings' weight they have taken over."""
    plan = framework.prepared()
    tree = plan.tree
    weights = np.where([name in gone for name in tree.ids], 0.0, plan.local)
    shares = tree.shares(scale_within(tree, weights))[tree.nodes] * plan.total
    return {name: share for name, share in zip(plan.leaves, shares.tolist(), strict=True) if name not in gone}


class Source:
    """Data that are read once, and steps that are run once, for many variants of a framework."""

    def __init__(self, framework: Framework, data: Any, panel: Panel | None = None) -> None:
        """Take data, and what the framework itself has read of them if it has."""
        self.framework, self.data = framework, data
        self._panels: list[tuple[Any, Panel]] = [] if panel is None else [(_read_for(framework), panel)]
        self._kept = Kept()

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The tables."""
        return self.framework.sheets(self.data)[0]

    def panel(self, framework: Framework) -> Panel:
        """Return the data as a variant sees them.

        Raises
        ------
        DataError
            With every error of the data.
        """
        key = _read_for(framework)
        for known, panel in self._panels:
            if known == key:
                return panel
        read, findings = framework.observed(self.sheets)
        findings.stop_on_errors()
        assert read is not None
        self._panels.append((key, read))
        return read

    def score(self, framework: Framework, wanted: Collection[str]) -> Scores:
        """Score a variant, running only the steps that none before it had in common; arguments as of `scoring.score`.

        Raises
        ------
        DataError, DomainError, FrameworkError
            If data, values and methods do not fit.
        """
        return score(framework.prepared(), self.panel(framework), wanted=wanted, kept=self._kept)


def _read_for(framework: Framework) -> object:
    """Return what reading the data looks at: of the methods, groups, regions by name and another table."""
    methods = framework.model.methods
    screen, options = methods and methods.screen, methods.impute.options if methods else {}
    named = screen and (screen.keep, screen.drop)
    rest = framework.model.model_copy(update=_OF_METHODS)
    return rest, options.get("by"), options.get("max_age"), framework.deck, named


def _plain(value: Any) -> Any:
    """Copy a model's content, methods as files write them: their options beside their names."""
    if isinstance(value, Mapping):
        if set(value) == {"name", "options"}:
            value = {"name": value["name"], **value["options"]}
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
