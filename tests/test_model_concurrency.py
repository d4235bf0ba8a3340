"""One model in many threads, in other processes, and in a child after fork."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite

PATH = Path(__file__).resolve().parent.parent / "models" / "mnist_model_quant.tflite"
BATCHES = (1, 3, 64, 257)
CALLERS = 8


def images(count: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28)).astype(np.uint8)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_threads_call_one_model(threads: int) -> None:
    shared = intlite.load(PATH, num_threads=threads)
    alone = intlite.load(PATH)
    work = [[images(n, 10 * caller + n) for n in BATCHES] for caller in range(CALLERS)]
    expected = [[alone(x) for x in batches] for batches in work]
    start = Barrier(CALLERS)

    def call(caller: int) -> bool:
        start.wait(timeout=30)
        return all(
            np.array_equal(shared(x), y)
            for _ in range(20)
            for x, y in zip(work[caller], expected[caller], strict=True)
        )

    with ThreadPoolExecutor(CALLERS) as pool:
        assert list(pool.map(call, range(CALLERS))) == [True] * CALLERS


def test_threads_use_the_other_ways_at_once() -> None:
    model = intlite.load(PATH, num_threads=2)
    x = images(5, 1)
    expected = model(x)
    hidden = model.trace(x)[8].quantized
    real = model.predict(x / 255)
    start = Barrier(CALLERS)

    def call(caller: int) -> bool:
        start.wait(timeout=30)
        equal = [
            np.array_equal(model.trace(x)[8].quantized, hidden),
            model.explain(8, (caller % 5, 3), x).stored == hidden[caller % 5, 3],
            np.array_equal(model.predict(x / 255), real),
            np.array_equal(model(x.tolist()), expected),
        ]
        return all(equal)

    with ThreadPoolExecutor(CALLERS) as pool:
        assert list(pool.map(call, range(CALLERS))) == [True] * CALLERS


@pytest.mark.parametrize("threads", [2, 3, 7, 64])
def test_results_do_not_depend_on_num_threads(threads: int) -> None:
    for batch in BATCHES:
        x = images(batch, batch)
        one, many = (intlite.load(PATH, num_threads=n)(x) for n in (1, threads))
        np.testing.assert_array_equal(one, many)


def test_spawned_process() -> None:
    """The model travels by pickle and is called there."""
    model = intlite.load(PATH, num_threads=2)
    x = images(33, 2)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply(model, (x,)), model(x))
        assert pool.apply(repr, (model,)) == repr(model)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
@pytest.mark.parametrize("threads", [1, 2])
def test_fork_after_use(threads: int) -> None:
    """Threads of a pool are not there in the child: it must neither hang nor err."""
    model = intlite.load(PATH, num_threads=threads)
    x = images(2000, 3)
    expected = model(x)
    with warnings.catch_warnings():
        # From Python 3.12 on: this process has threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        signal.alarm(30)
        equal = False
        try:
            fresh = intlite.load(PATH, num_threads=threads)
            equal = all(np.array_equal(m(x), expected) for m in (model, fresh, model))
        finally:
            os._exit(0 if equal else 1)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(model(x), expected)


@pytest.mark.parametrize("use", ["model(x)", "del model", "pass"])
def test_interpreter_ends_with_a_pool_of_threads(use: str) -> None:
    script = (
        "import sys, numpy as np, intlite\n"
        "model = intlite.load(sys.argv[1], num_threads=2)\n"
        "x = np.zeros((2000, 28, 28), np.uint8)\n"
        f"model(x)\n{use}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(PATH)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
