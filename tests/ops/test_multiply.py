"""MUL where random cases do not go."""

from __future__ import annotations

import numpy as np
import pytest

from intlite import Model
from intlite.quantization import per_tensor
from intlite.schema import options

from ..models import Network
from ..oracles import Job, run


@pytest.mark.parametrize("flavour", ["litert", "litert-builtin", "litert-reference"])
def test_a_factor_beyond_32_bits(flavour: str) -> None:
    """Coral's traffic model has such an output: a state that was always 0 in training."""
    size = 37  # whole blocks and a rest
    net = Network()
    x, y = (net.input((1, size), "UINT8", per_tensor(scale, 0)) for scale in (0.0235, 2**-8))
    net.operator(
        "MUL",
        [x, y],
        [net.output((1, size), "UINT8", per_tensor(2.972124e-35, 0))],
        options.MulOptions(),
    )
    rng = np.random.default_rng(0)
    given = tuple(rng.integers(0, 256, (1, size), np.uint8) for _ in range(2))
    [result] = run([Job(net.bytes(), given, flavour)])
    assert result.outputs is not None, result
    np.testing.assert_array_equal(Model(net.bytes(), numerics=flavour)(*given), result.outputs[0])
