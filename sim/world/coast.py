"""Coast files: reading the land polygons beside a county's YAML, and making them once from a land mask.

The source is the NOAA GLOBE land mask at 30 arc-seconds (GLOBE Task Team 1999, public domain) as the PyPI
package ``global-land-mask`` carries it. ``python -m sim.world.coast OUT --box W S E N`` makes a file;
docs/background/county-facts.md has the command for each and the comparison with Natural Earth. A mask of
about 1 km cannot show what is smaller: narrow straits close, islets vanish or grow to a cell, and the sea
reclaimed since its survey of the 1990s is still sea.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

Ring = NDArray[np.float64]
"""A closed line of lon/lat points, shape (n, 2); the last joins the first."""

GLOBE_STEP_DEG = 1 / 120
"""Cell of the GLOBE mask: 30 arc-seconds, 0.81 km by 0.92 km at 29.4 N. Cell (i, j) reaches from
90 - i / 120 south and from -180 + j / 120 east (GLOBE documentation, section 11.A)."""
SMOOTHING_CELLS = 0.25
"""How far corners of the cell outline are cut back (Chaikin 1974): convex and concave ones alike."""
TOLERANCE_CELLS = 0.4
"""How far the simplified line may leave the smoothed one (Douglas and Peucker 1973): more than a staircase's
0.35, so that slanting coasts come out straight, and less than 0.5, so that no cell's centre changes sides."""
DECIMALS = 5
"""Digits of a degree kept: 1 m."""


def coast_path(name: str, folder: Path | None = None) -> Path:
    """Return where a coast file lies: in ``folder``, or beside the counties that ship with Sandtable."""
    if folder is not None and (folder / name).is_file():
        return folder / name
    import conf

    return Path(conf.__path__[0]) / "county" / name


def load_rings(path: Path) -> list[Ring]:
    """Return all rings of the polygons in a GeoJSON file, exteriors and holes alike (fill them even-odd).

    Raises InputError when the file is missing or holds no polygon.
    """
    where = f"{path}: county.boundary.coast"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError("no such coast file", value=path.name, where=where,
                         mend="put the GeoJSON beside the county's YAML, or remove the key") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"cannot read the coast file: {error}", value=path.name, where=where,
                         allowed="GeoJSON") from error
    rings = list(_rings_of(data))
    if not rings:
        raise InputError("the coast file holds no polygon", value=path.name, where=where,
                         allowed="GeoJSON Polygon or MultiPolygon in lon/lat WGS84")
    return rings


def _rings_of(data: Any) -> list[Ring]:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "FeatureCollection":
        return [ring for feature in data["features"] for ring in _rings_of(feature)]
    if kind == "Feature":
        return _rings_of(data["geometry"])
    if kind == "Polygon":
        return [np.asarray(ring, float) for ring in data["coordinates"]]
    if kind == "MultiPolygon":
        return [np.asarray(ring, float) for polygon in data["coordinates"] for ring in polygon]
    return []


def vectorise_mask(land: NDArray[np.bool_], west: float, north: float, step_deg: float) -> list[list[Ring]]:
    """Return the polygons of a mask's land: of each its exterior (counter-clockwise), then its holes.

    ``land`` has shape (ny, nx), row 0 the northernmost; ``west`` and ``north`` (degrees) are the outer edges
    of its first cell. Cells that touch at a corner alone stay apart. Land is closed along the box.
    """
    rings = [_simplify(_smooth(corners)) for corners in _outlines(land)]
    rings = [ring for ring in rings if len(ring) >= 3]
    shells = [[ring] for ring in rings if _signed_area(ring) > 0]
    for hole in (ring for ring in rings if _signed_area(ring) < 0):
        around = [shell for shell in shells if _contains(shell[0], hole[0])]
        min(around, key=lambda shell: _signed_area(shell[0])).append(hole)
    origin = np.array([west, north])
    return [[np.round(origin + ring * step_deg, DECIMALS) for ring in polygon] for polygon in shells]


