"""`equindex change`: why scores and ranks moved from one year to another."""

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
    WeightsOption,
    app,
    framework_of,
)
from equindex.cli._run import command, spinner
from equindex.cli.words import language

if TYPE_CHECKING:
    from pathlib import Path

    from equindex.comparing import Change
else:  # typer reads the annotations at run time
    from pathlib import Path

__all__ = ["change", "deliver"]

_MANY = 40  # rows of a table of which a terminal shows the first
_INDICATORS = 15


@command(app)
def change(
    framework: FrameworkArgument,
    data: DataArgument,
    first: Annotated[int, typer.Option("--from", metavar="YEAR", help="The year before.")],
    last: Annotated[int, typer.Option("--to", metavar="YEAR", help="The year after.")],
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="REGION", help="Say why this region moved, by indicator."),
    ] = None,
    weights: WeightsOption = None,
    weights_to: Annotated[
        Path | None,
        typer.Option(
            "--weights-to", metavar="FILE", help="Weight set of the year after, where it has its own."
        ),
    ] = None,
    sets: SetOption = None,
    output: OutOption = None,
    fmt: FormatOption = "csv",
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say why scores and ranks moved from one year to another.

    Each region's change is split exactly into values (by indicator), parameters
    of normalisation, weights and coverage; the parts sum to the change.

    Example:

        equindex change framework.toml data.csv --from 2023 --to 2024
    """
    from equindex import comparing

    built = framework_of(framework, sets, weights)
    with spinner("Scoring", quiet):
        found = comparing.change(built, data, year_from=first, year_to=last, weights_to=weights_to)
    code = None if region is None else _region(found, built.region(region), region)
    deliver(found, code, language(), output, fmt, force, quiet, as_json)


def _region(found: Change, code: str, said: str) -> str:
    """Return the id of a region of either year.

    Raises
    ------
    DataError
        If there is none, or several bear the name.
    """
    from equindex.errors import DataError, nearest

    known = found.regions["region"].tolist()
    named = (
        [code]
        if code in known
        else found.regions.loc[found.regions["region_name"] == said, "region"].tolist()
    )
    if len(named) == 1:
        return str(named[0])
    if named:
        raise DataError(
            f"{said!r} is the name of {len(named)} regions: {', '.join(named[:10])}. Give the code."
        )
    words = list(dict.fromkeys([*found.regions["region_name"], *known]))
    raise DataError(
        f"no region {said!r} in {found.year_from} or {found.year_to}. {nearest(said, words)}".strip()
    )


def deliver(
    found: Change,
    region: str | None,
    lang: str,
    output: Path | None,
    fmt: str,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write the tables, or print sentences and the main tables, or everything as JSON."""
    from equindex.cli import show
    from equindex.cli._print import line

    answer = found.answer(region, "zh" if lang == "zh" else "en")

    def printed() -> None:
        line(f"{found.title}, {found.year_from}–{found.year_to}\n")
        line("\n".join(answer) + "\n")
        _show(found, region, lang == "zh")

    hand_over(found, answer, printed, output, fmt, force, quiet, as_json, inputs=found.inputs)
    if not quiet:
        show.notes(found)


def _show(found: Change, region: str | None, zh: bool) -> None:
    from equindex.cli._print import line, table
    from equindex.comparing.words import CAUSE_WORDS

    causes = [CAUSE_WORDS[cause][zh] for cause in found.causes]
    split = found.regions[found.regions["reason"] == ""]
    one = region or (split["region"].tolist()[0] if len(split) == 1 else None)
    if one is None:
        _all(found, causes, zh)
    elif len(found.indicators):
        own = found.indicators[found.indicators["region"] == one]
        own = own.reindex(own["change"].abs().sort_values(ascending=False, kind="stable").index)
        rows: list[list[Any]] = own[["node_name", "change", *found.causes]].to_numpy(dtype=object).tolist()
        heads = ["指标", "变动", *causes] if zh else ["indicator", "change", *causes]
        if rows:
            table("分指标" if zh else "By indicator", heads, rows[:_INDICATORS], keep=2)
    line("全部表格：-o OUT。" if zh else "All tables: -o FOLDER.")


def _all(found: Change, causes: list[str], zh: bool) -> None:
    from equindex.cli._print import line, table

    split = found.regions[found.regions["reason"] == ""].sort_values("change", ascending=False, kind="stable")
    shown = split.head(_MANY)
    if not len(shown):
        return
    columns = ["region_name", "score_from", "score_to", "change", *found.causes]
    ends = [str(found.year_from), str(found.year_to)]
    heads = ["地区" if zh else "region", *ends, "变动" if zh else "change", *causes]
    table("分数" if zh else "Scores", heads, shown[columns].to_numpy(dtype=object).tolist(), keep=4)
    ranked = [
        "region_name",
        "rank_from",
        "rank_to",
        "rank_change",
        *(f"rank_{cause}" for cause in found.causes),
    ]
    table(
        "名次（正数为上升）" if zh else "Ranks (positive: gained)",
        heads,
        shown[ranked].astype(object).to_numpy().tolist(),
        keep=4,
    )
    if len(shown) < len(split):
        more = len(split) - len(shown)
        line(f"另有{more}行，见 -o OUT。\n" if zh else f"{more} more rows: write them with -o OUT.\n")
