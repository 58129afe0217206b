"""How warnings spread and what people make of them: channels, neighbours, milling, compliance, mobilisation."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.settings.base import Delay, Duration, Item, Positive, Settings, Share

Need = Literal["mobile", "power"]
"""What a channel cannot do without: the mobile network (which needs power itself), or power alone."""
ChannelName = Literal["mobile_message", "loudspeaker", "broadcast", "door_to_door"]
FirstWord = Literal["mobile_message", "loudspeaker", "broadcast", "door_to_door", "neighbours", "sight"]
"""By what a household is warned first."""
OrderKind = Literal["mandatory", "advised"]

AT_ONCE = Delay(median=0.0)


class Channel(Item):
    """A channel that reaches a share of households, each after an exponential delay of its own."""

    reach: Share
    """Share of households that it reaches at all."""
    start: Delay = AT_ONCE
    """From the order until the channel carries it: writing, approving, issuing."""
    receipt: Duration
    """Median time from the channel's start until a household it reaches takes it in; the rate is ln 2 over it."""
    needs: tuple[Need, ...] = ()
    """Nothing is delivered in a zone where one of these has failed."""


class MobileMessage(Channel):
    """Messages and calls to mobile phones."""

    needs: tuple[Need, ...] = ("mobile",)


class Loudspeaker(Channel):
    """Village loudspeakers (大喇叭)."""

    needs: tuple[Need, ...] = ("power",)


class Broadcast(Channel):
    """Radio and television."""

    needs: tuple[Need, ...] = ("power",)


class DoorToDoor(Item):
    """Grid workers (网格员) and cadres who call at every door of their village in turn."""

    reach: Share
    """Share of households that open."""
    start: Delay = AT_ONCE
    workers_per_village: Annotated[float, Field(ge=0, le=1000)]
    """Workers of a village, however small it is."""
    households_per_worker: Annotated[float, Field(ge=1)] | None = None
    """One worker for so many households where that makes more of them; none counts by village alone."""
    households_per_worker_hour: Positive


class Neighbours(Item):
    """Warned households tell others: contagion."""

    reach: Share = 1.0
    """Share of households that neighbours talk to at all."""
    tells_per_hour: Annotated[float, Field(ge=0, le=100)]
    """Households of its village that a warned one speaks to in an hour, whether they know already or not."""


class Channels(Settings):
    """The channels a county has; those not given it does without."""

    mobile_message: MobileMessage | None = None
    loudspeaker: Loudspeaker | None = None
    broadcast: Broadcast | None = None
    door_to_door: DoorToDoor | None = None
    neighbours: Neighbours | None = None


class Warning(Item):
    """How an order reaches households: by channels, or in one lognormal delay.

    With ``channels`` it spreads by broadcast and contagion (see :mod:`agents.population.warning`); with
    ``delay`` each household has it after that delay, a share never, and a failed mobile network lengthens it.
    Raises ValueError unless exactly one of the two is given.
    """

    channels: Channels | None = None
    delay: Delay | None = None
    reach: Share = 0.97
    """With ``delay``: share of households that the warning reaches."""
    without_network_factor: Annotated[float, Field(ge=1, le=20)] = 3.0
    """With ``delay``: multiplier in a zone whose mobile network is down."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.channels is None) == (self.delay is None):
            raise ValueError("a warning has either channels or one delay")
        return self


class Milling(Settings):
    """Time from the warning to the decision: looking, asking, checking. Lognormal; none by default."""

    median: Duration = 0.0
    sigma: Annotated[float, Field(ge=0, le=3)] = 0.0
    by: dict[FirstWord, Delay] = {}
    """Another delay for those whose first word came by this channel."""
    source: str = ""


class Shadow(Settings):
    """Households near an ordered village that leave though nobody has ordered them to; none by default."""

    share: Share = 0.0
    within_m: Annotated[float, Field(ge=0, le=50_000)] = 3000.0
    """Villages nearer than this to an ordered one hear of it."""
    source: str = ""


class Mobilisation(Settings):
    """When those who comply set out: by the stages warning, milling and preparation, or after a stated curve.

    Share departed t after the zone's order: ``rayleigh`` 1 - exp(-t^2 / (2 scale^2)); ``lognormal`` by median
    and sigma; ``logistic`` 1 / (1 + exp(-(t - median) / scale)), cut off at t = 0 and made whole again. A
    curve stands for warning, milling and preparation together. Raises ValueError where a figure is missing.
    """

    model: Literal["stages", "rayleigh", "lognormal", "logistic"] = "stages"
    median: Annotated[Duration, Field(gt=0)] | None = None
    scale: Annotated[Duration, Field(gt=0)] | None = None
    sigma: Annotated[float, Field(gt=0, le=3)] | None = None
    source: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {"stages": (), "rayleigh": ("scale",), "lognormal": ("median", "sigma"),
                  "logistic": ("median", "scale")}[self.model]
        for name in ("median", "scale", "sigma"):
            given = getattr(self, name) is not None
            if given != (name in wanted):
                has = " and ".join(wanted) or "no figures"
                raise ValueError(f"mobilisation by {self.model!r} takes {has}"
                                 + (f", not {name}" if given else f": {name} is missing"))
        return self
