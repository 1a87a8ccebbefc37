"""Tasks over engines: the same results in the same order, whoever does the work."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from equindex import engine
from equindex._arrays import map_blocks, single_threaded
from equindex.errors import DomainError, EngineError, MethodError


def square(task: int) -> int:
    return task * task


def late(task: int) -> int:
    time.sleep(0.02 if task == 0 else 0.0)
    return task


def refuse(task: int) -> int:
    if task == 3:
        error = DomainError("three does not fit")
        error.add_note("in task 3")
        raise error
    return task


def leave(task: int) -> int:
    if task == 1:
        os._exit(9)
    return task


@pytest.mark.parametrize("name", engine.ENGINES)
@pytest.mark.parametrize("workers", [None, 1, 2, 7])
def test_every_engine_gives_the_same_results_in_the_same_order(name, workers):
    if name == "processes" and workers not in (1, 2):
        pytest.skip("starting processes takes long: two are enough")
    assert list(engine.stream(square, range(40), engine=name, workers=workers)) == [k * k for k in range(40)]
    assert list(engine.stream(square, [], engine=name, workers=workers)) == []


def test_a_late_first_task_still_comes_first():
    assert list(engine.stream(late, range(9), engine="threads", workers=3)) == list(range(9))


@pytest.mark.parametrize("name", engine.ENGINES)
def test_a_refusal_comes_through_with_its_notes(name):
    with pytest.raises(DomainError, match="three does not fit") as caught:
        list(engine.stream(refuse, range(8), engine=name, workers=2))
    assert "in task 3" in str(caught.value)


def test_a_worker_process_that_dies_is_said():
    with pytest.raises(EngineError, match="worker process ended"):
        list(engine.stream(leave, range(8), engine="processes", workers=2))


def test_leaving_early_starts_no_more_tasks():
    begun: list[int] = []

    def note(task: int) -> int:
        begun.append(task)
        return task

    stream = engine.stream(note, range(1000), engine="threads", workers=2)
    assert next(stream) == 0
    stream.close()
    assert len(begun) < 20


def test_wrong_engines_and_workers_are_refused():
    with pytest.raises(MethodError, match="threads"):
        list(engine.stream(square, [1], engine="thread"))
    with pytest.raises(MethodError, match="workers should be 1 or more, is 0"):
        list(engine.stream(square, [1], workers=0))


def test_blocks_inside_a_thread_stay_in_it():
    seen: set[int] = set()

    def note(_task: slice, _: np.ndarray) -> None:
        seen.add(threading.get_ident())
        time.sleep(0.002)

    with single_threaded():
        map_blocks(note, [slice(0, 1)] * 8, numbers=1 << 30)
    assert seen == {threading.get_ident()}
