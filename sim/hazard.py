"""What a hazard is to the engine: what it declares, and what it must be able to do.

A hazard lives in one folder with two modules. ``spec.py`` imports neither mesa nor numba and holds
``SPEC``, a :class:`HazardSpec`; ``hazard.py`` holds ``build(context) -> Hazard``. The engine finds the
folder by the name in the scenario's YAML, in ``scenarios/`` or below ``--hazard-path``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from sim.command import ActionSpec, Command
from sim.kpi import KpiSpec
from sim.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.random import Streams
    from sim.settings.plan import Plan
    from sim.world.world import World


@dataclass(frozen=True)
class LayerSpec:
    """A field a hazard keeps over the grid or the links: its name, dtype, unit and meaning."""

    name: str
    dtype: str
    unit: str
    doc: str
    doc_zh: str = ""
    on: Literal["cell", "link"] = "cell"
    grows: bool = False
    """True for a raster whose finite values are first-arrival times: the replay then needs it only once."""


@dataclass(frozen=True)
class ColumnSpec:
    """A column the hazard wants kept for every resident, such as a toxic load."""

    name: str
    dtype: str
    unit: str
    doc: str


@dataclass(frozen=True)
class ToolSpec:
    """A tool that teams may have for a hazard's tasks; ``works`` is false for one that does none of the work."""

    name: str
    name_zh: str
    doc: str
    works: bool = True


@dataclass(frozen=True)
class RowsFile:
    """A setting that names a CSV file: its rows are taken into another setting when settings are composed.

    The path is relative to the YAML it stands in (to the working folder on the command line). ``row`` is the
    model of one row; its keys are the file's columns.
    """

    setting: str
    into: str
    row: type[BaseModel]


@dataclass(frozen=True)
class HazardSpec:
    """All that can be known of a hazard without building one."""

    name: str
    title: str
    title_zh: str
    doc: str
    settings: type[BaseModel]
    layers: tuple[LayerSpec, ...] = ()
    actions: tuple[ActionSpec, ...] = ()
    person_columns: tuple[ColumnSpec, ...] = ()
    kpis: tuple[KpiSpec, ...] = ()
    row_files: tuple[RowsFile, ...] = ()
    capabilities: tuple[str, ...] = ()
    """What teams must be able to do for the tasks it raises; a plan where none can is warned of."""
    tools: tuple[ToolSpec, ...] = ()
    """What teams with such a capability must have at least one of; empty where bare hands do."""


@dataclass(frozen=True)
class HazardContext:
    """What a hazard is built from; ``settings`` is an instance of its spec's settings model.

    ``start_hour`` is the local clock hour at t = 0.
    """

    world: World
    settings: Any
    streams: Streams
    start_hour: float
    month: int
    duration_s: float
    key: str
    """Name of this hazard in the run, unique where a run has two of a kind; the prefix of its tasks."""
    plan: Plan | None = None
    """The plan, for what it has built that stands in the hazard's way; None where there is none."""


@dataclass(frozen=True)
class Box:
    """A rectangle in world metres."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass
class RoadState:
    """How a hazard changes the links: speed factor in 0..1, closed, and why. Arrays of shape (links,)."""

    speed_factor: NDArray[np.float32]
    closed: NDArray[np.bool_]
    cause: str
    version: int = 0
    """Raised whenever the arrays change, so that routes are found again only then."""


@dataclass
class Harm:
    """What a hazard did to some residents between two times; arrays of shape (rows,).

    ``exposed`` is true for those touched in the interval. The probabilities are cumulative since the
    start, so that a resident with one fixed draw per outcome is dead once ``p_death`` passes it.
    """

    exposed: NDArray[np.bool_]
    p_injury: NDArray[np.float32]
    p_death: NDArray[np.float32]


@dataclass
class Forecast:
    """What the players were told at ``issued_s``: expected arrival per cell in seconds, inf for not reached."""

    issued_s: float
    arrival_s: NDArray[np.float32]
    horizon_s: float
    doc: str = ""


@dataclass(frozen=True)
class Signs:
    """How an incident shows from afar as it grows: smoke above it, and the area that burns, t s after it was raised."""

    smoke_mps: float
    """How fast the top of its smoke rises: so many metres above the ground a second."""
    growth_m2_s2: float = float("inf")
    """Its area is so many m2 times t^2; infinite where size does not matter."""
    at: tuple[float, float] | None = None
    """Where it shows (m), where that is not the place of its task."""


@runtime_checkable
class Visible(Protocol):
    """What a hazard may offer besides, so that those who look out see its incidents as they are."""

    def signs(self, task: Task) -> Signs | None:
        """Return how a task it has raised shows; None for one that nobody sees from afar."""
        ...


@dataclass
class ActionResult:
    """What came of an action: accepted or why not, and figures the caller may use."""

    accepted: bool
    reason: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HazardEvent:
    """Something that happened in a hazard, for the run's event log; ``detail`` is JSON or empty."""

    t_s: float
    kind: str
    place: str = ""
    x: float = math.nan
    y: float = math.nan
    detail: str = ""


class Hazard(Protocol):
    """A hazard in a running Simulation. Times are seconds since the scenario's start.

    A hazard may also have ``take_events() -> Sequence[HazardEvent]``: what happened since it was last asked, in
    order; the engine puts it into the event log under the hazard's key.
    """

    spec: HazardSpec
    key: str

    def next_event_s(self) -> float:
        """Return the time of the next change, or infinity while nothing can change unasked."""
        ...

    def advance(self, until_s: float) -> None:
        """Bring the fields to ``until_s``; never backwards."""
        ...

    def reach(self) -> Box | None:
        """Return the rectangle outside which nobody can be harmed now; None when nobody can be."""
        ...

    def distance(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return metres from points to the nearest place where it can harm now; inf where there is none."""
        ...

    def harm(
        self,
        rows: NDArray[np.intp],
        people: Mapping[str, NDArray[Any]],
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        indoors: NDArray[np.bool_],
        t0_s: float,
        t1_s: float,
    ) -> Harm:
        """Update the residents' own columns for [t0, t1] and return what it did to them.

        ``rows`` index the whole columns in ``people`` (the ones the spec declares); ``x``, ``y`` (m) and
        ``indoors`` are already those of the rows.
        """
        ...

    def road_state(self) -> RoadState | None:
        """Return how the links stand now, or None while every link is as it was built."""
        ...

    def act(self, command: Command) -> ActionResult:
        """Carry out one of the actions the spec declares."""
        ...

    def forecast(self, issued_s: float) -> Forecast | None:
        """Return what the players are told at ``issued_s``; never the truth to come."""
        ...

    def incidents(self) -> Sequence[Task]:
        """Return the tasks it raises now; the same id means the same task, its figures updated."""
        ...

    def fields(self) -> Mapping[str, NDArray[Any]]:
        """Return the layers the spec declares, as they stand now."""
        ...

    def summary(self) -> Mapping[str, float | None]:
        """Return the KPIs the spec declares; None where one has no value in this run."""
        ...


def combine(states: Sequence[RoadState], links: int) -> RoadState:
    """Combine the road states of several hazards: smallest factor, any closure, every cause kept."""
    import numpy as np

    out = RoadState(np.ones(links, np.float32), np.zeros(links, np.bool_), "")
    for state in states:
        np.minimum(out.speed_factor, state.speed_factor, out=out.speed_factor)
        out.closed |= state.closed
        out.version += state.version
    out.cause = "; ".join(state.cause for state in states if state.cause)
    return out
