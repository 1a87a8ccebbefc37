"""The application, and the arguments and options that commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equindex.cli import _complete

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.framework import Framework
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = [
    "DataArgument",
    "ForceOption",
    "FormatOption",
    "FrameworkArgument",
    "JsonOption",
    "KeepOption",
    "NoteOption",
    "OutOption",
    "QuietOption",
    "SaveOption",
    "SetOption",
    "WeightsOption",
    "YearOption",
    "app",
    "framework_of",
]

app = typer.Typer(
    name="equindex",
    help="Equalization and attainment indices (均等化指数, 目标实现度): how evenly public services reach regions, "
    "and how far each has come towards its plan.\n\n"
    "Start with [bold]equindex demo[/bold], then [bold]equindex init my-index[/bold].",
    epilog="FRAMEWORK is a TOML file or workbook; DATA is a CSV, XLSX or Parquet file, a folder of them, or a "
    "database (postgresql://, sqlite:///, duckdb:///) with --table or --query.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FrameworkArgument = Annotated[
    Path, typer.Argument(metavar="FRAMEWORK", help="Framework file (TOML), or a workbook that holds one.")
]
DataArgument = Annotated[
    str,
    typer.Argument(metavar="DATA", help="CSV, XLSX or Parquet file, a folder of them, or a database URL."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key of the framework for this run, in TOML: normalise.lower=0, base=1999, "
        'equalization.reference="median". Keys without a section mean \\[methods]. May be repeated.',
        autocompletion=_complete.settings,
    ),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option("--weights", "-w", metavar="FILE", help="Weight set in place of the framework's own."),
]
YearOption = Annotated[
    list[int] | None,
    typer.Option("--year", "-y", help="Show this year only; all years are measured. May be repeated."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="OUT", help="Folder for all tables, or x.csv, x.parquet, x.xlsx, x.json."
    ),
]
FormatOption = Annotated[
    Literal["csv", "parquet", "xlsx", "json"],
    typer.Option("--format", help="Of the tables that -o writes into a folder."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No messages on stderr but errors.")]
SaveOption = Annotated[
    bool, typer.Option("--save", help="Keep the run in equindex-runs.sqlite beside the framework.")
]
KeepOption = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="Keep it in this file instead, or in its folder."),
]
NoteOption = Annotated[str, typer.Option("--note", help="What to remember of a run that is kept.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, for other programs.")]


def framework_of(path: Path, settings: list[str] | None, weights: Path | None = None) -> Framework:
    """Read the framework that a command names, with its settings and weights."""
    from equindex.framework import Framework

    return Framework.from_toml(path, settings=settings or [], weights=weights)
