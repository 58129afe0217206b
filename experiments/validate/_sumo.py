"""The same case in SUMO's mesoscopic model (Eissfeldt 2004), where ``eclipse-sumo`` is installed.

The network is written from the same table: same nodes, lengths, speeds, lanes, every turn allowed at every node
(a U-turn too, as ours allows it), no junction control. All four headway factors equal our time gap (they are
multiplied by the vehicle type's ``tau``, which is therefore 1), vehicle and gap together are one jam spacing, nobody
is teleported, desired speeds do not spread. Everything else, the router among it, is as SUMO has it by default.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from experiments.validate._case import H_S, Case, free_flow_ways

GAP_M = 2.5
"""SUMO's default gap between standing vehicles (m); the vehicle's length is the rest of the jam spacing."""
TOP_SPEED_MPS = 100.0
"""So high that the road's speed, not the vehicle's, is what counts."""
ROUTER = re.compile(r"spent ([\d.]+)\s*(ms|s)\b")
WALL = re.compile(r"^\s*Duration: ([\d.]+)\s*(ms|s)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What SUMO reports of one run, and what the process took (CPU seconds of the child)."""

    total_vehh: float
    """Total travel time with the wait to enter the network (vehicle-hours)."""
    way_m: float
    """Mean length of the ways driven."""
    cpu_s: float
    arrived: int
    loaded: int
    teleports: int
    last_s: float
    router_share: float | None
    """Share of the run's wall time that SUMO's own log gives to its router; None where it names none."""


def home() -> Path | None:
    """Return where SUMO's package lies; None when it is not installed."""
    spec = importlib.util.find_spec("sumo")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder if (folder / "bin").is_dir() else None


def write_network(case: Case, folder: Path, binaries: Path) -> Path:
    """Write nodes, links and all turns as SUMO's plain XML and have netconvert make a network of them."""
    table = case.table
    nodes = [f'<node id="n{i}" x="{x:.2f}" y="{y:.2f}" type="unregulated"/>'
             for i, (x, y) in enumerate(zip(table.x_m, table.y_m, strict=True))]
    edges = [f'<edge id="e{i}" from="n{a}" to="n{b}" numLanes="{n}" speed="{v!r}" length="{m!r}"/>'
             for i, (a, b, n, v, m) in enumerate(zip(
                 table.tail.tolist(), table.head.tolist(), table.lanes.tolist(), table.speed_mps.tolist(),
                 table.length_m.tolist(), strict=True))]
    _xml(folder / "case.nod.xml", "nodes", nodes)
    _xml(folder / "case.edg.xml", "edges", edges)
    _xml(folder / "case.con.xml", "connections", _turns(case))
    net = folder / "case.net.xml"
    _call([binaries / "netconvert", "-n", folder / "case.nod.xml", "-e", folder / "case.edg.xml",
           "-x", folder / "case.con.xml", "-o", net, "--no-internal-links", "--offset.disable-normalization",
           "--no-warnings"])
    return net


def _turns(case: Case) -> Iterator[str]:
    """Give every pair of links that meet, lane by lane."""
    table = case.table
    out: list[list[int]] = [[] for _ in range(len(table.node_id))]
    for link, node in enumerate(table.tail):
        out[node].append(link)
    for link, node in enumerate(table.head):
        for onward in out[node]:
            for lane in range(max(table.lanes[link], table.lanes[onward])):
                here, there = min(lane, table.lanes[link] - 1), min(lane, table.lanes[onward] - 1)
                yield f'<connection from="e{link}" to="e{onward}" fromLane="{here}" toLane="{there}"/>'


def check_network(case: Case, net: Path) -> None:
    """Raise RuntimeError unless SUMO's network has the table's links, lengths, speeds and turns."""
    table = case.table
    degree_out = np.bincount(table.tail, minlength=len(table.node_id))
    turns = int(degree_out[table.head].sum())
    seen, length_off, speed_off, have = 0, 0.0, 0.0, set()
    for _, element in ElementTree.iterparse(net):
        if element.tag == "edge" and not element.get("function"):
            seen += 1
            row = int(element.get("id", "")[1:])
            lane = element.find("lane")
            if lane is not None:
                length_off = max(length_off, abs(float(lane.get("length", "nan")) - table.length_m[row]))
                speed_off = max(speed_off, abs(float(lane.get("speed", "nan")) - table.speed_mps[row]))
        elif element.tag == "connection":
            have.add((element.get("from"), element.get("to")))
    if seen != len(table.tail) or len(have) != turns or length_off > 0.01 or speed_off > 0.01:
        raise RuntimeError(f"SUMO's network is another one: {seen} links of {len(table.tail)}, {len(have)} turns of "
                           f"{turns}, lengths off by {length_off:g} m, speeds by {speed_off:g} m/s")


