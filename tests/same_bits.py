"""The same bits on every processor, system, compiler and Python: digests of whole models.

same_bits.json holds the digests; the inputs are made without a library's random numbers. It
needs numpy and flatbuffers alone, so that a new wheel can be tried anywhere:

    python -m tests.same_bits             # every instruction set that this processor has
    python -m tests.same_bits --record    # after a change that is meant to change bits
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import intlite

ROOT = Path(__file__).resolve().parent.parent
RECORDED = Path(__file__).with_name("same_bits.json")
MODELS = {
    file.stem: file
    for folder in (ROOT / "models", ROOT / "tests" / "zoo" / "models")
    for file in sorted(folder.glob("*.tflite"))
}
SAMPLES = 2


def inputs(model: intlite.Model) -> list[NDArray[Any]]:
    """Stored values that are the same everywhere; real ones are in [0, 1)."""
    made = []
    for number, tensor in enumerate(model.inputs):
        shape = (SAMPLES, *tensor.shape[1:])
        size = int(np.prod(shape))
        if tensor.dtype.kind == "f":
            drawn = hashlib.shake_256(b"real %d" % number).digest(size)
            made.append((np.frombuffer(drawn, np.uint8) / 256).astype(tensor.dtype).reshape(shape))
        else:
            drawn = hashlib.shake_256(b"stored %d" % number).digest(size * tensor.dtype.itemsize)
            little = tensor.dtype.newbyteorder("<")
            made.append(np.frombuffer(drawn, little).astype(tensor.dtype).reshape(shape))
    return made


def digest(file: Path, numerics: str) -> str:
    """Of all outputs, as stored."""
    model = intlite.load(file, numerics=numerics, num_threads=2)
    found = model(*inputs(model))
    total = hashlib.sha256()
    for output in found if isinstance(found, tuple) else (found,):
        little = output.astype(output.dtype.newbyteorder("<"))
        total.update(f"{output.dtype.name} {output.shape} ".encode() + little.tobytes())
    return total.hexdigest()[:16]


def digests() -> dict[str, dict[str, str]]:
    flavours = [runtime.numerics for runtime in intlite.runtimes()]
    return {
        name: {flavour: digest(file, flavour) for flavour in flavours}
        for name, file in MODELS.items()
    }


def differences(found: dict[str, dict[str, str]]) -> list[str]:
    recorded = json.loads(RECORDED.read_text())
    assert set(recorded) == set(found)
    return [
        f"{name}, {flavour}"
        for name, of in found.items()
        for flavour, value in of.items()
        if recorded[name][flavour] != value
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--this", action="store_true", help="the chosen instruction set alone")
    arguments = parser.parse_args()
    if arguments.record:
        RECORDED.write_text(json.dumps(digests(), indent=2) + "\n")
        return
    if arguments.this:
        different = differences(digests())
        print(f"{intlite.cpu().active}: {len(MODELS)} models, {len(different)} digests differ")
        sys.exit("\n".join(different) or None)
    for isa in intlite.cpu().supported:
        command = [sys.executable, "-m", "tests.same_bits", "--this"]
        subprocess.run(command, env={**os.environ, "INTLITE_ISA": isa}, check=True)


if __name__ == "__main__":
    main()
