"""Steps that numpy computes, inside of native programs."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from intlite import Interpreter, Model
from intlite.engine.session import Backend
from intlite.ops import OPS, Op
from intlite.ops.plain import PlainOp
from tests.runs import every_tensor

from ..models import Network

SHAPE = (2, 3)


@pytest.fixture(autouse=True)
def numpy_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of an operator that has no kernel."""
    monkeypatch.setattr(PlainOp, "kernel", Op.kernel)


def chain() -> bytes:
    """a + b - b on float32."""
    net = Network()
    a, b = net.input(SHAPE, "FLOAT32"), net.input(SHAPE, "FLOAT32")
    total, out = net.tensor(SHAPE, "FLOAT32"), net.output(SHAPE, "FLOAT32")
    net.operator("ADD", [a, b], [total])
    net.operator("SUB", [total, b], [out])
    return net.bytes()


def arrays(samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x = np.arange(6 * samples, dtype=np.float32).reshape(-1, 3)
    return x, x[::-1].copy()


@pytest.mark.parametrize("samples", [0, 1, 300])
def test_in_a_program(samples: int) -> None:
    model = Model(chain(), num_threads=2)
    assert model.session.program((SHAPE, SHAPE)) is not None
    a, b = arrays(samples)
    np.testing.assert_array_equal(model(a, b), a)


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_every_tensor(backend: Backend) -> None:
    model = Model(chain())
    a, b = arrays(1)
    values = every_tensor(model.graph, model.numerics, [a, b], backend)
    np.testing.assert_array_equal(values[model.graph.outputs[0]], a)


def test_from_many_threads() -> None:
    model = Model(chain())
    a, b = arrays(50)
    found: list[NDArray[np.float32]] = []
    threads = [Thread(target=lambda: found.append(model(a, b))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for y in found:
        np.testing.assert_array_equal(y, a)


@pytest.mark.parametrize("samples", [1, 300])
def test_errors_come_through(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, a_b = Model(chain()), arrays(samples)

    def interrupted(node: object, inputs: object) -> None:
        raise KeyboardInterrupt

    plain = next(v.op for v in OPS["ADD"].variants if isinstance(v.op, PlainOp))
    with monkeypatch.context() as patch:
        patch.setattr(plain, "function", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model(*a_b)
        interpreter = Interpreter(model_content=chain())
        interpreter.allocate_tensors()
        with pytest.raises(KeyboardInterrupt):
            interpreter.invoke()
    np.testing.assert_array_equal(model(*a_b), a_b[0])


def test_wrong_shapes_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    model, a_b = Model(chain()), arrays(1)
    plain = next(v.op for v in OPS["ADD"].variants if isinstance(v.op, PlainOp))
    monkeypatch.setattr(plain, "function", lambda node, inputs: [inputs[0][:1]])
    with pytest.raises(RuntimeError, match=r"float32\[1, 3\]"):
        model(*a_b)
