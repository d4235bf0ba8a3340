"""The real runtimes, and intlite's two faces, called as their users call them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRT
from ai_edge_litert.interpreter import OpResolverType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

try:
    from tflite_micro.python.tflite_micro.runtime import Interpreter as TFLiteMicro
except ImportError:  # it has wheels for Linux only
    TFLiteMicro = None


@dataclass(frozen=True)
class Runtime:
    """A real runtime, and the flavour of intlite that is to equal it.

    Attributes:
        numerics: The flavour.
        name: For people.
        package: Its distribution.
        resolver: For LiteRT, which of its kernels; None for TFLite Micro.
    """

    numerics: str
    name: str
    package: str
    resolver: Any = None

    @property
    def version(self) -> str | None:
        """Of the installed package; None if there is none."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None

    def one_by_one(self, path: Path, images: Sequence[NDArray[Any]]) -> NDArray[Any] | None:
        """The outputs of one image a call; None if the runtime is not installed."""
        if self.resolver is not None:
            return joined(by_protocol(litert(path, self.resolver), images))
        if TFLiteMicro is None:
            return None
        with quiet():
            micro = TFLiteMicro.from_bytes(path.read_bytes())
        outputs = []
        for image in images:
            micro.set_input(image, 0)
            micro.invoke()
            outputs.append(micro.get_output(0).copy())
        return np.concatenate(outputs)


RUNTIMES = (
    Runtime("litert", "LiteRT, XNNPACK", "ai-edge-litert", OpResolverType.AUTO),
    Runtime(
        "litert-builtin",
        "LiteRT, no delegate",
        "ai-edge-litert",
        OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    ),
    Runtime("litert-reference", "LiteRT, reference", "ai-edge-litert", OpResolverType.BUILTIN_REF),
    Runtime("tflm", "TFLite Micro", "tflite-micro"),
)


def litert(
    path: Path, resolver: Any = OpResolverType.AUTO, *, num_threads: int = 1, images: int = 1
) -> Any:
    """LiteRT's interpreter, allocated for that many images a call."""
    with quiet():
        interpreter = LiteRT(
            model_path=str(path), num_threads=num_threads, experimental_op_resolver_type=resolver
        )
        return sized(interpreter, images)


def sized(interpreter: Any, images: int) -> Any:
    """An interpreter, LiteRT's or intlite's, allocated for that many images a call."""
    if images != 1:
        details = interpreter.get_input_details()[0]
        interpreter.resize_tensor_input(details["index"], (images, *details["shape"][1:]))
    interpreter.allocate_tensors()
    return interpreter


def by_protocol(interpreter: Any, arrays: Sequence[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """The outputs of set_tensor, invoke and get_tensor for each array."""
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]
    set_tensor = interpreter.set_tensor
    invoke = interpreter.invoke
    get_tensor = interpreter.get_tensor
    for array in arrays:
        set_tensor(input_index, array)
        invoke()
        yield get_tensor(output_index)


def by_call(
    function: Callable[[NDArray[Any]], NDArray[Any]], arrays: Sequence[NDArray[Any]]
) -> Iterator[NDArray[Any]]:
    """The outputs of one plain call for each array."""
    for array in arrays:
        yield function(array)


def joined(outputs: Iterator[NDArray[Any]]) -> NDArray[Any]:
    """All outputs as one array."""
    return np.concatenate(list(outputs))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what native code writes to the standard error stream from it."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
