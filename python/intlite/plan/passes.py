"""The passes that make a program faster. Each is optional, and without it the bits are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from .fold_lookup_tables import join_functions
from .fuse_rows import chain_rows
from .steps import Draft, Step


def share_copies(draft: Draft) -> Draft:
    """A step that only hands bytes on goes: its readers read its input instead."""
    steps: list[Step] = []
    source: dict[int, int] = {}
    for step in draft.steps:
        inputs = tuple(source.get(i, i) for i in step.inputs)
        output = step.outputs[0]
        if step.spec.is_copy and output not in draft.outputs:
            source[output] = inputs[0]
        else:
            steps.append(step if inputs == step.inputs else replace(step, inputs=inputs))
    return draft.with_steps(steps)


def fuse_borders(draft: Draft) -> Draft:
    """A convolution that alone reads padded images pads them itself."""
    steps: dict[int, Step] = dict(enumerate(draft.steps))
    readers: dict[int, list[int]] = {}
    for k, step in steps.items():
        for tensor in step.inputs:
            readers.setdefault(tensor, []).append(k)
    for k in reversed(range(len(steps))):  # the border of a border comes after it
        step = steps[k]
        border, [padded, *_] = step.spec.border, step.outputs
        if border is None or padded in draft.outputs or len(readers.get(padded, [])) != 1:
            continue
        [reader] = readers[padded]
        spec = steps[reader].spec.with_border(border)
        if spec is None or steps[reader].inputs != (padded,):
            continue
        operators = step.operators + steps[reader].operators
        steps[reader] = replace(steps[reader], spec=spec, operators=operators, inputs=step.inputs)
        readers[step.inputs[0]] = [reader if r == k else r for r in readers[step.inputs[0]]]
        del steps[k]
    return draft.with_steps(list(steps.values()))


def fuse_sign_flips(draft: Draft) -> Draft:
    """int8 <-> uint8 conversions that only flip the sign bit go into the kernel beside them."""
    for k, step in enumerate(draft.steps):
        if step.spec.is_sign_flip:
            fused = _flip_reader(draft, k) or _flip_writer(draft, k)
            if fused is not None:
                return fuse_sign_flips(fused)
    return draft


def _flip_reader(draft: Draft, k: int) -> Draft | None:
    """Let the one reader of a flip's output read the flip's input."""
    flip = draft.steps[k]
    readers = draft.readers(flip.outputs[0])
    if flip.outputs[0] in draft.outputs or len(readers) != 1:
        return None
    reader = draft.steps[readers[0]]
    spec = reader.spec.with_flipped_input() if reader.inputs == flip.outputs else None
    if spec is None:
        return None
    steps = list(draft.steps)
    steps[readers[0]] = replace(
        reader, spec=spec, operators=flip.operators + reader.operators, inputs=flip.inputs
    )
    del steps[k]
    return draft.with_steps(steps)


def _flip_writer(draft: Draft, k: int) -> Draft | None:
    """Let the writer of a flip's input write the flip's output."""
    flip = draft.steps[k]
    written = flip.inputs[0]
    writers = [j for j, step in enumerate(draft.steps) if step.outputs == (written,)]
    if draft.is_visible(written) or len(draft.readers(written)) != 1 or len(writers) != 1:
        return None
    writer = draft.steps[writers[0]]
    spec = writer.spec.with_flipped_output()
    if spec is None:
        return None
    steps = list(draft.steps)
    steps[writers[0]] = replace(
        writer, spec=spec, operators=writer.operators + flip.operators, outputs=flip.outputs
    )
    del steps[k]
    return draft.with_steps(steps)


PASSES: Final[dict[str, Callable[[Draft], Draft]]] = {
    "share_copies": share_copies,
    "join_functions": join_functions,
    "fuse_borders": fuse_borders,
    "fuse_sign_flips": fuse_sign_flips,
    "chain_rows": chain_rows,
}
