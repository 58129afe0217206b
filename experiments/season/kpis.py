"""The figures of one season, one a year: keys, names, units, definitions."""

from __future__ import annotations

from scenarios.forest_fire.spec import SPEC
from sim.kpi import KpiSpec

DAMAGE = "fire.damage_permille"
"""The KPI that the plans' target is about."""
FAILED = "season.failed_fires"
"""How many of a season's fires could not be computed: nothing of the fire, and so no KPI of a season's own."""

SEASON_KPIS: tuple[KpiSpec, ...] = (
    next(kpi for kpi in SPEC.kpis if kpi.key == DAMAGE),
    KpiSpec("season.fires", "Fires", "火灾起数", "fires", "fires of the year", "一年的火灾起数", better="neither"),
    KpiSpec("season.burned_ha", "Burned area", "过火面积", "ha", "area burned in the year, over the border too",
            "一年的过火面积（含越界部分）"),
    KpiSpec("season.burned_forest_ha", "Burned forest", "过火森林面积", "ha", "forest of the county burned in the year",
            "一年内县域森林过火面积"),
    KpiSpec("season.damaged_forest_ha", "Damaged forest", "受害森林面积", "ha",
            "burned forest of the county times the share of trees killed, summed over the year",
            "一年内县域过火森林面积乘以林木死亡比例之和"),
    KpiSpec("season.escaped", "Escaped fires", "初期扑救失败起数", "fires",
            "fires open longer, or burned larger, than the first attack may let them",
            "未能在初期扑救时限和面积内控制的火灾起数"),
    KpiSpec("season.not_contained", "Still open at the limit", "截止时仍未合围", "fires",
            "fires that were still open when they were followed no longer", "停止跟踪时仍未合围的火灾起数"),
    KpiSpec("season.seen_min", "Ignition to detection", "起火至发现", "min",
            "mean over the year's fires: when he saw it whose report came first",
            "一年内火灾自起火至最先报告者发现的平均分钟数"),
    KpiSpec("season.first_arrival_min", "Ignition to first team", "起火至首队到场", "min",
            "mean over the year's fires that a team reached", "一年内有队伍到场的火灾的平均值"),
    KpiSpec("season.contained_h", "Time to containment", "合围用时", "h",
            "mean over the year's fires that were contained",
            "一年内已合围火灾的平均值"),
    KpiSpec("season.villages_reached", "Villages reached", "火灾到达村庄数", "villages",
            "times that a fire came near a village's centre, summed over the year", "一年内火灾到达村庄中心附近的次数"),
    KpiSpec("season.houses_lost", "Houses lost", "烧毁房屋", "houses",
            "houses in burned cells times the share that burns, summed over the year",
            "一年内过火网格中的房屋数乘以烧毁比例"),
    KpiSpec("season.crew_hurt", "Crews hurt", "扑救人员伤亡", "persons",
            "people of the crews injured or killed in the year",
            "一年内扑救人员的伤亡人数"),
    KpiSpec("season.loss_yuan", "Loss", "损失", "yuan", "damaged forest and burned houses at the values given",
            "按给定单价计算的受害森林和烧毁房屋损失"),
)
