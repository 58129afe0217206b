"""Crews at a fire without the rest of a run: steps of work ordered one after the other, as teams order them."""

from dataclasses import dataclass, field

import numpy as np

from sim.command import Command

STEP_S = 300.0


@dataclass
class Crew:
    """A crew as its team would offer itself to the action."""

    team: str
    x: float
    y: float
    m_per_h: float
    clockwise: bool = True
    tool: tuple = ("hand_tools",)
    people: float = 20.0
    more: dict = field(default_factory=dict)
    log: list = field(default_factory=list)

    def step(self, fire, seconds=STEP_S):
        """Order one step of work now; return its figures."""
        args = {"team": self.team, "x": self.x, "y": self.y, "metres": self.m_per_h * seconds / 3600.0,
                "clockwise": self.clockwise, "tool": self.tool, "people": self.people, "seconds": seconds, **self.more}
        result = fire.act(Command(fire.time_s, 0, "team", "build_line", args))
        assert result.accepted, result.reason
        f = result.figures
        self.x, self.y = f["x"], f["y"]
        self.log.append((fire.time_s, result.reason, f))
        return f


def fight(fire, crews, until_s, seconds=STEP_S, each=None):
    """Let crews work in steps until the fire is contained or a time; return the time."""
    while fire.time_s < until_s:
        fire.advance(fire.time_s + seconds)
        done = [crew.step(fire, seconds)["done"] for crew in crews]
        if each is not None:
            each(fire)
        if any(done):
            break
    return fire.time_s


def at_task(fire, number, **more):
    """Two crews at a fire's task, one each way round."""
    task = fire.incidents()[number - 1]
    return [Crew(name, task.x, task.y, clockwise=clockwise, **more) for name, clockwise in (("a", True), ("b", False))]


def line_cells(fire):
    """Rows and columns of the line that stands."""
    return np.nonzero(fire.fields()["status"] == 3)


CASES = (("short dry grass, 5 m/s, 600 m/h a crew", 102, 5.0, 600.0, 1.0),
         ("the same, 8 m/s, 1500 m/h", 102, 8.0, 1500.0, 0.7),
         ("long-needle litter, 10 m/s, 1000 m/h", 9, 10.0, 1000.0, 3.0))


def tactics_table():
    """Print what each tactic makes of a fire on flat ground: two crews with blowers and a torch, one each way round."""
    from scenarios.forest_fire.tactics import SCORES
    from tests.fires import forest_fire
    from tests.worlds import flat_world

    for title, fuel, wind, rate, hours in CASES:
        print(f"{title}\n{'tactic':20s}  contained h  burned ha  line km  burned out km  withdrawals")
        for tactic in ("nearest", *SCORES):
            fire = forest_fire(
                flat_world(161, 161, 60.0, fuel=fuel, villages=[("east", 80, 120)]),
                weather={"wind_mps": wind, "wind_from_deg": 270.0, "temperature_c": 30.0, "humidity_pct": 20.0},
                suppression={"tactic": tactic, "night": {"rule": "any"}, "mop_up": {"reignitions_per_km_h": 0}})
            fire.advance(hours * 3600.0)
            fight(fire, at_task(fire, 1, m_per_h=rate, tool=("blower", "drip_torch")), 24 * 3600.0)
            s = fire.summary()
            print(f"{tactic:20s}  {s['fire.contained_h'] or float('nan'):11.1f}  {s['fire.burned_ha']:9.0f}"
                  f"  {s['fire.line_km']:7.1f}  {s['fire.burned_out_km']:13.1f}  {s['fire.withdrawals']:11.0f}")


if __name__ == "__main__":
    tactics_table()
