"""All families of kernels at once, for what looks at each."""

from __future__ import annotations

from typing import Final

from . import litert_optimized, litert_reference, tflm, xnnpack
from .policy import Policy

POLICIES: Final[dict[str, Policy]] = {
    p.name: p
    for p in (xnnpack.POLICY, litert_optimized.POLICY, litert_reference.POLICY, tflm.POLICY)
}
# The kernels that are written to be read.
REFERENCE: Final = litert_reference.POLICY
