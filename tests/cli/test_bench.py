"""intlite bench: the shape of what it says; no time is judged."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from intlite.inspect.bench import Setting, Timing, bench
from intlite.runtimes.oracles import installed
from intlite.schema.options import FullyConnectedOptions

from ..sweeps.base import quantization
from .command import CNN, MNIST, data, error, text


def test_settings() -> None:
    found = data("bench", MNIST, "--threads", "1,2", "--batch", "1,8", "--seconds", "0.05")
    settings = found["settings"]
    assert [(s["timings"][0]["threads"], s["timings"][0]["batch"]) for s in settings] == [
        *((1, 1), (1, 8), (2, 1), (2, 8))
    ]
    for setting in settings:
        ours, theirs = setting["timings"]
        assert ours["who"] == "intlite"
        assert theirs["who"] == f"LiteRT {installed('litert')}"
        for timing in (ours, theirs):
            assert timing["latency"] > 0
            assert timing["rounds"] >= 5
            assert timing["throughput"] == pytest.approx(timing["batch"] / timing["latency"])
        assert setting["ratio"] > 0


def test_without_litert() -> None:
    found = data("bench", CNN, "--threads", "1", "--batch", "1", "--seconds", "0", "--no-litert")
    assert [len(s["timings"]) for s in found["settings"]] == [1]
    assert "LiteRT" not in text(
        "bench", CNN, "--threads", 1, "--batch", 1, "--seconds", 0, "--no-litert"
    ).replace("vs LiteRT", "")


def test_a_model_that_litert_does_not_run() -> None:
    from ..models import Network

    # XNNPACK refuses scales of which input * weights / output is 256 or more.
    net = Network()
    x = net.input((1, 2), "INT8", quantization(1))
    y = net.output((1, 2), "INT8", quantization(1))
    weights = net.constant(np.eye(2, dtype=np.int8), "INT8", quantization(300))
    bias = net.constant([0, 0], "INT32", quantization(300))
    net.operator("FULLY_CONNECTED", [x, weights, bias], [y], FullyConnectedOptions())
    [setting] = bench(net.bytes(), seconds=0)
    assert setting.intlite.seconds
    assert setting.litert is not None
    assert setting.litert.error
    assert setting.ratio is None


def test_one_sample_a_call_where_it_can_t_be_resized() -> None:
    from ..models import Network

    net = Network()
    x = net.input((1, 4), "INT8", quantization(1))
    shape = net.constant([4], "INT32")
    y = net.output((4,), "INT8", quantization(1))
    net.operator("RESHAPE", [x, shape], [y])
    [setting] = bench(net.bytes(), batches=[3], seconds=0)
    assert setting.litert is not None
    assert setting.litert.note == "one sample a call"


def test_ratio_is_of_rounds() -> None:
    ours = Timing("intlite", 1, 4, (1.0, 2.0, 4.0))
    theirs = Timing("LiteRT", 1, 4, (3.0, 2.0, 8.0))
    assert Setting(ours, theirs).ratio == statistics.median([3.0, 1.0, 2.0])
    assert ours.latency == 2.0
    assert ours.spread == 0.75
    assert ours.throughput == 2.0


def test_wrong_usage() -> None:
    for value in ("0", "x", "1,,2"):
        assert "expected numbers >= 1" in error("bench", MNIST, "--batch", value)
