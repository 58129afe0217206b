"""Traffic: how cars fill, follow and choose the roads. Every default is an assumption unless it names a source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings.base import Duration, Settings, Share

ClosedLink = Literal["turn_back", "drive_on", "hold"]


class TrafficSettings(Settings):
    """Parameters of the link-queue model and of drivers' knowledge."""

    jam_spacing_m: Annotated[float, Field(gt=2, le=30)] = 7.5
    """Length of road a standing car takes in one lane: 1 / jam density. 7.5 m is what SUMO uses."""
    time_gap_s: Annotated[float, Field(gt=0, le=10)] = 1.6
    """Newell's tau: time lag between following cars. A lane's capacity is 1 / (tau + spacing / free speed): 1,760
    veh/h at 60 km/h, near the 1,700 pc/h usually given for a two-lane country road (HCM; memory)."""
    capacity_drop: Annotated[float, Field(ge=0, lt=0.5)] = 0.1
    """Share of capacity lost while a standing queue discharges; American evacuation studies use 0.10."""
    junction_delay: Annotated[Duration, Field(ge=0, le=120)] = 2.0
    """Seconds lost at a node where three or more roads meet. Assumption."""
    side_entry_weight: Annotated[float, Field(gt=0, le=2)] = 0.2
    """Share, in lanes, that cars leaving houses and side streets get of a full road at a node: one lets somebody in
    for every five that pass. Assumption; were it a whole lane's, those up the road would never move."""
    refresh: Annotated[Duration, Field(ge=10, le=3600)] = 300.0
    """How often informed drivers' routes are found again on present travel times."""
    smoothing: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Weight of the newest travel time in the one that routes use."""
    on_closed_link: ClosedLink = "turn_back"
    """What cars do on a link that closes under them: turn round when not yet half-way, drive on, or stand."""
    emergency_priority: Share = 0.7
    """Share of the queues' delay that rescue teams are spared, by siren and escort. Assumption."""
    background_trips_per_1000_h: Annotated[float, Field(ge=0, le=500)] = 4.0
    """Everyday car trips between units, per 1,000 residents and hour, while an evacuation is on. Assumption."""
