"""Random cases of RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from intlite.schema import options

from .base import draw_size, draw_values, generator
from .movement import MovementCase, draw_array, draw_quantization, int32, stored

TYPES = ("int8", "uint8", "int16", "float32")
NEAREST_TYPES = (*TYPES, "int32", "bool")
SIDE, MAX_OUTPUTS = 40, 20_000
# (align_corners, half_pixel_centers)
MODES = ((False, False), (True, False), (False, True))


@dataclass(frozen=True, eq=False)
class BilinearCase(MovementCase):
    delegate_matters: ClassVar[bool] = True

    def is_misread(self, flavour: str) -> bool:
        # XNNPACK's float code is another on each processor: see the test of its own.
        return flavour == "litert" and self.inputs[0].dtype == np.float32

    def refusal(self, flavour: str) -> str | None:
        known = super().refusal(flavour)
        return f"{known}|Output type is" if flavour == "tflm" else known


def _size(rng: Generator, size: int) -> int:
    """Of the output: often a whole multiple or fraction, or one pixel."""
    pick = rng.random()
    if pick < 0.35:
        return size * int(rng.choice([1, 2, 2, 3, 4, 8]))
    if pick < 0.45:
        return max(1, size // int(rng.integers(2, 5)))
    return draw_size(rng, SIDE)


def _draw(rng: Generator, name: str, types: tuple[str, ...], index: int) -> MovementCase:
    dtype = types[index % len(types)]
    height, width = draw_size(rng, SIDE), draw_size(rng, SIDE)
    wanted = _size(rng, height), _size(rng, width)
    if rng.random() < 0.15:  # eight times as large: LiteRT has code for that alone
        height, width = int(rng.integers(1, 5)), int(rng.integers(1, 5))
        wanted = 8 * height, 8 * width
    pixels = max(height * width, wanted[0] * wanted[1])
    channels = min(draw_size(rng, 40), max(1, MAX_OUTPUTS // pixels))
    batch = min(int(rng.integers(1, 4)), max(1, MAX_OUTPUTS // (pixels * channels)))
    if rng.random() < 0.02:
        batch = 0
    shape = (batch, height, width, channels)
    mode = MODES[int(rng.integers(3))]
    is_nearest = name == "RESIZE_NEAREST_NEIGHBOR"
    if is_nearest and rng.random() < 0.1:
        mode = (True, True)
    table = options.ResizeNearestNeighborOptions if is_nearest else options.ResizeBilinearOptions
    draw = draw_array if dtype in ("float32", "bool") else draw_values
    return (MovementCase if is_nearest else BilinearCase)(
        name,
        (draw(rng, shape, dtype), int32(*wanted)),
        ((batch, *wanted, channels),),
        table(align_corners=mode[0], half_pixel_centers=mode[1]),
        stored=stored(rng, 1),
        **draw_quantization(rng, dtype),
    )


@generator("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest_neighbor(rng: Generator, index: int) -> MovementCase:
    return _draw(rng, "RESIZE_NEAREST_NEIGHBOR", NEAREST_TYPES, index)


@generator("RESIZE_BILINEAR")
def resize_bilinear(rng: Generator, index: int) -> MovementCase:
    return _draw(rng, "RESIZE_BILINEAR", TYPES, index)
