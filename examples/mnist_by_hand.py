# %% [markdown]
# # MNIST by hand
#
# What does an int8 model compute? This notebook runs two small networks in plain numpy, finds
# out why that first differs from the real runtimes in a few images, removes the difference, and
# then does the same with `intlite`.
#
# It needs `pip install "intlite[plot]"` and the files of the repository's `models` folder.

# %%
import gzip
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import intlite

IMAGES = 1000
MODELS = next(p / "models" for p in [Path.cwd(), *Path.cwd().parents] if (p / "models").is_dir())


def idx(file, header):
    return np.frombuffer(gzip.decompress((MODELS / file).read_bytes()), np.uint8, offset=header)


images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:IMAGES]
labels = idx("t10k-labels-idx1-ubyte.gz", 8)[:IMAGES]

# %% [markdown]
# ## 1. Stored values and real values
#
# A stored integer q stands for the real value `scale * (q - zero_point)`. The other way round,
# take the nearest integer, and **saturate**: what lies outside the type's range becomes the least
# or the greatest value. Forgetting that is the first classic mistake: a cast to int8 wraps.


# %%
def quantize_nearest(x, scale, zero_point, dtype=np.int8):
    info = np.iinfo(dtype)
    return np.clip(np.rint(x / scale) + zero_point, info.min, info.max).astype(dtype)


x = np.linspace(-8, 8, 2001)
q = quantize_nearest(x, 0.05, 20)
wrapped = (np.rint(x / 0.05) + 20).astype(np.int64).astype(np.int8)
assert np.array_equal(q, intlite.quantize(x, 0.05, 20))

figure, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
axes[0].plot(x, wrapped, color="tab:red", lw=1, label="wrapped")
axes[0].plot(x, q, color="tab:blue", label="saturated")
axes[0].set(xlabel="real value", ylabel="stored value", title="scale 0.05, zero point 20")
axes[0].legend()
axes[1].plot(x, intlite.dequantize(q, 0.05, 20) - x, color="tab:blue", lw=0.8)
axes[1].set(xlabel="real value", ylabel="error", title="and back: half a step at most, inside")
axes[1].set(xlim=(-7.5, 5.5), ylim=(-0.05, 0.05))
plt.show()

# %% [markdown]
# ## 2. One fully connected layer
#
# The file says everything: `model.graph` has the operators, tensors, constants and scales.

# %%
simple = intlite.load(MODELS / "simple_model_quant.tflite")
for operator in simple.graph.operators:
    print(f"{operator.label:<20}", [simple.graph.tensors[i].name for i in operator.inputs])
fully_connected = simple.graph.operators[2]
x_tensor, w_tensor, b_tensor = (simple.graph.tensors[i] for i in fully_connected.inputs)
y_tensor = simple.graph.tensors[fully_connected.outputs[0]]
for tensor in (x_tensor, w_tensor, b_tensor, y_tensor):
    print(tensor.shape, tensor.type, tensor.quantization)

# %% [markdown]
# Pixels are uint8, the layer works on int8: QUANTIZE moves the zero point from 0 to -128, and
# that is all it does here.
#
# The layer sums products of *centred* values (zero point subtracted) and adds the bias, in int32:
# exact, no rounding anywhere. Each accumulator stands for `input scale * weights scale` times its
# value; one factor takes it to the output's scale. The weights have one scale for each output.


# %%
def scale_of(tensor):
    return tensor.quantization.scale.astype(np.float64)


def zero_point_of(tensor):
    return int(tensor.quantization.zero_point[0])


def accumulators(graph, operator, stored):
    x, weights, bias = (graph.tensors[i] for i in operator.inputs)
    centred = stored.reshape(len(stored), -1).astype(np.int32) - zero_point_of(x)
    return centred @ weights.data.astype(np.int32).T + bias.data


def factor_of(graph, operator):
    x, weights, _ = (graph.tensors[i] for i in operator.inputs)
    return scale_of(x) * scale_of(weights) / scale_of(graph.tensors[operator.outputs[0]])


stored = (images.astype(np.int16) - 128).astype(np.int8)
acc = accumulators(simple.graph, fully_connected, stored)
factor = factor_of(simple.graph, fully_connected)
by_rint = np.clip(np.rint(acc * factor) + zero_point_of(y_tensor), -128, 127).astype(np.int8)
print("accumulators of the first image:", acc[0])
print("outputs of the first image:     ", by_rint[0])

