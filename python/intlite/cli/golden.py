"""intlite golden: test vectors for another implementation."""

from __future__ import annotations

from pathlib import Path

import click

from ..inspect.golden import export
from ..model import load
from .options import input_options, memory_option, preparation, read
from .verb import console, model_argument, numerics_option, progress, verb, write_json


@verb(
    example="intlite golden model.tflite images.npy --count 8 -o vectors\n"
    "intlite golden model.tflite --random 0 --numerics tflm --op 3 -o vectors"
)
@model_argument
@input_options
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False), help="The directory."
)
@numerics_option
@click.option(
    "--op", "operators", type=int, multiple=True, help="C files of this operator only; repeatable."
)
@click.option("--c/--no-c", default=True, show_default=True, help="Whether to write C files.")
@click.option(
    "--sums", is_flag=True, help="Also int32 accumulators, and checks of requantization alone."
)
@memory_option
def command(
    model: str,
    inputs: tuple[str, ...],
    seed: int | None,
    count: int | None,
    real: bool,
    mean: float | None,
    std: float | None,
    output: str,
    numerics: str,
    operators: tuple[int, ...],
    c: bool,
    sums: bool,
    max_memory: int | None,
    as_json: bool,
) -> None:
    """Write MODEL's tensors on INPUTS as test vectors for another implementation.

    tensors.npz holds every tensor by name, index.json what they are. For each operator N,
    c/op_N.h has its constants and the prototype of a function to write, and c/check_op_N.c
    is a C99 program that compares such a function with the vectors.
    """
    loaded = load(model, numerics=numerics, max_memory=max_memory)
    arrays = read(loaded, inputs, seed, count, preparation(real, mean, std))
    with progress("Writing") as tick:
        done = export(
            loaded,
            arrays,
            output,
            name=Path(model).name,
            operators=operators or None,
            c=c,
            sums=sums,
            progress=tick,
        )
    if as_json:
        write_json(
            {
                "directory": str(done.directory),
                "numerics": done.numerics,
                "samples": done.samples,
                "tensors": done.tensors,
                "operators": done.operators,
                "bytes": done.bytes,
                "files": done.files,
            }
        )
        return
    console().print(
        f"{done.directory}: {done.tensors} tensors of {done.operators} operators, "
        f"{done.samples} samples, under {done.numerics}; "
        f"{len(done.files)} files, {done.bytes / 1e6:.1f} MB"
    )
