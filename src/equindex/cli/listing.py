"""The methods, in a terminal and as JSON."""

from __future__ import annotations

from inspect import Parameter

from equindex._formula import plain
from equindex._registry import Method, families
from equindex.cli._print import hanging, json_line, line
from equindex.errors import MethodError, nearest

__all__ = ["methods"]

_NAME = 20  # columns of a method's name
_NAMED = {
    "impute": "[methods] impute",
    "treat": "[methods] treat, or treat of an indicator",
    "transform": "transform of an indicator",
    "normalise": "[methods] normalise, or normalise of an indicator",
    "weighting": "[methods] weighting",
    "aggregate": "[methods] aggregate, or aggregate of a pillar",
    "attainment": "[attainment] rule, or rule of an indicator",
    "equalization": "[equalization] measures",
}


def methods(family: str | None, name: str | None, as_json: bool) -> None:
    """Print all methods, those of a family, or one method in full."""
    listed = _wanted(family, name)
    if as_json:
        json_line([_method(m) for m in listed])
    elif family is None:
        for key in dict.fromkeys(m.family for m in listed):
            line(f"{key}: {_NAMED[key]}" if key in _NAMED else key)
            for m in listed:
                if m.family == key:
                    hanging(f"{m.name:<{_NAME}} ", " ".join(filter(None, (m.title, _elsewhere(m)))))
            line("")
        line(
            "Options, formula and source: equindex methods FAMILY [METHOD], such as equindex methods normalise minmax"
        )
    else:
        for m in listed:
            line(f"{m.family} {m.name}: {m.title}")
            told = {
                "in Chinese": m.term,
                "in files": _elsewhere(m),
                "options": _options(m),
                "formula": plain(m.formula),
                "source": m.source,
            }
            for label, text in told.items():
                if text:
                    hanging(f"  {label + ':':<12}", text, verbatim=label in ("formula", "source"))
            line("")


def _wanted(family: str | None, name: str | None) -> list[Method]:
    """Return what is asked for, families in the order in which a framework names them."""
    from equindex import scoring  # noqa: F401  imports every family

    known = families()
    if family is not None and name is not None:
        if family not in known:
            raise MethodError(f"there is no family {family!r}. {nearest(family, known)}")
        return [known[family].get(name)]
    found = [m for one in known.values() for m in one]
    if family is not None:
        wanted = [m for m in found if m.family == family] or [m for m in found if m.name == family]
        if not wanted:
            words = [*known, *(m.name for m in found)]
            raise MethodError(f"there is no family or method {family!r}. {nearest(family, words)}")
        found = wanted
    return sorted(found, key=lambda m: [*_NAMED, *known].index(m.family))


def _method(method: Method) -> dict[str, str]:
    return {
        "family": method.family,
        "name": method.name,
        "title": method.title,
        "name_zh": method.term,
        "in_files": _elsewhere(method),
        "options": _options(method),
        "formula": method.formula,
        "source": method.source,
    }


def _elsewhere(method: Method) -> str:
    """Say where files name a method that its family's key refuses."""
    if method.traits.get("weights_per_region"):
        return f'Set as aggregate = "{method.name}": weights for each region are not one set for all.'
    return ""


def _options(method: Method) -> str:
    def said(name: str, value: object) -> str:
        if value is Parameter.empty:
            return f"{name} ({'from the indicators' if name in method.taken else 'required'})"
        return f"{name}={value!r}"

    return ", ".join(said(name, value) for name, value in method.keys.items())
