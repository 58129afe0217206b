"""The engine of studies: a scheduler at an address, work that fails, what is tried again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from experiments import engine
from experiments.engine import Work, outcomes
from sim.errors import InputError


def double(number: int) -> int:
    if number == 3:
        raise ValueError("three is out")
    if number == 5:
        raise InputError("no five", value=5)
    return 2 * number


def busy_once(mark: str) -> str:
    path = Path(mark)
    if not path.exists():
        path.touch()
        raise OSError("disk busy")
    return "done"


def never_there(path: str) -> str:
    return Path(path).read_text()


def work(*numbers: int) -> list[Work]:
    return [Work(f"task-{n}", lambda n=n: (n,)) for n in numbers]


def check(found: list[engine.Outcome]) -> None:
    by_key = {outcome.key: outcome for outcome in found}
    assert {key: o.value for key, o in by_key.items() if o.error is None} == {"task-1": 2, "task-2": 4, "task-4": 8}
    assert by_key["task-3"].error == "ValueError: three is out" and "in double" in by_key["task-3"].traceback
    assert by_key["task-5"].error == "no five\n  value:   5" and by_key["task-5"].input_error
    assert {o.attempts for o in found} == {1}, "what fails the same way each time is tried once"


def test_one_job_needs_no_cluster() -> None:
    check(list(outcomes(double, work(1, 2, 3, 4, 5), jobs=1)))


def test_no_work_needs_no_cluster_either() -> None:
    assert list(outcomes(double, [], jobs=8)) == []


def test_a_scheduler_at_an_address() -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=":0"
    ) as cluster:
        check(list(outcomes(double, work(1, 2, 3, 4, 5), address=cluster.scheduler_address)))


def test_no_scheduler_at_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER_S", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(InputError) as error:
            list(outcomes(double, work(1), address=address))
    assert error.value.problem.what.startswith("no Dask scheduler with workers answers")
    assert (error.value.problem.value, error.value.problem.where) == (address, "scheduler")


def test_what_the_machine_may_mend_is_tried_again(tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    (outcome,) = outcomes(busy_once, [Work("a", lambda: (mark,))], jobs=1)
    assert (outcome.value, outcome.attempts, outcome.error) == ("done", 2, None)


def test_a_missing_file_is_not_waited_for(tmp_path: Path) -> None:
    (outcome,) = outcomes(never_there, [Work("a", lambda: (str(tmp_path / "no"),))], jobs=1)
    assert outcome.attempts == 1 and outcome.error is not None and outcome.error.startswith("FileNotFoundError")
