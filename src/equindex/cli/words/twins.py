"""How an English text finds its Chinese twin: words, and sentences with holes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

__all__ = ["cell_of", "chinese", "header_of"]

_LEAD = re.compile(r"(\s*(?:Note: |Warning: |Error: )?(?:→ |- |… )?)(.*)", re.DOTALL)
_LEADS = {"Note: ": "说明：", "Warning: ": "警告：", "Error: ": "错误：", "- ": "・"}
_INSIDE = re.compile("(?<=（)([^（）]*[A-Za-z]{2}[^（）]*)(?=）)")  # a reason within a Chinese sentence
_SENTENCES = re.compile(r"(?<=[.?!]) (?=[A-Z\u4e00-\u9fff])")
_SPAN = re.compile(r"(?<=[\d%]) to (?=[\d+-])")
_AND = re.compile(r"(?<=[\u4e00-\u9fff）]) and (?=[\u4e00-\u9fff])")
_COMMA = re.compile(r"(?<=[\u4e00-\u9fff）]), (?=[\u4e00-\u9fff])")
_LATIN = re.compile("[A-Za-z]{2}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]")
_PROSE = re.compile(r"[a-z]{2,},? [a-z]{2,}")  # two English words that no hole should be left with
_HOLE = re.compile(r"\{=?\}")
_SLOT = re.compile(r"\{(\d*)\}")  # {} is filled in order, {2} by the third hole
_WEAK = 9  # letters of a text with holes that, being no sentence, is sought inside sentences alone
#: Columns whose cells are words of this program, not of the data.
_WORDED = frozenset(
    [
        "note",
        "reason",
        "verdict",
        "direction",
        "operator",
        "means",
        "of",
        "of its",
        "change",
        "without",
        "factor",
    ]
)

_Pattern = tuple[tuple[str, ...], str, tuple[bool, ...], str]


def header_of(text: str) -> str:
    """Return a column header in Chinese."""
    from equindex.cli.words.tables import HEADERS

    return HEADERS.get(text.strip()) or _filled(text, _patterns("headers")) or text


def cell_of(text: str, head: str, first: bool) -> str:
    """Return a cell in Chinese: spans, names of nodes that we give, columns of words."""
    if not _LATIN.search(text):
        return text
    from equindex.cli.words.tables import CELLS

    if first and text in CELLS:
        return CELLS[text]
    return _piece(text) if head in _WORDED else _SPAN.sub("～", text)


def chinese(line: str) -> str:
    """Return one printed line in Chinese: as a whole, else behind a colon, else sentence by sentence."""
    match = _LEAD.fullmatch(line)
    lead, body = (match[1], match[2]) if match else ("", line)
    for word, twin in _LEADS.items():
        lead = lead.replace(word, twin)
    body = _INSIDE.sub(lambda inside: _piece(inside[1]), body)
    if not _LATIN.search(body):
        return lead + body
    whole = _known(body, "line")
    if whole:
        return lead + whole
    parts = _SENTENCES.split(body)
    if len(parts) > 1:
        turned = [chinese(part) for part in parts]
        return lead + "".join(f"{one} " if one.isascii() else one for one in turned[:-1]) + turned[-1]
    stem = body.removesuffix(".")
    piece = _piece(stem)
    if piece == stem or _PROSE.search(_QUOTED.sub("", piece)):
        return lead + body
    return f"{lead}{piece}{'。' if stem != body else ''}"


def _known(text: str, where: str) -> str:
    """Return the twin of a text of which some words are known, in a line or inside a sentence; else nothing."""
    return (
        _words().get(text)
        or _reason(text)
        or _filled(text, _patterns(f"{where} with its beginning"))
        or _behind(text)
        or _filled(text, _patterns(where))
    )


def _behind(text: str) -> str:
    """Return a text of which what stands behind a colon is known, with the place before it; else nothing."""
    at = text.find(": ")
    while at >= 0:
        head, tail = text[:at], text[at + 2 :]
        if head in _words() and tail.isdigit():
            return f"{_words()[head]}：{tail}"
        if twin := _words().get(tail) or _reason(tail) or _filled(tail, _patterns("line")):
            return f"{_piece(head)}：{twin}"
        parts = [_known(part, "piece") for part in tail.removesuffix(".").split("; ")] if "; " in tail else []
        if parts and all(parts):
            return f"{_piece(head)}：{'；'.join(parts)}{'。' * tail.endswith('.')}"
        at = text.find(": ", at + 1)
    return ""


def _reason(text: str) -> str:
    from equindex.monitoring.words import chinese_of

    return chinese_of(text)


def _piece(text: str) -> str:
    """Return what fills a hole: a word, a list of pieces, a phrase, a phrase behind or before a colon."""
    if twin := _words().get(text):
        return twin
    for mark, join in (("; ", "；"), (", ", "，")):
        parts = text.split(mark)
        turned = [_known(part, "piece") for part in parts]
        if len(parts) > 1 and (all(turned) or (mark == "; " and any(turned))):
            return join.join(twin or _names(part) for twin, part in zip(turned, parts, strict=True))
    if twin := _known(text, "piece"):
        return twin
    head, colon, tail = text.partition(": ")
    if colon and (front := _words().get(head)):
        return f"{front}：{_piece(tail)}"
    parts = text.split(", ")
    turned = [_known(part, "piece") for part in parts]
    if any(turned):
        return "，".join(twin or _names(part) for twin, part in zip(turned, parts, strict=True))
    return _names(text)


def _names(text: str) -> str:
    """Return names and numbers, joined as Chinese joins them."""
    return _COMMA.sub("、", _AND.sub("和", _SPAN.sub("～", text)))


@cache
def _words() -> dict[str, str]:
    from equindex.cli.words import findings, means, results, varied

    return {**results.WORDS, **varied.WORDS, **means.WORDS, **findings.WORDS}


@cache
def _patterns(kind: str) -> tuple[_Pattern, ...]:
    """Lay out texts with holes, the longest first: headers, lines or pieces, all or those with words before a colon."""
    from equindex.cli.words.tables import HEADERS

    table = HEADERS if kind == "headers" else _words()
    keys: Iterable[str] = sorted((key for key in table if _HOLE.search(key)), key=_letters, reverse=True)
    if kind.startswith("line"):
        keys = (key for key in keys if _letters(key) >= _WEAK or key[-1] in ".:")
    if kind.endswith("beginning"):
        keys = (key for key in keys if not key.startswith("{") or ": " in key)
    found = []
    for key in keys:
        literals = _HOLE.split(key)
        pattern = r"((?:(?!\. [A-Z]).)+?)".join(map(re.escape, literals))
        if kind.startswith("line") and not key.endswith((".", ". {}")):
            pattern = rf"(?!.*\.$){pattern}"  # a full stop is none of its holes'
        verbatim = tuple(hole == "{=}" for hole in _HOLE.findall(key))
        found.append((tuple(filter(None, literals)), pattern, verbatim, table[key]))
    return tuple(found)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _letters(key: str) -> int:
    return sum(c.isalpha() for c in _HOLE.sub("", key))


def _filled(text: str, patterns: tuple[_Pattern, ...]) -> str:
    """Return the twin of a text with holes, each filled with the twin of what fills it, {=} as it is; else nothing."""
    for literals, pattern, verbatim, twin in patterns:
        at = 0
        for literal in literals:
            at = text.find(literal, at) + len(literal) if literal in text[at:] else -1
            if at < 0:
                break
        match = _compiled(pattern).fullmatch(text) if at >= 0 else None
        if match and not any(hole.endswith(",") for hole in match.groups()):  # "equal, by pillar" is one name
            holes = [
                text if kept else _hole(text) for text, kept in zip(match.groups(), verbatim, strict=True)
            ]
            slots = _SLOT.split(twin)
            order = iter(range(len(holes)))
            slots[1::2] = [holes[int(slot) if slot else next(order)] for slot in slots[1::2]]
            return "".join(slots)
    return ""


def _hole(text: str) -> str:
    """Return what fills a hole; a quoted text and a name of one word stay, unless the word is ours."""
    from equindex.cli.words.tables import FILLERS

    if text[:1] in "'\"" and text[-1:] == text[:1]:
        return text
    if " " not in text.strip():
        return FILLERS.get(text.strip(), text)
    return _piece(text)
