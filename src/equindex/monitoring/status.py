"""How an indicator stands on its way to a target: one status in both languages, warning grades."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.model import FrameworkFile, Grade

__all__ = ["STATUSES", "Status", "grades_of", "warnings_of"]


class Status(StrEnum):
    """Where a value stands against its target in the year it is looked at; `zh` is the Chinese word."""

    MET = "met"
    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    OVERDUE = "overdue"
    AT_LIMIT = "at_limit"
    BOUND_ONLY = "bound_only"
    NOT_STARTED = "not_started"
    UNSCORED = "unscored"

    @property
    def zh(self) -> str:
        """The word of Chinese plans: 已达标, 超前, 正常, 滞后, 逾期, 达标界值, 仅有界值, 未开始, 未评."""
        return _CHINESE[STATUSES.index(self)]


STATUSES = tuple(Status)
_CHINESE = ("已达标", "超前", "正常", "滞后", "逾期", "达标界值", "仅有界值", "未开始", "未评")

#: Used where a framework names no [[warning]]: ours, as no rule holds everywhere.
GRADES = (
    Grade(grade="红", name_en="red", below=-30),
    Grade(grade="橙", name_en="orange", at_least=-30, below=-20),
    Grade(grade="黄", name_en="yellow", at_least=-20, below=-10),
    Grade(grade="蓝", name_en="blue", at_least=-10, below=0),
)


def warnings_of(model: FrameworkFile) -> tuple[Grade, ...]:
    """Return the warning grades of a framework, the worst first."""
    return tuple(
        sorted(
            model.warning or GRADES, key=lambda grade: -np.inf if grade.at_least is None else grade.at_least
        )
    )


def grades_of(gap: FloatArray, grades: Sequence[Grade]) -> NDArray[np.intp]:
    """Return which grade each gap falls into, -1 for none; the grades have neither hole nor overlap."""
    found = np.full(gap.shape, -1, dtype=np.intp)
    for number, grade in enumerate(grades):
        low = -np.inf if grade.at_least is None else grade.at_least
        high = np.inf if grade.below is None else grade.below
        found[(gap >= low) & (gap < high)] = number
    return found
