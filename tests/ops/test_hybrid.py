"""Hybrid operators: what is refused, and batches. The random cases are those of test_plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intlite import Model, ShapeError, UnsupportedOpError
from intlite.quantization import Quantization
from intlite.runtimes import RUNTIMES
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run
from ..sweeps import check
from ..sweeps.base import quantization
from ..sweeps.convolution import PADDINGS
from ..sweeps.hybrid import HybridCase

STRIDES = {"stride_h": 1, "stride_w": 1}
CONV_2D = options.Conv2DOptions(**STRIDES)
OPTIONS: dict[str, Any] = {
    "FULLY_CONNECTED": options.FullyConnectedOptions(),
    "CONV_2D": CONV_2D,
    "DEPTHWISE_CONV_2D": options.DepthwiseConv2DOptions(**STRIDES, depth_multiplier=1),
}
IMAGE = (1, 4, 4, 2)


def model(
    operator: str,
    filter_: tuple[int, ...],
    q: Quantization | None,
    given: bool = False,
    bias: str = "FLOAT32",
    output: str = "FLOAT32",
) -> bytes:
    """``given``: the weights are an input."""
    net = Network()
    x = net.input((1, 2) if operator == "FULLY_CONNECTED" else IMAGE, "FLOAT32")
    outputs = filter_[3 if operator == "DEPTHWISE_CONV_2D" else 0]
    weights = net.input(filter_, "INT8", q) if given else net.constant(np.ones(filter_), "INT8", q)
    b = net.constant(np.zeros(outputs), bias)
    y = net.output((1, outputs), output)
    net.operator(operator, [x, weights, b], [y], OPTIONS[operator])
    return net.bytes()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"q": None}, "no quantization"),
        ({"q": quantization(0.5, 3)}, "zero points"),
        ({"given": True}, "not constant"),
        ({"bias": "INT32"}, "must be FLOAT32"),
        ({"output": "INT8"}, "must be FLOAT32"),
        ({"filter_": (2, 1, 1)}, "not a matrix"),
        ({"q": quantization([0.5, 0.25], axis=1)}, "dimension 0"),
    ],
)
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_refused(changes: dict[str, Any], reason: str, flavour: str) -> None:
    given = {"filter_": (2, 2), "q": quantization(0.5), **changes}
    with pytest.raises(UnsupportedOpError, match=f"FULLY_CONNECTED #0: .*{reason}"):
        Model(model("FULLY_CONNECTED", **given), numerics=flavour)


def test_depthwise_needs_scales() -> None:
    with pytest.raises(UnsupportedOpError, match="DEPTHWISE_CONV_2D #0: .*one scale for each"):
        Model(model("DEPTHWISE_CONV_2D", (1, 1, 1, 2), quantization(0.5)))


@pytest.mark.parametrize("scales", [0.5, [0.5, 0.5]])
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_groups_need_scales_that_differ(scales: Any, flavour: str) -> None:
    """LiteRT's kernel of groups reads what it prepares for such scales only."""
    data = model("CONV_2D", (2, 1, 1, 1), quantization(scales))
    with pytest.raises(UnsupportedOpError, match="CONV_2D #0: .*groups of channels"):
        Model(data, numerics=flavour)
    # Where the shape in the file is another one, an input may still come to have groups.
    net = Network()
    x = net.input((1, 4, 4, 1), "FLOAT32", shape_signature=(1, 4, 4, -1))
    weights = net.constant(np.ones((2, 1, 1, 1)), "INT8", quantization(scales))
    bias = net.constant(np.zeros(2), "FLOAT32")
    net.operator("CONV_2D", [x, weights, bias], [net.output((1, 4, 4, 2), "FLOAT32")], CONV_2D)
    with pytest.raises(ShapeError, match="CONV_2D #0: .*groups of channels"):
        Model(net.bytes(), numerics=flavour)(np.zeros(IMAGE, np.float32))


