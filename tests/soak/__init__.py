"""Threads, loads, resizes, batches, forks and interrupts at random for minutes: make soak.

Every result is compared with one computed before, and memory must stay flat.
"""
