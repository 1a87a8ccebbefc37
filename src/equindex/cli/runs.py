"""`equindex runs`: what was kept with --save, to be listed, shown, exported, verified and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equindex.cli._options import (
    ForceOption,
    FormatOption,
    JsonOption,
    OutOption,
    QuietOption,
    app,
)
from equindex.cli._run import command, say, spinner, write_results

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from equindex.store import Run, Store
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["keep", "kept_in"]

runs = typer.Typer(
    name="runs", help="Runs kept with --save: list, show, export, verify, compare.", no_args_is_help=True
)
app.add_typer(runs)

StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="The file of runs, or its folder; equindex-runs.sqlite here when left out.",
    ),
]
NumberArgument = Annotated[
    int, typer.Argument(metavar="RUN", help="Its number, as `equindex runs list` tells it.")
]
DataOption = Annotated[
    str | None, typer.Option("--data", metavar="DATA", help="Where the data are now, if they have moved.")
]


def keep(
    tables: Mapping[str, pd.DataFrame],
    provenance: Mapping[str, Any],
    framework: Path,
    save: bool,
    store: Path | None,
    note: str,
    quiet: bool,
) -> None:
    """Keep a run in the store beside the framework, or in the one that is named, where either is asked for."""
    place = kept_in(framework, save, store)
    if place is None:
        return
    number = place.save(tables, provenance, note=note)
    if not quiet:
        say(f"Kept as run {number} in {place.path}.")


def kept_in(framework: Path, save: bool, store: Path | None) -> Store | None:
    """Return the store in which a run is to be kept, where that is asked for; one that cannot be written is refused."""
    if not save and store is None:
        return None
    from equindex.store import Store

    return Store(store or framework.parent, create=True)


def _store(path: Path | None) -> Store:
    from equindex.store import Store

    return Store(path or Path())


@command(runs)
def list(store: StoreOption = None, as_json: JsonOption = False) -> None:  # noqa: A001 - the name of the command
    """List the runs that are kept, the newest first.

    Example: equindex runs list --store data/
    """
    from equindex.cli._print import json_line, line, table

    kept = _store(store).runs()[::-1]
    if as_json:
        json_line([_told(run) for run in kept])
        return
    if not kept:
        line("No run is kept yet: equindex score FRAMEWORK DATA --save.")
        return
    rows = [
        [run.run, run.time[:16], run.framework, run.note, run.command, run.weights, run.data or ""]
        for run in kept
    ]
    table("Runs", ["run", "time", "framework", "note", "command", "weights", "data"], rows, keep=4)


def _told(run: Run) -> dict[str, object]:
    return {
        "run": run.run,
        "time": run.time,
        "command": run.command,
        "framework": run.framework,
        "title": run.title,
        "framework_digest": run.framework_digest,
        "weights": run.weights,
        "data": run.data,
        "data_digests": dict(run.data_digests),
        "version": run.version,
        "seed": run.seed,
        "note": run.note,
    }


@command(runs)
def show(number: NumberArgument, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show one run: what it scored with what, and its ranking.

    Example: equindex runs show 1
    """
    from equindex.cli._print import json_line, line, records, table

    place = _store(store)
    run, tables = place.run(number), place.tables(number)
    if as_json:
        json_line({**_told(run), **{name: records(frame) for name, frame in tables.items()}})
        return
    line(f"Run {run.run}, {run.time}: {run.title or run.framework}")
    line(
        f"{run.command} by equindex {run.version}; weights: {run.weights}; data: {run.data or 'a table in memory'}."
    )
    if run.note:
        line(f"Note: {run.note}")
    line("")
    name = next((name for name in ("scores", "attainment", "equalization") if name in tables), None)
    if name is not None:
        frame = tables[name]
        value = "score" if name == "scores" else name
        root = frame[frame["node"] == "index"]
        last = root[root["year"] == root["year"].max()].sort_values(value, ascending=False, kind="stable")
        columns = [column for column in ("rank", "region_name", "year", value, "coverage") if column in last]
        table(f"{name}, the last year", columns, [[row[c] for c in columns] for row in records(last)][:60])
    line(f"Tables: {', '.join(f'{name} ({len(frame):,} rows)' for name, frame in tables.items())}.")


@command(runs)
def export(
    number: NumberArgument,
    output: OutOption = None,
    store: StoreOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the tables of a run and its provenance.json, as -o would have.

    Example: equindex runs export 1 -o run-1/
    """
    place = _store(store)
    run = place.run(number)
    with spinner("Writing", quiet):
        written = write_results(
            place.tables(number),
            run.record,
            output or Path(f"run-{number}"),
            fmt,
            force,
            inputs=[place.path],
            quiet=quiet,
        )
    if not quiet:
        say(written)


@command(runs)
def verify(number: NumberArgument, store: StoreOption = None, data: DataOption = None) -> None:
    """Score a run again and compare every cell, bit for bit; exit 1 where one differs.

    Example: equindex runs verify 1
    """
    from equindex import store as library
    from equindex.cli._print import line

    with spinner("Scoring"):
        found = library.verify(_store(store), number, data=data)
    for warning in found.warnings:
        say(f"Warning: {warning}")
    if not found.different and not found.listed:
        line(f"Run {number} gives the same again: {found.cells:,} cells, bit for bit.")
        return
    line(f"Run {number} differs in {found.different:,} of {found.cells:,} cells:")
    for text in found.listed:
        line(f"  {text}")
    raise typer.Exit(1)


@command(runs)
def compare(
    old: Annotated[int, typer.Argument(metavar="OLD", help="The earlier run.")],
    new: Annotated[int, typer.Argument(metavar="NEW", help="The later run.")],
    store: StoreOption = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two runs, and which part of each change is owed to what.

    Data, targets, weights and methods of either run are scored in every mixture;
    what that does not reproduce is owed to the version.

    Example: equindex runs compare 1 2
    """
    from equindex import store as library
    from equindex.cli._print import json_line, line, records, table

    place = _store(store)
    with spinner("Scoring", quiet):
        found = library.compare(place, old, new)
    if output is not None:
        record = {"old": dict(found.old.record), "new": dict(found.new.record)}
        say(
            write_results(
                {"change": found.regions}, record, output, fmt, force, inputs=[place.path], quiet=quiet
            )
        )
    if as_json:
        told = {"differs": found.differs, "reason": found.reason, "regions": records(found.regions)}
        json_line({"old": _told(found.old), "new": _told(found.new), **told})
        return
    if output is not None:
        return
    differs = ", ".join(found.differs)
    line(
        f"Run {old} and run {new} differ in: {differs}."
        if differs
        else f"Run {old} and run {new} differ in nothing."
    )
    if found.reason:
        line(f"No causes of the change: {found.reason}")
    frame = found.regions.sort_values("change", key=abs, ascending=False, kind="stable")
    columns = [c for c in frame.columns if c not in ("region", "rank_old", "rank_new")]
    rows = [[row[c] for c in columns] for row in records(frame)]
    table("Change of scores, the widest first", [c.replace("_", " ") for c in columns], rows[:30], keep=5)
