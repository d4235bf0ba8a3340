"""A .tflite file as immutable records. ``read`` checks every offset; ``write`` is its inverse."""

from .reader import read
from .tables import (
    Buffer,
    FullyConnectedOptions,
    Metadata,
    Model,
    Operator,
    OperatorCode,
    QuantizationParameters,
    ReshapeOptions,
    SignatureDef,
    SubGraph,
    Tensor,
    TensorMap,
)

__all__ = [
    "Buffer",
    "FullyConnectedOptions",
    "Metadata",
    "Model",
    "Operator",
    "OperatorCode",
    "QuantizationParameters",
    "ReshapeOptions",
    "SignatureDef",
    "SubGraph",
    "Tensor",
    "TensorMap",
    "read",
]
