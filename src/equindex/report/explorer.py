"""The weight explorer of the report: its data, markup, style and script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equindex._arrays import FloatArray
from equindex.model import WeightSet
from equindex.report import packing
from equindex.report.explorer_words import METHODS, REFUSALS, WORDS
from equindex.report.switches import Explored, Refused, Variant, explored, variants
from equindex.scoring import Scores, Tree, scale_within
from equindex.scoring.tree import weights_from_leaves, weights_from_set

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Part", "explorer"]

_SCRIPTS = ("numbers.js", "engine.js", "tables.js", "profile.js", "explorer.js")
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
    style, script = _text("explorer.css"), _script()
    try:
        source = explored(scores)
    except Refused as refused:
        reason = REFUSALS[lang][refused.why].format(refused.what)
        words = {"words": WORDS[lang]}
        return Part(html=_render("refused.html", reason=reason), style=style, script=script, data=words)
    found = _within_budget(source)
    sets = {
        "published": (WORDS[lang]["published"], source.local),
        "by_pillar": (WORDS[lang]["by_pillar"], _among(source, np.ones(len(source.tree.ids)))),
        "by_indicator": (WORDS[lang]["by_indicator"], _by_indicator(source)),
    }
    sets |= {item.id: (item.title or item.id, _among(source, _local(source.tree, item))) for item in presets}
    nodes = _nodes(scores, source, lang)
    choices = variants(scores, source) if found == source.years else [Variant(key="published", settings=(), z=source.z)]
    data, kept = _values(source, choices, found)
    rows = np.concatenate([np.arange(len(source.z))[span] for span in found.values()])
    panel = scores.panel
    used, region = np.unique(panel.region[panel.order[source.rows[rows]]], return_inverse=True)
    words = WORDS[lang] | METHODS[lang]
    data |= {
        "id": scores.plan.model.id,
        "title": scores.plan.tree.names[0],
        "basis": source.basis,
        "nodes": nodes,
        "unnamed": _unnamed(source),
        "presets": [[key, title, packing.floats(local)] for key, (title, local) in sets.items()],
        "rule": source.missing.rule,
        "least": source.missing.min_coverage,
        "decimals": scores.plan.rank_decimals,
        "regions": [[panel.regions[code], panel.region_names[code]] for code in used.tolist()],
        "region": packing.integers(region),
        "years": list(found),
        "sizes": [span.stop - span.start for span in found.values()],
        "published": packing.integers(scores.rank[source.rows[rows], 0]),
        "variants": [[item.key, METHODS[lang].get(item.key, WORDS[lang]["as_published"]), list(item.settings)] for item in kept],
        "aggregates": _aggregates(source),
    }
    html = _render(
        "explorer.html",
        words=WORDS[lang],
        methods=METHODS[lang],
        sliders=[
            (at, min(int(source.tree.depth[at]), 4), node)
            for at, node in enumerate(nodes)
            if at and not node["hidden"]
        ],
        presets=[(key, title) for key, (title, _) in sets.items()],
        years=list(found),
        variants=data["variants"],
        aggregates=data["aggregates"],
        cut=found != source.years,
    )
    return Part(html=html, style=style, script=script, data={"words": words, "explorer": data})


def _nodes(scores: Scores, source: Explored, lang: str) -> list[dict[str, Any]]:
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


def _hidden(source: Explored) -> np.ndarray[Any, Any]:
    """Return which nodes are not explored: those without any target, where attainment is."""
    if source.basis == "index":
        return np.zeros(len(source.tree.ids), dtype=bool)
    return source.tree.sums(np.isfinite(source.z).any(axis=0).astype(float)) == 0


def _unnamed(source: Explored) -> list[int]:
    """Return parents that an exported weight set leaves out, since all in them is hidden."""
    hidden = _hidden(source)
    return [node for node, inside in enumerate(source.tree.children) if inside.size and hidden[inside].all()]


def _among(source: Explored, local: FloatArray) -> FloatArray:
    """Return weights scaled within the siblings that are explored."""
    return scale_within(source.tree, np.where(_hidden(source), 0.0, local))


def _local(tree: Tree, weights: WeightSet) -> FloatArray:
    return weights_from_set(tree, weights)[0]


def _by_indicator(source: Explored) -> FloatArray:
    return weights_from_leaves(source.tree, (~_hidden(source)[source.tree.nodes]).astype(float))


def _aggregates(source: Explored) -> list[str]:
    """Return the means that a reader may set everywhere; none for attainment, which is an arithmetic mean."""
    return ["arithmetic", "geometric"] if source.basis == "index" else []


def _within_budget(source: Explored) -> dict[int, slice]:
    """Return the latest years whose values are small enough for a page, at least one."""
    found, left = {}, _BUDGET
    for year, span in reversed(source.years.items()):
        left -= (span.stop - span.start) * source.z.shape[1] * 8
        if left < 0 and found:
            break
        found[year] = span
    return dict(reversed(found.items()))


def _values(
    source: Explored, choices: Sequence[Variant], years: dict[int, slice]
) -> tuple[dict[str, Any], list[Variant]]:
    """Pack values and what each normalisation makes of them: how they follow from the values, or else in full."""
    start = min(span.start for span in years.values())
    x, shown = source.x[start:], source.shown[start:]
    spans = [slice(span.start - start, span.stop - start) for span in years.values()]
    columns, made = range(x.shape[1]), {}
    for item in choices:
        z, own = item.z[start:], made.get("published", [None] * x.shape[1])
        made[item.key] = [
            {"of": "published"}
            if item.key != "published" and np.array_equal(z[:, c], choices[0].z[start:, c], equal_nan=True)
            else packing.derived(x[:, c], z[:, c], spans)
            for c in columns
        ]
        del own
    full = sum(code is None for code in made["published"]) * len(x) * 8
    heavy = x.size * 8 + full > _BUDGET + _BUDGET // 8
    kept = [item for item in choices if item.key == "published" or not (heavy or None in made[item.key])]
    derived = [any(made[item.key][c] is not None for item in kept) for c in columns]
    packed = [packing.column(x[:, c], exact=derived[c]) for c in columns]
    bent = [c for c in columns if not np.array_equal(x[:, c], shown[:, c], equal_nan=True)]
    codes = [
        [made[item.key][c] or packing.column(item.z[start:, c]) for c in columns] for item in kept
    ]
    return {
        "x": packed,
        "shown": {} if heavy else {str(c): packing.column(shown[:, c], exact=False) for c in bent},
        "z": codes,
    }, kept


def _render(name: str, **content: Any) -> Markup:
    import jinja2
    from markupsafe import Markup

    folder = jinja2.PackageLoader("equindex.report")
    environment = jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return Markup(environment.get_template(name).render(**content))


@cache
def _script() -> str:
    parts = "\n".join(_text(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


@cache
def _text(name: str) -> str:
    return files("equindex.report").joinpath(name).read_text(encoding="utf-8")
