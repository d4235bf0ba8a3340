"""A model's report: one HTML page that needs nothing else."""

from .page import render, write_report

__all__ = ["render", "write_report"]