def _outlines(land: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return the outlines of land cells as rings of corners (column, -row), land on the left hand."""
    padded = np.pad(land, 1)
    onward: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row, col in np.argwhere(padded).tolist():
        r, c = row - 1, col - 1
        for other, start, end in (((row - 1, col), (r, c + 1), (r, c)), ((row, col - 1), (r, c), (r + 1, c)),
                                  ((row + 1, col), (r + 1, c), (r + 1, c + 1)),
                                  ((row, col + 1), (r + 1, c + 1), (r, c + 1))):
            if not padded[other]:
                onward.setdefault(start, []).append(end)
    rings = []
    for first in sorted(onward):
        while onward[first]:
            here, corners, heading = first, [], (0, 0)
            while onward[here]:
                ends = onward[here]
                # Where two cells meet at a corner, the left turn stays with the same cell.
                pick = max(range(len(ends)), key=lambda k: _turn(heading, here, ends[k]))
                there = ends.pop(pick)
                corners.append((float(here[1]), -float(here[0])))
                heading, here = (there[0] - here[0], there[1] - here[1]), there
            rings.append(np.array(corners))
    return rings


def _turn(heading: tuple[int, int], here: tuple[int, int], there: tuple[int, int]) -> int:
    """Return 1 for a left turn, 0 for straight on, -1 for a right turn, rows counted southward."""
    row, col = there[0] - here[0], there[1] - here[1]
    return heading[0] * col - heading[1] * row


def _smooth(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    ahead = np.roll(corners, -1, axis=0)
    step = SMOOTHING_CELLS * (ahead - corners)
    return np.stack([corners + step, ahead - step], axis=1).reshape(-1, 2)


def _simplify(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    closed = np.vstack([ring, ring[:1]])
    return np.vstack([_thin(closed[: far + 1])[:-1], _thin(closed[far:])[:-1]])


def _thin(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the line without the points that lie within the tolerance of the rest; its ends stay."""
    keep = np.zeros(len(line), np.bool_)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        along, inner = line[end] - line[start], line[start + 1:end] - line[start]
        off = np.abs(along[0] * inner[:, 1] - along[1] * inner[:, 0]) / np.hypot(*along)
        worst = int(np.argmax(off))
        if off[worst] > TOLERANCE_CELLS:
            keep[start + 1 + worst] = True
            spans += [(start, start + 1 + worst), (start + 1 + worst, end)]
    return line[keep]


def _signed_area(ring: NDArray[np.float64]) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _contains(ring: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    x, y = ring[:, 0], ring[:, 1]
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    spans = (y <= point[1]) != (y2 <= point[1])
    crossing = x[spans] + (point[1] - y[spans]) * (x2[spans] - x[spans]) / (y2[spans] - y[spans])
    return bool(np.count_nonzero(crossing > point[0]) % 2)


def globe_land(west: float, south: float, east: float,
               north: float) -> tuple[NDArray[np.bool_], float, float]:
    """Return the GLOBE land mask of a box (degrees; ny, nx) with its west and north edge, on whole cells.

    Raises InputError when the package ``global-land-mask`` is not installed.
    """
    try:
        from global_land_mask import globe
    except ImportError as error:
        raise InputError("the land mask is not installed", value="global-land-mask",
                         where="sim.world.coast", mend="pip install 'sandtable[dev]'") from error
    first_row, last_row = round((90.0 - north) / GLOBE_STEP_DEG), round((90.0 - south) / GLOBE_STEP_DEG)
    first_col, last_col = round((west + 180.0) / GLOBE_STEP_DEG), round((east + 180.0) / GLOBE_STEP_DEG)
    rows = 90.0 - (np.arange(first_row, last_row) + 0.5) * GLOBE_STEP_DEG
    cols = -180.0 + (np.arange(first_col, last_col) + 0.5) * GLOBE_STEP_DEG
    lat, lon = np.meshgrid(rows, cols, indexing="ij")
    return (np.asarray(globe.is_land(lat, lon), np.bool_), -180.0 + first_col * GLOBE_STEP_DEG,
            90.0 - first_row * GLOBE_STEP_DEG)


def topojson_rings(path: Path, box: tuple[float, float, float, float]) -> list[Ring]:
    """Return the rings of a quantised TopoJSON's ``land`` (world-atlas) that touch a box (W, S, E, N)."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale, origin = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + origin for arc in topology["arcs"]]
    west, south, east, north = box
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for indices in (ring for polygon in polygons for ring in polygon):
            parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
            ring = np.vstack([part[:-1] for part in parts])
            low, high = ring.min(axis=0), ring.max(axis=0)
            if high[0] >= west and low[0] <= east and high[1] >= south and low[1] <= north:
                rings.append(ring)
    return rings


def write_coast(path: Path, polygons: list[list[Ring]], properties: dict[str, Any]) -> None:
    """Write polygons as one GeoJSON feature, rings closed as RFC 7946 wants them."""
    coordinates = [[[*ring.tolist(), ring[0].tolist()] for ring in polygon] for polygon in polygons]
    feature = {"type": "Feature", "properties": properties,
               "geometry": {"type": "MultiPolygon", "coordinates": coordinates}}
    path.write_text(json.dumps(feature, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Make a coast file from the GLOBE mask or, with --natural-earth, from that coast to compare with."""
    parser = argparse.ArgumentParser(prog="python -m sim.world.coast", description=main.__doc__)
    parser.add_argument("out", type=Path, help="GeoJSON to write")
    parser.add_argument("--box", type=float, nargs=4, required=True, metavar=("W", "S", "E", "N"))
    parser.add_argument("--date", default="", help="day to note in the file")
    parser.add_argument("--natural-earth", type=Path, help="land-10m.json of the npm package world-atlas")
    words = parser.parse_args()
    west, south, east, north = words.box
    if words.natural_earth:
        polygons = [[ring] for ring in topojson_rings(words.natural_earth, (west, south, east, north))]
        made = {"source": "Natural Earth 1:10m land by way of world-atlas", "licence": "public domain"}
    else:
        land, west, north = globe_land(west, south, east, north)
        polygons = vectorise_mask(land, west, north, GLOBE_STEP_DEG)
        made = {"source": "NOAA GLOBE 30 arc-second land mask by way of global-land-mask (PyPI)",
                "licence": "public domain (NOAA)",
                "made": "python -m sim.world.coast --box " + " ".join(f"{value:g}" for value in words.box),
                "date": words.date, "crs": "WGS84", "resolution": "about 0.9 km; survey of the 1990s"}
    write_coast(words.out, polygons, made)
    points = np.vstack([ring for polygon in polygons for ring in polygon])
    inside = (points >= [west, south]).all(axis=1) & (points <= [east, north]).all(axis=1)
    print(f"{words.out}: {len(polygons)} polygons, {int(inside.sum())} points in the box")


if __name__ == "__main__":
    main()
