"""What exists: counties, scenarios, plans, targets, hazards, actions, KPIs, team types; a line each.

Reads the heads of the YAML files and the hazards' specs only, so that it answers at once.
"""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.catalogue import Catalogue
from experiments.locate import compose_nodes, loader, read_text
from sim.errors import InputError, did_you_mean

Row = dict[str, Any]
"""A row of a listing: ``id``, ``title`` and ``title_zh``, and what else is worth telling."""

HEAD = re.compile(r"^([A-Za-z_]\w*):(.*(?:\n(?:[ \t]+.*|[ \t]*(?:#.*)?|- .*)$)*)", re.MULTILINE)
"""A top-level key with the indented lines below it."""
NUMBERED_BLANKS = 2


def head(path: Path, keys: Sequence[str]) -> Row:
    """Return some top-level keys of a YAML file without parsing the rest of it."""
    import yaml

    text = read_text(path)
    parts = [match[0] for match in HEAD.finditer(text) if match[1] in keys]
    try:
        content = yaml.load("\n".join(parts), Loader=loader())
    except yaml.YAMLError:
        compose_nodes(path)
        content = yaml.load(text, Loader=loader())
    content = content if isinstance(content, dict) else {}
    return {key: content[key] for key in keys if content.get(key) is not None}


def counties(catalogue: Catalogue, _hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the counties: their name and residents."""
    rows = []
    for option in catalogue.options("county"):
        found = _head(catalogue, "county", option, ("name", "name_zh", "residents"))
        rows.append(
            {
                "id": option,
                "title": found.get("name", ""),
                "title_zh": found.get("name_zh", ""),
                "residents": found.get("residents"),
            }
        )
    return rows


def scenarios(catalogue: Catalogue, _hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the scenarios under the words that choose them, and the counties they are made for."""
    rows = []
    for option in catalogue.options("scenario"):
        found = _head(catalogue, "scenario", option, ("title", "title_zh", "counties"))
        rows.append(
            {
                "id": option.removesuffix("/default"),
                **_titles(found),
                "counties": list(found.get("counties", [])),
            }
        )
    return rows


def plans(catalogue: Catalogue, _hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the plans, as COUNTY/NAME."""
    return [
        {"id": option, **_titles(_head(catalogue, "plan", option, ("title", "title_zh")))}
        for option in catalogue.options("plan")
    ]


def targets(catalogue: Catalogue, _hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the sets of targets."""
    return [
        {"id": option, **_titles(_head(catalogue, "targets", option, ("title", "title_zh")))}
        for option in catalogue.options("targets")
    ]


def hazards(_catalogue: Catalogue, hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the hazards: what they are and their layers."""
    return [
        {
            "id": spec.name,
            "title": f"{spec.title}: {spec.doc}",
            "title_zh": spec.title_zh,
            "layers": [layer.name for layer in spec.layers],
        }
        for spec in _specs(hazard_paths)
    ]


def hazards_at_a_glance(_catalogue: Catalogue, hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the hazards' names and titles, read from the text of their spec.py: nothing is imported."""
    from experiments.hazards import hazard_folders

    rows = []
    for name, folder in sorted(hazard_folders(hazard_paths).items()):
        row: Row = {"id": name, "title": "", "title_zh": ""}
        try:
            tree = ast.parse(read_text(folder / "spec.py"))
        except SyntaxError:
            tree = ast.Module([], [])
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "HazardSpec":
                row |= {
                    word.arg: word.value.value
                    for word in call.keywords
                    if word.arg in ("title", "title_zh") and isinstance(word.value, ast.Constant)
                }
        rows.append(row)
    return rows


def actions(_catalogue: Catalogue, hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return every action with its arguments, their types and ranges."""
    from experiments.schema import arguments_of
    from sim.actions import ENGINE_ACTIONS

    owned = [("", spec) for spec in ENGINE_ACTIONS]
    owned += [(hazard.name, spec) for hazard in _specs(hazard_paths) for spec in hazard.actions]
    return [
        {
            "id": spec.name,
            "title": spec.doc,
            "title_zh": spec.doc_zh,
            "hazard": owner,
            "arguments": [
                {"name": name, "type": kind, "required": required}
                for name, kind, required in arguments_of(spec.args)
            ],
        }
        for owner, spec in sorted(owned, key=lambda row: row[1].name)
    ]


def kpis(_catalogue: Catalogue, hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return every KPI with its unit, scope and definition."""
    from sim.kpi_specs import ENGINE_KPIS

    found = [*ENGINE_KPIS, *(kpi for spec in _specs(hazard_paths) for kpi in spec.kpis)]
    return [
        {
            "id": kpi.key,
            "title": kpi.name,
            "title_zh": kpi.name_zh,
            "unit": kpi.unit,
            "scope": kpi.scope,
            "better": kpi.better,
            "definition": kpi.definition,
            "definition_zh": kpi.definition_zh,
        }
        for kpi in sorted(found, key=lambda kpi: kpi.key)
    ]


def teams(catalogue: Catalogue, _hazard_paths: tuple[Path, ...]) -> list[Row]:
    """Return the team types and their capabilities."""
    import yaml

    rows = []
    for option in catalogue.options("team_types"):
        path = catalogue.file("team_types", option)
        assert path is not None
        compose_nodes(path)
        for key, row in (yaml.load(read_text(path), Loader=loader()) or {}).items():
            if isinstance(row, dict):
                rows.append(
                    {
                        "id": f"{option}/{key}",
                        "title": row.get("name", ""),
                        "title_zh": row.get("name_zh", ""),
                        "capabilities": list(row.get("capabilities", [])),
                    }
                )
    return rows


KINDS: dict[str, Callable[[Catalogue, tuple[Path, ...]], list[Row]]] = {
    "counties": counties,
    "scenarios": scenarios,
    "plans": plans,
    "targets": targets,
    "hazards": hazards,
    "actions": actions,
    "kpis": kpis,
    "teams": teams,
}
AT_A_GLANCE = {
    "counties": counties,
    "scenarios": scenarios,
    "plans": plans,
    "targets": targets,
    "hazards": hazards_at_a_glance,
}
"""What ``sandtable list`` alone shows."""


def list_verb(
    kind: str | None, *, lang: str, json_: bool, config_dir: Path | None, hazard_paths: tuple[Path, ...]
) -> int:
    """Print a listing, or the short ones one after another; return 0."""
    if kind is not None and kind not in KINDS:
        raise InputError(
            "nothing of that kind to list",
            value=kind,
            where="command line",
            allowed=", ".join(KINDS),
            mend=did_you_mean(kind, KINDS),
        )
    catalogue = Catalogue(config_dir)
    wanted = {kind: KINDS[kind]} if kind else AT_A_GLANCE
    found = {name: rows_of(catalogue, hazard_paths) for name, rows_of in wanted.items()}
    if json_:
        print(json.dumps(found[kind] if kind else found, ensure_ascii=False, indent=2))
        return 0
    for name, rows in found.items():
        if not kind:
            print(f"{name}:")
        for line in lines(rows, lang):
            print(line if kind else f"  {line}")
        if not rows:
            print("none" if kind else "  none")
    if not kind:
        print("more: sandtable list " + "|".join(name for name in KINDS if name not in AT_A_GLANCE))
    return 0


def lines(rows: Sequence[Row], lang: str) -> list[str]:
    """Return a listing as text in a language: a line a row, actions' arguments below theirs."""
    width = max((_wide(str(row["id"])) for row in rows), default=0)
    out: list[str] = []
    for row in rows:
        title = row.get("title_zh") if lang == "zh" and row.get("title_zh") else row.get("title", "")
        text = (
            f"{row['id']}{' ' * (width - _wide(str(row['id'])) + NUMBERED_BLANKS)}{title}{_more(row, lang)}"
        )
        out.append(text.rstrip())
        for argument in row.get("arguments", []):
            needed = "" if argument["required"] else " (may be left out)"
            out.append(f"    {argument['name']}: {argument['type']}{needed}")
    return out


def _more(row: Row, lang: str) -> str:
    if "definition" in row:
        definition = row["definition_zh"] if lang == "zh" and row["definition_zh"] else row["definition"]
        return f" [{row['unit']}; {row['scope']}] {definition}"
    if row.get("residents"):
        return f" ({row['residents']:,} {'人' if lang == 'zh' else 'residents'})"
    for key in ("counties", "layers", "capabilities"):
        if row.get(key):
            return f" ({', '.join(map(str, row[key]))})"
    return f" ({row['hazard']})" if row.get("hazard") else ""


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _titles(found: Row) -> Row:
    return {"title": str(found.get("title", "")), "title_zh": str(found.get("title_zh", ""))}


def _head(catalogue: Catalogue, group: str, option: str, keys: Sequence[str]) -> Row:
    path = catalogue.file(group, option)
    assert path is not None
    return head(path, keys)


def _specs(hazard_paths: tuple[Path, ...]) -> list[Any]:
    from experiments.hazards import find_hazard, hazard_folders

    return [find_hazard(name, hazard_paths) for name in sorted(hazard_folders(hazard_paths))]
