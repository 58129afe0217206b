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
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, SandtableError

if TYPE_CHECKING:
    from distributed import Client, Future, Worker, WorkerPlugin

MOST_ATTEMPTS = 3
MEMORY_SHARE = 0.9
"""Share of the machine's memory that the workers may fill between them."""
RESTART_S = 30
"""Seconds a worker that died is given to come back, before a suspect is tried again or the cluster closes."""
SETTLE_S = 1.0
"""Seconds from a worker's first word to the scheduler until its nanny surely knows that it runs."""
POLL_S = 0.1
ANSWER_S = 20.0
"""Seconds a scheduler at an address has to answer at all."""
CONNECT_S = 60.0
"""Seconds a scheduler at an address is given to show its first worker."""
RESULT_S = 60.0
"""Seconds that fetching the few numbers of a result may take."""
CHECK_S = 5.0
"""Seconds without news after which workers are counted, and those given up opened anew."""
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
    # Shorter, Dask gives up a worker that a busy machine is still starting again.
    "distributed.deploy.lost-worker-timeout": "180s",
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
    with _client(workers, address) as (client, restore):
        yield from _Spread(client, function, work, restore).outcomes()


def _here(function: Callable[..., Any], piece: Work) -> Outcome:
    attempts = 1
    while (tried := _guarded(function, *piece.args()))["again"] and attempts < MOST_ATTEMPTS:
        attempts += 1
    return _outcome(piece.key, tried, attempts)


class _Spread:
    """Pieces of work on a cluster: some waiting, some in hand, and those whose worker died before."""

    def __init__(
        self, client: Client, function: Callable[..., Any], work: Sequence[Work], restore: Callable[[], None]
    ) -> None:
        self.client, self.function, self.restore = client, function, restore
        # One piece a worker: when a worker dies, it is plain which piece it held.
        self.window = max(sum(client.nthreads().values()), 1)
        self.waiting = deque(work)
        self.suspect: deque[Work] = deque()
        self.held: dict[Future, Work] = {}
        self.attempts: dict[str, int] = {}

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcomes as they come."""
        from distributed import CancelledError, wait

        while self.waiting or self.suspect or self.held:
            self._hand_out()
            try:
                wait(list(self.held), timeout=CHECK_S, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self.restore()
                continue
            except CancelledError as problem:
                raise SandtableError("lost the Dask scheduler; the same command goes on here") from problem
            for future in [future for future in self.held if future.done()]:
                piece = self.held.pop(future)
                tried = self._tried(future)
                if tried["again"] and self.attempts[piece.key] < MOST_ATTEMPTS:
                    self.suspect.append(piece)
                else:
                    yield _outcome(piece.key, tried, self.attempts[piece.key])

    def _hand_out(self) -> None:
        while len(self.held) < self.window and self.waiting:
            self._submit(self.waiting.popleft())
        while len(self.held) < self.window and self.suspect:
            self._settle()
            self._submit(self.suspect.popleft())

    def _submit(self, piece: Work) -> None:
        attempt = self.attempts[piece.key] = self.attempts.get(piece.key, 0) + 1
        name = f"{piece.key}-{attempt}"
        future = self.client.submit(_guarded, self.function, *piece.args(), key=name, pure=False)
        self.held[future] = piece

    def _tried(self, future: Future) -> dict[str, Any]:
        from distributed import KilledWorker

        try:
            return dict(future.result(timeout=RESULT_S))
        except (KilledWorker, TimeoutError) as problem:
            # A result waits on its worker until it is fetched; if that one died meanwhile, it is lost too.
            return _died(problem)
        except Exception as problem:
            return _report(problem, 0.0)

    def _settle(self) -> None:
        """Wait until the workers are up: a nanny does not restart one that dies while it is starting."""
        if not workers_up(self.client, self.window, RESTART_S):
            self.restore()
        time.sleep(SETTLE_S)


def workers_up(client: Client, wanted: int, patience_s: float) -> bool:
    """Return whether so many threads of workers are there, waiting for them up to ``patience_s``."""
    until = time.monotonic() + patience_s
    while sum(client.nthreads().values()) < wanted:
        if time.monotonic() > until:
            return False
        time.sleep(POLL_S)
    return True


@contextmanager
def _client(workers: int, address: str | None) -> Iterator[tuple[Client, Callable[[], None]]]:
    """Yield a client, and what brings back workers that are gone."""
    import logging

    import dask
    from distributed import Client, LocalCluster

    if address is not None:
        try:
            client = Client(address, timeout=ANSWER_S)
            if not workers_up(client, 1, CONNECT_S):
                raise TimeoutError(f"no worker within {CONNECT_S:.0f} s")
        except (OSError, TimeoutError, ValueError) as problem:
            raise InputError(
                f"no Dask scheduler with workers answers ({problem})", value=address, where="scheduler",
                allowed="the address of one that 'dask scheduler' started, with 'dask worker --nthreads 1'",
                mend="leave --scheduler out to run on this machine",
            ) from problem
        with client:
            yield client, lambda: None
        return
    import psutil

    with dask.config.set(LOCAL_SETTINGS), LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0",
        memory_limit=int(psutil.virtual_memory().total * MEMORY_SHARE / workers),
        silence_logs=logging.CRITICAL, scheduler_kwargs={"allowed_failures": 0, "dashboard": False},
    ) as cluster, Client(cluster) as client:
        client.register_plugin(_deaf_plugin())

        def restore() -> None:
            # Opens anew what the cluster has given up; does nothing while all are there.
            cluster.scale(workers)

        yield client, restore
        # A worker that is starting again when its cluster closes would complain on stderr.
        workers_up(client, workers, RESTART_S)


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


def _died(problem: BaseException) -> dict[str, Any]:
    return {"value": None, "wall_s": 0.0, "again": True, "input": False, "traceback": str(problem),
            "error": "the worker process died (out of memory, killed, or crashed in compiled code)"}


def _outcome(key: str, tried: dict[str, Any], attempts: int) -> Outcome:
    return Outcome(key, tried["value"], tried["wall_s"], attempts, tried["error"], tried["traceback"],
                   tried["input"])
