"""Models with one thing changed on purpose, and runs with one operator rounded otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intlite import Model, schema
from intlite.schema.writer import write


def with_flipped_bit(data: bytes, tensor: int, byte: int, bit: int) -> bytes:
    """The model with one bit of a constant changed."""
    model = schema.read(data)
    number = model.subgraphs[0].tensors[tensor].buffer
    raw = np.array(model.buffers[number].data)
    raw[byte] ^= 1 << bit
    buffers = list(model.buffers)
    buffers[number] = buffers[number].replace(data=raw)
    return write(model.replace(buffers=tuple(buffers)))


def with_next_scale(data: bytes, tensors: Sequence[int], channel: int = 0) -> bytes:
    """The model with the last bit of a scale changed, the same in all these tensors."""
    model = schema.read(data)
    main = model.subgraphs[0]
    changed = list(main.tensors)
    for i in tensors:
        quantization = changed[i].quantization
        assert quantization is not None
        scale = np.array(quantization.scale)
        scale.view(np.uint32)[channel] ^= 1
        changed[i] = changed[i].replace(quantization=quantization.replace(scale=scale))
    main = main.replace(tensors=tuple(changed))
    return write(model.replace(subgraphs=(main, *model.subgraphs[1:])))


def rounded_otherwise(
    model: Model, operator: int, numerics: str, x: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """All tensors by name, where one operator follows another flavour."""
    shapes = [t.shape for t in model.inputs]
    own, other = model.session, Model(model.content, numerics=numerics).session
    known = own.known(shapes)
    values = {**known, model.graph.inputs[0]: x}
    for op in model.graph.operators:
        session = other if op.index == operator else own
        found = session.run_operator(op, values, len(x), known)
        values.update(zip(op.outputs, found, strict=True))
    return {str(i): values[i] for op in model.graph.operators for i in op.outputs}
