"""Test vectors for another implementation: every tensor of a run, and what to compute it with."""

from .export import Exported, export

__all__ = ["Exported", "export"]
