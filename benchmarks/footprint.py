#!/usr/bin/env python3
"""How much memory a model takes by LiteRT or by intlite, in a process of its own.

``benchmarks/zoo.py`` starts it; what it finds goes to the standard output as JSON. Linux
with glibc only.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.protocol import Protocol, litert


def memory(who: str) -> int:
    """A line of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{who}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {who}")


def peak_memory(path: Path, who: str, samples: int, threads: int) -> dict[str, int]:
    """The peak of loading and running a model, beyond the file's size.

    ``process``: what a script with numpy grows by in all, runtime and model. ``again``: what
    the same model takes once more in that process, when the runtime is there already.
    """
    return {
        what: peak_of(lambda: run_once(path, who, samples, threads)) - path.stat().st_size
        for what in ("process", "again")
    }


def peak_of(function: Callable[[], object]) -> int:
    """By how much the process grows meanwhile, at most."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is in use
    before = memory("VmHWM")
    function()
    return memory("VmHWM") - before


def run_once(path: Path, who: str, samples: int, threads: int) -> None:
    interpreter = RUNTIMES[who](path, threads)
    details = interpreter.get_input_details()
    protocol = Protocol(interpreter, [(samples * d["shape"][0], *d["shape"][1:]) for d in details])
    # Zeros that nobody wrote take no memory of their own.
    arrays = [np.zeros((samples * d["shape"][0], *d["shape"][1:]), d["dtype"]) for d in details]
    for _ in range(3):
        protocol(arrays)


def intlite(path: Path, threads: int) -> Any:
    from intlite import Interpreter

    return Interpreter(str(path), num_threads=threads)


RUNTIMES = {"LiteRT": litert, "intlite": intlite}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--by", choices=RUNTIMES, required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    of = parser.parse_args()
    print(json.dumps(peak_memory(of.path, of.by, of.batch, of.threads)))


if __name__ == "__main__":
    main()
