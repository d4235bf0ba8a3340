"""The ways that a file can be loaded and run, with inputs of any values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import Model
from intlite.graph.types import Tensor
from intlite.interpreter import Interpreter
from intlite.ops import ValueUnknownError
from intlite.plan import infer
from intlite.runtimes import RUNTIMES
from tests.runs import every_tensor

MAX_INPUT = 2**18
MOST_ELEMENTS = 2**21
# Of an LSTM, of which numpy takes a millisecond each.
MOST_STEPS = 2**10
# Says that the file was taken: what comes is a run.
Loaded = Callable[[], None]
# Whether it ran: it does not where that would take inputs too large.
Face = Callable[[Generator, bytes, str, Loaded], bool]


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


def inputs(rng: Generator, tensors: tuple[Tensor, ...], samples: int = 1) -> list[Any] | None:
    """Arrays for a model's inputs, or None where they would be too large."""
    shapes = [(t.shape[0] * samples, *t.shape[1:]) if t.shape else () for t in tensors]
    if any(np.prod(s, dtype=float) > MAX_INPUT for s in shapes):
        return None
    return [values(rng, t.dtype, s) for t, s in zip(tensors, shapes, strict=True)]


def _model(rng: Generator, data: bytes, numerics: str, loaded: Loaded) -> bool:
    samples = int(rng.choice([1, 1, 2, 3]))
    model = Model(data, numerics=numerics, num_threads=int(rng.choice([1, 1, 1, 2])))
    loaded()
    if any(not t.shape for t in model.inputs):
        samples = 1
    given = inputs(rng, model.inputs, samples)
    if given is not None:
        model(*given)
    return given is not None


def _is_large(model: Model) -> bool:
    """Whether numpy would take seconds for a tensor, and some hundred bytes for each element."""
    own = [t.shape for t in model.inputs]
    try:
        shapes, _ = infer(model.graph, own, RUNTIMES[model.numerics])
    except ValueUnknownError:  # a run finds them out, within its limits
        return False
    steps = [
        max(shapes.get(op.inputs[0], (0,)), default=0)
        for op in model.graph.operators
        if op.name == "UNIDIRECTIONAL_SEQUENCE_LSTM"
    ]
    if max(steps, default=0) > MOST_STEPS:
        return True
    return any(np.prod(shape, dtype=float) > MOST_ELEMENTS for shape in shapes.values())


def _trace(backend: Any) -> Face:
    def run(rng: Generator, data: bytes, numerics: str, loaded: Loaded) -> bool:
        model = Model(data, numerics=numerics)
        loaded()
        given = inputs(rng, model.inputs)
        if given is None or _is_large(model):
            return False
        model.trace(*given, backend=backend)
        return True

    return run


def _both(rng: Generator, data: bytes, numerics: str, loaded: Loaded) -> bool:
    """The program and the reference give the same integers."""
    model = Model(data, numerics=numerics)
    loaded()
    given = inputs(rng, model.inputs)
    if given is None or _is_large(model):
        return False
    found = model(*given)
    found = found if isinstance(found, tuple) else (found,)
    trace = every_tensor(model.graph, numerics, given, "reference")
    for y, i in zip(found, model.graph.outputs, strict=True):
        expected = trace[i]
        if y.dtype.kind == "b":  # any byte but 0 is true, and may stay what it is
            y, expected = y.view(np.uint8) != 0, expected.view(np.uint8) != 0
        if y.dtype.kind not in "fc" and not np.array_equal(y, expected):
            raise AssertionError(f"{model.graph.tensors[i]!r} differs from the reference")
    return True


def _interpreter(rng: Generator, data: bytes, numerics: str, loaded: Loaded) -> bool:
    interpreter = Interpreter(model_content=data, numerics=numerics)
    loaded()
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
            return False
        dtype = np.dtype(detail["dtype"])
        if dtype.kind not in "OSU":
            interpreter.set_tensor(detail["index"], values(rng, dtype, own))
    interpreter.invoke()
    for detail in interpreter.get_output_details():
        interpreter.get_tensor(detail["index"])
    return True


FACES: dict[str, Face] = {
    "model": _model,
    "trace": _trace("native"),
    "reference": _trace("reference"),
    "interpreter": _interpreter,
    "both": _both,
}
