"""Makes a .tflite file of an architecture, of any kind; run by a Python with TensorFlow.

$ python -m tests.zoo.convert mobilenet_v1 -o FOLDER
$ python -m tests.zoo.convert mobilenet_v1 --kind float16 -o FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from .architectures import ARCHITECTURES, FREE_BATCH, KINDS, file_name

SEED = 11
CALIBRATION_SAMPLES = 4


def samples(model: Any) -> NDArray[np.float32]:
    """Smooth random pictures, their values about as images have them after scaling."""
    rng = np.random.default_rng(SEED)
    shape = (CALIBRATION_SAMPLES, *model.input_shape[1:])
    x = rng.normal(0, 1, shape)
    for axis in range(1, len(shape) - 1):  # neighbours alike
        x = (x + np.roll(x, 1, axis) + np.roll(x, 2, axis)) / 2
    return x.astype(np.float32)


def settle(model: Any, x: NDArray[np.float32]) -> None:
    """Random biases and factors, and statistics that fit: activations keep their range."""
    rng = np.random.default_rng(SEED)
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name in ("bias", "beta"):
                weight.assign(rng.normal(0, 0.2, weight.shape))
            elif weight.name == "gamma":
                weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(x, training=True)  # with no momentum the statistics become this batch's


def convert(name: str, kind: str) -> bytes:
    """The file."""
    tf.keras.utils.set_random_seed(SEED)
    model = ARCHITECTURES[name](tf.keras)
    x = samples(model)
    settle(model, x)
    if name not in FREE_BATCH:
        one = tf.keras.Input(batch_shape=(1, *x.shape[1:]))
        model = tf.keras.Model(one, model(one))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    quantize(converter, kind, x)
    return bytes(converter.convert())


def quantize(converter: Any, kind: str, x: NDArray[np.float32]) -> None:
    """What the guide of the converter says for a kind of file."""
    if kind == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind in ("int8", "int16"):
        converter.representative_dataset = lambda: ([one[None]] for one in x)
    if kind == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    if kind == "int16":
        by_int8 = "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"
        converter.target_spec.supported_ops = [
            getattr(tf.lite.OpsSet, by_int8),
            tf.lite.OpsSet.TFLITE_BUILTINS,
        ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("architecture", choices=ARCHITECTURES)
    parser.add_argument("--kind", choices=KINDS, default="int8")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/zoo"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{file_name(args.architecture, args.kind)}.tflite"
    path.write_bytes(convert(args.architecture, args.kind))
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
