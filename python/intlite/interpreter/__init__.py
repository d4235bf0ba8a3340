"""Interpreter: the protocol of ``tf.lite.Interpreter``, so that a script moves with its import.

Methods, arguments, dictionaries and messages are LiteRT's; where that returns
garbage or crashes (intermediate tensors, say), this gives the right value or an error.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from .._util.memory_limit import array_bytes, check_memory, limit_of, within_limit
from ..call_arguments import Batch, check_input_shapes, plain_array
from ..engine.samples import Arrays
from ..engine.session import Session
from ..errors import InterpreterError, MemoryLimitError, ShapeError
from ..graph.states import stateful
from ..graph.types import NUMPY_TYPES, Graph, Shape, State, Tensor
from ..model_bytes import load_graph
from ..plan import Program
from ..quantization import INT32_MAX, INT32_MIN
from ..runtimes import runtime
from ..signature_runner import SignatureRunner
from .arguments import OpResolverType as OpResolverType
from .arguments import model_bytes, numerics_of, threads_of
from .details import operator_details, tensor_details

_TYPE_NAMES = {dtype: name for name, dtype in NUMPY_TYPES.items()}
_VIEWS_ALIVE = """There is at least 1 reference to internal data
      in the interpreter in the form of a numpy array or slice. Be sure to
      only hold the function returned from tensor() if you are using raw
      data access."""


class Interpreter(_native.InterpreterFace):
    """Runs one model on tensors that it holds.

    Args:
        model_path: Path of a .tflite file; or give ``model_content``.
        model_content: Its bytes.
        experimental_delegates: Must be empty: there are none to load.
        num_threads: How many threads may share the rows of a resized batch.
        experimental_op_resolver_type: This module's ``OpResolverType`` or LiteRT's.
        experimental_preserve_all_tensors: Hold every tensor. Without it, ``get_tensor``
            of an intermediate one computes all anew from the inputs of the last ``invoke``,
            and keeps them until the next.
        numerics: A flavour's name; instead of the resolver type.
        max_memory: How many bytes its tensors and its plan may take: see ``Model``.

    The other ``experimental_`` arguments are accepted and change nothing.

    An interpreter does one thing at a time: what reads or writes its tensors, called while
    another thread does so, raises InterpreterError. A copy, or one that was pickled, has
    the same shapes and values, and is independent.

    Raises:
        ValueError: An argument is wrong; as ModelError, the file is.
        UnsupportedOpError: Operators are not supported.
        MemoryLimitError: The model would take more than ``max_memory``.
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        model_content: bytes | bytearray | memoryview | None = None,
        experimental_delegates: Sequence[object] | None = None,
        num_threads: int | None = None,
        experimental_op_resolver_type: Any = OpResolverType.AUTO,
        experimental_preserve_all_tensors: bool = False,
        experimental_disable_delegate_clustering: bool = False,
        experimental_default_delegate_latest_features: bool = False,
        experimental_compress_quantization_zero_points: bool = False,
        experimental_disable_delegate_node_fusion: bool = False,
        experimental_force_delegate_node_profiling: bool = False,
        *,
        numerics: str | None = None,
        max_memory: int | None = None,
    ) -> None:
        if hasattr(self, "_graph"):
            raise TypeError("an interpreter is of one model, and made once")
        chosen = numerics_of(experimental_op_resolver_type)
        self._threads = threads_of(num_threads)
        if experimental_delegates:
            raise ValueError("experimental_delegates: delegates are not supported")
        found = runtime(chosen if numerics is None else numerics)
        self._preserve = bool(experimental_preserve_all_tensors)
        self.max_memory = limit_of(max_memory)
        self._load(model_path, model_content)
        # What runs: its further inputs and outputs are the variables, before and after.
        self._stateful: Graph = stateful(self._graph)
        self._session = Session(
            self._stateful, found, threads=self._threads, max_memory=self.max_memory
        )
        self._input_shapes = [self._graph.tensors[i].shape for i in self._graph.inputs]
        # As in the file, until tensors are allocated; of hidden ones there is none in it.
        tensors = (*self._graph.tensors, *self._graph.as_in_file.tensors)
        self._shapes: dict[int, Shape] = {t.index: t.shape for t in tensors}
        self._allocated = False
        # Only where shapes depend on values: inputs as set, and the last run's tensors.
        self._arrays: dict[int, NDArray[Any]] | None = None
        self._values: dict[int, NDArray[Any]] = {}
        # The inputs of that run, while tensors are missing that nobody has asked for.
        self._last_inputs: list[NDArray[Any]] | None = None
        # Values of resource variables, while no tensors are allocated.
        self._resources: dict[int, NDArray[Any]] = {}
        # Whether there were runs before this was copied.
        self._ran = False
        # What runs signatures of other subgraphs than the first, by their numbers.
        self._others: dict[int, Interpreter] = {}

    @within_limit
    def _load(self, model_path: Any, model_content: Any) -> None:
        self._data = model_bytes(model_path, model_content)
        self._graph: Graph = load_graph(self._data)

    @property
    def numerics(self) -> str:
        """The flavour's name."""
        return self._session.flavour.name

    def __repr__(self) -> str:
        return f"<Interpreter of {len(self._graph.operators)} operators, {self.numerics!r}>"

    # ------------------------------------------------------------------ memory

    @within_limit
    def allocate_tensors(self) -> None:
        """Make room for the tensors; inputs become zero.

        Raises:
            InterpreterError: The model can't run at the input shapes.
        """
        self._alone(self._allocate)

    def _allocate(self) -> None:
        self._ensure_safe()
        if self._allocated:
            return
        try:
            check_input_shapes(self._graph, self._input_shapes, strict=False)
            lowered = self._lower()
            self._check_memory(lowered)
        except (ShapeError, MemoryLimitError) as error:
            raise InterpreterError(str(error)) from None
        if lowered is None:
            self._bind()
            self._arrays = {i: self._zeros(i) for i in self._graph.inputs}
            self._arrays |= {state.before: self._zeros(state.before) for state in self._states}
        else:
            program, samples = lowered
            held, inputs = self._held(), len(self._stateful.inputs)
            slots = [(n, self._zeros(i), k < inputs) for k, (n, i) in enumerate(held)]
            self._arrays = None
            work = program.work * samples
            count, carried = len(self._graph.tensors), len(self._states)
            self._bind(program.native, slots, count, samples, work, carried)
        self._allocated = True
        self._set_states({state.before for state in self._states} - set(self._resources))
        for number, value in self._resources.items():
            self._state(number)[...] = value

    def _held(self) -> list[tuple[int, int]]:
        """What holds the inputs and outputs of a run: the numbers that find them, and theirs.

        A variable's own number finds its next value, which the next run begins with.
        """
        other = {s.before: s.after for s in self._states}
        other |= {s.after: s.before for s in self._states}
        return [(other.get(i, i), i) for i in (*self._stateful.inputs, *self._held_outputs())]

    def _check_memory(self, lowered: tuple[Program, int] | None) -> None:
        """Refuse tensors that would take too much memory, beside the program."""
        held = [*self._stateful.inputs, *(self._held_outputs() if lowered else ())]
        size = sum(array_bytes(self._shapes[i], self._graph.tensors[i].dtype) for i in held)
        check_memory(size + (lowered[0].memory if lowered else 0), "the tensors and the plan")

    @property
    def _states(self) -> tuple[State, ...]:
        return self._graph.states

    def _zeros(self, index: int) -> NDArray[Any]:
        return np.zeros(self._shapes[index], self._graph.tensors[index].dtype)

    def _state(self, number: int) -> NDArray[Any]:
        """The memory of a variable's value, which the next run begins with."""
        held = self._peek(number) if self._arrays is None else self._arrays[number]
        assert held is not None
        return held

    def _set_states(self, numbers: Collection[int]) -> None:
        for number in numbers:
            self._state(number)[...] = self._graph.tensors[number].data

    def _lower(self) -> tuple[Program, int] | None:
        """The program and its samples at the input shapes, which are noted; or None."""
        own = [self._graph.tensors[state.before].shape for state in self._states]
        shapes = (*self._input_shapes, *own)
        self._shapes.update(self._session.segment(shapes).shapes)
        return self._session.program_of_rows(shapes, self._held_outputs())

    def _held_outputs(self) -> list[int]:
        """The tensors besides the inputs that a run leaves behind; variables come last."""
        kept = [state.after for state in self._states]
        written = [i for op in self._graph.operators for i in op.outputs] if self._preserve else []
        others = [i for i in self._graph.outputs if i not in written]
        return [i for i in written if i not in kept] + others + kept

    def resize_tensor_input(
        self, input_index: int, tensor_size: ArrayLike, strict: bool = False
    ) -> None:
        """Give an input another shape; ``allocate_tensors`` must follow.

        Args:
            input_index: The tensor's number, as in ``get_input_details``.
            tensor_size: The shape.
            strict: Only dimensions that the signature leaves open may change.

        Raises:
            ValueError: The index or the shape is not valid.
            InterpreterError: ``strict`` forbids it.
        """
        self._alone(self._resize, input_index, tensor_size, strict)

    def _resize(self, input_index: int, tensor_size: ArrayLike, strict: bool = False) -> None:
        self._ensure_safe()
        size = np.asarray(tensor_size)
        if size.dtype.kind in "iu" and np.any((size < INT32_MIN) | (size > INT32_MAX)):
            raise OverflowError(f"shape {size.tolist()} does not fit int32")
        try:
            index = self._check_index(input_index)
        except ValueError as error:  # LiteRT's type here
            raise InterpreterError(str(error)) from None
        if size.ndim != 1:
            raise ValueError(f"Shape should be 1D instead of {size.ndim}.")
        shape = tuple(int(d) for d in np.asarray(size, np.int32))
        if index not in self._graph.inputs:
            raise InterpreterError(f"tensor {index} is not an input")
        position = self._graph.inputs.index(index)
        tensor = self._graph.tensors[index]
        if any(d < 0 for d in shape):
            raise InterpreterError(f"{tensor!r}: cannot have shape {list(shape)}")
        if strict:
            self._check_strict(tensor, self._input_shapes[position], shape)
        if self._allocated and shape == self._input_shapes[position]:
            return
        if self._allocated:
            resources = [state.before for state in self._states if state.is_resource]
            self._resources = {number: self._state(number).copy() for number in resources}
        self._input_shapes[position] = shape
        self._shapes[index] = shape
        self._allocated = False
        self._arrays = None
        self._bind()

    @staticmethod
    def _check_strict(tensor: Tensor, current: Shape, shape: Shape) -> None:
        if len(shape) != len(current):
            raise InterpreterError(f"{tensor!r}: {len(shape)} dimensions, expected {len(current)}")
        for i, (d, open_) in enumerate(zip(shape, tensor.shape_signature, strict=True)):
            if open_ not in (-1, d):
                raise InterpreterError(
                    f"Attempting to resize dimension {i} of tensor {tensor.index} with value "
                    f"{open_} to {d}. ResizeInputTensorStrict only allows mutating unknown "
                    "dimensions identified by -1."
                )

    def reset_all_variables(self) -> None:
        """Set variable tensors to their zero point.

        Resource variables keep their values, whatever the shapes; under ``tflm`` they too are
        set to their zero point, and not to what CALL_ONCE gave them.
        """
        self._alone(self._reset)

    def _reset(self) -> None:
        for other in self._others.values():
            other._reset()
        resets_resources = self._session.flavour.kernels.resets_resources
        for state in self._states if self._allocated else ():
            if not self._ran and not self._has_run():
                self._set_states([state.before])
            elif resets_resources or not state.is_resource:
                self._state(state.before).reshape(-1).view(np.uint8)[...] = state.cleared & 255

    def _safe_to_run(self) -> bool:
        """Whether no view made by ``tensor()`` is alive."""
        return not self._views_alive()

    def _ensure_safe(self) -> None:
        if not self._safe_to_run():
            raise InterpreterError(_VIEWS_ALIVE)

    # ------------------------------------------------------------------ values

    def tensor(self, tensor_index: int) -> Callable[[], NDArray[Any]]:
        """A function that gives a view of a tensor's memory.

        Hold the function, not the view: while one is alive, ``invoke`` and
        ``allocate_tensors`` raise. A view outlives the interpreter safely.
        """
        index = self._check_index(tensor_index)

        def view() -> NDArray[Any]:
            found: NDArray[Any] = self._alone(self._view_of, index)
            return found

        return view

    def _view_of(self, index: int) -> NDArray[Any]:
        found = self._view(index)
        if found is None and self._arrays is not None:
            held = self._arrays.get(index, self._values.get(index))
            if held is None:
                held = self._complete().get(index)
            found = None if held is None else self._lend(held)
        if found is None:
            data = self._graph.tensors[index].data
            if data is None or self._graph.tensors[index].is_variable:
                raise ValueError("Tensor data is null. Run allocate_tensors() first")
            return data[...]
        return found

    def _set_tensor(self, tensor_index: int, value: ArrayLike) -> None:
        """``set_tensor`` in full; the native fast path comes here with all it does not take."""
        index = self._check_index(tensor_index)
        tensor = self._graph.tensors[index]
        array = plain_array(value, f"Cannot set tensor {index}")
        if array.dtype.newbyteorder("=") != tensor.dtype:
            got = _TYPE_NAMES.get(array.dtype.newbyteorder("="), str(array.dtype))
            raise ValueError(
                f"Cannot set tensor: Got value of type {got} but expected type "
                f"{tensor.type} for input {index}, name: {tensor.name} "
            )
        shape = self._shapes[index]
        if array.ndim != len(shape):
            raise ValueError(
                f"Cannot set tensor: Dimension mismatch. Got {array.ndim} "
                f"but expected {len(shape)} for input {index}."
            )
        for j, (got_d, d) in enumerate(zip(array.shape, shape, strict=True)):
            if got_d != d:
                raise ValueError(
                    f"Cannot set tensor: Dimension mismatch. Got {got_d} but expected {d} "
                    f"for dimension {j} of input {index}."
                )
        if index not in self._stateful.inputs:
            raise ValueError(f"Cannot set tensor: {tensor!r} is neither an input nor a variable")
        if not self._allocated:
            raise ValueError(
                "Cannot set tensor: Tensor is unallocated. Try calling allocate_tensors() first"
            )
        memory = self._view(index) if self._arrays is None else self._arrays[index]
        if memory is None:
            raise ValueError(f"Cannot set tensor: {tensor!r} is not held")
        memory[...] = array

    @within_limit
    def _get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> Any:
        """``get_tensor`` in full: constants, and intermediate tensors by another run."""
        graph = self._subgraph(subgraph_index)
        index = self._check_index(tensor_index, subgraph_index)
        tensor = graph.tensors[index]
        if tensor.data is not None and not tensor.is_variable:
            return tensor.data.copy()[()]
        if subgraph_index in self._others:
            return self._others[subgraph_index]._get_tensor(index)
        if subgraph_index != 0 or not self._allocated:
            raise ValueError("Tensor data is null. Run allocate_tensors() first")
        held = self._peek(index) if self._arrays is None else self._arrays.get(index)
        if held is None:
            held = self._intermediate(tensor)
        return held.copy()[()]

    def _intermediate(self, tensor: Tensor) -> NDArray[Any]:
        values = self._values if self._arrays is not None else self._last_values(tensor)
        if tensor.index not in values and self._arrays is not None:
            values = self._complete()
        if tensor.index not in values:
            if any(tensor.index in op.outputs for op in self._graph.operators):
                raise ValueError(f"{tensor!r} has no value yet: run invoke() first")
            raise ValueError(f"{tensor!r} has no value: no operator writes it")
        return values[tensor.index]

    def _last_values(self, tensor: Tensor) -> Arrays:
        """All tensors of the last run: computed anew, and kept until there is another run."""
        if not self._holds_last_run():
            raise ValueError(
                f"{tensor!r} is not held, and the inputs changed since the last invoke(); "
                "experimental_preserve_all_tensors=True holds every tensor"
            )
        values = self._computed()
        if values is None:
            # Of a variable the value that the last run began with.
            other = {state.before: state.after for state in self._states}
            inputs = [self._peek(other.get(i, i)) for i in self._stateful.inputs]
            held = [np.array(x) for x in inputs if x is not None]
            found = self._session.tensors(_one_run(held))
            count = len(self._graph.as_in_file.tensors)
            values = {i: value for i, value in found.items() if i < count}
            self._keep_computed(values)
        return values

    @within_limit
    def _invoke(self) -> None:
        """``invoke`` in full: errors, and graphs whose shapes depend on values."""
        self._ensure_safe()
        if not self._allocated or self._arrays is None:
            raise InterpreterError("Invoke called on model that is not ready.")
        try:
            inputs = [np.array(self._arrays[i]) for i in self._stateful.inputs]
            values, shapes = self._session.needed(_one_run(inputs))
        except (ShapeError, MemoryLimitError) as error:
            raise InterpreterError(str(error)) from None
        self._shapes.update(shapes)
        self._last_inputs = inputs
        # Copies: some are what no run changes, and tensors may be lent.
        ends = [i for i in self._written if i in self._stateful.outputs]
        self._values = {i: np.array(values[i]) for i in ends}
        if self._preserve:
            self._complete()
        for state in self._states:
            self._arrays[state.before] = values[state.after].copy()

    @cached_property
    def _written(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(i for op in self._graph.operators for i in op.outputs))

    def _complete(self) -> dict[int, NDArray[Any]]:
        """Where shapes depend on values: all that operators wrote in the last run."""
        if self._last_inputs is not None:
            values = self._session.tensors(_one_run(self._last_inputs))
            # What is there already may be lent.
            self._values = {i: values[i] for i in self._written} | self._values
            self._last_inputs = None
        return self._values

    # ----------------------------------------------------------------- details

    def get_input_details(self) -> list[dict[str, Any]]:
        """One dictionary for each input, as LiteRT's."""
        return [self._details(i) for i in self._graph.inputs]

    def get_output_details(self) -> list[dict[str, Any]]:
        """One dictionary for each output, as LiteRT's."""
        return [self._details(i) for i in self._graph.outputs]

    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """One dictionary for each tensor of a subgraph, as LiteRT's.

        Raises:
            ValueError: There is no such subgraph.
        """
        count = self.num_subgraphs()
        if not 0 <= subgraph_index < count:
            raise ValueError(
                f"subgraph_index is out of range: {subgraph_index} for the model,"
                f" which has {count} subgraphs."
            )
        tensors = self._subgraph(subgraph_index).as_in_file.tensors
        return [self._details(t.index, subgraph_index) for t in tensors]

    def _get_tensor_details(self, tensor_index: int, subgraph_index: int = 0) -> dict[str, Any]:
        return self._details(self._check_index(tensor_index, subgraph_index), subgraph_index)

    def _get_ops_details(self) -> list[dict[str, Any]]:
        """One dictionary for each operator of the file; LiteRT lists its delegate besides."""
        return [self._get_op_details(i) for i in range(len(self._graph.as_in_file.operators))]

    def _get_op_details(self, op_index: int) -> dict[str, Any]:
        operators = self._graph.as_in_file.operators
        if not 0 <= op_index < len(operators):
            raise ValueError("Invalid node index")
        return operator_details(self._graph, operators[op_index], int(op_index))

    def num_subgraphs(self) -> int:
        """How many subgraphs the model has."""
        return 1 + len(self._graph.subgraphs)

    def _details(self, index: int, subgraph_index: int = 0) -> dict[str, Any]:
        tensor = self._subgraph(subgraph_index).tensors[index]
        holder = self if subgraph_index == 0 else self._others.get(subgraph_index)
        return tensor_details(tensor, tensor.shape if holder is None else holder._shapes[index])

    # -------------------------------------------------------------- signatures

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """Names of inputs and outputs by signature key."""
        return {
            s.key: {"inputs": list(s.inputs), "outputs": list(s.outputs)}
            for s in self._graph.signatures
        }

    def _get_full_signature_list(self) -> dict[str, dict[str, dict[str, int]]]:
        return {
            s.key: {"inputs": dict(s.inputs), "outputs": dict(s.outputs)}
            for s in self._graph.signatures
        }

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A callable that takes and gives arrays by name.

        Args:
            signature_key: May be None if the model has one signature only.

        Raises:
            ValueError: There is no such signature.
        """
        signatures = self._graph.signatures
        if signature_key is None:
            if len(signatures) != 1:
                raise ValueError(
                    "SignatureDef signature_key is None and model has "
                    f"{len(signatures)} Signatures. None is only allowed when the model has 1 "
                    "SignatureDef"
                )
            signature_key = signatures[0].key
        return SignatureRunner(self, signature_key)

    def __reduce__(self) -> tuple[Any, ...]:
        from .copying import reduced

        return self._alone(reduced, self)  # type: ignore[no-any-return]

    # ------------------------------------------------------------------ inside

    def _subgraph(self, index: int) -> Graph:
        if not 0 <= index < self.num_subgraphs():
            raise ValueError(
                f"Invalid subgraph index {index} exceeds max subgraph index {self.num_subgraphs()}"
            )
        return self._graph if index == 0 else self._graph.subgraphs[index - 1]

    def _of_subgraph(self, index: int) -> Interpreter:
        """What runs a subgraph: this, or another interpreter for each of the others.

        Raises:
            UnsupportedOpError: Operators of the subgraph are not supported.
        """
        if index == 0:
            return self
        if index not in self._others:
            from .of_subgraph import OfSubgraph

            self._others[index] = OfSubgraph(self, index)
        return self._others[index]

    def _check_index(self, tensor_index: int, subgraph_index: int = 0) -> int:
        count = len(self._subgraph(subgraph_index).as_in_file.tensors)
        index = operator.index(tensor_index)
        if not 0 <= index < count:
            raise ValueError(f"Invalid tensor index {index} exceeds max tensor index {count}")
        return index


def _one_run(inputs: Sequence[NDArray[Any]]) -> Batch:
    """Whole inputs, rows and all, as those of one run."""
    return Batch(tuple(inputs), 1, tuple(x.shape for x in inputs))
