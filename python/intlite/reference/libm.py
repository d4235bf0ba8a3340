"""float32 functions of the C library, which the runtimes call for their tables.

numpy's own differ from them in the last bit, and so would entries of a table.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .. import _native

Name = Literal["exp", "expm1", "erfc", "log", "tanh"]


def apply(name: Name, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The function of each element, a NaN or an infinity where the function has one."""
    return _native.libm(name, np.asarray(x, np.float32))
