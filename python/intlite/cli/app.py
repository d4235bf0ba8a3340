"""The list of verbs, and the program around them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from .. import __version__
from . import FAILED

# Each verb is ``command`` in the file of its name; the file is loaded when the verb runs.
VERBS: Final[dict[str, str]] = {
    "inspect": "Show what a model is: operators, shapes, parameters, whether it runs.",
    "golden": "Write test vectors for another implementation: .npz, JSON and C.",
    "run": "Run a model on inputs from files.",
    "compare": "Find the first operator where two runs differ, and show why.",
    "eval": "Evaluate a classifier in every flavour.",
    "bench": "Time a model, in turns with LiteRT.",
    "profile": "Time each operator.",
    "report": "Write a report: graph, values, errors and times as one HTML page.",
}


class Verbs(click.Group):
    """The verbs of ``VERBS``, loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __package__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 fine, 1 differences found or a check failed, 2 wrong usage or file.",
)
@click.version_option(__version__, prog_name="intlite")
def app() -> None:
    """Run, compare and explain quantized .tflite models, bit for bit like their runtimes."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    try:
        result: Any = app.main(
            None if arguments is None else list(arguments),
            prog_name="intlite",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # whoever reads, `head` for one, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
