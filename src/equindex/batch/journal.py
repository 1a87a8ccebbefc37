"""What makes a batch safe to stop: one run at a time in a folder, whole files only, and a record of what is done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from equindex.errors import DataError, EngineError, FrameworkError

__all__ = ["WORK", "Journal", "locked", "whole", "written"]

WORK = "unfinished"
_JOURNAL = "journal.jsonl"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other runs; the system lets go when the process ends, however it ends.

    Raises
    ------
    EngineError
        If another run holds it.
    """
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("a+b")
    with file:
        try:
            _lock(file.fileno())
        except OSError:
            raise EngineError(
                f"another run writes into {folder.parent}. Wait until it is done, or give another folder."
            ) from None
        yield


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what writing raises into one message that says where, and how to go on."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0]
        full = any(word in said.lower() for word in ("no space", "quota"))
        raise EngineError(
            f"{path} cannot be written: {said.rstrip('.')}. "
            + ("Make room" if full else "Mend that, or give another folder")
            + "; what is finished is kept, and --resume goes on with it."
        ) from None


def whole(path: Path, write: Callable[[Path], None]) -> int:
    """Write a file under another name, force it to the disk, then give it its name; return its size."""
    with written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            write(fresh)
            with fresh.open("rb+") as file:
                os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_size
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return size


class Journal:
    """The record of a run, a line for each unit that is finished; a line half written counts as none."""

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, resume: bool, force: bool) -> None:
        """Begin a record, or go on with the one in the folder.

        Raises
        ------
        FrameworkError
            If there is one and neither is asked for, or it is of another framework or version.
        DataError
            If the data are not what they were.
        """
        self.path = folder / _JOURNAL
        self.done: dict[tuple[str, int], dict[str, Any]] = {}
        kept = 0
        if self.path.exists() and not force:
            if not resume:
                raise FrameworkError(
                    f"{folder.parent} holds a run that was stopped. Go on with --resume, or begin again with --force."
                )
            lines, kept = _lines(self.path.read_bytes())
            if lines:
                _same(lines[0], identity, folder.parent)
                self.done = {(line["stage"], line["unit"]): line["found"] for line in lines[1:]}
        elif resume and not force:
            raise FrameworkError(f"{folder.parent} holds no stopped run. Leave --resume out to begin one.")
        with written(self.path):
            self._file = self.path.open("r+b" if kept else "wb")
            self._file.seek(kept)
            self._file.truncate()
        if not kept:
            self._write(dict(identity))

    def add(self, stage: str, unit: int, found: dict[str, Any]) -> None:
        """Record a finished unit."""
        self.done[stage, unit] = found
        self._write({"stage": stage, "unit": unit, "found": found})

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        with written(self.path):
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
            self._file.write(text.encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())


def _lines(content: bytes) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines, and how many bytes they take."""
    found, kept = [], 0
    for line in content.splitlines(keepends=True):
        try:
            read = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            read = None
        if read is None:
            break
        found.append(read)
        kept += len(line)
    return found, kept


def _same(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    changed = [name for name in now if name != "files" and before.get(name) != now[name]]
    if changed:
        raise FrameworkError(
            f"the run in {folder} was begun with another {' and another '.join(changed)}. Give it what it was begun "
            "with, or begin again with --force."
        )
    old, new = before["files"], now["files"]
    moved = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    if moved:
        more = f" and {len(moved) - 5:,} more" if len(moved) > 5 else ""
        raise DataError(
            f"the data are not what they were when the run in {folder} began: {', '.join(moved[:5])}{more}. Bring "
            "them back, or begin again with --force."
        )
