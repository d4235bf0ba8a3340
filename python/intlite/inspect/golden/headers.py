"""The C files of an operator: its constants and prototype, its data, and the check program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.types import Node, Tensor
from ...ops.base import Constants
from ...ops.operator_table import OPS
from ..model_info import options_of
from .c_text import C_TYPES, array, comment, identifier, number
from .roundings import FORMULAS


@dataclass(frozen=True, eq=False)
class Argument:
    """One parameter of an operator's function: a tensor, and where its values are."""

    name: str
    tensor: Tensor
    value: NDArray[Any]
    samples: int
    is_output: bool

    @property
    def type(self) -> str:
        return C_TYPES[self.value.dtype.name]

    @property
    def size(self) -> int:
        """Elements of one sample; all of a constant."""
        return self.value.size if self.tensor.is_constant else self.value.size // self.samples

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        if self.tensor.is_constant or not self.tensor.shape:
            return self.tensor.shape
        return (self.value.shape[0] // self.samples, *self.value.shape[1:])

    @property
    def array(self) -> str:
        return f"tensor_{self.tensor.index}"

    @property
    def parameter(self) -> str:
        return f"{'' if self.is_output else 'const '}{self.type} *{self.name}"


@dataclass(frozen=True, eq=False)
class OperatorFiles:
    """What the C files of one operator say.

    Attributes:
        node: The operator.
        arguments: Its tensors, those that are absent left out.
        constants: From ``Op.constants``.
        arithmetic: Whose formulas it follows.
        samples: How many runs the data hold.
        model, numerics: For the comments.
        accumulators: The sums that are requantized, of all samples, if wanted.
    """

    node: Node
    arguments: tuple[Argument, ...]
    constants: Constants
    arithmetic: str
    samples: int
    model: str
    numerics: str
    accumulators: NDArray[np.int32] | None = None

    @property
    def function(self) -> str:
        return f"op_{self.node.operator.index}"

    def header(self) -> str:
        """Constants and the prototype: what an implementation includes."""
        guard = f"INTLITE_{self.function.upper()}_H"
        return "".join(
            f"{line}\n"
            for line in (
                *self._comment(),
                f"#ifndef {guard}",
                f"#define {guard}",
                "",
                "#include <stdint.h>",
                "",
                *self._definitions(),
                *self._prototype(),
                "",
                f"#endif /* {guard} */",
            )
        )

    def data(self) -> str:
        """The tensors' values, and their sizes."""
        guard = f"INTLITE_{self.function.upper()}_DATA_H"
        lines = [f"#ifndef {guard}", f"#define {guard}", ""]
        lines += [f'#include "{name}.h"' for name in dict.fromkeys(a.array for a in self.arguments)]
        lines += ["", f"#define {self._macro('samples')} {self.samples}"]
        for a in self.arguments:
            lines += [
                f"#define {self._macro(a.name)} {a.array}",
                f"#define {self._macro(a.name)}_SIZE {a.size}",
            ]
        return "\n".join([*lines, "", f"#endif /* {guard} */", ""])

    def check(self) -> str:
        """The program that compares the user's function with the data."""
        outputs = [a for a in self.arguments if a.is_output]
        return _template("check.c.in").substitute(
            function=self.function,
            label=comment(self.node.label),
            model=comment(self.model),
            numerics=self.numerics,
            samples=self.samples,
            file=f"check_{self.function}.c",
            header=f"{self.function}.h",
            data=f"{self.function}_data.h",
            elements=sum(a.size for a in outputs),
            outputs="".join(self._output(a) for a in outputs),
            calls="\n".join(self._calls(outputs)),
        )

    def sums(self) -> str:
        """The accumulators, if there are any."""
        name = f"{self.function}_accumulators"
        guard = f"INTLITE_{name.upper()}_H"
        values = np.zeros(0, np.int32) if self.accumulators is None else self.accumulators
        return (
            f"/* {comment(self.node.label)}: the sums that are requantized, bias included, of "
            f"{self.samples} samples. */\n#ifndef {guard}\n#define {guard}\n\n"
            f"#include <stdint.h>\n\n{array(name, values)}\n#endif /* {guard} */\n"
        )

    def check_requantize(self) -> str:
        """The program that compares the user's requantization with the data."""
        output = next(a for a in self.arguments if a.is_output)
        return _template("check_requantize.c.in").substitute(
            function=f"{self.function}_requantize",
            label=comment(self.node.label),
            model=comment(self.model),
            numerics=self.numerics,
            file=f"check_{self.function}_requantize.c",
            header=f"{self.function}.h",
            accumulators=f"{self.function}_accumulators",
            array=output.array,
            type=output.type,
            size=output.size,
            elements=output.value.size,
            channels=max(output.shape[-1], 1) if output.shape else 1,
        )

    def _calls(self, outputs: list[Argument]) -> Iterator[str]:
        for a in outputs:
            yield f"    spoil_{a.name}(sample);"
        given = [
            f"found_{a.name}"
            if a.is_output
            else a.array
            if a.tensor.is_constant
            else f"{a.array} + sample * {a.size}"
            for a in self.arguments
        ]
        yield f"    {self.function}({', '.join(given)});"
        for a in outputs:
            yield f"    compare_{a.name}(sample);"

    def _output(self, a: Argument) -> str:
        real = a.value.dtype.kind == "f"
        return _template("check_output.c.in").substitute(
            type=a.type,
            name=a.name,
            count=max(a.size, 1),
            rank=len(a.shape),
            rank1=max(len(a.shape), 1),
            shape=", ".join(map(str, a.shape)) or "1",
            size=a.size,
            array=a.array,
            label=comment(self.node.label),
            format="%a" if real else "%lld",
            wide="double" if real else "long long",
        )

    def _macro(self, name: str) -> str:
        return f"{self.function}_{identifier(name)}".upper()

    def _comment(self) -> Iterator[str]:
        yield f"/* {comment(self.node.label)} of {comment(self.model)}"
        yield f"   under {self.numerics}: {self.arithmetic} arithmetic."
        for name in ("rounding", "tail_rounding"):
            rounding = self.constants.get(name)
            if isinstance(rounding, str):
                where = (
                    f", channels from {self.constants['tail_channel']}" if "tail" in name else ""
                )
                yield ""
                yield f"   {rounding}{where}:"
                for line in FORMULAS[rounding]:
                    yield f"     {line}"
        if "block_lanes" in self.constants:
            yield ""
            yield "   Whole blocks of BLOCK_LANES elements, in runs of BLOCK_RUN, are rounded"
            yield "   otherwise than the rest: see the documentation of the arithmetic."
        yield "*/"

    def _definitions(self) -> Iterator[str]:
        for name, value in options_of(self.node.operator).items():
            if isinstance(value, str):
                yield f"/* {name}: {comment(value)} */"
        for a in self.arguments:
            q = a.tensor.quantization
            if q is not None and not q.per_channel:
                yield f"#define {self._macro(a.name)}_SCALE {number(q.scale[0])} /* {q.scale[0]} */"
                if f"{a.name}_zero_point" not in self.constants:
                    zero_point = number(int(q.zero_point[0]))
                    yield f"#define {self._macro(a.name)}_ZERO_POINT {zero_point}"
        for name, value in self.constants.items():
            if isinstance(value, np.ndarray):
                yield array(f"{self.function}_{name}", value).rstrip("\n")
            elif not isinstance(value, str):
                yield f"#define {self._macro(name)} {number(value)}"
        for a in self.arguments:
            q = a.tensor.quantization
            if q is not None and q.per_channel:
                yield array(f"{self.function}_{a.name}_scale", q.scale).rstrip("\n")

    def _prototype(self) -> Iterator[str]:
        yield ""
        yield "/* Write this: one sample. Shapes:"
        for a in self.arguments:
            yield f"     {a.name}: {list(a.shape)}"
        yield "*/"
        yield f"void {self.function}({', '.join(a.parameter for a in self.arguments)});"
        if self.accumulators is not None:
            output = next(a for a in self.arguments if a.is_output)
            yield ""
            yield "/* Or only this: an accumulator, bias included, to an output of its channel. */"
            yield f"{output.type} {self.function}_requantize(int32_t acc, int32_t channel);"


def tensor_header(tensor: Tensor, value: NDArray[Any], samples: int, writer: str | None) -> str:
    """One tensor's values."""
    name = f"tensor_{tensor.index}"
    guard = f"INTLITE_{name.upper()}_H"
    origin = f"written by {writer}" if writer else "constant" if tensor.is_constant else "input"
    includes = "#include <stdint.h>\n"
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        includes = "#include <math.h>\n" + includes
    count = "" if tensor.is_constant else f", {samples} samples"
    return (
        f"/* {comment(repr(tensor.name))}: {tensor.type} {list(value.shape)}, "
        f"{comment(origin)}{count}. */\n"
        f"#ifndef {guard}\n#define {guard}\n\n{includes}\n"
        f"{array(name, value)}\n#endif /* {guard} */\n"
    )


def arguments(
    node: Node, inputs: list[NDArray[Any] | None], outputs: list[NDArray[Any]], samples: int
) -> tuple[Argument, ...]:
    """An operator's tensors as parameters of a function."""
    found = []
    names = _input_names(node)
    for name, tensor, value in zip(names, node.inputs, inputs, strict=True):
        if tensor is not None and value is not None:
            found.append(Argument(name, tensor, value, samples, is_output=False))
    for i, (tensor, value) in enumerate(zip(node.outputs, outputs, strict=True)):
        name = "output" if len(node.outputs) == 1 else f"output_{i}"
        found.append(Argument(name, tensor, value, samples, is_output=True))
    return tuple(found)


def _input_names(node: Node) -> list[str]:
    count = len(node.inputs)
    if OPS[node.operator.name].filter_input == 1 and count <= 3:
        weights = "weights" if len(node.input(1).shape) == 2 else "filter"
        return ["input", weights, "bias"][:count]
    return ["input"] if count == 1 else [f"input_{i}" for i in range(count)]


def _template(name: str) -> Template:
    return Template((files(__package__) / name).read_text(encoding="utf-8"))
