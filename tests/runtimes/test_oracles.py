"""A runtime that dies, hangs or refuses costs one job and nothing else."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from intlite.runtimes import RUNTIMES, Oracle, Runtime

from ..models import Network
from ..oracles import Job, Oracles, run
from ..sweeps.base import quantization

X = np.arange(-8, 8, dtype=np.int8)


def adding(scale: float) -> bytes:
    """x + x, to an output of this scale."""
    net = Network()
    x = net.input((16,), "INT8", quantization(1))
    y = net.output((16,), "INT8", quantization(scale))
    net.operator("ADD", [x, x], [y])
    return net.bytes()


GOOD = adding(2)
# LiteRT and TFLite Micro abort if the output's scale is that much finer than the inputs'.
FATAL = adding(2.0**-20)


@pytest.mark.parametrize("flavour", RUNTIMES)
def test_a_crash_loses_one_job(flavour: str) -> None:
    jobs = [Job(model, (X,), flavour) for model in (GOOD, FATAL, GOOD, FATAL, GOOD)]
    results = run(jobs)
    assert [r.crashed for r in results] == [False, True, False, True, False]
    for result in results[::2]:
        assert result.outputs is not None
        assert np.array_equal(result.outputs[0], X)
    assert "exit code" in results[1].error


def test_a_job_that_takes_too_long() -> None:
    with Oracles(timeout=0.001) as oracles:
        [result] = oracles.run([Job(GOOD, (X,), "litert")])
    assert result.crashed
    assert "timed out" in result.error


@pytest.mark.parametrize("flavour", RUNTIMES)
def test_refusals_are_in_the_runtimes_words(flavour: str) -> None:
    [broken, wrong_input] = run(
        [Job(GOOD[: len(GOOD) // 2], (X,), flavour), Job(GOOD, (X[:3],), flavour)]
    )
    assert broken.outputs is None
    assert broken.error or broken.crashed
    assert wrong_input.outputs is None
    assert "Cannot set tensor" in wrong_input.error


def test_inputs_are_resized_first() -> None:
    shapes = ((4,),)
    litert, micro = run([Job(GOOD, (X[:4],), f, shapes) for f in ("litert-builtin", "tflm")])
    assert litert.outputs is not None
    assert np.array_equal(litert.outputs[0], X[:4])
    assert "does not resize" in micro.error


def test_another_python_runs_the_runtime() -> None:
    """By a command of its own, as an emulator's would be."""
    runtime = RUNTIMES["litert-builtin"]
    oracle = Oracle(**{**vars(runtime.oracle), "command": ("env", "-u", "NOTHING", sys.executable)})
    other = Runtime(**{**vars(runtime), "oracle": oracle})
    with Oracles(runtimes={"other": other}) as oracles:
        [result] = oracles.run([Job(GOOD, (X,), "other")])
    assert result.outputs is not None
    assert np.array_equal(result.outputs[0], X)


def test_delegation_is_told() -> None:
    results = run([Job(GOOD, (X,), name) for name in RUNTIMES])
    assert [r.delegated for r in results] == [name == "litert" for name in RUNTIMES]
