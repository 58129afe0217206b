"""What a fire season prints on the terminal, in English or Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.season.kpis import DAMAGE
from experiments.table import interval_text, new_console, new_table, number_text, print_differences, print_paths

WORDS = {
    "en": {
        "title": "{seasons} seasons, {fires} fires a plan, cells of {cell:g} m; mean a year [95 % interval]",
        "plan": "plan", "rate": "damaged ‰", "target": "target {}", "met": "seasons within", "fires": "fires",
        "burned": "burned ha", "escaped": "escaped", "first": "first team min", "over": "> {:g} ha",
        "verdict": {"met": "met", "missed": "missed", "open": "open"}, "colours": "villages r/o/y/b",
        "heavy": "{plan}: heavy tail: one fire in a hundred does {top:.0%} of the damage, the largest {largest:.0%}; "
                 "the interval of the mean is likely to be too narrow.",
        "open": "{plan}: {n} fires were still open when they were followed no longer: their damage is a lower bound.",
        "failed": "{plan}: {n} fires broke; their seasons are left out of the rates and maps.",
    },
    "zh": {
        "title": "{seasons}季，每方案{fires}起火灾，网格{cell:g}米；年均值[95%置信区间]",
        "plan": "方案", "rate": "受害率‰", "target": "目标{}", "met": "达标季", "fires": "起数",
        "burned": "过火公顷", "escaped": "初期失败", "first": "首队分钟", "over": ">{:g}公顷",
        "verdict": {"met": "达标", "missed": "未达标", "open": "未定"}, "colours": "村居 红/橙/黄/蓝",
        "heavy": "{plan}：重尾，百分之一的火灾造成{top:.0%}的受害，最大一起占{largest:.0%}；均值区间可能偏窄。",
        "open": "{plan}：{n}起火灾停止跟踪时仍未合围，其受害面积为下限。",
        "failed": "{plan}：{n}起火灾未能计算，所在季不计入受害率和地图。",
    },
}


def print_season(result: dict[str, Any], lang: str, paths: Sequence[Path]) -> None:
    """Print a fire season as :func:`experiments.season.verb.told` returns it, then the files written."""
    say, points, out = WORDS[lang], result["points"], new_console()
    target = next((at["target"] for at in points if at["target"]), None)
    limit = f"{target['op']} {target['value']:g}" if target else ""
    fires = "/".join(str(n) for n in dict.fromkeys(at["fires"] for at in points))
    shown = new_table(str(say["title"]).format(seasons=result["seasons"], fires=fires, cell=result["cell_m"]))
    bounds = [row["ha"] for row in points[0]["sizes"]["exceedance"]]
    shown.add_column(str(say["plan"]))
    for name in (say["rate"], str(say["target"]).format(limit), say["met"], say["fires"], say["burned"],
                 say["escaped"], say["first"], *(str(say["over"]).format(b) for b in bounds), say["colours"]):
        shown.add_column(str(name), justify="right")
    for at in points:
        kpis, judged = at["kpis"], at["target"]
        shown.add_row(
            at["label"], _mean(kpis[DAMAGE]), say["verdict"][judged["verdict"]] if judged else "-",  # type: ignore[index]
            _share(judged["seasons_met"], judged["seasons_met_ci95"]) if judged else "-",
            number_text(kpis["season.fires"]["mean"]), _mean(kpis["season.burned_ha"]),
            _share(at["escaped"]["share"], at["escaped"]["ci95"]),
            number_text(kpis["season.first_arrival_min"]["mean"]),
            *("-" if row["share"] is None else f"{row['share']:.1%}" for row in at["sizes"]["exceedance"]),
            "/".join(str(n) for n in at["villages"]["colours"].values()))
    out.print(shown)
    for at in points:
        for line in _remarks(at, say):
            out.print(line)
    if result["comparison"] is not None:
        print_differences(result["comparison"], lang)
    print_paths(out, paths)


def _remarks(at: dict[str, Any], say: dict[str, Any]) -> list[str]:
    lines = []
    if at["tail"]["heavy"]:
        lines.append(say["heavy"].format(
            plan=at["label"], top=at["tail"]["top_share"], largest=at["tail"]["largest_fire"]))
    still = at["kpis"]["season.not_contained"]
    if still["mean"]:
        lines.append(say["open"].format(plan=at["label"], n=round(still["mean"] * still["n"])))
    if at["failed_fires"]:
        lines.append(say["failed"].format(plan=at["label"], n=at["failed_fires"]))
    return lines


def _mean(figure: dict[str, Any]) -> str:
    return number_text(figure["mean"]) + interval_text(figure["ci95"])


def _share(share: float | None, interval: Sequence[float] | None) -> str:
    if share is None:
        return "-"
    return f"{share:.0%}" + ("" if interval is None else f" [{interval[0]:.0%}, {interval[1]:.0%}]")
