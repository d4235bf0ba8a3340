"""The runtimes that intlite equals: which kernels each has, and what these compute.

Operators and tools ask a ``Runtime`` for the ``Policy`` of a node, and the policy what it
does. No other part of the package names a runtime, or a family of kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from . import delegate, litert_optimized, litert_reference, tflm, xnnpack
from .policy import Policy

if TYPE_CHECKING:
    from ..graph.types import Node


@dataclass(frozen=True)
class Delegate:
    """Takes some operators away from a runtime's own kernels.

    Attributes:
        title: For people.
        policy: What it computes.
        takes: Which nodes those are.
    """

    title: str
    policy: Policy
    takes: Callable[[Node], bool]


@dataclass(frozen=True, eq=False)
class Runtime:
    """One runtime: a release, built for a target, that intlite equals bit for bit.

    Attributes:
        name: The value of ``numerics=``.
        title: For people.
        release: The package and version that it was compared with.
        target: The processors on which its bits are these.
        kernels: The policy of its own kernels.
        delegate: What takes nodes from these, if something does.
        rounding: How accumulators are requantized, in a few words.
    """

    name: str
    title: str
    release: str
    target: str
    kernels: Policy
    delegate: Delegate | None
    rounding: str

    def takes(self, node: Node) -> bool:
        """Whether the delegate takes the node."""
        return self.delegate is not None and self.delegate.takes(node)

    def policy(self, node: Node) -> Policy:
        """What computes the node."""
        if self.delegate is not None and self.delegate.takes(node):
            return self.delegate.policy
        return self.kernels

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Those that nodes may have: the delegate's first."""
        taken = () if self.delegate is None else (self.delegate.policy,)
        return (*taken, self.kernels)


POLICIES: Final[dict[str, Policy]] = {
    p.name: p
    for p in (xnnpack.POLICY, litert_optimized.POLICY, litert_reference.POLICY, tflm.POLICY)
}

# The kernels that are written to be read.
REFERENCE: Final = litert_reference.POLICY
# The one that a caller who names none means.
DEFAULT: Final = "litert"
_LITERT: Final = "ai-edge-litert 2.3.0"
_XNNPACK: Final = Delegate("XNNPACK", xnnpack.POLICY, delegate.takes)
RUNTIMES: Final[dict[str, Runtime]] = {
    r.name: r
    for r in (
        Runtime(
            name="litert",
            title="LiteRT as installed from PyPI (XNNPACK delegate)",
            release=_LITERT,
            target="any",
            kernels=litert_optimized.POLICY,
            delegate=_XNNPACK,
            rounding="float32 product, half to even",
        ),
        Runtime(
            name="litert-builtin",
            title="LiteRT, BUILTIN_WITHOUT_DEFAULT_DELEGATES on x86-64",
            release=_LITERT,
            target="x86-64",
            kernels=litert_optimized.POLICY,
            delegate=None,
            rounding="high mul half up, then shift half up (ruy)",
        ),
        Runtime(
            name="litert-reference",
            title="LiteRT, BUILTIN_REF",
            release=_LITERT,
            target="any",
            kernels=litert_reference.POLICY,
            delegate=None,
            rounding="FULLY_CONNECTED: double product, half away; others: gemmlowp",
        ),
        Runtime(
            name="tflm",
            title="TFLite Micro, CMSIS-NN, older TFLite",
            release="tflite-micro 0.dev20261023182759",
            target="any",
            kernels=tflm.POLICY,
            delegate=None,
            rounding="high mul half up, then shift half away (gemmlowp)",
        ),
    )
}


def runtime(name: str) -> Runtime:
    """The runtime of that name.

    Raises:
        ValueError: There is none; the message lists those there are.
    """
    try:
        return RUNTIMES[name]
    except (KeyError, TypeError):
        known = ", ".join(repr(n) for n in RUNTIMES)
        raise ValueError(f"numerics={name!r}: expected one of {known}") from None
