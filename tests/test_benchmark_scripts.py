"""Quick runs of the benchmarks of models, kernels and scaling: what they compare and report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import intlite
from benchmarks import contest, layers, values, zoo
from benchmarks.cases import QUICK, SHAPES
from benchmarks.scaling import AXES, KINDS, Point, build, products
from benchmarks.timing import Times, geometric_mean, in_turns
from intlite import _native
from intlite.quantization import Quantization
from intlite.runtimes import RUNTIMES

from .models import Network

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "tests" / "zoo" / "models"


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), "--quick", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 100
    return done.stdout


def run_json(script: str, folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Its figures and its table; the picture it draws is looked at here."""
    file, picture = folder / "figures.json", folder / "picture.svg"
    text = run(script, f"--json={file}", f"--plot={picture}", *arguments)
    assert "</svg>" in picture.read_text()
    found: dict[str, Any] = json.loads(file.read_text())
    assert found["machine"]["isa"] in _native.all_isas()
    return found, text


# ------------------------------------------------------------------------ whole models


@pytest.fixture(scope="module")
def zoo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    folder = tmp_path_factory.mktemp("zoo")
    (folder / "models" / "deeper").mkdir(parents=True)
    (folder / "models" / "deeper" / "fixed_batch.tflite").write_bytes(fixed_batch())
    names = ("hello_world", "mobilenet_v1", "lstm", "fixed_batch")
    only = [f"--only={name}" for name in names]
    return run_json("zoo.py", folder, f"--models={folder / 'models'}", *only, "--batches=1,3")


def fixed_batch() -> bytes:
    """A RESHAPE that allows one sample only: no runtime can be resized to more."""
    net = Network()
    q = Quantization(np.array([0.5], np.float32), np.array([3], np.int64), 0)
    x, y = net.input((1, 6), "INT8", q), net.output((2, 3), "INT8", q)
    net.operator("RESHAPE", [x, net.constant([2, 3], "INT32")], [y])
    return net.bytes()


def test_zoo_compares_and_times(zoo_run: tuple[dict[str, Any], str]) -> None:
    found, _ = zoo_run
    assert found["differing_outputs"] == 0
    models = {model["file"].removesuffix(".tflite"): model for model in found["models"]}
    assert set(models) == {
        *("hello_world_int8", "mobilenet_v1_0.25_128_quant", "keras_lstm_mnist_ptq"),
        "fixed_batch",
    }
    for name, model in models.items():
        assert model["not_run"] is None
        kinds = {"mobilenet_v1_0.25_128_quant": "uint8", "fixed_batch": "none"}
        assert model["kind"] == kinds.get(name, "int8")
        assert len(model["comparison"]["differing"]) == (4 if "hello" in name else 3)
        assert [(t["threads"], t["batch"]) for t in model["times"]] == [
            (1, 1),
            (1, 3),
            (2, 1),
            (2, 3),
        ]
        for t in model["times"]:
            resized = t["batch"] == 1 or "hello" in name
            ways = {"resized" if resized else "one by one"}
            assert set(t["by"].values()) == ways
            assert set(t["to_litert"]) == set(zoo.OURS)
            assert all(s["median"] > 0 and s["spread"] >= 0 for s in t["seconds"].values())
        assert [m["batch"] for m in model["memory"]] == [1, 3]
        assert set(model["memory"][0]["intlite"]) == {"process", "again"}


def test_zoo_sums_up(zoo_run: tuple[dict[str, Any], str]) -> None:
    found, text = zoo_run
    rows = {(r["threads"], r["batch"], r["models"]): r for r in found["summary"]}
    assert rows[1, 1, "all"]["count"] == 4
    assert rows[2, 3, "uint8"]["count"] == 1
    ratios = {m["file"]: m["times"][0]["to_litert"] for m in found["models"] if "times" in m}
    for who in zoo.OURS:
        of = [ratio[who] for ratio in ratios.values()]
        row = rows[1, 1, "all"]
        assert row["geometric_mean"][who] == pytest.approx(np.prod(of) ** (1 / 4))
        assert row["lowest"][who]["to_litert"] == min(of)
    assert "one by one" in text


def test_a_runtime_that_dies_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "no_model.tflite"
    path.write_bytes(b"")
    found = zoo.child(zoo.CONTEST, path / "missing")
    assert isinstance(found, str)
    assert "exit status" in found


def test_any_bit_counts_as_a_difference() -> None:
    a = np.array([[0.0, 1.0, np.nan]], np.float32)
    assert contest.differing([[a]], [[a.copy()]]) == 0
    assert contest.differing([[a]], [[-a]]) == 3  # the sign of zero too
    b = np.array([1, 2, 3], np.int8)
    assert contest.differing([[b], [b]], [[b], [b + np.int8(1)]]) == 3
    with pytest.raises(ValueError, match="outputs are int8"):
        contest.differing([[b]], [[b.view(np.uint8)]])


@pytest.mark.parametrize("type_name", ["FLOAT32", "INT8", "UINT8", "INT32", "BOOL"])
def test_inputs_are_of_the_type(type_name: str) -> None:
    net = Network()
    x = net.input((1, 5), type_name)
    y = net.output((1, 5), type_name)
    net.operator("RESHAPE", [x, net.constant([1, 5], "INT32")], [y])
    tensor = intlite.load(net.bytes()).inputs[0]
    drawn = contest.draw(tensor, 3)
    assert drawn.shape == (3, 5)
    assert drawn.dtype == tensor.dtype
    np.testing.assert_array_equal(drawn, contest.draw(tensor, 3))


# ----------------------------------------------------------------------------- kernels


