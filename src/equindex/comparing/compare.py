"""Scores and ranks of several variants of a framework side by side, and what makes them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equindex import scoring
from equindex.comparing.scored import Scored
from equindex.comparing.table import Table
from equindex.comparing.variants import Variant, variants_of
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.framework import Framework, Source
from equindex.framework.files import read_weights
from equindex.framework.given import files_read
from equindex.framework.record import provenance
from equindex.model import WeightSet

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare"]

_COLUMNS = {
    "variants": "variant label {axes} regions mean_shift largest_shift spearman kendall swaps pairs reason",
    "scores": "variant label region region_name year score rank shift coverage reason",
    "regions": "region region_name score rank best worst range best_in worst_in scored_in",
    "agreement": "variant label other other_label mean_shift largest_shift spearman kendall swaps n",
    "swaps": "variant label ahead ahead_name behind behind_name rank_ahead rank_behind rank_ahead_before "
    "rank_behind_before lead_before lead unit reason",
    "causes": "variant label ahead ahead_name behind behind_name place node node_name parent effect unit",
}
_LARGEST = 1 << 28  # scores of all nodes in all variants: 4 GiB with their coverage
_COUNTS = (
    "regions largest_shift swaps pairs n place rank best worst range best_in worst_in scored_in rank_ahead "
    "rank_behind rank_ahead_before rank_behind_before"
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `compare` found; every table is tidy, ids beside names, a reason where something is missing.

    Attributes
    ----------
    title : str
        Of the framework.
    year : int
        Whose regions are compared.
    basis : {"index", "attainment", "equalization"}
        What regions are ranked by.
    reference : int
        The variant that the others are held against: the first that could be scored.
    axes : tuple of str
        What varies: ``weights``, and dotted keys.
    variants : DataFrame
        A row for each: its choices, mean absolute rank shift (R_S) and largest shift against the reference,
        correlations of ranks, pairs that swap; or the reason why it has no scores.
    scores : DataFrame
        Score and rank of every region in every variant; `shift` is the number of ranks gained on the reference.
    regions : DataFrame
        Best and worst rank of every region over the variants, and where.
    agreement : DataFrame
        Every two variants; each with the reference only where there are more than 30.
    swaps, causes : DataFrame
        Pairs that the reference and a variant order differently, those farthest apart first; and by how much each
        indicator moved the lead, the one that did most to turn it first.
    notes : tuple of str
        What the data were read with.
    provenance : mapping
        Enough to run it again.
    inputs : tuple of Path
        Files that were read.
    """

    title: str
    year: int
    basis: str
    reference: int
    axes: tuple[str, ...]
    variants: pd.DataFrame
    scores: pd.DataFrame
    regions: pd.DataFrame
    agreement: pd.DataFrame
    swaps: pd.DataFrame
    causes: pd.DataFrame
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]
    inputs: tuple[Path, ...]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        return {name: getattr(self, name) for name in _COLUMNS if len(getattr(self, name))}

    def answer(self, lang: Literal["en", "zh"] = "en") -> list[str]:
        """Say in sentences who gains, who loses, and how much the choice matters."""
        from equindex.comparing.words import compared

        return compared(self, lang)


