"""Options that several verbs have: which inputs, and how they become the model's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from numpy.typing import NDArray

from ..datasets import Preparation, random_inputs, read_inputs
from ..model import Model
from .verb import progress

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path(exists=True, dir_okay=False)
FILE_OR_FOLDER = click.Path(exists=True)


_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def size(written: str) -> int:
    """Bytes: a number, or one of KB, MB, GB and TB, which are powers of 1024.

    Raises:
        click.BadParameter: It is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", written.strip().lower())
    if found is None:
        raise click.BadParameter(f"{written!r} is not a size such as 512M or 2GB")
    return int(float(found[1]) * 1024 ** _UNITS[found[2]])


memory_option = click.option(
    "--max-memory",
    metavar="SIZE",
    callback=lambda _ctx, _param, value: None if value is None else size(value),
    help="Refuse what would take more, as 512M or 2G; half of the machine's memory if not given.",
)


def input_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """INPUTS, --random, --count, --float, --mean, --std; ``read`` takes their values."""
    options: tuple[Decorator, ...] = (
        click.argument("inputs", nargs=-1, type=FILE_OR_FOLDER),
        click.option("--random", "seed", type=int, metavar="SEED", help="Random inputs instead."),
        click.option(
            "--count", type=click.IntRange(1), help="How many samples; all, or 1 if random."
        ),
        preparation_options,
    )
    for option in reversed(options):
        function = option(function)
    return function


def preparation_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--float, --mean, --std; ``preparation`` takes their values."""
    options: tuple[Decorator, ...] = (
        click.option(
            "--float", "real", is_flag=True, help="Files hold real values, not stored ones."
        ),
        click.option("--mean", type=float, help="A pixel is the real value (pixel - MEAN) / STD."),
        click.option("--std", type=float, help="See --mean."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def read(
    model: Model,
    inputs: Sequence[str],
    seed: int | None,
    count: int | None,
    preparation: Preparation,
) -> tuple[NDArray[Any], ...]:
    """The inputs that the options of ``input_options`` name, as stored values."""
    if bool(inputs) == (seed is not None):
        raise click.UsageError("give either INPUTS or --random SEED")
    if seed is not None:
        return random_inputs(model, seed, count or 1)
    with progress("Reading") as tick:
        arrays = read_inputs([Path(path) for path in inputs], model, preparation, tick)
    return first_samples(model, arrays, count)


def first_samples(
    model: Model, arrays: Sequence[NDArray[Any]], count: int | None
) -> tuple[NDArray[Any], ...]:
    """The first ``count`` samples; all if None."""
    if count is None:
        return tuple(arrays)
    return tuple(
        x[: count * t.shape[0]] if t.shape else x for x, t in zip(arrays, model.inputs, strict=True)
    )


def preparation(real: bool, mean: float | None, std: float | None) -> Preparation:
    if std == 0:
        raise click.UsageError("--std 0: a pixel is divided by it")
    return Preparation(real, mean, std)
