"""What today's converter makes of known architectures, against the real runtimes.

TensorFlow converts them, in a Python of its own: the one that INTLITE_TENSORFLOW names,
or that of .venv-train, which ``make test-long`` makes. Files are kept in build/zoo.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from intlite import Interpreter, Model
from intlite.runtimes import RUNTIMES

from ..oracles import Job, run
from .architectures import ARCHITECTURES, FREE_BATCH, KINDS, OF_ALL_KINDS, file_name
from .comparison import check_every_tensor, check_outputs, inputs

REPOSITORY = Path(__file__).parent.parent.parent
CACHE = REPOSITORY / "build" / "zoo"
INPUTS = 6
# Inputs whose every tensor is compared: one of each kind.
FEW = 3
TIMEOUT = 1200

FILES = [
    *((name, "int8") for name in ARCHITECTURES),
    *((name, kind) for name in OF_ALL_KINDS for kind in KINDS if kind != "int8"),
]


def refusal(name: str, kind: str, numerics: str) -> str | None:
    """What a runtime says of a file that it cannot run."""
    if numerics != "tflm":
        int16_norm = (name, kind) == ("transformer", "int16")
        return "SquaredDifference only supports FLOAT32 and INT32" if int16_norm else None
    if name == "transformer":
        return "GELU"
    if kind == "float16":
        return "Node DEQUANTIZE"
    if kind == "hybrid":
        return "not supported"
    if kind == "int16" and name in ("deeplab", "unet_bilinear"):
        return "Node RESIZE_BILINEAR"
    return None


# A network of random weights so deep that one step of one activation ends in another class.
CHAOTIC = {("efficientnet_b0", "hybrid", "litert-builtin")}


def tolerance(kind: str, numerics: str) -> float | None:
    """How far outputs may be from the runtime's, in proportion to the greatest; None: not at all.

    LiteRT's own kernels leave float32 products to Eigen, whose order of sums depends on the
    processor's caches. Where such a network quantizes activations, a value that lies near to
    the middle between two steps goes to the other one, and all that follow see it.
    """
    if numerics != "litert-builtin" or kind in ("int8", "int16"):
        return None
    return 0.1 if kind == "hybrid" else 3e-5


ALL = [(name, kind, numerics) for name, kind in FILES for numerics in RUNTIMES]
CASES = [case for case in ALL if refusal(*case) is None and case not in CHAOTIC]
pytestmark = pytest.mark.long


@cache
def tensorflow() -> Path:
    """The interpreter that has TensorFlow."""
    python = Path(
        os.environ.get("INTLITE_TENSORFLOW", REPOSITORY / ".venv-train" / "bin" / "python")
    )
    command = [str(python), "-c", "import importlib.util as u; exit(not u.find_spec('tensorflow'))"]
    if not python.exists() or subprocess.run(command, check=False).returncode != 0:
        pytest.skip(f"no TensorFlow: {python} has none; INTLITE_TENSORFLOW may name another")
    return python


@cache
def file(name: str, kind: str = "int8") -> bytes:
    """The converted model, made anew when what makes it has changed."""
    sources = [Path(__file__).with_name(f"{module}.py") for module in ("architectures", "convert")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    folder = CACHE / digest[:16]
    path = folder / f"{file_name(name, kind)}.tflite"
    if not path.exists():
        done = subprocess.run(
            [tensorflow(), "-m", "tests.zoo.convert", name, "--kind", kind, "-o", folder],
            cwd=REPOSITORY,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
    return path.read_bytes()


@pytest.mark.parametrize(("name", "kind", "numerics"), CASES)
def test_outputs(name: str, kind: str, numerics: str) -> None:
    check_outputs(file(name, kind), numerics, 0, INPUTS, tolerance(kind, numerics))


@pytest.mark.parametrize(
    ("name", "kind", "numerics"), [case for case in CASES if tolerance(*case[1:]) is None]
)
def test_every_tensor(name: str, kind: str, numerics: str) -> None:
    check_every_tensor(file(name, kind), numerics, FEW)


@pytest.mark.parametrize(("name", "kind", "numerics"), [case for case in ALL if refusal(*case)])
def test_refused(name: str, kind: str, numerics: str) -> None:
    message = refusal(name, kind, numerics)
    assert message is not None
    data = file(name, kind)
    x = inputs(Model(data, numerics="litert"), 1)[0]
    [result] = run([Job(data, x, numerics)])
    assert message in result.error


@pytest.mark.parametrize("name", sorted(FREE_BATCH))
@pytest.mark.parametrize("numerics", [name for name in RUNTIMES if name != "tflm"])
@pytest.mark.parametrize("batch", [1, 2, 7])
def test_resized(name: str, numerics: str, batch: int) -> None:
    """To other numbers of samples, as the runtime is; and they are as single runs."""
    data = file(name)
    model = Model(data, numerics=numerics)
    interpreter = Interpreter(model_content=data, numerics=numerics)
    samples = inputs(model, 3 * batch)
    for first in range(0, len(samples), batch):
        x = np.concatenate([sample for (sample,) in samples[first : first + batch]])
        [result] = run([Job(data, (x,), numerics, shapes=(x.shape,))])
        assert result.outputs is not None, result
        [theirs] = result.outputs
        np.testing.assert_array_equal(model(x), theirs)
        [given], [out] = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.resize_tensor_input(given["index"], x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_tensor(out["index"]), theirs)
        each = [model(sample) for (sample,) in samples[first : first + batch]]
        np.testing.assert_array_equal(np.concatenate(each), theirs)
