"""Small frameworks and tables, so that a test of wiring shows only what it is about."""

import pandas as pd

from equindex.framework import Framework

MINMAX = {"normalise": "minmax"}


def framework(indicators, *, regions=(), weights=None, **sections):
    """Build a framework from indicator ids or tables; `sections` are the keys of its file."""
    leaves = [{"id": leaf} if isinstance(leaf, str) else leaf for leaf in indicators]
    content = {"id": "small", "methods": MINMAX, "indicator": leaves} | sections
    content = {key: value for key, value in content.items() if value is not None}
    records = [[line, dict(row)] for line, row in enumerate(regions, start=2)]
    built = Framework.from_dict({"framework": content, "regions": records, "weights": weights})
    built.prepared()
    return built


def table(years=2020, **columns):
    """Build a wide table: `years` is one year or one for each row; regions are A, B, C, … unless given."""
    size = len(next(iter(columns.values())))
    names = columns.pop("region", [chr(ord("A") + row) for row in range(size)])
    return pd.DataFrame({"region": names, "year": years, **columns})


def node(frame, name, column, region=None, year=None):
    """Return a column of a tidy table at one node: a list in region order, or one cell."""
    rows = frame[frame["node"] == name]
    rows = rows if year is None else rows[rows["year"] == year]
    if region is not None:
        [cell] = rows.loc[rows["region"] == region, column]
        return cell
    return rows[column].tolist()
