"""Files that leave out the shapes of what operators compute, as the real runtimes run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Interpreter, IntliteError, Model, ModelError, UnsupportedOpError, schema
from intlite.schema.enums import BUILTIN_OPERATORS, TENSOR_TYPES
from intlite.schema.options import SoftmaxOptions
from intlite.schema.writer import write

from ..models import NO_TENSOR, Network, without_shapes
from ..oracles import Job, run
from ..sweeps import GENERATORS, compare, make_case
from ..sweeps.base import Arrays, Case, quantization
from ..sweeps.pairs import LEFT_OUT

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


def behind_a_reshape(case: Case) -> bytes:
    """The case with each input reshaped first to its own shape, which is an input too."""
    model = schema.read(case.build()[0])
    [graph] = model.subgraphs
    given = [] if graph.inputs is None else graph.inputs.tolist()
    tensors, inputs, before, new = list(graph.tensors), list(given), [], {}
    for i in given:
        tensors += [
            schema.Tensor(
                shape=np.array([len(np.atleast_1d(tensors[i].shape))], np.int32),
                type=TENSOR_TYPES.index("INT32"),
            ),
            tensors[i].replace(),
        ]
        inputs.append(len(tensors) - 2)
        new[i] = len(tensors) - 1
        before.append(
            schema.Operator(
                opcode_index=len(model.operator_codes),
                inputs=np.array([i, inputs[-1]], np.int32),
                outputs=np.array([new[i]], np.int32),
            )
        )
    after = [
        op.replace(inputs=np.array([new.get(i, i) for i in op.inputs.tolist()], np.int32))
        for op in graph.operators
        if op.inputs is not None
    ]
    code = BUILTIN_OPERATORS.index("RESHAPE")
    reshape = schema.OperatorCode(deprecated_builtin_code=code, builtin_code=code, version=1)
    graph = graph.replace(
        tensors=tuple(tensors),
        inputs=np.array(inputs, np.int32),
        operators=(*before, *after),
    )
    codes = (*model.operator_codes, reshape)
    return write(model.replace(subgraphs=(graph,), operator_codes=codes))


def outcome(data: bytes, arrays: Arrays) -> list[NDArray[np.generic]] | str:
    """Outputs, or the kind of error. Not of XNNPACK, which looks at what the file records."""
    try:
        y = Model(data, numerics="litert-builtin")(*arrays)
    except (IntliteError, TypeError) as error:
        return type(error).__name__
    return list(y) if isinstance(y, tuple) else [y]


@pytest.mark.parametrize("operator", [name for name in GENERATORS if name not in LEFT_OUT])
def test_each_operator_behind_a_shape_that_only_a_run_tells(operator: str) -> None:
    compared = 0
    for i in range(CASES):
        case = make_case(operator, 6, i)
        data, arrays = behind_a_reshape(case), case.build()[1]
        arrays = (*arrays, *(np.array(x.shape, np.int32) for x in arrays))
        expected, found = outcome(data, arrays), outcome(without_shapes(data), arrays)
        if found == ModelError.__name__:
            # Scales of a dimension that the file does not have: LiteRT refuses them too.
            assert case.kind.endswith("per channel")
            continue
        if isinstance(expected, str) or isinstance(found, str):
            assert isinstance(expected, str), f"{found}\n{case}"
            continue
        for y, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(y, theirs, str(case))
        compared += 1
    assert compared


def test_softmax_of_a_shape_that_only_a_run_tells() -> None:
    net = Network()
    x, shape = net.input((2, 6), "INT8", quantization(0.1)), net.input((2,), "INT32")
    inner = net.tensor((3, 4), "INT8", quantization(0.1))
    y = net.output((3, 4), "INT8", quantization(1 / 256, -128))
    net.operator("RESHAPE", [x, shape], [inner])
    net.operator("SOFTMAX", [inner], [y], SoftmaxOptions(beta=1))
    data = without_shapes(net.bytes())
    values = np.arange(-60, 60, 10).reshape(2, 6).astype(np.int8), np.array([4, 3], np.int32)
    for job in (Job(data, values, name) for name in LITERT):
        [result] = run([job])
        assert result.outputs is not None, result
        found = Model(data, numerics=job.flavour)(*values)
        np.testing.assert_array_equal(found, result.outputs[0])
