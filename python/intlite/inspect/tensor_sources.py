"""The other side of a comparison: a model, a real runtime, or tensors from elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import schema
from ..call_arguments import Batch, joined
from ..datasets import load_npz
from ..errors import IntliteError, MissingExtraError
from ..explanation import Explanation
from ..graph.types import Operator, Shape
from ..quantization import quantize
from ..runtimes import RUNTIMES
from ..runtimes.oracles import Job, Oracles, Result, installed
from ..trace import Trace
from .explain import explain_element
from .model_diff import DefinitionDifference, differences, same_structure

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..model import Model

Arrays = Mapping[int, "NDArray[Any]"]
Other = Any  # Model | Trace | Source | str | Mapping[str | int, NDArray]
REAL = "real:"
# Seconds for one chunk of samples: LiteRT's reference kernels need one for a large picture.
TIMEOUT = 600.0


class Side(ABC):
    """What a model is compared with.

    Attributes:
        name: For people.
        definitions: Where it differs in what it is, if it is a model too.
        notes: What a reader must know.
    """

    name: str
    definitions: Sequence[DefinitionDifference] = ()
    notes: Sequence[str] = ()

    @abstractmethod
    def values(self, inputs: Sequence[NDArray[Any]], first: int, samples: int) -> Arrays:
        """Its tensors, by the model's numbers, for some of the samples."""

    def explain(
        self, operator: Operator, index: tuple[int, ...], sample: int, values: Arrays, samples: int
    ) -> Explanation | None:
        """How it comes to one element, if it is another model."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  (most have nothing to do)
        """Give back what it holds."""


def side_of(b: Other, a: Model, inputs: Sequence[NDArray[Any]], samples: int) -> Side:
    """The side that an argument of ``compare`` means.

    Raises:
        ValueError, OSError: It means none, or can't be compared.
    """
    from ..model import Model

    if isinstance(b, Model):
        return _model_side(b, a, inputs, b.numerics)
    if isinstance(b, Trace):
        return _Dump(a, {str(i): t.quantized for i, t in b.items()}, samples, repr(b))
    if isinstance(b, Mapping):
        arrays = {str(k): np.asarray(v) for k, v in b.items()}
        return _Dump(a, arrays, samples, "the tensors given")
    if isinstance(b, str) and b in RUNTIMES:
        other = Model(a.content, numerics=b, max_memory=a.max_memory)
        return _model_side(other, a, inputs, b)
    if isinstance(b, str) and b.startswith(REAL):
        return _Real(a, b.removeprefix(REAL))
    if isinstance(b, str | PathLike) and fspath(b).endswith(".npz"):
        return _Dump(a, load_npz(Path(b)), samples, Path(b).name)
    if isinstance(b, str) and not Path(b).exists():
        known = ", ".join([*RUNTIMES, *(REAL + name for name in RUNTIMES)])
        raise ValueError(f"{b!r} is neither a file nor one of {known}")
    other = Model(b, numerics=a.numerics, max_memory=a.max_memory)
    name = Path(b).name if isinstance(b, str | PathLike) else "the other model"
    return _model_side(other, a, inputs, name)


def _model_side(b: Model, a: Model, inputs: Sequence[NDArray[Any]], name: str) -> Side:
    return _OtherModel(a, b, b.session.batch(inputs).shapes, name)


class _OtherModel(Side):
    """Another model, or the same with other numerics."""

    def __init__(self, a: Model, b: Model, shapes: tuple[Shape, ...], name: str) -> None:
        self.name = name
        self._session, self._shapes = b.session, shapes
        self._known = b.session.known(shapes)
        self._is_same = same_structure(a.graph, b.graph)
        if self._is_same:
            self._numbers = {t.index: t.index for t in a.graph.tensors}
            self.definitions = differences(a.graph, b.graph)
            return
        self._numbers = _by_name(a, b)
        self.notes = ("the models differ in structure: tensors are matched by their names",)

    def values(self, inputs: Sequence[NDArray[Any]], first: int, samples: int) -> Arrays:
        batch = Batch(tuple(inputs), samples, self._shapes)
        values = {**self._session.tensors(batch), **self._known}
        return {i: values[k] for i, k in self._numbers.items() if k in values}

    def explain(
        self, operator: Operator, index: tuple[int, ...], sample: int, values: Arrays, samples: int
    ) -> Explanation | None:
        if not self._is_same:
            return None
        own = self._session.graph.operator(operator.index)
        one = {**self._session.sample(values, sample, samples, self._known), **self._known}
        return explain_element(self._session, own, index, one)


def _by_name(a: Model, b: Model) -> dict[int, int]:
    """Tensors of the same name, type and shape; inputs and outputs by their places."""
    named = {t.name: t for t in b.graph.tensors if not t.is_constant}
    found = {
        t.index: other.index
        for t in a.graph.tensors
        if not t.is_constant
        and (other := named.get(t.name)) is not None
        and (other.shape, other.type) == (t.shape, t.type)
    }
    places = (*zip(a.inputs, b.inputs, strict=False), *zip(a.outputs, b.outputs, strict=False))
    return found | {s.index: t.index for s, t in places if (s.shape, s.type) == (t.shape, t.type)}


class _Dump(Side):
    """Another implementation's tensors, by name, number, or "number:name"."""

    def __init__(
        self, a: Model, arrays: Mapping[str, NDArray[Any]], samples: int, name: str
    ) -> None:
        self.name = name
        self._samples = samples
        self._arrays: dict[int, NDArray[Any]] = {}
        notes = []
        for tensor in a.graph.tensors:
            if tensor.is_constant:
                continue
            keys = (tensor.name, f"{tensor.index}:{tensor.name}", str(tensor.index))
            key = next((k for k in keys if k and k in arrays), None)
            if key is None:
                continue
            array = arrays[key]
            shape = joined(tensor.shape, samples)
            if array.size == np.prod(shape, dtype=np.int64):
                array = array.reshape(shape)
            elif array.ndim == 0 or array.shape[0] % samples:
                raise ValueError(
                    f"{name}: {key!r} has shape {list(array.shape)}, expected {list(shape)}"
                )
            if array.dtype.kind not in "iufb":
                raise ValueError(f"{name}: {key!r} holds {array.dtype} values")
            q = tensor.quantization
            if array.dtype.kind == "f" and q is not None and tensor.dtype.kind in "iu":
                scale, zero_point = float(q.scale[0]), int(q.zero_point[0])
                array = quantize(array, scale, zero_point, tensor.dtype)
                notes.append(f"{key!r} holds real values: compared as stored ones")
            self._arrays[tensor.index] = array
        activations = sum(len(op.outputs) for op in a.graph.operators)
        written = {i for op in a.graph.operators for i in op.outputs}
        missing = activations - len(written & set(self._arrays))
        if missing:
            notes.append(f"{missing} of {activations} tensors are not in {name}")
        self.notes = notes

    def values(self, inputs: Sequence[NDArray[Any]], first: int, samples: int) -> Arrays:
        if self._samples == samples:
            return self._arrays
        found = {}
        for i, x in self._arrays.items():
            rows = len(x) // self._samples
            found[i] = x[first * rows : (first + samples) * rows]
        return found


