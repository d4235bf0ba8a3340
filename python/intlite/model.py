"""Model: load a file, call it on arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from . import _native
from ._util.memory_limit import limit_of, within_limit
from .call_arguments import real_array, samples_of, to_real, to_stored
from .engine.session import Backend, Session
from .graph.types import Graph, Operator, Tensor
from .model_bytes import Source, load_graph, read_bytes
from .plan import ALL_PASSES
from .runtimes import runtime

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from .explanation import Explanation
    from .inspect.hooks import Hooks
    from .step_times import Profile
    from .trace import Trace

    # An array, or a tuple of arrays where the model has several outputs: only the file says
    # which. Were it the union of both, each use of a single output would be a type error.
    Outputs: TypeAlias = NDArray[Any] | Any

# What the native face counts to, and how many arrays either way it takes.
MAX_SAMPLES = 2**62
_MOST_BOUND = 16


class Model(_native.ModelFace):
    """A quantized model, ready to run.

    ``model(x)`` takes the model's inputs as arrays of exactly its types, and gives
    its output, or a tuple if there are several, as arrays that the caller owns. The
    leading dimension is free: with N samples it is by definition N independent runs
    at the model's own shape, bit for bit, whatever N or the number of threads. Each
    run begins with the initial values of the model's variables; ``Interpreter`` keeps
    them from one run to the next.

    A model is immutable. It may be called from many threads at once, and pickled.

    Attributes:
        graph: What the file says.
        session: The engine that runs it, for what looks inside.

    Args:
        source: Path, bytes or buffer of a .tflite file.
        numerics: Which runtime to equal: see ``intlite.runtimes()``.
        num_threads: How many threads may share the samples of one call.
        passes: Optional steps of planning to run, of ``intlite.plan.ALL_PASSES``;
            for debugging; none of them changes a bit.
        max_memory: How many bytes the model may take, and one call of it: the file,
            packed weights, intermediate tensors of each thread, copies of inputs,
            results. Half of the machine's memory, or of its control group's, if None.

    Raises:
        ModelError: The bytes are not a valid model.
        UnsupportedOpError: Operators are not supported; all of them are named.
        MemoryLimitError: It would take more than ``max_memory``; also raised by calls.
        ValueError: An argument is out of range.
    """

    def __init__(
        self,
        source: Source,
        *,
        numerics: str = "litert",
        num_threads: int = 1,
        passes: Collection[str] = ALL_PASSES,
        max_memory: int | None = None,
    ) -> None:
        if hasattr(self, "graph"):
            raise TypeError("a model is made once, and does not change")
        found = runtime(numerics)
        self._max_memory = max_memory
        self.max_memory = limit_of(max_memory)
        if not isinstance(num_threads, int) or num_threads < 1:
            raise ValueError(f"num_threads must be an integer >= 1, not {num_threads!r}")
        self.num_threads = num_threads
        if unknown := frozenset(passes) - ALL_PASSES:
            raise ValueError(f"passes: {', '.join(sorted(unknown))} are not known")
        self.graph: Graph = self._load(source)
        self.session = Session(
            self.graph, found, threads=num_threads, passes=passes, max_memory=self.max_memory
        )
        self._bind_own_shape()

    @within_limit
    def _load(self, source: Source) -> Graph:
        self._data = read_bytes(source)
        return load_graph(self._data)

    # -------------------------------------------------------------- what it is

    @property
    def numerics(self) -> str:
        """The flavour's name."""
        return self.session.flavour.name

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return self._data

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.inputs)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.outputs)

    def __repr__(self) -> str:
        def text(tensors: Sequence[Tensor]) -> str:
            shapes = (["?" if d < 0 else str(d) for d in t.shape_signature] for t in tensors)
            types = (t.type.lower() for t in tensors)
            return ", ".join(f"{t}[{', '.join(s)}]" for t, s in zip(types, shapes, strict=True))

        return (
            f"<Model {text(self.inputs)} -> {text(self.outputs)}, "
            f"{len(self.graph.operators)} operators, numerics={self.numerics!r}>"
        )

    def _repr_html_(self) -> str:
        from .inspect.html import model

        return model(self)

    def __reduce__(self) -> tuple[Any, ...]:
        passes = sorted(self.session.settings.passes)
        return _unpickle, (self._data, self.numerics, self.num_threads, passes, self._max_memory)

    # ------------------------------------------------------------------ running

    if TYPE_CHECKING:  # The call is native; this is how editors and type checkers see it.

        def __call__(self, *args: ArrayLike) -> Outputs:
            """Stored values in, stored values out.

            Args:
                args: One array for each of ``inputs``, of its type and of its shape but for the
                    leading dimension, which is that of all of them times one number of samples.

            Returns:
                An array, or a tuple of arrays if ``outputs`` are several; the caller's own.

            Raises:
                ShapeError: An input has a shape that the model does not take.
                TypeError: An input has another type, or there are too few or too many.
                MemoryLimitError: The call would take more than ``max_memory``.
            """

    @within_limit
    def _call(self, *args: ArrayLike) -> Any:
        """``__call__`` in full; the native fast path comes here with all it does not take."""
        outputs = self.session.run(self.session.batch(args))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    @within_limit
    def predict(self, *args: ArrayLike) -> Any:
        """Real values in, real values out.

        Each input is quantized by the model's own parameters, as
        ``intlite.quantize`` does, each output dequantized to float32. Tensors that
        the model has in float are passed as they are.

        Raises:
            ShapeError, TypeError: As for a call.
        """
        if len(args) != len(self.inputs):
            raise TypeError(f"the model has {len(self.inputs)} inputs, {len(args)} were given")
        real = [real_array(x, t) for x, t in zip(args, self.inputs, strict=True)]
        for x, t in zip(real, self.inputs, strict=True):
            samples_of(x.shape, t)
        stored = [to_stored(x, t) for x, t in zip(real, self.inputs, strict=True)]
        outputs = self.session.run(self.session.batch(stored))
        found = [to_real(y, t) for y, t in zip(outputs, self.outputs, strict=True)]
        return found[0] if len(found) == 1 else tuple(found)

    @within_limit
    def trace(self, *args: ArrayLike, backend: Backend = "native") -> Trace:
        """Run, and keep every tensor.

        Args:
            args: As for a call.
            backend: "native" kernels, or "reference", plain integer numpy.
        """
        from .trace import traced

        session = self.session
        if backend != "native":
            session = Session(self.graph, session.flavour, kernels=backend)
        return traced(session, args)

    @within_limit
    def call_with_hooks(self, hooks: Hooks, *args: ArrayLike) -> Any:
        """Run, showing each tensor to a function as it is computed.

        A hook gets a ``TracedTensor``. Returning an array of the same type and shape puts
        that in its place for all that follows; returning None leaves it. Tensors that
        nobody reads any more are dropped: unlike ``trace``, this holds few at a time.

        Args:
            hooks: A function for all inputs and computed tensors, or functions by tensor
                name, tensor number or operator label.
            args: As for a call.

        Returns:
            As a call does.

        Raises:
            KeyError: There is no such tensor or operator.
        """
        from .inspect.hooks import run

        outputs = run(self.session, hooks, args)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    @within_limit
    def explain(self, what: str | int, index: int | Sequence[int], *args: ArrayLike) -> Explanation:
        """How one output element of an operator comes about.

        Args:
            what: A tensor's number or name, or an operator's label such as
                "FULLY_CONNECTED #2".
            index: The element, as an index into that tensor.
            args: The inputs, as for a call.

        Raises:
            KeyError: There is no such tensor or operator.
            IndexError: The tensor has no such element.
            ValueError: The operator does not requantize an accumulator.
        """
        from .inspect.explain import explain

        operator = self._operator(what)
        return explain(self.session, operator, index, self.session.batch(args))

    @within_limit
    def profile(self, *args: ArrayLike, seconds: float = 1.0) -> Profile:
        """Time each step of the program on these inputs, or on random ones if there are none.

        Args:
            args: As for a call; at most one tile of samples is used.
            seconds: Time for about so long.

        Raises:
            ShapeError, TypeError: As for a call.
        """
        from .datasets import random_inputs
        from .inspect.profiler import profile

        return profile(self, args or random_inputs(self, seed=0), seconds)

    # ------------------------------------------------------------------- inside

    def _operator(self, what: str | int) -> Operator:
        for operator in self.graph.operators:
            outputs = [self.graph.tensors[i] for i in operator.outputs]
            if what == operator.label or any(what in (t.index, t.name) for t in outputs):
                return operator
        raise KeyError(f"no operator {what!r}, and none that writes a tensor {what!r}")

    @within_limit
    def _bind_own_shape(self) -> None:
        """Give the native face the program of the model's own shape, where it is simple."""
        program = self.session.own_program()
        if program is None or max(len(self.inputs), len(self.outputs)) > _MOST_BOUND:
            return
        shapes = (*(x.shape for x in self.inputs), *program.output_shapes)
        if self.inputs and self.outputs and all(s and 0 not in s for s in shapes):
            room = self.max_memory - program.memory
            self._bind(
                program.native,
                [(x.dtype, x.shape) for x in self.inputs],
                list(zip(program.output_dtypes, program.output_shapes, strict=True)),
                program.work,
                min(room // max(program.result_bytes(1), 1), MAX_SAMPLES),
            )


def _unpickle(
    data: bytes, numerics: str, num_threads: int, passes: list[str], max_memory: int | None
) -> Model:
    return Model(
        data, numerics=numerics, num_threads=num_threads, passes=passes, max_memory=max_memory
    )


def load(
    source: Source,
    *,
    numerics: str = "litert",
    num_threads: int = 1,
    max_memory: int | None = None,
) -> Model:
    """Load a model: ``Model`` with its usual options. See there for them and the errors."""
    return Model(source, numerics=numerics, num_threads=num_threads, max_memory=max_memory)
