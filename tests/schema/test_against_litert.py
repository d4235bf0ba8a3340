"""Our tables and enums against those that LiteRT's own schema was compiled to."""

from __future__ import annotations

from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as litert

from intlite.schema import enums
from intlite.schema.tables import TABLES
from intlite.schema.writer import PREPEND

# Fields that intlite has no use for; of tables that are not here, none is read.
LEFT_OUT = {
    "QuantizationParameters": {"Details"},
    "SparsityParameters": {"TraversalOrder", "BlockMap", "DimMetadata"},
    "Tensor": {"VariantTensors", "ExternalBuffer"},
    "Operator": {
        *("CustomOptionsFormat", "MutatingVariableInputs", "DebugMetadataIndex"),
        *("LargeCustomOptionsOffset", "LargeCustomOptionsSize"),
        *("BuiltinOptions2Type", "BuiltinOptions2"),
    },
    "SubGraph": {"DebugMetadataIndex"},
    "FullyConnectedOptions": {"QuantSpec"},
    "Model": {"MetadataBuffer", "ExternalBufferGroups", "ExternalBuffers"},
}
ENUMS = {
    "BuiltinOperator": enums.BUILTIN_OPERATORS,
    "TensorType": enums.TENSOR_TYPES,
    "ActivationFunctionType": enums.ACTIVATIONS,
    "BuiltinOptions": enums.BUILTIN_OPTIONS,
    "FullyConnectedOptionsWeightsFormat": enums.WEIGHTS_FORMATS,
}


class Recorder:
    """Stands for a flatbuffers builder: which method was called, with what."""

    call: tuple[str, tuple[Any, ...]]

    def __getattr__(self, name: str) -> Any:
        def record(*arguments: Any) -> None:
            self.call = name, arguments

        return record


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def added(table: str) -> dict[str, tuple[str, int, Any]]:
    """The fields that LiteRT writes: by name the builder's method, the number, the default."""
    found = {}
    for name, function in vars(litert).items():
        if name.startswith(f"{table}Add"):
            recorder = Recorder()
            function(recorder, 1)
            method, (number, _, default) = recorder.call
            found[name.removeprefix(f"{table}Add")] = (method, number, default)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str) -> None:
    theirs = added(name)
    for field, slot in TABLES[name].slots:
        method = PREPEND.get(slot.type, "") if slot.kind == "scalar" else ""
        default = slot.default if slot.kind == "scalar" else 0
        expected = method or "PrependUOffsetTRelativeSlot", slot.number, default
        assert theirs.pop(camel(field)) == expected, field
    assert theirs.keys() == LEFT_OUT.get(name, set())


@pytest.mark.parametrize("name", ENUMS)
def test_enums(name: str) -> None:
    theirs = {v: k for k, v in vars(getattr(litert, name)).items() if not k.startswith("_")}
    assert dict(enumerate(ENUMS[name])) == theirs
