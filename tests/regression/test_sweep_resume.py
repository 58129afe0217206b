"""A sweep whose workers or driver are killed ends, once started again, in the table of an undisturbed one.

The engine, the store, composing and processes are real; only the task is a toy that takes no time of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests import sweepdriver, tinyconf, toytasks

ROOT = Path(__file__).parents[2]
TASKS = 4 * sweepdriver.REPLICATIONS
PATIENCE_S = 120


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tinyconf.write(tmp_path_factory.mktemp("conf"))


@pytest.fixture(scope="module")
def undisturbed(conf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a sweep that nothing disturbs, in one process, without Dask."""
    out = tmp_path_factory.mktemp("undisturbed") / "store"
    assert sweepdriver.main(conf, out, 1) == 0
    return out


def start(conf: Path, out: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sweepdriver", str(conf), str(out), "2"], cwd=ROOT, text=True,
        env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, errors


def parts(out: Path) -> int:
    return len(list((out / "parts").glob("*.parquet"))) if (out / "parts").exists() else 0


def wait_for_parts(process: subprocess.Popen[str], out: Path, wanted: int) -> list[psutil.Process]:
    """Wait until some tasks are done and return the driver's worker processes."""
    until = time.monotonic() + PATIENCE_S
    while parts(out) < wanted:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return psutil.Process(process.pid).children(recursive=True)


def assert_same(out: Path, undisturbed: Path) -> None:
    for name in ("results.parquet", "results.csv", "tasks.parquet"):
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert not list(out.rglob(".tmp-*")) and not list((out / "failed").iterdir())


def test_killed_workers_cost_nothing_but_the_task_that_kills_them(
    conf: Path, undisturbed: Path, tmp_path: Path
) -> None:
    kill, out = tmp_path / "kill", tmp_path / "store"
    kill.mkdir()
    (kill / "30-2").write_text("once")
    (kill / "40-1").write_text("always")
    code, errors = finish(start(conf, out, **{toytasks.KILL: str(kill)}))
    assert code == 1
    assert f"1 of {TASKS} replications failed" in errors and "plan.teams.0.crew=40 replication=1" in errors
    assert "Traceback" not in errors
    assert not (kill / "30-2").exists(), "no worker was killed"
    (failure,) = (json.loads(path.read_text()) for path in (out / "failed").glob("*.json"))
    assert (failure["attempts"], failure["design"]) == (3, {"plan.teams.0.crew": 40})
    assert parts(out) == TASKS - 1
    assert sweepdriver.main(conf, out, 1) == 0
    assert_same(out, undisturbed)


def test_a_killed_driver_picks_up_where_it_was(conf: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    process = start(conf, out, **{toytasks.PAUSE: "0.3"})
    workers = wait_for_parts(process, out, 3)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    # A worker may still finish what it is at: what counts is what is there once they are gone.
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert workers and not alive, "workers outlive their driver"
    # a file half written when the driver was killed has a name of its own, beginning with a dot
    before = {path.name: path.stat().st_mtime_ns for path in (out / "parts").glob("[!.]*.parquet")}
    assert 3 <= len(before) < TASKS and not (out / "results.parquet").exists()
    code, errors = finish(start(conf, out))
    assert code == 0, errors
    assert f"{len(before)} of {TASKS} replications are done already" in errors
    after = {path.name: path.stat().st_mtime_ns for path in (out / "parts").glob("*.parquet")}
    assert before.items() <= after.items(), "finished tasks were run again"
    assert_same(out, undisturbed)


def test_stopped_by_hand_it_keeps_what_is_done(conf: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    process = start(conf, out, **{toytasks.PAUSE: "0.3"})
    workers = wait_for_parts(process, out, 2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    code, errors = finish(process)
    assert code != 0 and "KeyboardInterrupt" in errors.splitlines()[-1]
    assert errors.count("Traceback") == 1, "the workers are heard"
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    assert 2 <= parts(out) < TASKS
    assert sweepdriver.main(conf, out, 1) == 0
    assert_same(out, undisturbed)
