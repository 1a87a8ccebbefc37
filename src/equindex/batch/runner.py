"""A batch from its source to its folder: planned, passed through, finished, or gone on with where it was stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex import __version__
from equindex._arrays import cpus, one_of
from equindex.batch.blocks import BLOCK_ROWS, Intake, layouts
from equindex.batch.finish import Year, rank
from equindex.batch.fit import Fit, Passage, Progress
from equindex.batch.journal import WORK, Journal, locked, whole, written
from equindex.batch.limits import refuse
from equindex.batch.passes import refuse_unwanted
from equindex.batch.sources import TEXT, Part, Unit, files_of, grid, hidden, part_of
from equindex.batch.spool import Stream, csv_stream, database_stream, digest_of_file, refuse_changed, spool
from equindex.batch.tables import Tables
from equindex.errors import DataError, EngineError, FrameworkError, MethodError
from equindex.framework import Fitted, Framework
from equindex.framework.files import clock
from equindex.scoring import Plan
from equindex.tables import Database, masked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Batch", "run", "size_of"]

_SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_COPIES = 6  # arrays of a block's size that a worker holds while it scores
_MEMORY = 2 * 10**9
_FAULTS = 20


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a batch did: where its tables are, how many rows and years, and what was fitted."""

    folder: Path
    fitted: Fitted
    rows: int
    years: tuple[int, ...]
    units: int
    read: int
    notes: tuple[str, ...]

    @property
    def provenance(self) -> dict[str, Any]:
        """What it says of itself."""
        found: dict[str, Any] = json.loads((self.folder / "provenance.json").read_text(encoding="utf-8"))
        return found

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the whole: of the index, and of inequality if there is one."""
        import pandas as pd

        there = [self.folder / f"{name}.parquet" for name in ("index", "inequality")]
        return {path.stem: pd.read_parquet(path) for path in there if path.exists()}


def size_of(text: str) -> int:
    """Read an amount of memory.

    Examples
    --------
    >>> size_of("2GB"), size_of("600 MB")
    (2000000000, 600000000)
    """
    word = text.upper().replace(" ", "").removesuffix("B").removesuffix("I")
    number, unit = word.rstrip("KMGT"), word[len(word.rstrip("KMGT")) :]
    try:
        size = int(float(number) * _SIZES[unit])
    except (ValueError, KeyError, OverflowError):
        raise MethodError(f"{text!r} is no amount of memory. Write 2GB, or 600MB.") from None
    if size < 10**7:
        raise MethodError(f"{text!r} is too little memory for a block. Give 100MB or more.")
    return size


def run(
    framework: Framework,
    source: str | Path | Database | Stream,
    output: str | Path,
    *,
    years: Iterable[int] | None = None,
    pillars: bool = False,
    memory: int | str = _MEMORY,
    engine: str = "threads",
    workers: int | None = None,
    address: str | None = None,
    footer: bool = True,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    before: Mapping[str, Any] | None = None,
) -> Batch:
    """Score a table of any size, block by block.

    Parameters
    ----------
    framework : Framework
        With a composite index.
    source : path, Database or Stream
        A Parquet or CSV file, a folder or a pattern of them, or a table of a database, wide: a row for each region and
        year; or record batches.
    output : path
        A folder for the tables.
    years : iterable of int, optional
        Years to write; all are measured.
    pillars : bool
        Write the scores of pillars too.
    memory : int or str
        Bytes that may be used, about; ``"2GB"``. Fewer workers run where blocks are large.
    engine : {"serial", "threads", "dask"}
        Who does the work; the results are the same bits. Workers of Dask must reach `source` and `output` under the
        same paths.
    workers : int, optional
        How many; as many as there are processors, and as memory allows, when left out.
    address : str, optional
        Of Dask's scheduler, ``"tcp://…"``; a cluster on this machine when left out.
    footer : bool
        Take least and greatest values from the footers of files where that is safe.
    resume : bool
        Go on with a run that was stopped.
    force : bool
        Begin again, and replace what an earlier run wrote.
    progress : callable, optional
        Told the stage, the rows done and all rows.
    before : mapping, optional
        The provenance of a run that this one repeats: other data are refused, and the time is that of then.

    Returns
    -------
    Batch

    Raises
    ------
    FrameworkError
        If the framework asks for what blocks cannot give, or the folder is in use.
    DataError
        If files cannot be read or their rows are wrong.
    EngineError
        If the folder cannot be written, or another run writes into it.
    """
    _arrow_or_refuse()
    output = Path(output)
    if resume and force:
        raise MethodError("--resume goes on with a run, --force begins again. Give one of them.")
    if address is not None and engine != "dask":
        raise MethodError(
            f"an address is for Dask, and the engine is {engine!r}. Add --engine dask, or leave it out."
        )
    size = memory if isinstance(memory, int) else size_of(memory)
    one_of("engine", engine, ("serial", "threads", "dask"))
    refuse(framework)
    plan = framework.prepared()
    count = _workers(workers, size, len(plan.direction))
    if pillars:
        refuse_unwanted(plan)
    shown = None if years is None else tuple(sorted(set(years)))
    with written(output):
        if output.exists() and not output.is_dir():
            raise FrameworkError(f"{output} is a file. Give a folder.")
        _refuse_inside(source, output)
    work = output.absolute() / WORK
    if not force and not resume:
        _refuse_results(output)
    with locked(work):
        streams, parts = _looked_at(framework, source)
        found, notes = layouts(framework, parts)
        stamps = {stream.name: list(stream.stamp) for stream in streams}
        stamps |= {part.name: [part.size, part.changed, part.digest] for part in parts}
        identity = _identity(framework, stamps, shown, pillars, footer)
        if force:
            _clear(work)
        journal = Journal(work, identity, resume=resume, force=force)
        try:
            if streams:
                parts = _spooled(streams, work, progress, stamps)
                found, notes = layouts(framework, parts)
            if before is not None:
                _refuse_changed(before["data"]["files"], stamps)
            intake = Intake(framework=framework, layouts=found)
            units = grid(parts)
            if not any(part.rows for part in parts):
                raise DataError(f"{_said(source)} has no rows. Check what was exported.")
            go = Passage(journal, engine, count, address, progress)
            decided = Fit(intake, units, go, work, size).all(plan, footer)
            notes += decided.notes
            fitted = decided.fitted(framework, {name: str(stamp[-1]) for name, stamp in stamps.items()})
            scorer = decided.scorer(intake, work, shown, pillars)
            records = go.through("Scoring", scorer, units, _complete(work))
            rows, there = _counted(records, shown)
            _finish(intake, decided.plan, units, Year.all_of(work, records), go, size)
            where = streams[0].record if streams and streams[0].record else {"path": _said(source)}
            again = {"data": {**where, "files": stamps}} | {k: before[k] for k in ("time", "data") if before}
            _provenance(work, framework, identity["options"], again, journal, rows, decided.plan.found)
            fitted.save(work / "fitted.json", force=True)
        finally:
            journal.close()
        _publish(work, output)
    shutil.rmtree(work, ignore_errors=True)
    return Batch(
        folder=output,
        fitted=fitted,
        rows=rows,
        years=there,
        units=len(units),
        read=decided.read,
        notes=tuple(notes),
    )


def _arrow_or_refuse() -> None:
    try:
        import pyarrow as pa
    except ImportError:
        raise EngineError("a batch needs pyarrow. Run: pip install 'equindex[parquet]'.") from None
    del pa


def _refuse_inside(source: str | Path | Database | Stream, output: Path) -> None:
    """Refuse a folder for the results among the data, where the next run would read them as data."""
    if isinstance(source, str | Path) and Path(source).is_dir():
        inside = output.resolve().is_relative_to(Path(source).resolve())
        if inside and not hidden(output.resolve(), Path(source).resolve()):
            raise FrameworkError(
                f"{output} lies in {source}: the next run would read its results as data. Give a folder elsewhere."
            )


def _looked_at(
    framework: Framework, source: str | Path | Database | Stream
) -> tuple[list[Stream], list[Part]]:
    """Look at every file, at streams or Parquet; all that cannot be read are named at once."""
    if isinstance(source, Stream):
        return [source], []
    if isinstance(source, Database):
        return [database_stream(framework, source)], []
    streams: list[Stream] = []
    parts: list[Part] = []
    faults: list[str] = []
    for path in files_of(str(source)):
        try:
            if path.lower().endswith(TEXT):
                streams.append(csv_stream(framework, path))
            else:
                parts.append(part_of(path))
        except DataError as error:
            faults.append(str(error))
    if faults:
        more = f"\n… and {len(faults) - _FAULTS:,} more files." if len(faults) > _FAULTS else ""
        raise DataError("\n".join(faults[:_FAULTS]) + more)
    return streams, parts


def _spooled(
    streams: Sequence[Stream], work: Path, progress: Progress | None, stamps: dict[str, list[int | str]]
) -> list[Part]:
    """Write streams as Parquet, or hold what is written already against them."""
    parts = []
    for number, one in enumerate(streams):
        path = work / "spool" / f"{number:06d}.parquet"
        if path.exists() and not one.told:
            refuse_changed(one, path)
        parts.append(spool(one, path))
        if not one.told:
            stamps[one.name] = [*one.stamp, digest_of_file(path)]
        if progress is not None:
            progress("Reading", number + 1, len(streams))
    return parts


def _refuse_changed(
    before: Mapping[str, Sequence[int | str]], now: Mapping[str, Sequence[int | str]]
) -> None:
    """Raise DataError unless the data are those of an earlier run, wherever they are now."""
    old, new = (sorted(str(stamp[-1]) for stamp in one.values()) for one in (before, now))
    if old != new:
        changed = [name for name, stamp in before.items() if str(stamp[-1]) not in new] or list(now)
        raise DataError(
            f"{', '.join(changed[:5])} changed since that run. Run the new data with equindex batch, or name the old "
            "ones with --data."
        )


def _said(source: str | Path | Database | Stream) -> str:
    if isinstance(source, Stream):
        return source.name
    if isinstance(source, Database) or "://" in str(source):
        return masked(source.url if isinstance(source, Database) else str(source))
    return Path(source).as_posix()


def _identity(
    framework: Framework,
    stamps: Mapping[str, list[int | str]],
    years: tuple[int, ...] | None,
    pillars: bool,
    footer: bool,
) -> dict[str, Any]:
    """Return what a run must have in common with the one that it goes on with."""
    return {
        "version": __version__,
        "framework": framework.digest,
        "options": {"years": None if years is None else list(years), "pillars": pillars, "footer": footer},
        "files": dict(stamps),
    }


def _workers(wanted: int | None, memory: int, columns: int) -> int:
    if wanted is not None and wanted < 1:
        raise MethodError(f"workers should be 1 or more, is {wanted}.")
    fit = memory // (_COPIES * BLOCK_ROWS * columns * 8)
    return max(1, min(wanted or cpus(), fit))


def _complete(work: Path) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the files of a unit are there, whole, or published."""

    def there(found: Mapping[str, Any]) -> bool:
        beside = [part for table in found["beside"].values() for part in table.values()]
        for name, _, size in [*found["parts"].values(), *beside]:
            path = work / name
            if not path.exists():
                path = work.parent / name
            if not path.exists() or path.stat().st_size != size:
                return False
        return True

    return there


