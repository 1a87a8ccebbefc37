"""The weight explorer of the report: its data, markup, style and script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equindex._arrays import BoolArray, FloatArray
from equindex.model import WeightSet
from equindex.report import packing
from equindex.report.explorer_words import METHODS, REFUSALS, WORDS
from equindex.report.rendering import rendered, text_of
from equindex.report.switches import Explored, NotOfferedError, Variant, explored, variants
from equindex.scoring import Scores, scale_within
from equindex.scoring.tree import weights_from_leaves, weights_from_set

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Part", "explorer"]

_SCRIPTS = ("numbers.js", "engine.js", "tables.js", "profile.js", "choices.js", "explorer.js")
_BUDGET = 3_000 * 80 * 8  # bytes of values; a page with them stays below 5 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the page: safe markup, style, script, and the data that the script reads, as JSON can hold them."""

    html: Markup
    style: str
    script: str
    data: dict[str, Any] = field(default_factory=dict)


def explorer(scores: Scores, *, presets: Sequence[WeightSet], lang: Literal["zh", "en"]) -> Part:
    """Return the weight explorer of a report.

    Parameters
    ----------
    scores : Scores
        Scored with every step kept; names of regions and nodes in the page's language.
    presets : sequence of WeightSet
        Weight sets to choose from, beside the framework's own and equal ones.
    lang : {"zh", "en"}
        Language of the page.

    Returns
    -------
    Part
        Without data, and with the reason as its markup, where the scores cannot be computed again from weights
        alone. Style and script are there all the same: the page's tables use them.

    Raises
    ------
    FrameworkError
        If a weight set does not fit the framework.
    """
    from markupsafe import Markup

    style, script = text_of("explorer.css"), _script()
    try:
        source = explored(scores)
    except NotOfferedError as refused:
        reason = REFUSALS[lang][refused.why].format(refused.what)
        html = rendered("refused.html", reason=REFUSALS[lang]["refusal"].format(reason))
        return Part(html=Markup(html), style=style, script=script, data={"words": WORDS[lang]})
    words, years = WORDS[lang], _within_budget(source)
    sets = _presets(source, presets, words)
    nodes = _nodes(scores, source)
    data, kept = _values(source, variants(scores, source), years)
    data |= {
        "id": scores.plan.model.id,
        "title": scores.plan.tree.names[0],
        "methods": METHODS[lang],
        "nodes": nodes,
        "unnamed": _unnamed(source),
        "presets": [[key, title, packing.floats(local)] for key, (title, local) in sets.items()],
        "rule": source.missing.rule,
        "least": source.missing.min_coverage,
        "decimals": scores.plan.rank_decimals,
        "variants": [
            [item.key, METHODS[lang].get(item.key, words["as_published"]), list(item.settings)]
            for item in kept
        ],
        "aggregates": ["arithmetic", "geometric"] if source.basis == "index" else [],
        **_regions(scores, source, years),
    }
    html = rendered(
        "explorer.html",
        words=words,
        methods=METHODS[lang],
        sliders=[
            (at, min(int(source.tree.depth[at]), 4), node)
            for at, node in enumerate(nodes)
            if at and not node["hidden"]
        ],
        presets=[(key, title) for key, (title, _) in sets.items()],
        years=data["years"],
        variants=data["variants"],
        aggregates=data["aggregates"],
        cut=years != source.years,
    )
    return Part(html=Markup(html), style=style, script=script, data={"words": words, "explorer": data})


def _presets(
    source: Explored, presets: Sequence[WeightSet], words: Mapping[str, str]
) -> dict[str, tuple[str, FloatArray]]:
    """Return titles and local weights to choose from, by the key that links name them by."""
    explored = ~_hidden(source)

    def among(local: FloatArray) -> FloatArray:
        return scale_within(source.tree, np.where(explored, local, 0.0))

    sets = {
        "published": (words["published"], source.local),
        "by_pillar": (words["by_pillar"], among(np.ones(len(explored)))),
        "by_indicator": (
            words["by_indicator"],
            weights_from_leaves(source.tree, explored[source.tree.nodes].astype(float)),
        ),
    }
    for place, item in enumerate(presets):
        key = f".{item.id}" if f".{item.id}" not in sets else f".{item.id}.{place}"
        sets[key] = (item.title or item.id, among(weights_from_set(source.tree, item)[0]))
    return sets


