"""The package as such: what an import loads, the stub, the version, the environment."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import intlite
from intlite import _native

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "mnist_model_quant.tflite"
PACKAGE = Path(intlite.__file__).parent

INFERENCE = "intlite.load({model!r})(numpy.zeros((1, 28, 28), numpy.uint8))"
# Modules that `import intlite` loads, and that running any model then needs.
LOADED = {
    *("intlite", "intlite._native", "intlite.call_arguments", "intlite.errors"),
    *("intlite.engine", "intlite.engine.samples", "intlite.engine.segment"),
    "intlite.engine.session",
    *("intlite._util.fork", "intlite.model"),
    *("intlite.graph", "intlite.graph.build", "intlite.graph.states"),
    "intlite.graph.types",
    *("intlite.plan", "intlite.plan.arena", "intlite.plan.fuse_rows"),
    "intlite.plan.fold_lookup_tables",
    *("intlite.plan.program", "intlite.plan.passes", "intlite.plan.shapes"),
    *("intlite.plan.operators", "intlite.plan.steps"),
    *("intlite._util", "intlite._util.memory_limit", "intlite._util.once"),
    "intlite.model_bytes",
    "intlite.quantization",
    *("intlite._util.record", "intlite.runtimes"),
    *("intlite.runtimes.functions", "intlite.runtimes.policy", "intlite.runtimes.rounding"),
    *("intlite.ops", "intlite.ops.base", "intlite.ops.index", "intlite.ops.operator_table"),
    "intlite.ops.reshape",
    *("intlite.schema", "intlite.schema.enums", "intlite.schema.options"),
    *("intlite.schema.reader", "intlite.schema.tables"),
}
# Modules that come with the operators of the model.
OPERATORS = {
    *("intlite.ops.fully_connected", "intlite.ops.quantize", "intlite.ops.requantize"),
    "intlite.ops.weights",
    *("intlite.reference", "intlite.reference.fixed_point"),
    *("intlite.reference.fully_connected", "intlite.reference.quantize"),
    *("intlite.reference.requantize", "intlite._util.exhaustive"),
    *("intlite.runtimes.litert_optimized", "intlite.runtimes.xnnpack"),
    "intlite.runtimes.xnnpack_nodes",
}
# Of those that the import loads, the ones of which an inference calls no function: they
# only hold what others use.
NOT_CALLED = {
    *("intlite", "intlite._native", "intlite.errors", "intlite.graph", "intlite.plan"),
    *("intlite.ops", "intlite.ops.index", "intlite.runtimes.functions", "intlite.schema"),
    *("intlite._util", "intlite.engine", "intlite.engine.samples", "intlite.runtimes.rounding"),
    "intlite.plan.operators",  # for operators by themselves, constants folded at load among them
    "intlite.call_arguments",  # for arrays that the native face does not take as they are
}
HEAVY = {
    *("ai_edge_litert", "concurrent.futures", "flatbuffers", "fractions", "json", "logging"),
    *("multiprocessing", "typing_extensions", "unittest", "zipfile"),
}


def child(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k != "INTLITE_ISA"}
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={**clean, **environment},
        check=False,
    )


# ------------------------------------------------------------------------------ import


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Modules by when they are loaded, and of which of them functions were called."""
    done = child(f"""
import json, sys, numpy
numpy_s = set(sys.modules)
import intlite
after_import = set(sys.modules)
called = set()
sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_filename))
{INFERENCE.format(model=str(MODEL))}
sys.setprofile(None)
own = [n for n in sys.modules if n == "intlite" or n.startswith("intlite.")]
print(json.dumps({{
    "by import": sorted(after_import - numpy_s),
    "by inference": sorted(set(sys.modules) - after_import),
    "called": [n for n in own if sys.modules[n].__file__ in called],
}}))
""")
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_import_loads_what_an_inference_uses(loaded: dict[str, list[str]]) -> None:
    own = {n for n in loaded["by import"] if n.split(".")[0] == "intlite"}
    assert own == LOADED
    assert own - set(loaded["called"]) == NOT_CALLED


def test_import_loads_nothing_heavy(loaded: dict[str, list[str]]) -> None:
    assert not HEAVY & set(loaded["by import"])


def test_inference_loads_its_operators_only(loaded: dict[str, list[str]]) -> None:
    found = {n for n in loaded["by inference"] if n.split(".")[0] == "intlite"}
    assert found == OPERATORS


def test_inference_loads_nothing_else(loaded: dict[str, list[str]]) -> None:
    assert [n for n in loaded["by inference"] if n.split(".")[0] != "intlite"] == []


