"""Mapping work over tasks, one by one, in threads or in processes: the same results in the same order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from equindex._arrays import cpus, one_blas_thread, one_of, single_threaded
from equindex.errors import EngineError, MethodError

__all__ = ["ENGINES", "stream"]

ENGINES = ("serial", "threads", "processes")

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_AHEAD = 2  # tasks per worker that are under way or wait to be taken
_function: Any = None  # of a worker process, which gets it once


def stream(
    function: Callable[[_Task], _Result],
    tasks: Sequence[_Task],
    *,
    engine: str = "threads",
    workers: int | None = None,
) -> Generator[_Result, None, None]:
    """Apply `function` to every task and yield the results in the order of the tasks.

    Few results wait at any time, so that memory does not grow with the tasks. Leaving the iterator, also by an
    interrupt, cancels what has not begun.

    Parameters
    ----------
    function : callable
        Handles one task without regard to the others; for "processes" it must be picklable.
    tasks : sequence
        What to do.
    engine : {"serial", "threads", "processes"}
        Who does it. The results are the same bits.
    workers : int, optional
        How many; as many as there are processors when left out.

    Yields
    ------
    The result of each task.

    Raises
    ------
    MethodError
        For another engine, or fewer than one worker.
    EngineError
        If a worker process ends, as when memory runs out.
    """
    one_of("engine", engine, ENGINES)
    if workers is not None and workers < 1:
        raise MethodError(f"workers should be 1 or more, is {workers}.")
    count = min(workers or cpus(), max(len(tasks), 1))
    if engine == "serial" or count == 1:
        with one_blas_thread():
            yield from map(function, tasks)
        return
    pool: Executor
    limit: AbstractContextManager[None]
    if engine == "threads":
        pool, work, limit = ThreadPoolExecutor(count), _alone(function), one_blas_thread()
    else:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(function,))
        work, limit = _work, nullcontext()
    waiting: deque[Future[_Result]] = deque()
    left = iter(tasks)
    try:
        with limit:
            for task in left:
                waiting.append(pool.submit(work, task))
                if len(waiting) >= _AHEAD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool:
        raise EngineError(
            "a worker process ended before its work was done, perhaps for lack of memory. Use fewer workers, or "
            'engine "threads".'
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _alone(function: Callable[[_Task], _Result]) -> Callable[[_Task], _Result]:
    def work(task: _Task) -> _Result:
        with single_threaded():
            return function(task)

    return work


def _begin(function: Callable[[Any], Any]) -> None:
    """Prepare a worker process: an interrupt is the parent's to handle."""
    global _function
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _function = function


def _work(task: Any) -> Any:
    with one_blas_thread(), single_threaded():
        return _function(task)
