"""Python ends while threads are in the middle of runs: no crash, no hang, no word."""

from __future__ import annotations

import pytest

from .common import DENSE, ROOT, child

START = """
import atexit, gc, os, sys, threading, time
import numpy as np, intlite
from tests.concurrency.common import interpreter, with_python_step, run_once
path = sys.argv[1]
x = np.zeros((2000, 28, 28), np.uint8)
running = threading.Event()

def daemon(call):
    '''A thread that calls until Python is gone.'''
    def loop():
        while True:
            call()
            running.set()
    threading.Thread(target=loop, daemon=True).start()
    assert running.wait(300)
"""
RUNS = {
    "model": "m = intlite.load(path)\ndaemon(lambda: m(x))",
    "model in full": "m = intlite.load(path)\ndaemon(lambda: m([*x[:300]]))",
    "pool": "m = intlite.load(path, num_threads=2)\ndaemon(lambda: m(x))",
    "trace": "m = intlite.load(path)\ndaemon(lambda: m.trace(x[:20]))",
    "Python's steps": (
        "m = intlite.load(with_python_step())\n"
        "y = np.zeros((40, 64, 64), np.int8)\n"
        "daemon(lambda: m(y))"
    ),
    "interpreter": "it = interpreter(path, 2000, 2)\ndaemon(lambda: run_once(it, x))",
    "many": (
        "ms = [intlite.load(path, num_threads=1 + i % 3) for i in range(6)]\n"
        "for m in ms: daemon(lambda m=m: m(x))"
    ),
    "loads": "daemon(lambda: intlite.load(path, num_threads=2)(x))",
}


@pytest.mark.parametrize("run", RUNS)
def test_daemon_threads_in_the_middle_of_runs(run: str) -> None:
    done = child(f"{START}\n{RUNS[run]}\ntime.sleep(0.02)", DENSE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "script",
    [
        "class Node: pass\nnode = Node()\nnode.model = m\nnode.self = node\ndel m, node",
        "m.self = m",
        "atexit.register(lambda: m(x))",
        "threading.Thread(target=lambda: [m(x) for _ in range(30)]).start()",
        "sys.modules['held'] = m",
        "threading.current_thread().held = m",
        "held = (m(y) for y in [x, x])\nnext(held)",
        "it = interpreter(path, 2000, 2)\nrun_once(it, x)\nview = it.tensor(0)()\ndel it",
        "it = interpreter(path, 2000, 2)\nit.self = it\nrun_once(it, x)",
        "sys.exit(int(m(x)[0, 0]) * 0)",
        "import weakref\nweakref.finalize(m, print, end='')",
    ],
)
def test_whatever_holds_a_model_with_a_pool(script: str) -> None:
    start = f"{START}\nm = intlite.load(path, num_threads=3)\nm(x)\n"
    done = child(start + script, DENSE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_subinterpreter_says_that_it_can_not() -> None:
    """As numpy, which comes first, the native module belongs to the main interpreter."""
    module = "_interpreters"
    script = f"""
import intlite, sys
try:
    import {module} as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
number = interpreters.create()
code = '''
import sys, warnings
sys.path[:0] = {[str(ROOT)]!r}
warnings.simplefilter("ignore")
try:
    import intlite
    intlite.load({str(DENSE)!r})
except ImportError:
    pass
'''
found = interpreters.run_string(number, code)
interpreters.destroy(number)
"""
    done = child(script)
    assert done.returncode == 0, done.stderr
