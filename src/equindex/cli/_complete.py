"""What the shell offers behind Tab: keys and values of --set, families and methods."""

from __future__ import annotations

from typing import get_args

import typer

__all__ = ["families", "methods", "settings"]


def families(incomplete: str) -> list[str]:
    """Return the families of methods that begin so."""
    from equindex import scoring  # noqa: F401  registers every family
    from equindex._registry import families as known

    return [name for name in known() if name.startswith(incomplete)]


def methods(context: typer.Context, incomplete: str) -> list[str]:
    """Return the methods, of the family that was named, that begin so."""
    from equindex import scoring  # noqa: F401
    from equindex._registry import families as known

    wanted = context.params.get("family")
    found = [method.name for name, part in known().items() if wanted in (None, name) for method in part]
    return [name for name in found if name.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    """Return keys of --set that begin so, behind the = their values where these are names."""
    from pydantic import BaseModel

    from equindex import scoring  # noqa: F401
    from equindex._registry import families as known
    from equindex.model import FrameworkFile, Methods

    key, equals, value = incomplete.partition("=")
    if equals:
        family = {"attainment.rule": "attainment", "equalization.degree": "equalization"}.get(key, key)
        return [f"{key}={m.name}" for m in known().get(family, ()) if m.name.startswith(value)]
    found = [f"{name}=" for name in Methods.model_fields]
    for section, field in FrameworkFile.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Methods:
                found += [f"{section}.{name}=" for name in kind.model_fields]
    return [name for name in found if name.startswith(incomplete)]
