"""What came of a transfer: its KPIs, and the named list as a table."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.population.cadres import Step
from agents.population.columns import State
from sim.settings.transfer import CAUSE_ZH, CAUSES

if TYPE_CHECKING:
    from agents.population.transfer import Transfer

MOST = 0.9
"""The share of those ordered out that "90 %" waits for."""
OUT = (Step.OUT, Step.GONE, Step.CLEARED)
"""Steps of households that have left and did not come home before the all-clear."""
HEADER = ("village", "village_zh", "cause", "cause_zh", "household", "persons", "immobile", "cadre", "ordered_s",
          "notified_s", "visits", "visited_s", "out_s", "deadline_s", "bound_for", "where", "safe_s", "fate")

KEYS = tuple(f"transfer.{name}" for name in (
    "listed", "ordered", "out_share", "out_by_deadline_share", "safe_by_deadline_share", "completed_p90_min",
    "completed_min", "returned_early", "refused"))


def is_out(transfer: Transfer) -> NDArray[np.bool_]:
    """Return which households (listed,) are out, or at home again after the all-clear."""
    return np.isin(transfer.step, OUT)


def safe_s(transfer: Transfer) -> NDArray[np.float64]:
    """Return when the last who left of each household was safe (listed,); inf while one is not, or none left.

    Who has come home since keeps the time, whatever evacuations have been ordered after it.
    """
    columns, listed = transfer.population.columns, transfer.listed
    if len(listed) == 0:
        return np.empty(0)
    people = listed.member
    home_s = transfer.homecoming.home_safe_s[people]
    home = np.isfinite(home_s)
    left = (home | np.isfinite(columns["depart_s"][people])) & (columns["state"][people] != State.DEAD)
    safe = np.where(home, home_s, columns["safe_s"][people])
    last = np.maximum.reduceat(np.where(left, safe, -np.inf), listed.start[:-1])
    return np.where(np.isfinite(transfer.out_s) & np.isfinite(last), last, np.inf)


def weighted_quantile(values: NDArray[np.float64], weight: NDArray[np.integer], share: float) -> float:
    """Return the least value at which ``share`` of the weight is reached (the inverse distribution function)."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    # A share of a whole number of persons may miss it by the last bit.
    at = int(np.searchsorted(reached, math.ceil(share * reached[-1] - 1e-9)))
    return float(values[order[at]])


def transfer_values(transfer: Transfer) -> dict[str, float | None]:
    """Return the transfer's KPIs (see :mod:`sim.kpi_specs`); none in a run that orders no transfer."""
    if transfer.orders == 0:
        return dict.fromkeys(KEYS)
    persons, out = transfer.listed.persons, is_out(transfer)
    ordered = np.isfinite(transfer.ordered_s)
    timed = ordered & np.isfinite(transfer.deadline_s)
    at = np.where(out, transfer.out_s, np.inf)

    def share(which: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
        total = int(persons[among].sum())
        return float(persons[which & among].sum()) / total if total else None

    def minutes(part: float) -> float | None:
        if not ordered.any():
            return None
        took = np.maximum(at[ordered] - transfer.ordered_s[ordered], 0.0)
        found = weighted_quantile(took, persons[ordered], part)
        return found / 60.0 if math.isfinite(found) else None

    return {
        "transfer.listed": float(persons.sum()),
        "transfer.ordered": float(persons[ordered].sum()),
        "transfer.out_share": share(out, ordered),
        "transfer.out_by_deadline_share": share(at <= transfer.deadline_s, timed),
        "transfer.safe_by_deadline_share": share(out & (safe_s(transfer) <= transfer.deadline_s), timed),
        "transfer.completed_p90_min": minutes(MOST),
        "transfer.completed_min": minutes(1.0),
        "transfer.returned_early": float(transfer.homecoming.returned),
        "transfer.refused": float(persons[transfer.step == Step.REFUSED].sum()),
    }


def transfer_rows(transfer: Transfer) -> list[dict[str, Any]]:
    """Return the named list, a row a household, with what came of it; times in seconds, empty where there is none."""
    world, columns, listed = transfer.model.world, transfer.population.columns, transfer.listed
    calls, places = transfer.rounds.calls, world.places
    safe = safe_s(transfer)
    rows = []
    for i in range(len(listed)):
        place, cause = places[int(listed.village[i])], CAUSES[listed.cause[i]]
        people = listed.member[listed.start[i]: listed.start[i + 1]]
        rows.append({
            "village": place.id, "village_zh": place.name_zh, "cause": cause, "cause_zh": CAUSE_ZH[cause],
            "household": f"H{calls.entity[i]}", "persons": int(listed.persons[i]), "immobile": int(listed.immobile[i]),
            "cadre": transfer.book.name(int(transfer.book.of[i]), places),
            "ordered_s": _time(transfer.ordered_s[i]), "notified_s": _time(calls.notified_s[i]),
            "visits": int(calls.visits[i]), "visited_s": _time(calls.visited_s[i]),
            "out_s": _time(transfer.out_s[i]), "deadline_s": _time(transfer.deadline_s[i]),
            "bound_for": "relatives" if transfer.rounds.to_relatives[i] else "shelter",
            "where": _where(transfer, people), "safe_s": _time(safe[i]), "fate": _fate(transfer, i, columns, people)})
    return rows


def write_transfer_list(transfer: Transfer, path: Path) -> None:
    """Write the named list as CSV."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, HEADER)
        writer.writeheader()
        writer.writerows(transfer_rows(transfer))


def _time(t_s: float) -> str:
    return f"{t_s:.0f}" if math.isfinite(t_s) else ""


def _where(transfer: Transfer, people: NDArray[np.int64]) -> str:
    """Return the shelter or host village where a household's members are, the first found."""
    columns = transfer.population.columns
    for person in people.tolist():
        state = columns["state"][person]
        if state == State.SHELTERED:
            return transfer.homecoming.shelters.rows[int(columns["shelter"][person])].id
        if state == State.HOSTED:
            village = int(transfer.population.node_village[columns["node"][person]])
            return transfer.model.world.places[village].id if village >= 0 else ""
    return ""


def _fate(transfer: Transfer, row: int, columns: Any, people: NDArray[np.int64]) -> str:
    """Return what came of a household in a word."""
    states = set(columns["state"][people].tolist())
    step = Step(int(transfer.step[row]))
    if states == {int(State.DEAD)}:
        return "dead"
    if step in (Step.OUT, Step.GONE):
        for state in (State.STRANDED, State.MOVING, State.AT_DOOR, State.LEFT, State.SHELTERED, State.HOSTED):
            if int(state) in states:
                word = state.name.lower()
                return word if step == Step.OUT else f"{word}_by_itself"
    if step in (Step.WAITING, Step.READY) and transfer.cut_off()[transfer.listed.village[row]]:
        return "cut_off"
    return step.name.lower()
