"""Files to raw sheets: encodings, headers, layouts, small tables of records, regions."""

from equindex.tables.delimited import form_of
from equindex.tables.files import BOOKS, SUFFIXES, files_of, read
from equindex.tables.headers import (
    CHANGE,
    INDICATOR,
    MILESTONE,
    PILLAR,
    REGION,
    ROLES,
    STATEMENT,
    TARGET,
    WEIGHT,
    layout,
    plain,
    roles,
    year_columns,
)
from equindex.tables.records import records
from equindex.tables.regions import AMBIGUOUS, UNKNOWN, Regions
from equindex.tables.sheet import Sheet
from equindex.tables.workbook import sheet_names

__all__ = [
    "AMBIGUOUS",
    "BOOKS",
    "CHANGE",
    "INDICATOR",
    "MILESTONE",
    "PILLAR",
    "REGION",
    "ROLES",
    "STATEMENT",
    "SUFFIXES",
    "TARGET",
    "UNKNOWN",
    "WEIGHT",
    "Regions",
    "Sheet",
    "files_of",
    "form_of",
    "layout",
    "plain",
    "read",
    "records",
    "roles",
    "sheet_names",
    "year_columns",
]
