"""Slow twins of the engine on the bundled data: plain Python, nothing from equindex, no numpy.

The engine is compared with these; `test_data.py` compares these with published and hand-made figures.
"""

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHINA, RUGAO, HDI = (ROOT / "data" / name for name in ("china-services", "rugao-2025", "hdi"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def scored_mean(scores: Iterable[float | None], min_coverage: float) -> float | None:
    """Mean of the scored among equally weighted parts; None where too few are scored."""
    scores = list(scores)
    known = [score for score in scores if score is not None]
    return mean(known) if known and len(known) / len(scores) >= min_coverage else None


def ranks(scores: Mapping[str, float]) -> dict[str, int]:
    return {key: 1 + sum(other > score for other in scores.values()) for key, score in scores.items()}


def gini(values: Iterable[float]) -> float:
    values = list(values)
    gaps = math.fsum(abs(a - b) for a in values for b in values)
    return gaps / (2 * len(values) ** 2 * mean(values))


def china_tree() -> dict[str, list[str]]:
    indicators = toml(CHINA / "framework.toml")["indicator"]
    pillars = dict.fromkeys(indicator["pillar"] for indicator in indicators)
    return {pillar: [i["id"] for i in indicators if i["pillar"] == pillar] for pillar in pillars}


def china_values() -> dict[str, dict[str, float | None]]:
    """Return indicator -> region -> value of 1999, rates computed from the printed counts."""
    printed: dict[str, dict[str, float | None]] = {}
    for row in rows(CHINA / "observations.csv"):
        cell = float(row["value"]) if row["value"] else None
        printed.setdefault(row["indicator"], {})[row["region"]] = cell
    values = {}
    for indicator in toml(CHINA / "framework.toml")["indicator"]:
        if "numerator" not in indicator:
            values[indicator["id"]] = printed[indicator["id"]]
            continue
        above, below = printed[indicator["numerator"]], printed[indicator["denominator"]]
        values[indicator["id"]] = {
            region: None if count is None else count / below[region] * indicator["per"]
            for region, count in above.items()
        }
    return values


def china_scores() -> dict[str, dict[str, float]]:
    """Return node -> region -> score: minmax 1-100, equal by pillar, missing parts reweighted."""
    scores: dict[str, dict[str, float]] = {}
    for indicator, column in china_values().items():
        known = {region: value for region, value in column.items() if value is not None}
        low, high = min(known.values()), max(known.values())
        scores[indicator] = {region: 1 + 99 * (x - low) / (high - low) for region, x in known.items()}
    tree = china_tree()
    regions = list(scores["life_expectancy"])
    for parent, children in [*tree.items(), ("index", list(tree))]:
        found = {r: scored_mean([scores[child].get(r) for child in children], 0.66) for r in regions}
        scores[parent] = {region: score for region, score in found.items() if score is not None}
    return scores


def china_ginis() -> dict[str, float]:
    """Return indicator -> unweighted Gini over the regions with a value."""
    return {i: gini(x for x in column.values() if x is not None) for i, column in china_values().items()}


def china_degrees() -> dict[str, float]:
    """Return node -> equalization degree 100 x (1 - Gini); a parent has the mean of its children."""
    degrees = {indicator: 100 * (1 - value) for indicator, value in china_ginis().items()}
    tree = china_tree()
    degrees |= {pillar: mean(degrees[child] for child in children) for pillar, children in tree.items()}
    return degrees | {"index": mean(degrees[pillar] for pillar in tree)}


def cell(text: str) -> tuple[str, float | None, bool]:
    """Read a cell of the plan: operator, number, in brackets."""
    bare = text.strip("[]")
    number = bare.removesuffix("%").removesuffix("左右").lstrip("≥＞<")
    operator = "~" if bare.endswith("左右") else bare[0].replace("＞", ">") if bare[0] in "≥＞<" else ""
    return operator, None if number == "—" else float(number), bare != text


def rugao_rows() -> list[dict[str, str]]:
    observed = {row["indicator"]: row["value"] for row in rows(RUGAO / "observations.csv")}
    return [row | {"value": observed[row["id"]]} for row in rows(RUGAO / "indicators.csv")]


def rugao_met(row: Mapping[str, str]) -> bool | None:
    """Whether the value of 2020 meets the target; None where a printed bound does not decide it."""
    at, value, _ = cell(row["value"])
    must, need, cumulative = cell(row["target"])
    if value is None or need is None or cumulative:
        return None
    if row["direction"] == "negative":
        value, need = -value, -need
        at = {"<": ">"}.get(at, at)
        must = {"<": ">"}.get(must, must)
    if must == "~":
        need -= 0.05 * abs(need)
    if at == "<":  # below `value`
        return False if value <= need else None
    if value > need or (value == need and (at == ">" or must != ">")):
        return True
    return None if at in ("≥", ">") else False


def rugao_ratio(row: Mapping[str, str]) -> float | None:
    """100 x / T, negative 100 T / x, at most 100; a bound counts as its number.

    In the baseline year a kept-up (maintained) target is met, so its ratio is at the cap anyway.
    """
    value, need, cumulative = cell(row["value"])[1], *cell(row["target"])[1:]
    if value is None or need is None or cumulative:
        return None
    return min(100.0, 100 * (need / value if row["direction"] == "negative" else value / need))


def rugao_leaves(rule: str) -> dict[str, float | None]:
    """Return indicator -> attainment in 2020 by `rule` ("ratio" or "met")."""
    if rule == "ratio":
        return {row["id"]: rugao_ratio(row) for row in rugao_rows()}
    met = {row["id"]: rugao_met(row) for row in rugao_rows()}
    return {indicator: None if state is None else 100.0 * state for indicator, state in met.items()}


def rugao_attainment(rule: str = "ratio", min_coverage: float = 0.66) -> dict[str, float | None]:
    """Return pillar (in plan order), then index -> attainment in 2020, equal by pillar."""
    leaves = rugao_leaves(rule)
    parts: dict[str, list[float | None]] = {}
    for row in rugao_rows():
        parts.setdefault(row["pillar"], []).append(leaves[row["id"]])
    pillars = {pillar: scored_mean(scores, min_coverage) for pillar, scores in parts.items()}
    return pillars | {"index": scored_mean(pillars.values(), min_coverage)}


def rugao_binding() -> dict[str, str]:
    """Return binding indicator (约束性) -> pass, fail, unknown (a bound does not decide) or unscored."""
    states = {}
    for row in rugao_rows():
        if row["binding"] == "true":
            met = rugao_met(row)
            open_state = "unscored" if rugao_ratio(row) is None else "unknown"
            states[row["id"]] = open_state if met is None else "pass" if met else "fail"
    return states


def hdi_scores(table: Iterable[Mapping[str, str]]) -> dict[str, float]:
    """Return country -> index by the goalposts of the bundled framework, where no part is missing."""
    ends = {i["id"]: (*i["goalposts"], "transform" in i) for i in toml(HDI / "framework.toml")["indicator"]}

    def share(row: Mapping[str, str], indicator: str) -> float:
        low, high, log = ends[indicator]
        x = float(row[indicator])
        low, high, x = (math.log(low), math.log(high), math.log(x)) if log else (low, high, x)
        return min(1.0, max(0.0, (x - low) / (high - low)))

    def index(row: Mapping[str, str]) -> float:
        education = mean([share(row, "eys"), share(row, "mys")])
        return math.cbrt(share(row, "le") * education * share(row, "gnipc"))

    return {row["iso3"]: index(row) for row in table if all(row[indicator] for indicator in ends)}
