"""Measurements against the real runtimes; each script runs by itself."""
