"""What compare and sweep print on the terminal, in English or Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sim.kpi import KpiSpec

PAPER_WIDTH = 140
"""Columns where no terminal says how many there are."""
WORDS = {
    "en": {
        "kpi": "KPI", "unit": "unit", "diff": "difference [95 % CI]", "verdict": "verdict",
        "target": "target", "better": "{} better", "no difference shown": "no difference shown",
        "identical": "identical", "differs": "differs", "no value": "no value",
        "title": "{n} replications each, {seeds}; differences are from {reference}",
        "common random numbers": "common random numbers", "independent": "independent seeds",
        "same": "The same under every plan: {}.", "none": "Without a value: {}.",
        "fewer": "n: replications that have a value, where not all have one.",
        "skew": "*: skewed differences; a bootstrap interval must agree before one counts as shown.",
        "three": "{plan}: all {n} replications meet a target; up to {p:.0%} of misses are still possible "
                 "(95 %, rule of three).",
        "holm": "Verdicts are corrected for {m} comparisons a KPI (Holm).",
        "targets": "Share of replications that meet each target [95 % CI, Wilson]",
        "by plan": "by the plan alone", "without": "{} without a value", "mean": "mean [95 % CI]",
        "sweep": "{points} design points, {n} replications each",
    },
    "zh": {
        "kpi": "指标", "unit": "单位", "diff": "差值[95%置信区间]", "verdict": "结论", "target": "目标",
        "better": "{}较优", "no difference shown": "未见显著差异", "identical": "完全相同",
        "differs": "有差异", "no value": "无值",
        "title": "各重复{n}次，{seeds}；差值以{reference}为基准",
        "common random numbers": "公共随机数", "independent": "独立随机种子",
        "same": "各方案相同：{}。", "none": "无值：{}。", "fewer": "n：有值的重复次数（并非每次都有值）。",
        "skew": "*：差值分布偏斜，须自助法区间一致方判为有差异。",
        "three": "{plan}：{n}次重复全部达标，未达标概率仍可能高至{p:.0%}（95%，三倍法则）。",
        "holm": "每项指标作{m}次比较，结论已作Holm校正。",
        "targets": "各目标达标比例[95%置信区间，Wilson]", "by plan": "仅由方案决定", "without": "{}次无值",
        "mean": "均值[95%置信区间]", "sweep": "{points}个设计点，各重复{n}次",
    },
}


def print_comparison(result: dict[str, Any], lang: str, paths: Sequence[Path]) -> None:
    """Print a comparison as :func:`experiments.compare.comparison` returns it, then the files written."""
    print_differences(result, lang)
    print_paths(new_console(), paths)


def print_differences(result: dict[str, Any], lang: str) -> None:
    """Print a comparison's means, differences and targets."""
    say, plans, console = WORDS[lang], result["plans"], new_console()
    table = new_table(say["title"].format(n=result["replications"], seeds=say[result["seeds"]],
                                       reference=result["reference"]))
    table.add_column(say["kpi"])
    table.add_column(say["unit"])
    for plan in plans:
        table.add_column(plan, justify="right")
    for plan in plans[1:]:
        table.add_column(say["diff"] if len(plans) == 2 else f"{plan}: {say['diff']}", justify="right")
        table.add_column(say["verdict"])
    same: list[str] = []
    absent: list[str] = []
    notes: set[str] = set()
    for kpi in result["kpis"]:
        verdicts = {c["verdict"] for c in kpi["comparisons"]}
        if verdicts == {"identical"}:
            mean = kpi["means"][plans[0]]
            same.append(f"{_label(kpi, lang)} {number_text(mean)} {kpi['unit']}")
        elif not any(kpi["n"].values()):
            absent.append(_label(kpi, lang))
        else:
            table.add_row(*_row(kpi, plans, lang, result["replications"], notes))
    console.print(table)
    for key in ("fewer", "skew"):
        if key in notes:
            console.print(say[key])
    if len(plans) > 2:
        console.print(say["holm"].format(m=len(plans) - 1))
    for key, labels in (("same", same), ("none", absent)):
        if labels:
            console.print(say[key].format("; ".join(labels)))
    _print_targets(result, lang, console)


