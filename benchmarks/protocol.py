"""How scripts call an interpreter, LiteRT's or intlite's; neither is imported before its use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

Arrays = list[NDArray[Any]]


def litert(path: Path, threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_path=str(path), num_threads=threads)


class Protocol:
    """set_tensor, invoke, get_tensor of an interpreter, LiteRT's or intlite's."""

    def __init__(self, interpreter: Any, shapes: Sequence[tuple[int, ...]]) -> None:
        self.interpreter = interpreter
        self.inputs = [d["index"] for d in interpreter.get_input_details()]
        for index, detail, shape in zip(
            self.inputs, interpreter.get_input_details(), shapes, strict=True
        ):
            if tuple(detail["shape"]) != tuple(shape):
                interpreter.resize_tensor_input(index, shape)
        interpreter.allocate_tensors()
        self.outputs = [d["index"] for d in interpreter.get_output_details()]

    def afresh(self, arrays: Arrays) -> Arrays:
        """With variables as they were at the start."""
        self.interpreter.reset_all_variables()
        return self(arrays)

    def __call__(self, arrays: Arrays) -> Arrays:
        interpreter = self.interpreter
        for index, array in zip(self.inputs, arrays, strict=True):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in self.outputs]
