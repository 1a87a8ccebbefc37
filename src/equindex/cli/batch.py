"""`equindex batch`: score a table of any size block by block, and go on where a run was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equindex.cli._options import (
    ForceOption,
    FrameworkArgument,
    JsonOption,
    KeepOption,
    NoteOption,
    QuietOption,
    SaveOption,
    SetOption,
    WeightsOption,
    app,
    framework_of,
)
from equindex.cli._run import command, say, stages
from equindex.cli.runs import keep, kept_in

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.batch import Batch
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["batch", "deliver"]


@command(app)
def batch(
    framework: FrameworkArgument,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="Parquet or CSV file, a folder (year=2020/ too) or a quoted pattern of them, or a database URL.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for all tables.")],
    year: Annotated[
        list[int] | None,
        typer.Option("--year", "-y", help="Write this year only; all are measured. May be repeated."),
    ] = None,
    pillars: Annotated[bool, typer.Option("--pillars", help="Write the scores of pillars too.")] = False,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="About how much may be used: 2GB, 600MB.")
    ] = "2GB",
    engine: Annotated[
        Literal["serial", "threads", "dask"],
        typer.Option("--engine", help="Who does the work; the results are the same bits."),
    ] = "threads",
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="How many; all processors that memory allows when left out."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="Dask's scheduler, tcp://…; left out, this machine's."),
    ] = None,
    read_all: Annotated[
        bool, typer.Option("--read-all", help="Measure every value, whatever the footers of files say.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that was stopped in DIR.")
    ] = False,
    weights: WeightsOption = None,
    sets: SetOption = None,
    save: SaveOption = False,
    store: KeepOption = None,
    note: NoteOption = "",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score a table larger than memory, block by block: the same numbers as `equindex score`.

    Rows are regions and years, columns indicators. Finished blocks are kept: after
    Ctrl-C or a crash, --resume goes on and gives the same files.

    Example: equindex batch framework.toml "villages/*.parquet" -o results/
    """
    from equindex import batch as library

    built = framework_of(framework, sets, weights)
    kept_in(framework, save, store)  # a store that cannot be written stops the run before its hours of work
    try:
        with stages("Measuring", quiet) as progress:
            found = library.run(
                built,
                source,
                output,
                years=year,
                pillars=pillars,
                memory=memory,
                engine=engine,
                workers=workers,
                address=address,
                footer=not read_all,
                resume=resume,
                force=force,
                progress=progress,
            )
    except KeyboardInterrupt:
        say(f"Interrupted. Finished blocks are kept in {output}: go on with the same command and --resume.")
        raise typer.Exit(130) from None
    deliver(found, quiet, as_json)
    keep(found.tables(), found.provenance, framework, save, store, note, quiet)


def deliver(found: Batch, quiet: bool, as_json: bool) -> None:
    """Say what a batch did."""
    from equindex.cli._print import json_line

    if as_json:
        json_line(
            {
                "folder": str(found.folder),
                "rows": found.rows,
                "years": list(found.years),
                "units": found.units,
            }
        )
    if not quiet:
        for note in found.notes:
            say(f"Note: {note}")
        span = f"{found.years[0]}-{found.years[-1]}" if len(found.years) > 1 else f"{found.years[0]}"
        say(f"Scored {found.rows:,} rows, {span}, in {found.units:,} blocks. Wrote {found.folder}.")
