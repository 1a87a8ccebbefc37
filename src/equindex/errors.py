"""What equindex raises: one family per thing the user has to mend."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = [
    "DataError",
    "DomainError",
    "EngineError",
    "EquindexError",
    "FrameworkError",
    "MethodError",
    "nearest",
]

_POSITIONS = re.compile(
    r" \(first: position \([\d, ]*\)\)| at position \([\d, ]*\)| \(indicator positions \[[^)]*\)"
    r"| of indicator position \d+"
)


class EquindexError(Exception):
    """Base of every error that equindex raises on purpose; notes added on the way up say where."""

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *getattr(self, "__notes__", [])])


class FrameworkError(EquindexError):
    """The framework, a weight set or an option is wrong: mend the file."""


class MethodError(FrameworkError):
    """A method or one of its options does not exist."""


class DataError(EquindexError):
    """The data are wrong: mend the table."""


class DomainError(EquindexError):
    """Method and values do not fit, such as a geometric mean of zeros.

    Kernels know positions, not labels: `positions` holds index tuples ``(..., region or None, indicator)``; scoring
    adds the `columns` or the `node` they count within, puts names to them in a note and marks that as `told`.
    """

    positions: tuple[tuple[int | None, ...], ...] = ()
    columns: Sequence[int] | None = None
    node: int | None = None
    told: bool = False

    def put_names(self, note: str) -> None:
        """Add a note that names what the message gives the positions of, and take these out of the message."""
        self.args = (_POSITIONS.sub("", str(self.args[0])), *self.args[1:])
        self.add_note(note)


class EngineError(EquindexError):
    """The machine failed: a worker, a disk, memory."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what to say about an unknown `name`: the nearest known one and, when few, all of them.

    Parameters
    ----------
    name : str
        The word that was not found.
    known : iterable of str
        The words that would have been.

    Returns
    -------
    str
        One or two sentences, empty when nothing is known.

    Examples
    --------
    >>> nearest("uper", ["lower", "upper"])
    "Did you mean 'upper'? Known: lower, upper."
    """
    words = [str(word) for word in known]
    close = get_close_matches(name, words, n=1, cutoff=0.6)
    hint = [f"Did you mean {close[0]!r}?"] if close else []
    if words and (len(words) <= 20 or not close):
        hint.append(f"Known: {', '.join(words[:20])}{', …' if len(words) > 20 else ''}.")
    return " ".join(hint)
