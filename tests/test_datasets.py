"""Inputs and labels from files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from intlite import Model, ShapeError
from intlite.datasets import (
    Preparation,
    folder_labels,
    random_inputs,
    read_idx,
    read_input,
    read_inputs,
    read_labels,
)

from .models import Network
from .sweeps.base import quantization

MNIST = Path(__file__).parent.parent / "models"
IMAGES, LABELS = MNIST / "t10k-images-idx3-ubyte.gz", MNIST / "t10k-labels-idx1-ubyte.gz"
RNG = np.random.default_rng(0)


def model(*shapes: tuple[int, ...], dtype: str = "UINT8", zero_point: int = 3) -> Model:
    """A model with inputs of these shapes, named "0", "1", ..."""
    net = Network()
    for i, shape in enumerate(shapes):
        x = net.input(shape, dtype, quantization(0.5, zero_point), name=str(i))
        y = net.output(shape, dtype, quantization(0.5, zero_point))
        net.operator("RELU", [x], [y])
    return Model(net.bytes())


def idx(array: NDArray[Any], code: int) -> bytes:
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def picture(path: Path, pixels: NDArray[np.uint8]) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def test_mnist_is_read() -> None:
    pixels, labels = read_idx(IMAGES), read_labels(LABELS)
    raw = gzip.decompress(IMAGES.read_bytes())
    np.testing.assert_array_equal(pixels.ravel(), np.frombuffer(raw, np.uint8, offset=16))
    assert pixels.shape == (10_000, 28, 28)
    assert labels.shape == (10_000,)
    assert set(labels.tolist()) == set(range(10))


@pytest.mark.parametrize(
    ("code", "dtype"), [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")]
)
def test_idx(tmp_path: Path, code: int, dtype: str) -> None:
    array = RNG.integers(0, 100, (3, 4, 2)).astype(dtype)
    plain, packed = tmp_path / "a.idx", tmp_path / "a.gz"
    plain.write_bytes(idx(array, code))
    packed.write_bytes(gzip.compress(idx(array, code)))
    for path in (plain, packed):
        found = read_idx(path)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_idx_files_that_are_not(tmp_path: Path) -> None:
    good = idx(np.zeros((2, 3), np.uint8), 8)
    for k, raw in enumerate(
        (b"", b"\0\0", b"hello", good[:7], good[:-1], good + b"\0", gzip.compress(good)[:-9])
    ):
        path = tmp_path / str(k)
        path.write_bytes(raw)
        with pytest.raises(ValueError, match=str(path)):
            read_idx(path)


def test_arrays(tmp_path: Path) -> None:
    one = model((1, 4, 4, 1))
    x = RNG.integers(0, 256, (5, 4, 4, 1)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "flat.npy", x.reshape(5, 16))
    np.save(tmp_path / "single.npy", x[0, :, :, 0])
    np.savez(tmp_path / "x.npz", x)
    for name in ("x.npy", "flat.npy", "x.npz"):
        np.testing.assert_array_equal(read_inputs([tmp_path / name], one)[0], x)
    np.testing.assert_array_equal(read_inputs([tmp_path / "single.npy"], one)[0], x[:1])


def test_real_values_are_quantized_on_request(tmp_path: Path) -> None:
    one, path = model((1, 3)), tmp_path / "x.npy"
    np.save(path, np.array([[0.0, 1.0, -100.0]]))
    with pytest.raises(TypeError, match="--float"):
        read_inputs([path], one)
    [found] = read_inputs([path], one, Preparation(real=True))
    assert found.tolist() == [[3, 5, 0]]


def test_several_inputs(tmp_path: Path) -> None:
    two = model((1, 2), (1, 3))
    x, y = np.array([[1, 2]], np.uint8), np.array([[3, 4, 5]], np.uint8)
    named: dict[str, Any] = {"1": y, "0": x}
    np.savez(tmp_path / "named.npz", **named)
    np.savez(tmp_path / "ordered.npz", x, y)
    np.savez(tmp_path / "wrong.npz", x, y, y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    for files in (["named.npz"], ["ordered.npz"], ["x.npy", "y.npy"]):
        found = read_inputs([tmp_path / f for f in files], two)
        assert [f.tolist() for f in found] == [x.tolist(), y.tolist()]
    with pytest.raises(ValueError, match="expected the inputs '0', '1'"):
        read_inputs([tmp_path / "wrong.npz"], two)
    with pytest.raises(ValueError, match="2 inputs, 1 files"):
        read_inputs([tmp_path / "x.npy"], two)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures(tmp_path: Path, channels: int) -> None:
    one = model((1, 6, 5, channels))
    pixels = RNG.integers(0, 256, (6, 5, channels)).astype(np.uint8)
    path = picture(tmp_path / "a.png", pixels[..., 0] if channels == 1 else pixels)
    [found] = read_inputs([path], one)
    np.testing.assert_array_equal(found, pixels[None])
    large = picture(tmp_path / "b.png", np.full((60, 50, 3), 77, np.uint8))
    [found] = read_inputs([large], one)
    assert found.shape == (1, 6, 5, channels)
    assert (found == 77).all()


def test_what_a_pixel_is(tmp_path: Path) -> None:
    pixels = np.array([[0, 128, 255]], np.uint8)
    path = picture(tmp_path / "a.png", pixels)
    signed = model((1, 1, 3, 1), dtype="INT8", zero_point=-2).inputs[0]
    unsigned = model((1, 1, 3, 1)).inputs[0]

    def read(tensor: Any, *args: Any) -> list[int]:
        return [int(v) for v in read_input(path, tensor, Preparation(*args)).ravel()]

    assert read(unsigned) == [0, 128, 255]
    assert read(signed) == [-128, 0, 127]
    assert read(unsigned, True) == [3, 4, 5]  # pixel / 255 / 0.5 + 3, half to even
    assert read(signed, False, 128.0, 8.0) == [-34, -2, 30]


def test_folders(tmp_path: Path) -> None:
    one = model((1, 2, 2, 1))
    for name, value in (("b/1.png", 3), ("a/9.png", 1), ("a/8.jpg", 2)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture(tmp_path / name, np.full((2, 2), value, np.uint8))
    seen: list[tuple[int, int]] = []
    [found] = read_inputs([tmp_path], one, tick=lambda done, total: seen.append((done, total)))
    assert found[:, 0, 0, 0].tolist() == [2, 1, 3]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    labels = folder_labels(tmp_path)
    assert labels is not None
    assert labels.tolist() == [0, 0, 1]
    assert folder_labels(tmp_path / "a") is None
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="neither a picture nor"):
        read_inputs([tmp_path / "empty"], one)


def test_what_is_not_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"nothing")
    with pytest.raises(OSError, match=r"a\.png"):
        read_inputs([path], model((1, 2, 2, 1)))
    picture(path, np.zeros((2, 2), np.uint8))
    with pytest.raises(ShapeError, match="does not take pictures"):
        read_inputs([path], model((1, 4)))


def test_files_that_are_cut_off(tmp_path: Path) -> None:
    one = model((1, 4))
    for name in ("x.npy", "x.npz"):
        path = tmp_path / name
        path.write_bytes(b"")
        with pytest.raises(ValueError, match="x.np"):
            read_inputs([path], one)


def test_pickles_are_not_run(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        read_inputs([tmp_path / "x.npy"], model((1, 4)))


def test_random_inputs() -> None:
    one = model((1, 50), (2, 3), dtype="INT8")
    a, b = random_inputs(one, 1, 4)
    assert (a.shape, b.shape) == ((4, 50), (8, 3))
    assert a.dtype == np.int8
    assert a.min() < -100
    assert a.max() > 100
    np.testing.assert_array_equal(a, random_inputs(one, 1, 4)[0])
    assert not np.array_equal(a, random_inputs(one, 2, 4)[0])


def test_labels(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("3\n1\n2\n")
    (tmp_path / "l.csv").write_text("3,1,2")
    np.save(tmp_path / "l.npy", np.array([3, 1, 2]))
    (tmp_path / "l.idx").write_bytes(idx(np.array([3, 1, 2], np.uint8), 8))
    for name in ("l.txt", "l.csv", "l.npy", "l.idx"):
        assert read_labels(tmp_path / name).tolist() == [3, 1, 2]
    np.save(tmp_path / "bad.npy", np.zeros((2, 2)))
    with pytest.raises(ValueError, match="not a list"):
        read_labels(tmp_path / "bad.npy")
