"""Random cases of CONCATENATION, with inputs of other quantizations too, and of PACK."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator

from intlite.quantization import Quantization
from intlite.schema import options

from .base import draw_size, draw_zero_point, generator, log_uniform, quantization
from .movement import (
    TYPES,
    WORDS,
    MovementCase,
    draw_array,
    draw_quantization,
    draw_shape,
    sign,
)


@generator("CONCATENATION")
def concatenation(rng: Generator, index: int) -> MovementCase:
    dtype = TYPES[index % len(TYPES)]
    shape, count = draw_shape(rng, 1, 5, 600), int(rng.integers(1, 8))
    axis = int(rng.integers(len(shape)))
    sizes = [draw_size(rng, 6) for _ in range(count)]
    shapes = [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]
    constant = tuple(i for i in range(1, count) if rng.random() < 0.15)
    case = MovementCase(
        "CONCATENATION",
        tuple(draw_array(rng, s, dtype) for s in shapes),
        ((*shape[:axis], sum(sizes), *shape[axis + 1 :]),),
        options.ConcatenationOptions(axis=sign(rng, axis, len(shape))),
        moved=tuple(range(count)),
        stored=constant,
        **draw_quantization(rng, dtype),
    )
    return _rescaled(rng, case) if dtype == "uint8" and rng.random() < 0.5 else case


@dataclass(frozen=True, eq=False)
class RescalingCase(MovementCase):
    """uint8 inputs that are quantized otherwise than the output; TFLite Micro has no uint8."""

    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return "uint8 rescaled"

    def quantization(self, i: int) -> Quantization:
        return quantization(self.scales[i], self.zero_points[i])


def _rescaled(rng: Generator, case: MovementCase) -> RescalingCase:
    same = rng.random(len(case.inputs)) < 0.2
    scales = [case.scale * float(s) for s in rng.choice([1, 1, 0.5, 2, 0.25], same.size)]
    if rng.random() < 0.6:
        scales = [s * log_uniform(rng, 0.2, 5) for s in scales]
    given = {f.name: getattr(case, f.name) for f in fields(case)}
    return RescalingCase(
        **given,
        scales=tuple(case.scale if k else s for k, s in zip(same, scales, strict=True)),
        zero_points=tuple(
            case.zero_point if k else draw_zero_point(rng, np.uint8) for k in same.tolist()
        ),
    )


@generator("PACK")
def pack(rng: Generator, index: int) -> MovementCase:
    dtype = WORDS[index % len(WORDS)]
    shape, count = draw_shape(rng, 0, 4, 400), int(rng.integers(1, 7))
    axis = int(rng.integers(len(shape) + 1))
    where = sign(rng, axis, len(shape) + 1)
    return MovementCase(
        "PACK",
        tuple(draw_array(rng, shape, dtype) for _ in range(count)),
        ((*shape[:axis], count, *shape[axis:]),),
        options.PackOptions(values_count=count, axis=where),
        moved=tuple(range(count)),
        **draw_quantization(rng, dtype),
    )
