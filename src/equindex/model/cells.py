"""What single keys may hold: numbers, years, pairs, switches, directions, method calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "ROOT",
    "Call",
    "Cells",
    "Constant",
    "Interval",
    "MethodCall",
    "Model",
    "Name",
    "Number",
    "Positive",
    "Share",
    "Switch",
    "Text",
    "Texts",
    "Weight",
    "Year",
    "as_call",
    "as_direction",
    "as_switch",
    "as_year",
]

ROOT = "index"
_DIRECTIONS = {
    "positive": ("positive", "+", "+1", "1", "正", "正向", "正指标", "正向指标", "正指標", "正向指標"),
    "negative": ("negative", "-", "-1", "负", "负向", "逆向", "逆指标", "负向指标", "逆指標", "負向", "負"),
    "interval": ("interval", "0", "适度", "适度指标", "適度", "區間", "区间"),
}
_TRUE = ("true", "yes", "1", "1.0", "是", "约束性", "約束性", "binding")
_FALSE = ("false", "no", "0", "0.0", "否", "预期性", "預期性", "expected", "")


def as_direction(value: Any) -> Any:
    """Read a direction in any of its words, 正向 or +1."""
    word = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip().lower()
    return next((name for name, words in _DIRECTIONS.items() if word in words), value)


def as_switch(value: Any) -> Any:
    """Read yes or no in any of its words, 约束性 or 1; other words stay."""
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else value


def _text(value: Any) -> Any:
    """Turn numbers from a typed cell into text: 97.0 is the cell 97."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if float(value).is_integer() else f"{value:.15g}"  # the digits that Excel keeps


def _year(value: Any) -> Any:
    """Read a year from a cell such as ``2025年`` or ``2025.0``."""
    found = re.fullmatch(r"\s*(\d+)(\.0+)?\s*(年度?)?\s*", value) if isinstance(value, str) else None
    return int(found[1]) if found else value


def _pair(value: Any) -> Any:
    """Read the two ends of an interval from a table cell such as ``20; 85``."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[;,|，；、\s]+", value.strip("[]()（） ")) if part)
    return value


def as_call(value: Any) -> Any:
    """Read a method call: a name, or a table with the name and its options."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping) and "options" not in value:
        named = {"name": value["name"]} if "name" in value else {}
        return {**named, "options": {k: v for k, v in value.items() if k != "name"}}
    return value


def as_year(value: Any) -> Any:
    """Read digits as a year; other words stay."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _texts(value: Any) -> Any:
    """Read a list from a table cell such as ``2级; 3级; 4级``."""
    if isinstance(value, str):
        return tuple(part.strip() for part in re.split(r"[;|；、]", value) if part.strip())
    return value


class Model(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MethodCall(Model):
    """A method's name and its options: ``"zscore"`` or ``{ name = "minmax", lower = 1 }``."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    def __str__(self) -> str:
        return self.name + "".join(f", {key}={value}" for key, value in self.options.items())

    @property
    def label(self) -> str:
        """How tables call it: ``gini``, or ``ge(a=2)`` with options."""
        options = ",".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.name}({options})" if options else self.name


Call = Annotated[MethodCall, BeforeValidator(as_call)]
Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, Field(min_length=1), BeforeValidator(_text)]
Year = Annotated[int, Field(ge=1, le=9999), BeforeValidator(_year)]
Constant = Annotated[int, Field(ge=1000, le=9999)]
Cells = str | bool | int | float | list[str | bool | int | float]
Number = Annotated[float, Field(allow_inf_nan=False)]
Interval = Annotated[tuple[Number, Number], BeforeValidator(_pair)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts)]
Switch = Annotated[bool, BeforeValidator(as_switch)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
