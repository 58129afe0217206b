"""A resident as a mesa.Agent: a view of one person's row in the population's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, cast

import mesa

from agents.population.column_values import PERSON_ID, PersonColumns, write_column

RESIDENT_ID_BASE = 1_000_000_000
"""Resident ``person_id`` p has the unique_id 1000000000 + p; Mesa numbers its own agents from 1."""


class Resident(mesa.Agent):
    """One resident; every column is an attribute, read and written in place (``r.age``, ``r.state = ...``).

    A view is made when it is asked for and thrown away after: two views of one person are equal, not
    identical, so compare them with ``==``. It holds the person's id, not a row, and outlives any re-sorting
    of rows. Mesa's own AgentSet holds agents weakly and would lose views at once: keep a ResidentSet or a
    list instead.
    """

    population: PersonColumns
    person_id: int

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise TypeError("residents come with the population and are not created; "
                        "get one by population.resident(person_id)")

    @classmethod
    def of(cls, population: PersonColumns, person_id: int) -> Resident:
        """Return the resident with an id. Raises KeyError when there is none."""
        if not 0 <= person_id < population.size:
            raise KeyError(f"no resident with person_id {person_id}; ids run from 0 to {population.size - 1}")
        return next(views(population, (int(person_id),)))

    @property
    def unique_id(self) -> int:
        """Mesa's id: RESIDENT_ID_BASE + person_id, whatever else was viewed before."""
        return RESIDENT_ID_BASE + self.person_id

    @property
    def row(self) -> int:
        """The person's row in the columns as they are now."""
        return int(self.population.row_of[self.person_id])

    @property
    def pos(self) -> tuple[float, float]:
        """Where the resident is, m: the columns x and y."""
        return (self.x, self.y)

    def remove(self) -> NoReturn:
        """Refuse: a resident stays in the population, whatever happens to it."""
        raise TypeError("residents are never removed from a run; say what became of one by its state")

    def __getattr__(self, name: str) -> Any:
        population = self.__dict__.get("population")
        if population is None or name not in population.columns:
            raise AttributeError(f"residents have no column or attribute {name!r}", name=name, obj=self)
        return population.columns[name][population.row_of[self.__dict__[PERSON_ID]]].item()

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name) or (name in self.__dict__ and name != PERSON_ID):
            raise AttributeError(f"a resident's {name} cannot be set")
        write_column(self.population, name, self.row, value)

    def __dir__(self) -> Iterable[str]:
        return sorted({*super().__dir__(), *self.population.columns})

    def __eq__(self, other: object) -> bool:
        if not issubclass(type(other), Resident):
            return NotImplemented
        them = cast(Resident, other)
        return self.person_id == them.person_id and self.model is them.model

    def __hash__(self) -> int:
        return hash(self.unique_id)

    def __repr__(self) -> str:
        return f"<Resident {self.person_id}>"


def views(population: PersonColumns, person_ids: Iterable[int]) -> Iterator[Resident]:
    """Yield a view for each id, which must be a Python int of a person there is."""
    model = population.model
    for person_id in person_ids:
        view = object.__new__(Resident)
        view.__dict__.update(model=model, population=population, person_id=person_id)
        yield view
