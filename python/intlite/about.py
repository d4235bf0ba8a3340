"""What intlite equals, and what it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from . import _native
from .runtimes import RUNTIMES


@dataclass(frozen=True)
class Cpu:
    """The native kernels' instruction sets.

    Attributes:
        active: The one in use; ``INTLITE_ISA`` in the environment chooses another.
        supported: Those that this processor runs, best first, emulations last.
        built: All that this build has.
    """

    active: str
    supported: tuple[str, ...]
    built: tuple[str, ...]


def cpu() -> Cpu:
    """Which instruction set runs. All give the same bits."""
    return Cpu(_native.active_isa(), tuple(_native.supported_isas()), tuple(_native.all_isas()))


@dataclass(frozen=True)
class Runtime:
    """One flavour of arithmetic.

    Attributes:
        numerics: The value of ``numerics=``.
        runtime: The runtime that it equals, bit for bit.
        verified: The release it was compared with.
        rounding: How it rescales accumulators.
        cpu: How far the real runtime's bits depend on the processor.
    """

    numerics: str
    runtime: str
    verified: str
    rounding: str
    cpu: str


def runtimes() -> list[Runtime]:
    """Each flavour, with the release that it was verified against."""
    return [Runtime(r.name, r.title, r.release, r.rounding, r.target) for r in RUNTIMES.values()]
