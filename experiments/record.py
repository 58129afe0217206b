"""What a run leaves for figures and the replay: series, layers and tracks."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.aircraft import Aircraft
from agents.drill import Drill
from agents.travel import Mover

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry of an archive, so that the same arrays give the same bytes."""
TEAM, TRUCK, BUS, AIRCRAFT = 1, 2, 3, 4
OCCUPANCY_EVERY_S = 600.0


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as a compressed .npz whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, buffer.getvalue())


def write_series(drill: Drill, path: Path) -> None:
    """Write the data collector's model-level series as CSV."""
    assert drill.datacollector is not None
    columns = drill.datacollector.model_vars
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow("" if value is None or value != value else f"{value:.10g}" for value in row)


def write_layers(drill: Drill, path: Path) -> None:
    """Write the grid, the ground and every hazard's layers as they stand at the end."""
    grid, layers = drill.world.grid, drill.world.layers
    arrays: dict[str, NDArray[Any]] = {
        "grid": np.array([grid.x0_m, grid.y0_m, grid.cell_m, grid.ny, grid.nx], np.float64),
        "elevation_m": np.rint(layers["elevation_m"]).astype(np.int16),
        "land_cover": np.asarray(layers["land_cover"]),
        "inside": np.asarray(layers["inside"]).astype(np.uint8),
    }
    for hazard in drill.hazards:
        fields = hazard.fields()
        for spec in hazard.spec.layers:
            arrays[f"{hazard.key}.{spec.name}"] = np.asarray(fields[spec.name]).astype(spec.dtype)
    write_npz(path, arrays)


def write_tracks(drill: Drill, path: Path) -> None:
    """Write roads, journeys, movers, places, shelters and bases: what the replay plays."""
    write_npz(path, {**_roads(drill), **_households(drill), **_movers(drill), **_places(drill),
                     **_shelters(drill), **_bases(drill)})


def _roads(drill: Drill) -> dict[str, NDArray[Any]]:
    roads = drill.world.roads
    return {"node_x": roads.nodes["x"].astype(np.float32), "node_y": roads.nodes["y"].astype(np.float32),
            "link_tail": roads.links["tail"], "link_head": roads.links["head"],
            "link_class": roads.links["road_class"], "link_kind": roads.links["kind"]}


def _households(drill: Drill) -> dict[str, NDArray[Any]]:
    legs, world, columns = drill.traces.legs(), drill.world, drill.residents.columns
    first = legs.pop("leg_row")
    household = columns["household"][first]
    return {**legs, "leg_people": np.asarray(world.households["size"])[household].astype(np.uint8),
            "leg_id": np.asarray(world.households["household_id"])[household].astype(np.int32),
            "leg_home_x": columns["home_x"][first].astype(np.float32),
            "leg_home_y": columns["home_y"][first].astype(np.float32),
            "leg_end": columns["state"][first].astype(np.uint8)}


def _movers(drill: Drill) -> dict[str, NDArray[Any]]:
    movers: list[tuple[int, Mover | Aircraft]] = [
              *((TEAM, team) for team in drill.teams),
              *((TRUCK, truck) for depot in drill.depots for truck in depot.trucks),
              *((TRUCK, tender) for tender in drill.water.tenders),
              *((BUS, bus) for bus in drill.fleet.buses),
              *((AIRCRAFT, one) for one in drill.air.aircraft)]
    points = [point for _, mover in movers for point in mover.waypoints]
    return {
        "mover_start": np.cumsum([0, *(len(mover.waypoints) for _, mover in movers)]).astype(np.int32),
        "mover_t": np.array([p.t_s for p in points], np.float32),
        "mover_x": np.array([p.x for p in points], np.float32),
        "mover_y": np.array([p.y for p in points], np.float32),
        "mover_status": np.array([p.status for p in points], np.uint8),
        "mover_kind": np.array([kind for kind, _ in movers], np.uint8),
        "mover_id": _words(mover.id for _, mover in movers),
        "mover_name": _words(mover.name for _, mover in movers),
        "mover_name_zh": _words(mover.name_zh for _, mover in movers),
    }


def _places(drill: Drill) -> dict[str, NDArray[Any]]:
    places = drill.world.places.rows
    return {
        "place_id": _words(p.id for p in places), "place_name": _words(p.name for p in places),
        "place_name_zh": _words(p.name_zh for p in places), "place_kind": _words(p.kind for p in places),
        "place_x": np.array([p.x for p in places], np.float32), "place_y": np.array([p.y for p in places], np.float32),
        "place_residents": np.array([p.residents for p in places], np.int32),
    }


def _shelters(drill: Drill) -> dict[str, NDArray[Any]]:
    """Return the shelters and how many were in each over time, counted from the residents' own times."""
    rows, columns = drill.shelters.rows, drill.residents.columns
    times = np.arange(0.0, drill.duration_s + 1.0, OCCUPANCY_EVERY_S)
    occupancy = np.zeros((len(times), len(rows)), np.int32)
    inside = np.flatnonzero(columns["shelter"] >= 0)
    step = np.searchsorted(times, columns["safe_s"][inside])
    late = step < len(times)
    np.add.at(occupancy, (step[late], columns["shelter"][inside][late]), 1)
    for shelter, since_s, until_s in drill.shelters.stays:
        for at_s, change in ((since_s, 1), (until_s, -1)):
            step = np.searchsorted(times, at_s)
            late = step < len(times)
            np.add.at(occupancy, (step[late], shelter[late]), change)
    return {
        "shelter_id": _words(s.id for s in rows), "shelter_name": _words(s.name for s in rows),
        "shelter_name_zh": _words(s.name_zh for s in rows),
        "shelter_x": np.array([s.x for s in rows], np.float32), "shelter_y": np.array([s.y for s in rows], np.float32),
        "shelter_capacity": np.array([s.capacity for s in rows], np.int32),
        "shelter_t": times.astype(np.float32), "shelter_occupancy": np.cumsum(occupancy, axis=0, dtype=np.int32),
    }


def _bases(drill: Drill) -> dict[str, NDArray[Any]]:
    nodes = drill.world.roads.nodes
    rows = [(team.id, team.name, team.name_zh, "camp" if team.sleeps_in else "team", team.base)
            for team in drill.teams]
    rows.extend((d.id, d.id, d.name_zh, "warehouse", d.node) for d in drill.depots)
    post = drill.world.places.get(drill.post.settings.place)
    rows.append(("command", "Command centre", "指挥中心", "command", post.node))
    at = np.array([row[4] for row in rows], np.int64)
    return {
        "base_id": _words(row[0] for row in rows), "base_name": _words(row[1] for row in rows),
        "base_name_zh": _words(row[2] for row in rows), "base_kind": _words(row[3] for row in rows),
        "base_x": nodes["x"][at].astype(np.float32), "base_y": nodes["y"][at].astype(np.float32),
    }


def _words(words: Any) -> NDArray[np.str_]:
    found = list(words)
    return np.array(found, dtype=str) if found else np.array([], "<U1")
