"""What a run records of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex import __version__
from equindex.framework.files import clock
from equindex.schema import Panel
from equindex.scoring import Screened
from equindex.tables import Database

if TYPE_CHECKING:
    from equindex.framework.core import Framework

__all__ = ["provenance"]


def provenance(
    framework: Framework,
    data: Any,
    digests: dict[str, str],
    panel: Panel,
    screened: Screened,
    years: tuple[int, ...] | None = None,
    keep: str = "all",
) -> dict[str, Any]:
    """Return all that it takes to run again, as JSON can hold it."""
    path = Path(data).as_posix() if isinstance(data, str | Path) else None
    source = data.record if isinstance(data, Database) else {"path": path}
    methods = framework.model.methods
    return {
        "equindex": __version__,
        "time": clock().isoformat(timespec="seconds"),
        "framework": framework.to_dict(),
        "framework_digest": framework.digest,
        "weights": framework.prepared().weighting,
        "data": {**source, "digests": digests},
        "options": {"years": None if years is None else list(years), "keep": keep},
        "seed": None,
        "excluded": list(panel.excluded),
        **({"screened": screened.told(panel)} if methods and methods.screen else {}),
    }
