"""intlite report: a model as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from .._util.extras import require
from ..model import load
from .options import first_samples, input_options, memory_option, preparation, read
from .verb import console, model_argument, numerics_option, progress, verb, write_json

# More samples take time and memory, and hardly change the picture.
MOST = 8
RANDOM = 4


@verb(
    example="""
intlite report model.tflite images.npy -o report.html
intlite report model.tflite --numerics tflm -o report.html
"""
)
@model_argument
@input_options
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False), help="The HTML file."
)
@numerics_option
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
    max_memory: int | None,
    as_json: bool,
) -> None:
    """Write a report of MODEL on INPUTS: one HTML page that needs no network.

    It shows the graph, and for each operator its formula and constants, the values of its
    tensors, its error against float32, its time, and what other flavours change. INPUTS are as
    for `intlite run`, the first 8 samples unless --count says otherwise; without them, random
    ones, which say little about ranges and errors.
    """
    require("jinja2", "report", "a report")
    from ..inspect.report import write_report

    loaded = load(model, numerics=numerics, max_memory=max_memory)
    if not inputs and seed is None:
        seed, count = 0, count or RANDOM
    arrays = read(loaded, inputs, seed, count, preparation(real, mean, std))
    if count is None:
        arrays = first_samples(loaded, arrays, MOST)
    origin = ", ".join(Path(path).name for path in inputs) or f"random, seed {seed}"
    with progress("Measuring") as tick:
        write_report(
            loaded,
            arrays,
            output,
            name=Path(model).name,
            origin=origin,
            random=not inputs,
            progress=tick,
        )
    size = Path(output).stat().st_size
    if as_json:
        write_json({"file": output, "bytes": size, "numerics": numerics, "inputs": origin})
    else:
        console().print(f"{output}: {size / 1e6:.2f} MB, {origin}, under {numerics}")
