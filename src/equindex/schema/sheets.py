"""What a sheet needs before its cells are read: rows chosen, columns of years turned into rows, constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import tables
from equindex.schema.words import year_of

__all__ = ["constants_of", "fill_down", "rows_of", "unpivot"]


def rows_of(sheet: tables.Sheet, keep: NDArray[np.bool_]) -> tables.Sheet:
    """Return some rows of a sheet."""
    return replace(sheet, frame=sheet.frame.loc[keep].reset_index(drop=True), lines=sheet.lines[keep])


def unpivot(sheet: tables.Sheet, roles: dict[str, str]) -> tables.Sheet:
    """Turn a table whose columns are years into a long one; the indicator is named by column or title."""
    years = tables.year_columns(column for column in sheet.frame.columns if column not in roles.values())
    lead = sheet.frame[roles["region"]].to_numpy()
    named = sheet.frame[roles["indicator"]].to_numpy() if "indicator" in roles else None
    title = sheet.indicator or sheet.name
    size = len(sheet.frame)
    frame = pd.DataFrame(
        {
            "region": np.tile(lead, len(years)),
            "year": np.repeat([str(year) for year in years.values()], size),
            "indicator": np.tile(
                named if named is not None else np.full(size, title, dtype=object), len(years)
            ),
            "value": pd.concat([sheet.frame[column] for column in years], ignore_index=True),
        }
    )
    return replace(sheet, frame=frame, lines=np.tile(sheet.lines, len(years)))


def constants_of(declared: dict[str, Any], sheet: tables.Sheet) -> dict[str, int]:
    """Return the years that [table] gives for all rows: 2024, or 2024年 where no column is called so."""
    found = {role: declared[role] for role in ("year", "source_year") if role in declared}
    years = {role: value if isinstance(value, int) else year_of(value) for role, value in found.items()}
    columns = {column for column in sheet.frame.columns if isinstance(column, str)}
    return {role: year for role, year in years.items() if year > 0 and found[role] not in columns}


def fill_down(remedy: str, name: str) -> str:
    """Add what to do about blank cells in the workbook's sheet called `name`."""
    merged = " Merged cells hold only their first row: fill them down." if name.endswith("]") else ""
    return remedy + merged
