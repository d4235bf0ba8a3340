"""Custom operators of files that were compiled for an accelerator, and what to say of them."""

from __future__ import annotations

from typing import Final

# By the custom code, or by how it begins. No such file says what its operators compute.
_TARGETS: Final = {
    "DISPATCH_OP": "an NPU, by LiteRT's compiler",
    "NeutronGraph": "NXP's Neutron NPU",
    "edgetpu-custom-op": "the Edge TPU",
    "ethos-u": "Arm's Ethos-U, by Vela",
    "vsi-npu": "VeriSilicon's NPU",
}
_PREFIXES: Final = {"XC_": "XMOS's xcore"}


def why_unknown(name: str) -> str:
    """Why intlite has no operator of this name."""
    code = name.removeprefix("CUSTOM(").removesuffix(")") if name.startswith("CUSTOM(") else ""
    target = _TARGETS.get(code)
    if target is None:
        target = next((t for start, t in _PREFIXES.items() if code.startswith(start)), None)
    if target is None:
        return "no such operator in intlite"
    return f"compiled for {target}; load the file that it was compiled from"
