"""A plan: what the county has and builds (teams, camps, shelters, warehouses), and how it is run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sim.settings.aircraft import Aircraft, AirPolicy
from sim.settings.base import Delay, Duration, Hour, Item, PlaceId, PlaceRef, Positive, Settings, Share
from sim.settings.detection import Camera, Patrol, Sight, WatchTower
from sim.settings.firebreaks import Firebreak
from sim.settings.transfer import TransferPlan
from sim.settings.trigger import Trigger
from sim.settings.warning import Warning
from sim.settings.water import Tender, WaterGear, WaterPoint

Day = Annotated[int, Field(ge=1, le=12)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]


class Turnout(Settings):
    """Time from the order to wheels turning, by hour, and how much slower in the busy season.

    ``day`` holds from ``day_from`` to ``day_to`` (local hours), ``night`` otherwise.
    """

    day: Delay
    night: Delay
    day_from: Hour = 7
    day_to: Hour = 19
    busy_months: tuple[Day, ...] = ()
    busy_factor: Annotated[float, Field(ge=1, le=10)] = 1.0


class TeamType(Item):
    """What a kind of team is and can do: capabilities, turnout, speeds, work rates, endurance."""

    name: str
    name_zh: str
    capabilities: tuple[str, ...]
    turnout: Turnout
    road_speed_factor: Annotated[float, Field(gt=0, le=2)] = 1.0
    """Share of a link's free-flow speed the vehicles keep."""
    max_speed_kmh: Annotated[float, Field(gt=0, le=130)] = 60.0
    off_road_speed_kmh: Annotated[float, Field(gt=0, le=30)] = 2.0
    rates: dict[str, Annotated[float, Field(gt=0)]] = {}
    """Work per person and hour by capability, in the task's unit (metres of line, persons)."""
    tools: tuple[str, ...] = ()
    """What it works with, by the names the hazard's tools have (`forest_fire`: scenarios/forest_fire/tools.csv)."""
    crew_class: Literal["type1", "type2"] = "type2"
    """Whose table of line production it follows: hotshot crews' or all others'."""
    max_flame_m: Annotated[float, Field(gt=0, le=10)] | None = None
    """Longest flame it attacks, where that is less than its best tool's."""
    work_before_rest: Duration = 4 * 3600.0
    rest: Duration = 3600.0
    present: Share = 1.0
    """Share of the crew that answers the call."""
    water: WaterGear | None = None
    """Engine, pumps and hose, where it has any."""


class Team(Item):
    """A team on the plan: its type, its station and its crew; ``count`` makes several alike."""

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    type: str
    place: PlaceRef
    crew: AtLeastOne
    count: AtLeastOne = 1


class Camp(Item):
    """A rescue camp (营区): teams stationed at it sleep in, so that their night turnout is that of the day."""

    id: PlaceId
    name: str = ""
    name_zh: str = ""
    place: PlaceRef
    area_m2: Annotated[float, Field(ge=0)] = 0.0
    teams: tuple[str, ...] = ()


class Shelters(Item):
    """Shelters of one place and level; ``count`` of them, each of the same capacity."""

    id: PlaceId
    name_zh: str = ""
    place: PlaceRef
    level: Literal["county", "township", "village"] = "township"
    count: AtLeastOne = 1
    capacity: AtLeastOne
    opening: Delay
    open_at_start: bool = False
    staff: AtLeastOne | None = None
    """People who run each of them; with too few it takes in only ``persons_per_staff`` times as many, not its
    capacity. Nobody counts them where none are given."""
    persons_per_staff: AtLeastOne = 50
    """Assumption: what one of the staff can register, feed and keep order among."""

    @property
    def taken_in(self) -> int:
        """Return how many people each of them can take in: its capacity, or what its staff can look after."""
        return self.capacity if self.staff is None else min(self.capacity, self.staff * self.persons_per_staff)


class Warehouse(Item):
    """A relief warehouse: its stock of relief packs (one person, one day) and its trucks."""

    id: PlaceId
    name_zh: str = ""
    place: PlaceRef
    area_m2: Positive
    stock_packs: Count
    trucks: Count
    truck_load_packs: AtLeastOne
    docks: AtLeastOne = 1
    loading: Delay
    truck_turnout: Delay
    truck_speed_kmh: Positive = 50.0


