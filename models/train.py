#!/usr/bin/env python3
"""Train the three MNIST models and convert them to full-int8 TFLite files.

Needs the ``train`` extra (TensorFlow). The training images come from a folder
with the four IDX files (gzipped or not), or from ``tf.keras.datasets``::

    python models/train.py --data folder_with_idx_files
    python models/train.py                              # downloads MNIST

Written beside this script: ``simple_model_quant.tflite`` (784 -> 10),
``mnist_model_quant.tflite`` (784 -> 128 ReLU -> 10), ``mnist_cnn_quant.tflite``
(a small convolutional network). All take and return uint8, with any batch.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

CALIBRATION_IMAGES = 1000
SEED = 20


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, gzipped or not.

    Raises:
        ValueError: The file is not an IDX file of bytes, or its size is wrong.
    """
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    header = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:header], ">u4")
    return np.frombuffer(raw[header:], np.uint8).reshape(shape)


def load_training_images(folder: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The 60,000 training images, uint8 (60000, 28, 28), and their labels."""
    if folder is None:
        (images, labels), _ = tf.keras.datasets.mnist.load_data()
        return images, labels

    def find(name: str) -> Path:
        return next(path for path in (folder / name, folder / f"{name}.gz") if path.exists())

    return read_idx(find("train-images-idx3-ubyte")), read_idx(find("train-labels-idx1-ubyte"))


def architectures() -> dict[str, Any]:
    """File stem -> Keras model on images in [0, 1]; the last layer gives logits."""
    layers = tf.keras.layers
    relu = {"activation": "relu"}

    def flatten(size: int) -> Any:
        # layers.Flatten would leave SHAPE, STRIDED_SLICE and PACK in the file.
        return layers.Lambda(lambda x: tf.reshape(x, [-1, size]), output_shape=(size,))

    return {
        "simple_model": tf.keras.Sequential(
            [layers.Input((28, 28)), flatten(784), layers.Dense(10)]
        ),
        "mnist_model": tf.keras.Sequential(
            [
                layers.Input((28, 28)),
                flatten(784),
                layers.Dense(128, **relu),
                layers.Dense(10),
            ]
        ),
        "mnist_cnn": tf.keras.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.Conv2D(16, 3, strides=2, padding="same", **relu),
                layers.DepthwiseConv2D(3, padding="same", **relu),
                layers.Conv2D(32, 1, **relu),
                layers.MaxPooling2D(2),
                layers.Conv2D(32, 3, padding="same", **relu),
                flatten(7 * 7 * 32),
                layers.Dense(10),
            ]
        ),
    }


def convert(model: Any, images: NDArray[np.float32]) -> bytes:
    """Full-int8 post-training quantization, calibrated on ``images``; uint8 in and out."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with the MNIST IDX files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--epochs", type=int, default=6)
    args = parser.parse_args()

    tf.keras.utils.set_random_seed(SEED)
    images, labels = load_training_images(args.data)
    inputs = images.astype(np.float32) / np.float32(255)
    for stem, model in architectures().items():
        model.compile(
            optimizer="adam",
            loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        shaped = inputs.reshape(-1, *model.input_shape[1:])
        model.fit(shaped, labels, epochs=args.epochs, batch_size=128, verbose=2)
        path = args.out / f"{stem}_quant.tflite"
        path.write_bytes(convert(model, shaped[:CALIBRATION_IMAGES]))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
