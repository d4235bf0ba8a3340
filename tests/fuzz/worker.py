"""The child process: mutants one after the other, each announced before it is run."""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

import intlite
from intlite import IntliteError, Model, memory
from intlite.executor import Executor
from intlite.graph.types import Tensor
from intlite.interpreter import Interpreter
from intlite.numerics import FLAVOURS

from .mutation import mutate
from .seeds import draw_seed

# What intlite takes for the machine's memory; it may use half of it.
PHYSICAL = 2**29
ADDRESS_SPACE = 4 * 2**30
SECONDS = 5
MAX_INPUT = 2**18


def make(seed: int, index: int) -> tuple[str, bytes, Generator]:
    """Mutant ``index``: what it was made of, the file, and numbers to run it with."""
    rng = np.random.default_rng([seed, index])
    name, data = draw_seed(rng)
    return name, mutate(rng, data), rng


def values(rng: Generator, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Zeros, small numbers, or any bits."""
    if rng.random() < 0.3 or dtype.kind == "O":
        return np.zeros(shape, dtype)
    if dtype.kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if rng.random() < 0.5:
        return np.asarray(rng.integers(0, 8, shape)).astype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return np.frombuffer(rng.bytes(size), dtype).reshape(shape)


def _inputs(rng: Generator, tensors: tuple[Tensor, ...], samples: int = 1) -> list[Any] | None:
    shapes = [(t.shape[0] * samples, *t.shape[1:]) if t.shape else () for t in tensors]
    if any(np.prod(s, dtype=float) > MAX_INPUT for s in shapes):
        return None
    return [values(rng, t.dtype, s) for t, s in zip(tensors, shapes, strict=True)]


def _model(rng: Generator, data: bytes, numerics: str) -> None:
    samples = int(rng.choice([1, 1, 2, 3]))
    model = Model(data, numerics=numerics, num_threads=int(rng.choice([1, 2])))
    if any(not t.shape for t in model.inputs):
        samples = 1
    given = _inputs(rng, model.inputs, samples)
    if given is not None:
        model(*given)


def _trace(backend: Any) -> Callable[[Generator, bytes, str], None]:
    def run(rng: Generator, data: bytes, numerics: str) -> None:
        model = Model(data, numerics=numerics)
        given = _inputs(rng, model.inputs)
        if given is not None:
            model.trace(*given, backend=backend)

    return run


def _both(rng: Generator, data: bytes, numerics: str) -> None:
    """The program and the reference give the same integers."""
    model = Model(data, numerics=numerics)
    given = _inputs(rng, model.inputs)
    if given is None:
        return
    found = model(*given)
    found = found if isinstance(found, tuple) else (found,)
    trace = Executor(model.graph, FLAVOURS[numerics], "reference").run(given)
    for y, i in zip(found, model.graph.outputs, strict=True):
        if y.dtype.kind != "f" and not np.array_equal(y, trace[i]):
            raise AssertionError(f"{model.graph.tensors[i]!r} differs from the reference")


def _interpreter(rng: Generator, data: bytes, numerics: str) -> None:
    interpreter = Interpreter(model_content=data, numerics=numerics)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()
    if details and rng.random() < 0.2:
        detail = details[int(rng.integers(len(details)))]
        shape = [int(d) for d in detail["shape"]]
        if shape:
            shape[int(rng.integers(len(shape)))] = int(rng.choice([0, 1, 2, 5]))
        interpreter.resize_tensor_input(detail["index"], shape)
        interpreter.allocate_tensors()
        details = interpreter.get_input_details()
    for detail in details:
        own = tuple(int(d) for d in detail["shape"])
        if np.prod(own, dtype=float) > MAX_INPUT:
            return
        dtype = np.dtype(detail["dtype"])
        if dtype.kind not in "OSU":
            interpreter.set_tensor(detail["index"], values(rng, dtype, own))
    interpreter.invoke()
    for detail in interpreter.get_output_details():
        interpreter.get_tensor(detail["index"])


FACES: dict[str, Callable[[Generator, bytes, str], None]] = {
    "model": _model,
    "trace": _trace("native"),
    "reference": _trace("reference"),
    "interpreter": _interpreter,
    "both": _both,
}


def run(data: bytes, rng: Generator) -> str:
    """Load and run a file in some way.

    Returns:
        "ran", the name of the error of intlite's, or "FAILED" with the traceback.
    """
    face = str(rng.choice(list(FACES)))
    numerics = str(rng.choice(list(FLAVOURS)))
    try:
        with np.errstate(all="ignore"):
            FACES[face](rng, data, numerics)
    except IntliteError as e:
        return type(e).__name__
    except Exception:
        return f"FAILED {face} {numerics}\n{traceback.format_exc()}"
    return "ran"


def limit() -> None:
    """Memory for the process, and for intlite less."""
    memory._physical_memory = lambda: PHYSICAL
    if "libasan" not in os.environ.get("LD_PRELOAD", ""):  # which needs terabytes of it
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    faulthandler.register(signal.SIGXCPU, chain=True)


def restart_clock() -> None:
    """Die by SIGXCPU in more than ``SECONDS`` of computation, however busy the machine is."""
    soft = int(time.process_time()) + 1 + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("start", type=int)
    parser.add_argument("stop", type=int)
    args = parser.parse_args()
    assert intlite.__version__
    limit()
    for index in range(args.start, args.stop):
        name, data, rng = make(args.seed, index)
        print(f"{index}\t{name}", flush=True)
        restart_clock()
        outcome = run(data, rng)
        print("\t" + outcome.replace("\n", "\v"), flush=True)


if __name__ == "__main__":
    main()
