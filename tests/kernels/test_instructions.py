"""How many instructions the main kernels take, counted by valgrind's callgrind.

Counts do not depend on how busy the machine is. They do depend on the compiler, so that
the budgets in instructions.json hold for the one that they name. Where a kernel became
better, or is to be allowed more, they are recorded anew:

    python -m tests.kernels.test_instructions
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from intlite import _native

from .instructions import ISAS, KERNELS

ROOT = Path(__file__).resolve().parents[2]
BUDGETS = Path(__file__).with_name("instructions.json")
SLACK = 1.1
TIMEOUT = 300
CASES = [(isa, name) for isa in ISAS for name in KERNELS]


def compiler() -> str:
    """What built the native module, such as "GCC 12", by what compilers leave in it."""
    module = _native.__file__
    assert module is not None
    pattern = rb"(GCC|clang)(?:: \([^)]*\)| version) (\d+)\.\d+"
    found = re.search(pattern, Path(module).read_bytes())
    return " ".join(part.decode() for part in found.groups()) if found else "unknown"


def count() -> dict[str, dict[str, float]]:
    """Instructions by instruction set and kernel: for a multiply-accumulate or an element."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "out"
        valgrind = ["valgrind", "--tool=callgrind", "--separate-threads=yes"]
        environment = {name: v for name, v in os.environ.items() if name != "INTLITE_ISA"}
        # Threads of its own would be numbered too.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        python = [sys.executable, "-m", "tests.kernels.instructions"]
        done = subprocess.run(
            [*valgrind, f"--callgrind-out-file={file}", *python],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        counted: dict[str, dict[str, float]] = {isa: {} for isa in ISAS}
        for kernel in json.loads(done.stdout):
            few, many = (_instructions(file, kernel[run]) for run in ("few", "many"))
            counted[kernel["isa"]][kernel["name"]] = (many - few) / kernel["work"]
    return counted


def _instructions(file: Path, thread: int) -> int:
    text = Path(f"{file}-{thread:02}").read_text()
    found = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
    assert found is not None, text[:1000]
    return int(found[1])


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, float]]:
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    recorded = json.loads(BUDGETS.read_text())["compiler"]
    if compiler() != recorded:
        pytest.skip(f"built by {compiler()}, the budgets are for {recorded}")
    return count()


@pytest.fixture(scope="module")
def budgets() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(BUDGETS.read_text())["instructions"]
    return found


@pytest.mark.parametrize(("isa", "name"), CASES)
def test_within_budget(
    counted: dict[str, dict[str, float]], budgets: dict[str, dict[str, float]], isa: str, name: str
) -> None:
    if name not in counted[isa]:
        pytest.skip(f"this processor has no {isa}")
    assert counted[isa][name] <= budgets[isa][name] * SLACK
    # A count of next to nothing means that nothing was counted.
    assert counted[isa][name] >= budgets[isa][name] / 4, "record the budgets anew"


def test_every_kernel_has_a_budget(budgets: dict[str, dict[str, float]]) -> None:
    assert {isa: set(of) for isa, of in budgets.items()} == {isa: set(KERNELS) for isa in ISAS}


def main() -> None:
    found: dict[str, Any] = {
        "unit": "instructions for a multiply-accumulate; for an element, of add",
        "compiler": compiler(),
        "instructions": {
            isa: {name: round(n, 4) for name, n in of.items()} for isa, of in count().items()
        },
    }
    BUDGETS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
