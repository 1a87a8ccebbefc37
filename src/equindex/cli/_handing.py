"""Handing over what a command found: tables in files, sentences, or everything as JSON."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from equindex.cli._run import say, spinner, write_results
from equindex.cli.words import said

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["hand_over"]


class _Found(Protocol):
    """What an analysis returns."""

    @property
    def provenance(self) -> Mapping[str, Any]: ...

    def tables(self) -> dict[str, pd.DataFrame]: ...


def hand_over(
    found: _Found,
    answer: Sequence[str],
    show: Callable[[], None],
    output: Path | None,
    fmt: str,
    force: bool,
    quiet: bool,
    as_json: bool,
    *,
    inputs: Iterable[Path],
    documents: Mapping[str, bytes] | None = None,
    unprinted: Collection[str] = (),
) -> None:
    """Write the tables and say the answer, print everything as JSON, or else call `show`.

    Parameters
    ----------
    found : result of an analysis
        With its tables and its provenance.
    answer : sequence of str
        What it says in sentences.
    show : callable
        Prints the answer and the main tables.
    output, fmt, force, quiet, as_json
        The options of the command.
    inputs : iterable of Path
        What was read, which is never overwritten.
    documents : mapping of bytes, optional
        Further files by name.
    unprinted : collection of str
        Tables that JSON leaves out.
    """
    from equindex.cli._print import json_line, records

    if output is not None:
        with spinner("Writing", quiet):
            written = write_results(
                found.tables(),
                found.provenance,
                output,
                fmt,
                force,
                inputs=inputs,
                quiet=quiet,
                documents=documents,
            )
        if not quiet:
            say("\n".join(answer))
            say(written)
    if as_json:
        tables = {name: records(frame) for name, frame in found.tables().items() if name not in unprinted}
        json_line({"answer": [said(text) for text in answer], **tables, "provenance": dict(found.provenance)})
    elif output is None:
        show()
