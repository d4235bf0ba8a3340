"""The runtimes that intlite equals: which kernels each has, and what these compute.

Operators and tools ask a ``Runtime`` for the ``Policy`` of a node, and the policy what it
does. No other part of the package compares a runtime's name, or a family's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from .._util.fork import import_late
from .._util.record import Record

if TYPE_CHECKING:
    from ..graph.types import Node
    from .policy import Policy


class Delegate(Record):
    """Takes some operators away from a runtime's own kernels.

    Attributes:
        title: For people.
        family: Its kernels: the file of this folder that holds their policy.
        rules: The file of this folder whose ``takes`` says which nodes it takes.
    """

    title: str
    family: str
    rules: str

    @property
    def policy(self) -> Policy:
        """What it computes."""
        return _policy_of(self.family)

    def takes(self, node: Node) -> bool:
        """Whether it takes the node."""
        return _rule_of(self.rules)(node)


class Oracle(Record):
    """How the real runtime is run, in a child process: see ``oracles``.

    Attributes:
        package: The distribution that has it.
        release: The version that intlite was compared with.
        module: What has its Interpreter.
        resolver: LiteRT's choice of kernels; None: it is TFLite Micro's Interpreter.
        command: What runs Python scripts where the package is: another Python, or an
            emulator and its Python. This Python if it is empty.
    """

    package: str
    release: str
    module: str
    resolver: str | None
    command: tuple[str, ...] = ()


class Runtime(Record):
    """One runtime: a release, built for a target, that intlite equals bit for bit.

    Attributes:
        name: The value of ``numerics=``.
        title: For people.
        oracle: The real one.
        resolvers: LiteRT's choices of kernels that are this runtime.
        target: The processors on which its bits are these.
        family: Its own kernels: the file of this folder that holds their policy.
        delegate: What takes nodes from these, if something does.
        rounding: How accumulators are requantized, in a few words.
    """

    name: str
    title: str
    oracle: Oracle
    resolvers: tuple[str, ...]
    target: str
    family: str
    delegate: Delegate | None
    rounding: str

    @property
    def release(self) -> str:
        """The package and version that it was compared with."""
        return f"{self.oracle.package} {self.oracle.release}"

    def takes(self, node: Node) -> bool:
        """Whether the delegate takes the node."""
        return self.delegate is not None and self.delegate.takes(node)

    def policy(self, node: Node) -> Policy:
        """What computes the node."""
        if self.delegate is not None and self.delegate.takes(node):
            return self.delegate.policy
        return self.kernels

    @property
    def kernels(self) -> Policy:
        """What its own kernels compute."""
        return _policy_of(self.family)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Those that nodes may have: the delegate's first."""
        taken = () if self.delegate is None else (self.delegate.policy,)
        return (*taken, self.kernels)


@cache
def _rule_of(rules: str) -> Callable[[Node], bool]:
    rule: Callable[[Node], bool] = import_late(f".{rules}", __name__).takes
    return rule


@cache
def _policy_of(family: str) -> Policy:
    policy: Policy = import_late(f".{family}", __name__).POLICY
    return policy


# The one that a caller who names none means.
DEFAULT: Final = "litert"


def _litert(resolver: str) -> Oracle:
    return Oracle(
        package="ai-edge-litert",
        release="2.3.0",
        module="ai_edge_litert.interpreter",
        resolver=resolver,
    )


RUNTIMES: Final[dict[str, Runtime]] = {
    r.name: r
    for r in (
        Runtime(
            name="litert",
            title="LiteRT as installed from PyPI (XNNPACK delegate)",
            oracle=_litert("AUTO"),
            resolvers=("AUTO", "BUILTIN"),
            target="any",
            family="litert_optimized",
            delegate=Delegate(title="XNNPACK", family="xnnpack", rules="xnnpack_nodes"),
            rounding="float32 product, half to even",
        ),
        Runtime(
            name="litert-builtin",
            title="LiteRT, BUILTIN_WITHOUT_DEFAULT_DELEGATES on x86-64",
            oracle=_litert("BUILTIN_WITHOUT_DEFAULT_DELEGATES"),
            resolvers=("BUILTIN_WITHOUT_DEFAULT_DELEGATES",),
            target="x86-64",
            family="litert_optimized",
            delegate=None,
            rounding="high mul half up, then shift half up (ruy)",
        ),
        Runtime(
            name="litert-reference",
            title="LiteRT, BUILTIN_REF",
            oracle=_litert("BUILTIN_REF"),
            resolvers=("BUILTIN_REF",),
            target="any",
            family="litert_reference",
            delegate=None,
            rounding="FULLY_CONNECTED: double product, half away; others: gemmlowp",
        ),
        Runtime(
            name="tflm",
            title="TFLite Micro, CMSIS-NN, older TFLite",
            oracle=Oracle(
                package="tflite-micro",
                release="0.dev20261023182759",
                module="tflite_micro.python.tflite_micro.runtime",
                resolver=None,
            ),
            resolvers=(),
            target="any",
            family="tflm",
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
