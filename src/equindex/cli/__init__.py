"""The command line: parse, call, print. Heavy imports wait inside the commands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from equindex.cli import _complete
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
    YearOption,
    app,
    framework_of,
)
from equindex.cli._run import command, guard_streams, say, spinner, stages, write_results
from equindex.cli.words import language

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.evenness import Evenness
    from equindex.scoring import Scores
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line."""
    guard_streams()
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from equindex import __version__

        typer.echo(f"equindex {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001  what it does, its callback has done
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Hold the options that come before a command, and refuse a language that is none before --lang is blamed."""
    lang = os.environ.get("EQUINDEX_LANG", "")
    if lang not in ("", "en", "zh"):
        raise typer.BadParameter(f"{lang!r} is not one of 'en', 'zh'.", param_hint="EQUINDEX_LANG")


@command(app)
def demo() -> None:
    """Score the bundled provinces and five-year plan, and print what comes out.

    Needs no file and writes none: 31 Chinese provinces with nine service
    indicators of 1998-2000, and the plan of Rugao (如皋市) with its 36 targets of
    2025. The data sit in the installed package; their sources are named.
    """
    from equindex.cli.demo import show_demo

    show_demo()


@command(app)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    plan: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A plan's table, CSV or XLSX: 领域, 指标, 单位, 2020年, 2025年, 属性.",
        ),
    ] = None,
    region: Annotated[
        str, typer.Option("--region", metavar="NAME", help="What --from calls the plan's region in the data.")
    ] = "",
    force: ForceOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a framework, a data template and a weight set to start from.

    They score as they are; change them line by line. With --from they hold the indicators and targets of a plan.

    Example:

        equindex init my-index
        equindex check my-index/framework.toml my-index/data.csv
        equindex score my-index/framework.toml my-index/data.csv
    """
    from equindex import io
    from equindex.cli.starter import FILES, from_plan

    if plan is not None:
        from_plan(plan, folder, region, force, quiet)
        return

    documents = {name: text.encode() for name, text in FILES.items()}
    written = io.write({}, folder, documents=documents, force=force)
    if not quiet:
        say(f"Wrote {', '.join(path.name for path in written)} to {folder}. Next:")
        say(f"  equindex score {folder / 'framework.toml'} {folder / 'data.csv'}")


@command(app)
def check(
    framework: FrameworkArgument,
    data: DataArgument,
    sets: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find everything that is wrong with the data, all at once; exit 1 on errors.

    Errors stop scoring, warnings do not. Without errors a summary of the data
    follows.

    Example:

        equindex check framework.toml data.csv
    """
    from equindex.cli import show

    built = framework_of(framework, sets)
    with spinner("Checking"):
        panel, findings = built.inspect(data)
    if as_json:
        show.findings_json(findings)
    else:
        show.findings(findings, panel, built)
    if findings.errors:
        raise typer.Exit(1)


@command(app)
def score(
    framework: FrameworkArgument,
    data: DataArgument,
    weights: WeightsOption = None,
    sets: SetOption = None,
    year: YearOption = None,
    output: OutOption = None,
    save: SaveOption = False,
    store: KeepOption = None,
    note: NoteOption = "",
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Score every region and year: composite index, attainment, equalization.

    Prints a ranking, or writes every table with -o.

    Examples:

        equindex score framework.toml data.csv
        equindex score framework.toml data.csv -o results/
        equindex score framework.toml data.csv -o scores.xlsx
        equindex score framework.toml data.csv --weights weights.toml
        equindex score framework.toml data.csv --set aggregate=geometric
        equindex score framework.toml data.csv --save --note "published in May"
    """
    built = framework_of(framework, sets, weights)
    with spinner("Scoring", quiet):
        scores = built.score(data, years=year)
    _deliver(scores, output, fmt, force, quiet, as_json)
    runs.keep(scores.tables(), scores.provenance, framework, save, store, note, quiet)


@command(app)
def explain(
    framework: FrameworkArgument,
    data: DataArgument,
    region: Annotated[str, typer.Argument(metavar="REGION", help="Code or name, in either language.")],
    year: Annotated[int | None, typer.Option("--year", "-y", help="The last year when left out.")] = None,
    weights: WeightsOption = None,
    sets: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a region scores what it scores.

    Contributions that sum to the score, strengths and shortfalls against the mean
    region, and obstacle degrees (障碍度): which indicators hold it back most.

    Examples:

        equindex explain framework.toml data.csv North
        equindex explain framework.toml data.csv North --year 2023
    """
    from equindex import scoring
    from equindex.cli import show

    built = framework_of(framework, sets, weights)
    with spinner("Scoring"):
        found = scoring.explain(built.score(data), built.region(region), year)
    if as_json:
        show.explanation_json(found)
    else:
        show.explanation(found)


@command(app)
def equalize(
    framework: FrameworkArgument,
    data: DataArgument,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="GROUP", help="Group by this column of the regions table too: zone, urban."
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", "-m", metavar="NAME", help="A further measure: atkinson, ge(a=2), palma."),
    ] = None,
    years: Annotated[
        list[str] | None,
        typer.Option(
            "--years", metavar="YEARS", help="1990-2000, or 1990,2000; change runs from first to last."
        ),
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap", min=0, max=1_000_000, help="Resamples of regions for intervals; 0: none."
        ),
    ] = 999,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same numbers.")] = 0,
    level: Annotated[
        float, typer.Option("--level", min=0.5, max=0.999, help="Coverage of the intervals.")
    ] = 0.95,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="GROUP", help="Draw whole groups in the bootstrap: provinces of counties."
        ),
    ] = None,
    neighbours: Annotated[
        Path | None,
        typer.Option(
            "--neighbours",
            metavar="FILE",
            help="Pairs of neighbouring regions, for Moran's I; a third column: weight or distance.",
        ),
    ] = None,
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
    """Say how even services are, between whom, and whether the gap is closing.

    First the answer in words and one table; every table with -o. Measures, degrees and their intervals,
    the parts of groups and indicators, gaps between groups, change, convergence and neighbours.

    Examples:

        equindex equalize framework.toml data.csv

        equindex equalize framework.toml data.csv --measure atkinson --years 2023-2024 -o evenness/
    """
    from equindex import evenness

    built = framework_of(framework, sets, weights)
    with spinner("Scoring", quiet) as progress:
        found = evenness.analyse(
            built,
            data,
            by=by or [],
            measures=measure or [],
            years=_years(years),
            draws=bootstrap,
            seed=seed,
            level=level,
            cluster=cluster,
            neighbours=neighbours,
            progress=progress,
        )
    _deliver_evenness(found, output, fmt, force, quiet, as_json)
    runs.keep(found.tables(), found.provenance, framework, save, store, note, quiet)


@command(app)
def methods(
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="[FAMILY]",
            help="A family, or one method; all families when left out.",
            autocompletion=_complete.families,
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Argument(
            metavar="[METHOD]", help="One method of the family.", autocompletion=_complete.methods
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the methods; of a family or one method also the Chinese name, options, formula and source.

    Names and options are those of framework files and of --set.

    Examples:

        equindex methods
        equindex methods normalise
        equindex methods normalise minmax
    """
    from equindex.cli import listing

    listing.methods(family, method, as_json)


@command(app)
def rerun(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="provenance.json of an earlier run.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="Where the data are now, if they have moved.")
    ] = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run an earlier run again from its provenance: the same framework, data and options, the same bytes.

    The framework is taken from the provenance itself. Data that changed since are
    refused.

    Example:

        equindex rerun results/provenance.json -o again/
    """
    from equindex import batch as batches
    from equindex import comparing, standards
    from equindex import framework as frameworks
    from equindex import uncertainty as library
    from equindex.cli.sensitivity import deliver_sensitivity
    from equindex.cli.standards import deliver as deliver_standards
    from equindex.cli.uncertainty import deliver_uncertainty

    with spinner("Scoring", quiet):
        checked = standards.again(file)
    if checked is not None:
        deliver_standards(checked, output, fmt, force, quiet, as_json)
        return
    with spinner("Scoring", quiet):
        compared = comparing.again(file, data)
    if compared is not None:
        for warning in compared[1] if not quiet else ():
            say(f"Warning: {warning}")
        if isinstance(compared[0], comparing.Change):
            change.deliver(compared[0], None, language(), output, fmt, force, quiet, as_json)
        else:
            compare.deliver(compared[0], language(), output, fmt, force, quiet, as_json)
        return
    with stages("Measuring", quiet) as progress:
        blocks = batches.again(file, output, data=data, force=force, progress=progress)
    if blocks is not None:
        for warning in blocks[1] if not quiet else ():
            say(f"Warning: {warning}")
        batch.deliver(blocks[0], quiet, as_json)
        return
    with stages("Scoring", quiet) as progress:
        varied = library.again(file, data, progress=progress)
    if varied is not None:
        for warning in varied[1] if not quiet else ():
            say(f"Warning: {warning}")
        if isinstance(varied[0], library.Sensitivity):
            deliver_sensitivity(varied[0], output, fmt, force, quiet, as_json)
        else:
            deliver_uncertainty(varied[0], output, fmt, force, quiet, as_json)
        return
    with spinner("Scoring", quiet):
        scores, warnings = frameworks.rerun(file, data)
    for warning in warnings if not quiet else ():
        say(f"Warning: {warning}")
    if scores.provenance["options"].get("equalize"):
        from equindex import evenness

        with spinner("Resampling", quiet):
            found = evenness.again(scores)
        _deliver_evenness(found, output, fmt, force, quiet, as_json)
    elif scores.provenance["options"].get("monitor"):
        from equindex import monitoring

        plans.deliver(monitoring.again(scores), None, language(), output, fmt, force, quiet, as_json)
    elif scores.provenance["options"].get("diagnose"):
        from equindex import coherence

        diagnose.deliver(coherence.again(scores), output, fmt, force, quiet, as_json)
    else:
        _deliver(scores, output, fmt, force, quiet, as_json)


def _deliver(scores: Scores, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool) -> None:
    from equindex.cli import show

    if output is not None:
        with spinner("Writing", quiet):
            written = write_results(
                scores.tables(), scores.provenance, output, fmt, force, inputs=scores.inputs, quiet=quiet
            )
        if not quiet:
            show.headline(scores)
            say(written)
    if as_json:
        show.tables_json(scores)
    elif output is None:
        show.scores(scores)
    if not quiet:
        show.notes(scores)


def _deliver_evenness(
    found: Evenness, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool
) -> None:
    from equindex.cli import show

    near = found.provenance["options"]["equalize"]["neighbours"]
    inputs = [*found.scores.inputs, *([] if near is None else [Path(near["path"])])]
    if output is not None:
        with spinner("Writing", quiet):
            written = write_results(
                found.tables(), found.provenance, output, fmt, force, inputs=inputs, quiet=quiet
            )
        if not quiet:
            say("\n".join(found.answer()))
            say(written)
    if as_json:
        show.evenness_json(found)
    elif output is None:
        show.evenness(found)
    if not quiet:
        show.notes(found.scores)


def _years(texts: list[str] | None) -> list[int] | None:
    """Read years: ``1990-2000`` is every year from one to the other, commas part single years."""
    years: list[int] = []
    for part in ",".join(texts or []).split(",") if texts else []:
        first, dash, last = (text.strip() for text in part.partition("-"))
        last = last if dash else first
        if not all(len(year) == 4 and year.isascii() and year.isdecimal() for year in (first, last)):
            raise typer.BadParameter(
                f"{part.strip()!r} is no year: write 2020, 2015-2020 or 2015,2020.", param_hint="--years"
            )
        if first > last:
            raise typer.BadParameter(f"{part.strip()!r} ends before it begins.", param_hint="--years")
        years += range(int(first), int(last) + 1)
    return years or None


from equindex.cli import (  # noqa: E402, F401 - their commands come after these
    batch,
    change,
    compare,
    diagnose,
    lists,
    plans,
    report,
    runs,
    sensitivity,
    uncertainty,
    weightings,
)
