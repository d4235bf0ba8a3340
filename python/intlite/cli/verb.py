"""What all verbs share: ``--json``, errors as one line, exit statuses, progress, printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..errors import IntliteError, UnsupportedOpError
from ..runtimes import DEFAULT, RUNTIMES
from . import FAILED

# A bar is drawn only for what takes longer, in seconds.
PATIENCE = 0.7
# Pipes and files get lines as long as they come.
PIPE_WIDTH = 1000
# What says that the input is wrong. INTLITE_TRACEBACK=1 shows where it was raised.
EXPECTED = (IntliteError, OSError, ValueError, TypeError, LookupError, MemoryError)

# Called by the library as it goes: how much is done, and of how much.
Tick = Callable[[int, int], None]


class Failure(click.ClickException):
    """One line on stderr, and exit status 2."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:
        click.echo(f"intlite: {self.format_message()}", file=file, err=True)


class Verb(click.Command):
    """A command whose function returns its exit status, and whose errors are one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            status = super().invoke(ctx)
        except BrokenPipeError:
            raise
        except EXPECTED as error:
            if os.environ.get("INTLITE_TRACEBACK"):
                raise
            raise Failure(one_line(error)) from None
        if status:
            ctx.exit(status)
        return 0


def verb(*, example: str) -> Callable[[Callable[..., int | None]], Verb]:
    """Makes a function a verb: its docstring is the help, its result the exit status.

    The function gets ``as_json`` besides its own options. Examples are lines of shell.
    """
    lines = "\n".join(f"  {line}" for line in example.strip().splitlines())

    def decorate(function: Callable[..., int | None]) -> Verb:
        with_json = click.option(
            "--json", "as_json", is_flag=True, help="Print JSON instead of text."
        )(function)
        command: Verb = click.command(cls=Verb, epilog=f"\b\nExample:\n{lines}")(with_json)
        return command

    return decorate


model_argument = click.argument("model", type=click.Path(exists=True, dir_okay=False))
numerics_option = click.option(
    "--numerics",
    type=click.Choice(list(RUNTIMES)),
    default=DEFAULT,
    show_default=True,
    help="The runtime whose arithmetic to follow.",
)


def one_line(error: BaseException) -> str:
    """An error's message in one line."""
    if isinstance(error, UnsupportedOpError):
        return f"{str(error).splitlines()[0]} {'; '.join(error.reasons)}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0])
    return " ".join(str(error).split()) or type(error).__name__


def console() -> Console:
    """Where results go: stdout, in the terminal's width or without limit."""
    return Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else PIPE_WIDTH,
        highlight=False,
        soft_wrap=not sys.stdout.isatty(),
    )


def new_table(*columns: str, title: str | None = None, right: str = "") -> Table:
    """A table in the house's manner. ``right`` names the columns of numbers, by spaces."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    numbers = right.split()
    for column in columns:
        aligned = column.replace(" ", "_") in numbers
        table.add_column(column, justify="right" if aligned else "left", header_style="bold")
    return table


def write_json(data: Any) -> None:
    """JSON on stdout; numpy's numbers and arrays as plain ones, NaN and infinities as null."""
    click.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, np.ndarray | np.generic):
        return _plain(data.tolist())
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, float) and not np.isfinite(data):
        return None
    return data


@contextmanager
def progress(what: str) -> Iterator[Tick]:
    """A bar on stderr, on a terminal, if the work takes longer than a moment.

    >>> with progress("Comparing") as tick:
    ...     compare(a, b, x, progress=tick)
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=None)
    timer = Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
