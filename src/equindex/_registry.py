"""Methods by name: a function becomes usable from files and the command line by one decorator."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, overload

from equindex.errors import MethodError, nearest

__all__ = ["Family", "Method", "families"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_FAMILIES: dict[str, Family] = {}
_DATA = ("summary", "population", "pillars")  # keyword-only, but data rather than options
_OURS = (
    "missing",
    "min_coverage",
    "direction",
    "years",
    "deck",
)  # what a framework gives, not its file's options


@cache
def _options(function: Callable[..., Any]) -> Mapping[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in _DATA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One registered function, with what its signature, docstring and traits say."""

    family: str
    name: str
    function: Callable[..., Any]
    traits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """Keyword-only parameters and their defaults (``inspect.Parameter.empty`` where required)."""
        return dict(_options(self.function))

    @property
    def keys(self) -> dict[str, Any]:
        """The options that a framework file may set, those of the trait `keys` among them, and their defaults."""
        own = {name: default for name, default in self.options.items() if name not in _OURS}
        return {**own, **self.traits.get("keys", {})}

    @property
    def taken(self) -> tuple[str, ...]:
        """The options that a framework takes from its indicators where they are left out."""
        return tuple(self.traits.get("in_units", ())) if self.traits.get("takes") else ()

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.function) or self.name).splitlines()[0]

    @property
    def term(self) -> str:
        """What the docstring says it is called in Chinese, empty if it does not."""
        found = re.search(r"^In Chinese: (.+)\.$", inspect.getdoc(self.function) or "", re.MULTILINE)
        return found[1] if found else ""

    @property
    def formula(self) -> str:
        """The first ``.. math::`` block of the docstring, empty if there is none."""
        doc = inspect.getdoc(self.function) or ""
        found = re.search(r"\.\. math::\s*(.+?)(?:\n\s*\n\S|\Z)", doc, re.DOTALL)
        return " ".join(found[1].split()) if found else ""

    @property
    def references(self) -> tuple[str, ...]:
        """The entries of the References section of the docstring, each on one line."""
        doc = inspect.getdoc(self.function) or ""
        found = re.search(r"References\n-+\n(.+?)(?:\n\n[A-Z]\w+\n-+|\Z)", doc, re.DOTALL)
        parts = re.split(r"^\.\. \[\w+\]", found[1], flags=re.MULTILINE) if found else ()
        return tuple(" ".join(part.split()) for part in parts if part.strip())

    @property
    def source(self) -> str:
        """The References section of the docstring on one line."""
        return " ".join(self.references)

    def __reduce__(self) -> tuple[Callable[[str, str], Method], tuple[str, str]]:
        """Send a method to another process by its name: traits may hold functions that have none."""
        return _named, (self.family, self.name)

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise MethodError for an option that the method does not have."""
        known = self.keys
        for name in options:
            if name not in known and name not in self.options:
                raise MethodError(
                    f"{self.family} method {self.name!r} has no option {name!r}. {nearest(name, known)}"
                )


class Family:
    """The methods of one kind, in the order in which they were added."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._methods: dict[str, Method] = {}
        _FAMILIES[name] = self

    def __iter__(self) -> Iterator[Method]:
        return iter(self._methods.values())

    def __contains__(self, name: object) -> bool:
        return name in self._methods

    @overload
    def add(self, function: _Function, /) -> _Function: ...
    @overload
    def add(self, /, **traits: Any) -> Callable[[_Function], _Function]: ...
    def add(self, function: Any = None, /, **traits: Any) -> Any:
        """Register a function under its own name; `traits` are the promises the contract tests hold it to.

        Returns
        -------
        callable
            The function itself, unchanged.
        """
        if function is None:
            return lambda inner: self._add(inner, traits)
        return self._add(function, {})

    def _add(self, function: _Function, traits: Mapping[str, Any]) -> _Function:
        name = function.__name__
        self._methods[name] = Method(family=self.name, name=name, function=function, traits=traits)
        return function

    def get(self, name: str) -> Method:
        """Return the method called `name`, or raise MethodError naming the nearest one."""
        if name not in self._methods:
            raise MethodError(f"there is no {self.name} method {name!r}. {nearest(name, self._methods)}")
        return self._methods[name]


def _named(family: str, name: str) -> Method:
    return _FAMILIES[family].get(name)


def families() -> dict[str, Family]:
    """Return every family that has been imported, by name."""
    return dict(_FAMILIES)
