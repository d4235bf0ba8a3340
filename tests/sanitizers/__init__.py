"""The tests on native code that a sanitizer watches.

``python -m tests.sanitizers address tests/kernels`` builds the extension for AddressSanitizer
and UBSan in a folder of its own, and runs these tests on it; ``thread`` likewise for
ThreadSanitizer. What a sanitizer finds ends the process, and the test.
"""

import os

# Sanitizers keep freed memory, need terabytes of addresses, and turn signals into exits.
IS_WATCHED = "san.so" in os.environ.get("LD_PRELOAD", "")
