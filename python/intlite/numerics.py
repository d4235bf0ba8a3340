"""The four flavours of arithmetic: which runtime each equals, and by which roundings.

A flavour is one row of ``FLAVOURS``; nothing else in the package lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# The kernels whose formulas an operator follows: XNNPACK's, LiteRT's optimized or
# reference ones, or TFLite Micro's (gemmlowp's roundings throughout).
Arithmetic = Literal["xnnpack", "builtin", "reference", "gemmlowp"]


@dataclass(frozen=True)
class Flavour:
    """One runtime's arithmetic.

    Attributes:
        name: The value of ``numerics=``.
        runtime: The runtime that it equals bit for bit.
        verified: The releases of that runtime it was compared with.
        delegate: The arithmetic of the operators that the delegate takes, if there
            is a delegate.
        kernels: The arithmetic of all others.
        rounding: How accumulators are requantized, in a few words.
    """

    name: str
    runtime: str
    verified: str
    delegate: Arithmetic | None
    kernels: Arithmetic
    rounding: str


_LITERT: Final = "ai-edge-litert 2.3.0"

FLAVOURS: Final[dict[str, Flavour]] = {
    flavour.name: flavour
    for flavour in (
        Flavour(
            "litert",
            "LiteRT as installed from PyPI (XNNPACK delegate)",
            _LITERT,
            "xnnpack",
            "builtin",
            "float32 product, half to even",
        ),
        Flavour(
            "litert-builtin",
            "LiteRT, BUILTIN_WITHOUT_DEFAULT_DELEGATES on x86-64",
            _LITERT,
            None,
            "builtin",
            "high mul half up, then shift half up (ruy)",
        ),
        Flavour(
            "litert-reference",
            "LiteRT, BUILTIN_REF",
            _LITERT,
            None,
            "reference",
            "FULLY_CONNECTED: double product, half away; others: gemmlowp",
        ),
        Flavour(
            "tflm",
            "TFLite Micro, CMSIS-NN, older TFLite",
            "tflite-micro 0.dev20261023182759",
            None,
            "gemmlowp",
            "high mul half up, then shift half away (gemmlowp)",
        ),
    )
}


def flavour(name: str) -> Flavour:
    """The flavour of that name.

    Raises:
        ValueError: There is none; the message lists those there are.
    """
    try:
        return FLAVOURS[name]
    except (KeyError, TypeError):
        known = ", ".join(repr(n) for n in FLAVOURS)
        raise ValueError(f"numerics={name!r}: expected one of {known}") from None
