"""A .tflite file as immutable records. ``read`` checks every offset; ``write`` is its inverse."""

from . import options
from .reader import read
from .tables import (
    Buffer,
    Metadata,
    Model,
    Operator,
    OperatorCode,
    QuantizationParameters,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
)

__all__ = [
    "Buffer",
    "Metadata",
    "Model",
    "Operator",
    "OperatorCode",
    "QuantizationParameters",
    "SignatureDef",
    "SubGraph",
    "Tensor",
    "TensorMap",
    "options",
    "read",
]
