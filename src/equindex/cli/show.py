"""Results as tables that fit the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.cli._print import json_line, line, records, table
from equindex.cli._run import say

if TYPE_CHECKING:
    import pandas as pd

    from equindex.comparing import Change, Comparison
    from equindex.evenness import Evenness
    from equindex.framework import Framework
    from equindex.schema import Findings, Panel
    from equindex.scoring import Explanation, Scores

__all__ = [
    "explanation",
    "explanation_json",
    "findings",
    "findings_json",
    "headline",
    "notes",
    "scores",
    "tables_json",
]

_MOST = 60  # regions that a printed ranking shows


# scores ------------------------------------------------------------------------------------------------------


def scores(found: Scores) -> None:
    """Print what a run found: a ranking of the last year, or a single region's pillars."""
    years = list(found.panel.rows_of) if found.years is None else list(found.years)
    for year in years[-1:] if found.years is None else years:
        rows = found.rows(year).tolist()
        if len(rows) == 1 and found.attained is not None:
            single(found, rows[0], year)
        else:
            ranking(found, rows, year)
    if found.years is None and len(years) > 1:
        line(
            f"Years {years[0]} to {years[-1]} were scored; {years[-1]} is shown. See others with --year, all with -o."
        )
    headline(found, to=line)


def ranking(found: Scores, rows: Sequence[int], year: int, title: str = "") -> None:
    """Print regions by rank with index, coverage, attainment, equalization and pillars."""
    tree, rolled = found.plan.tree, found.rolled
    main = found.leading.score[:, 0]
    order = sorted(rows, key=lambda k: (np.isnan(main[k]), -main[k] if np.isfinite(main[k]) else 0))
    columns, series = _series(found, order)
    pillars = [node for node, level in enumerate(tree.levels) if level == "pillar"]
    source = rolled if rolled is not None and rolled.score.shape[1] > 1 else None
    names = [*columns, *(tree.names[node] for node in pillars)]
    body = []
    for place, k in enumerate(order):
        region = found.panel.region[found.panel.order[k]]
        cells: list[Any] = [values[place] for values in series]
        cells.insert(1, found.panel.region_names[region])
        if source is not None:
            cells += [float(source.score[k, node]) for node in pillars]
        body.append(cells)
    if source is None:
        names = names[: len(columns)]
    heading = title or f"{found.plan.model.title or found.plan.model.id}, {year}"
    table(heading, names, body[:_MOST], keep=4)
    if len(body) > _MOST:
        line(f"… and {len(body) - _MOST} more regions; all with -o.")
    for k in [k for k in order if np.isnan(main[k])][:5]:
        line(f"unscored: {found.panel.label(int(found.panel.order[k]))}: {found.why_unscored(k)}")
    for name, part in (("attainment", found.attained), ("equalization", found.equalized)):
        if (
            found.rolled is not None
            and part is not None
            and np.isnan(part.rolled.score[list(order), 0]).all()
        ):
            line(f"no {name} for any region: {found.why_unscored(order[0], 0, part.rolled)}")


def _series(found: Scores, order: Sequence[int]) -> tuple[list[str], list[list[Any]]]:
    columns: list[str] = ["rank", "region"]
    series: list[list[Any]] = [[int(found.rank[k, 0]) or None for k in order]]
    if found.rolled is not None:
        columns += ["index"]
        series.append([float(found.rolled.score[k, 0]) for k in order])
        if found.plan.model.classes:
            labels = found.classes(found.rolled.score[list(order), 0])
            columns.append("class")
            series.append(["" if label != label else str(label) for label in labels])
        columns.append("coverage")
        series.append([f"{found.rolled.coverage[k, 0]:.0%}" for k in order])
    for name, part in (("attainment", found.attained), ("equalization", found.equalized)):
        if part is not None:
            columns.append(name)
            series.append([float(part.rolled.score[k, 0]) for k in order])
            covered = [f"{part.rolled.coverage[k, 0]:.0%}" for k in order]
            if found.rolled is None or covered != series[columns.index("coverage") - 1]:
                columns.append("coverage")  # of what stands left of it
                series.append(covered)
    return columns, series


