"""Sphinx configuration; the page of methods is written from the registry at each build."""

import inspect
from pathlib import Path

import equindex
from equindex import impute, scoring  # noqa: F401  imports every family
from equindex._registry import Method, families

project = "equindex"
author = "equindex maintainers"
release = version = equindex.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"equindex {release}"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

FAMILIES = {
    "impute": ("Imputation 插补", "`[methods] impute`"),
    "treat": ("Treatment of outliers 异常值处理", "`[methods] treat`"),
    "transform": ("Transforms 变换", "`transform` of an indicator"),
    "normalise": ("Normalisation 标准化", "`[methods] normalise`, or `normalise` of an indicator"),
    "weighting": ("Weighting 赋权", "`[methods] weighting`"),
    "aggregate": ("Aggregation 合成", "`[methods] aggregate`, or `aggregate` of a pillar"),
    "attainment": ("Attainment rules 目标实现度", "`[attainment] rule`"),
    "equalization": ("Inequality measures 差异测度", "`[equalization] measures`"),
}
HIDDEN = ("missing", "min_coverage", "population", "pillars")  # set by the framework, not as options


def methods_page() -> str:
    """Return a page that lists every registered method."""
    lines = [
        "# Methods",
        "",
        "Every method that a framework can name. The same list: `equindex methods`, and for one of them",
        "`equindex methods minmax`. Shapes, units and examples stand in the [API pages](api.md).",
    ]
    known = families()
    for name in [*FAMILIES, *(name for name in known if name not in FAMILIES)]:
        title, where = FAMILIES.get(name, (name, f"`{name}`"))
        lines += ["", f"## {title}", "", f"Named by {where}."]
        for method in known[name]:
            lines += ["", *method_entry(method)]
    return "\n".join(lines) + "\n"


def method_entry(method: Method) -> list[str]:
    """Return the lines of one method."""
    options = [
        f"`{option}` (required)" if default is inspect.Parameter.empty else f"`{option} = {default!r}`"
        for option, default in method.options.items()
        if option not in HIDDEN
    ]
    lines = [f"### `{method.name}`", "", method.title]
    if method.formula:
        lines += ["", f"$${method.formula}$$"]
    lines += ["", f"- Options: {', '.join(options) or 'none'}"]
    if method.source:
        lines.append(f"- Source: {method.source}")
    return lines


page = Path(__file__).with_name("methods.md")
if not page.exists() or page.read_text(encoding="utf-8") != methods_page():
    page.write_text(methods_page(), encoding="utf-8")
