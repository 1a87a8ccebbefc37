"""Why scores and ranks moved from one year to another: values, parameters, weights, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from equindex.comparing.pair import CAUSES, Pair
from equindex.errors import DataError
from equindex.framework import Framework
from equindex.framework.files import read_weights
from equindex.framework.given import files_read
from equindex.framework.record import provenance
from equindex.model import WeightSet

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["CAUSES", "Change", "change"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What `change` found.

    Attributes
    ----------
    title : str
        Of the framework.
    year_from, year_to : int
        The two years.
    causes : tuple of str
        Those of `CAUSES` that differ between the years at all; the parts of the others are exactly 0.
    regions : DataFrame
        A row for each region: scores and ranks of both years, the changes, and their parts by cause, which sum to
        them. A rank gained is positive. `reason` says why a change could not be split.
    indicators : DataFrame
        For trees of arithmetic means: the part of each indicator in the change of each region's score, by cause.
    notes, provenance, inputs
        As of a `Comparison`.
    """

    title: str
    year_from: int
    year_to: int
    causes: tuple[str, ...]
    regions: pd.DataFrame
    indicators: pd.DataFrame
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]
    inputs: tuple[Path, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        found = {"regions": self.regions, "indicators": self.indicators}
        return {name: frame for name, frame in found.items() if len(frame)}

    def answer(self, region: str | None = None, lang: Literal["en", "zh"] = "en") -> list[str]:
        """Say in sentences what moved and why, of all regions or of one, by its id."""
        from equindex.comparing.words import changed

        return changed(self, region, lang)


def change(
    framework: Framework,
    data: Any,
    *,
    year_from: int,
    year_to: int,
    weights_to: WeightSet | str | Path | None = None,
) -> Change:
    r"""Split the change of every region's score and rank between two years by cause.

    Four causes c may each stand as in the first year or as in the second: the values of the indicators that a region
    has in both; the parameters that treatment and normalisation measured, which differ with ``base = "year"``; the
    weights, which differ with `weights_to`; and coverage, which cells a region has, those of one year only with their
    value of that year. Every mixture S of causes of the second year gives a score f(S), and the part of a cause is its
    Shapley value among the n causes that differ [1]_ [2]_:

    .. math:: \phi_c = \sum_{S \not\ni c} \frac{|S|! \, (n - |S| - 1)!}{n!} \, (f(S \cup \{c\}) - f(S))

    The parts sum to the change, do not depend on an order of the causes, and change their sign when the years are
    exchanged. Ranks are split in the same way: all regions are ranked in every mixture. In a tree of arithmetic means
    the same formula on contributions splits every part by indicator.

    Parameters
    ----------
    framework : Framework
        With a composite index.
    data : path or DataFrame
        As for `Framework.score`.
    year_from, year_to : int
        The two years.
    weights_to : WeightSet or path, optional
        The weights of the second year; those of the framework serve both when left out.

    Returns
    -------
    Change

    Raises
    ------
    DataError
        As `Framework.score`; also without a composite, for unknown years, or where no region has both scores.
    DomainError
        If a mixture of the years does not suit a method, with the region and indicator.
    FrameworkError
        If the weights do not fit.

    Notes
    -----
    A pillar that a year leaves unscored for lack of coverage counts as without cells in that year, so that
    `min_coverage` decides as it did then, and not anew in mixtures. Imputed cells are cells. A region that only one
    year scores changes the ranks of others through coverage.

    References
    ----------
    .. [1] Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953, p. 307-317.
    .. [2] Shorrocks, "Decomposition procedures for distributional analysis: a unified framework based on the Shapley
       value", Journal of Economic Inequality 11, 2013, p. 99-126.
    """
    import pandas as pd

    ends = [
        framework,
        framework if weights_to is None else framework.replace(weights=read_weights(weights_to)),
    ]
    if not framework.prepared().composite:
        raise DataError("change splits a composite index: give the framework [methods] normalise.")
    panel, findings, digests = framework.read(data)
    findings.stop_on_errors()
    assert panel is not None
    years = (year_from, year_to)
    absent = [str(year) for year in years if year not in panel.rows_of]
    if absent:
        raise DataError(f"no data for {', '.join(absent)}. Years: {', '.join(map(str, panel.rows_of))}.")
    if year_from == year_to:
        raise DataError(f"from {year_from} to {year_to} nothing changes: name two years.")
    pair = Pair.of([end.prepared() for end in ends], panel, years)
    split = pair.split()
    told = provenance(framework, data, digests, panel, pair.screened)
    told["options"]["change"] = {
        "year_from": year_from,
        "year_to": year_to,
        "weights_to": None if weights_to is None else read_weights(weights_to).model_dump(mode="json"),
    }
    model = framework.model
    return Change(
        title=model.title or model.title_en or model.id,
        year_from=year_from,
        year_to=year_to,
        causes=pair.causes,
        regions=pd.DataFrame(pair.region_columns(split)),
        indicators=pd.DataFrame(pair.indicator_columns(split)),
        notes=(*findings.notes, *(f"{item.kind}: {item}" for item in findings.warnings)),
        provenance=told,
        inputs=(
            *framework.files,
            *([] if weights_to is None or isinstance(weights_to, WeightSet) else [Path(weights_to)]),
            *files_read(data, framework.files),
        ),
    )
