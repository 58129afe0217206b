"""Pyretechnics' level set on given fuels and wind, timed: the peer that the fire benchmark runs beside ours."""

from __future__ import annotations

import time
from importlib import util
from typing import Any

import numpy as np
from numpy.typing import NDArray


def installed() -> bool:
    """Return whether pyretechnics can be imported here."""
    return util.find_spec("pyretechnics") is not None


class Peer:
    """Pyretechnics set up for a fire on flat ground without trees; its set-up is not timed."""

    def __init__(self, fuel: NDArray[np.int16], moistures: dict[str, float], wind_kmh: float, from_deg: float,
                 cell_m: float, minutes: float) -> None:
        from pyretechnics.eulerian_level_set import SpreadState
        from pyretechnics.space_time_cube import SpaceTimeCube

        self._minutes, self._cell_m = minutes, cell_m
        shape = (1, *fuel.shape)
        # rows of theirs run from south to north
        values: dict[str, Any] = {
            "slope": 0.0, "aspect": 0.0, "fuel_model": np.ascontiguousarray(fuel[::-1], np.float32)[None],
            "canopy_cover": 0.0, "canopy_height": 0.0, "canopy_base_height": 0.0, "canopy_bulk_density": 0.0,
            "wind_speed_10m": wind_kmh, "upwind_direction": from_deg, "foliar_moisture": 0.9, **moistures}
        self._cubes = {name: SpaceTimeCube(shape, value) for name, value in values.items()}
        self._state = SpreadState(shape)
        self._shape = fuel.shape

    def light(self, row: int, col: int) -> None:
        """Light a cell, row counted from the north."""
        self._state.ignite_cell((self._shape[0] - 1 - row, col))

    def run(self) -> float:
        """Let it burn to the end; return CPU seconds."""
        from pyretechnics.eulerian_level_set import spread_fire_with_phi_field

        began = time.process_time()
        spread_fire_with_phi_field(
            self._cubes, self._state, (self._minutes, self._cell_m, self._cell_m), 0.0, self._minutes,
            use_wind_limit=False)
        return time.process_time() - began

    def arrival_min(self) -> NDArray[np.float32]:
        """Return arrival in min (ny, nx), north first; -1 where it has not burned."""
        return np.asarray(self._state.get_full_matrices()["time_of_arrival"])[::-1]
