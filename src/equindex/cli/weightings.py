"""Commands for weight sets: derived from data or judgements, combined, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equindex.cli._options import (
    DataArgument,
    ForceOption,
    FrameworkArgument,
    JsonOption,
    QuietOption,
    SetOption,
    app,
    framework_of,
)
from equindex.cli._run import command, spinner

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.framework import Framework
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["ahp", "budget", "combine", "derive", "show"]

weights = typer.Typer(
    name="weights",
    help="Weight sets: from pairwise comparisons (层次分析法), from a panel (专家打分), from data (熵权法 …), combined "
    "(组合赋权), or shown through the tree.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(weights)

FileOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Weight set to write: x.toml.")
]
NamesOption = Annotated[
    Path | None,
    typer.Option(
        "--framework", metavar="FRAMEWORK", help="Framework whose nodes are meant, by id or by name."
    ),
]
ScopeOption = Annotated[
    Literal["local", "global"],
    typer.Option("--scope", help="Siblings below one parent, or all the indicators of the framework."),
]


@command(weights)
def ahp(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="JUDGEMENTS...", help="CSV or XLSX; each file or sheet is one expert."),
    ],
    method: Annotated[
        Literal["eigenvector", "geometric"],
        typer.Option("--method", help="Principal eigenvector (特征根法), or geometric mean (方根法)."),
    ] = "eigenvector",
    group: Annotated[
        Literal["judgements", "priorities"],
        typer.Option("--group", help="What the geometric mean over experts is taken of."),
    ] = "judgements",
    random_index: Annotated[
        Literal["saaty", "alonso_lamata"], typer.Option("--random-index", help="Table of the random index.")
    ] = "saaty",
    accept: Annotated[
        float, typer.Option("--accept", min=0, help="Largest consistency ratio that is accepted.")
    ] = 0.10,
    scale: Annotated[
        float, typer.Option("--scale", min=1, help="Judgements lie between 1/scale and scale.")
    ] = 9.0,
    scope: ScopeOption = "local",
    framework: NamesOption = None,
    output: FileOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Derive weights from pairwise comparisons (AHP, 层次分析法).

    A file is a square matrix, or a list of pairs with the columns a, b, value,
    and perhaps expert and parent. A consistency ratio above 0.10 is refused, with
    the judgements that hurt most.

    Example: equindex weights ahp judgements.csv -o weights.toml
    """
    from equindex.cli import weights as printing
    from equindex.framework.weights import by_comparison

    found = by_comparison(
        files,
        framework=_framework(framework),
        method=method,
        group=group,
        table=random_index,
        scale=scale,
        accept=accept,
        scope=scope,
    )
    printing.deliver(found.weights, output, force, quiet, files)
    printing.compared(found, as_json)


@command(weights)
def budget(
    file: Annotated[Path, typer.Argument(metavar="PANEL", help="CSV or XLSX, a row per expert or element.")],
    kind: Annotated[
        Literal["points", "ranks", "swings"],
        typer.Option("--as", help="What the numbers are; rank 1 and swing 100 matter most."),
    ] = "points",
    scheme: Annotated[
        Literal["centroid", "sum", "reciprocal"], typer.Option("--scheme", help="Weights of ranks.")
    ] = "centroid",
    centre: Annotated[
        Literal["mean", "median", "trimmed"], typer.Option("--centre", help="Over the experts.")
    ] = "mean",
    trim: Annotated[
        float, typer.Option("--trim", min=0, max=0.49, help="Share of experts left out at each end.")
    ] = 0.1,
    total: Annotated[
        float | None,
        typer.Option("--total", min=0, help="Points each expert had; their median sum if not said."),
    ] = None,
    rescale: Annotated[
        bool, typer.Option("--rescale", help="Let sums differ, and count shares of each expert's own.")
    ] = False,
    scope: ScopeOption = "local",
    framework: NamesOption = None,
    output: FileOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Derive weights from what a panel of experts allocates, ranks or swings.

    Prints how far the experts differ on each element, and Kendall's W: how far
    they agree on the order.

    Example: equindex weights budget panel.csv --centre trimmed --trim 0.2 -o weights.toml
    """
    from equindex.cli import weights as printing
    from equindex.framework.weights import by_panel

    found = by_panel(
        file,
        framework=_framework(framework),
        kind=kind,
        scheme=scheme,
        centre=centre,
        trim=trim,
        total=total,
        rescale=rescale,
        scope=scope,
    )
    printing.deliver(found.weights, output, force, quiet, [file])
    printing.polled(found, as_json)


@command(weights)
def combine(
    files: Annotated[
        list[Path], typer.Argument(metavar="WEIGHTS...", help="Two weight sets or more, of the same nodes.")
    ],
    method: Annotated[
        Literal["game", "linear", "multiplicative"],
        typer.Option("--method", help="博弈论, 线性加权 or 乘法归一."),
    ] = "game",
    share: Annotated[
        list[float] | None,
        typer.Option(
            "--share",
            min=0,
            help="Of the first of two sets; or repeated, for each set. Powers if multiplicative.",
        ),
    ] = None,
    framework: NamesOption = None,
    output: FileOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Combine weight sets, such as experts' and data's (主客观组合赋权).

    Sets with pillars need the framework: the shares of the indicators are combined
    then. A negative game-theory coefficient is refused.

    Example: equindex weights combine experts.toml entropy.toml --method linear --share 0.6 -o weights.toml
    """
    from equindex.cli import weights as printing
    from equindex.framework.weights import by_combination

    if share is not None and len(share) == 1 and len(files) == 2 and share[0] <= 1:
        share = [share[0], 1 - share[0]]
    found = by_combination(files, framework=_framework(framework), method=method, shares=share)
    printing.deliver(found.weights, output, force, quiet, files)
    printing.blended(found, as_json)


@command(weights)
def derive(
    framework: FrameworkArgument,
    data: DataArgument,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="METHOD",
            help='A weighting method: entropy, or { name = "entropy", … } in TOML.',
        ),
    ],
    sets: SetOption = None,
    output: FileOption = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Derive weights from data: entropy (熵权法), CRITIC and others.

    The methods: equindex methods weighting.

    Example: equindex weights derive framework.toml data.csv --method entropy -o weights.toml
    """
    from equindex.cli import weights as printing
    from equindex.framework.given import files_read
    from equindex.framework.weights import by_data

    built = framework_of(framework, sets)
    with spinner("Scoring", quiet):
        found = by_data(built, data, method=printing.method_of(method))
    printing.deliver(found, output, force, quiet, [framework, *files_read(data, built.files)])
    printing.tree(built.replace(weights=found), as_json)


@command(weights)
def show(
    file: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="Weight set: TOML, or a table.")],
    framework: FrameworkArgument,
    as_json: JsonOption = False,
) -> None:
    """Show a weight set through the tree: within the parent, and as a share of the whole.

    Example: equindex weights show weights.toml framework.toml
    """
    from equindex.cli import weights as printing

    printing.tree(framework_of(framework, None, file), as_json)


def _framework(path: Path | None) -> Framework | None:
    return None if path is None else framework_of(path, None)
