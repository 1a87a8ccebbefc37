"""What every command shares: errors become messages, long work shows itself, results are written."""

from __future__ import annotations

import functools
import inspect
import io as streams
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equindex.cli._source import from_databases
from equindex.cli.words import said, speak
from equindex.errors import EquindexError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bar", "clean", "command", "guard_streams", "say", "spinner", "stages", "write_results"]

_MANY_ROWS = 200_000  # of a workbook, which take a minute or more
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"


def guard_streams() -> None:
    """Let no character a console lacks stop a command: it prints as ? instead; nor a closed stream."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, streams.TextIOWrapper):
            stream.reconfigure(errors="replace")


def clean(text: object) -> str:
    """Return text from data without control characters, which could steer a terminal."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() and c not in _BREAKS else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )


def say(text: str) -> None:
    """Print a message for people, to stderr."""
    typer.echo("\n".join(clean(line) for line in said(text).split("\n")), err=True)


_LANG = typer.Option(
    "--lang",
    envvar="EQUINDEX_LANG",
    show_envvar=False,
    help="Language of what is printed; else EQUINDEX_LANG.",
)


def command(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command, with --lang; errors are one message and exit code 1, an interrupt 130; never a traceback."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        function = from_databases(function)

        @functools.wraps(function)
        def guarded(*args: Any, lang: str = "en", **kwargs: Any) -> None:
            speak(lang)
            try:
                function(*args, **kwargs)
                sys.stdout.flush()
            except EquindexError as error:
                say(f"Error: {error}")
                raise typer.Exit(1) from None
            except KeyboardInterrupt:
                say("Interrupted. Nothing was left half written.")
                raise typer.Exit(130) from None
            except BrokenPipeError:  # the reader, such as head, has seen enough
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
                raise typer.Exit(0) from None
            except MemoryError:
                say(
                    "Error: there is not enough memory. Score fewer years at a time, or use a larger machine."
                )
                raise typer.Exit(1) from None
            except OSError as error:
                say(f"Error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
                raise typer.Exit(1) from None

        known = inspect.signature(function, eval_str=True)
        own = inspect.Parameter(
            "lang",
            inspect.Parameter.KEYWORD_ONLY,
            default="en",
            annotation=Annotated[Literal["en", "zh"], _LANG],
        )
        parameters = [*known.parameters.values(), own]
        guarded.__signature__ = known.replace(parameters=parameters)  # type: ignore[attr-defined]
        guarded.__annotations__ = {one.name: one.annotation for one in parameters}
        app.command()(guarded)
        return guarded

    return register


@contextmanager
def spinner(text: str, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show on a terminal that work goes on; what is yielded changes the words."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{text} …") as status:
        yield lambda words: status.update(f"{words.capitalize()} …")


@contextmanager
def bar(text: str, quiet: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """Show on a terminal how much of long work is done and how long the rest takes."""
    with stages(text, quiet) as progress:
        yield None if progress is None else functools.partial(progress, text)


@contextmanager
def stages(text: str, quiet: bool = False) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show the same of work that has parts: what is yielded is told the part, how much of it is done, and all of it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {text: progress.add_task(text, total=None)}

        def told(part: str, done: int, total: int) -> None:
            if part not in tasks:
                progress.remove_task(tasks.popitem()[1])
                tasks[part] = progress.add_task(part, total=total)
            progress.update(tasks[part], completed=done, total=total)

        yield told


def write_results(
    tables: Mapping[str, pd.DataFrame],
    provenance: Mapping[str, Any],
    output: Path,
    fmt: str,
    force: bool,
    *,
    inputs: Iterable[Path] = (),
    quiet: bool = False,
    documents: Mapping[str, bytes] | None = None,
) -> str:
    """Write every table and the provenance to a folder, or what fits to a file; return what was written."""
    from equindex import io

    suffix = output.suffix.lower()
    single = suffix.removeprefix(".") in io.FORMATS and not output.is_dir()
    left: list[str] = []
    if single and suffix != ".xlsx":
        first, *left = tables
        tables = {first: tables[first]}
    rows = sum(map(len, tables.values()))
    if (suffix if single else f".{fmt}") == ".xlsx" and rows > _MANY_ROWS and not quiet:
        say(f"A workbook of {rows:,} rows takes minutes; csv or parquet takes seconds.")
    text = json.dumps(dict(provenance), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    beside = {**(documents or {}), "provenance.json": text.encode()}
    written = io.write(tables, output, format=fmt, documents=beside, force=force, inputs=inputs)
    if single:
        lost = ", ".join([*left, *beside])
        return f"Wrote {output}, without {lost}: a folder gets everything (-o {output.stem or 'out'})."
    return f"Wrote {', '.join(path.name for path in written)} to {output}."
