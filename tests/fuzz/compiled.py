"""Fuzzing of the native code by itself: python -m tests.fuzz.compiled --seconds 60.

libFuzzer draws kernels, programs and files under AddressSanitizer and UBSan (see ``native``), where
there is clang; elsewhere inputs are drawn without guidance, and that is said.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

from tests.sanitizers.__main__ import OPTIONS
from tests.sanitizers.build import FUZZERS, build

from .guided import FOLDER

COMPILERS = ("clang++", *(f"clang++-{n}" for n in range(20, 13, -1)))
MAX_BYTES = 512


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.compiled", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    clang = next((c for c in COMPILERS if shutil.which(c)), None)
    if clang is None:
        print(
            "clang is not installed: native inputs are drawn without the guidance of libFuzzer "
            "(Debian has it in clang-14 and libclang-rt-14-dev)"
        )
        where = build("sanitize-address", "address", [*FUZZERS])
    else:
        where = build("fuzz-native", "address", [*FUZZERS], clang)
    code = 0
    for target in FUZZERS:
        options = {"max_total_time": max(1, args.seconds // len(FUZZERS)), "seed": args.seed}
        folders: list[str] = []
        if clang is not None:
            corpus = FOLDER / target
            corpus.mkdir(parents=True, exist_ok=True)
            folders = [str(corpus)]
            options |= {"max_len": MAX_BYTES, "timeout": 20, "print_final_stats": 1, "verbosity": 0}
        command = [str(where / "tests" / "fuzz" / "native" / target)]
        command += [f"-{name}={value}" for name, value in options.items()]
        command += [f"-artifact_prefix={FOLDER}/{target}-", *folders] if folders else []
        code = code or subprocess.run(command, env={**os.environ, **OPTIONS}).returncode
    return code


if __name__ == "__main__":
    sys.exit(main())
