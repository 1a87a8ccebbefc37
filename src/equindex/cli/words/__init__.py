"""The language of what the terminal prints; the Chinese words are read only when they are wanted.

Libraries and commands speak English. Each of their sentences stands here once, with its twin; a text that has none
is printed as it is: a sentence is in one language or the other.
"""

from __future__ import annotations

from contextvars import ContextVar

__all__ = ["cell", "header", "language", "said", "speak"]

_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


def speak(lang: str) -> None:
    """Choose the language of what this command prints."""
    _LANGUAGE.set(lang)


def language() -> str:
    """Return the language of what this command prints."""
    return _LANGUAGE.get()


def said(text: str) -> str:
    """Return a text line by line in the language of the command; what has no twin stays."""
    if language() == "en":
        return text
    from equindex.cli.words.twins import chinese

    return "\n".join(chinese(line) for line in text.split("\n"))


def header(text: str) -> str:
    """Return a column header in the language of the command."""
    if language() == "en":
        return text
    from equindex.cli.words.twins import header_of

    return header_of(text)


def cell(text: str, head: str, first: bool) -> str:
    """Return a cell in the language of the command: spans, names of nodes that we give, columns of words."""
    if language() == "en":
        return text
    from equindex.cli.words.twins import cell_of

    return cell_of(text, head, first)
