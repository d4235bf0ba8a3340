"""The same bits whatever computes them: instruction set, threads, batch, tile, addresses, passes.

Everything is drawn at random and crossed, and compared with one run of the simplest kind:
portable kernels, one thread, one sample at a time, no pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest

from intlite import _native

from ..sweeps import GENERATORS
from .settings import BASE, MODELS, ROOT, Job, Setting, built_jobs, draw_setting, real_jobs

ISAS = _native.supported_isas()
BASE_ISA = "portable"


def digests(isa: str, jobs: Sequence[tuple[Job, Setting]]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.determinism.worker"],
        cwd=ROOT,
        env={**os.environ, "INTLITE_ISA": isa},
        input=json.dumps([[asdict(part) for part in job] for job in jobs]),
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: list[str] = json.loads(done.stdout)
    return found


def check(jobs: Sequence[Job], draws: int, seed: int) -> Counter[str]:
    """Each job on each instruction set in so many ways; what came of the base runs."""
    rng = np.random.default_rng(seed)
    base = dict(zip(jobs, digests(BASE_ISA, [(job, BASE) for job in jobs]), strict=True))
    for isa in ISAS:
        tried = [(job, draw_setting(rng)) for job in jobs for _ in range(draws)]
        for (job, setting), found in zip(tried, digests(isa, tried), strict=True):
            assert found == base[job], f"{isa}: {job}, {setting}"
    return Counter(found if len(found) < 64 else "bits" for found in base.values())


def test_small_models() -> None:
    rng = np.random.default_rng(20)
    operators = [str(name) for name in rng.permutation(list(GENERATORS))]
    jobs = [*real_jobs(rng, 60_000), *built_jobs(rng, operators, 60)]
    found = check(jobs, 1, 21)
    # Nearly all of them run.
    assert found["bits"] > 0.9 * found.total(), found


def test_steps_that_are_split_to_look_for_signals() -> None:
    """Tiles so large that their steps are run in parts, between which signals are looked for."""
    job = Job(next(m for m in MODELS if "mnist_model" in m), "litert", 1, samples=6000)
    base = digests(BASE_ISA, [(job, Setting(batch=100, tile=32))])
    for isa in ISAS:
        tried = [(job, Setting(threads, 6000, 6000)) for threads in (1, 2)]
        assert digests(isa, tried) == 2 * base


def test_inputs_matter() -> None:
    """That digests are of the outputs: others of other inputs, models and numbers of samples."""
    path = next(m for m in MODELS if "mnist_cnn" in m)
    other = next(m for m in MODELS if "mnist_model" in m)
    jobs = [
        Job(path, "litert", 1),
        Job(path, "litert", 2),
        Job(other, "litert", 1),
        Job(other, "litert", 1, samples=200),
    ]
    assert len(set(digests(BASE_ISA, [(job, Setting(batch=200, tile=0)) for job in jobs]))) == 4


@pytest.mark.long
@pytest.mark.parametrize("operator", GENERATORS)
def test_operators(operator: str) -> None:
    rng = np.random.default_rng(sum(operator.encode()))
    check([*built_jobs(rng, [operator], 60)], 4, 31)


@pytest.mark.long
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.rsplit("/", 1)[-1])
def test_models(model: str) -> None:
    rng = np.random.default_rng(40)
    jobs = [job for job in real_jobs(rng, 2**30, 3) if job.model == model]
    check(jobs, 4, 41)
