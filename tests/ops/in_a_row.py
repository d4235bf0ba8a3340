"""Several runs of one model in a row, on the real runtimes and on ``Interpreter``."""

from __future__ import annotations

import numpy as np

from intlite import Interpreter, Model
from intlite.runtimes import RUNTIMES

from ..oracles import Job, run
from ..sweeps.base import make_case

RUNS = 6


def check_sequences(operator: str, seed: int, cases: int, may_refuse: bool = False) -> None:
    """Several runs in a row: ``Interpreter`` keeps the states as the runtimes do."""
    rng = np.random.default_rng(seed)
    jobs = []
    for i in range(cases):
        case = make_case(operator, seed, i)
        data, first = case.build()
        more = [
            tuple(rng.integers(-128, 127, x.shape, x.dtype, endpoint=True) for x in first)
            for _ in range(RUNS - 1)
        ]
        jobs += [
            Job(data, first, name, outputs=case.outputs, more=tuple(more)) for name in RUNTIMES
        ]
    differ, compared = 0, dict.fromkeys(RUNTIMES, 0)
    for job, result in zip(jobs, run(jobs), strict=True):
        if result.outputs is None:
            assert may_refuse, result
            continue
        compared[job.flavour] += 1
        interpreter = Interpreter(model_content=job.model, numerics=job.flavour)
        interpreter.allocate_tensors()
        [x], outputs = interpreter.get_input_details(), interpreter.get_output_details()
        model = Model(job.model, numerics=job.flavour)
        expected = iter(result.outputs)
        for given in (job.inputs, *job.more):
            interpreter.set_tensor(x["index"], given[0])
            interpreter.invoke()
            afresh = model(given[0])
            for k, y in enumerate(outputs):
                theirs = next(expected)
                np.testing.assert_array_equal(interpreter.get_tensor(y["index"]), theirs)
                alone = afresh[k] if isinstance(afresh, tuple) else afresh
                differ += not np.array_equal(alone, theirs)
    assert differ > cases  # the states matter
    assert min(compared.values()) > cases // 4
