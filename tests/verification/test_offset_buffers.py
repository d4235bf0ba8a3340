"""Models that keep their constants behind the tables, as those beyond 2 GB must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRT
from numpy.typing import NDArray

import intlite
from intlite import schema
from intlite.errors import ModelError
from intlite.schema.writer import write
from tests.interpreter.side_by_side import models

DATA = models()["simple"]
MODEL = schema.read(DATA)
WEIGHTS = int(np.argmax([0 if b.data is None else b.data.size for b in MODEL.buffers]))
X = np.random.default_rng(0).integers(0, 256, (1, 28, 28)).astype(np.uint8)
ALIGNMENT = 64


def payload() -> NDArray[np.uint8]:
    data = MODEL.buffers[WEIGHTS].data
    assert data is not None
    return data


def tables(offset: int, **more: NDArray[np.uint8]) -> bytes:
    """The file with the weights at an offset, which its end must be padded to."""
    buffers = list(MODEL.buffers)
    buffers[WEIGHTS] = schema.Buffer(offset=offset, size=payload().size, **more)
    return write(MODEL.replace(buffers=tuple(buffers)))


def moved(**more: NDArray[np.uint8]) -> bytes:
    """The file with the weights behind its tables."""
    end = len(tables(2**40, **more))
    start = -(-end // ALIGNMENT) * ALIGNMENT
    return tables(start, **more) + bytes(start - end) + payload().tobytes()


def litert(**source: object) -> NDArray[np.uint8]:
    it = LiteRT(**source)
    it.allocate_tensors()
    it.set_tensor(it.get_input_details()[0]["index"], X)
    it.invoke()
    return np.asarray(it.get_tensor(it.get_output_details()[0]["index"]))


@pytest.mark.parametrize("name", ["behind the tables", "in both places", "still to be written"])
def test_data_is_where_litert_finds_it(name: str) -> None:
    other = np.asarray(payload()[::-1])
    data = {
        "behind the tables": moved(),
        "in both places": moved(data=other),
        "still to be written": tables(1, data=other),
    }[name]
    np.testing.assert_array_equal(intlite.load(data)(X), litert(model_content=data))
    assert np.array_equal(intlite.load(data)(X), intlite.load(DATA)(X)) == (name[0] == "b")


def test_data_that_is_cut_off_is_refused_as_by_litert() -> None:
    data = moved()[:-1]
    with pytest.raises(ModelError, match=rf"Model\.buffers\[{WEIGHTS}\]: {payload().size} bytes"):
        intlite.load(data)
    with pytest.raises(ValueError, match=f"buffer {WEIGHTS} specified an out of range offset"):
        litert(model_content=data)


@pytest.mark.long
def test_a_file_beyond_2_gb(tmp_path: Path) -> None:
    """Its weights lie beyond what 31 and 32 bits count; the hole between takes no room."""
    for start in (2**31 + ALIGNMENT, 2**32 + ALIGNMENT):
        path = tmp_path / "large.tflite"
        with path.open("wb") as file:
            file.write(tables(start))
            file.seek(start)
            file.write(payload().tobytes())
        model = intlite.load(path)
        np.testing.assert_array_equal(model(X), intlite.load(DATA)(X))
        np.testing.assert_array_equal(model(X), litert(model_path=str(path)))
        del model
        with pytest.raises(intlite.MemoryLimitError, match=f"would take {path.stat().st_size}"):
            intlite.load(path, max_memory=2**30)
        with path.open("r+b") as file:
            file.truncate(start + payload().size - 1)
        with pytest.raises(ModelError, match=f"{payload().size} bytes at {start} lie outside"):
            intlite.load(path)
