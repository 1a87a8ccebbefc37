"""The same functions over many machines: units are sent to Dask's workers, which read and write them themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from equindex._arrays import one_blas_thread, single_threaded
from equindex.errors import EngineError, EquindexError

__all__ = ["over_dask"]

_Task = TypeVar("_Task")

_AHEAD = 4  # units for each thread of the cluster that are under way or wait
_RETRIES = 5  # of a unit whose worker is lost


def over_dask(
    function: Callable[[_Task], dict[str, Any]], tasks: Sequence[_Task], address: str | None
) -> Iterator[dict[str, Any]]:
    """Yield what `function` finds of each task, in their order.

    A unit whose worker is lost is done again by another: its files are whole or not there, so that the results are the
    same.

    Raises
    ------
    EngineError
        If Dask is not installed, the scheduler does not answer, or workers are lost again and again.
    """
    try:
        import distributed
    except ImportError:
        raise EngineError('engine "dask" needs distributed: pip install "equindex[dask]".') from None
    client: Any
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(f"no scheduler answers at {address}: {said}. Start one, and workers.") from None
    waiting: deque[Any] = deque()
    try:
        shared = client.scatter(function, broadcast=True, hash=False) if tasks else None
        limit = _AHEAD * max(1, sum(client.nthreads().values()))
        for task in tasks:
            waiting.append(client.submit(_work, shared, task, pure=False, retries=_RETRIES))
            if len(waiting) >= limit:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        client.cancel(list(waiting))
        client.close()


def _result(future: Any) -> dict[str, Any]:
    import distributed

    try:
        found: dict[str, Any] = future.result()
    except (distributed.scheduler.KilledWorker, distributed.CancelledError) as error:
        raise EngineError(
            f"the cluster lost its workers again and again ({type(error).__name__}), perhaps for lack of memory. What "
            "is finished is kept: go on with --resume."
        ) from None
    refusal = found.pop("error", None)
    if refusal is not None:
        raise refusal
    return found


def _work(function: Callable[[Any], dict[str, Any]], task: Any) -> dict[str, Any]:
    """Do one task; a refusal is an answer, not a failure to be tried again."""
    try:
        with one_blas_thread(), single_threaded():
            return function(task)
    except EquindexError as error:
        return {"error": type(error)(str(error))}
