"""The real runtimes, in child processes: some models make them abort.

>>> with Oracles() as oracles:
...     [result] = oracles.run([Job(model, (x,), "litert")])

A child that dies loses only the job it was at; a new one takes the rest.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import RUNTIMES, Oracle, Runtime

if TYPE_CHECKING:
    from typing_extensions import Self

WORKER = Path(__file__).with_name("worker.py")
TIMEOUT = 60.0
# The highest that every Python that runs a runtime reads.
PROTOCOL = 4


@dataclass(frozen=True, eq=False)
class Job:
    """One model, run once on one runtime.

    Attributes:
        model: The .tflite file.
        inputs: The model's inputs, in its order.
        flavour: intlite's name for the runtime: a ``numerics=``.
        shapes: Shapes that the inputs are resized to first; LiteRT only.
        outputs: How many outputs the model has; TFLite Micro does not tell.
        samples: How many runs the inputs are for, one behind the other; the outputs are
            those of all, likewise. Variables are reset between runs.
        more: Inputs of further runs in a row, whose outputs follow those of the first.
    """

    model: bytes
    inputs: tuple[NDArray[Any], ...]
    flavour: str
    shapes: tuple[tuple[int, ...], ...] | None = None
    outputs: int = 1
    samples: int = 1
    more: tuple[tuple[NDArray[Any], ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """What a runtime made of a job.

    Attributes:
        outputs: Its outputs, or None if it refused or crashed.
        delegated: Whether a delegate took any operator.
        error: Why there are no outputs: the runtime's own words.
        crashed: Whether it took its process with it, or hung.
    """

    outputs: tuple[NDArray[Any], ...] | None
    delegated: bool = False
    error: str = ""
    crashed: bool = False


class _Child:
    """One worker process."""

    def __init__(self, command: Sequence[str]) -> None:
        self._printed = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [*command, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def run(self, job: Job, oracle: Oracle, timeout: float) -> Result:
        """The result; after a crash or a timeout the child is dead."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        expired = Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        timer = Timer(timeout, expire)
        timer.start()
        try:
            shapes = None if job.shapes is None else [list(s) for s in job.shapes]
            runs = [list(map(_packed, inputs)) for inputs in (job.inputs, *job.more)]
            kernels = (oracle.module, oracle.resolver)
            request = (job.model, runs, kernels, shapes, job.outputs, job.samples)
            pickle.dump(request, stdin, protocol=PROTOCOL)
            stdin.flush()
            status, *rest = pickle.load(stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._crash(timed_out=expired.is_set())
        finally:
            timer.cancel()
        if status == "ok":
            outputs, delegated = rest
            return Result(tuple(map(_unpacked, outputs)), delegated)
        return Result(None, error=rest[0])

    def _crash(self, timed_out: bool) -> Result:
        self._process.kill()
        code = self._process.wait()
        self._printed.seek(0)
        said = self._printed.read()[-2000:].decode(errors="replace").strip()
        what = "timed out" if timed_out else f"exit code {code}"
        return Result(None, error=f"{what}\n{said}".strip(), crashed=True)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._printed.close()


class Oracles:
    """The runtimes, each in a child that is started when it is first needed.

    Args:
        timeout: Seconds that one job may take.
        runtimes: What the flavours of jobs stand for.
    """

    def __init__(
        self, timeout: float = TIMEOUT, runtimes: Mapping[str, Runtime] = RUNTIMES
    ) -> None:
        self._timeout = timeout
        self._runtimes = runtimes
        self._children: dict[_Where, _Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children; the next ``run`` starts new ones."""
        for child in self._children.values():
            child.close()
        self._children.clear()

    def run(self, jobs: Sequence[Job]) -> list[Result]:
        """One result for each job, in order. Different packages work side by side."""
        results: dict[int, Result] = {}
        oracles = [self._runtimes[job.flavour].oracle for job in jobs]

        def run_all(where: _Where) -> None:
            for i, (job, oracle) in enumerate(zip(jobs, oracles, strict=True)):
                if _where(oracle) == where:
                    results[i] = self._run(oracle, job)

        needed = sorted({_where(oracle) for oracle in oracles})
        with ThreadPoolExecutor(max(1, len(needed))) as pool:
            list(pool.map(run_all, needed))
        return [results[i] for i in range(len(jobs))]

    def _run(self, oracle: Oracle, job: Job) -> Result:
        where = _where(oracle)
        if where not in self._children:
            self._children[where] = _Child(python_of(oracle))
        result = self._children[where].run(job, oracle, self._timeout)
        if result.crashed:
            self._children.pop(where).close()
        return result


def installed(flavour: str) -> str | None:
    """The release of the runtime that a flavour is like, or None if it is not installed."""
    oracle = RUNTIMES[flavour].oracle
    if oracle.command:
        ask = f"from importlib.metadata import version; print(version({oracle.package!r}))"
        found = subprocess.run([*oracle.command, "-c", ask], capture_output=True, check=False)
        return found.stdout.decode().strip() or None
    try:
        return version(oracle.package)
    except PackageNotFoundError:
        return None


def python_of(oracle: Oracle) -> Sequence[str]:
    """What runs Python scripts where the runtime is."""
    return oracle.command or (sys.executable,)


_Where = tuple[tuple[str, ...], str]


def _where(oracle: Oracle) -> _Where:
    """Which child: the libraries of two packages must not share a process."""
    return oracle.command, oracle.package


def _packed(x: NDArray[Any]) -> tuple[str, tuple[int, ...], bytes]:
    """An array for a Python whose numpy may be of another generation."""
    return x.dtype.str, x.shape, x.tobytes()


def _unpacked(packed: tuple[str, tuple[int, ...], bytes]) -> NDArray[Any]:
    dtype, shape, data = packed
    return np.array(np.frombuffer(data, dtype).reshape(shape))
