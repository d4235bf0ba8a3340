"""Files that were compiled for an accelerator: the refusal says so."""

from __future__ import annotations

import pytest

from intlite import Model, UnsupportedOpError
from intlite.inspect.model_info import inspect
from intlite.quantization import per_tensor

from ..models import Network


def custom(code: str) -> bytes:
    net = Network()
    x, y = (f((1, 4), "INT8", per_tensor(0.5, 3)) for f in (net.input, net.output))
    net.operator(f"CUSTOM({code})", [x], [y])
    return net.bytes()


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("ethos-u", "Arm's Ethos-U"),
        ("edgetpu-custom-op", "the Edge TPU"),
        ("XC_conv2d_v2", "XMOS's xcore"),
        ("NeutronGraph", "NXP's Neutron"),
        ("vsi-npu", "VeriSilicon's NPU"),
        ("DISPATCH_OP", "an NPU, by LiteRT's compiler"),
    ],
)
def test_compiled_files(code: str, target: str) -> None:
    content = custom(code)
    with pytest.raises(UnsupportedOpError) as raised:
        Model(content)
    reason = f"CUSTOM({code}) #0: compiled for {target}"
    assert reason in str(raised.value)
    assert "load the file that it was compiled from" in str(raised.value)
    assert inspect(content).refusals[0].startswith(reason)


@pytest.mark.parametrize("code", ["", "Mine", "XC", "ethos-u2"])
def test_other_custom_operators(code: str) -> None:
    with pytest.raises(UnsupportedOpError, match=r"#0: no such operator in intlite$"):
        Model(custom(code))
