"""What the tests of threads and processes share: models, inputs, children."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import intlite
from intlite.quantization import Quantization
from intlite.schema.options import AddOptions, Conv2DOptions

from ..models import Network

ROOT = Path(__file__).resolve().parents[2]
DENSE = ROOT / "models" / "mnist_model_quant.tflite"
CONV = ROOT / "models" / "mnist_cnn_quant.tflite"
ZOO = ROOT / "tests" / "zoo" / "models"


def quantization(scale: float, zero_point: int = 0) -> Quantization:
    """Without tests.sweeps, which takes children a while to import."""
    return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))


def images(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28)).astype(np.uint8)


@cache
def open_shapes() -> bytes:
    """x + x of int8, whose width and height are open: each size is a program of its own."""
    net, q = Network(), quantization(0.5, 1)
    x = net.input((1, 4, 4, 3), "INT8", q, shape_signature=(1, -1, -1, 3))
    y = net.output((1, 4, 4, 3), "INT8", q, shape_signature=(1, -1, -1, 3))
    net.operator("ADD", [x, x], [y], AddOptions())
    return net.bytes()


@cache
def with_python_step() -> bytes:
    """x + x of int8, then of float32 what only numpy computes: a program that calls Python."""
    net, q = Network(), quantization(0.5, 1)
    x = net.input((1, 64, 64), "INT8", q)
    total = net.tensor((1, 64, 64), "INT8", q)
    real = net.tensor((1, 64, 64), "FLOAT32")
    y = net.output((1, 64, 64), "FLOAT32")
    net.operator("ADD", [x, x], [total], AddOptions())
    net.operator("DEQUANTIZE", [total], [real])
    net.operator("COS", [real], [y])
    return net.bytes()


@cache
def long_steps(count: int, size: int, channels: int = 32) -> bytes:
    """Convolutions of an image of size x size: at 1024, 1e10 products each."""
    rng = np.random.default_rng(5)
    net, q = Network(), quantization(0.05, 3)
    shape = (1, size, size, channels)
    x = net.input(shape, "INT8", q)
    for i in range(count):
        weights = net.constant(
            rng.integers(-127, 128, (channels, 3, 3, channels)), "INT8", quantization(0.01)
        )
        y = (net.output if i == count - 1 else net.tensor)(shape, "INT8", q)
        net.operator("CONV_2D", [x, weights], [y], Conv2DOptions(stride_h=1, stride_w=1))
        x = y
    return net.bytes()


def interpreter(source: Any = DENSE, rows: int = 1, num_threads: int = 1) -> intlite.Interpreter:
    """One that is allocated, for so many rows."""
    it = (
        intlite.Interpreter(model_content=source, num_threads=num_threads)
        if isinstance(source, bytes)
        else intlite.Interpreter(str(source), num_threads=num_threads)
    )
    detail = it.get_input_details()[0]
    if rows != 1:
        it.resize_tensor_input(detail["index"], [rows, *detail["shape"][1:]])
    it.allocate_tensors()
    return it


def run_once(it: intlite.Interpreter, x: NDArray[Any]) -> NDArray[Any]:
    it.set_tensor(it.get_input_details()[0]["index"], x)
    it.invoke()
    return np.asarray(it.get_tensor(it.get_output_details()[0]["index"]))


def child(
    script: str, *arguments: object, timeout: float = 600, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A Python of its own runs the script, from the folder that ``tests`` lies in."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
