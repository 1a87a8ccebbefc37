"""The files that `equindex init` writes: small, complete, and explained line by line; or those of a plan's table."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FILES", "from_plan"]

_FRAMEWORK = """\
# A framework: what is measured, which way is better, how it becomes one index.
# Try:  equindex score framework.toml data.csv
id = "my-index"
title = "Basic public services"

[methods]
normalise = { name = "minmax", lower = 1, upper = 100 }   # see: equindex methods normalise
weighting = { name = "equal", by = "pillar" }             # or "weights.toml"
aggregate = "arithmetic"                                  # or { pillar = "arithmetic", index = "geometric" }
missing = { rule = "reweight", min_coverage = 0.5 }       # or { rule = "propagate" }

[equalization]                                            # how even: remove the section to leave it out
measures = ["gini", "theil_t", "cv"]
degree = "gini"

[[pillar]]
id = "health"
name = "Health care"

[[pillar]]
id = "education"
name = "Education"

[[indicator]]
id = "doctors"
pillar = "health"
name = "Doctors per 1,000 persons"
unit = "persons/1,000"
direction = "positive"
target = "≥3.9"                # as plans print it: ≥97, ＞90, <4, 4.5左右, [60]
target_year = 2025

[[indicator]]
id = "infant_mortality"
pillar = "health"
name = "Infant mortality"
unit = "‰"
direction = "negative"         # lower is better
target = "<4"
target_year = 2025

[[indicator]]
id = "class_size"
pillar = "education"
name = "Mean class size"
unit = "pupils"
direction = "interval"         # best between 25 and 35
best = [25, 35]
limits = [10, 60]

[[indicator]]
id = "preschool"
pillar = "education"
name = "Pre-school enrolment"
unit = "%"
direction = "positive"
lower = 0                      # values outside lower..upper are errors
upper = 130
target = "100"
target_year = 2025
"""

_DATA = """\
region,year,doctors,infant_mortality,class_size,preschool
North,2023,2.9,4.6,38,91.5
South,2023,3.4,3.9,31,98.2
East,2023,4.1,2.8,27,100
West,2023,2.2,6.1,44,—
North,2024,3.0,4.4,37,92.8
South,2024,3.5,3.7,31,98.9
East,2024,4.2,2.7,28,100
West,2024,2.4,5.8,42,85.1
"""

_WEIGHTS = """\
# A weight set: equindex score framework.toml data.csv --weights weights.toml
id = "example"
title = "Example weights"
method = "illustrative, not published"
scope = "local"                # numbers count within each parent; "global" gives leaves only

[weights]
health = 60
education = 40
doctors = 2
infant_mortality = 1
class_size = 1
preschool = 1
"""

FILES = {"framework.toml": _FRAMEWORK, "data.csv": _DATA, "weights.toml": _WEIGHTS}


def from_plan(plan: Path, folder: Path, region: str, force: bool, quiet: bool) -> None:
    """Write the framework that a plan's table makes, and print how each of its rows was read."""
    from equindex import io
    from equindex.cli._print import line, table
    from equindex.cli._run import say
    from equindex.framework.planned import draft

    made = draft(plan, region=region)
    written = io.write(made.tables, folder, documents=made.documents, force=force, inputs=[plan])
    heads = ["row", "indicator", "unit", "target", "read as", "baseline", "direction"]
    body = [[str(r.line), r.name, r.unit, r.target, r.read, r.baseline, r.direction] for r in made.rows]
    table(f"{plan.name}: rows as they were read", heads, body, keep=len(heads))
    said: dict[str, list[str]] = {}
    for row in made.rows:
        for note in row.notes:
            said.setdefault(note, []).append(str(row.line))
    for note, lines in said.items():
        line(f"Row{'s' if len(lines) > 1 else ''} {', '.join(lines)}: {note}.")
    kept = sum(row.kept for row in made.rows)
    line(f"{kept} of {len(made.rows)} rows are indicators, {len(made.tables['targets'])} with a target.")
    line(f"Columns: {', '.join(f'{name} = {role}' for name, role in made.columns.items())}.")
    if made.unread:
        line(f"Columns not read: {', '.join(made.unread)}.")
    for note in made.notes:
        line(f"Note: {note}")
    if not quiet:
        say(f"Wrote {', '.join(path.name for path in written)} to {folder}. Next:")
        say(f"  equindex targets {folder / 'framework.toml'}")
        say(f"  equindex score {folder / 'framework.toml'} {folder / 'data.csv'}")
