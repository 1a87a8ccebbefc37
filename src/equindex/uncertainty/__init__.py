"""How much of scores and ranks is choice: a framework with its weights, methods and data varied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from equindex.errors import FrameworkError, MethodError, nearest
from equindex.framework import Framework, Source
from equindex.framework.again import recorded
from equindex.scoring import Scores
from equindex.uncertainty.draws import CHUNK, Kept, run
from equindex.uncertainty.factors import Choice, Exclude, Factor, Regions, Values, Weights, parse, to_record
from equindex.uncertainty.results import Uncertainty
from equindex.uncertainty.saved import Asked, load
from equindex.uncertainty.sensitivity import Sensitivity, repeated, sensitivity
from equindex.uncertainty.study import OUTPUTS, Study
from equindex.uncertainty.words import varied

__all__ = [
    "CHUNK",
    "OUTPUTS",
    "Asked",
    "Choice",
    "Exclude",
    "Factor",
    "Kept",
    "Regions",
    "Sensitivity",
    "Study",
    "Uncertainty",
    "Values",
    "Weights",
    "again",
    "analyse",
    "extend",
    "parse",
    "sensitivity",
]

_MOST_DRAWS = 100_000_000  # they would take days, and tell nothing that a million does not


def analyse(
    framework: Framework,
    data: Any,
    *,
    vary: Iterable[str | Factor] = ("weights=0.25",),
    draws: int = 1000,
    seed: int = 0,
    year: int | None = None,
    outputs: Sequence[str] = (),
    level: float = 0.9,
    top: int = 10,
    engine: str = "threads",
    workers: int | None = None,
    skip_failing: bool = False,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Uncertainty:
    """Vary a framework at random and see where scores and ranks go.

    Parameters
    ----------
    framework : Framework
        As it stands.
    data : path or DataFrame
        As for `Framework.score`.
    vary : iterable of str or Factor
        What varies, all at once: ``weights=0.25`` (25 % up or down), ``weights=dirichlet:20``, ``weights=free``,
        ``weights.pillar=0.1``, ``normalise=minmax,zscore`` and any other key with its values, ``exclude=indicator``,
        ``values=0.02`` (relative standard error), ``values=rounding``, ``values=errors.csv``, ``regions=bootstrap``.
    draws : int
        How many; a longer run begins with the shorter one.
    seed : int
        Of the random numbers; the same seed gives the same bits on every engine.
    year : int, optional
        The year that is ranked; the last when left out. All years are measured.
    outputs : sequence of str
        Of index, attainment, equalization and degree; the first is ranked. All that the framework gives when
        left out.
    level : float
        Coverage of the intervals.
    top : int
        Ranks whose shares are told: among the best and the worst so many; with more than 20,000 regions, whose
        ranks are counted in ranges, up to the end of its range.
    engine : {"serial", "threads", "processes"}
        Who does the work.
    workers : int, optional
        How many; as many as there are processors when left out.
    skip_failing : bool
        Whether combinations and draws that cannot be scored are left out and told, rather than refused.
    folder : path, optional
        Where the files that `vary` names are looked for.
    progress : callable, optional
        Called with the draws finished and all of them.

    Returns
    -------
    Uncertainty
        An interrupt (Ctrl-C) keeps the draws that are finished.

    Raises
    ------
    FrameworkError
        If something to vary is wrong, or cannot be scored.
    DataError
        With every error of the data.

    References
    ----------
    .. [1] Saisana, M., Saltelli, A. and Tarantola, S., "Uncertainty and sensitivity analysis techniques as tools
       for the quality assessment of composite indicators", Journal of the Royal Statistical Society A 168(2), 2005,
       307-323.
    .. [2] Lahdelma, R. and Salminen, P., "SMAA-2: Stochastic multicriteria acceptability analysis for group
       decision making", Operations Research 49(3), 2001, 444-454.
    """
    _check(draws, seed, level, top)
    told = list(vary)
    texts = [text for text in told if isinstance(text, str)]
    factors = (
        *parse(texts, framework, None if folder is None else Path(folder)),
        *(factor for factor in told if not isinstance(factor, str)),
    )
    if not factors:
        raise FrameworkError("nothing varies. Say what does, such as weights=0.25.")
    strange = [name for name in outputs if name not in OUTPUTS]
    if strange:
        raise MethodError(
            " ".join(f"there is no output {name!r}. {nearest(name, OUTPUTS)}" for name in strange)
        )
    if tuple(outputs[:1]) == ("degree",):
        raise MethodError(
            "the first output is ranked, and degree is one number of the whole. Name another first."
        )
    asked = Asked(
        factors=factors,
        year=year,
        outputs=tuple(outputs),
        seed=seed,
        draws=draws,
        level=level,
        top=top,
        skip_failing=skip_failing,
    )
    return _run(framework, data, framework.score(data), asked, engine, workers, progress)


def extend(
    saved: str | Path,
    framework: Framework,
    data: Any,
    *,
    draws: int,
    vary: Iterable[str] | None = None,
    seed: int | None = None,
    year: int | None = None,
    level: float | None = None,
    top: int | None = None,
    skip_failing: bool | None = None,
    engine: str = "threads",
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Uncertainty:
    """Continue what `Uncertainty.save` wrote until there are `draws` draws: the same bits as in one run.

    Parameters
    ----------
    saved : path
        The file.
    framework, data
        What was analysed.
    draws : int
        How many altogether.
    vary : iterable of str, optional
        What the file varies, which goes without saying; anything else is refused.
    seed, year : int, optional
        Those of the file; others are refused.
    level, top, skip_failing : optional
        As for `analyse`; what the file was made with when left out.
    engine, workers, folder, progress
        As for `analyse`.

    Returns
    -------
    Uncertainty

    Raises
    ------
    FrameworkError
        If the file is none, is of another framework or other data, varies something else, or has as many draws already.
    """
    scores = framework.score(data)
    asked, kept = load(saved, scores)
    if vary is not None:
        given = parse(vary, framework, None if folder is None else Path(folder))
        one, other = ({factor.name: to_record(factor) for factor in part} for part in (given, asked.factors))
        if json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
            raise FrameworkError(
                f"{str(saved)!r} varies {varied(asked.factors)}, not {varied(given)}. Leave out --vary to go on "
                "with its draws, or leave out --extend to begin anew."
            )
    for name, wanted in (("seed", seed), ("year", year)):
        have = getattr(asked, name)
        if wanted is not None and wanted != have:
            raise FrameworkError(
                f"{str(saved)!r} was drawn with {name} {have}, not {wanted}. Leave out --{name} to go on with its "
                "draws, or leave out --extend to begin anew."
            )
    if draws <= kept.draws:
        raise FrameworkError(f"{str(saved)!r} has {kept.draws:,} draws already. Ask for more than that.")
    asked = replace(
        asked,
        draws=draws,
        level=asked.level if level is None else level,
        top=asked.top if top is None else top,
        skip_failing=asked.skip_failing if skip_failing is None else skip_failing,
    )
    _check(draws, asked.seed, asked.level, asked.top)
    return _run(framework, data, scores, asked, engine, workers, progress, kept)


def again(
    file: str | Path, data: str | None = None, *, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Uncertainty | Sensitivity, tuple[str, ...]] | None:
    """Repeat the analysis that a ``provenance.json`` records; None where it records something else.

    Parameters
    ----------
    file : path
        The provenance of an earlier run.
    data : str, optional
        Where the data are now.
    progress : callable, optional
        Called with what is being done, how much of that is finished, and all of it.

    Returns
    -------
    found, warnings
        As `equindex.framework.rerun`.

    Raises
    ------
    DataError, FrameworkError
        As `equindex.framework.rerun`.
    """
    try:
        options = json.loads(Path(file).read_text(encoding="utf-8"))["options"]
        mine = next((kind for kind in ("uncertainty", "sensitivity") if kind in options), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the rerun of scores says what is wrong with such a file
    if mine is None:
        return None
    run = recorded(file, data)
    scores = replace(run.framework.score(run.data), inputs=run.inputs)
    found: Uncertainty | Sensitivity
    if mine == "sensitivity":
        found = repeated(run.framework, run.data, scores, options[mine], progress)
    else:
        asked = Asked.from_record(options[mine])
        drawing = None if progress is None else partial(progress, "Drawing")
        found = _run(run.framework, run.data, scores, asked, "threads", None, drawing)
    return replace(found, provenance=run.kept(found.provenance)), run.warnings


def _run(
    framework: Framework,
    data: Any,
    scores: Scores,
    asked: Asked,
    engine: str,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
    after: Kept | None = None,
) -> Uncertainty:
    given = _given(scores)
    lacking = [name for name in asked.outputs if name not in given]
    if lacking:
        raise FrameworkError(f"the framework gives no {' and no '.join(lacking)}, only {', '.join(given)}.")
    study = Study.of(
        Source(framework, data, scores.panel),
        asked.factors,
        year=asked.year,
        outputs=asked.outputs or given,
        seed=asked.seed,
        skip_failing=asked.skip_failing,
    )
    kept = run(
        study,
        asked.draws,
        engine=engine,
        workers=workers,
        progress=progress,
        skip_failing=asked.skip_failing,
        after=after,
    )
    record = replace(asked, draws=kept.draws, year=study.year, outputs=study.outputs).to_record()
    options = {**scores.provenance.get("options", {}), "uncertainty": record}
    return Uncertainty(
        scores=scores,
        study=study,
        kept=kept,
        level=asked.level,
        top=int(kept.ranks.last[np.searchsorted(kept.ranks.last, min(asked.top, len(study.regions)))]),
        provenance={**scores.provenance, "options": options, "seed": asked.seed},
    )


def _given(scores: Scores) -> tuple[str, ...]:
    """Return all outputs that the framework gives."""
    parts = {
        "index": scores.rolled,
        "attainment": scores.attained,
        "equalization": scores.equalized,
        "degree": scores.plan.model.equalization,
    }
    return tuple(name for name, part in parts.items() if part is not None)


def _check(draws: int, seed: int, level: float, top: int) -> None:
    faults = []
    if not 1 <= draws <= _MOST_DRAWS:
        faults.append(f"draws should be 1 or more and at most {_MOST_DRAWS:,}, is {draws:,}.")
    if seed < 0:
        faults.append(f"seed should be 0 or more, is {seed}.")
    if not 0 < level < 1:
        faults.append(f"level should be a share between 0 and 1, is {level:g}.")
    if top < 1:
        faults.append(f"top should be 1 or more, is {top}.")
    if faults:
        raise MethodError(" ".join(faults))
