"""`equindex compare`: weight sets and methods side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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
    app,
    framework_of,
)
from equindex.cli._run import command, spinner
from equindex.cli.words import language

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.comparing import Comparison
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["compare", "deliver"]

_MANY = 40  # rows of a table of which a terminal shows the first
_SWAPS = 10


@command(app)
def compare(
    framework: FrameworkArgument,
    data: DataArgument,
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            "--weights",
            "-w",
            metavar="FILE",
            help="A weight set; repeat it for others. The first is the reference.",
        ),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid",
            "-g",
            metavar="KEY=V1,V2",
            help="Values of a key, in TOML: normalise=minmax,zscore. May be repeated: all are combined.",
        ),
    ] = None,
    sets: SetOption = None,
    year: Annotated[
        int | None,
        typer.Option("--year", "-y", help="Rank the regions of this year; the last when left out."),
    ] = None,
    swaps: Annotated[
        int, typer.Option("--swaps", min=0, max=1_000_000, help="Swapped pairs to list of each variant.")
    ] = 100,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare weight sets and methods: scores and ranks side by side.

    Who gains and who loses, how far ranks agree, which pairs of regions swap, and
    which indicators turn them. Weight sets and grids are combined in every way.

    Example:

        equindex compare framework.toml data.csv --grid normalise=minmax,zscore
    """
    from equindex import comparing

    built = framework_of(framework, sets)
    with spinner("Scoring", quiet):
        found = comparing.compare(
            built, data, weights=weights or (), grid=comparing.read_grid(grid or ()), year=year, most=swaps
        )
    deliver(found, language(), output, fmt, force, quiet, as_json)


def deliver(
    found: Comparison, lang: str, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool
) -> None:
    """Write the tables, or print sentences and the main tables, or everything as JSON."""
    from equindex.cli import show
    from equindex.cli._print import line

    answer = found.answer("zh" if lang == "zh" else "en")

    def printed() -> None:
        line(f"{found.title}, {found.year}\n")
        line("\n".join(answer) + "\n")
        _show(found, lang == "zh")

    hand_over(found, answer, printed, output, fmt, force, quiet, as_json, inputs=found.inputs)
    if not quiet:
        show.notes(found)


def _show(found: Comparison, zh: bool) -> None:
    from equindex.cli._print import line, records, table

    variants = records(found.variants[found.variants["reason"] == ""])
    if len(variants) > 2:
        heads = [
            ("variant", "方案"), ("choice", "取值"), ("mean shift", "平均变动"), ("largest", "最大变动"),
            ("Spearman", "Spearman"), ("Kendall", "Kendall"), ("swaps", "换序对数"),
        ]  # fmt: skip
        keys = ["variant", "label", "mean_shift", "largest_shift", "spearman", "kendall", "swaps"]
        shown = [[row[key] for key in keys] for row in variants[:_MANY]]
        title = f"与方案{found.reference}的差异" if zh else f"Against variant {found.reference}"
        table(title, [head[zh] for head in heads], shown, keep=4)
        _cut(len(shown), len(variants), zh)
    _ranks(found, variants, zh)
    several = len(variants) > 2
    heads = [
        ("variant", "方案"), ("was ahead", "原居前"), ("now ahead", "现居前"), ("ranks", "原名次"), ("now", "现名次"),
        ("because of", "主因"), ("lead moved by", "差距变动"),
    ]  # fmt: skip
    rows: list[list[Any]] = []
    causes = found.causes[found.causes["place"] == 1] if len(found.causes) else found.causes
    why = {(row["variant"], row["ahead"], row["behind"]): row for row in causes.to_dict("records")}
    each = max(1, _SWAPS // max(1, len(variants) - 1))
    for row in found.swaps.groupby("variant").head(each).head(_SWAPS).to_dict("records"):
        cause = why.get((row["variant"], row["ahead"], row["behind"]), {"node_name": "", "effect": None})
        rows.append(
            [
                row["variant"],
                row["ahead_name"],
                row["behind_name"],
                f"{row['rank_ahead_before']}, {row['rank_behind_before']}",
                f"{row['rank_ahead']}, {row['rank_behind']}",
                cause["node_name"],
                cause["effect"],
            ]
        )
    if rows:
        start = 0 if several else 1
        title = "换序的地区对，相差最大者在前" if zh else "Pairs that swap, those farthest apart first"
        table(title, [head[zh] for head in heads][start:], [row[start:] for row in rows], keep=7)
        reasons = list(dict.fromkeys(filter(None, found.swaps["reason"])))
        for reason in reasons:
            line(reason)
    line("全部表格：-o OUT。" if zh else "Every indicator of every pair, and all other tables: -o FOLDER.")


def _ranks(found: Comparison, variants: list[dict[str, Any]], zh: bool) -> None:
    """Print the ranks of every region, with two variants the scores too."""
    from equindex.cli._print import table

    numbers = [row["variant"] for row in variants]
    short = all(len(row["label"]) <= 12 for row in variants) and len(variants) <= 4
    names = [row["label"] if short else f"#{row['variant']}" for row in variants]
    rank = found.scores.pivot(index="region", columns="variant", values="rank")[numbers]
    score = found.scores.pivot(index="region", columns="variant", values="score")[numbers]
    ordered = found.regions.sort_values(["rank", "region"], na_position="last")
    two = len(variants) == 2
    heads = ["地区" if zh else "region", *names]
    if two:
        extra = (
            ["升降", *(f"{name} 分数" for name in names)]
            if zh
            else ["gains", *(f"{name} score" for name in names)]
        )
    elif len(variants) > 2:
        extra = ["最好", "最差"] if zh else ["best", "worst"]
    else:
        extra = ["分数"] if zh else ["score"]
    rows = []
    for row in ordered.head(_MANY).to_dict("records"):
        region = row["region"]
        ranks = rank.loc[region].astype(object).tolist()
        points = score.loc[region].tolist()
        if two:
            shift = found.scores.loc[
                (found.scores["variant"] == numbers[1]) & (found.scores["region"] == region)
            ]
            tail = [_signed(shift["shift"].tolist()), *points]
        else:
            tail = [row["best"], row["worst"]] if len(variants) > 2 else points
        rows.append(
            [row["region_name"], *tail[:2], *ranks]
            if len(variants) > 4
            else [row["region_name"], *ranks, *tail]
        )
    heads = [heads[0], *extra, *names] if len(variants) > 4 else [*heads, *extra]
    table("名次" if zh else "Ranks", heads, rows, keep=3)
    _cut(len(rows), len(ordered), zh)


def _signed(shift: list[Any]) -> str:
    """Return ranks gained with their sign."""
    known = [int(one) for one in shift if str(one) not in ("None", "nan", "<NA>")]
    return f"{known[0]:+d}" if known and known[0] else "" if not known else "0"


def _cut(shown: int, of: int, zh: bool) -> None:
    from equindex.cli._print import line

    if shown < of:
        line(
            f"另有{of - shown}行，见 -o OUT。\n"
            if zh
            else f"{of - shown} more rows: write them with -o OUT.\n"
        )
