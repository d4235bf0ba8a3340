"""Interpreter's constructor and the form of its methods beside LiteRT's."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import interpreter as litert

from intlite import interpreter as own
from tests.interpreter.side_by_side import (
    MODEL_FOLDER,
    attempt,
    fill,
    outputs,
)

MNIST = str(MODEL_FOLDER / "mnist_model_quant.tflite")
CONTENT = (MODEL_FOLDER / "simple_model_quant.tflite").read_bytes()


REFUSED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "both": {"model_path": MNIST, "model_content": CONTENT},
    "empty content": {"model_content": b""},
    "empty path": {"model_path": ""},
    "path of a wrong type": {"model_path": 3},
    "content of a wrong type": {"model_content": 5},
    "no threads": {"model_path": MNIST, "num_threads": 0},
    "numpy's integer threads": {"model_path": MNIST, "num_threads": np.int64(2)},
    "threads as text": {"model_path": MNIST, "num_threads": "2"},
    "resolver None": {"model_path": MNIST, "experimental_op_resolver_type": None},
    "resolver by number": {"model_path": MNIST, "experimental_op_resolver_type": 1},
    "resolver before threads": {"num_threads": 0, "experimental_op_resolver_type": 1},
    "threads before model": {"num_threads": 0},
    "unknown argument": {"model_path": MNIST, "unknown": 1},
}
# These are pybind11's words, or name an own type.
OTHER_WORDS = ("path of a wrong type", "content of a wrong type")


@pytest.mark.parametrize("case", list(REFUSED))
def test_constructor_refuses(case: str) -> None:
    theirs = attempt(lambda: litert.Interpreter(**REFUSED[case]))
    ours = attempt(lambda: own.Interpreter(**REFUSED[case]))
    assert theirs.error is not None
    assert ours.error == theirs.error
    assert ours.message == theirs.message or case in OTHER_WORDS


@pytest.mark.parametrize(
    "arguments",
    [
        {"model_path": Path(MNIST)},
        {"model_content": CONTENT, "num_threads": True},
        {"model_path": MNIST, "num_threads": 1000},
        {"model_path": MNIST, "experimental_delegates": []},
        {"model_path": MNIST, "experimental_disable_delegate_clustering": True},
        {"model_path": MNIST, "experimental_disable_delegate_node_fusion": True},
        {"model_path": MNIST, "experimental_force_delegate_node_profiling": True},
    ],
    ids=lambda arguments: "-".join(arguments),
)
def test_constructor_takes(arguments: dict[str, Any]) -> None:
    both = [module.Interpreter(**arguments) for module in (litert, own)]
    for it in both:
        it.allocate_tensors()
        fill(it)
        it.invoke()
    np.testing.assert_array_equal(*[outputs(it)[0] for it in both])


def test_constructor_has_litert_s_arguments() -> None:
    theirs, ours = (
        inspect.signature(m.Interpreter.__init__).parameters.values() for m in (litert, own)
    )
    assert [(p.name, p.kind) for p in theirs] == [(p.name, p.kind) for p in ours][: len(theirs)]
    for p, q in zip(theirs, ours, strict=False):
        # Each has an OpResolverType of its own.
        assert getattr(p.default, "name", p.default) == getattr(q.default, "name", q.default)


def test_resolver_types_are_litert_s() -> None:
    theirs, ours = ([(m.name, m.value) for m in x.OpResolverType] for x in (litert, own))
    assert ours == theirs


@pytest.mark.parametrize(
    ("resolver", "numerics"),
    [
        ("AUTO", "litert"),
        ("BUILTIN", "litert"),
        ("BUILTIN_REF", "litert-reference"),
        ("BUILTIN_WITHOUT_DEFAULT_DELEGATES", "litert-builtin"),
    ],
)
def test_takes_litert_s_resolver_type_too(resolver: str, numerics: str) -> None:
    theirs = litert.OpResolverType[resolver]
    it = own.Interpreter(MNIST, experimental_op_resolver_type=theirs)
    assert it.numerics == numerics


PROTOCOL = [
    n for n in dir(litert.Interpreter) if callable(getattr(litert.Interpreter, n)) and n[0] != "_"
]


@pytest.mark.parametrize("method", PROTOCOL)
def test_methods_have_litert_s_parameters(method: str) -> None:
    function = getattr(own.Interpreter, method)
    theirs = inspect.signature(getattr(litert.Interpreter, method)).parameters
    # Native methods may be described without self.
    names = [n for n in inspect.signature(function).parameters if n != "self"]
    assert names == [n for n in theirs if n != "self"]
