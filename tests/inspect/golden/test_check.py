"""The exported C program against honest and wrong implementations, by a C99 compiler."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import intlite
from intlite.datasets import random_inputs
from intlite.inspect.golden import export
from intlite.quantization import Quantization, per_tensor
from intlite.runtimes import RUNTIMES
from intlite.schema.options import Conv2DOptions, FullyConnectedOptions

from ...models import Network

ROOT = Path(__file__).resolve().parents[3]
KERNELS = Path(__file__).with_name("kernels.c")
COMPILER = shutil.which("gcc") or shutil.which("cc")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")


def compiled(
    folder: Path, op: int, *sources: Path, flags: tuple[str, ...] = (), what: str = ""
) -> Path:
    """The check program of an operator, or of ``what`` of it, with these sources."""
    program = folder / f"check_{op}{what}"
    command = [str(COMPILER), *STRICT, "-ffp-contract=off", f"-I{folder / 'c'}", *flags]
    files = [folder / "c" / f"check_op_{op}{what}.c", *sources]
    done = subprocess.run(
        [*command, *map(str, files), "-lm", "-o", str(program)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


def check(folder: Path, op: int, *flags: str, what: str = "") -> subprocess.CompletedProcess[str]:
    """Run the check of an operator against ``kernels.c``."""
    operator = json.loads((folder / "index.json").read_text())["operators"][op]
    given = (
        f"-DHEADER=STRING(op_{op}.h)",
        f"-DOP=op_{op}",
        f"-DOP_=OP_{op}_",
        f"-DROUNDING={operator['constants']['rounding'].upper()}",
        *(["-DIS_CONVOLUTION"] if operator["name"] == "CONV_2D" else []),
        *flags,
    )
    program = compiled(folder, op, KERNELS, flags=given, what=what)
    return subprocess.run([str(program)], capture_output=True, text=True)


def per_channel(rng: np.random.Generator, count: int, axis: int) -> Quantization:
    """Powers of two, so that ties are frequent."""
    scale = np.exp2(-rng.integers(3, 6, count)).astype(np.float32)
    return Quantization(scale, np.zeros(count, np.int64), axis)


def of_ties(operator: str) -> bytes:
    """A model of one operator whose products are often halfway between two integers."""
    rng = np.random.default_rng(7)
    net = Network()

    def weights(*shape: int) -> NDArray[np.int8]:
        return rng.integers(-20, 20, shape, np.int8)

    x_quantization, y_quantization = per_tensor(0.5, 3), per_tensor(2.0, -5)
    options: Any
    if operator == "CONV_2D":
        x = net.input((1, 6, 7, 3), "INT8", x_quantization)
        w = net.constant(weights(5, 3, 2, 3), "INT8", per_channel(rng, 5, 0))
        y = net.output((1, 3, 4, 5), "INT8", y_quantization)
        options = Conv2DOptions(padding=0, stride_h=2, stride_w=2)
    else:
        x = net.input((1, 40), "INT8", x_quantization)
        w = net.constant(weights(9, 40), "INT8", per_tensor(1 / 16, 0))
        y = net.output((1, 9), "INT8", y_quantization)
        options = FullyConnectedOptions()
    channels = 5 if operator == "CONV_2D" else 9
    bias = net.constant(rng.integers(-300, 300, channels, np.int32), "INT32", per_tensor(1 / 64, 0))
    net.operator(operator, [x, w, bias], [y], options)
    return net.bytes()


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("operator", ["CONV_2D", "FULLY_CONNECTED"])
def test_honest_passes_and_wrong_rounding_fails(
    operator: str, numerics: str, tmp_path: Path
) -> None:
    model = intlite.load(of_ties(operator), numerics=numerics)
    export(model, random_inputs(model, 1, 40), tmp_path, name="ties")
    honest = check(tmp_path, 0)
    assert (honest.returncode, honest.stderr) == (0, "")
    assert honest.stdout.startswith(f"{operator} #0: ")
    assert "all equal" in honest.stdout
    wrong = check(tmp_path, 0, "-DBUG")
    assert wrong.returncode == 1
    first, summary = wrong.stdout.splitlines()
    assert first.startswith(f"{operator} #0: sample ")
    assert ", expected " in first
    assert "elements differ" in summary


@pytest.mark.parametrize("numerics", RUNTIMES)
@pytest.mark.parametrize("operator", ["CONV_2D", "FULLY_CONNECTED"])
def test_requantization_alone(operator: str, numerics: str, tmp_path: Path) -> None:
    model = intlite.load(of_ties(operator), numerics=numerics)
    export(model, random_inputs(model, 1, 40), tmp_path, sums=True)
    honest = check(tmp_path, 0, "-DONLY_REQUANTIZE", what="_requantize")
    assert (honest.returncode, honest.stderr) == (0, "")
    assert "all equal" in honest.stdout
    wrong = check(tmp_path, 0, "-DONLY_REQUANTIZE", "-DBUG", what="_requantize")
    assert wrong.returncode == 1
    assert "accumulator" in wrong.stdout.splitlines()[0]
    assert check(tmp_path, 0).returncode == 0


@pytest.mark.parametrize("numerics", ["litert", "tflm"])
def test_requantization_of_a_trained_model(numerics: str, tmp_path: Path) -> None:
    model = intlite.load(ROOT / "models" / "mnist_cnn_quant.tflite", numerics=numerics)
    export(model, random_inputs(model, 0, 2), tmp_path, sums=True)
    checked = set()
    for operator in model.graph.operators:
        if (tmp_path / "c" / f"check_op_{operator.index}_requantize.c").exists():
            done = check(tmp_path, operator.index, "-DONLY_REQUANTIZE", what="_requantize")
            assert done.returncode == 0, done.stdout
            checked.add(operator.name)
    assert checked == {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


def test_the_first_difference_is_named(tmp_path: Path) -> None:
    model = intlite.load(of_ties("FULLY_CONNECTED"))
    x = random_inputs(model, 2, 3)
    export(model, x, tmp_path)
    y = model(*x)
    fake = tmp_path / "fake.c"
    values = ", ".join(map(str, y.ravel().tolist()))
    fake.write_text(
        '#include "op_0.h"\n#include <string.h>\n'
        f"static int8_t y[27] = {{{values}}};\nstatic int sample = 0;\n"
        "void op_0(const int8_t *input, const int8_t *weights, const int32_t *bias,\n"
        "          int8_t *output) {\n"
        "  (void)input; (void)weights; (void)bias;\n"
        "  memcpy(output, y + 9 * sample, 9);\n"
        "  if (sample++ == 1) output[4] ^= 1;\n}\n"
    )
    done = subprocess.run([str(compiled(tmp_path, 0, fake))], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"FULLY_CONNECTED #0: sample 1, output[0][4] is {y[1, 4] ^ 1}, expected {y[1, 4]}",
        "FULLY_CONNECTED #0: 1 of 27 elements differ",
    ]


def test_a_function_that_writes_nothing_fails(tmp_path: Path) -> None:
    model = intlite.load(of_ties("FULLY_CONNECTED"))
    export(model, random_inputs(model, 3, 2), tmp_path)
    fake = tmp_path / "fake.c"
    fake.write_text(
        '#include "op_0.h"\nvoid op_0(const int8_t *a, const int8_t *b, const int32_t *c,\n'
        "          int8_t *d) {\n  (void)a; (void)b; (void)c; (void)d;\n}\n"
    )
    done = subprocess.run([str(compiled(tmp_path, 0, fake))], capture_output=True, text=True)
    assert done.returncode == 1
    assert "18 of 18 elements differ" in done.stdout


@pytest.mark.parametrize("numerics", RUNTIMES)
def test_operators_of_a_trained_model(numerics: str, tmp_path: Path) -> None:
    model = intlite.load(ROOT / "models" / "mnist_cnn_quant.tflite", numerics=numerics)
    export(model, random_inputs(model, 0, 3), tmp_path)
    checked = 0
    for operator in model.graph.operators:
        if operator.name in ("CONV_2D", "FULLY_CONNECTED"):
            done = check(tmp_path, operator.index)
            assert done.returncode == 0, done.stdout
            checked += 1
    assert checked == 4


def test_every_exported_header_compiles(tmp_path: Path) -> None:
    """Each operator of a model with many kinds, by a function that only has the prototype."""
    model = intlite.load(ROOT / "tests" / "zoo" / "models" / "resnet8_quant.tflite")
    export(model, random_inputs(model, 0, 2), tmp_path)
    for operator in model.graph.operators:
        header = (tmp_path / "c" / f"op_{operator.index}.h").read_text()
        prototype = next(line for line in header.splitlines() if line.startswith("void "))
        fake = tmp_path / "fake.c"
        names = [p.split("*")[1] for p in prototype[:-2].split("(")[1].split(", ")]
        body = " ".join(f"(void){name};" for name in names)
        fake.write_text(f'#include "op_{operator.index}.h"\n{prototype[:-1]} {{ {body} }}\n')
        program = compiled(tmp_path, operator.index, fake)
        assert subprocess.run([str(program)], capture_output=True).returncode == 1
