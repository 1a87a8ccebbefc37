"""Building a model from what a file says; every fault at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from equindex.errors import FrameworkError, nearest

__all__ = ["parse"]

_CHINESE = {
    "id": "编号",
    "indicator": "指标",
    "target": "目标值",
    "region": "地区",
    "year": "年份",
    "reason": "原因",
}

_M = TypeVar("_M", bound=BaseModel)


def parse(
    model: type[_M],
    data: Mapping[str, Any],
    where: str,
    rows: Mapping[tuple[int | str, ...], str] | None = None,
) -> _M:
    """Build `model` from `data`; every fault at once becomes one FrameworkError naming `where`.

    `rows` says in which row of which file a part stands, such as ``("indicator", 0)``.

    Raises
    ------
    FrameworkError
        Listing each wrong key or value with its place and, for unknown keys, the nearest known one.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found: dict[tuple[str, str], list[str]] = {}
        for fault in error.errors(include_url=False):
            place, said, given = _fault(model, data, fault)
            row = (rows or {}).get(fault["loc"][:2])
            place = f"{row}: {place}" if row else place
            found.setdefault((place, given), []).append(said)
        lines = [f"{place} {' or '.join(dict.fromkeys(s))}{given}" for (place, given), s in found.items()]
        shown = "".join(f"\n  {line}" for line in lines[:50])
        more = f"\n  … and {len(lines) - 50} more." if len(lines) > 50 else ""
        count = "1 fault" if len(lines) == 1 else f"{len(lines)} faults"
        raise FrameworkError(f"{where}: {count}.{shown}{more}") from None


def _fault(model: type[BaseModel], data: Mapping[str, Any], fault: Any) -> tuple[str, str, str]:
    """Return where a fault is, what should be there, and what is: the arms of a union share the first and last."""
    branch = re.compile(
        r"[\[(]|^(MethodCall|RegionReference|constrained-\w+)$"
    )  # pydantic's names for the arms of a union
    place = [part for part in fault["loc"] if isinstance(part, int) or not branch.search(part)]
    shown: list[str] = []
    here: Any = data
    for part in place:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(part, int) and isinstance(here, Mapping) and ("id" in here or "indicator" in here):
            shown[-1] += f" {str(here.get('id', here.get('indicator')))!r}"
        elif isinstance(part, int):
            shown.append(f"#{part + 1}")
        else:
            shown.append(str(part))
    where = " → ".join(shown)
    if fault["type"] == "extra_forbidden":
        return f"{where}:", f"unknown key. {nearest(str(place[-1]), _keys(model, place[:-1]))}", ""
    if fault["type"] == "missing":
        name = _CHINESE.get(str(place[-1]))
        return f"{where}:", f"this key{f' ({name})' if name else ''} is required.", ""
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    message = re.sub(r"a valid (tuple|list)", "a list", message.split(", unable")[0])
    message = re.sub(r"a valid dictionary( or instance of \w+)?", "a table", message)
    given = repr(fault.get("input"))
    return f"{where}: should be", message, f", is {given[:80]}."


def _keys(model: type[BaseModel], place: Iterable[Any]) -> list[str]:
    """Return the keys known at `place` inside `model`."""
    current: Any = model
    for part in place:
        if isinstance(part, int) or not (isinstance(current, type) and issubclass(current, BaseModel)):
            continue
        annotation = current.model_fields[part].annotation if part in current.model_fields else None
        found = _models(annotation)
        current = found[0] if found else None
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
