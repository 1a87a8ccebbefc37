"""What the kernels share: array types, refusals with positions, and the block runner."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equindex.errors import DomainError, MethodError, nearest

__all__ = [
    "ArrayLike",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "as_float",
    "blocks",
    "cpus",
    "ends",
    "map_blocks",
    "one_blas_thread",
    "one_of",
    "positioned",
    "refused_cells",
    "row_blocks",
    "single_threaded",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_BLOCK_BYTES = 1 << 20
_SERIAL_BELOW = 1 << 20  # numbers to work through: fewer than these are not worth a second thread
_BLAS_SERIAL_BELOW = 1 << 13  # OpenBLAS itself uses one thread for products smaller than this
_POSITIONS_KEPT = 100
_FOLDS = 64  # lines that columns are first folded into


def as_float(x: ArrayLike) -> FloatArray:
    """Return `x` as a float64 array, without a copy where it already is one."""
    return np.asarray(x, dtype=np.float64)


def one_of(option: str, value: str, known: Collection[str]) -> None:
    """Raise MethodError unless `value` is among the `known` values of `option`."""
    if value not in known:
        raise MethodError(f"{option} cannot be {value!r}. {nearest(value, known)}")


# --- Refusals ------------------------------------------------------------------------------------------


def positioned(message: str, bad: BoolArray, *, columns: bool = False) -> DomainError:
    """Return a DomainError that carries, as ``positions``, where the values are that do not fit.

    Parameters
    ----------
    message : str
        What, where, what to do.
    bad : ndarray of bool, shape (..., regions, indicators), or (..., indicators) with `columns`
        True where a value does not fit; the first 100 positions are kept.
    columns : bool
        Whole columns are meant: the region's place in every position is None.

    Returns
    -------
    DomainError
        ``positions`` is a tuple of index tuples ``(..., region, indicator)``, for labels to be put in.
    """
    found: list[tuple[int | None, ...]] = []
    for index in np.argwhere(bad)[:_POSITIONS_KEPT].tolist():
        found.append((*index[:-1], None, index[-1]) if columns else tuple(index))
    error = DomainError(message)
    error.positions = tuple(found)
    return error


def refused_cells(
    need: str, x: FloatArray, bad: BoolArray, remedy: str, *, of: int | None = None
) -> DomainError:
    """Return the error that counts the values of `x` that are `bad` and shows the first one.

    Examples
    --------
    >>> x = np.array([[0.0, 2.0]])
    >>> print(refused_cells("logs need values above 0", x, x <= 0, "Drop them."))
    logs need values above 0, but 1 of 2 is not (first: 0 at position (0, 0)). Drop them.
    """
    count, total = int(bad.sum()), int((~np.isnan(x)).sum()) if of is None else of
    first = tuple(np.argwhere(bad)[0].tolist())
    verb = "is" if count == 1 else "are"
    found = f"{count} of {total} {verb} not (first: {x[first]:.6g} at position {first})"
    return positioned(f"{need}, but {found}. {remedy}", bad)


# --- Blocks --------------------------------------------------------------------------------------------


def blocks(length: int, size: int) -> list[slice]:
    """Cut ``range(length)`` into slices of at most `size`."""
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def row_blocks(rows: int, columns: int) -> list[slice]:
    """Cut rows into even blocks of at most 1 MiB (but 512 to 8,192 rows), which stay in the cache.

    Examples
    --------
    >>> row_blocks(9000, 2)
    [slice(0, 4500, None), slice(4500, 9000, None)]
    """
    most = min(8192, max(512, _BLOCK_BYTES // (8 * max(1, columns))))
    count = -(-rows // most)
    return blocks(rows, -(-rows // count)) if count else []


def ends(
    x: FloatArray, least: np.ufunc = np.minimum, most: np.ufunc = np.maximum
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest of each column of a matrix.

    Examples
    --------
    >>> ends(np.array([[1.0, 9.0], [3.0, 2.0]]))
    (array([1., 2.]), array([3., 9.]))
    """
    n, k = x.shape
    long = n // _FOLDS
    if not long:
        return least.reduce(x), most.reduce(x)
    # Lines longer than one row: twice as fast.
    lines, rest = x[: long * _FOLDS].reshape(_FOLDS, long * k), x[long * _FOLDS :]
    low, high = (
        pick.reduce(np.concatenate([pick.reduce(lines).reshape(long, k), rest])) for pick in (least, most)
    )
    return low, high


def map_blocks(
    function: Callable[[_Task, FloatArray], _Result],
    tasks: Sequence[_Task],
    *,
    numbers: int,
    buffer: int = 0,
) -> list[_Result]:
    """Apply ``function(task, buffer)`` to every task, over threads where the work is large.

    The tasks are fixed by the problem and BLAS uses one thread inside each, so the results are the same bits
    for any number of threads.

    Parameters
    ----------
    function : callable
        Handles one task; it may write into its `buffer`, which is reused for later tasks of the same thread.
    tasks : sequence
        What to do, such as slices of rows.
    numbers : int
        How many numbers are worked through altogether; it decides whether threads pay.
    buffer : int
        Length of the float64 buffer each thread gets.

    Returns
    -------
    list
        The results in the order of the tasks.
    """
    wanted = numbers >= _SERIAL_BELOW and not getattr(_here, "single", False)
    threads = min(cpus(), len(tasks)) if wanted else 1
    results: dict[int, _Result] = {}
    queue = iter(enumerate(tasks))
    lock = threading.Lock()

    def work() -> None:
        own = np.empty(buffer)
        while True:
            with lock:
                item = next(queue, None)
            if item is None:
                return
            results[item[0]] = function(item[1], own)

    if numbers < _BLAS_SERIAL_BELOW:
        work()
    else:
        with one_blas_thread():
            if threads <= 1:
                work()
            else:
                with ThreadPoolExecutor(threads - 1) as pool:
                    others = [pool.submit(work) for _ in range(threads - 1)]
                    work()  # starting a thread takes longer than many a task
                    for other in others:
                        other.result()
    return [results[index] for index in range(len(tasks))]


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep `map_blocks` to the thread that calls it, which is one of many already."""
    before = getattr(_here, "single", False)
    _here.single = True
    try:
        yield
    finally:
        _here.single = before


def cpus() -> int:
    """Count the processors this process may use."""
    count: int | None = getattr(os, "process_cpu_count", os.cpu_count)()
    return count or 1


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


_here = threading.local()
_blas_lock = threading.Lock()
_blas_limits: list[Any] = []
_blas_users = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread; of callers that overlap, the first limits and the last restores."""
    global _blas_users
    with _blas_lock:
        if _blas_users == 0:
            _blas_limits.append(_controller().limit(limits=1, user_api="blas"))
        _blas_users += 1
    try:
        yield
    finally:
        with _blas_lock:
            _blas_users -= 1
            if _blas_users == 0:
                _blas_limits.pop().restore_original_limits()
