"""The engine: runs pieces of work on Dask distributed, a local cluster or a given one, and survives them.

One piece failing, or killing the worker it runs on, never stops the rest. Work that raises is told apart:
what the machine may mend (memory, a disk) is tried again, anything else would only fail the same way, since
a run is deterministic. A worker that dies is started again by Dask; the work it held is tried up to
:data:`MOST_ATTEMPTS` times. With one job the work runs in this process, without a cluster.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import SandtableError

if TYPE_CHECKING:
    from distributed import Client, Future, Worker, WorkerPlugin

MOST_ATTEMPTS = 3
MEMORY_SHARE = 0.9
"""Share of the machine's memory that the workers may fill between them."""
ONE_THREAD = dict.fromkeys(
    ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A worker has one thread; parallel work is in the number of workers."""
LOCAL_SETTINGS = {
    # Workers read the level of their logs as they start; deaths are told by the study itself.
    "distributed.nanny.pre-spawn-environ": {**ONE_THREAD, "DASK_LOGGING__DISTRIBUTED": "critical"},
    # The World is memory-mapped: its pages count as a worker's but are the system's to take back.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.comm.timeouts.connect": "60s",
}


@dataclass(frozen=True)
class Work:
    """One piece of work: a key unique in the study and the arguments of the function."""

    key: str
    args: Callable[[], tuple[Any, ...]]
    """Called when the piece is handed out, so that no more arguments are in memory than are in hand."""


@dataclass(frozen=True)
class Outcome:
    """What came of a piece of work; ``error`` is None where it succeeded."""

    key: str
    value: Any
    wall_s: float
    attempts: int
    error: str | None = None
    traceback: str = ""
    input_error: bool = False
    """The work refused its input (a SandtableError), rather than broke."""


def outcomes(
    function: Callable[..., Any], work: Sequence[Work], *, jobs: int = 0, address: str | None = None
) -> Iterator[Outcome]:
    """Yield the outcomes as they come. ``function`` must be importable by the workers.

    ``jobs`` workers (0: one a CPU), or those of the Dask scheduler at ``address``.
    """
    if not work:
        return
    # Only where one job is asked for: a single piece left over may be the one that kills its process.
    if address is None and jobs == 1:
        for piece in work:
            yield _here(function, piece)
        return
    workers = min(jobs or os.cpu_count() or 1, len(work))
    with _client(workers, address) as client:
        yield from _spread(client, function, work, local=address is None)


def _here(function: Callable[..., Any], piece: Work) -> Outcome:
    attempts = 1
    while (tried := _guarded(function, *piece.args()))["again"] and attempts < MOST_ATTEMPTS:
        attempts += 1
    return _outcome(piece.key, tried, attempts)


def _spread(
    client: Client, function: Callable[..., Any], work: Sequence[Work], *, local: bool
) -> Iterator[Outcome]:
    from distributed import CancelledError, KilledWorker, as_completed

    waiting = list(reversed(work))
    attempts: dict[str, int] = {}
    held: dict[str, Work] = {}

    def submit(piece: Work) -> Future:
        attempts[piece.key] = attempts.get(piece.key, 0) + 1
        held[piece.key] = piece
        name = f"{piece.key}-{attempts[piece.key]}"
        return client.submit(_guarded, function, *piece.args(), key=name, pure=False)

    # One piece a worker: when a worker dies, it is plain which piece it held.
    window = max(sum(client.nthreads().values()), 1)
    first = [submit(waiting.pop()) for _ in range(min(window, len(waiting)))]
    running = as_completed(first, loop=client.loop)
    for future in running:
        piece = held.pop(future.key.rpartition("-")[0])
        tries = attempts[piece.key]
        problem = None if future.status == "finished" else future.exception()
        if problem is None:
            tried = future.result()
        elif isinstance(problem, KilledWorker):
            # A foreign scheduler has already tried again as often as it is set to.
            tried = _died(problem, again=local)
        elif isinstance(problem, CancelledError):
            raise SandtableError("lost the Dask scheduler; the same command goes on from here")
        else:
            tried = _report(problem, 0.0)
        future.release()
        if tried["again"] and tries < MOST_ATTEMPTS:
            running.add(submit(piece))
            continue
        if waiting:
            running.add(submit(waiting.pop()))
        yield _outcome(piece.key, tried, tries)


@contextmanager
def _client(workers: int, address: str | None) -> Iterator[Client]:
    import logging

    import dask
    from distributed import Client, LocalCluster

    if address is not None:
        try:
            with Client(address, timeout="20s", set_as_default=False) as client:
                client.wait_for_workers(1, timeout=60)
                yield client
        except (OSError, TimeoutError) as problem:
            raise SandtableError(
                f"no Dask scheduler with workers answers at {address} ({problem}); start one with "
                "'dask scheduler' and 'dask worker --nthreads 1', or leave the address out"
            ) from problem
        return
    import psutil

    with dask.config.set(LOCAL_SETTINGS), LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
        memory_limit=int(psutil.virtual_memory().total * MEMORY_SHARE / workers),
        silence_logs=logging.CRITICAL, scheduler_kwargs={"allowed_failures": 0},
    ) as cluster, Client(cluster, set_as_default=False) as client:
        client.register_plugin(_deaf_plugin())
        yield client


def _deaf_plugin() -> WorkerPlugin:
    """Return what makes workers deaf to Ctrl-C, which a terminal sends to all; the driver ends them."""
    from distributed import WorkerPlugin

    class DeafToInterrupts(WorkerPlugin):
        name = "deaf-to-interrupts"

        def setup(self, worker: Worker) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return DeafToInterrupts()


def _guarded(function: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """Call the function and report, rather than raise, so that a traceback reads the same everywhere."""
    started = time.perf_counter()
    try:
        value = function(*args)
    except Exception as problem:
        return _report(problem, time.perf_counter() - started)
    return {"value": value, "wall_s": time.perf_counter() - started, "error": None, "traceback": "",
            "again": False, "input": False}


def _report(problem: BaseException, wall_s: float) -> dict[str, Any]:
    passing = isinstance(problem, OSError | MemoryError) and not isinstance(problem, FileNotFoundError)
    told = isinstance(problem, SandtableError)
    return {
        "value": None, "wall_s": wall_s, "again": passing, "input": told,
        "error": str(problem) if told else f"{type(problem).__name__}: {problem}",
        "traceback": "".join(traceback.format_exception(problem)),
    }


def _died(problem: BaseException, *, again: bool) -> dict[str, Any]:
    return {"value": None, "wall_s": 0.0, "again": again, "input": False, "traceback": str(problem),
            "error": "the worker process died (out of memory, killed, or crashed in compiled code)"}


def _outcome(key: str, tried: dict[str, Any], attempts: int) -> Outcome:
    return Outcome(key, tried["value"], tried["wall_s"], attempts, tried["error"], tried["traceback"],
                   tried["input"])
