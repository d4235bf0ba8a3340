"""intlite profile: where the time of a model goes."""

from __future__ import annotations

import click

from ..inspect.profiler import profile
from ..model import Model
from ..step_times import Profile
from .options import input_options, memory_option, preparation, read
from .verb import console, model_argument, new_table, numerics_option, progress, verb, write_json


@verb(
    example="""
intlite profile model.tflite
intlite profile model.tflite --count 32 --trace trace.json
"""
)
@model_argument
@input_options
@numerics_option
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option("--seconds", type=float, default=1.0, show_default=True, help="Time for about.")
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(dir_okay=False, writable=True),
    help="Write the steps for Perfetto (ui.perfetto.dev) or Chrome.",
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
    numerics: str,
    threads: int,
    seconds: float,
    trace_file: str | None,
    max_memory: int | None,
    as_json: bool,
) -> None:
    """Time each operator of MODEL.

    INPUTS are as for `intlite run`; without them, random ones. At most one tile of samples is
    taken, what fits the cache. Each step of the native program
    is timed by itself, so that their sum may differ a little from the whole.
    """
    loaded = Model(model, numerics=numerics, num_threads=threads, max_memory=max_memory)
    if not inputs and seed is None:
        seed = 0
    given = read(loaded, inputs, seed, count, preparation(real, mean, std))
    with progress("Timing") as tick:
        found = profile(loaded, given, seconds, tick)
    if trace_file is not None:
        found.save_trace(trace_file)
    if as_json:
        write_json({"numerics": numerics, **found.as_dict()})
    else:
        _print(found)
        if trace_file is not None:
            click.echo(f"trace written to {trace_file}")


def _print(found: Profile) -> None:
    right = "us +- share MACs GMAC/s of_peak"
    table = new_table("op", "us", "+-", "share", "MACs", "GMAC/s", "of peak", right=right)
    for step in found.steps:
        speed, of_peak = step.gmacs_per_second, found.share_of_peak(step)
        table.add_row(
            step.label + (" (numpy)" if step.in_numpy else ""),
            f"{step.seconds * 1e6:,.1f}",
            f"{step.spread * 1e6:,.1f}",
            f"{found.share(step):.1%}",
            f"{step.macs:,}" if step.macs else "",
            "" if speed is None else f"{speed:.1f}",
            "" if of_peak is None else f"{of_peak:.0%}",
        )
    out = console()
    out.print(table)
    out.print()
    kinds = new_table("kind", "us", "share", "GMAC/s", right="us share GMAC/s")
    for kind, seconds, macs in found.by_operator():
        kinds.add_row(
            kind,
            f"{seconds * 1e6:,.1f}",
            f"{seconds / found.total:.1%}" if found.total else "",
            f"{macs / seconds / 1e9:.1f}" if macs and seconds else "",
        )
    out.print(kinds)
    plural = "" if found.samples == 1 else "s"
    click.echo(
        f"\nall steps {found.total * 1e6:,.1f} us, as one program {found.whole * 1e6:,.1f} us, for "
        f"{found.samples} sample{plural}; {found.isa}, {found.threads} threads; medians of "
        f"{found.rounds} rounds; peak {found.peak:.0f} GMAC/s a thread (a product in the cache)"
    )
    if found.note:
        click.echo(f"note: {found.note}")
