"""The verb validate belgium on cases made here: how a case is read, what is run, what is scored."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.cli import main
from experiments.validate import belgium
from experiments.validate._fire_case import Case, gradients, read_case, read_cases
from experiments.validate.belgium import CENTRAL, ENSEMBLE, MOISTURES, Member, arrivals, dice, disc, measure, score
from scenarios.forest_fire.behaviour import behaviour
from scenarios.forest_fire.fuels import fuel_table
from scenarios.forest_fire.units import M_PER_MILE
from scenarios.forest_fire.wind import TEN_M_OVER_20_FT, wind_adjustment_factor
from sim.world.grid import Grid

N, CELL_M, X0, Y0 = 121, 10.0, 500_000.0, 700_000.0
MIDDLE = N // 2
CENTRE = (X0 + (MIDDLE + 0.5) * CELL_M, Y0 + (MIDDLE + 0.5) * CELL_M)
GRASS = 102


def square(half_m: float, centre: tuple[float, float] = CENTRE) -> list[list[float]]:
    x, y = centre
    return [[x - half_m, y - half_m], [x + half_m, y - half_m], [x + half_m, y + half_m], [x - half_m, y + half_m],
            [x - half_m, y - half_m]]


def write(
    folder: Path, name: str = "made_hill", *, rings: Any = None, wind: Any = None, slope_deg: float = 0.0,
    uphill_deg: float = 0.0, told: str = "degrees up", **arrays: Any,
) -> Path:
    """A plane that rises towards ``uphill_deg``, its slope told in one of four ways."""
    rise = math.tan(math.radians(slope_deg))
    rows, cols = np.mgrid[0:N, 0:N]
    angle = math.radians(uphill_deg)
    height = 100.0 + rise * CELL_M * (cols * math.sin(angle) - rows * math.cos(angle))
    unit, way = told.split()
    fields = {
        "fuels": np.full((N, N), GRASS, np.int16), "elevation": height,
        "slope": np.full((N, N), rise * 100.0 if unit == "percent" else slope_deg),
        "saz": np.full((N, N), uphill_deg if way == "up" else (uphill_deg + 180.0) % 360.0),
        "xll": X0, "yll": Y0, "cell_m": CELL_M, "ignition_cell": MIDDLE * N + MIDDLE + 1, **arrays,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps({
        "rings": [[square(100.0)]] if rings is None else rings,
        "wind": [{"WS": "14.4", "WD": "270"}] * 2 if wind is None else wind,
    }))
    np.savez(path.with_suffix(".npz"), **{k: v for k, v in fields.items() if v is not None})
    return path


def case_of(tmp_path: Path, **changes: Any) -> Case:
    return read_case(write(tmp_path, **changes), "hill")


def test_the_outline_by_the_even_odd_rule(tmp_path: Path) -> None:
    hole, apart = square(50.0), square(20.0, (CENTRE[0] + 300.0, CENTRE[1]))
    case = case_of(tmp_path, rings=[[square(100.0), hole], [apart]])
    assert np.count_nonzero(case.mapped) == 20 * 20 - 10 * 10 + 4 * 4
    assert not case.mapped[case.ignition]
    assert case.mapped[MIDDLE, MIDDLE + 30]  # east is to the right


def test_cells_of_a_ragged_outline_are_shapelys(tmp_path: Path) -> None:
    shapely = pytest.importorskip("shapely", reason="shapely is not installed: outlines were not held against it")
    angle = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)
    radius = 250.0 + 150.0 * np.sin(7.0 * angle) + 60.0 * np.cos(13.0 * angle)
    ring = np.stack([CENTRE[0] + 3.3 + radius * np.cos(angle), CENTRE[1] - 1.7 + radius * np.sin(angle)], 1)
    case = case_of(tmp_path, rings=[[ring.tolist()]])
    x, y = case.grid.centre(*np.indices((N, N)))
    assert (shapely.contains_xy(shapely.Polygon(ring), x, y) == case.mapped).all()


@pytest.mark.parametrize("told", ["degrees up", "degrees down", "percent up", "percent down"])
@pytest.mark.parametrize("uphill_deg", [0.0, 90.0, 215.0])
def test_slope_and_azimuth_are_read_as_the_elevations_have_them(tmp_path: Path, told: str, uphill_deg: float) -> None:
    case = case_of(tmp_path, slope_deg=12.0, uphill_deg=uphill_deg, told=told)
    angle, rise = math.radians(uphill_deg), math.tan(math.radians(12.0))
    assert case.gradient_x == pytest.approx(np.full((N, N), rise * math.sin(angle)), abs=1e-6)
    assert case.gradient_y == pytest.approx(np.full((N, N), rise * math.cos(angle)), abs=1e-6)
    unit, way = told.split()
    assert f"slope read as {unit}, its azimuth as pointing {way}hill" in case.notes[0]


def test_where_they_do_not_agree_the_elevations_hold() -> None:
    rows, cols = np.mgrid[0:N, 0:N]
    grid = Grid(X0, Y0 + N * CELL_M, CELL_M, N, N)
    arrays = {"elevation": 0.1 * CELL_M * cols, "slope": np.full((N, N), 10.0), "saz": np.full((N, N), 0.0)}
    gx, gy, note = gradients(arrays, grid)
    assert "do not agree" in note
    assert gx[1:-1, 1:-1] == pytest.approx(np.full((N - 2, N - 2), 0.1))
    assert np.abs(gy).max() < 1e-12
    flat = {**arrays, "slope": np.zeros((N, N))}
    assert "slope says nothing" in gradients(flat, grid)[2]
    level = {**arrays, "elevation": 0.0 * rows}
    assert "do not agree" in gradients(level, grid)[2]


def test_wind_hours_and_where_it_begins(tmp_path: Path) -> None:
    case = case_of(tmp_path, wind=[{"WS": 36, "WD": 90}, {"WS": 18.0, "WD": "100"}, {"WS": "18", "WD": "100"}])
    assert case.wind == ((0.0, 10.0, 90.0), (1.0, 5.0, 100.0), (2.0, 5.0, 100.0))
    assert case.hours == 2.0
    assert case.ignition == (MIDDLE, MIDDLE)
    dated = [{"WS": 3.6, "WD": 90, "datetime": f"18/03/25 {h}"} for h in ("11:15", "11:45", "13:15")]
    case = case_of(tmp_path, wind=dated)
    assert [row[0] for row in case.wind] == [0.0, 0.5, 2.0]
    assert case.hours == 2.0
    assert case_of(tmp_path, wind=[{"WS": 3.6, "WD": 0}]).hours == 1.0


def test_an_ignition_where_nothing_burns_is_moved_and_told(tmp_path: Path) -> None:
    fuels = np.full((N, N), GRASS, np.int16)
    fuels[MIDDLE - 2:MIDDLE + 3, MIDDLE - 1:MIDDLE + 2] = -9999
    case = case_of(tmp_path, fuels=fuels)
    assert case.ignition in ((MIDDLE, MIDDLE - 2), (MIDDLE, MIDDLE + 2))
    assert any("ignition moved 20 m" in note for note in case.notes)
    assert (case.kind < 0).sum() == 15


@pytest.mark.parametrize("from_deg", [0.0, 90.0, 215.0])
def test_the_fire_goes_with_the_wind_as_far_as_rothermel_says(tmp_path: Path, from_deg: float) -> None:
    case = case_of(tmp_path, wind=[{"WS": 14.4, "WD": from_deg}], rings=[[square(40.0)]])
    burned = arrivals(case, CENTRAL) <= case.hours
    rows, cols = np.nonzero(burned)
    angle = math.radians(from_deg + 180.0)
    along = ((cols - MIDDLE) * math.sin(angle) - (rows - MIDDLE) * math.cos(angle)) * CELL_M
    table = fuel_table()
    row = np.array([table.row(GRASS)])
    midflame = 4.0 / TEN_M_OVER_20_FT * float(wind_adjustment_factor(table.depth_ft[row[0]], 0.0, 15.0, 0.5))
    fire = behaviour(table.take(row), MOISTURES["middle"], midflame, 0.0, 0.0)
    assert along.max() == pytest.approx(float(fire.head_mps[0]) * 3600.0, abs=1.5 * CELL_M)
    assert -along.min() == pytest.approx(float(fire.back_mps[0]) * 3600.0, abs=1.5 * CELL_M)


def test_a_scar_that_is_the_models_own_agrees(tmp_path: Path) -> None:
    table = fuel_table()
    row = np.array([table.row(GRASS)])
    midflame = 4.0 / TEN_M_OVER_20_FT * float(wind_adjustment_factor(table.depth_ft[row[0]], 0.0, 15.0, 0.5))
    fire = behaviour(table.take(row), MOISTURES["middle"], midflame, 0.0, 0.0)
    head, back, flank = (float(v[0]) * 3600.0 for v in (fire.head_mps, fire.back_mps, fire.flank_mps))
    u = np.linspace(0.0, 2.0 * math.pi, 400, endpoint=False)
    east = 0.5 * (head - back) + 0.5 * (head + back) * np.cos(u)  # wind from the west
    ring = np.stack([CENTRE[0] + east, CENTRE[1] + flank * np.sin(u)], 1)
    case = case_of(tmp_path, rings=[ring.tolist()])
    found = score(case, arrivals(case, CENTRAL))
    assert found.dice > 0.97
    assert found.area_ratio == pytest.approx(1.0, abs=0.04)
    assert found.shape_dice > 0.97
    assert found.hours_to_mapped == pytest.approx(1.0, abs=0.03)
    assert dice(disc(case), case.mapped) < found.shape_dice
    assert not found.at_edge


def test_litter_has_its_wind_from_below_the_trees(tmp_path: Path) -> None:
    fuels = np.full((N, N), GRASS, np.int16)
    fuels[:, :60] = 186
    ground = belgium.ground_of(case_of(tmp_path, fuels=fuels))(slice(0, 2), slice(58, 62))
    assert ground.wind_factor[0, 0] < 0.2 < ground.wind_factor[0, 3]


def test_a_run_goes_on_to_the_mapped_area_but_scores_at_its_end(tmp_path: Path) -> None:
    case = case_of(tmp_path, rings=[[square(550.0)]])
    found = score(case, arrivals(case, CENTRAL))
    assert found.area_ratio < 0.5
    assert found.hours_to_mapped > case.hours
    assert found.burned_ha == pytest.approx(found.area_ratio * 110.0**2 / 100.0)
    walled = np.full((N, N), -1, np.int16)
    walled[MIDDLE - 3:MIDDLE + 4, MIDDLE - 3:MIDDLE + 4] = GRASS
    closed = score(case_of(tmp_path, fuels=walled), arrivals(case_of(tmp_path, fuels=walled), CENTRAL))
    assert closed.burned_ha == pytest.approx(0.49)
    assert math.isnan(closed.hours_to_mapped)
    assert closed.dice == pytest.approx(2 * 49 / (49 + 400))


def test_the_ensemble_is_a_full_factorial_around_the_central_run() -> None:
    assert len(ENSEMBLE) == len(set(ENSEMBLE)) == 27
    assert CENTRAL in ENSEMBLE
    assert {m.speed_factor for m in ENSEMBLE} == {0.7, 1.0, 1.3}
    assert {m.turn_deg for m in ENSEMBLE} == {-20.0, 0.0, 20.0}
    period = belgium.period_of
    case: Any = type("C", (), {"grid": Grid(0.0, 0.0, 10.0, 3, 3)})()
    strong, plain = (period(case, Member(speed_factor=f), 5.0, 270.0).parameters for f in (1.3, 1.0))
    assert strong[0] == pytest.approx(1.3 * plain[0])
    turned = period(case, Member(turn_deg=20.0), 5.0, 250.0).parameters
    assert turned[1:3] == pytest.approx(plain[1:3])
    assert plain[0] == pytest.approx(5.0 / 1.15 * 3600.0 / M_PER_MILE * 88.0)  # mph of 88 ft/min


def test_figures_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "made2025_west")
    write(tmp_path, "made2025_north", wind=[{"WS": 7.2, "WD": 0}] * 2)
    (tmp_path / "alone.json").write_text("{}")
    assert [case.name for case in read_cases(tmp_path)] == ["north", "west"]
    assert main(["validate", "belgium", "--data", str(tmp_path), "--json", "--strict"]) == 0
    found = json.loads(capsys.readouterr().out)
    figures = found["figures"]
    assert found["bars"] == []
    for name in ("north", "west"):
        assert figures[f"{name}.mapped_ha"] == pytest.approx(4.0)
        assert figures[f"{name}.members"] == 27
        assert figures[f"{name}.hours"] == 1.0
        assert figures[f"{name}.area_ratio"] == pytest.approx(figures[f"{name}.simulated_ha"] / 4.0)
        for key in ("dice", "area_ratio", "shape_dice"):
            low, middle, high = (figures[f"{name}.{key}_{end}"] for end in ("min", "median", "max"))
            assert low <= middle <= high
            assert low <= figures[f"{name}.{key}"] <= high
        assert figures[f"{name}.area_ratio_min"] < figures[f"{name}.area_ratio_max"]
    # the same again, whatever else is in the folder
    assert measure(tmp_path)["figures"] == figures


@pytest.mark.parametrize(("changes", "says"), [
    ({"rings": []}, "not an outline"),
    ({"rings": [[[1.0, 2.0], [3.0, 4.0]]]}, "an outline of fewer than three points"),
    ({"rings": [[square(50.0, (0.0, 0.0))]]}, "a mapped scar that lies off the grid"),
    ({"wind": []}, "no wind"),
    ({"wind": [{"WS": "strong", "WD": 90}]}, "no such wind"),
    ({"wind": [{"WS": 10, "WD": 400}]}, "no such wind"),
    ({"wind": [{"WS": 10}]}, "no such wind"),
    ({"fuels": None}, "a case without its arrays"),
    ({"fuels": np.full((N, N), 14)}, "unknown fuel model numbers"),
    ({"fuels": np.full((N, N), 98)}, "nothing burns on the grid"),
    ({"slope": np.zeros((3, 3))}, "an array of another shape"),
    ({"ignition_cell": 0}, "an ignition off the grid"),
    ({"cell_m": -10.0}, "cells without size"),
    ({"cell_m": math.nan}, "not a number"),
])
def test_what_is_wrong_with_a_case_is_one_message(
    tmp_path: Path, changes: dict[str, Any], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, **changes)
    assert main(["validate", "belgium", "--data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err.count("sandtable: error:") == 1
    assert says in said.err
    assert "made_hill" in said.err
    assert said.out == ""


@pytest.mark.parametrize(("text", "says"), [("{", "a case that cannot be read"), ("[]", "a case without its keys")])
def test_a_file_that_is_no_case(tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path).write_text(text)
    assert main(["validate", "belgium", "--data", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err
    (tmp_path / "made_hill.npz").write_text("no arrays")
    write(tmp_path, "other")
    (tmp_path / "other.npz").write_bytes(b"no arrays")
    (tmp_path / "made_hill.npz").unlink()
    assert main(["validate", "belgium", "--data", str(tmp_path)]) == 2
    assert "arrays that cannot be read" in capsys.readouterr().err
