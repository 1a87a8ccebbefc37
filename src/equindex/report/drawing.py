"""What sections share: charts, and figures in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equindex.charts import CHARTS, svg
from equindex.charts import png as to_png
from equindex.errors import DataError
from equindex.report.gather import Found
from equindex.report.view import Block, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["chart", "drawn", "figure"]


def chart(found: Found, name: str, *, png: bool = False) -> bytes:
    """Draw a chart by its name, as SVG or PNG.

    Raises
    ------
    DataError
        If there is nothing to draw.
    EngineError
        If a PNG has Chinese text and there is no font for it.
    """
    wanted = CHARTS[name]
    have = {need: getattr(found, need) for need in wanted.needs}
    for need, part in have.items():
        if part is None:
            raise DataError(f"there is no chart {name!r}: {found.reasons.get(need, f'it needs {need}')}")
    title = wanted.title[found.lang == "zh"]

    def draw() -> Figure:
        return wanted.draw(lang=found.lang, **have)

    return to_png(draw) if png else svg(draw, name, title=title).encode()


def drawn(found: Found, name: str) -> list[Block]:
    """Draw a chart for the page; nothing where there is nothing to draw, or nobody to see it."""
    if not found.pictures:
        return []
    try:
        picture = chart(found, name).decode()
    except DataError:
        return []
    return [Picture(svg=picture, caption=CHARTS[name].title[found.lang == "zh"])]


def figure(found: Found, row: int) -> str:
    """Return the score of a row as sentences say it."""
    return f"{found.score[row]:.{found.digits}f}"