def write_trips(case: Case, folder: Path) -> Path:
    """Write each vehicle with its first and last link only: SUMO finds the way itself, as it is normally used.

    By default it does so at departure, on travel times of the moment, which it updates every second: some trips go
    round the queues that are there when they leave.
    """
    ways = free_flow_ways(case)
    rows = [f'<trip id="v{i}" type="car" depart="{case.trips.depart_s[i]:.2f}" from="e{ways[i][0]}" '
            f'to="e{ways[i][-1]}"/>' for i in _in_time(case)]
    return _routes(case, folder / "trips.rou.xml", rows)


def write_routes(case: Case, folder: Path) -> Path:
    """Write each vehicle with the free-flow shortest way that ours takes, so that SUMO's router has nothing to do."""
    ways = free_flow_ways(case)
    rows = [f'<vehicle id="v{i}" type="car" depart="{case.trips.depart_s[i]:.2f}">'
            f'<route edges="{" ".join(f"e{link}" for link in ways[i])}"/></vehicle>' for i in _in_time(case)]
    return _routes(case, folder / "ways.rou.xml", rows)


def arrivals(case: Case, trips: Path) -> NDArray[np.float64]:
    """Return SUMO's time of arrival of each vehicle (vehicles,; s; nan where it names none) from its trip file."""
    out = np.full(case.vehicles, np.nan)
    for _, element in ElementTree.iterparse(trips):
        if element.tag == "tripinfo":
            out[int(element.get("id", "")[1:])] = float(element.get("arrival", "nan"))
    return out


def simulate(
    case: Case, net: Path, routes: Path, binaries: Path, each: Path | None = None, *, router: str = "dijkstra",
) -> Run:
    """Run SUMO's mesoscopic model once on one thread and return what it reports, with the child's CPU seconds.

    ``each`` is a file for what it knows of every single vehicle, which costs it a little time.
    """
    statistics, log = routes.with_suffix(".statistics.xml"), routes.with_suffix(".log")
    tau = f"{case.settings.time_gap_s:g}"
    cpu_s = _call([
        binaries / "sumo", "-n", net, "-r", routes, "--mesosim",
        "--meso-tauff", tau, "--meso-taufj", tau, "--meso-taujf", tau, "--meso-taujj", tau,
        "--meso-junction-control", "false", "--meso-minor-penalty", "0", "--meso-tls-penalty", "0",
        "--routing-algorithm", router,
        "--time-to-teleport", "-1", "--no-step-log", "--no-warnings", "--verbose", "--duration-log.statistics",
        "--statistic-output", statistics, *(["--tripinfo-output", each] if each else [])], log)
    found = ElementTree.parse(statistics).getroot()
    trips, vehicles, teleports = (_of(found, tag) for tag in ("vehicleTripStatistics", "vehicles", "teleports"))
    count = int(trips["count"])
    total_s = float(trips["totalTravelTime"]) + float(trips["totalDepartDelay"])
    return Run(total_s / H_S, float(trips["routeLength"]), cpu_s, count, int(vehicles["loaded"]),
               int(teleports["total"]), float(_of(found, "performance")["end"]), router_share(log.read_text("utf-8")))


def router_share(log: str) -> float | None:
    """Return the share of a run's wall time that its log gives to the router; None where it says too little."""
    wall = [_seconds(match) for match in WALL.finditer(log)]
    spent = [_seconds(match) for match in ROUTER.finditer(log)]
    return sum(spent) / wall[0] if wall and wall[0] > 0 and spent else None


def _seconds(match: re.Match[str]) -> float:
    return float(match[1]) / (1000.0 if match[2] == "ms" else 1.0)


def _of(root: ElementTree.Element, tag: str) -> dict[str, str]:
    element = root.find(tag)
    if element is None:
        raise RuntimeError(f"SUMO's statistics have no {tag}")
    return dict(element.attrib)


def _in_time(case: Case) -> NDArray[np.int64]:
    return np.argsort(case.trips.depart_s, kind="stable")


def _routes(case: Case, file: Path, rows: Sequence[str]) -> Path:
    length = case.settings.jam_spacing_m - GAP_M
    kind = (f'<vType id="car" length="{length:g}" minGap="{GAP_M:g}" tau="1" '
            f'maxSpeed="{TOP_SPEED_MPS:g}" speedFactor="1" speedDev="0"/>')
    _xml(file, "routes", [kind, *rows])
    return file


def _xml(file: Path, root: str, rows: Sequence[str] | Iterator[str]) -> None:
    file.write_text("\n".join([f"<{root}>", *rows, f"</{root}>", ""]), "utf-8")


def _call(command: Sequence[object], log: Path | None = None) -> float:
    """Run a command to its end and return its CPU seconds; RuntimeError with its last words where it fails."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if log:
        log.write_text(done.stdout + done.stderr, "utf-8")
    if done.returncode:
        raise RuntimeError(f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout)[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
