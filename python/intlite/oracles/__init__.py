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
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Self

PACKAGES = {"litert": "ai-edge-litert", "tflm": "tflite-micro"}
WORKER = Path(__file__).with_name("worker.py")
TIMEOUT = 60.0


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

    def __init__(self) -> None:
        self._printed = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def run(self, job: Job, timeout: float) -> Result:
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
            runs = [list(job.inputs), *map(list, job.more)]
            request = (job.model, runs, job.flavour, shapes, job.outputs, job.samples)
            pickle.dump(request, stdin, protocol=pickle.HIGHEST_PROTOCOL)
            stdin.flush()
            status, *rest = pickle.load(stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._crash(timed_out=expired.is_set())
        finally:
            timer.cancel()
        if status == "ok":
            outputs, delegated = rest
            return Result(tuple(outputs), delegated)
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
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._children: dict[str, _Child] = {}

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
        """One result for each job, in order. The two runtimes work side by side."""
        results: dict[int, Result] = {}

        def run_all(runtime: str) -> None:
            for i, job in enumerate(jobs):
                if _runtime(job.flavour) == runtime:
                    results[i] = self._run(runtime, job)

        needed = sorted({_runtime(job.flavour) for job in jobs})
        with ThreadPoolExecutor(max(1, len(needed))) as pool:
            list(pool.map(run_all, needed))
        return [results[i] for i in range(len(jobs))]

    def _run(self, runtime: str, job: Job) -> Result:
        if runtime not in self._children:
            self._children[runtime] = _Child()
        result = self._children[runtime].run(job, self._timeout)
        if result.crashed:
            self._children.pop(runtime).close()
        return result


def installed(flavour: str) -> str | None:
    """The release of the runtime that a flavour is like, or None if it is not installed."""
    try:
        return version(PACKAGES[_runtime(flavour)])
    except PackageNotFoundError:
        return None


def _runtime(flavour: str) -> str:
    """Which child: TFLite Micro's library must not share a process with LiteRT's."""
    return "tflm" if flavour == "tflm" else "litert"
