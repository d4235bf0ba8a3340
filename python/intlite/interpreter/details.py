"""The dictionaries in which LiteRT describes tensors and operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.types import Graph, Operator, Shape, Tensor


def tensor_details(tensor: Tensor, shape: Shape) -> dict[str, Any]:
    """A tensor that has this shape now."""
    q = tensor.quantization
    single = q is not None and not q.per_channel
    return {
        "name": tensor.name,
        "index": tensor.index,
        "shape": np.array(shape, np.int32),
        "shape_signature": np.array(_signature_shape(tensor, shape), np.int32),
        "dtype": tensor.dtype.type,
        "quantization": (float(q.scale[0]), int(q.zero_point[0]))
        if q is not None and single
        else (0.0, 0),
        "quantization_parameters": {
            "scales": np.empty(0, np.float32) if q is None else q.scale.copy(),
            "zero_points": np.empty(0, np.int32) if q is None else q.zero_point.astype(np.int32),
            "quantized_dimension": 0 if q is None else q.axis,
            "block_size": 0,
        },
        "sparsity_parameters": {},
    }


def _signature_shape(tensor: Tensor, shape: Shape) -> Shape:
    """As in the file; where that has none, LiteRT shows the current shape."""
    return tensor.shape_signature if -1 in tensor.shape_signature else shape


def operator_details(graph: Graph, operator: Operator, index: int) -> dict[str, Any]:
    """The operator of this number in the file."""

    def types(indices: tuple[int, ...]) -> list[type]:
        return [graph.tensors[i].dtype.type for i in indices if i != -1]

    return {
        "index": index,
        "op_name": operator.name,
        "inputs": np.array(operator.inputs, np.int32),
        "outputs": np.array(operator.outputs, np.int32),
        "operand_types": types(operator.inputs),
        "result_types": types(operator.outputs),
    }
