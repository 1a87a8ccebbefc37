"""What a batch reads: files, their footers, and the fixed grid of blocks they are worked through in."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from equindex.errors import DataError, EngineError, nearest
from equindex.tables import masked

__all__ = [
    "TEXT",
    "Part",
    "Unit",
    "files_of",
    "filesystem",
    "grid",
    "hidden",
    "hive",
    "opened",
    "part_of",
    "unreadable",
]

_PARQUET = (".parquet", ".parq", ".pq")
TEXT = (".csv", ".tsv", ".txt")
_UNIT_ROWS = 1 << 18  # row groups are put together up to so many rows
_BUFFER = 1 << 19  # bytes of each column read ahead
_END = 8  # bytes of a Parquet file behind its footer: length and magic number


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file: where it is, what its path says, the rows of its row groups, and what it was like."""

    path: str
    constants: tuple[tuple[str, str], ...]
    groups: tuple[int, ...]
    columns: tuple[tuple[str, str], ...]
    size: int
    changed: int
    digest: str
    shown: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.shown or masked(self.path)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Row groups `first` to `last` of a file, the least that is finished as one."""

    number: int
    part: Part
    first: int
    last: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.part.groups[self.first : self.last + 1])

    @property
    def name(self) -> str:
        """File and row groups, for messages."""
        some = (
            f"row group {self.first}"
            if self.first == self.last
            else f"row groups {self.first} to {self.last}"
        )
        return f"{self.part.name}, {some}"


def files_of(source: str) -> list[str]:
    """Return the files that a file, folder or pattern names, in the order of their paths.

    Raises
    ------
    DataError
        If there is none, or CSV and Parquet files stand together.
    """
    if "://" in source:
        found = _remote(source)
    elif glob.has_magic(source) and not Path(source).exists():
        found = [name for name in glob.glob(source, recursive=True) if Path(name).is_file()]  # noqa: PTH207
    elif Path(source).is_dir():
        found = [str(p) for p in Path(source).rglob("*") if p.is_file() and not hidden(p, Path(source))]
    elif Path(source).is_file():
        found = [source]
    else:
        beside = Path(source).parent
        names = sorted(p.name for p in beside.iterdir()) if beside.is_dir() else []
        raise DataError(f"there is no file or folder {source}. {nearest(Path(source).name, names)}".rstrip())
    kept = sorted(name for name in found if name.lower().endswith((*_PARQUET, *TEXT)))
    if not kept:
        raise DataError(
            f"{source} has no Parquet or CSV file. Name a file, a folder, or a pattern such as 'data/*.parquet'."
        )
    if len({name.lower().endswith(TEXT) for name in kept}) > 1:
        raise DataError(f"{source} has both Parquet and CSV files. Name one kind, as in '*.parquet'.")
    return kept


def hidden(path: Path, root: Path) -> bool:
    """Say whether a file under `root` is none of the data, as those of ``.git`` and ``_temporary`` are."""
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts)


def _remote(source: str) -> list[str]:
    from pyarrow import fs

    system, path = filesystem(source)
    head = source[: len(source) - len(path)] if source.endswith(path) else source.split("://")[0] + "://"
    info = system.get_file_info(path)
    if info.type == fs.FileType.File:
        return [source]
    if info.type != fs.FileType.Directory:
        raise DataError(f"there is nothing at {masked(source)}.")
    inside = system.get_file_info(fs.FileSelector(path, recursive=True))
    return [head + one.path for one in inside if one.type == fs.FileType.File]


@cache
def _system(scheme: str) -> Any:
    import fsspec
    from pyarrow import fs

    return fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem(scheme)))


def filesystem(path: str) -> tuple[Any, str]:
    """Return the pyarrow file system of a path or URL, and the path within it."""
    from pyarrow import fs

    if "://" not in path:
        return fs.LocalFileSystem(), path
    try:
        system, inner = fs.FileSystem.from_uri(path)
    except (ValueError, OSError):
        scheme, _, rest = path.partition("://")
        try:
            return _system(scheme), rest
        except (ImportError, ValueError) as error:
            raise DataError(f"{masked(path)} cannot be opened: {error}.") from None
    return system, inner


@contextmanager
def unreadable(where: str, kind: str = "") -> Iterator[None]:
    """Turn what reading raises into one message that says where."""
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError:
        raise DataError(
            f"{where}: the file is no longer there. Bring it back, then go on with --resume."
        ) from None
    except (pa.ArrowException, OSError, EOFError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        text = kind or where.lower().endswith(TEXT)
        remedy = (
            "Correct it, or score the table in memory (equindex score), which reads what plans print."
            if text
            else "The file is truncated, damaged or no Parquet file; write it again."
        )
        raise DataError(f"{where} cannot be read: {said.rstrip('.')}. {remedy}") from None
    except MemoryError:
        raise EngineError(
            f"{where}: memory ran out. Use fewer --workers, or write smaller row groups."
        ) from None


def part_of(path: str) -> Part:
    """Read the footer of a Parquet file.

    Raises
    ------
    DataError
        If it is none.
    """
    import pyarrow.parquet as pq

    with unreadable(path):
        system, inner = filesystem(path)
        info = system.get_file_info(inner)
        with system.open_input_file(inner) as file:
            size = file.size()
            file.seek(max(0, size - _END))
            length = int.from_bytes(file.read(_END)[:4], "little")
            file.seek(max(0, size - _END - length))
            digest = hashlib.sha256(file.read()).hexdigest()
            file.seek(0)
            found = pq.ParquetFile(file)
            footer, schema = found.metadata, found.schema_arrow
        names = [str(name) for name in schema.names]
        return Part(
            path=path,
            constants=tuple((k, v) for k, v in hive(path) if k not in names),
            groups=tuple(footer.row_group(g).num_rows for g in range(footer.num_row_groups)),
            columns=tuple((name, str(kind)) for name, kind in zip(names, schema.types, strict=True)),
            size=size,
            changed=info.mtime_ns or 0,
            digest=digest,
        )


def hive(path: str) -> list[tuple[str, str]]:
    """Return what folders called ``year=2020`` say."""
    folders = path.replace("\\", "/").split("/")[:-1]
    pairs = (folder.split("=", 1) for folder in folders if "=" in folder)
    return list({key: unquote(value) for key, value in pairs if key}.items())


def grid(parts: list[Part]) -> list[Unit]:
    """Cut files into units: the same ones whoever works through them, none of them without rows."""
    units: list[Unit] = []
    for part in parts:
        first, rows = 0, 0
        for group, more in enumerate(part.groups):
            if rows and rows + more > _UNIT_ROWS:
                units.append(Unit(number=len(units), part=part, first=first, last=group - 1))
                first, rows = group, 0
            rows += more
        if rows:
            units.append(Unit(number=len(units), part=part, first=first, last=len(part.groups) - 1))
    return units


@contextmanager
def opened(unit: Unit) -> Iterator[Any]:
    """Open the file of a unit, which must be what it was when the run began.

    Yields
    ------
    pyarrow.parquet.ParquetFile
    """
    import pyarrow.parquet as pq

    part = unit.part
    with unreadable(unit.name):
        system, inner = filesystem(part.path)
        info = system.get_file_info(inner)
        if info.size is not None and (info.size, info.mtime_ns or 0) != (part.size, part.changed):
            raise DataError(f"{part.name} has changed since the run began. Begin again with --force.")
        file = system.open_input_file(inner)
    try:
        with unreadable(unit.name):
            found = pq.ParquetFile(file, buffer_size=_BUFFER)
        yield found
    finally:
        file.close()
