"""UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF against the real runtimes: one run, and several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intlite import Interpreter, Model, UnsupportedOpError, schema
from intlite.interpreter import OpResolverType
from intlite.runtimes import RUNTIMES
from intlite.schema.options import SVDFOptions
from intlite.schema.writer import write

from ..sweeps import check, sweep
from ..sweeps.base import make_case, quantization
from ..sweeps.recurrent import LstmCase, SvdfCase, long_lstm
from .in_a_row import check_sequences

OPERATORS = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF")
KERAS_LSTM = Path(__file__).parent.parent / "zoo" / "models" / "keras_lstm_mnist_ptq.tflite"
OUTPUTS, MANY_OUTPUTS = 12_000, 120_000
SEQUENCES, MANY_SEQUENCES = 40, 500

each_operator = pytest.mark.parametrize("operator", OPERATORS)


@each_operator
def test_random_cases(operator: str) -> None:
    sweep(operator, 1, count(), OUTPUTS).check(OUTPUTS, {})


@pytest.mark.long
@each_operator
def test_many_random_cases(operator: str) -> None:
    sweep(operator, 2, count(), MANY_OUTPUTS).check(MANY_OUTPUTS, {})


@each_operator
def test_states_are_kept(operator: str) -> None:
    check_sequences(operator, 3, SEQUENCES)


@pytest.mark.long
@each_operator
def test_states_are_kept_often(operator: str) -> None:
    check_sequences(operator, 4, MANY_SEQUENCES)


def test_parts_in_order_are_the_whole() -> None:
    """A long sequence is run in parts, between which somebody may interrupt it."""
    case = long_lstm(np.random.default_rng(1), 1200, 64)
    data, [x] = case.build()
    model = Model(data)
    y = model(x)
    np.testing.assert_array_equal(Model(data, num_threads=3)(x), y)
    assert len(np.unique(y)) > 50
    trace = model.trace(x, backend="reference")
    np.testing.assert_array_equal(y, trace[model.graph.outputs[0]].quantized)


@each_operator
def test_samples_are_runs_of_their_own(operator: str) -> None:
    for i in range(20):
        case: Any = make_case(operator, 5, i)
        if operator != "SVDF":
            case = replace(case, time_major=False)
        data, (x,) = case.build()
        rng = np.random.default_rng(i)
        more = rng.integers(-128, 127, (3, *x.shape), np.int8, endpoint=True)
        model = Model(data, num_threads=2)
        alone = np.concatenate([model(one) for one in more])
        np.testing.assert_array_equal(model(np.concatenate(more)), alone)
        np.testing.assert_array_equal(
            np.asarray(model.trace(*[np.concatenate(more)]).outputs[0]), alone
        )


# ------------------------------------------------------------- what is refused


def changed(case: LstmCase | SvdfCase, change: Callable[..., Any]) -> bytes:
    """The case's model with its first operator changed; ``change`` gets it and the tensors."""
    model = schema.read(case.build()[0])
    main = model.subgraphs[0]
    operator = change(main.operators[0], main.tensors)
    return write(model.replace(subgraphs=(main.replace(operators=(operator,)),)))


def lstm_case() -> LstmCase:
    case = make_case(OPERATORS[0], 0, 0)
    assert isinstance(case, LstmCase)
    return case


def svdf_case() -> SvdfCase:
    case = make_case(OPERATORS[1], 0, 0)
    assert isinstance(case, SvdfCase)
    return case


def with_input(position: int, like: int) -> Callable[..., Any]:
    """Another tensor (-1: none) as the operator's input at a position."""

    def change(operator: Any, _: Any) -> Any:
        inputs = operator.inputs.copy()
        inputs[position] = operator.inputs[like] if like >= 0 else -1
        return operator.replace(inputs=inputs)

    return change


def with_options(**values: Any) -> Callable[..., Any]:
    return lambda op, _: op.replace(builtin_options=op.builtin_options.replace(**values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_input(1, -1), "CIFG"),
        (with_input(9, 12), "peephole"),
        (with_input(16, 5), "projection"),
        (with_input(20, 12), "layer normalization"),
        (with_options(diagonal_recurrent_tensors=True), "diagonal"),
        (with_options(fused_activation_function=1), "RELU"),
        (with_options(cell_clip=float("nan")), "cell_clip"),
        (with_options(cell_clip=-1.0), "cell_clip"),
        (with_input(18, 12), "next states"),
        (with_input(18, -1), "input 18 is absent"),
        (with_input(12, 1), "INT8"),
        (lambda op, _: op.replace(intermediates=None), "intermediate"),
        (lambda op, _: op.replace(inputs=op.inputs[:19]), "19 inputs"),
    ],
)
def test_refused_lstm(change: Callable[..., Any], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"{OPERATORS[0]} #0: .*{message}"):
        Model(changed(lstm_case(), change))