def _counted(
    records: Sequence[Mapping[str, Any]], years: tuple[int, ...] | None
) -> tuple[int, tuple[int, ...]]:
    rows = sum(count for found in records for _, count, _ in found["parts"].values())
    there = tuple(sorted({int(year) for found in records for year in found["parts"]}))
    absent = [str(year) for year in years or () if year not in there]
    if absent:
        raise DataError(f"no data for {', '.join(absent)}. Give other years, and begin again with --force.")
    return rows, there


def _finish(
    intake: Intake, plan: Plan, units: Sequence[Unit], years: Sequence[Year], go: Passage, memory: int
) -> None:
    """Write ranks and the tables of the index, once no region stands twice."""
    folder, total, done = years[0].folder, sum(year.rows for year in years), 0

    def ranked(rows: int) -> None:
        nonlocal done
        done += rows
        if go.progress is not None:
            go.progress("Ranking", done, total)

    rank(years, folder, plan.rank_decimals, memory, ranked, [unit.name for unit in units])
    tables = Tables(intake=intake, plan=plan, units=units, years=years, memory=memory)
    _keep(folder / "index.parquet", tables.index())
    inequality = tables.inequality()
    if inequality is not None:
        _keep(folder / "inequality.parquet", inequality)


def _keep(path: Path, frame: pd.DataFrame) -> None:
    whole(path, lambda fresh: frame.to_parquet(fresh, index=False))


