"""Many threads: one model, many models, models that are being loaded, one interpreter."""

from __future__ import annotations

import gc
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from typing import Any

import numpy as np
import pytest

import intlite
from intlite.datasets import random_inputs
from intlite.errors import InterpreterError

from .common import (
    CONV,
    DENSE,
    ZOO,
    child,
    images,
    interpreter,
    long_steps,
    open_shapes,
    run_once,
    with_python_step,
)

CALLERS = 16
BUSY = "in the middle of a call"


def in_threads(function: Callable[[int], None], count: int = CALLERS) -> None:
    """Calls function(0), ... at once, each in its thread; raises what any of them raised."""
    start = Barrier(count)

    def call(i: int) -> None:
        start.wait(timeout=600)
        function(i)

    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(call, i) for i in range(count)]:
            future.result(timeout=900)


# ----------------------------------------------------------------------------- models


@pytest.mark.parametrize("threads", [1, 3])
def test_sixteen_threads_call_one_model_at_new_shapes(threads: int) -> None:
    """More shapes than a model keeps programs for: they are planned and dropped meanwhile."""
    model = intlite.load(open_shapes(), num_threads=threads)

    def call(caller: int) -> None:
        rng = np.random.default_rng(caller)
        for _ in range(25):
            shape = (int(rng.integers(1, 4)), *rng.integers(1, 7, 2), 3)
            x = rng.integers(-128, 128, shape).astype(np.int8)
            expected = np.clip(2 * (x.astype(np.int64) - 1) + 1, -128, 127)
            np.testing.assert_array_equal(model(x), expected)

    in_threads(call)


def test_many_models_each_in_many_threads() -> None:
    paths = [DENSE, CONV, ZOO / "hello_world_int8.tflite", ZOO / "micro_speech_quantized.tflite"]
    models = [intlite.load(p, num_threads=n) for p in paths for n in (1, 2)]
    inputs = [random_inputs(m, 3, 5) for m in models]
    expected = [m(*x) for m, x in zip(models, inputs, strict=True)]

    def call(caller: int) -> None:
        for k in range(3 * len(models)):
            i = (caller + k) % len(models)
            np.testing.assert_array_equal(models[i](*inputs[i]), expected[i])

    in_threads(call)


def test_models_are_loaded_and_dropped_while_others_run() -> None:
    data, x = DENSE.read_bytes(), images(9)
    running = intlite.load(data, num_threads=2)
    expected = running(x)

    def call(caller: int) -> None:
        for _ in range(5):
            model = running if caller % 2 else intlite.load(data, num_threads=1 + caller % 3)
            np.testing.assert_array_equal(model(x), expected)

    in_threads(call)
    gc.collect()


def test_first_loads_at_once() -> None:
    """Operators are imported when they are first met: by all threads at once."""
    script = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import intlite
from intlite.datasets import random_inputs
from tests.concurrency.common import CONV, ZOO, with_python_step
sources = [CONV, ZOO / "kws_int8.tflite", ZOO / "keras_lstm_mnist_ptq.tflite", with_python_step()]
start = Barrier(16)
def load(i):
    start.wait()
    return intlite.load(sources[i % len(sources)])
with ThreadPoolExecutor(16) as pool:
    models = list(pool.map(load, range(16)))
for model in models:
    model(*random_inputs(model, 0))
"""
    for _ in range(3):
        done = child(script)
        assert (done.returncode, done.stderr) == (0, "")


def test_python_steps_in_many_threads() -> None:
    model = intlite.load(with_python_step())
    x = np.arange(-2048, 2048).reshape(1, 64, 64).astype(np.int8)
    expected = model(x)

    def call(caller: int) -> None:
        for _ in range(20):
            np.testing.assert_array_equal(model(x), expected)

    in_threads(call)


def test_a_model_is_made_once() -> None:
    model = intlite.load(DENSE)
    with pytest.raises(TypeError, match="made once"):
        model.__init__(CONV)  # type: ignore[misc]
    with pytest.raises(ValueError, match="bound once"):
        model._bind_own_shape()
    assert model(images(2)).shape == (2, 10)
    with pytest.raises(TypeError, match="made once"):
        interpreter().__init__(str(CONV))  # type: ignore[misc]


def test_a_number_of_threads_that_no_system_gives() -> None:
    """Address space for a few stacks only: the threads that there are do the work."""
    script = """
