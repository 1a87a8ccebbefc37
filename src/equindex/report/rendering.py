"""Templates, with everything in them escaped as HTML or Markdown wants it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["rendered", "text_of"]


def text_of(name: str) -> str:
    """Return the text of a file of this package."""
    return files("equindex.report").joinpath(name).read_text(encoding="utf-8")


def rendered(name: str, **content: Any) -> str:
    """Return a template with its content in it; in HTML, all of that is text unless it is marked up."""
    return _environment().get_template(name).render(**content)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(lambda name: text_of(f"templates/{name}")),
        autoescape=lambda name: name is None or not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["cell"] = _cell
    made.filters["fence"] = _fence
    made.filters["svg"] = _svg
    return made


def _cell(text: Any) -> str:
    """Return text as a cell of a Markdown table: on one line, nothing in it is markup."""
    plain = " ".join(str(text).split())
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|~$" else c for c in plain)


def _fence(text: str) -> str:
    """Return more backticks than there are in a row in the text."""
    return "`" * (1 + max([2, *map(len, re.findall("`+", text))]))


def _svg(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
