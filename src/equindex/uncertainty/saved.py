"""What was asked of an uncertainty analysis, and its draws in a file that a longer run continues."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from equindex import __version__
from equindex.errors import FrameworkError
from equindex.scoring import Scores
from equindex.sensitivity import Acceptability
from equindex.uncertainty.draws import Kept
from equindex.uncertainty.factors import Factor, from_record, to_record

__all__ = ["Asked", "load", "packed"]

_RANKS = ("counts", "below", "first", "last", "sums", "ranked")
_NUMBERS = ("draws", "tied", "level")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The arguments of `analyse`, read and checked."""

    factors: tuple[Factor, ...]
    year: int | None
    outputs: tuple[str, ...]
    seed: int
    draws: int
    level: float
    top: int
    skip_failing: bool

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            **plain,
            "factors": [to_record(factor) for factor in self.factors],
            "outputs": list(self.outputs),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Asked:
        """Build it from what `to_record` returned.

        Raises
        ------
        FrameworkError
            If it is something else.
        """
        try:
            content = dict(record)
            content["factors"] = tuple(from_record(part) for part in content["factors"])
            content["outputs"] = tuple(content["outputs"])
            return cls(**content)
        except (KeyError, TypeError):
            raise FrameworkError("this is no record of an uncertainty analysis.") from None


def packed(kept: Kept, provenance: Mapping[str, Any], scores: Scores) -> bytes:
    """Return what draws left behind, and what they are of, as the content of one file."""
    arrays = {f"ranks_{name}": getattr(kept.ranks, name) for name in _RANKS}
    arrays |= {f"scores_{name}": part for name, part in kept.scores.items()}
    about = {
        "kind": "uncertainty",
        "equindex": provenance["equindex"],
        "framework_digest": provenance["framework_digest"],
        "values": _values(scores),
        "asked": provenance["options"]["uncertainty"],
        "draws": kept.draws,
        "failed": {str(number): reason for number, reason in kept.failed.items()},
        "ranks": {name: int(getattr(kept.ranks, name)) for name in _NUMBERS},
    }
    text = np.array(json.dumps(about, ensure_ascii=False, sort_keys=True))
    stream = io.BytesIO()
    np.savez_compressed(stream, about=text, leads=kept.leads, led=kept.led, **arrays)
    return stream.getvalue()


def load(path: str | Path, scores: Scores) -> tuple[Asked, Kept]:
    """Read what `packed` returned, in a file, of the framework and data of `scores`.

    Raises
    ------
    FrameworkError
        If the file is none, or of something else.
    """
    try:
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["kind"] != "uncertainty":
                raise KeyError("kind")
            asked = Asked.from_record(about["asked"])
            ranks: dict[str, Any] = {name: file[f"ranks_{name}"] for name in _RANKS}
            ranks |= {name: int(about["ranks"][name]) for name in _NUMBERS}
            kept = Kept(
                draws=int(about["draws"]),
                scores={name: file[f"scores_{name}"] for name in asked.outputs},
                ranks=Acceptability(**ranks),
                leads=file["leads"],
                led=file["led"],
                failed={int(number): str(reason) for number, reason in about["failed"].items()},
            )
    except FileNotFoundError:
        raise FrameworkError(f"there is no file {str(path)!r}.") from None
    except OSError as error:
        raise FrameworkError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from None
    except Exception as error:  # a zip file that is damaged in one of many ways
        raise FrameworkError(f"{str(path)!r} holds no draws of equindex ({type(error).__name__}).") from None
    told = scores.provenance
    changed = [
        what
        for what, one, other in (
            ("the framework", about["framework_digest"], told["framework_digest"]),
            ("the data", about.get("values"), _values(scores)),
            ("equindex itself", about["equindex"], __version__),
        )
        if one != other
    ]
    if changed:
        raise FrameworkError(
            f"{' and '.join(changed)} changed since {str(path)!r} was written: its draws cannot be continued. "
            "Run the analysis anew."
        )
    return asked, kept


def _values(scores: Scores) -> str:
    """Return the SHA-256 of the values that were scored, their regions and years."""
    panel = scores.panel
    found = hashlib.sha256(json.dumps(panel.regions, ensure_ascii=False).encode())
    for part in (panel.region, panel.year, panel.x):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
