"""Equalization and attainment indices: how evenly services reach regions, how far each has come.

>>> import equindex
>>> framework = equindex.Framework.from_toml("data/china-services/framework.toml")  # doctest: +SKIP
>>> framework.score("data/china-services/observations.csv").index.head(1)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from equindex.errors import DataError, DomainError, EngineError, EquindexError, FrameworkError, MethodError

__version__ = "0.1.0"

if TYPE_CHECKING:
    from equindex.framework import Fitted, Framework
    from equindex.scoring import Scores, explain

_LAZY = {"Fitted": "framework", "Framework": "framework", "Scores": "scoring", "explain": "scoring"}

__all__ = [
    "DataError",
    "DomainError",
    "EngineError",
    "EquindexError",
    "Fitted",
    "Framework",
    "FrameworkError",
    "MethodError",
    "Scores",
    "__version__",
    "explain",
]


def __getattr__(name: str) -> Any:
    """Load the heavy parts when they are first asked for."""
    if name in _LAZY:
        return getattr(import_module(f"equindex.{_LAZY[name]}"), name)
    try:
        return import_module(f"equindex.{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"module 'equindex' has no attribute {name!r}") from None
