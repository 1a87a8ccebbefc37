"""The last sections: data quality, method and provenance, written from the framework itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from equindex._formula import plain
from equindex._registry import Method, families
from equindex.model import MethodCall
from equindex.report.gather import Found, source_years
from equindex.report.view import Block, Cell, Code, Column, Row, Section, Table, Text, number, share
from equindex.report.words import WORDS, Say, joined

__all__ = ["bibtex", "method", "paragraph", "provenance", "quality"]

_FINDINGS = 30
_SHORT = 12  # characters of a digest in a sentence


# data quality ------------------------------------------------------------------------------------------------


def quality(found: Found, say: Say) -> Section:
    """Return what is missing, imputed, only a bound, or old, and what checking found."""
    panel, model = found.scores.panel, found.scores.plan.model
    rows = panel.order[found.scores.rows(found.year)]
    x, filled = panel.x[rows], found.scores.full.x[rows]
    here = set(rows.tolist())
    bounds = np.bincount([at for row, at in panel.bounds if row in here], minlength=x.shape[1])
    source = source_years(panel, rows)
    old = source < found.year
    missing, imputed = np.isnan(x), np.isnan(x) & np.isfinite(filled)
    lead = [
        say(
            "quality_told",
            filled=1 - missing.mean(),
            cells=x.size,
            year=found.year,
            missing=int(missing.sum()),
            bounds=int(bounds.sum()),
            old=int(old.sum()),
            imputed=say("imputed_told", n=int(imputed.sum())) if imputed.any() else "",
        )
    ]
    if panel.excluded:
        lead.append(say("excluded_told", cells=joined(found.lang, panel.excluded)))
    lines = []
    for at, indicator in enumerate(model.indicator):
        oldest = str(int(source[old[:, at], at].min())) if old[:, at].any() else ""
        counts = (missing[:, at].sum(), imputed[:, at].sum(), bounds[at], old[:, at].sum())
        cells = [Cell(f"{int(n):,}", int(n)) for n in counts]
        lines.append(
            Row(
                [
                    Cell(indicator.name),
                    Cell(indicator.unit),
                    share(1 - missing[:, at].mean()),
                    *cells,
                    Cell(oldest),
                ]
            )
        )
    keys = ("filled", "missing", "imputed", "bounds", "old", "oldest")
    columns = [Column(say("indicator")), Column(say("unit")), *(Column(say(key), True) for key in keys)]
    table = Table(name="quality", caption=say("quality_table", year=found.year), columns=columns, rows=lines)
    return Section(id="quality", title=say("quality"), lead=lead, blocks=[table, _findings(found, say)])


def _findings(found: Found, say: Say) -> Block:
    kinds: dict[str, list[str]] = {}
    for item in found.findings:
        kinds.setdefault(item.kind, []).append(str(item))
    if not kinds and not found.findings.notes:
        return Text(sentences=[say("findings_none")])
    rows = [
        Row([Cell(found.reword(kind)), Cell(f"{len(items):,}", len(items)), Cell(found.reword(items[0]))])
        for kind, items in list(kinds.items())[:_FINDINGS]
    ]
    rows += [
        Row([Cell(say("note")), Cell("1", 1), Cell(found.reword(note))])
        for note in found.findings.notes[:_FINDINGS]
    ]
    columns = [Column(say("what")), Column(say("count"), True), Column(say("finding"))]
    return Table(name="findings", caption=say("findings_table"), columns=columns, rows=rows)


# method ------------------------------------------------------------------------------------------------------


def method(found: Found, say: Say) -> Section:
    """Return the method as a paragraph, tables of weights and formulas, and BibTeX."""
    blocks: list[Block] = [
        Code(caption=say("paragraph"), text=paragraph(found, say)),
        _weights(found, say),
        _methods(found, say),
        Code(caption=say("bibtex"), text=bibtex(found)),
    ]
    return Section(id="method", title=say("method"), blocks=blocks)


def _steps(found: Found) -> Iterator[tuple[str, str, MethodCall]]:
    """Yield every method that the framework uses: its step, its family, and its name with options."""
    model = found.scores.plan.model
    if methods := model.methods:
        if methods.impute.name != "none":
            yield "impute", "impute", methods.impute
        calls = [methods.treat, *(part.treat for part in model.indicator if part.treat)]
        yield from (("treat", "treat", call) for call in calls if call.name != "none")
        yield from (("transform", "transform", part.transform) for part in model.indicator if part.transform)
        calls = [call for call in (methods.normalise, *(part.normalise for part in model.indicator)) if call]
        yield from (("normalise", "normalise", call) for call in calls)
        if methods.weighting:
            yield "weighting", "weighting", methods.weighting
        levels = methods.aggregate
        calls = [levels] if isinstance(levels, MethodCall) else list(levels.values())
        calls += [part.aggregate for part in model.pillar if part.aggregate]
        if found.scores.rolled is not None:
            yield from (("aggregate", "aggregate", call) for call in calls)
    if found.scores.attained is not None:
        rules = [model.attainment.rule, *(part.rule for part in model.indicator if part.rule)]
        yield from (("rule", "attainment", MethodCall(name=rule)) for rule in rules)
    if wanted := model.equalization:
        yield from (
            ("inequality", "equalization", call)
            for call in (*wanted.measures, MethodCall(name=wanted.degree))
        )


def _used(found: Found) -> list[tuple[str, MethodCall, Method]]:
    """Return each method once, with its registered function."""
    known = families()
    used: dict[tuple[str, str], tuple[str, MethodCall, Method]] = {}
    for step, family, call in _steps(found):
        if family in known and call.name in known[family]:
            used.setdefault((step, call.label), (step, call, known[family].get(call.name)))
    return list(used.values())


def _methods(found: Found, say: Say) -> Table:
    rows = [
        Row(
            [
                Cell(say(step)),
                Cell(_called(call, m, found.lang)),
                Cell(plain(m.formula), kind="formula"),
                Cell(m.source),
            ]
        )
        for step, call, m in _used(found)
    ]
    keys = ("step", "method_column", "formula", "publication")
    return Table(
        name="methods",
        caption=say("methods_table"),
        columns=[Column(say(key)) for key in keys],
        rows=rows,
        header=1,
    )


def _called(call: MethodCall, method: Method, lang: str) -> str:
    options = ", ".join(f"{key}={value}" for key, value in call.options.items())
    name = f"{method.term.split('，')[0]} {call.name}" if lang == "zh" and method.term else call.name
    return f"{name} ({options})" if options else name


def _weights(found: Found, say: Say) -> Table:
    plan = found.scores.plan
    local = (
        plan.local
        if found.scores.rolled is not None or found.scores.attained is None
        else found.scores.attained.local
    )
    total, tree = plan.tree.shares(local), plan.tree
    rows = []
    for node, leaf in enumerate(tree.leaf.tolist()):
        if node == 0:
            continue
        indicator = plan.model.indicator[leaf] if leaf >= 0 else None
        way = (
            {"interval": "interval_direction"}.get(indicator.direction, indicator.direction)
            if indicator
            else ""
        )
        rows.append(
            Row(
                [
                    Cell(tree.names[node], kind="" if indicator else "pillar"),
                    Cell(indicator.unit if indicator else ""),
                    Cell(say(way) if way else ""),
                    number(local[node], 3),
                    share(total[node]),
                    Cell(indicator.source if indicator else ""),
                ]
            )
        )
    columns = [
        Column(say("indicator")), Column(say("unit")), Column(say("direction")), Column(say("weight"), True),
        Column(say("share_of_total"), True), Column(say("publication")),
    ]  # fmt: skip
    return Table(name="weights", caption=say("weights_table"), columns=columns, rows=rows)


def _weighting(found: Found, say: Say) -> str:
    said = found.scores.plan.weighting
    return say(said) if said in WORDS else said


def paragraph(found: Found, say: Say) -> str:
    """Describe the framework in sentences that can be pasted into a paper."""
    scores, model = found.scores, found.scores.plan.model
    used = _used(found)

    def named(step: str) -> str:
        return joined(
            found.lang, dict.fromkeys(_called(call, m, found.lang) for at, call, m in used if at == step)
        )

    steps = []
    methods = model.methods
    if methods is not None and scores.rolled is not None:
        if methods.screen:
            steps.append(say("step_screen"))
        steps += [say(f"step_{step}", method=named(step)) for step in ("impute", "treat") if named(step)]
        base = (
            say(f"base_{methods.base}")
            if isinstance(methods.base, str)
            else say("base_of", base=methods.base)
        )
        steps.append(say("step_normalise", method=named("normalise"), base=base))
    steps.append(say("step_weight", weighting=_weighting(found, say)))
    if methods is not None and scores.rolled is not None:
        steps.append(say("step_aggregate", method=named("aggregate")))
    missing = scores.plan.missing
    steps.append(say(f"step_missing_{missing.rule}", coverage=missing.min_coverage))
    if scores.attained is not None:
        steps.append(say("step_attainment", rule=named("rule"), cap=model.attainment.cap))
    if model.equalization is not None:
        degree = model.equalization.degree
        steps.append(say("step_equalization", measures=named("inequality"), degree=degree))
    if model.source:
        steps.append(say("step_data", source=model.source))
    told = scores.provenance
    steps.append(say("step_made", version=told["equindex"], digest=told["framework_digest"][:_SHORT]))
    text = ("" if found.lang == "zh" else " ").join(steps)
    title, n = model.title or model.id, len(model.indicator)
    if not model.pillar:
        return say("method_flat", title=title, n=n, steps=text)
    return say("method_lead", title=title, n=n, k=len(model.pillar), steps=text)


def bibtex(found: Found) -> str:
    """Return what the methods and the data cite as BibTeX entries."""
    cited = [reference for _, _, m in _used(found) for reference in m.references]
    model = found.scores.plan.model
    sources = [
        model.source,
        *(part.source for part in model.indicator),
        *(part.source for part in model.target),
    ]
    told = found.scores.provenance
    entries = {
        "equindex": _entry(
            "equindex", author="equindex maintainers", title="equindex", note=f"version {told['equindex']}"
        )
    }
    for text in dict.fromkeys([*cited, *(source for source in sources if source)]):
        key, n = _key(text), 1
        while key in entries:
            n += 1
            key = f"{_key(text)}{'abcdefghijklmnopqrstuvwxyz'[(n - 2) % 26]}{n if n > 27 else ''}"
        entries[key] = _cited(key, text)
    return "\n\n".join(entries.values())


def _cited(key: str, text: str) -> str:
    """Part "authors, "title", where, year" as BibTeX does; what has no title in quotes is its own title."""
    quoted = re.search(r'"([^"]+)"', text)
    year = re.findall(r"\b(1[5-9]\d\d|20\d\d)\b", text)
    fields = (
        {"author": text[: quoted.start()].strip(" ,"), "title": quoted[1]}
        if quoted
        else {"title": text.rstrip(".")}
    )
    if year:
        fields["year"] = year[-1]
    rest = text[quoted.end() :].strip(" ,.;") if quoted else ""
    return _entry(key, **fields, note=rest)


def _entry(key: str, **fields: str) -> str:
    told = "".join(f",\n  {name} = {{{_escaped(text)}}}" for name, text in fields.items() if text)
    return f"@misc{{{key}{told}\n}}"


def _escaped(text: str) -> str:
    text = text.replace("\\", r"\textbackslash ").replace("{", "(").replace("}", ")")
    return re.sub(r"([&%$#_])", r"\\\1", text)


def _key(text: str) -> str:
    word = re.search(r"[A-Za-z]{2,}", text)
    year = re.search(r"\b(1[5-9]\d\d|20\d\d)\b", text)
    return (word[0].lower() if word else "source") + (year[0] if year else "")


# provenance --------------------------------------------------------------------------------------------------


def provenance(found: Found, say: Say) -> Section:
    """Return the digests and settings that make the run repeatable."""
    told = found.scores.provenance
    files = (
        [(told["data"]["path"] or "", "")] if not told["data"]["digests"] else told["data"]["digests"].items()
    )
    rows = [Row([Cell(name), Cell(digest, kind="digest")]) for name, digest in files]
    rows.insert(0, Row([Cell(say("framework")), Cell(told["framework_digest"], kind="digest")]))
    settings = [
        say("colon", a=say("version"), b=told["equindex"]),
        say("colon", a=say("year"), b=str(found.year)),
        say("colon", a=say("weights_used"), b=_weighting(found, say)),
    ]
    if found.uncertainty is not None:
        settings.append(say("colon", a=say("seed"), b=str(found.uncertainty.study.seed)))
    if told["excluded"]:
        settings.append(say("colon", a=say("excluded"), b=joined(found.lang, map(str, told["excluded"]))))
    columns = [Column(say("file")), Column(say("digest"))]
    blocks: list[Block] = [
        Table(name="digests", caption=say("digests_table"), columns=columns, rows=rows),
        Text(sentences=settings, listed=True),
    ]
    return Section(id="provenance", title=say("provenance"), lead=[say("again")], blocks=blocks)
