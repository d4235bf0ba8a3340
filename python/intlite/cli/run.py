"""intlite run: a model's outputs for inputs from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from ..graph.types import Tensor
from ..model import Model
from ..trace import dequantize_tensor
from .options import input_options, memory_option, preparation, read
from .verb import console, model_argument, new_table, numerics_option, progress, verb, write_json

# Samples of one call: a bar moves, and memory stays bounded.
CHUNK = 256
SHOWN = 10


@verb(
    example="""
intlite run model.tflite images.npy -o out.npy
intlite run model.tflite photo.png --float -o out.npz
intlite run model.tflite --random 0 --count 8
"""
)
@model_argument
@input_options
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="An .npz file, or .npy for one output."
)
@numerics_option
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@memory_option
def command(
    model: str,
    inputs: tuple[str, ...],
    seed: int | None,
    count: int | None,
    real: bool,
    mean: float | None,
    std: float | None,
    output: str | None,
    numerics: str,
    threads: int,
    max_memory: int | None,
    as_json: bool,
) -> None:
    """Run MODEL on INPUTS and store its outputs.

    INPUTS are .npy, .npz, IDX (also .gz), PNG or JPEG files, or folders of pictures: one for
    each input of the model, or one .npz for all. Any number of samples runs. Pictures are resized;
    a pixel is a stored value unless --float, --mean or --std say otherwise. With --float the
    outputs are real values too.
    """
    loaded = Model(model, numerics=numerics, num_threads=threads, max_memory=max_memory)
    given = read(loaded, inputs, seed, count, preparation(real, mean, std))
    outputs = run(loaded, given)
    if real:
        outputs = [dequantize_tensor(y, t) for y, t in zip(outputs, loaded.outputs, strict=True)]
    if output is not None:
        store(Path(output), loaded.outputs, outputs)
    shown = list(zip(loaded.outputs, outputs, strict=True))
    if as_json:
        write_json(
            {
                "numerics": numerics,
                "file": output,
                "outputs": [
                    {"name": t.name, "shape": y.shape, "type": str(y.dtype), "values": y}
                    if output is None
                    else {"name": t.name, "shape": y.shape, "type": str(y.dtype)}
                    for t, y in shown
                ],
            }
        )
        return
    table = new_table("output", "type", "shape", "values")
    for tensor, y in shown:
        table.add_row(tensor.name, str(y.dtype), "x".join(map(str, y.shape)), _values(y))
    console().print(table)
    if output is not None:
        click.echo(f"written to {output}")


def run(model: Model, inputs: tuple[NDArray[Any], ...]) -> list[NDArray[Any]]:
    """The outputs of all samples, chunk by chunk."""
    rows = [t.shape[0] if t.shape else 0 for t in model.inputs]
    if not all(rows):
        return _tuple(model(*inputs))
    samples = len(inputs[0]) // rows[0]
    if samples <= CHUNK:
        return _tuple(model(*inputs))
    parts = []
    with progress("Running") as tick:
        for first in range(0, samples, CHUNK):
            part = [x[first * n : (first + CHUNK) * n] for x, n in zip(inputs, rows, strict=True)]
            parts.append(_tuple(model(*part)))
            tick(min(first + CHUNK, samples), samples)
    return [np.concatenate(ys) for ys in zip(*parts, strict=True)]


def store(path: Path, tensors: tuple[Tensor, ...], outputs: list[NDArray[Any]]) -> None:
    """Write outputs by name to an .npz file, or the one to an .npy file."""
    if path.suffix == ".npy" and len(outputs) == 1:
        np.save(path, outputs[0])
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {
            t.name or f"output {i}": y
            for i, (t, y) in enumerate(zip(tensors, outputs, strict=True))
        }
        np.savez_compressed(path, **arrays)
    else:
        raise ValueError(f"{path}: expected .npz, or .npy for a model with one output")


def _tuple(result: Any) -> list[NDArray[Any]]:
    return list(result) if isinstance(result, tuple) else [result]


def _values(y: NDArray[Any]) -> str:
    flat = y.ravel()
    more = " ..." if flat.size > SHOWN else ""
    return " ".join(f"{v:.6g}" for v in flat[:SHOWN].tolist()) + more
