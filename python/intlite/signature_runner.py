"""Runs one signature of a model, with inputs and outputs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .graph.types import Signature

if TYPE_CHECKING:
    from .interpreter import Interpreter


class SignatureRunner:
    """Runs one signature; made by ``Interpreter.get_signature_runner``.

    ``runner(x=array)`` gives a dictionary from output names to arrays.
    """

    def __init__(self, interpreter: Interpreter, signature_key: str) -> None:
        found = [s for s in interpreter._graph.signatures if s.key == signature_key]
        if not found:
            raise ValueError(f'Invalid signature_key provided: "{signature_key}".')
        self._interpreter = interpreter
        self._signature: Signature = found[0]

    def __call__(self, **kwargs: NDArray[Any]) -> dict[str, Any]:
        """Run on arrays by input name; inputs are resized to their shapes.

        Raises:
            ValueError: Inputs are missing, unknown or of the wrong type.
            InterpreterError: The model can't run at these shapes.
            UnsupportedOpError: Operators of the signature's subgraph are not supported.
        """
        inputs = self._signature.inputs
        if len(kwargs) != len(inputs):
            raise ValueError(
                "Invalid number of inputs provided for running a SignatureDef, "
                f"expected {len(inputs)} vs provided {len(kwargs)}"
            )
        found: dict[str, Any] = self._interpreter._alone(self._run, kwargs)
        return found

    def _run(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        it = self._interpreter._of_subgraph(self._signature.subgraph)
        inputs = self._signature.inputs
        for name, value in arrays.items():
            if name not in inputs:
                raise ValueError(f"Invalid Input name ({name}) for SignatureDef")
            it._resize(inputs[name], np.shape(value))
        it._allocate()
        for name, value in arrays.items():
            it._set_now(inputs[name], value)
        it._invoke_now()
        return {name: it._get_now(i) for name, i in self._signature.outputs.items()}

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """By input name, what ``Interpreter.get_input_details`` says."""
        return self._by_name(self._signature.inputs)

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """By output name, what ``Interpreter.get_output_details`` says."""
        return self._by_name(self._signature.outputs)

    def _by_name(self, tensors: Mapping[str, int]) -> dict[str, dict[str, Any]]:
        it, subgraph = self._interpreter, self._signature.subgraph
        return {name: it._get_tensor_details(i, subgraph) for name, i in tensors.items()}
