"""The report as one HTML page: style, script and data are inside of it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ... import __version__
from ..._util.extras import require
from ..._util.memory_limit import limited_to
from ...model import Model
from ...runtimes import runtime
from ..model_info import dims_text, inspect
from .collect import collect, drawing
from .measure import Tick, measure
from .statistics import RESTING


def render(
    model: Model,
    inputs: Sequence[NDArray[Any]],
    *,
    name: str = "model",
    origin: str = "",
    random: bool = False,
    progress: Tick | None = None,
) -> str:
    """The report's HTML.

    Args:
        model: The model, in the flavour to report on.
        inputs: As for a call, at least one sample.
        name: What the page calls the model.
        origin: Where the inputs are from, for the reader.
        random: Whether they are random, which the page then warns of.
        progress: Called with how many steps are done, and of how many.

    Raises:
        MissingExtraError: jinja2 is not installed.
        ShapeError, TypeError, ValueError: The inputs do not fit.
    """
    jinja2 = require("jinja2", "report", "a report")
    inspection = inspect(model.content)
    found = measure(model, inputs, progress)
    data = collect(model.graph, model.numerics, inspection, found)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "time": time_text,
        "quantity": quantity,
        "percent": percent,
        "decibels": lambda v: "-" if v is None else f"{v:.1f}",
    }
    template = environment.from_string(_read("template.html.j2"))
    return str(
        template.render(
            name=name,
            origin=origin,
            random=random,
            version=__version__,
            flavour=runtime(model.numerics),
            inspection=inspection,
            found=found,
            inputs=[f"{t.type.lower()} {dims_text(t.shape)}" for t in model.inputs],
            outputs=[f"{t.type.lower()} {dims_text(t.shape)}" for t in model.outputs],
            operators=data["operators"],
            flavours=data["flavours"],
            graph=drawing(model.graph, data["operators"]),
            findings=_findings(data["operators"]),
            slowest=max((op["seconds"] or 0.0 for op in data["operators"]), default=0.0),
            style=_read("style.css"),
            script=_read("script.js"),
            data=_inside_script(data),
        )
    )


def write_report(
    model: Model, inputs: Sequence[NDArray[Any]], path: str | Path, **more: Any
) -> None:
    """Write the report to a file; ``more`` as for ``render``."""
    with limited_to(model.max_memory):
        Path(path).write_text(render(model, inputs, **more), encoding="utf-8")


def _findings(operators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Operators with warnings; those with channels that rest, as many have, come last."""
    found = [op for op in operators if op["warnings"]]
    return sorted(found, key=lambda op: all(w.endswith(RESTING) for w in op["warnings"]))


def time_text(seconds: float | None) -> str:
    """A time in the unit that fits."""
    if seconds is None:
        return "-"
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def quantity(value: float) -> str:
    """A count in three digits."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:g}"


def percent(value: float | None) -> str:
    if value is None:
        return "-"
    if value == 0 or value == 1:
        return f"{value:.0%}"
    return "<0.1%" if value < 0.001 else f"{value:.1%}"


def _inside_script(data: Any) -> str:
    """JSON that can't end the script element it is in."""
    text = json.dumps(_finite(data), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _read(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
