"""The command: python -m tests.sanitizers address|thread [--native] [arguments of pytest]."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from .build import FUZZERS, ROOT, SANITIZERS, build
from .overlay import PYTHON, overlay

SUPPRESSIONS = Path(__file__).with_name("tsan.supp")
OPTIONS = {
    # CPython never frees what lives as long as the process. GCC 12 aligns what it moves off the
    # stack to find uses after a return to 32 bytes only, and AVX-512 faults.
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:abort_on_error=1",
    # Threads after a fork are what one test is about.
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0:"
    f"suppressions={SUPPRESSIONS}",
}


def runtime_library(name: str) -> str:
    """Where the compiler has it."""
    found = subprocess.run(
        ["c++", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.sanitizers", description=__doc__)
    parser.add_argument("sanitizer", choices=SANITIZERS)
    parser.add_argument(
        "--native",
        type=int,
        metavar="N",
        help="N inputs of each fuzzer, without Python",
    )
    args, rest = parser.parse_known_args()
    folder = f"sanitize-{args.sanitizer}"
    if args.native:
        where = build(folder, args.sanitizer, [*FUZZERS])
        for name in FUZZERS:
            program = where / "tests" / "fuzz" / "native" / name
            command = [str(program), f"-runs={args.native}"]
            subprocess.run(command, env={**os.environ, **OPTIONS}, check=True)
    if args.native and not rest:
        return 0
    where = build(folder, args.sanitizer, ["_native"])
    [native] = where.glob("_native*.so")
    # Without libstdc++ there the sanitizer would not see what is thrown.
    libraries = (SANITIZERS[args.sanitizer][1], "libstdc++.so")
    environment = overlay(native, where / "site") | OPTIONS
    environment["LD_PRELOAD"] = " ".join(map(runtime_library, libraries))
    # What a sanitizer says last must not be lost with what pytest has captured.
    command = [PYTHON, "-m", "pytest", "--capture=sys", "-p", "tests.sanitizers.plugin", *rest]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
