"""Random orders that keep partial orders: every linear extension is equally likely."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equindex._arrays import BoolArray, IntArray
from equindex.errors import MethodError

__all__ = ["extensions", "reach"]

Orders = Callable[[np.random.Generator, int], IntArray]
"""Returns elements from the greatest down, shape (draws, elements)."""

_STATES = 1 << 15


def reach(size: int, pairs: IntArray) -> BoolArray:
    """Return whether each element is at least as great as each other by the pairs (greater, smaller)."""
    above = np.zeros((size, size), dtype=bool)
    above[pairs[:, 0], pairs[:, 1]] = True
    for middle in range(size):
        above |= above[:, [middle]] & above[middle]
    return above


def extensions(above: BoolArray, elements: IntArray | None = None) -> Orders:
    """Return a sampler of uniform linear extensions of a partial order without cycles.

    Independent parts are shuffled together, parts one above the other follow each other, and what is neither is drawn
    element by element from counts of its extensions.

    Raises
    ------
    MethodError
        If a part has too many extensions of this last kind to be counted.
    """
    inside = np.arange(len(above)) if elements is None else elements
    if len(inside) == 1:
        return lambda _, count: np.broadcast_to(inside, (count, 1))
    known = above[np.ix_(inside, inside)]
    known = known | known.T
    apart = _parts(known, inside)
    if len(apart) > 1:
        return _shuffled([extensions(above, part) for part in apart], [len(part) for part in apart])
    stacked = _parts(~known, inside)
    if len(stacked) > 1:
        stacked.sort(key=lambda part: int(above[np.ix_(inside, part[:1])].sum()))
        ordered = [extensions(above, part) for part in stacked]
        return lambda rng, count: np.concatenate([part(rng, count) for part in ordered], axis=1)
    return _counted(above[np.ix_(inside, inside)], inside)


def _parts(joined: BoolArray, elements: IntArray) -> list[IntArray]:
    """Return the elements of each connected component."""
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(joined, directed=False)
    return [elements[label == part] for part in range(count)]


def _shuffled(parts: list[Orders], sizes: list[int]) -> Orders:
    """Shuffle independent orders together."""
    labels = np.repeat(np.arange(len(parts)), sizes)

    def sample(rng: np.random.Generator, count: int) -> IntArray:
        places = np.argsort(rng.permuted(np.tile(labels, (count, 1)), axis=1), axis=1, kind="stable")
        out = np.empty((count, len(labels)), dtype=np.int64)
        np.put_along_axis(out, places, np.concatenate([part(rng, count) for part in parts], axis=1), axis=1)
        return out

    return sample


def _counted(above: BoolArray, elements: IntArray) -> Orders:
    """Draw from the greatest down, with the chances that the counts of the ways to go on give."""
    size = len(elements)
    needs = [sum(1 << int(i) for i in np.flatnonzero(above[:, j])) for j in range(size)]
    levels: list[list[int]] = [[0]]
    places = {0: 0}
    nexts: list[list[tuple[int, int]]] = []
    for _ in range(size):
        level: list[int] = []
        for state in levels[-1]:
            steps = [j for j in range(size) if not state >> j & 1 and needs[j] & ~state == 0]
            for j in steps:
                if state | 1 << j not in places:
                    places[state | 1 << j] = len(places)
                    level.append(state | 1 << j)
            nexts.append([(j, places[state | 1 << j]) for j in steps])
        levels.append(level)
        if len(places) > _STATES:
            raise MethodError(
                f"the order of {size} weights leaves too many ways to count. Compare more of them, or fewer."
            )
    ways = [1] * len(places)
    for state in range(len(nexts) - 1, -1, -1):
        ways[state] = sum(ways[to] for _, to in nexts[state])
    most = max(len(steps) for steps in nexts)
    chance = np.ones((len(nexts), most))
    step = np.zeros((len(nexts), most, 2), dtype=np.int64)
    for state, found in enumerate(nexts):
        running = 0
        for place, (j, to) in enumerate(found):
            running += ways[to]
            chance[state, place] = running / ways[state]
            step[state, place] = j, to
        chance[state, len(found) - 1 :] = 1.0

    def sample(rng: np.random.Generator, count: int) -> IntArray:
        out = np.empty((count, size), dtype=np.int64)
        state = np.zeros(count, dtype=np.int64)
        for place in range(size):
            pick = (rng.random((count, 1)) >= chance[state]).sum(axis=1)
            out[:, place], state = elements[step[state, pick, 0]], step[state, pick, 1]
        return out

    return sample
