"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR against the real runtimes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.ops.plain import TOLERANCE
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check, make_case, power
from ..sweeps.movement import MovementCase, int32
from ..sweeps.resize import NEAREST_TYPES, TYPES, BilinearCase
from .by_type import by_runtime, sweep_types

OUTPUTS, MANY_OUTPUTS = 15_000, 150_000
IN_TFLM = {
    "RESIZE_NEAREST_NEIGHBOR": ("int8", "int16", "float32"),
    "RESIZE_BILINEAR": ("int8", "float32"),
}
LITERT = {"RESIZE_NEAREST_NEIGHBOR": NEAREST_TYPES, "RESIZE_BILINEAR": TYPES}
OPERATORS = tuple(LITERT)


def taken(operator: str) -> dict[str, Collection[str]]:
    found = by_runtime(LITERT[operator], IN_TFLM[operator])
    if operator == "RESIZE_BILINEAR":
        # XNNPACK's float code has a test of its own.
        found["litert"] = [name for name in TYPES if name != "float32"]
    return found


@pytest.mark.parametrize("operator", OPERATORS)
def test_random_cases(operator: str) -> None:
    sweep_types(operator, 1, OUTPUTS, taken(operator))


@pytest.mark.long
@pytest.mark.parametrize("operator", OPERATORS)
def test_many_random_cases(operator: str) -> None:
    sweep_types(operator, 2, MANY_OUTPUTS, taken(operator))


def test_random_cases_tell_the_flavours_apart() -> None:
    differing = power("RESIZE_BILINEAR", 1, 100)
    assert differing.pop(("litert-reference", "tflm")) == 0
    assert min(differing.values()) >= 5, differing


def test_float_in_xnnpack() -> None:
    """Within the tolerance: it multiplies and adds in one rounding where the processor can."""
    cases = [make_case("RESIZE_BILINEAR", 3, i) for i in range(3, 403, len(TYPES))]
    jobs = [Job(*case.build(), "litert") for case in cases]
    taken = compared = 0
    for job, result in zip(jobs, run(jobs), strict=True):
        assert result.outputs is not None, result.error
        [expected] = result.outputs
        taken += result.delegated
        compared += expected.size
        found = Model(job.model)(*job.inputs)
        greatest = np.abs(job.inputs[0]).max(initial=1)
        assert found.shape == expected.shape
        assert np.abs(found - expected).max(initial=0) <= TOLERANCE * greatest
    assert taken >= 50
    assert compared >= OUTPUTS


PIXEL = np.array([[[[100]]]])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("align", [False, True])
def test_one_pixel(dtype: str, align: bool) -> None:
    """And to one pixel, where aligned corners mean nothing."""
    given = options.ResizeBilinearOptions(align_corners=align)
    for side, wanted in ((1, 1), (1, 5), (5, 1)):
        x = np.broadcast_to(PIXEL, (1, side, side, 3)).astype(dtype)
        x = x + np.arange(side, dtype=dtype)[:, None, None]
        case = BilinearCase(
            "RESIZE_BILINEAR",
            (x, int32(wanted, wanted)),
            ((1, wanted, wanted, 3),),
            given,
            stored=(1,),
            scale=0.5,
            zero_point=0,
        )
        check(case, [name for name in RUNTIMES if name != "litert" or dtype != "float32"])


FOUR = int32(4, 4)


def network(
    operator: str, given: object, size: NDArray[Any] = FOUR, type_name: str = "INT8"
) -> bytes:
    net = Network()
    q = per_tensor(0.5, 1)
    x, y = net.input((1, 2, 2, 3), type_name, q), net.output((1, 4, 4, 3), type_name, q)
    net.operator(operator, [x, net.constant(size, size.dtype.name.upper())], [y], given)
    return net.bytes()


def test_refusals() -> None:
    both = options.ResizeBilinearOptions(align_corners=True, half_pixel_centers=True)
    with pytest.raises(UnsupportedOpError, match="RESIZE_BILINEAR #0: both align_corners and"):
        Model(network("RESIZE_BILINEAR", both))
    for operator in OPERATORS:
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: INT64 to INT64"):
            Model(network(operator, None, type_name="INT64"))
        with pytest.raises(UnsupportedOpError, match=f"{operator} #0: .*of type INT64"):
            Model(network(operator, None, np.array([4, 4])))


@pytest.mark.parametrize("operator", OPERATORS)
def test_wrong_sizes(operator: str) -> None:
    for size in (int32(4), int32(4, 4, 4), int32((4, 4)), int32(4, -1), int32(0, 4)):
        with pytest.raises(ShapeError, match=f"{operator} #0: "):
            Model(network(operator, None, size))
    case = make_case(operator, 1, 0)
    assert isinstance(case, MovementCase)
    for shape in ((2, 3, 4), (1, 0, 3, 4), (1, 2, 3, 4, 5)):
        x = np.zeros(shape, np.int8)
        model, inputs = replace(case, inputs=(x, FOUR), stored=(1,)).build()
        with pytest.raises(ShapeError, match=f"{operator} #0: "):
            Model(model)(*inputs)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_rounded_steps_do_not_lead_past_the_end(dtype: str) -> None:
    """1 / 682 in 10 bits is 2: LiteRT reads a second row where there is one."""
    net = Network()
    x = net.input((1, 1, 1, 1), dtype.upper(), per_tensor(1, 0))
    size = net.constant(int32(682, 1), "INT32")
    y = net.output((1, 682, 1, 1), dtype.upper(), per_tensor(1, 0))
    net.operator("RESIZE_BILINEAR", [x, size], [y], options.ResizeBilinearOptions())
    values = np.full((1, 1, 1, 1), 77, dtype)
    for name in RUNTIMES:
        assert (Model(net.bytes(), numerics=name)(values) == 77).all()


def test_other_quantizations_are_not_looked_at() -> None:
    net = Network()
    x = net.input((1, 2, 2, 1), "UINT8", per_tensor(0.5, 1))
    y = net.output((1, 3, 3, 1), "UINT8", per_tensor(2, 100))
    size = net.constant(int32(3, 3), "INT32")
    net.operator("RESIZE_BILINEAR", [x, size], [y], options.ResizeBilinearOptions())
    values = np.array([3, 80, 150, 255], np.uint8).reshape(1, 2, 2, 1)
    for name in ("litert-builtin", "litert-reference"):
        [result] = run([Job(net.bytes(), (values,), name)])
        assert result.outputs is not None, result.error
        assert np.array_equal(Model(net.bytes(), numerics=name)(values), result.outputs[0])
    # XNNPACK takes the model and then fails.
    [result] = run([Job(net.bytes(), (values,), "litert")])
    assert "failed to delegate" in result.error
    builtin = Model(net.bytes(), numerics="litert-builtin")(values)
    assert np.array_equal(Model(net.bytes())(values), builtin)