def single(found: Scores, row: int, year: int) -> None:
    """Print one region's attainment by pillar, then its binding list."""
    assert found.attained is not None
    tree, rolled = found.plan.tree, found.attained.rolled
    at = [node for node, level in enumerate(tree.levels) if level != "indicator"]
    name = found.panel.region_names[found.panel.region[found.panel.order[row]]]
    body = [
        [
            tree.names[node] if node else "index",
            float(rolled.score[row, node]),
            f"{rolled.coverage[row, node]:.0%}",
            found.why_unscored(row, node) if np.isnan(rolled.score[row, node]) else "",
        ]
        for node in (*at[1:], 0)
    ]
    rule = found.plan.model.attainment.rule
    table(
        f"{name}, {year}: attainment by pillar, rule {rule}",
        ["pillar", "attainment", "coverage", "note"],
        body,
    )
    binding_list(found, year)


def binding_list(found: Scores, year: int) -> None:
    """Print the binding list (约束性) with its pass rate."""
    listed = found.binding
    listed = listed[listed["year"] == year] if len(listed) else listed
    if not len(listed):
        return
    body = [
        [row.node_name, row.bound or row.value, row.target, row.verdict, row.reason]
        for row in listed.itertuples()
    ]
    table("Binding list (约束性)", ["indicator", "value", "target", "verdict", "note"], body, keep=4)
    counts = listed["verdict"].value_counts()
    passed, failed = int(counts.get("pass", 0)), int(counts.get("fail", 0))
    rate = f"; pass rate {passed / (passed + failed):.0%}" if passed + failed else ""
    others = ", ".join(f"{int(counts[v])} {v}" for v in ("unknown", "unscored") if counts.get(v))
    line(f"{passed} pass, {failed} fail{', ' + others if others else ''}{rate}.")


def headline(found: Scores, to: Any = say) -> None:
    """Say in one or two sentences how even the whole is."""
    frame = found.inequality
    if not len(frame):
        return
    wanted = found.plan.model.equalization
    assert wanted is not None
    year = int(frame["year"].max())
    part = frame[
        (frame["year"] == year)
        & (frame["measure"] == wanted.degree)
        & (frame["basis"] == "values")
        & (frame["by"] == "")
        & (~frame["weighted"])
        & ((frame["n"] > 1) | (frame["node"] == "index"))
    ]
    index = part[(part["node"] == "index") & (part["part"] == "degree")]["value"]
    leaves = part[(part["level"] == "indicator") & (part["part"] == "total") & part["value"].notna()]
    if len(index) and np.isfinite(index.iloc[0]) and len(leaves):
        names = dict(zip(found.plan.tree.ids, found.plan.tree.names, strict=True))
        leaves = leaves.sort_values("value", kind="stable")
        worst, best = leaves.iloc[-1], leaves.iloc[0]
        to(
            f"Equalization degree {year} ({wanted.degree}, unweighted): {index.iloc[0]:.1f} of 100. "
            f"Least even: {names[worst['node']]} ({worst['value']:.3f}); "
            f"most even: {names[best['node']]} ({best['value']:.3f})."
        )


def notes(found: Scores | Comparison | Change) -> None:
    """Print notes and warnings to stderr, a few of each kind."""
    kinds: dict[str, list[str]] = {}
    for note in found.notes:
        kinds.setdefault(note.split(":")[0], []).append(note)
    for group in kinds.values():
        say("\n".join(f"Note: {note}" for note in group[:2]))
        if len(group) > 2:
            say(f"Note: … and {len(group) - 2} more of these; see them with: equindex check")


def tables_json(found: Scores) -> None:
    """Print every table as JSON records, with the provenance."""
    tables = {name: records(frame) for name, frame in found.tables().items()}
    json_line({**tables, "provenance": dict(found.provenance)})


# equalize ----------------------------------------------------------------------------------------------------


def evenness(found: Evenness) -> None:
    """Print the answer in words, then one table of the last year."""
    model = found.scores.plan.model
    line(f"{model.title or model.id}, {found.years[-1]}")
    line("")
    for sentence in found.answer():
        line(sentence)
    line("")
    columns, body = found.summary()
    table(f"By indicator, {found.years[-1]}", columns, body, keep=4)
    if found.draws:
        line(
            f"Intervals: {found.draws} bootstrap resamples of regions, seed {found.seed}. All tables: -o FOLDER."
        )


def evenness_json(found: Evenness) -> None:
    """Print every table of an analysis, the answer and the provenance as JSON."""
    tables = {name: records(frame) for name, frame in found.tables().items()}
    json_line({"answer": found.answer(), **tables, "provenance": dict(found.provenance)})


# check -------------------------------------------------------------------------------------------------------


