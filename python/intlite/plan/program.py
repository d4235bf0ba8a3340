"""From a graph and the shapes of its inputs to a native program."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._util.memory_limit import array_bytes, check_memory
from ..graph.types import Graph, Operator, Shape
from ..ops import OPS, KernelSpec, ValueUnknownError
from ..ops.reshape import CopySpec
from ..runtimes import Runtime
from .arena import TILE_BYTES, Arena, choose_tile, plan_arena
from .operators import late_kernel
from .passes import PASSES
from .shapes import infer
from .steps import Draft, Step

ALL_PASSES: frozenset[str] = frozenset(PASSES) | {"reuse_memory", "tile_batches"}
# Each has a stack, and scratch memory in each workspace.
MOST_THREADS = 256
# By the identity of their specs: programs at the same shapes share weights packed alike.
Kernels = dict[int, tuple[KernelSpec, _native.Kernel]]


@dataclass(frozen=True, eq=False)
class Program:
    """A native program with what Python needs to know of it.

    Attributes:
        native: Runs the steps in one call.
        input_shapes, output_shapes: Of one sample, in the program's order.
        work: Roughly how many multiplications one sample takes.
        steps: The operators that each native step stands for.
        arena: Where the intermediate tensors lie.
        memory: At most so many bytes are held by the program, and by one run of it.
    """

    native: _native.Program
    outputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    output_dtypes: tuple[np.dtype[Any], ...]
    work: float
    steps: tuple[tuple[int, ...], ...]
    arena: Arena
    memory: int

    def result_bytes(self, samples: int) -> int:
        """Bytes of all outputs of so many samples."""
        ends = zip(self.output_shapes, self.output_dtypes, strict=True)
        return samples * sum(array_bytes(shape, dtype) for shape, dtype in ends)


def compile_graph(
    graph: Graph,
    input_shapes: Sequence[Shape],
    flavour: Runtime,
    threads: int = 1,
    outputs: Sequence[int] | None = None,
    passes: Collection[str] = ALL_PASSES,
    tile: int | None = None,
) -> Program:
    """Plan and make the program.

    Args:
        graph: A graph that ``ops.refusals`` accepts.
        input_shapes: Of one sample, one for each graph input.
        flavour: The arithmetic.
        threads: How many threads may share a batch; at most MOST_THREADS do.
        outputs: The tensors to return; the graph's outputs if None.
        passes: The optional passes to run, of ``ALL_PASSES``.
        tile: How many samples go through all steps together, for tests that no choice of
            it changes a bit; otherwise it is chosen.

    Raises:
        ShapeError: The shapes do not fit the graph.
        MemoryLimitError: The plan would take too much memory.
        ValueUnknownError: A shape depends on values of a run.
    """
    draft = whole(graph, input_shapes, flavour, graph.outputs if outputs is None else outputs)
    return compile_program(draft, threads, passes, tile)


def is_batch_of(whole: Draft, one: Draft, count: int) -> bool:
    """Whether ``count`` samples of ``one`` are ``whole``, bit for bit.

    So where every tensor's leading dimension is the batch times that of one row, and no
    kernel's result depends on a row's position.
    """
    if not all(step.spec.is_batch_free for step in one.steps):
        return False
    for tensor, value in one.constants.items():  # some are made of the inputs' shapes
        if tensor not in whole.constants or not np.array_equal(value, whole.constants[tensor]):
            return False
    tensors = {t for step in one.steps for t in (*step.inputs, *step.outputs)}
    for tensor in tensors - set(one.constants):
        shape = one.shapes[tensor]
        if not shape or whole.shapes[tensor] != (count * shape[0], *shape[1:]):
            return False
    return True


def plan(
    graph: Graph,
    input_shapes: Sequence[Shape],
    flavour: Runtime,
    passes: Collection[str] = ALL_PASSES,
) -> Draft:
    """The steps that ``compile_graph`` makes a program of. Errors as there."""
    return rewritten(whole(graph, input_shapes, flavour, graph.outputs), passes)


def rewritten(draft: Draft, passes: Collection[str]) -> Draft:
    """The draft after these passes."""
    for name, run_pass in PASSES.items():
        if name in passes:
            draft = run_pass(draft)
    return draft


def compile_program(
    draft: Draft,
    threads: int,
    passes: Collection[str],
    tile: int | None = None,
    kernels: Kernels | None = None,
    pool: _native.ThreadPool | None = None,
) -> Program:
    """Run the passes, and make the program.

    Args:
        draft: Steps as ``draft_of`` gives them.
        threads, passes, tile: As for ``compile_graph``.
        kernels: Those that were made of the same specs before; what is made is added.
        pool: Of ``thread_pool(threads)``, for several programs; None makes one.

    Raises:
        MemoryLimitError: The plan would take too much memory.
        UnsupportedOpError: Numbers are beyond what the native code takes.
    """
    draft = rewritten(draft, passes)
    threads = min(threads, MOST_THREADS)
    if tile is None:
        tile = choose_tile(draft, threads) if "tile_batches" in passes else 1
    arena = plan_arena(draft, tile, reuse="reuse_memory" in passes)
    return _make(draft, arena, threads, {} if kernels is None else kernels, pool)


def thread_pool(threads: int) -> _native.ThreadPool | None:
    """The threads that programs may share which run one after the other; None for one thread."""
    return _native.ThreadPool(min(threads, MOST_THREADS)) if threads > 1 else None


def whole(
    graph: Graph, input_shapes: Sequence[Shape], flavour: Runtime, outputs: Sequence[int]
) -> Draft:
    """All operators of a graph, before any pass. Errors as for ``compile_graph``."""
    shapes, values = infer(graph, input_shapes, flavour)
    steps = steps_of(graph, graph.operators, shapes, values, flavour)
    return draft_of(graph, steps, graph.inputs, outputs, shapes, values)


def steps_of(
    graph: Graph,
    operators: Sequence[Operator],
    shapes: Mapping[int, Shape],
    values: Mapping[int, NDArray[Any]],
    flavour: Runtime,
) -> list[Step]:
    """A step for each of the operators whose outputs a run computes.

    Args:
        graph: The graph.
        operators: Some of its operators, in order.
        shapes: Of all tensors that they read and write.
        values: Those that no run changes.
        flavour: The arithmetic.
    """
    steps = []
    for operator in operators:
        if all(i in values for i in operator.outputs):
            continue
        node, numbers = graph.node(operator), operator.inputs
        given = [shapes.get(i, ()) for i in numbers]
        known = [values.get(i) for i in numbers]
        try:
            spec = OPS.of(node).kernel(node, given, known, flavour.policy(node))
        except ValueUnknownError:
            spec = late_kernel(node, given, known, flavour, [shapes[i] for i in operator.outputs])
        inputs = tuple(numbers[i] for i in spec.inputs)
        steps.append(Step(spec, (operator.index,), inputs, operator.outputs))
    return steps


def draft_of(
    graph: Graph,
    steps: Sequence[Step],
    inputs: Sequence[int],
    outputs: Sequence[int],
    shapes: Mapping[int, Shape],
    values: Mapping[int, NDArray[Any]],
) -> Draft:
    """Steps as a program that takes and gives these tensors."""
    constants = {i: values[i] for step in steps for i in step.inputs if i in values}
    dtypes = {t.index: t.dtype for t in graph.tensors}
    draft = Draft((), tuple(inputs), (), dict(shapes), dtypes, constants)
    return _with_outputs(draft, list(steps), outputs, values)


def _with_outputs(
    draft: Draft, steps: list[Step], outputs: Sequence[int], values: Mapping[int, NDArray[Any]]
) -> Draft:
    """Each output gets memory of its own: inputs, constants and repeats are copied there."""
    shapes, dtypes = dict(draft.shapes), dict(draft.dtypes)
    constants = dict(draft.constants)
    own: list[int] = []
    for tensor in outputs:
        if tensor not in draft.inputs and tensor not in values and tensor not in own:
            own.append(tensor)
            continue
        copy = max(dtypes) + 1
        shapes[copy], dtypes[copy] = shapes[tensor], dtypes[tensor]
        if tensor in values:
            constants[tensor] = values[tensor]
        size = draft.sample_bytes(tensor)
        steps.append(Step(CopySpec(size), (), (tensor,), (copy,)))
        own.append(copy)
    return Draft(tuple(steps), draft.inputs, tuple(own), shapes, dtypes, constants)


def _make(
    draft: Draft, arena: Arena, threads: int, known: Kernels, pool: _native.ThreadPool | None
) -> Program:
    constants = sorted(draft.constants)
    tile = arena.tile_samples
    # Of each thread that runs tiles of its own, a workspace.
    memory = threads * arena.size + sum(step.spec.packed_bytes for step in draft.steps)
    # A constant is there for each sample of a tile, unless it is large: once, then.
    sizes = [draft.sample_bytes(t) for t in constants]
    times = [tile if size * tile <= TILE_BYTES else 1 for size in sizes]
    memory += sum(size * n for size, n in zip(sizes, times, strict=True))
    check_memory(memory, "the plan")
    kernels = [_kernel(step, known) for step in draft.steps]
    scratch = [kernel.scratch_bytes for kernel in kernels]
    if most := max(scratch, default=0):
        memory += threads * most
        step = draft.steps[scratch.index(most)]
        check_memory(memory, f"the plan with the scratch memory of {step.label}")

    # Of a tensor in several places the last one holds.
    places = {t: (_native.Place.ARENA, offset) for t, offset in arena.offsets.items()}
    for place, tensors in (
        (_native.Place.INPUT, draft.inputs),
        (_native.Place.CONSTANT, constants),
        (_native.Place.OUTPUT, draft.outputs),
    ):
        places.update((t, (place, i)) for i, t in enumerate(tensors))

    def ref(tensor: int) -> tuple[_native.Place, int, int]:
        return *places[tensor], draft.sample_bytes(tensor)

    native = _native.Program(
        steps=[
            (kernel, [ref(t) for t in step.inputs], [ref(t) for t in step.outputs])
            for kernel, step in zip(kernels, draft.steps, strict=True)
        ],
        input_bytes=[draft.sample_bytes(t) for t in draft.inputs],
        output_bytes=[draft.sample_bytes(t) for t in draft.outputs],
        constants=[
            np.ascontiguousarray(draft.constants[t]).tobytes() * n
            for t, n in zip(constants, times, strict=True)
        ],
        arena_bytes=arena.size,
        tile_samples=tile,
        threads=threads,
        pool=pool,
    )
    return Program(
        native,
        draft.outputs,
        tuple(draft.shapes[t] for t in draft.inputs),
        tuple(draft.shapes[t] for t in draft.outputs),
        tuple(draft.dtypes[t] for t in draft.outputs),
        sum(step.spec.work for step in draft.steps),
        tuple(step.operators for step in draft.steps),
        arena,
        memory,
    )


def _kernel(step: Step, known: Kernels) -> _native.Kernel:
    found = known.get(id(step.spec))
    if found is None:
        found = known[id(step.spec)] = step.spec, step.spec.made(step.label)
    return found[1]
