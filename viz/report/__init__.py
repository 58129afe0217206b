"""The report of a run: one HTML file that needs nothing beside it, in English or Chinese."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from viz.evacuation import EvacuationFacts
from viz.facts import RunFacts
from viz.fire import FireFacts
from viz.folder import RunFolder
from viz.household_moves import SAFE_KINDS
from viz.moments import moments
from viz.report import evacuation_section as section
from viz.report import fire_section
from viz.scorecard import in_order, target_text, value_text, verdict
from viz.telling import near_place
from viz.words import NONE, Words, number

HERE = Path(__file__).parent
FILE_NAME = {"en": "report.html", "zh": "report.zh.html"}
VILLAGES_SHOWN = 60
PLAN_ITEMS = re.compile(r"plan items graded \w+: (\d+) of (\d+)")
ROUTINE = ("turnout", "rest", "return", "back", "loaded")
MOMENTS_SHOWN = 80


def report_verb(run_folder: Path, *, lang: str) -> Path:
    """Write ``report.html`` (``report.zh.html`` in Chinese) and ``figures/*.png``; return the report's path.

    Raises InputError for an unknown language, or where the folder is no whole run folder.
    """
    words = Words(lang)
    folder = RunFolder(run_folder)
    facts = RunFacts(folder, words.lang)
    html = render(facts, draw_figures(facts))
    out = folder.path / FILE_NAME[lang]
    temporary = out.with_suffix(".html.tmp")
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(out)
    return out


def draw_figures(facts: RunFacts) -> dict[str, bytes]:
    """Draw every figure to ``figures/NAME.png`` (``NAME.zh.png`` in Chinese); return the bytes by name."""
    from viz.figures import figures_of
    from viz.figures.style import write_png

    where = facts.folder.path / "figures"
    where.mkdir(exist_ok=True)
    suffix = "" if facts.words.lang == "en" else f".{facts.words.lang}"
    return {name: write_png(draw(facts), where / f"{name}{suffix}.png") for name, draw in figures_of(facts).items()}


def render(facts: RunFacts, figures: dict[str, bytes]) -> str:
    """Return the report as HTML with its figures inside."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)
    words = facts.words
    evacuation = section.evacuation_section(EvacuationFacts(facts))
    first = [name for name in section.FIGURES if name in figures] if evacuation else []
    fire = fire_section.fire_section(FireFacts(facts))
    first += [name for name in fire_section.FIGURES if name in figures] if fire else []
    rest = [name for name in figures if name != "scorecard" and name not in (*first, *fire_section.FIGURES)]
    pictures = {name: {"name": name, "n": n, "data": base64.b64encode(figures[name]).decode(),
                       "caption": words(f"caption.{name}")} for n, name in enumerate([*first, *rest], 1)}
    return env.get_template("report.html.j2").render(
        w=words,
        lang="zh-CN" if words.lang == "zh" else "en",
        css=(HERE / "report.css").read_text(encoding="utf-8"),
        head=_head(facts),
        lead=_lead(facts, told=evacuation is not None),
        evacuation=evacuation,
        fire=fire,
        scorecard=_scorecard(facts),
        moments=_moments(facts),
        pictures=pictures,
        figures=[pictures[name] for name in rest],
        scorecard_png=base64.b64encode(figures["scorecard"]).decode(),
        teams=_teams(facts),
        not_sent=_not_sent(facts),
        villages=_villages(facts),
        footnotes=_footnotes(facts),
        machine=_machine(facts),
        settings=facts.folder.settings_text,
    )


def _head(facts: RunFacts) -> dict[str, Any]:
    words, manifest, folder = facts.words, facts.folder.manifest, facts.folder
    counts = manifest.get("counts", {})
    rows = [
        (words("report.county"), words.pick(manifest, "county_name")),
        (words("report.scenario"), f"{words.pick(manifest, 'scenario_title')} ({manifest['scenario']})"),
        (words("report.plan"), f"{words.pick(manifest, 'plan_title')} ({manifest['plan']})"),
        (words("report.targets"), words.pick(manifest, "targets_title") or NONE),
        (words("report.start"), f"{folder.start:%Y-%m-%d %H:%M} (UTC{folder.start:%z})"),
        (words("report.duration"), words.span(folder.duration_s)),
        (
            words("report.seed"),
            words("report.seed_value", seed=manifest["seed"], replication=manifest["replication"]),
        ),
    ]
    rows += [(words(f"count.{key}"), f"{int(counts[key]):,}") for key in
             ("residents", "households", "vehicles", "teams", "trucks", "shelters", "links") if key in counts]
    return {"title": words("report.title", county=words.pick(manifest, "county_name"),
                           scenario=words.pick(manifest, "scenario_title")), "rows": rows}


def _lead(facts: RunFacts, *, told: bool) -> list[str]:
    """Return the run in a few sentences, each from its events or KPIs, none where there is nothing to say.

    ``told`` says that the evacuation has sentences of its own.
    """
    words, folder, lines = facts.words, facts.folder, []
    onset = facts.of("ignition", "incident", "release")
    if onset:
        place = facts.all_names.get(onset[0]["place"]) or near_place(onset[0], facts)
        key = "lead.onset_at" if place else "lead.onset"
        lines.append(
            words(
                key, what=words(f"event.{onset[0]['kind']}"), place=place, time=_clock(facts, onset[0]["t_s"])
            )
        )
    if facts.alarm_s is not None:
        lines.append(
            words(
                "lead.alarm",
                time=_clock(facts, facts.alarm_s),
                after=words.span(facts.alarm_s - facts.onset_s),
            )
        )
    arrived = [team for team in facts.teams if team.on_scene_s is not None]
    ordered = [team for team in facts.teams if team.ordered_s is not None]
    if arrived:
        lines.append(
            words(
                "lead.teams",
                ordered=len(ordered),
                arrived=len(arrived),
                name=words.pick(vars(arrived[0])),
                after=words.span((arrived[0].on_scene_s or 0) - (facts.alarm_s or 0)),
            )
        )
    elif ordered:
        lines.append(words("lead.no_team", ordered=len(ordered)))
    ordered_out = [v for v in facts.villages if v.ordered_s is not None]
    people = facts.people_by_kind
    if (ordered_out or people) and not told:
        safe = sum(people.get(kind, 0) for kind in SAFE_KINDS)
        lines.append(
            words(
                "lead.evacuation",
                villages=len(ordered_out),
                residents=f"{sum(v.residents for v in ordered_out):,}",
                left=f"{people.get('departed', 0):,}",
                safe=f"{safe:,}",
            )
        )
    with_target = [row for row in folder.kpis if row.get("target") is not None]
    if with_target:
        missed = [words.pick(row) for row in with_target if row.get("met") is False]
        open_ = [words.pick(row) for row in with_target if verdict(row) == "undecided"]
        met = sum(row.get("met") is True for row in with_target)
        lines.append(words("lead.targets", met=met, of=len(with_target)))
        if missed:
            lines.append(words("lead.missed", names=words("list.join").join(missed)))
        if open_:
            lines.append(words("lead.undecided", names=words("list.join").join(open_)))
    return lines


def _clock(facts: RunFacts, t_s: float | None) -> str:
    """Return the time of day, with the day where it is not the first."""
    if t_s is None:
        return NONE
    when = facts.folder.clock(t_s)
    return f"{when:%H:%M}" if when.date() == facts.folder.start.date() else f"{when:%m-%d %H:%M}"


def _scorecard(facts: RunFacts) -> list[dict[str, str]]:
    words = facts.words
    return [{
        "verdict": verdict(row), "badge": words(f"verdict.{verdict(row)}") if verdict(row) != "none" else "",
        "name": words.pick(row), "key": row["key"], "value": value_text(row, words),
        "target": target_text(row, words), "definition": words.pick(row, "definition"),
        "scope": words.get(f"scope.{row.get('scope', 'run')}", ""),
        "source": str(row.get("source") or "") if row.get("target") is not None else "",
    } for row in in_order(facts.folder.kpis)]


def _moments(facts: RunFacts) -> list[dict[str, str]]:
    """Return the run's turning points, told in words with their clock; comings and goings are left out."""
    rows = [row for row in moments(facts) if row["kind"] not in ROUTINE]
    return [{"time": _clock(facts, row["t"]), "after": _after(facts, row["t"]), "text": row["text"]}
            for row in rows[:MOMENTS_SHOWN]]


def _after(facts: RunFacts, t_s: float) -> str:
    if facts.alarm_s is None:
        return ""
    minutes = round((t_s - facts.alarm_s) / 60)
    return f"{'+' if minutes >= 0 else '−'}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def _teams(facts: RunFacts) -> list[list[str]]:
    words, rows = facts.words, []
    for team in (team for team in facts.teams if team.ordered_s is not None):
        since_alarm, since_order = team.since(facts.alarm_s), team.since(team.ordered_s)
        turnout = (
            None if team.ordered_s is None or team.rolling_s is None else team.rolling_s - team.ordered_s
        )
        rows.append(
            [
                words.pick(vars(team)),
                _clock(facts, team.ordered_s),
                words.span(turnout),
                _clock(facts, team.on_scene_s),
                NONE if since_alarm is None else words.span(since_alarm * 60),
                NONE if since_order is None else words.span(since_order * 60),
                words.value(team.line_m, "m") if team.line_m else NONE,
            ]
        )
    return rows


def _not_sent(facts: RunFacts) -> str:
    words = facts.words
    names = [words.pick(vars(team)) for team in facts.teams if team.ordered_s is None]
    return words("report.not_sent", n=len(names), names=words("list.join").join(names)) if names else ""


def _villages(facts: RunFacts) -> dict[str, Any]:
    words = facts.words
    rows = [[words.pick(vars(v)), f"{v.residents:,}" if v.residents else NONE, _clock(facts, v.ordered_s),
             _clock(facts, v.first_left_s), f"{v.left:,}", f"{v.safe:,}", f"{v.left - v.safe:,}"]
            for v in facts.villages[:VILLAGES_SHOWN]]
    return {"rows": rows, "more": len(facts.villages) - len(rows)}


def _footnotes(facts: RunFacts) -> dict[str, Any]:
    words, manifest = facts.words, facts.folder.manifest
    grades = [(_of_what(str(what), words), words.get(f"grade.{grade}", str(grade)))
              for what, grade in manifest.get("data_grades", {}).items()]
    notes = [_said(note, words) for note in manifest.get("footnotes", [])]
    return {
        "grades": grades,
        "notes": notes,
        "warnings": [_said(w, words) for w in manifest.get("warnings", [])],
    }


def _of_what(what: str, words: Words) -> str:
    """Return what a grade is of, in the report's language where the words are known."""
    found = PLAN_ITEMS.fullmatch(what)
    return (
        words("grade_of.plan_items", n=found[1], of=found[2])
        if found
        else words.get(f"grade_of.{what}", what)
    )


def _said(note: Any, words: Words) -> str:
    """Return a note in the report's language; one that is plain text as it is."""
    return words.clean(str(note.get(words.lang) or note.get("en", "")) if isinstance(note, dict) else str(note))


def _machine(facts: RunFacts) -> list[tuple[str, str]]:
    words, manifest = facts.words, facts.folder.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
    cpu = words("list.join").join(
        f"{words.get(f'stage.{stage}', stage)} {float(s):.1f}{words('unit.s_after')}"
        for stage, s in manifest.get("cpu_s", {}).items()
    )
    return [
        (
            words("machine.version"),
            f"Sandtable {manifest['sandtable']}"
            + (f", git {str(manifest['git'])[:12]}" if manifest.get("git") else ""),
        ),
        (words("machine.versions"), versions),
        (words("machine.settings"), str(manifest["settings_sha256"])[:16]),
        (words("machine.world"), str(manifest["world_digest"])[:16]),
        (words("machine.cpu"), cpu),
        (words("machine.wall"), f"{number(float(manifest['wall_s']))}{words('unit.s_after')}"),
        (words("machine.memory"), f"{number(float(manifest['peak_memory_mb']))} MB"),
        (
            words("machine.layers"),
            words("list.join").join(
                str(
                    row.get("doc_zh")
                    if words.lang == "zh" and row.get("doc_zh")
                    else row.get("doc", row["key"])
                )
                for row in manifest.get("layers", [])
            ),
        ),
    ]


__all__ = ["draw_figures", "render", "report_verb"]
