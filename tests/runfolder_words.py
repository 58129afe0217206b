"""The words of the made-up run folder: KPIs, manifest, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml


def write_words(path: Path, *, with_shelters: bool, duration_s: float, households: int, cells: int) -> None:
    def kpi(
        key: str, name: str, zh: str, value: float | None, unit: str, op: str | None, target: float | None,
        met: bool | None, scope: str = "run",
    ) -> dict[str, Any]:
        return {
            "key": key,
            "name": name,
            "name_zh": zh,
            "value": value,
            "unit": unit,
            "target": target,
            "op": op,
            "met": met,
            "definition": f"{name}, as measured in the run.",
            "definition_zh": f"{zh}，按本次运行实测。",
            "source": "试验编造" if target is not None else "",
            "scope": scope,
        }

    kpis = [
        kpi(
            "arrival.first_min",
            "Alarm to first team on scene",
            "接警至首支队伍到场",
            67.0,
            "min",
            "<=",
            30.0,
            False,
        ),
        kpi(
            "coverage.residents_30min",
            "Residents reached in 30 min (day)",
            "半小时到达居民覆盖率（白天）",
            0.8123,
            "share",
            ">=",
            0.8,
            True,
            "plan",
        ),
        kpi(
            "supply.served_12h",
            "Shelters supplied within 12 h",
            "12小时内物资到达的避难场所占比",
            0.667 if with_shelters else None,
            "share",
            ">=",
            1.0,
            False if with_shelters else None,
        ),
        kpi("casualties.dead", "Deaths", "死亡人数", 0.0, "persons", "<=", 0.0, True),
        kpi("forest_fire.burned_ha", "Burned area", "过火面积", 1284.36, "ha", None, None, None),
        kpi("evacuation.left", "Residents who left", "实际转移人数", 912.0, "persons", None, None, None),
    ]
    (path / "kpis.json").write_text(json.dumps(kpis, ensure_ascii=False, indent=1), encoding="utf-8")
    manifest = {
        "sandtable": "0.1.0",
        "versions": {"python": "3.11", "numpy": "2"},
        "git": None,
        "settings_sha256": "0" * 64,
        "world_digest": "1" * 64,
        "seed": 7,
        "replication": 0,
        "county": "testshire",
        "county_name": "Testshire",
        "county_name_zh": "试验县",
        "plan": "baseline",
        "plan_title": "Baseline plan",
        "plan_title_zh": "现状方案",
        "scenario": "forest_fire/default",
        "scenario_title": "Fire at Yunding Forest Park",
        "scenario_title_zh": "云顶森林公园火灾",
        "start": "2026-04-04T13:00:00+08:00",
        "duration_s": duration_s,
        "wall_s": 3.2,
        "peak_memory_mb": 310.0,
        "cpu_s": {"world": 0.2, "simulate": 2.1, "record": 0.3, "report": 0.0},
        "counts": {
            "residents": 9805,
            "households": 3300,
            "vehicles": 1500,
            "links": 2708,
            "nodes": 713,
            "cells": cells,
            "teams": 4,
            "trucks": 2,
            "shelters": 5 if with_shelters else 0,
        },
        "traced": {"households": households, "of": 310},
        "targets_title": "Test targets",
        "targets_title_zh": "试验目标",
        "layers": [
            {
                "key": "forest_fire.arrival_s",
                "hazard": "forest_fire",
                "name": "arrival_s",
                "dtype": "float32",
                "unit": "s",
                "doc": "Time the fire reaches the cell",
                "doc_zh": "火头到达时间",
                "grows": True,
            },
            {
                "key": "forest_fire.flame_m",
                "hazard": "forest_fire",
                "name": "flame_m",
                "dtype": "float32",
                "unit": "m",
                "doc": "Flame length",
                "doc_zh": "火焰长度",
                "grows": False,
            },
            {
                "key": "forest_fire.smoke_ug_m3",
                "hazard": "forest_fire",
                "name": "smoke_ug_m3",
                "dtype": "float32",
                "unit": "ug/m3",
                "doc": "Highest smoke so far",
                "doc_zh": "烟尘最高浓度",
                "grows": False,
            },
        ],
        "data_grades": {
            "terrain": "synthetic",
            "villages": "synthetic",
            "residents": "estimate",
            "shelter capacity": "assumption",
        },
        "footnotes": [{"en": "All in this folder is made up for tests.", "zh": "本文件夹内容均为测试虚构。"}],
        "warnings": [{"en": "2 links are unverified", "zh": "2条道路未核实"}],
    }
    (path / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    settings = {"county": "testshire", "seed": 7, "plan": {"id": "baseline"}}
    (path / "settings.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
