"""The KPIs the engine itself measures, whatever the hazard; hazards add their own in their spec."""

from __future__ import annotations

from sim.kpi import KpiSpec

ENGINE_KPIS: tuple[KpiSpec, ...] = (
    KpiSpec(
        "coverage.residents_30min", "Residents reached in 30 min (day)", "半小时到达居民覆盖率(白天)", "share",
        "Share of residents whose village a team with fire-line or rescue capability reaches within 30 min of "
        "the alarm by day on open roads: median decision time, median turnout, drive.",
        "白天道路畅通时,自接警起30分钟内(决策、出动取中位数,加行车)有相应能力队伍可到达的村居居民占比。",
        "plan", "higher"),
    KpiSpec(
        "coverage.residents_30min_night", "Residents reached in 30 min (night)", "半小时到达居民覆盖率(夜间)", "share",
        "Share of residents whose village a team with fire-line or rescue capability reaches within 30 min of "
        "the alarm by night on open roads: median decision time, median night turnout, drive.",
        "夜间道路畅通时,自接警起30分钟内(决策、夜间出动取中位数,加行车)有相应能力队伍可到达的村居居民占比。",
        "plan", "higher"),
    KpiSpec(
        "coverage.villages_30min", "Villages reached in 30 min (day)", "半小时到达村居覆盖率(白天)", "share",
        "Share of villages and neighbourhoods reached within 30 min of the alarm by day.",
        "白天自接警起30分钟内可到达的村居占比。", "plan", "higher"),
    KpiSpec(
        "coverage.sites_30min", "Hazard sites reached in 30 min (day)", "半小时到达重点部位覆盖率(白天)", "share",
        "Share of the county's named sites reached within 30 min of the alarm by day.",
        "白天自接警起30分钟内可到达的重点部位占比。", "plan", "higher"),
    KpiSpec(
        "coverage.residents_15min", "Residents reached in 15 min (day)", "15分钟到达居民覆盖率(白天)", "share",
        "Share of residents reached within 15 min of the alarm by day.",
        "白天自接警起15分钟内可到达的居民占比。", "plan", "higher"),
    KpiSpec(
        "coverage.forest_camera", "Forest in view of a camera", "林区视频监控覆盖率", "share",
        "Share of the county's forest cells over which smoke of the height that the plan states (sight.smoke_m) is in "
        "view of a camera within its range: all at work, by day, in clear air, trees and terrain in the way.",
        "县内林地网格中,其上方达到方案规定高度(sight.smoke_m)的烟柱处于某一监控摄像头可视范围内的占比;按设备全部正常、"
        "白天、空气清晰计,计入地形和林木遮挡。",
        "plan", "higher"),
    KpiSpec(
        "coverage.forest_lookout", "Forest in view of a camera or tower", "林区瞭望监测覆盖率", "share",
        "The same of cameras and watch towers together.", "同上,监控摄像头与瞭望塔合计。", "plan", "higher"),
    KpiSpec(
        "landing_sites.count", "Helicopter landing sites", "临时起降点数量", "count",
        "Landing sites in the plan.", "方案中的直升机临时起降点数量。", "plan", "higher"),
    KpiSpec(
        "detection.first_min", "Start to detection", "起火至发现", "min",
        "Minutes from an incident's start until the first who sees it does: citizens, a camera, a tower or a patrol; "
        "the quickest of several incidents; none while none is seen.",
        "自险情发生至首次被发现(群众、摄像头、瞭望塔或巡护)的分钟数;多起事件取最快者;未被发现则无值。"),
    KpiSpec(
        "detection.mean_min", "Start to detection, on average", "平均发现用时", "min",
        "The same, the mean over the incidents detected.", "同上,取已发现各起事件的平均值。"),
    *(KpiSpec(
        f"detection.by_{means}", f"Detected by {name}", f"{name_zh}发现起数", "count",
        f"Incidents that {who} first.", f"由{name_zh}首先发现的事件数。", "run", "neither")
      for means, name, name_zh, who in (
          ("camera", "camera", "监控摄像头", "a camera saw"), ("tower", "watch tower", "瞭望塔", "a watch tower saw"),
          ("patrol", "patrol", "巡护人员", "a patrol saw"), ("citizens", "citizens", "群众", "citizens saw"))),
    KpiSpec(
        "air.flown_h", "Flown by aircraft", "航空器飞行时间", "h",
        "Hours in the air of all the plan's aircraft together; none in a plan without any.",
        "方案中全部航空器的累计飞行小时数;无航空器则无值。", "run", "neither"),
    KpiSpec(
        "water.delivered_m3", "Water delivered to crews", "供水灭火用水量", "m3",
        "Water that teams with hose put on the fire from engines, tenders, water points and open water; none where no "
        "team has any.", "有水带的队伍取自消防车、水罐车、蓄水池和天然水源的灭火用水量;无此类队伍则无值。",
        "run", "neither"),
    KpiSpec(
        "dispatch.first_order_min", "Alarm to first order", "接警至首支队伍受令", "min",
        "Minutes from an incident's alarm at the command post to its first team ordered out; the quickest of several "
        "incidents.",
        "自指挥中心接警至首支队伍接到出动命令的分钟数;多起事件取最快者。"),
    KpiSpec(
        "arrival.first_min", "Alarm to first team on scene", "接警至首支队伍到场", "min",
        "Minutes from an incident's alarm at the command post to the first capable team, with equipment, on scene; "
        "the quickest of several incidents; none while no team is.",
        "自指挥中心接警至首支携装备队伍到达现场的分钟数;多起事件取最快者;无队伍到场则无值。"),
    KpiSpec(
        "arrival.first_from_order_min", "Order to first team on scene", "受令至首支队伍到场", "min",
        "Minutes from the first order to the first team on scene.", "自首道出动命令至首支队伍到场的分钟数。"),
    KpiSpec(
        "arrival.within_30min", "Incidents reached in 30 min", "30分钟内到场的事件占比", "share",
        "Share of incidents whose first team was on scene within 30 min of the alarm.",
        "首支队伍自接警30分钟内到场的事件占比。", "run", "higher"),
    KpiSpec(
        "warning.p50_min", "Order to half of households warned", "50%住户收到预警用时", "min",
        "Minutes from the latest order or advice for their village until half of the ordered households that the "
        "warning reaches have it; one that saw the hazard before counts as at once.",
        "自本村最近一次转移命令(或建议)下达至50%可达住户收到预警的分钟数;此前已目睹灾害者计为零。"),
    KpiSpec(
        "warning.p90_min", "Order to 90 % of households warned", "90%住户收到预警用时", "min",
        "Minutes from the latest order or advice for their village until 90 % of the ordered households that the "
        "warning reaches have it; one that saw the hazard before counts as at once.",
        "自本村最近一次转移命令(或建议)下达至90%可达住户收到预警的分钟数;此前已目睹灾害者计为零。"),
    KpiSpec(
        "warning.never_share", "Ordered but not warned", "受令而未收到预警住户占比", "share",
        "Share of the households of villages ordered or advised to leave that had had no warning by the end of the "
        "run and had not seen the hazard; households whose order was cancelled are left out.",
        "被命令(或建议)转移的村居住户中,至结束时仍未收到预警且未目睹灾害者占比;命令已取消的不计。"),
    KpiSpec(
        "evacuation.ordered", "Residents ordered out", "被命令转移人数", "persons",
        "Residents of villages ordered to evacuate.", "被命令转移的村居居民数。", "run", "neither"),
    KpiSpec(
        "evacuation.left", "Residents who left", "实际转移人数", "persons",
        "Residents who set out for a shelter, relatives or out of the county, ordered or not, with organised transfer "
        "too; who set out again counts once.",
        "实际出发前往避难场所、投靠亲友或出县的居民数(含组织转移及未受令自行转移者);再次出发者只计一次。",
        "run", "neither"),
    KpiSpec(
        "evacuation.hosted", "With relatives", "投亲靠友人数", "persons",
        "Residents who are guests of relatives or friends at the end.", "结束时投靠亲友的居民数。", "run", "neither"),
    KpiSpec(
        "evacuation.by_bus", "Taken to safety by bus", "客车转运人数", "persons",
        "Residents whom buses have set down at a shelter with room or out of the county; those still on board do not "
        "count.", "由客车送达有空位的避难场所或出县的居民数;结束时仍在车上者不计。", "run", "neither"),
    KpiSpec(
        "evacuation.moved_on", "Moved on", "再次转移人次", "persons",
        "Residents who had to leave a shelter, its door or their hosts for another refuge because that village was "
        "ordered out in its turn, each time they did.",
        "因安置地所在村居随后也被命令转移而离开避难场所(含门外等候)或亲友家再次转移的居民人次。"),
    KpiSpec(
        "evacuation.clear_p90_min", "Order to 90 % safe", "90%转移人员到达安全地点用时", "min",
        "Minutes from the first order until 90 % of those who left are in an open shelter, with relatives or out of "
        "the county; who never left does not count. Who had to move on counts from the next refuge, and a second "
        "evacuation after an all-clear from its own order; none while they are not, or are home too early.",
        "自首道转移命令至90%出发人员进入已开放的避难场所、投靠亲友或离开县域的分钟数;未出发者不计;再次转移者以后一安置地为准;"
        "解除后再次下令的,自新命令起计;未达到(含提前返家)则无值。"),
    *(KpiSpec(
        f"evacuation.clear_p{share}_min", f"Order to {share} % safe", f"{share}%转移人员到达安全地点用时", "min",
        f"Minutes from the first order until {share} % of those who left are in an open shelter, with relatives or out "
        "of the county; who never left does not count. Who had to move on counts from the next refuge, and a second "
        "evacuation after an all-clear from its own order; none while they are not, or are home too early.",
        f"自首道转移命令至{share}%出发人员进入已开放的避难场所、投靠亲友或离开县域的分钟数;未出发者不计;再次转移者以后一安置地为准;"
        "解除后再次下令的,自新命令起计;未达到(含提前返家)则无值。")
        for share in (50, 95, 100)),
    KpiSpec(
        "evacuation.trigger_margin_min", "Left before the hazard came, tightest village", "撤离提前量(最紧村居)", "min",
        "Minutes from when 90 % of those who left a village that was ordered out had left until the hazard reached the "
        "village's centre, the least over the villages it reached; negative where it was there before. None where it "
        "reached no village that had been ordered out.",
        "受命转移村居中90%转移人员已离家至灾害到达该村中心的分钟数,取灾害到达各村中的最小值;负值表示灾害先到;未到达任何受令村居则无值。",
        "run", "higher"),
    KpiSpec(
        "evacuation.left_behind", "Left behind at the end", "结束时未撤出人数", "persons",
        "Residents ordered or advised to leave, the dead included, who at the end are not in a shelter or at its door, "
        "with relatives or out of the county; those who stay at a day place elsewhere do not count.",
        "结束时受命(或建议)转移而未进入避难场所(含门外等候)、未投靠亲友且未出县的居民数,含死亡;白天在外并留在当地者不计。"),
    KpiSpec(
        "traffic.lost_vehh", "Lost in queues", "排队延误", "veh-h",
        "Vehicle-hours lost on roads beyond free-flow time, by cars of the evacuation and of everyday traffic; waiting "
        "at home to get onto a full road is not in it.",
        "机动车(含背景交通)在路段上超出自由流行程时间的车时;因道路排满而在家等候上路的时间不计。"),
    KpiSpec(
        "traffic.longest_queue_veh", "Most vehicles held up at once", "同时受阻车辆最大数", "veh",
        "Largest number of vehicles, everyday traffic included, that were held up on the county's roads at one time, "
        "counted every 5 min: on a stretch for longer than its free-flow time.",
        "全县道路上同一时刻受阻车辆(在路段上停留超过其自由流行程时间,含背景交通)的最大数,每5分钟统计一次。"),
    KpiSpec(
        "evacuation.not_out", "Left behind when the hazard came", "危险到达时未撤离人数", "persons",
        "Residents exposed to the hazard at home, those waiting there for a lift or a bus included, in a village that "
        "had been ordered out before.",
        "已下达转移命令但在危险到达时仍在家(含等候搭车或客车)而受威胁的居民数。"),
    KpiSpec(
        "evacuation.stranded", "Stranded", "滞留人数", "persons",
        "Residents under way at the end without an open road to any shelter with room, relatives or exit; those on "
        "buses apart.",
        "结束时在途且无路可达有空位的避难场所、亲友家或县界出口的居民数;客车上的乘客不计。"),
    KpiSpec(
        "casualties.exposed", "Exposed", "受威胁人数", "persons",
        "Residents whom the hazard touched (see the hazard for what counts).", "受到灾害直接威胁的居民数。"),
    KpiSpec(
        "casualties.injured", "Injured", "受伤人数", "persons", "Residents injured by the hazard, the dead apart.",
        "因灾受伤(不含死亡)的居民数。"),
    KpiSpec("casualties.dead", "Deaths", "死亡人数", "persons", "Residents killed by the hazard.",
            "因灾死亡的居民数。"),
    KpiSpec(
        "shelter.in_use", "Shelters in use", "启用避难场所数", "count", "Shelters that took anybody in.",
        "实际收容人员的避难场所数。", "run", "neither"),
    KpiSpec(
        "shelter.max_occupancy", "Fullest shelter", "避难场所最大占用率", "share",
        "Largest occupancy over capacity of any shelter at any time.", "各避难场所最大收容人数与容量之比。"),
    KpiSpec(
        "shelter.unplaced", "Turned away without a place", "无处安置人数", "persons",
        "Residents of households that found a shelter or their hosts full, or neither in reach, and at the end have "
        "left the county, are stranded or still under way, on a bus too; neither sheltered, at a door nor hosted.",
        "所到避难场所或亲友家已满、或均不可达,且结束时已出县、滞留或仍在途(含客车上)的居民数;"
        "已安置、门外等候及投亲靠友者不计。"),
    KpiSpec(
        "supply.first_delivery_h", "Relief at the last shelter", "最后一处避难场所首批物资到达", "h",
        "Hours from the onset until every shelter in use has had its first relief delivery; none while one has "
        "not.", "自灾害发生至每处启用的避难场所均收到首批救灾物资的小时数;有一处未收到则无值。"),
    KpiSpec(
        "supply.served_12h", "Shelters supplied within 12 h", "12小时内物资到达的避难场所占比", "share",
        "Share of shelters in use whose first relief delivery came within 12 h of the onset.",
        "灾害发生12小时内收到首批物资的启用避难场所占比。", "run", "higher"),
    KpiSpec(
        "supply.unmet_packs", "Relief packs gone without", "累计短缺物资份数", "packs",
        "Relief packs (one person, one day) that the sheltered went without over the run, before relief came.",
        "物资送达前安置人员累计缺少的救灾物资份数(一人一日为一份)。"),
    KpiSpec(
        "transfer.listed", "On the transfer list", "转移清单人数", "persons",
        "Residents on the list of people at risk, ordered to move or not; like all transfer figures none in a run "
        "that orders none.", "列入危险区域人员转移清单的居民数(不论是否下令)。未下达转移命令时各项均无值。",
        "run", "neither"),
    KpiSpec(
        "transfer.ordered", "Ordered to be moved", "下令转移人数", "persons",
        "Residents on the list whose transfer was ordered and not cancelled before they left.",
        "清单内已下令转移且出发前未取消的居民数。", "run", "neither"),
    KpiSpec(
        "transfer.out_share", "Moved out", "人员转移完成率", "share",
        "Share of those ordered to be moved whose household has left its home, with the transfer or by itself, and has "
        "not come back before the all-clear. Members away by day count with their household.",
        "下令转移人员中,所在户已离家(组织转移或自行离开)且解除警报前未返回者占比;日间外出成员随户计算。",
        "run", "higher"),
    KpiSpec(
        "transfer.out_by_deadline_share", "Moved out by the deadline", "限时转移完成率", "share",
        "Share of those ordered to be moved with a deadline whose household has left its home by then.",
        "有时限的命令中,时限前离家者占比。",
        "run", "higher"),
    KpiSpec(
        "transfer.safe_by_deadline_share", "Safe by the deadline", "限时安置到位率", "share",
        "Share of those ordered with a deadline whose household was all in an open shelter, with relatives or out of "
        "the county by then.", "有时限的命令中,时限前全户已进入开放的安置场所、投靠亲友或离开县域者占比。",
        "run", "higher"),
    KpiSpec(
        "transfer.completed_p90_min", "Order to 90 % moved out", "90%转移人员离家用时", "min",
        "Minutes from a household's order at county level until it left, the 90 % quantile over the residents ordered; "
        "none while fewer are out.", "自县级下达转移命令至离家的分钟数,按下令转移居民取90%分位;未达到则无值。"),
    KpiSpec(
        "transfer.completed_min", "Order to all moved out", "全部转移人员离家用时", "min",
        "Minutes from a household's order at county level until it left, the longest over the residents ordered; none "
        "while one is not out.",
        "自县级下达转移命令至离家的分钟数,取下令转移居民中最长者;有一人未离家则无值。"),
    KpiSpec(
        "transfer.returned_early", "Returned too early", "提前返回人数", "persons",
        "Residents who went home before the all-clear after having been moved, each time they did.",
        "转移后在解除警报前自行返家的居民人次。"),
    KpiSpec(
        "transfer.refused", "Refused to be moved", "拒绝转移人数", "persons",
        "Residents of households that refused at the last visit allowed.", "末次上门仍拒绝转移的住户居民数。"),
)
