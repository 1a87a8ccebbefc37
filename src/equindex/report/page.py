"""The page and the Markdown text: sections in their order, put into templates."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

from equindex.report import method, regions, sections, spread, targets
from equindex.report.explorer import explorer
from equindex.report.gather import Found
from equindex.report.rendering import rendered, text_of
from equindex.report.view import Section
from equindex.report.words import words

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
    style = text_of("templates/page.css") + part.style
    data = {"report": {"lang": found.lang, "year": found.year}, **part.data}
    policy = (
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(part.script)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return rendered(
        "page.html",
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
        policy="; ".join(policy),
    )


def markdown(found: Found) -> str:
    """Return the report as Markdown, without pictures."""
    found = replace(found, outlines=None, pictures=False)
    head, tail = _sections(found)
    say, title, subtitle = words(found.lang), _title(found), _subtitle(found)
    text = rendered("report.md", say=say, title=title, subtitle=subtitle, sections=[*head, *tail])
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
