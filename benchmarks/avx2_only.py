#!/usr/bin/env python3
"""Another script, on this processor without AVX-512, AVX-VNNI and AMX, for everybody in it.

``INTLITE_ISA=avx2`` chooses intlite's kernels alone; LiteRT would keep its fastest, so that
the two could not be compared as on a processor that has no more than AVX2. Here a small
library that is loaded first (``avx2_only.c``, compiled on each use) answers CPUID instead of
the processor. It needs Linux, a C compiler, and an Intel processor or a recent one of AMD,
or a virtual machine on one, that can fault on CPUID.

    python benchmarks/avx2_only.py benchmarks/zoo.py --quick
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


def main() -> int:
    if len(sys.argv) < 2:
        sys.stderr.write(f"{__doc__}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "avx2_only.so"
        compiler = os.environ.get("CC", "cc")
        subprocess.run(
            [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True
        )
        command = [sys.executable, *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, "LD_PRELOAD": str(library)}).returncode


if __name__ == "__main__":
    sys.exit(main())
