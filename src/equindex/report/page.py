"""The page and the Markdown text: sections in their order, put into templates."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from equindex.report import method, regions, sections, spread, targets
from equindex.report.explorer import explorer
from equindex.report.gather import Found
from equindex.report.view import Section
from equindex.report.words import words

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["html", "markdown"]

_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def html(found: Found) -> str:
    """Return the report as one page that needs nothing else.

    Nothing on it is loaded; its policy lets no script or style run but its own, by their hashes.
    """
    from markupsafe import Markup

    say = words(found.lang)
    part = explorer(found.scores, presets=found.presets, lang=found.lang)
    head, tail = _sections(found)
    style = _template("page.css") + part.style
    data = {"report": {"lang": found.lang, "year": found.year}, **part.data}
    return (
        _environment()
        .get_template("page.html")
        .render(
            say=say,
            lang=found.lang,
            title=_title(found),
            subtitle=_subtitle(found),
            head=head,
            tail=tail,
            explorer=part.html,
            script=Markup(part.script),
            style=Markup(style),
            data=Markup(json.dumps(data, ensure_ascii=False, allow_nan=False).translate(_ESCAPED)),
            policy="; ".join(
                (
                    "default-src 'none'",
                    f"style-src '{_hash(style)}'",
                    f"script-src '{_hash(part.script)}'",
                    "img-src data:",
                    "base-uri 'none'",
                    "form-action 'none'",
                )
            ),
        )
    )


def markdown(found: Found) -> str:
    """Return the report as Markdown, without pictures."""
    found = replace(found, outlines=None, pictures=False)
    head, tail = _sections(found)
    text = (
        _environment()
        .get_template("report.md")
        .render(
            say=words(found.lang), title=_title(found), subtitle=_subtitle(found), sections=[*head, *tail]
        )
    )
    return f"{text.strip()}\n"


def _sections(found: Found) -> tuple[list[Section], list[Section]]:
    """Return the sections before the explorer and those after it; plans begin with their targets."""
    say = words(found.lang)
    first = Section(
        id="answer",
        title=say("answer"),
        blocks=(),
        lead=sections.answer(found, say),
        tiles=sections.tiles(found, say),
    )
    ranked = [sections.ranking(found, say), regions.why(found, say), sections.certainty(found, say)]
    place = regions.map_(found, say)
    shown = ranked if place is None else [*ranked, place]
    aimed, even = targets.attainment(found, say), spread.evenness(found, say)
    head = [first, aimed, *shown, even] if found.basis == "attainment" else [first, *shown, aimed, even]
    return head, [method.quality(found, say), method.method(found, say), method.provenance(found, say)]


def _title(found: Found) -> str:
    model = found.scores.plan.model
    return model.title or model.id


def _subtitle(found: Found) -> str:
    say, told = words(found.lang), found.scores.provenance
    made = say("made", version=told["equindex"], digest=told["framework_digest"][:12])
    return " · ".join((str(found.year), made))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _template(name: str) -> str:
    return files("equindex.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_template),
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
