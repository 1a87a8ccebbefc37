"""Which columns of a wide table a framework takes, told from its header alone: for tables read in parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equindex import tables
from equindex.errors import DataError
from equindex.model import FrameworkFile
from equindex.schema.findings import Findings
from equindex.schema.observe import report_absent
from equindex.schema.reader import Reader
from equindex.schema.sheets import constants_of

__all__ = ["Wide", "match_wide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """The column of the region, the year's column or the year itself, and of each variable its column.

    `powers` are the powers of ten by which the numbers of a column must be multiplied.
    """

    region: str
    year: str | int
    columns: Mapping[str, str]
    powers: Mapping[str, int]


def match_wide(
    model: FrameworkFile, regions: tables.Regions | None, columns: Iterable[str], name: str
) -> tuple[Wide | None, Findings]:
    """Match the header of a wide table as reading a whole one does.

    Parameters
    ----------
    model : FrameworkFile
        The framework.
    regions : Regions, optional
        Its regions table.
    columns : iterable of str
        The header.
    name : str
        What messages call the table.

    Returns
    -------
    wide, findings
        None where there are errors: unknown, missing or double columns, no region, no year, a long table.
    """
    frame = pd.DataFrame(columns=list(columns), dtype=object)
    sheet = tables.Sheet(name=name, frame=frame, lines=np.empty(0, dtype=np.int64))
    declared = model.table.model_dump(exclude={"keep", "drop", "sheet"}, exclude_none=True)
    constants = constants_of(declared, sheet)
    reader = Reader(model, regions)
    findings = reader.findings
    try:
        own = {role: column for role, column in declared.items() if role not in constants}
        roles = tables.roles(frame.columns, own)
        long = tables.layout(sheet, roles) != "wide"
    except DataError:
        long = False  # reading says what is wrong
    if long:
        findings.error(
            "columns",
            "a long table, with a row for each value, is not read in parts.",
            "Pivot it: one row for each region and year, one column for each indicator.",
        )
        return None, findings
    reader.read(sheet)
    report_absent(reader)
    if findings.errors:
        return None, findings
    [piece] = reader.pieces
    headers = {reader.names[at]: header for at, header in zip(piece.columns, piece.headers, strict=True)}
    return (
        Wide(
            region=roles.get("region") or roles["region_name"],
            year=constants["year"] if "year" in constants else roles["year"],
            columns=headers,
            powers={v: reader.printed[h][1] for v, h in headers.items() if h in reader.printed},
        ),
        findings,
    )
