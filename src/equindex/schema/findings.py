"""What checking found: where it is, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from equindex.errors import DataError

__all__ = ["Finding", "Findings"]

_SHOWN = 5  # findings of one kind that a message shows before it counts the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found in the data."""

    severity: Literal["error", "warning"]
    kind: str
    message: str
    remedy: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""
    region: str = ""
    year: int | None = None
    indicator: str = ""
    value: str = ""

    @property
    def where(self) -> str:
        """File, row, column, region, year and indicator, as far as they are known."""
        parts = [
            self.file,
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column!r}" if self.column else "",
            self.region,
            str(self.year) if self.year is not None else "",
            self.indicator,
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass(slots=True)
class Findings:
    """A list of findings that prints itself grouped by kind, however many there are."""

    items: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def error(self, kind: str, message: str, remedy: str = "", **where: Any) -> None:
        """Add an error: scoring will not go on."""
        self.items.append(Finding(severity="error", kind=kind, message=message, remedy=remedy, **where))

    def warn(self, kind: str, message: str, remedy: str = "", **where: Any) -> None:
        """Add a warning: scoring goes on."""
        self.items.append(Finding(severity="warning", kind=kind, message=message, remedy=remedy, **where))

    @property
    def errors(self) -> list[Finding]:
        """The errors."""
        return [item for item in self.items if item.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """The warnings."""
        return [item for item in self.items if item.severity == "warning"]

    def text(self, severity: Literal["error", "warning"], shown: int = _SHOWN) -> str:
        """Return findings of one severity grouped by kind, the first `shown` of each in full."""
        groups: dict[str, list[Finding]] = {}
        for item in self.errors if severity == "error" else self.warnings:
            groups.setdefault(item.kind, []).append(item)
        lines: list[str] = []
        for kind, items in groups.items():
            lines.append(f"{kind}: {len(items)}" if len(items) > 1 else kind)
            lines += [f"  {item}" for item in items[:shown]]
            if len(items) > shown:
                lines.append(f"  … and {len(items) - shown} more.")
            lines += [
                f"  → {remedy}" for remedy in dict.fromkeys(i.remedy for i in items[:shown] if i.remedy)
            ]
        return "\n".join(lines)

    def stop_on_errors(self) -> None:
        """Raise DataError with all errors, if there is any."""
        count = len(self.errors)
        if count:
            head = "1 error in the data." if count == 1 else f"{count} errors in the data."
            raise DataError(f"{head}\n{self.text('error')}")
