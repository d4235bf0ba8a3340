"""Elementwise steps that begin from one 8-bit tensor are a function of a byte: one table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .steps import Draft, Step

_CODES: Final = np.arange(256, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class _Function:
    """What a tensor's elements are: those of ``source`` at their place, through ``table``.

    The table has 256 of them, in bytes.
    """

    source: int
    table: NDArray[np.uint8]
    operators: tuple[int, ...]


def join_functions(draft: Draft) -> Draft:
    """Elementwise steps whose operands all come from one tensor become a table of 256 bytes.

    So LOGISTIC, and MUL of its result by its input, are a single step; so are DEQUANTIZE, NEG
    and QUANTIZE. Each step is made for 256 elements and run on all values of a byte: the table
    is what the kernels compute.
    """
    found: dict[int, _Function] = {}
    steps = []
    for step in draft.steps:
        function = _function_of(draft, step, found)
        if function is None:
            steps.append(step)
            continue
        found[step.outputs[0]] = function
        if len(function.operators) == len(step.operators) or not _is_byte(draft, step.outputs[0]):
            steps.append(step)
        else:
            steps.append(_lookup(draft, step, function))
    return _without_unread(draft.with_steps(steps))


def _function_of(draft: Draft, step: Step, found: dict[int, _Function]) -> _Function | None:
    """The step's output as a function of one tensor's bytes, if it is one."""
    spec = step.spec.of_elements(len(_CODES))
    if spec is None or len(step.outputs) != 1:
        return None
    identity = [_Function(i, _CODES, ()) for i in step.inputs]
    operands = [found.get(i, own) for i, own in zip(step.inputs, identity, strict=True)]
    if len({operand.source for operand in operands}) != 1:
        # Of two tensors: it may still be one of the tensors that are operands themselves.
        operands = identity
    source = operands[0].source
    if any(operand.source != source for operand in operands) or not _is_alike(draft, step, source):
        return None
    table = np.empty(len(_CODES) * draft.dtypes[step.outputs[0]].itemsize, np.uint8)
    spec.make().run([operand.table for operand in operands], [table])
    before: dict[int, None] = {}
    for operand in operands:
        before.update(dict.fromkeys(operand.operators))
    return _Function(source, table, (*before, *step.operators))


def _is_alike(draft: Draft, step: Step, source: int) -> bool:
    """Whether the source, of 8 bits, and the step's tensors have as many elements."""
    tensors = (source, *step.inputs, *step.outputs)
    sizes = {draft.sample_bytes(i) // draft.dtypes[i].itemsize for i in tensors}
    return len(sizes) == 1 and _is_byte(draft, source)


def _is_byte(draft: Draft, tensor: int) -> bool:
    return draft.dtypes[tensor].itemsize == 1


def _lookup(draft: Draft, step: Step, function: _Function) -> Step:
    from ..ops.lookup import UnarySpec  # loaded when a model needs it, as operators are

    dtype: np.dtype[Any] = draft.dtypes[step.outputs[0]]
    size = draft.sample_bytes(function.source)
    spec = UnarySpec(size, function.table.view(dtype))
    return replace(step, spec=spec, operators=function.operators, inputs=(function.source,))


def _without_unread(draft: Draft) -> Draft:
    """Leave out steps that nothing reads any more."""
    read = set(draft.outputs)
    steps = []
    for step in reversed(draft.steps):
        is_function = step.spec.of_elements(len(_CODES)) is not None
        if is_function and step.outputs and read.isdisjoint(step.outputs):
            continue
        read.update(step.inputs)
        steps.append(step)
    return draft.with_steps(steps[::-1])
