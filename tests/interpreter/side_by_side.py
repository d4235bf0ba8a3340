"""LiteRT's Interpreter and intlite's, asked the same things one after the other."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import interpreter as litert
from numpy.typing import NDArray

from intlite import interpreter as own
from intlite import schema
from intlite.quantization import Quantization, per_tensor
from tests.models import Network

MODEL_FOLDER = Path(__file__).resolve().parents[2] / "models"
RESOLVERS = ("AUTO", "BUILTIN", "BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES")
DELEGATING = RESOLVERS[:2]
NUMERICS = ("litert", "litert-builtin", "litert-reference", "tflm")


# ------------------------------------------------------------------------------ models


def _file(name: str) -> bytes:
    return (MODEL_FOLDER / name).read_bytes()


def _dense() -> bytes:
    """A layer without bias, without signature."""
    net = Network()
    x = net.input((1, 4), "INT8", per_tensor(0.5, 3))
    scales = Quantization(np.array([0.25, 0.5, 0.125], np.float32), np.zeros(3, np.int64))
    weights = net.constant(np.arange(12).reshape(3, 4) - 5, "INT8", scales)
    y = net.output((1, 3), "INT8", per_tensor(1.0, -2))
    net.operator("FULLY_CONNECTED", [x, weights, -1], [y], schema.options.FullyConnectedOptions())
    return net.bytes()


def _two_inputs() -> bytes:
    net = Network()
    a = net.input((2, 3), "INT8", per_tensor(0.5, 3), name="a")
    b = net.input((1, 4), "UINT8", per_tensor(0.5, 3), name="b")
    c = net.output((2, 3), "UINT8", per_tensor(0.25, 100), name="c")
    d = net.output((1, 4), "INT8", per_tensor(1.0, -2), name="d")
    net.operator("QUANTIZE", [a], [c])
    net.operator("QUANTIZE", [b], [d])
    net.signature("serve", {"b": b, "a": a}, {"d": d, "c": c})
    return net.bytes()


def _two_signatures() -> bytes:
    net = Network()
    x = net.input((2, 3), "INT8", per_tensor(0.5, 3))
    y = net.output((2, 3), "UINT8", per_tensor(0.25, 100))
    net.operator("QUANTIZE", [x], [y])
    net.signature("serve", {"z": x}, {"out": y})
    net.signature("another", {"q": x}, {"o1": y, "o0": x})
    return net.bytes()


def _two_subgraphs() -> bytes:
    """Each has a signature; the second one's tensors have other numbers."""
    net = Network()
    x = net.input((2, 3), "INT8", per_tensor(0.5, 3))
    y = net.output((2, 3), "UINT8", per_tensor(0.25, 100))
    net.operator("QUANTIZE", [x], [y])
    other = net.subgraph()
    a = other.input((1, 4), "INT8", per_tensor(0.5, 3))
    weights = other.constant(np.arange(12).reshape(3, 4) - 5, "INT8", per_tensor(0.25, 0))
    b = other.tensor((1, 3), "INT8", per_tensor(0.5, -2))
    c = other.output((1, 3), "INT8", per_tensor(0.25, 7))
    options = schema.options.FullyConnectedOptions()
    other.operator("FULLY_CONNECTED", [a, weights, -1], [b], options)
    other.operator("HARD_SWISH", [b], [c])
    net.signature("serve", {"x": x}, {"y": y})
    net.signature("other", {"a": a}, {"c": c}, subgraph=1)
    return net.bytes()


def _dynamic() -> bytes:
    """The shape of the output is an input."""
    net = Network()
    x = net.input((2, 3), "INT8", per_tensor(0.5, 3))
    shape = net.input((2,), "INT32")
    middle = net.tensor((3, 2), "INT8", per_tensor(0.5, 3))
    y = net.output((3, 2), "UINT8", per_tensor(0.25, 3))
    net.operator("RESHAPE", [x, shape], [middle])
    net.operator("QUANTIZE", [middle], [y])
    net.signature("serve", {"x": x, "shape": shape}, {"y": y})
    return net.bytes()


def _scalar_output() -> bytes:
    net = Network()
    x = net.input((1,), "INT8", per_tensor(0.5, 3))
    y = net.output((), "INT8", per_tensor(0.5, 3))
    net.operator(
        "RESHAPE", [x], [y], schema.options.ReshapeOptions(new_shape=np.zeros(0, np.int32))
    )
    return net.bytes()


def _scalar() -> bytes:
    net = Network()
    x = net.input((), "INT8", per_tensor(0.5, 3))
    y = net.output((), "UINT8", per_tensor(0.25, 3))
    net.operator("QUANTIZE", [x], [y])
    return net.bytes()


def _float_ends() -> bytes:
    net = Network()
    x = net.input((1, 4), "FLOAT32")
    a = net.tensor((1, 4), "INT8", per_tensor(0.5, 3))
    b = net.tensor((1, 4), "INT8", per_tensor(0.25, 1))
    y = net.output((1, 4), "FLOAT32")
    net.operator("QUANTIZE", [x], [a])
    net.operator("QUANTIZE", [a], [b])
    net.operator("DEQUANTIZE", [b], [y])
    return net.bytes()


