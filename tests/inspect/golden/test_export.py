"""What the exported files hold: every tensor, the constants, names of any kind."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import intlite
from intlite.cli.app import app
from intlite.datasets import random_inputs
from intlite.inspect.golden import export
from intlite.inspect.golden.accumulators import accumulators
from intlite.inspect.golden.c_text import array, comment, number
from intlite.quantization import per_tensor, quantize_multiplier
from intlite.runtimes.families import POLICIES
from intlite.schema.options import FullyConnectedOptions

from ...models import Network

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "models" / "mnist_cnn_quant.tflite"


def test_tensors_are_those_of_a_trace(tmp_path: Path) -> None:
    model = intlite.load(MODEL, numerics="tflm")
    x = random_inputs(model, 0, 2)
    done = export(model, x, tmp_path, name="cnn")
    index = json.loads((tmp_path / "index.json").read_text())
    assert (index["model"], index["numerics"], index["samples"]) == ("cnn", "tflm", 2)
    assert index["model_sha256"] == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    trace = model.trace(*x)
    with np.load(tmp_path / "tensors.npz") as archive:
        assert len(archive.files) == done.tensors == len(trace)
        for line in index["tensors"]:
            value = archive[line["key"]]
            np.testing.assert_array_equal(value, trace[line["index"]].quantized)
            assert line["sha256"] == hashlib.sha256(value.tobytes()).hexdigest()
    assert sorted(done.files) == sorted(
        str(p.relative_to(tmp_path).as_posix()) for p in tmp_path.rglob("*") if p.is_file()
    )
    assert done.bytes == sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file())


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    model = intlite.load(MODEL)
    for name in ("a", "b"):
        export(model, random_inputs(model, 0, 1), tmp_path / name)
    for file in (tmp_path / "a").rglob("*.*"):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_constants_are_those_of_the_flavour(tmp_path: Path) -> None:
    for numerics, rounding in (
        ("litert", "fp32"),
        ("litert-builtin", "ruy"),
        ("litert-reference", "gemmlowp"),
        ("tflm", "gemmlowp"),
    ):
        model = intlite.load(MODEL, numerics=numerics)
        export(model, random_inputs(model, 0), tmp_path, c=False)
        operator = json.loads((tmp_path / "index.json").read_text())["operators"][1]
        constants = operator["constants"]
        assert operator["name"] == "CONV_2D"
        assert constants["rounding"] == rounding
        x, w, y = (
            model.graph.tensors[i].quantization
            for i in (*operator["inputs"][:2], operator["outputs"][0])
        )
        assert x is not None
        assert w is not None
        assert y is not None
        assert constants["input_zero_point"] == x.zero_point[0]
        assert constants["output_zero_point"] == y.zero_point[0]
        exact = float(x.scale[0]) * w.scale.astype(np.float64) / float(y.scale[0])
        if rounding == "fp32":
            single = (x.scale[0] * w.scale / y.scale[0]).astype(np.float32)
            np.testing.assert_array_equal(np.array(constants["scale"], np.float32), single)
        else:
            expected = [quantize_multiplier(float(s)) for s in exact]
            found = zip(constants["multiplier"], constants["shift"], strict=True)
            assert list(found) == expected
    assert not (tmp_path / "c").exists()


def numbers_of(header: str) -> list[int]:
    body = header[header.index("= {") + 3 : header.index("};")]
    return [int(word) for word in re.findall(r"-?\d+", body)]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.bool_])
@pytest.mark.parametrize("size", [1, 15, 16, 17, 100])
def test_arrays_of_c_have_every_value(dtype: type[np.generic], size: int) -> None:
    values = np.random.default_rng(size).integers(-(2**31) + 1, 2**31, size).astype(dtype)
    assert numbers_of(array("x", values)) == values.astype(np.int64).tolist()


def test_numbers_of_c() -> None:
    assert number(-(2**31)) == "(-2147483647 - 1)"
    assert number(-3) == "(-3)"
    assert number(2**31) == "INT64_C(2147483648)"
    assert float.fromhex(number(np.float32(0.1)).rstrip("f")) == np.float32(0.1)
    assert float.fromhex(number(0.1)) == 0.1
    assert number(float("nan")) == "NAN"
    assert number(float("-inf")) == "(-INFINITY)"
    assert "{0}" in array("x", np.zeros(0, np.int8))


def test_names_from_the_file_stay_within_comments_and_archive(tmp_path: Path) -> None:
    net = Network()
    names = ["*/ #error", "same", "same", "file", ""]
    q = per_tensor(0.5, 0)
    tensors = [net.input((1, 4), "INT8", q, name=names[0])]
    tensors += [net.tensor((1, 4), "INT8", q, name=name) for name in names[1:4]]
    tensors.append(net.output((1, 4), "INT8", q, name=names[4]))
    for x, y in pairwise(tensors):
        net.operator("RELU", [x], [y])
    model = intlite.load(net.bytes())
    export(model, random_inputs(model, 0), tmp_path, name="*/\n#error ??/")
    with np.load(tmp_path / "tensors.npz") as archive:
        assert set(archive.files) == {"*/ #error", "same#1", "same#2", "file", "#4"}
    for file in (tmp_path / "c").iterdir():
        assert "*/ #" not in file.read_text()
        assert "\n#error" not in file.read_text()
    assert comment("a */ b\n/* ??/") == "a *? b?/? ?/"


def test_operators_may_be_chosen(tmp_path: Path) -> None:
    model = intlite.load(MODEL)
    done = export(model, random_inputs(model, 0), tmp_path, operators=[2])
    assert {f for f in done.files if "op_" in f} == {
        "c/op_2.h",
        "c/op_2_data.h",
        "c/check_op_2.c",
    }
    with pytest.raises(IndexError, match="no operator #9"):
        export(model, random_inputs(model, 0), tmp_path, operators=[9])


def test_sums_are_exact_where_float32_is_not() -> None:
    rng = np.random.default_rng(0)
    net = Network()
    x = net.input((2, 3000), "UINT8", per_tensor(0.5, 7))
    weights = rng.integers(100, 256, (3, 3000), np.uint8)
    w = net.constant(weights, "UINT8", per_tensor(0.5, 5))
    bias = np.array([1, 2**30, -7], np.int32)
    b = net.constant(bias, "INT32", per_tensor(0.25, 0))
    y = net.output((2, 3), "UINT8", per_tensor(1e6, 0))
    net.operator("FULLY_CONNECTED", [x, w, b], [y], FullyConnectedOptions())
    model = intlite.load(net.bytes())
    stored = rng.integers(100, 256, (2, 3000), np.uint8)
    node = model.graph.node(model.graph.operators[0])
    policy = POLICIES["xnnpack"]
    found = accumulators(node, [stored, weights, bias], {"rounding": "fp32"}, policy)
    expected = (stored.astype(np.int64) - 7) @ (weights.astype(np.int64) - 5).T + bias
    np.testing.assert_array_equal(found, expected)
    assert (np.abs(expected) > 2**24).all()


def test_no_samples_are_refused(tmp_path: Path) -> None:
    model = intlite.load(MODEL)
    with pytest.raises(ValueError, match="no samples"):
        export(model, [np.zeros((0, 28, 28, 1), np.uint8)], tmp_path)


def test_the_verb(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    arguments = ["golden", str(MODEL), "--random", "0", "--count", "2", "-o", str(folder)]
    result = CliRunner().invoke(app, [*arguments, "--numerics", "tflm", "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["samples"], said["numerics"], said["operators"]) == (2, "tflm", 9)
    assert (folder / "c" / "check_op_1.c").exists()
    assert CliRunner().invoke(app, arguments).stdout.startswith(f"{folder}: ")
    assert CliRunner().invoke(app, [*arguments, "--op", "99"]).exit_code == 2
