"""`equindex uncertainty`: how far ranks move when weights, methods and data are varied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from equindex.cli._run import bar, command, say

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from equindex.uncertainty import Uncertainty
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["EngineOption", "SeedOption", "VaryOption", "WorkersOption", "deliver_uncertainty", "uncertainty"]

_MOST = 60  # regions that the printed table shows
_WIDTH = 24  # characters that draw a rank interval

VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="WHAT=HOW",
        help="What varies, all at once; may be repeated. weights=0.25 (up or down by 25 %), weights=dirichlet:20, "
        "weights=free, weights.pillar=0.1; any key with its values, as normalise=minmax,zscore; "
        "exclude=indicator, exclude=pillar, exclude=a,b; values=0.02 (relative standard error), values=rounding, "
        "values=errors.csv; regions=bootstrap. Left out: weights=0.25.",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the random numbers; 0 is a seed like any other.")]
EngineOption = Annotated[
    Literal["serial", "threads", "processes"],
    typer.Option("--engine", help="Who does the work; the results are the same bits."),
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", help="How many threads or processes; all processors when left out.")
]
SkipOption = Annotated[
    bool,
    typer.Option("--skip-failing", help="Leave out, and count, what cannot be scored, instead of stopping."),
]


@command(app)
def uncertainty(
    framework: FrameworkArgument,
    data: DataArgument,
    vary: VaryOption = None,
    draws: Annotated[int, typer.Option("--draws", "-n", help="How many draws.")] = 1000,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Of the random numbers; 0 is a seed like any other.", show_default="0"),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", "-y", help="Rank the regions of this year; the last when left out."),
    ] = None,
    level: Annotated[
        float | None,
        typer.Option("--level", help="Share of the draws that intervals hold.", show_default="0.9"),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            "--top", help="Tell the share of draws among the best and worst so many.", show_default="10"
        ),
    ] = None,
    engine: EngineOption = "threads",
    workers: WorkersOption = None,
    skip_failing: SkipOption = False,
    extend: Annotated[
        Path | None,
        typer.Option(
            "--extend", metavar="FILE", help="Continue the draws.npz of an earlier run up to --draws."
        ),
    ] = None,
    weights: WeightsOption = None,
    sets: SetOption = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say how sure the ranking is when weights, methods and data are varied.

    Rank intervals, how often each region is first, which regions cannot be told
    apart, and the weights that speak for each leader. Ctrl-C keeps finished draws.

    Example: equindex uncertainty framework.toml data.csv --draws 10000 --seed 7
    --vary weights=0.25 --vary normalise=minmax,zscore,rank --vary exclude=indicator
    """
    from equindex import uncertainty as library

    built = framework_of(framework, sets, weights)
    with bar("Drawing", quiet) as progress:
        if extend is not None:
            found = library.extend(
                extend,
                built,
                data,
                draws=draws,
                vary=vary or None,
                seed=seed,
                year=year,
                level=level,
                top=top,
                skip_failing=skip_failing or None,
                engine=engine,
                workers=workers,
                progress=progress,
            )
        else:
            found = library.analyse(
                built,
                data,
                vary=vary or ["weights=0.25"],
                draws=draws,
                seed=0 if seed is None else seed,
                year=year,
                level=0.9 if level is None else level,
                top=10 if top is None else top,
                engine=engine,
                workers=workers,
                skip_failing=skip_failing,
                progress=progress,
            )
    deliver_uncertainty(found, output, fmt, force, quiet, as_json)
    if found.kept.interrupted:
        say(f"Interrupted: {found.kept.draws:,} of {draws:,} draws are finished and kept.")
        raise typer.Exit(130)


def deliver_uncertainty(
    found: Uncertainty, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool
) -> None:
    """Write the tables, or print sentences and the ranking with intervals, or everything as JSON."""
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
        documents=None if output is None else {"draws.npz": found.content()},
        unprinted=["draws"],
    )
    if not quiet:
        show.notes(found.scores)


def _show(found: Uncertainty) -> None:
    from equindex.cli._print import line, table

    model = found.scores.plan.model
    for sentence in found.answer():
        line(sentence)
    line("")
    frame = found.regions.sort_values("rank", na_position="last", kind="stable")
    most = int(found.kept.ranks.last[-1])
    rows = [
        [
            None if row["rank"] is None else row["rank"],
            row["region_name"],
            row["score"],
            "" if row["low"] is None else f"{row['low']:g} to {row['high']:g}",
            drawn(row["low"], row["high"], row["rank"], most),
            *("" if row[key] is None else f"{100 * row[key]:.0f}%" for key in ("first", "top")),
            row["rank_shift"],
        ]
        for row in _plain(frame, found.top)[:_MOST]
    ]
    share = f"{100 * found.level:g}%"
    headers = [
        "rank",
        "region",
        "score",
        f"rank, {share}",
        f"1 … {most}",
        "first",
        f"top {found.top}",
        "shift",
    ]
    table(f"{model.title or model.id}, {found.study.year}", headers, rows, keep=5)
    if len(frame) > _MOST:
        line(f"… and {len(frame) - _MOST} more regions; all with -o.")
    line("All tables, and the draws themselves: -o FOLDER.")


def _plain(frame: pd.DataFrame, top: int) -> list[dict[str, Any]]:
    from equindex.cli._print import records

    names = {"rank_low": "low", "rank_high": "high", f"top_{top}": "top"}
    return records(frame.rename(columns=names))


def drawn(low: float | None, high: float | None, rank: float | None, most: int) -> str:
    """Draw an interval of ranks on a line from 1 to `most`, with the rank itself as a dot."""
    if low is None or high is None or most < 2:
        return ""
    marks = ["·"] * _WIDTH

    def place(value: float) -> int:
        return round((value - 1) / (most - 1) * (_WIDTH - 1))

    for at in range(place(low), place(high) + 1):
        marks[at] = "━"
    if rank is not None:
        marks[place(rank)] = "●"
    return "".join(marks)
