"""The toy hazard at work."""

import numpy as np

from sim.hazard import ActionResult, Box, Forecast, Harm, RoadState
from sim.task import Task

from .spec import SPEC


def build(context):
    return RisingWater(context)


class RisingWater:
    spec = SPEC

    def __init__(self, context):
        self.context, self.key, self.settings = context, context.key, context.settings
        place = context.world.places.get(self.settings.place)
        self.x, self.y = place.x, place.y
        self.t, self.pumped, self.version = 0.0, 0.0, 0
        self.task = None
        links, nodes = context.world.roads.links, context.world.roads.nodes
        self.link_away = np.hypot(nodes["x"][links["head"]] - self.x, nodes["y"][links["head"]] - self.y)
        rows, cols = np.indices(context.world.grid.shape)
        gx, gy = context.world.grid.centre(rows, cols)
        self.cell_away = np.hypot(gx - self.x, gy - self.y)

    @property
    def radius(self):
        grown = self.settings.speed_mps * (self.t - self.settings.starts_s)
        return min(max(grown, 0.0), self.settings.most_m)

    def next_event_s(self):
        return np.inf if self.radius >= self.settings.most_m else max(self.t + 60, self.settings.starts_s)

    def advance(self, until_s):
        self.t = max(self.t, until_s)
        self.version += 1
        if self.radius > 0 and self.task is None:
            self.task = Task(f"{self.key}-1", "pump", "fire_line", self.x + 500, self.y, 1000.0, 1000.0, "m", "pump",
                             self.settings.starts_s)

    def reach(self):
        r = self.radius
        return Box(self.x - r, self.y - r, self.x + r, self.y + r) if r > 0 else None

    def distance(self, x, y):
        if self.radius == 0:
            return np.full(np.shape(x), np.inf, np.float32)
        return np.maximum(np.hypot(x - self.x, y - self.y) - self.radius, 0).astype(np.float32)

    def harm(self, rows, people, x, y, indoors, t0_s, t1_s):
        wet = np.hypot(x - self.x, y - self.y) <= self.radius
        people["wet_s"][rows] += np.where(wet, t1_s - t0_s, 0).astype(np.float32)
        p = np.where(people["wet_s"][rows] > 0, self.settings.deadly_share, 0).astype(np.float32)
        return Harm(wet, 2 * p, p)

    def road_state(self):
        if self.radius == 0:
            return None
        closed = self.link_away <= self.radius
        return RoadState(np.where(closed, 0, 1).astype(np.float32), closed, "water", self.version)

    def act(self, command):
        if command.action != "pump":
            return ActionResult(False, "unknown")
        done = min(command.args["metres"], self.task.remaining)
        self.task.remaining -= done
        self.task.done = self.task.remaining <= 0
        return ActionResult(True, figures={"built_m": done, "done": self.task.done})

    def forecast(self, issued_s):
        arrival = self.settings.starts_s + self.cell_away / self.settings.speed_mps
        arrival[self.cell_away > self.settings.most_m] = np.inf
        return Forecast(issued_s, arrival.astype(np.float32), 86400.0)

    def incidents(self):
        return [self.task] if self.task else []

    def fields(self):
        arrival = self.settings.starts_s + self.cell_away / self.settings.speed_mps
        return {"arrival_s": np.where(self.cell_away <= self.radius, arrival, np.inf).astype(np.float32)}

    def summary(self):
        return {"water.radius_m": self.radius}
