"""Copies of an ``Interpreter``: what pickle and copy take of it, and make one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from . import Interpreter

# Whether tensors are allocated, what the interpreter is by attribute, and those that are held.
Values = tuple[bool, dict[str, Any], dict[int, "NDArray[Any]"]]


def reduced(it: Interpreter) -> tuple[Any, ...]:
    """What ``__reduce__`` gives: the model, options, shapes, and all values that are held."""
    options = {
        "num_threads": it._threads,
        "experimental_preserve_all_tensors": it._preserve,
        "numerics": it.numerics,
    }
    return restored, (type(it), it._data, options, *_values(it))


def _values(it: Interpreter) -> Values:
    held = it._arrays is None and it._allocated
    state = {
        "_input_shapes": list(it._input_shapes),
        "_shapes": dict(it._shapes),
        "_resources": _copies(it._resources),
        "_arrays": None if it._arrays is None else _copies(it._arrays),
        "_values": _copies(it._complete()),
        "_ran": it._ran or it._has_run(),
        "_others": {number: _values(other) for number, other in it._others.items()},
    }
    values = _copies({n: it._peek(n) for n, _ in it._held()}) if held else {}
    return it._allocated, state, values


def restored(
    kind: type[Interpreter],
    model: bytes,
    options: dict[str, Any],
    allocated: bool,
    state: dict[str, Any],
    values: dict[int, NDArray[Any]],
) -> Interpreter:
    """The interpreter from what ``reduced`` gave."""
    it = kind(model_content=model, **options)
    _set_values(it, (allocated, state, values))
    return it


def _set_values(it: Interpreter, held: Values) -> None:
    allocated, state, values = held
    it._input_shapes = list(state["_input_shapes"])
    it._resources = state["_resources"]
    if allocated:
        it._allocate()
    for number, value in values.items():
        memory = it._peek(number)
        assert memory is not None
        memory[...] = value
    it._shapes, it._arrays, it._values = state["_shapes"], state["_arrays"], state["_values"]
    it._last_inputs = None
    it._ran = state.get("_ran", True)
    for number, other in state.get("_others", {}).items():
        _set_values(it._of_subgraph(number), other)


def _copies(arrays: dict[int, Any]) -> dict[int, NDArray[Any]]:
    return {number: np.array(array) for number, array in arrays.items()}
