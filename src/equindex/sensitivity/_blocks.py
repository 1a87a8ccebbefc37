"""Draws as they come: checked blocks of weights or scores, and scores that do not depend on the order of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, blocks, refused_cells
from equindex.errors import DomainError, MethodError

__all__ = ["UNSURE", "Blocks", "matrix", "scores_of", "share_of", "weight_blocks", "whole_blocks"]

Blocks = ArrayLike | Iterator[FloatArray]

UNSURE = 2.0**-36  # of the range: scores closer than this are compared without BLAS
_CELLS = 1 << 20


def matrix(x: ArrayLike, name: str, axes: str) -> FloatArray:
    """Return `x` with two axes and without infinite values, or say what is wrong."""
    found = as_float(x)
    if found.ndim != 2:
        raise MethodError(f"{name} needs two axes, {axes}, but its shape is {found.shape}.")
    bad = np.isinf(found)
    if bad.any():
        raise refused_cells(f"{name} must be finite", found, bad, "Mend what gives them.")
    return np.ascontiguousarray(found)


def whole_blocks(x: Blocks, name: str, columns: str) -> Iterator[FloatArray]:
    """Yield the blocks of draws, finite and all of one width, that hold any draw."""
    width: int | None = None
    for block in x if isinstance(x, Iterator) else iter([x]):
        found = matrix(block, name, f"(draws, {columns})")
        if width is not None and found.shape[1] != width:
            raise MethodError(f"a block of {name} has {found.shape[1]} {columns}, an earlier one {width}.")
        width = found.shape[1]
        if len(found):
            yield found


def weight_blocks(weights: Blocks, width: int, most: int) -> Iterator[FloatArray]:
    """Yield checked weights, at most `most` draws at once."""
    done = 0
    for block in whole_blocks(weights, "weights", "indicators"):
        if block.shape[1] != width:
            raise MethodError(f"weights have {block.shape[1]} indicators, the values {width}.")
        bad: BoolArray = ~(block >= 0)
        if bad.any():
            raise refused_cells("weights must be at least 0", block, bad, "Mend the draws.", of=block.size)
        empty = np.flatnonzero(block.sum(axis=1) == 0)
        if empty.size:
            raise DomainError(
                f"the weights of {empty.size} of {len(block)} draws are all 0 (first: draw {done + empty[0]}). "
                "A draw needs a positive weight."
            )
        yield from (block[piece] for piece in blocks(len(block), most))
        done += len(block)


def scores_of(z: FloatArray, weights: FloatArray, regions: IntArray, draws: IntArray) -> FloatArray:
    """Return one score per pair of region and draw, added up in one order whatever the row."""
    out = np.empty(len(regions))
    for piece in blocks(len(regions), max(1, _CELLS // z.shape[1])):
        out[piece] = (z[regions[piece]] * weights[draws[piece]]).sum(axis=1)
    return out


def share_of(counts: ArrayLike, total: ArrayLike) -> FloatArray:
    """Return counts / total, NaN where the total is 0."""
    whole = as_float(total)
    return np.asarray(as_float(counts) / np.where(whole > 0, whole, np.nan))
