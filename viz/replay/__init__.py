"""The replay of a run: one HTML file that plays from the disk, with no script but its own."""

from __future__ import annotations

import json
from pathlib import Path

from viz.facts import RunFacts
from viz.folder import RunFolder
from viz.words import Words

HERE = Path(__file__).parent
FILE_NAME = {"en": "replay.html", "zh": "replay.zh.html"}
SCRIPTS = ("inflate.js", "view.js", "ground.js", "hazard.js", "queues.js", "people.js", "movers.js", "shapes.js",
           "panel.js", "main.js")
FIRE = "fire"


def replay_verb(run_folder: Path, *, lang: str) -> Path:
    """Write ``replay.html`` (``replay.zh.html`` in Chinese) into a run folder; return its path.

    Raises InputError for an unknown language, or where the folder is no whole run folder.
    """
    words = Words(lang)
    folder = RunFolder(run_folder)
    html = render(RunFacts(folder, words.lang))
    out = folder.path / FILE_NAME[lang]
    temporary = out.with_suffix(".html.tmp")
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(out)
    return out


def render(facts: RunFacts) -> str:
    """Return the replay as HTML with everything it needs inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from viz.replay.scene import build, data_uri

    scene, blob, jpeg = build(facts)
    env = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)
    words = facts.words.under("replay")
    on_fire = any(raster["look"] == FIRE for raster in scene["rasters"])
    return env.get_template("page.html.j2").render(
        lang="zh-CN" if facts.words.lang == "zh" else "en",
        title=scene["title"],
        subtitle=scene["subtitle"],
        w=words,
        fit=words["fit_hazard" if on_fire else "fit_other"],
        css=(HERE / "style.css").read_text(encoding="utf-8"),
        picture=data_uri(jpeg),
        arrays=blob,
        script=script(),
        scene=json.dumps(scene, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    )


def script() -> str:
    """Return the replay's own script, its files in one scope."""
    return "(() => {\n" + "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS) + "\n})();"
