"""Pages of methods, written from the registry and the docstrings at each build."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from dataclasses import dataclass
from pathlib import Path

from equindex import scoring  # noqa: F401  imports every family
from equindex._registry import Method, families


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page is called, what names its methods, and the modules whose other functions stand on it."""

    title: str
    named: str
    modules: tuple[str, ...] = ()


PAGES = {
    "screen": Page(
        title="Screening 筛选",
        named="Functions only: which indicators and regions have enough values to be kept.",
        modules=("screen",),
    ),
    "impute": Page(title="Imputation 插补", named="Named by `[methods] impute`.", modules=("impute",)),
    "treat": Page(
        title="Treatment of outliers 异常值处理",
        named="Named by `[methods] treat`, or `treat` of an indicator.",
        modules=("treat",),
    ),
    "transform": Page(title="Transforms 变换", named="Named by `transform` of an indicator."),
    "normalise": Page(
        title="Normalisation 标准化",
        named="Named by `[methods] normalise`, or `normalise` of an indicator.",
        modules=("normalise",),
    ),
    "weighting": Page(
        title="Weighting from data 客观赋权",
        named="Named by `[methods] weighting`, and by `equindex weights derive`.",
        modules=("weighting",),
    ),
    "judgements": Page(
        title="Weighting from judgements, combination 主观赋权与组合赋权",
        named="Run by `equindex weights ahp`, `budget` and `combine`, which [make weight sets](../weights.md).",
        modules=("weighting.experts", "weighting.panels", "weighting.combine"),
    ),
    "aggregate": Page(
        title="Aggregation 合成",
        named="Named by `[methods] aggregate`, or `aggregate` of a pillar.",
        modules=("aggregate",),
    ),
    "attainment": Page(
        title="Attainment 目标实现度",
        named="Rules are named by `[attainment] rule`, or `rule` of an indicator. What else stands here is what"
        " [monitoring](../monitoring.md) runs.",
        modules=("attainment",),
    ),
    "equalization": Page(
        title="Equalization 均等化",
        named="Measures are named by `[equalization] measures`; [their page](../equalization.md) says which to take.",
        modules=("equalization",),
    ),
    "convergence": Page(
        title="Convergence 收敛",
        named="Run by `equindex equalize`: do regions come closer over the years?",
        modules=("convergence",),
    ),
    "diagnostics": Page(
        title="Diagnostics 诊断",
        named="Run by [`equindex diagnose`](../diagnose.md): do the indicators belong together, and which count?",
        modules=("diagnostics",),
    ),
    "sensitivity": Page(
        title="Sensitivity 敏感性",
        named="How much of a ranking is choice: draws, ranks over them, effects of factors, exact analysis of weights.",
        modules=("sensitivity",),
    ),
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    known = {**{name: Page(title=name, named=f"Named by `{name}`.") for name in families()}, **PAGES}
    names = sorted(known, key=[*PAGES, *known].index)
    return {"index.md": contents({name: known[name] for name in names})} | {
        f"{name}.md": "\n".join(of_family(name, known[name])) + "\n" for name in names
    }


def contents(listed: dict[str, Page]) -> str:
    """Return the page that leads to the others."""
    lines = [
        "# Methods 方法",
        "",
        "Every method by family: its formula and source, its options with units, and what comes of missing, constant,",
        "negative and equal values. The pages are written from the docstrings; in a terminal, `equindex methods` lists",
        "the methods, and `equindex methods normalise minmax` prints one of them.",
        "",
        "Arrays have the shape `(..., regions, indicators)`; leading axes are years or draws. NaN is missing",
        "everywhere. Units stand in square brackets. All functions take and return arrays alone, without labels.",
        "",
        "```{toctree}",
        ":maxdepth: 1",
        "",
        *listed,
        "```",
        "",
    ]
    return "\n".join(lines)


def of_family(name: str, page: Page) -> list[str]:
    """Return the lines of one page."""
    lines = [f"# {page.title}", "", page.named]
    registered = list(families().get(name, ()))
    if registered:
        lines += ["", "| method | 名称 | what it does | options |", "| --- | --- | --- | --- |"]
        lines += [f"| {link(m)} | {m.term} | {m.title} | {options(m)} |" for m in registered]
    functions, classes = others(page)
    if functions and any(f.term for f in functions):
        lines += ["", "| function | 名称 | what it does |", "| --- | --- | --- |"]
        lines += [f"| {link(f)} | {f.term} | {f.title} |" for f in functions]
    elif functions:
        lines += ["", "| function | what it does |", "| --- | --- |"]
        lines += [f"| {link(f)} | {f.title} |" for f in functions]
    for method in [*registered, *functions]:
        lines += ["", f"({anchor(method)})=", f"## `{method.name}` {method.term}".rstrip(), ""]
        lines += directive("autofunction", path(method))
    if classes:
        lines += ["", "## What comes out"]
        for one in classes:
            lines += ["", *directive("autoclass", one, ":members:")]
    return lines


def others(page: Page) -> tuple[list[Method], list[str]]:
    """Return the functions of a page that are no registered methods, and the classes that they return."""
    known = {method.function for family in families().values() for method in family}
    functions, classes = [], []
    for module in page.modules:
        space = importlib.import_module(f"equindex.{module}")
        for name in space.__all__:
            one = getattr(space, name)
            if inspect.isclass(one):
                classes.append(f"equindex.{module}.{name}")
            elif inspect.isfunction(one) and one not in known:
                functions.append(Method(family=module, name=name, function=one))
    return functions, classes


def path(method: Method) -> str:
    """Return where a function is imported from: the module of its family, or the package that defines it."""
    package = f"equindex.{method.family}"
    if importlib.util.find_spec(package) is None:
        package = ".".join(method.function.__module__.split(".")[:2])
    return f"{package}.{method.name}"


def directive(kind: str, of: str, *more: str) -> list[str]:
    return ["```{eval-rst}", f".. {kind}:: {of}", *(f"   {line}" for line in more), "```"]


def anchor(method: Method) -> str:
    return f"{method.family}-{method.name}".replace(".", "-").replace("_", "-")


def link(method: Method) -> str:
    return f"[`{method.name}`](#{anchor(method)})"


def options(method: Method) -> str:
    """Return the options with what holds where they are left out."""
    said = {inspect.Parameter.empty: "required", None: "optional"}
    said |= {} if not method.taken else {inspect.Parameter.empty: "from the indicators"}
    return "<br>".join(
        f"`{name}`&nbsp;{said.get(value, f'=&nbsp;{value!r}')}" for name, value in method.keys.items()
    )


def write(folder: Path) -> None:
    """Write the pages that have changed, and take away those that are no more."""
    folder.mkdir(exist_ok=True)
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def setup(app):
    write(Path(app.srcdir) / "methods")
    return {"parallel_read_safe": True}
