"""The Paradise case in UXsim with single vehicles, in a process of its own, until its CPU seconds are used up.

Run as ``python -m experiments.benchmark._uxsim SECONDS < case.json``; prints one JSON object. UXsim reads
no clock of ours: it is asked for a minute at a time, and stops when its process has used its share.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from experiments.validate._case import Case

SHARE_CPU_S = 120.0
"""CPU seconds that UXsim has, from the first node to the last step."""
SLICE_S = 60.0
WALL_LIMIT_S = 1800.0
"""Wall seconds after which the process is given up: the machine is too busy to say anything."""
LAST_S = 30_000.0


def installed() -> bool:
    """Return whether UXsim can be imported."""
    return importlib.util.find_spec("uxsim") is not None


def measure(case: Case) -> dict[str, Any]:
    """Run the case in a child process on one thread and return what it printed. RuntimeError where it fails."""
    table = case.table
    given = {
        "x": table.x_m.tolist(), "y": table.y_m.tolist(), "tail": table.tail.tolist(), "head": table.head.tolist(),
        "length": table.length_m.tolist(), "speed": table.speed_mps.tolist(), "lanes": table.lanes.tolist(),
        "origin": case.trips.origin.tolist(), "exit": case.trips.exit.tolist(), "depart": case.trips.depart_s.tolist(),
        "tau": case.settings.time_gap_s, "spacing": case.settings.jam_spacing_m,
        "refresh": case.settings.refresh, "smoothing": case.settings.smoothing,
    }
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-m", __name__, str(SHARE_CPU_S)], input=json.dumps(given), text=True,
                          capture_output=True, check=False, env=env, timeout=WALL_LIMIT_S)
    if done.returncode:
        raise RuntimeError(f"UXsim failed: {done.stderr[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _child(given: dict[str, Any], share_s: float) -> dict[str, Any]:
    from uxsim import World

    start = time.process_time()
    world = World(name="", deltan=1, reaction_time=given["tau"], tmax=LAST_S, print_mode=0, save_mode=0, show_mode=0,
                  random_seed=0, duo_update_time=given["refresh"], duo_update_weight=given["smoothing"],
                  vehicle_logging_timestep_interval=-1)
    for i, (x, y) in enumerate(zip(given["x"], given["y"], strict=True)):
        world.addNode(f"n{i}", x, y)
    columns = ("tail", "head", "length", "speed", "lanes")
    for i, (a, b, length, speed, lanes) in enumerate(zip(*(given[key] for key in columns), strict=True)):
        world.addLink(f"e{i}", f"n{a}", f"n{b}", length=length, free_flow_speed=speed,
                      jam_density=lanes / given["spacing"])
    vehicles = [world.addVehicle(f"n{a}", f"n{b}", t)
                for a, b, t in zip(given["origin"], given["exit"], given["depart"], strict=True)]
    world.finalize_scenario()
    setup_s = time.process_time() - start
    while time.process_time() - start < share_s and world.check_simulation_ongoing():
        world.exec_simulation(duration_t=SLICE_S)
    cpu_s = time.process_time() - start
    now = float(world.TIME)
    depart = np.array(given["depart"])
    arrived = np.array([vehicle.state == "end" for vehicle in vehicles])
    end = np.array([vehicle.arrival_time * world.DELTAT if here else now
                    for vehicle, here in zip(vehicles, arrived, strict=True)])
    return {"cpu_s": cpu_s, "setup_cpu_s": setup_s, "until_s": now, "departed": int((depart <= now).sum()),
            "arrived": int(arrived.sum()), "total_vehh": float(np.maximum(end - depart, 0.0).sum()) / 3600.0}


if __name__ == "__main__":
    print(json.dumps(_child(json.load(sys.stdin), float(sys.argv[1]))))
