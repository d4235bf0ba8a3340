"""intlite eval: a classifier's accuracy, in every flavour."""

from __future__ import annotations

from pathlib import Path

import click

from ..datasets import folder_labels, read_labels
from ..inspect.accuracy import Evaluation, evaluate
from ..model import Model
from ..runtimes import RUNTIMES
from . import DIFFERENT
from .options import (
    FILE,
    FILE_OR_FOLDER,
    first_samples,
    memory_option,
    preparation,
    preparation_options,
    read,
)
from .verb import console, model_argument, new_table, progress, verb, write_json

# A larger matrix does not fit a terminal.
MAX_CLASSES = 20


@verb(
    example="""
intlite eval model.tflite t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
intlite eval model.tflite pictures/ --mean 127.5 --std 127.5 --top 1,5
"""
)
@model_argument
@click.argument("data", type=FILE_OR_FOLDER)
@click.option(
    "--labels",
    type=FILE,
    help="Class numbers: IDX, .npy or text. Without it DATA has a folder for each class.",
)
@click.option("--offset", type=int, default=0, help="Added to each label.")
@click.option("--count", type=click.IntRange(1), help="Only the first COUNT samples.")
@preparation_options
@click.option(
    "--numerics",
    "flavours",
    type=click.Choice(list(RUNTIMES)),
    multiple=True,
    help="Which flavours; all four unless given. May be repeated.",
)
@click.option("--top", default="1,5", show_default=True, metavar="K,K,...")
@click.option("--confusion", is_flag=True, help="Print the confusion matrix of the first flavour.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--min-accuracy", type=float, help="Exit status 1 if any flavour is below.")
@memory_option
def command(
    model: str,
    data: str,
    labels: str | None,
    offset: int,
    count: int | None,
    real: bool,
    mean: float | None,
    std: float | None,
    flavours: tuple[str, ...],
    top: str,
    confusion: bool,
    threads: int,
    min_accuracy: float | None,
    max_memory: int | None,
    as_json: bool,
) -> int:
    """Evaluate the classifier MODEL on DATA, in every flavour.

    DATA is a file or folder as for `intlite run`. Accuracy, top-k and, with --confusion, which
    classes are taken for which.
    """
    try:
        ranks = [int(word) for word in top.split(",")]
    except ValueError:
        raise click.UsageError(f"--top {top}: expected numbers with commas between them") from None
    names = flavours or tuple(RUNTIMES)
    loaded = [
        Model(model, numerics=name, num_threads=threads, max_memory=max_memory) for name in names
    ]
    given = read(loaded[0], (data,), None, None, preparation(real, mean, std))
    truth = read_labels(labels) if labels is not None else folder_labels(data)
    if truth is None:
        raise click.UsageError("give --labels, or a folder with a folder for each class")
    given = first_samples(loaded[0], given, count)
    truth = truth[:count] + offset
    found = []
    for one in loaded:
        with progress(f"Running {one.numerics}") as tick:
            found.append(evaluate(one, given, truth, ranks, tick))
    if as_json:
        write_json({"model": Path(model).name, "results": [_data(e) for e in found]})
    else:
        _print(found)
        if confusion:
            _print_confusion(found[0])
    is_low = min_accuracy is not None and min(e.accuracy for e in found) < min_accuracy
    return DIFFERENT if is_low else 0


def _data(e: Evaluation) -> dict[str, object]:
    return {
        "numerics": e.numerics,
        "samples": e.samples,
        "correct": e.correct,
        "accuracy": e.accuracy,
        "top": e.top,
        "recall": e.recall(),
        "confusion": e.confusion,
    }


def _print(found: list[Evaluation]) -> None:
    ranks = [k for k in found[0].top if k != 1]
    right = "samples correct accuracy " + " ".join(f"top_{k}" for k in ranks)
    columns = ("numerics", "samples", "correct", "accuracy", *(f"top {k}" for k in ranks))
    table = new_table(*columns, right=right)
    for e in found:
        shares = [f"{e.top[k]:.2%}" for k in ranks]
        table.add_row(e.numerics, f"{e.samples:,}", f"{e.correct:,}", f"{e.accuracy:.2%}", *shares)
    console().print(table)


def _print_confusion(e: Evaluation) -> None:
    used = [i for i in range(len(e.confusion)) if e.confusion[i].any() or e.confusion[:, i].any()]
    if len(used) > MAX_CLASSES:
        click.echo(f"\n{len(used)} classes: too many to print, --json has the matrix")
        return
    columns = ("label", *(str(i) for i in used), "recall")
    table = new_table(*columns, title=f"\nConfusion, {e.numerics}", right=" ".join(columns))
    recall = e.recall()
    for i in used:
        cells = [str(e.confusion[i, j]) if e.confusion[i, j] else "." for j in used]
        table.add_row(str(i), *cells, f"{recall[i]:.1%}")
    console().print(table)
