"""Builds native code anew, apart from what is installed: for a sanitizer, or for a fuzzer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What CMake is told of each sanitizer, and the library that must be loaded first.
SANITIZERS = {"address": ("address,undefined", "libasan.so"), "thread": ("thread", "libtsan.so")}

# tests/fuzz/native has a source for each.
FUZZERS = ("fuzz_kernels", "fuzz_program", "fuzz_reader")


def build(folder: str, sanitizer: str, targets: list[str], compiler: str = "c++") -> Path:
    """Build some of CMake's targets in ``build/<folder>``.

    Args:
        folder: The name of the folder.
        sanitizer: "address" or "thread"; the first is also that of undefined behaviour.
        targets: ``_native``, or some of ``FUZZERS``.
        compiler: The C++ compiler, by name or path.

    Returns:
        The folder.

    Raises:
        subprocess.CalledProcessError: Something did not build; the reason is printed.
    """
    where = ROOT / "build" / folder
    found = subprocess.run(
        [sys.executable, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True, check=True
    )
    fuzzers = any(t != "_native" for t in targets)
    cmake = [sys.executable, "-m", "cmake"]
    subprocess.run(
        [
            *cmake,
            *("-G", "Ninja", "-S", str(ROOT), "-B", str(where)),
            f"-DCMAKE_CXX_COMPILER={compiler}",
            f"-DINTLITE_SANITIZE={SANITIZERS[sanitizer][0]}",
            f"-DINTLITE_FUZZERS={'ON' if fuzzers else 'OFF'}",
            f"-Dpybind11_DIR={found.stdout.strip()}",
            f"-DPython_EXECUTABLE={sys.executable}",
            f"-DCMAKE_MAKE_PROGRAM={Path(sys.executable).with_name('ninja')}",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run([*cmake, "--build", str(where), "--target", *targets], check=True)
    return where
