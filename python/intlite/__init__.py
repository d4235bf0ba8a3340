"""intlite runs quantized .tflite models, bit for bit like the runtime they are deployed on.

>>> import intlite
>>> model = intlite.load("mnist.tflite")
>>> y = model(x)                     # any batch; stored values in, stored values out
>>> p = model.predict(images)        # real values in and out
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import (
    InterpreterError,
    IntliteError,
    MemoryLimitError,
    MissingExtraError,
    ModelError,
    ShapeError,
    UnsupportedOpError,
)
from .model import Model, load
from .quantization import dequantize, quantize

if TYPE_CHECKING:
    from . import kernels
    from .about import Runtime, cpu
    from .inspect.compare import compare
    from .interpreter import Interpreter

__version__ = "0.1.0"

__all__ = [
    "Interpreter",
    "InterpreterError",
    "IntliteError",
    "MemoryLimitError",
    "MissingExtraError",
    "Model",
    "ModelError",
    "ShapeError",
    "UnsupportedOpError",
    "compare",
    "cpu",
    "dequantize",
    "kernels",
    "load",
    "quantize",
    "runtimes",
]

# Loaded when first used, so that a script that only runs a model does not pay for them.
_LAZY = {
    "Interpreter": "interpreter",
    "compare": "inspect.compare",
    "cpu": "about",
}


def runtimes() -> list[Runtime]:
    """Each flavour, with the release that it was verified against.

    It is here, and not loaded when first used, since the folder of that name would hide it.
    """
    from .about import runtimes

    return runtimes()


# Hidden from type checkers, for which any name would be one of the package.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name == "kernels":
            return import_module(".kernels", __name__)
        if name in _LAZY:
            return getattr(import_module(f".{_LAZY[name]}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
