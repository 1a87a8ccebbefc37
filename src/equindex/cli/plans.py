"""Commands for plans: how targets were read, and how far each has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equindex.cli._options import (
    DataArgument,
    ForceOption,
    FormatOption,
    FrameworkArgument,
    JsonOption,
    KeepOption,
    NoteOption,
    OutOption,
    QuietOption,
    SaveOption,
    SetOption,
    WeightsOption,
    app,
    framework_of,
)
from equindex.cli._run import command, say, spinner, write_results
from equindex.cli.runs import keep
from equindex.cli.words import language

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.monitoring import Monitoring
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["deliver", "monitor", "targets"]


@command(app)
def targets(framework: FrameworkArgument, sets: SetOption = None, as_json: JsonOption = False) -> None:
    """Show how each target and baseline of a framework was read, for a person to check.

    What the plan prints stands beside operator, ends and year; what could not be read is named. Nothing is scored
    on a guess.

    Example:

        equindex targets framework.toml
    """
    from equindex.cli.targets import show_targets

    show_targets(framework_of(framework, sets), as_json)


@command(app)
def monitor(
    framework: FrameworkArgument,
    data: DataArgument,
    as_of: Annotated[
        int | None, typer.Option("--as-of", metavar="YEAR", help="At the end of this year; else of the last.")
    ] = None,
    stage: Annotated[
        Literal["annual", "midterm", "final"] | None,
        typer.Option(
            "--stage",
            help="年度监测, 中期评估 or 总结评估. When left out, final from the plan's last year on, else annual.",
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="Print this region's targets one by one.")
    ] = None,
    targets_of: Annotated[
        int | None,
        typer.Option(
            "--targets-of",
            metavar="YEAR",
            help="Score with the targets in force in this year, and say what moves.",
        ),
    ] = None,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Also what is expected in every year of the plan (年度分解).")
    ] = False,
    weights: WeightsOption = None,
    sets: SetOption = None,
    output: OutOption = None,
    save: SaveOption = False,
    store: KeepOption = None,
    note: NoteOption = "",
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Monitor a plan: status, early warning, pace, attainment by pillar and department, what remains.

    Each target is held against its path from the baseline to the target year (序时进度). Binding targets come
    first, then all in plan order; every table with -o.

    Examples
    --------
        equindex monitor framework.toml data.csv --as-of 2023

        equindex monitor framework.toml data.csv --as-of 2023 --stage midterm --lang zh -o midterm/
    """
    from equindex import monitoring

    built = framework_of(framework, sets, weights)
    with spinner("Scoring", quiet):
        found = monitoring.analyse(
            built, data, as_of=as_of, stage=stage, targets_of=targets_of, schedule=schedule
        )
    code = None if region is None else _region(found, built.region(region), region)
    deliver(found, code, language(), output, fmt, force, quiet, as_json)
    keep(found.tables(), found.provenance, framework, save, store, note, quiet)


def _region(found: Monitoring, code: str, said: str) -> str:
    """Return a region that was monitored.

    Raises
    ------
    DataError
        If it was not, or several bear the name.
    """
    from equindex.errors import DataError, nearest

    known = found.regions["region"].tolist()
    if code in known:
        return code
    named = found.regions.loc[found.regions["region_name"] == said, "region"].tolist()
    if len(named) == 1:
        return str(named[0])
    words = list(dict.fromkeys([*found.regions["region_name"], *known]))
    raise DataError(f"no region {said!r} in {found.as_of}. {nearest(said, words)}".strip())


def deliver(
    found: Monitoring,
    region: str | None,
    lang: str,
    output: Path | None,
    fmt: str,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Print or write what monitoring found."""
    from equindex.cli import monitor as printing
    from equindex.cli import show

    if output is not None:
        with spinner("Writing", quiet):
            written = write_results(
                found.tables(), found.provenance, output, fmt, force, inputs=found.scores.inputs, quiet=quiet
            )
        if not quiet:
            say("\n".join(found.answer(region, "zh" if lang == "zh" else "en")))
            say(written)
    if as_json:
        printing.monitoring_json(found, lang)
    elif output is None:
        printing.monitoring(found, region, lang)
    if not quiet:
        show.notes(found.scores)
