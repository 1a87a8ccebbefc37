"""Framework: read from files, changed, checked, fitted, scored; Fitted: what a fit measured."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equindex import __version__, scoring, tables
from equindex._arrays import FloatArray
from equindex._summary import Summary
from equindex.errors import DataError, FrameworkError
from equindex.framework.consistency import warn_of_contradictions
from equindex.framework.deck import Deck, find_deck, read_deck, table_of
from equindex.framework.files import load, read_weights
from equindex.framework.given import (
    check_kept,
    files_read,
    sheets_of,
    warn_of_targets,
    warn_of_weights,
    years_of,
)
from equindex.framework.options import option_faults
from equindex.framework.record import provenance
from equindex.model import FrameworkFile, WeightSet, inconsistencies, parse
from equindex.schema import Findings, Panel, expected, observe, with_deck
from equindex.scoring import Plan, Scores
from equindex.treat import Treatment

if TYPE_CHECKING:
    import pandera.pandas as pa

__all__ = ["Fitted", "Framework"]

_SECTIONS = ("table", "methods", "equalization", "attainment", "monitoring", "opinion", "classes")


@dataclass(frozen=True)
class Framework:
    """Indicators, targets, weights and methods: all that turns a table into scores.

    Build one with `from_toml`; a variant with `replace`. Files are read once: a framework knows nothing of the
    disk afterwards, and `digest` identifies what it says.
    """

    model: FrameworkFile
    region_records: tuple[tuple[int, Mapping[str, object]], ...] = ()
    weights: WeightSet | None = None
    files: tuple[Path, ...] = ()
    folder: Path = field(default=Path(), compare=False)
    deck: Deck | None = None

    @classmethod
    def from_toml(
        cls, path: str | Path, *, settings: Iterable[str] = (), weights: str | Path | None = None
    ) -> Framework:
        """Read a framework file, or a workbook that holds one, with the tables it names.

        Parameters
        ----------
        path : path
            A TOML file or a workbook with the sheets framework, indicators, pillars, regions, targets, weights.
        settings : iterable of str
            Changes as on the command line: ``"normalise.lower=0"``, ``"equalization.reference='median'"``.
        weights : path, optional
            A weight set, in place of the framework's own.

        Returns
        -------
        Framework

        Raises
        ------
        FrameworkError
            Naming every key or value that is wrong.
        """
        path = Path(path)
        found = load(path, list(settings))
        model = parse(FrameworkFile, found.data, str(path), found.rows)
        chosen = weights if weights is not None else found.weights
        own = model.methods.weighting if model.methods else None
        if chosen is None and own is not None and _is_file(own.name):
            chosen = path.parent / own.name
        if own is not None and chosen is not None:
            model = _without_weighting(model)
        named = [Path(chosen)] if isinstance(chosen, str | Path) else []
        built = cls(
            model=model,
            region_records=tuple(found.regions),
            weights=None if chosen is None else read_weights(chosen),
            files=(*found.files, *named),
            folder=path.parent,
        )
        built.prepared(str(path))
        return built._with_deck()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, near: Sequence[Path] = ()) -> Framework:
        """Build a framework from what `to_dict` returned; a table it imputes from may lie `near`, in these folders.

        Raises
        ------
        FrameworkError
            If `data` is something else, a key or value is wrong, or a table to impute from has changed.
        """
        try:
            records = [(int(line), dict(record)) for line, record in data.get("regions", [])]
            content, weights, deck = data["framework"], data.get("weights"), data.get("deck")
        except (AttributeError, KeyError, TypeError, ValueError):
            raise FrameworkError(
                "from_dict takes what Framework.to_dict returned: a dict with framework, regions and weights."
            ) from None
        model = parse(FrameworkFile, content, "framework")
        return cls(
            model=model,
            region_records=tuple(records),
            weights=None if weights is None else parse(WeightSet, weights, "weights"),
            deck=find_deck(model, deck, near),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything the framework says, as JSON can hold it."""
        return {
            "framework": self.model.model_dump(mode="json", exclude_defaults=True),
            "regions": [[line, dict(record)] for line, record in self.region_records],
            "weights": None if self.weights is None else self.weights.model_dump(mode="json"),
            **({} if self.deck is None else {"deck": self.deck.to_dict()}),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of what the framework says, whatever files said it."""
        said = self.to_dict() | ({} if self.deck is None else {"deck": self.deck.sha256})
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def replace(self, *, weights: WeightSet | str | Path | None = None, **changes: Any) -> Framework:
        """Return a variant: ``replace(normalise="zscore")``, ``replace(equalization={"reference": "median"})``.

        Parameters
        ----------
        weights : WeightSet or path, optional
            A weight set in place of the present weights.
        **changes
            Keys of ``[methods]``, or whole sections (table, methods, equalization, attainment, monitoring,
            opinion, classes), whose keys are changed one by one; None removes a section.

        Returns
        -------
        Framework

        Raises
        ------
        FrameworkError
            For an unknown key or value.
        """
        data = self.model.model_dump(exclude_defaults=True)
        chosen = self.weights
        for key, value in changes.items():
            if key in _SECTIONS:
                data[key] = {**data.get(key, {}), **value} if isinstance(value, Mapping) else value
                if value is None:
                    del data[key]
            elif key in FrameworkFile.model_fields:
                data[key] = value
            else:
                data.setdefault("methods", {})[key] = value
                chosen = None if key == "weighting" else chosen
        if isinstance(weights, str | Path):
            weights = read_weights(weights)
        if weights is not None:
            chosen = weights
            data.get("methods", {}).pop("weighting", None)
        model = parse(FrameworkFile, data, "replace")
        own = model.methods.weighting if model.methods else None
        if own is not None and _is_file(own.name):
            chosen, model = read_weights(self.folder / own.name), _without_weighting(model)
        built = replace(self, model=model, weights=chosen)
        built.prepared("replace")
        same = (table_of(model), model.table) == (table_of(self.model), self.model.table)
        return built if same else built._with_deck()

    def _with_deck(self) -> Framework:
        """Read the table that missing values are filled from, which then is no data."""
        deck = read_deck(self.model, self.folder)
        return (
            self
            if deck is self.deck
            else replace(self, deck=deck, files=(*self.files, *([deck.place] if deck else [])))
        )

    def prepared(self, where: str = "framework") -> Plan:
        """Return the framework ready to run.

        Raises
        ------
        FrameworkError
            Listing all that does not fit together.
        """
        if self._faults:
            raise FrameworkError(f"{where}:\n  " + "\n  ".join(self._faults))
        try:
            return self._plan
        except FrameworkError as error:
            if self.weights is not None and str(error).startswith(f"weight set {self.weights.id!r}"):
                raise  # a file of its own, which is to be mended
            raise type(error)(f"{where}:\n  " + str(error).replace("\n", "\n  ")) from None

    @cached_property
    def _faults(self) -> list[str]:
        return [*inconsistencies(self.model), *option_faults(self.model)]

    @cached_property
    def _plan(self) -> Plan:
        return Plan.of(self.model, self.weights)

    @cached_property
    def regions(self) -> tables.Regions | None:
        """The regions table, None where the framework has none."""
        return tables.Regions.from_records(self.region_records) if self.region_records else None

    def region(self, text: str) -> str:
        """Return the id of the region that `text` names, or `text` where the regions table has none such."""
        if self.regions is None:
            return text
        found = int(self.regions.match(np.array([text], dtype=object))[0])
        return text if found < 0 else self.regions.codes[found]

    def schema(self) -> pa.DataFrameSchema:
        """Return the pandera schema that a wide table of indicator values must pass."""
        return expected(self.model)

    def read(
        self, data: Any, *, reference_known: bool = False
    ) -> tuple[Panel | None, Findings, dict[str, str]]:
        """Read and check data: a file, a folder, a DataFrame or sheets.

        Parameters
        ----------
        data : path or DataFrame
            As for `score`.
        reference_known : bool
            Whether the reference region of E may be absent, because a fit has its values.

        Returns
        -------
        panel, findings, digests
            The panel is None where there are errors; digests are SHA-256 by file name.
        """
        self.prepared()
        sheets, digests = self.sheets(data)
        panel, findings = self.observed(sheets, reference_known=reference_known)
        warn_of_targets(self.model, findings)
        warn_of_weights(self.prepared(), self.weights, findings)
        return panel, findings, digests

    def observed(
        self, sheets: list[tables.Sheet], *, reference_known: bool = False
    ) -> tuple[Panel | None, Findings]:
        """Check tables that are read, and who is screened out of them; arguments and result as of `read`."""
        panel, findings = observe(self.model, self.regions, sheets, reference_known=reference_known)
        if self.deck is not None:
            panel = with_deck(panel, self.model, self.regions, self.deck.sheets, findings)
        if panel is not None:
            scoring.inspect_screening(self.prepared(), panel, findings, fitted=reference_known)
        return None if findings.errors else panel, findings

    def inspect(self, data: Any) -> tuple[Panel | None, Findings]:
        """Read data and find all that is wrong with them, and what the plan itself contradicts.

        Parameters
        ----------
        data : path or DataFrame
            As for `score`.

        Returns
        -------
        panel, findings
            The panel is None where there are errors.
        """
        panel, findings, _ = self.read(data)
        warn_of_contradictions(self.model, panel, findings)
        return panel, findings

    def sheets(self, data: Any) -> tuple[list[tables.Sheet], dict[str, str]]:
        """Return the tables of `data`, unchecked, and the SHA-256 of each file by name."""
        return sheets_of(data, self.model.table, self.files)

    def check(self, data: Any) -> Findings:
        """Return every finding about `data`, as warnings; errors raise DataError with all of them."""
        _, findings = self.inspect(data)
        findings.stop_on_errors()
        return findings

    def score(
        self, data: Any, *, keep: Literal["all", "index"] = "all", years: int | Iterable[int] | None = None
    ) -> Scores:
        """Score every region and year.

        Parameters
        ----------
        data : path or DataFrame
            A file, a folder, or a table, long or wide.
        keep : {"all", "index"}
            "index" keeps the index alone, for tables too big for every step.
        years : int or iterable of int, optional
            Years to show; all are measured.

        Returns
        -------
        Scores

        Raises
        ------
        DataError
            With every error of the data.
        DomainError
            If values and methods do not fit.
        """
        return self._scored(data, None, keep, years)

    def _scored(
        self,
        data: Any,
        fitted: Fitted | None,
        keep: Literal["all", "index"],
        years: int | Iterable[int] | None,
    ) -> Scores:
        check_kept(keep)
        shown = years_of(years)
        panel, findings, digests = self.read(data, reference_known=fitted is not None)
        findings.stop_on_errors()
        assert panel is not None
        absent = [year for year in shown or () if year not in panel.rows_of]
        if absent:
            have = ", ".join(map(str, panel.rows_of))
            raise DataError(f"no data for {', '.join(map(str, absent))}. Years: {have}.")
        scores = scoring.score(
            self.prepared(),
            panel,
            summaries=None if fitted is None else fitted.summaries,
            treatments=None if fitted is None else fitted.treatments,
            known=None if fitted is None else fitted.references,
            weights=None if fitted is None else fitted.shares,
            keep=keep,
        )
        notes = (*findings.notes, *(f"{item.kind}: {item}" for item in findings.warnings))
        return replace(
            scores,
            years=shown,
            notes=notes,
            provenance=provenance(self, data, digests, panel, scores.screened, shown, keep)
            | scores.plan.found,
            inputs=(*self.files, *files_read(data, self.files)),
        )

    def fit(self, data: Any) -> Fitted:
        """Measure everything that the data decide, so that other years and regions can be scored with it.

        Returns
        -------
        Fitted

        Raises
        ------
        DataError
            With every error of the data.
        """
        panel, findings, digests = self.read(data)
        findings.stop_on_errors()
        assert panel is not None
        plan = self.prepared()
        summaries, treatments, weights = scoring.measured(plan, panel)
        return Fitted(
            framework=self,
            summaries=summaries,
            treatments=treatments,
            weights={} if weights is None else dict(zip(plan.leaves, weights.tolist(), strict=True)),
            references=scoring.references(plan, panel) if self.model.equalization else {},
            digests=digests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A framework and what it measured: scores new years and regions against a published sample.

    `summaries` holds what normalisers measured, `treatments` what treatments did, and `references` what E compares
    with, by year; a year that was not fitted is compared with its own reference. `weights` are those that the data
    decided, by indicator, shares of the root; empty where the framework sets them.
    """

    framework: Framework
    summaries: Mapping[str, Summary]
    references: Mapping[str, FloatArray]
    treatments: Mapping[str, Treatment] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def shares(self) -> FloatArray | None:
        """The weights from the data in the order of the indicators, None where there are none."""
        ids = [indicator.id for indicator in self.framework.model.indicator]
        return np.array([self.weights[name] for name in ids]) if self.weights else None

    def score(
        self, data: Any, *, keep: Literal["all", "index"] = "all", years: int | Iterable[int] | None = None
    ) -> Scores:
        """Score `data` with the fitted parameters; arguments and errors as `Framework.score`."""
        return self.framework._scored(data, self, keep, years)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write everything to one readable JSON file; an existing one is kept unless `force`."""
        content = {
            "equindex": __version__,
            "kind": "fitted",
            **self.framework.to_dict(),
            "summaries": {name: summary.to_dict() for name, summary in self.summaries.items()},
            "treatments": {name: part.to_dict() for name, part in self.treatments.items()},
            "references": {
                year: [None if np.isnan(v) else float(v) for v in line]
                for year, line in self.references.items()
            },
            "derived_weights": dict(self.weights),
            "digests": dict(self.digests),
        }
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        path = Path(path)
        if path.exists() and not force:
            raise FrameworkError(f"{str(path)!r} exists. Name another file, or pass force=True.")
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            staged.write_text(text, encoding="utf-8")
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Fitted:
        """Read what `save` wrote.

        Raises
        ------
        FrameworkError
            If the file is none.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            if content["kind"] != "fitted":
                raise KeyError("kind")
            return cls(
                framework=Framework.from_dict(content, near=[Path(path).parent]),
                summaries={name: Summary.from_dict(part) for name, part in content["summaries"].items()},
                references={
                    year: np.array([np.nan if v is None else v for v in line], dtype=float)
                    for year, line in content["references"].items()
                },
                treatments={
                    name: Treatment.from_dict(part) for name, part in content.get("treatments", {}).items()
                },
                weights=_weights_of(content),
                digests=content["digests"],
            )
        except OSError as error:
            raise FrameworkError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise FrameworkError(
                f"{path} is no fitted framework ({error}). Write one with Fitted.save."
            ) from None


def _weights_of(content: Mapping[str, Any]) -> dict[str, float]:
    """Return the weights from the data that a fitted framework holds: one for each indicator, or none."""
    found = {str(name): float(weight) for name, weight in content.get("derived_weights", {}).items()}
    ids = [indicator["id"] for indicator in content["framework"]["indicator"]]
    if found and (set(found) != set(ids) or not min(found.values()) >= 0 or not sum(found.values()) > 0):
        raise ValueError("derived_weights do not fit its indicators")
    return found


def _is_file(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith((".toml", ".csv", ".xlsx"))


def _without_weighting(model: FrameworkFile) -> FrameworkFile:
    assert model.methods is not None
    return model.model_copy(update={"methods": model.methods.model_copy(update={"weighting": None})})
