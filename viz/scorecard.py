"""The scorecard on a terminal: every KPI against its target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from viz.words import Words

if TYPE_CHECKING:
    from rich.table import Table

SIGNS = {"<=": "≤", ">=": "≥", "==": "="}
STYLES = {"met": "bold green", "missed": "bold red", "unknown": "yellow", "undecided": "yellow"}
TOO_SHORT = "run_too_short"
NONE_WHILE = "none while"
"""Words of a definition that say: no value means that it has not happened."""


def verdict(row: dict[str, Any]) -> str:
    """Return how a KPI stands: ``met``, ``missed``, ``undecided`` (the run was too short), ``unknown`` or ``none``.

    ``unknown`` has a target but no value, ``none`` has no target.
    """
    if row.get("target") is None:
        return "none"
    if row.get("met") is None:
        return "undecided" if row.get("why") == TOO_SHORT else "unknown"
    return "met" if row["met"] else "missed"


def value_text(row: dict[str, Any], words: Words) -> str:
    """Return a KPI's value with its unit; where it has none, whether that did not happen or does not apply."""
    why = row.get("why")
    if row.get("value") is not None:
        text = words.value(row["value"], str(row["unit"]))
        return words("none.so_far", value=text) if why == TOO_SHORT else text
    if why is None:  # a run folder of before: its definition tells
        why = "did_not_happen" if NONE_WHILE in str(row.get("definition", "")) else "does_not_apply"
    return words(f"none.{why}")


def target_text(row: dict[str, Any], words: Words) -> str:
    """Return a KPI's target with its operator and unit, such as ``≤ 30 min``; empty without one."""
    if row.get("target") is None:
        return ""
    return (
        f"{SIGNS.get(str(row['op']), str(row['op']))} {words.value(float(row['target']), str(row['unit']))}"
    )


def in_order(kpis: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the KPIs with a target first, the rest after them, each in the order written."""
    return sorted(kpis, key=lambda row: row.get("target") is None)


def terminal_scorecard(kpis: Sequence[dict[str, Any]], lang: str) -> Table:
    """Return a rich table of KPIs as ``kpis.json`` has them. Raises InputError for an unknown language."""
    from rich.table import Table
    from rich.text import Text

    words = Words(lang)
    with_target = [row for row in kpis if row.get("target") is not None]
    met = sum(row.get("met") is True for row in with_target)
    table = Table(title=words("fig.scorecard.title", met=met, of=len(with_target)), title_justify="left",
                  header_style="bold", show_edge=False, pad_edge=False)
    table.add_column("")
    table.add_column(words("column.kpi"))
    table.add_column(words("column.value"), justify="right")
    table.add_column(words("column.target"), justify="right")
    for row in in_order(kpis):
        kind = verdict(row)
        badge = Text("" if kind == "none" else words(f"verdict.{kind}"), style=STYLES.get(kind, ""))
        table.add_row(badge, Text(words.pick(row), style="" if kind != "none" else "dim"),
                      value_text(row, words), target_text(row, words))
    return table