def _regions(scores: Scores, source: Explored, years: dict[int, slice]) -> dict[str, Any]:
    """Return who stands in which row, year by year, and who was ranked where."""
    panel = scores.panel
    rows = source.rows[min(span.start for span in years.values()) :]
    used, region = np.unique(panel.region[panel.order[rows]], return_inverse=True)
    return {
        "regions": [[panel.regions[code], panel.region_names[code]] for code in used.tolist()],
        "region": packing.integers(region),
        "years": list(years),
        "sizes": [span.stop - span.start for span in years.values()],
        "published": packing.integers(scores.rank[rows, 0]),
    }


def _nodes(scores: Scores, source: Explored) -> list[dict[str, Any]]:
    """Return what the script knows of every node, in the tree's order; `hidden` ones hold no explored indicator."""
    tree, hidden = source.tree, _hidden(source)
    own = {pillar.id for pillar in scores.plan.model.pillar if pillar.aggregate}
    indicators = scores.plan.model.indicator
    return [
        {
            "id": tree.ids[node],
            "name": tree.names[node],
            "parent": int(tree.parent[node]),
            "leaf": int(tree.leaf[node]),
            "call": source.calls[node].name,
            "own": tree.ids[node] in own,
            "unit": indicators[tree.leaf[node]].unit if tree.leaf[node] >= 0 else "",
            "hidden": bool(hidden[node]),
        }
        for node in range(len(tree.ids))
    ]


def _hidden(source: Explored) -> BoolArray:
    """Return which nodes hold no indicator that takes part."""
    hidden: BoolArray = source.tree.sums(source.there.astype(float)) == 0
    return hidden


def _unnamed(source: Explored) -> list[int]:
    """Return parents that an exported weight set leaves out, since all in them is hidden."""
    hidden = _hidden(source)
    return [node for node, inside in enumerate(source.tree.children) if inside.size and hidden[inside].all()]


def _within_budget(source: Explored) -> dict[int, slice]:
    """Return the latest years whose values are small enough for a page, at least one."""
    found: dict[int, slice] = {}
    left = _BUDGET
    for year, span in reversed(source.years.items()):
        left -= (span.stop - span.start) * source.z.shape[1] * 8
        if left < 0 and found:
            break
        found[year] = span
    return dict(reversed(found.items()))


def _values(
    source: Explored, choices: Sequence[Variant], years: dict[int, slice]
) -> tuple[dict[str, Any], list[Variant]]:
    """Pack values and what each normalisation makes of them: how they follow from the values, or else in full.

    Values that are only shown are left out where the page would grow too large.
    """
    start = min(span.start for span in years.values())
    x, shown, published = source.x[start:], source.shown[start:], source.z[start:]
    spans = [slice(span.start - start, span.stop - start) for span in years.values()]
    columns = range(x.shape[1])

    def code(item: Variant, c: int) -> dict[str, Any] | None:
        z = item.z[start:, c]
        if item is not choices[0] and np.array_equal(z, published[:, c], equal_nan=True):
            return {"of": "published"}
        return packing.derived(x[:, c], z, spans)

    made = {item.key: [code(item, c) for c in columns] for item in choices}
    size = len(x) * 8
    room = _BUDGET * 9 // 8 - (x.shape[1] + made["published"].count(None)) * size
    heavy, kept = room < 0, [choices[0]]
    for item in choices[1:]:
        if room >= (more := made[item.key].count(None) * size):
            kept.append(item)
            room -= more
    needed = [any(made[item.key][c] is not None for item in kept) for c in columns]
    bent = [c for c in columns if not np.array_equal(x[:, c], shown[:, c], equal_nan=True)]
    return {
        "x": [None if heavy and not needed[c] else packing.column(x[:, c], exact=needed[c]) for c in columns],
        "shown": {} if heavy else {str(c): packing.column(shown[:, c], exact=False) for c in bent},
        "z": [[made[item.key][c] or packing.column(item.z[start:, c]) for c in columns] for item in kept],
    }, kept


@cache
def _script() -> str:
    parts = "\n".join(text_of(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'