import resource, sys, numpy as np, intlite
x = np.arange(784 * 3000, dtype=np.uint32).astype(np.uint8).reshape(-1, 28, 28)
expected = intlite.load(sys.argv[1])(x)
model = intlite.load(sys.argv[1], num_threads=64)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (160 << 20), -1))
found = model(x)
assert np.array_equal(found, expected)
"""
    done = child(script, DENSE)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_absurd_number_of_threads() -> None:
    model = intlite.load(DENSE, num_threads=10**30)
    x = images(3000)
    np.testing.assert_array_equal(model(x), intlite.load(DENSE)(x))
    assert threading.active_count() < 100  # of Python's
    it = interpreter(rows=3000, num_threads=10**30)
    np.testing.assert_array_equal(run_once(it, x), model(x))


# ------------------------------------------------------------------------ interpreters


def actions(it: intlite.Interpreter) -> dict[str, Callable[[], Any]]:
    """All that reads or writes an interpreter's tensors."""
    view = it.tensor(0)
    shape = it.get_input_details()[0]["shape"]
    return {
        "allocate": it.allocate_tensors,
        "get": lambda: it.get_tensor(0),
        "get a constant": lambda: it.get_tensor(3),
        "invoke": it.invoke,
        "pickle": lambda: pickle.dumps(it),
        "reset": it.reset_all_variables,
        "resize": lambda: it.resize_tensor_input(0, [5, *shape[1:]]),
        "resize to the same": lambda: it.resize_tensor_input(0, shape),
        "set": lambda: it.set_tensor(0, np.zeros(shape, np.uint8)),
        "set to a list": lambda: it.set_tensor(0, np.zeros(shape, np.uint8).tolist()),
        "set wrongly": lambda: it.set_tensor(0, np.zeros((3, 3), np.uint8)),
        "view": lambda: view().copy(),
    }


@pytest.mark.parametrize("name", actions(interpreter()))
def test_whatever_comes_in_the_middle_of_a_call_is_refused(name: str) -> None:
    it = interpreter()
    x = images(1)
    expected = run_once(it, x)
    inside, leave = Event(), Event()

    def stay() -> None:
        inside.set()
        assert leave.wait(timeout=600)

    thread = Thread(target=it._alone, args=(stay,))
    thread.start()
    assert inside.wait(timeout=600)
    with pytest.raises(InterpreterError, match=BUSY):
        actions(it)[name]()
    # What does not touch the tensors goes on.
    assert it.get_input_details()[0]["index"] == 0
    assert len(it.get_tensor_details()) == len(it._graph.as_in_file.tensors)
    leave.set()
    thread.join()
    np.testing.assert_array_equal(it.get_tensor(it.get_output_details()[0]["index"]), expected)
    np.testing.assert_array_equal(run_once(it, x), expected)


def test_the_turn_ends_with_the_call_whatever_it_raises() -> None:
    it = interpreter()

    def fail() -> None:
        with pytest.raises(InterpreterError, match=BUSY):
            it.invoke()  # further up this thread
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        it._alone(fail)
    with pytest.raises(ValueError, match="Dimension mismatch"):
        it.set_tensor(0, np.zeros((1, 2, 2), np.uint8))
    assert it._alone(lambda a, *, b: (a, b), 1, b=2) == (1, 2)
    with pytest.raises(TypeError, match="expected a function"):
        it._alone()  # type: ignore[call-arg]
    it.invoke()


