"""Orders and warnings: which villages are ordered out, who has had word of it, and who minds.

An order spreads through its village (:mod:`agents.population.diffusion`). A household that has it, or that
sees a hazard near its home, mills about, complies or stays, and prepares. Near an ordered village some leave
who were not told to: shadow evacuation, by the same diffusion. A cancelled order lets all who have not left
stay, at once (assumption: the all-clear finds those who wait for it).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.population.columns import State
from agents.population.diffusion import Diffusion
from agents.population.kernels import rows_in_box
from agents.population.planning import Curve, Plans, decide
from agents.population.population import Population
from agents.population.warning import FirstWord
from sim.settings.scenario import Behaviour
from sim.settings.warning import OrderKind
from sim.settings.warning import Warning as WarningSettings

if TYPE_CHECKING:
    from sim.model import Simulation

BLIND = np.array([False, True])
"""Households to which the sight of a hazard is nothing new."""
HERE = (State.NORMAL, State.PREPARING, State.STAYING, State.AWAY)
"""States of those whom a cancelled order lets stay."""
LEAVING = (State.PREPARING, *(state for state in State if state not in (*HERE, State.DEAD)), State.AWAY)
"""States of those whose household has decided to leave, or has left."""


class Called(IntEnum):
    """How a village has been called on to leave; a higher one replaces a lower."""

    NOT = 0
    SHADOW = 1
    """Not at all, but it lies near one that has."""
    ADVISED = 2
    MANDATORY = 3


class Orders:
    """The orders of a run and who has had word of them; ``wake`` is called with the time of the next decision."""

    def __init__(
        self, model: Simulation, population: Population, plans: Plans, warning: WarningSettings,
        behaviour: Behaviour, wake: Callable[[float], None],
    ) -> None:
        self.model = model
        self.population = population
        self.plans = plans
        self.behaviour = behaviour
        self.diffusion = Diffusion(model, population, warning, behaviour.mobilisation)
        self._wake = wake
        places = len(model.world.places)
        self.first_order_s = math.inf
        self._shelters_stay = np.zeros(places, np.bool_)
        self.village_ordered_s = np.full(places, np.inf)
        """When each place was first ordered or advised to leave; inf where it was not, or no longer is."""
        self.village_called_s = np.full(places, np.inf)
        """When the word that is under way in each village was sent: of an order, of advice, or its neighbours'."""
        self.village_called = np.zeros(places, np.uint8)
        """:class:`Called` of each place."""
        self.version = 0
        """Raised by every order and its end, and where a hazard is seen first: each may change where refuge is."""
        self.warned = 0
        """Residents warned so far."""
        self.stayed = 0
        """Residents who had been ordered out and had not left when the order was cancelled."""
        self.called: list[Callable[[NDArray[np.int64]], None]] = []
        """Called with the villages (place rows) that have just been ordered or advised to leave."""
        self.cancelled: list[Callable[[NDArray[np.int64]], None]] = []
        """Called with the households that stay after all, when an order is cancelled."""
        first = np.asarray(model.world.households["first"])
        self._home_x, self._home_y = population.columns["home_x"][first], population.columns["home_y"][first]
        self._seeing = np.empty(len(first), np.int64)
        self.counts_from_s = np.full(places, np.inf)
        """When each place was first ordered or advised to leave since its last all-clear, if any; an order cancelled
        still counts, and one before the all-clear until the next is given. Clearance times count from it."""
        self._over = np.zeros(places, np.bool_)
        """Villages with an all-clear and no order since."""
        self._cleared = np.zeros(places, np.bool_)
        self._seen_in = np.zeros(places, np.bool_)
        """Villages where somebody has seen a hazard."""
        ways = behaviour
        advised = ways.compliance if ways.compliance_advised is None else ways.compliance_advised
        self._share = np.array([0.0, ways.shadow.share, advised, ways.compliance])
        self._seen_share = ways.compliance if ways.compliance_seen is None else ways.compliance_seen
        own = {str(word): delay for word, delay in ways.milling.by.items()}
        by = [own.get(word.name.lower(), ways.milling) for word in FirstWord]
        self._milling_median = np.array([delay.median for delay in by])
        self._milling_sigma = np.array([delay.sigma for delay in by])
        if behaviour.notice_distance_m > 0:
            model.after_hazards.append(self._look_out)
        model.infrastructure.listeners.append(self._works_changed)

    @property
    def ordered(self) -> NDArray[np.bool_]:
        """Which places (places,) are villages ordered or advised to leave."""
        return np.isfinite(self.village_ordered_s)

    @property
    def emptied(self) -> NDArray[np.bool_]:
        """Which places (places,) are villages to be left by everybody, so that their shelters are of no use."""
        return self.ordered & ~self._shelters_stay

    @property
    def uneasy(self) -> NDArray[np.bool_]:
        """Which places (places,) take no guests: villages called on in any way, or where a hazard has been seen."""
        return (self.village_called != Called.NOT) | self._seen_in

    # -- orders ---------------------------------------------------------------------------------------

    def order(
        self, villages: NDArray[np.integer], kind: OrderKind = "mandatory", *, shelters_stay: bool = False,
    ) -> int:
        """Order villages (place rows) to leave now, or advise it; return how many residents that is news to.

        With ``shelters_stay`` people leave their homes and not the place: its shelters take them in.

        Who has already decided to leave, or has seen the hazard, is not asked again. An order repeated is news to
        nobody at home, but may change whether shelters stay: their people move on, or need not any more.
        """
        now = self.model.now
        called = Called.MANDATORY if kind == "mandatory" else Called.ADVISED
        fresh = np.unique(villages).astype(np.int64)
        self._keep_shelters(fresh[self.village_called[fresh] == called], shelters_stay)
        fresh = fresh[self.village_called[fresh] < called]
        if len(fresh) == 0:
            return 0
        self.version += 1
        self.first_order_s = min(self.first_order_s, now)
        self.village_ordered_s[fresh] = np.minimum(self.village_ordered_s[fresh], now)
        anew = fresh[self._over[fresh] | np.isinf(self.counts_from_s[fresh])]
        self.counts_from_s[anew], self._over[anew] = now, False
        self._cleared[fresh] = False
        self._shelters_stay[fresh] = shelters_stay
        households = self.population.households_of(fresh)
        members = self.population.members(households)
        self.population.columns["ordered"][members] = True
        self.count_anew(members)
        self._call(fresh, called)
        self._call_shadow()
        places = self.model.world.places
        self.model.events.add_batch(
            np.full(len(fresh), now), "warning_order", [""] * len(fresh), [places[int(v)].id for v in fresh],
            np.array([places[int(v)].x for v in fresh]), np.array([places[int(v)].y for v in fresh]),
            None if kind == "mandatory" else [f'{{"kind": "{kind}"}}'] * len(fresh))
        for listener in self.called:
            listener(fresh)
        return len(members)

    def count_anew(self, people: NDArray[np.int64]) -> None:
        """Have residents (rows) who came home from an earlier leaving count as not left and not safe."""
        columns = self.population.columns
        back = people[np.isfinite(columns["depart_s"][people]) & np.isin(columns["state"][people], HERE)]
        columns["depart_s"][back] = columns["safe_s"][back] = np.inf

    def all_clear(self, villages: NDArray[np.integer]) -> None:
        """Note an all-clear: an order after it begins another evacuation."""
        self._over[villages] = True

    def _keep_shelters(self, villages: NDArray[np.int64], stay: bool) -> None:
        """Change whether the shelters of villages with an order of the same kind stay."""
        changed = villages[self._shelters_stay[villages] != stay]
        if len(changed) == 0:
            return
        self.version += 1
        self._shelters_stay[changed] = stay
        for listener in self.called:
            listener(changed)

    def cancel(self, villages: NDArray[np.integer]) -> int:
        """Cancel the orders of villages; those under way go on, the others stay. Return how many residents stay."""
        rows = np.unique(villages).astype(np.int64)
        rows = rows[self.village_called[rows] >= Called.ADVISED]
        if len(rows) == 0:
            return 0
        self.version += 1
        self._cleared[rows] = True
        self.village_ordered_s[rows] = np.inf
        stay = self._release(rows)
        columns, members = self.population.columns, self.population.members(stay)
        at_home = members[columns["state"][members] == State.NORMAL]
        columns["ordered"][at_home] = False
        self.stayed += len(at_home)
        self._call_shadow()
        return len(at_home)

    def _release(self, villages: NDArray[np.int64]) -> NDArray[np.int64]:
        """Call on villages no longer; return the households that forget it: not all of them out, and not by sight."""
        self.version += 1
        self.village_called[villages] = Called.NOT
        self.village_called_s[villages] = np.inf
        households = self.population.households_of(villages)
        stay = households[~self.plans.seen[households] & self._any(households, HERE)]
        self.plans.forget(stay)
        columns, members = self.population.columns, self.population.members(stay)
        columns["state"][members[np.isin(columns["state"][members], HERE)]] = State.NORMAL
        self.population.touch()
        for listener in self.cancelled:
            listener(stay)
        return stay

    def _call_shadow(self) -> None:
        """Have villages hear of orders given to those near them, and forget orders there are no longer."""
        shadow = self.behaviour.shadow
        if shadow.share == 0.0:
            return
        villages = self.model.world.places.of_kind("village")
        rows = np.array([v.row for v in villages], np.int64)
        x, y = np.array([v.x for v in villages]), np.array([v.y for v in villages])
        out = self.village_called[rows] >= Called.ADVISED
        away = np.hypot(x[:, None] - x[out], y[:, None] - y[out]).min(axis=1, initial=np.inf)
        near = away <= shadow.within_m
        called = self.village_called[rows]
        self._release_if_any(rows[(called == Called.SHADOW) & ~near])
        self._call(rows[(called == Called.NOT) & near & ~self._cleared[rows]], Called.SHADOW)

    def _release_if_any(self, villages: NDArray[np.int64]) -> None:
        if len(villages):
            self._release(villages)

    def _any(self, households: NDArray[np.int64], states: tuple[State, ...]) -> NDArray[np.bool_]:
        """Return whether any member of each household (n,) is in one of some states."""
        among = np.isin(np.arange(len(State)), states)
        members = self.population.members(households)
        sizes = np.asarray(self.model.world.households["size"])[households]
        index = np.repeat(np.arange(len(households)), sizes)
        return np.bincount(index, among[self.population.columns["state"][members]], len(households)) > 0

    # -- word -----------------------------------------------------------------------------------------

    def _call(self, villages: NDArray[np.int64], called: Called) -> None:
        """Send word to villages now: to all there who have not already decided to leave, or seen the hazard."""
        if len(villages) == 0:
            return
        now, plans = self.model.now, self.plans
        self.version += 1
        self.village_called[villages] = called
        self.village_called_s[villages] = now
        households = self.population.households_of(villages)
        # Who came home again since is at home like anybody else.
        leaving = plans.complies[households] & (~plans.received[households] | self._any(households, LEAVING))
        refuses = plans.seen[households] & ~plans.complies[households]
        plans.forget(households[(plans.warned_s[households] > now) | ~(leaving | refuses)])
        self._inform(villages)

    def _inform(self, villages: NDArray[np.int64]) -> None:
        """Plan anew, from now on, all in some villages who have not heard."""
        plans = self.plans
        pending = self.diffusion.hear(villages, self.village_called_s, plans.heard_s, plans.word)
        plans.warned_s[pending] = plans.heard_s[pending]
        self._decide(pending)
        # Where nobody was ordered, only those who leave nevertheless are reckoned as warned.
        village = self.population.household_village[pending]
        unmoved = (self.village_called[village] == Called.SHADOW) & ~plans.complies[pending]
        plans.warned_s[pending[unmoved]] = np.inf
        self._queue(pending)

    def _decide(self, households: NDArray[np.int64]) -> None:
        plans, ways, streams = self.plans, self.behaviour, self.model.streams
        village = self.population.household_village[households]
        share = np.where(plans.seen[households], self._seen_share, self._share[self.village_called[village]])
        curve = ways.mobilisation
        decide(
            households, self.diffusion.ids, share, self._milling_median, self._milling_sigma,
            ways.preparation.median, ways.preparation.sigma, int(Curve[curve.model.upper()]), curve.median or 0.0,
            curve.scale or 0.0, curve.sigma or 0.0, np.uint64(streams.key("compliance")),
            np.uint64(streams.key("milling")), np.uint64(streams.key("preparation")),
            np.uint64(streams.key("mobilisation")), self.village_called_s[village], plans.warned_s, plans.word,
            plans.depart_s, plans.complies)

    def _queue(self, households: NDArray[np.int64]) -> None:
        self.plans.queue(households)
        if not math.isinf(self.plans.next_s):
            self._wake(self.plans.next_s)

    def _works_changed(self, zones: list[str]) -> None:
        """Plan anew those to whom a channel now comes later or sooner."""
        villages = self.diffusion.villages_in(zones)
        villages = villages[np.isfinite(self.village_called_s[villages])]
        if len(villages):
            self._inform(villages)

    # -- sight ----------------------------------------------------------------------------------------

    def _look_out(self, t_s: float) -> None:
        """Have households notice a hazard that has come nearer to their home than the notice distance."""
        far, plans = self.behaviour.notice_distance_m, self.plans
        for hazard in self.model.hazards:
            box = hazard.reach()
            if box is None:
                continue
            blind = (plans.seen | ((plans.warned_s <= t_s) & plans.complies)).view(np.uint8)
            n = rows_in_box(self._home_x, self._home_y, BLIND, blind, box.x0 - far, box.y0 - far,
                            box.x1 + far, box.y1 + far, self._seeing)
            near = self._seeing[:n]
            if n:
                away = hazard.distance(self._home_x[near], self._home_y[near])
                self.notice(near[away <= far])

    def notice(self, households: NDArray[np.int64]) -> None:
        """Let households that see the hazard prepare without any order; who had refused to leave thinks again."""
        now, plans = self.model.now, self.plans
        rows = np.sort(households[~plans.seen[households]])
        refused = (plans.warned_s[rows] <= now) & ~plans.complies[rows]
        draws = self.model.streams.of("compliance").uniforms(self.diffusion.ids[rows])
        plans.seen[rows] = True
        where = np.unique(self.population.household_village[rows])
        if not self._seen_in[where].all():
            self._seen_in[where] = True
            self.version += 1
        fresh = rows[(plans.warned_s[rows] > now) | (refused & (draws < self._seen_share))]
        if len(fresh) == 0:
            return
        heard = np.minimum(plans.heard_s[fresh], now)
        plans.forget(fresh)
        plans.heard_s[fresh], plans.warned_s[fresh], plans.word[fresh] = heard, now, FirstWord.SIGHT
        self._decide(fresh)
        self._queue(fresh)
        # They tell their neighbours, where there is an order to tell of.
        villages = np.unique(self.population.household_village[fresh]).astype(np.int64)
        villages = villages[np.isfinite(self.village_called_s[villages])]
        if len(villages) and self.diffusion.per_s > 0.0:
            self._inform(villages)

    # -- receipt --------------------------------------------------------------------------------------

    def receive(self, households: NDArray[np.int64]) -> None:
        """Have households whose warning has come prepare or stay."""
        columns = self.population.columns
        members = self.population.members(households)
        sizes = np.asarray(self.model.world.households["size"])[households]
        complies = np.repeat(self.plans.complies[households], sizes)
        at = np.repeat(self.plans.warned_s[households], sizes)
        everyday = (columns["state"][members] == State.NORMAL) | (columns["state"][members] == State.STAYING)
        rows = members[everyday]
        columns["state"][rows] = np.where(complies[everyday], State.PREPARING, State.STAYING)
        self.warned += int(np.count_nonzero(np.isinf(columns["warned_s"][rows])))
        columns["warned_s"][rows] = np.minimum(columns["warned_s"][rows], at[everyday])