def _row(
    kpi: dict[str, Any], plans: Sequence[str], lang: str, replications: int, notes: set[str]
) -> list[str]:
    say = WORDS[lang]
    row = [_label(kpi, lang), kpi["unit"]]
    for plan in plans:
        short = ""
        if kpi["n"][plan] < replications:
            notes.add("fewer")
            short = f" (n={kpi['n'][plan]})"
        row.append(number_text(kpi["means"][plan]) + short)
    for c in kpi["comparisons"]:
        star = ""
        if c["diff_ci95_bootstrap"] is not None:
            notes.add("skew")
            star = " *"
        row.append(_signed(c["diff"]) + interval_text(c["diff_ci95"]) + star)
        row.append(_verdict(c["verdict"], say))
    return row


def _print_targets(result: dict[str, Any], lang: str, console: Console) -> None:
    if not result["targets"]:
        return
    say = WORDS[lang]
    names = {kpi["key"]: kpi for kpi in result["kpis"]}
    table = new_table(say["targets"])
    table.add_column(say["kpi"])
    table.add_column(say["target"], justify="right")
    for plan in result["plans"]:
        table.add_column(plan, justify="right")
    sure: dict[str, float] = {}
    for target in result["targets"]:
        cells = []
        for plan in result["plans"]:
            share, interval = target["met_share"][plan], target["met_ci95"][plan]
            if share is None:
                cells.append(say["no value"])
            elif target["scope"] == "plan":
                cells.append(f"{share:.0%} ({say['by plan']})")
            else:
                missing = target["without_value"][plan]
                absent = f" ({say['without'].format(missing)})" if missing else ""
                cells.append(f"{share:.0%} [{interval[0]:.0%}, {interval[1]:.0%}]{absent}")
            if target["miss_upper95"][plan] is not None and target["n"][plan] == result["replications"]:
                sure[plan] = target["miss_upper95"][plan]
        limit = f"{target['op']} {number_text(target['value'])} {target['unit']}"
        table.add_row(_label(names[target["kpi"]], lang), limit, *cells)
    console.print(table)
    for plan, bound in sure.items():
        console.print(say["three"].format(plan=plan, n=result["replications"], p=bound))


def print_sweep(
    result: dict[str, Any], specs: Sequence[KpiSpec | None], keys: Sequence[str], lang: str,
    paths: Sequence[Path],
) -> None:
    """Print mean and interval of the given KPIs at every design point, then the files written."""
    say, console = WORDS[lang], new_console()
    rows = result["points"]
    table = new_table(f"{say['sweep'].format(points=len(rows), n=result['replications'])}; {say['mean']}")
    for axis in result["axes"]:
        table.add_column(axis)
    for key, spec in zip(keys, specs):
        name = key if spec is None else f"{spec.name_zh if lang == 'zh' else spec.name} ({spec.unit})"
        table.add_column(name, justify="right")
    for row in rows:
        cells = [row["kpis"][key] for key in keys]
        table.add_row(*(str(row["design"][axis]) for axis in result["axes"]),
                      *(number_text(c["mean"]) + interval_text(c["ci95"]) for c in cells))
    console.print(table)
    print_paths(console, paths)


def print_paths(console: Console, paths: Sequence[Path]) -> None:
    """Print the files written, a line each."""
    for path in paths:
        console.print(str(path), soft_wrap=True)


def new_console() -> Console:
    """Return a console as wide as the terminal, or as paper where there is none."""
    from rich.console import Console

    # No markup: the intervals' square brackets are meant.
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=PAPER_WIDTH)


def new_table(title: str) -> Table:
    """Return an empty table in the house's form."""
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)


def _label(kpi: dict[str, Any], lang: str) -> str:
    return str(kpi["name_zh"] if lang == "zh" else kpi["name"])


def _verdict(verdict: str, say: dict[str, str]) -> str:
    plan, better, _ = verdict.rpartition(" better")
    return say["better"].format(plan) if better else say[verdict]


def number_text(value: float | None) -> str:
    """Return a number with about three figures; a dash for none."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else ("+" if value > 0 else "") + number_text(value)


def interval_text(interval: Sequence[float] | None) -> str:
    """Return an interval in brackets, a space before it; empty for none."""
    return "" if interval is None else f" [{number_text(interval[0])}, {number_text(interval[1])}]"
