"""A few residents as columns, and the same people as plain agents in Mesa's own sets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mesa
import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from agents.population.every_agent_set import EveryAgentSet
from agents.population.resident_set import ResidentSet

DTYPES = {"age": "uint8", "state": "uint8", "village": "int32", "x": "float32", "y": "float32",
          "due_s": "float64", "away": "bool"}


class SmallPopulation:
    """The columns of some residents, as the population of a run keeps them."""

    def __init__(self, model: mesa.Model, columns: dict[str, NDArray[Any]]) -> None:
        self.model = model
        self.size = len(columns["age"])
        self.columns: dict[str, NDArray[Any]] = {"person_id": np.arange(self.size, dtype=np.int32), **columns}
        self.touched = 0
        self.index()

    def index(self) -> None:
        self.row_of = np.empty(self.size, np.int32)
        self.row_of[self.columns["person_id"]] = np.arange(self.size, dtype=np.int32)

    def resort(self, order: list[int]) -> None:
        """Move rows: row i becomes what row order[i] was."""
        self.columns = {name: column[order] for name, column in self.columns.items()}
        self.index()

    def touch(self) -> None:
        self.touched += 1


class Person(mesa.Agent):
    """A resident as Mesa would have it."""

    def __init__(self, model: mesa.Model, values: dict[str, Any]) -> None:
        super().__init__(model)
        for name, value in values.items():
            setattr(self, name, value)


class Team(mesa.Agent):
    """An agent that is an object in either world; it shares some attributes with residents."""

    def __init__(self, model: mesa.Model, values: dict[str, Any]) -> None:
        super().__init__(model)
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Twins:
    """The same people twice: as columns (``residents``) and as plain agents (``persons``)."""

    model: mesa.Model
    population: SmallPopulation
    residents: ResidentSet
    every: EveryAgentSet
    plain_model: mesa.Model
    persons: AgentSet
    plain_every: AgentSet
    keep: list[Any]

    def close(self) -> None:
        """Mesa 3.3 keeps models alive in a table of the class."""
        for model in (self.model, self.plain_model):
            getattr(mesa.Agent, "_ids", {}).pop(model, None)


def columns_of(rows: list[tuple[Any, ...]]) -> dict[str, NDArray[Any]]:
    """Turn rows of values, in the order of DTYPES, into columns."""
    return {name: np.array([row[i] for row in rows], dtype) for i, (name, dtype) in enumerate(DTYPES.items())}


def twins(rows: list[tuple[Any, ...]], teams: int = 0, seed: int = 1) -> Twins:
    """Make both worlds, their random numbers in the same state."""
    columns = columns_of(rows)
    model, plain_model = mesa.Model(rng=seed), mesa.Model(rng=seed)
    # Teams have what residents have, and a crew; their y is an int where residents' is a float.
    values = [{"crew": 3 * i % 7, "age": 20 + i, "state": i % 3, "village": i, "x": 0.5 * i, "y": i,
               "due_s": math.inf, "away": i % 2 == 0, "person_id": -1 - i} for i in range(teams)]
    team_objects = [Team(model, v) for v in values]
    plain_teams = [Team(plain_model, v) for v in values]
    listed = {name: column.tolist() for name, column in columns.items()}
    persons = [Person(plain_model, {"person_id": i, **{name: v[i] for name, v in listed.items()}})
               for i in range(len(rows))]
    population = SmallPopulation(model, columns)
    residents = ResidentSet(population)
    model.random.seed(seed)
    plain_model.random.seed(seed)
    return Twins(
        model, population, residents, EveryAgentSet(AgentSet(team_objects, model.random), residents),
        plain_model, AgentSet(persons, plain_model.random),
        AgentSet([*plain_teams, *persons], plain_model.random), [team_objects, plain_teams, persons])
