"""Models of several operators: a random case with steps before it and behind, or steps alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intlite import schema
from intlite.quantization import per_tensor
from intlite.runtimes import RUNTIMES

from .base import GENERATORS, Arrays, Case, make_case
from .steps import EIGHT_BIT, STEPS, Drawn, apply

# Operators whose models have several subgraphs, and those that fail for some values of the
# right type, or whose outputs' shapes depend on them.
LEFT_OUT = ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE")
OF_CHOSEN_VALUES = ("DIV", "FLOOR_DIV", "FLOOR_MOD", "RANGE", "SQRT", "RSQRT", "WHERE", "CAST")
CHANNELS = (1, 3, 4, 8, 16, 19)
# How many cases are looked at for one that steps fit to.
TRIES = 4
OPERATORS = [name for name in GENERATORS if name not in LEFT_OUT]
# Operators whose outputs may be quantized in any way.
FREE = ("ADD", "SUB", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "QUANTIZE")


@dataclass(frozen=True, eq=False)
class Assembled(Case):
    """A model that is there already; ``core`` is the random case in its midst, if there is one."""

    operator: ClassVar[str] = "several"
    delegate_matters: ClassVar[bool] = False

    steps: tuple[str, ...]
    model: bytes
    inputs: Arrays
    count: int
    core: Case | None = None

    @property
    def kind(self) -> str:
        return ", ".join(self.steps)

    @property
    def outputs(self) -> int:
        return self.count

    def build(self) -> tuple[bytes, Arrays]:
        return self.model, self.inputs

    def refusal(self, flavour: str) -> str | None:
        # Some step's type or shape is nothing for TFLite Micro.
        if flavour == "tflm":
            return ""
        return None if self.core is None else self.core.refusal(flavour)

    @property
    def is_exact(self) -> bool:
        """Whether the runtimes run it, but for TFLite Micro's types, and to the last bit."""
        if self.core is None:
            return True
        refusals = (self.core.refusal(name) for name in RUNTIMES if name != "tflm")
        return "float32" not in self.core.kind and not any(refusals)

    def is_misread(self, flavour: str) -> bool:
        return self.core is not None and self.core.is_misread(flavour)

    def __str__(self) -> str:
        return self.kind


def with_steps(case: Case, turn: int, rng: Generator) -> Assembled:
    """The case with a step before its first input that takes one, and steps behind its outputs.

    ``turn``: which steps these are, of those that fit.
    """
    data, arrays = case.build()
    net = Drawn.of(schema.read(data))
    net.rng = rng
    operators = [net.code(operator) for operator in net._operators]
    given: dict[int, NDArray[Any]] = dict(zip(net._inputs, arrays, strict=True))
    before: list[str] = []
    if not set(operators) & set(OF_CHOSEN_VALUES):
        tries = (_write(net, x, turn, given) for x in list(net._inputs))
        before = next(filter(None, tries), [])
    after = [name for y in list(net._outputs) for name in _go_on(net, y, turn)]
    inputs = tuple(given[i] if i in given else net.values(i) for i in net._inputs)
    core = f"[{case.kind} {' '.join(operators)}]"
    steps = (*before, core, *after)
    return Assembled(steps, net.bytes(), inputs, len(net._outputs), case)


def _write(net: Drawn, x: int, turn: int, given: dict[int, NDArray[Any]]) -> list[str]:
    """Let an input of the model be computed by a step, from an input like it."""
    source = x
    if is_real := net.type_name(x) == "FLOAT32":
        source = net.tensor(net.shape(x), "INT8", per_tensor(0.03, -5))
    if not (names := net.fitting(source)):
        return []
    name = names[turn % len(names)]
    later, net._operators = net._operators, []
    at = net._inputs.index(x)
    net._inputs[at] = source = net.like(source)
    value = given.pop(x)
    given[source] = net.values(source) if is_real else value
    y = apply(net, name, source)
    last = net._operators[-1]
    if is_real:
        net.operator("DEQUANTIZE", [y], [x])
    elif net.type_name(y) == net.type_name(x) and (
        net.code(last) in FREE or net.quantization(y) == net.quantization(x)
    ):
        net._operators[-1] = last.replace(outputs=np.array([x], np.int32))
    else:
        net.operator("QUANTIZE", [y], [x])
    net._operators += later
    return [name]


def _go_on(net: Drawn, y: int, turn: int) -> list[str]:
    """Let an output of the model be what steps make of it."""
    last = y
    if net.type_name(y) == "FLOAT32" and 0 not in net.shape(y):
        last = net.tensor(net.shape(y), "INT8", per_tensor(0.05, 7))
        net.operator("QUANTIZE", [y], [last])
    made: list[str] = []
    for more in (0, int(net.rng.integers(len(STEPS)))):
        if names := net.fitting(last):
            made.append(names[(7 * turn + 3 + more) % len(names)])
            last = apply(net, made[-1], last)
    if last != y:
        at = net._outputs.index(y)
        keeps = bool(net.rng.random() < 0.15)  # visible, so no step may take it over
        net._outputs[at + keeps : at + 1] = [last]
    return made


def draw_pair(operator: str, seed: int, index: int) -> Assembled:
    """Pair number ``index`` of an operator: each step comes before it and behind it in turn."""
    rng = np.random.default_rng([seed, index, OPERATORS.index(operator)])
    first = TRIES * index + index % TRIES  # so that cases of each type are the first
    for number in range(first, first + TRIES):
        pair = with_steps(make_case(operator, seed, number), index, rng)
        if len(pair.steps) > 1:
            break
    return pair


def draw_chain(seed: int, index: int, length: int = 5) -> Assembled:
    """Steps of an image one behind the other, some joined with a tensor further above."""
    rng = np.random.default_rng([seed, index])
    net = Drawn()
    net.rng = rng
    type_name = EIGHT_BIT[index % 2]
    shape: tuple[int, ...] = (1, *rng.integers(2, 12, 2).tolist(), int(rng.choice(CHANNELS)))
    if rng.random() < 0.4:  # of whole blocks of elements, though a row is none
        shape = (1, 4, int(rng.choice([3, 5, 7, 9])), 8)
    q = per_tensor(float(rng.choice([0.05, 0.0625])), 3 + 128 * (type_name == "UINT8"))
    x = net.input(shape, type_name, q)
    above, done = [x], [type_name.lower()]
    for _ in range(length):
        name = str(rng.choice(list(STEPS)))
        x = apply(net, name, x)
        alike = [t for t in above if net.type_name(t) == net.type_name(x)]
        if alike and rng.random() < 0.3:
            y = net.like(x, net.rescaled(x, 1.5))
            net.operator("ADD", [x, int(rng.choice(alike))], [y], schema.options.AddOptions())
            x, name = y, f"{name} and a tensor above"
        if rng.random() < 0.1:
            net._outputs.append(x)
        above.append(x)
        done.append(name)
    if x not in net._outputs:
        net._outputs.append(x)
    inputs = tuple(net.values(i) for i in net._inputs)
    return Assembled(tuple(done), net.bytes(), inputs, len(net._outputs))