@pytest.mark.parametrize("stride", [1, 2])
def test_groups(stride: int) -> None:
    """Also 1x1 ones of stride 1, whose pixels XNNPACK takes for rows if there is one group."""
    rng = np.random.default_rng(6)
    for size in (1, 3):
        x = rng.normal(size=(2, 5, 5, 6)).astype(np.float32)
        weights = rng.integers(-127, 128, (4, size, size, 3), np.int8)
        check(
            HybridCase(
                "CONV_2D",
                x,
                weights,
                rng.normal(size=4).astype(np.float32),
                quantization([0.5, 0.25, 0.3, 0.01]),
                (2, *2 * (-(-(6 - size) // stride),), 4),
                CONV_2D.replace(padding=PADDINGS["VALID"], stride_h=stride, stride_w=stride),
            )
        )


@pytest.mark.parametrize("is_asymmetric", [False, True])
def test_rounding_in_blocks_and_beyond(is_asymmetric: bool) -> None:
    """The greatest float32 below a half is 1 in a block of 8, and 0 in the rest."""
    x = np.zeros((1, 11), np.float32)
    x[0, 0], x[0, 3], x[0, 9] = 127, 0.49999997, 0.49999997
    option = options.FullyConnectedOptions(asymmetric_quantize_inputs=is_asymmetric)
    weights = np.eye(11, dtype=np.int8)
    case = HybridCase(
        "FULLY_CONNECTED", x, weights, np.zeros(11, np.float32), quantization(1), (1, 11), option
    )
    check(case)
    y = np.asarray(Model(case.build()[0], numerics="litert-reference")(x))
    if not is_asymmetric:
        assert y[0, [0, 3, 9]].tolist() == [127, 1, 0]


@pytest.mark.parametrize("flavour", RUNTIMES)
def test_batches_are_single_runs(flavour: str) -> None:
    rng = np.random.default_rng(5)
    built = model("CONV_2D", (3, 1, 1, 2), quantization([0.5, 0.25, 0.3]))
    images = rng.normal(size=(6, *IMAGE[1:])).astype(np.float32)
    found = Model(built, numerics=flavour)
    each = np.concatenate([np.asarray(found(image[None])) for image in images])
    np.testing.assert_array_equal(found(images), each)


def network(rng: np.random.Generator) -> bytes:
    """A small image through all of them, one behind the other, as an encoder and a decoder."""
    net = Network()
    x = net.input((1, 12, 12, 3), "FLOAT32")

    def layer(
        operator: str, x: int, filter_: tuple[int, ...], shape: tuple[int, ...], option: Any
    ) -> int:
        axis = 3 if operator == "DEPTHWISE_CONV_2D" else 0
        outputs = filter_[axis]
        scales = quantization(rng.uniform(0.002, 0.02, outputs), axis=axis)
        weights = net.constant(rng.integers(-127, 128, filter_, np.int8), "INT8", scales)
        inputs = [x, weights, net.constant(rng.normal(size=outputs), "FLOAT32")]
        if operator == "TRANSPOSE_CONV":
            size = net.constant(np.array(shape, np.int32), "INT32")
            inputs = [size, weights, x, inputs[2]]
        is_last = operator == "FULLY_CONNECTED"
        y = net.output(shape, "FLOAT32") if is_last else net.tensor(shape, "FLOAT32")
        net.operator(operator, inputs, [y], option)
        return y

    two, one = {"stride_h": 2, "stride_w": 2}, STRIDES
    relu6 = {"fused_activation_function": 3}
    x = layer("CONV_2D", x, (16, 3, 3, 3), (1, 6, 6, 16), options.Conv2DOptions(**two, **relu6))
    depthwise = options.DepthwiseConv2DOptions(**one, **relu6, depth_multiplier=1)
    x = layer("DEPTHWISE_CONV_2D", x, (1, 3, 3, 16), (1, 6, 6, 16), depthwise)
    x = layer("CONV_2D", x, (24, 1, 1, 16), (1, 6, 6, 24), CONV_2D)
    up = options.TransposeConvOptions(**two)
    x = layer("TRANSPOSE_CONV", x, (8, 3, 3, 24), (1, 12, 12, 8), up)
    layer("FULLY_CONNECTED", x, (10, 12 * 12 * 8), (1, 10), options.FullyConnectedOptions())
    return net.bytes()


@pytest.mark.parametrize("flavour", [name for name in RUNTIMES if name != "tflm"])
def test_network(flavour: str) -> None:
    rng = np.random.default_rng(8)
    data = network(rng)
    images = rng.normal(size=(20, 1, 12, 12, 3)).astype(np.float32)
    found = Model(data, numerics=flavour, num_threads=2)
    results = run([Job(data, (x,), flavour) for x in images])
    for x, result in zip(images, results, strict=True):
        assert result.outputs is not None, result.error
        expected = np.asarray(result.outputs[0], np.float32)
        np.testing.assert_array_equal(np.asarray(found(x)).view(np.int32), expected.view(np.int32))


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e-45, 3e38])
@pytest.mark.parametrize("flavour", RUNTIMES)
def test_values_at_the_limits_do_no_harm(value: float, flavour: str) -> None:
    found = Model(model("FULLY_CONNECTED", (2, 2), quantization(0.5)), numerics=flavour)
    assert np.asarray(found(np.array([[value, -value]], np.float32))).shape == (1, 2)
