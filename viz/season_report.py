"""The report of a fire season: one HTML file that needs nothing beside it, in English or Chinese, and its figures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from viz.figures.season_curves import rate_figure, size_figure
from viz.figures.season_maps import SeasonMap, burn_map, four_colour_map
from viz.figures.style import write_png
from viz.words import NONE, Words, number

HERE = Path(__file__).parent / "report"
FILE_NAME = {"en": "report.html", "zh": "report.zh.html"}
DAMAGE = "fire.damage_permille"


@dataclass(frozen=True)
class SeasonPlan:
    """A design point to be drawn: its map, each season's damage rate (permille) and each fire's burned area (ha)."""

    shown: SeasonMap
    rates: NDArray[np.float64]
    burned_ha: NDArray[np.float64]


def write_season_report(
    result: dict[str, Any], plans: Sequence[SeasonPlan], lang: str, folder: Path
) -> Path:
    """Write ``report.html`` (``report.zh.html`` in Chinese) and ``figures/*.png``; return the report's path.

    ``result`` is what season.json holds; maps are drawn of ``plans``, its first design points.
    """
    words = Words(lang)
    figures = _figures(result, plans, words, folder)
    out = folder / FILE_NAME[lang]
    temporary = out.with_suffix(".html.tmp")
    temporary.write_text(render(result, figures, words), encoding="utf-8")
    temporary.replace(out)
    return out


def _figures(
    result: dict[str, Any], plans: Sequence[SeasonPlan], words: Words, folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Draw every figure to ``figures/NAME.png`` (``NAME.zh.png`` in Chinese); return them by section."""
    where = folder / "figures"
    where.mkdir(exist_ok=True)
    suffix = "" if words.lang == "en" else f".{words.lang}"
    points = result["points"][: len(plans)]
    found: dict[str, list[dict[str, Any]]] = {}
    count = 0

    def keep(section: str, name: str, figure: Figure, caption: str) -> None:
        nonlocal count
        count += 1
        data = write_png(figure, where / f"{name}{suffix}.png")
        found.setdefault(section, []).append(
            {"name": name, "n": count, "data": base64.b64encode(data).decode(), "caption": caption})

    keep("rate", "rate", rate_figure(points, [plan.rates for plan in plans], words), words("season.rate.caption"))
    keep("sizes", "sizes", size_figure(points, [plan.burned_ha for plan in plans],
                                       [row["ha"] for row in points[0]["sizes"]["exceedance"]], words),
         words("season.curve.caption"))
    for number_, plan in enumerate(plans):
        keep("risk", f"risk-{number_:02d}", four_colour_map(plan.shown, words),
             words("season.risk.caption", plan=plan.shown.label))
    for number_, plan in enumerate(plans):
        keep("burn", f"burn-{number_:02d}", burn_map(plan.shown, words),
             words("season.burn.caption", plan=plan.shown.label))
    return found


def render(result: dict[str, Any], figures: dict[str, list[dict[str, Any]]], words: Words) -> str:
    """Return the report as HTML with its figures inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)
    return env.get_template("season.html.j2").render(
        w=words, lang="zh-CN" if words.lang == "zh" else "en",
        css=(HERE / "report.css").read_text(encoding="utf-8"),
        title=words("season.title", county=words.pick(result, "county_name")), facts=_facts(result, words),
        lead=_lead(result, words), rate=_rates(result, words), sizes=_sizes(result, words),
        compared=_compared(result, words), villages=_villages(result, words), notes=_notes(result, words),
        figures=figures,
    )


def _facts(result: dict[str, Any], words: Words) -> list[tuple[str, str]]:
    first = result["points"][0]
    return [
        (words("report.county"), words.pick(result, "county_name")),
        (words("report.scenario"), result["scenario"]),
        (words("season.seasons"), f"{result['seasons']:,}"),
        (words("season.fires"), f"{first['fires']:,}"),
        (words("season.cell"), words.value(result["cell_m"], "m")),
        (words("season.forest"), words.value(first["forest_km2"], "km2")),
        (words("report.seed"), str(result["seed"])),
        (words("season.store"), result["store"]),
    ]


def _lead(result: dict[str, Any], words: Words) -> list[str]:
    lines = []
    for at in result["points"]:
        rate = at["kpis"][DAMAGE]
        if rate["mean"] is None or rate["ci95"] is None:
            lines.append(words("season.lead_none", plan=words.pick(at)))
            continue
        low, high = rate["ci95"]
        lines.append(words(
            "season.lead_rate", plan=words.pick(at), rate=number(rate["mean"]), low=number(max(low, 0.0)),
            high=number(high), fires=at["fires"], seasons=at["seasons"]))
    heavy = next((at for at in result["points"] if at["tail"]["heavy"]), None)
    if heavy:
        lines.append(words("season.lead_tail", plan=words.pick(heavy), share=_percent(heavy["tail"]["top_share"])))
    broken = sum(at["failed_fires"] for at in result["points"])
    if broken:
        lines.append(words("season.lead_failed", n=broken))
    return lines


def _rates(result: dict[str, Any], words: Words) -> dict[str, Any]:
    target = next((at["target"] for at in result["points"] if at["target"]), None)
    told = f"{target['op']} {target['value']:g} ‰" if target else NONE
    head = [words("season.column.plan"), words("season.column.rate"), words("season.column.verdict", target=told),
            words("season.column.met"), words("season.column.fires"), words("season.column.burned"),
            words("season.column.escaped"), words("season.column.arrival")]
    rows = []
    for at in result["points"]:
        kpis, judged = at["kpis"], at["target"]
        rows.append([
            words.pick(at), _mean(kpis[DAMAGE]), words(f"season.{judged['verdict']}") if judged else NONE,
            _share(judged["seasons_met"], judged["seasons_met_ci95"]) if judged else NONE,
            _mean(kpis["season.fires"]), _mean(kpis["season.burned_ha"]),
            _share(at["escaped"]["share"], at["escaped"]["ci95"]), _mean(kpis["season.first_arrival_min"])])
    return {"head": head, "rows": rows}


def _sizes(result: dict[str, Any], words: Words) -> dict[str, Any]:
    first = result["points"][0]["sizes"]["exceedance"]
    head = [words("season.column.plan"), words("season.column.size"),
            *(words("season.column.over", ha=f"{row['ha']:g}") for row in first)]
    rows = []
    for at in result["points"]:
        sizes = at["sizes"]
        told = [*sizes["quantiles_ha"].values(), sizes["largest_ha"]]
        rows.append([words.pick(at), " / ".join(NONE if v is None else number(v) for v in told),
                     *(_share(row["share"], row["ci95"]) for row in sizes["exceedance"])])
    return {"head": head, "rows": rows}


def _compared(result: dict[str, Any], words: Words) -> dict[str, Any] | None:
    found = result["comparison"]
    if found is None:
        return None
    names = {at["label"]: words.pick(at) for at in result["points"]}
    reference, others = found["reference"], found["plans"][1:]
    head = [words("season.column.kpi"), names[reference]]
    for plan in others:
        head += [words("season.column.difference", plan=names[plan], reference=names[reference]),
                 words("season.column.compared")]
    rows = []
    for kpi in found["kpis"]:
        if kpi["key"] == "season.failed_fires" or not any(kpi["n"].values()):
            continue
        row = [f"{words.pick(kpi)} ({words.unit(kpi['unit'])})", _or_none(kpi["means"][reference])]
        for c in kpi["comparisons"]:
            interval = c["diff_ci95_bootstrap"] or c["diff_ci95"]
            row += [NONE if c["diff"] is None else _signed(c["diff"]) + _bracket(interval),
                    _verdict(c["verdict"], names, words)]
        rows.append(row)
    return {"head": head, "rows": rows}


def _verdict(verdict: str, names: dict[str, str], words: Words) -> str:
    plan, better, _ = verdict.rpartition(" better")
    if better:
        return words("season.verdict.better", plan=names[plan])
    return words(f"season.verdict.{verdict.replace(' ', '_')}")


def _villages(result: dict[str, Any], words: Words) -> dict[str, Any]:
    names = ("village", "colour", "reached", "damaged", "houses", "loss")
    first = result["points"][0]
    rows = [[words.pick(row) or row["name_zh"], words(f"season.colour.{row['colour']}"), number(row["reached_a_year"]),
             number(row["damaged_forest_ha_a_year"]), number(row["houses_lost_a_year"]),
             f"{row['loss_yuan_a_year']:,.0f}"]
            for row in first["villages"]["highest"] if row["loss_yuan_a_year"] > 0.0]
    return {"plan": words.pick(first), "head": [words(f"season.column.{name}") for name in names], "rows": rows}


def _notes(result: dict[str, Any], words: Words) -> list[str]:
    notes = [words(f"season.note.{key}") for key in ("interval", "parameter", "residents")]
    if result["comparison"] is not None:
        notes.insert(0, words("season.note.luck"))
    for at in result["points"]:
        still = at["kpis"]["season.not_contained"]
        open_fires = round((still["mean"] or 0.0) * still["n"])
        if open_fires:
            notes.append(words("season.note.limit", hours=f"{result['limit_h']:g}", n=open_fires, plan=words.pick(at)))
    target = next((at["target"] for at in result["points"] if at["target"]), None)
    if target:
        notes.append(words("season.note.source", source=words.clean(target["source"])))
    return notes


def _mean(figure: dict[str, Any]) -> str:
    return NONE if figure["mean"] is None else number(figure["mean"]) + _bracket(figure["ci95"])


def _or_none(value: float | None) -> str:
    return NONE if value is None else number(value)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)


def _bracket(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" [{number(interval[0])}, {number(interval[1])}]"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _share(share: float | None, interval: Sequence[float] | None) -> str:
    if share is None:
        return NONE
    return _percent(share) + ("" if interval is None else f" [{_percent(interval[0])}, {_percent(interval[1])}]")
