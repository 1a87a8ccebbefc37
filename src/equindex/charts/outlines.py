"""Outlines of regions, read from GeoJSON, matched by id or name, and drawn small."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.errors import DataError

__all__ = ["Drawn", "Outlines", "read_outlines"]

_IDS = ("region", "id", "code", "adcode", "gb", "iso3", "iso_a3", "iso_a2", "nuts_id", "geoid", "fips")
_NAMES = ("name", "name_zh", "name_cn", "name_en", "fullname", "full_name", "label")
_WIDTH = 1000  # units that a map is wide
_POINTS = 60_000  # that a map keeps in all; fewer units are taken until it does
_SMALLEST = 125  # units


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Outlines in the units of a picture, a path (SVG) for each feature, and how wide and high that is."""

    paths: tuple[str, ...]
    rings: tuple[tuple[FloatArray, ...], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """Features of a file: what each calls itself, and its rings in longitude and latitude or in a plane.

    Attributes
    ----------
    file : str
        Name of the file.
    keys : tuple of tuple of str
        Ids, then names, of each feature.
    rings : tuple of tuple of ndarray, shape (points, 2)
        Outer and inner rings of each.
    """

    file: str
    keys: tuple[tuple[str, ...], ...]
    rings: tuple[tuple[FloatArray, ...], ...]

    def match(
        self, codes: Sequence[str], names: Sequence[str], find: Callable[[str], str] = str
    ) -> tuple[NDArray[np.intp], list[str], list[str]]:
        """Find the region of each feature.

        Parameters
        ----------
        codes, names : sequence of str
            Of the regions.
        find : callable
            Returns the id of the region that a text names, or the text itself.

        Returns
        -------
        places : ndarray, shape (features,)
            Position of the region, -1 where there is none.
        features, regions : list of str
            What has no match on the other side.
        """
        known = {name: place for place, name in reversed(list(enumerate(names))) if name}
        known |= {code: place for place, code in enumerate(codes)}
        places = np.full(len(self.keys), -1, dtype=np.intp)
        for feature, keys in enumerate(self.keys):
            found = (known.get(key, known.get(find(key), -1)) for key in keys)
            places[feature] = next((place for place in found if place >= 0), -1)
        lost = [keys[-1] if keys else "?" for keys, place in zip(self.keys, places, strict=True) if place < 0]
        missing = set(range(len(codes))) - set(places.tolist())
        return places, lost, [names[place] or codes[place] for place in sorted(missing)]

    def drawn(self) -> Drawn:
        """Return all outlines on one grid, fine enough for a screen; shared borders stay shared."""
        every = np.concatenate([ring for rings in self.rings for ring in rings])
        low, high = every.min(axis=0), every.max(axis=0)
        degrees = np.abs(every).max(axis=0) <= (180, 90)
        squeeze = np.cos(np.radians((low[1] + high[1]) / 2)) if degrees.all() else 1.0
        span = np.maximum((high - low) * (squeeze, 1.0), 1e-9)
        units = _WIDTH
        while True:
            step = span.max() / units
            rings = tuple(
                tuple(_snapped((ring - (low[0], high[1])) * (squeeze, -1.0) / step) for ring in part)
                for part in self.rings
            )
            if units <= _SMALLEST or sum(len(ring) for part in rings for ring in part) <= _POINTS:
                break
            units //= 2
        grown = _WIDTH / units
        return Drawn(
            paths=tuple("".join(_path(ring) for ring in part if len(ring)) for part in rings),
            rings=tuple(tuple(ring * grown for ring in part if len(ring)) for part in rings),
            width=float(span[0] / step),
            height=float(span[1] / step),
        )


def read_outlines(path: str | Path) -> Outlines:
    """Read the polygons of a GeoJSON file.

    Parameters
    ----------
    path : path
        A FeatureCollection of Polygon and MultiPolygon features; an ``id``, or a property such as ``adcode`` or
        ``name``, says which region each is.

    Returns
    -------
    Outlines

    Raises
    ------
    DataError
        If the file is no GeoJSON or has no polygon.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise DataError(f"{str(path)!r} is no GeoJSON: {error}.") from None
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "Topology":
        raise DataError(f"{str(path)!r} is TopoJSON. Convert it to GeoJSON first.")
    features = content.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list):
        raise DataError(f'{str(path)!r} is no GeoJSON of regions: it should be a "FeatureCollection".')
    keys, rings = [], []
    for number, feature in enumerate(features):
        try:
            found = tuple(_rings(feature.get("geometry") or {}))
        except (TypeError, ValueError, AttributeError, KeyError):
            raise DataError(
                f"{str(path)!r}: feature {number} should be a Polygon or MultiPolygon of numbers."
            ) from None
        if found:
            keys.append(_keys(feature))
            rings.append(found)
    if not rings:
        raise DataError(f"{str(path)!r} has no Polygon or MultiPolygon.")
    return Outlines(file=path.name, keys=tuple(keys), rings=tuple(rings))


def _rings(geometry: dict[str, Any]) -> Iterator[FloatArray]:
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _rings(part)
    elif kind in ("Polygon", "MultiPolygon"):
        for polygon in [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]:
            for ring in polygon:
                points = np.array([point[:2] for point in ring], dtype=float)
                if points.ndim != 2 or not np.isfinite(points).all():
                    raise ValueError
                yield points


def _keys(feature: dict[str, Any]) -> tuple[str, ...]:
    """Return what a feature calls itself: ids, then names."""
    properties = feature.get("properties")
    told = {str(key).lower(): value for key, value in (properties or {}).items()}
    parts = [feature.get("id"), *(told.get(key) for key in (*_IDS, *_NAMES))]
    texts = [
        str(int(part)) if isinstance(part, float) and part.is_integer() else str(part).strip()
        for part in parts
        if isinstance(part, str | int | float) and not isinstance(part, bool)
    ]
    return tuple(dict.fromkeys(text for text in texts if text))


def _snapped(ring: FloatArray) -> FloatArray:
    """Return a ring on whole units without repeated points and points on a straight line."""
    points = np.round(ring)
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    if len(points) < 3:
        dot: FloatArray = points[:1]  # too small to draw
        return dot
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    straight = (before[:, 0] * after[:, 1] == before[:, 1] * after[:, 0]) & ((before * after).sum(axis=1) > 0)
    kept: FloatArray = points[~straight]
    return kept


def _path(ring: FloatArray) -> str:
    if len(ring) < 3:
        return "M{:.0f} {:.0f}h1v1h-1z".format(*ring[0])
    steps = " ".join(f"{x:.0f} {y:.0f}" for x, y in np.diff(ring, axis=0)).replace(" -", "-")
    return f"M{ring[0, 0]:.0f} {ring[0, 1]:.0f}l{steps}z"
