"""An interpreter within one: of another subgraph than the first, for its signatures."""

from __future__ import annotations

from typing import Any

from .._util.memory_limit import within_limit
from ..model_bytes import subgraph_by_itself
from . import Interpreter


class OfSubgraph(Interpreter):
    """Runs one subgraph, as all that the interpreter of the whole model is told to."""

    def __init__(self, whole: Interpreter, number: int) -> None:
        self._whole, self._number = whole, number
        super().__init__(
            num_threads=whole._threads,
            experimental_preserve_all_tensors=whole._preserve,
            numerics=whole.numerics,
            max_memory=whole.max_memory,
        )

    @within_limit
    def _load(self, model_path: Any, model_content: Any) -> None:
        self._data = self._whole._data
        self._graph = subgraph_by_itself(self._whole._graph, self._number)
