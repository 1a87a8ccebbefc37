"""Weight sets as files: what made them, and how they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from equindex.framework.files import clock, digests_of
from equindex.model import WeightSet

__all__ = ["Scope", "made", "to_toml"]

Scope = Literal["local", "global"]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(weights: WeightSet) -> str:
    """Return a weight set as a file says it; it reads back to the same numbers.

    Examples
    --------
    >>> print(to_toml(WeightSet(id="w", weights={"beds": 0.6, "医生": 0.4})))
    id = "w"
    scope = "local"
    <BLANKLINE>
    [weights]
    beds = 0.6
    "医生" = 0.4
    <BLANKLINE>
    """
    content = weights.model_dump(mode="json", exclude_defaults=True, exclude={"weights", "scope"})
    head = [f"{key} = {_literal(value)}" for key, value in {"id": weights.id, **content}.items()]
    body = [f"{_key(node)} = {value!r}" for node, value in weights.weights.items()]
    return "\n".join([*head, f'scope = "{weights.scope}"', "", "[weights]", *body, ""])


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _literal(name)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def made(
    weights: Mapping[str, float],
    files: Iterable[str | Path],
    method: str,
    scope: Scope,
    title: str,
    *,
    known: Mapping[str, str] | None = None,
) -> WeightSet:
    """Return a weight set that says how it came about, from which files or `known` digests, and when."""
    read = (item for file in map(Path, files) for item in digests_of(file, []).items())
    digests = list(read if known is None else known.items())
    return WeightSet(
        id=f"{Path(digests[0][0]).stem}-weights",
        title=f"{title} weights from {', '.join(name for name, _ in digests)}",
        method=method,
        source="; ".join(f"{name}, SHA-256 {digest}" for name, digest in digests),
        date=_today(),
        scope=scope,
        weights=dict(weights),
    )


def _today() -> str:
    return clock().date().isoformat()