def test_refused_output_of_lstm() -> None:
    model = schema.read(lstm_case().build()[0])
    [main] = model.subgraphs
    [y] = np.asarray(main.operators[0].outputs)
    tensors = [t.replace(quantization=None) if i == y else t for i, t in enumerate(main.tensors)]
    data = write(model.replace(subgraphs=(main.replace(tensors=tuple(tensors)),)))
    with pytest.raises(UnsupportedOpError, match=f"{OPERATORS[0]} #0: output .* no quantization"):
        Model(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_input(4, 2), "next states"),
        (with_input(3, 1), "bias is INT8"),
        (with_options(rank=0), "rank 0"),
        (with_options(fused_activation_function=0), "NONE"),
        (lambda op, _: op.replace(builtin_options=SVDFOptions(rank=7919)), "7919"),
        (lambda op, _: op.replace(inputs=op.inputs[:4]), "4 inputs"),
    ],
)
def test_refused_svdf(change: Callable[..., Any], message: str) -> None:
    with pytest.raises(UnsupportedOpError, match=f"SVDF #0: .*{message}"):
        Model(changed(svdf_case(), change))


@pytest.mark.parametrize("log2", [-16, -8])
def test_cell_scales_out_of_range(log2: int) -> None:
    with pytest.raises(UnsupportedOpError, match="cell state .* scale"):
        Model(replace(lstm_case(), cell_log2=log2).build()[0])


def test_svdf_without_a_bias() -> None:
    """TFLite Micro crashes."""
    litert = [name for name in RUNTIMES if name != "tflm"]
    check(replace(svdf_case(), bias=None), litert)


def test_twenty_inputs() -> None:
    """Older files have none for layer normalization."""
    case = lstm_case()
    data = case.network(inputs=20)[0].bytes()
    np.testing.assert_array_equal(
        Model(data)(case.build()[1][0]), Model(case.build()[0])(case.build()[1][0])
    )


# --------------------------------------------------------------- the interpreter


@each_operator
@pytest.mark.parametrize("resolver", ["AUTO", "BUILTIN_REF"])
def test_resetting_and_resizing(operator: str, resolver: str) -> None:
    """Step by step beside LiteRT: outputs and variables."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    case: Any = make_case(operator, 6, 1)
    net, *states = case.network()
    data, (x,) = net.bytes(), case.build()[1]
    pair: list[Any] = [
        Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType[resolver]),
        litert.Interpreter(
            model_content=data,
            experimental_op_resolver_type=litert.OpResolverType[resolver],
        ),
    ]
    number = pair[0].get_input_details()[0]["index"]
    output = pair[0].get_output_details()[0]["index"]

    def both(do: Callable[[Any], Any]) -> None:
        ours, theirs = map(do, pair)
        np.testing.assert_array_equal(ours, theirs)

    def same() -> None:
        for i in states:
            both(lambda it: it.get_tensor(i))  # noqa: B023

    def step() -> None:
        both(lambda it: it.set_tensor(number, x))
        both(lambda it: it.invoke())
        both(lambda it: it.get_tensor(output))
        same()

    both(lambda it: it.allocate_tensors())
    same()
    step()
    step()
    both(lambda it: it.allocate_tensors())  # changes nothing
    step()
    both(lambda it: it.reset_all_variables())
    same()
    step()
    for i in states:
        both(lambda it: it.set_tensor(i, it.get_tensor(i)[::-1] // 2))  # noqa: B023
    step()
    both(lambda it: it.resize_tensor_input(number, [7, *x.shape[1:]]))
    both(lambda it: it.resize_tensor_input(number, x.shape))
    both(lambda it: it.allocate_tensors())
    same()
    step()


def test_intermediate_tensors_are_of_the_last_run() -> None:
    """Computed anew from what the variables were before it."""
    plain = Interpreter(KERAS_LSTM)
    keeping = Interpreter(KERAS_LSTM, experimental_preserve_all_tensors=True)
    of_lstm = next(op for op in keeping._get_ops_details() if op["op_name"] == OPERATORS[0])
    [x] = plain.get_input_details()
    rng = np.random.default_rng(0)
    for interpreter in (plain, keeping):
        interpreter.allocate_tensors()
    for _ in range(3):
        given = rng.integers(0, 255, x["shape"], np.uint8)
        for interpreter in (plain, keeping):
            interpreter.set_tensor(x["index"], given)
            interpreter.invoke()
        for i in of_lstm["outputs"]:
            np.testing.assert_array_equal(plain.get_tensor(i), keeping.get_tensor(i))


def test_a_variable_that_nothing_keeps_is_refused() -> None:
    case = svdf_case()
    net, state = case.network()
    net.operator("ABS", [state], [net.output(case.time.shape, "INT16", quantization(1))])
    with pytest.raises(UnsupportedOpError, match="ABS #1: .*is a variable, which ABS does not"):
        Model(net.bytes())
