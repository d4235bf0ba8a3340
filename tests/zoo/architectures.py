"""The architectures that people deploy, built by Keras with random weights.

Each function takes the ``keras`` module and gives a model; nothing here imports
TensorFlow, so that the names are known where it is not installed. ``convert`` makes
.tflite files of them. The docstrings say what a model has that the others lack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

IMAGE = (96, 96, 3)
# So few that the probabilities differ: of 1000 nearly all are stored as 0.
CLASSES = 20


def mobilenet_v1(keras: Any) -> Any:
    """RELU6, depthwise convolutions, strides, zero padding."""
    return keras.applications.MobileNet(IMAGE, alpha=0.5, weights=None, classes=CLASSES)


def mobilenet_v2(keras: Any) -> Any:
    """Inverted residuals: ADD of linear layers."""
    return keras.applications.MobileNetV2(IMAGE, alpha=0.5, weights=None, classes=CLASSES)


def mobilenet_v3_small(keras: Any) -> Any:
    """Hard swish, squeeze and excitation, rescaled input."""
    return keras.applications.MobileNetV3Small(IMAGE, weights=None, classes=CLASSES)


def efficientnet_b0(keras: Any) -> Any:
    """Swish: LOGISTIC and MUL; normalized input."""
    return keras.applications.EfficientNetB0(input_shape=IMAGE, weights=None, classes=CLASSES)


def resnet_50(keras: Any) -> Any:
    """7x7 convolution, max pooling, wide residuals."""
    return keras.applications.ResNet50(input_shape=IMAGE, weights=None, classes=CLASSES)


def densenet_121(keras: Any) -> Any:
    """Long chains of CONCATENATION; batch normalization before convolutions."""
    return keras.applications.DenseNet121(input_shape=IMAGE, weights=None, classes=CLASSES)


def nasnet_mobile(keras: Any) -> Any:
    """Cropping, average pooling, cells of many branches."""
    return keras.applications.NASNetMobile(input_shape=IMAGE, weights=None, classes=CLASSES)


def _convolution(keras: Any, x: Any, channels: int, **options: Any) -> Any:
    """Convolution, batch normalization, RELU."""
    x = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, **options)(x)
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))


def _separable(keras: Any, x: Any, channels: int, strides: int = 1, dilation: int = 1) -> Any:
    """Depthwise and pointwise convolution, each normalized, RELU6."""
    layers = keras.layers
    for convolution in (
        layers.DepthwiseConv2D(3, strides, padding="same", dilation_rate=dilation, use_bias=False),
        layers.Conv2D(channels, 1, use_bias=False),
    ):
        x = layers.ReLU(6.0)(layers.BatchNormalization()(convolution(x)))
    return x


def _unet(keras: Any, enlarge: Callable[[Any, int], Any]) -> Any:
    layers = keras.layers
    image = x = layers.Input((64, 64, 3))
    skipped = []
    for channels in (8, 16, 24):
        x = _convolution(keras, _convolution(keras, x, channels), channels)
        skipped.append(x)
        x = layers.MaxPooling2D()(x)
    x = _convolution(keras, x, 32)
    for channels, skip in zip((24, 16, 8), reversed(skipped), strict=True):
        x = layers.Concatenate()([enlarge(x, channels), skip])
        x = _convolution(keras, x, channels)
    return keras.Model(image, layers.Conv2D(5, 1, activation="softmax")(x))


def unet_transposed(keras: Any) -> Any:
    """TRANSPOSE_CONV with 2x2 and 3x3 kernels, SOFTMAX of pixels."""

    def enlarge(x: Any, channels: int) -> Any:
        size = 2 if channels > 8 else 3
        return keras.layers.Conv2DTranspose(channels, size, strides=2, padding="same")(x)

    return _unet(keras, enlarge)


def unet_bilinear(keras: Any) -> Any:
    """RESIZE_BILINEAR between half pixel centers, and RESIZE_NEAREST_NEIGHBOR."""

    def enlarge(x: Any, channels: int) -> Any:
        if channels > 8:
            return keras.layers.UpSampling2D(interpolation="bilinear")(x)
        sides = [2 * side for side in x.shape[1:3]]
        return keras.layers.Resizing(*sides, interpolation="nearest")(x)

    return _unet(keras, enlarge)


def ds_cnn(keras: Any) -> Any:
    """Keyword spotting: a tall kernel on a narrow spectrogram, average pooling."""
    layers = keras.layers
    sound = x = layers.Input((49, 10, 1))
    x = layers.Conv2D(64, (10, 4), strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for _ in range(4):
        x = _separable(keras, x, 64)
    x = layers.AveragePooling2D((25, 5))(x)
    x = layers.Reshape((64,))(x)
    return keras.Model(sound, layers.Dense(12, activation="softmax")(x))


def autoencoder(keras: Any) -> Any:
    """Anomaly detection: fully connected layers only."""
    layers = keras.layers
    frames = x = layers.Input((640,))
    for units in (128, 128, 8, 128, 128):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(units)(x)))
    return keras.Model(frames, layers.Dense(640)(x))


def deeplab(keras: Any) -> Any:
    """Dilated depthwise convolutions, a pooled branch, RESIZE_BILINEAR to odd sizes."""
    layers = keras.layers
    image = x = layers.Input((65, 65, 3))
    x = _convolution(keras, x, 16, strides=2)
    x = low = _separable(keras, x, 24)
    x = _separable(keras, x, 32, strides=2)
    x = _separable(keras, x, 48, strides=2)
    x = _separable(keras, x, 48, dilation=2)
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(x)
    pooled = layers.Conv2D(24, 1, activation="relu")(pooled)
    branches = [layers.Resizing(9, 9)(pooled), layers.Conv2D(24, 1, activation="relu")(x)]
    branches += [_separable(keras, x, 24, dilation=rate) for rate in (2, 3, 4)]
    x = _separable(keras, layers.Concatenate()(branches), 32)
    x = layers.Concatenate()([layers.Resizing(33, 33)(x), low])
    x = layers.Conv2D(7, 1)(_separable(keras, x, 32))
    return keras.Model(image, layers.Resizing(65, 65)(x))


def detector(keras: Any) -> Any:
    """Two feature maps, boxes and scores reshaped and joined: several outputs."""
    layers = keras.layers
    image = x = layers.Input(IMAGE)
    x = _convolution(keras, x, 16, strides=2)
    maps = []
    for channels in (24, 32, 48, 64):
        x = _separable(keras, x, channels, strides=2)
        maps.append(x)
    boxes, scores = [], []
    for x in maps[2:]:
        cells = x.shape[1] * x.shape[2]
        boxes.append(layers.Reshape((cells * 3, 4))(layers.Conv2D(12, 3, padding="same")(x)))
        scores.append(layers.Reshape((cells * 3, 11))(layers.Conv2D(33, 3, padding="same")(x)))
    all_boxes = layers.Concatenate(axis=1)(boxes)
    all_scores = layers.Activation("sigmoid")(layers.Concatenate(axis=1)(scores))
    heat = layers.Conv2D(17, 1, activation="sigmoid")(maps[1])
    return keras.Model(image, [all_boxes, all_scores, heat])


def transformer(keras: Any) -> Any:
    """Two encoder layers: BATCH_MATMUL, SOFTMAX, layer normalization in pieces, GELU."""
    layers = keras.layers
    tokens = x = layers.Input((64, 128))
    for _ in range(2):
        attended = layers.MultiHeadAttention(4, 32)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        wide = layers.Dense(256, activation="gelu")(x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(128)(wide)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(10, activation="softmax")(x))


def dynamic_batch(keras: Any) -> Any:
    """Converted with a free batch: SHAPE, STRIDED_SLICE and PACK stay in the file."""
    layers = keras.layers
    image = x = layers.Input((16, 16, 3))
    x = layers.MaxPooling2D()(_convolution(keras, x, 8))
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    x = layers.Conv2DTranspose(4, 3, strides=2)(layers.Reshape((4, 4, 4))(x))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))


def channels_first(keras: Any) -> Any:
    """As exported from PyTorch: TRANSPOSE about each convolution, explicit padding."""
    layers = keras.layers
    to_last, to_first = layers.Permute((2, 3, 1)), layers.Permute((3, 1, 2))
    image = x = layers.Input((3, 32, 32))
    for channels in (16, 32):
        y = layers.ZeroPadding2D(1)(to_last(x))
        y = layers.Conv2D(channels, 3, strides=2, use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        x = layers.Activation("hard_silu")(to_first(y))
    x = layers.Concatenate(axis=1)([x, layers.LeakyReLU(0.1)(x)])
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    return keras.Model(image, layers.Dense(10)(x))


def wake_word(keras: Any) -> Any:
    """Depthwise convolutions along time, of images one pixel wide."""
    layers = keras.layers
    sound = x = layers.Input((194, 1, 40))
    x = layers.ReLU()(layers.Conv2D(32, (5, 1), strides=(3, 1), use_bias=False)(x))
    for taps in (5, 9, 13, 21):
        x = layers.DepthwiseConv2D((taps, 1), padding="same", use_bias=False)(x)
        x = layers.Conv2D(64, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Flatten()(layers.DepthwiseConv2D((21, 1))(x))
    return keras.Model(sound, layers.Dense(1, activation="sigmoid")(x))


def lstm(keras: Any) -> Any:
    """A cell of 64 units, unrolled over 12 steps: FULLY_CONNECTED, LOGISTIC, TANH, MUL, SPLIT."""
    layers = keras.layers
    frames = x = layers.Input((12, 40))
    x = layers.LSTM(64, unroll=True)(x)
    return keras.Model(frames, layers.Dense(10, activation="softmax")(x))


ARCHITECTURES: dict[str, Callable[[Any], Any]] = {
    build.__name__: build
    for build in (
        autoencoder,
        channels_first,
        deeplab,
        densenet_121,
        detector,
        ds_cnn,
        dynamic_batch,
        efficientnet_b0,
        lstm,
        mobilenet_v1,
        mobilenet_v2,
        mobilenet_v3_small,
        nasnet_mobile,
        resnet_50,
        transformer,
        unet_bilinear,
        unet_transposed,
        wake_word,
    )
}
# Converted as Keras gives them, with any number of samples; the others with one.
FREE_BATCH = {"dynamic_batch"}

# Element types of activations and weights. "hybrid" is float32 by int8, dynamic range quantization.
KINDS = ("int8", "float32", "float16", "hybrid", "int16")
# Which architectures there are of the other kinds: each has operators that the others lack.
OF_ALL_KINDS = (
    "autoencoder",
    "deeplab",
    "ds_cnn",
    "efficientnet_b0",
    "lstm",
    "mobilenet_v2",
    "transformer",
    "unet_bilinear",
    "unet_transposed",
    "wake_word",
)


def file_name(architecture: str, kind: str) -> str:
    """Without the ending."""
    return architecture if kind == "int8" else f"{architecture}_{kind}"
