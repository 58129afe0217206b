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
