"""What Interpreter gives where LiteRT gives garbage: intermediate tensors, and other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import intlite
from intlite import Interpreter, InterpreterError, schema
from intlite.schema.writer import write
from tests.interpreter.side_by_side import NUMERICS, fill, models, outputs, value_for

MNIST = models()["mnist"]
SHOWN = [name for name in models() if name != "open batch"]  # it has a tensor without value


def ready(model: bytes = MNIST, **kwargs: Any) -> Interpreter:
    it = Interpreter(model_content=model, **kwargs)
    it.allocate_tensors()
    fill(it)
    it.invoke()
    return it


# ---------------------------------------------------------------- intermediate tensors


@pytest.mark.parametrize("preserve", [False, True])
@pytest.mark.parametrize("numerics", NUMERICS)
@pytest.mark.parametrize("name", SHOWN)
def test_every_tensor_equals_the_trace(name: str, numerics: str, preserve: bool) -> None:
    it = ready(models()[name], numerics=numerics, experimental_preserve_all_tensors=preserve)
    model = intlite.load(models()[name], numerics=numerics)
    for seed in (1, 2):
        fill(it, seed)
        it.invoke()
        inputs = [value_for(d, seed) for d in it.get_input_details()]
        trace = model.trace(*inputs)
        numbers = [d["index"] for d in it.get_tensor_details()]
        assert list(trace) == numbers
        for number in [*numbers, *reversed(numbers)]:
            found = np.asarray(it.get_tensor(number))
            expected = trace[number].quantized
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(outputs(it)[0], trace.outputs[0].quantized)


@pytest.mark.parametrize("preserve", [False, True])
def test_every_tensor_of_a_batch(preserve: bool) -> None:
    it = Interpreter(model_content=MNIST, experimental_preserve_all_tensors=preserve)
    it.resize_tensor_input(0, (33, 28, 28))
    it.allocate_tensors()
    fill(it)
    it.invoke()
    trace = intlite.load(MNIST).trace(it.get_tensor(0))
    for number in trace:
        np.testing.assert_array_equal(it.get_tensor(int(number)), trace[number].quantized)


def test_inputs_that_were_set_but_not_run() -> None:
    it = ready()
    old = it.get_tensor(10)
    it.set_tensor(0, value_for(it.get_input_details()[0], 5))
    with pytest.raises(ValueError, match=r"Tensor 8 .*inputs changed since the last invoke"):
        it.get_tensor(8)
    # The outputs are still those of the last run, and constants are constants.
    np.testing.assert_array_equal(it.get_tensor(10), old)
    assert it.get_tensor(3).shape == (10, 128)
    it.invoke()
    trace = intlite.load(MNIST).trace(it.get_tensor(0))
    np.testing.assert_array_equal(it.get_tensor(8), trace[8].quantized)


def test_inputs_that_were_changed_through_a_view() -> None:
    it = ready()
    it.tensor(0)()[...] = 0
    with pytest.raises(ValueError, match="inputs changed"):
        it.get_tensor(8)
    it.invoke()
    zeros = np.zeros((1, 28, 28), np.uint8)
    expected = intlite.load(MNIST).trace(zeros)[8].quantized
    np.testing.assert_array_equal(it.get_tensor(8), expected)


def test_no_intermediate_tensor_before_the_first_run() -> None:
    it = Interpreter(model_content=MNIST)
    with pytest.raises(ValueError, match="allocate_tensors"):
        it.get_tensor(8)
    it.allocate_tensors()
    with pytest.raises(ValueError, match="invoke"):
        it.get_tensor(8)


def test_no_output_of_a_dynamic_model_before_the_first_run() -> None:
    it = Interpreter(model_content=models()["dynamic"])
    it.allocate_tensors()
    with pytest.raises(ValueError, match="invoke"):
        it.get_tensor(3)


def test_tensor_that_nothing_writes() -> None:
    it = ready(models()["open batch"])
    with pytest.raises(ValueError, match="no operator writes it"):
        it.get_tensor(2)


def test_preserved_tensors_stay_when_inputs_change() -> None:
    it = ready(experimental_preserve_all_tensors=True)
    old = it.get_tensor(8)
    it.set_tensor(0, value_for(it.get_input_details()[0], 5))
    np.testing.assert_array_equal(it.get_tensor(8), old)


def test_dynamic_shapes_follow_the_values() -> None:
    it = ready(models()["dynamic"])
    x = it.get_tensor(0)
    for shape in ([6, 1], [1, -1], [2, 3], [-1, 2]):
        it.set_tensor(1, np.array(shape, np.int32))
        it.invoke()
        expected = x.reshape(shape)
        assert it.get_tensor(3).shape == expected.shape
        np.testing.assert_array_equal(it.get_tensor(2), expected)
        assert it.get_output_details()[0]["shape"].tolist() == list(expected.shape)
    it.set_tensor(1, np.array([4, -1], np.int32))
    with pytest.raises(InterpreterError, match=r"RESHAPE #0.*6 elements.*\[4, -1\]"):
        it.invoke()
    it.set_tensor(1, np.array([3, 2], np.int32))
    it.invoke()
    assert it.get_tensor(3).shape == (3, 2)


# ------------------------------------------------------------------- who owns an array


@pytest.mark.parametrize("preserve", [False, True])
def test_arrays_are_the_caller_s(preserve: bool) -> None:
    it = ready(experimental_preserve_all_tensors=preserve)
    for number in (0, 3, 8, 10):  # input, constant, intermediate, output
        array = it.get_tensor(number)
        before = array.copy()
        array[...] = 1
        np.testing.assert_array_equal(it.get_tensor(number), before)
        assert it._safe_to_run()


def test_constants_can_not_be_changed() -> None:
    it = ready()
    with pytest.raises(ValueError, match="read-only"):
        it.tensor(3)()[...] = 0
    for number in (3, 8, 10):
        detail = it.get_tensor_details()[number]
        with pytest.raises(ValueError, match="Cannot set tensor: .* is neither an input"):
            it.set_tensor(number, np.zeros(detail["shape"], detail["dtype"]))
        # LiteRT resizes them, and crashes in the next run.
        with pytest.raises(RuntimeError, match="is not an input"):
            it.resize_tensor_input(number, [1, 1])
    it.invoke()


def test_view_outlives_the_interpreter() -> None:
    it = ready()
    expected = it.get_tensor(0)
    view = it.tensor(0)()
    del it
    np.testing.assert_array_equal(view, expected)


def test_scalar_results_are_numpy_scalars() -> None:
    it = ready(models()["scalar output"])
    assert type(it.get_tensor(1)) is np.int8
    # The view of a scalar is one, and counts: LiteRT gives a copy.
    view = it.tensor(1)()
    assert view.shape == ()
    assert not it._safe_to_run()


# ------------------------------------------------------------------------------- files


def test_buffers_of_other_types() -> None:
    expected = outputs(ready())
    for content in (bytearray(MNIST), memoryview(MNIST)):
        it = Interpreter(model_content=content)
        if isinstance(content, bytearray):
            content[:] = bytes(len(content))  # later changes must not matter
        it.allocate_tensors()
        fill(it)
        it.invoke()
        np.testing.assert_array_equal(outputs(it)[0], expected[0])


def test_path_as_bytes(tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(MNIST)
    path: Any = str(file).encode()
    it = Interpreter(model_path=path)
    assert it.get_input_details()[0]["shape"].tolist() == [1, 28, 28]


def test_content_as_text(tmp_path: Path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(MNIST)
    content: Any = str(file)
    with pytest.raises(TypeError, match="bytes"):
        Interpreter(model_content=content)


def test_unsupported_operators_are_all_named() -> None:
    model = schema.read(MNIST)
    codes = tuple(
        c.replace(builtin_code=27, deprecated_builtin_code=27) for c in model.operator_codes
    )
    with pytest.raises(intlite.UnsupportedOpError) as caught:
        Interpreter(model_content=write(model.replace(operator_codes=codes)))
    assert len(caught.value.reasons) > 1
    assert all(reason in str(caught.value) for reason in caught.value.reasons)


def test_delegates_are_refused() -> None:
    with pytest.raises(ValueError, match="delegates"):
        Interpreter(model_content=MNIST, experimental_delegates=[object()])


def test_numerics() -> None:
    for numerics in NUMERICS:
        it = Interpreter(model_content=MNIST, numerics=numerics)
        assert it.numerics == numerics
        assert numerics in repr(it)
    with pytest.raises(ValueError, match="litert"):
        Interpreter(model_content=MNIST, numerics="nonsense")


@pytest.mark.parametrize("batch", [0, 1, 2, 33, 500])
def test_threads_do_not_change_results(batch: int) -> None:
    found = []
    for threads in (None, 1, 2, 7):
        it = Interpreter(model_content=MNIST, num_threads=threads)
        it.resize_tensor_input(0, (batch, 28, 28))
        it.allocate_tensors()
        fill(it)
        it.invoke()
        found.append(it.get_tensor(10))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    assert found[0].shape == (batch, 10)


def test_inner_tensors_where_shapes_depend_on_values() -> None:
    """They are those of the last run, whatever became of the inputs since."""
    kept = ready(models()["dynamic"], experimental_preserve_all_tensors=True)
    found = ready(models()["dynamic"])
    place = found.get_input_details()[0]["index"]
    found.set_tensor(place, np.zeros_like(found.get_tensor(place)))
    for detail in kept.get_tensor_details():
        i = detail["index"]
        np.testing.assert_array_equal(found.get_tensor_details()[i]["shape"], detail["shape"])
        if i not in [d["index"] for d in kept.get_input_details()]:
            np.testing.assert_array_equal(found.get_tensor(i), kept.get_tensor(i))