def _provenance(
    work: Path,
    framework: Framework,
    options: Mapping[str, Any],
    known: Mapping[str, Any],
    journal: Journal,
    rows: int,
    found: Mapping[str, Any],
) -> None:
    begun = journal.done.get(("begun", 0))
    if begun is None:
        journal.add("begun", 0, {"time": clock().isoformat(timespec="seconds")})
        begun = journal.done["begun", 0]
    content = {
        "equindex": __version__,
        "time": known.get("time", begun["time"]),
        "framework": framework.to_dict(),
        "framework_digest": framework.digest,
        "weights": framework.prepared().weighting,
        "data": known["data"],
        "options": {"batch": options},
        "seed": None,
        "rows": rows,
        **found,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    whole(work / "provenance.json", lambda path: _text(path, text))


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


_RESULTS = (
    "scores",
    "ranks",
    "attainment",
    "equalization",
    "index.parquet",
    "inequality.parquet",
    "fitted.json",
    "provenance.json",
)


def _refuse_results(output: Path) -> None:
    there = [name for name in _RESULTS if (output / name).exists()]
    if there and not (output / WORK / "journal.jsonl").exists():
        raise FrameworkError(
            f"{output} has {', '.join(there)}. Name another folder, or pass --force to replace them."
        )


def _clear(work: Path) -> None:
    """Remove what an earlier run left, but the lock."""
    with written(work):
        for path in work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()


def _publish(work: Path, output: Path) -> None:
    """Move the tables to their places, the provenance last: what has none is not finished."""
    with written(output):
        for path in work.rglob(".*"):  # what a killed writer left
            path.unlink()
        provenance = output / "provenance.json"
        if (work / "scores").exists():
            provenance.unlink(missing_ok=True)
            for name in _RESULTS:  # of an earlier run that asked for more
                if not (work / name).exists():
                    shutil.rmtree(output / name, ignore_errors=True)
                    (output / name).unlink(missing_ok=True)
        for name in _RESULTS:
            fresh, place = work / name, output / name
            if not fresh.exists():
                continue
            if place.is_dir():
                shutil.rmtree(place)
            fresh.replace(place)
