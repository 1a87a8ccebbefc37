"""`equindex report` and `equindex chart`: what people look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equindex.cli._options import (
    DataArgument,
    ForceOption,
    FrameworkArgument,
    QuietOption,
    SetOption,
    WeightsOption,
    app,
    framework_of,
)
from equindex.cli._run import command, say, spinner, stages
from equindex.cli.words import language, said
from equindex.errors import FrameworkError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.framework import Framework
    from equindex.report.gather import Found, Lang
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["chart", "report"]

# The charts and what they show; the table of `equindex.charts` says how they are drawn.
KINDS = {
    "ranking": "the score of each region",
    "intervals": "how far each rank moves when weights do",
    "heatmap": "scores of pillars by region",
    "influence": "what moves ranks most when it is left out",
    "attainment": "attainment of targets, by status",
    "lorenz": "Lorenz curves of the services",
    "degrees": "how even each service is",
    "groups": "inequality between and within groups",
    "trend": "scores over the years",
    "map": "a map of the scores, with --geo",
}

GeoOption = Annotated[
    Path | None,
    typer.Option(
        "--geo", metavar="FILE", help="GeoJSON with the outlines of the regions, by id, code or name."
    ),
]
YearOption = Annotated[
    int | None, typer.Option("--year", "-y", help="The year that is told; the last when left out.")
]
DrawsOption = Annotated[
    int, typer.Option("--draws", "-n", min=1, max=1_000_000, help="Draws of the weights for the intervals.")
]
BandOption = Annotated[
    float,
    typer.Option("--band", min=0.01, max=1, help="Weights go up or down by this share in the intervals."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Same seed, same numbers.")]


@command(app)
def report(
    framework: FrameworkArgument,
    data: DataArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="report.html, or report.md for Markdown."),
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="FILE", help="A workbook too, or alone: scores follow its weights."),
    ] = None,
    geo: GeoOption = None,
    year: YearOption = None,
    draws: DrawsOption = 1000,
    band: BandOption = 0.25,
    seed: SeedOption = 0,
    presets: Annotated[
        list[Path] | None,
        typer.Option("--preset", metavar="FILE", help="Weight set that the page offers; may be repeated."),
    ] = None,
    weights: WeightsOption = None,
    sets: SetOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a page that opens offline: who leads, why, and how certain that is.

    One file without links to anything: ranking with intervals, pillars, regions, targets, evenness, data quality,
    method, provenance, and weights to play with. Every table can be saved as CSV. `-o report.md` writes Markdown,
    `--xlsx report.xlsx` a workbook whose scores and ranks follow from its weights by formulas.

    Example: equindex report framework.toml data.csv -o report.html --lang zh
    """
    from equindex import report as library
    from equindex.framework.files import read_weights
    from equindex.report.gather import ANALYSES

    kind = output.suffix.lower() if output else ""
    faults = []
    if output is None and xlsx is None:
        faults.append("say what to write: -o report.html, -o report.md or --xlsx report.xlsx.")
    if output is not None and kind not in (".html", ".htm", ".md"):
        faults.append(
            f"{str(output)!r} should end in .html or .md; --xlsx writes a workbook, equindex score -o FOLDER tables."
        )
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        faults.append(f"{str(xlsx)!r} should end in .xlsx.")
    if faults:
        raise FrameworkError("\n".join(faults))
    _refuse_existing([path for path in (output, xlsx) if path], force)
    found = _gathered(
        framework_of(framework, sets, weights),
        data,
        geo,
        quiet,
        year=year,
        draws=draws,
        band=band,
        seed=seed,
        presets=[read_weights(path) for path in presets or []],
        parts=ANALYSES if output else ("uncertainty",),
    )
    with spinner("Writing", quiet):
        written: dict[Path, bytes] = {}
        if output is not None:
            text = library.markdown(found) if kind == ".md" else library.html(found)
            written[output] = text.encode()
        if xlsx is not None:
            written[xlsx] = library.workbook(found)
        told = _write(written, force, found, geo)
    if not quiet:
        say(told)


@command(app)
def chart(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="; ".join(f"{name}: {what}" for name, what in KINDS.items()) + "."
        ),
    ],
    framework: FrameworkArgument,
    data: DataArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="x.svg, or x.png.")],
    geo: GeoOption = None,
    year: YearOption = None,
    draws: DrawsOption = 1000,
    band: BandOption = 0.25,
    seed: SeedOption = 0,
    weights: WeightsOption = None,
    sets: SetOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draw one chart of the results as SVG or PNG.

    An SVG takes the fonts of whoever looks at it; a PNG with Chinese names needs a font here that has them.

    Example: equindex chart intervals framework.toml data.csv -o intervals.svg
    """
    suffix = output.suffix.lower()
    faults = []
    if kind not in KINDS:
        faults.append(f"there is no chart {kind!r}. {nearest(kind, KINDS)}")
    if suffix not in (".svg", ".png"):
        faults.append(f"{str(output)!r} should end in .svg or .png.")
    if kind == "map" and geo is None:
        faults.append("a map needs the outlines of the regions: --geo regions.geojson.")
    if faults:
        raise FrameworkError(" ".join(faults))
    from equindex import charts
    from equindex import report as library

    _refuse_existing([output], force)
    found = _gathered(
        framework_of(framework, sets, weights),
        data,
        geo,
        quiet,
        year=year,
        draws=draws,
        band=band,
        seed=seed,
        parts=charts.CHARTS[kind].needs,
    )
    with spinner("Drawing", quiet):
        picture = library.chart(found, kind, png=suffix == ".png")
        told = _write({output: picture}, force, found, geo)
    if not quiet:
        say(told)


def _refuse_existing(files: Sequence[Path], force: bool) -> None:
    """Refuse before anything is scored what could not be written."""
    existing = [str(path) for path in files if path.exists() and not force]
    if existing:
        verb = "exists" if len(existing) == 1 else "exist"
        raise FrameworkError(f"{', '.join(existing)} {verb}. Write elsewhere, or overwrite with --force.")


def _gathered(framework: Framework, data: Any, geo: Path | None, quiet: bool, **options: Any) -> Found:
    """Score and analyse what is shown, in the language of the command."""
    from equindex.charts import read_outlines
    from equindex.report import gather

    outlines = None if geo is None else read_outlines(geo)
    lang: Lang = "zh" if language() == "zh" else "en"
    with stages("Scoring", quiet) as progress:
        return gather(
            framework, data, lang=lang, outlines=outlines, reword=said, progress=progress, **options
        )


def _write(files: dict[Path, bytes], force: bool, found: Found, geo: Path | None) -> str:
    """Write files whole or not at all, and never over what was read; return what was written and its size."""
    from equindex import io

    inputs = [*found.scores.inputs, *([geo] if geo else [])]
    io.write_files(files, force=force, inputs=inputs)
    return f"Wrote {' and '.join(f'{path} ({_size(content)})' for path, content in files.items())}."


def _size(content: bytes) -> str:
    return f"{len(content) / 1e6:.1f} MB" if len(content) >= 100_000 else f"{len(content) / 1e3:.0f} kB"
