"""Names that moved to ``runtimes``."""

from __future__ import annotations

from .runtimes import RUNTIMES as FLAVOURS
from .runtimes import Runtime as Flavour
from .runtimes import runtime as flavour
from .runtimes.policy import Arithmetic

__all__ = ["FLAVOURS", "Arithmetic", "Flavour", "flavour"]
