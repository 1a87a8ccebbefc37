"""`equindex report` and `equindex chart`: what people look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

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
from equindex.errors import FrameworkError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.charts import Outlines
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

LangOption = Annotated[Literal["zh", "en"], typer.Option("--lang", help="Language of words and names.")]
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
        Path, typer.Option("--output", "-o", metavar="FILE", help="report.html, or report.md for Markdown.")
    ],
    lang: LangOption = "en",
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
    method, provenance, and weights to play with. Every table can be saved as CSV. `-o report.md` writes Markdown.

    Example: equindex report framework.toml data.csv -o report.html --lang zh
    """
    from equindex import report as library
    from equindex.framework.files import read_weights

    kind = output.suffix.lower()
    if kind not in (".html", ".htm", ".md"):
        raise FrameworkError(
            f"{str(output)!r} should end in .html or .md. Tables come from: equindex score -o FOLDER."
        )
    built = framework_of(framework, sets, weights)
    with stages("Scoring", quiet) as progress:
        found = library.gather(
            built,
            data,
            lang=lang,
            year=year,
            draws=draws,
            band=band,
            seed=seed,
            outlines=_outlines(geo),
            presets=[read_weights(path) for path in presets or []],
            progress=progress,
        )
    with spinner("Writing", quiet):
        text = library.markdown(found) if kind == ".md" else library.html(found)
        size = _write(text.encode(), output, force, [*found.scores.inputs, *([geo] if geo else [])])
    if not quiet:
        say(f"Wrote {output} ({size}).")


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
    lang: LangOption = "en",
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

    wanted = charts.CHARTS[kind]
    built = framework_of(framework, sets, weights)
    with stages("Scoring", quiet) as progress:
        found = library.gather(
            built,
            data,
            lang=lang,
            year=year,
            draws=draws,
            band=band,
            seed=seed,
            outlines=_outlines(geo),
            parts=wanted.needs,
            progress=progress,
        )
    with spinner("Drawing", quiet):
        picture = library.chart(found, kind, png=suffix == ".png")
        size = _write(picture, output, force, [*found.scores.inputs, *([geo] if geo else [])])
    if not quiet:
        say(f"Wrote {output} ({size}).")


def _outlines(path: Path | None) -> Outlines | None:
    from equindex.charts import read_outlines

    return None if path is None else read_outlines(path)


def _write(content: bytes, output: Path, force: bool, inputs: list[Path]) -> str:
    """Write one file, whole or not at all, and never over what was read; return its size in words."""
    from equindex import io

    io.write({}, output.parent, documents={output.name: content}, force=force, inputs=inputs)
    return f"{len(content) / 1e6:.1f} MB" if len(content) >= 100_000 else f"{len(content) / 1e3:.0f} kB"