def _open_batch() -> bytes:
    """Its first dimension may be resized, the second may not; names are empty."""
    net = Network()
    more: dict[str, Any] = {"name": "", "shape_signature": (-1, 4)}
    x = net.input((1, 4), "INT8", per_tensor(0.5, 3), **more)
    y = net.output((1, 4), "UINT8", per_tensor(0.25, 3), **more)
    net.tensor((2,), "INT8", per_tensor(0.5, 5), is_variable=True)
    net.operator("QUANTIZE", [x], [y])
    return net.bytes()


@cache
def models() -> dict[str, bytes]:
    """By name: two files, and what they do not have."""
    return {
        "simple": _file("simple_model_quant.tflite"),
        "mnist": _file("mnist_model_quant.tflite"),
        "dense": _dense(),
        "two inputs": _two_inputs(),
        "two signatures": _two_signatures(),
        "two subgraphs": _two_subgraphs(),
        "dynamic": _dynamic(),
        "scalar output": _scalar_output(),
        "scalar": _scalar(),
        "float ends": _float_ends(),
        "open batch": _open_batch(),
    }


def value_for(detail: dict[str, Any], seed: int = 1) -> NDArray[Any]:
    """Random values that a tensor can take; for a shape tensor the shape that fits."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(d) for d in detail["shape"])
    dtype = np.dtype(detail["dtype"])
    if dtype == np.float32:
        return np.asarray(rng.normal(size=shape), np.float32)
    if dtype == np.int32:
        return np.array([3, -1], np.int32)
    info = np.iinfo(dtype)
    return np.asarray(rng.integers(info.min, info.max + 1, shape), dtype)


def fill(it: Any, seed: int = 1) -> None:
    for detail in it.get_input_details():
        it.set_tensor(detail["index"], value_for(detail, seed))


def outputs(it: Any) -> list[Any]:
    return [it.get_tensor(detail["index"]) for detail in it.get_output_details()]


# -------------------------------------------------------------------------- comparison


def plain(value: Any) -> Any:
    """The value as data that ``==`` compares strictly: types, shapes, bytes."""
    if isinstance(value, np.ndarray | np.generic):
        return type(value), value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [plain(v) for v in value]
    return type(value), value


@dataclass(frozen=True)
class Outcome:
    """What came of a call: a value, or an error's builtin type and its message."""

    value: Any = None
    error: type[BaseException] | None = None
    message: str = ""


def attempt(action: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(plain(action()))
    except Exception as error:
        # intlite's errors have a builtin type besides their own base.
        builtin = next(c for c in type(error).__mro__ if c.__module__ == builtins.__name__)
        return Outcome(None, builtin, str(error))


def make(module: Any, resolver: str = "AUTO", *args: Any, **kwargs: Any) -> Any:
    """One module's Interpreter. LiteRT warns of the memory that preserving takes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*experimental_preserve_all_tensors")
        return module.Interpreter(
            *args, experimental_op_resolver_type=module.OpResolverType[resolver], **kwargs
        )


class Pair:
    """Both interpreters on one model.

    Args:
        model: The .tflite file.
        resolver: Name of the op resolver.
    """

    def __init__(self, model: bytes, resolver: str = "AUTO", **kwargs: Any) -> None:
        self.litert = make(litert, resolver, model_content=model, **kwargs)
        self.own = make(own, resolver, model_content=model, **kwargs)

    def same(self, action: Callable[[Any], Any], message: bool = True) -> Outcome:
        """Both do the same: give equal values of equal types, or raise equal errors.

        Args:
            action: What to do with an interpreter.
            message: Whether the words of an error must be LiteRT's. That prints all its
                former errors again before a new one.
        """
        theirs, ours = attempt(lambda: action(self.litert)), attempt(lambda: action(self.own))
        assert ours.error == theirs.error, f"intlite: {ours}\nLiteRT: {theirs}"
        assert ours.value == theirs.value
        if ours.error is not None and message:
            assert theirs.message.endswith(ours.message)
            assert ours.message
        return ours

    def ready(self, seed: int = 1) -> None:
        """Allocate, and fill the inputs."""
        for it in (self.litert, self.own):
            it.allocate_tensors()
            fill(it, seed)


def pair(name: str, resolver: str = "AUTO", **kwargs: Any) -> Pair:
    """Both on one of ``models``."""
    return Pair(models()[name], resolver, **kwargs)


def index(it: Any) -> int:
    """The number of the first input."""
    return int(it.get_input_details()[0]["index"])


each_resolver = pytest.mark.parametrize("resolver", RESOLVERS)
each_model = pytest.mark.parametrize("name", list(models()))
BATCHED = [name for name in models() if not name.startswith("scalar")]
