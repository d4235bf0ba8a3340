"""intlite bench: latency and throughput, beside LiteRT."""

from __future__ import annotations

import os

import click

from .. import _native
from ..inspect.bench import Setting, Timing, bench
from .verb import console, model_argument, new_table, numerics_option, progress, verb, write_json


def _numbers(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Numbers >= 1 with commas between them."""
    if value is None:
        return None
    try:
        found = tuple(int(word) for word in value.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise click.BadParameter(f"{value!r}: expected numbers >= 1 with commas between them")
    return found


@verb(
    example="""
intlite bench model.tflite
intlite bench model.tflite --threads 1,2,4 --batch 1,64 --seconds 3
"""
)
@model_argument
@numerics_option
@click.option(
    "--threads", callback=_numbers, metavar="N,N,...", help="1 and all processors, unless given."
)
@click.option(
    "--batch", "batches", callback=_numbers, metavar="N,N,...", default="1,32", show_default=True
)
@click.option("--seconds", type=float, default=1.0, show_default=True, help="For each setting.")
@click.option("--litert/--no-litert", default=True, help="Time LiteRT too, if it is installed.")
def command(
    model: str,
    numerics: str,
    threads: tuple[int, ...] | None,
    batches: tuple[int, ...],
    seconds: float,
    litert: bool,
    as_json: bool,
) -> None:
    """Time MODEL on random inputs, by threads and batch, in turns with LiteRT.

    Medians of the rounds, with half the distance of the quartiles.
    """
    counts = threads or tuple(dict.fromkeys((1, os.cpu_count() or 1)))
    with progress("Timing") as tick:
        found = bench(
            model,
            numerics=numerics,
            threads=counts,
            batches=batches,
            seconds=seconds,
            litert=litert,
            progress=tick,
        )
    if as_json:
        write_json(
            {
                "numerics": numerics,
                "isa": _native.active_isa(),
                "settings": [
                    {"ratio": s.ratio, "timings": [_timing_data(t) for t in s.timings()]}
                    for s in found
                ],
            }
        )
        return
    _print(found)
    if all(s.litert is None for s in found) and litert:
        click.echo("LiteRT is not installed: pip install 'intlite[oracles]'")


def _timing_data(t: Timing) -> dict[str, object]:
    return {
        "who": t.who,
        "threads": t.threads,
        "batch": t.batch,
        "latency": t.latency if t.seconds else None,
        "spread": t.spread if t.seconds else None,
        "throughput": t.throughput if t.seconds else None,
        "rounds": len(t.seconds),
        "error": t.error or None,
        "note": t.note or None,
    }


def _print(found: list[Setting]) -> None:
    columns = ("threads", "batch", "runtime", "us", "+-", "samples/s", "vs LiteRT", "note")
    table = new_table(*columns, right="threads batch us +- samples/s vs_LiteRT")
    for setting in found:
        for t in setting.timings():
            if not t.seconds:
                table.add_row(str(t.threads), str(t.batch), t.who, "", "", "", t.error)
                continue
            ratio = setting.ratio if t is setting.intlite else None
            table.add_row(
                str(t.threads),
                str(t.batch),
                t.who,
                f"{t.latency * 1e6:,.1f}",
                f"{t.spread * 1e6:,.1f}",
                f"{t.throughput:,.0f}",
                "" if ratio is None else f"{ratio:.1f}x",
                t.note,
            )
    console().print(table)
    click.echo(f"on {_native.active_isa()}, random inputs")
