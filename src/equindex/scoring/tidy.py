"""Columns of tidy tables: labels as categoricals, whole numbers and truth values that may be missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.model import Missing
from equindex.scoring.tree import Rolled, Tree

__all__ = ["categorical", "reasons", "tiled", "truth", "unscored", "whole", "worded"]


def categorical(codes: Any, words: Sequence[str]) -> Any:
    """Return labels by code, -1 where there is none; millions of rows cost a few bytes each."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, pd.Index(list(words), dtype=object))


def tiled(labels: Sequence[str], times: int) -> Any:
    """Repeat a row of labels."""
    words = list(dict.fromkeys(labels))
    return categorical(np.tile([words.index(label) for label in labels] or np.empty(0, int), times), words)


def whole(values: Any, absent: Any = None) -> Any:
    """Return whole numbers that may be missing; floats are missing where they are NaN."""
    import pandas as pd

    absent = np.isnan(values) if absent is None else absent
    return pd.arrays.IntegerArray(np.where(absent, 0, values).astype(np.int64), absent)


def truth(values: Any, absent: Any = None) -> Any:
    """Return truth values that may be missing; floats are missing where they are NaN."""
    import pandas as pd

    absent = np.isnan(values) if absent is None else absent
    return pd.arrays.BooleanArray(np.where(absent, False, values).astype(bool), absent)


def worded(codes: NDArray[Any], words: Sequence[str]) -> Any:
    """Return words, which may repeat, by code; -1 is empty text."""
    place = {word: code for code, word in enumerate(dict.fromkeys(["", *words]))}
    return categorical(np.array([*(place[word] for word in words), 0])[codes], list(place))


def unscored(tree: Tree, rolled: Rolled, missing: Missing, row: int, node: int) -> str:
    """Say why a pillar or the index has no score in a row."""
    if rolled.score.shape[1] > 1:
        inside = tree.children[node]
        absent = [tree.ids[child] for child in inside if np.isnan(rolled.score[row, child])]
        if len(absent) == len(inside):
            return "nothing below has a score"
        if missing.rule == "propagate":
            return f"missing: {', '.join(absent)}"
    if missing.rule == "propagate":
        return "an indicator is missing"
    coverage = rolled.coverage[row, node]
    if coverage >= missing.min_coverage:
        return (
            "coupling needs two scored parts with weight"
            if coverage > 0
            else "only parts without weight have a score"
        )
    return f"coverage {coverage:.2f} is below {missing.min_coverage:g}"


def reasons(
    tree: Tree,
    rolled: Rolled,
    missing: Missing,
    rows: NDArray[np.intp],
    nodes: Sequence[int],
    leaf: Callable[[int, NDArray[np.intp]], list[str]],
    told: Mapping[int, str] | None = None,
) -> Any:
    """Return why each score is missing, empty where it is not, over rows and nodes.

    Parameters
    ----------
    rows : ndarray of int
        The rows of `rolled` that a table shows.
    nodes : sequence of int
        The nodes that it shows.
    leaf : callable
        ``leaf(indicator, rows)`` says why an indicator has no score in these rows.
    told : mapping of str, optional
        Rows of `rolled` that have no scores at all, with the reason.
    """
    words: dict[str, int] = {"": 0}
    codes = np.zeros((len(rows), len(nodes)), dtype=np.int32)
    for place, node in enumerate(nodes):
        at = np.flatnonzero(np.isnan(rolled.score[rows, node]))
        if not at.size:
            continue
        if tree.leaf[node] >= 0:
            said = leaf(int(tree.leaf[node]), rows[at])
        else:
            said = _alike(tree, rolled, missing, rows[at], node)
        if told:
            said = [told.get(row, word) for row, word in zip(rows[at].tolist(), said, strict=True)]
        codes[at, place] = [words.setdefault(word, len(words)) for word in said]
    return categorical(codes.ravel(), list(words))


def _alike(tree: Tree, rolled: Rolled, missing: Missing, rows: NDArray[np.intp], node: int) -> list[str]:
    """Say it once for all rows that lack the same parts."""
    pattern: FloatArray = np.round(rolled.coverage[rows][:, [node]], 2)
    if rolled.score.shape[1] > 1:
        pattern = np.column_stack([pattern, np.isnan(rolled.score[rows][:, tree.children[node]])])
    _, first, inverse = np.unique(pattern, axis=0, return_index=True, return_inverse=True)
    said = [unscored(tree, rolled, missing, int(rows[k]), node) for k in first]
    return [said[k] for k in inverse.ravel()]
