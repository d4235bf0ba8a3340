"""intlite inspect: what a model is."""

from __future__ import annotations

import click

from ..graph import build
from ..schema import read
from ..source import read_bytes
from .verb import model_argument, verb


@verb(example="intlite inspect model.tflite")
@model_argument
def command(model: str, as_json: bool) -> None:
    """Show what MODEL is at a glance."""
    click.echo(str(build(read(read_bytes(model)))))
