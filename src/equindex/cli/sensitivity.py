"""`equindex sensitivity`: which choice moves the ranking most, and how far weights can move before it changes."""

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
from equindex.cli._run import command, stages
from equindex.cli.uncertainty import EngineOption, SeedOption, VaryOption, WorkersOption

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.uncertainty import Sensitivity
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["deliver_sensitivity", "sensitivity"]

_MOST = 12  # rows of each printed table


@command(app)
def sensitivity(
    framework: FrameworkArgument,
    data: DataArgument,
    vary: VaryOption = None,
    samples: Annotated[
        int, typer.Option("--samples", "-n", help="Rows of the design, a power of two: 256, 1024, 4096.")
    ] = 1024,
    resamples: Annotated[
        int, typer.Option("--resamples", help="For the intervals of effects; 0 for none.")
    ] = 100,
    seed: SeedOption = 0,
    year: Annotated[
        int | None,
        typer.Option("--year", "-y", help="Rank the regions of this year; the last when left out."),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Coverage of the intervals of effects.")] = 0.95,
    each_weight: Annotated[
        bool,
        typer.Option("--each-weight", help="Take every weight for a factor by itself, not all together."),
    ] = False,
    band: Annotated[
        float,
        typer.Option(
            "--band",
            help="Tell best and worst ranks for each indicator's share of the total up or down by this part of it.",
        ),
    ] = 0.25,
    engine: EngineOption = "threads",
    workers: WorkersOption = None,
    weights: WeightsOption = None,
    sets: SetOption = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say which choice moves the ranking most, and how far weights can move before it changes.

    Shares of variance (exact where all that varies are choices), one change at a
    time, each indicator, pillar and region left out, exact intervals of every weight.

    Example: equindex sensitivity framework.toml data.csv --vary weights=0.25
    --vary normalise=minmax,rank --samples 1024
    """
    from equindex import uncertainty as library

    built = framework_of(framework, sets, weights)
    with stages("Scoring", quiet) as progress:
        found = library.sensitivity(
            built,
            data,
            vary=vary or ["weights=0.25"],
            samples=samples,
            resamples=resamples,
            seed=seed,
            year=year,
            level=level,
            each_weight=each_weight,
            band=band,
            engine=engine,
            workers=workers,
            progress=progress,
        )
    deliver_sensitivity(found, output, fmt, force, quiet, as_json)


def deliver_sensitivity(
    found: Sensitivity, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool
) -> None:
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


def _show(found: Sensitivity) -> None:
    from equindex.cli._print import line, records

    model = found.scores.plan.model
    line(f"{model.title or model.id}, {found.study.year}")
    line("")
    for sentence in found.answer():
        line(sentence)
    line("")
    shares = found.shares
    alone = len(found.effects.factors) == 1  # all is owed to it
    overall = shares[(shares["region"] == "") & shares["total"].notna() & (not alone)]
    percent, exact = f"{100 * found.level:g}%", found.effects.exact
    rows = [
        [
            row["output"],
            f"{row['factor']} {row['node_name']}".strip(),
            *(
                cell
                for what in ("first", "total")
                for cell in (row[what], _interval(row[f"{what}_low"], row[f"{what}_high"]))[
                    : 1 if exact else 2
                ]
            ),
        ]
        for row in records(overall.sort_values(["output", "total"], ascending=[False, False], kind="stable"))
    ]
    headers = ["of", "factor", *(["first", "total"] if exact else ["first", percent, "total", f"{percent} "])]
    _cut("Share of the variance", headers, rows, 3)
    changes = [
        [
            f"{row['factor']} {row['node_name']} {row['setting']}".replace("  ", " "),
            row["rank_shift"],
            row["reversals"],
            "" if not row["region_name"] else f"{row['region_name']} {row['rank_from']} to {row['rank_to']}",
            row["reason"],
        ]
        for row in records(found.one_at_a_time)
    ]
    _cut("One change at a time", ["change", "shift", "swaps", "moves most", "reason"], changes, 4)
    without = [
        [
            f"{row['level']} {row['node_name'] or row['node']}",
            row["rank_shift"],
            row["reversals"],
            "" if not row["region_name"] else f"{row['region_name']} {row['rank_from']} to {row['rank_to']}",
            row["reason"],
        ]
        for row in records(found.left_out)
    ]
    _cut("Left out", ["without", "shift", "swaps", "moves most", "reason"], without, 4)
    steady = [
        [
            row["node_name"] or row["node"],
            row["weight"],
            f"{row['leader_low']:.3f} to {row['leader_high']:.3f}",
            row["passed_below_by"] or row["passed_above_by"],
            f"{row['ranking_low']:.3f} to {row['ranking_high']:.3f}",
        ]
        for row in records(found.stability)
    ]
    if steady:
        headers = ["weight of", "weight", "leader stays first", "passed by", "all ranks stay"]
        _cut("How far a weight can move, the others in proportion", headers, steady, 3)
    if found.one_at_a_time.size or found.left_out.size:
        line("shift: mean places that ranks move; swaps: pairs of regions that change places.")
    line("Every region, smallest changes and bounds of ranks: -o FOLDER.")


def _cut(title: str, headers: list[str], rows: list[list[object]], keep: int) -> None:
    """Print the first rows of a table, and how many more there are; a last column of reasons only if there are any."""
    from equindex.cli._print import line, table

    if headers[-1] == "reason" and not any(row[-1] for row in rows):
        headers, rows = headers[:-1], [row[:-1] for row in rows]
    if not rows:
        return
    table(title, headers, rows[:_MOST], keep=keep)
    if len(rows) > _MOST:
        line(f"… and {len(rows) - _MOST} more; all with -o.")
        line("")


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f} to {high:.2f}"
