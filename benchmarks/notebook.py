"""The numpy code that intlite began as, in its own words: integer sums, rounding in float.

It runs QUANTIZE, RESHAPE and FULLY_CONNECTED of one image after the other. Its sums are
exact; the rescaling is one float product, rounded half to even. That is not what the
runtimes do, and ``benchmarks/mnist.py`` counts how often it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from intlite.schema.enums import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    from intlite.graph.types import Graph, Operator, Tensor


@dataclass(frozen=True, eq=False)
class Layer:
    """One FULLY_CONNECTED operator, made ready.

    Attributes:
        tensor: The number of the tensor that it writes.
        weights: int32 (inputs, outputs), so that the sums need no conversion.
        bias: int32, one for each output.
        factor: input scale * weights scale / output scale, one for each output.
        zero_point, low, high: Of the output: its zero point and clamp bounds.
    """

    tensor: int
    weights: NDArray[np.int32]
    bias: NDArray[np.int32]
    factor: NDArray[Any]
    zero_point: int
    low: int
    high: int

    def __call__(self, centred: NDArray[np.int32]) -> NDArray[np.int32]:
        """Stored output values from input values less their zero point."""
        accumulator = centred @ self.weights + self.bias
        rescaled = np.rint(accumulator.astype(self.factor.dtype) * self.factor)
        stored: NDArray[np.int32] = rescaled.astype(np.int32) + self.zero_point
        return np.clip(stored, self.low, self.high)


class Notebook:
    """A network of fully connected layers, run in numpy with a rounding in ``dtype``.

    Args:
        graph: The model; weights, scales and zero points are read from its tensors.
        dtype: float64, or float32.

    Raises:
        ValueError: The model has other operators, or uses these in other ways.
    """

    def __init__(self, graph: Graph, dtype: DTypeLike = np.float64) -> None:
        layers = []
        for operator in graph.operators:
            if operator.name == "FULLY_CONNECTED":
                layers.append(_layer(graph, operator, dtype))
            elif operator.name == "QUANTIZE":
                _check_moves_zero_point_only(graph, operator)
            elif operator.name != "RESHAPE":
                raise ValueError(f"{operator.label}: the notebook has no such operator")
        if not layers:
            raise ValueError("the model has no FULLY_CONNECTED")
        self._layers = tuple(layers)
        self._input_zero_point = _zero_point(graph.tensors[graph.inputs[0]])
        output = graph.tensors[graph.outputs[0]]
        self._output_dtype = output.dtype
        self._output_move = _zero_point(output) - layers[-1].zero_point

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        """The model's output for one image."""
        for _, stored in self.layers(image):
            last = stored
        return (last + self._output_move).astype(self._output_dtype)

    def layers(self, image: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.int32]]]:
        """Each layer's tensor number and stored output for one image."""
        centred = image.reshape(1, -1).astype(np.int32) - self._input_zero_point
        for layer in self._layers:
            stored = layer(centred)
            centred = stored - layer.zero_point
            yield layer.tensor, stored


def _layer(graph: Graph, operator: Operator, dtype: DTypeLike) -> Layer:
    if len(operator.inputs) != 3 or -1 in operator.inputs:
        raise ValueError(f"{operator.label}: has no bias")
    inputs, weights, bias = (graph.tensors[i] for i in operator.inputs)
    output = graph.tensors[operator.outputs[0]]
    if weights.data is None or bias.data is None or output.dtype != np.int8:
        raise ValueError(f"{operator.label}: not int8 with constant weights and bias")
    if np.any(_parameters(weights)[1]):
        raise ValueError(f"{operator.label}: weights have a zero point")
    low, high = -128, 127
    activation = ACTIVATIONS[operator.options.fused_activation_function]
    if activation == "RELU":
        low = max(low, _zero_point(output))
    elif activation != "NONE":
        raise ValueError(f"{operator.label}: the notebook has no {activation}")
    scales = [_parameters(tensor)[0].astype(dtype) for tensor in (inputs, weights, output)]
    return Layer(
        operator.outputs[0],
        np.asfortranarray(weights.data.T, np.int32),  # each output's weights side by side
        bias.data.astype(np.int32),
        scales[0] * scales[1] / scales[2],
        _zero_point(output),
        low,
        high,
    )


def _check_moves_zero_point_only(graph: Graph, operator: Operator) -> None:
    before, after = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    moved = _zero_point(before) - _zero_point(after)
    same_scale = np.array_equal(_parameters(before)[0], _parameters(after)[0])
    signs = np.iinfo(before.dtype).min - np.iinfo(after.dtype).min
    if not same_scale or moved != signs:
        raise ValueError(f"{operator.label}: changes more than the type's sign")


def _parameters(tensor: Tensor) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if tensor.quantization is None:
        raise ValueError(f"{tensor!r}: not quantized")
    return tensor.quantization.scale, tensor.quantization.zero_point


def _zero_point(tensor: Tensor) -> int:
    return int(_parameters(tensor)[1][0])
