"""The verb ``plan``: what a plan reaches without a run. ``coverage``: forest in view of its cameras and towers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from experiments.console import say
from sim.settings.root import RunSettings

if TYPE_CHECKING:
    from rich.console import Console

    from sim.world.world import World

HEIGHTS_M = (0.0, 20.0, 50.0, 100.0)
"""Heights of smoke for which the share in view is told, beside the plan's own."""
PIPED_WIDTH = 110
WORDS = {
    "en": {
        "title": "Forest in view", "camera": "cameras", "lookout": "cameras and towers", "post": "post", "means": "",
        "ground": "ground m", "height": "mast m", "range": "range km", "seen": "sees", "alone": "it alone",
        "of_camera": "camera", "of_tower": "watch tower", "none": "The plan has neither cameras nor watch towers.",
        "smoke": "smoke {h:g} m above ground", "counts": "this counts", "forest": "{km2:,.0f} km2 of forest",
        "target": "target {key}: {op} {value:.0%}, {met}", "met": "met", "missed": "missed",
    },
    "zh": {
        "title": "林区可视覆盖", "camera": "摄像头", "lookout": "摄像头与瞭望塔", "post": "点位", "means": "",
        "ground": "地面高程(米)", "height": "架设高度(米)", "range": "监测半径(公里)",
        "seen": "可视占比", "alone": "独有占比",
        "of_camera": "摄像头", "of_tower": "瞭望塔", "none": "方案中没有摄像头和瞭望塔。",
        "smoke": "烟柱高出地面{h:g}米", "counts": "以此为准", "forest": "林地{km2:,.0f}平方公里",
        "target": "目标{key}:{op} {value:.0%},{met}", "met": "达标", "missed": "未达标",
    },
}


def plan_command(action: str, settings: RunSettings, *, json_: bool = False, lang: str = "en") -> int:
    """Print what a plan covers; return 0."""
    assert action == "coverage", action
    from sim.world.store import load_world

    report = coverage_report(settings, load_world(settings.county, progress=say))
    if json_:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print(report, WORDS[lang], lang)
    return 0


def coverage_report(settings: RunSettings, world: World) -> dict[str, Any]:
    """Return the shares of forest in view by height of smoke, those of each post, and how targets stand."""
    import numpy as np

    from agents.detection.coverage import coverage
    from agents.detection.posts import KM_M, posts_of, scene_of
    from sim.kpi import meets

    plan = settings.plan
    found, scene, posts = coverage(world, plan), scene_of(world, plan.sight), posts_of(plan, world)
    cells = int(found.forest.sum())
    heights = sorted({*HEIGHTS_M, plan.sight.smoke_m})
    shares = {name: {f"{h:g}": found.share(needed, h) for h in heights}
              for name, needed in (("camera", found.camera_m), ("lookout", found.lookout_m))}
    times = np.zeros(world.grid.shape, np.int32)
    sights = []
    for post in posts:
        view = scene.view(post.row, post.col, post.item.height_m, post.item.range_km * KM_M)
        seen = np.zeros(world.grid.shape, np.bool_)
        seen[view.window] = view.needed_m <= plan.sight.smoke_m
        seen &= found.forest
        sights.append(seen)
        times += seen
    rows = [{"id": post.id, "name_zh": post.item.name_zh, "means": post.means,
             "x_m": round(post.x), "y_m": round(post.y),
             "ground_m": round(float(scene.ground[post.row, post.col]), 1), "height_m": post.item.height_m,
             "range_km": post.item.range_km, "by_night": post.item.by_night, "grade": post.item.grade,
             "share": float(seen.sum() / cells) if cells else None,
             "share_alone": float((seen & (times == 1)).sum() / cells) if cells else None}
            for post, seen in zip(posts, sights, strict=True)]
    values = {"coverage.forest_camera": found.share(found.camera_m),
              "coverage.forest_lookout": found.share(found.lookout_m)}
    targets = [{"key": t.key, "kpi": t.kpi, "op": t.op, "target": t.value, "value": values[t.kpi],
                "met": meets(values[t.kpi], t.op, t.value)} for t in settings.targets.targets if t.kpi in values]
    return {"county": settings.county.id, "plan": plan.id, "title": plan.title, "title_zh": plan.title_zh,
            "forest_km2": round(cells * world.grid.cell_m**2 / 1e6, 1), "smoke_m": plan.sight.smoke_m,
            "tree_height_m": plan.sight.tree_height_m, "shares": shares, "kpis": values, "posts": rows,
            "targets": targets}


def _print(report: dict[str, Any], words: dict[str, str], lang: str) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    title = report["title_zh"] if lang == "zh" else report["title"]
    console.print(f"[bold]{report['county']}, {title}[/] ({report['plan']}): "
                  + words["forest"].format(km2=report["forest_km2"]))
    if report["posts"]:
        _print_posts(report, words, lang, console)
    else:
        console.print(words["none"])
    for row in report["targets"]:
        met = words["met"] if row["met"] else words["missed"]
        console.print(words["target"].format(key=row["key"], op=row["op"], value=row["target"], met=met))


def _print_posts(report: dict[str, Any], words: dict[str, str], lang: str, console: Console) -> None:
    from rich.table import Table

    table = Table(title=words["title"], title_justify="left")
    for name in ("", words["camera"], words["lookout"], ""):
        table.add_column(name, justify="right" if name else "left")
    for height, share in report["shares"]["camera"].items():
        own = float(height) == report["smoke_m"]
        table.add_row(words["smoke"].format(h=float(height)), _percent(share),
                      _percent(report["shares"]["lookout"][height]), words["counts"] if own else "")
    console.print(table)
    table = Table()
    for name in ("post", "means", "ground", "height", "range", "seen", "alone"):
        table.add_column(words[name], justify="left" if name in ("post", "means") else "right")
    for row in report["posts"]:
        label = row["name_zh"] if lang == "zh" and row["name_zh"] else row["id"]
        table.add_row(label, words[f"of_{row['means']}"], f"{row['ground_m']:.0f}", f"{row['height_m']:g}",
                      f"{row['range_km']:g}", _percent(row["share"]), _percent(row["share_alone"]))
    console.print(table)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
