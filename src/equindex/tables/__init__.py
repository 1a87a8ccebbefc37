"""Files and databases to raw sheets: encodings, headers, layouts, small tables of records, regions."""

from equindex.tables.address import is_database, masked
from equindex.tables.arrow import digest_of, floats
from equindex.tables.database import Database, database_sheet, in_order
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
    "Database",
    "Regions",
    "Sheet",
    "database_sheet",
    "digest_of",
    "files_of",
    "floats",
    "form_of",
    "in_order",
    "is_database",
    "layout",
    "masked",
    "plain",
    "read",
    "records",
    "roles",
    "sheet_names",
    "year_columns",
]
