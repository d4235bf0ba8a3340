"""Ctrl-C, and other signals whose handlers raise, end native runs that would take minutes."""

from __future__ import annotations

import pytest

from .common import child

TIMEOUT = 900
START = """
import os, signal, sys, threading, time
import numpy as np, intlite
from tests.concurrency.common import ZOO, interpreter, long_steps, run_once

def seconds(call):
    # Of the processor, not of the clock: however busy the machine.
    start = time.process_time()
    call()
    return time.process_time() - start

def interrupted(call, whole, kind=KeyboardInterrupt):
    # Whether a signal that comes while it runs ends it long before its whole time.
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    def run():
        try:
            call()
        except kind:
            return
        raise SystemExit("it ran to its end")
    timer.start()
    used = seconds(run)
    timer.join()
    return used < whole / 2

# A shell's background jobs ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
rng = np.random.default_rng(0)
threads = int(sys.argv[1])
"""
BATCH = """
path = ZOO / "mobilenet_v1_0.25_128_quant.tflite"
x = np.zeros((6000, 128, 128, 3), np.uint8)
x[:5] = rng.integers(0, 256, x[:5].shape)
alone = intlite.load(path)
whole = 2000 * seconds(lambda: alone(x[:3]))
"""
STEP = """
x = rng.integers(-128, 128, (1, 1024, 1024, 32), np.int8)
part = x[:, :128, :128]
one = intlite.load(long_steps(1, 128))
long = intlite.load(long_steps(1, 1024), num_threads=threads)
whole = 64 * seconds(lambda: one(part))
"""


def run(script: str, threads: int) -> None:
    done = child(START + script, threads, timeout=TIMEOUT, INTLITE_ISA="portable")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


each_number_of_threads = pytest.mark.parametrize("threads", [1, 2])


@each_number_of_threads
def test_a_batch(threads: int) -> None:
    """Between tiles and steps; the model, its pool and its memory serve the next call."""
    run(
        BATCH
        + """
model = intlite.load(path, num_threads=threads)
expected = [alone(x[:n]) for n in (1, 5)]
for call in (lambda: model(x), lambda: model(memoryview(x))):
    assert interrupted(call, whole)
    for y in expected:
        assert np.array_equal(model(x[: len(y)]), y)
""",
        threads,
    )


@each_number_of_threads
def test_a_resized_interpreter(threads: int) -> None:
    run(
        """
x = np.zeros((300, 128, 128, 32), np.int8)
x[:3] = rng.integers(-128, 128, x[:3].shape)
alone = intlite.load(long_steps(1, 128))
whole = 100 * seconds(lambda: alone(x[:3]))
it = interpreter(long_steps(1, 128), len(x), threads)
it.set_tensor(it.get_input_details()[0]["index"], x)
assert interrupted(it.invoke, whole)
assert interrupted(it.invoke, whole)
it.resize_tensor_input(it.get_input_details()[0]["index"], [3, *x.shape[1:]])
it.allocate_tensors()
assert np.array_equal(run_once(it, x[:3]), alone(x[:3]))
""",
        threads,
    )


@each_number_of_threads
def test_steps_of_seconds(threads: int) -> None:
    """One image and one convolution, which is split to look between the parts."""
    run(
        STEP
        + """
assert interrupted(lambda: long(x), whole)
assert interrupted(lambda: long(x), whole)
""",
        threads,
    )


@each_number_of_threads
def test_a_sequence(threads: int) -> None:
    """Between the steps of an LSTM, which come one after the other."""
    run(
        """
from tests.sweeps.recurrent import long_lstm
case = long_lstm(rng, 60_000)
[x] = case.build()[1]
part = x[:600]
whole = 100 * seconds(lambda: intlite.load(long_lstm(rng, 600).build()[0])(part))
long = intlite.load(case.build()[0], num_threads=threads)
assert interrupted(lambda: long(x), whole)
assert interrupted(lambda: long(x), whole)
""",
        threads,
    )


def test_single_operators() -> None:
    """trace runs them one by one."""
    run(STEP + "assert interrupted(lambda: long.trace(x), whole)\n", 1)


@pytest.mark.long
def test_any_handler_may_end_a_run_and_any_may_not() -> None:
    run(
        STEP
        + """
calls, expected = [], long(x)
signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
timer.start()
found = long(x)
timer.join()
assert calls == [signal.SIGINT]
assert np.array_equal(found, expected)
class Enough(Exception): pass
def handler(number, frame): raise Enough
signal.signal(signal.SIGINT, handler)
assert interrupted(lambda: long(x), whole, Enough)
""",
        1,
    )


@pytest.mark.long
def test_the_main_thread_is_interrupted_while_another_runs() -> None:
    """Signals are the main thread's: runs of others go on to their end."""
    run(
        STEP
        + """
expected, found = one(part), []
thread = threading.Thread(target=lambda: found.extend(one(part) for _ in range(20)))
thread.start()
assert interrupted(lambda: long(x), whole)
thread.join()
assert len(found) == 20 and all(np.array_equal(y, expected) for y in found)
""",
        1,
    )


def test_steps_computed_by_python_end_too() -> None:
    run(
        """
from tests.concurrency.common import with_python_step
x = np.zeros((60000, 64, 64), np.int8)
model = intlite.load(with_python_step())
whole = 200 * seconds(lambda: model(x[:300]))
assert interrupted(lambda: model(x), whole)
assert np.array_equal(model(x[:2]), intlite.load(with_python_step())(x[:2]))
""",
        1,
    )


@pytest.mark.long
@each_number_of_threads
def test_a_handler_that_forks(threads: int) -> None:
    """The parent's run goes on; the child's can't, since the pool's threads are not there."""
    run(
        """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
model = intlite.load(long_steps(2, 256), num_threads=threads)
y = rng.integers(-128, 128, (4, 256, 256, 32), np.int8)
expected, children = model(y), []
signal.signal(signal.SIGINT, lambda number, frame: children.append(os.fork()))
timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
timer.start()
try:
    found = model(y)
except RuntimeError as error:
    signal.alarm(600)
    good = children == [0] and "forked" in str(error) and np.array_equal(model(y), expected)
    os._exit(not good)
timer.join()
assert np.array_equal(found, expected)
assert children[0] and os.waitpid(children[0], 0)[1] == 0
assert np.array_equal(model(y), expected)
""",
        threads,
    )
