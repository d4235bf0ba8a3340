"""intlite compare: where a model and something else first differ."""

from __future__ import annotations

from pathlib import Path

import click

from ..comparison import Comparison
from ..inspect.compare import compare
from ..model import Model
from . import DIFFERENT
from .options import input_options, memory_option, preparation, read
from .verb import console, model_argument, new_table, numerics_option, progress, verb, write_json


@verb(
    example="""
intlite compare model.tflite --random 0 --to tflm
intlite compare model.tflite images.npy --to real:litert
intlite compare model.tflite images.npy --to my_tensors.npz
"""
)
@model_argument
@input_options
@click.option(
    "--to",
    "other",
    required=True,
    metavar="OTHER",
    help="litert, litert-builtin, litert-reference or tflm: the same model with that arithmetic; "
    "real:litert, real:tflm, ...: the real runtime; a .tflite file: another model; an .npz file: "
    "another implementation's tensors, by name or number.",
)
@numerics_option
@click.option("--all", "show_all", is_flag=True, help="List equal tensors too.")
@memory_option
def command(
    model: str,
    inputs: tuple[str, ...],
    seed: int | None,
    count: int | None,
    real: bool,
    mean: float | None,
    std: float | None,
    other: str,
    numerics: str,
    show_all: bool,
    max_memory: int | None,
    as_json: bool,
) -> int:
    """Compare MODEL with another run on INPUTS, tensor by tensor.

    Shows the first operator that differs, the element, both values, the int32 accumulator and
    the exact value before rounding. Exit status 0: all equal; 1: something differs.
    """
    loaded = Model(model, numerics=numerics, max_memory=max_memory)
    given = read(loaded, inputs, seed, count, preparation(real, mean, std))
    with progress("Comparing") as tick:
        found = compare(loaded, other, *given, progress=tick)
    if as_json:
        write_json({"model": Path(model).name, **found.as_dict()})
    else:
        _print(found, show_all)
    return 0 if found.equal else DIFFERENT


def _print(found: Comparison, show_all: bool) -> None:
    rows = [t for t in found.tensors if show_all or not t.equal]
    if rows:
        columns = ("op", "tensor", "elements", "differing", "largest", "own", "verdict")
        table = new_table(*columns, right="elements differing largest own")
        for t in rows:
            table.add_row(
                t.op or "(input)",
                str(t.tensor.index),
                f"{t.elements:,}",
                f"{t.differing:,}",
                f"{t.largest:g}",
                "?" if t.own is None else f"{t.own:,}",
                t.verdict,
            )
        console().print(table)
        click.echo()
    click.echo(str(found))
