"""The shipped plans, targets and team types against what the plan documents state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import yaml

from scenarios.forest_fire.tools import longest_flame
from sim.kpi_specs import ENGINE_KPIS
from sim.settings.plan import Item, Plan
from tests.plan_tables import PAGE, PLANS, ROOT, load_plan, load_targets, load_team_types, renewed

SUFFIX = re.compile(r"(镇|乡|街道|办事处|管委会)$")
TOWNSHIPS = {"rongjiawan", "huangshajie", "xinqiang", "baixiang", "gangkou", "gongtian", "maotian", "yuetian",
             "zhangguying", "xinkai", "buxian", "zhongzhou", "changhu", "yanglinjie"}
YUEYANG_UNITS = TOWNSHIPS | {"matang"}
CAMP_PLACES = {"rongjiawan", "dayunshan", "gongtian", "zhangguying", "xinqiang", "gangkou", "huangshajie",
               "buxian"}
OF_A_HAZARD = {"fire.damage_permille"}
"""KPIs of a hazard rather than of the engine."""


def items(plan: Plan) -> Iterator[Item]:
    yield plan.command
    yield plan.warning
    for group in (plan.teams, plan.camps, plan.shelters, plan.warehouses, plan.landing_sites):
        yield from group


def place_words(county: str) -> set[str]:
    facts = yaml.safe_load((ROOT / f"conf/county/{county}.yaml").read_text(encoding="utf-8"))
    words: set[str] = set()
    for place in [*facts["units"], *facts["sites"]]:
        words |= {place["id"], place["name"], place["name_zh"], SUFFIX.sub("", place["name_zh"])}
        words |= set(place.get("aliases", ()))
    return words


@pytest.fixture(params=PLANS, ids="/".join)
def plan(request: pytest.FixtureRequest) -> Plan:
    return load_plan(*request.param)


def test_plan_carries_its_own_name(plan: Plan) -> None:
    assert (plan.county, plan.id) in PLANS
    assert re.search(r"[一-鿿]", plan.title_zh)


def test_every_place_is_in_the_county(plan: Plan) -> None:
    known = place_words(plan.county)
    named = {item.place for item in items(plan) if hasattr(item, "place")}
    assert named <= known, named - known


def test_every_item_says_on_what_it_rests(plan: Plan) -> None:
    for item in items(plan):
        assert len(item.source) > 20, item
        if item.grade == "assumption":
            assert re.search(r"assum|Assum", item.source), item


def test_ids_are_used_once(plan: Plan) -> None:
    ids = [item.id for item in items(plan) if hasattr(item, "id")]
    assert [name for name, n in Counter(ids).items() if n > 1] == []


def test_team_types_exist(plan: Plan) -> None:
    assert {team.type for team in plan.teams} <= set(load_team_types())


def test_teams_of_a_camp_exist_and_stand_at_its_place(plan: Plan) -> None:
    teams = {team.id: team for team in plan.teams}
    housed = [name for camp in plan.camps for name in camp.teams]
    assert len(housed) == len(set(housed))
    for camp in plan.camps:
        assert camp.teams
        for name in camp.teams:
            assert teams[name].place == camp.place
            assert teams[name].type == "township_comprehensive"


@pytest.mark.parametrize("name", ["baseline", "five_year"])
def test_yueyang_forces_of_today(name: str) -> None:
    plan = load_plan("yueyang", name)
    squads = {team.place: team for team in plan.teams if team.type == "militia_squad"}
    assert set(squads) == YUEYANG_UNITS
    assert {team.crew for team in squads.values()} == {30}
    crews = {team.id: (team.place, team.crew, team.grade) for team in plan.teams}
    assert crews["company"] == ("rongjiawan", 60, "fact")
    assert crews["parttime"] == ("rongjiawan", 40, "fact")
    assert crews["brigade"][0] == "rongjiawan"
    assert crews["brigade"][2] == "assumption"


def test_yueyang_today_has_no_camps_and_one_depot() -> None:
    plan = load_plan("yueyang", "baseline")
    assert plan.camps == ()
    assert [depot.place for depot in plan.warehouses] == ["rongjiawan"]
    assert Counter(row.place for row in plan.shelters) == Counter(YUEYANG_UNITS)


def test_yueyang_builds_eight_camps_and_a_regional_centre() -> None:
    plan = load_plan("yueyang", "five_year")
    camps = {camp.place for camp in plan.camps if camp.id.startswith("camp-")}
    assert camps == CAMP_PLACES
    assert len(plan.camps) == len(CAMP_PLACES) + 1
    assert next(camp for camp in plan.camps if camp.id == "regional-centre").place == "gongtian"


def test_yueyang_builds_15_and_75_shelters() -> None:
    plan = load_plan("yueyang", "five_year")
    seat = [row for row in plan.shelters if row.level == "county"]
    townships = {row.place: row.count for row in plan.shelters if row.level == "township"}
    assert [(row.place, row.count) for row in seat] == [("rongjiawan", 15)]
    assert townships == dict.fromkeys(YUEYANG_UNITS, 5)
    assert sum(townships.values()) == 75


def test_yueyang_builds_15_depots_of_800_m2() -> None:
    depots = [row for row in load_plan("yueyang", "five_year").warehouses if row.id != "depot-county"]
    assert {depot.place for depot in depots} == YUEYANG_UNITS
    assert len(depots) == 15
    assert {depot.area_m2 for depot in depots} == {800.0}


@pytest.mark.parametrize("name", ["baseline", "five_year"])
def test_xiangshan_has_32_standard_shelters(name: str) -> None:
    plan = load_plan("xiangshan", name)
    assert sum(row.count for row in plan.shelters) == 32
    assert len(plan.shelters) == 18


def test_xiangshan_shelters_beyond_one_a_unit_follow_residents() -> None:
    units = yaml.safe_load((ROOT / "conf/county/xiangshan.yaml").read_text(encoding="utf-8"))["units"]
    residents = {unit["id"]: unit["residents"] for unit in units}
    quota = {key: 14 * n / sum(residents.values()) for key, n in residents.items()}
    share = {key: 1 + int(value) for key, value in quota.items()}
    left = 32 - sum(share.values())
    for key in sorted(quota, key=lambda key: -(quota[key] % 1))[:left]:
        share[key] += 1
    assert {row.place: row.count for row in load_plan("xiangshan", "baseline").shelters} == share


def test_xiangshan_builds_three_landing_sites() -> None:
    assert len(load_plan("xiangshan", "five_year").landing_sites) == 3
    assert load_plan("xiangshan", "baseline").landing_sites == ()


def test_crews_that_are_called_in_leave_later_by_night_and_in_farm_season() -> None:
    for key in ("militia_squad", "militia_company"):
        turnout = load_team_types()[key].turnout
        assert turnout.night.median > turnout.day.median >= 20 * 60
        assert turnout.busy_months
        assert turnout.busy_factor > 1


def test_standing_crews_leave_in_two_minutes() -> None:
    assert load_team_types()["township_comprehensive"].turnout.day.median <= 120
    assert load_team_types()["national_fire_brigade"].turnout.night.median <= 60


def test_part_time_line_rates_stay_below_a_measured_type_ii_crew() -> None:
    # Broyles 2011, table 3, converted: type II hand crew, direct, fuel model 8: 7.1 m a person and hour.
    rates = {key: kind.rates["fire_line"] for key, kind in load_team_types().items()}
    assert rates["militia_squad"] == rates["militia_company"] == pytest.approx(7.1 / 2, abs=0.06)
    assert rates["part_time_county"] < 7.1
    assert rates["township_comprehensive"] == 7.1
    assert rates["forest_fire_team"] == 10.6


def test_hand_tools_stop_at_four_feet() -> None:
    for key in ("militia_squad", "militia_company", "part_time_county"):
        kind = load_team_types()[key]
        assert kind.max_flame_m is None and longest_flame(kind.tools) == pytest.approx(4 * 0.3048)


def test_team_types_say_on_what_they_rest() -> None:
    for key, kind in load_team_types().items():
        assert kind.source, key
        assert kind.turnout.day.source, key
        assert kind.turnout.night.source, key


@pytest.mark.parametrize("county", ["yueyang", "xiangshan"])
def test_targets_have_sentence_source_and_a_kpi(county: str) -> None:
    kpis = {spec.key: spec for spec in ENGINE_KPIS}
    targets = load_targets(county)
    assert targets.id == county
    assert len({target.key for target in targets.targets}) == len(targets.targets)
    for target in targets.targets:
        assert target.sentence_zh, target.key
        assert target.sentence, target.key
        assert target.note, target.key
        assert re.search(r"规划|绍兴", target.source), target.key
        assert target.kpi in set(kpis) | OF_A_HAZARD, target.key
        if target.kpi in kpis:
            assert target.unit == kpis[target.kpi].unit, target.key


@pytest.mark.parametrize("county", ["yueyang", "xiangshan"])
def test_sentences_of_other_plans_are_marked_as_borrowed(county: str) -> None:
    own = {"yueyang": "岳阳县", "xiangshan": "象山县"}[county]
    for target in load_targets(county).targets:
        assert target.source.startswith(own) != target.source.endswith("borrowed"), target.key


def test_tables_of_the_page_are_those_of_the_files() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run python -m tests.plan_tables"
