"""Processes: forks in the middle of anything, and multiprocessing in its three ways."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite._util import fork as forking
from intlite.errors import InterpreterError

from .common import DENSE, images, interpreter, long_steps, open_shapes, run_once

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
LIMIT = 600
TASKS = Path("/proc/self/task")


def forked(check: Callable[[], None]) -> None:
    """A child calls check() and ends; that it fails, or takes minutes, is an error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads
        child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        code = 1
        try:
            check()
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def doubled(x: NDArray[Any]) -> NDArray[Any]:
    """What the model of open shapes gives."""
    return np.clip(2 * (x.astype(np.int64) - 1) + 1, -128, 127).astype(np.int8)


def at_size(size: int) -> NDArray[np.int8]:
    values = np.random.default_rng(size).integers(-128, 128, (2, size, 2, 3))
    return values.astype(np.int8)


@pytest.mark.parametrize("threads", [1, 2])
def test_while_threads_run_and_plan(threads: int) -> None:
    """Locks that other threads hold at the moment of the fork are held by nobody there."""
    dense = intlite.load(DENSE, num_threads=threads)
    sizes = intlite.load(open_shapes(), num_threads=threads)
    x = images(700)
    expected = dense(x)
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            dense(x)

    def plan() -> None:
        size = 1
        while not stop.is_set():
            size = size % 40 + 1
            sizes(at_size(size))

    def check() -> None:
        for size in (3, 77, 78):
            np.testing.assert_array_equal(sizes(at_size(size)), doubled(at_size(size)))
        for _ in range(3):
            np.testing.assert_array_equal(dense(x), expected)
        np.testing.assert_array_equal(intlite.load(DENSE, num_threads=threads)(x), expected)

    workers = [Thread(target=f) for f in (run, run, plan, plan)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(8):
            forked(check)
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    np.testing.assert_array_equal(dense(x), expected)


def test_while_another_thread_plans() -> None:
    model = intlite.load(open_shapes())
    inside, leave = Event(), Event()

    def hold() -> None:
        with model.session._lock:
            inside.set()
            assert leave.wait(LIMIT)

    thread = Thread(target=hold)
    thread.start()
    assert inside.wait(LIMIT)
    forked(lambda: np.testing.assert_array_equal(model(at_size(9)), doubled(at_size(9))))
    leave.set()
    thread.join()
    np.testing.assert_array_equal(model(at_size(10)), doubled(at_size(10)))


def test_by_the_thread_that_plans() -> None:
    """As a signal's handler may: both go on."""
    model = intlite.load(open_shapes())

    def check() -> None:
        model.session._lock.__exit__(None, None, None)
        np.testing.assert_array_equal(model(at_size(9)), doubled(at_size(9)))

    with model.session._lock:
        forked(check)
    np.testing.assert_array_equal(model(at_size(9)), doubled(at_size(9)))


def test_waits_for_an_import_of_operators() -> None:
    """Python can't import in the child what another thread was importing."""
    inside, released = Event(), Event()

    def hold() -> None:
        with forking._IMPORTING:
            inside.set()
            released.wait(0.3)  # nobody sets it: a while
            released.set()

    thread = Thread(target=hold)
    thread.start()
    assert inside.wait(LIMIT)

    def check() -> None:
        assert released.is_set()
        thread = Thread(target=lambda: intlite.load(DENSE)(images(2)))
        thread.start()
        thread.join(LIMIT)
        assert not thread.is_alive()

    forked(check)
    thread.join()
    with forking._IMPORTING:
        forked(lambda: None)


def native_threads() -> int:
    return len(list(TASKS.iterdir()))


@pytest.mark.skipif(not TASKS.is_dir(), reason="threads are counted in /proc")
def test_in_the_middle_of_a_run_of_the_pool() -> None:
    """The pool is the child's own at once: it starts threads there, however the parent's fares."""
    model = intlite.load(long_steps(1, 256), num_threads=2)
    x = np.random.default_rng(0).integers(-128, 128, (1, 256, 256, 32)).astype(np.int8)
    expected = model(x)
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            model(x)

    def check() -> None:
        assert native_threads() == 1
        np.testing.assert_array_equal(model(x), expected)
        assert native_threads() == 2
        # And its children's.
        forked(lambda: np.testing.assert_array_equal(model(x), expected))
        del globals()["held"]

    globals()["held"] = model
    worker = Thread(target=run)
    worker.start()
    try:
        for _ in range(5):
            forked(check)
    finally:
        stop.set()
        worker.join()
    np.testing.assert_array_equal(model(x), expected)


def test_an_interpreter_in_the_middle_of_a_call() -> None:
    """Its tensors are half written, in the child for ever: it says so."""
    it, idle = interpreter(rows=5), interpreter(rows=5)
    x = images(5)
    expected = run_once(it, x)
    inside, leave = Event(), Event()

    def stay() -> None:
        inside.set()
        assert leave.wait(LIMIT)

    def check() -> None:
        for _ in range(2):
            with pytest.raises(InterpreterError, match="when the process was forked"):
                it.invoke()
        np.testing.assert_array_equal(run_once(idle, x), expected)
        np.testing.assert_array_equal(run_once(interpreter(rows=5), x), expected)

    thread = Thread(target=it._alone, args=(stay,))
    thread.start()
    assert inside.wait(LIMIT)
    forked(check)
    leave.set()
    thread.join()
    np.testing.assert_array_equal(run_once(it, x), expected)


# --------------------------------------------------------------------- multiprocessing

_model: intlite.Model | None = None


def adopt(model: intlite.Model) -> None:
    """Of a worker: keep the model that came by pickle, or by fork."""
    global _model
    _model = model


def call(x: NDArray[Any]) -> NDArray[Any]:
    assert _model is not None
    return np.asarray(_model(x))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(method: str) -> None:
    """A model as the function, as an argument of the initializer, and in results."""
    model = intlite.load(DENSE, num_threads=2)
    batches = [images(n, n) for n in (1, 40, 700)]
    expected = [model(x) for x in batches]
    with multiprocessing.get_context(method).Pool(2, adopt, (model,)) as pool:
        for function in (model, call):
            for y, z in zip(pool.map(function, batches), expected, strict=True):
                np.testing.assert_array_equal(y, z)
        np.testing.assert_array_equal(pool.apply(intlite.load, (DENSE,))(batches[1]), expected[1])
        it = pool.apply(interpreter, (str(DENSE), 3))
        np.testing.assert_array_equal(run_once(it, batches[1][:3]), expected[1][:3])
    if method == "forkserver":
        # It outlives its last pool, and the tests after this one count processes.
        from multiprocessing import forkserver

        forkserver._forkserver._stop()  # type: ignore[attr-defined]


def test_errors_of_workers_come_back() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        with pytest.raises(intlite.ModelError, match=r"\S"):
            pool.apply(intlite.load, (b"not a model",))
        with pytest.raises(intlite.ShapeError, match="expected"):
            pool.apply(intlite.load(DENSE), (np.zeros((1, 3, 3), np.uint8),))
