"""What all figures share: fonts, colours that colour-blind people tell apart, labels, and files."""

from __future__ import annotations

import functools
import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from equindex._arrays import FloatArray
from equindex.errors import EngineError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREY",
    "INK",
    "LIGHT",
    "PALETTE",
    "SHADES",
    "blank",
    "digits",
    "label",
    "png",
    "shades",
    "svg",
]

INK, GREY, LIGHT, BLUE = "#1b1f24", "#57606a", "#d0d7de", "#0b5cad"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5c5c5c", "#8b6d00")
"""Okabe and Ito, "Color Universal Design", 2008; yellow, which white paper swallows, in a darker tone."""
SHADES = ("#f3f7fb", "#dbe8f4", "#bcd6ea", "#95bfdd", "#69a3cd", "#4286b9", "#2368a0", "#0f4c81", "#08335c")
"""From low to high, one hue: lightness alone tells them apart."""

_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Noto Sans CJK TC",
    "Arial Unicode MS", "Noto Serif CJK SC", "Noto Serif CJK JP", "SimSun", "Droid Sans Fallback",
)  # fmt: skip
_FILES = (
    "cjk",
    "sourcehan",
    "msyh",
    "pingfang",
    "hiragino",
    "simhei",
    "simsun",
    "wqy",
    "arialuni",
    "droidsansfallback",
)
_PAGE_FONTS = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
_SPACE = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"
_ROOM = 24  # points left of a figure, since a page's letters may be wider than those it was laid out with
_WIDEST = 34  # columns of a label; a Chinese character takes two


def label(text: object, most: int = _WIDEST) -> str:
    """Return text as one short line without characters that steer its direction or have no picture."""
    kept = "".join(c for c in str(text) if c.isprintable() and unicodedata.category(c) != "Cf")
    room: list[str] = []
    used = 0
    for c in kept:
        used += 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if used > most:
            return "".join(room).rstrip() + "…"
        room.append(c)
    return "".join(room)


@functools.cache
def _chinese_font() -> str | None:
    """Return the best font with Chinese characters; fonts newer than the list that matplotlib keeps are looked for."""
    from matplotlib import font_manager

    def best() -> str | None:
        have = {font.name for font in font_manager.fontManager.ttflist}
        return next((name for name in _FONTS if name in have), None)

    if best() is None:
        for path in font_manager.findSystemFonts():
            if any(part in Path(path).stem.lower() for part in _FILES):
                font_manager.fontManager.addfont(path)
    return best()


@contextmanager
def _styled() -> Iterator[None]:
    """Draw as all figures are drawn: plain, with whatever Chinese font there is, and text as it is given."""
    import matplotlib

    font = _chinese_font()
    settings: Any = {
        "font.family": [name for name in (font, "DejaVu Sans") if name],
        "font.size": 10,
        "text.parse_math": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": LIGHT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "axes.grid": False,
        "grid.color": LIGHT,
        "grid.linewidth": 0.6,
        "xtick.color": GREY,
        "ytick.color": INK,
        "ytick.major.size": 0,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "figure.constrained_layout.use": True,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of glyphs that no font has: a page finds its own
        yield


def blank(height: float, width: float = 7.0) -> tuple[Figure, Axes]:
    """Return a figure of this size in inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def png(draw: Callable[[], Figure], *, dpi: int = 160) -> bytes:
    """Return a figure as PNG.

    Raises
    ------
    EngineError
        If it has Chinese text and no font here has Chinese characters.
    """
    with _styled():
        figure = draw()
        found: Any = figure.findobj(_has_text)
        texts = [artist.get_text() for artist in found]
        if _chinese_font() is None and any(_is_chinese(text) for text in texts):
            raise EngineError(
                "the picture has Chinese text, and no font here has Chinese characters. Install one, such as Noto "
                "Sans CJK (Debian: fonts-noto-cjk), or write -o x.svg, which takes the reader's fonts."
            )
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def _has_text(artist: Any) -> bool:
    return hasattr(artist, "get_text")


def _is_chinese(text: str) -> bool:
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def svg(draw: Callable[[], Figure], name: str, *, title: str = "", about: str = "") -> str:
    """Return a figure as SVG: the same bytes each time, text as text, nothing that a strict page would refuse.

    Parameters
    ----------
    draw : callable
        Returns the figure.
    name : str
        Goes before every id, so that several stand on one page.
    title, about : str
        For those who cannot see it.

    Returns
    -------
    str
        An ``svg`` element without styles: each is an attribute.
    """
    import matplotlib

    out = io.StringIO()
    with _styled(), matplotlib.rc_context({"svg.hashsalt": name}):
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        draw().savefig(out, format="svg", metadata=metadata)
    ElementTree.register_namespace("", _SPACE)
    ElementTree.register_namespace("xlink", _LINK)
    root = ElementTree.fromstring(out.getvalue())
    _plain(root, name)
    wide, high = (float(part) for part in root.attrib["viewBox"].split()[2:])
    wide += _ROOM
    root.attrib["viewBox"] = f"{-_ROOM} 0 {wide:g} {high:g}"
    for key in ("width", "height"):
        del root.attrib[key]
    root.attrib |= {
        "role": "img",
        "font-family": _PAGE_FONTS,
        "font-size": "10",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "width": f"{wide:.0f}",
        "height": f"{high:.0f}",
    }
    told = [(key, text) for key, text in (("title", title), ("desc", about)) if text]
    for place, (key, text) in enumerate(told):
        part = ElementTree.Element(f"{{{_SPACE}}}{key}", {"id": f"{name}-{key}"})
        part.text = text
        root.insert(place, part)
    if told:
        root.attrib["aria-labelledby"] = " ".join(f"{name}-{key}" for key, _ in told)
    return ElementTree.tostring(root, encoding="unicode")


def _plain(root: ElementTree.Element, name: str) -> None:
    """Turn styles into attributes, shorten numbers, and give every id the figure's name."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SPACE}}}metadata", f"{{{_SPACE}}}style"):
                parent.remove(child)
    for part in root.iter():
        part.tail = None
        if part.tag != f"{{{_SPACE}}}text" and part.text is not None and not part.text.strip():
            part.text = None
        for declaration in part.attrib.pop("style", "").split(";"):
            key, _, value = (piece.strip() for piece in declaration.partition(":"))
            if key == "font":
                sized = re.search(r"([\d.]+)px", value)
                if sized:
                    part.attrib["font-size"] = sized[1]
                if "bold" in value.split():
                    part.attrib["font-weight"] = "bold"
            elif key and key != "font-family":
                part.attrib[key] = value.removesuffix("px") if key == "font-size" else value
        for key, value in list(part.attrib.items()):
            if key == "id":
                part.attrib[key] = f"{name}-{value}"
            elif key == f"{{{_LINK}}}href":
                del part.attrib[key]
                part.attrib["href"] = value.replace("#", f"#{name}-", 1)
            elif "url(#" in value:
                part.attrib[key] = value.replace("url(#", f"url(#{name}-")
            elif key in ("d", "transform", "x", "y", "points"):
                part.attrib[key] = re.sub(r"-?\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", value)


def digits(values: FloatArray) -> int:
    """Return how many decimals tell scores apart: one where they spread over 10 or more, else two or three."""
    known = values[np.isfinite(values)]
    spread = float(np.ptp(known)) if known.size else 0.0
    return 1 if spread >= 10 or spread == 0 else 2 if spread >= 1 else 3


def shades(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return which of the shades each value has, -1 for none, and the ends of the shades."""
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, len(SHADES) + 1)
    found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(SHADES) - 1)
    return np.where(np.isfinite(values), found, -1), edges
