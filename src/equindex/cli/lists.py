"""Commands for service lists and their standards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from equindex.cli._options import ForceOption, FormatOption, JsonOption, OutOption, QuietOption, app
from equindex.cli._run import command, spinner

if TYPE_CHECKING:
    from pathlib import Path
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["standards"]


@command(app)
def standards(
    listing: Annotated[Path, typer.Argument(metavar="LIST", help="Service list (服务清单): CSV or XLSX.")],
    superior: Annotated[
        list[Path] | None,
        typer.Option(
            "--superior", metavar="LIST", help="List of a level above, the nearest first. May be repeated."
        ),
    ] = None,
    as_of: Annotated[
        int | None, typer.Option("--as-of", metavar="YEAR", help="Take the editions in force in this year.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="For the standard coverage rate (标准覆盖率): 80%以上.")
    ] = None,
    norms: Annotated[
        Path | None, typer.Option("--norms", metavar="NORMS", help="Facility norms; with --areas.")
    ] = None,
    areas: Annotated[
        Path | None, typer.Option("--areas", metavar="AREAS", help="Areas, their sizes and facilities.")
    ] = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check a service list (服务清单) by itself and against the levels above.

    Says how many items have a standard, which lack a part, which are missing
    (内容无缺项), which standards are below those of the levels above or
    beyond a ceiling (标准不攀高), and what moved since the edition before.
    With norms and areas: what facilities each area must have, and has.

    Example: equindex standards county.csv --superior province.csv
    """
    from equindex import standards as checks
    from equindex.cli.standards import deliver

    with spinner("Checking", quiet):
        found = checks.check(listing, superior or [], as_of=as_of, target=target, norms=norms, areas=areas)
    deliver(found, output, fmt, force, quiet, as_json)