# %% [markdown]
# `np.rint(acc * factor)` is what everyone writes first. How often is it what the runtimes compute?

# %%
FLAVOURS = [r.numerics for r in intlite.runtimes()]


def layer_output(path, numerics, label):
    return intlite.load(path, numerics=numerics).trace(images)[label].quantized


for numerics in FLAVOURS:
    expected = layer_output(MODELS / "simple_model_quant.tflite", numerics, fully_connected.label)
    print(f"{numerics:<17} {np.count_nonzero(by_rint != expected)} of {by_rint.size} differ")

# %% [markdown]
# ## 3. Why rint and fixed point differ
#
# A microcontroller has no floats. The factor becomes `multiplier * 2**(shift - 31)` with a 31-bit
# integer, and the rescaling is a high multiplication and a shift to the right. **Each of them
# rounds.** Rounding twice is not rounding once: 0.4999 becomes 0.5 by the first, and 1 by the
# second. And at a tie the rules differ: half to even (`rint`), half up, half away from zero.


# %%
def quantize_multiplier(factor):
    fraction, shift = np.frexp(factor)  # factor = fraction * 2**shift, fraction in [0.5, 1)
    multiplier = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    full = multiplier == 2**31
    return np.where(full, multiplier // 2, multiplier), shift + full


def high_multiply(a, multiplier):
    return (a * multiplier + 2**30) >> 31  # half up


def shift_half_up(x, n):
    return (x + ((np.int64(1) << n) >> 1)) >> n


def shift_half_away(x, n):
    return np.sign(x) * shift_half_up(np.abs(x), n)


def fixed_point(acc, factor, shift_right):
    multiplier, shift = quantize_multiplier(factor)
    left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
    return shift_right(high_multiply(acc.astype(np.int64) << left, multiplier), right)


def half_away(x):
    whole = np.trunc(x)
    return whole + np.sign(x) * (np.abs(x - whole) >= 0.5)


# How each runtime rescales the accumulators of FULLY_CONNECTED; see docs/numerics.md.
RESCALE = {
    "litert": lambda acc, f: np.rint(acc.astype(np.float32) * f.astype(np.float32)),
    "litert-builtin": lambda acc, f: fixed_point(acc, f, shift_half_up),
    "litert-reference": lambda acc, f: half_away(acc * f),
    "tflm": lambda acc, f: fixed_point(acc, f, shift_half_away),
}

# %% [markdown]
# The four rules on one factor, 2**-3, whose eighths hit ties exactly, and on 0.3/8, where the
# high multiplication has something to round.

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
small = np.arange(-30, 31)
for axis, value in zip(axes, (2.0**-3, 0.3 / 8), strict=True):
    for i, (numerics, rescale) in enumerate(RESCALE.items()):
        rounded = rescale(small, np.full(small.shape, value))
        axis.step(small, rounded - small * value, where="mid", label=numerics, lw=4 - i)
    axis.axhline(0.5, color="gray", lw=0.5)
    axis.axhline(-0.5, color="gray", lw=0.5)
    axis.set(xlabel="accumulator", ylabel="rounded - exact", title=f"factor {value}")
axes[0].legend(fontsize=8, loc="lower left")
plt.show()

# %% [markdown]
# Beyond half a step the first rounding has pushed a value over the edge.
#
# ## 4. Two layers with a fused ReLU
#
# The hidden layer's ReLU is *fused*: no operator of its own, but a clamp of the stored values.
# Real 0 is stored as the **zero point**, so the lower bound is the zero point, not 0, and it comes
# after rescaling. `max(q, 0)` is the second classic mistake: with a zero point of -128 it loses
# the lower half of all values.
#
# XNNPACK computes the factor itself in float32: `float32(float32(in * weights) / out)`.

# %%
mnist_file = MODELS / "mnist_model_quant.tflite"
mnist = intlite.load(mnist_file)


def layer(graph, operator, stored, rescale, float32_factor=False):
    x, weights, _ = (graph.tensors[i] for i in operator.inputs)
    y = graph.tensors[operator.outputs[0]]
    factor = factor_of(graph, operator)
    if float32_factor:
        factor = x.quantization.scale * weights.quantization.scale / y.quantization.scale
    rescaled = rescale(accumulators(graph, operator, stored), factor)
    relu = operator.options.fused_activation_function == 1
    low = zero_point_of(y) if relu else -128
    return np.clip(rescaled + zero_point_of(y), low, 127).astype(np.int8)


def by_hand(model, rescale, float32_factor=False):
    """All images through QUANTIZE, RESHAPE, the layers, and QUANTIZE back to uint8."""
    values = stored
    for operator in model.graph.operators:
        if operator.name == "FULLY_CONNECTED":
            values = layer(model.graph, operator, values, rescale, float32_factor)
    return (values.astype(np.int16) + 128).astype(np.uint8)


def rint(acc, factor):
    return np.rint(acc * factor)


files = {"784-10": "simple_model_quant.tflite", "784-128-10": "mnist_model_quant.tflite"}
differing = {}
for network, file in files.items():
    for numerics in FLAVOURS:
        model = intlite.load(MODELS / file, numerics=numerics)
        expected = model(images)
        naive = by_hand(model, rint)
        exact = by_hand(model, RESCALE[numerics], float32_factor=numerics == "litert")
        differing[network, numerics] = int(np.any(naive != expected, axis=1).sum())
        print(
            f"{network:<11} {numerics:<17} images that differ: "
            f"rint {differing[network, numerics]:>3}, the runtime's own rule "
            f"{np.any(exact != expected, axis=1).sum()}"
        )
        assert np.array_equal(exact, expected)

# %%
figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
place = np.arange(len(FLAVOURS))
for i, network in enumerate(files):
    counts = [differing[network, numerics] / IMAGES * 100 for numerics in FLAVOURS]
    bars = axis.bar(place + 0.4 * i - 0.2, counts, 0.4, label=network)
    axis.bar_label(bars, fmt="%.1f")
axis.set_xticks(place, FLAVOURS)
axis.set(ylabel="% of the images", title="Images in which float64 rint differs")
axis.margins(y=0.15)
axis.legend()
plt.show()

# %% [markdown]
# So here is where the fraction of a percent comes from: nothing is wrong with the sums, and the
# weights are read right. The last rounding differs, in a few elements near a tie; a second layer
# passes such an element on to all its outputs.
#
# One of them, explained: the accumulator, the exact value, and what each rule makes of it.

# %%
micro = intlite.load(mnist_file, numerics="tflm")
trace = micro.trace(images)
for operator in micro.graph.operators[2:4]:
    hidden = trace[operator.inputs[0]].quantized
    found = np.argwhere(
        layer(micro.graph, operator, hidden, rint) != trace[operator.label].quantized
    )
    print(f"{operator.label}: {len(found)} elements differ, given the same inputs")
    if len(found):
        sample, unit = (int(i) for i in found[0])
        print(micro.explain(operator.label, (0, unit), images[sample : sample + 1]), "\n")

# %% [markdown]
# ## 5. The same through intlite
#
# All of the above in a few lines, for any model. `intlite.compare` finds the first operator in
# which two runs part, by itself.

# %%
print(mnist)
y = mnist(images)  # stored values in and out
scores = mnist.predict(images / np.float32(255))  # real values in and out
assert np.array_equal(scores.argmax(axis=1), y.argmax(axis=1))
print("accuracy:", np.mean(y.argmax(axis=1) == labels))
print(intlite.compare(mnist, "tflm", images))

# %% [markdown]
# Each tensor of a run is there, the ones inside included.

# %%
trace = mnist.trace(images)
hidden = trace["FULLY_CONNECTED #2"]
figure, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
axes[0].imshow(images[0], cmap="gray_r")
axes[0].set(title=f"label {labels[0]}, found {y[0].argmax()}", xticks=[], yticks=[])
axes[1].hist(hidden.quantized.ravel(), bins=64, log=True)
axes[1].set(title="hidden layer, stored", xlabel="-128 is real 0: the ReLU")
axes[2].bar(range(10), trace.outputs[0].real[0])
axes[2].set(title="outputs of the first image, real", xticks=range(10))
plt.show()

# %% [markdown]
# And the real runtime, if it is installed (`pip install ai-edge-litert`):

# %%
try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    print("ai-edge-litert is not installed")
else:
    real = Interpreter(model_path=str(mnist_file), num_threads=1)
    real.resize_tensor_input(real.get_input_details()[0]["index"], images.shape)
    real.allocate_tensors()
    real.set_tensor(real.get_input_details()[0]["index"], images)
    real.invoke()
    answer = real.get_tensor(real.get_output_details()[0]["index"])
    print("outputs that differ from LiteRT:", np.count_nonzero(answer != y), "of", y.size)
    assert np.array_equal(answer, y)
