"""The child process: runs models on one real runtime, reading jobs from stdin, one at a time.

It is started by path, imports nothing of the project, and speaks in pickles of plain
tuples, so that a runtime that dies takes only its own process with it. What the
runtime prints goes to stderr, which is a file: it becomes part of the error's text.
"""

from __future__ import annotations

import os
import pickle
import sys
from importlib import import_module
from typing import Any

# TFLite Micro plans everything into one arena: room for it beyond the tensors of the job.
ARENA_BYTES = 1_000_000
STDERR = 2
MESSAGE_BYTES = 2000


def run_litert(
    model: bytes,
    runs: list[list[Any]],
    kernels: tuple[str, str],
    shapes: list[list[int]] | None,
    samples: int,
) -> tuple[list[Any], bool]:
    litert, resolver = import_module(kernels[0]), kernels[1]
    interpreter = litert.Interpreter(
        model_content=model,
        num_threads=1,
        experimental_op_resolver_type=litert.OpResolverType[resolver],
    )
    numbers = [detail["index"] for detail in interpreter.get_input_details()]
    for number, shape in zip(numbers, shapes or [], strict=False):
        interpreter.resize_tensor_input(number, shape)
    interpreter.allocate_tensors()
    outputs = []
    for inputs in runs:
        parts = []
        for k in range(samples):
            if k:
                interpreter.reset_all_variables()
            for number, x in zip(numbers, inputs, strict=True):
                interpreter.set_tensor(number, sample(x, k, samples))
            interpreter.invoke()
            details = interpreter.get_output_details()
            parts.append([interpreter.get_tensor(d["index"]).copy() for d in details])
        outputs += joined(parts)
    delegated = any(op["op_name"] == "DELEGATE" for op in interpreter._get_ops_details())
    return outputs, delegated


def unpack(packed: tuple[str, tuple[int, ...], bytes]) -> Any:
    """An array, which travels without numpy's own pickles: these differ between releases."""
    import numpy as np

    dtype, shape, data = packed
    return np.frombuffer(data, dtype).reshape(shape)


def pack(y: Any) -> tuple[str, tuple[int, ...], bytes]:
    return y.dtype.str, y.shape, y.tobytes()


def sample(x: Any, k: int, samples: int) -> Any:
    """The k-th run's part of an input."""
    if samples == 1:
        return x
    rows = len(x) // samples
    return x[k * rows : (k + 1) * rows]


def joined(parts: list[list[Any]]) -> list[Any]:
    """The outputs of all samples, one behind the other; scalars as a vector."""
    if len(parts) == 1:
        return parts[0]
    import numpy as np

    return [np.concatenate([np.atleast_1d(y) for y in ys]) for ys in zip(*parts, strict=True)]


def run_tflm(
    model: bytes, runs: list[list[Any]], module: str, outputs: int, samples: int
) -> list[Any]:
    runtime = import_module(module)
    arena = ARENA_BYTES + 8 * sum(x.nbytes for x in runs[0]) + 2 * len(model)
    while True:
        try:
            interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena)
            break
        except RuntimeError:
            if b"Failed to resize buffer" not in printed() or arena > 1 << 30:
                raise
            forget_printed()
            arena *= 8
    found = []
    for inputs in runs:
        parts = []
        for k in range(samples):
            if k:
                interpreter.reset()
            for i, x in enumerate(inputs):
                interpreter.set_input(sample(x, k, samples), i)
            interpreter.invoke()
            parts.append([interpreter.get_output(i).copy() for i in range(outputs)])
        found += joined(parts)
    return found


def printed() -> bytes:
    """The end of what the runtime has printed during this job."""
    os.lseek(STDERR, max(0, os.fstat(STDERR).st_size - MESSAGE_BYTES), os.SEEK_SET)
    return os.read(STDERR, MESSAGE_BYTES)


def forget_printed() -> None:
    os.lseek(STDERR, 0, os.SEEK_SET)
    os.ftruncate(STDERR, 0)


def answer(job: tuple[Any, ...]) -> tuple[Any, ...]:
    """("ok", outputs, delegated) or ("error", text)."""
    model, packed, (module, resolver), shapes, outputs, samples = job
    runs = [[unpack(x) for x in inputs] for inputs in packed]
    try:
        if resolver is not None:
            found, delegated = run_litert(model, runs, (module, resolver), shapes, samples)
        elif shapes is not None:
            return "error", "tflm does not resize inputs"
        else:
            found, delegated = run_tflm(model, runs, module, outputs, samples), False
        return "ok", [pack(y) for y in found], delegated
    except Exception as error:
        said = printed().decode(errors="replace").strip()
        return "error", f"{type(error).__name__}: {error}\n{said}".strip()


def main() -> None:
    # The pipe is kept apart from stdout, to which the runtimes may print.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(STDERR, 1)
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        forget_printed()
        pickle.dump(answer(job), replies, protocol=4)
        replies.flush()


if __name__ == "__main__":
    main()
