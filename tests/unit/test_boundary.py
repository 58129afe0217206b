"""The projection, the coast file and the outline drawn from seats."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.ndimage import label
from shapely import Polygon, contains_xy

from sim.errors import InputError
from sim.settings.county import County, Water
from sim.world.boundary import (
    OUTSIDE,
    Outline,
    area_km2,
    cap_for_area,
    grid_for,
    inside_mask,
    outline,
    overlap,
    polygon_mask,
    sea_mask,
    water_mask,
)
from sim.world.coast import (
    GLOBE_STEP_DEG,
    globe_land,
    load_rings,
    topojson_rings,
    vectorise_mask,
    write_coast,
)
from sim.world.grid import Grid
from sim.world.projection import Projection, gcj02_to_wgs84, wgs84_to_gcj02

ROOT = Path(__file__).resolve().parents[2]
COUNTIES = ("yueyang", "xiangshan")


@cache
def county(name: str) -> County:
    return County.model_validate(yaml.safe_load((ROOT / f"conf/county/{name}.yaml").read_text("utf-8")))


@cache
def drawn(name: str) -> tuple[Grid, Outline]:
    grid = grid_for(county(name), Projection(county(name).crs))
    return grid, outline(county(name), grid, Projection(county(name).crs))


def cells_of(name: str, items: tuple) -> tuple[np.ndarray, np.ndarray]:
    x, y = Projection(county(name).crs).to_xy([i.lon for i in items], [i.lat for i in items])
    return drawn(name)[0].row_col(x, y)


# --- projection


@pytest.mark.parametrize(("crs", "lon", "lat"), [
    ("EPSG:32649", 113.1178, 29.1378), ("EPSG:32651", 121.8683, 29.4506)])
def test_projection_round_trip(crs: str, lon: float, lat: float) -> None:
    projection = Projection(crs)
    back = projection.to_lonlat(*projection.to_xy(lon, lat))
    assert np.allclose(back, (lon, lat), atol=1e-9, rtol=0)


def test_a_degree_of_latitude_on_the_ground() -> None:
    # The meridian arc of WGS84 (Snyder 1987, eq. 4-19, integrated here) times UTM's scale on its meridian.
    a_m, e2 = 6378137.0, 0.00669437999014
    phi = np.radians(29.0 + (np.arange(1000) + 0.5) / 1000)
    arc_m = float((a_m * (1 - e2) / (1 - e2 * np.sin(phi) ** 2) ** 1.5).mean()) * math.radians(1.0)
    projection = Projection("EPSG:32651")
    (x1, y1), (x2, y2) = projection.to_xy(123.0, 29.0), projection.to_xy(123.0, 30.0)
    assert x1 == pytest.approx(500_000)
    assert x2 == pytest.approx(500_000)
    assert y2 - y1 == pytest.approx(arc_m * 0.9996, abs=0.01)


def test_gcj02_shift_at_xiangshan() -> None:
    lon, lat = 121.8683, 29.4506
    projection = Projection("EPSG:32651")
    x, y = projection.to_xy(lon, lat)
    shifted_x, shifted_y = projection.to_xy(*wgs84_to_gcj02(lon, lat))
    assert math.hypot(shifted_x - x, shifted_y - y) == pytest.approx(494, abs=5)


def test_gcj02_of_a_published_seat() -> None:
    # 荣家湾镇's centre as a Chinese web map gives it, and the WGS84 that the county tables hold.
    assert np.allclose(gcj02_to_wgs84(113.123707, 29.135092), (113.1178, 29.1378), atol=1e-4, rtol=0)


def test_gcj02_inverse_and_reach() -> None:
    lon, lat = np.meshgrid(np.linspace(75, 134, 9), np.linspace(20, 52, 9))
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert np.allclose(back, (lon, lat), atol=1e-9, rtol=0)
    assert np.array_equal(np.array(wgs84_to_gcj02(8.5, 47.4)), np.array((8.5, 47.4)))


@pytest.mark.parametrize(("crs", "what"), [
    ("EPSG:999999", "unknown coordinate reference system"),
    ("EPSG:4326", "the county's coordinate reference system is not in metres"),
])
def test_a_wrong_crs_is_named(crs: str, what: str) -> None:
    with pytest.raises(InputError) as error:
        Projection(crs).to_xy(113, 29)
    assert str(error.value).splitlines() == [
        what, f"  value:   {crs!r}", "  where:   county: crs",
        "  allowed: a projected CRS in metres, such as EPSG:32649",
        "  mend:    look the county's UTM zone up"]


# --- polygons on the grid


def local_grid(cell_m: float = 100.0, size: int = 60) -> tuple[Grid, Projection]:
    projection = Projection("EPSG:32649")
    x, y = projection.to_xy(113.0, 29.0)
    return Grid(float(x), float(y), cell_m, size, size), projection


def lonlat_ring(grid: Grid, projection: Projection, cells: list[tuple[float, float]]) -> np.ndarray:
    """A ring from (column, row) positions in cells from the north-west corner."""
    points = np.array(cells, float)
    return np.column_stack(projection.to_lonlat(grid.x0_m + points[:, 0] * grid.cell_m,
                                                grid.y0_m - points[:, 1] * grid.cell_m))


def test_polygon_mask_of_a_rectangle_fills_its_cells_exactly() -> None:
    grid, projection = local_grid()
    ring = lonlat_ring(grid, projection, [(10, 20), (30, 20), (30, 25), (10, 25)])
    expected = np.zeros(grid.shape, bool)
    expected[20:25, 10:30] = True
    assert np.array_equal(polygon_mask([ring], grid, projection), expected)
    assert np.array_equal(polygon_mask([ring[::-1]], grid, projection), expected)
    assert area_km2(expected, grid) == pytest.approx(1.0)


def test_polygon_mask_agrees_with_shapely_over_the_grid_edge_and_with_a_hole() -> None:
    grid, projection = local_grid()
    angle = np.linspace(0, 2 * np.pi, 41)[:-1]
    reach = 28 + 9 * np.sin(5 * angle) + 3 * np.cos(11 * angle)
    shell = [(22 + r * math.cos(a), 33 + r * math.sin(a)) for r, a in zip(reach, angle)]
    hole = [(22 + 8 * math.cos(a), 33 + 6 * math.sin(a)) for a in angle]
    rows, cols = np.mgrid[:grid.ny, :grid.nx]
    expected = contains_xy(Polygon(shell, [hole]), cols + 0.5, rows + 0.5)
    rings = [lonlat_ring(grid, projection, shell), lonlat_ring(grid, projection, hole)]
    got = polygon_mask(rings, grid, projection)
    assert np.array_equal(got, expected)


def test_water_mask_of_a_circle_has_its_area() -> None:
    grid, projection = local_grid(cell_m=20.0, size=300)
    x, y = grid.centre(150, 150)
    lon, lat = projection.to_lonlat(x, y)
    pond = Water(name="", name_zh="塘", lon=float(lon), lat=float(lat), radius_km=1.5, grade="memory",
                 source="-")
    assert area_km2(water_mask(pond, grid, projection), grid) == pytest.approx(math.pi * 1.5**2, rel=0.005)


def test_a_water_without_a_shape_is_named() -> None:
    grid, projection = local_grid()
    with pytest.raises(InputError, match="a water is neither a polygon nor a circle") as error:
        water_mask(Water(name="", name_zh="铁山", lon=113.5, grade="memory", source="-"), grid, projection)
    assert error.value.problem.value == "铁山"


def test_overlap_of_two_squares_that_share_half() -> None:
    grid, projection = local_grid()
    mask = np.zeros(grid.shape, bool)
    mask[10:20, 10:20] = True
    ring = lonlat_ring(grid, projection, [(15, 10), (25, 10), (25, 20), (15, 20)])
    figures = overlap(mask, grid, projection, [ring])
    assert figures == pytest.approx({"iou": 1 / 3, "dice": 0.5, "area_ratio": 1.0, "area_km2": 1.0,
                                     "outline_km2": 1.0, "missed_km2": 0.5, "extra_km2": 0.5})


# --- coast files


def blobs(seed: int = 3) -> np.ndarray:
    """A ragged mask with islets, corner contacts, a lake and land at the edge, from sines alone."""
    rows, cols = np.mgrid[:40, :50]
    field = np.sin(rows * 0.41 + seed) + np.sin(cols * 0.37) + np.sin((rows + 2 * cols) * 0.83) * 0.9
    return field > 0.35


def test_vectorised_mask_keeps_every_cell_centre() -> None:
    land = blobs()
    assert label(land)[1] > 5
    polygons = vectorise_mask(land, 121.0, 30.0, 1 / 120)
    rows, cols = np.mgrid[:40, :50]
    lon, lat = 121.0 + (cols + 0.5) / 120, 30.0 - (rows + 0.5) / 120
    got = np.zeros(land.shape, bool)
    for shell, *holes in polygons:
        got |= contains_xy(Polygon(shell, holes), lon, lat)
    assert np.array_equal(got, land)


def test_vectorised_mask_makes_one_valid_polygon_a_landmass() -> None:
    land = blobs()
    polygons = vectorise_mask(land, 121.0, 30.0, 1 / 120)
    assert len(polygons) == label(land)[1]
    shapes = [Polygon(shell, holes) for shell, *holes in polygons]
    assert all(shape.is_valid and shape.exterior.is_ccw for shape in shapes)
    area = sum(shape.area for shape in shapes) * 120**2
    assert area == pytest.approx(land.sum(), rel=0.05)


def test_vectorised_mask_straightens_a_staircase() -> None:
    [[ring]] = vectorise_mask(np.tri(40, dtype=bool), 121.0, 30.0, 1 / 120)
    assert len(ring) < 12, "three sides and cut corners, not a point at every step"


def test_vectorised_mask_finds_the_lake() -> None:
    land = np.zeros((7, 7), bool)
    land[1:6, 1:6] = True
    land[3, 3] = False
    [[shell, hole]] = vectorise_mask(land, 121.0, 30.0, 1 / 120)
    assert Polygon(shell).contains(Polygon(hole))


def test_coast_file_round_trip(tmp_path: Path) -> None:
    polygons = vectorise_mask(blobs(), 121.0, 30.0, 1 / 120)
    write_coast(tmp_path / "coast.geojson", polygons, {"source": "test"})
    rings = load_rings(tmp_path / "coast.geojson")
    assert [len(ring) - 1 for ring in rings] == [len(ring) for polygon in polygons for ring in polygon]
    assert np.array_equal(rings[0][:-1], polygons[0][0])
    assert np.array_equal(rings[0][0], rings[0][-1])


def test_topojson_arcs_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "land.json"
    path.write_text('{"transform": {"scale": [0.5, 0.5], "translate": [100, 20]}, "arcs": '
                    '[[[0, 0], [4, 0], [0, 4]], [[0, 0], [0, 4], [4, 0]]], "objects": {"land": '
                    '{"geometries": [{"type": "Polygon", "arcs": [[0, -2]]}]}}}', encoding="utf-8")
    [ring] = topojson_rings(path, (99, 19, 110, 30))
    assert ring.tolist() == [[100, 20], [102, 20], [102, 22], [100, 22]]
    assert topojson_rings(path, (110, 19, 120, 30)) == []


def test_xiangshans_coast_is_what_the_mask_gives() -> None:
    pytest.importorskip("global_land_mask", reason="global-land-mask (extra 'dev') is not installed: "
                        "that the shipped coast is the mask's was not checked")
    land, west, north = globe_land(121.45, 28.9, 122.3, 29.75)
    made = [ring for polygon in vectorise_mask(land, west, north, GLOBE_STEP_DEG) for ring in polygon]
    shipped = load_rings(ROOT / "conf/county/xiangshan_coast.geojson")
    assert len(made) == len(shipped)
    assert all(np.array_equal(one, other[:-1]) for one, other in zip(made, shipped))


def test_a_missing_coast_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load_rings(tmp_path / "nowhere.geojson")
    assert str(error.value).splitlines() == [
        "no such coast file", "  value:   'nowhere.geojson'",
        f"  where:   {tmp_path / 'nowhere.geojson'}: county.boundary.coast",
        "  mend:    put the GeoJSON beside the county's YAML, or remove the key"]


@pytest.mark.parametrize(("text", "what"), [
    ('{"type": "Point", "coordinates": [1, 2]}', "the coast file holds no polygon"),
    ("not json", "cannot read the coast file"),
])
def test_a_coast_file_without_land_is_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "coast.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=what):
        load_rings(tmp_path / "coast.geojson")


# --- the outline


def test_owner_agrees_with_a_plain_search() -> None:
    facts = county("yueyang")
    projection = Projection(facts.crs)
    full = drawn("yueyang")[0]
    grid = Grid(full.x0_m, full.y0_m, 1500.0, full.ny * 60 // 1500, full.nx * 60 // 1500)
    seats = [(u.lon, u.lat) for u in facts.units] + list(facts.boundary.neighbours)
    x, y = projection.to_xy([s[0] for s in seats], [s[1] for s in seats])
    rows, cols = np.mgrid[:grid.ny, :grid.nx]
    cx, cy = grid.centre(rows, cols)
    far = np.hypot(cx[..., None] - x, cy[..., None] - y)
    expected = far.argmin(axis=-1)
    expected[(expected >= len(facts.units)) | (far.min(axis=-1) > facts.boundary.cap_km * 1000)] = OUTSIDE
    assert np.array_equal(outline(facts, grid, projection).owner, expected)


@pytest.mark.parametrize("name", COUNTIES)
def test_every_seat_lies_in_its_own_unit(name: str) -> None:
    _, shape = drawn(name)
    rows, cols = cells_of(name, county(name).units)
    assert shape.owner[rows, cols].tolist() == list(range(len(county(name).units)))
    assert shape.settled[rows, cols].all()
    assert not (shape.settled & shape.sea).any()
    assert not (shape.settled & ~shape.inside).any()


@pytest.mark.parametrize("name", COUNTIES)
def test_sites_summits_and_gateways_lie_on_the_countys_land(name: str) -> None:
    facts = county(name)
    _, shape = drawn(name)
    for item in (*facts.sites, *facts.terrain.summits, *facts.gateways):
        row, col = (int(v[0]) for v in cells_of(name, (item,)))
        assert shape.inside[row, col], item.name_zh


@pytest.mark.parametrize("name", COUNTIES)
def test_the_grid_keeps_a_margin_about_the_county(name: str) -> None:
    grid, shape = drawn(name)
    rows, cols = np.nonzero(shape.inside)
    margin = int(1500 / grid.cell_m)
    assert min(rows.min(), cols.min()) >= margin
    assert rows.max() < grid.ny - margin
    assert cols.max() < grid.nx - margin
    assert (grid.x0_m / grid.cell_m).is_integer()
    assert (grid.y0_m / grid.cell_m).is_integer()


def test_the_islands_stand_apart_from_the_mainland() -> None:
    _, shape = drawn("xiangshan")
    masses = label(~shape.sea, structure=np.ones((3, 3)))[0]
    rows, cols = cells_of("xiangshan", county("xiangshan").units)
    by_unit = dict(zip([unit.id for unit in county("xiangshan").units], masses[rows, cols].tolist()))
    hepu, gaotang = by_unit.pop("hepu"), by_unit.pop("gaotangdao")
    assert len(set(by_unit.values())) == 1
    assert len({hepu, gaotang, *by_unit.values()}) == 3


def test_no_unit_settles_across_the_water() -> None:
    _, shape = drawn("xiangshan")
    masses = label(~shape.sea)[0]
    for index in range(len(county("xiangshan").units)):
        assert len(np.unique(masses[shape.settled & (shape.owner == index)])) == 1
    assert shape.inside.sum() > shape.settled.sum(), "islets without a seat belong to the county, unsettled"


def test_without_the_straits_the_islands_would_hang_on_land() -> None:
    facts = county("xiangshan")
    joined = facts.model_copy(update={"boundary": facts.boundary.model_copy(update={"straits": ()})})
    grid, _ = drawn("xiangshan")
    masses = label(~sea_mask(joined, grid, Projection(facts.crs)))[0]
    three = tuple(unit for unit in facts.units if unit.id in ("shipu", "hepu", "gaotangdao"))
    rows, cols = cells_of("xiangshan", three)
    assert len(set(masses[rows, cols].tolist())) == 1


def test_yueyangs_cap_is_the_one_past_which_nothing_grows() -> None:
    facts = county("yueyang")
    assert cap_for_area(facts, Projection(facts.crs), facts.area_km2) == facts.boundary.cap_km


def test_cap_for_area_meets_an_area_that_can_be_met() -> None:
    facts = county("yueyang")
    projection = Projection(facts.crs)
    cap = cap_for_area(facts, projection, 1500.0)
    capped = facts.model_copy(update={"boundary": facts.boundary.model_copy(update={"cap_km": cap})})
    grid = grid_for(capped, projection)
    assert area_km2(inside_mask(capped, grid, projection), grid) == pytest.approx(1500, rel=0.01)


def test_a_seat_in_the_sea_is_named() -> None:
    facts = county("xiangshan")
    adrift = facts.units[0].model_copy(update={"lon": 122.05, "lat": 29.35})
    drowned = facts.model_copy(update={"units": (adrift, *facts.units[1:])})
    with pytest.raises(InputError) as error:
        outline(drowned, drawn("xiangshan")[0], Projection(facts.crs))
    assert str(error.value).splitlines() == [
        "the seat of a unit lies in the sea", "  value:   '丹东街道'", "  where:   county: units",
        "  allowed: lon/lat on the land of xiangshan_coast.geojson",
        "  mend:    correct its lon/lat, or the coast file"]


def test_a_coast_file_of_the_users_own_folder_comes_first(tmp_path: Path) -> None:
    facts = county("xiangshan")
    grid, _ = drawn("xiangshan")
    box = [np.array([[121.0, 28.0], [123.0, 28.0], [123.0, 31.0], [121.0, 31.0]])]
    write_coast(tmp_path / "xiangshan_coast.geojson", [box], {})
    facts = facts.model_copy(update={"boundary": facts.boundary.model_copy(update={"straits": ()})})
    assert not sea_mask(facts, grid, Projection(facts.crs), coast_folder=tmp_path).any()
    assert sea_mask(facts, grid, Projection(facts.crs)).any()
