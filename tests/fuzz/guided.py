"""Coverage-guided fuzzing of the Python side: python -m tests.fuzz.guided TARGET --seconds 60.

atheris (libFuzzer) keeps the mutants that reach new code and goes on from them; fields are
changed as in the other mutants. A finding ends the process and is left in ``build/fuzz``.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np

from tests.sanitizers.overlay import PYTHON, overlay

# Nothing that imports intlite: what is imported before atheris looks is not instrumented.

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus")
FOLDER = ROOT / "build" / "fuzz"
SEEDS, MAX_SEED = 400, 4096
MAX_BYTES = 65536
# Of computation, of waiting (machines are busy), and of memory.
SECONDS, PATIENCE, MEGABYTES = 5, 120, 1024
TARGETS = ("schema", "graph", "run")


def seed_files(folder: Path) -> None:
    """Small good files to start from, one each."""
    from .seeds import draw_seed

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEEDS)
    for i in range(SEEDS):
        seed = draw_seed(rng)
        if len(seed.data) <= MAX_SEED:
            (folder / f"{i:03} {seed.name}").write_bytes(seed.data)


def campaign(target: str, seconds: int) -> int:
    """Fuzz in a child process for so long; its exit code, 0 if nothing was found."""
    found = FOLDER / target
    seed_files(FOLDER / "seeds")
    found.mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": seconds,
        "max_len": MAX_BYTES,
        "timeout": PATIENCE,
        "rss_limit_mb": MEGABYTES,
        "artifact_prefix": f"{FOLDER}/{target}-",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    # atheris does not instrument what the loader of an editable installation loads.
    native = importlib.util.find_spec("intlite._native")
    assert native is not None
    assert native.origin is not None
    environment = overlay(Path(native.origin), FOLDER / "site")
    command = [PYTHON, "-m", __spec__.name, target, "--child"]
    command += [f"-{name}={value}" for name, value in options.items()]
    command += [str(found), str(CORPUS), str(FOLDER / "seeds")]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode


def fuzz(target: str, arguments: list[str]) -> None:
    """The child: never returns."""
    import atheris

    with atheris.instrument_imports(include=["intlite", "tests.schema.plain_reader"]):
        import intlite
        import intlite.graph
        import intlite.schema
        from tests.schema.plain_reader import same
    from intlite import schema

    from .layout import layout
    from .mutation import mutate
    from .patching import flip, patch
    from .worker import limit, run

    def change(data: bytes, max_size: int, number: int) -> bytes:
        rng = np.random.default_rng(number)
        kind = rng.random()
        try:
            if kind < 0.6:
                changed = patch(rng, data, layout(data))
            elif kind < 0.9:
                changed = mutate(rng, schema.read(data))
            else:
                changed = flip(rng, data)
            return changed[:max_size]
        except Exception:  # of a file that is no longer a good one
            return bytes(atheris.Mutate(data, max_size))

    def build(data: bytes) -> None:
        try:
            intlite.graph.build(schema.read(data))
        except intlite.IntliteError:
            pass

    def load_and_run(data: bytes) -> None:
        _, story = run(data, np.random.default_rng(zlib.crc32(data)))
        if story:
            raise AssertionError(story)

    def timed(data: bytes) -> None:
        start = time.process_time()
        test(data)
        if (seconds := time.process_time() - start) > SECONDS:
            raise AssertionError(f"takes {seconds:.0f} s")

    # The lines of the plain reader guide what is tried on the native one.
    test = {"schema": same, "graph": build, "run": load_and_run}[target]
    limit()
    atheris.Setup([sys.argv[0], *arguments], timed, custom_mutator=change)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.guided", description=__doc__)
    parser.add_argument("target", choices=(*TARGETS, "all"))
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args, rest = parser.parse_known_args()
    if importlib.util.find_spec("atheris") is None:
        print("coverage-guided fuzzing is left out: atheris is not installed (make fuzz does)")
        return 0
    if args.child:
        fuzz(args.target, rest)
    targets = TARGETS if args.target == "all" else (args.target,)
    return max(campaign(t, max(1, args.seconds // len(targets))) for t in targets)


if __name__ == "__main__":
    sys.exit(main())
