"""What each operator means, in plain integer numpy: short, exact, written to be read.

The native kernels are tested equal to these functions on every instruction set,
and these are tested equal to the real runtimes.
"""
