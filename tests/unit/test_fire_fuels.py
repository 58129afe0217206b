"""Fuel models of one's own, and which model stands for a land cover."""

import numpy as np
import pytest

from scenarios.forest_fire.fuels import FuelMap, fuel_table, numbers_in, row_of_number, table_of
from scenarios.forest_fire.rothermel import Moisture, beds
from scenarios.forest_fire.settings_fuels import Fuels
from scenarios.forest_fire.wang import ks_of
from sim.command import Command
from sim.errors import InputError
from sim.world.classes import LandCover
from tests.fires import forest_fire
from tests.worlds import flat_world

LB_FT2 = 0.45359237 / 0.3048**2
GR4 = {"number": 210, "name": "as GR4", "depth_m": 2 * 0.3048, "extinction_pct": 15, "dynamic": True,
       "load_1h_kg_m2": 0.011478420569329662 * LB_FT2, "load_herb_kg_m2": 0.08723599632690543 * LB_FT2,
       "savr_1h_per_m": 2000 / 0.3048, "savr_herb_per_m": 1800 / 0.3048}
MOIST = Moisture(0.06, 0.07, 0.08, 0.60, 0.90)


def test_a_model_of_ones_own_burns_as_the_standard_one_it_copies():
    table = fuel_table()
    gr4 = table.row(104)
    copy = {**GR4, "depth_m": float(table.depth_ft[gr4]) * 0.3048, "load_1h_kg_m2": table.load_dead[gr4, 0] * LB_FT2,
            "load_herb_kg_m2": table.load_live[gr4, 0] * LB_FT2, "extinction_pct": table.mx_dead[gr4] * 100,
            "savr_1h_per_m": table.savr_dead[gr4, 0] / 0.3048, "savr_herb_per_m": table.savr_live[gr4, 0] / 0.3048,
            "heat_kj_kg": table.heat_dead[gr4] * 2.326}
    own = table_of(Fuels.model_validate({"models": [copy]}))
    assert len(own) == len(table) + 1 and own.number[-1] == 210 and own.burns[-1]
    got = beds(own, MOIST)
    for name in ("r0", "reaction", "heat", "residence_s", "wind_k", "wind_b", "slope_k"):
        values = getattr(got, name)
        assert values[-1] == pytest.approx(values[gr4], rel=1e-6), name
        assert values[gr4] == getattr(beds(table, MOIST), name)[gr4]
    assert ks_of(own)[-1] == 1.0 and ks_of(own, {210: 1.7})[-1] == 1.7


def test_a_scenario_may_name_other_fuels_for_a_cover():
    world = flat_world(20, 30, 30.0, fuel=101)
    world.layers["land_cover"][:, 10:20] = LandCover.CONIFER
    world.layers["land_cover"][:, 20:] = LandCover.PADDY
    plain = FuelMap(world)
    assert (plain.kind(slice(0, 20), slice(0, 30)) == fuel_table().row(101)).all()
    fuels = Fuels.model_validate({"map": {"conifer": 210, "paddy": 93}, "models": [GR4]})
    given = FuelMap(world, fuels)
    kind = given.kind(slice(3, 9), slice(5, 30))
    assert kind.shape == (6, 25) and kind.dtype == np.int16
    assert (kind[:, :5] == fuel_table().row(101)).all()
    assert (kind[:, 5:15] == len(fuel_table())).all() and (kind[:, 15:] == -1).all()


def test_paddies_that_do_not_burn_stop_the_fire():
    world = flat_world(61, 61, 30.0, fuel=101)
    world.layers["land_cover"][:, 40:] = LandCover.PADDY
    fire = forest_fire(world, fuels={"map": {"paddy": 93}})
    fire.advance(12 * 3600.0)
    assert (fire.front.row_col(fire.front.burned)[1] < 40).all() and len(fire.front.burned) > 500


def test_a_county_with_an_unknown_number():
    world = flat_world(20, 30, 30.0, fuel=101)
    world.layers["fuel"][7, 7] = 14
    with pytest.raises(InputError, match="unknown fuel model number in the county\n  value:   14"):
        FuelMap(world)
    own = {**GR4, "number": 14}
    assert FuelMap(world, Fuels.model_validate({"models": [own]})).kind(slice(7, 8), slice(7, 8))[0, 0] == 60


def test_crews_hold_line_in_a_fuel_of_ones_own():
    world = flat_world(61, 61, 30.0, fuel=210)
    fire = forest_fire(world, fuels={"models": [GR4]}, weather={"wind_mps": 1.0, "wind_from_deg": 270.0,
                                                                "temperature_c": 15.0, "humidity_pct": 60.0})
    fire.advance(3600.0)
    x, y = fire.grid.centre(30, 30)
    got = fire.act(Command(3600.0, 0, "post", "build_line", {
        "team": "a", "x": float(x), "y": float(y), "metres": 200.0, "max_flame_m": 3.0}))
    assert got.accepted and 0.0 < got.figures["built_m"] < 2_000.0


def test_numbers_in_a_layer():
    layer = np.full((700, 5), -1, np.int16)
    layer[3, 3], layer[699, 0] = 101, 0
    assert numbers_in(layer) == {0, 101}
    assert row_of_number()[101] == fuel_table().row(101)


@pytest.mark.parametrize("fuels, words", [
    ({"map": {"conifer": 14}}, "unknown fuel model number 14 for conifer"),
    ({"map": {"pine": 8}}, "no such land cover: 'pine'"),
    ({"models": [{**GR4, "number": 101}]}, "fuel model 101 is a standard one"),
    ({"models": [GR4, GR4]}, "two fuel models with the number 210"),
    ({"models": [{**GR4, "load_1h_kg_m2": 0, "load_herb_kg_m2": 0}]}, "needs some fine fuel"),
    ({"models": [{**GR4, "extinction_pct": 0}]}, "greater than or equal to 5"),
])
def test_bad_fuels(fuels, words):
    with pytest.raises(ValueError, match=words):
        Fuels.model_validate(fuels)
