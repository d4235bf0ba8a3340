"""Inputs and labels from files: .npy, .npz, IDX, pictures, and folders of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ._util.extras import require
from .call_arguments import to_stored
from .errors import ShapeError
from .graph.types import Tensor
from .ops.base import elements

if TYPE_CHECKING:
    from .model import Model

PICTURES: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".webp"})
# The element types of IDX files, by their codes.
_IDX: Final = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
# More than any data set of one file.
_IDX_MAX_BYTES: Final = 1 << 34
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Preparation:
    """How values of files become values of the model.

    Attributes:
        real: Arrays hold real values, which the tensor's own parameters quantize; else
            they hold stored values.
        mean, std: A pixel, 0 to 255, stands for the real value (pixel - mean) / std.
            With neither, pixels are stored values: as they are for UINT8, less 128 for
            INT8; or, where ``real``, pixel / 255.
    """

    real: bool = False
    mean: float | None = None
    std: float | None = None


def read_inputs(
    paths: Sequence[str | Path],
    model: Model,
    preparation: Preparation = Preparation(),  # noqa: B008  (it is immutable)
    tick: Tick | None = None,
) -> tuple[NDArray[Any], ...]:
    """A model's inputs, as stored values, from one file for each, or one .npz for all.

    Raises:
        ValueError, TypeError, OSError: A file can't be read or does not fit.
    """
    tensors = model.inputs
    files = [Path(path) for path in paths]
    if len(files) == 1 and files[0].suffix == ".npz":
        return _from_archive(files[0], tensors, preparation)
    if len(files) != len(tensors):
        raise ValueError(f"the model has {len(tensors)} inputs, {len(files)} files were given")
    return tuple(
        read_input(file, tensor, preparation, tick)
        for file, tensor in zip(files, tensors, strict=True)
    )


def read_input(
    path: Path, tensor: Tensor, preparation: Preparation, tick: Tick | None = None
) -> NDArray[Any]:
    """One input, as stored values, from a file or a folder."""
    if path.is_dir():
        return _from_folder(path, tensor, preparation, tick)
    if path.suffix.lower() in PICTURES:
        return _from_pixels(read_picture(path, tensor), path, tensor, preparation)
    if path.suffix == ".npy":
        return _from_array(_load_npy(path), path, tensor, preparation)
    array = read_idx(path)
    if array.dtype == np.uint8:
        return _from_pixels(array, path, tensor, preparation)
    return _from_array(array, path, tensor, preparation)


def random_inputs(model: Model, seed: int, samples: int = 1) -> tuple[NDArray[Any], ...]:
    """Uniform stored values, normal ones for float tensors; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return tuple(_random(rng, t, samples) for t in model.inputs)


def read_labels(path: str | Path) -> NDArray[np.int64]:
    """Class numbers: IDX, .npy, or text with one for each line."""
    path = Path(path)
    if path.suffix == ".npy":
        labels = _load_npy(path)
    elif path.suffix.lower() in (".txt", ".csv"):
        labels = np.array([int(w) for w in path.read_text().replace(",", " ").split()], np.int64)
    else:
        labels = read_idx(path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"{path}: labels are {labels.dtype}{list(labels.shape)}, not a list")
    return labels.astype(np.int64)


def folder_labels(folder: str | Path) -> NDArray[np.int64] | None:
    """The class of each picture: the number of its folder, in the order of their names.

    None if the pictures do not lie in folders of their own.
    """
    root = Path(folder)
    files = _files(root)
    if any(file.parent == root for file in files):
        return None
    names = sorted({file.parent for file in files})
    return np.array([names.index(file.parent) for file in files], np.int64)