class Buses(Item):
    """Buses that stand at a place: they fetch people without a vehicle from villages they are sent to."""

    id: PlaceId
    name_zh: str = ""
    place: PlaceRef
    count: AtLeastOne = 1
    capacity: Annotated[int, Field(ge=4, le=200)] = 45
    """Seats."""
    mobilisation: Delay
    """From the call until the bus moves off with its driver."""
    speed_kmh: Annotated[float, Field(gt=0, le=100)] = 45.0
    """Highest speed; a road's own is never exceeded."""
    boarding_s_per_person: Annotated[float, Field(ge=0, le=120)] = 4.0
    """Seconds to get on, and to get off. Assumption: with bags, children and the old."""
    wait_at_stop: Duration = 600.0
    """How long a bus with seats left waits at a stop for more people. Assumption."""
    on_order: bool = False
    """Whether it serves every village as soon as that is ordered out, without being sent."""


class LandingSite(Item):
    """A helicopter landing site (起降点)."""

    id: PlaceId
    name_zh: str = ""
    place: PlaceRef


FireTactic = Literal[
    "nearest", "anchor_flank_pinch", "head_attack", "point_protection", "indirect_ridge", "indirect_road",
]


class CommandPost(Item):
    """The county command centre: where it is, how fast it decides, whom it sends."""

    place: PlaceRef
    decision: Delay
    policy: Literal["nearest_capable"] = "nearest_capable"
    review: Duration = 600.0
    """How often the post looks again at what is going on and at whom to send."""
    teams_per_task: AtLeastOne = 4
    """Teams sent to a task at first."""
    finish_within: Duration | None = None
    """More are sent, one by one at each review, while those at a task could not finish what is left of it in this
    time by their rates; those at rest do not count. None sends no more."""
    fire_tactic: FireTactic = "nearest"
    """Where crews go on a fire and which part of it they work on next, unless the scenario or an action says."""
    warn_lead: Duration = 3 * 3600.0
    """Villages that the forecast front reaches within this time are ordered out."""
    warn_distance_m: Positive = 1500.0
    """Villages nearer to the front than this are ordered out whatever the forecast says."""
    trigger: Trigger = Trigger()
    """How near in time the forecast front must be: ``warn_lead`` for all, or each village's clearance time."""


class Measure(Settings):
    """A command that the plan gives at a time of the run."""

    at: Duration
    role: str = "plan"
    action: str
    args: dict[str, Any] = {}


LISTS = ("teams", "camps", "shelters", "warehouses", "buses", "landing_sites", "watch_towers", "cameras", "patrols",
         "water_points", "tenders", "aircraft", "firebreaks", "measures")
"""The lists of a plan that ``additions`` may add to."""


class Plan(Settings):
    """A county's plan as settings.

    A plan made from another (``defaults: [yueyang/baseline@_here_, _self_]``) says under ``additions`` what it adds
    to that one's lists; the lists of a validated plan have it all.
    """

    id: str
    title: str
    title_zh: str
    county: str
    doc: str = ""
    command: CommandPost
    warning: Warning
    teams: tuple[Team, ...] = ()
    camps: tuple[Camp, ...] = ()
    shelters: tuple[Shelters, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    buses: tuple[Buses, ...] = ()
    landing_sites: tuple[LandingSite, ...] = ()
    watch_towers: tuple[WatchTower, ...] = ()
    cameras: tuple[Camera, ...] = ()
    patrols: tuple[Patrol, ...] = ()
    sight: Sight = Sight()
    water_points: tuple[WaterPoint, ...] = ()
    tenders: tuple[Tender, ...] = ()
    aircraft: tuple[Aircraft, ...] = ()
    air: AirPolicy = AirPolicy()
    """When aircraft are asked for and where they drop."""
    firebreaks: tuple[Firebreak, ...] = ()
    measures: tuple[Measure, ...] = ()
    transfer: TransferPlan = TransferPlan()
    """Who is on the list of people at risk, and the cadres who fetch them."""

    @model_validator(mode="before")
    @classmethod
    def _add(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "additions" not in given:
            return given
        plan = dict(given)
        additions = plan.pop("additions")
        if not isinstance(additions, dict) or not set(additions) <= set(LISTS):
            raise ValueError(f"additions may have: {', '.join(LISTS)}")
        for name, rows in additions.items():
            if not isinstance(rows, list | tuple):
                raise ValueError(f"additions to {name} must be a list")
            plan[name] = [*plan.get(name, ()), *rows]
        return plan
