"""The verb ``world``: builds a county's World, tells what it is made of, draws it; takes roads from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from experiments.console import say
from sim.settings.county import County

if TYPE_CHECKING:
    from rich.table import Table

    from sim.world.world import World

MAP_NAME = "world_{}.png"
PIPED_WIDTH = 110
"""Columns where no terminal tells how many it has."""
SIGN = {"==": "", ">=": "at least", "<=": "at most"}
MARK = {True: "yes", False: "NO", None: "-"}


def world_command(
    action: Literal["build", "inspect"],
    county: County,
    *,
    out: Path | None = None,
    json_: bool = False,
    check_boundary: Path | None = None,
    coast_folder: Path | None = None,
) -> int:
    """Build a county's World where it is not built yet; ``inspect`` also reports on it and draws its map.

    ``out`` is a PNG file or a folder for the map (``world_COUNTY.png`` in the working folder by default).
    Returns 0, or 1 when the World breaks its contract or misses a fact it must meet. Raises InputError for a
    boundary file that is none.
    """
    from sim.world.check import inspect
    from sim.world.store import load_world, worlds_folder

    world = load_world(county, coast_folder=coast_folder, progress=say)
    folder = worlds_folder() / world.digest
    if action == "build":
        report: dict[str, Any] = {"county": county.id, "digest": world.digest, "folder": str(folder)}
        if json_:
            print(json.dumps(report, ensure_ascii=False))
        else:
            print(f"{county.name} ({county.name_zh}): world {world.digest} in {folder}")
        return 0
    report = inspect(world, county) | {"folder": str(folder)}
    if check_boundary is not None:
        report["overlap"] = _overlap(world, check_boundary)
    report["map"] = str(_draw(world, county, out))
    if json_:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print(report)
    return 1 if report["problems"] else 0


def import_command(file: Path, *, out: Path | None, json_: bool) -> int:
    """Turn a road graph into our own table in ``out`` (``roads_NAME`` in the working folder by default); report.

    Returns 0. Raises InputError for a file that is no road graph or an ``out`` that holds other things.
    """
    from sim.world.import_roads import import_roads

    report = import_roads(file, out or Path(f"roads_{file.resolve().stem}"))
    if json_:
        print(json.dumps(report, ensure_ascii=False))
        return 0
    print(f"{report['source']}: {report['nodes']:,} nodes, {report['links']:,} links in {report['folder']}")
    for key, value in report.items():
        if isinstance(value, int | float):
            print(f"  {key.replace('_', ' '):<42} {value:,}")
    for what, counts in report["grades"].items():
        print(f"  {what + ' of links from':<42} " + ", ".join(f"{grade} {n:,}" for grade, n in counts.items()))
    print(f"  defaults: {report['defaults']}")
    for text in report["warnings"]:
        print(f"  warning: {text}")
    return 0


def _overlap(world: World, file: Path) -> dict[str, Any]:
    """Return how the county's outline agrees with a surveyed one, a GeoJSON in lon/lat WGS84."""
    from sim.world.boundary import overlap
    from sim.world.coast import load_rings
    from sim.world.projection import Projection

    rings = load_rings(file)
    found = overlap(world.layers["inside"], world.grid, Projection(world.crs), rings)
    return {"file": str(file), **{key: round(value, 4) for key, value in found.items()}}


def _draw(world: World, county: County, out: Path | None) -> Path:
    from viz.world_map import write_world_map

    path = out or Path()
    if path.suffix.lower() != ".png":
        path = path / MAP_NAME.format(county.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_world_map(world, path, f"{county.name_zh}  {county.name}")


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    console.print(f"[bold]{report['name']}[/] ({report['name_zh']})  world {report['digest']}")
    console.print(_counts_table(report))
    console.print(_facts_table(report))
    console.print(_roads_table(report))
    grades = report["grades"]
    shown = "  ".join(f"{key} {value:.1%}" for key, value in report["cover_shares"].items())
    console.print(f"[bold]Land cover[/]  {shown}")
    villages = ", ".join(f"{count} {grade}" for grade, count in grades["villages"].items())
    console.print(
        f"[bold]Grades[/]  villages: {villages}; stated roads: {grades['stated_roads']}, of which "
        f"{grades['stated_roads_verified']} verified ({grades['stated_road_km']:g} km; below them "
        f"{grades['synthetic_road_km']:g} km are synthetic); persons and households: {grades['persons']}; "
        f"terrain: {grades['terrain']}"
    )
    console.print(f"[bold]Boundary[/]  {report['boundary']}")
    if "overlap" in report:
        figures = "  ".join(f"{key} {value}" for key, value in report["overlap"].items() if key != "file")
        console.print(f"[bold]Against[/] {report['overlap']['file']}:  {figures}")
    for text in report["warnings"]:
        console.print(f"[yellow]warning:[/] {text}")
    for text in report["problems"]:
        console.print(f"[red]problem:[/] {text}")
    console.print(f"[bold]Map[/]  {report['map']}")
    console.print(f"[bold]Kept in[/]  {report['folder']}")


def _counts_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="What it is made of", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key, value in report["counts"].items():
        table.add_row(key.replace("_", " "), f"{value:,}")
    table.add_row("longest link", f"{report['longest_link_m']:,} m")
    return table


def _facts_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="Against the facts", title_justify="left")
    for name in ("", "World", "", "fact", "", "grade of the fact", "within", "holds"):
        table.add_column(name, justify="right" if name in ("World", "fact", "within") else "left")
    for row in report["against_facts"]:
        fact = "-" if row["fact"] is None else f"{row['fact']:,}"
        table.add_row(
            row["key"],
            f"{row['world']:,}",
            SIGN[row["op"]],
            fact,
            row["unit"],
            row["grade"] or "-",
            f"{row['tolerance']:.4g}",
            MARK[row["ok"]],
        )
    for summit in report["summits"]:
        world_m = "off the grid" if summit["world_m"] is None else f"{summit['world_m']:,.1f}"
        holds = (
            summit["world_m"] is not None and abs(summit["world_m"] - summit["fact_m"]) <= summit["within_m"]
        )
        table.add_row(
            f"{summit['name']} {summit['name_zh']}",
            world_m,
            "",
            f"{summit['fact_m']:,}",
            "m",
            summit["grade"],
            f"{summit['within_m']:g}",
            MARK[holds],
        )
    return table


def _roads_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="Roads (km, both ways counted once)", title_justify="left")
    for name in report["road_km"]:
        table.add_column(name, justify="right")
    table.add_row(*(f"{value:,}" for value in report["road_km"].values()))
    return table
