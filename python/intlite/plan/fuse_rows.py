"""Kernels of which each reads only rows that the one before it has just written: one step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .. import _native
from ..ops import KernelSpec
from .steps import Draft, Step


@dataclass(frozen=True, eq=False)
class Link:
    """A kernel of one row, and for each of its inputs whether the kernel before wrote it."""

    spec: KernelSpec
    from_before: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class ChainSpec(KernelSpec):
    """csrc/kernels/chain.h. The inputs are the head's, then the links' that are no rows before."""

    head: KernelSpec
    links: tuple[Link, ...]

    def make(self) -> _native.Kernel:
        links = [(link.spec.make(), link.from_before) for link in self.links]
        return _native.chain(head=self.head.make(), links=links)

    @property
    def weight_bytes(self) -> int:
        return self.head.weight_bytes + sum(link.spec.weight_bytes for link in self.links)

    @property
    def packed_bytes(self) -> int:
        return self.head.packed_bytes + sum(link.spec.packed_bytes for link in self.links)

    @property
    def work(self) -> float:
        return self.head.work + self.head.output_rows * sum(link.spec.work for link in self.links)


def chain_rows(draft: Draft) -> Draft:
    """A step whose output's only reader goes row by row, and those after it, become one.

    So the intermediate rows of a depthwise convolution, the 1x1 convolution behind it and the
    ADD of a residual stay in the cache, and threads wait once for all of them.
    """
    readers: dict[int, list[int]] = {}
    for k, step in enumerate(draft.steps):
        for tensor in dict.fromkeys(step.inputs):
            readers.setdefault(tensor, []).append(k)
    steps: dict[int, Step] = dict(enumerate(draft.steps))
    for k in range(len(draft.steps)):
        if k not in steps or not _is_light(draft, steps[k]):
            continue
        at, chain = k, steps[k]
        while (found := _with_reader(draft, chain, readers)) is not None:
            reader, longer = found
            if steps.get(reader) is not draft.steps[reader]:  # in a chain already
                break
            del steps[at]
            at, chain = reader, longer
        # Where the last one was, whose other inputs are there by then.
        steps[at] = chain
    return draft.with_steps([steps[k] for k in sorted(steps)])


def _with_reader(
    draft: Draft, chain: Step, readers: dict[int, list[int]]
) -> tuple[int, Step] | None:
    """The chain with the only step that reads what it writes, and which step that was."""
    [written] = chain.outputs
    if draft.is_visible(written) or len(readers.get(written, [])) != 1:
        return None
    [k] = readers[written]
    step = draft.steps[k]
    spec = chain.spec if isinstance(chain.spec, ChainSpec) else ChainSpec(chain.spec, ())
    one = _of_row(draft, step, spec.head.output_rows)
    if one is None:
        return None
    link = Link(one, tuple(tensor == written for tensor in step.inputs))
    others = tuple(tensor for tensor in step.inputs if tensor != written)
    return k, replace(
        step,
        spec=replace(spec, links=(*spec.links, link)),
        operators=chain.operators + step.operators,
        inputs=chain.inputs + others,
    )


def _of_row(draft: Draft, step: Step, rows: int) -> KernelSpec | None:
    """The step's kernel on one of so many rows, if it goes row by row."""
    if step.spec.is_python or len(step.outputs) != 1:
        return None
    if (one := step.spec.of_row(rows)) is not None:
        return one if _is_light(draft, step) else None
    sizes = {
        draft.sample_bytes(tensor) // draft.dtypes[tensor].itemsize
        for tensor in (*step.inputs, *step.outputs)
    }
    if len(sizes) != 1 or (size := sizes.pop()) % rows != 0:
        return None
    return step.spec.of_elements(size // rows)


def _is_light(draft: Draft, step: Step) -> bool:
    """Whether the weights are less than the image: each band of rows reads them anew."""
    return (
        step.spec.output_rows != 0
        and draft.sample_bytes(step.outputs[0]) != 0
        and step.spec.weight_bytes <= sum(draft.sample_bytes(t) for t in step.inputs)
    )
