"""Names of experts and elements in refusals of kernels, which know positions only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from equindex._arrays import FloatArray
from equindex.errors import DomainError

__all__ = ["name_experts", "name_judgements"]

_EXPERT = re.compile(r"\bexpert (\d+)\b")
_PAIR = re.compile(r"( at position )?\((\d+), (\d+), (\d+)\)")


def name_experts(error: DomainError, experts: Sequence[str]) -> None:
    """Put the names of experts into a refusal of what a panel says."""
    message, named = _EXPERT.subn(lambda found: experts[int(found[1])], str(error.args[0]))
    who = [experts[k] for k, *_ in error.positions if k is not None]
    if named:
        error.args = (message,)
    elif who:
        error.put_names(f"of: {', '.join(dict.fromkeys(who))}")


def name_judgements(
    error: DomainError, stacked: FloatArray, labels: Sequence[str], experts: Sequence[str]
) -> None:
    """Put the names of elements, and of several experts, into a refusal of their judgements."""

    def pair(who: int, row: int, column: int) -> str:
        return f"{experts[who]}: " * (len(experts) > 1) + f"{labels[row]} against {labels[column]}"

    error.args = (
        _PAIR.sub(
            lambda found: ", " * bool(found[1]) + pair(*(int(part) for part in found.group(2, 3, 4))),
            str(error.args[0]),
        ),
    )
    cells = [
        (int(k or 0), int(i or 0), int(j or 0))
        for k, i, j in error.positions[1:]
        if len(error.positions[0]) == 3
    ]
    if "first: " in error.args[0] and cells:
        error.add_note("also " + "; ".join(f"{pair(*cell)} {stacked[cell]:.6g}" for cell in cells))
