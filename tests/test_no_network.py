"""Nothing opens a connection: not in the sources, and not when all of it runs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import intlite

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(intlite.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# Modules that connect, and those that run or load what they are given. subprocess starts this
# Python again, for the real runtimes and start-up times; and pickle speaks to those children.
NETWORK = {
    *("socket", "socketserver", "ssl", "http", "urllib", "ftplib", "smtplib", "poplib", "imaplib"),
    *("telnetlib", "xmlrpc", "asyncio", "asyncore", "webbrowser", "requests", "httpx", "aiohttp"),
    *("urllib3", "multiprocessing"),
}
GUARDED: dict[str, set[str]] = {
    "subprocess": {"inspect/bench.py", "runtimes/oracles/__init__.py"},
    "pickle": {
        *("inspect/bench.py", "runtimes/oracles/__init__.py"),
        *("runtimes/oracles/stopwatch.py", "runtimes/oracles/worker.py"),
    },
    **{name: set() for name in ("marshal", "shelve", "code", "runpy", "dill", "cffi", "ctypes")},
}

GUARD = """
import sys
# An audit hook cannot be taken away again, and sees what native modules do by Python.
# Sockets of the system's own kinds are no network: event loops make pairs of them.
def refuse(event, arguments):
    if event.startswith(("urllib.", "http.", "ftplib.", "smtplib.")) or event in {
        "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
        "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo", "os.system",
        "webbrowser.open",
    }:
        sys.stdout.write(f"NETWORK {event} {arguments}\\n")
        sys.stdout.flush()
        raise RuntimeError(event)
sys.addaudithook(refuse)
"""
FACES = """
import pickle
from pathlib import Path
import numpy as np
import intlite
from intlite.datasets import read_idx
model_file, images_file = {model!r}, {images!r}
images = read_idx(Path(images_file))[:3]
for numerics in [r.numerics for r in intlite.runtimes()]:
    model = intlite.load(model_file, numerics=numerics, num_threads=2)
    model(images)
    model.predict(images / np.float32(255))
    model.trace(images)
    str(model.explain("FULLY_CONNECTED #2", (0, 4), images))
    model.profile(images)
    pickle.loads(pickle.dumps(model))(images)
    str(model.graph.to_dot())
str(intlite.compare(model, intlite.load(model_file), images))
it = intlite.Interpreter(model_file)
it.allocate_tensors()
it.set_tensor(it.get_input_details()[0]["index"], images[:1])
it.invoke()
str(intlite.cpu())
try:
    intlite.load(b"nonsense")
except intlite.ModelError:
    pass
print("done")
"""
VERBS = {
    "inspect": ["{model}", "--ops"],
    "run": ["{model}", "--random", "1", "-o", "out.npz"],
    "compare": ["{model}", "{images}", "--count", "20", "--to", "tflm"],
    "eval": ["{model}", "{images}", "--labels", "{labels}", "--count", "20"],
    "bench": ["{model}", "--seconds", "0.01"],
    "profile": ["{model}", "--seconds", "0.01"],
    "golden": ["{model}", "{images}", "--count", "2", "-o", "vectors"],
    "report": ["{model}", "{images}", "--count", "2", "-o", "r.html"],
}
PATHS = {
    "model": str(ROOT / "models" / "mnist_model_quant.tflite"),
    "images": str(ROOT / "models" / "t10k-images-idx3-ubyte.gz"),
    "labels": str(ROOT / "models" / "t10k-labels-idx1-ubyte.gz"),
}


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            found.add(node.module.split(".")[0])
    return found


def child(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", GUARD + script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_no_source_imports_what_connects() -> None:
    assert FILES
    assert {
        str(f.relative_to(PACKAGE)): imports(f) & NETWORK for f in FILES if imports(f) & NETWORK
    } == {}


@pytest.mark.parametrize("module", GUARDED)
def test_what_runs_code_is_where_it_is_known(module: str) -> None:
    users = {f.relative_to(PACKAGE).as_posix() for f in FILES if module in imports(f)}
    assert users == GUARDED[module]


def test_no_source_makes_code_of_text() -> None:
    for file in FILES:
        called = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "__import__"}, file


@pytest.mark.parametrize(
    "attempt",
    [
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('localhost', 9)",
    ],
)
def test_the_guard_sees_connections(attempt: str, tmp_path: Path) -> None:
    done = child(attempt, tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("NETWORK ")


def test_faces_connect_to_nothing(tmp_path: Path) -> None:
    done = child(FACES.format(**PATHS), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_every_verb_is_tried() -> None:
    from intlite.cli import app

    assert set(VERBS) == set(app.VERBS)


def test_verbs_connect_to_nothing(tmp_path: Path) -> None:
    calls = {v: [v, *(a.format(**PATHS) for a in of)] for v, of in VERBS.items()}
    script = f"""
from intlite.cli.app import run
for verb, arguments in {calls!r}.items():
    print("STATUS", verb, run(arguments))
"""
    done = child(script, tmp_path)
    assert (done.returncode, "NETWORK" in done.stdout) == (0, False), done.stdout + done.stderr
    # 1: the two flavours that are compared differ somewhere.
    statuses = dict(re.findall(r"^STATUS (\w+) (\d+)$", done.stdout, re.M))
    assert set(statuses) == set(VERBS)
    assert set(statuses.values()) <= {"0", "1"}, done.stderr
