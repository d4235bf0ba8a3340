"""Files that leave out the shapes of what operators compute, as the real runtimes run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Interpreter, Model, UnsupportedOpError
from intlite.schema.options import SoftmaxOptions

from ..models import NO_TENSOR, Network, without_shapes
from ..sweeps import GENERATORS, compare, make_case
from ..sweeps.base import Arrays, Case, quantization

# TFLite Micro believes the file.
LITERT = ("litert", "litert-builtin", "litert-reference")
CASES = 12


@dataclass(frozen=True)
class Shapeless(Case):
    """A case whose file has no shape for its output."""

    case: Case

    @property
    def kind(self) -> str:
        return self.case.kind

    @property
    def outputs(self) -> int:
        return self.case.outputs

    @property
    def tolerance(self) -> float:  # type: ignore[override]
        return self.case.tolerance

    @property
    def delegate_matters(self) -> bool:  # type: ignore[override]
        return self.case.delegate_matters

    def build(self) -> tuple[bytes, Arrays]:
        data, inputs = self.case.build()
        return without_shapes(data), inputs

    def terms(self, expected: Sequence[NDArray[np.generic]]) -> Sequence[NDArray[np.generic]]:
        return self.case.terms(expected)

    def refusal(self, flavour: str) -> str | None:
        return self.case.refusal(flavour)

    def is_misread(self, flavour: str) -> bool:
        return self.case.is_misread(flavour)


@pytest.mark.parametrize("operator", GENERATORS)
def test_each_operator_is_as_in_litert(operator: str) -> None:
    """XNNPACK looks at what the file records, and leaves some operators to other kernels."""
    cases = [Shapeless(make_case(operator, 5, i)) for i in range(CASES)]
    failures = [
        f"{found.flavour}: {found.failure}\n{case.case}"
        for case, row in zip(cases, compare(cases, LITERT), strict=True)
        for found in row
        if found.failure
    ]
    assert not failures, "\n".join(failures)


def softmax_of_a_dense_layer() -> bytes:
    net = Network()
    x = net.input((1, 4), "INT8", quantization(0.5))
    weights = net.constant(np.ones((3, 4)), "INT8", quantization(0.5))
    inner = net.tensor((1, 3), "INT8", quantization(0.5))
    y = net.output((1, 3), "INT8", quantization(1 / 256, -128))
    net.operator("FULLY_CONNECTED", [x, weights, NO_TENSOR], [inner])
    net.operator("SOFTMAX", [inner], [y], SoftmaxOptions(beta=1))
    return without_shapes(net.bytes())


def test_the_graph_has_the_shapes_and_the_file_has_not() -> None:
    model = Model(softmax_of_a_dense_layer())
    assert [t.shape for t in model.graph.tensors] == [(1, 4), (3, 4), (1, 3), (1, 3)]
    assert [t.shape for t in model.graph.as_in_file.tensors] == [(1, 4), (3, 4), (), ()]
    assert "int8[1, 3]" in repr(model)
    assert model(np.zeros((5, 4), np.int8)).shape == (5, 3)


def test_an_interpreter_tells_what_litert_tells() -> None:
    from ai_edge_litert.interpreter import Interpreter as LiteRT

    data = softmax_of_a_dense_layer()
    ours, real = Interpreter(model_content=data), LiteRT(model_content=data)
    for allocate in (False, True):
        if allocate:
            ours.allocate_tensors()
            real.allocate_tensors()
        for key in ("shape", "shape_signature"):
            expected = real.get_output_details()[0][key]
            np.testing.assert_array_equal(ours.get_output_details()[0][key], expected)


def test_a_true_scalar_stays_one() -> None:
    net = Network()
    x = net.input((), "INT8", quantization(0.5))
    inner = net.tensor((), "INT8", quantization(0.5))
    y = net.output((), "INT8", quantization(1 / 256, -128))
    net.operator("RELU", [x], [inner])
    net.operator("SOFTMAX", [inner], [y], SoftmaxOptions(beta=1))
    with pytest.raises(UnsupportedOpError, match=r"SOFTMAX #1: .* is a scalar"):
        Model(net.bytes())
