"""The .npz of all tensors, and the index that says what each of them is."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.types import Operator, Tensor
from ...ops.base import Constants
from ..model_info import options_of


def keys(tensors: Sequence[Tensor]) -> dict[int, str]:
    """A name for each tensor: its own, with its number where it has none or shares it."""
    names = [t.name for t in tensors]
    return {
        t.index: t.name if t.name and names.count(t.name) == 1 else f"{t.name}#{t.index}"
        for t in tensors
    }


def write_archive(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """An .npz file: the same bytes for the same arrays, whatever their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            memory = io.BytesIO()
            np.lib.format.write_array(memory, np.asarray(array), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")  # of the year 1980
            archive.writestr(member, memory.getvalue(), zipfile.ZIP_DEFLATED)


def describe_tensor(
    tensor: Tensor, key: str, value: NDArray[Any] | None, writer: str | None
) -> dict[str, Any]:
    """One tensor's line of the index. ``value`` is None where the archive lacks it."""
    q = tensor.quantization
    return {
        "index": tensor.index,
        "name": tensor.name,
        "key": None if value is None else key,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "constant": tensor.is_constant,
        "operator": writer,
        "quantization": q
        and {"scale": q.scale.tolist(), "zero_point": q.zero_point.tolist(), "axis": q.axis},
        "sha256": None
        if value is None
        else hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest(),
    }


def describe_operator(operator: Operator, arithmetic: str, constants: Constants) -> dict[str, Any]:
    """One operator's line of the index."""
    return {
        "index": operator.index,
        "name": operator.name,
        "label": operator.label,
        "arithmetic": arithmetic,
        "inputs": list(operator.inputs),
        "outputs": list(operator.outputs),
        "options": options_of(operator),
        "constants": {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in constants.items()
        },
    }
