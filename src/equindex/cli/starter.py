"""The files that `equindex init` writes: small, complete, and explained line by line."""

__all__ = ["FILES"]

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