def test_kernels(tmp_path: Path) -> None:
    model = ZOO / "resnet8_quant.tflite"
    isas = _native.supported_isas()[:2]
    chosen = [f"--isa={isa}" for isa in isas]
    found, text = run_json("kernels.py", tmp_path, *chosen, f"--model={model}")
    assert [k["isa"] for k in found["kernels"]] == isas
    for kernel in found["kernels"]:
        assert kernel["register_peak"] > 0
        assert [s["shape"] for s in kernel["shapes"]] == list(QUICK)
        for shape in kernel["shapes"]:
            assert shape["gmacs"] > 0
            assert shape["of_peak"] > 0
    assert set(found["bandwidths"]) == {"L2", "memory"}
    [layered] = found["models"]
    steps = layered["steps"]
    assert sum(s["share"] for s in steps) == pytest.approx(1)
    # 12.5 million multiplications, as the model's authors count them.
    assert sum(s["multiplications"] for s in steps) == pytest.approx(12.5e6, rel=0.01)
    assert "CONV_2D 3x3" in text
    assert sum(g["steps"] for g in layers.by_kind(steps)) == len(steps)


def test_operators(tmp_path: Path) -> None:
    file, model = tmp_path / "figures.json", ZOO / "resnet8_quant.tflite"
    text = run("operators.py", str(model), f"--json={file}")
    found = json.loads(file.read_text())["operators"]
    labels = [operator.label for operator in intlite.load(model).graph.operators]
    assert [o["operator"] for o in found] == labels
    assert all(min(o["litert"], o["intlite"]) > 0 for o in found)
    assert "\n0 outputs differ\n" in text
    assert f"{len(labels)} operators" in text


def test_flavours(tmp_path: Path) -> None:
    file, model = tmp_path / "figures.json", ZOO / "resnet8_quant.tflite"
    text = run("flavours.py", str(model), f"--json={file}")
    [found] = json.loads(file.read_text())
    assert set(found["ratios"]) == set(RUNTIMES)
    assert min(found["litert_ms"], *found["ratios"].values()) > 0
    assert "geometric mean" in text


@pytest.mark.parametrize("peak", [_native.register_peak, _native.float_register_peak])
@pytest.mark.parametrize("isa", _native.supported_isas())
def test_register_peak(isa: str, peak: Callable[[str, int], int]) -> None:
    once = peak(isa, 1)
    assert once > 0
    assert peak(isa, 5) == 5 * once
    assert peak(isa, 0) == 0


def test_register_peak_of_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="no such instruction set"):
        _native.register_peak("z80", 1)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str) -> None:
    case = SHAPES[name]("")
    assert case.products > 0
    case.run()
    # Saturated outputs would be an easier task for some kernels.
    assert (np.abs(case.outputs[0].astype(np.int16)) < 127).mean() > 0.5


# ----------------------------------------------------------------------------- scaling


def test_scaling(tmp_path: Path) -> None:
    found, text = run_json("scaling.py", tmp_path)
    assert [(s["kind"], s["axis"]) for s in found["series"]] == [
        (kind, axis) for kind in KINDS for axis in AXES
    ]
    for series in found["series"]:
        values = [p[series["axis"]] for p in series["points"]]
        assert values == list(AXES[series["axis"]][: len(values)])
        for point in series["points"]:
            assert point["us"] > 0
            assert point["arena_bytes"] >= 0
            assert sys.platform != "linux" or point["peak_bytes"] is not None
    assert "convolutions by batch" in text


@pytest.mark.parametrize("kind", KINDS)
def test_made_up_models(kind: str) -> None:
    point = Point(kind, width=16, depth=3)
    model = intlite.load(build(point))
    assert len(model.graph.operators) == 3
    program = model.session.program((model.inputs[0].shape,))
    assert program is not None
    assert program.work == products(point)
    y = model(contest.draw(model.inputs[0], 2))
    assert len(np.unique(y)) > 10  # not all zero, nor saturated


# ------------------------------------------------------------------------------ timing


def test_turns() -> None:
    calls: list[str] = []
    times = in_turns([lambda: calls.append("a"), lambda: calls.append("b")], 3, turn=1e-4, pause=0)
    assert [len(t.rounds) for t in times] == [3, 3]
    assert all(t.median > 0 for t in times)
    in_turn = "".join(calls).replace("aa", "a").replace("bb", "b")
    while in_turn != (in_turn := in_turn.replace("aa", "a").replace("bb", "b")):
        pass
    assert in_turn == "ab" * 4  # how many repeats, then three rounds


def test_no_round_begins_after_the_limit() -> None:
    [times] = in_turns([lambda: None], 10**6, turn=1e-5, pause=0, limit=0)
    assert len(times.rounds) == 2


def test_figures_of_times() -> None:
    times = Times((1.0, 2.0, 3.0, 4.0, 5.0))
    assert times.median == 3
    assert times.spread == pytest.approx(1 / 3)
    assert times.of(Times((2.0, 4.0, 6.0, 8.0, 100.0))) == 2
    assert geometric_mean([1, 4]) == pytest.approx(2)


# -------------------------------------------------------------- what a run's values decide


def test_values_compares_and_counts() -> None:
    text = run("values.py", "--only=hello_world", "--only=mobilenet_v1")
    lines = text.splitlines()
    for step in values.STEPS:
        assert [line.split()[-4] for line in lines if line.startswith(step)] == ["1", "2"]
    looks = [line for line in lines if line.startswith(("hello_world", "mobilenet_v1"))]
    assert [len(list(map(float, line.split()[1:]))) for line in looks] == [3, 3]
