"""The thread pool and Program under ThreadSanitizer, without Python: seconds to build and run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .build import ROOT

SOURCES = (
    Path(__file__).with_name("stress.cc"),
    ROOT / "csrc" / "runtime" / "program.cc",
    ROOT / "csrc" / "runtime" / "process.cc",
    ROOT / "csrc" / "runtime" / "thread_pool.cc",
)


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_threads_under_thread_sanitizer(tmp_path: Path) -> None:
    program = tmp_path / "stress"
    options = ["-std=c++20", "-O1", "-g1", "-fsanitize=thread", "-pthread"]
    subprocess.run(["g++", *options, *map(str, SOURCES), "-o", str(program)], check=True)
    found = subprocess.run([program], capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr
    assert found.stdout == "0 wrong\n"