def compare(
    framework: Framework,
    data: Any,
    *,
    weights: Iterable[WeightSet | str | Path] = (),
    grid: Mapping[str, Sequence[Any]] | None = None,
    year: int | None = None,
    most: int = 100,
) -> Comparison:
    r"""Score a framework in every combination of weight sets and values of keys.

    The first variant is the reference. The mean absolute rank shift of a variant v against it is [1]_

    .. math:: R_S = \frac{1}{M} \sum_{r=1}^{M} | \mathrm{rank}_1(r) - \mathrm{rank}_v(r) |

    over the M regions that both score, ranked among themselves.

    Parameters
    ----------
    framework : Framework
        With a composite index; else its attainment, else its equalization is compared.
    data : path or DataFrame
        As for `Framework.score`; read once.
    weights : iterable of WeightSet or path
        Weight sets.
    grid : mapping of str to sequence
        Values of keys of [methods], [attainment] and [equalization]: ``{"normalise": ["minmax", "zscore"]}``.
    year : int, optional
        Whose regions are ranked; the last when left out. All years are measured.
    most : int
        Swapped pairs to list of each variant; all are counted.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        As `Framework.score`; also for an unknown year, and where no variant can be scored.
    FrameworkError
        If there is one variant only, or too many; for keys, values and weight sets that do not exist.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, eq. 38.
    """
    given = list(weights)
    sets = [read_weights(one) for one in given]
    variants = variants_of(framework, sets, grid or {})
    sheets, digests = framework.sheets(data)
    panel, findings, _ = framework.read(sheets)
    findings.stop_on_errors()
    assert panel is not None
    years = list(panel.rows_of)
    chosen = years[-1] if year is None and years else year
    if chosen is None or chosen not in years:
        raise DataError(f"no data for {chosen}. Years: {', '.join(map(str, years))}.")
    size = len(variants) * len(panel.order) * len(framework.prepared().tree.ids)
    if size > _LARGEST:
        raise FrameworkError(
            f"{len(variants):,} variants of {len(panel.order):,} rows need about {size * 16 / 2**30:.0f} GiB. "
            "Compare fewer at a time."
        )
    scored = _scored(variants, Source(framework, sheets, panel), chosen)
    told = provenance(framework, data, digests, panel, scoring.screening(framework.prepared(), panel))
    told["options"]["compare"] = {
        "weights": [one.model_dump(mode="json") for one in sets],
        "grid": {key: list(values) for key, values in (grid or {}).items()},
        "year": chosen,
        "most": most,
    }
    return _held(
        framework,
        chosen,
        scored,
        most,
        notes=(*findings.notes, *(f"{item.kind}: {item}" for item in findings.warnings)),
        provenance=told,
        inputs=(
            *framework.files,
            *(Path(one) for one in given if not isinstance(one, WeightSet)),
            *files_read(data, framework.files),
        ),
    )


def _scored(variants: Sequence[Variant], source: Source, year: int) -> list[tuple[Variant, Scored | str]]:
    """Score each variant, or say why it cannot be."""
    found: list[tuple[Variant, Scored | str]] = []
    for variant in variants:
        if variant.framework is None:
            found.append((variant, variant.reason))
            continue
        try:
            wanted = ("index",) if variant.framework.prepared().composite else scoring.RESULTS
            scores = source.score(variant.framework, wanted)
            scored = Scored(scores=scores, rows=scores.rows(year))
        except (DataError, DomainError, FrameworkError) as error:
            found.append((variant, " ".join(str(error).split())))
            continue
        unscored = "no region has a score" if not np.isfinite(scored.score).any() else ""
        found.append((variant, unscored or scored))
    if not any(isinstance(one, Scored) for _, one in found):
        reasons = dict.fromkeys(f"{variant.label}: {said}" for variant, said in found)
        shown = list(reasons)[:10]
        more = [f"… and {len(reasons) - 10} more."] if len(reasons) > 10 else []
        raise DataError("\n  ".join(["no variant could be scored.", *shown, *more]))
    return found


def _held(
    framework: Framework,
    year: int,
    found: Sequence[tuple[Variant, Scored | str]],
    most: int,
    **rest: Any,
) -> Comparison:
    """Hold the variants against each other."""
    import pandas as pd

    table = Table.of(found, year)
    rows: dict[str, Any] = {
        "variants": table.variants(),
        "scores": table.scores(),
        "regions": table.regions(),
        "agreement": table.agreement(),
        "swaps": [],
        "causes": [],
    }
    for variant in table.others:
        table.turned(variant, most, rows)
    axes = tuple(found[0][0].choices)
    frames: dict[str, Any] = {
        name: pd.DataFrame(rows[name], columns=columns.replace("{axes}", " ".join(axes)).split())
        for name, columns in _COLUMNS.items()
    }
    for frame in frames.values():
        counts = frame.columns.intersection(_COUNTS.split())
        frame[counts] = frame[counts].astype("Int64")
    model = framework.model
    return Comparison(
        title=model.title or model.title_en or model.id,
        year=year,
        basis=table.first.basis,
        reference=table.reference + 1,
        axes=axes,
        **frames,
        **rest,
    )