def test_a_signature_runs_as_one_call() -> None:
    it = interpreter()
    key = next(iter(it.get_signature_list()), None)
    if key is None:
        pytest.fail("the model has no signature")
    runner = it.get_signature_runner(key)
    name = next(iter(runner.get_input_details()))

    def call() -> None:
        with pytest.raises(InterpreterError, match=BUSY):
            runner(**{name: images(1)})

    it._alone(call)
    found = runner(**{name: images(4)})
    np.testing.assert_array_equal(next(iter(found.values())), intlite.load(DENSE)(images(4)))


def test_a_real_run_refuses_others() -> None:
    """While invoke computes without the GIL; and a resize that others see leaves it whole."""
    source = long_steps(1, 256)
    it = interpreter(source)
    x = np.random.default_rng(0).integers(-128, 128, (1, 256, 256, 32)).astype(np.int8)
    expected = run_once(it, x)
    refused = 0
    stop = Event()

    def invoke() -> None:
        for _ in range(1000):
            try:
                it.invoke()
            except InterpreterError:  # the other's moment
                continue
            if stop.is_set():
                break
        stop.set()

    thread = Thread(target=invoke)
    thread.start()
    while not refused and not stop.is_set():
        try:
            it._alone(lambda: None)
        except InterpreterError:
            refused += 1
    stop.set()
    thread.join()
    assert refused
    np.testing.assert_array_equal(run_once(it, x), expected)


@pytest.mark.parametrize("source", [DENSE, with_python_step()], ids=["native", "Python"])
def test_a_storm_upon_one_interpreter(source: Any) -> None:
    """Anything at once: errors are InterpreterError, and it works as a new one afterwards."""
    it = interpreter(source, num_threads=2)
    index = it.get_input_details()[0]["index"]
    own = it.get_input_details()[0]["shape"]
    dtype = it.get_input_details()[0]["dtype"]
    refused = [0] * 8

    def call(caller: int) -> None:
        rng = np.random.default_rng(caller)
        for _ in range(60):
            try:
                match int(rng.integers(6)):
                    case 0:
                        it.resize_tensor_input(index, [int(rng.integers(1, 40)), *own[1:]])
                    case 1:
                        it.allocate_tensors()
                    case 2:
                        it.set_tensor(index, np.zeros(it.get_input_details()[0]["shape"], dtype))
                    case 3:
                        it.tensor(index)().sum()
                    case 4:
                        it.get_tensor(it.get_output_details()[0]["index"])
                    case _:
                        it.invoke()
            except InterpreterError:
                refused[caller] += 1
            except ValueError as error:  # the shape changed in between, or is not allocated
                assert "mismatch" in str(error) or "allocate" in str(error)  # noqa: PT017

    in_threads(call, len(refused))
    it.resize_tensor_input(index, [3, *own[1:]])
    it.allocate_tensors()
    fresh = interpreter(source, rows=3)
    x = np.random.default_rng(1).integers(0, 100, (3, *own[1:])).astype(dtype)
    np.testing.assert_array_equal(run_once(it, x), run_once(fresh, x))


@pytest.mark.parametrize("source", [DENSE, with_python_step()], ids=["native", "Python"])
def test_views_are_counted_wherever_they_are_dropped(source: Any) -> None:
    it = interpreter(source)
    index = it.get_input_details()[0]["index"]
    views = [it.tensor(index)() for _ in range(4)]
    views += [view[..., :1] for view in views]
    while views:
        assert not it._safe_to_run()
        with pytest.raises(InterpreterError, match="at least 1 reference"):
            it.invoke()
        thread = Thread(target=views.pop)
        thread.start()
        thread.join()
    assert it._safe_to_run()
    it.invoke()


def test_a_view_outlives_its_interpreter() -> None:
    it = interpreter()
    x = images(1, 9)
    it.set_tensor(0, x)
    view = it.tensor(0)()
    del it
    gc.collect()
    np.testing.assert_array_equal(view, x)
    assert view.flags.writeable
    assert not view.flags.owndata
