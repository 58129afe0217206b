"""Same settings and seed, same bytes: twice, in other processes, with one thread and with two."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.regression.update_golden import GOLDEN, golden_kpis

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "kpis.json",
    "events.parquet",
    "series.csv",
    "commands.jsonl",
    "layers.npz",
    "tracks.npz",
    "settings.yaml",
)
SCRIPT = """
import sys
from pathlib import Path
import experiments.run
from tests.smallworld import SMALL_PLAN, TOY_HAZARDS, settings, small_world, water
world = small_world()
experiments.run.load_world = lambda county, progress=None: world
given = settings(plan=SMALL_PLAN, command_place="east", hazards=[water("peak", speed_mps=0.5, most_m=8000)],
                 behaviour={"preparation": {"median": "15min", "sigma": 0.5}, "compliance": 0.9}, duration="8h")
for name in sys.argv[1:]:
    experiments.run.simulate_to(given, Path(name), hazard_paths=(TOY_HAZARDS,), quiet=True)
"""


def run_in(folder: Path, threads: int, *names: str) -> None:
    """Run the small drill in a process of its own, once for each name."""
    env = {
        **os.environ,
        "NUMBA_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(threads),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *(str(folder / name) for name in names)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_the_same_run_is_the_same_bytes(tmp_path):
    run_in(tmp_path, 1, "first", "second")
    run_in(tmp_path, 2, "other")
    for name in FILES:
        first = (tmp_path / "first" / name).read_bytes()
        assert len(first) > 100, name
        assert (tmp_path / "second" / name).read_bytes() == first, f"{name}, again in one process"
        assert (tmp_path / "other" / name).read_bytes() == first, f"{name}, with two threads"


def test_the_golden_baseline_holds():
    """On purpose changed? ``python -m tests.regression.update_golden``, and say why in the commit."""
    assert golden_kpis() == yaml.safe_load(GOLDEN.read_text("utf-8"))
