"""A part of a graph that is planned at once: up to an operator whose shapes a run decides.

What comes behind such an operator is planned when its outputs' shapes are known, and kept by
these shapes: the segments at one set of input shapes are a tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from .._native import ThreadPool
from ..graph.types import Graph, Operator, Shape
from ..plan.program import Kernels, Program, compile_program, draft_of, steps_of
from ..plan.shapes import extend, known_at_first
from ..plan.steps import Draft
from ..runtimes import Runtime

# How many sets of shapes are kept behind one segment, and how many programs of one.
MAX_KEPT = 8


@dataclass(frozen=True)
class Settings:
    """How a graph is planned, whatever the shapes."""

    graph: Graph
    flavour: Runtime
    threads: int
    passes: frozenset[str]
    # Of all programs, if they have several threads.
    pool: ThreadPool | None = field(default=None, compare=False)


@dataclass(eq=False)
class Segment:
    """Operators from one position to another, at one set of shapes.

    Attributes:
        settings: How it is planned.
        first, stop: Positions: of its first operator, and of the one by which it ends.
        shapes: Of all tensors that are known here, by number.
        known: The values that no run at these shapes changes.
        draft: Its steps, before any pass.
    """

    settings: Settings
    first: int
    stop: int
    shapes: dict[int, Shape]
    known: dict[int, NDArray[Any]]
    draft: Draft
    _programs: dict[tuple[int, ...], Program] = field(default_factory=dict)
    _kernels: Kernels = field(default_factory=dict)
    _after: dict[tuple[Shape, ...], Segment] = field(default_factory=dict)

    @cached_property
    def end(self) -> Operator | None:
        """The operator behind it, whose output shapes depend on values; None at the end."""
        operators = self.settings.graph.operators
        return operators[self.stop] if self.stop < len(operators) else None

    @property
    def inputs(self) -> tuple[int, ...]:
        """The tensors that its programs take."""
        return self.draft.inputs

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole graph."""
        return self.first == 0 and self.end is None

    @property
    def memory(self) -> int:
        """At most so many bytes are held by its programs and all behind it, and by a run."""
        own = sum(program.memory for program in self._programs.values())
        return own + sum(after.memory for after in self._after.values())

    @cached_property
    def written(self) -> tuple[int, ...]:
        """The tensors that its operators write, values that no run changes included."""
        operators = self.settings.graph.operators[self.first : self.stop]
        return tuple(dict.fromkeys(i for op in operators for i in op.outputs))

    @cached_property
    def outputs(self) -> tuple[int, ...]:
        """What a run needs of it: the graph's outputs, or what later operators read."""
        if self.is_whole:
            return self.settings.graph.outputs
        graph, known = self.settings.graph, self.known
        later = {i for op in graph.operators[self.stop :] for i in op.inputs} | set(graph.outputs)
        return tuple(i for i in self.written if i in later and i not in known)

    def drafted(self, outputs: Sequence[int]) -> Draft:
        """Its steps as a program that gives these tensors, before any pass."""
        graph = self.settings.graph
        return draft_of(graph, self.draft.steps, self.inputs, outputs, self.shapes, self.known)

    def kept(self, outputs: Sequence[int]) -> Program | None:
        """The program that gives these tensors, if it was made."""
        return self._programs.get(tuple(outputs))

    def program(self, outputs: Sequence[int]) -> Program:
        """The program that takes ``inputs`` and gives these tensors: kept.

        Raises:
            MemoryLimitError, UnsupportedOpError: See ``compile_program``.
        """
        wanted, settings = tuple(outputs), self.settings
        if wanted not in self._programs:
            draft, kernels = self.drafted(wanted), self._kernels
            made = compile_program(
                draft, settings.threads, settings.passes, kernels=kernels, pool=settings.pool
            )
            self._programs = _with(self._programs, wanted, made)
        return self._programs[wanted]

    def kept_after(self, found: Sequence[Shape]) -> Segment | None:
        """The segment behind ``end``, whose outputs have these shapes, if it was planned."""
        return self._after.get(tuple(found))

    def after(self, found: Sequence[Shape]) -> Segment:
        """The segment behind ``end``, whose outputs have these shapes: kept.

        Raises:
            ShapeError, MemoryLimitError, UnsupportedOpError: See ``first_segment``.
        """
        key, end = tuple(found), self.end
        if end is None:
            raise IndexError("nothing comes behind the last segment")
        if key not in self._after:
            shapes = self.shapes | dict(zip(end.outputs, key, strict=True))
            segment = _segment(self.settings, self.stop + 1, shapes, dict(self.known))
            self._after = _with(self._after, key, segment)
        return self._after[key]


def first_segment(settings: Settings, input_shapes: Sequence[Shape]) -> Segment:
    """The segment that a run at these shapes of one sample begins with.

    Raises:
        ShapeError: The shapes do not fit the graph.
        MemoryLimitError: A tensor would be too large.
        UnsupportedOpError: Numbers are beyond what the native code takes.
    """
    shapes, values = known_at_first(settings.graph, input_shapes)
    return _segment(settings, 0, shapes, values)


def _segment(
    settings: Settings, first: int, shapes: dict[int, Shape], values: dict[int, NDArray[Any]]
) -> Segment:
    graph, flavour = settings.graph, settings.flavour
    stop = extend(graph, first, shapes, values, flavour, until_unknown=True)
    operators = graph.operators[first:stop]
    steps = steps_of(graph, operators, shapes, values, flavour)
    written = {i for op in operators for i in op.outputs}
    read = dict.fromkeys(i for step in steps for i in step.inputs)
    # A whole graph's program takes all its inputs, read or not.
    inputs = graph.inputs if first == 0 else [i for i in read if i not in (*written, *values)]
    draft = draft_of(graph, steps, inputs, (), shapes, values)
    return Segment(settings, first, stop, shapes, values, draft)


def _with(kept: dict[Any, Any], key: Any, made: Any) -> dict[Any, Any]:
    """A new dictionary, since others read the old one without a lock; the oldest goes."""
    newest = list(kept.items())[-(MAX_KEPT - 1) :]
    return {**dict(newest), key: made}