class _Real(Side):
    """The real runtime, in a child process, on the model with every tensor as an output."""

    def __init__(self, a: Model, flavour: str) -> None:
        if flavour not in RUNTIMES:
            raise ValueError(
                f"{REAL}{flavour}: expected one of {', '.join(REAL + n for n in RUNTIMES)}"
            )
        release = installed(flavour)
        if release is None:
            raise MissingExtraError(
                f"{REAL}{flavour} needs {RUNTIMES[flavour].title}, which is not installed: "
                "pip install 'intlite[oracles]'"
            )
        self.name = f"{REAL}{flavour} {release}"
        self._model, self._flavour = a, flavour
        self._oracles = Oracles(TIMEOUT)
        self._written = written(schema.read(a.content)).tolist()
        self._exposed: bytes | None = exposed(a.content)
        self.notes: list[str] = []

    def close(self) -> None:
        self._oracles.close()

    def values(self, inputs: Sequence[NDArray[Any]], first: int, samples: int) -> Arrays:
        plain = self._run(self._model.content, inputs, samples, self._model.graph.outputs)
        if plain is None:
            raise IntliteError(f"{self.name} does not run the model: {self._error}")
        if self._exposed is None:
            return plain
        inner = self._run(self._exposed, inputs, samples, self._written)
        if inner is None:
            self._exposed = None
            self._note(
                "with its inner tensors as outputs the runtime does not run the model "
                f"({self._error}): only the outputs are compared"
            )
            return plain
        if any(not np.array_equal(plain[i], inner[i]) for i in plain if i in inner):
            self._note(
                "with its inner tensors as outputs the runtime gives other outputs, as it is cut "
                "into other parts: the inner tensors may not be those of the model itself"
            )
        elif delegate := RUNTIMES[self._flavour].delegate:
            self._note(
                f"{delegate.title} hides inner tensors: they are of the model rewritten with each "
                "as an output, which may cut it into other parts; the outputs are the same"
            )
        return {**inner, **plain}

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _run(
        self, data: bytes, inputs: Sequence[NDArray[Any]], samples: int, outputs: Sequence[int]
    ) -> Arrays | None:
        shapes = None
        own = tuple(t.shape for t in self._model.inputs)
        given = tuple(_one(x, samples) for x in inputs)
        if given != own:
            shapes = given
        job = Job(data, tuple(inputs), self._flavour, shapes, len(outputs), samples)
        result: Result = self._oracles.run([job])[0]
        self._error = " ".join(result.error.split())[-300:]
        if result.outputs is None:
            return None
        return dict(zip(outputs, result.outputs, strict=True))


def _one(x: NDArray[Any], samples: int) -> tuple[int, ...]:
    return (x.shape[0] // samples, *x.shape[1:]) if x.ndim else ()


def written(model: schema.Model) -> NDArray[np.int32]:
    """The tensors of the main subgraph that operators write, each once, in their order."""
    every = [op.outputs for op in model.subgraphs[0].operators if op.outputs is not None]
    numbers = np.concatenate([np.zeros(0, np.int32), *every])
    _, first = np.unique(numbers, return_index=True)
    return np.asarray(numbers[np.sort(first)])


def exposed(data: bytes) -> bytes:
    """The same model with everything that an operator writes as an output."""
    from ..schema.writer import write

    model = schema.read(data)
    main = model.subgraphs[0].replace(outputs=written(model))
    subgraphs = (main, *model.subgraphs[1:])
    return write(model.replace(subgraphs=subgraphs, signature_defs=(), metadata=()))
