"""Formulas as MathML, which browsers draw by themselves: no script, nothing loaded from elsewhere."""

from __future__ import annotations

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

# What latex2mathml does not know, as it knows it.
_SPELT = {
    r"\\[bB]igg?\s*(?=[(\[]|\\\{)": r"\\left",
    r"\\[bB]igg?\s*(?=[)\]]|\\\})": r"\\right",
    r"\\[bB]igg?\s*(?=[/|])": "",
    r"\\arg\b": r"\\operatorname{arg}",
}
# Operators that it spaces as letters, or letters as operators. [em before, em after]
_SPACED = {"ln": (0.17, 0.17), "exp": (0.17, 0.0), "&#x000B1;": (0.22, 0.22), ":": (0.28, 0.28)} | {
    "&#x0002F;": (0.06, 0.06),
    "&#x0007C;": (0.0, 0.0),
}


def mathml(tex: str, *, block: bool) -> str:
    """Return the MathML of a formula, or refuse a command that is not known."""
    tex = " ".join(tex.split())
    for ours, theirs in _SPELT.items():
        tex = re.sub(ours, theirs, tex)
    drawn = convert(tex, display="block" if block else "inline")
    if unknown := re.search(r">([^<]*\\[^<]*)<", drawn):
        raise ValueError(f"{unknown[1]} is no known LaTeX command")
    for sign, (before, after) in _SPACED.items():
        drawn = re.sub(
            rf"<(m[io])( [^>]*)?>{sign}</\1>",
            rf'<mo\2 lspace="{before}em" rspace="{after}em">{sign}</mo>',
            drawn,
        )
    return drawn


def visit(self, node):
    block = isinstance(node, nodes.math_block)
    tex = node.astext().strip()
    try:
        drawn = [mathml(line, block=block) for line in re.split(r"(?<=,) *\\\\\n", tex)]  # but not in cases
    except Exception as error:  # of whatever kind the parser raises: the build says where, and goes on
        logging.getLogger(__name__).warning("formula: %s: %s", error, tex, location=node)
        drawn = [f"<code>{self.encode(tex)}</code>"]
    self.body.append(f'<div class="math">{"".join(drawn)}</div>' if block else drawn[0])
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
