"""What is assumed of an imported road whose lanes or speed the source leaves out, by its class.

Classes are OpenStreetMap's ``highway`` values. Assumption throughout: speeds are the lower end of the design
speeds that JTG B01-2014 gives to the class of road meant (expressway, class 1 to 4; memory), lanes are those of
one direction. A source that states a limit or a number of lanes is always taken at its word.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.world.classes import RoadClass


@dataclass(frozen=True)
class Default:
    """Lanes of one direction, free speed (km/h) and our class of a kind of road."""

    lanes: int
    speed_kmh: float
    road_class: RoadClass


DEFAULTS = {
    "motorway": Default(2, 100.0, RoadClass.EXPRESSWAY),
    "motorway_link": Default(1, 50.0, RoadClass.EXPRESSWAY),
    "trunk": Default(2, 80.0, RoadClass.NATIONAL),
    "trunk_link": Default(1, 40.0, RoadClass.NATIONAL),
    "primary": Default(1, 60.0, RoadClass.PROVINCIAL),
    "primary_link": Default(1, 40.0, RoadClass.PROVINCIAL),
    "secondary": Default(1, 50.0, RoadClass.COUNTY),
    "secondary_link": Default(1, 40.0, RoadClass.COUNTY),
    "tertiary": Default(1, 40.0, RoadClass.COUNTY),
    "tertiary_link": Default(1, 30.0, RoadClass.COUNTY),
    "unclassified": Default(1, 30.0, RoadClass.VILLAGE),
    "residential": Default(1, 30.0, RoadClass.STREET),
    "living_street": Default(1, 15.0, RoadClass.STREET),
    "service": Default(1, 15.0, RoadClass.STREET),
    "track": Default(1, 15.0, RoadClass.VILLAGE),
}
OTHER = Default(1, 30.0, RoadClass.VILLAGE)
"""A class that is not in the table, or none stated."""
NOT_FOR_CARS = frozenset({
    "bridleway", "bus_guideway", "busway", "construction", "corridor", "cycleway", "elevator", "footway", "path",
    "pedestrian", "platform", "proposed", "raceway", "steps",
})
"""Classes that are left out: no car may or can use them."""
ONE_WAY_CLASSES = frozenset({"motorway"})
"""Classes that run one way where the source does not say (OpenStreetMap's own rule for motorways)."""
