"""What a thread of the soak may do; each compares what it gets with what was known before."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

import intlite
from intlite.datasets import random_inputs
from intlite.errors import InterpreterError

from ..concurrency.common import CONV, DENSE, ZOO, open_shapes, with_python_step

SAMPLES = 64
CHILD_SECONDS = 600


class Known:
    """A model's bytes, inputs, and outputs as one thread computes them one by one."""

    def __init__(self, data: bytes, numerics: str) -> None:
        self.data, self.numerics = data, numerics
        model = intlite.load(data, numerics=numerics)
        self.x: NDArray[Any] = random_inputs(model, 0, SAMPLES)[0]
        self.y: NDArray[Any] = np.concatenate([model(x[None]) for x in self.x])
        self.shared = intlite.load(data, numerics=numerics, num_threads=2)
        # It is shared too: what a thread does with it may be refused.
        self.interpreter = self.new_interpreter(1)

    def new_interpreter(self, threads: int) -> intlite.Interpreter:
        it = intlite.Interpreter(
            model_content=self.data, numerics=self.numerics, num_threads=threads
        )
        it.allocate_tensors()
        return it

    def part(self, rng: Generator) -> slice:
        first = int(rng.integers(SAMPLES))
        return slice(first, int(rng.integers(first, SAMPLES)) + 1)

    def check(self, found: Any, part: slice) -> None:
        np.testing.assert_array_equal(found, self.y[part])


def known_models() -> list[Known]:
    paths = [DENSE, CONV, ZOO / "hello_world_int8.tflite", ZOO / "micro_speech_quantized.tflite"]
    models = [Known(path.read_bytes(), n) for path in paths for n in ("litert", "tflm")]
    return [*models, Known(with_python_step(), "litert")]


def call(known: Known, rng: Generator) -> None:
    part = known.part(rng)
    known.check(known.shared(known.x[part]), part)


def call_in_full(known: Known, rng: Generator) -> None:
    part = known.part(rng)
    known.check(known.shared([*known.x[part]]), part)


def trace(known: Known, rng: Generator) -> None:
    part = slice(0, int(rng.integers(1, 4)))
    known.check(known.shared.trace(known.x[part]).outputs[0].quantized, part)


def load(known: Known, rng: Generator) -> None:
    model = intlite.load(known.data, numerics=known.numerics, num_threads=int(rng.integers(1, 4)))
    part = known.part(rng)
    known.check(model(known.x[part]), part)


def copies(known: Known, rng: Generator) -> None:
    part = known.part(rng)
    known.check(pickle.loads(pickle.dumps(known.shared))(known.x[part]), part)
    it = copy.deepcopy(known.new_interpreter(1))
    resized(it, known, part)


def resized(it: intlite.Interpreter, known: Known, part: slice) -> None:
    """One size after another, each of which plans anew."""
    index = it.get_input_details()[0]["index"]
    x = known.x[part]
    it.resize_tensor_input(index, x.shape)
    it.allocate_tensors()
    it.set_tensor(index, x)
    it.invoke()
    known.check(it.get_tensor(it.get_output_details()[0]["index"]), part)


def own_interpreter(known: Known, rng: Generator) -> None:
    it = known.new_interpreter(int(rng.integers(1, 3)))
    for _ in range(3):
        resized(it, known, known.part(rng))


def shared_interpreter(known: Known, rng: Generator) -> None:
    """In the way of others, who are in the way of this."""
    it = known.interpreter
    index = it.get_input_details()[0]["index"]
    try:
        choice = int(rng.integers(5))
        if choice == 0:
            it.resize_tensor_input(index, [int(rng.integers(1, 9)), *known.x.shape[1:]])
        elif choice == 1:
            it.allocate_tensors()
        elif choice == 2:
            it.tensor(index)()[...] = 1
        elif choice == 3:
            it.get_tensor(index)
        else:
            it.invoke()
    except InterpreterError:
        pass
    except ValueError as error:
        if "null" not in str(error):
            raise


def new_shape(known: Known, rng: Generator) -> None:
    x = rng.integers(-64, 64, (1, *rng.integers(1, 30, 2), 3)).astype(np.int8)
    np.testing.assert_array_equal(_OPEN(x), np.clip(2 * (x.astype(int) - 1) + 1, -128, 127))


_OPEN = intlite.load(open_shapes(), num_threads=2)


def fork(known: Known, rng: Generator) -> None:
    """A child does some of the rest, and must end."""
    seed = int(rng.integers(2**31))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        signal.alarm(CHILD_SECONDS)
        code = 1
        try:
            own = np.random.default_rng(seed)
            for action in (call, call_in_full, load, own_interpreter, new_shape, call):
                action(known, own)
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0, "a child failed"


Action = Callable[[Known, Generator], None]
# How often each is done.
ACTIONS: dict[Action, float] = {
    call: 30,
    call_in_full: 15,
    trace: 3,
    load: 6,
    copies: 3,
    own_interpreter: 6,
    shared_interpreter: 25,
    new_shape: 10,
    fork: 2,
}
