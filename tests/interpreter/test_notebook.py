"""The notebook that compares a numpy model with LiteRT: its cells run with the import changed."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.interpreter.side_by_side import MODEL_FOLDER, plain

LITERT = "from ai_edge_litert.interpreter import Interpreter"
INTLITE = "from intlite import Interpreter"

CELLS = """
import numpy as np
{the_import}

# Load the quantized model
interpreter = Interpreter(model_path=model_path)
interpreter.allocate_tensors()

input_details = interpreter.get_input_details()
output_details = interpreter.get_output_details()
input_scale, input_zero_point = input_details[0]["quantization"]
tensor_details = interpreter.get_tensor_details()
weights = {{
    detail["name"]: (interpreter.get_tensor(detail["index"]), detail["quantization_parameters"])
    for detail in tensor_details
    if len(detail["quantization_parameters"]["scales"]) > 1
}}

predictions = []
raw_outputs = []
for i in range(200):
    image = np.expand_dims(test_images[i], axis=0).astype(input_details[0]["dtype"])
    interpreter.set_tensor(input_details[0]["index"], image)
    interpreter.invoke()
    output = interpreter.get_tensor(output_details[0]["index"])
    raw_outputs.append(output)
    predictions.append(np.argmax(output[0]))

predictions = np.array(predictions)
accuracy = np.mean(predictions == test_labels[:200])
output_scale, output_zero_point = output_details[0]["quantization"]
logits = (np.concatenate(raw_outputs).astype(np.float32) - output_zero_point) * output_scale
"""
RESULTS = (
    *("input_details", "output_details", "tensor_details", "weights", "input_scale"),
    *("input_zero_point", "predictions", "raw_outputs", "accuracy", "logits"),
)


def read_idx(name: str, header: int) -> NDArray[np.uint8]:
    return np.frombuffer(
        gzip.decompress((MODEL_FOLDER / name).read_bytes()), np.uint8, offset=header
    )


@pytest.mark.parametrize("file", ["simple_model_quant.tflite", "mnist_model_quant.tflite"])
def test_only_the_import_line_changes(file: str) -> None:
    found: list[dict[str, Any]] = []
    for the_import in (LITERT, INTLITE):
        names: dict[str, Any] = {
            "model_path": str(MODEL_FOLDER / file),
            "test_images": read_idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28),
            "test_labels": read_idx("t10k-labels-idx1-ubyte.gz", 8),
        }
        exec(CELLS.format(the_import=the_import), names)
        found.append({name: names[name] for name in RESULTS})
    theirs, ours = found
    for name in RESULTS:
        assert plain(ours[name]) == plain(theirs[name]), name
    assert len(ours["weights"]) > 0
    assert ours["accuracy"] > 0.85
