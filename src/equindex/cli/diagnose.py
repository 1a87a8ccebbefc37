"""`equindex diagnose`: whether the indicators belong together, what counts, and what counts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from equindex.cli._handing import hand_over
from equindex.cli._options import (
    DataArgument,
    ForceOption,
    FormatOption,
    FrameworkArgument,
    JsonOption,
    OutOption,
    QuietOption,
    SetOption,
    WeightsOption,
    app,
    framework_of,
)
from equindex.cli._run import command, spinner

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.coherence import Coherence
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["deliver", "diagnose"]


@command(app)
def diagnose(
    framework: FrameworkArgument,
    data: DataArgument,
    year: Annotated[
        int | None,
        typer.Option("--year", "-y", help="Compare the regions of this year; the last when left out."),
    ] = None,
    weights: WeightsOption = None,
    sets: SetOption = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say whether the indicators belong together, what counts, and what counts twice.

    Correlations, Cronbach's alpha, KMO, Bartlett's test, principal components,
    effective weights and main effects; what to reconsider comes first, in words.

    Example: equindex diagnose framework.toml data.csv --year 2023 -o coherence/
    """
    from equindex import coherence

    built = framework_of(framework, sets, weights)
    with spinner("Scoring", quiet):
        found = coherence.analyse(built, data, year=year)
    deliver(found, output, fmt, force, quiet, as_json)


def deliver(found: Coherence, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool) -> None:
    """Write the tables, or print sentences and the main tables, or everything as JSON."""
    from equindex.cli import show

    hand_over(
        found,
        found.answer(),
        lambda: _show(found),
        output,
        fmt,
        force,
        quiet,
        as_json,
        inputs=found.scores.inputs,
    )
    if not quiet:
        show.notes(found.scores)


def _show(found: Coherence) -> None:
    from equindex.cli._print import line, table

    model = found.scores.plan.model
    line(f"{model.title or model.id}, {found.year}")
    line("")
    for sentence in found.answer():
        line(sentence)
    line("")
    rows = [
        [
            row["node_name"],
            f"{100 * row['weight']:.1f}%",
            f"{100 * row['effective']:.1f}%",
            row["linear"],
            row["smooth"],
        ]
        for row in found.importance.to_dict("records")
    ]
    headers = ["node", "weight", "effective", "R² (line)", "R² (curve)"]
    table("Weight and importance for the index", headers, rows, keep=5)
    groups = found.reliability[found.reliability["item"] == ""]
    adequacy = found.adequacy[found.adequacy["item"] == ""]
    first = found.components[found.components["component"] == 1]
    keys = ["node", "node_name", "basis"]
    joined = (
        groups[[*keys, "alpha", "standardised"]]
        .merge(adequacy[[*keys, "kmo", "p"]], on=keys)
        .merge(first[[*keys, "share"]], on=keys, how="left")
    )
    names = joined["node_name"].where(joined["node"] != "index", "index")
    body = [
        [name, *row]
        for name, row in zip(
            names,
            joined[["basis", "alpha", "standardised", "kmo", "p", "share"]].itertuples(
                index=False, name=None
            ),
            strict=True,
        )
    ]
    headers = ["node", "of its", "alpha", "standardised", "KMO", "Bartlett p", "first component"]
    if body:
        table("Do they measure one thing", headers, body, keep=5)
    line("Correlations, loadings and all other tables: -o FOLDER.")
