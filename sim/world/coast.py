"""Coast files: reading the land polygons beside a county's YAML, and making them once from a land mask.

The source is the NOAA GLOBE land mask at 30 arc-seconds (GLOBE Task Team 1999, public domain) as the PyPI
package ``global-land-mask`` carries it; docs/background/county-facts.md has the command and the comparison with
Natural Earth. A mask of about 1 km cannot show what is smaller: straits under one cell close, islets vanish,
and the sea reclaimed since its survey of the 1990s is still sea.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

Ring = NDArray[np.float64]
"""A closed line of lon/lat points, shape (n, 2); the last joins the first."""


def coast_path(name: str, folder: Path | None = None) -> Path:
    """Return where a county's coast file lies: in ``folder``, or beside the counties that ship with Sandtable."""
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