def findings(found: Findings, panel: Panel | None, framework: Framework) -> None:
    """Print errors and warnings by kind, then a summary when nothing is wrong."""
    if found.errors:
        line(f"{len(found.errors):,} errors" if len(found.errors) > 1 else "1 error")
        line(found.text("error"))
        line("")
    if found.warnings:
        line(f"{len(found.warnings):,} warnings" if len(found.warnings) > 1 else "1 warning")
        line(found.text("warning"))
        line("")
    for note in found.notes:
        line(f"Note: {note}")
    if panel is not None:
        _quality(panel, framework)


def _quality(panel: Panel, framework: Framework) -> None:
    rows = panel.order
    x = panel.x[rows]
    years = list(panel.rows_of)
    span = str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]} ({len(years)} years)"
    body = []
    for column, indicator in enumerate(framework.model.indicator):
        values = x[:, column]
        seen = values[np.isfinite(values)]
        spread = (seen.min(), np.median(seen), seen.max()) if len(seen) else ()
        bounds = sum(1 for _, at in panel.bounds if at == column)
        body.append(
            [
                indicator.id,
                indicator.name or indicator.name_en,
                indicator.unit,
                len(seen),
                len(values) - len(seen),
                bounds,
                *[f"{value:.6g}" for value in spread or ()],
                *[""] * (3 - len(spread)),
            ]
        )
    regions = len(np.unique(panel.region[rows]))
    filled = f"{np.isfinite(x).mean():.1%} of cells filled"
    many, wide = ("s" if count != 1 else "" for count in (regions, len(body)))
    heading = f"No errors: {regions} region{many}, {span}, {len(body)} indicator{wide}, {filled}"
    table(
        heading,
        ["indicator", "name", "unit", "values", "missing", "bounds", "least", "median", "most"],
        body,
        keep=1,
    )


def findings_json(found: Findings) -> None:
    """Print the findings as JSON."""
    import dataclasses

    items = [dataclasses.asdict(item) for item in found]
    json_line({"findings": items, "notes": found.notes})


# explain -----------------------------------------------------------------------------------------------------


def explanation(found: Explanation) -> None:
    """Print contributions, strengths, shortfalls and obstacles of one region."""
    what = "index" if found.basis == "index" else "attainment"
    line(
        f"{found.region_name}, {found.year}: {what} {found.score:.2f}, rank {found.rank} of {found.of}, "
        f"coverage {found.coverage:.0%}."
    )
    line("")
    parts = found.parts.sort_values("contribution", ascending=False, kind="stable")
    body = [
        [row.node_name, row.contribution, f"{row.effective:.1%}", row.score, row.mean, row.value, row.unit]
        for row in parts.itertuples()
    ]
    body.append(
        ["sum", float(parts["contribution"].sum()), f"{parts['effective'].sum():.1%}", None, None, None, ""]
    )
    columns = ["indicator", "contribution", "weight", "score", "mean region's", "value", "unit"]
    table("Contributions", columns, body)
    for title, frame in (("Strengths", found.strengths), ("Shortfalls", found.shortfalls)):
        if len(frame):
            said = ", ".join(f"{row.node_name} ({row.lead:+.2f})" for row in frame.itertuples())
            line(f"{title} against the mean region, in points of the {what}: {said}.")
    if found.refused:
        line(f"Obstacle degrees 障碍度: none; {found.refused}.")
    elif len(found.obstacles):
        said = ", ".join(
            f"{row.node_name} {row.obstacle:.1%}" for row in found.obstacles.head(8).itertuples()
        )
        line(f"Obstacle degrees 障碍度: {said}.")


def explanation_json(found: Explanation) -> None:
    """Print an explanation as JSON."""
    names = ("basis", "region", "region_name", "year", "score", "rank", "of", "coverage", "refused")
    json_line({**{name: getattr(found, name) for name in names}, "parts": records(found.parts)})


def by_group(found: Scores, group: str, year: int) -> pd.DataFrame:
    """Mean index and equalization of each group's regions, largest index first."""
    import pandas as pd

    assert found.rolled is not None
    codes, labels = found.panel.groups[group]
    rows = found.panel.order
    here = found.panel.year[rows] == year
    frame = pd.DataFrame(
        {
            "group": [labels[code] for code in codes[rows][here]],
            "region": [found.panel.region_names[code] for code in found.panel.region[rows][here]],
            "index": found.rolled.score[here, 0],
        }
    )
    if found.equalized is not None:
        frame["equalization"] = found.equalized.rolled.score[here, 0]
    return frame
