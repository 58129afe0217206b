"""The frame of every benchmark: figures measured in this very call, bars held against them, the machine.

A benchmark is a module here with ``measure() -> dict``: ``figures`` (key -> number), ``bars`` (a list of
:class:`Bar`) and ``notes`` (sentences: what was measured how, which peer is not installed).
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.kpi import COMPARE

LIBRARIES = (
    "sandtable",
    "mesa",
    "simpy",
    "numpy",
    "numba",
    "scipy",
    "pydantic",
    "hydra-core",
    "dask",
    "duckdb",
    "eclipse-sumo",
    "uxsim",
)
GIB = 1024**3


@dataclass(frozen=True)
class Bar:
    """What a figure must reach: ``figures[key] op bar``."""

    key: str
    op: str
    bar: float


def known() -> list[str]:
    """Return the names of the benchmarks there are."""
    return modules(__path__)


def modules(path: Iterable[str]) -> list[str]:
    """Return the names of a package's modules that stand for a measurement: those without a leading underscore."""
    return sorted(module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_"))


def machine() -> dict[str, Any]:
    """Return what this machine is: processor, cores this process may use, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _cpu(),
        "cores": cores,
        "memory_gib": _memory_gib(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB, 1)
    except (ValueError, OSError, AttributeError):
        return None


def versions() -> dict[str, str]:
    """Return the versions of the libraries that figures depend on; those not installed are left out."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def judge(figures: Mapping[str, float | None], bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """Return each bar with its figure and whether it holds; a figure that was not measured holds no bar."""
    rows = []
    for bar in bars:
        value = figures.get(bar.key)
        holds = value is not None and COMPARE[bar.op](value, bar.bar)
        rows.append({"key": bar.key, "value": value, "op": bar.op, "bar": bar.bar, "holds": bool(holds)})
    return rows


def framed(name: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is printed of a measurement: name, figures, bars, machine, versions, notes."""
    figures = dict(measured["figures"])
    return {
        "name": name,
        "figures": figures,
        "bars": judge(figures, measured.get("bars", ())),
        "machine": machine(),
        "versions": versions(),
        "notes": list(measured.get("notes", ())),
    }


def show(result: Mapping[str, Any], *, json_: bool) -> None:
    """Print a framed measurement: as JSON, or as lines."""
    if json_:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print(f"{result['name']} on {result['machine']['cpu']}, {result['machine']['cores']} cores")
    for key, value in result["figures"].items():
        print(f"  {key:<32} {value:.6g}" if isinstance(value, int | float) else f"  {key:<32} {value}")
    for row in result["bars"]:
        print(f"  {'holds' if row['holds'] else 'FALLS SHORT'}: {row['key']} {row['op']} {row['bar']:g}")
    for note in result["notes"]:
        print(f"  note: {note}")


def benchmark_verb(name: str, *, json_: bool, strict: bool, data: Path | None = None) -> int:
    """Measure, print, and return 0; 1 under ``strict`` where a bar falls short.

    ``data`` goes to a benchmark whose ``measure`` takes a folder; InputError for one that needs none.
    """
    measure = importlib.import_module(f"experiments.benchmark.{name}").measure
    takes_data = "data" in inspect.signature(measure).parameters
    if data is not None and not takes_data:
        raise InputError("this benchmark takes no data", value=str(data), where="--data", mend="leave it out")
    measured = measure(data=data) if takes_data else measure()
    result = framed(name, measured)
    show(result, json_=json_)
    return 1 if strict and not all(row["holds"] for row in result["bars"]) else 0