def read_idx(path: Path) -> NDArray[Any]:
    """An array in the format of the MNIST files, compressed by gzip or not.

    Raises:
        ValueError: The file is not of this format.
    """
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                raw = file.read(_IDX_MAX_BYTES)
        except (EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: {error}") from None
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in _IDX:
        kinds = ".npy, .npz, IDX or a picture"
        raise ValueError(f"{path}: the format is not known, expected {kinds}")
    dtype, rank = np.dtype(_IDX[raw[2]]), raw[3]
    start = 4 + 4 * rank
    if len(raw) < start:
        raise ValueError(f"{path}: the header is cut off")
    shape = tuple(int(d) for d in np.frombuffer(raw, ">u4", rank, 4))
    if len(raw) - start != elements(shape) * dtype.itemsize:
        raise ValueError(f"{path}: {len(raw) - start} bytes do not fit the shape {list(shape)}")
    array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def read_picture(path: Path, tensor: Tensor) -> NDArray[np.uint8]:
    """A picture's pixels, (1, height, width, channels), in the size that a tensor has."""
    image = require("PIL.Image", "cli", "reading pictures", "pillow")
    height, width, channels = _picture_shape(tensor)
    try:
        with image.open(path) as opened:
            picture = opened.convert("L" if channels == 1 else "RGB")
    except (SyntaxError, image.DecompressionBombError) as error:
        raise ValueError(f"{path}: {error}") from None
    if picture.size != (width, height):
        picture = picture.resize((width, height), image.Resampling.BILINEAR)
    return np.asarray(picture, np.uint8).reshape(1, height, width, channels)


def _picture_shape(tensor: Tensor) -> tuple[int, int, int]:
    shape = tensor.shape
    if len(shape) == 4 and shape[3] in (1, 3):
        return shape[1], shape[2], shape[3]
    if len(shape) == 3:
        return shape[1], shape[2], 1
    raise ShapeError(f"{tensor!r} does not take pictures")


def _files(folder: Path) -> list[Path]:
    wanted = PICTURES | {".npy"}
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in wanted and f.is_file())
    if not files:
        raise ValueError(f"{folder}: there is neither a picture nor an .npy file")
    return files


def _from_folder(
    folder: Path, tensor: Tensor, preparation: Preparation, tick: Tick | None
) -> NDArray[Any]:
    files, arrays = _files(folder), []
    for i, file in enumerate(files):
        arrays.append(read_input(file, tensor, preparation))
        if tick is not None:
            tick(i + 1, len(files))
    return np.concatenate(arrays)


def _from_archive(
    path: Path, tensors: Sequence[Tensor], preparation: Preparation
) -> tuple[NDArray[Any], ...]:
    arrays = load_npz(path)
    if all(t.name in arrays for t in tensors):
        found = [arrays[t.name] for t in tensors]
    elif all(f"{t.index}:{t.name}" in arrays for t in tensors):  # as Trace.save names them
        found = [arrays[f"{t.index}:{t.name}"] for t in tensors]
    elif len(arrays) == len(tensors):
        found = list(arrays.values())
    else:
        names = ", ".join(repr(t.name) for t in tensors)
        raise ValueError(f"{path}: expected the inputs {names}, it has {', '.join(arrays)}")
    return tuple(_from_array(x, path, t, preparation) for x, t in zip(found, tensors, strict=True))


def load_npz(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file; nothing in it is run."""
    import zipfile

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {error}") from None


def _load_npy(path: Path) -> NDArray[Any]:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except EOFError as error:
        raise ValueError(f"{path}: {error}") from None


def _from_pixels(
    pixels: NDArray[np.uint8], path: Path, tensor: Tensor, preparation: Preparation
) -> NDArray[Any]:
    mean, std = preparation.mean, preparation.std
    if mean is None and std is None:
        if not preparation.real and tensor.type == "UINT8":
            return _shaped(pixels, path, tensor)
        if not preparation.real and tensor.type == "INT8":
            return _shaped((pixels ^ 0x80).view(np.int8), path, tensor)
        mean, std = 0.0, 255.0
    real = (pixels.astype(np.float64) - (mean or 0.0)) / (1.0 if std is None else std)
    return _shaped(to_stored(real, tensor), path, tensor)


def _from_array(
    array: NDArray[Any], path: Path, tensor: Tensor, preparation: Preparation
) -> NDArray[Any]:
    if preparation.real:
        array = to_stored(array, tensor)
    if array.dtype != tensor.dtype:
        hint = "; --float takes real values" if array.dtype.kind == "f" else ""
        raise TypeError(f"{path}: {array.dtype} values for {tensor!r}{hint}")
    return _shaped(array, path, tensor)


def _shaped(array: NDArray[Any], path: Path, tensor: Tensor) -> NDArray[Any]:
    """The same values, with samples along the first axis, as the model has them."""
    own = tensor.shape
    if array.ndim == len(own):
        return array
    samples = (
        array if array.ndim and elements(array.shape[1:]) == elements(own[1:]) else array[None]
    )
    if not own or elements(samples.shape[1:]) != elements(own[1:]):
        raise ShapeError(f"{path}: {list(array.shape)} values for {tensor!r}")
    return samples.reshape(len(samples), *own[1:])


def _random(rng: np.random.Generator, tensor: Tensor, samples: int) -> NDArray[Any]:
    shape = tensor.shape and (samples * tensor.shape[0], *tensor.shape[1:])
    dtype = tensor.dtype
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.asarray(rng.integers(info.min, info.max, shape, dtype, endpoint=True))
    if dtype.kind == "b":
        return np.asarray(rng.integers(0, 2, shape).astype(dtype))
    return np.asarray(rng.standard_normal(shape).astype(dtype))