def test_prints_nothing() -> None:
    done = child(f"""
import numpy, intlite
{INFERENCE.format(model=str(MODEL))}
it = intlite.Interpreter({str(MODEL)!r}, num_threads=2)
it.allocate_tensors()
it.invoke()
try:
    intlite.load(b"nonsense")
except ValueError:
    pass
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_warns_of_nothing() -> None:
    script = f"import numpy, intlite\n{INFERENCE.format(model=str(MODEL))}\nintlite.Interpreter"
    done = child(script, PYTHONWARNINGS="error", PYTHONDEVMODE="1")
    assert (done.returncode, done.stderr) == (0, "")


MODULES = [
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    for file in sorted(PACKAGE.glob("*.py"))
    if not file.stem.startswith("_")
]


@pytest.mark.parametrize("module", [*MODULES, "intlite.schema.writer"])
def test_each_module_can_be_imported_first(module: str) -> None:
    done = child(f"import {module}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ------------------------------------------------------------------------------- names


def test_all_names_resolve() -> None:
    for name in intlite.__all__:
        assert getattr(intlite, name) is not None
    assert set(intlite.__all__) <= set(dir(intlite))
    assert len(set(intlite.__all__)) == len(intlite.__all__)
    names: dict[str, object] = {}
    exec("from intlite import *", names)
    assert set(intlite.__all__) <= set(names)


def test_unknown_names_are_attribute_errors() -> None:
    name = "no_such_name"
    with pytest.raises(AttributeError, match=r"'intlite' has no attribute 'no_such_name'"):
        getattr(intlite, name)
    assert not hasattr(intlite, "interpretr")


def test_version() -> None:
    assert intlite.__version__ == importlib.metadata.version("intlite")
    assert re.fullmatch(r"\d+\.\d+\.\d+", intlite.__version__)


def test_errors_are_intlite_s_and_builtin() -> None:
    expected = {
        intlite.ModelError: ValueError,
        intlite.ShapeError: ValueError,
        intlite.UnsupportedOpError: NotImplementedError,
        intlite.MemoryLimitError: MemoryError,
        intlite.MissingExtraError: ImportError,
        intlite.InterpreterError: RuntimeError,
    }
    for error, builtin in expected.items():
        assert issubclass(error, intlite.IntliteError)
        assert issubclass(error, builtin)


def test_runtimes() -> None:
    found = intlite.runtimes()
    names = [r.numerics for r in found]
    assert names == ["litert", "litert-builtin", "litert-reference", "tflm"]
    for runtime in found:
        assert runtime.runtime
        assert runtime.rounding
        assert re.search(r"\d", runtime.verified)
        assert runtime.cpu in ("any", "x86-64")
        assert intlite.load(MODEL, numerics=runtime.numerics).numerics == runtime.numerics


# --------------------------------------------------------------------------------- ISA


def test_cpu() -> None:
    cpu = intlite.cpu()
    assert cpu.active in cpu.supported
    assert "portable" in cpu.supported
    assert set(cpu.supported) <= set(cpu.built)


@pytest.mark.parametrize("isa", _native.supported_isas())
def test_isa_from_the_environment(isa: str) -> None:
    script = f"""
import numpy, intlite
x = numpy.arange(3 * 784, dtype=numpy.int64).reshape(3, 28, 28).astype(numpy.uint8)
print(intlite.cpu().active, intlite.load({str(MODEL)!r})(x).tolist())
"""
    plain, forced = child(script), child(script, INTLITE_ISA=isa)
    assert forced.stdout.split(" ", 1)[0] == isa
    assert forced.stdout.split(" ", 1)[1] == plain.stdout.split(" ", 1)[1]


def test_empty_isa_is_the_best_one() -> None:
    done = child("import intlite; print(intlite.cpu().active)", INTLITE_ISA="")
    assert done.stdout.strip() == intlite.cpu().supported[0]


def test_unknown_isa_is_refused() -> None:
    script = """
try:
    import intlite
except (ImportError, ValueError) as error:
    print(error)
"""
    done = child(script, INTLITE_ISA="nonsense")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "INTLITE_ISA=nonsense: no such instruction set\n"


MISSING = sorted(set(_native.all_isas()) - set(_native.supported_isas()))


@pytest.mark.skipif(not MISSING, reason="this processor has all instruction sets")
@pytest.mark.parametrize("isa", MISSING)
def test_isa_that_is_not_there_is_refused(isa: str) -> None:
    done = child("import intlite", INTLITE_ISA=isa)
    assert done.returncode == 1
    assert f"INTLITE_ISA={isa}: this processor does not have it" in done.stderr


# -------------------------------------------------------------------------- stub, size


def test_stub_is_what_the_module_has(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy.stubtest", "intlite._native", "--concise"),
            *("--allowlist", str(ROOT / "tests" / "stubtest_allowlist.txt")),
            "--ignore-unused-allowlist",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("method", ["set_tensor", "get_tensor", "invoke"])
def test_native_methods_have_signatures(method: str) -> None:
    assert next(iter(inspect.signature(getattr(intlite.Interpreter, method)).parameters)) == "self"


def test_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "_native.pyi").exists()


@pytest.mark.skipif(
    not list(PACKAGE.glob("_native*.so")) + list(PACKAGE.glob("_native*.pyd")),
    reason="an editable install has its library elsewhere",
)
def test_size() -> None:
    files = [f for f in PACKAGE.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    assert sum(f.stat().st_size for f in files) < 3_000_000
    assert not [f for f in files if f.suffix in (".cc", ".h")]
