"""Broken and odd model files, drawn from good ones, that must not break anything.

``python -m tests.fuzz --seconds 60 --seed 1`` loads and runs mutants in child processes.
Whatever a file says, intlite must give a result or an ``IntliteError``: no death of the
process, no hang, no other exception, no memory beyond the limit.
"""
