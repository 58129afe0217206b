"""Organised transfer (人员转移): who is on the list, who fetches them, and how those fetched behave.

The list and the cadres belong to the plan (``plan.transfer``): a county draws both up before the season, each
household with the cadre who answers for it (包保), and it is plans that are compared. How people take it
belongs to the scenario (``scenario.transfer``), as all behaviour does. Rates and entries stand in the
plan's YAML with their sources; a default here is an assumption and says so.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from sim.settings.base import Delay, Duration, Grade, PlaceRef, Positive, Settings, Share

Cause = Literal["dangerous_house", "landslide_spot", "low_ground", "outside_dike", "work_shed", "fish_raft",
                "moored_crew"]
"""Why somebody is on the list: 危房, 地质灾害隐患点, 低洼易涝, 海塘外, 工棚, 渔排, 泊港船员."""
CAUSES: tuple[Cause, ...] = get_args(Cause)
CAUSE_ZH: dict[Cause, str] = {
    "dangerous_house": "危房", "landslide_spot": "地质灾害隐患点", "low_ground": "低洼易涝", "outside_dike": "海塘外",
    "work_shed": "工棚", "fish_raft": "渔排", "moored_crew": "泊港船员",
}
AT_WORK: frozenset[Cause] = frozenset({"work_shed", "fish_raft", "moored_crew"})
"""Causes that concern a workplace: of a household only members of working age are listed."""

PlaceClass = Literal["urban", "rural", "county_seat", "town", "township", "subdistrict", "office", "lake_area"]
PerThousand = Annotated[float, Field(ge=0, le=1000)]


class AtRisk(Settings):
    """People at risk at one place by one cause: so many persons, or a share of the residents.

    ``at`` (lon, lat) is the spot itself: the households nearest to it are listed. An entry replaces the rate
    of its cause at its place.
    """

    place: PlaceRef
    cause: Cause
    persons: Annotated[int, Field(ge=0)] | None = None
    share: Share | None = None
    immobile_share: Share | None = None
    """Share of those listed who cannot walk out; the plan's figure when absent."""
    at: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None = None
    grade: Grade = "assumption"
    source: str = ""

    @model_validator(mode="after")
    def _one_measure(self) -> AtRisk:
        if (self.persons is None) == (self.share is None):
            raise ValueError("needs either persons or share")
        return self


class Rate(Settings):
    """Persons at risk per 1,000 residents by class of place: the unit's class if named, else the village's."""

    per_thousand: dict[PlaceClass, PerThousand]
    grade: Grade = "assumption"
    source: str = ""


class Cadres(Settings):
    """Who goes from door to door in a village, and how fast. Assumptions unless the plan's YAML gives a source."""

    per_village: Annotated[int, Field(ge=1, le=200)] = 4
    """Zhejiang had 216,000 people answerable for flood and typhoon in post for Chan-hom in 2015 (China News Service,
    10 July 2015), about seven a village with those of townships; four of them go from door to door. Assumption."""
    households_each: Annotated[int, Field(ge=1)] | None = None
    """Where given, a village has at least one cadre for so many households on its list."""
    households_per_hour: Positive = 4.0
    """Visits a cadre makes in an hour, the way between doors included. Assumption."""
    cars: Annotated[int, Field(ge=0)] = 1
    """Cadres of a village who come by car. Assumption."""
    seats: Annotated[int, Field(ge=1, le=60)] = 4
    """Passengers such a car takes. By its make: five seats with the driver's."""
    escort: Duration = 40 * 60.0
    """How long a trip with an immobile household keeps the cadre who drives it. Assumption."""
    escort_on_foot: Duration = 90 * 60.0
    """The same without a car: carried or wheeled. Assumption."""
    visits: Annotated[int, Field(ge=1, le=20)] = 4
    """How often a household is called on at most, the first time included. Assumption."""
    revisit_after: Duration = 45 * 60.0
    """How long a cadre leaves a household that refused or was out before calling again. Assumption."""
    grade: Grade = "assumption"
    source: str = ""


class TransferPlan(Settings):
    """A plan's organised transfer: the list of people at risk, the chain of orders and the cadres."""

    rates: dict[Cause, Rate] = {}
    at_risk: tuple[AtRisk, ...] = ()
    immobile_share: Share = 0.04
    """Share of listed residents who cannot walk out by themselves. Assumption."""
    priority: tuple[Cause, ...] = ("fish_raft", "moored_crew", "outside_dike", "landslide_spot", "work_shed",
                                   "dangerous_house", "low_ground")
    """Order of visits by cause: whom wind and water reach first. Assumption. Causes left out come last."""
    county_to_township: Delay = Delay(median=15 * 60.0, sigma=0.5, source="assumption: call to each township leader")
    township_to_village: Delay = Delay(median=20 * 60.0, sigma=0.6, source="assumption: calls to villages in turn")
    without_network_factor: Annotated[float, Field(ge=1, le=20)] = 3.0
    """Delay multiplier where the mobile network of the unit is down: somebody has to drive there. Assumption."""
    cadres: Cadres = Cadres()


class TransferConduct(Settings):
    """How households take being transferred. Every default is an assumption.

    American compliance figures do not stand for it: the caller is known, comes to the door and comes again.
    """

    persuaded: Share = 0.85
    """Probability that a household found at home agrees at the first call."""
    persuaded_later: Share = 0.6
    """The same at each later call: those who refused once are harder to move."""
    ready_share: Share = 0.6
    """Share of those persuaded who still need time to get ready; the others leave with the cadre at the door."""
    ready: Delay = Delay(median=25 * 60.0, sigma=0.5, source="assumption: papers, medicine, animals, locking up")
    ashore: Delay = Delay(median=45 * 60.0, sigma=0.4, source="assumption: boat or raft made fast, ferried ashore")
    """Added for fish rafts and moored crews."""
    relatives_share: Share = 0.8
    """Share of households that go to relatives (投亲靠友), not to a shelter (集中安置). Assumption; in floods in Anhui
    56,728 of 803,000 people moved were in shelters (soulun.net, figures of 12 July), so that 93 % were not."""
    relatives_share_at_work: Share = 0.1
    """The same for work sheds, rafts and crews, most of them from elsewhere. Assumption; China Economic Net, 23 Sept
    2014, found mostly workers from elsewhere in the shelters."""
    return_early_per_day: Annotated[float, Field(ge=0, le=100)] = 0.03
    """Rate at which a household sheltered or at relatives goes home before the all-clear, per day. Assumption."""
    unmet_relief_factor: Annotated[float, Field(ge=1, le=100)] = 3.0
    """Multiplier of that rate in a shelter without relief for longer than the patience below. Assumption."""
    relief_patience: Duration = 12 * 3600.0
    """How long people wait for the first relief before they are more likely to leave. Assumption."""
